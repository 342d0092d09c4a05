"""Laws over made-up districts, and a floor under the accuracy.

The suite plays twenty districts; the nightly job plays more: `CLEVER_ROSTER_DISTRICTS=1000`.
"""

from __future__ import annotations

import os

import attrs
import pytest
from other_population import MIXES, other_district
from school_population import Mix, district

from clever_roster.duplicates import Zone, find
from clever_roster.model import AccountId

CROWDED = Mix(duplicates=0.0, twins=0.2, siblings=0.3, rare_names=0.1)


def test_a_district_of_twins_siblings_and_namesakes_without_duplicates_has_nothing_sure() -> None:
    """Teachers with two accounts are the only pairs that are one human there.

    Namesakes in all the same classes, of whom no birthday is known, can be told by nobody: one district of a hundred
    has such a pair, none of these two hundred.
    """
    for seed in range(2000, 2200):
        made = district(400, seed=seed, mix=CROWDED)
        assert {pair.accounts for pair in find(made.profiles).of(Zone.SURE)} <= made.pairs, seed


def check_that_nobody_of_one_list_is_sure(seed: int) -> None:
    """Zero sure pairs of one class listed by one provider, and zero twins; in every fifth district nobody is double."""
    made = district(250, seed=seed, mix=Mix(twins=0.1, duplicates=0.1 if seed % 5 else 0.0))
    for pair in find(made.profiles).of(Zone.SURE):
        lists = [{(m.section, m.listed_as) for m in p.memberships if m.listed_as} for p in (pair.first, pair.second)]
        assert not {section for section, _ in lists[0]} & {section for section, _ in lists[1]}
        twins = pair.first.birth_date and pair.first.birth_date == pair.second.birth_date
        assert not twins or pair.accounts in made.pairs


DISTRICTS = int(os.environ.get("CLEVER_ROSTER_DISTRICTS", "20"))


@pytest.mark.parametrize("seed", range(DISTRICTS))
def test_a_sure_pair_never_joins_two_children_of_one_list(seed: int) -> None:
    """Nor twins."""
    check_that_nobody_of_one_list_is_sure(seed)


def test_an_unrelated_account_changes_no_zone() -> None:
    """A stranger from elsewhere moves no verdict (two hundred districts)."""
    for seed in range(200):
        made = district(40, seed=seed, mix=Mix(duplicates=0.15))
        stranger = attrs.evolve(
            made.profiles[0], account=AccountId("z"), name=attrs.evolve(made.profiles[0].name, first="Ulf", last="Xo"),
            emails=(), identities=(), memberships=(), schools=(), birth_date=None,
        )  # fmt: skip
        before = {pair.accounts: pair.zone for pair in find(made.profiles).pairs}
        after = {pair.accounts: pair.zone for pair in find([*made.profiles, stranger]).pairs}
        assert after == before


@pytest.mark.parametrize(
    ("seed", "mix"), [(31, Mix()), (32, Mix(secondary=0.2, nickname=0.35)), (33, Mix(no_birthday=0.7, slip=0.2))]
)
def test_most_duplicates_are_found_and_few_strangers(seed: int, mix: Mix) -> None:
    """A floor, well under what the benchmark measures, so that a regression is seen the same day."""
    made = district(2000, seed=seed, mix=mix)
    findings = find(made.profiles)
    suggested = {pair.accounts for pair in (*findings.of(Zone.SURE), *findings.of(Zone.REVIEW))}
    assert len(suggested & made.pairs) > 0.75 * len(made.pairs)
    assert len(suggested & made.pairs) > 0.92 * len(suggested)
    sure = {pair.accounts for pair in findings.of(Zone.SURE)}
    assert len(sure) > 0.3 * len(made.pairs)
    assert len(sure - made.pairs) <= 1


@pytest.mark.parametrize("mix", ["plain", "typos", "parents' addresses", "Google and passwords"])
def test_the_floor_holds_in_districts_that_nothing_was_tuned_on(mix: str) -> None:
    """Other names, other ways to a second account; what is sure is right, what is suggested mostly."""
    profiles, pairs = other_district(2500, seed=71, mix=MIXES[mix])
    findings = find(profiles)
    sure = {pair.accounts for pair in findings.of(Zone.SURE)}
    suggested = sure | {pair.accounts for pair in findings.of(Zone.REVIEW)}
    assert len(sure - pairs) <= 1
    assert len(sure & pairs) > 0.35 * len(pairs)
    assert len(suggested & pairs) > 0.75 * max(len(pairs), len(suggested))


def test_where_nobody_is_double_in_such_a_district_nothing_is_sure() -> None:
    """Twins, brothers and sisters, and namesakes of one language."""
    profiles, pairs = other_district(4000, seed=72, mix=MIXES["nobody double"])
    assert not pairs
    assert not find(profiles).of(Zone.SURE)
