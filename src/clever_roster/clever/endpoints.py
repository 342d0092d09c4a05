"""Every read of Clever's Data, Events and Attendance APIs (v3.0 and v3.1), once each: a function that gives a value.

`users(role=Role.TEACHER)` is where the list of teachers is and what it holds; nothing is sent. `operations` wears each
of these as methods (`list_users`, `iter_users`), and a test holds them against Clever's own description: each path and
parameter is here, or listed there with a reason. Lists come in the order of ids.

Sources: Clever's v3.1 descriptions; dev.clever.com, "Users", "Sections", "Events API". Paths are the lower-case ones of
the description, although links on the wire say `myStudents` (both are routed).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final, Generic, TypeVar
from urllib.parse import quote

import attrs

from clever_roster.clever import coursework, records
from clever_roster.clever.decode import Shape
from clever_roster.clever.eventing import WireEvent
from clever_roster.clever.reading import Many
from clever_roster.model import CourseId, DistrictId, PersonId, Role, SchoolId, SectionId, TermId

Record = TypeVar("Record")


@attrs.frozen
class One(Generic[Record]):
    """One record at Clever, as a value: where it is and what it is.

    Attributes:
        path: below the version's root.
        bare: the body is the record, without an envelope.
    """

    path: str
    kind: type[Record]
    bare: bool = False


_DISTRICTS: Final = Shape(records.District)
_SCHOOLS: Final = Shape(records.School)
_USERS: Final = Shape(records.User)
_SECTIONS: Final = Shape(records.Section)
_COURSES: Final = Shape(records.Course)
_TERMS: Final = Shape(records.Term)
_RESOURCES: Final = Shape(records.Resource, names=("data", "resources"))
_EVENTS: Final = Shape(WireEvent)
_ATTENDANCE: Final = Shape(coursework.Attendance, wrapped=False, ordered=False)
_SUBMISSIONS: Final = Shape(coursework.Submission, wrapped=False, ordered=False)


def _at(*segments: str) -> str:
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


def _role(role: Role | None) -> tuple[tuple[str, str], ...]:
    return () if role is None else (("role", role.value),)


def _primary(*, only: bool) -> tuple[tuple[str, str], ...]:
    return (("primary", "true"),) if only else ()


# --- Who am I ---------------------------------------------------------------------------------------------------------


def me() -> One[records.Me]:
    """Who the token was given to; for the token of a login only (dev.clever.com, "Identity API")."""
    return One("/me", records.Me)


# --- Districts --------------------------------------------------------------------------------------------------------


def districts() -> Many[records.District]:
    """Every district of the token: its own."""
    return Many(path="/districts", shape=_DISTRICTS, longest_page=None)


def district(district: DistrictId) -> One[records.District]:
    """One district: the token's own."""
    return One(_at("districts", district), records.District)


# --- Schools ----------------------------------------------------------------------------------------------------------


def schools() -> Many[records.School]:
    """All schools that the district shares."""
    return Many(path="/schools", shape=_SCHOOLS)


def school(school: SchoolId) -> One[records.School]:
    """One school."""
    return One(_at("schools", school), records.School)


def district_of_school(school: SchoolId) -> One[records.District]:
    """A school's district."""
    return One(_at("schools", school, "district"), records.District)


def users_of_school(school: SchoolId, *, role: Role | None = None, primary: bool = False) -> Many[records.User]:
    """Everyone enrolled at a school; `primary` leaves out those whose first school is another."""
    return Many(path=_at("schools", school, "users"), shape=_USERS, query=(*_role(role), *_primary(only=primary)))


def sections_of_school(school: SchoolId) -> Many[records.Section]:
    """The sections of a school."""
    return Many(path=_at("schools", school, "sections"), shape=_SECTIONS)


def courses_of_school(school: SchoolId) -> Many[records.Course]:
    """The courses that a school's sections belong to."""
    return Many(path=_at("schools", school, "courses"), shape=_COURSES)


def terms_of_school(school: SchoolId) -> Many[records.Term]:
    """The terms that a school's sections belong to."""
    return Many(path=_at("schools", school, "terms"), shape=_TERMS)


# --- People -----------------------------------------------------------------------------------------------------------


