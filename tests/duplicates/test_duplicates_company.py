"""What it says that two accounts are in the same classes, and that one is in a class without the other."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from school_population import FAMILY, GIVEN

from clever_roster.duplicates import ClassMembership, Kind, LinkedIdentity, Pair, Profile, Zone, find
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


def met(in_clever: tuple[str, ...], in_google: tuple[str, ...], others: Iterable[Profile] = ()) -> Pair:
    """Two accounts of one rare name, one in each roster, in these rooms."""
    name = PersonName("Zuri", "Wentiski")
    one = pupil("x1", name, dict.fromkeys(in_clever, (CLEVER,)), CLEVER)
    other = pupil("x2", name, dict.fromkeys(in_google, (GOOGLE_CLASSROOM,)), GOOGLE_CLASSROOM)
    (pair,) = find([*(others or crowd()), one, other]).pairs
    return pair


def shown(pair: Pair, kind: Kind) -> tuple[float, str]:
    return next(((reason.weight, reason.sentence) for reason in pair.evidence if reason.kind is kind), (0.0, ""))


def test_two_classes_in_common_say_more_than_one_because_fewer_others_are_in_both() -> None:
    """Five whom Clever alone lists are in math; none of them is in art as well."""
    one, sentence = shown(met(("math",), ("math",)), Kind.CLASS)
    assert sentence.startswith("they are in the same classes")
    both, sentence = shown(met(("math", "art"), ("math", "art")), Kind.CLASS)
    assert sentence.startswith("they are in the same classes")
    assert both > one + 2


def test_nothing_is_said_of_absence_where_no_other_roster_has_the_class() -> None:
    """The same rooms in both rosters; and a club that Google does not have."""
    assert shown(met(("math", "art"), ("math", "art")), Kind.ABSENCE) == (0.0, "")
    assert shown(met(("math", "club"), ("math",)), Kind.ABSENCE) == (0.0, "")


def listed_by_clever(*rooms: str) -> list[Profile]:
    """Five whom Clever alone lists, in each of these rooms; they show how many classes a child has."""
    return [
        pupil(
            f"e{number}",
            PersonName(GIVEN[90 + number], FAMILY[90 + number]),
            dict.fromkeys(rooms, (CLEVER,)),
            CLEVER,
        )
        for number in range(5)
    ]


def test_each_without_the_other_says_more_than_one_without_the_other() -> None:
    """Both rosters have art and music: one child in art alone, or one child in each."""
    others = [*crowd(), *listed_by_clever("math", "art", "music")]
    one, sentence = shown(met(("math", "art"), ("math",), others), Kind.ABSENCE)
    assert sentence.startswith("one is in a class without the other")
    each, sentence = shown(met(("math", "art"), ("math", "music"), others), Kind.ABSENCE)
    assert sentence.startswith("each is in classes without the other")
    assert each < one - 1 < -2


def test_where_rosters_leave_children_out_absence_says_little() -> None:
    """Google lists a half of its children in art, and Clever a half of its own in music."""
    left_out = {f"art {GOOGLE_CLASSROOM}", f"music {CLEVER}"}
    patchy = [
        one
        if number % 2
        else attrs.evolve(one, memberships=tuple(seat for seat in one.memberships if seat.section not in left_out))
        for number, one in enumerate(crowd()[:24])
    ]
    full, others = crowd(), listed_by_clever("math", "art", "music")
    rooms = ("math", "art"), ("math", "music")
    assert shown(met(*rooms, [*full, *others]), Kind.ABSENCE)[0] < -2
    assert shown(met(*rooms, [*patchy, *full[24:], *others]), Kind.ABSENCE)[0] > -1.5


def test_children_of_one_school_in_different_classes_are_two() -> None:
    """Of one name, but in math here and in music there, and both rosters know these classes."""
    pair = met(("math",), ("music",), [*crowd(), *listed_by_clever("math", "art", "music")])
    weight, sentence = shown(pair, Kind.ABSENCE)
    assert sentence.startswith("they are in different classes")
    assert weight < -2
    assert pair.zone is not Zone.SURE


def test_one_child_is_not_in_more_classes_than_any_child_there() -> None:
    """Those of one roster are in two of the rooms; in both rosters together this child would be in three."""
    pair = met(("math", "art"), ("math", "music"), [*crowd(), *listed_by_clever("math", "art")])
    assert shown(pair, Kind.ABSENCE)[1] == "one child would be in more classes than any child there is"
    assert pair.zone is not Zone.SURE


def test_where_too_few_are_there_nobody_knows_how_many_classes_a_child_has() -> None:
    """The same two in a room with two others."""
    name = PersonName("Zuri", "Wentiski")
    there = [one for one in crowd() if one.account in {"c0", "c13", "t math", "t art", "t music"}]
    pair = met(("math", "art"), ("math", "music"), there)
    assert pair.first.name == name
    assert "more classes" not in shown(pair, Kind.ABSENCE)[1]


def test_a_class_made_by_hand_has_no_full_list() -> None:
    """A password account in two classes; of the two classes of Clever's child it is in one."""
    name = PersonName("Zuri", "Wentiski")
    hand = attrs.evolve(
        pupil("x2", name, {}),
        memberships=tuple(ClassMembership(section=HostSectionId(f"{room} hand")) for room in ("math", "music")),
    )
    one = pupil("x1", name, {"math": (CLEVER,), "art": (CLEVER,)}, CLEVER)
    by_hand = [
        attrs.evolve(
            other,
            memberships=(
                *other.memberships,
                *(
                    ClassMembership(section=HostSectionId(f"{room} hand"), role=seat.role, name=room)
                    for room in ROOMS
                    for seat in other.memberships
                    if seat.section == f"{room} {CLEVER}"
                ),
            ),
        )
        for other in crowd()
    ]
    (pair,) = find([*by_hand, *listed_by_clever("math", "art", "music"), one, hand]).pairs
    assert shown(pair, Kind.ABSENCE)[1].endswith("at least one of them is in no roster")
    assert pair.zone is not Zone.SURE
