"""What a plan's rows may mean together: one person under a new id, an id that names another child, a class rolled over.

Everything here is a *proposal*: with its evidence, for a person to accept by an act of its own (`accept`). Evidence is
told by field and by count, never by value. Nothing is ever merged here, and names alone decide nothing.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

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
from clever_roster.roster.diff import Altered, Change
from clever_roster.roster.host import HostRoster
from clever_roster.roster.plan import Proposal, ProposalKind, Step, Verb

__all__ = ["suspect"]

STRONG_KEYS: Final = ("sis_id", "student_number", "state_id")
"""Unique within one district; two records there that share one are one person more often than not."""

CHURN_FROM: Final = 3
"""So many people who leave and join one class under the same names are no coincidence."""

ROLLED_OVER: Final = 0.6
REPLACED: Final = 0.2


def suspect(
    host: HostRoster, snapshot: Snapshot, changes: Iterable[Change], steps: tuple[Step, ...]
) -> tuple[Proposal, ...]:
    """What somebody should look into, in the order of kinds and ids."""
    altered = [change for change in changes if isinstance(change, Altered)]
    found = [
        *_rekeyed(host, snapshot, steps),
        *_merged_or_split(host, snapshot, altered),
        *_recycled(altered),
        *_replaced(host, snapshot, altered),
        *_rolled_over(host, snapshot),
        *_transfers(host, snapshot),
    ]
    return tuple(sorted(found, key=lambda one: (one.kind, one.section or "", one.person or "", one.other_person or "")))


# --- People -----------------------------------------------------------------------------------------------------------


def _rekeyed(host: HostRoster, snapshot: Snapshot, steps: tuple[Step, ...]) -> Iterator[Proposal]:
    """Somebody whom the source no longer has, and somebody new who shares a strong key, or name and birth date."""
    gone = sorted(host.leavers - snapshot.people.keys())
    old = [host.mirror.people[key] for key in gone if key in host.mirror.people]
    if not old:
        return
    joining = {step.person for step in steps if step.verb is Verb.ENROLL and step.account is None and step.person}
    new = [snapshot.people[key] for key in sorted(joining) if key not in host.mirror.people]
    told: set[tuple[PersonId, PersonId]] = set()
    for evidence, pairs in _evidence(old, new):
        for before, after in pairs:
            if (before, after) not in told:
                told.add((before, after))
                yield Proposal(
                    kind=ProposalKind.REKEY,
                    sentence="One person may have come back under a new id.",
                    person=before,
                    other_person=after,
                    evidence=(evidence,),
                )
    alike = [pair for pair in _pairs(old, new, lambda one: _folded(one.name.display())) if pair not in told]
    if len(alike) >= CHURN_FROM:
        for before, after in alike:
            yield Proposal(
                kind=ProposalKind.REKEY,
                sentence="Many leave and join under the same names: the source may have made new ids.",
                person=before,
                other_person=after,
                evidence=(f"same name, as of {len(alike)} others",),
            )


def _evidence(old: list[Person], new: list[Person]) -> Iterator[tuple[str, list[tuple[PersonId, PersonId]]]]:
    olds = {one.id for one in old}
    yield "legacy id", [(one.legacy_id, one.id) for one in new if one.legacy_id in olds and one.legacy_id is not None]
    for field in STRONG_KEYS:
        yield f"same {field}", _pairs(old, new, lambda one, field=field: getattr(one, field))  # type: ignore[misc]
    yield "same name and birth date", _pairs(old, new, _name_and_birth)


def _pairs(
    old: Iterable[Person], new: Iterable[Person], key: Callable[[Person], object]
) -> list[tuple[PersonId, PersonId]]:
    """Who shares a key with whom, where it tells one from all others on both sides."""
    before, after = _unique(old, key), _unique(new, key)
    return [(before[value], after[value]) for value in sorted(before.keys() & after.keys(), key=str)]


def _unique(people: Iterable[Person], key: Callable[[Person], object]) -> dict[object, PersonId]:
    found = [(value, one.id) for one in people if (value := key(one))]
    often = Counter(value for value, _ in found)
    return {value: who for value, who in found if often[value] == 1}


def _name_and_birth(one: Person) -> object:
    return one.birth_date and (_folded(one.name.display()), one.birth_date)


def _merged_or_split(host: HostRoster, snapshot: Snapshot, altered: Iterable[Altered]) -> Iterator[Proposal]:
    """A record that took over another's strong key, or gave one of its own away."""
    both = [(one.before, one.after) for one in altered if isinstance(one.after, Person)]
    known = host.mirror.people
    gone = [known[key] for key in sorted(known.keys() - snapshot.people.keys())]
    fresh = [snapshot.people[key] for key in sorted(snapshot.people.keys() - known.keys())]
    for field in STRONG_KEYS:
        lost = {getattr(one, field): one.id for one in gone if getattr(one, field)}
        come = {getattr(one, field): one.id for one in fresh if getattr(one, field)}
        for before, after in both:
            was, now = getattr(before, field), getattr(after, field)
            if now and now != was and now in lost:
                yield Proposal(
                    kind=ProposalKind.MERGED,
                    sentence="The source may have made one person of two. Both accounts stay; merging is your act.",
                    person=lost[now],
                    other_person=after.id,
                    evidence=(f"{field} taken over",),
                )
            if was and now != was and was in come:
                yield Proposal(
                    kind=ProposalKind.SPLIT,
                    sentence="The source may have made two people of one. No work was moved.",
                    person=after.id,
                    other_person=come[was],
                    evidence=(f"{field} given away",),
                )


