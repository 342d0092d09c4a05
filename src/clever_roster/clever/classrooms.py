"""Which classrooms a teacher has, told apart: the list that a person chooses from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import attrs

from clever_roster.clever import endpoints, records
from clever_roster.clever.reading import Api, read_list, read_one
from clever_roster.clever.translate import course_of, person_of, school_of, section_of, term_of
from clever_roster.errors import NotShared
from clever_roster.model import Classroom, PersonId, Section, SectionId
from clever_roster.steps import Steps

__all__ = ["flag_look_alikes", "read_classrooms"]

Key = TypeVar("Key", bound=str)
Value = TypeVar("Value")
Wire = TypeVar("Wire")


def read_classrooms(api: Api, teacher: PersonId) -> Steps[tuple[Classroom, ...]]:
    """Every section that Clever lists for this person, in the order of name and period, look-alikes flagged.

    Schools, terms, courses and co-teachers are read once each. One that is not shared is None, not an error.
    """
    listed = yield from read_list(api, endpoints.sections_of_user(teacher))
    sections = [section_of(record) for record in listed.records if teacher in {record.teacher, *record.teachers}]
    schools = yield from _each(api, "/schools", (s.school for s in sections), records.School, school_of)
    terms = yield from _each(api, "/terms", (s.term for s in sections), records.Term, term_of)
    courses = yield from _each(api, "/courses", (s.course for s in sections), records.Course, course_of)
    others = (person for section in sections for person in section.teachers if person != teacher)
    colleagues = yield from _each(api, "/users", others, records.User, person_of)
    classrooms = [
        Classroom(
            section=section,
            school=schools.get(section.school) if section.school else None,
            term=terms.get(section.term) if section.term else None,
            course=courses.get(section.course) if section.course else None,
            co_teachers=tuple(colleagues[person].name for person in section.teachers if person in colleagues),
        )
        for section in sections
    ]
    return flag_look_alikes(sorted(classrooms, key=lambda c: (c.section.name, c.section.period or "", c.section.id)))


def flag_look_alikes(classrooms: Sequence[Classroom]) -> tuple[Classroom, ...]:
    """Mark each classroom whose name another one has too, but for case, accents, digits and punctuation."""
    alike: dict[str, set[SectionId]] = {}
    for classroom in classrooms:
        alike.setdefault(_bare(classroom.section), set()).add(classroom.section.id)
    return tuple(attrs.evolve(c, look_alike=len(alike[_bare(c.section)]) > 1) for c in classrooms)


def _bare(section: Section) -> str:
    """The name without what people overlook: "Algebra 1 - Lee - 3" and "algebra 1: Lée (4)" are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", section.name) if not unicodedata.combining(c))
    return re.sub(r"[\W\d_]+", " ", plain.casefold()).strip()


def _each(
    api: Api, path: str, ids: Iterable[Key | None], kind: type[Wire], translate: Callable[[Wire], Value]
) -> Steps[dict[Key, Value]]:
    """Read each of these records once; those that are not shared are left out."""
    found: dict[Key, Value] = {}
    for wanted in sorted({wanted for wanted in ids if wanted}):
        try:
            found[wanted] = translate((yield from read_one(api, f"{path}/{wanted}", kind)))
        except NotShared:
            continue
    return found
