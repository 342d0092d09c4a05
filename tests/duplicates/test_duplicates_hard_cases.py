"""The hard cases that speak of duplicates, re-keys and recycled ids, each by its heading and number."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs
import pytest
from school_population import FAMILY, GIVEN

from clever_roster.duplicates import ClassMembership, Index, LinkedIdentity, Pair, Profile, Zone, find
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    AccountId,
    DistrictId,
    EnrollmentRole,
    HostSectionId,
    IdentityKey,
    PersonId,
    PersonName,
    Provider,
    SchoolId,
)

MATH_CLEVER, MATH_GOOGLE = HostSectionId("math in Clever"), HostSectionId("math in Google")
AUTUMN, LAST_YEAR = datetime(2026, 9, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
BORN = date(2015, 3, 9)


def identity(subject: str, provider: Provider = CLEVER, **known) -> LinkedIdentity:
    return LinkedIdentity(key=IdentityKey(provider, DistrictId("d"), PersonId(subject)), **known)


def child(account: str, first: str, last: str, *identities: LinkedIdentity, section=None, **known) -> Profile:
    listed = {one.key.provider: one.key for one in identities}
    provider = {MATH_CLEVER: CLEVER, MATH_GOOGLE: GOOGLE_CLASSROOM}
    memberships = (
        () if section is None else (ClassMembership(section=section, listed_as=listed.get(provider[section])),)
    )
    given = {"schools": (SchoolId("school"),), "grade": "5", "memberships": memberships} | known
    return Profile(account=AccountId(account), name=PersonName(first, last), identities=identities, **given)


def classmates() -> list[Profile]:
    """Twenty children whom Clever and Google both list in math, each with one account, and their teacher."""
    pupils = [
        attrs.evolve(
            child(
                f"c{number}",
                GIVEN[number],
                FAMILY[number],
                identity(f"c{number}"),
                identity(f"g{number}", GOOGLE_CLASSROOM),
            ),
            memberships=(
                ClassMembership(section=MATH_CLEVER, listed_as=identity(f"c{number}").key),
                ClassMembership(section=MATH_GOOGLE, listed_as=identity(f"g{number}", GOOGLE_CLASSROOM).key),
            ),
        )
        for number in range(20)
    ]
    teaching = tuple(
        ClassMembership(section=section, role=EnrollmentRole.TEACHER) for section in (MATH_CLEVER, MATH_GOOGLE)
    )
    teacher = Profile(account=AccountId("t"), name=PersonName("Rosalind", "Abernathy"), memberships=teaching)
    return [*pupils, teacher]


def verdict(first: Profile, second: Profile) -> Pair | None:
    """What is found about two accounts among the classmates; nothing else is ever found there."""
    pairs = find([*classmates(), first, second]).pairs
    assert {pair.accounts for pair in pairs} <= {(first.account, second.account)}
    return pairs[0] if pairs else None


def reasons(pair: Pair | None) -> str:
    return "" if pair is None else pair.explain()


def test_login_26_one_child_in_one_class_through_clever_and_google_is_surely_one() -> None:
    """Google and Clever both active: the class is recognised by its people, and so is the child."""
    pair = verdict(
        child("x1", "Gabriella", "Marsh", identity("c77"), section=MATH_CLEVER),
        child("x2", "Gabby", "Marsh", identity("g77", GOOGLE_CLASSROOM), section=MATH_GOOGLE),
    )
    assert pair is not None
    assert pair.zone is Zone.SURE
    assert "one given name is a short form of the other" in pair.explain()
    assert "same class" in pair.explain()
    assert "not compared: birthdays" in pair.explain()


def test_login_27_a_split_identity_is_found_and_the_account_the_roster_knows_is_kept() -> None:
    """Stub against active: the stub holds today's Clever id, so it is kept and the work moves to it."""
    stub = child("x1", "Zuri", "Marsh", identity("c77"), section=MATH_CLEVER)
    active = child("x2", "Zuri", "Marsh", has_password=True, activity=300, birth_date=BORN)
    findings = find([*classmates(), stub, active])
    (suggestion,) = findings.suggestions
    assert suggestion.keep == "x1"
    assert [(move.account, move.activity, move.has_password) for move in suggestion.merge] == [("x2", 300, True)]
    assert "Another account has more work in it, which must move." in suggestion.because


def test_login_27_among_equals_the_account_with_more_work_is_kept() -> None:
    """Rank the survivor by activity where no roster decides."""
    idle = child("x1", "Zuri", "Marsh", birth_date=BORN)
    busy = child("x2", "Zuri", "Marsh", birth_date=BORN, activity=12)
    (suggestion,) = find([*classmates(), idle, busy]).suggestions
    assert suggestion.keep == "x2"


