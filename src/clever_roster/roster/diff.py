"""What differs between two snapshots, and how one becomes the other. Pure, and independent of the order of input.

A removal needs proof: from a section that the later snapshot cannot vouch for, nobody is removed, because such a
removal is never made (not made and then suppressed).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Final, TypeAlias, TypeVar, assert_never

import attrs

from clever_roster.model import Enrollment, EnrollmentRole, Person, PersonId, PersonName, Section, SectionId, Snapshot

__all__ = ["Added", "Altered", "Change", "FieldChange", "Moved", "Removed", "diff", "heading_facts", "patch", "same"]

Record = TypeVar("Record", Person, Section)
Key = TypeVar("Key", bound=str)


@attrs.frozen(repr=False)
class FieldChange:
    """One field's old and new value. Its repr shows the field's name only."""

    field: str
    old: object
    new: object

    def __repr__(self) -> str:
        return f"FieldChange({self.field})"


@attrs.frozen
class Added:
    """The source has a person, a section (its heading: no members but the primary teacher) or an enrollment more."""

    subject: Person | Section | Enrollment


@attrs.frozen
class Removed:
    """The source has one less, and the read proves it."""

    subject: Person | Section | Enrollment


@attrs.frozen
class Altered:
    """The source describes the same person, or the same section's heading, otherwise than before."""

    before: Person | Section
    after: Person | Section

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """What differs, in the order of the record's fields."""
        return tuple(
            FieldChange(field.name, old, new)
            for field in attrs.fields(type(self.after))
            if not same(old := getattr(self.before, field.name), new := getattr(self.after, field.name))
        )


@attrs.frozen(kw_only=True)
class Moved:
    """A person left one section and joined another, in the same role, in one step."""

    person: PersonId
    role: EnrollmentRole
    origin: SectionId
    destination: SectionId


Change: TypeAlias = Added | Removed | Altered | Moved


