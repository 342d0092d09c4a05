"""What Google Classroom says, as typed records: courses, profiles, and who is in a course. Pure.

Fields and their meanings: Google, "Classroom API", REST reference v1 (Course, Student, Teacher, UserProfile, Name).
Only what a roster needs is read. Google leaves out what is empty, false or not shared with the token, so a missing
field is no fault but for ids; a field of another type is, and its path is named, never its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar, cast

import attrs

from clever_roster.model import PersonId, PersonName, SectionId

__all__ = [
    "Course",
    "CourseState",
    "Member",
    "Misread",
    "Profile",
    "read_alias",
    "read_course",
    "read_member",
    "read_profile",
]

Kind = TypeVar("Kind")


class CourseState(StrEnum):
    """How a course stands. A field is text and compares equal to these; one that Google adds is kept as it came."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    PROVISIONED = "PROVISIONED"
    DECLINED = "DECLINED"
    SUSPENDED = "SUSPENDED"


@attrs.frozen(kw_only=True)
class Course:
    """A course. Google's `section` is free text such as "Period 2"; it is what tells two courses of a name apart.

    Attributes:
        owner: who made it, or was given it; one of its teachers.
        state: see `CourseState`.
    """

    id: SectionId
    name: str = ""
    section: str | None = None
    room: str | None = None
    owner: PersonId | None = None
    state: str = CourseState.PROVISIONED


@attrs.frozen(kw_only=True)
class Profile:
    """A person, as far as the token may see them.

    Attributes:
        email: only with the scope `classroom.profile.emails`; unverified as far as we are concerned.
        verified_teacher: the school's administrator has confirmed that this is a teacher; False outside of Google
            Workspace for Education. Whoever is listed as a teacher of a course may be anybody.
    """

    id: PersonId
    name: PersonName = attrs.field(factory=lambda: PersonName("", ""))
    email: str | None = attrs.field(default=None, repr=False)
    verified_teacher: bool = False


@attrs.frozen(kw_only=True)
class Member:
    """Somebody in a course."""

    person: PersonId
    profile: Profile


class Misread(ValueError):
    """A field is not what is documented; the text is its path and what was expected."""


def read_course(value: object) -> Course:
    """A course.

    Raises:
        Misread: it has no id, or a field of another type.
    """
    given = _object(value, "course")
    owner = _text(given, "ownerId")
    return Course(
        id=SectionId(_id(given, "id")),
        name=_text(given, "name") or "",
        section=_text(given, "section") or None,
        room=_text(given, "room") or None,
        owner=PersonId(owner) if owner else None,
        state=_text(given, "courseState") or CourseState.PROVISIONED,
    )


def read_member(value: object) -> Member:
    """A student or a teacher. Somebody whose profile is not shared is known by id only.

    Raises:
        Misread: as `read_course`.
    """
    given = _object(value, "member")
    person = PersonId(_id(given, "userId"))
    profile = given.get("profile")
    shown = Profile(id=person) if profile is None else read_profile(profile)
    if shown.id != person:
        raise Misread("profile.id: the id of userId expected")
    return Member(person=person, profile=shown)


def read_profile(value: object) -> Profile:
    """A profile. A name that is not divided stands in `last`, as a contact's does at Clever.

    Raises:
        Misread: as `read_course`.
    """
    given = _object(value, "profile")
    name = _object(given.get("name") or {}, "profile.name")
    first, last = _text(name, "givenName") or "", _text(name, "familyName") or ""
    return Profile(
        id=PersonId(_id(given, "id")),
        name=PersonName(first, last if first or last else _text(name, "fullName") or ""),
        email=_text(given, "emailAddress") or None,
        verified_teacher=_typed(given, "verifiedTeacher", bool) or False,
    )


def read_alias(value: object) -> str:
    """An alias of a course: "d:..." of its domain, "p:..." of the application's project.

    Raises:
        Misread: as `read_course`.
    """
    return _id(_object(value, "alias"), "alias")


def _object(value: object, path: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Misread(f"{path}: an object expected")
    return cast("dict[str, object]", value)


def _typed(given: Mapping[str, object], field: str, kind: type[Kind]) -> Kind | None:
    value = given.get(field)
    if value is not None and not isinstance(value, kind):
        raise Misread(f"{field}: {kind.__name__} expected, not {type(value).__name__}")
    return value


def _text(given: Mapping[str, object], field: str) -> str | None:
    return _typed(given, field, str)


def _id(given: Mapping[str, object], field: str) -> str:
    value = _text(given, field)
    if not value:
        raise Misread(f"{field}: a required field is missing")
    return value
