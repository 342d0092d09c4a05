"""Which class is which across rosters: learnt from people, and left open when it is not clear."""

from __future__ import annotations

from clever_roster.duplicates.classes import Roll, same_classes
from clever_roster.model import CLEVER, GOOGLE_CLASSROOM, HostSectionId, Provider

NAMES = [f"n {number}" for number in range(200)]


def roll(section: str, source: Provider | None, students: range, *teachers: str, words: str = "") -> Roll:
    return Roll(
        section=HostSectionId(section),
        source=source,
        students=frozenset(students),
        teachers=frozenset(teachers),
        words=frozenset(words.split()),
    )


def together(*rolls: Roll, names: list[str] = NAMES) -> set[frozenset[str]]:
    """The groups of more than one class."""
    first = same_classes(rolls, names)
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
    doubled = [f"n {number % 100}" for number in range(200)]
    assert together(roll("a", CLEVER, range(25), "t"), roll("b", GOOGLE_CLASSROOM, range(100, 125), "t"), names=doubled)


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
