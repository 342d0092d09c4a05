"""From "what the source says" and "what the host has" to an ordered list of steps that a person can read.

Facts about people and sections: the source's word now against its word last time (the mirror). Who is in class: the
source's word now against the host's own enrollments. So "removed by the source", "removed by hand", "added by hand" and
"edited by hand" stay four different things, and a second plan after an applied one is empty, whatever happened between.

Nothing is held here: that is the guard's part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeVar, assert_never

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    AccountId,
    Enrollment,
    EnrollmentRole,
    EnrollmentStatus,
    HostSection,
    Origin,
    Person,
    PersonId,
    Role,
    Section,
    SectionId,
    Snapshot,
    SyncMode,
)
from clever_roster.roster.diff import Added, Altered, Change, Moved, Removed, diff, patch, same
from clever_roster.roster.host import Attachment, HostRoster
from clever_roster.roster.limits import Limits
from clever_roster.roster.plan import ORDER, Note, Plan, Step, Verb
from clever_roster.roster.seats import Seat
from clever_roster.roster.suspicion import suspect

__all__ = ["filled", "make_plan", "of_one_district", "verb_for_listed", "verb_for_unlisted"]

Record = TypeVar("Record", Person, Section)


def make_plan(
    host: HostRoster,
    snapshot: Snapshot,
    *,
    attach: Mapping[SectionId, Attachment],
    actor: AccountId | None,
    roles: Collection[Role] = (),
    limits: Limits | None = None,
) -> Plan:
    """Compare, and order what is to be done. Nothing is held yet: that is the guard's part."""
    snapshot = filled(host.mirror, snapshot, among=host.known)
    changes = diff(host.mirror, snapshot)
    mirror = patch(host.mirror, changes)
    synced = sorted(key for key in snapshot.sections if _is_synced(key, host, attach))
    steps: list[Step] = []
    notes: list[Note] = []
    for key in synced:
        notes.extend(_notes(key, host, snapshot))
        if key in host.resting:
            continue
        attached = host.sections.get(key)
        if attached is None:
            steps.append(Step(verb=Verb.ATTACH, section=key, account=attach[key].owner))
        elif attached.archived:
            steps.append(Step(verb=Verb.REOPEN, section=key))
        steps.extend(_class_steps(key, host, snapshot))
    steps.extend(_alterations(changes, host, snapshot, {*synced}))
    notes.extend(_edited(changes, host))
    steps.extend(_archived(host, snapshot))
    ordered = tuple(sorted(_with_moves(steps), key=_place))
    return Plan(
        snapshot=snapshot,
        mirror=mirror,
        people={**host.mirror.people, **snapshot.people},
        forgotten=tuple(sorted(host.mirror.sections.keys() - mirror.sections.keys())),
        attach=dict(attach),
        actor=actor,
        basis=host.basis,
        steps=ordered,
        notes=tuple(notes),
        proposals=suspect(host, snapshot, changes, ordered),
        synced=frozenset(synced),
        roles=frozenset(roles),
        limits=limits or Limits(),
        touched=_touched(changes, ordered, host, mirror, {*synced}),
        news=frozenset(_heard_of(changes)),
        attached={key: section.id for key, section in host.sections.items() if section.id is not None},
    )


def _touched(
    changes: Iterable[Change], steps: Iterable[Step], host: HostRoster, mirror: Snapshot, synced: set[SectionId]
) -> frozenset[SectionId]:
    """Sections in which the source said anything new, or something is to be done, or something waits.

    Who is in a section is asked of the mirror as it will be: a half-read list leaves out people of whom news came by
    another way, and that news must be remembered too.
    """
    synced = synced - host.quiet
    keys: set[SectionId | None] = {key for key in {*host.sections, *synced} if host.remembered(key).busy}
    keys |= {key for step in steps for key in step.sections}
    people = {step.person for step in steps if step.person is not None}.union(_heard_of(changes))
    for change in changes:
        match change:
            case Added(subject) | Removed(subject) | Altered(after=subject):
                match subject:
                    case Section():
                        keys.add(subject.id)
                    case Enrollment():
                        keys.add(subject.section)
                    case Person():
                        continue
            case Moved():
                keys |= {change.origin, change.destination}
            case _:
                assert_never(change)
    ours = (synced | host.sections.keys() | host.mirror.sections.keys()) - host.quiet
    listed = ((key, mirror.sections[key]) for key in synced - keys) if people else ()
    named = (key for key, one in listed if not people.isdisjoint(one.students) or not people.isdisjoint(one.teachers))
    return frozenset(ours & (keys | {*named}))


