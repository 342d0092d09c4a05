"""The typed client: one description of the operations, worn by a blocking and an awaiting class.

with CleverClient(Secret(token)) as clever:
    for classroom in clever.fetch_classrooms(teacher):
        print(classroom.section.name, classroom.section.period, classroom.student_count)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

from clever_roster.clever import records
from clever_roster.clever.classrooms import read_classrooms
from clever_roster.clever.reading import API_URL, PAGE_SIZE, Api, read_list, read_one
from clever_roster.clever.snapshots import read_snapshot
from clever_roster.clever.transport import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.model import (
    Classroom,
    CourseId,
    DistrictId,
    PersonId,
    Role,
    SchoolId,
    Secret,
    SectionId,
    Snapshot,
    TermId,
)
from clever_roster.steps import Steps, flow

__all__ = ["AsyncCleverClient", "CleverClient"]


def _now() -> datetime:
    return datetime.now(UTC)


class _Operations:
    """Every operation, once. Lists are complete or raise; see `reading` for the errors."""

    _api: Api

    @flow
    def get_me(self) -> Steps[records.Me]:
        """Who the token was given to; for the token of a login only (dev.clever.com, "Identity API")."""
        return (yield from read_one(self._api, "/me", records.Me))

    @flow
    def get_user(self, user: PersonId) -> Steps[records.User]:
        """One person, with all roles."""
        return (yield from read_one(self._api, f"/users/{user}", records.User))

    @flow
    def get_section(self, section: SectionId) -> Steps[records.Section]:
        """One section."""
        return (yield from read_one(self._api, f"/sections/{section}", records.Section))

    @flow
    def get_school(self, school: SchoolId) -> Steps[records.School]:
        """One school."""
        return (yield from read_one(self._api, f"/schools/{school}", records.School))

    @flow
    def get_term(self, term: TermId) -> Steps[records.Term]:
        """One term."""
        return (yield from read_one(self._api, f"/terms/{term}", records.Term))

    @flow
    def get_course(self, course: CourseId) -> Steps[records.Course]:
        """One course."""
        return (yield from read_one(self._api, f"/courses/{course}", records.Course))

    @flow
    def get_district(self, district: DistrictId) -> Steps[records.District]:
        """One district: the token's own."""
        return (yield from read_one(self._api, f"/districts/{district}", records.District))

    @flow
    def list_schools(self) -> Steps[tuple[records.School, ...]]:
        """All schools that the district shares, in the order of ids."""
        return (yield from read_list(self._api, "/schools", records.School)).records

    @flow
    def list_terms(self) -> Steps[tuple[records.Term, ...]]:
        """All terms, in the order of ids."""
        return (yield from read_list(self._api, "/terms", records.Term)).records

    @flow
    def list_courses(self) -> Steps[tuple[records.Course, ...]]:
        """All courses, in the order of ids."""
        return (yield from read_list(self._api, "/courses", records.Course)).records

    @flow
    def list_sections(self) -> Steps[tuple[records.Section, ...]]:
        """All sections that the district shares, in the order of ids."""
        return (yield from read_list(self._api, "/sections", records.Section)).records

    @flow
    def list_users(self, role: Role | None = None) -> Steps[tuple[records.User, ...]]:
        """All people, or all who have a role, in the order of ids. Needs Secure Sync."""
        query = None if role is None else {"role": role.value}
        return (yield from read_list(self._api, "/users", records.User, query)).records

    @flow
    def list_sections_of(self, user: PersonId) -> Steps[tuple[records.Section, ...]]:
        """The sections that a person teaches, co-teaches or attends."""
        return (yield from read_list(self._api, f"/users/{user}/sections", records.Section)).records

    @flow
    def list_users_in(self, section: SectionId, role: Role | None = None) -> Steps[tuple[records.User, ...]]:
        """The people of a section; `role` is STUDENT or TEACHER."""
        query = None if role is None else {"role": role.value}
        return (yield from read_list(self._api, f"/sections/{section}/users", records.User, query)).records

    @flow
    def fetch_classrooms(self, teacher: PersonId) -> Steps[tuple[Classroom, ...]]:
        """What a teacher may choose from: each section with school, term, course, co-teachers and a look-alike flag."""
        return (yield from read_classrooms(self._api, teacher))

    @flow
    def fetch_snapshot(self, district: DistrictId, sections: Collection[SectionId]) -> Steps[Snapshot]:
        """These sections and everyone in them, with the proof of how completely they were read.

        Raises:
            ReauthRequired: the token is not good.
            UnexpectedPayload: a record belongs to another district.
        """
        return (yield from read_snapshot(self._api, district, sections))


class CleverClient(_Operations, BlockingDriver):
    """Reads Clever's Data API with one token, blocking. A context manager; closes only what it opened."""

    def __init__(
        self,
        token: Secret,
        *,
        url: str = API_URL,
        http: HttpClient | None = None,
        page_size: int = PAGE_SIZE,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self._api = Api(token=token, url=url, page_size=page_size, clock=clock)


class AsyncCleverClient(_Operations, AwaitingDriver):
    """Reads Clever's Data API with one token, awaiting. An async context manager; closes only what it opened."""

    def __init__(
        self,
        token: Secret,
        *,
        url: str = API_URL,
        http: AsyncHttpClient | None = None,
        page_size: int = PAGE_SIZE,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self._api = Api(token=token, url=url, page_size=page_size, clock=clock)
