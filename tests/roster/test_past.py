"""The runs that were: which can be undone, and what goes when they are forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hosts import Host
from rosters import DISTRICT, NOW, person, section, snapshot

from clever_roster import roster
from clever_roster.model import CLEVER, GOOGLE_CLASSROOM, DistrictId, PersonName, Snapshot
from clever_roster.ports import Ports

FULL = snapshot(section("c0", students=["s0", "s1", "s2", "s3"]), section("c1", students=["s4"]))
LESS = snapshot(section("c0", students=["s0", "s1", "s2"]), section("c1", students=["s4"]))
EMPTY = snapshot(section("c0"), section("c1", students=["s4"]))
DAY = timedelta(days=1)


def night(host: Host, snap: Snapshot, at: datetime, *, chunk: int | None = None) -> roster.Plan:
    plan = host.plan(snap)
    if chunk is not None:
        roster.run(host.store, plan, actor="nightly", now=at, chunk=chunk)
        return plan
    with host.store.transaction() as ports:
        roster.apply(ports, plan, actor="office", now=at)
    return plan


def past(host: Host) -> tuple[roster.PastRun, ...]:
    with host.store.transaction() as ports:
        return past_in(ports)


def past_in(ports: Ports) -> tuple[roster.PastRun, ...]:
    return roster.past_runs(ports, CLEVER, DISTRICT)


def forgotten(host: Host, before: datetime) -> int:
    with host.store.transaction() as ports:
        runs = [one for one in roster.past_runs(ports) if one.at < before]
        roster.forget_runs(ports, runs)
        return len(runs)


def undone(host: Host, plan: roster.Plan) -> roster.Undone:
    with host.store.transaction() as ports:
        return roster.undo(ports, plan.digest, actor="office", now=NOW)


def test_runs_are_listed_newest_first_with_what_came_of_them(host: Host) -> None:
    """Applied at once or run in chunks; one that changed nothing is none; another district's are its own."""
    first = night(host, FULL, NOW)
    second = night(host, LESS, NOW + DAY, chunk=1)
    night(host, LESS, NOW + 2 * DAY, chunk=1)
    held = night(host, EMPTY, NOW + 3 * DAY)
    told = [(one.plan, one.at, one.actor, one.done, one.held, one.approved) for one in past(host)]
    assert told[-2:] == [
        (second.digest, NOW + DAY, "nightly", 1, 0, False),
        (first.digest, NOW, "office", len(first.ready), 0, False),
    ]
    assert len(held.held) == 3
    with host.store.transaction() as ports:
        roster.apply(ports, held, actor="office", now=NOW + 4 * DAY, approval=host_word(host, held))
        assert roster.past_runs(ports, CLEVER, DistrictId("d9")) == roster.past_runs(ports, GOOGLE_CLASSROOM) == ()
        assert roster.past_runs(ports) == roster.past_runs(ports, CLEVER) == past_in(ports)
    newest = past(host)[0]
    assert (newest.plan, newest.done, newest.held, newest.approved) == (held.digest, 3, 0, True)


def host_word(host: Host, plan: roster.Plan) -> roster.Approval:
    return roster.Approval(digest=plan.digest, by=host.teacher, why="The class is over.")


def test_a_run_that_was_killed_is_listed_undone_and_forgotten_as_far_as_it_came(host: Host) -> None:
    """Between two chunks. Taken up, it is the same run; never taken up, it leaves nothing behind."""
    plan = host.plan(FULL)

    def killed(*_: int) -> None:
        raise KeyboardInterrupt

    def begun(at: datetime) -> None:
        with pytest.raises(KeyboardInterrupt):
            roster.run(host.store, plan, actor="nightly", now=at, chunk=2, progress=killed)

    begun(NOW)
    assert [(one.plan, one.at, one.done, one.ended) for one in past(host)] == [(plan.digest, NOW, 2, False)]
    roster.run(host.store, plan, actor="nightly", now=NOW + DAY, chunk=2)
    assert [(one.at, one.done, one.ended) for one in past(host)] == [(NOW + DAY, len(plan.ready), True)]
    plan = host.plan(snapshot(section("c0", students=["s0", "s1", "s2", "s3", "s5", "s6", "s7"]), section("c1")))
    begun(NOW + 2 * DAY)
    assert [one.ended for one in past(host)] == [False, True]
    assert forgotten(host, NOW + 3 * DAY) == 2
    with host.store.transaction() as ports:
        assert ports.roster.memos_starting("run/") == ports.roster.memos_starting("past/") == ()


def test_what_is_forgotten_is_not_undone_and_the_rest_is(host: Host) -> None:
    """By the instant of the run; what it did stays done."""
    night(host, FULL, NOW)
    old, new = night(host, LESS, NOW + DAY, chunk=1), night(host, FULL, NOW + 2 * DAY, chunk=1)
    assert forgotten(host, NOW + 2 * DAY) == 2
    assert [one.plan for one in past(host)] == [new.digest]
    before = host.everything()
    assert undone(host, old).rows == 0
    assert host.everything() == before
    assert undone(host, new).rows == 1
    assert forgotten(host, NOW + 2 * DAY) == 0


def test_a_plan_that_was_carried_out_twice_is_forgotten_run_by_run(host: Host) -> None:
    """The roster came back to where the plan was due once more: the later run can be undone still."""
    night(host, FULL, NOW)
    plan = night(host, LESS, NOW + DAY, chunk=1)
    night(host, FULL, NOW + 2 * DAY)
    again = night(host, LESS, NOW + 3 * DAY, chunk=1)
    assert again.digest == plan.digest
    assert [one.at for one in past(host)] == [NOW + 3 * DAY, NOW + 2 * DAY, NOW + DAY, NOW]
    assert forgotten(host, NOW + 2 * DAY) == 2
    assert undone(host, plan).rows == 1


def test_no_name_is_left_behind(host: Host) -> None:
    """A child is called otherwise; how they were called before is kept for an undo, and goes with it."""
    night(host, FULL, NOW)
    people = {**FULL.people, "s0": person("s0", name=PersonName("Robin", "New"))}
    night(host, snapshot(*FULL.sections.values(), people=people.values()), NOW + DAY)
    was = FULL.people["s0"].name.first

    def memos() -> str:
        with host.store.transaction() as ports:
            return "\n".join(memo.text for memo in ports.roster.memos_starting(""))

    assert was in memos()
    assert forgotten(host, NOW + 2 * DAY) == 2
    assert was not in memos()
