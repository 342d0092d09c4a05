"""The ids, and people and classes as the *source* of a roster (Clever, Google Classroom, OneRoster) describes them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NewType

import attrs

from clever_roster.model.digests import digest_of_facts

__all__ = [
    "CLEVER",
    "GOOGLE_ACCOUNTS",
    "GOOGLE_CLASSROOM",
    "ONEROSTER",
    "AccountId",
    "Classroom",
    "Course",
    "CourseId",
    "DistrictId",
    "Enrollment",
    "EnrollmentRole",
    "HostSectionId",
    "Person",
    "PersonId",
    "PersonName",
    "Provider",
    "Role",
    "School",
    "SchoolId",
    "Secret",
    "Section",
    "SectionId",
    "Term",
    "TermId",
]

# --- Ids and roles ----------------------------------------------------------------------------------------------------

Provider = NewType("Provider", str)
"""Who vouches for an identity or sends a roster. A host may add its own beside those named here."""

CLEVER = Provider("clever")
GOOGLE_CLASSROOM = Provider("google_classroom")
ONEROSTER = Provider("oneroster")

DistrictId = NewType("DistrictId", str)
SchoolId = NewType("SchoolId", str)
TermId = NewType("TermId", str)
CourseId = NewType("CourseId", str)
SectionId = NewType("SectionId", str)
PersonId = NewType("PersonId", str)
"""The source's own ids. Clever's are 24 hex digits, unique over all districts, compared byte for byte."""

GOOGLE_ACCOUNTS = DistrictId("google")
"""The one "district" of all Google accounts: their ids are unique over all domains and never reused (Google, "OpenID
Connect": `sub`), a class may span domains, and a person whose domain is renamed stays the same person."""

AccountId = NewType("AccountId", str)
HostSectionId = NewType("HostSectionId", str)
"""The host's own ids, as text; an adapter turns them into its column's type."""


class Role(StrEnum):
    """What a person is in a district: the keys of Clever's `roles` object (dev.clever.com, "Users")."""

    STUDENT = "student"
    TEACHER = "teacher"
    STAFF = "staff"
    DISTRICT_ADMIN = "district_admin"
    CONTACT = "contact"


class EnrollmentRole(StrEnum):
    """What a person is in one section."""

    STUDENT = "student"
    TEACHER = "teacher"


@attrs.frozen(repr=False)
class Secret:
    """A credential: a token or a client secret. Its repr and str hide it, and it is not pickled."""

    _value: str

    def reveal(self) -> str:
        """The secret itself, for the one line that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not pickled; keep it in your secret store and make it anew.")


# --- People and classes, as their source describes them ---------------------------------------------------------------


@attrs.frozen(repr=False)
class PersonName:
    """A human's name; its repr and str show nothing. A contact's whole name stands in `last` (Clever, "Users")."""

    first: str
    last: str
    middle: str = ""

    def __repr__(self) -> str:
        return "PersonName(<hidden>)"

    def display(self) -> str:
        """The name as one line of text, given name first."""
        return " ".join(part for part in (self.first, self.middle, self.last) if part)


@attrs.frozen(kw_only=True)
class Person:
    """A human as the source describes them; what it does not say is None.

    Attributes:
        email: unverified; "" when the source says that there is none, None when it does not say (often: not shared).
        roles: every role at once; empty when the source names none that we know.
        unknown_roles: role names we do not know. They grant nothing and are never read as another role.
        sis_id: id in the district's student information system; unique within one district only.
        student_number, state_id: numbers a school or a state gives; hints, never keys.
        grade: Clever's grade text ("Kindergarten", "1" to "13", ...).
        schools: all schools, the primary one first.
        legacy_id: the id this person had before, where the source says it (Clever, "Users": `legacy_id`).
    """

    id: PersonId
    district: DistrictId
    name: PersonName
    roles: frozenset[Role] = frozenset()
    unknown_roles: frozenset[str] = frozenset()
    email: str | None = attrs.field(default=None, repr=False)
    username: str | None = attrs.field(default=None, repr=False)
    sis_id: str | None = attrs.field(default=None, repr=False)
    student_number: str | None = attrs.field(default=None, repr=False)
    state_id: str | None = attrs.field(default=None, repr=False)
    birth_date: date | None = attrs.field(default=None, repr=False)
    grade: str | None = None
    schools: tuple[SchoolId, ...] = ()
    legacy_id: PersonId | None = None

    @cached_property
    def digest(self) -> str:
        """A text that stands for all these facts: equal for equal records, in every process (32 hex digits)."""
        # Written out: it is made of every person every night, and a loop over names of fields takes twice as long.
        name, born = self.name, self.birth_date
        facts = [
            "=" + self.id,
            "=" + self.district,
            "=" + name.first,
            "=" + name.last,
            "=" + name.middle,
            "" if (fact := self.email) is None else "=" + fact,
            "" if (fact := self.username) is None else "=" + fact,
            "" if (fact := self.sis_id) is None else "=" + fact,
            "" if (fact := self.student_number) is None else "=" + fact,
            "" if (fact := self.state_id) is None else "=" + fact,
            "" if born is None else "=" + born.isoformat(),
            "" if (fact := self.grade) is None else "=" + fact,
            "" if (fact := self.legacy_id) is None else "=" + fact,
        ]
        roles = self.roles if len(self.roles) < 2 else sorted(self.roles)  # noqa: PLR2004
        return digest_of_facts(facts, roles, sorted(self.unknown_roles) if self.unknown_roles else (), self.schools)


@attrs.frozen(kw_only=True)
class School:
    """A school."""

    id: SchoolId
    name: str
    sis_id: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class Term:
    """A term. Ids of terms are not stable: a changed name or date may make a new one (Clever, "Data model quirks")."""

    id: TermId
    name: str | None = None
    starts: date | None = None
    ends: date | None = None


@attrs.frozen(kw_only=True)
class Course:
    """A course."""

    id: CourseId
    name: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class Section:
    """A class as its source lists it: facts, teachers and students.

    Attributes:
        teachers: ids, the primary teacher first, then co-teachers in ascending order.
        students: ids, ascending.
    """

    id: SectionId
    district: DistrictId
    name: str
    school: SchoolId | None = None
    course: CourseId | None = None
    term: TermId | None = None
    subject: str | None = None
    grade: str | None = None
    period: str | None = None
    section_number: str | None = None
    sis_id: str | None = None
    teachers: tuple[PersonId, ...] = ()
    students: tuple[PersonId, ...] = ()

    @cached_property
    def digest(self) -> str:
        """A text that stands for all these facts and both lists, as that of a person does."""
        known = (
            *(self.school, self.course, self.term, self.subject),
            *(self.grade, self.period, self.section_number, self.sis_id),
        )
        facts = ["" if fact is None else "=" + fact for fact in known]
        heading = ["=" + self.id, "=" + self.district, "=" + self.name, *facts]
        return digest_of_facts(heading, self.teachers, self.students)

    def enrollments(self) -> tuple[Enrollment, ...]:
        """Who is in it, as enrollments: teachers in their order, then students in theirs."""
        return (
            *(Enrollment(self.id, person, EnrollmentRole.TEACHER) for person in self.teachers),
            *(Enrollment(self.id, person, EnrollmentRole.STUDENT) for person in self.students),
        )


@attrs.frozen(order=True)
class Enrollment:
    """A person in a section in a role; derived from the section's lists (Clever has no enrollment record)."""

    section: SectionId
    person: PersonId
    role: EnrollmentRole


@attrs.frozen(kw_only=True)
class Classroom:
    """A section with everything that tells two alike apart: what a teacher chooses from.

    Attributes:
        co_teachers: the other teachers, by name; not in the repr.
        look_alike: another of the listed classrooms has the same, or nearly the same, name.
    """

    section: Section
    school: School | None
    term: Term | None
    course: Course | None
    co_teachers: tuple[PersonName, ...] = attrs.field(default=(), repr=False)
    look_alike: bool = False

    @property
    def student_count(self) -> int:
        """How many students the source lists."""
        return len(self.section.students)
