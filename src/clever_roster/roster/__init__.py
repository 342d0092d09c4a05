"""What changed in class? Snapshot -> diff -> plan -> guard -> apply -> report.

    snapshot = clever.fetch_snapshot(district, [section])
    with store.transaction() as ports:
        plan = roster.plan(ports, snapshot, attach={section: Attachment(owner=teacher)}, actor=teacher)
    for sentence in roster.explain(plan, names=True):
        print(sentence)
    with store.transaction() as ports:
        report = roster.apply(ports, plan, actor=teacher, now=now)

A large plan is carried out in chunks by `run(store, plan, ...)`, which a killed process resumes; `undo` takes a whole
run back.

How to read this room: `diff` compares two snapshots (`merge` does it for streams), `host` is what the host has and
`survey` reads it, `plan` is what is shown, `draft` makes it and `suspicion` sees what its rows mean together, `guard`
holds what a person should see first, `apply` and `run` carry it out and `keep` remembers, `explain` says it in words,
`why` answers questions, `hands` and `accept` are what people do themselves. Beside them: `limits` are the guard's
numbers, `remembered` its memory over days and `night` over the plans of one; `rebase` brings a plan up to date; `lease`
keeps two runs apart, `trace` is what an undo goes by, which `reversal` plans and `undo` does, and `past` lists what
there is to undo; `dirty` is what events mark to be read, and `heard` up to where they were dealt with; `letters` and
`written` are plans and values as JSON. It refuses to know where a snapshot came from, and how anybody logs in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from clever_roster.model import AccountId, Role, SectionId, Snapshot
from clever_roster.ports import Ports
from clever_roster.roster.accept import detach, reattach, rekey, set_mode, transfer
from clever_roster.roster.apply import Approval, Ending, Missed, Report, apply
from clever_roster.roster.diff import Added, Altered, Change, FieldChange, Moved, Removed, diff, patch
from clever_roster.roster.dirty import Dirty, to_read
from clever_roster.roster.draft import make_plan, of_one_district
from clever_roster.roster.explain import explain, explain_step
from clever_roster.roster.guard import guard
from clever_roster.roster.hands import add_by_hand, remove_by_hand
from clever_roster.roster.heard import Heard, heard_until, keep_heard
from clever_roster.roster.host import Attachment, HostRoster
from clever_roster.roster.letters import plan_from_json, plan_to_json
from clever_roster.roster.limits import Limits
from clever_roster.roster.merge import Difference, Members, OutOfOrder, digest_of_row, merge, merge_members
from clever_roster.roster.past import PastRun, forget_runs, past_runs
from clever_roster.roster.plan import Hold, Note, Plan, Proposal, ProposalKind, Rule, Step, StepKey, Verb
from clever_roster.roster.rebase import Rebased, carry_over, rebase
from clever_roster.roster.remembered import waiting_districts
from clever_roster.roster.reversal import Reversal, plan_undo, reversal_from_json, reversal_to_json
from clever_roster.roster.run import Progress, run
from clever_roster.roster.survey import survey
from clever_roster.roster.undo import Undone, reverse, undo
from clever_roster.roster.why import Cause, Reason, why_person, why_section

__all__ = [
    "Added",
    "Altered",
    "Approval",
    "Attachment",
    "Cause",
    "Change",
    "Difference",
    "Dirty",
    "Ending",
    "FieldChange",
    "Heard",
    "Hold",
    "HostRoster",
    "Limits",
    "Members",
    "Missed",
    "Moved",
    "Note",
    "OutOfOrder",
    "PastRun",
    "Plan",
    "Progress",
    "Proposal",
    "ProposalKind",
    "Reason",
    "Rebased",
    "Removed",
    "Report",
    "Reversal",
    "Rule",
    "Step",
    "StepKey",
    "Undone",
    "Verb",
    "add_by_hand",
    "apply",
    "carry_over",
    "detach",
    "diff",
    "digest_of_row",
    "explain",
    "explain_step",
    "forget_runs",
    "guard",
    "heard_until",
    "keep_heard",
    "make_plan",
    "merge",
    "merge_members",
    "past_runs",
    "patch",
    "plan",
    "plan_from_json",
    "plan_to_json",
    "plan_undo",
    "reattach",
    "rebase",
    "rekey",
    "remove_by_hand",
    "reversal_from_json",
    "reversal_to_json",
    "reverse",
    "run",
    "set_mode",
    "survey",
    "to_read",
    "transfer",
    "undo",
    "waiting_districts",
    "why_person",
    "why_section",
]

_ORDINARY = Limits()


def plan(
    ports: Ports,
    snapshot: Snapshot,
    *,
    attach: Mapping[SectionId, Attachment] | None = None,
    actor: AccountId | None = None,
    roles: Collection[Role] = (),
    limits: Limits = _ORDINARY,
) -> Plan:
    """Say what a sync would do, and hold what a person should see first. Writes nothing.

    Args:
        attach: sections to import; those imported already are synced without being named.
        actor: the account that asks. It must teach, at the source, every section it asks for; else those are held.
            None when the host asks on its own account (a nightly job).
        roles: the roles in which the actor logged in; a district admin may ask for every section of their district.

    Raises:
        SectionNotFound: a section is to be attached to a host section that does not exist.
        ConfigurationError: a record is of another district than the snapshot; the read is void.
    """
    of_one_district(snapshot)
    wishes = attach or {}
    host = survey(ports, snapshot, attach=wishes, actor=actor, roles=roles)
    drafted = make_plan(host, snapshot, attach=wishes, actor=actor, roles=roles, limits=limits)
    return guard(drafted, host, limits)


def __dir__() -> list[str]:
    return __all__
