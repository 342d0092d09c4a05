"""The host's side of a scope at one moment, read in a number of calls that does not grow with the class."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import cast

import attrs

from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Origin,
    PersonId,
    Role,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import Ports
from clever_roster.roster.diff import heading
from clever_roster.roster.remembered import NOTHING, Remembered, recall

__all__ = ["Attachment", "HostRoster", "digest_of", "survey"]

Rows = Mapping[tuple[AccountId, EnrollmentRole], HostEnrollment]

NOBODY: Rows = {}


@attrs.frozen(kw_only=True)
class Attachment:
    """A wish to sync a source section into the host for the first time.

    Attributes:
        owner: the account that asks for it and will run the section.
        into: an existing host section, which keeps its settings and its people; None to make a new one.
    """

    owner: AccountId
    into: HostSectionId | None = None


@attrs.frozen(kw_only=True, repr=False)
class HostRoster:
    """What the host has.

    Attributes:
        mirror: what the source said last about the sections of the scope.
        sections: the host sections that are synced from the scope.
        wished: the host sections that sections of the scope are to be attached to.
        enrollments: everybody who is, or was, in any of these sections.
        accounts: the accounts of the people in question who have one.
        people: these accounts as they are: to see what was edited by hand.
        actor: the source's ids of the account on whose word the plan is made; None when the host itself asks, or
            somebody who may sync the whole district.
        elsewhere: who is active in sections that the owners of wished-for sections run already, by host section.
        memory: what earlier runs left to remember.
    """

    mirror: Snapshot
    sections: Mapping[SectionId, HostSection]
    wished: Mapping[SectionId, HostSection]
    enrollments: tuple[HostEnrollment, ...]
    accounts: Mapping[PersonId, AccountId]
    actor: frozenset[PersonId] | None
    people: Mapping[AccountId, Account] = attrs.field(factory=dict[AccountId, Account])
    elsewhere: Mapping[HostSection, frozenset[AccountId]] = attrs.field(factory=dict[HostSection, frozenset[AccountId]])
    memory: Mapping[SectionId, Remembered] = attrs.field(factory=dict[SectionId, Remembered])
    _rows: Mapping[HostSectionId, Rows] = attrs.field(
        init=False, eq=False, default=attrs.Factory(lambda self: _by_section(self.enrollments), takes_self=True)
    )

    def rows(self, section: SectionId) -> Rows:
        """Who is, or was, in the host section that this source section is, or will be, attached to."""
        host = self.sections.get(section) or self.wished.get(section)
        return NOBODY if host is None or host.id is None else self._rows.get(host.id, NOBODY)

    def size(self, section: SectionId, role: EnrollmentRole) -> int:
        """How many of its active people came with the roster; who was added by hand is not the source's to lose."""
        return sum(
            row.role is role and row.status is EnrollmentStatus.ACTIVE and row.origin is not Origin.MANUAL
            for row in self.rows(section).values()
        )

    def remembered(self, section: SectionId) -> Remembered:
        """What earlier runs left to remember of a section."""
        return self.memory.get(section, NOTHING)

    def lags(self, section: SectionId) -> bool:
        """Whether the rows are older than what a sync is known to have written: a replica that is behind."""
        latest = self.remembered(section).latest
        return latest is not None and all(row.changed_at < latest for row in self.rows(section).values())

    @property
    def basis(self) -> str:
        """Digest of all that a plan depends on: applied to another state, it would not be the plan that was read."""
        return digest_of(
            [
                # Who is in class is told by the host's own rows; what the source listed last moves with every held run.
                [_facts(heading(self.mirror.sections[key])) for key in sorted(self.mirror.sections)],
                [_facts(self.mirror.people[key]) for key in sorted(self.mirror.people)],
                [_facts(self.sections[key]) for key in sorted(self.sections)],
                [_facts(self.wished[key]) for key in sorted(self.wished)],
                sorted((row.section, row.account, row.role, row.origin, row.status) for row in self.enrollments),
                sorted(self.accounts.items()),
            ]
        )


