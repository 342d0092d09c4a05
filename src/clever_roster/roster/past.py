"""The runs that were, so that a person finds the one to take back, and so that no trace is kept for ever.

A run that changes anything notes itself with each chunk that it writes, so one that was killed is found, too. What an
undo goes by (`trace`) holds names and addresses as they were before, and grows with every night: `forget_runs` drops
it. The journal stays; it has ids only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import attrs

from clever_roster.model import DistrictId, Provider
from clever_roster.ports import Memo, Ports
from clever_roster.roster.plan import Plan
from clever_roster.roster.trace import Round

__all__ = ["PastRun", "forget_runs", "keep_past", "past_runs"]


@attrs.frozen(kw_only=True)
class PastRun:
    """A run that changed something, and can be undone.

    Attributes:
        plan: the digest by which it is undone.
        round: which carrying out of that plan it was.
        at: the instant that the run was given as its own.
        actor: on whose word.
        done, held: how many steps were carried out, and how many waited.
        approved: whether it carried out what an earlier plan had held.
        ended: whether it came to its end; a run that did not can be undone as far as it came.
    """

    provider: Provider
    district: DistrictId
    plan: str
    round: str
    at: datetime
    actor: str
    done: int
    held: int
    approved: bool
    ended: bool


def keep_past(
    ports: Ports, plan: Plan, one: Round, *, at: datetime, actor: str, done: int, held: int, ended: bool
) -> None:
    """Note a round of a plan, and how far it is."""
    key = _key(plan.snapshot.provider, plan.snapshot.district, one.plan, one.name)
    known = ports.roster.memos([key]).get(key)
    told = {"actor": actor, "done": done, "held": held, "approved": one.approved, "ended": ended}
    text = json.dumps({"at": at.isoformat(), **told})
    ports.roster.keep_memos([Memo(key=key, text=text, version=0 if known is None else known.version)])


def past_runs(
    ports: Ports, provider: Provider | None = None, district: DistrictId | None = None
) -> tuple[PastRun, ...]:
    """The runs that changed something and are not forgotten, the newest first: of a district; of all when None."""
    begins = "past/" if provider is None else f"past/{provider}/"
    if provider is not None and district is not None:
        begins += f"{district}/"
    found = (_read(memo) for memo in ports.roster.memos_starting(begins))
    runs = (past for past in found if district in (None, past.district))
    return tuple(sorted(runs, key=lambda past: (past.at, past.plan), reverse=True))


def forget_runs(ports: Ports, runs: Iterable[PastRun]) -> int:
    """Drop what is kept to undo these runs: they are not undone any more. How many memos that were."""
    gone: list[str] = []
    for past in runs:
        gone.append(_key(past.provider, past.district, past.plan, past.round))
        gone += [memo.key for memo in ports.roster.memos_starting(Round.key_of(past.plan, past.round))]
    return ports.roster.drop_memos(gone)


def _key(provider: Provider, district: DistrictId, plan: str, one: str) -> str:
    return f"past/{provider}/{district}/{plan}/{one}"


def _read(memo: Memo) -> PastRun:
    _, provider, rest = memo.key.split("/", 2)
    district, plan, one = rest.rsplit("/", 2)
    told = json.loads(memo.text)
    told["at"] = datetime.fromisoformat(told["at"])
    return PastRun(provider=Provider(provider), district=DistrictId(district), plan=plan, round=one, **told)
