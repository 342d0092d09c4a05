"""One new account against an index: what it answers is what a full search with it says, to the last bit."""

from __future__ import annotations

import random
from collections import Counter

import attrs
import pytest
from other_population import MIXES, other_district
from school_population import FAMILY, GIVEN, Mix, district
from tiny_population import World

from clever_roster.duplicates import ClassMembership, Index, LinkedIdentity, Pair, Profile, Zone, block, find
from clever_roster.duplicates.block import Keys
from clever_roster.duplicates.namesakes import lifts
from clever_roster.duplicates.population import Population
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

SMALL_CLASSES = Mix(class_size=5, school_size=120, clever_only=0.3, google_only=0.3, linked_to_both=0.2, duplicates=0.1)
DISTRICTS = 20


def made(seed: int) -> list[Profile]:
    """A lifelike district of either family, large classes or small."""
    if seed % 2:
        return list(other_district(260, seed=seed, mix=list(MIXES.values())[seed % len(MIXES)])[0])
    return list(district(260, seed=seed, mix=Mix(duplicates=0.1) if seed % 4 else SMALL_CLASSES).profiles)


def arriving(profiles: list[Profile], dice: random.Random) -> list[Profile]:
    """Newcomers of every kind; the first is one of the profiles, who exists twice if anybody does."""
    doubles = [pair.second for pair in find(profiles).pairs if pair.zone in (Zone.SURE, Zone.REVIEW)]
    child, other, third = dice.sample([one for one in profiles if one.memberships], 3)
    sizes = Counter(membership.section for one in profiles for membership in one.memberships)
    small = [one for one in profiles for membership in one.memberships if sizes[membership.section] < 7]
    few = dice.choice(small or profiles).memberships

    def new(number: int, **known: object) -> Profile:
        return attrs.evolve(third, account=AccountId(f"{dice.randrange(999)} {number}"), **known)

    return [
        dice.choice(doubles or profiles),
        # A second account of a child that exists, by a password; somebody in the classes of two others.
        attrs.evolve(child, account=AccountId(f"{dice.randrange(999)} again"), identities=()),
        new(1, memberships=other.memberships[:2] + child.memberships[:2]),
        # In small classes, where each child counts when it is asked which class is which; in none.
        new(2, memberships=few),
        new(3, memberships=few, identities=()),
        Profile(account=AccountId("nobody"), name=other.name),
    ]


def pairs_met(profiles: list[Profile]) -> set[tuple[str, str]]:
    """Who is compared with whom in a full search."""
    people = Population(profiles)
    met, _ = block.pairs_of(people.traits, people.sharing)
    return {(left.profile.account, right.profile.account) for left, right in met}


def pairs_of(account: AccountId, profiles: list[Profile]) -> tuple[Pair, ...]:
    """What a full search finds."""
    return tuple(pair for pair in find(profiles).pairs if account in pair.accounts)


@pytest.mark.parametrize("seed", range(DISTRICTS))
def test_an_index_answers_what_a_full_search_with_the_newcomer_says(seed: int) -> None:
    """Same pairs, zones, weights and reasons, exactly; also when it was written down and read back."""
    profiles = made(seed)
    gone, *others = arriving(profiles, random.Random(seed))  # noqa: S311 - made-up people are no secret
    there = [one for one in profiles if one is not gone]
    index = Index(there)
    again = Index.load(index.dump())
    compared = 0
    for newcomer in (gone, *others):
        expected = pairs_of(newcomer.account, [*there, newcomer])
        assert index.candidates(newcomer) == expected
        assert again.candidates(newcomer) == expected
        compared += len(expected)
    assert compared


@pytest.mark.parametrize("seed", range(60))
def test_the_same_holds_where_everything_is_odd(seed: int) -> None:
    """Classes without a school, unheard surnames, lists of two sources, teachers who arrive, blocks too large."""
    world = World(seed)
    people = [one.account for one in world.profiles]
    apart = [(people[0], people[-1])]
    index = Index(world.profiles, apart=apart)
    for _ in range(4):
        newcomer = world.newcomer()
        full = find([*world.profiles, newcomer], apart=apart).pairs
        assert index.candidates(newcomer) == tuple(pair for pair in full if newcomer.account in pair.accounts)


