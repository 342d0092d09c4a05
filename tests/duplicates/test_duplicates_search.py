"""What holds for every search: order, symmetry, sums, silence about names, and the incremental form."""

from __future__ import annotations

import random
from datetime import date

import attrs
import pytest
from school_population import Mix, district

from clever_roster import duplicates
from clever_roster.duplicates import Index, Profile, Zone, find
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.score import learnt_prior
from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId, PersonId, PersonName, SchoolId

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


def test_in_a_large_population_without_duplicates_less_is_sure() -> None:
    """How many accounts exist twice is learnt, so that namesakes are not taken for them."""
    assert learnt_prior([], 10_000) < -3
    assert learnt_prior([9.0] * 300, 10_000) == 0
    assert learnt_prior([], 999) == 0


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
