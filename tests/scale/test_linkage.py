"""The shipped model on Splink: the pairs and zones of `find`, whichever engine pairs the accounts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path[:0] = [str(BENCHMARKS), str(Path(__file__).parents[1] / "duplicates")]

from linkage import on_duckdb, on_spark, told  # noqa: E402 - found beside the benchmark that measures it
from school_population import district  # noqa: E402

from clever_roster.duplicates import Profile, find  # noqa: E402
from clever_roster.duplicates.linkage import Linkage  # noqa: E402
from clever_roster.model import AccountId, DistrictId, SchoolId  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PROFILES = district(1_000, seed=11).profiles


def test_on_duckdb_splink_finds_the_pairs_of_find_in_the_same_zones() -> None:
    model, core = Linkage(PROFILES), told(find(PROFILES).pairs)
    assert told(model.judge(on_duckdb(model))) == core
    assert core


def elsewhere(profile: Profile) -> Profile:
    """The same child, as another district would have them: other account, other ids of district, school and classes."""
    other = DistrictId("elsewhere")
    return attrs.evolve(
        profile,
        account=AccountId(f"z{profile.account}"),
        identities=tuple(attrs.evolve(one, key=attrs.evolve(one.key, district=other)) for one in profile.identities),
        schools=tuple(SchoolId(f"z{school}") for school in profile.schools),
        memberships=(),
    )


def test_accounts_of_several_districts_are_found_alike() -> None:
    """Two districts in one population, some children in both."""
    profiles = [*PROFILES, *map(elsewhere, PROFILES[:100]), *map(elsewhere, district(300, seed=12).profiles)]
    model, core = Linkage(profiles), told(find(profiles).pairs)
    assert told(model.judge(on_duckdb(model))) == core
    assert any(two.startswith("z") and not one.startswith("z") for one, two in core)


def test_on_spark_splink_finds_the_pairs_of_find_in_the_same_zones(spark: Any) -> None:
    model, core = Linkage(PROFILES), told(find(PROFILES).pairs)
    assert told(model.judge(on_spark(model, PROFILES, spark))) == core


def test_the_levels_are_bands_of_the_weight_that_find_gives() -> None:
    """From many bits down to the faintest hint, each with the odds that it says."""
    settings: Any = Linkage(PROFILES).settings("duckdb")
    levels = settings["comparisons"][0]["comparison_levels"][1:]
    odds = [level["m_probability"] / level["u_probability"] for level in levels]
    assert odds == sorted(odds, reverse=True)
    assert all(0 < level[share] <= 1 for level in levels for share in ("m_probability", "u_probability"))