def _recycled(altered: Iterable[Altered]) -> Iterator[Proposal]:
    """A number that was given to another child: both names, and birth date or all other signs, at once."""
    for change in altered:
        match change:
            case Altered(before=Person() as before, after=Person() as after) if _is_other_human(before, after):
                yield Proposal(
                    kind=ProposalKind.RECYCLED,
                    sentence="This id may now name another person; they must not see the work of the one before.",
                    person=after.id,
                    evidence=tuple(f"{field.field} differs" for field in change.fields),
                )
            case _:
                continue


def _is_other_human(before: Person, after: Person) -> bool:
    words = [{*_folded(f"{one.name.first} {one.name.last}").split()} for one in (before, after)]
    if not all(words) or words[0] & words[1]:
        return False
    if before.birth_date is not None and after.birth_date is not None:
        return before.birth_date != after.birth_date
    signs = [(getattr(before, field), getattr(after, field)) for field in (*STRONG_KEYS, "schools", "grade")]
    told = [was != now for was, now in signs if was and now]
    return bool(told) and all(told)


# --- Sections ---------------------------------------------------------------------------------------------------------


def _replaced(host: HostRoster, snapshot: Snapshot, altered: Iterable[Altered]) -> Iterator[Proposal]:
    """An id that now names another class: another name, nothing known alike, and nearly all other people."""
    for change in altered:
        match change:
            case Altered(before=Section(id=key) as before, after=Section()) if key in host.sections:
                if not host.sections[key].archived and _is_other_class(before, host, snapshot):
                    yield Proposal(
                        kind=ProposalKind.REPLACED,
                        sentence="This id now names another class. Detach the old one, and import the new one.",
                        section=key,
                        evidence=tuple(f"{field.field} differs" for field in change.fields),
                    )
            case _:
                continue


def _is_other_class(heading: Section, host: HostRoster, snapshot: Snapshot) -> bool:
    before, after = host.mirror.sections[heading.id], snapshot.sections[heading.id]
    if _folded(before.name) == _folded(after.name):
        return False
    facts = [(getattr(before, field), getattr(after, field)) for field in ("subject", "term")]
    if any(was == now for was, now in facts if was and now):
        return False
    had, has = {*before.students}, {*after.students}
    return bool(had) and bool(has) and len(had & has) < REPLACED * min(len(had), len(has))


def _rolled_over(host: HostRoster, snapshot: Snapshot) -> Iterator[Proposal]:
    """A class that ended or emptied, and one that nobody syncs yet, with mostly the same students."""
    free = {key: {*section.students} for key, section in snapshot.sections.items() if key not in host.sections}
    holders: dict[PersonId, list[SectionId]] = {}
    for key, students in free.items():
        for student in students:
            holders.setdefault(student, []).append(key)
    for key, had in _ended(host, snapshot):
        shared = Counter(candidate for student in had for candidate in holders.get(student, ()))
        # The most people in common, and of equal ones the first by id.
        best = min(shared, key=lambda candidate: (-shared[candidate], candidate), default=None)
        if best is not None and shared[best] >= ROLLED_OVER * len(had):
            yield Proposal(
                kind=ProposalKind.REATTACH,
                sentence="The class may go on under a new section; reattach it, and its people keep their work in it.",
                section=key,
                other_section=best,
                evidence=(f"{shared[best]} of {len(had)} students are the same",),
            )


def _ended(host: HostRoster, snapshot: Snapshot) -> Iterator[tuple[SectionId, set[PersonId]]]:
    """Sections that the source, proven, no longer has or has emptied, and who was in them."""
    for key, attached in sorted(host.sections.items()):
        if key in host.resting or snapshot.proof.doubt(key) is not None or (attached.archived and not attached.gone):
            continue
        seats = host.seats_in(key)
        if seats.sitting.get(EnrollmentRole.STUDENT, 0) > len(seats.rows):  # more than half of them are in it still
            continue
        has = {*snapshot.sections[key].students} if key in snapshot.sections else set[PersonId]()
        had = has.difference(seats.students).union(
            row.person
            for row in seats.rows.values()
            if row.role is EnrollmentRole.STUDENT and row.status is EnrollmentStatus.ACTIVE and row.person is not None
        )
        if had and len(had & has) <= (1 - ROLLED_OVER) * len(had):
            yield key, had - has


def _transfers(host: HostRoster, snapshot: Snapshot) -> Iterator[Proposal]:
    """Whoever runs the section here is no longer among its teachers, and its first teacher has an account."""
    owners = {section.owner for key, section in host.sections.items() if key not in host.resting}
    ids: dict[AccountId, set[PersonId]] = {}
    for person, account in host.accounts.items():
        if account in owners:
            ids.setdefault(account, set()).add(person)
    for key in sorted(snapshot.sections.keys() - host.resting):
        section, attached = snapshot.sections[key], host.sections.get(key)
        if attached is None or attached.archived or not section.teachers or snapshot.proof.doubt(key) is not None:
            continue
        owner = ids.get(attached.owner, set())
        row = host.seats_in(key).rows.get((attached.owner, EnrollmentRole.TEACHER))
        taught = row is not None and row.origin is not Origin.MANUAL
        if taught and owner and owner.isdisjoint(section.teachers):
            yield Proposal(
                kind=ProposalKind.TRANSFER,
                sentence="Whoever runs this section no longer teaches it at the source; hand it to who does.",
                section=key,
                person=min(owner),
                other_person=section.teachers[0],
            )


def _folded(text: str) -> str:
    """For a first look only: case, accents and spaces do not count."""
    plain = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(plain).casefold().split())