def _heard_of(changes: Iterable[Change]) -> Iterator[PersonId]:
    """The people whom changes are about."""
    for change in changes:
        match change:
            case Added(Person() as person) | Removed(Person() as person) | Altered(after=Person() as person):
                yield person.id
            case _:
                continue


def of_one_district(snapshot: Snapshot) -> None:
    """See that ids of two districts are not mixed.

    Raises:
        ConfigurationError: a record is of another district than the snapshot.
    """
    everything: Iterable[Section | Person] = chain(snapshot.sections.values(), snapshot.people.values())
    for one in everything:
        if one.district != snapshot.district:
            raise ConfigurationError(
                f"Record {one.id} is of district {one.district}, the snapshot of {snapshot.district}.",
                next_step="Read the snapshot again with the token of its own district.",
            )


def filled(mirror: Snapshot, snapshot: Snapshot, *, among: Collection[PersonId] | None = None) -> Snapshot:
    """The snapshot, with what it does not say (None: not shared) as it was said last. "" stays: it says "none".

    Args:
        among: who is kept in it: those that sections name; the others of a district are contacts, for the most part.
    """
    before = mirror.people
    people = {
        key: one if (old := before.get(key)) is one else _filled(old, one)
        for key, one in snapshot.people.items()
        if among is None or key in among
    }
    sections = {key: _filled(mirror.sections.get(key), one) for key, one in snapshot.sections.items()}
    return attrs.evolve(snapshot, people=people, sections=sections)


def _filled(before: Record | None, after: Record) -> Record:
    if before is None or before is after or before == after:
        return after
    unsaid = {
        field.name: old
        for field in attrs.fields(type(after))
        if getattr(after, field.name) is None and (old := getattr(before, field.name)) is not None
    }
    return attrs.evolve(after, **unsaid) if unsaid else after


def _place(step: Step) -> tuple[int, str, str, str]:
    return ORDER[step.verb], step.section or "", step.role or "", step.person or step.account or ""


def _is_synced(key: SectionId, host: HostRoster, attach: Mapping[SectionId, Attachment]) -> bool:
    """Attached or to be attached, and at work: what a teacher put away or paused is left alone by a sync."""
    attached = host.sections.get(key)
    if attached is None:
        return key in attach
    return attached.mode is not SyncMode.PAUSED and (not attached.archived or attached.gone)


def _class_steps(key: SectionId, host: HostRoster, snapshot: Snapshot) -> Iterator[Step]:
    mode = _mode(host.sections.get(key) or host.wished.get(key))
    if mode is SyncMode.MANUAL:
        return
    seats = host.seats_in(key)
    rows = seats.rows
    listed: set[tuple[AccountId, EnrollmentRole]] = set()
    for role, people in ((EnrollmentRole.TEACHER, seats.teachers), (EnrollmentRole.STUDENT, seats.students)):
        for person in people:
            account = host.accounts.get(person)
            row = None
            if account is not None:
                if (account, role) in listed:  # two ids of one account: it has one seat, by the first of them
                    continue
                listed.add((account, role))
                row = rows.get((account, role))
            verb = Verb.ENROLL if row is None else verb_for_listed(row.status, row.origin)
            if verb is not None:
                yield Step(verb=verb, section=key, person=person, role=role, account=account)
    if snapshot.proof.doubt(key) is not None:
        return
    for account, role in sorted(rows.keys() - listed):
        row = rows[account, role]
        verb = verb_for_unlisted(row.status, row.origin)
        if verb is not None and not (verb is Verb.WITHDRAW and mode is SyncMode.ADDITIVE):
            yield Step(verb=verb, section=key, person=row.person, role=role, account=account)


def _mode(section: HostSection | None) -> SyncMode:
    return SyncMode.MIRROR if section is None else section.mode


def verb_for_listed(status: EnrollmentStatus, origin: Origin) -> Verb | None:
    """What to do with a row whose person the source lists. Who was removed by hand stays out."""
    match status:
        case EnrollmentStatus.ACTIVE:
            return Verb.ADOPT if origin is Origin.MANUAL else None
        case EnrollmentStatus.WITHDRAWN:
            return Verb.RESTORE
        case EnrollmentStatus.REMOVED_BY_HAND:
            return None


