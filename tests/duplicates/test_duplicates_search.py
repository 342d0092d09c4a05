"""What holds for every search: order, symmetry, sums, silence about names, and the incremental form."""

from __future__ import annotations

import random
import zlib
from datetime import date

import attrs
import pytest
from school_population import TODAY, Mix, district

from clever_roster import duplicates
from clever_roster.duplicates import ClassMembership, Index, LinkedIdentity, Profile, ReviewQueue, Zone, find
from clever_roster.duplicates.block import pairs_of
from clever_roster.duplicates.namesakes import lifts
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.saved import load
from clever_roster.duplicates.score import learnt_prior
from clever_roster.errors import ConfigurationError
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
    SectionId,
    SectionKey,
)

SCHOOL = district(600, seed=5, mix=Mix(duplicates=0.1))


def test_the_order_of_the_accounts_does_not_matter() -> None:
    """Same input in any order, same answer."""
    shuffled = random.Random(1).sample(SCHOOL.profiles, len(SCHOOL.profiles))  # noqa: S311
    assert find(shuffled) == find(SCHOOL.profiles)


def test_the_weight_is_the_sum_of_the_evidence() -> None:
    """Nothing is weighed that is not said."""
    pairs = find(SCHOOL.profiles).pairs
    assert pairs
    for pair in pairs:
        assert pair.weight == pytest.approx(sum(reason.weight for reason in pair.evidence), abs=0.021)


def test_one_account_asked_about_gives_the_pairs_of_the_full_search() -> None:
    """`Index.candidates` and `find` are one road: same pairs, weights and zones."""
    index = Index(SCHOOL.profiles)
    full = index.find().pairs
    for profile in SCHOOL.profiles[::7]:
        assert index.candidates(profile) == tuple(pair for pair in full if profile.account in pair.accounts)


def test_a_newcomer_is_recognised_before_an_account_is_made() -> None:
    """At first login the index has the old account only; the new one is compared by what the index knows."""
    pair = next(pair for pair in find(SCHOOL.profiles).of(Zone.SURE) if pair.accounts in SCHOOL.pairs)
    before = Index(profile for profile in SCHOOL.profiles if profile is not pair.second)
    (best, *_) = before.candidates(pair.second)
    assert best.accounts == pair.accounts
    assert best.zone in (Zone.SURE, Zone.REVIEW)


def test_a_newcomer_weighs_what_a_full_search_with_it_says() -> None:
    """It is counted in, as if it had been among the others (`test_duplicates_newcomer` asks about all kinds)."""
    full = find(SCHOOL.profiles).pairs
    newcomers = [pair.second for pair in full if pair.zone in (Zone.SURE, Zone.REVIEW)][::6]
    assert len(newcomers) > 5
    for newcomer in newcomers:
        before = Index([profile for profile in SCHOOL.profiles if profile is not newcomer])
        own = tuple(pair for pair in full if newcomer.account in pair.accounts)
        assert before.candidates(newcomer) == own


def test_a_newcomer_meets_an_account_that_nobody_else_shares_anything_with() -> None:
    """A key that one account has so far is a key: the index keeps all of them."""
    alone = Profile(account=AccountId("a"), name=PersonName("Zuri", "Wentiski"), birth_date=date(2015, 3, 9))
    crowd = [attrs.evolve(one, schools=(), memberships=()) for one in SCHOOL.profiles[:50]]
    newcomer = attrs.evolve(alone, account=AccountId("new"), birth_date=date(2015, 9, 3))
    assert [pair.accounts for pair in Index([*crowd, alone]).candidates(newcomer)] == [("a", "new")]


def test_a_newcomer_whose_former_id_is_known_meets_the_account_of_that_id() -> None:
    """`legacy_id` of a login says which account it was, whatever the names are by now."""
    old = next(one for one in SCHOOL.profiles if one.identities)
    (identity, *_) = old.identities
    new = attrs.evolve(
        identity, key=attrs.evolve(identity.key, subject=PersonId("re-created")), legacy_id=identity.key.subject
    )
    newcomer = attrs.evolve(old, account=AccountId("new"), identities=(new,), memberships=(), schools=(), emails=())
    (best, *_) = Index(SCHOOL.profiles).candidates(newcomer)
    assert best.accounts == (old.account, "new")
    assert "one id took the other's place" in best.explain()


