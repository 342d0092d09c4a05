"""Rosters as tables: what stands in the Parquet files, and how snapshots become rows and rows snapshots again.

One folder holds one night, of any number of districts: six files, every row with its provider and district first.

    reads      one row a district: when it was read, and what the read as a whole proves
    scope      the sections that were asked for; `gap` says why one is not proven
    sections   what the source says of a section, but for who is in it
    members    who is in it; `place` is the order in which the source's roles are told (the primary teacher is 0)
    people     what the source says of a person
    terms      the terms of the sections

Digests make the difference cheap: `sections.digest` (`Section.digest`) stands for a section *with* its members,
`people.digest` (`Person.digest`) for a person, so that an engine compares two short texts and needs to know nothing of
what a name is.

Times are ISO 8601 texts, because engines disagree about time zones; dates are dates. Everything may be NULL that the
library's own records may leave None; "" stays "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias, TypedDict, TypeVar, cast

import attrs

from clever_roster.model import (
    CourseId,
    DistrictId,
    EnrollmentRole,
    Person,
    PersonId,
    PersonName,
    Proof,
    Provider,
    Role,
    SchoolId,
    Section,
    SectionId,
    Snapshot,
    Term,
    TermId,
)

Id = TypeVar("Id", bound=str)

__all__ = ["COLUMNS", "TABLES", "DistrictKey", "Rows", "rows_of", "snapshots_of"]

DistrictKey: TypeAlias = tuple[Provider, DistrictId]

TABLES: Final = ("reads", "scope", "sections", "members", "people", "terms")

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "reads": {"taken_at": "text", "broken": "text", "state": "text", "pages": "int", "rows": "int"},
    "scope": {"section": "text", "gap": "text", "unshared": "bool"},
    "sections": {
        "section": "text",
        "digest": "text",
        "name": "text",
        "school": "text",
        "course": "text",
        "term": "text",
        "subject": "text",
        "grade": "text",
        "period": "text",
        "section_number": "text",
        "sis_id": "text",
    },
    "members": {"section": "text", "role": "text", "person": "text", "place": "int"},
    "people": {
        "person": "text",
        "digest": "text",
        "first": "text",
        "last": "text",
        "middle": "text",
        "roles": "texts",
        "unknown_roles": "texts",
        "email": "text",
        "username": "text",
        "sis_id": "text",
        "student_number": "text",
        "state_id": "text",
        "birth_date": "date",
        "grade": "text",
        "schools": "texts",
        "legacy_id": "text",
    },
    "terms": {"term": "text", "name": "text", "starts": "date", "ends": "date"},
}
"""The columns of each table after `provider` and `district`, and their kinds: text, texts (a list), int, bool, date."""


class Rows(TypedDict):
    """Rows by table, each a tuple in the order of the table's columns, provider and district first."""

    reads: list[tuple[object, ...]]
    scope: list[tuple[object, ...]]
    sections: list[tuple[object, ...]]
    members: list[tuple[object, ...]]
    people: list[tuple[object, ...]]
    terms: list[tuple[object, ...]]


# --- Snapshots to rows ------------------------------------------------------------------------------------------------


def rows_of(snapshots: Iterable[Snapshot]) -> Rows:
    """All rows of some snapshots, each of a district of its own."""
    rows = Rows(reads=[], scope=[], sections=[], members=[], people=[], terms=[])
    for snapshot in snapshots:
        where, proof = (snapshot.provider, snapshot.district), snapshot.proof
        rows["reads"].append(
            (
                *where,
                snapshot.taken_at.isoformat(),
                proof.broken,
                snapshot.district_state,
                proof.pages,
                proof.rows,
            )
        )
        rows["scope"] += [
            (*where, key, proof.gaps.get(key), key in snapshot.unshared)
            for key in sorted(snapshot.scope | proof.gaps.keys())
        ]
        for section in snapshot.sections.values():
            rows["sections"].append((*where, *_section(section)))
            rows["members"] += [
                (*where, section.id, role, person, place)
                for role, people in (("teacher", section.teachers), ("student", section.students))
                for place, person in enumerate(people)
            ]
        rows["people"] += [(*where, *_person(person)) for person in snapshot.people.values()]
        rows["terms"] += [(*where, term.id, term.name, term.starts, term.ends) for term in snapshot.terms.values()]
    return rows


def _section(section: Section) -> tuple[object, ...]:
    return (
        section.id,
        section.digest,
        section.name,
        section.school,
        section.course,
        section.term,
        section.subject,
        section.grade,
        section.period,
        section.section_number,
        section.sis_id,
    )


def _person(person: Person) -> tuple[object, ...]:
    return (
        person.id,
        person.digest,
        person.name.first,
        person.name.last,
        person.name.middle,
        sorted(role.value for role in person.roles),
        sorted(person.unknown_roles),
        person.email,
        person.username,
        person.sis_id,
        person.student_number,
        person.state_id,
        person.birth_date,
        person.grade,
        list(person.schools),
        person.legacy_id,
    )


# --- Rows to snapshots ------------------------------------------------------------------------------------------------


