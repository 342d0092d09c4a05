"""What the Classroom client asks and the pretend Google answers, held against Google's own description of the API.

`FIELDS` is what was read there by hand. Where GOOGLE_DISCOVERY names a copy of the discovery document of the Classroom
API (`classroom.v1.json`; the wheel of google-api-python-client carries one, which CI takes), requests, answers, states
and scopes are held against it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from clever_roster.model import PersonId, SectionId
from clever_roster.oauth import CLASSROOM
from clever_roster.sources.google import GoogleClassroom
from clever_roster.sources.google.records import CourseState
from clever_roster.testing import transport
from clever_roster.testing.google import SimulatedGoogle

FIELDS = {
    "Course": {"id", "name", "section", "room", "ownerId", "courseState", "alternateLink"},
    "CourseAlias": {"alias"},
    "Student": {"courseId", "userId", "profile"},
    "Teacher": {"courseId", "userId", "profile"},
    "UserProfile": {"id", "name", "emailAddress", "verifiedTeacher"},
    "Name": {"givenName", "familyName", "fullName"},
    "ListCoursesResponse": {"courses", "nextPageToken"},
    "ListCourseAliasesResponse": {"aliases", "nextPageToken"},
    "ListStudentsResponse": {"students", "nextPageToken"},
    "ListTeachersResponse": {"teachers", "nextPageToken"},
}


def test_the_simulator_writes_no_field_that_the_list_does_not_name(
    google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, course: SectionId
) -> None:
    """What was held against Google's document is what is written: each answer's fields are in the list."""
    headers = {"authorization": f"Bearer {google.access_token(teacher).reveal()}"}

    def get(path: str):
        return road.get(f"https://classroom.googleapis.com/v1/{path}", headers=headers).json()

    listed = get("courses?pageSize=1")
    assert listed.keys() <= FIELDS["ListCoursesResponse"]
    assert get(f"courses/{course}").keys() <= FIELDS["Course"]
    assert get(f"courses/{course}/aliases")["aliases"][0].keys() == FIELDS["CourseAlias"]
    for where, kind in (("students", "Student"), ("teachers", "Teacher")):
        page = get(f"courses/{course}/{where}?pageSize=1")
        assert page.keys() <= FIELDS[f"List{kind}sResponse"]
        assert page[where][0].keys() == FIELDS[kind]
        assert page[where][0]["profile"].keys() <= FIELDS["UserProfile"]
        assert page[where][0]["profile"]["name"].keys() <= FIELDS["Name"]


# --- Google's own words -----------------------------------------------------------------------------------------------


@pytest.fixture
def document() -> Mapping[str, Any]:
    where = os.environ.get("GOOGLE_DISCOVERY")
    if where is None:
        pytest.skip("GOOGLE_DISCOVERY is not set: see the top of this file")
    return json.loads(Path(where).read_text(encoding="utf-8"))


def test_every_field_state_and_scope_is_in_googles_document(document: Mapping[str, Any]) -> None:
    """The list above, the states that are told apart, and what is asked for at the login."""
    for kind, fields in FIELDS.items():
        assert fields <= document["schemas"][kind]["properties"].keys(), kind
    states = document["schemas"]["Course"]["properties"]["courseState"]["enum"]
    assert {*CourseState} == {*states} - {"COURSE_STATE_UNSPECIFIED"}
    assert document["auth"]["oauth2"]["scopes"].keys() >= CLASSROOM


def test_every_request_and_every_answer_is_one_that_google_describes(
    document: Mapping[str, Any], google: SimulatedGoogle, teacher: PersonId, course: SectionId, clock
) -> None:
    """Paths, parameters and the scopes that each takes; of the answers each property, however deep."""
    spoken: list[httpx.Response] = []
    with httpx.Client(transport=transport(google), event_hooks={"response": [spoken.append]}) as road:
        classroom = GoogleClassroom(
            google.access_token(teacher), http=road, page_size=5, clock=clock, sleep=lambda s: clock.forward(seconds=s)
        )
        classroom.fetch_classrooms()
        classroom.fetch_course(course)
        known = classroom.fetch_snapshot([course]).sections[course]
        gone = attrs.evolve(known, students=(*known.students, PersonId("9" * 21)))
        classroom.fetch_snapshot([course], known=[gone])
    used = {held(document, answer) for answer in spoken}
    assert used == {
        "classroom.courses.list",
        "classroom.courses.get",
        "classroom.courses.aliases.list",
        "classroom.courses.students.get",
        "classroom.courses.students.list",
        "classroom.courses.teachers.list",
        "classroom.userProfiles.get",
    }


def held(document: Mapping[str, Any], answer: httpx.Response) -> str:
    """The operation that a request is, by Google's name; its parameters, its scopes and its answer hold."""
    url, method = answer.request.url, answer.request.method
    operation = next(
        one for one in operations(document) if one["httpMethod"] == method and is_path(one["flatPath"], url.path)
    )
    asked = {name for name, what in operation["parameters"].items() if what["location"] == "query"}
    assert {*url.params} <= asked, operation["id"]
    assert CLASSROOM & {*operation["scopes"]}, operation["id"]
    if answer.is_success:
        described(document, operation["response"]["$ref"], answer.json())
    return operation["id"]


def operations(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for below in resource.get("resources", {}).values():
        yield from operations(below)


def is_path(template: str, path: str) -> bool:
    return re.fullmatch("/" + re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def described(document: Mapping[str, Any], kind: str, value: Mapping[str, Any]) -> None:
    """Each property of an answer is one of its schema's, of the type that stands there."""
    types = {"string": str, "boolean": bool, "integer": int, "array": list}
    for name, what in value.items():
        told = document["schemas"][kind]["properties"][name]
        if "$ref" in told:
            described(document, told["$ref"], what)
            continue
        assert isinstance(what, types[told["type"]]), (kind, name)
        if told["type"] == "array" and "$ref" in told["items"]:
            for each in what:
                described(document, told["items"]["$ref"], each)
