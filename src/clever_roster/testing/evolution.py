"""What happens to a district over night: small changes as pure functions, and `next_day`, which makes many at once.

Every function gives a new district and stamps `last_modified` on what changed, and on nothing else. Nobody but these
functions needs `_Draft`, the one mutable thing here: a district under change, copied once for all changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from random import Random

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import PersonId, Role, SectionId
from clever_roster.testing.district import District, SamplePerson, SampleSection
from clever_roster.testing.generate import IdMint, by_id, minted_at
from clever_roster.testing.names import draw_name, mailbox
from clever_roster.testing.showcase import showcase

__all__ = [
    "add_student",
    "add_teacher",
    "change_email",
    "enroll",
    "move",
    "next_day",
    "readmit",
    "remove_person",
    "remove_section",
    "rename",
    "rename_section",
    "withdraw",
]

FEWEST = 6
"""A section with fewer students is left alone by `next_day`: it would soon be empty."""


# --- One change at a time ---------------------------------------------------------------------------------------------


def add_student(
    district: District,
    section: SectionId,
    *,
    first: str,
    last: str,
    email: str = "",
    person: PersonId | None = None,
) -> District:
    """A new student, in one section; the id is made up when none is given."""
    draft = _Draft(district)
    mint = IdMint(Random(f"{district.id} {len(district.people)} {first} {last}"), draft.stamp)
    draft.join(mint, section, first=first, last=last, email=email, person=person)
    return draft.finished()


def enroll(district: District, person: PersonId, section: SectionId) -> District:
    """A student of the district joins a section."""
    draft = _Draft(district)
    draft.enroll(person, section)
    return draft.finished()


def withdraw(district: District, person: PersonId, section: SectionId) -> District:
    """A student or a teacher leaves a section and stays in the district."""
    draft = _Draft(district)
    draft.withdraw(person, section)
    return draft.finished()


def move(district: District, person: PersonId, *, source: SectionId, target: SectionId) -> District:
    """A student goes from one section to another."""
    draft = _Draft(district)
    draft.withdraw(person, source)
    draft.enroll(person, target)
    return draft.finished()


def add_teacher(district: District, teacher: PersonId, section: SectionId) -> District:
    """A teacher of the district joins a section, as the last of its teachers."""
    draft = _Draft(district)
    draft.add_teacher(teacher, section)
    return draft.finished()


def rename(district: District, person: PersonId, *, first: str | None = None, last: str | None = None) -> District:
    """A person has another name; None leaves a part as it is. Names of sections keep the old one."""
    draft = _Draft(district)
    known = draft.person(person)
    draft.alter_person(
        attrs.evolve(known, first=known.first if first is None else first, last=known.last if last is None else last)
    )
    return draft.finished()


def change_email(district: District, person: PersonId, email: str) -> District:
    """A person has another email, or none (""); the id stays."""
    draft = _Draft(district)
    draft.alter_person(attrs.evolve(draft.person(person), email=email))
    return draft.finished()


def rename_section(district: District, section: SectionId, name: str) -> District:
    """A section has another name."""
    draft = _Draft(district)
    draft.alter_section(attrs.evolve(draft.section(section), name=name))
    return draft.finished()


def remove_section(district: District, section: SectionId) -> District:
    """A section is gone; its people stay."""
    draft = _Draft(district)
    del draft.sections[draft.section(section).id]
    return draft.finished()


def remove_person(district: District, person: PersonId) -> District:
    """A person leaves the district, and with a child the contacts that have no other one here."""
    draft = _Draft(district)
    draft.leave(person)
    return draft.finished()


def readmit(district: District, person: PersonId, *, known: District) -> District:
    """A student comes back as `known` (an earlier day) knew them: same id, and the sections that still exist."""
    draft = _Draft(district)
    draft.readmit(person, known)
    return draft.finished()


# --- A night ----------------------------------------------------------------------------------------------------------


def next_day(district: District, *, seed: int, rate: float = 0.02, earlier: District | None = None) -> District:
    """The next day of a district: the same for the same arguments.

    In the first two sections of the showcase teacher there is always one of everything, if they are big enough: two
    new students, one who joins from elsewhere in the school, one withdrawn, one who left the district, a move between
    the two, a corrected name, a new email, one more co-teacher; and a further section of the teacher is renamed.

    Args:
        district: the day before.
        seed: what else happens.
        rate: how many further changes, as a share of the number of students.
        earlier: a day before that; one student who has left since then returns, with the old id.
    """
    rng = Random(f"{district.id} {district.today} {seed}")
    today = district.today + timedelta(days=1)
    draft = _Draft(district, stamp=datetime.combine(today, time(5), UTC))
    night = _Night(rng, draft, IdMint(rng, datetime.combine(today, time(1), UTC)))
    night.show(district)
    if earlier is not None:
        night.bring_back(earlier)
    night.shuffle(int(rate * len(district.people_with(Role.STUDENT))))
    return attrs.evolve(draft.finished(), today=today)


class _Night:
    """The changes of one night, drawn one after the other."""

    def __init__(self, rng: Random, draft: _Draft, mint: IdMint) -> None:
        self.rng = rng
        self.draft = draft
        self.mint = mint
        self.shown: frozenset[SectionId] = frozenset()

    def show(self, district: District) -> None:
        """One change of each kind where a demonstration looks."""
        chosen = showcase(district)
        self.shown = frozenset(chosen.sections)
        one, two, *others = (*chosen.sections, *chosen.sections)[: max(2, len(chosen.sections))]
        first, second = district.sections[one], district.sections[two]
        leavers = [
            student for student in first.students if student != chosen.student and student not in second.students
        ]
        stayers = [student for student in second.students if student not in first.students]
        if len(leavers) < FEWEST or len(stayers) < FEWEST:
            return
        self.rng.shuffle(leavers)
        self.rng.shuffle(stayers)
        self._newcomer(one)
        self._newcomer(two)
        self.draft.withdraw(leavers[0], one)
        self.draft.withdraw(leavers[1], one)
        self.draft.enroll(leavers[1], two)
        self._correct(leavers[2])
        self._new_email(leavers[3])
        self.draft.leave(next(filter(self._is_plain, stayers), stayers[0]))
        self._join_from_school(first, avoid={*first.students, *second.students})
        self._co_teacher(second)
        self._rename_section(others[0] if others else two)

    def bring_back(self, earlier: District) -> None:
        """Readmit one student who has left since then, from a section that is shown if there is one."""
        gone = [person.id for person in earlier.people_with(Role.STUDENT) if person.id not in self.draft.people]
        missed = {
            student
            for section in self.shown
            if section in earlier.sections
            for student in earlier.sections[section].students
        }
        if gone:
            self.draft.readmit(min(gone, key=lambda student: (student not in missed, student)), earlier)

    def shuffle(self, count: int) -> None:
        """So many further changes, to nobody and nothing in the sections that are shown."""
        spared = {student for section in self.shown for student in self.draft.sections[section].students}
        filled = [
            section.id
            for section in self.draft.sections.values()
            if section.id not in self.shown and section.teachers and len(section.students) > FEWEST
        ]
        beside: defaultdict[tuple[object, ...], list[SectionId]] = defaultdict(list)
        for one in filled:
            beside[_group(self.draft.sections[one])].append(one)
        for _ in range(count if filled else 0):
            section = self.draft.sections[self.rng.choice(filled)]
            student = self.rng.choice(section.students)
            if len(section.students) <= FEWEST or student in spared:
                continue
            match self.rng.randrange(8):
                case 0 | 1:
                    self._newcomer(section.id)
                case 2 if self._is_plain(student):
                    self.draft.leave(student)
                case 3 | 4:
                    self.draft.withdraw(student, section.id)
                    self.draft.enroll(student, self.rng.choice(beside[_group(section)]))
                case 5:
                    self._correct(student)
                case 6:
                    self._new_email(student)
                case _:
                    self.draft.withdraw(student, section.id)

    def _is_plain(self, student: PersonId) -> bool:
        """Not one of the few oddities that a sample district should keep."""
        person = self.draft.people[student]
        return len(person.schools) == 1 and (not person.email or "@" in person.email)

    def _newcomer(self, section: SectionId) -> None:
        name = draw_name(self.rng)
        email = self._email(name.first, name.last) if self.rng.random() < 0.8 else ""
        self.draft.join(self.mint, section, first=name.first, last=name.last, email=email)

    def _email(self, first: str, last: str) -> str:
        return f"{mailbox(first, last) or 's'}.{self.rng.randrange(10**6)}@students.{self.draft.shortname}.test"

    def _correct(self, student: PersonId) -> None:
        """Another family name, as after an adoption; or a corrected given name."""
        person, name = self.draft.people[student], draw_name(self.rng)
        if self.rng.random() < 0.5:
            self.draft.alter_person(attrs.evolve(person, last=f"{person.last}-{name.last}"))
        else:
            self.draft.alter_person(attrs.evolve(person, first=f"{person.first} {name.first}"))

    def _new_email(self, student: PersonId) -> None:
        person = self.draft.people[student]
        self.draft.alter_person(attrs.evolve(person, email=self._email(person.first, person.last)))

    def _join_from_school(self, section: SampleSection, *, avoid: set[PersonId]) -> None:
        others = sorted(
            {
                student
                for other in self.draft.sections.values()
                if other.school == section.school and other.id not in self.shown
                for student in other.students
            }
            - avoid
        )
        if others:
            self.draft.enroll(self.rng.choice(others), section.id)

    def _co_teacher(self, section: SampleSection) -> None:
        teachers = [
            person.id
            for person in self.draft.people.values()
            if Role.TEACHER in person.roles and section.school in person.schools and person.id not in section.teachers
        ]
        if teachers:
            self.draft.add_teacher(self.rng.choice(teachers), section.id)

    def _rename_section(self, section: SectionId) -> None:
        known = self.draft.sections[section]
        course, dash, rest = known.name.partition(" - ")
        self.draft.alter_section(attrs.evolve(known, name=f"{course} Honors{dash}{rest}"))


def _group(section: SampleSection) -> tuple[object, ...]:
    """Sections between which a student may move: one course at one school."""
    return section.school, section.course, section.grade


# --- A district under change ------------------------------------------------------------------------------------------


class _Draft:
    """A district under change."""

    def __init__(self, district: District, *, stamp: datetime | None = None) -> None:
        self._district = district
        self.shortname = district.shortname
        self.stamp = stamp or datetime.combine(district.today, time(12), UTC)
        self.people = dict(district.people)
        self.sections = dict(district.sections)

    def finished(self) -> District:
        return attrs.evolve(self._district, people=by_id(self.people.items()), sections=by_id(self.sections.items()))

    @cached_property
    def _guardians(self) -> defaultdict[PersonId, list[PersonId]]:
        """Of each student: who has them as a child."""
        guardians: defaultdict[PersonId, list[PersonId]] = defaultdict(list)
        for person in self._district.people.values():
            for child in person.children:
                guardians[child.student].append(person.id)
        return guardians

    @cached_property
    def _attended(self) -> defaultdict[PersonId, set[SectionId]]:
        """Of each person: the sections they are or were in since the draft began."""
        attended: defaultdict[PersonId, set[SectionId]] = defaultdict(set)
        for section in self.sections.values():
            for person in (*section.teachers, *section.students):
                attended[person].add(section.id)
        return attended

    def person(self, person: PersonId) -> SamplePerson:
        if person not in self.people:
            raise ConfigurationError(f"This district has no person {person}.", next_step="Name one that it has.")
        return self.people[person]

    def section(self, section: SectionId) -> SampleSection:
        if section not in self.sections:
            raise ConfigurationError(f"This district has no section {section}.", next_step="Name one that it has.")
        return self.sections[section]

    def alter_person(self, person: SamplePerson) -> None:
        if person != self.people[person.id]:
            self.people[person.id] = attrs.evolve(person, last_modified=self.stamp)

    def alter_section(self, section: SampleSection) -> None:
        if section != self.sections[section.id]:
            self.sections[section.id] = attrs.evolve(section, last_modified=self.stamp)

    def join(
        self, mint: IdMint, section: SectionId, *, first: str, last: str, email: str, person: PersonId | None = None
    ) -> None:
        """A student whom the district did not have."""
        place = self.section(section)
        student = person or PersonId(mint.take())
        while person is None and student in self.people:
            student = PersonId(mint.take())
        self.people[student] = SamplePerson(
            id=student,
            first=first,
            last=last,
            email=email,
            roles=frozenset({Role.STUDENT}),
            schools=(place.school,),
            sis_ids={Role.STUDENT: f"N{student[:8]}{student[18:]}"},
            grade=place.grade,
            created=minted_at(student) if person is None else self.stamp,
            last_modified=self.stamp,
        )
        self.enroll(student, section)

    def enroll(self, student: PersonId, section: SectionId) -> None:
        place = self.section(section)
        self._attended[self.person(student).id].add(section)
        self.alter_section(attrs.evolve(place, students=_with(place.students, student)))

    def add_teacher(self, teacher: PersonId, section: SectionId) -> None:
        place = self.section(section)
        self._attended[self.person(teacher).id].add(section)
        if teacher not in place.teachers:
            self.alter_section(attrs.evolve(place, teachers=(*place.teachers, teacher)))

    def withdraw(self, person: PersonId, section: SectionId) -> None:
        place = self.section(section)
        self.alter_section(
            attrs.evolve(
                place,
                students=tuple(one for one in place.students if one != person),
                teachers=tuple(one for one in place.teachers if one != person),
            )
        )

    def leave(self, person: PersonId) -> None:
        for section in self._attended[self.person(person).id]:
            if section in self.sections:
                self.withdraw(person, section)
        for guardian in self._guardians[person]:
            if guardian in self.people:
                known = self.people[guardian]
                children = tuple(child for child in known.children if child.student != person)
                if children:
                    self.alter_person(attrs.evolve(known, children=children))
                else:
                    del self.people[guardian]
        del self.people[person]

    def readmit(self, person: PersonId, known: District) -> None:
        self.people[person] = attrs.evolve(known.people[person], last_modified=self.stamp)
        for section in known.sections_of(person):
            if section.id in self.sections:
                self.enroll(person, section.id)


def _with(students: Sequence[PersonId], student: PersonId) -> tuple[PersonId, ...]:
    return tuple(sorted({*students, student}))
