"""A store in dictionaries: for notebooks, tests and demos, and the model that other adapters are compared with.

A transaction works on a copy of the tables, and a lock is held until it ends: transactions run one after the other,
and one that raises leaves nothing behind. Nothing outlives the process.

Read `MemoryStore` first, then the ports in the order of `clever_roster.ports`.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import RLock

import attrs

from clever_roster.errors import AccountNotFound, IdentityTaken, Overtaken, SectionNotFound, StoreError
from clever_roster.model import (
    Account,
    AccountId,
    DistrictId,
    EnrollmentRole,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    NewAccount,
    Person,
    PersonId,
    ProfileUpdate,
    Provider,
    Section,
    SectionId,
    SectionKey,
)
from clever_roster.ports import MOST_PENDING, Attempt, JournalEntry, Memo, Ports, Roll, rolls_of
from clever_roster.storage.attaching import refuse_taken
from clever_roster.storage.moments import in_utc

__all__ = ["MemoryStore"]


@attrs.frozen
class _Tables:
    """Everything that is kept. The values are frozen, so a copy of the dictionaries is a copy of it all."""

    attempts: dict[str, Attempt] = attrs.field(factory=dict[str, Attempt])
    codes: dict[str, datetime] = attrs.field(factory=dict[str, datetime])
    links: dict[IdentityKey, Link] = attrs.field(factory=dict[IdentityKey, Link])
    accounts: dict[AccountId, Account] = attrs.field(factory=dict[AccountId, Account])
    sections: dict[HostSectionId, HostSection] = attrs.field(factory=dict[HostSectionId, HostSection])
    enrollments: dict[tuple[HostSectionId, EnrollmentRole, AccountId], HostEnrollment] = attrs.field(
        factory=dict[tuple[HostSectionId, EnrollmentRole, AccountId], HostEnrollment]
    )
    mirror_sections: dict[SectionKey, Section] = attrs.field(factory=dict[SectionKey, Section])
    mirror_people: dict[tuple[Provider, DistrictId, PersonId], Person] = attrs.field(
        factory=dict[tuple[Provider, DistrictId, PersonId], Person]
    )
    journal: list[JournalEntry] = attrs.field(factory=list[JournalEntry])
    memos: dict[str, Memo] = attrs.field(factory=dict[str, Memo])

    def copy(self) -> _Tables:
        """The same rows in dictionaries of their own."""
        return _Tables(*(getattr(self, field.name).copy() for field in attrs.fields(_Tables)))


class MemoryStore:
    """A `Store` in this process's memory; it may be used from many threads."""

    def __init__(self, *, accounts: Iterable[Account] = ()) -> None:
        """Make a store that has these accounts, as a host has its own before the library comes."""
        self._lock = RLock()
        self._open = False
        self._tables = _Tables(accounts={account.id: account for account in accounts})

    @contextmanager
    def transaction(self) -> Generator[Ports, None, None]:
        """Open a transaction; it is undone entirely when the block raises.

        Raises:
            StoreError: this thread is inside a transaction already.
        """
        with self._draft() as tables:
            yield _Ports.over(tables)

    def put_accounts(self, accounts: Iterable[Account]) -> None:
        """Insert or overwrite whole accounts: what a host itself does to its user table, outside the ports."""
        with self._draft() as tables:
            tables.accounts.update({account.id: account for account in accounts})

    @contextmanager
    def _draft(self) -> Generator[_Tables, None, None]:
        with self._lock:
            if self._open:
                raise StoreError(
                    "A transaction is open in this thread.", next_step="Use the ports that it gave, or end it first."
                )
            self._open = True
            try:
                draft = self._tables.copy()
                yield draft
                self._tables = draft
            finally:
                self._open = False


