"""What two accounts can show, one thing at a time, and what a group of accounts is told to keep."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from school_population import FAMILY, GIVEN, TODAY

from clever_roster.duplicates import ClassMembership, Kind, LinkedIdentity, Profile, Zone, find
from clever_roster.duplicates.cluster import LARGEST, cluster
from clever_roster.duplicates.emails import formed_of
from clever_roster.duplicates.suggest import suggest
from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    EnrollmentRole,
    HostSectionId,
    IdentityKey,
    PersonId,
    PersonName,
    SchoolId,
)

CROWD = [
    Profile(account=AccountId(f"crowd{number}"), name=PersonName(GIVEN[number % 150], FAMILY[number]))
    for number in range(200)
]
BORN = date(2015, 3, 9)
STRONG = {"birth_date": BORN, "schools": (SchoolId("s"),)}


def shown(first: PersonName, second: PersonName, *, one: dict | None = None, other: dict | None = None) -> str:
    """What is said about two accounts in a crowd; both have a birthday and a school unless told otherwise."""
    pair = (
        Profile(account=AccountId("x1"), name=first, **(STRONG if one is None else one)),
        Profile(account=AccountId("x2"), name=second, **(STRONG if other is None else other)),
    )
    return "; ".join(found.explain() for found in find([*CROWD, *pair]).pairs)


ZURI = PersonName("Zuri", "Wentiski")


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (ZURI, ZURI, "the given names are the same"),
        (PersonName("José", "Núñez"), PersonName("jose", "NUNEZ"), "the surnames are the same"),
        (PersonName("Aleksandr", "Wentiski"), PersonName("Саша", "Wentiski"), "one given name is a short form"),
        (PersonName("Z.", "Wentiski"), ZURI, "one given name is the initial of the other"),
        (PersonName("Zuri Marie", "Wentiski"), ZURI, "one given name is a part of the other"),
        (PersonName("Max", "Wentiski"), PersonName("Maxford", "Wentiski"), "one given name is a part of the other"),
        (PersonName("Zuri", "Wentiski", "Olive"), PersonName("Olive", "Wentiski"), "the other's middle name"),
        (PersonName("Zuri Ann", "Wentiski"), PersonName("Zuri Bo", "Wentiski"), "one given name is a part"),
        (PersonName("Maoik", "Wentiski"), PersonName("Maolik", "Wentiski"), "the given names differ by a slip"),
        (PersonName("Wentiski", "Zuri"), ZURI, "in each other's place"),
        (PersonName("Zuri", "Wentiski-Marsh"), ZURI, "one surname is a part of the other"),
        (PersonName("Zuri", "Wentiski Marsh"), PersonName("Zuri", "Wentiski Olsen"), "and each has another one"),
        (PersonName("Zuri", "Wentiski Marsh"), PersonName("Zuri", "Wentiski Marhs"), "one surname is a part"),
        (PersonName("Zuri W.", ""), ZURI, "one surname is the initial of the other"),
        (PersonName("Zuri", "Wenitski"), ZURI, "the surnames differ by a slip"),
        (PersonName("Zuri", "Lopez Wentisky"), PersonName("Zuri", "Wentiski Marsh"), "the surnames differ by a slip"),
        (PersonName("Zuri", "Marsh"), ZURI, "the surnames differ"),
        (PersonName("Panoah", "Wentiski"), PersonName("Kanoah", "Wentiski"), "in the first letter, or rhyme"),
        (PersonName("José", "Wentiski"), PersonName("Josephine", "Wentiski"), "begins like the other, but both"),
        (PersonName("Khadija", "Wentiski"), PersonName("Hadija", "Wentiski"), "one name in two spellings"),
        (PersonName("Zuri", "Tsvetkov"), PersonName("Zuri", "Cvetkov"), "the surnames are one name in two spellings"),
    ],
)
def test_names_are_compared_in_plain_words(first: PersonName, second: PersonName, sentence: str) -> None:
    """One case for each thing that two names can show; the order of the two does not matter."""
    said = shown(first, second)
    assert sentence in said
    assert shown(second, first) == said


def test_a_name_that_is_missing_speaks_neither_for_nor_against() -> None:
    """Only what both have is compared."""
    said = shown(PersonName("", "Wentiski"), ZURI)
    assert "the surnames are the same" in said
    assert "given name" not in said
    assert "surname" not in shown(PersonName("Zuri", ""), ZURI)
    assert "one given name is the initial" in shown(PersonName("Z", "Wentiski"), PersonName("Z.", "Wentiski"))


def test_two_names_of_their_own_that_look_alike_are_not_taken_for_a_slip() -> None:
    """Jayden and Jaden of one family are two, however alike: twins are called so."""
    said = shown(PersonName("Jayden", "Wentiski"), PersonName("Jaden", "Wentiski"))
    assert said == "" or "Never one: same family" in said


def test_names_that_differ_in_both_parts_are_not_weighed_at_all() -> None:
    """Not even with the same birthday and school."""
    assert shown(PersonName("Zuri", "Wentiski"), PersonName("Oskar", "Marsh")) == ""


def test_an_address_that_spells_the_surname_stands_in_for_it() -> None:
    """ "Zuri W." with the address zuri.wentiski@…: the surnames are the same."""
    said = shown(PersonName("Zuri", "W"), ZURI, one={**STRONG, "emails": ("zuri.wentiski@school.example",)})
    assert "the surnames are the same" in said


def test_the_same_address_counts_and_so_does_its_hash() -> None:
    """A host that keeps only hashes gets the same evidence."""
    for address in ("zuri@mail.example", "5d41402abc4b2a76b9719d911017c592"):
        assert "the same email address" in shown(ZURI, ZURI, one={"emails": (address,)}, other={"emails": (address,)})


def test_the_same_local_part_at_two_domains_counts() -> None:
    """School address and private address are often formed alike."""
    said = shown(ZURI, ZURI, one={"emails": ("zuri.w15@a.example",)}, other={"emails": ("zuriw15@b.example",)})
    assert "the same before the @" in said


def test_an_address_formed_of_the_name_says_little_beyond_the_name() -> None:
    """Two called alike have it alike; digits behind the name make it telling again."""
    assert formed_of("zuriwentiski", "zuri", "wentiski") == formed_of("zwentiski", "zuri", "wentiski") == 0.3
    assert formed_of("zwentiski07", "zuri", "wentiski") == pytest.approx(0.003)
    assert formed_of("starchild", "zuri", "wentiski") == 0


def test_a_surname_written_twice_is_as_usual_as_the_surname() -> None:
    """ "Valdez Valdez" and "Valdez" agree in a common name, not in a rare one."""
    said = shown(PersonName("Zuri", f"{FAMILY[0]} {FAMILY[0]}"), PersonName("Zuri", FAMILY[0]))
    assert said == shown(PersonName("Zuri", FAMILY[0]), PersonName("Zuri", FAMILY[0]))


def test_teacher_and_student_are_hardly_one_person() -> None:
    """It speaks against it, and is never sure."""
    teaching = ClassMembership(section=HostSectionId("c"), role=EnrollmentRole.TEACHER)
    learning = ClassMembership(section=HostSectionId("d"))
    said = shown(
        ZURI, ZURI, one={**STRONG, "memberships": (teaching,)}, other={**STRONG, "memberships": (learning,)}
    )  # fmt: skip
    assert "one teaches, the other learns" in said
    assert "surely" not in said


def test_a_teacher_named_on_the_class_is_known_without_an_account() -> None:
    """`ClassMembership.teachers` serves where teachers are not among the profiles."""
    teacher = (PersonName("Rosalind", "Abernathy"),)
    classes = [ClassMembership(section=HostSectionId(key), teachers=teacher) for key in "cd"]
    said = shown(ZURI, ZURI, one={"memberships": (classes[0],)}, other={"memberships": (classes[1],)})
    assert "they have a teacher in common" in said


def test_a_class_that_everybody_left_has_no_pupils() -> None:
    """Whoever taught it has those of the other classes, and as many as without it."""
    teacher = (PersonName("Rosalind", "Abernathy"),)
    here, there = [ClassMembership(section=HostSectionId(key), teachers=teacher) for key in "cd"]
    left = ClassMembership(section=HostSectionId("e"), teachers=teacher, until=TODAY - timedelta(days=9))
    said = shown(ZURI, ZURI, one={"memberships": (here,)}, other={"memberships": (there, left)})
    assert "they have a teacher in common" in said
    assert said == shown(ZURI, ZURI, one={"memberships": (here,)}, other={"memberships": (there,)})


@pytest.mark.parametrize(
    ("grade", "sentence"),
    [
        ("5", "same school and grade"),
        ("4", "one grade apart"),
        ("Kindergarten", "grades far apart"),
        (None, "same school"),
    ],
)
def test_school_and_grade_count_together(grade: str | None, sentence: str) -> None:
    """A year between them is last year's roster; more is another child."""
    assert sentence in shown(ZURI, ZURI, one={**STRONG, "grade": "5"}, other={**STRONG, "grade": grade})