def test_an_index_written_down_and_read_back_answers_as_before() -> None:
    """No pickle, one version, everything that was said; and no need to search again."""
    said = ReviewQueue().decide(find(SCHOOL.profiles).of(Zone.SURE)[0], same=False)
    newcomer = attrs.evolve(SCHOOL.profiles[3], account=AccountId("new"), identities=(), birth_date=None)
    index = Index(SCHOOL.profiles, apart=[("b", "a")], decided=said)
    again = Index.load(index.dump())
    assert again.find() == index.find()
    assert again.candidates(newcomer) == index.candidates(newcomer)
    assert again.dump() == index.dump()


def test_every_field_of_a_profile_survives_being_written_down() -> None:
    """Sections of a source and of the host, teachers, ends, ids, further fields."""
    key = IdentityKey(CLEVER, DistrictId("d"), PersonId("c1"))
    full = Profile(
        account=AccountId("a"),
        name=PersonName("Zuri", "Wentiski", "Olive"),
        emails=("z@mail.example",),
        identities=(
            LinkedIdentity(
                key=key, listed=False, sis_id="1", student_number="2", state_id="3", legacy_id=PersonId("c0")
            ),
        ),
        birth_date=date(2015, 3, 9),
        grade="5",
        schools=(SchoolId("s"),),
        memberships=(
            ClassMembership(
                section=SectionKey(CLEVER, DistrictId("d"), SectionId("9")),
                listed_as=key,
                name="math",
                teachers=(PersonName("Rosa", "Marsh"),),
                since=TODAY,
                until=TODAY,
            ),
            ClassMembership(section=HostSectionId("h"), role=EnrollmentRole.TEACHER),
        ),
        created_at=TODAY,
        last_active_at=TODAY,
        activity=3,
        has_password=True,
        further={"street": "7 Elm St"},
    )
    picture = load(Index([full, attrs.evolve(full, account=AccountId("b"))]).dump())
    assert picture.profiles[0] == full
    assert picture.profiles[1].account == "b"


@pytest.mark.parametrize("damage", [b"", b"no index", zlib.compress(b"[]\n[]"), zlib.compress(b'{"format": "2"}\n[]')])
def test_what_is_no_index_is_refused_with_what_to_do(damage: bytes) -> None:
    """Another version, a part of one, or something else; nothing of its content is said."""
    with pytest.raises(ConfigurationError, match="no index of this version"):
        Index.load(damage)
    with pytest.raises(ConfigurationError):
        Index.load(Index(SCHOOL.profiles[:20]).dump()[:200])


def test_the_two_accounts_of_a_pair_may_change_places() -> None:
    """Symmetric: weights and zones do not depend on whose id is the smaller one."""

    def turned(account: str) -> str:
        return account[::-1]

    profiles = [attrs.evolve(one, account=AccountId(turned(one.account))) for one in SCHOOL.profiles]
    before = {frozenset(map(turned, pair.accounts)): (pair.weight, pair.zone) for pair in find(SCHOOL.profiles).pairs}
    after = {frozenset(pair.accounts): (pair.weight, pair.zone) for pair in find(profiles).pairs}
    assert {key: zone for key, (_, zone) in after.items()} == {key: zone for key, (_, zone) in before.items()}
    assert all(weight == pytest.approx(before[key][0]) for key, (weight, _) in after.items())


def test_two_whom_one_roster_lists_are_not_compared_for_a_common_class_alone() -> None:
    """They are two people; they are met only where they look like one, so that it can be said why they are not."""
    keys = [IdentityKey(CLEVER, DistrictId("d"), PersonId(f"c{n}")) for n in range(2)]
    room = HostSectionId("room")

    def listed(number: int, first: str) -> Profile:
        return Profile(
            account=AccountId(f"a{number}"),
            name=PersonName(first, "Wentiski"),
            identities=(LinkedIdentity(key=keys[number]),),
            memberships=(ClassMembership(section=room, listed_as=keys[number]),),
        )

    def met(first: str, second: str) -> int:
        people = Population([listed(0, first), listed(1, second)])
        pairs, _ = pairs_of(people.traits, people.sharing)
        return len(list(pairs))

    assert met("Zuri", "Zora") == 0
    assert met("Zuri", "Zuri") == 1