@attrs.frozen
class _Ports:
    attempts: _Attempts
    links: _Links
    accounts: _Accounts
    sections: _Sections
    roster: _Roster

    @classmethod
    def over(cls, tables: _Tables) -> _Ports:
        return cls(_Attempts(tables), _Links(tables), _Accounts(tables), _Sections(tables), _Roster(tables))


# --- Who arrived ------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Attempts:
    _tables: _Tables

    def save(self, attempt: Attempt, /) -> None:
        in_utc(attempt.expires_at, "expires_at")
        if attempt.state_digest in self._tables.attempts:
            raise StoreError("This state was used before.", next_step="Make a new random state for every attempt.")
        kept = self._tables.attempts
        mine = [each for each in kept.values() if each.browser_digest == attempt.browser_digest]
        mine.sort(key=lambda each: (each.expires_at, each.state_digest))
        for oldest in mine[: max(0, len(mine) + 1 - MOST_PENDING)]:
            del kept[oldest.state_digest]
        kept[attempt.state_digest] = attempt

    def consume(self, *, state_digest: str, browser_digest: str, now: datetime) -> Attempt | None:
        in_utc(now, "now")
        attempt = self._tables.attempts.get(state_digest)
        if attempt is None or attempt.browser_digest != browser_digest or attempt.expires_at <= now:
            return None
        return self._tables.attempts.pop(state_digest)

    def discard(self, *, browser_digest: str) -> None:
        for attempt in tuple(self._tables.attempts.values()):
            own = attempt.account is not None or attempt.identity is not None
            if own and attempt.browser_digest == browser_digest:
                del self._tables.attempts[attempt.state_digest]

    def forget(self, *, accounts: Collection[AccountId], identities: Collection[IdentityKey]) -> int:
        theirs = [
            attempt.state_digest
            for attempt in self._tables.attempts.values()
            if attempt.account in accounts or (attempt.identity is not None and attempt.identity.key in identities)
        ]
        for state_digest in theirs:
            del self._tables.attempts[state_digest]
        return len(theirs)

    def claim_code(self, *, code_digest: str, now: datetime, expires_at: datetime) -> bool:
        in_utc(now, "now")
        in_utc(expires_at, "expires_at")
        first = code_digest not in self._tables.codes
        self._tables.codes.setdefault(code_digest, expires_at)
        return first


# --- Whose account ----------------------------------------------------------------------------------------------------


@attrs.frozen
class _Links:
    _tables: _Tables

    def find(self, keys: Collection[IdentityKey], /) -> Mapping[IdentityKey, Link]:
        return {key: self._tables.links[key] for key in keys if key in self._tables.links}

    def accounts(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId], /
    ) -> Mapping[PersonId, AccountId]:
        found = self.find([IdentityKey(provider, district, person) for person in people])
        return {key.subject: link.account for key, link in found.items()}

    def of(self, account: AccountId, /) -> tuple[Link, ...]:
        return tuple(link for link in self.all() if link.account == account)

    def add(self, links: Sequence[Link], /) -> None:
        for link in links:
            in_utc(link.linked_at, "linked_at")
            if link.key in self._tables.links:
                raise IdentityTaken(
                    f"The {link.key.provider} identity {link.key.subject} belongs to an account already.",
                    next_step="Undo this transaction, and do it once more: it will find the account.",
                )
            self._tables.links[link.key] = link

    def replace(self, links: Sequence[Link], /) -> None:
        for link in links:
            in_utc(link.linked_at, "linked_at")
            if link.key in self._tables.links:
                self._tables.links[link.key] = link

    def remove(self, key: IdentityKey, /) -> None:
        self._tables.links.pop(key, None)

    def all(self) -> Iterable[Link]:
        return tuple(self._tables.links[key] for key in sorted(self._tables.links))


