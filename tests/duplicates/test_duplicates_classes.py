"""Which class is which across rosters: learnt from people, and left open when it is not clear."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

import attrs

from clever_roster.duplicates.classes import Roll, fit, fits, match
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    DistrictId,
    HostSectionId,
    Person,
    PersonId,
    PersonName,
    Provider,
    Section,
    SectionId,
    Term,
    TermId,
)


def roll(section: str, source: Provider | None, students: range, *teachers: str, words: str = "", **known) -> Roll:
    return Roll(
        section=HostSectionId(section),
        source=source,
        students=frozenset(students),
        names=frozenset(f"n {number}" for number in students),
        teachers=frozenset(teachers),
        words=frozenset(words.split()),
        **known,
    )


def together(*rolls: Roll) -> set[frozenset[str]]:
    """The groups of more than one class."""
    first = match(rolls)
    groups = {head: frozenset(str(key) for key, its in first.items() if its == head) for head in first.values()}
    return {group for group in groups.values() if len(group) > 1}


def test_classes_of_one_teacher_with_common_students_are_one() -> None:
    """A quarter of the smaller class is enough, because many children are in one roster only."""
    assert together(
        roll("a", CLEVER, range(25), "t"),
        roll("b", GOOGLE_CLASSROOM, range(18, 40), "t"),
        roll("c", None, range(90, 99), "t"),
    ) == {frozenset("ab")}


def test_without_a_common_teacher_nearly_everybody_must_be_in_both() -> None:
    """Classmates of one lesson meet again in others."""
    assert not together(roll("a", CLEVER, range(25), "t"), roll("b", GOOGLE_CLASSROOM, range(15, 40), "u"))
    assert together(roll("a", CLEVER, range(25), "t"), roll("b", GOOGLE_CLASSROOM, range(5, 25), "u"))


def test_children_with_two_accounts_are_recognised_by_name() -> None:
    """A school that changed from one provider to the other has everybody twice."""
    clever, google = roll("a", CLEVER, range(25), "t"), roll("b", GOOGLE_CLASSROOM, range(100, 125), "t")
    assert together(clever, attrs.evolve(google, names=clever.names))
    assert not together(clever, google)


def test_classes_whose_terms_do_not_meet_are_two() -> None:
    """Last year's class of the same teacher and children is another class; an unknown term forbids nothing."""
    before = roll("a", CLEVER, range(20), "t", words="math", ends=date(2026, 6, 20))
    after = roll("b", GOOGLE_CLASSROOM, range(20), "t", words="math", starts=date(2026, 9, 1))
    assert not together(before, after)
    assert together(attrs.evolve(before, ends=None), after)
    assert fit(before, after) == 0


def test_a_section_is_read_with_its_people_and_term() -> None:
    """Two rosters with ids of their own: teacher and children are recognised by name, in whatever case."""
    rolls = [section_roll(CLEVER, str.title), section_roll(GOOGLE_CLASSROOM, str.upper)]
    (clever, google) = (roll.section for roll in rolls)
    assert match(rolls) == {clever: clever, google: clever}
    assert fit(*rolls) == fit(*reversed(rolls)) > 1
    assert "marsh" not in repr(rolls).casefold()


def section_roll(provider: Provider, written: Callable[[str], str]) -> Roll:
    names = {
        "t": ("rosa", "marsh"),
        **{f"s{number}": (f"zo{chr(97 + number)}", f"ab{chr(97 + number)}") for number in range(9)},
    }
    people = {
        PersonId(key): Person(id=PersonId(key), district=DistrictId("d"), name=PersonName(*map(written, name)))
        for key, name in names.items()
    }
    section = Section(
        id=SectionId("1"),
        district=DistrictId("d"),
        name=written("math, period 3"),
        teachers=(PersonId("t"),),
        students=tuple(key for key in people if key != "t"),
    )
    term = Term(id=TermId("autumn"), starts=date(2026, 9, 1), ends=date(2027, 1, 20))
    return Roll.of(section, provider=provider, people=people, term=term)


def test_two_classes_that_fit_nearly_as_well_are_both_left_apart() -> None:
    """A wrong map is worse than none."""
    assert not together(
        roll("a", CLEVER, range(20), "t"),
        roll("b", GOOGLE_CLASSROOM, range(10), "t"),
        roll("c", GOOGLE_CLASSROOM, range(10, 20), "t"),
    )


def test_the_name_of_a_class_decides_between_the_same_people() -> None:
    """Lessons of one elementary class have the same list; they are no rivals to each other."""
    assert together(
        roll("a", CLEVER, range(20), "t", words="science"),
        roll("b", CLEVER, range(20), "t", words="math"),
        roll("c", GOOGLE_CLASSROOM, range(20), "t", words="math"),
    ) == {frozenset("bc")}


def test_two_classes_of_one_source_are_never_one() -> None:
    """A source does not list a class twice."""
    assert not together(roll("a", CLEVER, range(20), "t"), roll("b", CLEVER, range(20), "t"))


def test_where_no_child_is_in_both_one_teachers_class_of_that_name_must_do() -> None:
    """Only if there is just one of that name on each side."""
    clever, google = (
        roll("a", CLEVER, range(20), "t", words="math p3"),
        roll("b", GOOGLE_CLASSROOM, range(50, 60), "t", words="math p3"),
    )
    assert together(clever, google)
    assert not together(clever, google, roll("c", GOOGLE_CLASSROOM, range(70, 80), "t", words="math p3"))
    assert not together(clever, roll("d", GOOGLE_CLASSROOM, range(50, 60), "t", words="math p4"))


def test_what_no_fit_connects_may_be_asked_apart() -> None:
    """An index asks about classes that a newcomer touches, and those connected with them: the answer is the same."""
    dice = random.Random(1)  # noqa: S311 - made-up classes are no secret
    rolls = [
        roll(
            f"{number:02}",
            dice.choice((CLEVER, GOOGLE_CLASSROOM, None)),
            range(start := dice.randrange(100), start + dice.randrange(4, 9)),
            f"t{dice.randrange(30)}",
            words=dice.choice(("math", "art")),
        )
        for number in range(40)
    ]
    found = fits(rolls)
    parts = {number: {number} for number in range(len(rolls))}
    for left, right, _ in found:
        parts[left] |= parts[right]
        parts.update(dict.fromkeys(parts[left], parts[left]))
    assert 3 < len({min(part) for part in parts.values()}) < len(rolls)
    whole = match(rolls)
    assert len(set(whole.values())) < len(rolls)
    for part in parts.values():
        assert match([rolls[number] for number in sorted(part)]).items() <= whole.items()
