"""What ended in one night over all plans of a district, so that many small plans are not a way around its brakes.

A district is synced school by school, or class by class, and each plan alone may be small enough to pass. Each run in
which something ended without anybody's word leaves a memo of its own, so that runs side by side do not meet in it. What
is older than a day is dropped; an entry from the future (a clock that was wrong) still counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from clever_roster.model import EnrollmentRole, SectionId, Snapshot
from clever_roster.ports import Memo, Ports
from clever_roster.roster.plan import Plan, Step, Verb
from clever_roster.roster.remembered import Night

__all__ = ["keep_night", "tonight"]

LASTS: Final = timedelta(hours=20)
"""Shorter than a day: the next night, begun a little earlier, is another one."""


def tonight(ports: Ports, snapshot: Snapshot) -> Night:
    """What ended tonight outside of a snapshot's scope; within it, the sections remember by themselves."""
    ended: dict[str, int] = {}
    of: dict[str, int] = {}
    plans = 0
    for memo in ports.roster.memos_starting(_prefix(snapshot)):
        fields: dict[str, Any] = json.loads(memo.text)
        if datetime.fromisoformat(fields["at"]) <= snapshot.taken_at - LASTS:
            continue
        elsewhere = [kinds for section, kinds in fields["sections"].items() if section not in snapshot.scope]
        if elsewhere:
            plans += 1
            for kind, size in fields["of"].items():
                of[kind] = of.get(kind, 0) + size
            for kinds in elsewhere:
                for kind, count in kinds.items():
                    ended[kind] = ended.get(kind, 0) + count
    return Night(plans=plans, ended=ended, of=of)


def keep_night(ports: Ports, plan: Plan, done: Iterable[Step], *, approved: bool) -> None:
    """Remember what a run ended without anybody's word; nothing is written when it ended nothing."""
    sections: dict[SectionId, dict[str, int]] = {}
    for step in done:
        ending = {Verb.WITHDRAW: step.role, Verb.ARCHIVE: "section"}.get(step.verb)
        if ending is not None and step.section is not None and (step.hold is None or not approved):
            kinds = sections.setdefault(step.section, {})
            kinds[ending] = kinds.get(ending, 0) + 1
    if not sections:
        return
    at, prefix = plan.snapshot.taken_at, _prefix(plan.snapshot)
    key = f"{prefix}{at.isoformat()}/{plan.digest}"
    kept = {memo.key: memo for memo in ports.roster.memos_starting(prefix)}
    ports.roster.drop_memos(
        [memo.key for memo in kept.values() if datetime.fromisoformat(json.loads(memo.text)["at"]) <= at - LASTS]
    )
    listed = plan.mirror.sections.values()
    fields = {
        "at": at.isoformat(),
        "sections": sections,
        "of": {
            EnrollmentRole.STUDENT: sum(len(one.students) for one in listed) + _ended(sections, EnrollmentRole.STUDENT),
            EnrollmentRole.TEACHER: sum(len(one.teachers) for one in listed) + _ended(sections, EnrollmentRole.TEACHER),
            "section": len(listed) + _ended(sections, "section"),
        },
    }
    version = kept[key].version if key in kept else 0
    ports.roster.keep_memos([Memo(key=key, text=json.dumps(fields), version=version)])


def _ended(sections: Mapping[SectionId, Mapping[str, int]], kind: str) -> int:
    return sum(kinds.get(kind, 0) for kinds in sections.values())


def _prefix(snapshot: Snapshot) -> str:
    return f"night/{snapshot.provider}/{snapshot.district}/"
