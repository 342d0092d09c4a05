"""Events mark what to read again, and are not believed: order, repetition and age do not matter, gaps do."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import reduce
from operator import or_

import attrs
import pytest
from hosts import Host
from hypothesis import given, settings
from hypothesis import strategies as st
from rosters import NOW, SECTIONS, arbitrary_snapshots

from clever_roster.model import Snapshot
from clever_roster.roster import Added, Altered, Dirty, Moved, Removed, diff


def events_of(a: Snapshot, b: Snapshot) -> list[Dirty]:
    """One for each change, as a source would tell it: by ids."""
    told = []
    for change in diff(a, b):
        match change:
            case Added(subject) | Removed(subject) | Altered(after=subject):
                section = getattr(subject, "section", None)
                if section is not None:
                    told.append(Dirty.heard(sections=[section]))
                elif subject.id in SECTIONS:
                    told.append(Dirty.heard(sections=[subject.id]))
                else:
                    told.append(Dirty.heard(people=[subject.id]))
            case Moved():
                told.append(Dirty.heard(sections=[change.origin, change.destination]))
    return told


@settings(max_examples=30)
@given(arbitrary_snapshots(), arbitrary_snapshots(), st.randoms())
def test_roster_37_events_in_any_order_and_number_end_as_a_full_read(
    a: Snapshot, b: Snapshot, chance: random.Random
) -> None:
    """Permuted, repeated, and heard once more after the read: only the scopes they name are read, and it is enough."""
    by_events, by_full_read = Host(), Host()
    for host in (by_events, by_full_read):
        host.approved(host.plan(a))
    events = events_of(a, b)
    heard = events + [chance.choice(events) for _ in events]
    chance.shuffle(heard)
    scope = reduce(or_, heard, Dirty()).to_read(a.sections)
    part = attrs.evolve(
        b, scope=scope, sections={key: one for key, one in b.sections.items() if key in scope}, people=b.people
    )
    named = {one.person for section in part.sections.values() for one in section.enrollments()}
    part = attrs.evolve(part, people={key: one for key, one in b.people.items() if key in named})
    by_events.approved(by_events.plan(part))
    by_full_read.approved(by_full_read.plan(b))
    assert by_events.active() == by_full_read.active()
    assert by_events.plan(part).empty


@pytest.mark.parametrize(
    ("last", "oldest", "full"),
    [(None, None, True), (31, None, True), (29, None, False), (10, 9, True), (10, 20, False)],
)
def test_roster_38_a_gap_in_the_events_asks_for_a_full_read(last: int | None, oldest: int | None, full: bool) -> None:  # noqa: FBT001
    """By the age of the cursor, and by the oldest event that is still there; then every known section is read."""
    days = [None if ago is None else NOW - timedelta(days=ago) for ago in (last, oldest)]
    dirty = Dirty.since(days[0], oldest=days[1], now=NOW) | Dirty.heard(sections=[SECTIONS[0]])
    assert (dirty.everything is not None) == full
    known = dict.fromkeys(SECTIONS)
    if full:
        assert dirty.to_read(known) == {*SECTIONS}  # type: ignore[arg-type]
