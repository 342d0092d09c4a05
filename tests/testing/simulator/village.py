"""A district small enough to know by heart, with every kind of person in it. Everybody is made up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from clever_roster.model import CourseId, DistrictId, PersonId, Role, SchoolId, SectionId, TermId
from clever_roster.testing.district import (
    District,
    SampleContact,
    SampleCourse,
    SamplePerson,
    SampleSchool,
    SampleSection,
    SampleTerm,
)

VILLAGE = DistrictId("65aa00000000000000000d01")
NEXT_VILLAGE = DistrictId("65aa00000000000000000d02")
MAIN, ANNEX = SchoolId("65aa00000000000000000501"), SchoolId("65aa00000000000000000502")
AUTUMN = TermId("65aa00000000000000000701")
MATHS = CourseId("65aa00000000000000000c01")
ALGEBRA, EMPTY = SectionId("65aa00000000000000000901"), SectionId("65aa00000000000000000902")

DEAN = PersonId("65aa00000000000000000a01")
"""Teaches, and is staff."""
COLLEAGUE = PersonId("65aa00000000000000000a02")
ADMIN = PersonId("65aa00000000000000000a03")
PUPIL = PersonId("65aa00000000000000000a11")
"""Has no email."""
WANDERER = PersonId("65aa00000000000000000a12")
"""Goes to two schools; the email is no address."""
GUARDIAN = PersonId("65aa00000000000000000a21")

MADE = datetime(2025, 8, 1, 5, 0, 0, 123000, tzinfo=UTC)
CHANGED = datetime(2026, 9, 1, 5, tzinfo=UTC)


def person(id_: PersonId, first: str, last: str, *roles: Role, **fields: Any) -> SamplePerson:
    """Somebody, with what every record has."""
    return SamplePerson(
        id=id_,
        first=first,
        last=last,
        roles=frozenset(roles),
        created=MADE,
        last_modified=CHANGED,
        **fields,
    )


def village(*, id_: DistrictId = VILLAGE, shortname: str = "village") -> District:
    """The district."""
    people = (
        person(
            DEAN, "Pat", "Lee <Dean>", Role.TEACHER, Role.STAFF,
            email="pat@village.test", username="plee", schools=(MAIN,), number="77", title="Dean",
            legacy_ids={Role.TEACHER: "55aa00000000000000000001", Role.STAFF: "55aa00000000000000000002"},
            sis_ids={Role.TEACHER: "T77", Role.STAFF: "S77"},
        ),
        person(COLLEAGUE, "Zoë", "Ray", Role.TEACHER, email="zoe@village.test", schools=(MAIN,)),
        person(ADMIN, "Ash", "Moss", Role.DISTRICT_ADMIN, email="ash@village.test", title="Superintendent"),
        person(
            PUPIL, "Kim", "Vale", Role.STUDENT,
            schools=(MAIN,), number="1", grade="9", birth_date=date(2011, 1, 6), sis_ids={Role.STUDENT: "1001"},
            extra={"gender": "X", "ell_status": "N", "frl_status": "Paid", "gifted_status": "Y", "student_city": "Elm"},
        ),
        person(WANDERER, "Noa", "Reed", Role.STUDENT, email="noa_reed.village.test", schools=(ANNEX, MAIN), grade="9"),
        person(
            GUARDIAN, "", "Robin Vale", Role.CONTACT,
            phone="555-0100", phone_type="Cell", children=(SampleContact(student=PUPIL, relationship="Parent"),),
        ),
    )  # fmt: skip
    sections = (
        SampleSection(
            id=ALGEBRA, sis_id="987", school=MAIN, name="Algebra - Lee - 3", period="3", grade="9", subject="math",
            course=MATHS, term=AUTUMN, teachers=(DEAN, COLLEAGUE), students=(PUPIL, WANDERER),
            created=MADE, last_modified=CHANGED,
        ),
        SampleSection(id=EMPTY, sis_id="988", school=ANNEX, name="Study hall", created=MADE, last_modified=CHANGED),
    )  # fmt: skip
    schools = (
        SampleSchool(id=MAIN, sis_id="1", name="Main School", number="1", created=MADE, last_modified=CHANGED),
        SampleSchool(id=ANNEX, sis_id="2", name="Annex", number="2", created=MADE, last_modified=CHANGED),
    )
    return District(
        id=id_,
        name="Village Schools",
        shortname=shortname,
        today=date(2026, 9, 14),
        schools={school.id: school for school in schools},
        terms={AUTUMN: SampleTerm(id=AUTUMN, name="Autumn", starts=date(2026, 8, 25), ends=date(2026, 12, 18))},
        courses={MATHS: SampleCourse(id=MATHS, name="Algebra", number="ALG1")},
        sections={section.id: section for section in sections},
        people={somebody.id: somebody for somebody in people},
    )
