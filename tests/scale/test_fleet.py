"""One district, one task: given twice, given to two, given again after a death, the night comes out the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from hosts import Host
from rosters import DISTRICT, NOW, PROVEN, section, snapshot

from clever_roster.errors import NotShared, RateLimited, ReauthRequired, SourceError, SourceUnavailable
from clever_roster.model import CLEVER, Snapshot
from clever_roster.roster import Ending
from clever_roster.scale import AlreadySynced, AtWork, Later, Outcome, Stuck, Synced, Task, due, sync_district

TONIGHT = Task(CLEVER, DISTRICT, "2026-09-14")


class Night:
    """A host that imported a class, and a source in which one more child is listed since."""

    def __init__(self, clock: Any) -> None:
        self.host, self.clock, self.reads = Host(), clock, 0
        self.host.sync(snapshot(section("c0", students=["s00", "s01"]), proof=PROVEN))
        self.source = snapshot(section("c0", students=["s00", "s01", "s02"]), proof=PROVEN)
        self.trouble: SourceError | None = None

    def read(self) -> Snapshot:
        self.reads += 1
        if self.trouble is not None:
            raise self.trouble
        return self.source

    def sync(self, task: Task = TONIGHT, *, holder: str = "one") -> Outcome:
        return sync_district(self.host.store, task, read=self.read, actor="nightly", holder=holder, clock=self.clock)

    def students(self) -> int:
        with self.host.store.transaction() as ports:
            return len(ports.sections.enrollments()) - 1


@pytest.fixture
def night(clock: Any) -> Night:
    return Night(clock)


def test_a_task_given_twice_is_done_once(night: Night) -> None:
    first, second = night.sync(), night.sync(holder="two")
    assert isinstance(first, Synced)
    assert second == AlreadySynced(ending=Ending.DONE)
    assert (night.reads, night.students()) == (1, 3)


def test_the_next_night_is_a_task_of_its_own(night: Night) -> None:
    night.sync()
    night.source = snapshot(section("c0", students=["s00", "s01", "s02", "s03"]), proof=PROVEN)
    assert isinstance(night.sync(attrs.evolve(TONIGHT, night="2026-09-15")), Synced)
    assert night.students() == 4


def test_of_two_workers_one_reads_and_the_other_is_told_until_when(night: Night) -> None:
    told: list[Outcome] = []
    reading = night.read

    def interrupted() -> Snapshot:
        told.append(
            sync_district(night.host.store, TONIGHT, read=reading, actor="nightly", holder="two", clock=night.clock)
        )
        return reading()

    outcome = sync_district(
        night.host.store, TONIGHT, read=interrupted, actor="nightly", holder="one", clock=night.clock
    )
    assert isinstance(outcome, Synced)
    assert told == [AtWork(until=night.clock() + timedelta(minutes=30))]
    assert night.reads == 1


def test_a_dead_workers_turn_runs_out_and_another_does_the_rest(night: Night) -> None:

    class Killed(BaseException):
        """The process is gone."""

    def dies() -> Snapshot:
        raise Killed

    with pytest.raises(Killed):
        sync_district(night.host.store, TONIGHT, read=dies, actor="nightly", holder="one", clock=night.clock)
    assert isinstance(night.sync(holder="two"), AtWork)
    night.clock.forward(minutes=31)
    assert isinstance(night.sync(holder="two"), Synced)
    assert night.students() == 3


def test_a_worker_that_restarts_takes_its_own_turn_up_again_at_once(night: Night) -> None:

    def stumbles() -> Snapshot:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_district(night.host.store, TONIGHT, read=stumbles, actor="nightly", holder="one", clock=night.clock)
    assert isinstance(night.sync(holder="one"), Synced)


@pytest.mark.parametrize(
    ("trouble", "comes_back"),
    [
        (SourceUnavailable("Down.", next_step="Wait.", status=503), True),
        (RateLimited("Too many.", next_step="Wait.", resets_at=int(NOW.timestamp()) + 600), True),
        (ReauthRequired("Revoked.", next_step="Connect again.", status=401), False),
        (NotShared("Not shared.", next_step="Ask the district.", status=403), False),
    ],
    ids=["unavailable", "over budget", "revoked", "not shared"],
)
def test_trouble_at_the_source_comes_back_later_or_goes_to_a_person(
    night: Night, trouble: SourceError, *, comes_back: bool
) -> None:
    """Nothing is written, the turn is free at once, and the reason is told without a name or a token."""
    night.trouble = trouble
    outcome = night.sync()
    assert isinstance(outcome, Later if comes_back else Stuck)
    assert outcome.why == trouble.diagnosis()
    assert night.students() == 2
    night.trouble = None
    assert isinstance(night.sync(holder="two"), Synced)


def test_over_budget_means_not_before_the_minute_is_full_again(night: Night) -> None:
    full = int((night.clock() + timedelta(seconds=42)).timestamp())
    night.trouble = RateLimited("Too many.", next_step="Wait.", resets_at=full)
    outcome = night.sync()
    assert isinstance(outcome, Later)
    assert outcome.at == datetime.fromtimestamp(full, night.clock().tzinfo)


def test_a_held_night_has_ended_and_says_so(night: Night) -> None:
    night.source = snapshot(section("c0", students=[]), proof=PROVEN)
    outcome = night.sync()
    assert isinstance(outcome, Synced)
    assert outcome.report.ending is Ending.HELD
    assert night.sync() == AlreadySynced(ending=Ending.HELD)


def test_what_is_due_is_what_has_not_ended(night: Night) -> None:
    other = attrs.evolve(TONIGHT, night="2026-09-15")
    night.sync()
    with night.host.store.transaction() as ports:
        assert due(ports, [TONIGHT, other]) == (other,)
