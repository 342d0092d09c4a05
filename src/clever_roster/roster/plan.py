"""From "what the source says" and "what the host has" to an ordered list of steps that a person can read.

Facts about people and sections: the source's word now against its word last time (the mirror). Who is in class: the
source's word now against the host's own enrollments. So "removed by the source", "removed by hand", "added by hand" and
"edited by hand" stay four different things, and a second plan after an applied one is empty, whatever happened between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

import attrs

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    Origin,
    Person,
    PersonId,
    Section,
    SectionId,
    Snapshot,
)
from clever_roster.roster.diff import Altered, Change, FieldChange, diff, patch
from clever_roster.roster.host import Attachment, HostRoster, digest_of

__all__ = ["Hold", "Note", "Plan", "Rule", "Step", "Verb", "make_plan"]


class Verb(StrEnum):
    """What a step does, in the order in which steps are carried out: what is needed first, and endings last.

    ADOPT: the source now lists somebody whom a teacher added by hand. RELEASE: it no longer does, and they stay.
    """

    ATTACH = "attach"
    ALTER_SECTION = "alter_section"
    ALTER_PERSON = "alter_person"
    ENROLL = "enroll"
    RESTORE = "restore"
    ADOPT = "adopt"
    MOVE = "move"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"


_ORDER: Final = {verb: place for place, verb in enumerate(Verb)}


class Rule(StrEnum):
    """Why a step is held."""

    MASS_REMOVAL = "mass_removal"
    EMPTIED = "emptied"
    SECTION_GONE = "section_gone"
    LAST_TEACHER = "last_teacher"
    NOT_THEIR_CLASS = "not_their_class"
    NOT_A_TEACHER = "not_a_teacher"
    OTHER_SOURCE = "other_source"


@attrs.frozen(kw_only=True)
class Hold:
    """A step waits, and says why. A `final` hold is not released by approval: another plan has to be made."""

    rule: Rule
    sentence: str
    final: bool = False


@attrs.frozen(kw_only=True)
class Step:
    """One row of a plan.

    Attributes:
        section: the source section it is about; of a MOVE the one that is joined.
        origin: of a MOVE: the section that is left.
        account: whose account it is; None when there is none yet, and one will be made.
        fields: of an ALTER: what differs.
        hold: why it waits; None when it is ready.
    """

    verb: Verb
    section: SectionId | None = None
    person: PersonId | None = None
    role: EnrollmentRole | None = None
    origin: SectionId | None = None
    account: AccountId | None = None
    fields: tuple[FieldChange, ...] = ()
    hold: Hold | None = None


@attrs.frozen(kw_only=True)
class Note:
    """Something seen, and deliberately left alone."""

    sentence: str
    section: SectionId
    account: AccountId | None = None


@attrs.frozen(kw_only=True, repr=False)
class Plan:
    """Ordered steps, made from one snapshot and one state of the host, and applied to that state only.

    Attributes:
        mirror: what the source will have said last, once the plan is applied.
        people: everyone whom the steps are about, those who leave included.
        forgotten: sections that the source no longer has.
        basis: digest of the host's state.
    """

    snapshot: Snapshot
    mirror: Snapshot
    people: Mapping[PersonId, Person]
    forgotten: tuple[SectionId, ...]
    attach: Mapping[SectionId, Attachment]
    actor: AccountId | None
    basis: str
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        return f"<Plan {self.digest[:12]}: {len(self.ready)} steps ready, {len(self.held)} held>"

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def ready(self) -> tuple[Step, ...]:
        """The steps that nothing holds."""
        return tuple(step for step in self.steps if step.hold is None)

    @property
    def held(self) -> tuple[Step, ...]:
        """The steps that wait for a person's word."""
        return tuple(step for step in self.steps if step.hold is not None)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do, and nothing held."""
        return not self.steps

    @property
    def digest(self) -> str:
        """What an approval names: the steps, their holds and the state they were made from (32 hex digits)."""
        return digest_of([self.basis, *map(attrs.asdict, self.steps)])

    def count(self, verb: Verb) -> int:
        """How many steps do this."""
        return sum(step.verb is verb for step in self.steps)


def make_plan(
    host: HostRoster, snapshot: Snapshot, *, attach: Mapping[SectionId, Attachment], actor: AccountId | None
) -> Plan:
    """Compare, and order what is to be done. Nothing is held yet: that is the guard's part."""
    changes = diff(host.mirror, snapshot)
    mirror = patch(host.mirror, changes)
    synced = sorted(key for key in snapshot.sections if _is_synced(key, host, attach))
    steps: list[Step] = []
    notes: list[Note] = []
    for key in synced:
        if key not in host.sections:
            steps.append(Step(verb=Verb.ATTACH, section=key, account=attach[key].owner))
        steps.extend(_class_steps(key, host, snapshot))
        notes.extend(_notes(key, host, snapshot))
    steps.extend(_alterations(changes, host, {*synced}))
    steps.extend(_archived(host, snapshot))
    return Plan(
        snapshot=snapshot,
        mirror=mirror,
        people={**host.mirror.people, **snapshot.people},
        forgotten=tuple(sorted(host.mirror.sections.keys() - mirror.sections.keys())),
        attach=dict(attach),
        actor=actor,
        basis=host.basis,
        steps=tuple(sorted(_with_moves(steps), key=_place)),
        notes=tuple(notes),
    )