def test_asking_leaves_the_index_as_it_was() -> None:
    """A newcomer is counted in for one question, whatever it would change."""
    world = World(4)
    index = Index(world.profiles)
    before = index.dump()
    newcomers = [attrs.evolve(world.newcomer(), account=AccountId(f"new{number}")) for number in range(6)]
    answers = [index.candidates(newcomer) for newcomer in newcomers]
    assert any(answers)
    assert [index.candidates(newcomer) for newcomer in reversed(newcomers)] == answers[::-1]
    assert index.find() == find(world.profiles)
    assert index.dump() == before


# --- What one newcomer may change -------------------------------------------------------------------------------------


def pupil(number: int, *rooms: str, by: tuple[Provider, ...] = (), **known: object) -> Profile:
    keys = {provider: IdentityKey(provider, DistrictId("d"), PersonId(f"{provider}{number}")) for provider in by}
    memberships = (
        ClassMembership(section=HostSectionId(room), listed_as=keys.get(Provider(room.split()[0])), name="math")
        for room in rooms
    )
    return attrs.evolve(
        Profile(
            account=AccountId(f"a{number:02}"),
            name=PersonName(GIVEN[number], FAMILY[number]),
            identities=tuple(LinkedIdentity(key=key) for key in keys.values()),
            memberships=tuple(memberships),
            schools=(SchoolId("s"),),
        ),
        **known,
    )


def room(provider: Provider, number: int) -> str:
    return f"{provider} {number}"


def one_short() -> list[Profile]:
    """Six in Clever's class, six in Google's, of whom two are in both: one child too few to tell that they are one."""
    clever, google = room(CLEVER, 1), room(GOOGLE_CLASSROOM, 1)
    teacher = Profile(
        account=AccountId("teacher"),
        name=PersonName("Rosa", "Marsh"),
        memberships=tuple(
            ClassMembership(section=HostSectionId(where), role=EnrollmentRole.TEACHER, name=title)
            for where, title in ((clever, "math"), (google, "numbers"))
        ),
    )
    return [
        *(pupil(number, clever, google, by=(CLEVER, GOOGLE_CLASSROOM)) for number in range(2)),
        *(pupil(number, clever, by=(CLEVER,)) for number in range(2, 6)),
        *(pupil(number, google, by=(GOOGLE_CLASSROOM,)) for number in range(6, 10)),
        teacher,
    ]


def test_a_newcomer_who_tips_which_class_is_which_is_met_in_the_one_class() -> None:
    """Three children in both say that Google's class is Clever's: everybody in the two has other classmates then."""
    newcomer = pupil(20, room(CLEVER, 1), room(GOOGLE_CLASSROOM, 1), by=(CLEVER, GOOGLE_CLASSROOM))
    people = Population(one_short())
    assert people.joined_by(pupil(20, room(CLEVER, 1), by=(CLEVER,))).changed.keys() == {-1}
    joined = people.joined_by(newcomer)
    assert len(joined.changed) > 4
    numbers = {number for one in people.traits for number in one.classes}
    assert len(numbers) == 2
    assert len({number for place in range(-1, people.size) for number in joined.traits[place].classes}) == 1

    # Pupil 2 comes a second time, and is known by name in both: that is the third child too.
    again = pupil(2, room(GOOGLE_CLASSROOM, 1), by=(GOOGLE_CLASSROOM,), account=AccountId("again"))
    assert len(people.joined_by(again).changed) > 4
    assert "in the same classes" in Index(one_short()).candidates(again)[0].explain()
    for profiles, one in ((one_short(), again), ([*one_short(), again], newcomer), ([*one_short(), newcomer], again)):
        assert Index(profiles).candidates(one) == pairs_of(one.account, [*profiles, one])


def test_a_newcomer_may_part_two_classes_that_were_one() -> None:
    """A rival class of Google fits nearly as well when one more child is in it."""
    clever, first, second = room(CLEVER, 1), room(GOOGLE_CLASSROOM, 1), room(GOOGLE_CLASSROOM, 2)
    taught = [
        attrs.evolve(
            pupil(40, by=()),
            memberships=tuple(
                ClassMembership(section=HostSectionId(where), role=EnrollmentRole.TEACHER, name="math")
                for where in (clever, first, second)
            ),
        )
    ]
    both = (CLEVER, GOOGLE_CLASSROOM)
    profiles = [
        *(pupil(number, clever, first, by=both) for number in range(4)),
        *(pupil(number, clever, second, by=both) for number in range(10, 12)),
        *taught,
    ]
    newcomer = pupil(20, clever, second, by=both)
    classes = [
        {number for one in Population(those).traits for number in one.classes}
        for those in (profiles, [*profiles, newcomer])
    ]
    assert [len(those) for those in classes] == [2, 3]
    again = pupil(0, first, by=(GOOGLE_CLASSROOM,), account=AccountId("again"))
    for those, one in ((profiles, newcomer), ([*profiles, again], newcomer), ([*profiles, newcomer], again)):
        assert Index(those).candidates(one) == pairs_of(one.account, [*those, one])
    joined = Population(profiles).joined_by(newcomer)
    assert len({number for place in range(-1, len(profiles)) for number in joined.traits[place].classes}) == 3


