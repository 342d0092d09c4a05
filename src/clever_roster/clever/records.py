"""Clever's objects as they stand on the wire (Data API v3.1), typed; nothing is decided here.

Field names are Clever's own. Text keeps what the district wrote: None means that the field was missing or null (often:
not shared), "" that it was sent empty. Dates, instants and ids are parsed. Enumerations stay text, because Clever adds
values without notice ("additive changes are not breaking"). Sources: Clever's v3.1 description and the data model pages
of dev.clever.com.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import attrs

from clever_roster.model import CourseId, DistrictId, PersonId, SchoolId, SectionId, TermId

__all__ = [
    "ContactRole",
    "Course",
    "Credentials",
    "Disability",
    "District",
    "DistrictAdminRole",
    "DistrictContact",
    "Location",
    "Me",
    "Name",
    "Principal",
    "Roles",
    "School",
    "SchoolEnrollment",
    "Section",
    "StaffRole",
    "StudentRelationship",
    "StudentRole",
    "TeacherRole",
    "Term",
    "User",
]


def _none() -> dict[str, str]:
    return {}


# --- Who am I ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Me:
    """`data` of `GET /me`: only `id` and `district` are always there (dev.clever.com, "Identity API")."""

    id: PersonId
    district: DistrictId
    type: str | None = None
    authorized_by: str | None = None


# --- People -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Name:
    """A name; a contact's whole name stands in `last`."""

    first: str | None = None
    middle: str | None = None
    last: str | None = None

    def __repr__(self) -> str:
        return "Name(<hidden>)"


@attrs.frozen(kw_only=True)
class Credentials:
    """How the person signs in to Clever with the district's own name; never a password."""

    district_username: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True, repr=False)
class Location:
    """A postal address, every part optional."""

    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    lat: str | None = None
    lon: str | None = None


@attrs.frozen(kw_only=True)
class SchoolEnrollment:
    """A student's time at one school."""

    school: SchoolId | None = None
    start_date: date | None = None
    end_date: date | None = None


@attrs.frozen(kw_only=True, repr=False)
class Disability:
    """Of a student (v3.1)."""

    disability_status: str | None = None
    disability_type: str | None = None
    disability_code: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class StudentRole:
    """`roles.student`. `dob` is M/D/YYYY on the wire; yes and no are "Y", "N" or ""."""

    legacy_id: str | None = None
    sis_id: str | None = None
    school: SchoolId | None = None
    schools: tuple[SchoolId, ...] = ()
    enrollments: tuple[SchoolEnrollment, ...] = ()
    student_number: str | None = None
    state_id: str | None = None
    grade: str | None = None
    graduation_year: str | None = None
    dob: date | None = None
    gender: str | None = None
    race: str | None = None
    hispanic_ethnicity: str | None = None
    ell_status: str | None = None
    frl_status: str | None = None
    iep_status: str | None = None
    home_language: str | None = None
    home_language_code: str | None = None
    gifted_status: str | None = None
    section_504_status: str | None = None
    disability: Disability | None = None
    preferred_name: Name | None = None
    unweighted_gpa: str | None = None
    weighted_gpa: str | None = None
    email: str | None = None
    location: Location | None = None
    credentials: Credentials | None = None
    created: datetime | None = None
    last_modified: datetime | None = None
    ext: Mapping[str, object] = attrs.field(factory=_none)


@attrs.frozen(kw_only=True, repr=False)
class TeacherRole:
    """`roles.teacher`."""

    legacy_id: str | None = None
    sis_id: str | None = None
    school: SchoolId | None = None
    schools: tuple[SchoolId, ...] = ()
    teacher_number: str | None = None
    state_id: str | None = None
    title: str | None = None
    district: DistrictId | None = None
    name: Name | None = None
    credentials: Credentials | None = None
    created: datetime | None = None
    last_modified: datetime | None = None
    ext: Mapping[str, object] = attrs.field(factory=_none)


