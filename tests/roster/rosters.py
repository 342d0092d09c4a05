"""Rosters for tests: arbitrary ones for properties, and small hand-made ones for sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import strategies as st

from clever_roster.model import (
    CLEVER,
    DistrictId,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    Section,
    SectionId,
    Snapshot,
)

DISTRICT = DistrictId("d0")
NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
PROVEN = Proof()
TEACHERS = [PersonId(f"t{n}") for n in range(4)]
STUDENTS = [PersonId(f"s{n:02}") for n in range(12)]
SECTIONS = [SectionId(f"c{n}") for n in range(4)]

names = st.sampled_from(["Ana", "Bo", "Chloé", "Dmitri", "李", "Zoë O'Neil", "Ng"])
emails = st.sampled_from([None, "", "no-at-sign", "a@x.test"])
people_ids = [*TEACHERS, *STUDENTS]


def person(id_: PersonId, **facts: object) -> Person:
    role = Role.TEACHER if id_.startswith("t") else Role.STUDENT
    given = {"name": PersonName(f"First {id_}", "Last"), "roles": frozenset({role})} | facts
    return Person(id=id_, district=DISTRICT, **given)  # type: ignore[arg-type]


def section(
    id_: str, *, teachers: Iterable[str] = ("t0",), students: Iterable[str] = (), name: str = "Algebra"
) -> Section:
    primary, *others = [PersonId(t) for t in teachers] or [None]
    return Section(
        id=SectionId(id_),
        district=DISTRICT,
        name=name,
        teachers=(primary, *sorted(others)) if primary else (),
        students=tuple(sorted(PersonId(s) for s in students)),
    )


def snapshot(
    *sections: Section, proof: Proof = PROVEN, scope: Iterable[str] | None = None, people: Iterable[Person] = ()
) -> Snapshot:
    known = {one.id: one for one in people}
    named = {one.person for s in sections for one in s.enrollments()}
    return Snapshot.of(
        provider=CLEVER,
        district=DISTRICT,
        taken_at=NOW,
        people=[known.get(id_) or person(id_) for id_ in sorted(named)],
        sections=sections,
        proof=proof,
        scope=None if scope is None else [SectionId(s) for s in scope],
    )


@st.composite
def arbitrary_sections(draw: st.DrawFn) -> list[Section]:
    made = []
    for id_ in draw(st.lists(st.sampled_from(SECTIONS), unique=True)):
        teachers = draw(st.lists(st.sampled_from(TEACHERS), unique=True, max_size=3))
        students = draw(st.lists(st.sampled_from(STUDENTS), unique=True))
        made.append(section(id_, teachers=teachers, students=students, name=draw(names)))
    return made


@st.composite
def arbitrary_snapshots(draw: st.DrawFn) -> Snapshot:
    """A proven roster of the whole scope: any sections, any members, any names and emails."""
    sections = draw(arbitrary_sections())
    named = sorted({one.person for s in sections for one in s.enrollments()})
    people = [person(id_, name=PersonName(draw(names), draw(names)), email=draw(emails)) for id_ in named]
    return snapshot(*sections, people=people, scope=SECTIONS)
