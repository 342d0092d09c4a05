"""Events mark what to read again, and are not believed: order, repetition and age do not matter, gaps do."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import reduce
from itertools import pairwise
from operator import or_

import attrs
import httpx
import pytest
from hosts import Host
from hypothesis import given, settings
from hypothesis import strategies as st
from rosters import DISTRICT, NOW, SECTIONS, arbitrary_snapshots, section, snapshot

from clever_roster.clever import CleverClient, FullReadNeeded
from clever_roster.model import CLEVER, DistrictId, HostSection, IdentityKey, PersonId, SectionId, SectionKey, Snapshot
from clever_roster.privacy import forget
from clever_roster.roster import (
    Added,
    Altered,
    Dirty,
    Heard,
    Limits,
    Moved,
    Removed,
    diff,
    heard_until,
    keep_heard,
    to_read,
    waiting_districts,
)
from clever_roster.roster.remembered import waiting_in
from clever_roster.testing import Simulator, next_day, sample_district, transport


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
@given(st.lists(arbitrary_snapshots(), min_size=2, max_size=5), st.randoms())
def test_roster_37_events_in_any_order_and_number_end_as_a_full_read(
    days: list[Snapshot], chance: random.Random
) -> None:
    """Permuted, repeated, and heard once more after the read: only the scopes they name are read, and it is enough."""
    by_events, by_full_read = Host(), Host()
    for host in (by_events, by_full_read):
        host.approved(host.plan(days[0]))
    for yesterday, today in pairwise(days):
        events = events_of(yesterday, today)
        heard = events + [chance.choice(events) for _ in events]
        chance.shuffle(heard)
        dirty = reduce(or_, heard, Dirty())
        part = limited(today, heard_by(by_events, dirty) | dirty.sections)  # also those that are yet to be imported
        by_events.approved(by_events.plan(part))
        by_full_read.approved(by_full_read.plan(today))
        assert by_events.active() == by_full_read.active()
        assert by_events.plan(part).empty


def limited(day: Snapshot, scope: frozenset[SectionId]) -> Snapshot:
    """As much of a day as a read of these sections tells."""
    sections = {key: one for key, one in day.sections.items() if key in scope}
    named = {one.person for section in sections.values() for one in section.enrollments()}
    people = {key: one for key, one in day.people.items() if key in named}
    return attrs.evolve(day, scope=scope, sections=sections, people=people)


def heard_by(host: Host, dirty: Dirty) -> frozenset[SectionId]:
    with host.store.transaction() as ports:
        return to_read(ports, CLEVER, DISTRICT, dirty)


def test_what_was_heard_of_is_read_again_and_nothing_else() -> None:
    """A section by itself, a person by the sections that name them; what the host does not sync is nobody's matter."""
    host = Host()
    classes = {"c0": ["s0", "s1"], "c1": ["s1"], "c2": ["s2"]}
    host.approved(host.plan(snapshot(*(section(key, students=students) for key, students in classes.items()))))
    assert heard_by(host, Dirty()) == set()
    assert heard_by(host, Dirty.heard(sections=[SectionId("c2"), SectionId("c3")])) == {"c2"}
    assert heard_by(host, Dirty.heard(people=[PersonId("s1"), PersonId("s9")])) == {"c0", "c1"}
    assert heard_by(host, Dirty(everything="It is Sunday.")) == {"c0", "c1", "c2"}
    host.approved(host.plan(snapshot(section("c0", students=["s0"]), scope=["c0"])))
    assert heard_by(host, Dirty.heard(people=[PersonId("s1")])) == {"c1"}, "who left a class is its matter no more"
    with host.store.transaction() as ports:
        assert to_read(ports, CLEVER, DistrictId("elsewhere"), Dirty(everything="It is Sunday.")) == set()


def test_a_section_in_which_something_waits_is_read_every_night() -> None:
    """A hold gets older, or mends itself, though nothing is heard."""
    host = Host()
    host.approved(host.plan(snapshot(section("c0", students=["s0", "s1", "s2", "s3"]), section("c1", students=["s1"]))))
    held = host.sync(snapshot(section("c0", students=["s0"]), section("c1", students=["s1"]))).held
    assert held
    assert heard_by(host, Dirty()) == {"c0"}
    assert host.sync(snapshot(section("c0", students=["s0", "s1", "s2", "s3"]))).held == ()
    assert heard_by(host, Dirty()) == set()


