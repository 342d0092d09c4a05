"""What a host implements: five small Protocols, each method with its law, and the transaction that holds them together.

The library never opens a connection and never commits. It asks a `Store` for a transaction and gets the ports in
it; everything done through them happens entirely or not at all. Decisions are made *inside* the transaction from what
the ports say, so "never the last way in" and "one identity, one account" hold when two requests meet.

Methods take and give many rows at once, so that a class of thirty costs as many statements as a class of three.
There is no method that deletes a person, an enrollment or anybody's work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

import attrs

from clever_roster.errors import IdentityTaken
from clever_roster.model import (
    Account,
    AccountId,
    DistrictId,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Identity,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    Person,
    PersonId,
    ProfileUpdate,
    Provider,
    Section,
    SectionId,
    SectionKey,
)
from clever_roster.steps import Question

__all__ = [
    "MOST_PENDING",
    "AccountDirectory",
    "AsyncStore",
    "Attempt",
    "AttemptStore",
    "JournalEntry",
    "LinkStore",
    "Memo",
    "Ports",
    "Purpose",
    "Roll",
    "RosterStore",
    "SectionStore",
    "Store",
    "Transact",
    "rolls_of",
    "transact",
]

Answer = TypeVar("Answer")


# --- Who arrived ------------------------------------------------------------------------------------------------------


MOST_PENDING = 8
"""So many attempts of one browser wait at most: enough for tabs, too few to fill a table with."""


class Purpose(StrEnum):
    """What an attempt waits for: Clever's answer (LOGIN), or a person's word after it."""

    LOGIN = "login"
    SIGN_UP = "sign_up"
    CONNECT = "connect"
    ABSORB = "absorb"


@attrs.frozen(kw_only=True)
class Attempt:
    """One login in progress. Single use; secrets are kept as digests, so that a leaked row logs nobody in.

    Attributes:
        state_digest, browser_digest: hex digests of what came with the browser's way out (the `state` sent to Clever,
            or the ticket on a page that asks a question) and of the browser's cookie.
        account: the account that asked to be connected; None when the purpose is to sign in.
        return_to: path on the host's own origin.
        district: the district the login was asked for; None for any.
        restarts: how often this login was begun again by us, to stop a loop.
        purpose: what it waits for.
        identity: who was proven, when it waits for a person's word. Name and email are never kept here.
    """

    state_digest: str
    browser_digest: str
    redirect_uri: str
    return_to: str
    expires_at: datetime
    account: AccountId | None = None
    district: DistrictId | None = None
    restarts: int = 0
    purpose: Purpose = Purpose.LOGIN
    identity: Identity | None = None


class AttemptStore(Protocol):
    """Logins in progress."""

    def save(self, attempt: Attempt, /) -> None:
        """Keep an attempt until it is consumed or expires. Several of one browser live side by side (tabs).

        Law: of one browser the newest `MOST_PENDING` stay (those that expire last, the saved one among them).
        """
        ...

    def consume(self, *, state_digest: str, browser_digest: str, now: datetime) -> Attempt | None:
        """Remove and return the attempt that matches *both* digests and has not expired at `now`.

        Law: of N concurrent callers exactly one receives it. A right state with a wrong browser finds nothing, and
        the row survives. Expiry is judged here, on reading; a cleaner of old rows is a convenience.
        """
        ...

    def discard(self, *, browser_digest: str) -> None:
        """Remove every attempt of this browser that is somebody's own: `account` or `identity` is set.

        Called when somebody signs in, or out, on a shared computer; other tabs that only sign in are left alone.
        """
        ...

    def forget(self, *, accounts: Collection[AccountId], identities: Collection[IdentityKey]) -> int:
        """Remove the attempts that these accounts began, or that wait for a word about one of these identities.

        How many they were. It is asked when somebody is to be forgotten, and never when somebody signs in.
        """
        ...

    def claim_code(self, *, code_digest: str, now: datetime, expires_at: datetime) -> bool:
        """Note that an authorization code was seen; True for the first caller ever, False for every later one.

        Law: of N concurrent callers exactly one gets True. A note may be dropped once `expires_at` has passed.
        """
        ...


# --- Whose account ----------------------------------------------------------------------------------------------------


class LinkStore(Protocol):
    """Which identity belongs to which account."""

    def find(self, keys: Collection[IdentityKey], /) -> Mapping[IdentityKey, Link]:
        """The links of these identities; those without one are missing. Keys are compared byte for byte."""
        ...

    def accounts(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId], /
    ) -> Mapping[PersonId, AccountId]:
        """Whose accounts these people of a district have; those without a link are missing.

        Law: as `find` says. It is asked about everybody in a district every night, so it reads no more than this.
        """
        ...

    def of(self, account: AccountId, /) -> tuple[Link, ...]:
        """All links of an account, in the order of their keys."""
        ...

    def add(self, links: Sequence[Link], /) -> None:
        """Insert links. Law: an identity belongs to one account at most; a second insert raises IdentityTaken."""
        ...

    def replace(self, links: Sequence[Link], /) -> None:
        """Overwrite the links of these identities: another account, other roles. Law: none is inserted."""
        ...

    def remove(self, key: IdentityKey, /) -> None:
        """Remove one link; nothing happens when there is none."""
        ...

    def all(self) -> Iterable[Link]:
        """Every link, in the order of keys."""
        ...


class AccountDirectory(Protocol):
    """The host's own user table."""

    def find(self, accounts: Collection[AccountId], /) -> Mapping[AccountId, Account]:
        """These accounts, closed ones included; unknown ids are missing."""
        ...

    def lock(self, account: AccountId, /) -> Account:
        """This account, held: another transaction that locks it waits until this one ends.

        Raises:
            AccountNotFound: there is none.
        """
        ...

    def create(self, accounts: Sequence[NewAccount], /) -> tuple[AccountId, ...]:
        """Insert, one new id each, in the order given. Law: never an existing account, whatever the email says."""
        ...

    def update(self, profiles: Sequence[ProfileUpdate], /) -> None:
        """Write the fields that the roster owns; fields that are None are left alone."""
        ...

    def all(self) -> Iterable[Account]:
        """Every account, in the order of ids."""
        ...