def snapshots_of(tables: Mapping[str, Iterable[Mapping[str, object]]]) -> Iterator[Snapshot]:
    """The snapshots that rows were made of, district by district, in the order of their keys.

    Args:
        tables: of each table its rows as mappings of column to value, in any order.
    """
    drafts: dict[DistrictKey, _Draft] = {}
    for name in TABLES:
        for row in tables[name]:
            where = (Provider(str(row["provider"])), DistrictId(str(row["district"])))
            if where not in drafts:
                drafts[where] = _Draft(where=where)
            drafts[where].take(name, row)
    return (drafts[where].finished() for where in sorted(drafts))


@attrs.define(kw_only=True)
class _Draft:
    """A district's snapshot, row by row."""

    where: DistrictKey
    taken_at: str = ""
    proof: Proof = attrs.field(factory=Proof)
    state: str | None = None
    scope: set[SectionId] = attrs.field(factory=set[SectionId])
    gaps: dict[SectionId, str] = attrs.field(factory=dict[SectionId, str])
    unshared: set[SectionId] = attrs.field(factory=set[SectionId])
    sections: list[Mapping[str, object]] = attrs.field(factory=list[Mapping[str, object]])
    members: dict[tuple[str, str], list[tuple[int, str]]] = attrs.field(
        factory=dict[tuple[str, str], list[tuple[int, str]]]
    )
    people: dict[PersonId, Person] = attrs.field(factory=dict[PersonId, Person])
    terms: dict[TermId, Term] = attrs.field(factory=dict[TermId, Term])

    def take(self, table: str, row: Mapping[str, object]) -> None:
        match table:
            case "reads":
                self.taken_at, self.state = str(row["taken_at"]), _text(row, "state")
                self.proof = Proof(broken=_text(row, "broken"), pages=_count(row, "pages"), rows=_count(row, "rows"))
            case "scope":
                self._take_scope(SectionId(str(row["section"])), row)
            case "sections":
                self.sections.append(row)
            case "members":
                of = (str(row["section"]), str(row["role"]))
                self.members.setdefault(of, []).append((_count(row, "place"), str(row["person"])))
            case "people":
                person = _person_of(row, self.where[1])
                self.people[person.id] = person
            case _:
                term = Term(
                    id=TermId(str(row["term"])),
                    name=_text(row, "name"),
                    starts=_day(row, "starts"),
                    ends=_day(row, "ends"),
                )
                self.terms[term.id] = term

    def _take_scope(self, key: SectionId, row: Mapping[str, object]) -> None:
        self.scope.add(key)
        gap = _text(row, "gap")
        if gap is not None:
            self.gaps[key] = gap
        if row["unshared"]:
            self.unshared.add(key)

    def finished(self) -> Snapshot:
        provider, district = self.where
        sections = [self._section(row) for row in self.sections]
        return Snapshot(
            provider=provider,
            district=district,
            taken_at=datetime.fromisoformat(self.taken_at),
            scope=frozenset(self.scope),
            people=self.people,
            sections={section.id: section for section in sections},
            proof=attrs.evolve(self.proof, gaps=self.gaps),
            terms=self.terms,
            unshared=frozenset(self.unshared),
            district_state=self.state,
        )

    def _section(self, row: Mapping[str, object]) -> Section:
        key = SectionId(str(row["section"]))
        return Section(
            id=key,
            district=self.where[1],
            name=str(row["name"]),
            school=_id(SchoolId, row, "school"),
            course=_id(CourseId, row, "course"),
            term=_id(TermId, row, "term"),
            subject=_text(row, "subject"),
            grade=_text(row, "grade"),
            period=_text(row, "period"),
            section_number=_text(row, "section_number"),
            sis_id=_text(row, "sis_id"),
            teachers=self._listed(key, EnrollmentRole.TEACHER),
            students=self._listed(key, EnrollmentRole.STUDENT),
        )

    def _listed(self, key: SectionId, role: EnrollmentRole) -> tuple[PersonId, ...]:
        return tuple(PersonId(person) for _, person in sorted(self.members.get((key, role.value), ())))


def _person_of(row: Mapping[str, object], district: DistrictId) -> Person:
    return Person(
        id=PersonId(str(row["person"])),
        district=district,
        name=PersonName(str(row["first"]), str(row["last"]), str(row["middle"])),
        roles=frozenset(Role(one) for one in _texts(row, "roles")),
        unknown_roles=frozenset(_texts(row, "unknown_roles")),
        email=_text(row, "email"),
        username=_text(row, "username"),
        sis_id=_text(row, "sis_id"),
        student_number=_text(row, "student_number"),
        state_id=_text(row, "state_id"),
        birth_date=_day(row, "birth_date"),
        grade=_text(row, "grade"),
        schools=tuple(SchoolId(one) for one in _texts(row, "schools")),
        legacy_id=_id(PersonId, row, "legacy_id"),
    )


def _text(row: Mapping[str, object], column: str) -> str | None:
    value = row[column]
    return None if value is None else str(value)


def _id(kind: Callable[[str], Id], row: Mapping[str, object], column: str) -> Id | None:
    value = row[column]
    return None if value is None else kind(str(value))


def _texts(row: Mapping[str, object], column: str) -> list[str]:
    return [str(one) for one in cast("Iterable[object] | None", row[column]) or ()]


def _count(row: Mapping[str, object], column: str) -> int:
    return int(cast("int", row[column]))


def _day(row: Mapping[str, object], column: str) -> date | None:
    return cast("date | None", row[column])
