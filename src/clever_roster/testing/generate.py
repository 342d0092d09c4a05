"""A sample district from a seed: any size, the same value every time, with the oddities that real districts have.

What is odd on purpose: similarly named sections of one teacher (also twice the same name, and one name composed and
decomposed), co-teachers, sections without a teacher, without students, without course and term; students in several
sections and schools, without email, with an email that is no address; twins, siblings, namesakes; people with several
roles; a teacher who is also a guardian (two people, one email: Clever never merges contacts).

Time is linear in the number of students. Read from `sample_district`, which names the steps in their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from random import Random
from typing import TypeAlias, TypeVar
from unicodedata import normalize

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.garbage import collector_at_rest
from clever_roster.model import CourseId, DistrictId, PersonId, Role, SchoolId, SectionId, TermId
from clever_roster.testing.curriculum import (
    BACKGROUNDS,
    COURSES,
    ELEMENTARY,
    GRADES,
    HIGH,
    LEVELS,
    MIDDLE,
    RELATIONSHIPS,
)
from clever_roster.testing.district import (
    District,
    SampleContact,
    SampleCourse,
    SamplePerson,
    SampleSchool,
    SampleSection,
    SampleTerm,
)
from clever_roster.testing.names import DrawnName, draw_name, mailbox

__all__ = ["IdMint", "by_id", "minted_at", "sample_district"]

Key = TypeVar("Key", bound=str)
Item = TypeVar("Item")

WORKLOAD, CLASS_SIZE, SMALL_CLASS = 5, 26, 8
"""Lessons of a teacher; students of a class at most, and at least where a course is divided."""

_Lesson: TypeAlias = tuple[str, str, str, Sequence[PersonId]]
"""Subject, course, grade and students."""


class IdMint:
    """Ids like Clever's: a second, a machine and a counter as 24 hex digits, ascending in the order they are made."""

    def __init__(self, rng: Random, start: datetime) -> None:
        self._rng = rng
        self._second = int(start.timestamp())
        self._machines = [f"{rng.getrandbits(40):010x}" for _ in range(4)]
        self._counter = rng.getrandbits(23)

    def take(self) -> str:
        """The next id."""
        chance = self._rng.random()
        self._second += 1 + int(chance * 3)
        self._counter = (self._counter + 1 + int(chance * 50)) & 0xFFFFFF
        return f"{self._second:08x}{self._machines[int(chance * 97) & 3]}{self._counter:06x}"


def minted_at(minted: str) -> datetime:
    """When an id was made: the second at its start."""
    return datetime.fromtimestamp(int(minted[:8], 16), UTC)


def by_id(items: Iterable[tuple[Key, Item]]) -> dict[Key, Item]:
    """A mapping in ascending order of ids."""
    return dict(sorted(items, key=lambda item: item[0]))


def sample_district(
    seed: int, *, students: int = 300, today: date = date(2026, 9, 14), name: str | None = None
) -> District:
    """Make a district: the same for the same arguments, on every machine.

    Args:
        seed: any number; another seed gives other people.
        students: how many, from 20 to 1,000,000. From 60 on there is a teacher with two look-alike sections.
        today: the day the district describes.
        name: the district's name; drawn when None.

    Raises:
        ConfigurationError: `students` is out of range.
    """
    if not 20 <= students <= 1_000_000:
        raise ConfigurationError(
            f"A sample district has 20 to 1,000,000 students, not {students}.", next_step="Pass a number in that range."
        )
    town = _Town(Random(f"district {seed}"), today)
    with collector_at_rest():
        town.found_schools(students)
        town.enroll_students(students)
        town.open_sections()
        town.appoint_staff()
        town.register_guardians()
        place = draw_name(town.rng).last
        return District(
            id=town.id,
            name=name or f"{place} Unified School District",
            shortname=town.shortname,
            today=today,
            schools=by_id(town.schools.items()),
            terms=by_id((term.id, term) for term in town.terms),
            courses=by_id((course.id, course) for course in town.courses.values()),
            sections=by_id(town.sections.items()),
            people=by_id(town.people.items()),
        )


