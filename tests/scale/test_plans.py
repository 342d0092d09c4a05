"""Two nights in Polars, DuckDB and Spark: the plans that come of them are the core's, step for step, holds and all."""

from __future__ import annotations

from typing import Any

import attrs
import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosters import NOW, PROVEN, arbitrary_snapshots, section, snapshot
from test_parts import doubtful_snapshots, night_of, of_district

from clever_roster import roster
from clever_roster.model import AccountId, NewAccount, PersonName, Snapshot
from clever_roster.roster import Attachment, Plan
from clever_roster.scale.plans import plans
from clever_roster.storage.memory import MemoryStore

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    # Only met when an example fails: rosters are long to print.
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

Pairs = list[tuple[Snapshot, Snapshot]]


def imported(snapshots: list[Snapshot]) -> MemoryStore:
    """A host that imported every section of these districts last night."""
    store = MemoryStore()
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([NewAccount(name=PersonName("Tess", "Own"))])
    for one in snapshots:
        carry_out(store, one, owner)
    return store


def carry_out(store: MemoryStore, one: Snapshot, owner: AccountId | None = None) -> None:
    with store.transaction() as ports:
        wishes = {} if owner is None else {key: Attachment(owner=owner) for key in one.sections}
        plan = roster.plan(ports, one, attach=wishes)
        roster.apply(ports, plan, actor="test", now=NOW)


def planned_by_the_core(store: MemoryStore, snapshots: list[Snapshot]) -> dict[str, Plan]:
    made: dict[str, Plan] = {}
    for one in snapshots:
        with store.transaction() as ports:
            plan = roster.plan(ports, one)
        if plan.steps:
            made[one.district] = plan
    return made


def agree(bring: Any, pairs: Pairs) -> None:
    befores, afters = ([pair[night] for pair in pairs] for night in (0, 1))
    store = imported(befores)
    for _ in range(2):  # the second night nothing is new at the source, and what was held waits still
        nights = (night_of(one, bring) for one in (befores, afters))
        told = {plan.snapshot.district: plan for plan in plans(store, *nights) if plan.steps}
        assert told == planned_by_the_core(store, afters)
        for one in afters:
            carry_out(store, one)
        befores = afters


numbered = st.lists(st.tuples(arbitrary_snapshots(), doubtful_snapshots()), min_size=1, max_size=6).map(
    lambda pairs: [
        (of_district(before, f"d{place}"), of_district(after, f"d{place}"))
        for place, (before, after) in enumerate(pairs)
    ]
)


@given(numbered)
@settings(max_examples=25, deadline=None)
def test_polars_plans_as_the_core_plans(pairs: Pairs) -> None:
    agree(pl.from_arrow, pairs)


@given(numbered)
@settings(max_examples=8, deadline=None)
def test_duckdb_plans_as_the_core_plans(pairs: Pairs) -> None:
    agree(duckdb.from_arrow, pairs)


def test_spark_plans_as_the_core_plans(spark: Any) -> None:
    @given(numbered)
    @settings(max_examples=1, deadline=None)
    def holds(pairs: Pairs) -> None:
        agree(spark.createDataFrame, pairs)

    holds()


def test_a_class_that_lost_half_its_children_is_held_as_ever() -> None:
    """The guard sees the whole district, whatever engine found that something is new in it."""
    children = [f"s{n:02}" for n in range(10)]
    before = snapshot(section("c0", students=children), section("c1", students=children), proof=PROVEN)
    after = attrs.evolve(before, sections=before.sections | snapshot(section("c0", students=children[:4])).sections)
    store = imported([before])
    (plan,) = plans(store, night_of([before], pl.from_arrow), night_of([after], pl.from_arrow))
    assert {step.hold.rule for step in plan.held if step.hold} == {roster.Rule.MASS_REMOVAL}
    assert len(plan.held) == 6


def test_a_district_in_which_nothing_is_new_and_nothing_waits_is_not_planned() -> None:
    one = snapshot(section("c0", students=["s00"]), proof=PROVEN)
    other = of_district(one, "d1")
    store = imported([one, other])
    grown = of_district(snapshot(section("c0", students=["s00", "s01"]), proof=PROVEN), "d1")
    night, next_night = night_of([one, other], pl.from_arrow), night_of([one, grown], pl.from_arrow)
    assert [plan.snapshot.district for plan in plans(store, night, next_night)] == ["d1"]
