"""Clever's Data API over one district: which path answers with what, and how a single record is linked.

A pure function of the district and the request: `read`. Tokens, budgets and faults have been dealt with before; pages
of a list are `paging`'s. Where recordings of the real API differ from its description, the recordings win.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, assert_never

import attrs

from clever_roster.model import Role, SchoolId
from clever_roster.steps import Response
from clever_roster.testing.district import (
    District,
    SampleCourse,
    SamplePerson,
    SampleSchool,
    SampleSection,
    SampleTerm,
)
from clever_roster.testing.exchange import Asked, Json, Refused, cannot, json_answer
from clever_roster.testing.paging import link, page
from clever_roster.testing.wire import Wire

__all__ = ["read"]

Sample: TypeAlias = District | SampleSchool | SampleTerm | SampleCourse | SampleSection | SamplePerson


Id = TypeVar("Id", bound=str)
Record = TypeVar("Record")


@attrs.frozen
class _One:
    record: Sample


@attrs.frozen
class _Many:
    records: Iterable[Sample]


class _Resources:
    """A list of resources, of which no district here has any."""


class _Missing:
    """The path is one of Clever's; the record is not there, or not this district's."""


_Found: TypeAlias = _One | _Many | _Resources | _Missing


def read(district: District, version: str, asked: Asked) -> Response:
    """Answer a request below `/v3.x` as Clever answers a district-app token of this district.

    Raises:
        Refused: a parameter is out of its range.
    """
    _, _, *segments = asked.path.split("/")
    wire = Wire(district, version)
    match _find(district, segments, asked):
        case None:
            return cannot(asked)
        case _Missing():
            return json_answer({"message": "Resource not found"}, 404)
        case _Resources():
            return json_answer({"resources": []})
        case _One(record):
            return json_answer({"data": _written(wire, record), "links": list(_links(wire, record))})
        case _Many(records) if len(segments) == 1 and asked.parameter("count") == "true":
            return json_answer({"count": sum(1 for _ in records)})
        case _Many(records):
            cut = page(asked, records)
            items = [{"data": _written(wire, record), "uri": _uri(wire, record)} for record in cut.records]
            return json_answer({"data": items, "links": list(cut.links)})
        case _ as never:
            assert_never(never)


# --- Routes -----------------------------------------------------------------------------------------------------------


def _find(district: District, segments: list[str], asked: Asked) -> _Found | None:
    """What a path stands for; None when Clever has no such path."""
    match segments:
        case [kind]:
            return _lists(district, asked).get(kind)
        case ["resources", _] | ["resources", _, "courses" | "sections" | "users"]:
            return _Missing()
        case [kind, id_] if kind in _KINDS.values():
            return _found(_record(district, kind, id_))
        case [kind, id_, below] if record := _record(district, kind, id_):
            return _below(district, record, asked).get(below.lower())
        case [kind, _, _] if kind in _KINDS.values():
            return _Missing()
        case _:
            return None


def _collections(district: District) -> Mapping[str, Mapping[Any, Sample]]:
    return {
        "districts": {district.id: district},
        "schools": district.schools,
        "terms": district.terms,
        "courses": district.courses,
        "sections": district.sections,
        "users": district.people,
    }


def _lists(district: District, asked: Asked) -> Mapping[str, _Found]:
    return {
        **{kind: _Many(records.values()) for kind, records in _collections(district).items()},
        "users": _Many(_in_role(district.people.values(), asked, frozenset(Role))),
        "resources": _Resources(),
    }


def _record(district: District, kind: str, id_: str) -> Sample | None:
    return _collections(district).get(kind, {}).get(id_)


def _below(district: District, record: Sample, asked: Asked) -> Mapping[str, _Found]:
    """What stands below a record. Lists are read only when they are the ones that were asked for."""
    here: Mapping[str, _Found] = {"district": _One(district)}
    match record:
        case District():
            return {}
        case SampleSchool():
            held = [section for section in district.sections.values() if section.school == record.id]
            return {**here, **_below_school(district, record, held, asked)}
        case SampleTerm():
            held = [section for section in district.sections.values() if section.term == record.id]
            return {**here, "sections": _Many(held), "schools": _schools_of(district, held)}
        case SampleCourse():
            held = [section for section in district.sections.values() if section.course == record.id]
            return {**here, "sections": _Many(held), "schools": _schools_of(district, held), "resources": _Resources()}
        case SampleSection():
            return {**here, **_below_section(district, record, asked)}
        case SamplePerson():
            return {**here, **_below_person(district, record, asked)}
        case _ as never:
            assert_never(never)


def _below_school(
    district: District, school: SampleSchool, held: list[SampleSection], asked: Asked
) -> Mapping[str, _Found]:
    people = (person for person in district.people.values() if school.id in _attended(person, asked))
    return {
        "users": _Many(_in_role(people, asked, frozenset({Role.STAFF, Role.STUDENT, Role.TEACHER}))),
        "sections": _Many(held),
        "courses": _Many(_present(district.courses, (section.course for section in held))),
        "terms": _Many(_present(district.terms, (section.term for section in held))),
    }


def _below_section(district: District, section: SampleSection, asked: Asked) -> Mapping[str, _Found]:
    people = _present(district.people, section.teachers + section.students)
    return {
        "school": _found(district.schools.get(section.school)),
        "course": _found(district.courses.get(section.course) if section.course else None),
        "term": _found(district.terms.get(section.term) if section.term else None),
        "users": _Many(_in_role(people, asked, frozenset({Role.STUDENT, Role.TEACHER}))),
        "resources": _Resources(),
    }


def _below_person(district: District, person: SamplePerson, asked: Asked) -> Mapping[str, _Found]:
    taught = [section for section in district.sections.values() if person.id in section.teachers]
    attended = [section for section in district.sections.values() if person.id in section.students]
    students = [*(child.student for child in person.children), *(id_ for section in taught for id_ in section.students)]
    contacts = (other for other in district.people.values() if person.id in {child.student for child in other.children})
    return {
        "schools": _Many(_present(district.schools, _attended(person, asked))),
        "sections": _Many(taught + attended),
        "mystudents": _Many(_present(district.people, students)),
        "myteachers": _Many(_present(district.people, (id_ for section in attended for id_ in section.teachers))),
        "mycontacts": _Many(contacts),
        "resources": _Resources(),
    }


def _schools_of(district: District, sections: list[SampleSection]) -> _Found:
    return _Many(_present(district.schools, (section.school for section in sections)))


def _attended(person: SamplePerson, asked: Asked) -> tuple[SchoolId, ...]:
    """A person's schools, or the first of them where `primary=true` asks for no more."""
    return person.schools[:1] if asked.parameter("primary") == "true" else person.schools


