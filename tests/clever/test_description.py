"""The client held against Clever's own descriptions (v3.1), where these are at hand.

They are Clever's and no part of this project: they are read from the folder that the environment variable
CLEVER_SPEC_DIR names (`v3.1*.yml` of github.com/Clever/swagger-api). Every path, parameter, field and enumeration of
theirs is in the client, or is listed below with the reason why not.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest
import yaml

from clever_roster.clever import CleverClient, coursework, endpoints, records, words
from clever_roster.clever.eventing import WireEvent
from clever_roster.clever.kept import Form, fields_of
from clever_roster.clever.reading import Api, Many
from clever_roster.model import Role, Secret
from clever_roster.steps import Request, Response, Send

FILES = ("v3.1.yml", "v3.1-events.yml", "v3.1-attendance.yml", "v3.1-lms.yml")

ID = "65aa00000000000000000001"

PARAMETERS_LEFT_OUT = {
    "ending_before": "lists are read forwards, from their beginning or from behind an id",
    "cursor": "followed in the links of a page, never made by us",
    "count": "asked by count_... methods, which the test of counts below looks at",
}

RECORDS: dict[str, type[Any]] = {
    "Attachment": coursework.Attachment,
    "AttachmentRequest": coursework.AttachmentRequest,
    "Assignment": coursework.Assignment,
    "AssignmentRequest": coursework.AssignmentRequest,
    "Attendance": coursework.Attendance,
    "Contact": records.ContactRole,
    "Course": records.Course,
    "Credentials": records.Credentials,
    "Disability": records.Disability,
    "District": records.District,
    "DistrictAdmin": records.DistrictAdminRole,
    "DistrictContact": records.DistrictContact,
    "Event": WireEvent,
    "GradingScale": coursework.GradingScale,
    "GradingScaleEntry": coursework.GradingScaleEntry,
    "LmsStatus": records.LmsStatus,
    "Location": records.Location,
    "Name": records.Name,
    "PreferredName": records.Name,
    "Principal": records.Principal,
    "Resource": records.Resource,
    "Roles": records.Roles,
    "School": records.School,
    "SchoolEnrollment": records.SchoolEnrollment,
    "Section": records.Section,
    "Staff": records.StaffRole,
    "Student": records.StudentRole,
    "StudentRelationship": records.StudentRelationship,
    "Submission": coursework.Submission,
    "SubmissionRequest": coursework.SubmissionRequest,
    "Teacher": records.TeacherRole,
    "Term": records.Term,
    "User": records.User,
}

NOT_RECORDS = re.compile(r"\w+Response$|BadRequest$|InternalError$|NotFound$|Unauthorized$|Link$|SubmissionsLink$")
"""Envelopes, links and errors: read by `decode` and `reading`, not made into records."""

EVENT = re.compile(r"(\w+)\.(created|updated|deleted)$|\w+Object$")
"""One definition per type of event: read as `WireEvent`, its object by the type's name."""

WORDS: dict[tuple[str, str], type[StrEnum]] = {
    ("Contact", "phone_type"): words.PhoneType,
    ("Disability", "disability_code"): words.DisabilityCode,
    ("Disability", "disability_status"): words.YesNo,
    ("Disability", "disability_type"): words.DisabilityType,
    ("District", "lms_state"): words.LmsState,
    ("District", "lms_type"): words.LmsType,
    ("District", "state"): words.DistrictState,
    ("School", "high_grade"): words.Grade,
    ("School", "low_grade"): words.Grade,
    ("Section", "grade"): words.Grade,
    ("Section", "subject"): words.Subject,
    ("Student", "ell_status"): words.YesNo,
    ("Student", "frl_status"): words.FrlStatus,
    ("Student", "gender"): words.Gender,
    ("Student", "gifted_status"): words.YesNo,
    ("Student", "grade"): words.Grade,
    ("Student", "hispanic_ethnicity"): words.YesNo,
    ("Student", "race"): words.Race,
    ("Student", "section_504_status"): words.YesNo,
    ("StudentRelationship", "relationship"): words.RelationshipWord,
    ("StudentRelationship", "type"): words.RelationshipType,
    ("AssigneeMode", ""): words.AssigneeMode,
    ("AssignmentState", ""): words.AssignmentState,
    ("AttendanceStatus", ""): words.AttendanceStatus,
    ("AttendanceType", ""): words.AttendanceType,
    ("GradingType", ""): words.GradingType,
    ("SubmissionFlag", ""): words.SubmissionFlag,
    ("SubmissionState", ""): words.SubmissionState,
    ("SubmissionType", ""): words.SubmissionType,
}

WORDS_LEFT_OUT = {
    ("AttachmentRequest", "type"): "one value, which is the field's default",
    ("Link", "rel"): "links are followed, not shown",
    ("SubmissionsLink", "rel"): "links are followed, not shown",
    ("Student", "home_language"): "152 names of languages are no vocabulary of ours",
    ("Student", "home_language_code"): "ISO 639-3",
}


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    folder = os.environ.get("CLEVER_SPEC_DIR")
    if not folder:
        pytest.skip("CLEVER_SPEC_DIR is not set: Clever's description is not part of this project and was not read")
    return {name: yaml.safe_load((Path(folder) / name).read_text(encoding="utf-8")) for name in FILES}


# --- Paths and parameters ---------------------------------------------------------------------------------------------