def diff(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """The changes that lead from one snapshot to the other, in the order in which they can be carried out.

    Sections and people come before the enrollments that need them, and go after those that needed them. Only sections
    in the scope of `after` are compared; where its proof has a gap, nothing is removed.
    """
    old = {key: section for key, section in before.sections.items() if key in after.scope}
    # Most sections are as they were: one comparison each, and they are out of the way.
    moved_on = {key for key in old.keys() | after.sections.keys() if _differ(old.get(key), after.sections.get(key))}
    before_now = {key: section for key, section in old.items() if key in moved_on}
    reworded = {key for key in moved_on if not _same_heading(old.get(key), after.sections.get(key))}
    headings_before = {key: _heading(old[key]) for key in reworded & old.keys()}
    headings_after = {
        key: _known_heading(after.sections[key], old.get(key), after) for key in reworded & after.sections.keys()
    }
    joined, left = _enrollments(before_now, after, moved_on)
    moves = _moves(joined, left)
    moved = {(move.person, move.role) for move in moves}
    gone = sorted(key for key in headings_before if key not in after.sections and after.proof.broken is None)
    strangers = sorted(_strangers(before, after, left))
    return (
        *_added_or_altered(headings_before, headings_after),
        *_added_or_altered(before.people, after.people),
        *moves,
        *(Added(one) for one in sorted(joined, key=_ORDER) if (one.person, one.role) not in moved),
        *(Removed(one) for one in sorted(left, key=_ORDER) if (one.person, one.role) not in moved),
        *(Removed(headings_before[key]) for key in gone),
        *(Removed(before.people[key]) for key in strangers),
    )


_ORDER: Final = attrgetter("section", "person", "role")
"""How enrollments compare by themselves, only faster."""


def _differ(before: Section | None, after: Section | None) -> bool:
    return before is not after and before != after


def patch(before: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The earlier snapshot with the changes carried out: `patch(a, diff(a, b))` has b's people and sections."""
    people, drafts = dict(before.people), _Drafts(before.sections)
    for change in changes:
        match change:
            case Added(subject) | Altered(after=subject):
                match subject:
                    case Person():
                        people[subject.id] = subject
                    case Section():
                        drafts.headings[subject.id] = subject
                        drafts.of(subject.id)
                    case Enrollment():
                        drafts.of(subject.section)[subject.role].add(subject.person)
            case Removed(subject):
                match subject:
                    case Person():
                        people.pop(subject.id, None)
                    case Section():
                        drafts.of(subject.id)
                        drafts.headings.pop(subject.id, None)
                    case Enrollment():
                        drafts.of(subject.section)[subject.role].discard(subject.person)
            case Moved(person=person, role=role, origin=origin, destination=destination):
                drafts.of(origin)[role].discard(person)
                drafts.of(destination)[role].add(person)
            case _:
                assert_never(change)
    return attrs.evolve(before, people=people, sections=drafts.finished())


class _Drafts:
    """Sections under change; those that nobody touches are never taken apart."""

    def __init__(self, sections: Mapping[SectionId, Section]) -> None:
        self._before = sections
        self._members: dict[SectionId, Mapping[EnrollmentRole, set[PersonId]]] = {}
        self.headings: dict[SectionId, Section] = {}

    def of(self, key: SectionId) -> Mapping[EnrollmentRole, set[PersonId]]:
        """The members of a section by role, to be changed."""
        if key not in self._members:
            section = self._before.get(key)
            self._members[key] = {role: {*_members(section, role)} for role in EnrollmentRole}
            if section is not None:
                self.headings.setdefault(key, section)
        return self._members[key]

    def finished(self) -> dict[SectionId, Section]:
        """All sections, put together again: whoever led still comes first, if they are in it."""
        whole = {key: section for key, section in self._before.items() if key not in self._members}
        for key, section in self.headings.items():
            teachers = self._members[key][EnrollmentRole.TEACHER]
            leader = [person for person in section.teachers[:1] if person in teachers]
            whole[key] = attrs.evolve(
                section,
                teachers=(*leader, *sorted(teachers.difference(leader))),
                students=tuple(sorted(self._members[key][EnrollmentRole.STUDENT])),
            )
        return whole


def _heading(section: Section) -> Section:
    """A section without its members, but for the primary teacher: who leads is a fact of the section."""
    if len(section.teachers) < 2 and not section.students:  # noqa: PLR2004
        return section
    return attrs.evolve(section, teachers=section.teachers[:1], students=())


def heading_facts(section: Section) -> tuple[object, ...]:
    """What a heading says, without making one."""
    return (*_FACTS(section), *section.teachers[:1])


_FACTS: Final = attrgetter(*(one.name for one in attrs.fields(Section) if one.name not in {"teachers", "students"}))


def _same_heading(before: Section | None, after: Section | None) -> bool:
    """Whether only members differ: so it is of most sections that differ."""
    return before is not None and after is not None and heading_facts(before) == heading_facts(after)


def _known_heading(section: Section, before: Section | None, after: Snapshot) -> Section:
    """Where teachers could not be read, the one who led before still leads."""
    if before is not None and not section.teachers and after.proof.doubt(section.id) is not None:
        return attrs.evolve(_heading(section), teachers=before.teachers[:1])
    return _heading(section)


def _enrollments(
    old: Mapping[SectionId, Section], after: Snapshot, keys: Iterable[SectionId]
) -> tuple[set[Enrollment], set[Enrollment]]:
    """Who joined and who left. Sets of ids, one section at a time; a doubtful section loses nobody."""
    joined: set[Enrollment] = set()
    left: set[Enrollment] = set()
    for key in keys:
        doubtful = after.proof.doubt(key) is not None
        for role in EnrollmentRole:
            had, has = _members(old.get(key), role), _members(after.sections.get(key), role)
            if had == has:
                continue
            joined.update(Enrollment(key, person, role) for person in {*has}.difference(had))
            if not doubtful:
                left.update(Enrollment(key, person, role) for person in {*had}.difference(has))
    return joined, left


def _members(section: Section | None, role: EnrollmentRole) -> tuple[PersonId, ...]:
    if section is None:
        return ()
    return section.teachers if role is EnrollmentRole.TEACHER else section.students


def _moves(joined: Iterable[Enrollment], left: Iterable[Enrollment]) -> tuple[Moved, ...]:
    """A move is one section left and one joined; with more of either, who moved where is not for us to say."""
    to: dict[tuple[PersonId, EnrollmentRole], list[SectionId]] = {}
    away: dict[tuple[PersonId, EnrollmentRole], list[SectionId]] = {}
    for one in joined:
        to.setdefault((one.person, one.role), []).append(one.section)
    for one in left:
        away.setdefault((one.person, one.role), []).append(one.section)
    return tuple(
        Moved(person=person, role=role, origin=away[person, role][0], destination=to[person, role][0])
        for person, role in sorted(to.keys() & away.keys())
        if len(to[person, role]) == 1 and len(away[person, role]) == 1
    )


def _added_or_altered(before: Mapping[Key, Record], after: Mapping[Key, Record]) -> Iterable[Change]:
    for key in sorted(key for key, one in after.items() if before.get(key) is not one):
        if key not in before:
            yield Added(after[key])
        elif not same(before[key], after[key]):
            yield Altered(before[key], after[key])


def _strangers(before: Snapshot, after: Snapshot, left: Iterable[Enrollment]) -> set[PersonId]:
    """People whom no section names any more. A person still named by a section outside the scope stays."""
    gone = before.people.keys() - after.people.keys()
    if not gone:
        return set()
    ended = {(one.section, one.person) for one in left}
    still_named = {
        person
        for section in before.sections.values()
        if not (gone.isdisjoint(section.students) and gone.isdisjoint(section.teachers))
        for person in (*section.teachers, *section.students)
        if person in gone and (section.id, person) not in ended
    }
    proven = all(after.proof.doubt(key) is None for key in after.scope)
    return gone - still_named if proven else set()


def same(one: object, other: object) -> bool:
    """Equal, or equal but for Unicode's normal form: two spellings of one name are no change."""
    if one == other:
        return True
    if isinstance(one, str) and isinstance(other, str):
        return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    if isinstance(one, PersonName | Person | Section) and isinstance(other, type(one)):
        return all(map(same, attrs.astuple(one, recurse=False), attrs.astuple(other, recurse=False)))
    return False
