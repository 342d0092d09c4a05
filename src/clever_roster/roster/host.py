"""The host's side of a scope at one moment, as a value: what a plan is made from. `survey` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from operator import attrgetter
from typing import Final, cast

import attrs

from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    PersonId,
    Section,
    SectionId,
    Snapshot,
)
from clever_roster.ports import Roll
from clever_roster.roster.remembered import NO_NIGHT, NOTHING, Night, Remembered

__all__ = ["Attachment", "HostRoster", "digest_of"]

Rows = Mapping[tuple[AccountId, EnrollmentRole], HostEnrollment]

NOBODY: Rows = {}

HEADING: Final = attrgetter(
    *(field.name for field in attrs.fields(Section) if field.name not in {"teachers", "students"})
)

IN_CLASS: Final = f"{Origin.SOURCE}\t{EnrollmentStatus.ACTIVE}"
ENDED: Final = f"{Origin.SOURCE}\t{EnrollmentStatus.WITHDRAWN}"


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
        known: everyone whom the sections name, now or last time, or ever brought here; others are no matter of a plan.
        night: what other plans of this night ended.
        said: digests of what the source said last of the people in question.
        quiet: sections that stand as the source says, now as last time: there is nothing to do in them.
        rolls: those of them whose rows were not read, each with its roll.
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
    known: frozenset[PersonId] = frozenset()
    night: Night = NO_NIGHT
    said: Mapping[PersonId, str] = attrs.field(factory=dict[PersonId, str])
    quiet: frozenset[SectionId] = frozenset()
    rolls: Mapping[SectionId, Roll] = attrs.field(factory=dict[SectionId, Roll])
    _rows: Mapping[HostSectionId, Rows] = attrs.field(
        init=False, eq=False, default=attrs.Factory(lambda self: _by_section(self.enrollments), takes_self=True)
    )

    def rows(self, section: SectionId) -> Rows:
        """Who is, or was, in the host section that this source section is, or will be, attached to."""
        if section in self.rolls:
            raise AssertionError(f"the rows of section {section} were not read: nothing was to be done in it")
        host = self.sections.get(section) or self.wished.get(section)
        return NOBODY if host is None or host.id is None else self._rows.get(host.id, NOBODY)

    def size(self, section: SectionId, role: EnrollmentRole) -> int:
        """How many of its active people came with the roster; who was added by hand is not the source's to lose."""
        if section in self.rolls:
            listed = self.mirror.sections[section]
            return len(listed.students if role is EnrollmentRole.STUDENT else listed.teachers)
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
        if latest is None:
            return False
        if section in self.rolls:
            newest = self.rolls[section].latest
            return newest is None or newest < latest
        return all(row.changed_at < latest for row in self.rows(section).values())

    @property
    def leavers(self) -> frozenset[PersonId]:
        """Whom the roster brought here, whatever became of them, but for those in sections that were not read."""
        gone = (line.split("\t")[1] for roll in self.rolls.values() for line in roll.ended.split("\n") if line)
        rows = (row.person for row in self.enrollments if row.person is not None and row.origin is not Origin.MANUAL)
        return frozenset((*rows, *(PersonId(one) for one in gone if one)))

    @property
    def basis(self) -> str:
        """Digest of all that a plan depends on: applied to another state, it would not be the plan that was read."""
        return digest_of(
            [
                # Who is in class is told by the host's own rows; what the source listed last moves with every held run.
                [(HEADING(one), one.teachers[:1]) for _, one in sorted(self.mirror.sections.items())],
                sorted(self.said.items()),
                [_facts(self.sections[key]) for key in sorted(self.sections)],
                [_facts(self.wished[key]) for key in sorted(self.wished)],
                self._told(),
                sorted(self.accounts.items()),
            ]
        )

    def _told(self) -> list[tuple[str, str]]:
        """Who is in which section, in one form for the rows that were read and those that were not."""
        told = {host_id: "\n".join(sorted(map(_line, rows.values()))) for host_id, rows in self._rows.items()}
        for key, roll in self.rolls.items():
            present = [f"{line}\t{IN_CLASS}" for line in roll.present.split("\n") if line]
            ended = [f"{line}\t{ENDED}" for line in roll.ended.split("\n") if line]
            if present or ended:
                told[self.sections[key].id or HostSectionId("")] = "\n".join(sorted(present + ended))
        return sorted(told.items())


def _line(row: HostEnrollment) -> str:
    return f"{row.role}\t{row.person or ''}\t{row.account}\t{row.origin}\t{row.status}"


def _by_section(rows: Iterable[HostEnrollment]) -> Mapping[HostSectionId, Rows]:
    by_section: dict[HostSectionId, dict[tuple[AccountId, EnrollmentRole], HostEnrollment]] = {}
    for row in rows:
        by_section.setdefault(row.section, {})[row.account, row.role] = row
    return by_section


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