def test_accounts_that_follow_each_other_fit_better_than_accounts_used_side_by_side() -> None:
    """A child who has a new account leaves the old one."""
    old = {**STRONG, "created_at": TODAY - timedelta(700), "last_active_at": TODAY - timedelta(400)}
    new = {**STRONG, "created_at": TODAY - timedelta(300), "last_active_at": TODAY}
    assert "fell silent before the other began" in shown(ZURI, ZURI, one=old, other=new)
    assert "used in the same time" in shown(ZURI, ZURI, one=new, other=new)


def test_a_waterfall_has_a_line_for_each_reason_and_ends_at_the_weight() -> None:
    """Bits, running total, sentence."""
    pair = find([*CROWD, *(Profile(account=AccountId(key), name=ZURI, **STRONG) for key in ("x1", "x2"))]).pairs[0]
    lines = pair.waterfall().splitlines()
    assert len(lines) == len(pair.evidence)
    assert f"{pair.weight:+.1f}" in lines[-1]
    assert pair.evidence[0].kind is Kind.PRIOR
    assert pair.probability > 0.9


def test_a_group_grows_by_its_best_links_and_never_past_a_contradiction() -> None:
    """1-2 is the better link; 2-3 would bring together 1 and 3, which exclude each other."""
    assert cluster([(1, 2), (2, 3), (4, 5), (5, 4)], lambda one, other: {one, other} == {1, 3}) == ((1, 2), (4, 5))