@attrs.frozen
class _Accounts:
    _tables: _Tables

    def find(self, accounts: Collection[AccountId], /) -> Mapping[AccountId, Account]:
        return {account: self._tables.accounts[account] for account in accounts if account in self._tables.accounts}

    def lock(self, account: AccountId, /) -> Account:
        # Transactions are serial, so whoever is in one holds every account.
        try:
            return self._tables.accounts[account]
        except KeyError:
            raise AccountNotFound(
                f"There is no account {account}.", next_step="Look up the account before locking it."
            ) from None

    def create(self, accounts: Sequence[NewAccount], /) -> tuple[AccountId, ...]:
        made: list[AccountId] = []
        for account in accounts:
            new = AccountId(_unused(self._tables.accounts))
            self._tables.accounts[new] = Account(id=new, name=account.name, email=account.email)
            made.append(new)
        return tuple(made)

    def update(self, profiles: Sequence[ProfileUpdate], /) -> None:
        for profile in profiles:
            account = self._tables.accounts.get(profile.account)
            if account is not None:
                self._tables.accounts[account.id] = attrs.evolve(
                    account,
                    name=account.name if profile.name is None else profile.name,
                    email=account.email if profile.email is None else profile.email,
                )

    def all(self) -> Iterable[Account]:
        return tuple(sorted(self._tables.accounts.values(), key=lambda account: _by_number(account.id)))


# --- What changed in class --------------------------------------------------------------------------------------------


@attrs.frozen
class _Sections:
    _tables: _Tables

    def get(self, section: HostSectionId, /) -> HostSection:
        try:
            return self._tables.sections[section]
        except KeyError:
            raise _section_not_found(section) from None

    def attached(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, HostSection]:
        wanted = frozenset(keys)
        return {row.source: row for row in self._tables.sections.values() if row.source in wanted}

    def attached_in(self, provider: Provider, district: DistrictId, /) -> Mapping[SectionKey, HostSection]:
        where = (provider, district)
        return {
            row.source: row
            for row in self._tables.sections.values()
            if row.source is not None and (row.source.provider, row.source.district) == where
        }

    def owned(self, owner: AccountId, /) -> tuple[HostSection, ...]:
        mine = (row for row in self._tables.sections.values() if row.owner == owner)
        return tuple(sorted(mine, key=lambda row: _by_number(row.id or "")))

    def save(self, sections: Sequence[HostSection], /) -> tuple[HostSection, ...]:
        refuse_taken(sections, self.attached([section.source for section in sections if section.source is not None]))
        saved: list[HostSection] = []
        for section in sections:
            if section.id is not None:
                self.get(section.id)
            new = HostSectionId(_unused(self._tables.sections)) if section.id is None else section.id
            self._tables.sections[new] = attrs.evolve(section, id=new)
            saved.append(self._tables.sections[new])
        return tuple(saved)

    def enrollments(
        self, sections: Collection[HostSectionId] | None = None, /, *, of: Collection[AccountId] | None = None
    ) -> tuple[HostEnrollment, ...]:
        wanted = None if sections is None else frozenset(sections)
        who = None if of is None else frozenset(of)
        rows = (
            row
            for row in self._tables.enrollments.values()
            if (wanted is None or row.section in wanted) and (who is None or row.account in who)
        )
        return tuple(sorted(rows, key=lambda row: (_by_number(row.section), row.role, _by_number(row.account))))

    def rolls(self, sections: Collection[HostSectionId], /) -> Mapping[HostSectionId, Roll]:
        return rolls_of(self.enrollments(sections))

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        for row in enrollments:
            in_utc(row.since, "since")
            in_utc(row.changed_at, "changed_at")
            self.get(row.section)
            self._tables.enrollments[row.section, row.role, row.account] = row

    def enrolled(self, account: AccountId, /) -> tuple[HostEnrollment, ...]:
        return tuple(row for row in self.enrollments() if row.account == account)

    def hand_over(self, enrollments: Sequence[HostEnrollment], /, *, to: AccountId) -> None:
        for row in enrollments:
            self._tables.enrollments.pop((row.section, row.role, row.account), None)
        self.save_enrollments([attrs.evolve(row, account=to) for row in enrollments])


