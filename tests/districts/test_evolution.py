"""A night changes what it says and stamps what it changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import attrs
import pytest

from clever_roster.errors import ConfigurationError
from clever_roster.model import PersonId, Role
from clever_roster.testing import evolution
from clever_roster.testing.evolution import next_day
from clever_roster.testing.generate import sample_district
from clever_roster.testing.showcase import showcase

DISTRICT = sample_district(5, students=150)
CHOSEN = showcase(DISTRICT)
ONE, TWO, *OTHERS = CHOSEN.sections
STUDENT = DISTRICT.sections[ONE].students[0]
OUTSIDER = next(p.id for p in DISTRICT.people_with(Role.STUDENT) if p.id not in DISTRICT.sections[ONE].students)


def test_the_same_night_happens_twice_alike() -> None:
    assert next_day(DISTRICT, seed=1) == next_day(DISTRICT, seed=1)
    assert next_day(DISTRICT, seed=1) != next_day(DISTRICT, seed=2)


@pytest.mark.parametrize("seed", range(12))
def test_one_change_of_each_kind_happens_where_a_demonstration_looks(seed: int) -> None:
    """Adds, a withdrawal, a departure, a move between the look-alikes, a name, an email, a co-teacher, a rename."""
    before = sample_district(seed)
    chosen = showcase(before)
    one, two, *others = chosen.sections
    after = next_day(before, seed=seed)

    was, now = set(before.sections[one].students), set(after.sections[one].students)
    was_two, now_two = set(before.sections[two].students), set(after.sections[two].students)
    assert (now - was) - before.people.keys()
    assert (now_two - was_two) - before.people.keys()
    assert (now - was) & before.people.keys()
    assert (was & now_two) - was_two - now
    assert (was - now - now_two) & after.people.keys()
    assert was_two - after.people.keys()
    stayed = was & after.people.keys()
    assert any(
        (before.people[one].first, before.people[one].last) != (after.people[one].first, after.people[one].last)
        for one in stayed
    )
    assert any(before.people[one].email != after.people[one].email for one in stayed)
    assert len(after.sections[two].teachers) == len(before.sections[two].teachers) + 1
    assert any(before.sections[other].name != after.sections[other].name for other in others)
    assert chosen.student in now
    assert showcase(after).teacher == chosen.teacher


def test_exactly_what_changed_is_stamped() -> None:
    after = next_day(DISTRICT, seed=3)
    assert after.today == DISTRICT.today + timedelta(days=1)
    stamp = datetime.combine(after.today, time(5), UTC)
    for old, new in ((DISTRICT.people, after.people), (DISTRICT.sections, after.sections)):
        for key in old.keys() & new.keys():
            assert (new[key].last_modified == stamp) == (
                attrs.evolve(new[key], last_modified=old[key].last_modified) != old[key]
            )


def test_new_people_have_later_ids() -> None:
    after = next_day(DISTRICT, seed=3, rate=0.2)
    assert min(after.people.keys() - DISTRICT.people.keys()) > max(DISTRICT.people)


def test_a_student_who_left_returns_with_the_old_id() -> None:
    second = next_day(DISTRICT, seed=1)
    left = {person.id for person in DISTRICT.people_with(Role.STUDENT)} - second.people.keys()
    third = next_day(second, seed=2, earlier=DISTRICT)
    back = left & third.people.keys()
    assert len(back) == 1
    assert third.sections_of(back.pop())


def test_a_new_student_is_in_the_section_and_has_a_new_id() -> None:
    after = evolution.add_student(DISTRICT, ONE, first="Ada", last="Example", email="ada@example.test")
    (new,) = after.people.keys() - DISTRICT.people.keys()
    assert new in after.sections[ONE].students
    given = evolution.add_student(DISTRICT, ONE, first="Ada", last="Example", person=PersonId("f" * 24))
    assert "f" * 24 in given.people


def test_enrolling_and_withdrawing_undo_each_other() -> None:
    joined = evolution.enroll(DISTRICT, OUTSIDER, ONE)
    assert OUTSIDER in joined.sections[ONE].students
    assert evolution.withdraw(joined, OUTSIDER, ONE).sections[ONE].students == DISTRICT.sections[ONE].students
    assert evolution.enroll(joined, OUTSIDER, ONE) == joined


def test_a_move_touches_two_sections_only() -> None:
    after = evolution.move(DISTRICT, STUDENT, source=ONE, target=OTHERS[-1])
    assert STUDENT not in after.sections[ONE].students
    assert STUDENT in after.sections[OTHERS[-1]].students
    changed = {key for key in DISTRICT.sections if DISTRICT.sections[key] != after.sections[key]}
    assert changed <= {ONE, OTHERS[-1]}


def test_names_and_emails_change_alone() -> None:
    person = DISTRICT.people[STUDENT]
    renamed = evolution.rename(DISTRICT, STUDENT, last="Married").people[STUDENT]
    assert (renamed.first, renamed.last) == (person.first, "Married")
    assert evolution.rename(DISTRICT, STUDENT, first="Corrected").people[STUDENT].last == person.last
    assert evolution.change_email(DISTRICT, STUDENT, "new@example.test").people[STUDENT].email == "new@example.test"
    assert evolution.rename_section(DISTRICT, ONE, "Algebra").sections[ONE].name == "Algebra"


def test_a_co_teacher_comes_last() -> None:
    teacher = next(p.id for p in DISTRICT.people_with(Role.TEACHER) if p.id not in DISTRICT.sections[TWO].teachers)
    after = evolution.add_teacher(DISTRICT, teacher, TWO)
    assert after.sections[TWO].teachers == (*DISTRICT.sections[TWO].teachers, teacher)
    assert evolution.add_teacher(after, teacher, TWO) == after


def test_a_removed_section_leaves_its_people() -> None:
    after = evolution.remove_section(DISTRICT, ONE)
    assert ONE not in after.sections
    assert after.people == DISTRICT.people


def test_a_child_who_leaves_takes_along_the_contacts_of_nobody_else() -> None:
    for contact in DISTRICT.people_with(Role.CONTACT):
        after = evolution.remove_person(DISTRICT, contact.children[0].student)
        assert (contact.id in after.people) == (len(contact.children) > 1)
        assert not after.sections_of(contact.children[0].student)


def test_a_readmitted_student_is_where_they_were() -> None:
    away = evolution.remove_person(DISTRICT, STUDENT)
    back = evolution.readmit(away, STUDENT, known=DISTRICT)
    assert [s.id for s in back.sections_of(STUDENT)] == [s.id for s in DISTRICT.sections_of(STUDENT)]


@pytest.mark.parametrize("person", [PersonId("0" * 24)])
def test_a_change_to_somebody_unknown_is_refused(person: PersonId) -> None:
    with pytest.raises(ConfigurationError, match=person):
        evolution.rename(DISTRICT, person, last="Nobody")
    with pytest.raises(ConfigurationError, match="no section"):
        evolution.rename_section(DISTRICT, "0" * 24, "Nothing")
