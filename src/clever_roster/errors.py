"""What can go wrong that a caller cannot plan for: one tree, split by whose fault it is.

Business endings (a refused login, a conflict, a held plan) are *outcomes*, not errors: they are values that a host
matches on. What is raised is listed here, and nothing else is raised by this library on purpose::

    CleverRosterError
    ├── ConfigurationError      the host set something up wrongly
    ├── StoreError              a storage adapter could not do, or did not keep, what its law promises
    │   ├── AccountNotFound     no account of that id
    │   ├── SectionNotFound     no host section of that id
    │   ├── IdentityTaken       the identity already belongs to an account (the unique law spoke)
    │   └── Overtaken           another writer was there first (a memo's version, a lease)
    ├── ScopeBusy               another sync of the same sections is at work
    ├── TooManyAttempts         the host's own limiter stopped a login
    ├── StalePlan               the roster moved on since the plan was made
    ├── BadExport               a file of a district's export cannot be used: names file, line and value
    └── SourceError             Clever or Google (whoever vouches for people and lists rosters), or the road to it
        ├── SourceUnreachable   no answer came back
        ├── SourceUnavailable   5xx
        ├── RateLimited         429
        ├── ReauthRequired      401, or a refresh token that was revoked: log in again
        ├── NotShared           403 or 404: not there, or not shared with this application
        │   └── NotFound        404: the source says no more than that there is nothing for this token
        ├── ScopeMissing        403: the person did not grant, or took back, a scope that this needs
        ├── SwitchedOff         403: the school's administrator has switched this source off for the person
        └── UnexpectedPayload   an answer that is not what the documentation or recordings show

The kinds are the same for every source, because what to do next is; the message names the source.

Messages carry ids, status codes and field paths; never a name, an email, a birth date or a token.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

__all__ = [
    "AccountNotFound",
    "BadExport",
    "CleverRosterError",
    "ConfigurationError",
    "Fault",
    "IdentityTaken",
    "NotFound",
    "NotShared",
    "Overtaken",
    "RateLimited",
    "ReauthRequired",
    "ScopeBusy",
    "ScopeMissing",
    "SectionNotFound",
    "SourceError",
    "SourceUnavailable",
    "SourceUnreachable",
    "StalePlan",
    "StoreError",
    "SwitchedOff",
    "TooManyAttempts",
    "UnexpectedPayload",
]


class Fault(StrEnum):
    """Whose move it is."""

    HOST = "host"
    VISITOR = "visitor"
    SOURCE = "source"
    NETWORK = "network"


class CleverRosterError(Exception):
    """Root of everything this library raises on purpose.

    Attributes:
        fault: whose move it is.
        retryable: whether the same call may succeed later with nothing changed.
        next_step: one sentence: what to do about it.
    """

    fault: ClassVar[Fault] = Fault.HOST
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, next_step: str) -> None:
        super().__init__(message)
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.args[0]} {self.next_step}"

    def diagnosis(self) -> str:
        """Say what happened, whose fault it is and what to do next, in plain words and without personal data."""
        again = "Trying again may help." if self.retryable else "Trying again will not help."
        return f"{self.args[0]} (fault: {self.fault}) {self.next_step} {again}"


class ConfigurationError(CleverRosterError):
    """The host set something up wrongly; found before anything is sent or written."""


class StoreError(CleverRosterError):
    """A storage adapter could not do what was asked, or did not keep its law."""


class AccountNotFound(StoreError):
    """The host has no account of that id."""


class SectionNotFound(StoreError):
    """The host has no section of that id."""


class IdentityTaken(StoreError):
    """The identity already belongs to an account; the whole transaction must be undone.

    Two first logins of one person at the same moment end here; running the transaction once more finds the account.
    """

    retryable: ClassVar[bool] = True


class Overtaken(StoreError):
    """Another writer was there first: what was to be written rests on a version that is no longer the current one."""

    retryable: ClassVar[bool] = True


class ScopeBusy(CleverRosterError):
    """Another sync of some of these sections is at work; nothing was written. It may be waited for."""

    retryable: ClassVar[bool] = True


class TooManyAttempts(CleverRosterError):
    """The host's own limiter stopped a login before anything was stored or sent; answer 429."""

    fault: ClassVar[Fault] = Fault.VISITOR
    retryable: ClassVar[bool] = True


class StalePlan(CleverRosterError):
    """The roster moved on since the plan was made; make a new plan."""


class BadExport(CleverRosterError):
    """A file of a district's export cannot be used.

    Attributes:
        file: the file's name.
        line: line in the file, the header being line 1; None when the file as a whole is meant.
        column: the column that is wrong, where one is.
        value: the value that is wrong, as it stands in the file.
    """

    def __init__(
        self, message: str, *, file: str, line: int | None, value: str, next_step: str, column: str | None = None
    ) -> None:
        place = file if line is None else f"{file}, line {line}"
        super().__init__(f"{place}: {message}", next_step=next_step)
        self.file = file
        self.line = line
        self.column = column
        self.value = value


class SourceError(CleverRosterError):
    """A source answered with an error, or not at all.

    Attributes:
        status: HTTP status; None when no answer came.
        request_id: the source's `x-request-id`, to quote in a support request; None where it sends none (Google).
    """

    fault: ClassVar[Fault] = Fault.SOURCE

    def __init__(
        self, message: str, *, next_step: str, status: int | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.status = status
        self.request_id = request_id


class SourceUnreachable(SourceError):
    """No answer came back: name resolution, connection, TLS or timeout."""

    fault: ClassVar[Fault] = Fault.NETWORK
    retryable: ClassVar[bool] = True


class SourceUnavailable(SourceError):
    """The source answered 5xx."""

    retryable: ClassVar[bool] = True


class RateLimited(SourceError):
    """The source answered 429; `resets_at` is the unix second at which its budget is full again, where it says so."""

    fault: ClassVar[Fault] = Fault.HOST
    retryable: ClassVar[bool] = True

    def __init__(self, message: str, *, next_step: str, resets_at: int | None, request_id: str | None = None) -> None:
        super().__init__(message, next_step=next_step, status=429, request_id=request_id)
        self.resets_at = resets_at


class ReauthRequired(SourceError):
    """401, or `invalid_grant` for a refresh token: the token is unknown, expired or revoked."""

    fault: ClassVar[Fault] = Fault.HOST


class NotShared(SourceError):
    """403 or 404: the record does not exist, is not shared, or this kind of token cannot read it."""


class NotFound(NotShared):
    """404: no such record, or none that this token may see; Clever answers both alike."""


class ScopeMissing(SourceError):
    """403: the token lacks a scope. People can leave one out when they are asked, and take one back later."""

    fault: ClassVar[Fault] = Fault.VISITOR


class SwitchedOff(SourceError):
    """403: the whole source is switched off for this person, by their school or in the application's own project."""


class UnexpectedPayload(SourceError):
    """The answer is not what the documentation or our recordings show; the message names the path inside it."""
