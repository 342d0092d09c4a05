"""Clever's objects as they stand on the wire (Data API v3.0 and v3.1), typed; nothing is decided here.

Field names are Clever's own. Text keeps what the district wrote: None means that the field was missing or null (often:
not shared), "" that it was sent empty. Dates, instants and ids are parsed. Enumerations stay text, because Clever adds
values without notice ("additive changes are not breaking"); the values that are described are in `words`, and compare
equal to the text. What the typed fields do not hold (unknown fields, null or missing, a date sent as "") is in `rest`
and `presence` of the record that was read (`kept`).

Sources: Clever's v3.1 description and the data model pages of dev.clever.com; recordings of the real API (2023) where
they differ. Each class says where its fields are described. Assignments, submissions and attendance: `coursework`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

import attrs

from clever_roster.clever.kept import NOT_SENT, Day, Kept
from clever_roster.model import CourseId, DistrictId, PersonId, SchoolId, SectionId, TermId

__all__ = [
    "ContactRole",
    "Course",
    "Credentials",
    "Disability",
    "District",
    "DistrictAdminRole",
    "DistrictContact",
    "LmsStatus",
    "Location",
    "Me",
    "Name",
    "Principal",
    "Resource",
    "Roles",
    "School",
    "SchoolEnrollment",
    "Section",
    "StaffRole",
    "StudentRelationship",
    "StudentRole",
    "TeacherRole",
    "Term",
    "TokenInfo",
    "User",
    "UserInfo",
]


# --- Who am I ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Me(Kept):
    """`data` of `GET /me`: only `id` and `district` are always there (dev.clever.com, "Identity API").

    Attributes:
        type: the role of this login; a person may have others.
        authorized_by: "district", or "teacher" for Library applications. Missing with demo tokens (recorded).
    """

    id: PersonId
    district: DistrictId
    type: str | None = None
    authorized_by: str | None = None


@attrs.frozen(kw_only=True)
class UserInfo(Kept):
    """`GET /userinfo` (dev.clever.com, "The userinfo endpoint"): of the role of this login only.

    Attributes:
        sub, multi_role_user_id: the id of Data API v3.
        user_id: the id that v1 and v2 used; another one than `sub` for everybody but students.
        user_type: the role of this login.
        district, district_id: the same id twice.
        email_verified: false, unless Clever says otherwise for this application.
        authorized_by: "district" or "teacher".
    """

    sub: PersonId
    user_id: str | None = None
    multi_role_user_id: PersonId | None = None
    user_type: str | None = None
    district: DistrictId | None = None
    district_id: DistrictId | None = None
    email: str | None = attrs.field(default=None, repr=False)
    email_verified: bool | None = None
    name: Name | None = None
    given_name: str | None = attrs.field(default=None, repr=False)
    family_name: str | None = attrs.field(default=None, repr=False)
    authorized_by: str | None = None


@attrs.frozen(kw_only=True)
class TokenInfo(Kept):
    """`GET /oauth/tokeninfo`: which application a token was given to, and what it may read (recorded).

    Attributes:
        scopes: words such as "read:students_basic"; the list is not documented.
    """

    client_id: str
    scopes: tuple[str, ...] = NOT_SENT


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
    """A postal address, every part optional (v3.1 description, "Location").

    Attributes:
        lat, lon: degrees, as text.
    """

    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    lat: str | None = None
    lon: str | None = None


@attrs.frozen(kw_only=True)
class LmsStatus:
    """Of a user or a section (v3.1, LMS Connect)."""

    synced_in_lms: bool | None = None


@attrs.frozen(kw_only=True)
class SchoolEnrollment:
    """A student's time at one school (v3.1 description); the list of them is often empty (recorded)."""

    school: SchoolId | None = None
    start_date: Day = None
    end_date: Day = None


