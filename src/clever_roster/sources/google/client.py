"""The typed Classroom client: one description of the operations, worn by a blocking and an awaiting class.

with GoogleClassroom(access_token) as google:
    for classroom in google.fetch_classrooms():
        print(classroom.section.name, classroom.section.period, classroom.student_count)
    snapshot = google.fetch_snapshot([chosen])

The snapshot is the one that Clever's client gives too: `roster.plan`, the guard and `roster.apply` do not care.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime

from clever_roster.clever.classrooms import flag_look_alikes
from clever_roster.drivers import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.errors import UnexpectedPayload
from clever_roster.model import Classroom, PersonId, Secret, Section, SectionId, Snapshot
from clever_roster.patience import Exchange, Progress, RequestBudget
from clever_roster.sources.google.reading import API_URL, PAGE_SIZE, Api, Quota, at, read_list, read_one
from clever_roster.sources.google.records import Course, CourseState, Profile, read_course, read_profile
from clever_roster.sources.google.snapshots import read_aliases, read_roster, read_snapshot
from clever_roster.steps import Steps, flow

__all__ = ["AsyncGoogleClassroom", "GoogleClassroom"]

ME = PersonId("me")
"""The person whose token it is; Google knows them by this word."""


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_: object) -> None:
    """Nobody is told."""


class _Operations:
    """The reads, once."""

    api: Api

    @flow
    def fetch_courses(
        self, *, states: Collection[str] = (CourseState.ACTIVE,), teacher: PersonId = ME
    ) -> Steps[tuple[Course, ...]]:
        """The courses that somebody teaches, in the order of name, section and id.

        Args:
            states: which ones; empty for Google's default (all but suspended ones).
            teacher: "me", or an id, which takes an administrator's token.

        Raises:
            UnexpectedPayload: the list does not hang together.
            SourceError: it could not be read.
        """
        return (yield from _courses(self.api, states, teacher))

    @flow
    def fetch_course(self, course: str) -> Steps[Course]:
        """One course, by id or by alias ("d:math_101" of the domain, "p:..." of the application's project).

        Raises:
            NotFound: there is none.
            SourceError: it could not be read.
        """
        return (yield from read_one(self.api, at("courses", course), read_course))

    @flow
    def fetch_aliases(self, course: SectionId) -> Steps[tuple[str, ...]]:
        """The aliases of a course; none where they are not shared."""
        return (yield from read_aliases(self.api, course))

    @flow
    def fetch_profile(self, person: PersonId = ME) -> Steps[Profile]:
        """Who somebody is, and whether their school confirmed them as a teacher.

        Raises:
            SourceError: it could not be read.
        """
        return (yield from read_one(self.api, at("userProfiles", person), read_profile))

    @flow
    def fetch_classrooms(self) -> Steps[tuple[Classroom, ...]]:
        """What the token's owner may choose from: their active courses with everybody in them, look-alikes flagged.

        Raises:
            SourceError: the list, or a course on it, could not be read.
        """
        me = yield from read_one(self.api, at("userProfiles", ME), read_profile)
        found: list[Classroom] = []
        for course in (yield from _courses(self.api, (CourseState.ACTIVE,), ME)):
            roster = yield from read_roster(self.api, course)
            others = (roster.people[one].name for one in roster.section.teachers if one != me.id)
            found.append(
                Classroom(section=roster.section, school=None, term=None, course=None, co_teachers=tuple(others))
            )
        return flag_look_alikes(found)

    @flow
    def fetch_snapshot(self, courses: Collection[SectionId], *, known: Iterable[Section] = ()) -> Steps[Snapshot]:
        """Read these courses and everyone in them, with the proof of how completely.

        Args:
            courses: the ids that Classroom assigned (`Course.id`), no aliases.
            known: the courses as they were read last (`ports.roster.sections(...)`): whoever is in them and missing
                from the lists is asked for by name, before anybody is believed to have left.

        Raises:
            ConfigurationError: an alias stands where an id is asked for.
            ReauthRequired, ScopeMissing, SwitchedOff: nothing can be read with this token.
        """
        return (yield from read_snapshot(self.api, courses, known))


def _courses(api: Api, states: Collection[str], teacher: PersonId) -> Steps[tuple[Course, ...]]:
    query = [("teacherId", teacher), *(("courseStates", state) for state in sorted(states))]
    listed = yield from read_list(api, at("courses"), "courses", read_course, key=lambda course: course.id, query=query)
    if listed.doubt is not None:
        raise UnexpectedPayload(
            f"Google's list of courses cannot be trusted: {listed.doubt}.",
            next_step="Read it again; nothing was taken from it.",
        )
    return tuple(sorted(listed.records, key=lambda course: (course.name, course.section or "", course.id)))


class GoogleClassroom(_Operations, BlockingDriver):
    """Reads Classroom with one person's token, blocking. A context manager; closes only what it opened.

    Args:
        http: an HTTP client of httpx's shape; None for one of its own (10 seconds to answer, 3 to connect).
        quota: what the minute still allows; give one to all clients of the same person, or of the same application.
        on_progress: told after each page of a list.
        watch: told of each exchange with Google, for metrics and traces.
    """

    def __init__(
        self,
        token: Secret,
        *,
        url: str = API_URL,
        http: HttpClient | None = None,
        page_size: int = PAGE_SIZE,
        quota: RequestBudget | None = None,
        on_progress: Callable[[Progress], object] = _nobody,
        watch: Callable[[Exchange], object] = _nobody,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self.api = Api(
            token=token,
            url=url,
            page_size=page_size,
            budget=quota or Quota(),
            on_progress=on_progress,
            watch=watch,
            clock=clock,
        )


class AsyncGoogleClassroom(_Operations, AwaitingDriver):
    """Reads Classroom with one person's token, awaiting. The arguments are those of `GoogleClassroom`."""

    def __init__(
        self,
        token: Secret,
        *,
        url: str = API_URL,
        http: AsyncHttpClient | None = None,
        page_size: int = PAGE_SIZE,
        quota: RequestBudget | None = None,
        on_progress: Callable[[Progress], object] = _nobody,
        watch: Callable[[Exchange], object] = _nobody,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self.api = Api(
            token=token,
            url=url,
            page_size=page_size,
            budget=quota or Quota(),
            on_progress=on_progress,
            watch=watch,
            clock=clock,
        )
