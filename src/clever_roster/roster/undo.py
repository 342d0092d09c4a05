"""Undoing a run: what it changed goes back to what it was, but for what people or later runs changed since.

Nobody is deleted: who was enrolled by the run is withdrawn, a section that it made is put away and cut from its source,
and an account that it made stays, with its link.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from clever_roster.model import (
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    ProfileUpdate,
    SectionId,
    SectionKey,
)
from clever_roster.ports import JournalEntry, Ports
from clever_roster.roster.trace import Trace, traces

__all__ = ["Undone", "undo"]


@attrs.frozen(kw_only=True)
class Undone:
    """What an undo did.

    Attributes:
        rows, sections, profiles: how many went back.
        kept: what was edited after the run, and stays as it is: ids only.
    """

    plan: str
    rows: int = 0
    sections: int = 0
    profiles: int = 0
    kept: tuple[str, ...] = ()


def undo(ports: Ports, plan: str, *, actor: str, now: datetime) -> Undone:
    """Undo what was applied under a plan's digest. An unknown plan, or one undone before, undoes nothing.

    Raises:
        Overtaken: a sync of the same sections ended at the same moment; try again.
    """
    kept: list[str] = []
    seen: set[tuple[str, str, str]] = set()
    rows: list[HostEnrollment] = []
    done = sections = profiles = 0
    for trace in reversed(traces(ports, plan)):
        back = _rows(ports, trace, kept, seen, now)
        ports.sections.save_enrollments(back)
        rows.extend(back)
        sections += _sections(ports, trace, kept)
        profiles += _profiles(ports, trace, kept)
        _mirror(ports, trace)
        done += 1
    if done:
        _journal(ports, rows, plan, actor, now)
    return Undone(plan=plan, rows=len(rows), sections=sections, profiles=profiles, kept=tuple(kept))


def _rows(
    ports: Ports, trace: Trace, kept: list[str], seen: set[tuple[str, str, str]], now: datetime
) -> list[HostEnrollment]:
    """Each row as it was before the newest change of it."""
    touched = {after.section for _, after in trace.rows}
    current = {
        (row.section, row.account, row.role): row for row in (ports.sections.enrollments(touched) if touched else ())
    }
    back: list[HostEnrollment] = []
    for before, after in trace.rows:
        key = (after.section, after.account, after.role)
        if key in seen:
            continue
        seen.add(key)
        row = current.get(key)
        if row != after:
            kept.append(f"account {after.account} in section {after.section}")
        elif before is None:
            back.append(attrs.evolve(after, status=EnrollmentStatus.WITHDRAWN, changed_at=now))
        else:
            back.append(attrs.evolve(before, changed_at=now))
    return back


def _sections(ports: Ports, trace: Trace, kept: list[str]) -> int:
    restored = 0
    latest: dict[HostSectionId | None, HostSection] = {after.id: after for _, after in trace.sections}
    for before, after in reversed(trace.sections):
        current = None if after.id is None else ports.sections.get(after.id)
        if current is None or current != latest[after.id]:
            kept.append(f"section {after.id}")
            continue
        earlier = attrs.evolve(after, source=None, archived=True) if before is None else before
        latest[after.id] = ports.sections.save(earlier)
        restored += 1
    return restored


def _profiles(ports: Ports, trace: Trace, kept: list[str]) -> int:
    accounts = ports.accounts.find([after.account for _, after in trace.profiles])
    back: list[ProfileUpdate] = []
    for before, after in trace.profiles:
        account = accounts.get(after.account)
        same_name = account is not None and after.name in (None, account.name)
        same_email = account is not None and (after.email is None or after.email == (account.email or ""))
        if same_name and same_email:
            back.append(before)
        else:
            kept.append(f"account {after.account}")
    if back:
        ports.accounts.update(back)
    return len(back)


def _mirror(ports: Ports, trace: Trace) -> None:
    """What the source had said before, as long as nothing newer was heard."""
    if trace.source is None:
        return
    provider, district = trace.source.provider, trace.source.district
    ids = {one.id for pair in trace.listed for one in pair if one is not None}
    said = ports.mirror.sections([SectionKey(provider, district, one) for one in sorted(ids)])
    current = {key.section: section for key, section in said.items()}
    back = [before for before, after in trace.listed if before and current.get(before.id) == after]
    gone: list[SectionId] = [
        after.id for before, after in trace.listed if before is None and after and current.get(after.id) == after
    ]
    known = ports.mirror.people(provider, district, [after.id for _, after in trace.people])
    people = [before for before, after in trace.people if known.get(after.id) == after]
    if back or gone or people:
        ports.mirror.save(provider, district, people=people, sections=back, gone=gone)


def _journal(ports: Ports, rows: Iterable[HostEnrollment], plan: str, actor: str, now: datetime) -> None:
    ports.mirror.record(
        [
            JournalEntry(at=now, plan=plan, actor=actor, verb="undo", section=row.section, account=row.account)
            for row in rows
        ]
    )
