"""A fleet of districts: one district, one task, on whatever hands out tasks (Celery, Spark, a loop, a cron line).

    outcome = sync_district(store, Task(CLEVER, district, night="2026-11-25"), read=read, actor="nightly", ...)

A task may be given twice, by two queues, to two workers, or again after a worker died; what comes of the night is the
same. That is so because each district has a *turn*, a memo in the host's own store: who works on it until when, and how
the night ended. Two workers that take a turn at once write the same version of it, and one of them is refused. As one
worker at a time reads a district, its token's budget (1,200 requests a minute; dev.clever.com, "Paging and limits") is
counted in that one process.

A worker that dies leaves its turn to run out; whoever comes then plans from what was written, and does what is left.
This file knows no queue. It needs nothing but the core.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import attrs

from clever_roster import roster
from clever_roster.errors import Overtaken, RateLimited, ScopeBusy, SourceError
from clever_roster.model import DistrictId, Provider, Snapshot
from clever_roster.ports import Memo, Ports, Store
from clever_roster.roster import Ending, Limits, Report

__all__ = ["AlreadySynced", "AtWork", "Later", "Outcome", "Stuck", "Synced", "Task", "due", "sync_district"]

LASTS: Final = timedelta(minutes=30)
"""How long a turn is kept from others: longer than the longest chunk, so that only the dead lose it."""

SOON: Final = timedelta(minutes=5)

_ORDINARY: Final = Limits()


@attrs.frozen
class Task:
    """One district in one night; `night` is any text that is the same for all tasks of one run ("2026-11-25")."""

    provider: Provider
    district: DistrictId
    night: str

    @property
    def key(self) -> str:
        """The key of the district's turn."""
        return f"fleet/{self.provider}/{self.district}"


# --- What may come of a task ------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Synced:
    """It was done now. What was held waits for a person: see `report.ending`."""

    report: Report


@attrs.frozen(kw_only=True)
class AlreadySynced:
    """Another worker, or an earlier delivery of this task, was there first; nothing was read or written."""

    ending: Ending


@attrs.frozen(kw_only=True)
class AtWork:
    """Another worker is at it; give the task again at `until` if it has not ended by then."""

    until: datetime


@attrs.frozen(kw_only=True)
class Later:
    """The source did not answer well; nothing was written. Give the task again at `at`."""

    at: datetime
    why: str


@attrs.frozen(kw_only=True)
class Stuck:
    """It needs a person (a revoked token, a district that no longer shares); giving it again will not help."""

    why: str


Outcome: TypeAlias = Synced | AlreadySynced | AtWork | Later | Stuck


# --- One district -----------------------------------------------------------------------------------------------------


def sync_district(
    store: Store,
    task: Task,
    *,
    read: Callable[[], Snapshot],
    actor: str,
    holder: str,
    clock: Callable[[], datetime],
    limits: Limits = _ORDINARY,
    lasts: timedelta = LASTS,
) -> Outcome:
    """Read, plan and carry out what is ready, for sections that are imported already.

    Args:
        read: reads the district; called only when it is this worker's turn.
        actor: for the journal.
        holder: who works: the same word takes its own turn up again at once, so give each worker its own.
        lasts: how long the turn is kept from others when the worker is not heard of.

    Raises:
        StoreError: the host's store failed; the turn runs out, and the task may be given again.
    """
    turn = _take(store, task, holder, clock(), lasts)
    if not isinstance(turn, _Turn):
        return turn
    try:
        snapshot = read()
        with store.transaction() as ports:
            plan = roster.plan(ports, snapshot, limits=limits)
        report = roster.run(store, plan, actor=actor, now=clock(), holder=holder, clock=clock)
    except SourceError as error:
        _end(store, turn, None)
        return _refused(error, clock())
    except (ScopeBusy, Overtaken):
        _end(store, turn, None)
        return AtWork(until=clock() + SOON)
    _end(store, turn, report.ending)
    return Synced(report=report)


def due(ports: Ports, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Those of these tasks that have not ended yet, in the order given: what a run that was broken off still has."""
    chosen = tuple(tasks)
    turns = ports.roster.memos([task.key for task in chosen])
    return tuple(task for task in chosen if _ending(turns.get(task.key), task) is None)


def _refused(error: SourceError, now: datetime) -> Later | Stuck:
    if not error.retryable:
        return Stuck(why=error.diagnosis())
    full = error.resets_at if isinstance(error, RateLimited) else None
    at = now + SOON if full is None else datetime.fromtimestamp(full, now.tzinfo)
    return Later(at=max(at, now), why=error.diagnosis())


# --- Its turn ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Turn:
    """The right to work on a district, as its memo was written last."""

    task: Task
    memo: Memo


def _take(store: Store, task: Task, holder: str, now: datetime, lasts: timedelta) -> _Turn | AlreadySynced | AtWork:
    try:
        with store.transaction() as ports:
            memo = ports.roster.memos([task.key]).get(task.key) or Memo(key=task.key, text="{}")
            ended = _ending(memo, task)
            if ended is not None:
                return AlreadySynced(ending=ended)
            fields = _fields(memo)
            until = datetime.fromisoformat(fields["until"]) if fields.get("until") else now
            if until > now and fields["holder"] != holder:
                return AtWork(until=until)
            taken = {"night": task.night, "holder": holder, "until": (now + lasts).isoformat()}
            return _Turn(task=task, memo=_kept(ports, memo, taken))
    except Overtaken:
        return AtWork(until=now + SOON)


def _end(store: Store, turn: _Turn, ending: Ending | None) -> None:
    """Give the turn back; when it ran out and another took it, it is theirs to end."""
    try:
        with store.transaction() as ports:
            _kept(ports, turn.memo, {"night": turn.task.night, "ending": ending})
    except Overtaken:
        return


def _kept(ports: Ports, memo: Memo, fields: Mapping[str, object]) -> Memo:
    text = json.dumps(fields)
    ports.roster.keep_memos([attrs.evolve(memo, text=text)])
    return attrs.evolve(memo, text=text, version=memo.version + 1)


def _ending(memo: Memo | None, task: Task) -> Ending | None:
    fields = {} if memo is None else _fields(memo)
    return Ending(fields["ending"]) if fields.get("night") == task.night and fields.get("ending") else None


def _fields(memo: Memo) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(memo.text)
    return fields
