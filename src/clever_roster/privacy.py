"""What is held about a person, and how it is forgotten.

    held = transact(store, lambda ports: privacy.export_of(ports, key))
    report = transact(store, lambda ports: privacy.forget(ports, key, now=now))
    report = transact(store, lambda ports: privacy.forget_district(ports, CLEVER, district, now=now))

Forgetting deletes what the library holds because of a source: links, what the source said, and what runs remember of
them. Where somebody's work hangs on a row it is pseudonymised instead: an enrollment stays with its account and ends,
without the source's id of the person; the journal has ids only, and stays. The account is the host's: its name and
email are blanked when the host asks for it, and never when another identity uses the account.

Forget when the source no longer sends the person: a sync that still lists them makes a new account. Tokens are not held
here: a host that plugged in a place for them (`clever_roster.oauth`) empties it itself. This room refuses to know why
somebody is to be forgotten, and never closes an account.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import cast

import attrs

from clever_roster.model import (
    Account,
    AccountId,
    DistrictId,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    Person,
    PersonName,
    ProfileUpdate,
    Provider,
    Section,
    SectionKey,
)
from clever_roster.ports import JournalEntry, Memo, Ports

__all__ = ["Forgotten", "Held", "export_of", "forget", "forget_district"]


@attrs.frozen(kw_only=True)
class Forgotten:
    """What was deleted or pseudonymised, in rows.

    Attributes:
        attempts: logins in progress, of their accounts or about them.
        links: identities that no longer open an account.
        records: what the source said of people and, of a district, of sections.
        lists: sections whose list, as the source said it, no longer names the person.
        enrollments: ended, and without the source's id of the person.
        detached: host sections that are no longer synced from anywhere.
        memos: what runs remembered; a run whose memory went cannot be undone any more.
        accounts: accounts whose name and email were blanked.
        journal: lines that stay, with ids only.
    """

    attempts: int = 0
    links: int = 0
    records: int = 0
    lists: int = 0
    enrollments: int = 0
    detached: int = 0
    memos: int = 0
    accounts: int = 0
    journal: int = 0


@attrs.frozen(kw_only=True, repr=False)
class Held:
    """Everything that is held about one person. Its repr shows nothing.

    Attributes:
        person: as the source described them last.
        listed: sections whose list, as the source said it last, names them.
        memos: keys of what runs remember and that names them.
    """

    key: IdentityKey
    link: Link | None
    account: Account | None
    person: Person | None
    listed: tuple[SectionKey, ...]
    enrollments: tuple[HostEnrollment, ...]
    journal: tuple[JournalEntry, ...]
    memos: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Held about {self.key.provider} {self.key.subject}>"

    def to_json(self) -> str:
        """All of it, to be handed over: names, dates and ids included."""
        return json.dumps(attrs.asdict(self), default=_plain, ensure_ascii=False, indent=2)


def export_of(ports: Ports, key: IdentityKey) -> Held:
    """Everything that is held about one person, without changing anything.

    But for logins in progress, which hold ids alone and are gone within minutes.
    """
    link = ports.links.find([key]).get(key)
    account = None if link is None else ports.accounts.find([link.account]).get(link.account)
    seats = _seats(ports, key, link)
    sections = _sections(ports, {seat.section for seat in seats})
    return Held(
        key=key,
        link=link,
        account=account,
        person=ports.roster.people(key.provider, key.district, [key.subject]).get(key.subject),
        listed=tuple(sorted(_listed(ports, key, sections))),
        enrollments=seats,
        journal=_journal(ports, sections, link),
        memos=tuple(memo.key for memo in _memos(ports, [key.subject], None if link is None else link.account)),
    )


def forget(ports: Ports, key: IdentityKey, *, now: datetime, blank_account: bool = False) -> Forgotten:
    """Forget one person of one district.

    Args:
        blank_account: blank the account's name and email too, if no other identity uses it.
    """
    link = ports.links.find([key]).get(key)
    if link is not None:
        ports.accounts.lock(link.account)
    seats = _seats(ports, key, link)
    sections = _sections(ports, {seat.section for seat in seats})
    lists = [_without(section, key) for section in _listed(ports, key, sections).values()]
    if lists:
        ports.roster.save(key.provider, key.district, people=[], sections=lists)
    named = [seat for seat in seats if seat.person == key.subject and _sent_by(sections[seat.section], key)]
    ended = _end(ports, named, now=now)
    ports.links.remove(key)
    return Forgotten(
        attempts=ports.attempts.forget(accounts=[] if link is None else [link.account], identities=[key]),
        links=0 if link is None else 1,
        records=ports.roster.forget(key.provider, key.district, [key.subject]),
        lists=len(lists),
        enrollments=ended,
        memos=_drop(ports, [key.subject], None if link is None else link.account),
        accounts=_blank(ports, [] if link is None or not blank_account else [link.account]),
        journal=len(_journal(ports, sections, link)),
    )


def forget_district(
    ports: Ports, provider: Provider, district: DistrictId, *, now: datetime, blank_accounts: bool = False
) -> Forgotten:
    """Forget everything that a district sent. Its sections stay in the host, detached.

    Args:
        blank_accounts: blank the accounts' names and emails too, of those that no other identity uses.
    """
    links = [link for link in ports.links.all() if (link.key.provider, link.key.district) == (provider, district)]
    people = {link.key.subject for link in links} | ports.roster.people(provider, district).keys()
    accounts = {link.account for link in links}
    here = {one.id: one for one in ports.sections.attached_in(provider, district).values() if one.id is not None}
    ended = _end(ports, [seat for seat in ports.sections.enrollments(here) if seat.person in people], now=now)
    ports.sections.save([attrs.evolve(section, source=None) for section in here.values()])
    for link in links:
        ports.links.remove(link.key)
    return Forgotten(
        attempts=ports.attempts.forget(
            accounts=accounts, identities={IdentityKey(provider, district, person) for person in people}
        ),
        links=len(links),
        records=ports.roster.forget(provider, district),
        enrollments=ended,
        detached=len(here),
        memos=_drop(ports, {district, *people}),
        accounts=_blank(ports, accounts if blank_accounts else []),
        journal=sum(len(ports.roster.journal(section)) for section in here),
    )


# --- Where somebody is ------------------------------------------------------------------------------------------------


def _seats(ports: Ports, key: IdentityKey, link: Link | None) -> tuple[HostEnrollment, ...]:
    """The enrollments of the account; of a person who has none, those that the source made for this id."""
    if link is not None:
        return ports.sections.enrolled(link.account)
    named = [seat for seat in ports.sections.enrollments() if seat.person == key.subject]
    sections = _sections(ports, {seat.section for seat in named})
    return tuple(seat for seat in named if _sent_by(sections[seat.section], key))


def _sections(ports: Ports, sections: Iterable[HostSectionId]) -> dict[HostSectionId, HostSection]:
    return {section: ports.sections.get(section) for section in sorted(sections)}


def _sent_by(section: HostSection, key: IdentityKey) -> bool:
    """Whether the section is, or may have been, this district's: one that is detached does not say."""
    source = section.source
    return source is None or (source.provider, source.district) == (key.provider, key.district)


