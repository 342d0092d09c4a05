"""What changed in class? Snapshot -> diff -> plan -> guard -> apply -> report.

    snapshot = clever.fetch_snapshot(district, [section])
    with store.transaction() as ports:
        plan = roster.plan(ports, snapshot, attach={section: Attachment(owner=teacher)}, actor=teacher)
    for sentence in roster.explain(plan, names=True):
        print(sentence)
    with store.transaction() as ports:
        report = roster.apply(ports, plan, actor=teacher, now=now)

How to read this room: `diff` compares two snapshots, `host` reads what the host has, `plan` orders what is to be done,
`guard` holds what a person should see first, `apply` carries it out, `explain` says it in words, `hands` is what
teachers do themselves. It refuses to know where a snapshot came from, and how anybody logs in.
"""

from __future__ import annotations

from collections.abc import Mapping

from clever_roster.model import AccountId, SectionId, Snapshot
from clever_roster.ports import Ports
from clever_roster.roster.apply import Approval, Report, apply
from clever_roster.roster.diff import Added, Altered, Change, FieldChange, Moved, Removed, diff, patch
from clever_roster.roster.explain import explain, explain_step
from clever_roster.roster.guard import Limits, guard
from clever_roster.roster.hands import add_by_hand, remove_by_hand
from clever_roster.roster.host import Attachment, HostRoster, survey
from clever_roster.roster.plan import Hold, Note, Plan, Rule, Step, Verb, make_plan

__all__ = [
    "Added",
    "Altered",
    "Approval",
    "Attachment",
    "Change",
    "FieldChange",
    "Hold",
    "HostRoster",
    "Limits",
    "Moved",
    "Note",
    "Plan",
    "Removed",
    "Report",
    "Rule",
    "Step",
    "Verb",
    "add_by_hand",
    "apply",
    "diff",
    "explain",
    "explain_step",
    "guard",
    "make_plan",
    "patch",
    "plan",
    "remove_by_hand",
    "survey",
]

_ORDINARY = Limits()


def plan(
    ports: Ports,
    snapshot: Snapshot,
    *,
    attach: Mapping[SectionId, Attachment] | None = None,
    actor: AccountId | None = None,
    limits: Limits = _ORDINARY,
) -> Plan:
    """Say what a sync would do, and hold what a person should see first. Writes nothing.

    Args:
        attach: sections to import; those imported already are synced without being named.
        actor: the account that asks. It must teach, at the source, every section it asks for; else those are held.
            None when the host asks on its own account (a nightly job).

    Raises:
        SectionNotFound: a section is to be attached to a host section that does not exist.
    """
    wishes = attach or {}
    host = survey(ports, snapshot, attach=wishes, actor=actor)
    return guard(make_plan(host, snapshot, attach=wishes, actor=actor), host, limits)


def __dir__() -> list[str]:
    return __all__
