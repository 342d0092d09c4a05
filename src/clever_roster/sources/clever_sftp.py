"""The CSV files that a district uploads to Clever, read into typed records: all of it, or one clear error.

Headers are accepted in any case, with spaces or underscores; files in UTF-8 (with or without a BOM) or Windows-1252,
and `Export.encodings` says which was assumed. Values are kept as text, without surrounding blanks; only dates are
parsed. Password columns are dropped while a row is split; no record can hold one. Columns that are not named here are
kept in `extra`, extension columns (`ext.<name>`) in `ext`.

This file knows nothing of Clever ids, of merged people or of what a host does with a roster. Source of the columns:
Clever's SFTP instructions. Read `read_export` first: it names the files in the order in which they refer to each other.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import attrs

from clever_roster.errors import BadExport
from clever_roster.sources.csv_table import EXTENSION, CsvFile, Row, find_files, loosely, read_rows, write_rows

__all__ = [
    "Export",
    "ExportContact",
    "ExportEnrollment",
    "ExportSchool",
    "ExportSection",
    "ExportStaff",
    "ExportStudent",
    "ExportTeacher",
    "read_export",
    "write_export",
]

Record = TypeVar("Record", "ExportStudent", "ExportTeacher", "ExportStaff")


AnyRecord: TypeAlias = "ExportSchool | ExportStudent | ExportTeacher | ExportStaff | ExportSection | ExportEnrollment"


def _nothing() -> dict[str, str]:
    return {}


# --- Records ----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ExportSchool:
    """A row of `schools.csv`."""

    school_id: str
    name: str
    number: str
    state_id: str = ""
    low_grade: str = ""
    high_grade: str = ""
    principal: str = attrs.field(default="", repr=False)
    principal_email: str = attrs.field(default="", repr=False)
    address: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""
    ext: Mapping[str, str] = attrs.field(factory=_nothing)
    extra: Mapping[str, str] = attrs.field(factory=_nothing)


@attrs.frozen(kw_only=True, repr=False)
class ExportContact:
    """The contact columns of a row of `students.csv`: somebody to call about this student."""

    name: str = ""
    relationship: str = ""
    type: str = ""
    phone: str = ""
    phone_type: str = ""
    email: str = ""
    sis_id: str = ""


@attrs.frozen(kw_only=True, repr=False)
class ExportStudent:
    """All rows of one student in `students.csv`: one per school and per contact, the student's own columns repeated.

    Attributes:
        schools: in the order of the rows; the first one is the primary school.
        extra: further columns by their normalised header ("gender", "race", "hispanic_latino", ...).
    """

    student_id: str
    first: str
    last: str
    middle: str = ""
    number: str = ""
    state_id: str = ""
    grade: str = ""
    email: str = ""
    username: str = ""
    birth_date: date | None = None
    schools: tuple[str, ...]
    contacts: tuple[ExportContact, ...] = ()
    ext: Mapping[str, str] = attrs.field(factory=_nothing)
    extra: Mapping[str, str] = attrs.field(factory=_nothing)

    def __repr__(self) -> str:
        return f"<ExportStudent {self.student_id}>"


@attrs.frozen(kw_only=True, repr=False)
class ExportTeacher:
    """All rows of one teacher in `teachers.csv`: one per school."""

    teacher_id: str
    first: str
    last: str
    middle: str = ""
    number: str = ""
    state_id: str = ""
    email: str = ""
    title: str = ""
    username: str = ""
    schools: tuple[str, ...]
    ext: Mapping[str, str] = attrs.field(factory=_nothing)
    extra: Mapping[str, str] = attrs.field(factory=_nothing)

    def __repr__(self) -> str:
        return f"<ExportTeacher {self.teacher_id}>"


@attrs.frozen(kw_only=True, repr=False)
class ExportStaff:
    """All rows of one staff member in `staff.csv` (older: `admins.csv`): one per school."""

    staff_id: str
    first: str
    last: str
    email: str
    department: str = ""
    title: str = ""
    username: str = ""
    role: str = ""
    schools: tuple[str, ...]
    ext: Mapping[str, str] = attrs.field(factory=_nothing)
    extra: Mapping[str, str] = attrs.field(factory=_nothing)

    def __repr__(self) -> str:
        return f"<ExportStaff {self.staff_id}>"


@attrs.frozen(kw_only=True)
class ExportSection:
    """A row of `sections.csv`; teachers in the order of the columns, the primary one first."""

    section_id: str
    school_id: str
    name: str = ""
    number: str = ""
    grade: str = ""
    period: str = ""
    subject: str = ""
    course_name: str = ""
    course_number: str = ""
    course_description: str = ""
    term_name: str = ""
    term_start: date | None = None
    term_end: date | None = None
    teachers: tuple[str, ...]
    ext: Mapping[str, str] = attrs.field(factory=_nothing)
    extra: Mapping[str, str] = attrs.field(factory=_nothing)


@attrs.frozen(kw_only=True)
class ExportEnrollment:
    """A row of `enrollments.csv`."""

    school_id: str
    section_id: str
    student_id: str
    ext: Mapping[str, str] = attrs.field(factory=_nothing)
    extra: Mapping[str, str] = attrs.field(factory=_nothing)


@attrs.frozen(kw_only=True, repr=False)
class Export:
    """A district's files, in the order of their rows. Every id in it is defined in it.

    Attributes:
        encodings: of each file read, the encoding that was assumed; not part of equality.
    """

    schools: tuple[ExportSchool, ...]
    students: tuple[ExportStudent, ...]
    teachers: tuple[ExportTeacher, ...]
    staff: tuple[ExportStaff, ...]
    sections: tuple[ExportSection, ...]
    enrollments: tuple[ExportEnrollment, ...]
    encodings: Mapping[str, str] = attrs.field(factory=_nothing, eq=False)

    def __repr__(self) -> str:
        return (
            f"<Export of {len(self.schools)} schools, {len(self.students)} students, {len(self.teachers)} teachers, "
            f"{len(self.sections)} sections, {len(self.enrollments)} enrollments>"
        )


# --- Columns: field of the record -> column of the file. The required ones come first. --------------------------------

SCHOOLS = {
    "school_id": "School_id",
    "name": "School_name",
    "number": "School_number",
    "state_id": "State_id",
    "low_grade": "Low_grade",
    "high_grade": "High_grade",
    "principal": "Principal",
    "principal_email": "Principal_email",
    "address": "School_address",
    "city": "School_city",
    "state": "School_state",
    "zip": "School_zip",
    "phone": "School_phone",
}
STUDENTS = {
    "student_id": "Student_id",
    "first": "First_name",
    "last": "Last_name",
    "middle": "Middle_name",
    "number": "Student_number",
    "state_id": "State_id",
    "grade": "Grade",
    "email": "Student_email",
    "username": "Username",
}
CONTACTS = {
    "name": "Contact_name",
    "relationship": "Contact_relationship",
    "type": "Contact_type",
    "phone": "Contact_phone",
    "phone_type": "Contact_phone_type",
    "email": "Contact_email",
    "sis_id": "Contact_sis_id",
}
TEACHERS = {
    "teacher_id": "Teacher_id",
    "first": "First_name",
    "last": "Last_name",
    "middle": "Middle_name",
    "number": "Teacher_number",
    "state_id": "State_teacher_id",
    "email": "Teacher_email",
    "title": "Title",
    "username": "Username",
}
STAFF = {
    "staff_id": "Staff_id",
    "email": "Staff_email",
    "first": "First_name",
    "last": "Last_name",
    "department": "Department",
    "title": "Title",
    "username": "Username",
    "role": "Role",
}
SECTIONS = {
    "section_id": "Section_id",
    "school_id": "School_id",
    "name": "Name",
    "number": "Section_number",
    "grade": "Grade",
    "period": "Period",
    "subject": "Subject",
    "course_name": "Course_name",
    "course_number": "Course_number",
    "course_description": "Course_description",
    "term_name": "Term_name",
}
ENROLLMENTS = {"school_id": "School_id", "section_id": "Section_id", "student_id": "Student_id"}
TAUGHT_BY = ("Teacher_id", *(f"Teacher_{number}_id" for number in range(2, 11)))
OLDER_STAFF = {
    "Admin_id": "Staff_id",
    "Admin_email": "Staff_email",
    "Admin_title": "Title",
    "Admin_department": "Department",
}


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_export(folder: Path) -> Export:
    """Read a district's files; `staff.csv` may be missing, or have its older name and columns.

    Raises:
        BadExport: a file is missing or cannot be decoded; a required column or value is missing; a row has too many
            or too few fields; an id occurs twice, or its rows contradict each other; a row names a school, teacher,
            section or student that the export does not define; a date is none. Nothing is returned in part.
    """
    files = find_files(folder)
    encodings: dict[str, str] = {}

    def rows(file: str, *required: str, renamed: Mapping[str, str] | None = None) -> Iterator[Row]:
        if file not in files:
            raise BadExport("the file is missing.", file=file, line=None, value=file, next_step="Add it to the folder.")
        return read_rows(CsvFile.at(files[file]), columns=loosely(required, renamed or {}), encodings=encodings)

    staff_file = "admins.csv" if "admins.csv" in files and "staff.csv" not in files else "staff.csv"
    staff_columns = ("School_id", "Staff_id", "Staff_email", "First_name", "Last_name")

    schools = _schools(rows("schools.csv", "School_id", "School_name", "School_number"))
    students = _students(rows("students.csv", "School_id", "Student_id", "First_name", "Last_name"), schools)
    teachers = _teachers(rows("teachers.csv", "School_id", "Teacher_id", "First_name", "Last_name"), schools)
    staff = _staff(rows(staff_file, *staff_columns, renamed=OLDER_STAFF) if staff_file in files else (), schools)
    sections = _sections(rows("sections.csv", "School_id", "Section_id", "Teacher_id"), schools, teachers)
    enrollments = _enrollments(
        rows("enrollments.csv", "School_id", "Section_id", "Student_id"), schools, sections, students
    )
    return Export(
        schools=tuple(schools.values()),
        students=tuple(students.values()),
        teachers=tuple(teachers.values()),
        staff=tuple(staff.values()),
        sections=tuple(sections.values()),
        enrollments=tuple(enrollments.values()),
        encodings=encodings,
    )


def _texts(row: Row, columns: Mapping[str, str], *, required: int) -> dict[str, str]:
    """The text fields of a record, the first ones of which must not be blank."""
    return {
        field: row.required(column) if number < required else row.text(column)
        for number, (field, column) in enumerate(columns.items())
    }


def _schools(rows: Iterable[Row]) -> dict[str, ExportSchool]:
    schools: dict[str, ExportSchool] = {}
    for row in rows:
        schools[row.once("School_id", schools)] = ExportSchool(
            **_texts(row, SCHOOLS, required=3), ext=row.ext, extra=row.others(*SCHOOLS.values())
        )
    return schools


def _students(rows: Iterable[Row], schools: Container[str]) -> dict[str, ExportStudent]:
    students: dict[str, ExportStudent] = {}
    for row in rows:
        contact = ExportContact(**_texts(row, CONTACTS, required=0))
        student = ExportStudent(
            **_texts(row, STUDENTS, required=3),
            birth_date=row.day("DOB"),
            schools=(row.known("School_id", schools, file="schools.csv"),),
            contacts=(contact,) if contact != ExportContact() else (),
            ext=row.ext,
            extra=row.others(*STUDENTS.values(), *CONTACTS.values(), "School_id", "DOB"),
        )
        known = students.get(student.student_id)
        students[student.student_id] = _joined(row, "Student_id", student.student_id, known, student)
    return students


def _teachers(rows: Iterable[Row], schools: Container[str]) -> dict[str, ExportTeacher]:
    teachers: dict[str, ExportTeacher] = {}
    for row in rows:
        teacher = ExportTeacher(
            **_texts(row, TEACHERS, required=3),
            schools=(row.known("School_id", schools, file="schools.csv"),),
            ext=row.ext,
            extra=row.others(*TEACHERS.values(), "School_id"),
        )
        known = teachers.get(teacher.teacher_id)
        if known is not None and teacher.schools[0] in known.schools:
            row.once("Teacher_id", teachers)
        teachers[teacher.teacher_id] = _joined(row, "Teacher_id", teacher.teacher_id, known, teacher)
    return teachers


def _staff(rows: Iterable[Row], schools: Container[str]) -> dict[str, ExportStaff]:
    staff: dict[str, ExportStaff] = {}
    for row in rows:
        member = ExportStaff(
            **_texts(row, STAFF, required=4),
            schools=(row.known("School_id", schools, file="schools.csv"),),
            ext=row.ext,
            extra=row.others(*STAFF.values(), "School_id"),
        )
        known = staff.get(member.staff_id)
        if known is not None and member.schools[0] in known.schools:
            row.once("Staff_id", staff)
        staff[member.staff_id] = _joined(row, "Staff_id", member.staff_id, known, member)
    return staff


def _joined(row: Row, column: str, person: str, known: Record | None, new: Record) -> Record:
    """What several rows say of one person; a blank says nothing, and columns we do not know may differ."""
    if known is None:
        return new
    fields: dict[str, Any] = {}
    before: Any
    now: Any
    for name in attrs.fields_dict(type(new)):
        before, now = getattr(known, name), getattr(new, name)
        if name in ("schools", "contacts"):
            fields[name] = tuple(dict.fromkeys((*before, *now)))
        elif name in ("ext", "extra"):
            fields[name] = {**now, **before}
        elif before and now and before != now:
            raise row.bad(f"{column} {person} has rows that contradict each other in its {name}.", value=person)
        else:
            fields[name] = before or now
    return attrs.evolve(new, **fields)


def _sections(rows: Iterable[Row], schools: Container[str], teachers: Container[str]) -> dict[str, ExportSection]:
    sections: dict[str, ExportSection] = {}
    for row in rows:
        row.known("School_id", schools, file="schools.csv")
        row.required("Teacher_id")
        taught_by = [row.known(column, teachers, file="teachers.csv") for column in TAUGHT_BY if row.text(column)]
        sections[row.once("Section_id", sections)] = ExportSection(
            **_texts(row, SECTIONS, required=2),
            term_start=row.day("Term_start"),
            term_end=row.day("Term_end"),
            teachers=tuple(dict.fromkeys(taught_by)),
            ext=row.ext,
            extra=row.others(*SECTIONS.values(), *TAUGHT_BY, "Term_start", "Term_end"),
        )
    return sections


def _enrollments(
    rows: Iterable[Row], schools: Container[str], sections: Container[str], students: Container[str]
) -> dict[tuple[str, str], ExportEnrollment]:
    """Each student of each section once, however often the file says so."""
    enrollments: dict[tuple[str, str], ExportEnrollment] = {}
    for row in rows:
        enrollment = ExportEnrollment(
            school_id=row.known("School_id", schools, file="schools.csv"),
            section_id=row.known("Section_id", sections, file="sections.csv"),
            student_id=row.known("Student_id", students, file="students.csv"),
            ext=row.ext,
            extra=row.others("School_id", "Section_id", "Student_id"),
        )
        enrollments.setdefault((enrollment.section_id, enrollment.student_id), enrollment)
    return enrollments


# --- Writing ----------------------------------------------------------------------------------------------------------


def write_export(export: Export, folder: Path) -> None:
    """Write the six files, in UTF-8; `read_export` gives the same value back. The folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "schools.csv", SCHOOLS.values(), [_cells(school, SCHOOLS) for school in export.schools])
    write_rows(
        folder / "students.csv",
        ("School_id", *STUDENTS.values(), "DOB", *CONTACTS.values()),
        [cells for student in export.students for cells in _student_rows(student)],
    )
    for file, columns, people in (("teachers.csv", TEACHERS, export.teachers), ("staff.csv", STAFF, export.staff)):
        write_rows(
            folder / file,
            ("School_id", *columns.values()),
            [{"School_id": school, **_cells(person, columns)} for person in people for school in person.schools],
        )
    write_rows(
        folder / "sections.csv",
        (*SECTIONS.values(), "Term_start", "Term_end", *TAUGHT_BY),
        [
            {
                "Term_start": _written(section.term_start),
                "Term_end": _written(section.term_end),
                **dict(zip(TAUGHT_BY, section.teachers, strict=False)),
                **_cells(section, SECTIONS),
            }
            for section in export.sections
        ],
    )
    enrollments = [_cells(enrollment, ENROLLMENTS) for enrollment in export.enrollments]
    write_rows(folder / "enrollments.csv", ENROLLMENTS.values(), enrollments)


def _cells(record: AnyRecord, columns: Mapping[str, str]) -> dict[str, str]:
    return {
        **{column: str(getattr(record, field)) for field, column in columns.items()},
        **{EXTENSION + name: value for name, value in record.ext.items()},
        **record.extra,
    }


def _student_rows(student: ExportStudent) -> Iterator[dict[str, str]]:
    """One row per school and one per contact, side by side."""
    for number in range(max(len(student.schools), len(student.contacts))):
        contact = student.contacts[number] if number < len(student.contacts) else ExportContact()
        yield {
            "School_id": student.schools[min(number, len(student.schools) - 1)],
            "DOB": _written(student.birth_date),
            **{column: str(getattr(contact, field)) for field, column in CONTACTS.items()},
            **_cells(student, STUDENTS),
        }


def _written(day: date | None) -> str:
    return "" if day is None else f"{day.month:02d}/{day.day:02d}/{day.year:04d}"