@attrs.frozen(kw_only=True, repr=False)
class Disability:
    """Of a student (v3.1 only).

    Attributes:
        disability_status: "Y", "N" or "".
        disability_type, disability_code: the same thing as words and as a short code; values: `DisabilityType`,
            `DisabilityCode`.
    """

    disability_status: str | None = None
    disability_type: str | None = None
    disability_code: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class StudentRole:
    """`roles.student` (dev.clever.com, "Users"; v3.1 description). Numbers are text; yes and no are "Y", "N" or "".

    Attributes:
        legacy_id: described, never recorded: a student's id is the same as before v3.
        sis_id: unique within the district only; when it changes, Clever makes a new person.
        school: the primary one, which is in `schools` too.
        grade: values: `Grade`; unpadded, "13" is one.
        graduation_year: text; only "" was recorded.
        dob: M/D/YYYY on the wire, unlike every other date (recorded).
        gender, race, frl_status: values: `Gender`, `Race`, `FrlStatus`.
        home_language: the English name of a language; `home_language_code`, of v3.1, is ISO 639-3.
        gifted_status, section_504_status, disability, preferred_name: v3.1 only.
        email: the same as the person's; lists and records carry it twice, events do not (recorded).
        ext: the district's own fields, text by name.
    """

    legacy_id: str | None = None
    sis_id: str | None = None
    school: SchoolId | None = None
    schools: tuple[SchoolId, ...] = NOT_SENT
    enrollments: tuple[SchoolEnrollment, ...] = NOT_SENT
    student_number: str | None = None
    state_id: str | None = None
    grade: str | None = None
    graduation_year: str | None = None
    dob: Day = None
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
    ext: Mapping[str, object] | None = None


@attrs.frozen(kw_only=True, repr=False)
class TeacherRole:
    """`roles.teacher` (dev.clever.com, "Users"; v3.1 description).

    Attributes:
        legacy_id: the id of this teacher before v3.
        school: the primary one, which is in `schools` too.
        district, name, created, last_modified: described; the person has them too.
        ext: the district's own fields, text by name.
    """

    legacy_id: str | None = None
    sis_id: str | None = None
    school: SchoolId | None = None
    schools: tuple[SchoolId, ...] = NOT_SENT
    teacher_number: str | None = None
    state_id: str | None = None
    title: str | None = None
    district: DistrictId | None = None
    name: Name | None = None
    credentials: Credentials | None = None
    created: datetime | None = None
    last_modified: datetime | None = None
    ext: Mapping[str, object] | None = None


@attrs.frozen(kw_only=True, repr=False)
class StaffRole:
    """`roles.staff`: school administrators and other staff (dev.clever.com, "Users"). Has no primary school.

    Attributes:
        legacy_id: the id of this school administrator before v3.
        staff_id: what `sis_id` is for others.
        roles: the district's words for what they do; no roles of Clever's.
    """

    legacy_id: str | None = None
    staff_id: str | None = None
    schools: tuple[SchoolId, ...] = NOT_SENT
    roles: tuple[str, ...] = NOT_SENT
    department: str | None = None
    title: str | None = None
    credentials: Credentials | None = None
    ext: Mapping[str, object] | None = None


@attrs.frozen(kw_only=True, repr=False)
class DistrictAdminRole:
    """`roles.district_admin`: belongs to no school (dev.clever.com, "Users").

    Attributes:
        legacy_id: the id of this administrator before v3.
    """

    legacy_id: str | None = None
    title: str | None = None


@attrs.frozen(kw_only=True)
class StudentRelationship:
    """How a contact stands to one student (v3.1 description).

    Attributes:
        relationship: "Parent", "Aunt/Uncle", ...; values: `RelationshipWord`.
        type: "Parent/Guardian", "Emergency", ...; values: `RelationshipType`.
    """

    student: PersonId | None = None
    relationship: str | None = None
    type: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class ContactRole:
    """`roles.contact`: a parent, guardian or other contact (dev.clever.com, "Users").

    Attributes:
        sis_id: where it is missing, the person's id hangs on name, email and phone, and changes with them.
        phone: as the district wrote it.
        phone_type: values: `PhoneType`.
    """

    legacy_id: str | None = None
    sis_id: str | None = None
    phone: str | None = None
    phone_type: str | None = None
    student_relationships: tuple[StudentRelationship, ...] = NOT_SENT


@attrs.frozen(kw_only=True)
class Roles:
    """Every role at once; roles that this version does not know are in `User.unknown_roles`."""

    student: StudentRole | None = None
    teacher: TeacherRole | None = None
    staff: StaffRole | None = None
    district_admin: DistrictAdminRole | None = None
    contact: ContactRole | None = None