def test_login_27_twins_with_the_same_surname_and_birthday_are_two() -> None:
    """Same family, same day, same class in two rosters, a parent's address on both: still two given names."""
    mails = ("marsh.family@mail.example",)
    pair = verdict(
        child("x1", "Ada", "Marsh", identity("c77"), section=MATH_CLEVER, birth_date=BORN, emails=mails),
        child(
            "x2", "Ines", "Marsh", identity("g78", GOOGLE_CLASSROOM), section=MATH_GOOGLE, birth_date=BORN, emails=mails
        ),
    )
    assert pair is None or pair.zone is Zone.NEVER


def test_login_27_the_same_name_twice_in_one_class_is_two_children() -> None:
    """One provider never lists a child twice in a class."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77"), section=MATH_CLEVER),
        child("x2", "Zuri", "Marsh", identity("c78"), section=MATH_CLEVER),
    )
    assert pair is not None
    assert pair.zone is Zone.NEVER
    assert "one source lists both in the same class at the same time" in pair.explain()
    assert pair.probability == 0.0


def test_login_27_two_live_ids_of_one_provider_in_one_district_are_two_people() -> None:
    """Also when they are in different classes, or in none."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77"), birth_date=BORN),
        child("x2", "Zuri", "Marsh", identity("c78"), birth_date=BORN),
    )
    assert pair is not None
    assert pair.zone is Zone.NEVER


def test_roster_20_a_recreated_clever_id_with_the_same_student_number_is_one_person() -> None:
    """An id that Clever lists no longer, and a new one that shares a strong key: a re-key to propose."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", listed=False, student_number="4711", sis_id="a"), grade="4"),
        child("x2", "Zuri", "Marsh", identity("c99", student_number="4711", sis_id="a"), section=MATH_CLEVER),
    )
    assert pair is not None
    assert pair.zone is Zone.SURE
    assert "an id that its source lists no longer" in pair.explain()


@pytest.mark.parametrize(("born", "zone"), [(None, Zone.REVIEW), (BORN, Zone.SURE)])
def test_roster_20_a_recreated_id_whose_sis_id_changed_needs_more_than_a_name(born: date | None, zone: Zone) -> None:
    """Clever makes a new id when the `sis_id` changes; yet by name and school alone a human decides, however rare."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", listed=False, sis_id="a"), grade="4", birth_date=born),
        child("x2", "Zuri", "Marsh", identity("c99", sis_id="b"), section=MATH_CLEVER, birth_date=born),
    )
    assert pair is not None
    assert pair.zone is zone


def test_a_changed_sis_id_without_an_id_that_ended_is_for_a_human() -> None:
    """Two ids that are both listed, in two rosters of one district: nothing says that one took the other's place."""
    old = child("x1", "Zuri", "Marsh", identity("g1", GOOGLE_CLASSROOM, sis_id="a"), birth_date=BORN)
    pair = verdict(old, child("x2", "Zuri", "Marsh", identity("c99", sis_id="b"), section=MATH_CLEVER, birth_date=BORN))
    assert pair is not None
    assert pair.zone is Zone.REVIEW


def test_login_11_an_id_that_the_source_says_took_anothers_place_joins_the_two() -> None:
    """`legacy_id`: the old id is not a second live one, although nothing here has seen it end."""
    old = child("x1", "Zuri", "Marsh", identity("c77"), grade=None)
    new = child("x2", "Zuri", "Marsh", identity("c99", legacy_id=PersonId("c77")), grade=None)
    pair = verdict(old, new)
    assert pair is not None
    assert pair.zone is Zone.SURE
    assert "one id took the other's place" in pair.explain()


def test_roster_21_a_person_merged_at_the_source_is_found_by_the_id_that_is_gone() -> None:
    """A and B became A: B's id is listed no longer, so the two accounts may be one."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77"), section=MATH_CLEVER, birth_date=BORN),
        child("x2", "Zuri", "Marsh", identity("c78", listed=False), birth_date=BORN),
    )
    assert pair is not None
    assert pair.zone is Zone.SURE


def test_roster_22_a_person_split_at_the_source_is_never_joined_again_here() -> None:
    """Two live ids: the source says two people, and it is not overruled by equal records."""
    twin = {"birth_date": BORN, "emails": ("zuri@mail.example",)}
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", state_id="9"), **twin),
        child("x2", "Zuri", "Marsh", identity("c78", state_id="9"), **twin),
    )
    assert pair is not None
    assert pair.zone is Zone.NEVER


def test_roster_23_a_recycled_number_does_not_join_two_humans() -> None:
    """Names and birthday are all another child's: the number alone joins nobody."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", listed=False, student_number="4711"), birth_date=BORN),
        child("x2", "Oskar", "Lindqvist", identity("c99", student_number="4711"), birth_date=date(2011, 12, 24)),
    )
    assert pair is None


