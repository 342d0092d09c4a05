"""A sample district is the same for the same seed, sound in itself, and as odd as real districts are."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from unicodedata import is_normalized, normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clever_roster.errors import ConfigurationError
from clever_roster.model import Role
from clever_roster.testing.district import District
from clever_roster.testing.evolution import next_day
from clever_roster.testing.generate import sample_district
from clever_roster.testing.names import TRADITIONS, mailbox
from clever_roster.testing.showcase import showcase

DISTRICTS = st.builds(sample_district, st.integers(), students=st.integers(20, 250))


def assert_sound(district: District) -> None:
    people, sections = district.people, district.sections
    mappings = (district.schools, district.terms, district.courses, sections, people)
    for mapping in mappings:
        assert list(mapping) == sorted(mapping)
        assert all(key == record.id for key, record in mapping.items())
    ids = [district.id, *chain.from_iterable(mappings)]
    assert len(ids) == len(set(ids))
    assert all(len(one) == 24 and set(one) <= set("0123456789abcdef") for one in ids)
    for section in sections.values():
        assert section.school in district.schools
        assert section.course is None or section.course in district.courses
        assert section.term is None or section.term in district.terms
        assert len(section.teachers) == len(set(section.teachers)) <= 10
        assert list(section.students) == sorted(set(section.students))
        assert all(Role.TEACHER in people[teacher].roles for teacher in section.teachers)
        assert all(Role.STUDENT in people[student].roles for student in section.students)
    for person in people.values():
        assert set(person.schools) <= set(district.schools)
        assert all(Role.STUDENT in people[child.student].roles for child in person.children)
        assert not person.roles & {Role.STUDENT, Role.CONTACT} or len(person.roles) == 1
    for role in (Role.STUDENT, Role.TEACHER, Role.STAFF, Role.CONTACT):
        known = [person.sis_ids[role] for person in district.people_with(role)]
        assert len(known) == len(set(known))
    adults = [
        person.email for person in people.values() if person.roles & {Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN}
    ]
    assert len(adults) == len(set(adults))


@settings(max_examples=15, deadline=None)
@given(DISTRICTS)
def test_every_reference_resolves_and_identities_follow_clevers_rules(district: District) -> None:
    """Clever, "Users": adults of one email are one user; students and contacts have one role and are never merged."""
    assert_sound(district)


@settings(max_examples=15, deadline=None)
@given(DISTRICTS, st.integers())
def test_a_night_leaves_a_sound_district(district: District, seed: int) -> None:
    tomorrow = next_day(district, seed=seed)
    assert_sound(tomorrow)
    assert_sound(next_day(tomorrow, seed=seed, earlier=district))


def test_the_same_seed_gives_the_same_district() -> None:
    assert sample_district(7, students=120) == sample_district(7, students=120)


def test_another_seed_gives_another_district() -> None:
    one, other = sample_district(7, students=120), sample_district(8, students=120)
    assert one.id != other.id
    assert not one.people.keys() & other.people.keys()
    assert not one.sections.keys() & other.sections.keys()


@pytest.mark.parametrize("students", [20, 60, 300, 2000])
def test_there_are_as_many_students_as_asked_for(students: int) -> None:
    assert len(sample_district(1, students=students).people_with(Role.STUDENT)) == students


@pytest.mark.parametrize("students", [0, 19, 1_000_001])
def test_a_size_out_of_range_is_refused(students: int) -> None:
    with pytest.raises(ConfigurationError, match=str(students)):
        sample_district(1, students=students)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("days", [0, 2])
def test_three_hundred_students_show_every_oddity(seed: int, days: int) -> None:
    """Also two nights later."""
    district = sample_district(seed)
    for day in range(days):
        district = next_day(district, seed=day)
    sections, students = district.sections.values(), district.people_with(Role.STUDENT)
    roles = {person.roles for person in district.people.values()}

    assert any(not section.teachers and section.students for section in sections)
    assert any(not section.students for section in sections)
    assert any(section.course is None and section.term is None for section in sections)
    assert any(len(section.teachers) > 1 for section in sections)
    names = [(section.teachers[:1], section.name) for section in sections]
    assert max(Counter(names).values()) > 1
    composed = {(teacher, normalize("NFC", name)) for teacher, name in names}
    assert len(composed) < len(set(names))

    assert {
        frozenset({Role.TEACHER, Role.STAFF}),
        frozenset({Role.TEACHER, Role.DISTRICT_ADMIN}),
        frozenset({Role.STAFF}),
        frozenset({Role.DISTRICT_ADMIN}),
    } <= roles
    emails = defaultdict(set)
    for person in district.people.values():
        emails[person.email].update(person.roles)
    assert {Role.TEACHER, Role.CONTACT} <= emails[next(email for email in emails if email and len(emails[email]) > 1)]

    assert 0.15 < sum(not student.email for student in students) / len(students) < 0.4
    assert any(person.email and "@" not in person.email for person in district.people.values())
    assert any(len(student.schools) > 1 for student in students)
    attended = Counter(chain.from_iterable(section.students for section in sections))
    assert max(attended.values()) > 1
    together = Counter((student.last, student.birth_date, student.grade) for student in students if student.birth_date)
    assert max(together.values()) > 1
    namesakes = defaultdict(set)
    for student in students:
        namesakes[student.first, student.last].add(student.schools[0])
    assert any(len(schools) > 1 for schools in namesakes.values())
    grades = [
        {district.people[child.student].grade for child in contact.children}
        for contact in district.people_with(Role.CONTACT)
    ]
    assert any(len(of_children) > 1 for of_children in grades)


@pytest.mark.parametrize("students", [60, 100, 300])
@pytest.mark.parametrize("seed", range(50))
def test_somebody_can_always_be_shown(seed: int, students: int) -> None:
    """A teacher with three sections, two of them look-alikes with eight students or more and a shared co-teacher."""
    district = sample_district(seed, students=students)
    chosen = showcase(district)
    sections = [district.sections[section] for section in chosen.sections]
    first, second = sections[:2]
    assert len(sections) >= 3
    assert all(section.teachers[0] == chosen.teacher and section.students for section in sections)
    assert first.name.removesuffix(first.period) == second.name.removesuffix(second.period)
    assert first.period != second.period
    assert min(len(first.students), len(second.students)) >= 8
    assert set(first.teachers) & set(second.teachers) > {chosen.teacher}
    assert chosen.student in first.students
    assert district.people[chosen.student].email


def test_a_district_without_classes_cannot_be_shown() -> None:
    district = sample_district(1, students=20)
    empty = District(
        id=district.id,
        name="Empty",
        shortname="empty",
        today=district.today,
        schools=district.schools,
        terms={},
        courses={},
        sections={},
        people=district.people,
    )
    with pytest.raises(ConfigurationError, match="No section"):
        showcase(empty)


def test_names_come_in_many_scripts_and_in_both_normal_forms() -> None:
    given = {name for tradition in TRADITIONS for name in tradition.given}
    family = {name for tradition in TRADITIONS for name in tradition.family}
    assert min(len(given), len(family)) >= 400
    everything = given | family
    assert {"García", "Garcia-Lopez", "De La Cruz", "Nguyen Thi", "O'Brien", "김", "王"} <= everything
    assert any(not is_normalized("NFC", name) for name in everything)
    assert any(not is_normalized("NFD", name) for name in everything)


def test_a_mailbox_has_ascii_letters_only() -> None:
    assert mailbox("Zoé", "O'Brien") == "zoe.obrien"
    assert mailbox("梓涵", "王") == ""


def test_a_repr_names_nobody() -> None:
    district = sample_district(3, students=60)
    shown = repr(district) + "".join(repr(person) for person in district.people.values())
    assert not any(
        student.last in shown.replace("district", "")
        for student in district.people_with(Role.STUDENT)
        if len(student.last) > 4
    )
