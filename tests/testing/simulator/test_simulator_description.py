"""Every answer of the simulator held against Clever's own description of the Data API (v3.1), where that is at hand.

The description is Clever's and is not part of this project: the tests read it from the folder that the environment
variable CLEVER_SPEC_DIR names (`v3.1.yml` of github.com/Clever/swagger-api), and say so when it does not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from village import village

from clever_roster.steps import Request
from clever_roster.testing import District, Simulator
from clever_roster.testing.generate import sample_district
from clever_roster.testing.sftp import district_of, export_of

RECORDED = {
    ".data[].uri": "each item of a list carries its address",
    ".links": "a single record carries links",
    ".data.roles.student.email": "a student's role repeats the email",
    ".data[].data.roles.student.email": "a student's role repeats the email",
}
"""Fields that recordings of the real API show and its description lacks."""

RESOURCES = "a list of resources is {'resources': []} in recordings, without the described envelope"

NOT_SERVED = {
    "/resources/{id}": "no simulated district has resources",
    "/resources/{id}/courses": "no simulated district has resources",
    "/resources/{id}/sections": "no simulated district has resources",
    "/resources/{id}/users": "no simulated district has resources",
}


@attrs.frozen
class Description:
    """Clever's description: paths, and the schemas that they answer with."""

    document: dict[str, Any]

    def paths(self) -> list[str]:
        return [path for path, methods in self.document["paths"].items() if "get" in methods]

    def answer_of(self, path: str) -> dict[str, Any]:
        return self.document["paths"][path]["get"]["responses"]["200"]["schema"]

    def misfits(self, value: object, schema: dict[str, Any], at: str = "") -> Iterator[str]:
        """Where a value is not as described. "" passes for null: the real API writes hardly any null."""
        nullable = schema.get("x-nullable", False)
        if "$ref" in schema:
            schema = self.document["definitions"][schema["$ref"].rpartition("/")[2]]
        match schema.get("type", "object"), value:
            case _, "" | None if nullable:
                return
            case "object", dict():
                known = schema.get("properties")
                for name, inner in value.items() if known is not None else ():
                    if name in known:
                        yield from self.misfits(inner, known[name], f"{at}.{name}")
                    elif f"{at}.{name}" not in RECORDED:
                        yield f"{at}.{name} is not described"
            case "array", list():
                for inner in value:
                    yield from self.misfits(inner, schema["items"], f"{at}[]")
            case "string", str():
                yield from (f"{at}: {value!r} {why}" for why in _bad_text(value, schema))
            case ("boolean", bool()):
                return
            case kind, _:
                yield f"{at} is {type(value).__name__}, described as {kind}"


def _bad_text(text: str, schema: dict[str, Any]) -> Iterator[str]:
    if text not in schema.get("enum", [text]):
        yield "is none of the described values"
    if not re.search(schema.get("pattern", ""), text):
        yield "has not the described form"
    read = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}.get(schema.get("format", ""))
    if read:
        try:
            read(text)
        except ValueError:
            yield f"is no {schema['format']}"


@pytest.fixture(scope="module")
def described() -> Description:
    folder = os.environ.get("CLEVER_SPEC_DIR")
    if not folder:
        pytest.skip("CLEVER_SPEC_DIR is not set: Clever's description is not part of this project and was not read")
    return Description(yaml.safe_load((Path(folder) / "v3.1.yml").read_text(encoding="utf-8")))


def ids_of(district: District, kind: str) -> list[str]:
    collections = {
        "districts": {district.id: district},
        "schools": district.schools,
        "terms": district.terms,
        "courses": district.courses,
        "sections": district.sections,
        "users": district.people,
        "resources": {"0" * 24: None},
    }
    return list(collections[kind])


def answers(district: District, path: str) -> Iterator[tuple[int, Any]]:
    """What the simulator answers on a described path, for every id there is."""
    simulator = Simulator([district], requests_per_minute=10**6)
    headers = {"authorization": f"Bearer {simulator.district_token(district.id).reveal()}"}
    for id_ in ids_of(district, path.split("/")[1]) if "{id}" in path else [""]:
        response = simulator.respond(Request("GET", f"/v3.1{path.replace('{id}', id_)}", headers))
        yield response.status, json.loads(response.body)


@pytest.fixture(scope="module", params=["village", "sample", "uploaded"])
def described_district(request) -> District:
    match request.param:
        case "village":
            return village()
        case "sample":
            return sample_district(11, students=60)
        case _:
            return district_of(export_of(sample_district(12, students=60)))


def test_every_answer_is_as_described(described, described_district):
    """Every field emitted is described, and of its type, values and form; what recordings add is listed above."""
    wrong: set[str] = set()
    for path in described.paths():
        for status, body in answers(described_district, path):
            if status != 200:
                misfits = described.misfits(body, {"$ref": "#/definitions/NotFound"})
            elif path.endswith("/resources"):
                misfits = iter(() if body == {"resources": []} else [RESOURCES])
            else:
                misfits = described.misfits(body, described.answer_of(path))
            wrong.update(f"{path}: {misfit}" for misfit in misfits)
    assert sorted(wrong) == []


def test_every_described_path_is_served_but_for_the_listed_ones(described):
    """The village has every kind of record, so every path leads somewhere for at least one of them."""
    served = {path for path in described.paths() if any(status == 200 for status, _ in answers(village(), path))}
    assert set(described.paths()) - served == set(NOT_SERVED)


@pytest.mark.parametrize(
    ("user", "misfit"),
    [
        ({"id": 1}, ".id is int, described as string"),
        ({"shoe_size": "9"}, ".shoe_size is not described"),
        ({"created": "yesterday"}, ".created: 'yesterday' is no datetime"),
        ({"roles": {"student": {"grade": "99"}}}, ".roles.student.grade: '99' is none of the described values"),
        ({"roles": {"student": {"dob": "2011-01-06"}}}, ".roles.student.dob: '2011-01-06' has not the described form"),
        ({"roles": {"teacher": {"schools": "x"}}}, ".roles.teacher.schools is str, described as array"),
    ],
)
def test_the_comparison_notices_what_is_wrong(described, user, misfit):
    """A comparison that lets everything pass proves nothing."""
    assert list(described.misfits(user, {"$ref": "#/definitions/User"})) == [misfit]
