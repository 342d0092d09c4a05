"""The host's side of a scope at one moment, read in a number of calls that does not grow with the class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import cast

import attrs

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Origin,
    PersonId,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import Ports

__all__ = ["Attachment", "HostRoster", "digest_of", "survey"]


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
        actor: the source's ids of the account on whose word the plan is made; None when the host itself asks.
    """

    mirror: Snapshot
    sections: Mapping[SectionId, HostSection]
    wished: Mapping[SectionId, HostSection]
    enrollments: tuple[HostEnrollment, ...]
    accounts: Mapping[PersonId, AccountId]
    actor: frozenset[PersonId] | None

    def rows(self, section: SectionId) -> Mapping[tuple[AccountId, EnrollmentRole], HostEnrollment]:
        """Who is, or was, in the host section that this source section is, or will be, attached to."""
        host = self.sections.get(section) or self.wished.get(section)
        found = () if host is None else (row for row in self.enrollments if row.section == host.id)
        return {(row.account, row.role): row for row in found}

    def size(self, section: SectionId, role: EnrollmentRole) -> int:
        """How many of its active people came with the roster; who was added by hand is not the source's to lose."""
        return sum(
            row.role is role and row.status is EnrollmentStatus.ACTIVE and row.origin is not Origin.MANUAL
            for row in self.rows(section).values()
        )

    @property
    def basis(self) -> str:
        """Digest of all that a plan depends on: applied to another state, it would not be the plan that was read."""
        return digest_of(
            [
                [attrs.asdict(self.mirror.sections[key]) for key in sorted(self.mirror.sections)],
                [attrs.asdict(self.mirror.people[key]) for key in sorted(self.mirror.people)],
                [attrs.asdict(self.sections[key]) for key in sorted(self.sections)],
                [attrs.asdict(self.wished[key]) for key in sorted(self.wished)],
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
    named = {one.person for section in mirrored.values() for one in section.enrollments()}
    known = named | snapshot.people.keys() | {row.person for row in rows if row.person is not None}
    links = ports.links.find([IdentityKey(provider, district, person) for person in sorted(known)])
    return HostRoster(
        mirror=Snapshot(
            provider=provider,
            district=district,
            taken_at=snapshot.taken_at,
            scope=frozenset(mirrored),
            people=ports.mirror.people(provider, district, sorted(named | snapshot.people.keys())),
            sections=mirrored,
        ),
        sections=sections,
        wished=wished,
        enrollments=rows,
        accounts={key.subject: link.account for key, link in links.items()},
        actor=None if actor is None else _people_of(ports, actor, snapshot),
    )


def _people_of(ports: Ports, account: AccountId, snapshot: Snapshot) -> frozenset[PersonId]:
    keys = (link.key for link in ports.links.of(account))
    return frozenset(
        key.subject for key in keys if (key.provider, key.district) == (snapshot.provider, snapshot.district)
    )


def digest_of(value: object) -> str:
    """A digest of plain values (32 hex digits), the same in every process."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    """Sets have no order of their own; everything else that JSON does not know is dates and the like."""
    return sorted(map(str, cast("frozenset[object]", value))) if isinstance(value, frozenset) else str(value)
