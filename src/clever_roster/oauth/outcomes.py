"""How a login ends, as values: a host matches on them, and each says what to do next."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import attrs

from clever_roster.model import AccountId, Identity

__all__ = ["Arrival", "Arrived", "BeginAgain", "BrowserCookie", "Reason", "Refused", "Retry", "Started"]


@attrs.frozen(kw_only=True)
class BrowserCookie:
    """The cookie that binds a login to the browser it began in. Set it exactly as `header` says.

    `__Host-` and Secure where the site is https; SameSite=Lax, because the provider's redirect back is a top-level GET.

    Attributes:
        max_age: seconds; None for a cookie that ends with the browser.
    """

    name: str
    value: str = attrs.field(repr=False)
    max_age: int | None
    secure: bool

    def header(self) -> str:
        """The value of a `Set-Cookie` header."""
        age = "" if self.max_age is None else f"; Max-Age={self.max_age}"
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={self.value}{age}; Path=/; HttpOnly; SameSite=Lax{secure}"


@attrs.frozen(kw_only=True)
class Started:
    """Set the cookie and send the browser to `redirect_to` (303)."""

    redirect_to: str = attrs.field(repr=False)
    cookie: BrowserCookie


@attrs.frozen(kw_only=True)
class BeginAgain:
    """A login that did not begin here, or was delivered twice: its code was not used, and a fresh one is under way.

    Set the cookie and send the browser to `redirect_to` (303); whoever is logged in there notices nothing.
    """

    redirect_to: str = attrs.field(repr=False)
    cookie: BrowserCookie


@attrs.frozen(kw_only=True)
class Arrived:
    """Somebody is proven to be who the provider says. Give it to `linking` to find the account.

    Attributes:
        connect: the account that asked to be connected with this login; None for a sign-in.
        return_to: path on the host's own site.
        browser_digest: which browser this happened in, for `linking` to bind its questions to.
        ticket: random; what a question about this arrival will be answered with. A secret until `linking` asks one.
        scopes: what the person granted, where the provider says so (Google): each of those asked for may be missing.
    """

    identity: Identity
    return_to: str
    connect: AccountId | None = None
    browser_digest: str = attrs.field(default="", repr=False)
    ticket: str = attrs.field(default="", repr=False)
    scopes: frozenset[str] = frozenset()

    def lacks(self, *scopes: str) -> frozenset[str]:
        """Which of these the person did not grant: people can untick them. Ask again where they are needed."""
        return frozenset(scopes) - self.scopes


class Retry(StrEnum):
    """What a button on the error page may offer."""

    NEVER = "never"
    RESTART = "restart"
    LATER = "later"


class Reason(StrEnum):
    """Why somebody is not let in, or a link not made."""

    ACCOUNT_CLOSED = "account_closed"
    ANOTHER_PERSON = "another_person"
    CANCELLED = "cancelled"
    CHANGED_MEANWHILE = "changed_meanwhile"
    COOKIES_BLOCKED = "cookies_blocked"
    DISTRICT_NOT_ALLOWED = "district_not_allowed"
    EXPIRED = "expired"
    IDENTITY_MISMATCH = "identity_mismatch"
    MALFORMED = "malformed"
    NO_SUPPORTED_ROLE = "no_supported_role"
    NOT_LINKED = "not_linked"
    NOT_MERGED = "not_merged"
    NOT_ROSTERED = "not_rostered"
    NOT_SHARED = "not_shared"
    RATE_LIMITED = "rate_limited"
    ROLE_NOT_ALLOWED = "role_not_allowed"
    SAME_ACCOUNT = "same_account"
    SANDBOX = "sandbox"
    UNAVAILABLE = "unavailable"
    WRONG_DISTRICT = "wrong_district"


_SAID: dict[Reason, tuple[Retry, str]] = {
    Reason.ACCOUNT_CLOSED: (Retry.NEVER, "This account is closed. Ask the people who run this site to open it."),
    Reason.ANOTHER_PERSON: (Retry.RESTART, "Somebody else signed in on this computer meanwhile. Please begin again."),
    Reason.CANCELLED: (Retry.RESTART, "The login with {by} was cancelled."),
    Reason.CHANGED_MEANWHILE: (Retry.RESTART, "Something changed since you were asked. Please look at it again."),
    Reason.COOKIES_BLOCKED: (
        Retry.RESTART,
        "Your browser did not bring back what this login needs. Allow cookies, or open this site in its own tab.",
    ),
    Reason.DISTRICT_NOT_ALLOWED: (Retry.NEVER, "Your district does not use this site with {by}."),
    Reason.EXPIRED: (Retry.RESTART, "This login took too long, or began in another browser. Please begin again."),
    Reason.IDENTITY_MISMATCH: (Retry.RESTART, "{by}'s answers about you disagree. Please begin again."),
    Reason.MALFORMED: (Retry.RESTART, "This is not a login that {by} sent. Please begin again."),
    Reason.NO_SUPPORTED_ROLE: (Retry.NEVER, "{by} does not say what your role is at your school."),
    Reason.NOT_LINKED: (Retry.NEVER, "This login is not connected with your account."),
    Reason.NOT_MERGED: (Retry.NEVER, "These accounts were not joined, or have been taken apart already."),
    Reason.NOT_ROSTERED: (Retry.LATER, "Your school no longer lists you for this site. Ask your school."),
    Reason.NOT_SHARED: (Retry.LATER, "Your district has not shared you with this site. Ask your {by} administrator."),
    Reason.RATE_LIMITED: (Retry.LATER, "There were too many attempts. Please wait a few minutes."),
    Reason.ROLE_NOT_ALLOWED: (Retry.NEVER, "This site is not open to your role at your school."),
    Reason.SAME_ACCOUNT: (Retry.NEVER, "An account cannot be joined with itself."),
    Reason.SANDBOX: (Retry.NEVER, "Logins of a demonstration district do not open this site."),
    Reason.UNAVAILABLE: (Retry.LATER, "{by} does not answer at the moment. Please try again in a minute."),
    Reason.WRONG_DISTRICT: (Retry.RESTART, "You logged in with another district than the one you chose."),
}


@attrs.frozen
class Refused:
    """Nobody was let in and nothing was changed.

    Attributes:
        diagnosis: for the host's log: what happened, without personal data; "" when the reason says it all.
        by: where the login was made, as people call it.
    """

    reason: Reason
    diagnosis: str = ""
    by: str = attrs.field(default="Clever", kw_only=True)

    @property
    def retry(self) -> Retry:
        """What the page may offer."""
        return _SAID[self.reason][0]

    @property
    def sentence(self) -> str:
        """What to tell the person, in plain words."""
        return _SAID[self.reason][1].format(by=self.by)


Arrival: TypeAlias = Arrived | BeginAgain | Refused