# --- What changed in class --------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Roll:
    r"""Who is in a host section, told in brief: all that a plan has to know of its rows.

    Attributes:
        lines: a line for each row, separated by "\n", in the order of `SectionStore.enrollments`: its role, person and
            account with a tab between them ("student\tp1\t7"); without a person there is nothing between the tabs. A
            row that is not an active one of the source has its origin and its status after two more tabs.
        rows: how many rows there are.
        others: how many of them are not active ones of the source.
        latest: the newest `changed_at` of all rows; None when there are none.
    """

    lines: str = ""
    rows: int = 0
    others: int = 0
    latest: datetime | None = None


def rolls_of(rows: Iterable[HostEnrollment]) -> Mapping[HostSectionId, Roll]:
    """The rolls that these rows make: for an adapter whose database has no quicker way to tell."""
    by_section: dict[HostSectionId, list[HostEnrollment]] = {}
    for row in rows:
        by_section.setdefault(row.section, []).append(row)
    return {section: _roll(several) for section, several in by_section.items()}


def _roll(rows: Sequence[HostEnrollment]) -> Roll:
    lines: list[str] = []
    others = 0
    for row in rows:
        line = f"{row.role}\t{row.person or ''}\t{row.account}"
        other = row.origin is not Origin.SOURCE or row.status is not EnrollmentStatus.ACTIVE
        lines.append(f"{line}\t{row.origin}\t{row.status}" if other else line)
        others += other
    return Roll(lines="\n".join(lines), rows=len(rows), others=others, latest=max(row.changed_at for row in rows))