def _place(step: Step) -> tuple[int, str, str, str]:
    return _ORDER[step.verb], step.section or "", step.role or "", step.person or step.account or ""


def _is_synced(key: SectionId, host: HostRoster, attach: Mapping[SectionId, Attachment]) -> bool:
    """Attached or to be attached, and not archived: what a teacher put away is not brought back by a sync."""
    attached = host.sections.get(key)
    return key in attach if attached is None else not attached.archived


def _class_steps(key: SectionId, host: HostRoster, snapshot: Snapshot) -> Iterator[Step]:
    rows = host.rows(key)
    listed: set[tuple[AccountId, EnrollmentRole]] = set()
    for one in snapshot.sections[key].enrollments():
        account = host.accounts.get(one.person)
        row = None
        if account is not None:
            listed.add((account, one.role))
            row = rows.get((account, one.role))
        verb = Verb.ENROLL if row is None else _for_listed(row.status, row.origin)
        if verb is not None:
            yield Step(verb=verb, section=key, person=one.person, role=one.role, account=account)
    if snapshot.proof.doubt(key) is not None:
        return
    for (account, role), row in rows.items():
        verb = None if (account, role) in listed else _for_unlisted(row.status, row.origin)
        if verb is not None:
            yield Step(verb=verb, section=key, person=row.person, role=role, account=account)


def _for_listed(status: EnrollmentStatus, origin: Origin) -> Verb | None:
    """The source lists somebody whom the host knows. Who was removed by hand stays out."""
    match status:
        case EnrollmentStatus.ACTIVE:
            return Verb.ADOPT if origin is Origin.MANUAL else None
        case EnrollmentStatus.WITHDRAWN:
            return Verb.RESTORE
        case EnrollmentStatus.REMOVED_BY_HAND:
            return None


def _for_unlisted(status: EnrollmentStatus, origin: Origin) -> Verb | None:
    """The source, proven, does not list somebody who is in class. Who was added by hand stays in."""
    if status is not EnrollmentStatus.ACTIVE:
        return None
    match origin:
        case Origin.SOURCE:
            return Verb.WITHDRAW
        case Origin.BOTH:
            return Verb.RELEASE
        case Origin.MANUAL:
            return None


def _notes(key: SectionId, host: HostRoster, snapshot: Snapshot) -> Iterator[Note]:
    listed = {host.accounts.get(one.person) for one in snapshot.sections[key].enrollments()}
    for row in host.rows(key).values():
        if row.status is EnrollmentStatus.ACTIVE and row.origin is Origin.MANUAL and row.account not in listed:
            yield Note(sentence="was added by hand, and stays", section=key, account=row.account)
        if row.status is EnrollmentStatus.REMOVED_BY_HAND and row.account in listed:
            yield Note(sentence="was removed by hand, and stays out", section=key, account=row.account)
    doubt = snapshot.proof.doubt(key)
    if doubt is not None:
        yield Note(sentence=f"was not read completely ({doubt}), so nobody is removed from it", section=key)


def _alterations(changes: Iterable[Change], host: HostRoster, synced: set[SectionId]) -> Iterator[Step]:
    for change in changes:
        match change:
            case Altered(after=Section() as section) if section.id in synced:
                yield Step(verb=Verb.ALTER_SECTION, section=section.id, fields=change.fields)
            case Altered(after=Person() as person) if person.id in host.accounts:
                account = host.accounts[person.id]
                yield Step(verb=Verb.ALTER_PERSON, person=person.id, account=account, fields=change.fields)
            case _:
                continue


def _archived(host: HostRoster, snapshot: Snapshot) -> Iterator[Step]:
    """Sections that are gone from the source; their people are not withdrawn one by one."""
    for key, section in sorted(host.sections.items()):
        if key not in snapshot.sections and not section.archived and snapshot.proof.doubt(key) is None:
            yield Step(verb=Verb.ARCHIVE, section=key)


def _with_moves(steps: list[Step]) -> Iterator[Step]:
    """Make one MOVE of leaving one section and joining one other, so that a reader sees what happened."""
    joins: dict[tuple[PersonId, EnrollmentRole], list[Step]] = {}
    leaves: dict[tuple[PersonId, EnrollmentRole], list[Step]] = {}
    for step in steps:
        if step.person is not None and step.role is not None:
            if step.verb in {Verb.ENROLL, Verb.RESTORE}:
                joins.setdefault((step.person, step.role), []).append(step)
            elif step.verb is Verb.WITHDRAW:
                leaves.setdefault((step.person, step.role), []).append(step)
    paired: set[int] = set()
    for who in joins.keys() & leaves.keys():
        if len(joins[who]) == 1 == len(leaves[who]):
            join, leave = joins[who][0], leaves[who][0]
            paired |= {id(join), id(leave)}
            yield attrs.evolve(join, verb=Verb.MOVE, origin=leave.section, account=leave.account)
    yield from (step for step in steps if id(step) not in paired)
