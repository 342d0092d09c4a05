"""Undoing a run: what it changed goes back to what it was, but for what people or later runs changed since.

Nobody is deleted: who was enrolled by the run is withdrawn, a section that it made is put away and cut from its source,
and an account that it made stays, with its link.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from clever_roster.display.views import Shown, View
from clever_roster.errors import ConfigurationError, StalePlan
from clever_roster.model import HostEnrollment
from clever_roster.ports import JournalEntry, Ports
from clever_roster.roster.apply import Approval
from clever_roster.roster.reversal import Reversal, plan_undo

__all__ = ["Undone", "reverse", "undo"]


@attrs.frozen(kw_only=True)
class Undone(Shown):
    """What an undo did.

    Attributes:
        rows, sections, profiles: how many went back.
        kept: what was edited after the run, and stays as it is: ids only.
        held: how many rows wait for a person's word.
    """

    plan: str
    rows: int = 0
    sections: int = 0
    profiles: int = 0
    kept: tuple[str, ...] = ()
    held: int = 0

    def view(self, *, names: bool = False) -> View:
        """The counts, and a table `kept`."""
        from clever_roster.roster.show import view_of_undone  # noqa: PLC0415 - it knows undos

        return view_of_undone(self, names=names)


def undo(ports: Ports, plan: str, *, actor: str, now: datetime) -> Undone:
    """Undo what was applied under a plan's digest, all of it, on the word of whoever calls.

    An unknown plan, or one undone before, undoes nothing. To read first what would go back: `plan_undo`, and `reverse`.
    """
    return _carry_out(ports, plan_undo(ports, plan), held=False, by=actor, now=now)


def reverse(ports: Ports, reversal: Reversal, *, actor: str, now: datetime, approval: Approval | None = None) -> Undone:
    """Undo as it was planned by `plan_undo`; rows of sections that are held go back when it was approved.

    Raises:
        StalePlan: something was edited since it was planned, that it would have overwritten; nothing was written.
        ConfigurationError: the approval names another reversal.
    """
    if approval is not None and approval.digest != reversal.digest:
        raise ConfigurationError(
            f"The approval names {approval.digest[:12]}, but this is reversal {reversal.digest[:12]}.",
            next_step="Show this reversal and ask again: an approval is for what was read.",
        )
    if plan_undo(ports, reversal.plan, limits=reversal.limits).digest != reversal.digest:
        raise StalePlan(
            f"The roster has changed since reversal {reversal.digest[:12]} was made.",
            next_step="Plan the undo again, show it, and carry out the new one.",
        )
    by = actor if approval is None else f"{approval.by}: {approval.why}"
    return _carry_out(ports, reversal, held=approval is None, by=by, now=now)


def _carry_out(ports: Ports, reversal: Reversal, *, held: bool, by: str, now: datetime) -> Undone:
    waiting = reversal.holds.keys() if held else set[object]()
    rows = [attrs.evolve(then, changed_at=now) for _, then in reversal.rows if then.section not in waiting]
    if rows:
        ports.sections.save_enrollments(rows)
        ports.roster.record([_entry(row, reversal.plan, by, now) for row in rows])
    if reversal.sections:
        ports.sections.save([then for _, then in reversal.sections])
    if reversal.profiles:
        ports.accounts.update([then for _, then in reversal.profiles])
    if reversal.source is not None and (reversal.people or reversal.listed):
        ports.roster.save(
            reversal.source.provider,
            reversal.source.district,
            people=[then for _, then in reversal.people],
            sections=[then for _, then in reversal.listed if then is not None],
            gone=[key for key, then in reversal.listed if then is None],
        )
    return Undone(
        plan=reversal.plan,
        rows=len(rows),
        sections=len(reversal.sections),
        profiles=len(reversal.profiles),
        kept=reversal.kept,
        held=len(reversal.rows) - len(rows),
    )


def _entry(row: HostEnrollment, plan: str, by: str, now: datetime) -> JournalEntry:
    return JournalEntry(at=now, plan=plan, actor=by, verb="undo", section=row.section, account=row.account)
