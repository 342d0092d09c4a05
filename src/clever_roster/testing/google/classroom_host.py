"""https://classroom.googleapis.com as a token meets it: courses, who is in them, aliases, profiles.

Forms as in Google's REST reference v1; errors as documented ("Common errors": `@Kind sentence` in the message) and as
recorded (`details` with `google.rpc.ErrorInfo`). What is empty or false is left out, as Google does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

from clever_roster.model import PersonId
from clever_roster.sources.google import CourseState
from clever_roster.steps import Response
from clever_roster.testing.exchange import Asked, Json, json_answer
from clever_roster.testing.google.accounts import Grant
from clever_roster.testing.google.domain import ClassroomDomain, SampleCourse, SampleUser

__all__ = ["COURSES", "EMAILS", "LARGEST_PAGE", "ROSTERS", "fault", "respond"]

Item = TypeVar("Item")

SCOPE = "https://www.googleapis.com/auth/classroom."
COURSES, ROSTERS, EMAILS = f"{SCOPE}courses.readonly", f"{SCOPE}rosters.readonly", f"{SCOPE}profile.emails"

DEFAULT_PAGE, LARGEST_PAGE = 30, 100


def fault(status: int, word: str, message: str, reason: str | None = None) -> Response:
    """An error in Google's form."""
    details: list[Json] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    body: Json = {"code": status, "message": message, "status": word, **({"details": details} if details else {})}
    return json_answer({"error": body}, status)


@attrs.frozen
class _Denied(Exception):
    response: Response


_NO_COURSE = fault(404, "NOT_FOUND", "Requested entity was not found.")
_FORBIDDEN = fault(403, "PERMISSION_DENIED", "The caller does not have permission")
_UNSCOPED = fault(
    403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
)


def respond(domain: ClassroomDomain, grant: Grant, asked: Asked) -> Response:
    """Answer a request that comes with somebody's good token."""
    try:
        return json_answer(_answered(domain, grant, asked))
    except _Denied as denied:
        return denied.response


def _answered(domain: ClassroomDomain, grant: Grant, asked: Asked) -> Json:
    match (asked.method, asked.path.split("/")[2:]):
        case "GET", ["courses"]:
            _needs(grant, COURSES)
            return _page(asked, "courses", _courses(domain, grant, asked), _course)
        case "GET", ["courses", course]:
            _needs(grant, COURSES)
            return _course(_seen(domain, grant, course))
        case "GET", ["courses", course, "aliases"]:
            _needs(grant, COURSES)
            return _page(asked, "aliases", _seen(domain, grant, course).aliases, _alias)
        case "GET", ["courses", course, "students" | "teachers" as where, *person]:
            _needs(grant, ROSTERS)
            seen = _seen(domain, grant, course)
            listed = seen.students if where == "students" else seen.teachers
            if not person:
                return _page(asked, where, listed, lambda one: _member(domain, grant, seen, one))
            wanted = _who(grant, person[0])
            if wanted not in listed:
                raise _Denied(_NO_COURSE)
            return _member(domain, grant, seen, wanted)
        case "GET", ["userProfiles", person]:
            _needs(grant, ROSTERS, EMAILS)
            user = domain.users.get(_who(grant, person))
            if user is None or not _may_see(domain, grant, user.id):
                raise _Denied(_NO_COURSE)
            return _profile(grant, user)
        case _:
            raise _Denied(_NO_COURSE)


def _needs(grant: Grant, *scopes: str) -> None:
    if grant.scopes.isdisjoint(scopes):
        raise _Denied(_UNSCOPED)


def _who(grant: Grant, person: str) -> PersonId:
    return grant.person if person == "me" else PersonId(person)


def _may_see(domain: ClassroomDomain, grant: Grant, person: PersonId) -> bool:
    return person == grant.person or any(
        grant.person in course.teachers and person in (*course.teachers, *course.students)
        for course in domain.courses.values()
    )


def _courses(domain: ClassroomDomain, grant: Grant, asked: Asked) -> list[SampleCourse]:
    """The most recently made one first; here, the largest id."""
    states = {value for name, value in asked.query if name == "courseStates"} or {*CourseState} - {"SUSPENDED"}
    teacher, student = asked.parameter("teacherId"), asked.parameter("studentId")
    return [
        course
        for _, course in sorted(domain.courses.items(), reverse=True)
        if course.state in states
        and _is_seen(grant, course)
        and (teacher is None or _who(grant, teacher) in course.teachers)
        and (student is None or _who(grant, student) in course.students)
    ]


def _seen(domain: ClassroomDomain, grant: Grant, wanted: str) -> SampleCourse:
    course = next((one for one in domain.courses.values() if wanted == one.id or wanted in one.aliases), None)
    if course is None:
        raise _Denied(_NO_COURSE)
    if not _is_seen(grant, course):
        raise _Denied(_FORBIDDEN)
    return course


def _is_seen(grant: Grant, course: SampleCourse) -> bool:
    """Members see a course; before it begins, once it is declined or suspended only its owner does."""
    if course.state in {CourseState.ACTIVE, CourseState.ARCHIVED}:
        return grant.person in (*course.teachers, *course.students)
    return grant.person == course.teachers[0]


# --- Records ----------------------------------------------------------------------------------------------------------


def _course(course: SampleCourse) -> Json:
    return _said(
        id=course.id,
        name=course.name,
        section=course.section,
        room=course.room,
        ownerId=course.teachers[0],
        courseState=course.state,
        alternateLink=f"https://classroom.google.com/c/{course.id}",
    )


def _member(domain: ClassroomDomain, grant: Grant, course: SampleCourse, person: PersonId) -> Json:
    user = domain.users.get(person)
    profile = None if user is None else _profile(grant, user)
    return _said(courseId=course.id, userId=person, profile=profile)


def _profile(grant: Grant, user: SampleUser) -> Json:
    name = _said(givenName=user.first, familyName=user.last, fullName=f"{user.first} {user.last}".strip())
    return _said(
        id=user.id,
        name=name,
        emailAddress=user.email if EMAILS in grant.scopes else "",
        verifiedTeacher=user.verified_teacher,
    )


def _alias(alias: str) -> Json:
    return {"alias": alias}


def _said(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value}


def _page(asked: Asked, name: str, listed: Sequence[Item], write: Callable[[Item], Json]) -> Json:
    """A page; the token is where the next one begins, in a form that nobody is to read."""
    start, size = _number(asked.parameter("pageToken"), "c"), _number(asked.parameter("pageSize"), "")
    end = start + min(size or DEFAULT_PAGE, LARGEST_PAGE)
    shown = [write(one) for one in listed[start:end]]
    return _said(**{name: shown, "nextPageToken": f"c{end}" if end < len(listed) else ""})


def _number(text: str | None, prefix: str) -> int:
    number = (text or "").removeprefix(prefix) or "0"
    if not number.isascii() or not number.isdigit():
        raise _Denied(fault(400, "INVALID_ARGUMENT", "Request contains an invalid argument."))
    return int(number[:9])