def _found(record: Sample | None) -> _Found:
    return _One(record) if record else _Missing()


def _in_role(people: Iterable[SamplePerson], asked: Asked, accepted: frozenset[Role]) -> Iterator[SamplePerson]:
    """Those who have the role that was asked for; everybody when none was."""
    wanted = asked.parameter("role")
    if wanted and wanted not in accepted:
        raise Refused(400, f"role must be one of: {', '.join(sorted(accepted))}")
    yield from (person for person in people if not wanted or Role(wanted) in person.roles)


def _present(records: Mapping[Id, Record], ids: Iterable[Id | None]) -> Iterator[Record]:
    wanted = set(ids)
    yield from (record for id_, record in records.items() if id_ in wanted)


# --- Records in their envelopes ---------------------------------------------------------------------------------------


def _written(wire: Wire, record: Sample) -> Json:
    match record:
        case District():
            return wire.district()
        case SampleSchool():
            return wire.school(record)
        case SampleTerm():
            return wire.term(record)
        case SampleCourse():
            return wire.course(record)
        case SampleSection():
            return wire.section(record)
        case SamplePerson():
            return wire.user(record)
        case _ as never:
            assert_never(never)


def _uri(wire: Wire, record: Sample) -> str:
    return f"/{wire.version}/{_KINDS[type(record)]}/{record.id}"


_KINDS: Mapping[type[Sample], str] = {
    District: "districts",
    SampleSchool: "schools",
    SampleTerm: "terms",
    SampleCourse: "courses",
    SampleSection: "sections",
    SamplePerson: "users",
}


def _links(wire: Wire, record: Sample) -> Iterator[dict[str, str]]:
    """Links of a single record: `self`, then what may stand below it (recorded for all but staff, admins, contacts)."""
    uri = _uri(wire, record)
    yield link("self", uri)
    for name in _linked(record):
        yield link(name, f"{uri}/{name}")


def _linked(record: Sample) -> tuple[str, ...]:
    match record:
        case District():
            return ()
        case SampleSchool():
            return ("district", "sections", "users", "terms", "courses")
        case SampleTerm() | SampleCourse():
            return ("district", "sections", "schools")
        case SampleSection():
            return ("district", "school", "term", "course", "users")
        case SamplePerson():
            return ("district", *(name for name, roles in _LINKED_BY_ROLE if roles & record.roles))
        case _ as never:
            assert_never(never)


_LINKED_BY_ROLE = (
    ("sections", {Role.STUDENT, Role.TEACHER}),
    ("myContacts", {Role.STUDENT}),
    ("myTeachers", {Role.STUDENT}),
    ("myStudents", {Role.TEACHER, Role.CONTACT}),
    ("schools", {Role.STUDENT, Role.TEACHER, Role.STAFF}),
)