def test_roster_27_what_a_human_said_is_remembered() -> None:
    """ "Not the same" is a veto from then on, in whichever order the two are named."""
    first = child("x1", "Zuri", "Marsh", identity("c77"), section=MATH_CLEVER, birth_date=BORN)
    second = child("x2", "Zuri", "Marsh", birth_date=BORN)
    assert find([*classmates(), first, second]).of(Zone.SURE)
    findings = find([*classmates(), first, second], apart=[(second.account, first.account)])
    assert not findings.clusters
    assert "somebody said that they are not the same" in reasons(findings.pairs[0])


def test_roster_51_equal_student_ids_of_two_districts_say_nothing() -> None:
    """`sis_id` and its like are compared inside one district only."""
    elsewhere = LinkedIdentity(key=IdentityKey(CLEVER, DistrictId("other"), PersonId("c99")), sis_id="a")
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", sis_id="a")),
        child("x2", "Zuri", "Marsh", elsewhere, schools=(SchoolId("far away"),)),
    )
    assert "student number" not in reasons(pair)


def test_different_student_numbers_in_one_district_are_two_people() -> None:
    """Even when one of the ids is listed no longer."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", student_number="1", listed=False), birth_date=BORN),
        child("x2", "Zuri", "Marsh", identity("c99", student_number="2"), birth_date=BORN),
    )
    assert pair is not None
    assert pair.zone is Zone.NEVER


def test_a_birthday_typed_wrongly_does_not_part_an_account_from_its_twin_record() -> None:
    """Day and month swapped, or one digit off, is a slip; another day is another child."""
    first = child("x1", "Zuri", "Marsh", identity("c77"), section=MATH_CLEVER, birth_date=BORN)
    swapped = child(
        "x2", "Zuri", "Marsh", identity("g77", GOOGLE_CLASSROOM), section=MATH_GOOGLE, birth_date=date(2015, 9, 3)
    )
    other = attrs.evolve(swapped, birth_date=date(2014, 11, 27))
    found = verdict(first, swapped)
    assert found is not None
    assert found.zone is Zone.SURE
    refused = verdict(first, other)
    assert refused is not None
    assert refused.zone is Zone.NEVER


def test_login_9_missing_addresses_are_not_the_same_address() -> None:
    """Nothing never equals nothing; case, spaces and a plus tag do not matter where there is an address."""
    pair = verdict(child("x1", "Zuri", "Marsh", birth_date=BORN), child("x2", "Zuri", "Marsh", birth_date=BORN))
    assert "email" not in reasons(pair)
    written = ("ZURI@mail.example ", "zuri+math@mail.example")
    first, second = (child(f"x{n}", "Zuri", "Marsh", emails=(mail,)) for n, mail in enumerate(written))
    assert "the same email address" in reasons(verdict(first, second))


def test_login_12_a_new_clever_id_after_a_long_absence_is_proposed_with_what_would_move() -> None:
    """A re-key to look at: both accounts and their work stay until a human decides."""
    before = child("x1", "Zuri", "Marsh", identity("c77", listed=False), grade="4", birth_date=BORN, activity=40)
    after = child("x2", "Zuri", "Marsh", identity("c99"), section=MATH_CLEVER, birth_date=BORN)
    (suggestion,) = find([*classmates(), before, after]).suggestions
    assert suggestion.keep == "x2"
    assert [(move.account, move.activity) for move in suggestion.merge] == [("x1", 40)]


def test_diagnosis_5_and_6_the_old_account_is_found_at_first_login_before_a_second_is_made() -> None:
    """A password account of last year, and a first login through Clever: the index knows whom to ask about."""
    old = child("x1", "Zuri", "Marsh", has_password=True, birth_date=BORN, activity=300)
    arriving = child("new", "Zuri", "Marsh", identity("c77"), section=MATH_CLEVER, birth_date=BORN)
    (pair,) = Index([*classmates(), old]).candidates(arriving)
    assert pair.accounts == ("new", "x1")
    assert pair.zone is Zone.SURE


def test_diagnosis_15_old_and_new_ids_of_a_teacher_are_one_person() -> None:
    """`legacy_id` counts for every role."""
    teaching = (ClassMembership(section=HostSectionId("science"), role=EnrollmentRole.TEACHER),)
    old = child("x1", "Rosa", "Marsh", identity("t77"), grade=None, memberships=teaching)
    new = child("x2", "Rosa", "Marsh", identity("t99", legacy_id=PersonId("t77")), grade=None)
    pair = verdict(old, new)
    assert pair is not None
    assert pair.zone is Zone.SURE


def test_diagnosis_16_the_same_child_next_year_is_found_by_state_id() -> None:
    """Same district, same state id, another Clever id: one child."""
    pair = verdict(
        child("x1", "Zuri", "Marsh", identity("c77", listed=False, state_id="9"), grade="4"),
        child("x2", "Zuri", "Marsh", identity("c99", state_id="9"), section=MATH_CLEVER),
    )
    assert pair is not None
    assert pair.zone is Zone.SURE
    assert "a student number or id of the district is the same" in pair.explain()
