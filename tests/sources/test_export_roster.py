"""A district's files are a roster like any other: imported, synced night by night, and proven."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs

from clever_roster import roster
from clever_roster.model import DistrictId, NewAccount, PersonId, PersonName, Role, SectionId
from clever_roster.sources.clever_sftp import (
    Export,
    ExportEnrollment,
    ExportSchool,
    ExportSection,
    ExportStudent,
    ExportTeacher,
    read_export,
    write_export,
)
from clever_roster.sources.export_roster import CLEVER_SFTP, snapshot_of
from clever_roster.storage.memory import MemoryStore

NOW = datetime(2026, 9, 14, 8, tzinfo=UTC)
DISTRICT = DistrictId("d0")

EXPORT = Export(
    schools=(ExportSchool(school_id="10", name="Sampleton", number="1"),),
    students=tuple(
        ExportStudent(student_id=str(n), first=f"First {n}", last="Last", schools=("10",), grade="4", email="")
        for n in range(1, 7)
    ),
    teachers=(
        ExportTeacher(teacher_id="1", first="Pat", last="Lee", schools=("10",), email="plee@example.test"),
        ExportTeacher(teacher_id="2", first="Kim", last="Müller", schools=("10",)),
    ),
    staff=(),
    sections=(
        ExportSection(
            section_id="C1",
            school_id="10",
            name="Algebra",
            teachers=("2", "1"),
            term_name="Fall",
            term_start=date(2026, 8, 17),
            term_end=date(2026, 12, 18),
        ),
        ExportSection(section_id="C2", school_id="10", name="Homeroom", teachers=()),
    ),
    enrollments=tuple(ExportEnrollment(school_id="10", section_id="C1", student_id=str(n)) for n in (1, 2, 3, 4, 5, 5)),
)


def snapshot(export: Export = EXPORT):
    return snapshot_of(export, district=DISTRICT, taken_at=NOW, known=[SectionId("C9")])


def test_every_section_is_there_with_its_people():
    """The first teacher column leads; a student enrolled twice is there once; who is in no section is not there."""
    read = snapshot()
    assert read.provider == CLEVER_SFTP
    assert read.proof.complete
    assert read.scope == {"C1", "C2", "C9"}
    algebra = read.sections[SectionId("C1")]
    assert algebra.teachers == ("teacher/2", "teacher/1")
    assert algebra.students == tuple(f"student/{n}" for n in range(1, 6))
    assert (read.sections[SectionId("C2")].teachers, read.sections[SectionId("C2")].students) == ((), ())
    assert "student/6" not in read.people
    assert {one.sis_id for one in read.people.values() if one.roles == {Role.STUDENT}} == {"1", "2", "3", "4", "5"}


def test_a_blank_cell_says_nothing():
    """Only an email is known to be none; what else is blank was not said, so that nothing known is lost by it."""
    read = snapshot()
    homeroom, pupil = read.sections[SectionId("C2")], read.people[PersonId("student/1")]
    said = (homeroom.course, homeroom.term, homeroom.subject, homeroom.grade, homeroom.period, homeroom.section_number)
    assert {*said, pupil.username, pupil.student_number, pupil.state_id, pupil.birth_date} == {None}
    assert (pupil.grade, pupil.email) == ("4", "")
    assert read.people[PersonId("teacher/1")].grade is None


def test_terms_have_their_dates():
    """A section's term is found among the snapshot's, so that endings after it are held."""
    read = snapshot()
    term = read.terms[read.sections[SectionId("C1")].term]
    assert (term.name, term.starts, term.ends) == ("Fall", date(2026, 8, 17), date(2026, 12, 18))
    assert read.sections[SectionId("C2")].term is None


def test_files_are_synced_night_by_night(tmp_path):
    """Written, read, imported; the next night one student has left, and another has joined."""
    store = MemoryStore()
    write_export(attrs.evolve(EXPORT, sections=EXPORT.sections[:1]), tmp_path)  # a file has a teacher for each
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([NewAccount(name=PersonName("The", "Owner"))])
        first = snapshot(read_export(tmp_path))
        attach = {SectionId("C1"): roster.Attachment(owner=owner)}
        roster.apply(ports, roster.plan(ports, first, attach=attach), actor="nightly", now=NOW)
    seats = [one for one in EXPORT.enrollments if one.student_id != "1"]
    seats.append(ExportEnrollment(school_id="10", section_id="C1", student_id="6"))
    with store.transaction() as ports:
        plan = roster.plan(ports, snapshot(attrs.evolve(EXPORT, enrollments=tuple(seats))))
        assert [(step.verb, step.person) for step in plan] == [
            (roster.Verb.ENROLL, "student/6"),
            (roster.Verb.WITHDRAW, "student/1"),
        ]
        assert not plan.held