def test_namesakes_of_one_language_weigh_less_than_names_that_fell_together_by_chance() -> None:
    """Learnt from people of whom one roster lists all, who are certainly different."""

    def crowd(*, of_languages: bool) -> list[Profile]:
        dice = random.Random(3)  # noqa: S311
        people: list[Profile] = []
        for number in range(3000):
            language = dice.randrange(30)
            other = language if of_languages else dice.randrange(30)
            names = PersonName(
                f"{_word(language)}{_word(dice.randrange(3))}", f"{_word(other)}{_word(dice.randrange(3))}b"
            )
            key = IdentityKey(CLEVER, DistrictId("d"), PersonId(f"c{number}"))
            people.append(
                Profile(
                    account=AccountId(f"a{number}"),
                    name=names,
                    identities=(LinkedIdentity(key=key),),
                    schools=(SchoolId(f"s{number % 6}"),),
                )
            )
        return people

    chance, language = (lifts(Population(crowd(of_languages=kind)).traits) for kind in (False, True))
    assert chance.near == chance.far == 1
    assert language.near > 8
    assert language.far > 8
    assert lifts(Population(SCHOOL.profiles).traits).near < 2


def _word(number: int) -> str:
    return f"{'bcdfghklmnprstv'[number % 15]}{'aeiou'[number % 5]}{'xz'[number % 2]}"


def test_in_a_large_population_without_duplicates_less_is_sure() -> None:
    """How many accounts exist twice is learnt, so that namesakes are not taken for them."""
    assert learnt_prior([], 10_000) < -3
    assert learnt_prior([9.0] * 300, 10_000) == 0
    assert learnt_prior([9.0] * 250, 10_000) == 0
    assert learnt_prior([], 199) == 0


def test_reprs_and_explanations_show_no_names() -> None:
    """Names appear only when asked for."""
    findings = find(SCHOOL.profiles)
    shown = repr(findings) + repr(findings.pairs) + repr(findings.clusters) + repr(findings.suggestions)
    said = " ".join(pair.explain() + pair.waterfall() for pair in findings.pairs)
    for pair in findings.pairs:
        for profile in (pair.first, pair.second):
            for secret in (profile.name.last, *profile.emails):
                assert len(secret) < 3 or secret not in shown + said
    first = findings.pairs[0]
    assert first.first.name.last in first.explain(names=True)
    assert repr(first.first) == f"<Profile of account {first.first.account}>"


def test_pairs_that_somebody_parted_are_in_no_cluster() -> None:
    """A contradiction is never crossed, by however many other links."""
    pair = find(SCHOOL.profiles).of(Zone.SURE)[0]
    findings = find(SCHOOL.profiles, apart=[pair.accounts])
    assert all(not set(pair.accounts) <= set(cluster.accounts) for cluster in findings.clusters)


def test_every_cluster_has_its_suggestion() -> None:
    """Each suggestion keeps one account of its cluster and moves the others."""
    findings = find(SCHOOL.profiles)
    for cluster, suggestion in zip(findings.clusters, findings.suggestions, strict=True):
        assert {suggestion.keep, *(move.account for move in suggestion.merge)} == set(cluster.accounts)
        assert suggestion.zone is cluster.zone
        assert suggestion.because


def test_a_block_too_large_to_compare_is_reported() -> None:
    """Three hundred children of one name: nobody is compared through it, and the findings say so."""
    crowd = [Profile(account=AccountId(f"a{number}"), name=PersonName("Maria", "Garcia")) for number in range(300)]
    findings = find(crowd)
    assert not findings.of(Zone.SURE)
    assert max(block.left_out for block in findings.missed) == 300


