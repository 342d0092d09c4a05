"""A plan that was read, and a world that moved on: what of it still holds.

`rebase` keeps the steps that a new plan would have too, and says of each other one why not. `carry_over` is for an
approval that comes late: of today's held steps only those go on that were in the plan that was approved.
"""

from __future__ import annotations

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.ports import Ports
from clever_roster.roster.apply import Approval, Missed
from clever_roster.roster.draft import make_plan
from clever_roster.roster.guard import guard
from clever_roster.roster.plan import Hold, Plan, Rule
from clever_roster.roster.survey import survey

__all__ = ["Rebased", "carry_over", "rebase"]


@attrs.frozen(kw_only=True)
class Rebased:
    """What became of a plan.

    Attributes:
        plan: the steps that still fit, on the host as it is now.
        dropped: the others; the next plan sees their rows as they are.
    """

    plan: Plan
    dropped: tuple[Missed, ...]


def rebase(ports: Ports, plan: Plan) -> Rebased:
    """Fit a plan to the host as it is now; steps that nobody has read are not added. Writes nothing."""
    host = survey(ports, plan.snapshot, attach=plan.attach, actor=plan.actor, roles=plan.roles)
    fresh = make_plan(host, plan.snapshot, attach=plan.attach, actor=plan.actor, roles=plan.roles, limits=plan.limits)
    read = {step.key: step for step in plan}
    now = guard(fresh, host, plan.limits)
    still = {step.key for step in now}
    return Rebased(
        # What comes as news is left for the next plan: nobody has seen it.
        plan=attrs.evolve(now, steps=tuple(step for step in now if step.key in read)),
        dropped=tuple(
            Missed(step=step, why="The host's row was edited since the plan was made.")
            for key, step in read.items()
            if key not in still
        ),
    )


def carry_over(approval: Approval, *, read: Plan, now: Plan) -> tuple[Plan, Approval]:
    """Today's plan, in which only those held steps may go on that were held in the plan that was approved.

    Raises:
        ConfigurationError: the approval is not for the plan that was read.
    """
    if approval.digest != read.digest:
        raise ConfigurationError(
            f"The approval names plan {approval.digest[:12]}, but {read.digest[:12]} is given as the one it was for.",
            next_step="Keep the plan that was shown beside its approval, and give that one.",
        )
    approved = {step.key for step in read.held}
    unread = Hold(rule=Rule.NOT_APPROVED, sentence="This was not in the plan that was approved.", final=True)
    steps = tuple(
        attrs.evolve(step, hold=unread) if step.hold is not None and step.key not in approved else step for step in now
    )
    narrowed = attrs.evolve(now, steps=steps)
    return narrowed, attrs.evolve(approval, digest=narrowed.digest)
