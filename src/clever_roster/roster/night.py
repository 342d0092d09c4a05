"""What ended in one night over all plans of a district, so that many small plans are not a way around its brakes.

A district is synced school by school, or class by class, and each plan alone may be small enough to pass. Each run in
which something ended without anybody's word leaves a memo of its own, so that runs side by side do not meet in it. What
is older than a day is dropped; an entry from the future (a clock that was wrong) still counts.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from clever_roster.model import EnrollmentRole, SectionId, Snapshot
from clever_roster.ports import Memo, Ports
from clever_roster.roster.plan import Plan, Step, Verb
from clever_roster.roster.remembered import Night

__all__ = ["keep_night", "tonight"]

LASTS: Final = timedelta(hours=20)
"""Shorter than a day: the next night, begun a little earlier, is another one."""


def tonight(ports: Ports, snapshot: Snapshot) -> Night:
    """What ended tonight outside of a snapshot's scope; within it, the sections remember by themselves."""
    ended: Counter[str] = Counter()
    of: Counter[str] = Counter()
    plans = 0
    for memo in ports.roster.memos_starting(_prefix(snapshot)):
        if _at(memo) <= snapshot.taken_at - LASTS:
            continue
        # There may be a hundred of them, of a hundred sections each, and hardly any of these is in the scope.
        head, ids, kinds = memo.text.split("\n")
        fields, sections = json.loads(head), json.loads(ids)
        here = snapshot.scope.intersection(sections)
        if len(here) == len(sections):
            continue
        plans += 1
        of.update(fields["of"])
        ended.update(fields["ended"])
        if here:
            for section, several in zip(sections, json.loads(kinds), strict=True):
                if section in here:
                    ended.subtract(several)
    return Night(plans=plans, ended=+ended, of=of)


def keep_night(ports: Ports, plan: Plan, done: Iterable[Step], *, approved: bool) -> None:
    """Remember what a run ended without anybody's word; nothing is written when it ended nothing."""
    sections: defaultdict[SectionId, Counter[str]] = defaultdict(Counter)
    for step in done:
        ending = {Verb.WITHDRAW: step.role, Verb.ARCHIVE: "section"}.get(step.verb)
        if ending is not None and step.section is not None and (step.hold is None or not approved):
            sections[step.section][ending] += 1
    if not sections:
        return
    at, prefix = plan.snapshot.taken_at, _prefix(plan.snapshot)
    key = f"{prefix}{at.isoformat()}/{plan.digest}"
    kept = {memo.key: memo for memo in ports.roster.memos_starting(prefix)}
    ports.roster.drop_memos([memo.key for memo in kept.values() if _at(memo) <= at - LASTS])
    ended = sum(sections.values(), Counter[str]())
    listed = plan.mirror.sections.values()
    of = {
        EnrollmentRole.STUDENT: sum(len(one.students) for one in listed) + ended[EnrollmentRole.STUDENT],
        EnrollmentRole.TEACHER: sum(len(one.teachers) for one in listed) + ended[EnrollmentRole.TEACHER],
        "section": len(listed) + ended["section"],
    }
    lines = ({"of": of, "ended": ended}, [*sections], [*sections.values()])
    version = kept[key].version if key in kept else 0
    ports.roster.keep_memos([Memo(key=key, text="\n".join(map(json.dumps, lines)), version=version)])


def _at(memo: Memo) -> datetime:
    return datetime.fromisoformat(memo.key.rsplit("/", 2)[1])


def _prefix(snapshot: Snapshot) -> str:
    return f"ended/{snapshot.provider}/{snapshot.district}/"