def users(*, role: Role | None = None) -> Many[records.User]:
    """All people, or all who have a role. Needs Secure Sync."""
    return Many(path="/users", shape=_USERS, query=_role(role))


def user(user: PersonId) -> One[records.User]:
    """One person, with all roles."""
    return One(_at("users", user), records.User)


def district_of_user(user: PersonId) -> One[records.District]:
    """A person's district."""
    return One(_at("users", user, "district"), records.District)


def schools_of_user(user: PersonId, *, primary: bool = False) -> Many[records.School]:
    """A person's schools, or the first of them alone."""
    return Many(path=_at("users", user, "schools"), shape=_SCHOOLS, query=_primary(only=primary))


def sections_of_user(user: PersonId) -> Many[records.Section]:
    """The sections that a person teaches, co-teaches or attends."""
    return Many(path=_at("users", user, "sections"), shape=_SECTIONS)


def students_of_user(user: PersonId) -> Many[records.User]:
    """The students of a teacher, or of a contact."""
    return Many(path=_at("users", user, "mystudents"), shape=_USERS)


def teachers_of_user(user: PersonId) -> Many[records.User]:
    """The teachers of a student."""
    return Many(path=_at("users", user, "myteachers"), shape=_USERS)


def contacts_of_user(user: PersonId) -> Many[records.User]:
    """The contacts of a student."""
    return Many(path=_at("users", user, "mycontacts"), shape=_USERS)


def resources_of_user(user: PersonId) -> Many[records.Resource]:
    """The resources assigned to a person's courses."""
    return Many(path=_at("users", user, "resources"), shape=_RESOURCES)


# --- Sections ---------------------------------------------------------------------------------------------------------


def sections() -> Many[records.Section]:
    """All sections that the district shares."""
    return Many(path="/sections", shape=_SECTIONS)


def section(section: SectionId) -> One[records.Section]:
    """One section."""
    return One(_at("sections", section), records.Section)


def course_of_section(section: SectionId) -> One[records.Course]:
    """A section's course."""
    return One(_at("sections", section, "course"), records.Course)


def district_of_section(section: SectionId) -> One[records.District]:
    """A section's district."""
    return One(_at("sections", section, "district"), records.District)


def school_of_section(section: SectionId) -> One[records.School]:
    """A section's school."""
    return One(_at("sections", section, "school"), records.School)


def term_of_section(section: SectionId) -> One[records.Term]:
    """A section's term."""
    return One(_at("sections", section, "term"), records.Term)


def users_of_section(section: SectionId, *, role: Role | None = None) -> Many[records.User]:
    """The people of a section; `role` is STUDENT or TEACHER."""
    return Many(path=_at("sections", section, "users"), shape=_USERS, query=_role(role))


def resources_of_section(section: SectionId) -> Many[records.Resource]:
    """The resources assigned to a section's course."""
    return Many(path=_at("sections", section, "resources"), shape=_RESOURCES)


# --- Courses ----------------------------------------------------------------------------------------------------------


def courses() -> Many[records.Course]:
    """All courses."""
    return Many(path="/courses", shape=_COURSES)


def course(course: CourseId) -> One[records.Course]:
    """One course."""
    return One(_at("courses", course), records.Course)


def district_of_course(course: CourseId) -> One[records.District]:
    """A course's district."""
    return One(_at("courses", course, "district"), records.District)


def resources_of_course(course: CourseId) -> Many[records.Resource]:
    """The resources assigned to a course."""
    return Many(path=_at("courses", course, "resources"), shape=_RESOURCES)


def schools_of_course(course: CourseId) -> Many[records.School]:
    """The schools where a course is taught."""
    return Many(path=_at("courses", course, "schools"), shape=_SCHOOLS)


def sections_of_course(course: CourseId) -> Many[records.Section]:
    """The sections of a course."""
    return Many(path=_at("courses", course, "sections"), shape=_SECTIONS)


# --- Terms ------------------------------------------------------------------------------------------------------------


def terms() -> Many[records.Term]:
    """All terms."""
    return Many(path="/terms", shape=_TERMS)


def term(term: TermId) -> One[records.Term]:
    """One term."""
    return One(_at("terms", term), records.Term)