def test_a_block_that_is_too_large_is_split_and_compared_within_its_parts() -> None:
    """Seventy children of one name in three schools: split by school, reported, nobody left out."""
    crowd = [
        Profile(
            account=AccountId(f"a{number}"), name=PersonName("Maria", "Garcia"), schools=(SchoolId(f"s{number % 3}"),)
        )
        for number in range(70)
    ]
    twice = attrs.evolve(crowd[0], birth_date=date(2015, 3, 9), emails=("mg@mail.example",))
    findings = find([*crowd[1:], twice, attrs.evolve(twice, account=AccountId("b"))])
    assert findings.pairs[0].accounts == ("a0", "b")
    assert findings.missed
    assert all(block.left_out == 0 for block in findings.missed)
    assert all("garcia" not in block.kind for block in findings.missed)


def test_names_of_one_character_are_found_like_any_other() -> None:
    """李芳 has two accounts; neither of her names is an initial, and 李明 of her school is somebody else."""
    one = Profile(account=AccountId("a"), name=PersonName("芳", "李"), schools=(SchoolId("s"),), grade="5")
    again = attrs.evolve(one, account=AccountId("b"))
    other = attrs.evolve(one, account=AccountId("c"), name=PersonName("明", "李"))
    (pair,) = [pair for pair in find([*SCHOOL.profiles, one, again, other]).pairs if {"a", "b", "c"} & {*pair.accounts}]
    assert pair.accounts == ("a", "b")
    assert "the given names are the same" in pair.explain()
    assert "initial" not in pair.explain()


def test_a_newcomer_in_a_block_that_is_too_large_meets_the_part_it_stands_in() -> None:
    """As a full search does: by school, and nobody where a part is still too large."""
    crowd = [
        Profile(
            account=AccountId(f"a{number}"), name=PersonName("Maria", "Garcia"), schools=(SchoolId(f"s{number % 3}"),)
        )
        for number in range(70)
    ]
    index = Index([*crowd, attrs.evolve(crowd[0], account=AccountId("b"), emails=("mg@mail.example",))])
    newcomer = attrs.evolve(crowd[0], account=AccountId("new"), emails=("mg@mail.example",))
    assert index.candidates(newcomer)[0].accounts == ("b", "new")
    everywhere = Index([attrs.evolve(one, schools=()) for one in crowd])
    assert not everywhere.candidates(attrs.evolve(crowd[0], account=AccountId("new"), schools=()))


def test_of_two_that_fit_equally_and_exclude_each_other_neither_is_sure() -> None:
    """A tie goes to a human."""
    pair = next(p for p in find(SCHOOL.profiles).of(Zone.SURE) if p.first.identities and p.first.birth_date is None)
    rival = attrs.evolve(pair.second, account=AccountId("rival"))
    findings = find([*SCHOOL.profiles, rival], apart=[(rival.account, pair.second.account)])
    zones = {found.accounts: found.zone for found in findings.pairs}
    assert zones[pair.accounts] is not Zone.SURE


def test_nobody_and_somebody_alone_have_no_duplicates() -> None:
    """The smallest populations are populations."""
    alone = Profile(account=AccountId("a"), name=PersonName("", ""), birth_date=date(2015, 1, 1))
    assert find([]).pairs == find([alone]).pairs == ()
    assert repr(find([])) == "<Findings: 0 sure, 0 review, 0 hint, 0 never; 0 clusters; 0 large blocks>"
    assert repr(Index([alone])) == "<Index of 1 accounts>"
    assert repr(Population([alone]).traits[0]) == "<Traits of account a>"


def test_an_account_given_twice_is_refused_by_its_id() -> None:
    """It would be found to be its own duplicate."""
    with pytest.raises(ConfigurationError, match=f"Account {SCHOOL.profiles[0].account} was given twice"):
        find([*SCHOOL.profiles, SCHOOL.profiles[0]])


def test_the_door_shows_what_it_offers() -> None:
    """Tab completion is the API."""
    assert dir(duplicates) == sorted(duplicates.__all__)
