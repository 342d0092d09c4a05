"""A district as the simulator holds it: immutable values, close to what a district uploads and Clever stores.

One value of `District` is one day. The generator makes the first day, `next_day` makes the following one, the SFTP
reader makes one from a real export, and the simulator serves whichever it is given. How a record looks on the wire
(odd forms included) is decided in `wire`, not here; "" and None are both "the district sent nothing".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import attrs

from clever_roster.model import CourseId, DistrictId, PersonId, Role, SchoolId, SectionId, TermId

__all__ = [
    "District",
    "SampleContact",
    "SampleCourse",
    "SamplePerson",
    "SampleSchool",
    "SampleSection",
    "SampleTerm",
]


@attrs.frozen(kw_only=True)
class SampleSchool:
    """A school, as in `schools.csv`."""

    id: SchoolId
    sis_id: str
    name: str
    number: str = ""
    state_id: str = ""
    low_grade: str = ""
    high_grade: str = ""
    principal: str = ""
    principal_email: str = ""
    address: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""
    ext: Mapping[str, str] = attrs.field(factory=dict[str, str])
    created: datetime
    last_modified: datetime


@attrs.frozen(kw_only=True)
class SampleTerm:
    """A term, made from the term columns of `sections.csv`."""

    id: TermId
    name: str = ""
    starts: date | None = None
    ends: date | None = None


@attrs.frozen(kw_only=True)
class SampleCourse:
    """A course, made from the course columns of `sections.csv`."""

    id: CourseId
    name: str = ""
    number: str = ""


@attrs.frozen(kw_only=True)
class SampleSection:
    """A section with its teachers (primary first, at most ten) and students (ascending ids)."""

    id: SectionId
    sis_id: str
    school: SchoolId
    name: str
    section_number: str = ""
    period: str = ""
    grade: str = ""
    subject: str = ""
    course: CourseId | None = None
    term: TermId | None = None
    teachers: tuple[PersonId, ...] = ()
    students: tuple[PersonId, ...] = ()
    ext: Mapping[str, str] = attrs.field(factory=dict[str, str])
    created: datetime
    last_modified: datetime


@attrs.frozen(kw_only=True)
class SampleContact:
    """How a contact stands to one student."""

    student: PersonId
    relationship: str = ""
    type: str = ""


@attrs.frozen(kw_only=True, repr=False)
class SamplePerson:
    """A human in the district. Students and contacts have one role; teacher, staff and district admin combine.

    Attributes:
        legacy_ids: pre-v3 id by role (teacher, staff, district_admin, contact); students keep their id.
        sis_ids: id in the district's system by role (a teacher's `sis_id`, a staff member's `staff_id`, ...).
        last: a contact's whole name stands here, `first` being "".
        extra: further wire fields of the student role by their wire name ("gender", "race", "ell_status", ...).
        children: of a contact: the students, each with relationship and type.
    """

    id: PersonId
    first: str
    last: str
    middle: str = ""
    email: str = ""
    username: str = ""
    roles: frozenset[Role]
    schools: tuple[SchoolId, ...] = ()
    legacy_ids: Mapping[Role, str] = attrs.field(factory=dict[Role, str])
    sis_ids: Mapping[Role, str] = attrs.field(factory=dict[Role, str])
    number: str = ""
    state_id: str = ""
    grade: str = ""
    birth_date: date | None = None
    title: str = ""
    department: str = ""
    phone: str = ""
    phone_type: str = ""
    children: tuple[SampleContact, ...] = ()
    extra: Mapping[str, str] = attrs.field(factory=dict[str, str])
    ext: Mapping[str, str] = attrs.field(factory=dict[str, str])
    created: datetime
    last_modified: datetime

    def __repr__(self) -> str:
        return f"<SamplePerson {self.id}: {', '.join(sorted(self.roles))}>"


@attrs.frozen(kw_only=True, repr=False)
class District:
    """One district on one day. Every mapping is keyed by id, in ascending order of ids.

    Attributes:
        shortname: as in the portal's address, `https://clever.com/in/<shortname>`.
        today: the day it describes; `next_day` moves it on.
        state: Clever's word for how its sync stands: "success", "paused", "Requires Review", "error", ...
    """

    id: DistrictId
    name: str
    shortname: str
    today: date
    schools: Mapping[SchoolId, SampleSchool]
    terms: Mapping[TermId, SampleTerm]
    courses: Mapping[CourseId, SampleCourse]
    sections: Mapping[SectionId, SampleSection]
    people: Mapping[PersonId, SamplePerson]
    state: str = "success"

    def __repr__(self) -> str:
        return (
            f"<District {self.id}: {len(self.schools)} schools, {len(self.sections)} sections, "
            f"{len(self.people)} people, {self.today}>"
        )

    def people_with(self, role: Role) -> tuple[SamplePerson, ...]:
        """Everyone who has a role, in the order of ids."""
        return tuple(person for person in self.people.values() if role in person.roles)

    def sections_of(self, person: PersonId) -> tuple[SampleSection, ...]:
        """The sections a person teaches or attends, in the order of ids."""
        return tuple(s for s in self.sections.values() if person in s.teachers or person in s.students)