@attrs.frozen
class _Roster:
    _tables: _Tables

    def sections(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, Section]:
        return {key: self._tables.mirror_sections[key] for key in keys if key in self._tables.mirror_sections}

    def sections_in(self, provider: Provider, district: DistrictId, /) -> frozenset[SectionId]:
        known = self._tables.mirror_sections
        return frozenset(key.section for key in known if (key.provider, key.district) == (provider, district))

    def people(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /
    ) -> Mapping[PersonId, Person]:
        kept = self._tables.mirror_people
        if people is not None:
            return {person: kept[key] for person in people if (key := (provider, district, person)) in kept}
        return {person: kept[key] for key in sorted(kept) if key[:2] == (provider, district) for person in key[2:]}

    def digests(
        self,
        provider: Provider,
        district: DistrictId,
        /,
        *,
        people: Collection[PersonId] = (),
        sections: Collection[SectionId] = (),
    ) -> tuple[Mapping[PersonId, str], Mapping[SectionId, str]]:
        said = self.sections([SectionKey(provider, district, section) for section in sections])
        known = self.people(provider, district, people)
        return (
            {person: record.digest for person, record in known.items()},
            {key.section: record.digest for key, record in said.items()},
        )

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
        for section in gone:
            self._tables.mirror_sections.pop(SectionKey(provider, district, section), None)
        for row in sections:
            self._tables.mirror_sections[SectionKey(provider, district, row.id)] = row
        for person in people:
            self._tables.mirror_people[provider, district, person.id] = person

    def forget(self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /) -> int:
        here = (provider, district)
        gone = [key for key in self._tables.mirror_people if key[:2] == here and (people is None or key[2] in people)]
        listed = [key for key in self._tables.mirror_sections if people is None and attrs.astuple(key)[:2] == here]
        for person in gone:
            del self._tables.mirror_people[person]
        for section in listed:
            del self._tables.mirror_sections[section]
        return len(gone) + len(listed)

    def record(self, entries: Sequence[JournalEntry], /) -> None:
        for entry in entries:
            in_utc(entry.at, "at")
        self._tables.journal.extend(entries)

    def journal(self, section: HostSectionId, /) -> tuple[JournalEntry, ...]:
        return tuple(entry for entry in self._tables.journal if entry.section == section)

    def memos(self, keys: Collection[str], /) -> Mapping[str, Memo]:
        return {key: self._tables.memos[key] for key in keys if key in self._tables.memos}

    def memos_starting(self, prefix: str, /) -> tuple[Memo, ...]:
        found = (memo for key, memo in self._tables.memos.items() if key.startswith(prefix))
        return tuple(sorted(found, key=lambda memo: memo.key.encode()))

    def drop_memos(self, keys: Collection[str], /) -> int:
        return sum(self._tables.memos.pop(key, None) is not None for key in {*keys})

    def keep_memos(self, memos: Sequence[Memo], /) -> None:
        for memo in memos:
            current = self._tables.memos.get(memo.key)
            if memo.version != (0 if current is None else current.version):
                raise Overtaken(
                    f"Memo {memo.key} has another version than the one that was read.",
                    next_step="Undo this transaction, read it again and decide anew.",
                )
            self._tables.memos[memo.key] = attrs.evolve(memo, version=memo.version + 1)


# --- Ids --------------------------------------------------------------------------------------------------------------


def _by_number(text: str) -> tuple[int, str]:
    """Sort "2" before "10", and other ids in some fixed order."""
    return len(text), text


def _unused(taken: Collection[str]) -> str:
    number = len(taken) + 1
    while str(number) in taken:
        number += 1
    return str(number)


def _section_not_found(section: HostSectionId) -> SectionNotFound:
    return SectionNotFound(f"There is no section {section}.", next_step="Save the section first, without an id.")