@attrs.define
class _School:
    """A school while it fills."""

    id: SchoolId
    level: int
    grades: defaultdict[int, list[PersonId]] = attrs.field(factory=lambda: defaultdict[int, list[PersonId]](list))
    visitors: list[PersonId] = attrs.field(factory=list[PersonId])
    teachers: list[PersonId] = attrs.field(factory=list[PersonId])


@attrs.define
class _Guardian:
    """A contact while children are still being found."""

    name: str
    email: str
    phone: str
    children: list[PersonId] = attrs.field(factory=list[PersonId])


class _Town:
    """Everything drawn so far. Used once, by `sample_district`, from top to bottom."""

    def __init__(self, rng: Random, today: date) -> None:
        self.rng = rng
        self.year = today.year if today.month >= 7 else today.year - 1
        self.mint = IdMint(rng, datetime(self.year - 2, 7, 1, 5, tzinfo=UTC))
        self.synced = datetime.combine(today, time(5), UTC)
        self.id = DistrictId(self.mint.take())
        self.shortname = f"sample-{self.id[18:]}"
        self.schools: dict[SchoolId, SampleSchool] = {}
        self.sections: dict[SectionId, SampleSection] = {}
        self.courses: dict[str, SampleCourse] = {}
        self.people: dict[PersonId, SamplePerson] = {}
        self.filling: tuple[list[_School], ...] = ([], [], [])
        self.families: list[list[_Guardian]] = []
        self.adults = 0
        self.terms = tuple(
            SampleTerm(
                id=TermId(self.mint.take()), name=f"{label} {self.year}-{self.year + 1}", starts=starts, ends=ends
            )
            for label, starts, ends in (
                ("Year", date(self.year, 8, 17), date(self.year + 1, 6, 4)),
                ("Semester 1", date(self.year, 8, 17), date(self.year, 12, 18)),
                ("Semester 2", date(self.year + 1, 1, 4), date(self.year + 1, 6, 4)),
            )
        )

    # --- Schools and students -----------------------------------------------------------------------------------------

    def found_schools(self, students: int) -> None:
        """One school of each level at least, more as they fill up."""
        for level, (label, low, high, capacity) in enumerate(LEVELS):
            for number in range(1 + students * (high - low + 1) // 13 // capacity):
                school, sis_id = SchoolId(self.mint.take()), f"{level + 1}{number + 1:03d}"
                self.filling[level].append(_School(school, level))
                self.schools[school] = SampleSchool(
                    id=school,
                    sis_id=sis_id,
                    name=f"{draw_name(self.rng).last} {label} School",
                    number=sis_id,
                    state_id=f"06{self.rng.randrange(10**6):06d}",
                    low_grade=GRADES[low],
                    high_grade=GRADES[high],
                    principal_email=f"office{sis_id}@{self.shortname}.test",
                    address=f"{self.rng.randrange(1, 9999)} School Road",
                    city="Sampleton",
                    state="CA",
                    zip=f"9{self.rng.randrange(10**4):04d}",
                    phone=f"555-01{self.rng.randrange(100):02d}",
                    created=minted_at(school),
                    last_modified=self.synced,
                )

    def enroll_students(self, count: int) -> None:
        """Draw the students grade by grade: about as many in each, some of them twins, siblings and namesakes."""
        rng = self.rng
        ids = [PersonId(self.mint.take()) for _ in range(count)]
        numbers = list(range(1, count + 1))
        rng.shuffle(ids)
        rng.shuffle(numbers)
        names: list[DrawnName] = []
        grades: list[int] = []
        born: date | None = None
        forced = {count // 3: "twin", count // 2: "sibling", count - 2: "namesake", count * 9 // 13 - 1: "visitor"}
        school = self.filling[ELEMENTARY][0]
        for index in range(count):
            grade = index * 13 // count
            kind = forced.get(index) or _kind(rng.random())
            if kind == "twin" and grades and grades[-1] == grade:
                name = draw_name(rng, last=names[-1].last)
                family = self.families[-1]
            else:
                level = ELEMENTARY if grade < 6 else MIDDLE if grade < 9 else HIGH
                school = rng.choice(self.filling[level])
                oldest = date(self.year - 6 - grade, 9, 1).toordinal()
                told = kind or index + 1 in forced or rng.random() < 0.95
                born = date.fromordinal(oldest + rng.randrange(365)) if told else None
                other = rng.randrange(index // 2 if kind == "namesake" else index) if index > 1 else 0
                if kind == "sibling" and grades and grades[other] != grade:
                    name, family = draw_name(rng, last=names[other].last), self.families[other]
                elif kind == "namesake" and grades and grades[other] != grade:
                    name, family = attrs.evolve(names[other], middle=""), self._family(names[other].last)
                else:
                    name = draw_name(rng)
                    family = self._family(name.last)
            student = ids[index]
            schools: tuple[SchoolId, ...] = (school.id,)
            if grade == 8 and kind == "visitor":
                host = rng.choice(self.filling[HIGH])
                host.visitors.append(student)
                schools = (school.id, host.id)
            school.grades[grade].append(student)
            names.append(name)
            grades.append(grade)
            self.families.append(family)
            for guardian in family:
                guardian.children.append(student)
            self._admit(student, name, number=numbers[index], grade=grade, born=born, schools=schools)

    def _admit(
        self,
        student: PersonId,
        name: DrawnName,
        *,
        number: int,
        grade: int,
        born: date | None,
        schools: tuple[SchoolId, ...],
    ) -> None:
        sis_id = f"{number:07d}"
        username = f"{mailbox(name.first, name.last) or 's'}.{sis_id}"
        self.people[student] = SamplePerson(
            id=student,
            first=name.first,
            last=name.last,
            middle=name.middle,
            email=self._student_email(username, grade),
            username=username,
            roles=STUDENT,
            schools=schools,
            sis_ids={Role.STUDENT: sis_id},
            number=str(number),
            state_id=f"{self.rng.randrange(10**10):010d}",
            grade=GRADES[grade],
            birth_date=born,
            extra=self.rng.choice(BACKGROUNDS),
            created=minted_at(student),
            last_modified=self.synced,
        )

    def _student_email(self, username: str, grade: int) -> str:
        """None for a quarter of the students, most of them young; now and then one without an @ sign."""
        chance = self.rng.random()
        if chance < (0.7 if grade < 3 else 0.35 if grade < 6 else 0.08):
            return ""
        return f"{username}{'.' if chance > 0.99 else '@'}students.{self.shortname}.test"

    def _family(self, last: str) -> list[_Guardian]:
        chance = self.rng.random()
        family: list[_Guardian] = []
        for _ in range(0 if chance < 0.35 else 1 if chance < 0.8 else 2):
            name = draw_name(self.rng, last=last)
            email = f"{mailbox(name.first, last) or 'family'}.{len(self.families)}@mail.test" if chance < 0.7 else ""
            family.append(_Guardian(f"{name.first} {last}", email, f"555-02{int(chance * 100):02d}"))
        return family

    # --- Classes ------------------------------------------------------------------------------------------------------

    def open_sections(self) -> None:
        """Divide the students of every school into sections, and hand them to teachers five by five."""
        for school in sum(self.filling, start=list[_School]()):
            lessons = self._lessons(school)
            for start in range(0, len(lessons), WORKLOAD):
                self._teach(school, lessons[start : start + WORKLOAD])
            if school.level == HIGH:
                self._open_odd_sections(school)

    def _lessons(self, school: _School) -> list[_Lesson]:
        """What is to be taught: subject, course, grade and students of each section."""
        lessons: list[_Lesson] = []
        bands = _bands(school.grades)
        for number, (subject, courses) in enumerate(COURSES[school.level]):
            for grades, members in bands:
                course = courses[min(grades[0] - LEVELS[school.level][1], len(courses) - 1)]
                pupils = [*members, *school.visitors] if number == 0 and grades == bands[0][0] else members[:]
                if number >= 2:
                    self.rng.shuffle(pupils)
                pieces = max(1, min(2, len(pupils) // SMALL_CLASS), -(-len(pupils) // CLASS_SIZE))
                grade = GRADES[grades[0]] if len(grades) == 1 else ""
                lessons.extend((subject, course, grade, part) for part in _divided(pupils, pieces))
        return lessons

    def _teach(self, school: _School, lessons: Sequence[_Lesson]) -> None:
        """One teacher's lessons, in periods 1, 2, ...; often with a colleague in the first two."""
        colleague = school.teachers[-1:] if school.teachers else [self._teacher(school)]
        teacher = self._teacher(school)
        shared = len(school.teachers) == 2 or self.rng.random() < 0.2
        for period, (subject, course, grade, pupils) in enumerate(lessons, start=1):
            self._open(
                school,
                course=course,
                subject=subject,
                grade=grade,
                period=str(period) if school.level != ELEMENTARY else "",
                teachers=(teacher, *(colleague if shared and period <= 2 else ())),
                students=pupils,
            )

    def _open_odd_sections(self, school: _School) -> None:
        """Sections that a high school has and a tidy program does not expect."""
        pupils = [student for members in school.grades.values() for student in members]
        teacher = (school.teachers[-1],)
        last = self.people[teacher[0]].last

        def some() -> list[PersonId]:
            return self.rng.sample(pupils, min(10, len(pupils)))

        decomposed = normalize("NFD", f"Español 3 - {last} - 6")
        self._open(school, course="Español 3", subject="language", period="6", teachers=teacher, students=some())
        self._open(
            school,
            course="Español 3",
            subject="language",
            period="6",
            teachers=teacher,
            students=some(),
            name=decomposed,
        )
        self._open(school, course="Advisory", period="7", teachers=teacher, students=some(), term=1)
        self._open(school, course="Advisory", period="7", teachers=teacher, students=some(), term=2)
        self._open(school, course="Senior Seminar", period="8", teachers=teacher, students=())
        self._open(school, course="Study Hall", period="8", teachers=(), students=some())
        self._open(
            school, course=None, teachers=teacher, students=some(), name=f"HS{len(self.sections):05d} LAB/2", term=None
        )

    def _open(
        self,
        school: _School,
        *,
        course: str | None,
        teachers: tuple[PersonId, ...],
        students: Iterable[PersonId],
        subject: str = "",
        grade: str = "",
        period: str = "",
        term: int | None = 0,
        name: str | None = None,
    ) -> None:
        section = SectionId(self.mint.take())
        if course is not None and course not in self.courses:
            number = f"C{len(self.courses) + 101}"
            self.courses[course] = SampleCourse(id=CourseId(self.mint.take()), name=course, number=number)
        last = self.people[teachers[0]].last if teachers else ""
        self.sections[section] = SampleSection(
            id=section,
            sis_id=f"{len(self.sections) + 1:06d}",
            school=school.id,
            name=name or " - ".join(part for part in (course, last, period) if part),
            section_number=f"{len(self.sections) % 7 + 1}",
            period=period,
            grade=grade,
            subject=subject,
            course=self.courses[course].id if course is not None else None,
            term=self.terms[term].id if term is not None else None,
            teachers=teachers,
            students=tuple(sorted(students)),
            created=minted_at(section),
            last_modified=self.synced,
        )

    # --- Adults -------------------------------------------------------------------------------------------------------

    def _teacher(self, school: _School) -> PersonId:
        number = len(school.teachers)
        first_high = school is self.filling[HIGH][0]
        roles = TEACHER | (STAFF if number == 2 else ADMIN if number == 1 and first_high else frozenset[Role]())
        teacher = self._adult(roles, (school.id,), title="Teacher", malformed=number == 2 and first_high)
        school.teachers.append(teacher)
        return teacher

    def appoint_staff(self) -> None:
        """Somebody in every school's office, and somebody who runs the district's computers."""
        for number, school in enumerate(self.schools):
            principal = self._adult(STAFF | ADMIN if number == 0 else STAFF, (school,), title="Principal")
            person = self.people[principal]
            self.schools[school] = attrs.evolve(
                self.schools[school], principal=f"{person.first} {person.last}", principal_email=person.email
            )
        self._adult(ADMIN, (), title="Technology Director")

    def _adult(
        self, roles: frozenset[Role], schools: tuple[SchoolId, ...], *, title: str, malformed: bool = False
    ) -> PersonId:
        """Teachers, staff and district admins of one email are one person, so every email differs (Clever, "Users")."""
        self.adults += 1
        person, name = PersonId(self.mint.take()), draw_name(self.rng)
        box = f"{mailbox(name.first, name.last) or 'teacher'}{self.adults}"
        held = [role for role in (Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN) if role in roles]
        self.people[person] = SamplePerson(
            id=person,
            first=name.first,
            last=name.last,
            email=f"{box}{'.' if malformed else '@'}{self.shortname}.test",
            username=box,
            roles=roles,
            schools=schools,
            legacy_ids={role: f"5{self.rng.getrandbits(92):023x}" for role in held},
            sis_ids={role: f"{role[0].upper()}{self.adults:05d}" for role in held if role is not Role.DISTRICT_ADMIN},
            number=f"{self.adults}" if Role.TEACHER in roles else "",
            title=title,
            department="Office" if Role.STAFF in roles else "",
            created=minted_at(person),
            last_modified=self.synced,
        )
        return person

    def register_guardians(self) -> None:
        """Every guardian once, with all their children; the first one with an email is also a teacher."""
        guardians = {id(guardian): guardian for family in self.families for guardian in family}
        teacher = self.people[self.filling[ELEMENTARY][0].teachers[0]]
        twice = next((guardian for guardian in guardians.values() if guardian.email), None)
        if twice is not None:
            twice.name, twice.email = f"{teacher.first} {teacher.last}", teacher.email
        for number, guardian in enumerate(guardians.values()):
            contact = PersonId(self.mint.take())
            relationship, kind = RELATIONSHIPS[number % len(RELATIONSHIPS)]
            self.people[contact] = SamplePerson(
                id=contact,
                first="",
                last=guardian.name,
                email=guardian.email,
                roles=CONTACT,
                legacy_ids={Role.CONTACT: f"5{self.rng.getrandbits(92):023x}"},
                sis_ids={Role.CONTACT: f"P{number + 1:06d}"},
                phone=guardian.phone,
                phone_type="Cell",
                children=tuple(
                    SampleContact(student=child, relationship=relationship, type=kind) for child in guardian.children
                ),
                created=minted_at(contact),
                last_modified=self.synced,
            )


STUDENT, TEACHER, STAFF, ADMIN, CONTACT = (
    frozenset({role}) for role in (Role.STUDENT, Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN, Role.CONTACT)
)


def _kind(chance: float) -> str:
    """How a student is drawn: mostly plainly."""
    if chance > 0.12:
        return ""
    return "twin" if chance < 0.008 else "namesake" if chance < 0.012 else "visitor" if chance < 0.05 else "sibling"


def _bands(grades: Mapping[int, list[PersonId]]) -> list[tuple[tuple[int, ...], list[PersonId]]]:
    """Grades taught together: one by one, or as many as fill a class where a school is small."""
    bands: list[tuple[tuple[int, ...], list[PersonId]]] = []
    for grade in sorted(grades):
        if bands and len(bands[-1][1]) < CLASS_SIZE:
            bands[-1] = ((*bands[-1][0], grade), bands[-1][1] + grades[grade])
        else:
            bands.append(((grade,), grades[grade]))
    if len(bands) > 1 and len(bands[-1][1]) < CLASS_SIZE // 2:
        (first, members), (rest, others) = bands[-2:]
        bands[-2:] = [((*first, *rest), members + others)]
    return bands


def _divided(pupils: Sequence[PersonId], pieces: int) -> list[Sequence[PersonId]]:
    """Classes of nearly one size; neighbours in the list (twins) mostly stay together."""
    size = len(pupils)
    return [pupils[size * piece // pieces : size * (piece + 1) // pieces] for piece in range(pieces)]
