"""A district and its files say the same, as far as the files can say it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import attrs
import pytest

from clever_roster.errors import BadExport
from clever_roster.model import Role
from clever_roster.sources.clever_sftp import (
    Export,
    ExportContact,
    ExportEnrollment,
    ExportSchool,
    ExportSection,
    ExportStaff,
    ExportStudent,
    ExportTeacher,
    read_export,
    write_export,
)
from clever_roster.testing.district import District
from clever_roster.testing.generate import sample_district
from clever_roster.testing.sftp import district_of, export_of, read_district
from clever_roster.testing.showcase import showcase

MOTHER = ExportContact(name="Ana Cruz", relationship="Parent", email="ana@example.test")
SMALL = Export(
    schools=(ExportSchool(school_id="20", name="High", number="20"),),
    students=(
        ExportStudent(student_id="S1", first="Zoé", last="Cruz", grade="09", schools=("20",), contacts=(MOTHER,)),
        ExportStudent(
            student_id="S2",
            first="Leo",
            last="Cruz",
            grade="KG",
            schools=("20",),
            contacts=(attrs.evolve(MOTHER, email="ANA@example.test"), ExportContact(name="Nobody Known")),
            extra={"hispanic_latino": "Y"},
        ),
        ExportStudent(
            student_id="S3", first="Ida", last="May", schools=("20",), contacts=(ExportContact(name="Nobody Known"),)
        ),
    ),
    teachers=(
        ExportTeacher(teacher_id="T1", first="Pat", last="Lee", email="PLee@example.test", schools=("20",)),
        ExportTeacher(teacher_id="T2", first="Kim", last="May", schools=("20",)),
        ExportTeacher(teacher_id="T3", first="Tim", last="Day", schools=("20",)),
    ),
    staff=(ExportStaff(staff_id="A1", first="Pat", last="Lee", email="plee@example.test", schools=("20",)),),
    sections=(
        ExportSection(
            section_id="C1",
            school_id="20",
            name="ALG1-3",
            course_name="Algebra 1",
            period="3",
            term_name="Fall",
            term_start=date(2026, 8, 17),
            teachers=("T1", "T2"),
        ),
        ExportSection(section_id="C2", school_id="20", name="Homeroom", teachers=("T3",)),
    ),
    enrollments=(ExportEnrollment(school_id="20", section_id="C1", student_id="S1"),),
)
UPLOADED = district_of(SMALL, district_name="Sampleton", today=date(2026, 9, 1))


def rosters(district: District) -> dict[str, tuple[list[str], set[str]]]:
    """Of each section by SIS id: teachers and students by SIS id."""
    return {
        section.sis_id: (
            [district.people[teacher].sis_ids[Role.TEACHER] for teacher in section.teachers],
            {district.people[student].sis_ids[Role.STUDENT] for student in section.students},
        )
        for section in district.sections.values()
        if section.teachers
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_district_survives_its_own_files(seed: int, tmp_path: Path) -> None:
    district = sample_district(seed, students=150)
    export = export_of(district)
    write_export(export, tmp_path)
    assert read_export(tmp_path) == export
    again = read_district(tmp_path, district_name=district.name, today=district.today)
    assert rosters(again) == rosters(district)
    for role in (Role.STUDENT, Role.TEACHER, Role.STAFF, Role.CONTACT):
        before = {
            (p.sis_ids[role], p.first, p.middle, p.last, p.email, p.birth_date, p.grade)
            for p in district.people_with(role)
        }
        after = {
            (p.sis_ids[role], p.first, p.middle, p.last, p.email, p.birth_date, p.grade)
            for p in again.people_with(role)
        }
        assert after == before
    assert showcase(again).sections


def test_ids_follow_from_the_district_and_the_sis_id() -> None:
    assert district_of(SMALL, district_name="Sampleton", today=date(2026, 9, 1)) == UPLOADED
    other = district_of(SMALL, district_name="Elsewhere")
    assert other.id != UPLOADED.id
    assert not other.people.keys() & UPLOADED.people.keys()
    assert all(len(one) == 24 for one in (*UPLOADED.people, *UPLOADED.sections, *UPLOADED.terms, *UPLOADED.courses))


def test_adults_of_one_email_are_one_person_and_blank_emails_never_match() -> None:
    """Clever, "Users": teacher and staff of the same email are one user."""
    roles = sorted(sorted(person.roles) for person in UPLOADED.people.values() if Role.TEACHER in person.roles)
    assert roles == [[Role.STAFF, Role.TEACHER], [Role.TEACHER], [Role.TEACHER]]


def test_one_contact_of_two_children_is_one_person_and_a_bare_name_is_not() -> None:
    children = sorted(len(contact.children) for contact in UPLOADED.people_with(Role.CONTACT))
    assert children == [1, 1, 2]


def test_terms_courses_and_names_are_made_from_the_columns_of_sections() -> None:
    """Clever: `<course> - <teacher's last name> - <period>`; the SIS name where there is no course name."""
    algebra, homeroom = sorted(UPLOADED.sections.values(), key=lambda section: section.sis_id)
    assert (algebra.name, homeroom.name) == ("Algebra 1 - Lee - 3", "Homeroom")
    assert algebra.course in UPLOADED.courses
    assert algebra.term in UPLOADED.terms
    assert (homeroom.course, homeroom.term) == (None, None)


def test_grades_and_columns_take_clevers_words() -> None:
    grades = {student.sis_ids[Role.STUDENT]: student.grade for student in UPLOADED.people_with(Role.STUDENT)}
    assert grades == {"S1": "9", "S2": "Kindergarten", "S3": ""}
    assert any(student.extra == {"hispanic_ethnicity": "Y"} for student in UPLOADED.people_with(Role.STUDENT))


def test_a_bad_folder_gives_no_district(tmp_path: Path) -> None:
    with pytest.raises(BadExport):
        read_district(tmp_path)