def test_a_group_that_would_grow_too_large_stays_as_it_is() -> None:
    """More accounts than a child has."""
    groups = cluster([(number, number + 1) for number in range(20)], lambda *_: False)
    assert max(len(group) for group in groups) == LARGEST


def identified(account: str, **known) -> Profile:
    key = IdentityKey(CLEVER, DistrictId("d"), PersonId(account))
    return Profile(account=AccountId(account), name=ZURI, identities=(LinkedIdentity(key=key),), **known)


def plain(account: str, **known) -> Profile:
    return Profile(account=AccountId(account), name=ZURI, **known)


IN_CLASS = (ClassMembership(section=HostSectionId("c")),)
EARLY, LATE = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("keep", "merge", "because"),
    [
        (identified("b"), plain("a", activity=9), "It holds an id that a roster lists now"),
        (plain("b", memberships=IN_CLASS), plain("a", activity=9), "It is in a class now."),
        (plain("b", activity=9), plain("a", last_active_at=LATE), "It has the most work in it."),
        (plain("b", last_active_at=LATE), plain("a", last_active_at=EARLY), "It was used last."),
        (plain("b", created_at=EARLY), plain("a", created_at=LATE), "It is the oldest."),
        (plain("a"), plain("b"), "Nothing tells the accounts apart."),
    ],
)
def test_what_is_kept_is_decided_by_roster_class_work_use_and_age(keep: Profile, merge: Profile, because: str) -> None:
    """In this order; the suggestion says which of them decided, and what the other account would hand over."""
    for pair in ([keep, merge], [merge, keep]):
        suggestion = suggest(pair, Zone.REVIEW)
        assert suggestion.keep == keep.account
        assert suggestion.because[0].startswith(because)
        assert [move.account for move in suggestion.merge] == [merge.account]
