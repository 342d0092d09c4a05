"""The sample domain: the same children as the district's, as another provider knows them."""

from __future__ import annotations

import inspect
from unicodedata import combining, normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clever_roster.model import PersonId, Role, SectionId
from clever_roster.sources.google import CourseState
from clever_roster.testing import District, next_day, sample_district
from clever_roster.testing.google import ClassroomDomain, sample, sample_classroom_domain
from clever_roster.testing.google.sample import SHORT


@pytest.fixture(scope="module")
def big() -> District:
    return sample_district(5, students=400)


@pytest.fixture(scope="module")
def seen(big: District) -> ClassroomDomain:
    return sample_classroom_domain(big)


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_the_same_seed_makes_the_same_domain_and_another_one_other_ids(district: District, seed: int) -> None:
    """Nothing is drawn from the order of things, or from the clock."""
    one, again, other = (sample_classroom_domain(district, seed=number) for number in (seed, seed, seed + 1))
    assert one == again
    assert one.users.keys().isdisjoint(other.users)
    assert all(len(user) == 21 and user.isdigit() for user in one.users)
    assert all(len(course) == 12 and course.isdigit() for course in one.courses)


def test_every_class_with_a_teacher_and_students_exists_at_both(big: District, seen: ClassroomDomain) -> None:
    """The same people sit in it, but for those without an account."""
    for section in big.sections.values():
        if not section.teachers or not section.students:
            continue
        course = seen.courses[seen.course_of(section.id)]
        assert [seen.origin[one] for one in course.teachers] == list(section.teachers)
        students = {seen.origin[one] for one in course.students}
        assert students <= set(section.students)
        assert len(students) >= 0.7 * len(section.students)
        assert course.state == CourseState.ACTIVE
    alone = seen.courses.keys() - seen.twins.keys()
    assert {seen.courses[one].state for one in alone} == {CourseState.ARCHIVED}


def test_names_differ_as_children_write_them(big: District, seen: ClassroomDomain) -> None:
    """Short forms, accents dropped, one of two family names; most are the same, and other scripts keep their marks."""
    pupils = {
        user.id: big.people[seen.origin[user.id]]
        for user in seen.users.values()
        if Role.STUDENT in big.people[seen.origin[user.id]].roles
    }
    differs = [one for one, person in pupils.items() if seen.users[one].first != normalize("NFC", person.first)]
    assert 0.05 < len(differs) / len(pupils) < 0.5
    assert any(seen.users[one].first in SHORT.values() for one in differs)
    for one, person in pupils.items():
        first = seen.users[one].first
        if first != normalize("NFC", person.first) and first not in SHORT.values():
            bare = "".join(c for c in normalize("NFD", person.first) if not combining(c))
            assert first in {bare, *SHORT.values()} or first == "".join(
                c for c in normalize("NFD", SHORT.get(normalize("NFC", person.first), "")) if not combining(c)
            )


def test_addresses_are_of_the_google_domain_and_none_is_the_districts(big: District, seen: ClassroomDomain) -> None:
    """But for a few children who sit in a class with an account of their own."""
    for user in seen.users.values():
        assert user.email != big.people[seen.origin[user.id]].email
        assert user.email.endswith(f"@{seen.name}") is user.hosted
    outside = [user for user in seen.users.values() if not user.hosted]
    assert 0 < len(outside) < 0.1 * len(seen.users)
    emails = [user.email for user in seen.users.values()]
    assert len(set(emails)) > 0.99 * len(emails)


def test_owners_are_confirmed_teachers_and_not_every_co_teacher_is(big: District, seen: ClassroomDomain) -> None:
    """As administrators are; no pupil is ever one."""
    owners = {course.teachers[0] for course in seen.courses.values()}
    others = {one for course in seen.courses.values() for one in course.teachers[1:]} - owners
    assert all(seen.users[one].verified_teacher for one in owners)
    assert all(
        not user.verified_teacher
        for user in seen.users.values()
        if Role.STUDENT in big.people[seen.origin[user.id]].roles
    )
    assert others or owners


def test_the_next_day_of_the_district_is_the_next_day_of_the_domain(big: District, seen: ClassroomDomain) -> None:
    """Whoever stayed has the same account, name and address, and the classes have the same ids."""
    after = next_day(big, seed=2)
    tomorrow = sample_classroom_domain(after)
    unchanged = {
        key
        for key, person in big.people.items()
        if key in after.people and person.first == after.people[key].first and person.last == after.people[key].last
    }
    both = seen.users.keys() & tomorrow.users.keys()
    assert len(both) > 0.95 * len(seen.users)
    assert all(seen.users[one].email == tomorrow.users[one].email for one in both if seen.origin[one] in unchanged)
    assert seen.twins.keys() & tomorrow.twins.keys() == {
        key for key, section in seen.twins.items() if section in after.sections and key in tomorrow.twins
    }


def test_only_the_wanted_classes_exist_and_unknown_ones_are_named(big: District) -> None:
    """A school that is only beginning with Google."""
    wanted = [key for key, one in big.sections.items() if one.teachers and one.students][:2]
    domain = sample_classroom_domain(big, sections=wanted)
    assert set(domain.twins.values()) == set(wanted)
    assert domain.account_of(big.sections[wanted[0]].teachers[0]) in domain.users
    with pytest.raises(LookupError):
        domain.account_of(PersonId("nobody"))
    with pytest.raises(LookupError):
        domain.course_of(SectionId("nowhere"))
    assert "courses" in repr(domain)


def test_the_table_of_short_forms_is_not_the_detectors() -> None:
    """A matcher that is judged on its own list is right by construction: the sample knows nothing of `duplicates`."""
    assert "duplicates" not in inspect.getsource(sample)
