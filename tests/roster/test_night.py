"""The brakes of a district hold over all the plans of a night, however small each of them is."""

from __future__ import annotations

from datetime import timedelta

import attrs
from hosts import Host
from rosters import NOW, section, snapshot

from clever_roster import roster
from clever_roster.model import Snapshot
from clever_roster.roster import Limits, Rule

LIMITS = Limits(type_floor=3, type_share=0.1)


def school(number: int, *, leave: int, hours: int = 0) -> Snapshot:
    """One class, of whose twelve students some have left."""
    everybody = [f"s{n:02}" for n in range(12)]
    snap = snapshot(section(f"c{number}", students=everybody[leave:]))
    return attrs.evolve(snap, taken_at=NOW + timedelta(hours=hours))


def four_schools() -> Host:
    host = Host()
    for number in range(4):
        host.sync(school(number, leave=0))
    return host


def rules(plan: roster.Plan) -> set[Rule]:
    return {step.hold.rule for step in plan.held if step.hold is not None}


def test_what_ended_in_other_plans_of_the_night_counts() -> None:
    """Two leave one class, two another: each plan passes alone, the second does not after the first."""
    host = four_schools()
    alone = host.plan(school(1, leave=2), limits=LIMITS)
    assert not alone.held
    host.sync(school(0, leave=2), limits=LIMITS)
    after = host.plan(school(1, leave=2), limits=LIMITS)
    assert rules(after) == {Rule.TYPE_BRAKE}
    assert {step.hold.sentence for step in after.held if step.hold} == {
        "4 of 24 students would have ended in 2 plans of this night."
    }


def test_the_next_night_is_another_one() -> None:
    """A day later the memory of the night is gone, also from the store."""
    host = four_schools()
    host.sync(school(0, leave=2), limits=LIMITS)
    assert not host.plan(school(1, leave=2, hours=24), limits=LIMITS).held
    host.sync(school(1, leave=2, hours=24), limits=LIMITS)
    with host.store.transaction() as ports:
        assert len(ports.roster.memos_starting("ended/")) == 1


def test_what_was_approved_does_not_count() -> None:
    """Somebody has seen it, and said so."""
    host = four_schools()
    host.approved(host.plan(school(0, leave=4), limits=LIMITS))
    assert not host.plan(school(1, leave=2), limits=LIMITS).held


def test_the_night_only_ever_holds_more() -> None:
    """That much ended elsewhere of a great many makes no brake of this plan looser."""
    host = four_schools()
    host.sync(school(0, leave=1), limits=LIMITS)
    tight = Limits(type_floor=1, type_share=0.15)
    assert rules(host.plan(school(1, leave=2), limits=tight)) == {Rule.TYPE_BRAKE}


def test_a_plan_of_its_own_scope_counts_once() -> None:
    """The same class read again tonight: its own memory tells what left, and the night does not tell it again."""
    host = four_schools()
    host.sync(school(0, leave=1), limits=LIMITS)
    assert not host.plan(school(0, leave=2), limits=LIMITS).held


def test_runs_in_chunks_remember_the_night_too() -> None:
    """What is remembered is the same, however the plan was carried out; and done twice, it is remembered once."""
    kept = []
    for chunked in (False, True):
        host = four_schools()
        plan = host.plan(school(0, leave=2), limits=LIMITS)
        for _ in range(2 if chunked else 1):
            if chunked:
                roster.run(host.store, plan, actor="nightly", now=NOW, chunk=1)
            else:
                host.apply(plan)
        with host.store.transaction() as ports:
            kept.append([(memo.key, memo.text) for memo in ports.roster.memos_starting("ended/")])
    assert kept[0] == kept[1]
    assert len(kept[0]) == 1
