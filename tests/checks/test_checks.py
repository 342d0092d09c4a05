"""What is wrong with a roster, found by checks: one roster for each finding, and a sound one in which there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs
import pytest

from clever_roster import checks
from clever_roster.checks import Severity
from clever_roster.clever import CleverClient
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    DistrictId,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    Section,
    SectionId,
    Snapshot,
    Term,
    TermId,
)
from clever_roster.testing import District

D = DistrictId("d0")


def person(id_: str, role: Role = Role.STUDENT, **facts) -> Person:
    given = {"name": PersonName(f"N{id_}", "X"), "email": f"{id_}@x.test", "roles": frozenset({role})} | facts
    return Person(id=PersonId(id_), district=D, **given)


TEACHER = person("t1", Role.TEACHER)
ANA = person("s1", sis_id="1", student_number="1", grade="Kindergarten")
BO = person("s2", sis_id="2", student_number="2", grade="13")
CLASS = Section(
    id=SectionId("c1"),
    district=D,
    name="Algebra 1",
    teachers=(TEACHER.id,),
    students=(ANA.id, BO.id),
    term=TermId("y"),
)
TERM = Term(id=TermId("y"), name="Year", starts=date(2026, 8, 1), ends=date(2027, 6, 1))
SOUND = Snapshot.of(
    provider=CLEVER,
    district=D,
    taken_at=datetime(2026, 9, 14, tzinfo=UTC),
    people=[TEACHER, ANA, BO],
    sections=[CLASS],
    proof=Proof(),
)
SOUND = attrs.evolve(SOUND, terms={TERM.id: TERM})


def with_people(*people: Person) -> Snapshot:
    return attrs.evolve(SOUND, people={**SOUND.people, **{one.id: one for one in people}})


def with_sections(*sections: Section) -> Snapshot:
    return attrs.evolve(
        SOUND,
        sections={**SOUND.sections, **{one.id: one for one in sections}},
        scope=SOUND.scope | {one.id for one in sections},
    )


def with_terms(*terms: Term) -> Snapshot:
    return attrs.evolve(SOUND, terms={one.id: one for one in terms})


YOUNG = [person(f"y{place}", grade=grade) for place, grade in enumerate(("Kindergarten", "1", "1", "2", "3"))]
SECOND = attrs.evolve(CLASS, id=SectionId("c2"), name="Biology")
CASES = [
    ("no_email", with_people(attrs.evolve(ANA, email=None)), ("s1",)),
    ("odd_email", with_people(attrs.evolve(ANA, email="no-at-sign")), ("s1",)),
    ("duplicate_email", with_people(attrs.evolve(ANA, email="S2@x.test ")), ("s1", "s2")),
    ("duplicate_sis_id", with_people(attrs.evolve(ANA, sis_id="2")), ("s1", "s2")),
    ("duplicate_student_number", with_people(attrs.evolve(ANA, student_number="2")), ("s1", "s2")),
    ("odd_grade", with_people(attrs.evolve(ANA, grade="Year 9")), ("s1",)),
    ("unknown_role", with_people(attrs.evolve(ANA, roles=frozenset(), unknown_roles=frozenset({"wizard"}))), ("s1",)),
    ("unknown_role", with_people(attrs.evolve(ANA, unknown_roles=frozenset({"wizard"}))), ("s1",)),
    ("unknown_role", with_people(attrs.evolve(ANA, roles=frozenset())), ("s1",)),
    ("orphan_enrollment", with_sections(attrs.evolve(SECOND, students=(PersonId("s9"),))), ("c2", "s9")),
    ("no_teacher", with_sections(attrs.evolve(SECOND, teachers=())), ("c2",)),
    ("no_students", with_sections(attrs.evolve(SECOND, students=())), ("c2",)),
    ("teacher_and_student", with_sections(attrs.evolve(SECOND, students=(TEACHER.id,))), ("c2", "t1")),
    ("listed_twice", with_sections(attrs.evolve(SECOND, students=(ANA.id, ANA.id))), ("c2", "s1")),
    ("look_alike_sections", with_sections(attrs.evolve(SECOND, name="algebra: 2")), ("c1", "c2")),
    ("no_name", with_people(attrs.evolve(ANA, name=PersonName("", " "))), ("s1",)),
    ("odd_birth_date", with_people(attrs.evolve(ANA, birth_date=date(2026, 3, 9))), ("s1",)),
    ("in_no_section", with_people(person("s3")), ("s3",)),
    ("backward_term", with_terms(attrs.evolve(TERM, starts=date(2028, 1, 1))), ("y",)),
    (
        "far_grade",
        attrs.evolve(
            SOUND,
            people={one.id: one for one in (TEACHER, person("s9", grade="12"), *YOUNG)},
            sections={CLASS.id: attrs.evolve(CLASS, students=(PersonId("s9"), *(one.id for one in YOUNG)))},
        ),
        ("c1", "s9"),
    ),
    ("not_read", attrs.evolve(SOUND, proof=Proof(gaps={CLASS.id: "cut short"})), ("c1",)),
    ("term_ended", with_terms(attrs.evolve(TERM, ends=date(2026, 9, 1))), ("c1",)),
    (
        "overlapping_terms",
        with_terms(TERM, attrs.evolve(TERM, id=TermId("z"), starts=date(2027, 5, 1), ends=date(2027, 7, 1))),
        ("y", "z"),
    ),
]


def test_a_sound_roster_has_no_findings() -> None:
    """Nothing is found where nothing is wrong, and a notebook says so."""
    assert checks.check(SOUND) == ()
    assert "Nothing found." in checks.check(SOUND)._repr_html_()


@pytest.mark.parametrize(("code", "snap", "row"), CASES, ids=[code for code, _, _ in CASES])
def test_each_trouble_is_found_where_it_is_and_nowhere_else(code: str, snap: Snapshot, row: tuple[str, ...]) -> None:
    """One thing wrong, one finding, with its row, its count and a sentence."""
    (finding,) = checks.check(snap)
    assert (finding.code, finding.rows, finding.count) == (code, (row,), 1)
    assert finding.sentence.endswith(".")


@pytest.mark.parametrize(("pupils", "told"), [(4, True), (3, False)])
def test_a_far_grade_is_told_of_a_class_that_has_a_middle(pupils: int, *, told: bool) -> None:
    """Of five whose grade is known it is told, of four it is not: who is far from whom would be a guess."""
    far = person("s9", grade="12")
    snap = attrs.evolve(
        SOUND,
        people={one.id: one for one in (TEACHER, far, *YOUNG[:pupils])},
        sections={CLASS.id: attrs.evolve(CLASS, students=(far.id, *(one.id for one in YOUNG[:pupils])))},
    )
    assert [one.code for one in checks.check(snap)] == (["far_grade"] if told else [])


def test_a_term_without_dates_is_no_finding() -> None:
    """Nothing can be said of days that nobody told."""
    assert checks.check(with_terms(TERM, attrs.evolve(TERM, id=TermId("z"), starts=None, ends=None))) == ()


def test_one_child_in_two_rosters_is_found_across_snapshots() -> None:
    """The same child from Clever and from Google Classroom, by email; a namesake without one is not."""
    google = attrs.evolve(
        SOUND,
        provider=GOOGLE_CLASSROOM,
        people={"g1": attrs.evolve(ANA, id=PersonId("g1"), email="S1@X.test"), "t1": TEACHER},
        sections={},
        scope=frozenset(),
    )
    found = {one.code: one for one in checks.check(SOUND, google)}
    assert found["in_two_rosters"].rows == (("clever/d0/s1", "google_classroom/d0/g1"),)
    namesake = attrs.evolve(google, people={"g1": attrs.evolve(ANA, id=PersonId("g1"), email=None)})
    assert "in_two_rosters" not in {one.code for one in checks.check(SOUND, namesake)}


def test_findings_are_records_and_a_table_and_name_nobody() -> None:
    """As records for a data frame, and as HTML for a notebook; ids only, the worst first."""
    hidden = attrs.evolve(ANA, name=PersonName("Nadia", "Petrova"), email="nadia@x.test", sis_id="2", grade="Year 9")
    findings = checks.check(with_people(hidden))
    assert [one.severity for one in findings] == [Severity.ERROR, Severity.NOTE]
    assert checks.records(findings)[0] | {"sentence": ""} == {
        "severity": "error",
        "code": "duplicate_sis_id",
        "ids": "s1 s2",
        "sentence": "",
    }
    assert findings.records("rows") == checks.records(findings)
    assert [(one["code"], one["count"], one["example"]) for one in findings.records()] == [
        ("duplicate_sis_id", 1, "s1 + s2"),
        ("odd_grade", 1, "s1"),
    ]
    assert '<th scope="row">duplicate_sis_id</th>' in findings._repr_html_()
    for text in (findings._repr_html_(), repr(findings), str(findings.records()), str(checks.records(findings))):
        assert "adia" not in text


@pytest.mark.parametrize("backend", ["polars", "pandas", "pyarrow"])
def test_findings_are_a_data_frame_of_the_callers_library(backend: str) -> None:
    """A row for each kind of trouble, or for each place."""
    findings = checks.check(with_people(attrs.evolve(ANA, sis_id="2", grade="Year 9")))
    frame = findings.to_frame(backend=backend)
    assert type(frame).__module__.partition(".")[0] == backend
    assert frame.shape == (2, 5)
    assert findings.to_frame("rows", backend=backend).shape == (2, 4)


def test_a_roster_read_from_a_district_is_checked(clever: CleverClient, district: District) -> None:
    """A read of every class of the sample district has no errors; its made-up quirks are warnings and notes."""
    snap = clever.fetch_snapshot(district.id, list(district.sections))
    findings = checks.check(snap)
    assert Severity.ERROR not in {one.severity for one in findings}
    assert sum(len(section.students) for section in snap.sections.values()) > 100
