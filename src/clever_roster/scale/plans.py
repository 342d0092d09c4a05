"""From two nights in an engine to the library's own plans, district by district, guarded as ever.

The engine says *which* districts have anything new; each of those is planned from its whole snapshot against the
host's store, so brakes see the whole district and a plan is the plan that `roster.plan` makes, for it is made by it.
Where nothing is new and nothing waits there is nothing to plan, and nothing is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from clever_roster import roster
from clever_roster.ports import Store
from clever_roster.roster import Limits, Plan
from clever_roster.scale.frames import Night, doubtful, parts, snapshots
from clever_roster.scale.tables import DistrictKey

__all__ = ["plans"]

_ORDINARY = Limits()


def plans(
    store: Store, before: Night, after: Night, *, also: Collection[DistrictKey] = (), limits: Limits = _ORDINARY
) -> Iterator[Plan]:
    """The plans of the districts in which something is to be done, or waits; made one at a time, as they are asked for.

    Args:
        before: the last night whose plans were carried out.
        also: districts to plan although nothing is new at the source: those of `fleet.due` that did not end, and
            those in which something was edited by hand.
    """
    new = {(part.after.provider, part.after.district) for part in parts(before, after)}
    with store.transaction() as ports:
        waiting = roster.waiting_districts(ports)
    # What a read left in doubt, the next one may prove: its lists are the same, and mean more.
    for snapshot in snapshots(after, new | waiting | doubtful(before) | {*also}):
        with store.transaction() as ports:
            plan = roster.plan(ports, snapshot, limits=limits)
        if not plan.idle:
            yield plan