def test_a_section_of_which_nothing_is_remembered_is_read() -> None:
    """It was attached, and its first sync never came to an end."""
    host = Host()
    with host.store.transaction() as ports:
        key = SectionKey(CLEVER, DISTRICT, SectionId("c7"))
        ports.sections.save([HostSection(name="New", owner=host.teacher, source=key)])
    assert heard_by(host, Dirty()) == {"c7"}


def test_a_section_that_ended_is_not_read_every_night() -> None:
    """A year's classes, once they are put away: not for their people either. They return by an event of their own."""
    host = Host()
    host.approved(host.plan(snapshot(section("c0", students=["s0"]), section("c1", students=["s1"]))))
    host.approved(host.plan(snapshot(section("c1", students=["s1"]), scope=["c0", "c1"])))
    assert host.section().archived
    assert heard_by(host, Dirty()) == set()
    assert heard_by(host, Dirty.heard(people=[PersonId("s0"), PersonId("s1")])) == {"c1"}
    assert heard_by(host, Dirty.heard(sections=[SectionId("c0")])) == {"c0"}
    assert heard_by(host, Dirty(everything="It is Sunday.")) == {"c0", "c1"}


@pytest.mark.parametrize(("days", "full"), [(1, False), (29, False), (31, True)])
def test_roster_38_a_gap_in_the_events_asks_for_a_full_read(days: int, *, full: bool) -> None:
    """By the age of the cursor; then everything that is synced is dirty."""
    home, clock = sample_district(3, students=40), {"now": NOW}
    simulator = Simulator([home], clock=lambda: clock["now"])
    with httpx.Client(transport=transport(simulator)) as http:
        clever = CleverClient(simulator.district_token(home.id), http=http, clock=lambda: clock["now"])
        simulator.replace(next_day(home, seed=1))
        cursor = clever.fetch_cursor()
        clock["now"] += timedelta(days=days)
        told = clever.fetch_events(cursor, saved_at=NOW)
    host = Host()
    host.approved(host.plan(snapshot(section("c0", students=["s0"]), section("c1", students=["s1"]))))
    dirty = Dirty(everything=told.why) if isinstance(told, FullReadNeeded) else Dirty.heard(sections=told.sections)
    assert heard_by(host, dirty) == ({"c0", "c1"} if full else set())


def test_where_the_events_were_left_is_kept_by_district_and_is_not_taken_back() -> None:
    """Two nights overlap, and the one that began first ends last: what the other dealt with stays dealt with."""
    host, elsewhere = Host(), DistrictId("d9")
    nights = [Heard(cursor=cursor, at=NOW + timedelta(days=day)) for day, cursor in enumerate([None, "e1", "e2"])]
    with host.store.transaction() as ports:
        assert heard_until(ports, CLEVER, DISTRICT) is None
    for kept, expected in ((nights[0], nights[0]), (nights[2], nights[2]), (nights[1], nights[2])):
        with host.store.transaction() as ports:
            keep_heard(ports, CLEVER, DISTRICT, kept)
            assert heard_until(ports, CLEVER, DISTRICT) == expected
            assert heard_until(ports, CLEVER, elsewhere) is None


def test_what_waits_is_found_by_its_marks_for_as_long_as_it_waits() -> None:
    """Of a district and of all; approved, it waits no more; whoever was missing is forgotten in them, too."""
    host, students = Host(), [f"s{n:02}" for n in range(6)]
    host.sync(snapshot(section("c0", students=students), section("c1", students=students)))

    def marked() -> tuple[frozenset[SectionId], frozenset]:
        with host.store.transaction() as ports:
            return waiting_in(ports, CLEVER, DISTRICT), waiting_districts(ports)

    assert marked() == (set(), set())
    less = snapshot(section("c0", students=students[:1]), section("c1", students=students))
    for _ in range(2):
        host.apply(host.plan(less))
        assert marked() == ({"c0"}, {(CLEVER, DISTRICT)})
    host.approved(host.plan(less))
    assert marked() == (set(), set())
    absent = snapshot(section("c0", students=students[:1]), section("c1", students=students[:5]))
    host.apply(host.plan(absent, limits=Limits(confirm=2)))
    assert marked()[0] == {"c1"}
    with host.store.transaction() as ports:
        forget(ports, IdentityKey(CLEVER, DISTRICT, PersonId("s05")), now=NOW)
    assert marked() == (set(), set())