def verb_for_unlisted(status: EnrollmentStatus, origin: Origin) -> Verb | None:
    """What to do with a row whose person the source, proven, does not list. Who was added by hand stays in."""
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
    if host.lags(key):
        yield Note(sentence="was read from a store that is behind what was written (a replica?)", section=key)
    section = snapshot.sections[key]
    if section.term in snapshot.terms:
        ends = snapshot.terms[section.term].ends  # type: ignore[index]
        if ends is not None and ends < snapshot.taken_at.date():
            yield Note(sentence=f"is of a term that ended on {ends.isoformat()}", section=key)
    if key in host.resting:
        return
    mode = _mode(host.sections.get(key) or host.wished.get(key))
    telling = [row for row in host.seats_in(key).rows.values() if mode is not SyncMode.MIRROR or _is_by_hand(row)]
    people = (*section.teachers, *section.students) if telling else ()
    listed = {host.accounts.get(one) for one in people}
    staying = 0
    by_hand: list[tuple[AccountId, str]] = []
    for row in telling:
        if row.status is EnrollmentStatus.ACTIVE and row.account not in listed:
            staying += row.origin is Origin.SOURCE
            if row.origin is Origin.MANUAL:
                by_hand.append((row.account, "was added by hand, and stays"))
        if row.status is EnrollmentStatus.REMOVED_BY_HAND and row.account in listed:
            by_hand.append((row.account, "was removed by hand, and stays out"))
    yield from (Note(sentence=sentence, section=key, account=account) for account, sentence in sorted(by_hand))
    doubt = snapshot.proof.doubt(key)
    if doubt is not None:
        yield Note(sentence=f"was not read completely ({doubt}), so nobody is removed from it", section=key)
    elif mode is not SyncMode.MIRROR:
        yield Note(sentence=f"is synced as {mode.value}: {staying} people whom the source lost stay", section=key)


def _is_by_hand(row: Seat) -> bool:
    return row.origin is Origin.MANUAL or row.status is EnrollmentStatus.REMOVED_BY_HAND


def _edited(changes: Iterable[Change], host: HostRoster) -> Iterator[Note]:
    """What people own here and the source now says otherwise: it is not written, and it is said."""
    for change in changes:
        match change:
            case Altered(before=Section() as before, after=Section() as after) if after.name != before.name:
                attached = host.sections.get(after.id)
                if attached is not None and not follows(attached, before.name):
                    yield Note(sentence="was renamed by hand here, and keeps that name", section=after.id)
            case Altered(before=Person() as before, after=Person() as after) if after.name != before.name:
                account = host.people.get(host.accounts.get(after.id) or AccountId(""))
                if account is not None and not (same(account.name, before.name) or same(account.name, after.name)):
                    yield Note(sentence="has a name of their own here, and keeps it", account=account.id)
            case _:
                continue


def follows(section: HostSection, said: str) -> bool:
    """Whether a host section's name is still the source's: not pinned, and what the source said last."""
    return "name" not in section.pins and same(section.name, said)


def _alterations(
    changes: Collection[Change], host: HostRoster, snapshot: Snapshot, synced: set[SectionId]
) -> Iterator[Step]:
    """Facts that changed, of synced sections and of the people in them."""
    known = (snapshot.sections, host.mirror.sections)
    # Who is altered is in no section that rests: all the people of one are as they were.
    listed = (of[key] for of in known for key in (synced - host.resting) & of.keys()) if changes else ()
    named = {one for section in listed for one in (*section.teachers, *section.students)}
    for change in changes:
        match change:
            case Altered(after=Section() as section) if section.id in synced:
                yield Step(verb=Verb.ALTER_SECTION, section=section.id, fields=change.fields)
            case Altered(after=Person() as person) if person.id in host.accounts and person.id in named:
                account = host.accounts[person.id]
                yield Step(verb=Verb.ALTER_PERSON, person=person.id, account=account, fields=change.fields)
            case _:
                continue


def _archived(host: HostRoster, snapshot: Snapshot) -> Iterator[Step]:
    """Sections that are gone from the source; their people are not withdrawn one by one."""
    for key, section in sorted(host.sections.items()):
        at_rest = section.archived or section.mode is not SyncMode.MIRROR
        if key not in snapshot.sections and not at_rest and snapshot.proof.doubt(key) is None:
            yield Step(verb=Verb.ARCHIVE, section=key)


def _with_moves(steps: list[Step]) -> Iterator[Step]:
    """Make one MOVE of leaving one section and joining one other, so that a reader sees what happened.

    It is one account that moves: where the person's id leads to another one by now, that one joins and this one leaves.
    """
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
            if join.account == leave.account:
                paired |= {id(join), id(leave)}
                yield attrs.evolve(join, verb=Verb.MOVE, origin=leave.section)
    yield from (step for step in steps if id(step) not in paired)