class SectionStore(Protocol):
    """The host's own sections and who is in them."""

    def get(self, section: HostSectionId, /) -> HostSection:
        """One section.

        Raises:
            SectionNotFound: there is none.
        """
        ...

    def attached(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, HostSection]:
        """The host sections that are synced from these source sections, archived ones included."""
        ...

    def attached_in(self, provider: Provider, district: DistrictId, /) -> Mapping[SectionKey, HostSection]:
        """The host sections that are synced from a district, archived ones included: what a nightly job reads.

        Law: as `attached` says, also of a section in which nobody is yet.
        """
        ...

    def owned(self, owner: AccountId, /) -> tuple[HostSection, ...]:
        """The sections that this account runs, archived ones included, in the order of ids."""
        ...

    def save(self, sections: Sequence[HostSection], /) -> tuple[HostSection, ...]:
        """Insert the sections without an id, overwrite those that have one; in the order given, each with its id.

        Law: a source section is attached to one host section at most, at every moment: what one section of a call lets
        go of, another of the same call cannot have. Of two with the same id the last one stays.

        Raises:
            SectionNotFound: a section has an id, and there is none of that id.
            StoreError: a source section would be attached twice.
        """
        ...

    def enrollments(
        self, sections: Collection[HostSectionId] | None = None, /, *, of: Collection[AccountId] | None = None
    ) -> tuple[HostEnrollment, ...]:
        """Everybody who is, or was, in these sections (all when None), ordered by section, role and account.

        Args:
            of: only the rows of these accounts; of everybody when None.
        """
        ...

    def rolls(self, sections: Collection[HostSectionId], /) -> Mapping[HostSectionId, Roll]:
        """Who is in these sections, in brief; those without any row are missing.

        Law: it tells exactly what the rows are now, whoever wrote them.
        """
        ...

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        """Insert, or overwrite the row of the same section, account and role. Rows not named are left alone."""
        ...

    def enrolled(self, account: AccountId, /) -> tuple[HostEnrollment, ...]:
        """Everywhere this account is, or was, enrolled, ordered by section and role."""
        ...

    def hand_over(self, enrollments: Sequence[HostEnrollment], /, *, to: AccountId) -> None:
        """Give rows to another account: each is written as given, but for `to`, and its old account has it no longer.

        Law: the row that `to` had in the same section and role is overwritten, no other row is touched, and nothing
        is lost: as many rows are written as were given.
        """
        ...


@attrs.frozen(kw_only=True)
class JournalEntry:
    """One line of what was done to a roster: which row of which plan, when, on whose word.

    Attributes:
        plan: digest of the plan.
        actor: account that asked for it, or the host's word for a nightly job.
        verb: what was done ("enroll", "withdraw", "restore", ...).
        account: whom it was done to; None for a section as a whole.
    """

    at: datetime
    plan: str
    actor: str
    verb: str
    section: HostSectionId
    account: AccountId | None = None


@attrs.frozen(kw_only=True)
class Memo:
    """Something to remember from one run to the next: how long a step waits, which chunk is done, who holds a lease.

    Attributes:
        key: what it is about; at most 255 characters.
        version: how often it was kept; 0 for one that never was.
    """

    key: str
    text: str = attrs.field(repr=False)
    version: int = 0


