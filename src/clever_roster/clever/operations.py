"""Every operation as a method, once: what `endpoints` describes, worn by the blocking and by the awaiting client.

`get_` reads one record, `list_` a whole list or an error, `iter_` the same as a stream, `count_` Clever's own count;
`fetch_` reads several things and makes one value of them. Errors: `reading.refusal` and `reading.Trail`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import update_wrapper
from typing import Any, ParamSpec, TypeVar

from clever_roster.clever import coursework, endpoints, records
from clever_roster.clever.classrooms import read_classrooms
from clever_roster.clever.endpoints import One
from clever_roster.clever.eventing import EventId, Events, FullReadNeeded
from clever_roster.clever.feed import read_cursor, read_events
from clever_roster.clever.reading import Api, Many, fetch, read_count, read_list, read_one
from clever_roster.clever.snapshots import read_district, read_snapshot
from clever_roster.clever.streams import streaming
from clever_roster.model import Classroom, DistrictId, PersonId, SectionId, Snapshot
from clever_roster.steps import Steps, flow

__all__ = ["OAUTH_URL", "Operations"]

Record = TypeVar("Record")
Arguments = ParamSpec("Arguments")

OAUTH_URL = "https://clever.com"


def _one(describe: Callable[Arguments, One[Record]]) -> flow[Arguments, Record]:
    def read(client: Operations, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Steps[Record]:
        one = describe(*args, **kwargs)
        return (yield from read_one(client.api, one.path, one.kind))

    return flow(update_wrapper(read, describe))


def _all(describe: Callable[Arguments, Many[Record]]) -> flow[Arguments, tuple[Record, ...]]:
    def read(client: Operations, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Steps[tuple[Record, ...]]:
        return (yield from read_list(client.api, describe(*args, **kwargs))).records

    return flow(update_wrapper(read, describe))


def _count(describe: Callable[Arguments, Many[Any]]) -> flow[Arguments, int]:
    def read(client: Operations, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Steps[int]:
        return (yield from read_count(client.api, describe(*args, **kwargs)))

    return flow(update_wrapper(read, describe))


class Operations:
    """What a client can do. `api` is where, on whose token and with how much patience."""

    api: Api
    _oauth_url: str = OAUTH_URL

    # --- Who am I ---

    get_me = _one(endpoints.me)

    @flow
    def get_userinfo(self) -> Steps[records.UserInfo]:
        """Who the token of a login belongs to, with name and email (dev.clever.com, "The userinfo endpoint")."""
        url = f"{self.api.url.rstrip('/')}/userinfo"
        return (yield from read_one(self.api, url, records.UserInfo, bare=True))

    @flow
    def get_tokeninfo(self) -> Steps[records.TokenInfo]:
        """Which application the token was given to, and what it may read. Asked of the host of logins."""
        url = f"{self._oauth_url.rstrip('/')}/oauth/tokeninfo"
        return (yield from read_one(self.api, url, records.TokenInfo, bare=True))

    # --- Districts ---

    list_districts = _all(endpoints.districts)
    iter_districts = streaming(endpoints.districts)
    count_districts = _count(endpoints.districts)
    get_district = _one(endpoints.district)
    # --- Schools ---

    list_schools = _all(endpoints.schools)
    iter_schools = streaming(endpoints.schools)
    count_schools = _count(endpoints.schools)
    get_school = _one(endpoints.school)
    get_district_of_school = _one(endpoints.district_of_school)
    list_users_of_school = _all(endpoints.users_of_school)
    iter_users_of_school = streaming(endpoints.users_of_school)
    list_sections_of_school = _all(endpoints.sections_of_school)
    iter_sections_of_school = streaming(endpoints.sections_of_school)
    list_courses_of_school = _all(endpoints.courses_of_school)
    iter_courses_of_school = streaming(endpoints.courses_of_school)
    list_terms_of_school = _all(endpoints.terms_of_school)
    iter_terms_of_school = streaming(endpoints.terms_of_school)
    # --- People ---

    list_users = _all(endpoints.users)
    iter_users = streaming(endpoints.users)
    count_users = _count(endpoints.users)
    get_user = _one(endpoints.user)
    get_district_of_user = _one(endpoints.district_of_user)
    list_schools_of_user = _all(endpoints.schools_of_user)
    iter_schools_of_user = streaming(endpoints.schools_of_user)
    list_sections_of_user = _all(endpoints.sections_of_user)
    iter_sections_of_user = streaming(endpoints.sections_of_user)
    list_students_of_user = _all(endpoints.students_of_user)
    iter_students_of_user = streaming(endpoints.students_of_user)
    list_teachers_of_user = _all(endpoints.teachers_of_user)
    iter_teachers_of_user = streaming(endpoints.teachers_of_user)
    list_contacts_of_user = _all(endpoints.contacts_of_user)
    iter_contacts_of_user = streaming(endpoints.contacts_of_user)
    list_resources_of_user = _all(endpoints.resources_of_user)
    iter_resources_of_user = streaming(endpoints.resources_of_user)
    # --- Sections ---

    list_sections = _all(endpoints.sections)
    iter_sections = streaming(endpoints.sections)
    count_sections = _count(endpoints.sections)
    get_section = _one(endpoints.section)
    get_course_of_section = _one(endpoints.course_of_section)
    get_district_of_section = _one(endpoints.district_of_section)
    get_school_of_section = _one(endpoints.school_of_section)
    get_term_of_section = _one(endpoints.term_of_section)
    list_users_of_section = _all(endpoints.users_of_section)
    iter_users_of_section = streaming(endpoints.users_of_section)
    list_resources_of_section = _all(endpoints.resources_of_section)
    iter_resources_of_section = streaming(endpoints.resources_of_section)
    # --- Courses ---

    list_courses = _all(endpoints.courses)
    iter_courses = streaming(endpoints.courses)
    count_courses = _count(endpoints.courses)
    get_course = _one(endpoints.course)
    get_district_of_course = _one(endpoints.district_of_course)
    list_resources_of_course = _all(endpoints.resources_of_course)
    iter_resources_of_course = streaming(endpoints.resources_of_course)
    list_schools_of_course = _all(endpoints.schools_of_course)
    iter_schools_of_course = streaming(endpoints.schools_of_course)
    list_sections_of_course = _all(endpoints.sections_of_course)
    iter_sections_of_course = streaming(endpoints.sections_of_course)
    # --- Terms ---

    list_terms = _all(endpoints.terms)
    iter_terms = streaming(endpoints.terms)
    count_terms = _count(endpoints.terms)
    get_term = _one(endpoints.term)
    get_district_of_term = _one(endpoints.district_of_term)
    list_schools_of_term = _all(endpoints.schools_of_term)
    iter_schools_of_term = streaming(endpoints.schools_of_term)
    list_sections_of_term = _all(endpoints.sections_of_term)
    iter_sections_of_term = streaming(endpoints.sections_of_term)
    # --- Resources ---

    list_resources = _all(endpoints.resources)
    iter_resources = streaming(endpoints.resources)
    get_resource = _one(endpoints.resource)
    list_courses_of_resource = _all(endpoints.courses_of_resource)
    iter_courses_of_resource = streaming(endpoints.courses_of_resource)
    list_sections_of_resource = _all(endpoints.sections_of_resource)
    iter_sections_of_resource = streaming(endpoints.sections_of_resource)
    list_users_of_resource = _all(endpoints.users_of_resource)
    iter_users_of_resource = streaming(endpoints.users_of_resource)
    # --- Events and attendance ---

    get_event = _one(endpoints.event)
    list_events = _all(endpoints.events)
    iter_events = streaming(endpoints.events)
    list_attendance_of_school = _all(endpoints.attendance_of_school)
    iter_attendance_of_school = streaming(endpoints.attendance_of_school)
    list_attendance_of_section = _all(endpoints.attendance_of_section)
    iter_attendance_of_section = streaming(endpoints.attendance_of_section)

    # --- LMS Connect: what changes something is sent once and never again by itself ---

    get_assignment = _one(endpoints.assignment)
    list_submissions = _all(endpoints.submissions)
    iter_submissions = streaming(endpoints.submissions)
    get_submission = _one(endpoints.submission)

    @flow
    def create_assignment(
        self, section: SectionId, assignment: coursework.AssignmentRequest
    ) -> Steps[coursework.Assignment]:
        """Give a section an assignment; fields that are UNSET are Clever's choice."""
        return (yield from self._send("POST", endpoints.assignments(section), coursework.body_of(assignment)))

    @flow
    def update_assignment(
        self, section: SectionId, assignment: coursework.AssignmentId, changes: coursework.AssignmentRequest
    ) -> Steps[coursework.Assignment]:
        """Change an assignment: UNSET leaves a field as it is, None clears it."""
        one = endpoints.assignment(section, assignment)
        return (yield from self._send("PATCH", one, coursework.body_of(changes)))

    @flow
    def delete_assignment(self, section: SectionId, assignment: coursework.AssignmentId) -> Steps[None]:
        """Take an assignment back. Raises NotFound when it is gone already, also by a first try that was unanswered."""
        one = endpoints.assignment(section, assignment)
        yield from fetch(self.api, self.api.link(one.path), method="DELETE")

    @flow
    def update_submission(
        self,
        section: SectionId,
        assignment: coursework.AssignmentId,
        user: PersonId,
        changes: coursework.SubmissionRequest,
    ) -> Steps[coursework.Submission]:
        """Grade, excuse or return a submission: UNSET leaves a field as it is, None clears it."""
        one = endpoints.submission(section, assignment, user)
        return (yield from self._send("PATCH", one, coursework.body_of(changes)))

    def _send(self, method: str, one: One[Record], body: bytes) -> Steps[Record]:
        return (yield from read_one(self.api, one.path, one.kind, method=method, body=body))

    # --- Several reads, one value ---

    @flow
    def fetch_classrooms(self, teacher: PersonId) -> Steps[tuple[Classroom, ...]]:
        """What a teacher may choose from: each section with school, term, course, co-teachers and a look-alike flag."""
        return (yield from read_classrooms(self.api, teacher))

    @flow
    def fetch_snapshot(self, district: DistrictId, sections: Collection[SectionId]) -> Steps[Snapshot]:
        """These sections and everyone in them, with the proof of how completely they were read.

        Raises:
            ReauthRequired: the token is not good.
            UnexpectedPayload: a record belongs to another district.
        """
        return (yield from read_snapshot(self.api, district, sections))

    @flow
    def fetch_district(self, district: DistrictId, known: Collection[SectionId] = ()) -> Steps[Snapshot]:
        """Every section and everybody of a district, with the proof of how completely they were read.

        Args:
            known: sections that the host has; they are in the scope too, so that a diff sees those that are gone.

        Raises:
            SourceError: a list could not be read to its end, or its number is another than Clever counted.
            UnexpectedPayload: a record belongs to another district.
        """
        return (yield from read_district(self.api, district, known))

    @flow
    def fetch_cursor(self) -> Steps[EventId | None]:
        """The newest event's id: save it, read the district in full, then go on with `fetch_events` from it."""
        return (yield from read_cursor(self.api))

    @flow
    def fetch_events(
        self, after: EventId | None, *, saved_at: datetime | None = None
    ) -> Steps[Events | FullReadNeeded]:
        """Everything that happened since a cursor, typed; or that events may have been lost and which way.

        Args:
            saved_at: when the cursor was saved; tells an old "there was no event yet" from a new one.

        Raises:
            UnexpectedPayload: an event cannot be read.
        """
        return (yield from read_events(self.api, after, saved_at=saved_at))