def district_of_term(term: TermId) -> One[records.District]:
    """A term's district."""
    return One(_at("terms", term, "district"), records.District)


def schools_of_term(term: TermId) -> Many[records.School]:
    """The schools with sections in a term."""
    return Many(path=_at("terms", term, "schools"), shape=_SCHOOLS)


def sections_of_term(term: TermId) -> Many[records.Section]:
    """The sections of a term."""
    return Many(path=_at("terms", term, "sections"), shape=_SECTIONS)


# --- Resources --------------------------------------------------------------------------------------------------------


def resources() -> Many[records.Resource]:
    """All resources; needs a scope of its own."""
    return Many(path="/resources", shape=_RESOURCES)


def resource(resource: str) -> One[records.Resource]:
    """One resource."""
    return One(_at("resources", resource), records.Resource)


def courses_of_resource(resource: str) -> Many[records.Course]:
    """The courses that a resource is assigned to."""
    return Many(path=_at("resources", resource, "courses"), shape=_COURSES)


def sections_of_resource(resource: str) -> Many[records.Section]:
    """The sections of these courses."""
    return Many(path=_at("resources", resource, "sections"), shape=_SECTIONS)


def users_of_resource(resource: str, *, role: Role | None = None) -> Many[records.User]:
    """The people of these sections; `role` is STUDENT or TEACHER."""
    return Many(path=_at("resources", resource, "users"), shape=_USERS, query=_role(role))


# --- Events and attendance --------------------------------------------------------------------------------------------


def events(
    *, after: str | None = None, school: SchoolId | None = None, record_types: Collection[str] = ()
) -> Many[WireEvent]:
    """Events behind a cursor, oldest first; all that Clever still has (30 days) without one.

    With a school, events of the district as a whole (courses, terms, districts) are left out.
    """
    chosen = (*((("school", school),) if school else ()), *(("record_type", one) for one in record_types))
    return Many(path="/events", shape=_EVENTS, query=chosen, after=after)


def event(event: str) -> One[WireEvent]:
    """One event."""
    return One(_at("events", event), WireEvent)


def attendance_of_school(
    school: SchoolId, *, since: date | None = None, until: date | None = None, status: str | None = None
) -> Many[coursework.Attendance]:
    """Attendance at a school, by day; `status` is one of `AttendanceStatus` (v3.1 only)."""
    return _attendance(_at("attendance", "schools", school), since, until, status)


def attendance_of_section(
    section: SectionId, *, since: date | None = None, until: date | None = None, status: str | None = None
) -> Many[coursework.Attendance]:
    """Attendance in a section; `status` is one of `AttendanceStatus` (v3.1 only)."""
    return _attendance(_at("attendance", "sections", section), since, until, status)


def _attendance(path: str, since: date | None, until: date | None, status: str | None) -> Many[coursework.Attendance]:
    given = (
        ("date_range_start", since.isoformat() if since else None),
        ("date_range_end", until.isoformat() if until else None),
        ("attendance_status", status),
    )
    chosen = tuple((name, value) for name, value in given if value is not None)
    return Many(path=path, shape=_ATTENDANCE, query=chosen, longest_page=1000)


# --- LMS Connect ------------------------------------------------------------------------------------------------------


def assignment(section: SectionId, assignment: coursework.AssignmentId) -> One[coursework.Assignment]:
    """One assignment of a section."""
    return One(_at("sections", section, "assignments", assignment), coursework.Assignment)


def assignments(section: SectionId) -> One[coursework.Assignment]:
    """Where an assignment is posted to; Clever does not list them."""
    return One(_at("sections", section, "assignments"), coursework.Assignment)


def submissions(section: SectionId, assignment: coursework.AssignmentId) -> Many[coursework.Submission]:
    """The submissions for an assignment, paged by a cursor of Clever's own."""
    path = _at("sections", section, "assignments", assignment, "submissions")
    return Many(path=path, shape=_SUBMISSIONS, longest_page=100)


def submission(section: SectionId, assignment: coursework.AssignmentId, user: PersonId) -> One[coursework.Submission]:
    """One pupil's submission."""
    path = _at("sections", section, "assignments", assignment, "submissions", user)
    return One(path, coursework.Submission)
