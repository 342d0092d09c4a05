"""A district's own files as a roster: what a host syncs that is given the CSV export and no token.

The ids are the district's own (its SIS ids), not Clever's, so this is another provider: a host that connects to Clever
later meets the same people under other ids. `read_export` reads a set of files entirely or not at all, and every id in
it is defined in it, so a snapshot of it is proven.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from clever_roster.model import (
    CourseId,
    DistrictId,
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
from clever_roster.sources.clever_sftp import Export, ExportSection, ExportStudent, ExportTeacher

__all__ = ["CLEVER_SFTP", "snapshot_of"]

CLEVER_SFTP: Final = Provider("clever_sftp")


def snapshot_of(
    export: Export, *, district: DistrictId, taken_at: datetime, known: Collection[SectionId] = ()
) -> Snapshot:
    """The roster of all sections in a district's files, with their students and teachers.

    A person's id is the role and the id in the files ("student/S1"): students and teachers are numbered apart.

    Args:
        taken_at: when the files were written.
        known: sections that the host has; they are in the scope too, so that a diff sees those that are gone.
    """
    students: dict[str, set[str]] = {}
    for seat in export.enrollments:
        students.setdefault(seat.section_id, set()).add(seat.student_id)
    terms = {one.id: one for section in export.sections if (one := _term(section)) is not None}
    sections = {
        SectionId(one.section_id): _section(one, students.get(one.section_id, ()), district) for one in export.sections
    }
    listed = {who for section in sections.values() for who in (*section.teachers, *section.students)}
    everybody = [
        *(_person(one, Role.STUDENT, one.student_id, district) for one in export.students),
        *(_person(one, Role.TEACHER, one.teacher_id, district) for one in export.teachers),
    ]
    people = {one.id: one for one in everybody if one.id in listed}
    return Snapshot(
        provider=CLEVER_SFTP,
        district=district,
        taken_at=taken_at,
        scope=frozenset({*sections, *known}),
        people=people,
        sections=sections,
        proof=Proof(rows=len(sections) + len(export.enrollments)),
        terms=terms,
    )


def _section(section: ExportSection, students: Iterable[str], district: DistrictId) -> Section:
    teachers = tuple(dict.fromkeys(_id(Role.TEACHER, one) for one in section.teachers))
    term = _term(section)
    return Section(
        id=SectionId(section.section_id),
        district=district,
        name=section.name,
        school=SchoolId(section.school_id),
        course=CourseId(section.course_number) if section.course_number else None,
        term=None if term is None else term.id,
        subject=section.subject or None,
        grade=section.grade or None,
        period=section.period or None,
        section_number=section.number or None,
        sis_id=section.section_id,
        teachers=(*teachers[:1], *sorted(teachers[1:])),
        students=tuple(sorted(_id(Role.STUDENT, one) for one in students)),
    )


def _term(section: ExportSection) -> Term | None:
    """The term of a section; files give it no id, so its name and dates are what tells it apart."""
    facts = [section.term_name, *(str(day) for day in (section.term_start, section.term_end) if day is not None)]
    if not any(facts):
        return None
    return Term(
        id=TermId(" ".join(filter(None, facts))),
        name=section.term_name or None,
        starts=section.term_start,
        ends=section.term_end,
    )


def _person(one: ExportStudent | ExportTeacher, role: Role, sis_id: str, district: DistrictId) -> Person:
    return Person(
        id=_id(role, sis_id),
        district=district,
        name=PersonName(one.first, one.last, one.middle),
        roles=frozenset({role}),
        email=one.email,
        username=one.username or None,
        sis_id=sis_id,
        student_number=(one.number or None) if isinstance(one, ExportStudent) else None,
        state_id=one.state_id or None,
        birth_date=one.birth_date if isinstance(one, ExportStudent) else None,
        grade=(one.grade or None) if isinstance(one, ExportStudent) else None,
        schools=tuple(map(SchoolId, one.schools)),
    )


def _id(role: Role, sis_id: str) -> PersonId:
    return PersonId(f"{role}/{sis_id}")