def test_a_newcomer_may_bring_the_school_of_a_class() -> None:
    """Nobody's school was known; then everybody in the class is of the newcomer's."""
    homeless = [pupil(number, room(CLEVER, 1), schools=()) for number in range(5)]
    newcomer = pupil(0, room(CLEVER, 1), account=AccountId("again"))
    assert Index(homeless).candidates(newcomer) == pairs_of(newcomer.account, [*homeless, newcomer])
    joined = Population(homeless).joined_by(newcomer)
    assert {*joined.traits[3].schools} == {"s"}
    assert not Population(homeless).traits[3].schools


def test_a_newcomer_may_bring_the_surname_that_an_address_spells() -> None:
    """ "zwentiski" is Z. Wentiski as soon as anybody is called so."""
    initial = pupil(1, name=PersonName("Zuri", "W."), emails=("zwentiski@mail.example",), grade="4")
    newcomer = pupil(2, name=PersonName("Zuri", "Wentiski"), grade="4")
    crowd = [pupil(number, room(CLEVER, 1)) for number in range(5, 20)]
    (pair,) = Index([*crowd, initial]).candidates(newcomer)
    assert (pair,) == pairs_of(newcomer.account, [*crowd, initial, newcomer])
    assert "the surnames are the same" in pair.explain()


def test_a_newcomer_may_make_a_block_too_large() -> None:
    """Sixty of one name and school are compared with each other; sixty-one are not."""
    crowd = [
        Profile(account=AccountId(f"a{number:02}"), name=PersonName("Maria", "Garcia"), schools=(SchoolId("s"),))
        for number in range(60)
    ]
    newcomer = attrs.evolve(crowd[0], account=AccountId("new"))
    for there, met in ((crowd[1:], 59), (crowd, 0)):
        people = Population(there)
        joined = people.joined_by(newcomer)
        keys = Keys(people.traits).joined_by(joined.changed)
        assert len(keys.near(joined.traits[-1])) == met
        everybody = {pair for pair in pairs_met([*there, newcomer]) if "new" in pair}
        assert len(everybody) == met


def test_how_far_names_go_together_is_counted_with_the_newcomer() -> None:
    """`Tally` says what `namesakes.lifts` says of everybody: rare surnames and others, within a school and across."""
    tipped = 0
    for seed in range(12):
        profiles, dice = made(seed), random.Random(seed)  # noqa: S311 - made-up people are no secret
        people = Population(profiles)
        for number in range(4):
            one, other = dice.sample(profiles, 2)
            newcomer = attrs.evolve(one, account=AccountId(f"new{number}"), identities=other.identities)
            counted = people.joined_by(newcomer).lifts
            assert counted == lifts(Population([*profiles, newcomer]).traits)
            tipped += counted != people.lifts
    assert tipped


def test_how_many_exist_twice_is_learnt_with_the_newcomer() -> None:
    """Where one account moves what is learnt, all pairs are weighed again; where none can, they are not."""
    mix = Mix(duplicates=0.01, twins=0.1, siblings=0.3, rare_names=0.2)
    tipped = 0
    for seed in range(40):
        profiles, dice = list(district(1000, seed=seed, mix=mix).profiles), random.Random(seed)  # noqa: S311
        index = Index(profiles)
        before = {pair.evidence[0] for pair in index.find().pairs}
        for number in range(2):
            newcomer = attrs.evolve(dice.choice(profiles), account=AccountId(f"new{number}"), identities=())
            full = find([*profiles, newcomer]).pairs
            assert index.candidates(newcomer) == tuple(pair for pair in full if newcomer.account in pair.accounts)
            tipped += before.isdisjoint(pair.evidence[0] for pair in full)
        if tipped > 1:
            break
    assert tipped > 1
