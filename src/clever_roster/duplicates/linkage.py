"""The shipped model on Splink: its blocking, its weights and its zones are the ones of `find`, not a copy of them.

    model = Linkage(profiles)
    linker = Linker(database.register(frame_of(model.rows())), model.settings("duckdb"))
    found = linker.inference.predict(threshold_match_probability=model.threshold)
    pairs = model.judge((row["account_l"], row["account_r"]) for row in found)

Splink, on DuckDB or Spark, pairs accounts by the block numbers in the rows and asks `bits` about each pair: register it
in the engine under the name that `FUNCTION` has. Levels are bands of that weight, so charts and thresholds read as
usual. What a pair means beside its rivals is said by `judge`, from the few pairs that are left.

It knows Splink's settings, and imports nothing of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.block import blocks_of
from clever_roster.duplicates.findings import Pair
from clever_roster.duplicates.judging import Judge
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.score import prior, probability
from clever_roster.model import AccountId

__all__ = ["FUNCTION", "Linkage"]

FUNCTION: Final = "clever_roster_bits"
"""What the engine calls `Linkage.bits`: a function of two whole numbers, the column `place` of both accounts."""

_BANDS: Final = (24, 16, 12, 8, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3, -4)
_OVERLAP: Final = {"duckdb": "list_has_any", "spark": "arrays_overlap"}


class Linkage:
    """One population, as Splink is to see it.

    Attributes:
        threshold: probability from which a pair is worth keeping; give it to Splink.
    """

    def __init__(self, profiles: Iterable[Profile], *, siblings: bool = True) -> None:
        """Read the profiles.

        Raises:
            ConfigurationError: an account was given twice.
        """
        self._people = Population(profiles, newcomers=False)
        self._judge = Judge.of(self._people, siblings=siblings)
        self._places = {profile.account: place for place, profile in enumerate(self._people.profiles)}
        self.threshold = probability(w.FAINT)

    def rows(self) -> Iterator[dict[str, object]]:
        """One row an account: `account`, `place`, the blocks it stands in, and the rosters that list it."""
        blocks: dict[bool, defaultdict[int, list[int]]] = {True: defaultdict(list), False: defaultdict(list)}
        for number, (telling, members) in enumerate(blocks_of(self._people.traits, self._people.sharing)):
            for place in members:
                blocks[telling][place].append(number)
        rosters: dict[object, int] = {}
        for place, one in enumerate(self._people.traits):
            yield {
                "account": one.profile.account,
                "place": place,
                "telling": blocks[True].get(place, []),
                "blocks": blocks[False].get(place, []),
                "rosters": sorted(rosters.setdefault(roster, len(rosters)) for roster in one.listed),
            }

    def bits(self, left: int, right: int) -> float:
        """The weight of the accounts at two places, in bits; rivals come later. Far below zero for strangers."""
        return self._judge.weight(self._people.traits[left], self._people.traits[right])

    def settings(self, dialect: Literal["duckdb", "spark"]) -> dict[str, object]:
        """The settings dictionary for Splink 5."""
        apart = f"NOT {_OVERLAP[dialect]}(l.rosters, r.rosters)"
        rules = (("telling", "l.telling = r.telling"), ("blocks", f"l.blocks = r.blocks AND {apart}"))
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "account",
            "probability_two_random_records_match": probability(prior(self._people.crowd)),
            "comparisons": [{"output_column_name": "bits", "comparison_levels": list(self._levels())}],
            "blocking_rules_to_generate_predictions": [
                {"blocking_rule": rule, "arrays_to_explode": [column], "sql_dialect": dialect} for column, rule in rules
            ],
            "additional_columns_to_retain": ["place"],
        }

    def judge(self, accounts: Iterable[tuple[AccountId, AccountId]]) -> tuple[Pair, ...]:
        """The pairs with their zones and reasons, as `find` gives them; those not worth mentioning are left out."""
        traits, places = self._people.traits, self._places
        met = sorted({(places[min(pair)], places[max(pair)]) for pair in accounts})
        return self._judge.decide_all((traits[left], traits[right]) for left, right in met)

    def _levels(self) -> Iterator[dict[str, object]]:
        asked, before = f"{FUNCTION}(place_l, place_r)", prior(self._people.crowd)
        yield {"sql_condition": "place_l IS NULL OR place_r IS NULL", "is_null_level": True}
        for band in _BANDS:
            yield _level(f"{asked} >= {band}", f"at least {band} bits", band - before)
        yield _level(f"{asked} >= {w.FAINT}", "faint", w.FAINT - before)
        yield _level("ELSE", "strangers", -before - 20)


def _level(condition: str, label: str, bits: float) -> dict[str, object]:
    """A level whose m/u is so many bits."""
    odds = 2.0**bits
    m, u = (1.0, 1 / odds) if odds > 1 else (odds, 1.0)
    return {"sql_condition": condition, "label_for_charts": label, "m_probability": m, "u_probability": u}