def _listed(
    ports: Ports, key: IdentityKey, sections: Mapping[HostSectionId, HostSection]
) -> Mapping[SectionKey, Section]:
    sources = [section.source for section in sections.values() if section.source is not None]
    said = ports.roster.sections([source for source in sources if source.district == key.district])
    return {
        source: section for source, section in said.items() if key.subject in (*section.teachers, *section.students)
    }


def _without(section: Section, key: IdentityKey) -> Section:
    return attrs.evolve(
        section,
        teachers=tuple(one for one in section.teachers if one != key.subject),
        students=tuple(one for one in section.students if one != key.subject),
    )


def _journal(
    ports: Ports, sections: Mapping[HostSectionId, HostSection], link: Link | None
) -> tuple[JournalEntry, ...]:
    if link is None:
        return ()
    lines = (entry for section in sections for entry in ports.roster.journal(section))
    return tuple(entry for entry in lines if link.account in (entry.account, entry.actor))


def _memos(ports: Ports, names: Collection[str], account: AccountId | None = None) -> list[Memo]:
    """Memos that name one of these ids: as a part of the key, or anywhere in the text; an account, in the text."""
    quoted = [json.dumps(name) for name in (*names, *([] if account is None else [account]))]
    return [
        memo
        for memo in ports.roster.memos_starting("")
        if any(name in memo.text for name in quoted) or not {*memo.key.split("/")}.isdisjoint(names)
    ]


# --- The deed ---------------------------------------------------------------------------------------------------------


def _end(ports: Ports, seats: Collection[HostEnrollment], *, now: datetime) -> int:
    ended = EnrollmentStatus.WITHDRAWN
    rows = [
        attrs.evolve(
            seat,
            person=None,
            status=ended if seat.status is EnrollmentStatus.ACTIVE else seat.status,
            changed_at=now,
        )
        for seat in seats
    ]
    if rows:
        ports.sections.save_enrollments(rows)
    return len(rows)


def _drop(ports: Ports, names: Collection[str], account: AccountId | None = None) -> int:
    return ports.roster.drop_memos([memo.key for memo in _memos(ports, names, account)])


def _blank(ports: Ports, accounts: Collection[AccountId]) -> int:
    unused = [account for account in sorted(accounts) if not ports.links.of(account)]
    ports.accounts.update([ProfileUpdate(account=account, name=PersonName("", ""), email="") for account in unused])
    return len(unused)


def _plain(value: object) -> object:
    return sorted(map(str, cast("frozenset[str]", value))) if isinstance(value, frozenset) else str(value)


def __dir__() -> list[str]:
    return __all__