class RosterStore(Protocol):
    """What the library keeps for itself: what the source said last, the journal of what was done about it, and memos.

    None of it is the host's own. Memos are small texts by key, never overwritten unseen: what runs remember, leases,
    what an undo needs.
    """

    def sections(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, Section]:
        """These sections as the source last described them, with their lists; unknown ones are missing."""
        ...

    def sections_in(self, provider: Provider, district: DistrictId, /) -> frozenset[SectionId]:
        """The sections of a district that the source described.

        Law: those that `sections` would find.
        """
        ...

    def people(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /
    ) -> Mapping[PersonId, Person]:
        """These people of a district (all when None) as the source last described them."""
        ...

    def digests(
        self,
        provider: Provider,
        district: DistrictId,
        /,
        *,
        people: Collection[PersonId] = (),
        sections: Collection[SectionId] = (),
    ) -> tuple[Mapping[PersonId, str], Mapping[SectionId, str]]:
        """The digests of these people and sections as the source last described them; unknown ones are missing.

        Law: `Person.digest` and `Section.digest` of what `people` and `sections` would answer.
        """
        ...

    def save(
        self,
        provider: Provider,
        district: DistrictId,
        /,
        *,
        people: Sequence[Person],
        sections: Sequence[Section],
        gone: Collection[SectionId] = (),
    ) -> None:
        """Remember people and sections as described now; forget the sections that are gone."""
        ...

    def forget(self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /) -> int:
        """Delete what the source said of these people; of all its people and sections when None. How many rows.

        Law: no row of another district is touched, and the journal is not.
        """
        ...

    def record(self, entries: Sequence[JournalEntry], /) -> None:
        """Append to the journal."""
        ...

    def journal(self, section: HostSectionId, /) -> tuple[JournalEntry, ...]:
        """Everything that was done to a section, oldest first."""
        ...

    def memos(self, keys: Collection[str], /) -> Mapping[str, Memo]:
        """These memos; those never kept are missing."""
        ...

    def memos_starting(self, prefix: str, /) -> tuple[Memo, ...]:
        """The memos whose keys start so, in the order of keys, byte by byte."""
        ...

    def drop_memos(self, keys: Collection[str], /) -> int:
        """Delete these memos; one never kept is no error. How many there were."""
        ...

    def keep_memos(self, memos: Sequence[Memo], /) -> None:
        """Write texts, each over the version that its memo names; kept, the version is one more.

        Law: raises Overtaken, and the transaction must be undone, when a memo's version is not the current one (0:
        there is none). Of N concurrent callers that saw the same version exactly one succeeds.
        """
        ...


# --- Together ---------------------------------------------------------------------------------------------------------


class Ports(Protocol):
    """The five ports inside one transaction."""

    @property
    def attempts(self) -> AttemptStore:
        """Logins in progress."""
        ...

    @property
    def links(self) -> LinkStore:
        """Which identity belongs to which account."""
        ...

    @property
    def accounts(self) -> AccountDirectory:
        """The host's user table."""
        ...

    @property
    def sections(self) -> SectionStore:
        """The host's sections and enrollments."""
        ...

    @property
    def roster(self) -> RosterStore:
        """What the source said last, the journal, and memos."""
        ...


class Store(Protocol):
    """Where a host keeps things."""

    def transaction(self) -> AbstractContextManager[Ports]:
        """Open a transaction: committed when the block ends, undone entirely when it raises.

        Law: what two transactions do has the outcome of one after the other, at least for the laws of the ports.
        """
        ...


class AsyncStore(Protocol):
    """Where a host keeps things, asked by awaiting. The ports stay plain functions: the work awaits nothing."""

    async def run(self, work: Callable[[Ports], Answer], /) -> Answer:
        """Do a piece of work in one transaction and commit it; undone entirely when it raises.

        Law: as `Store.transaction`; and done once more, as by `transact`, when another one took the same identity.
        """
        ...


@attrs.frozen
class Transact(Question[Answer]):
    """Ask for a piece of work to be done in one transaction; the answer is what the work returns."""

    work: Callable[[Ports], Answer]


def transact(store: Store, work: Callable[[Ports], Answer]) -> Answer:
    """Do a piece of work in one transaction, once more if another one took the same identity at the same moment.

    Raises:
        IdentityTaken: the second try met it too: the adapter's `find` does not see what its `add` refuses.
    """
    try:
        with store.transaction() as ports:
            return work(ports)
    except IdentityTaken:
        with store.transaction() as ports:
            return work(ports)
