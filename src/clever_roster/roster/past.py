"""The runs that were, so that a person finds the one to take back, and so that no trace is kept for ever.

A run that changed anything leaves a memo `past/<provider>/<district>/<instant>/<plan digest>/<round>` in the
transaction in which it ends. What an undo goes by (`trace`) holds names and addresses as they were before, and grows
with every night: `forget_runs` drops what is older than a host wants to undo. The journal stays; it has ids only.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import attrs

from clever_roster.model import DistrictId, Provider
from clever_roster.ports import Memo, Ports
from clever_roster.roster.plan import Plan
from clever_roster.roster.trace import Round

__all__ = ["PastRun", "forget_runs", "keep_past", "past_runs"]


@attrs.frozen(kw_only=True)
class PastRun:
    """A run that changed something.

    Attributes:
        plan: the digest by which it is undone.
        at: the instant that the run was given as its own.
        actor: on whose word.
        done, held: how many steps were carried out, and how many waited.
        approved: whether it carried out what an earlier plan had held.
    """

    provider: Provider
    district: DistrictId
    plan: str
    at: datetime
    actor: str
    done: int
    held: int
    approved: bool


def keep_past(ports: Ports, plan: Plan, one: Round, *, at: datetime, actor: str, done: int, held: int) -> None:
    """Note that a round of a plan has ended."""
    key = f"{_prefix(plan.snapshot.provider, plan.snapshot.district)}{at.isoformat()}/{one.plan}/{one.name}"
    fields = {"actor": actor, "done": done, "held": held, "approved": one.approved}
    ports.roster.keep_memos([Memo(key=key, text=json.dumps(fields))])


def past_runs(ports: Ports, provider: Provider, district: DistrictId) -> tuple[PastRun, ...]:
    """The runs of a district that changed something and are not forgotten, the newest first."""
    memos = ports.roster.memos_starting(_prefix(provider, district))
    runs = (_read(memo, provider, district) for memo in memos)
    return tuple(sorted(runs, key=lambda past: (past.at, past.plan), reverse=True))


def forget_runs(ports: Ports, provider: Provider, district: DistrictId, *, before: datetime) -> int:
    """Drop what is kept to undo the runs of a district before an instant: they are not undone any more. How many."""
    gone: list[str] = []
    runs = 0
    for memo in ports.roster.memos_starting(_prefix(provider, district)):
        if _read(memo, provider, district).at < before:
            plan, name = memo.key.rsplit("/", 2)[1:]
            gone += [memo.key, *(trace.key for trace in ports.roster.memos_starting(Round.key_of(plan, name)))]
            runs += 1
    ports.roster.drop_memos(gone)
    return runs


def _prefix(provider: Provider, district: DistrictId) -> str:
    return f"past/{provider}/{district}/"


def _read(memo: Memo, provider: Provider, district: DistrictId) -> PastRun:
    at, plan, _ = memo.key.rsplit("/", 3)[1:]
    fields: dict[str, Any] = json.loads(memo.text)
    return PastRun(provider=provider, district=district, plan=plan, at=datetime.fromisoformat(at), **fields)