def survey(
    ports: Ports,
    snapshot: Snapshot,
    *,
    attach: Mapping[SectionId, Attachment],
    actor: AccountId | None,
    roles: Collection[Role] = (),
) -> HostRoster:
    """Read the host's side of a snapshot's scope.

    Raises:
        SectionNotFound: a section is to be attached to a host section that does not exist.
    """
    provider, district = snapshot.provider, snapshot.district
    keys = [SectionKey(provider, district, section) for section in sorted(snapshot.scope)]
    sections = {key.section: section for key, section in ports.sections.attached(keys).items()}
    wished = {key: ports.sections.get(wish.into) for key, wish in attach.items() if wish.into is not None}
    host_ids = {host.id for host in (*sections.values(), *wished.values()) if host.id is not None}
    rows = ports.sections.enrollments(host_ids) if host_ids else ()
    mirrored = {key.section: section for key, section in ports.mirror.sections(keys).items()}
    named = {one for section in mirrored.values() for one in (*section.teachers, *section.students)}
    known = sorted(named | snapshot.people.keys() | {row.person for row in rows if row.person is not None})
    links = ports.links.find([IdentityKey(provider, district, person) for person in known])
    accounts = {key.subject: link.account for key, link in links.items()}
    mirror = Snapshot(
        provider=provider,
        district=district,
        taken_at=snapshot.taken_at,
        scope=frozenset(mirrored),
        people=ports.mirror.people(provider, district, known),
        sections=mirrored,
    )
    altered = {
        accounts[key] for key, one in snapshot.people.items() if key in accounts and mirror.people.get(key) != one
    }
    return HostRoster(
        mirror=mirror,
        sections=sections,
        wished=wished,
        enrollments=rows,
        accounts=accounts,
        people=ports.accounts.find(sorted(altered)) if altered else {},
        actor=None if actor is None else _people_of(ports, actor, snapshot, roles),
        elsewhere=_elsewhere(ports, {attach[key].owner for key in attach.keys() - sections.keys()}, host_ids),
        memory=recall(ports, keys),
    )


def _by_section(rows: Iterable[HostEnrollment]) -> Mapping[HostSectionId, Rows]:
    by_section: dict[HostSectionId, dict[tuple[AccountId, EnrollmentRole], HostEnrollment]] = {}
    for row in rows:
        by_section.setdefault(row.section, {})[row.account, row.role] = row
    return by_section


def _people_of(
    ports: Ports, account: AccountId, snapshot: Snapshot, roles: Collection[Role]
) -> frozenset[PersonId] | None:
    """The account's ids at this source and district; None for one that may sync all of the district."""
    keys = (link.key for link in ports.links.of(account))
    here = frozenset(
        key.subject for key in keys if (key.provider, key.district) == (snapshot.provider, snapshot.district)
    )
    return None if here and Role.DISTRICT_ADMIN in roles else here


def _elsewhere(
    ports: Ports, owners: Collection[AccountId], known: Collection[HostSectionId]
) -> Mapping[HostSection, frozenset[AccountId]]:
    """The students of what these owners run already and a roster feeds: a second source would show itself there."""
    theirs = {
        section.id: section
        for owner in sorted(owners)
        for section in ports.sections.owned(owner)
        if section.id is not None and section.source is not None and not section.archived and section.id not in known
    }
    students: dict[HostSectionId, set[AccountId]] = {}
    for row in ports.sections.enrollments(theirs.keys()) if theirs else ():
        if row.role is EnrollmentRole.STUDENT and row.status is EnrollmentStatus.ACTIVE:
            students.setdefault(row.section, set()).add(row.account)
    return {theirs[key]: frozenset(accounts) for key, accounts in students.items()}


def digest_of(value: object) -> str:
    """A digest of plain values (32 hex digits), the same in every process."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _facts(record: object) -> tuple[object, ...]:
    """A record as plain values, absent ones included."""
    return attrs.astuple(record, recurse=False)  # type: ignore[arg-type]


def _plain(value: object) -> object:
    """Sets have no order of their own, records are tuples of facts; what else JSON does not know is dates and such."""
    if isinstance(value, frozenset):
        return sorted(map(str, cast("frozenset[object]", value)))
    return _facts(value) if attrs.has(type(value)) else str(value)
