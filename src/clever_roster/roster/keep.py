"""What is remembered when steps were carried out: what the source said, how long steps wait, and how many left.

What waits for a person's word is not remembered as said, so that the next plan sees it once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import attrs

from clever_roster.model import EnrollmentRole, Person, PersonId, SectionId, SectionKey, Snapshot
from clever_roster.ports import Ports
from clever_roster.roster import remembered
from clever_roster.roster.night import keep_night
from clever_roster.roster.plan import Plan, ProposalKind, Rule, Step, Verb
from clever_roster.roster.remembered import Remembered
from clever_roster.roster.trace import Listing

__all__ = ["keep_memory", "keep_mirror"]


def keep_mirror(
    ports: Ports, plan: Plan, before: Snapshot, done: Iterable[Step], attached: Collection[SectionId]
) -> tuple[tuple[tuple[Person, Person], ...], tuple[Listing, ...]]:
    """Remember what the source says now, of synced sections only; an unchanged roster writes nothing.

    Args:
        before: what it said last of the sections that the plan touches, and of the people of whom there is news.
        attached: the sections that the host has.

    Returned are the people who changed, before and after, and the sections.
    """
    after = plan.mirror
    keys = {step.key for step in done}
    waiting = {
        step.section for step in plan if step.verb is Verb.ALTER_SECTION and step.section and step.key not in keys
    }
    archived = {step.section for step in done if step.verb is Verb.ARCHIVE}
    # Who was altered is remembered so, also where the section that lists them waits: else they are altered every night.
    altered = {step.person for step in done if step.verb is Verb.ALTER_PERSON}
    here = {key: after.sections[key] for key in sorted(plan.synced & plan.touched) if key in attached}
    listed = [one for key, one in here.items() if key not in waiting and before.sections.get(key) != one]
    gone = [key for key in plan.forgotten if key in archived or key not in attached]
    named = {
        person
        for key, section in here.items()
        for person in (*section.teachers, *section.students)
        if person in (altered if key in waiting else plan.news)
    }
    named -= _suspected(plan, done)
    people = [one for key in sorted(named) if (one := after.people.get(key)) and before.people.get(key) != one]
    if people or listed or gone:
        ports.roster.save(after.provider, after.district, people=people, sections=listed, gone=gone)
    known = tuple((before.people[one.id], one) for one in people if one.id in before.people)
    changed = ((section.id, before.sections.get(section.id), section.digest) for section in listed)
    return known, (*changed, *((key, before.sections[key], None) for key in gone))


def _suspected(plan: Plan, done: Iterable[Step]) -> set[PersonId]:
    """Who may be somebody else, and nobody has said otherwise."""
    cleared = {step.person for step in done}
    suspects = {
        one.other_person if one.kind is ProposalKind.REKEY else one.person
        for one in plan.proposals
        if one.kind in {ProposalKind.REKEY, ProposalKind.RECYCLED}
    }
    return {person for person in suspects if person is not None and person not in cleared}


def keep_memory(
    ports: Ports,
    plan: Plan,
    done: Iterable[Step],
    held: Iterable[Step],
    *,
    memory: Mapping[SectionId, Remembered],
    sizes: Mapping[SectionId, int],
    now: datetime,
    approved: bool,
) -> None:
    """Remember how long steps have waited, who was missing, and how many left without anybody's word.

    Args:
        memory: what was remembered of the sections that the plan touches.
        sizes: how many students there were, before, in the sections where steps wait.
        approved: whether held steps were carried out on somebody's word.
    """
    provider, district, at = plan.snapshot.provider, plan.snapshot.district, plan.snapshot.taken_at
    waiting: dict[SectionId, list[Step]] = {}
    leaving: dict[SectionId, int] = {}
    written: set[SectionId] = set()
    for step in held:
        for key in step.sections:
            waiting.setdefault(key, []).append(step)
    shrinking = {step.leaves for step in held if step.role is EnrollmentRole.STUDENT}
    for step in done:
        left = step.leaves
        if left is not None and step.role is EnrollmentRole.STUDENT and (step.hold is None or not approved):
            leaving[left] = leaving.get(left, 0) + 1
        if step.role is not None:
            written.update(step.sections)
    fresh: dict[SectionKey, Remembered] = {}
    for key in sorted(plan.touched):
        old = memory.get(key, remembered.NOTHING)
        size = sizes.get(key, 0) if key in shrinking else None
        # A read that proves nothing confirms nothing and clears nothing.
        proven = plan.snapshot.proof.doubt(key) is None
        holds, absent = _waits(old, waiting.get(key, ()), at) if proven else (old.held, old.absent)
        new = Remembered(
            held=holds,
            absent=absent,
            left=(*old.left, (at, leaving[key])) if key in leaving else old.left,
            size=_fewest(old.size, size) if proven else old.size,
            latest=now if key in written else old.latest,
            version=old.version,
        )
        if new != old:
            recent = tuple(entry for entry in new.left if entry[0] > at - plan.limits.window)
            fresh[SectionKey(provider, district, key)] = new if recent == new.left else attrs.evolve(new, left=recent)
    remembered.keep(ports, fresh, before=memory)
    keep_night(ports, plan, done, approved=approved)


def _waits(
    old: Remembered, waiting: Iterable[Step], at: datetime
) -> tuple[Mapping[str, tuple[datetime, int]], Mapping[str, int]]:
    """Since when steps wait, by rule, and who was missing once more."""
    held: dict[str, tuple[datetime, int]] = {}
    absent: dict[str, int] = {}
    for step in waiting:
        if step.hold is None:
            continue
        since, nights = old.held.get(step.hold.rule, (at, 0))
        held[step.hold.rule] = since, nights + 1
        if step.hold.rule is Rule.UNCONFIRMED and step.person is not None:
            absent[step.person] = old.absent.get(step.person, 0) + 1
    return held, absent


def _fewest(before: int | None, now: int | None) -> int | None:
    return now if now is None or before is None else min(before, now)
