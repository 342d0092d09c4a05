"""A district's CSV files are read entirely, or refused with one error that names file, line and value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clever_roster.errors import BadExport
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

FILES = {
    "schools.csv": "School_id,School_name,School_number,Low_grade,High_grade,ext.Nickname\n"
    "10,Sampleton Elementary,0010,Kindergarten,5,The Owls\n20,Sampleton High,0020,9,12,\n",
    "students.csv": "School_id,Student_id,First_name,Last_name,DOB,Grade,Gender,Student_email,Contact_name,"
    "Contact_relationship,Contact_phone,Locker,Password\n"
    "20,S1,Zoé,De La Cruz,1/16/2010,10,F,zoe@example.test,Ana De La Cruz,Parent,555-0101,A7,hunter2\n"
    "20,S1,Zoé,De La Cruz,1/16/2010,10,F,zoe@example.test,Juan De La Cruz,Parent,555-0102,A7,hunter2\n"
    "10,S1,Zoé,De La Cruz,1/16/2010,10,F,zoe@example.test,,,,A7,hunter2\n"
    '10,S2,"Lee, Jr.",O\'Brien,2016-02-29,4,,,,,,,\n',
    "teachers.csv": "School_id,Teacher_id,First_name,Last_name,Teacher_email\n"
    "20,T1,Pat,Lee,plee@example.test\n10,T1,Pat,Lee,plee@example.test\n20,T2,Kim,Müller,\n",
    "staff.csv": "School_id,Staff_id,Staff_email,First_name,Last_name,Title\n20,A1,plee@example.test,Pat,Lee,Dean\n",
    "sections.csv": "School_id,Section_id,Teacher_id,Teacher_2_id,Name,Course_name,Period,"
    "Term_name,Term_start,Term_end\n"
    "20,C1,T1,T2,Alg 1,Algebra 1,3,Fall,2026-08-17,12/18/2026\n10,C2,T1,,Homeroom,,,,,\n",
    "enrollments.csv": "School_id,Section_id,Student_id\n20,C1,S1\n10,C2,S2\n10,C2,S1\n10,C2,S1\n",
}


def written(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    for file, content in files.items():
        folder.joinpath(file).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def refusal(folder: Path, **files: str | bytes | None) -> BadExport:
    """What is said of the sample folder with these files changed (`students="..."`), or left out (None)."""
    changed = {f"{name}.csv": content for name, content in files.items()}
    kept = {file: content for file, content in {**FILES, **changed}.items() if content is not None}
    with pytest.raises(BadExport) as raised:
        read_export(written(folder, kept))
    assert raised.value.file in str(raised.value)
    return raised.value


def test_a_folder_of_a_real_look_is_read_entirely(tmp_path: Path) -> None:
    export = read_export(written(tmp_path))
    zoe, lee = export.students
    assert (zoe.student_id, zoe.first, zoe.last, zoe.birth_date) == ("S1", "Zoé", "De La Cruz", date(2010, 1, 16))
    assert zoe.schools == ("20", "10")
    assert [contact.name for contact in zoe.contacts] == ["Ana De La Cruz", "Juan De La Cruz"]
    assert zoe.extra == {"gender": "F", "locker": "A7"}
    assert (lee.first, lee.birth_date, lee.contacts) == ("Lee, Jr.", date(2016, 2, 29), ())
    assert [(teacher.teacher_id, teacher.schools) for teacher in export.teachers] == [
        ("T1", ("20", "10")),
        ("T2", ("20",)),
    ]
    assert export.staff[0].title == "Dean"
    algebra, homeroom = export.sections
    assert algebra.teachers == ("T1", "T2")
    assert (algebra.term_start, algebra.term_end) == (date(2026, 8, 17), date(2026, 12, 18))
    assert (homeroom.teachers, homeroom.course_name, homeroom.term_start) == (("T1",), "", None)
    assert [(e.section_id, e.student_id) for e in export.enrollments] == [("C1", "S1"), ("C2", "S2"), ("C2", "S1")]
    assert export.schools[0].ext == {"Nickname": "The Owls"}
    assert export.schools[1].ext == {}


def test_a_password_is_nowhere_in_what_was_read(tmp_path: Path) -> None:
    export = read_export(written(tmp_path))
    assert "hunter2" not in str([(student, student.extra, student.ext) for student in export.students])
    write_export(export, tmp_path / "again")
    assert all("hunter2" not in path.read_text("utf-8") for path in (tmp_path / "again").iterdir())


def test_headers_vary_in_case_blanks_and_underscores(tmp_path: Path) -> None:
    varied = dict(FILES)
    for file, content in FILES.items():
        header, _, rows = content.partition("\n")
        varied[file] = header.upper().replace("_", " ").replace("EXT.NICKNAME", "Ext.Nickname") + "\r\n" + rows
    original, other = tmp_path / "original", tmp_path / "other"
    original.mkdir()
    other.mkdir()
    assert read_export(written(original)) == read_export(written(other, varied))


def test_a_row_fills_what_another_left_blank(tmp_path: Path) -> None:
    """Whichever of them comes first."""
    full = "20,T2,Kim,Müller,kim@example.test\n"
    bare = "10,T2,Kim,Müller,\n"
    heading, pat = FILES["teachers.csv"].splitlines(keepends=True)[:2]
    for number, rows in enumerate(((full, bare), (bare, full))):
        folder = tmp_path / str(number)
        folder.mkdir()
        teachers = read_export(written(folder, {**FILES, "teachers.csv": "".join((heading, pat, *rows))})).teachers
        assert [(one.email, {*one.schools}) for one in teachers if one.teacher_id == "T2"] == [
            ("kim@example.test", {"10", "20"})
        ]


def test_files_may_be_named_in_capitals_and_hold_blank_lines(tmp_path: Path) -> None:
    files = {file.upper().replace(".CSV", ".csv"): content + "\n  ,\n" for file, content in FILES.items()}
    assert len(read_export(written(tmp_path, files)).students) == 2


def test_staff_is_optional(tmp_path: Path) -> None:
    assert (
        read_export(written(tmp_path, {file: text for file, text in FILES.items() if file != "staff.csv"})).staff == ()
    )


def test_staff_may_have_its_older_name_and_columns(tmp_path: Path) -> None:
    files = {file: text for file, text in FILES.items() if file != "staff.csv"}
    header = "School_id,Staff_id,Admin_email,First_name,Last_name,Admin_title\n"
    export = read_export(written(tmp_path, {**files, "admins.csv": header + "20,A1,plee@example.test,Pat,Lee,Dean\n"}))
    assert (export.staff[0].email, export.staff[0].title) == ("plee@example.test", "Dean")


def test_the_encoding_that_was_assumed_is_told(tmp_path: Path) -> None:
    plain, mixed = tmp_path / "plain", tmp_path / "mixed"
    plain.mkdir()
    mixed.mkdir()
    files = {
        **FILES,
        "students.csv": FILES["students.csv"].encode("cp1252"),
        "schools.csv": "\ufeff" + FILES["schools.csv"],
    }
    export = read_export(written(mixed, files))
    assert export.encodings["students.csv"] == "Windows-1252"
    assert export.encodings["schools.csv"] == "UTF-8 with BOM"
    assert export.encodings["teachers.csv"] == "UTF-8"
    assert export == read_export(written(plain))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadExport, match="no such folder"):
        read_export(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["schools", "students", "teachers", "sections", "enrollments"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    error = refusal(tmp_path, **{name: None})
    assert (error.file, error.line, error.value) == (f"{name}.csv", None, f"{name}.csv")


SCHOOLS, STUDENTS, TEACHERS = (FILES[file] for file in ("schools.csv", "students.csv", "teachers.csv"))
STAFF, SECTIONS, ENROLLMENTS = (FILES[file] for file in ("staff.csv", "sections.csv", "enrollments.csv"))


@pytest.mark.parametrize(
    ("name", "content", "line", "value"),
    [
        pytest.param("schools", "", 1, "", id="an empty file"),
        pytest.param("students", STUDENTS.replace("Last_name", "Surname", 1), 1, "Last_name", id="a missing column"),
        pytest.param("staff", STAFF.replace("Staff_email", "Mail"), 1, "Staff_email", id="a missing column of staff"),
        pytest.param("schools", SCHOOLS.replace("Low_grade", "school ID"), 1, "school_id", id="a column twice"),
        pytest.param("enrollments", ENROLLMENTS + "20,C1\n", 6, "2", id="too few fields"),
        pytest.param("enrollments", ENROLLMENTS + "20,C1,S1,9\n", 6, "4", id="too many fields"),
        pytest.param("teachers", TEACHERS + '20,T3,"Pat,Lee,\n', 5, "", id="a quotation without an end"),
        pytest.param("students", STUDENTS.replace("O'Brien", " "), 5, "", id="a blank last name"),
        pytest.param("schools", SCHOOLS.replace("0020", ""), 3, "", id="a blank school number"),
        pytest.param("sections", SECTIONS.replace("C2,T1", "C2,"), 3, "", id="a blank teacher of a section"),
        pytest.param("schools", SCHOOLS + "10,Other,30,,,\n", 4, "10", id="a school twice"),
        pytest.param("sections", SECTIONS + "20,C1,T1,,,,,,,\n", 4, "C1", id="a section twice"),
        pytest.param("teachers", TEACHERS + "20,T2,Kim,Müller,\n", 5, "T2", id="a teacher twice in a school"),
        pytest.param("teachers", TEACHERS + "10,T2,Tim,Müller,\n", 5, "T2", id="rows of a teacher contradict"),
        pytest.param("staff", STAFF + "20,A1,plee@example.test,Pat,Lee,Dean\n", 3, "A1", id="staff twice in a school"),
        pytest.param(
            "students", STUDENTS.replace("10,S1,Zoé", "10,S1,Zoë"), 4, "S1", id="rows of a student contradict"
        ),
        pytest.param(
            "students", STUDENTS.replace("2016-02-29", "2015-02-29"), 5, "2015-02-29", id="a day that never was"
        ),
        pytest.param("sections", SECTIONS.replace("12/18/2026", "Dec 18"), 2, "Dec 18", id="not a date"),
        pytest.param("students", STUDENTS.replace("10,S1", "99,S1"), 4, "99", id="a student of an unknown school"),
        pytest.param("teachers", TEACHERS.replace("20,T2", "99,T2"), 4, "99", id="a teacher of an unknown school"),
        pytest.param("staff", STAFF.replace("20,A1", "99,A1"), 2, "99", id="staff of an unknown school"),
        pytest.param("sections", SECTIONS.replace("20,C1", "99,C1"), 2, "99", id="a section of an unknown school"),
        pytest.param("sections", SECTIONS.replace("C1,T1", "C1,T9"), 2, "T9", id="an unknown teacher"),
        pytest.param("sections", SECTIONS.replace("T1,T2", "T1,T9"), 2, "T9", id="an unknown co-teacher"),
        pytest.param("enrollments", ENROLLMENTS + "20,C1,S9\n", 6, "S9", id="an unknown student"),
        pytest.param("enrollments", ENROLLMENTS + "20,C9,S1\n", 6, "C9", id="an unknown section"),
        pytest.param("enrollments", ENROLLMENTS + "99,C1,S1\n", 6, "99", id="an unknown school"),
        pytest.param("students", STUDENTS.encode("utf-16"), 1, "byte 0x00", id="UTF-16"),
        pytest.param("teachers", TEACHERS.encode() + b"20,T3,A\x00b,C,\n", 5, "byte 0x00", id="a NUL byte"),
        pytest.param("teachers", TEACHERS.encode() + b"20,T3,\x81,C,\n", 5, "byte 0x81", id="no encoding fits"),
    ],
)
def test_a_bad_file_is_refused_with_file_line_and_value(
    tmp_path: Path, name: str, content: str | bytes, line: int, value: str
) -> None:
    error = refusal(tmp_path, **{name: content})
    assert (error.file, error.line, error.value) == (f"{name}.csv", line, value)


def test_a_row_is_found_behind_line_breaks_inside_cells(tmp_path: Path) -> None:
    error = refusal(tmp_path, schools='School_id,School_name,School_number\n10,"Two\nlines",1\n20,High,\n')
    assert (error.line, error.value) == (4, "")


@pytest.mark.parametrize(
    "students",
    [
        STUDENTS.replace("10,S1,Zoé", "10,S1,Zoë"),
        STUDENTS.replace("10,S1,Zoé,De La Cruz,1/16/2010", "10,S1,Zoé,De La Cruz,1/17/2010"),
        STUDENTS.replace("1/16/2010", "16.1.2010"),
        STUDENTS.replace("20,S1", "99,S1"),
    ],
)
def test_a_message_names_no_person(tmp_path: Path, students: str) -> None:
    error = refusal(tmp_path, students=students)
    said = f"{error} {error.diagnosis()}"
    assert not any(word in said for word in ("Zo", "Cruz", "2010", "zoe@", "Ana"))


def test_a_repr_names_no_person(tmp_path: Path) -> None:
    export = read_export(written(tmp_path))
    shown = repr((export, *export.students, *export.teachers, *export.staff, *export.students[0].contacts))
    assert not any(word in shown for word in ("Zo", "Cruz", "Müller", "Pat", "@"))


# --- What is written is what is read ----------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8).map(str.strip)
FILLED = TEXT.filter(bool)
EXTRAS = st.dictionaries(st.sampled_from(["gender", "race", "locker_2", "größe"]), FILLED, max_size=2)
EXTENSIONS = st.dictionaries(st.sampled_from(["Nickname", "bus Route", "größe"]), FILLED, max_size=2)
DAYS = st.none() | st.dates()
BESIDES = {"ext": EXTENSIONS, "extra": EXTRAS}
CONTACTS = st.builds(ExportContact, name=FILLED, relationship=TEXT, phone=TEXT, email=TEXT, sis_id=TEXT)


def some(ids: list[str], largest: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(ids), min_size=1, max_size=largest, unique=True).map(tuple)


@st.composite
def exports(draw: st.DrawFn) -> Export:
    def ids() -> list[str]:
        return draw(st.lists(FILLED, min_size=1, max_size=4, unique=True))

    schools, students, teachers, staff, sections = ids(), ids(), ids(), ids(), ids()
    names = {"first": FILLED, "last": FILLED}
    enrolled = st.tuples(st.sampled_from(sections), st.sampled_from(students))
    return Export(
        schools=tuple(
            draw(st.builds(ExportSchool, school_id=st.just(one), name=FILLED, number=FILLED, city=TEXT, **BESIDES))
            for one in schools
        ),
        students=tuple(
            draw(
                st.builds(
                    ExportStudent,
                    student_id=st.just(one),
                    **names,
                    middle=TEXT,
                    grade=TEXT,
                    email=TEXT,
                    birth_date=DAYS,
                    schools=some(schools),
                    contacts=st.lists(CONTACTS, max_size=3, unique=True).map(tuple),
                    **BESIDES,
                )
            )
            for one in students
        ),
        teachers=tuple(
            draw(st.builds(ExportTeacher, teacher_id=st.just(one), **names, schools=some(schools), **BESIDES))
            for one in teachers
        ),
        staff=tuple(
            draw(st.builds(ExportStaff, staff_id=st.just(one), **names, email=FILLED, schools=some(schools), **BESIDES))
            for one in staff
        ),
        sections=tuple(
            draw(
                st.builds(
                    ExportSection,
                    section_id=st.just(one),
                    school_id=st.sampled_from(schools),
                    name=TEXT,
                    period=TEXT,
                    course_name=TEXT,
                    term_start=DAYS,
                    teachers=some(teachers),
                    **BESIDES,
                )
            )
            for one in sections
        ),
        enrollments=tuple(
            ExportEnrollment(school_id=draw(st.sampled_from(schools)), section_id=section, student_id=student)
            for section, student in draw(st.lists(enrolled, max_size=6, unique=True))
        ),
    )


@settings(max_examples=60, deadline=None)
@given(exports())
def test_an_export_that_is_written_is_read_back_the_same(export: Export) -> None:
    """Whatever stands in the cells: quotes, line breaks, commas, any script."""
    with TemporaryDirectory() as folder:
        write_export(export, Path(folder))
        again = read_export(Path(folder))
        assert again == export
        write_export(again, Path(folder) / "twice")
        assert read_export(Path(folder) / "twice") == export