@attrs.frozen(kw_only=True)
class User(Kept):
    """A person (dev.clever.com, "Users"). A contact may lack a first name; most else may be missing.

    Attributes:
        email: unverified, may lack an "@" (recorded), and is not unique within a district.
        lms_status: v3.1 only.
        created: not for ever: a district that was loaded anew had another one (recorded).
    """

    id: PersonId
    district: DistrictId
    name: Name = attrs.field(factory=Name)
    email: str | None = attrs.field(default=None, repr=False)
    roles: Roles = attrs.field(factory=Roles)
    lms_status: LmsStatus | None = None
    created: datetime | None = None
    last_modified: datetime | None = None

    @property
    def unknown_roles(self) -> frozenset[str]:
        """Names of roles that this version does not know. They grant nothing."""
        rest = self.rest.get("roles")
        if not isinstance(rest, Mapping):
            return frozenset()
        roles = cast("Mapping[str, object]", rest)
        return frozenset(name for name, role in roles.items() if role is not None) - _KNOWN_ROLES


_KNOWN_ROLES = frozenset(attrs.fields_dict(Roles))


# --- Places and classes -----------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Principal:
    """Of a school."""

    name: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class School(Kept):
    """A school (dev.clever.com, "Schools"; v3.1 description).

    Attributes:
        school_number, state_id, nces_id, mdr_number: text, zeros in front kept.
        low_grade, high_grade: values: `Grade`.
        ext: the district's own fields, text by name.
    """

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
    ext: Mapping[str, object] | None = None


@attrs.frozen(kw_only=True)
class Term(Kept):
    """A term (v3.1 description). Its id is made from its name and dates, and changes with them.

    Attributes:
        start_date, end_date: plain dates (recorded), although the description says instants.
    """

    id: TermId
    district: DistrictId | None = None
    name: str | None = None
    start_date: Day = None
    end_date: Day = None


@attrs.frozen(kw_only=True)
class Course(Kept):
    """A course (v3.1 description). Its id is made from what sections say of it; it has no instants."""

    id: CourseId
    district: DistrictId | None = None
    name: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class Section(Kept):
    """A class (dev.clever.com, "Sections"; v3.1 description).

    Attributes:
        name: made by Clever of course, teacher and period where the district sends a course; not unique.
        term_id: named so on the wire, unlike `school` and `course`.
        period, section_number: text; the latter is usually "" (recorded).
        grade: values: `Grade`; need not be the grade of its students.
        subject: values: `Subject`, in lower case on the wire.
        teacher: the primary one, and the first of `teachers`, of whom there are ten at most.
        students: ids in ascending order (recorded).
        lms_status: v3.1 only.
        ext: the district's own fields, text by name.
    """

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
    teachers: tuple[PersonId, ...] = NOT_SENT
    students: tuple[PersonId, ...] = NOT_SENT
    lms_status: LmsStatus | None = None
    created: datetime | None = None
    last_modified: datetime | None = None
    ext: Mapping[str, object] | None = None


@attrs.frozen(kw_only=True)
class Resource(Kept):
    """Material assigned to courses, not to sections (v3.1 description).

    Attributes:
        resource_id: not Clever's id, which is `id`.
        roles: "teacher", "student": who may use it.
        updated: what `last_modified` is for others.
    """

    id: str
    district: DistrictId | None = None
    resource_id: str | None = None
    title: str | None = None
    roles: tuple[str, ...] = NOT_SENT
    created: datetime | None = None
    updated: datetime | None = None


@attrs.frozen(kw_only=True)
class DistrictContact:
    """Who answers for the district."""

    id: str | None = None
    district: DistrictId | None = None
    email: str | None = attrs.field(default=None, repr=False)
    title: str | None = None
    name: Name | None = None


@attrs.frozen(kw_only=True)
class District(Kept):
    """A district (dev.clever.com, "Districts"; v3.1 description).

    Attributes:
        name: begins with "#DEMO" for a sandbox (recorded).
        state: how its sync stands; values: `DistrictState`.
        error: a sentence for people; not to be decided by.
        sis_type: "sftp", or another word for where the files come from.
        last_sync: changes with every sync, and makes an event each time (recorded).
        pause_start, pause_end: of the pause that is on or planned.
        login_methods: words such as "Clever Badges" or "SAML".
        lms_type, lms_state, last_attendance_sync: v3.1 only; values: `LmsType`, `LmsState`.
    """

    id: DistrictId
    name: str | None = None
    state: str | None = None
    error: str | None = None
    sis_type: str | None = None
    launch_date: Day = None
    last_sync: datetime | None = None
    pause_start: datetime | None = None
    pause_end: datetime | None = None
    portal_url: str | None = None
    login_methods: tuple[str, ...] = NOT_SENT
    mdr_number: str | None = None
    nces_id: str | None = None
    lms_type: str | None = None
    lms_state: str | None = None
    last_attendance_sync: datetime | None = None
    district_contact: DistrictContact | None = None
