"""What it says that two accounts are in the same classes: how many others are, and whether their rosters part them."""

from __future__ import annotations

from school_population import FAMILY, GIVEN

from clever_roster.duplicates import ClassMembership, Kind, LinkedIdentity, Pair, Profile, find
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

ROOMS = {"math": range(12), "art": range(6, 18), "music": range(12, 24)}
"""Whom Clever and Google list in each; half of math is in art too."""
SCHOOL = (SchoolId("s"),)


def pupil(account: str, name: PersonName, rooms: dict[str, tuple[Provider, ...]], *by: Provider) -> Profile:
    keys = {provider: IdentityKey(provider, DistrictId("d"), PersonId(f"{provider}{account}")) for provider in by}
    return Profile(
        account=AccountId(account),
        name=name,
        schools=SCHOOL,
        identities=tuple(LinkedIdentity(key=key) for key in keys.values()),
        memberships=tuple(
            ClassMembership(section=HostSectionId(f"{room} {provider}"), listed_as=keys[provider], name=room)
            for room, providers in rooms.items()
            for provider in providers
        ),
    )


def crowd() -> list[Profile]:
    both = (CLEVER, GOOGLE_CLASSROOM)
    pupils = [
        pupil(
            f"c{number}",
            PersonName(GIVEN[number], FAMILY[number]),
            {room: both for room, there in ROOMS.items() if number in there},
            *both,
        )
        for number in range(24)
    ]
    # Some whom Clever alone lists: each may be the one whom Google lists under another account.
    pupils += [
        pupil(f"d{number}", PersonName(GIVEN[40 + number], FAMILY[40 + number]), {"math": (CLEVER,)}, CLEVER)
        for number in range(5)
    ]
    teachers = [
        Profile(
            account=AccountId(f"t {room}"),
            name=PersonName(GIVEN[70 + place], FAMILY[70 + place]),
            memberships=tuple(
                ClassMembership(section=HostSectionId(f"{room} {provider}"), role=EnrollmentRole.TEACHER, name=room)
                for provider in both
            ),
        )
        for place, room in enumerate(ROOMS)
    ]
    return [*pupils, *teachers]


def met(in_clever: tuple[str, ...], in_google: tuple[str, ...]) -> Pair:
    """Two accounts of one rare name, one in each roster, in these rooms."""
    name = PersonName("Zuri", "Wentiski")
    one = pupil("x1", name, dict.fromkeys(in_clever, (CLEVER,)), CLEVER)
    other = pupil("x2", name, dict.fromkeys(in_google, (GOOGLE_CLASSROOM,)), GOOGLE_CLASSROOM)
    (pair,) = find([*crowd(), one, other]).pairs
    return pair


def of_classes(pair: Pair) -> tuple[float, str]:
    (reason,) = [reason for reason in pair.evidence if reason.kind is Kind.CLASS]
    return reason.weight, reason.sentence


def test_two_classes_in_common_say_more_than_one_because_fewer_others_are_in_both() -> None:
    """Five whom Clever alone lists are in math; none of them is in art as well."""
    one, sentence = of_classes(met(("math",), ("math",)))
    assert sentence.startswith("they are in the same classes")
    both, sentence = of_classes(met(("math", "art"), ("math", "art")))
    assert sentence.startswith("they are in the same classes")
    assert both > one + 2


def test_a_class_that_the_others_roster_does_not_have_parts_nobody() -> None:
    """Clever lists the child in more classes than Google: nothing says that Google's child is not in them."""
    weight, sentence = of_classes(met(("math", "art"), ("math",)))
    assert sentence.startswith("they are in the same classes")
    assert weight == of_classes(met(("math",), ("math",)))[0]


def test_each_in_a_class_without_the_other_says_less() -> None:
    """Both rosters have art and music, and put one child in each."""
    weight, sentence = of_classes(met(("math", "art"), ("math", "music")))
    assert sentence.endswith("each in others without the other")
    assert weight < of_classes(met(("math",), ("math",)))[0] - 2