@attrs.frozen(kw_only=True, repr=False)
class StaffRole:
    """`roles.staff`: school administrators and other staff."""

    legacy_id: str | None = None
    staff_id: str | None = None
    schools: tuple[SchoolId, ...] = ()
    roles: tuple[str, ...] = ()
    department: str | None = None
    title: str | None = None
    credentials: Credentials | None = None
    ext: Mapping[str, object] = attrs.field(factory=_none)


@attrs.frozen(kw_only=True, repr=False)
class DistrictAdminRole:
    """`roles.district_admin`: belongs to no school."""

    legacy_id: str | None = None
    title: str | None = None


@attrs.frozen(kw_only=True)
class StudentRelationship:
    """How a contact stands to one student."""

    student: PersonId | None = None
    relationship: str | None = None
    type: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class ContactRole:
    """`roles.contact`: a parent, guardian or other contact."""

    legacy_id: str | None = None
    sis_id: str | None = None
    phone: str | None = None
    phone_type: str | None = None
    student_relationships: tuple[StudentRelationship, ...] = ()


@attrs.frozen(kw_only=True)
class Roles:
    """Every role at once. `unknown` holds the names of roles that this version does not know."""

    student: StudentRole | None = None
    teacher: TeacherRole | None = None
    staff: StaffRole | None = None
    district_admin: DistrictAdminRole | None = None
    contact: ContactRole | None = None
    unknown: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class User:
    """A person. The email is unverified, may lack an "@", and is not unique within a district."""

    id: PersonId
    district: DistrictId
    name: Name = attrs.field(factory=Name)
    email: str | None = attrs.field(default=None, repr=False)
    roles: Roles = attrs.field(factory=Roles)
    created: datetime | None = None
    last_modified: datetime | None = None


# --- Places and classes -----------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Principal:
    """Of a school."""

    name: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class School:
    """A school."""

    id: SchoolId
    district: DistrictId | None = None
    name: str | None = None
    sis_id: str | None = None
    school_number: str | None = None
    state_id: str | None = None
    nces_id: str | None = None
    mdr_number: str | None = None
    low_grade: str | None = None
    high_grade: str | None = None
    phone: str | None = None
    principal: Principal | None = None
    location: Location | None = None
    created: datetime | None = None
    last_modified: datetime | None = None
    ext: Mapping[str, object] = attrs.field(factory=_none)


@attrs.frozen(kw_only=True)
class Term:
    """A term; dates come as plain dates although the description says instants."""

    id: TermId
    district: DistrictId | None = None
    name: str | None = None
    start_date: date | None = None
    end_date: date | None = None


@attrs.frozen(kw_only=True)
class Course:
    """A course."""

    id: CourseId
    district: DistrictId | None = None
    name: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class Section:
    """A class. `teacher` is the primary one and the first of `teachers`; the term's id is called `term_id`."""

    id: SectionId
    district: DistrictId
    name: str | None = None
    school: SchoolId | None = None
    course: CourseId | None = None
    term_id: TermId | None = None
    sis_id: str | None = None
    section_number: str | None = None
    period: str | None = None
    grade: str | None = None
    subject: str | None = None
    teacher: PersonId | None = None
    teachers: tuple[PersonId, ...] = ()
    students: tuple[PersonId, ...] = ()
    created: datetime | None = None
    last_modified: datetime | None = None
    ext: Mapping[str, object] = attrs.field(factory=_none)


@attrs.frozen(kw_only=True)
class DistrictContact:
    """Who answers for the district."""

    id: str | None = None
    district: DistrictId | None = None
    email: str | None = attrs.field(default=None, repr=False)
    title: str | None = None
    name: Name | None = None


@attrs.frozen(kw_only=True)
class District:
    """A district. `state` is "running", "pending", "error", "paused", "success" or ""."""

    id: DistrictId
    name: str | None = None
    state: str | None = None
    error: str | None = None
    sis_type: str | None = None
    launch_date: date | None = None
    last_sync: datetime | None = None
    pause_start: datetime | None = None
    pause_end: datetime | None = None
    portal_url: str | None = None
    login_methods: tuple[str, ...] = ()
    mdr_number: str | None = None
    nces_id: str | None = None
    lms_type: str | None = None
    lms_state: str | None = None
    last_attendance_sync: datetime | None = None
    district_contact: DistrictContact | None = None