def sent() -> Iterator[Request]:
    """The first request of every operation, with everything that it can be told."""
    client = CleverClient(Secret("t"))
    for name in sorted({one for one in dir(client) if re.match(r"(get|list|create|update|delete|count)_", one)}):
        steps = inspect.getattr_static(type(client), name).steps(client, *arguments(name))
        question = next(steps)
        assert isinstance(question, Send)
        yield question.request
    everything = {"role": Role.TEACHER, "primary": True, "school": ID, "record_types": ["users"], "after": ID}
    everything |= {"since": date(2026, 9, 1), "until": date(2026, 9, 2), "status": "absent"}
    for name, describe in inspect.getmembers(endpoints, inspect.isfunction):
        takes = inspect.signature(describe).parameters
        if describe.__module__ == endpoints.__name__ and not name.startswith("_"):
            keywords = {one: everything[one] for one, how in takes.items() if how.kind is how.KEYWORD_ONLY}
            described = describe(*[ID for how in takes.values() if how.kind is not how.KEYWORD_ONLY], **keywords)
            if isinstance(described, Many):
                yield Request("GET", described.first(Api(token=Secret("t"))))


def arguments(name: str) -> list[Any]:
    describe = getattr(CleverClient, name).steps
    describe = inspect.unwrap(describe)
    takes = [one for one in inspect.signature(describe).parameters.values() if one.name not in {"self", "client"}]
    bodies = {"AssignmentRequest": coursework.AssignmentRequest(), "SubmissionRequest": coursework.SubmissionRequest()}
    return [
        bodies.get(str(one.annotation).rpartition(".")[2], ID)
        for one in takes
        if one.kind is not one.KEYWORD_ONLY and one.default is one.empty
    ]


def test_every_described_path_and_method_is_sent_by_an_operation(described) -> None:
    """42 paths of the Data API, 2 of events, 2 of attendance, 7 operations of LMS Connect; and nothing undescribed."""
    operations = {
        (method.upper(), re.sub(r"\{\w+\}", ID, path))
        for document in described.values()
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }
    ours = {(one.method, urlsplit(one.url).path.removeprefix("/v3.1")) for one in sent() if "/v3.1/" in one.url}
    assert len(operations) == 42 + 2 + 2 + 7
    assert operations - ours == set()
    assert ours - operations == {("GET", "/me")}


def test_every_described_parameter_can_be_sent(described) -> None:
    """Paging, roles, dates, kinds of records; none that is not described."""
    ours: dict[str, set[str]] = {}
    for one in sent():
        split = urlsplit(one.url)
        ours.setdefault(split.path.removeprefix("/v3.1"), set()).update(name for name, _ in parse_qsl(split.query))
    for document in described.values():
        for path, methods in document["paths"].items():
            told = {one["name"] for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"}
            given = ours.get(re.sub(r"\{\w+\}", ID, path), set())
            missing = told - given - PARAMETERS_LEFT_OUT.keys()
            assert missing - {"starting_after"} == set(), path
            assert given - told == set(), path


def test_a_list_that_can_be_counted_is_counted(described) -> None:
    """`count` of the description: a method of its own."""
    counted = {
        path
        for path, methods in described["v3.1.yml"]["paths"].items()
        if any(one["name"] == "count" for one in methods["get"].get("parameters", ()))
    }
    assert counted == {f"/{name.removeprefix('count_')}" for name in dir(CleverClient) if name.startswith("count_")}


# --- Fields and enumerations ------------------------------------------------------------------------------------------


def definitions(described: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for document in described.values():
        yield from document["definitions"].items()


def test_every_described_object_is_a_record_with_every_described_field(described) -> None:
    """Of our own making are only the fields that recordings have and the description lacks."""
    for name, schema in definitions(described):
        if NOT_RECORDS.match(name) or EVENT.match(name) or "enum" in schema:
            continue
        missing = schema.get("properties", {}).keys() - attrs.fields_dict(RECORDS[name]).keys()
        assert missing == set(), name


def test_the_form_of_a_field_is_the_described_one(described) -> None:
    """Text, lists, objects, numbers; a date or an instant where the description says one of the two."""
    forms = {
        "string": {Form.TEXT, Form.DAY, Form.INSTANT},
        "array": {Form.TEXTS, Form.RECORDS},
        "object": {Form.RECORD, Form.MAPPING},
        "boolean": {Form.TRUTH},
        "integer": {Form.WHOLE},
        "number": {Form.NUMBER},
    }
    for name, schema in definitions(described):
        if name not in RECORDS or name.endswith("Request"):
            continue
        for field, facts in schema.get("properties", {}).items():
            form = fields_of(RECORDS[name])[field].form
            assert form in forms.get(facts.get("type", "object"), set()) | ({Form.TEXT} if "$ref" in facts else set())
            if facts.get("format") in {"date", "datetime", "date-time"}:
                assert form in {Form.DAY, Form.INSTANT}, (name, field)


def test_every_described_enumeration_is_a_vocabulary(described) -> None:
    """Each value; blank is none of them."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, schema in definitions(described):
        if "enum" in schema:
            found[name, ""] = set(map(str, schema["enum"]))
        for field, facts in schema.get("properties", {}).items():
            if "enum" in facts:
                found.setdefault((name, field), set()).update(map(str, facts["enum"]))
    assert found.keys() == WORDS.keys() | WORDS_LEFT_OUT.keys()
    for key, vocabulary in WORDS.items():
        assert found[key] - {""} == {one.value for one in vocabulary}, key


def test_every_described_type_of_event_is_one_that_is_read(described) -> None:
    """`users.created` and so on: seven kinds, three verbs."""
    types = {match[1] for name, _ in definitions(described) if (match := EVENT.match(name)) and match[1]}
    from clever_roster.clever.eventing import KINDS

    assert types == KINDS.keys()


def test_answers_without_a_body_are_no_error() -> None:
    """DELETE: 200 or 204 with nothing in it."""
    client = CleverClient(Secret("t"))
    steps = CleverClient.delete_assignment.steps(client, ID, ID)
    assert next(steps).request.method == "DELETE"
    with pytest.raises(StopIteration):
        steps.send(Response(204))
