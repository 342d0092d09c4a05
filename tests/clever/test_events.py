"""Events: whatever happens to a district, folding them gives what a fresh full read gives; and a cursor that is too old
is noticed, although Clever says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clever_roster.clever import CleverClient, records
from clever_roster.clever.eventing import Event, Events, FullReadNeeded, Verb, WireEvent, cursor_aged, event_of, fold
from clever_roster.errors import UnexpectedPayload
from clever_roster.model import PersonId, Role, SectionId, Snapshot
from clever_roster.testing import District, Simulator, next_day, transport
from clever_roster.testing.evolution import change_email, move, remove_person, remove_section, rename_section, withdraw
from clever_roster.testing.generate import sample_district

BORN = datetime(2026, 9, 14, 8, tzinfo=UTC)
HOME = sample_district(3, students=40)


class Watched:
    """A simulator, its clock, and a client that reads it."""

    def __init__(self, *, version: str = "v3.1") -> None:
        self.now = BORN
        self.simulator = Simulator([HOME], clock=lambda: self.now, requests_per_minute=10**6)
        self.clever = CleverClient(
            self.simulator.district_token(HOME.id),
            http=httpx.Client(transport=transport(self.simulator)),
            version=version,
            clock=lambda: self.now,
            page_size=50,
            sleep=lambda _: None,
        )

    def evolve(self, after: District) -> None:
        self.now += timedelta(hours=1)
        self.simulator.replace(after)


def alike(folded: Snapshot, fresh: Snapshot) -> bool:
    """The same roster, both without a doubt; when it was read and in how many pages is no difference."""
    return all(
        getattr(folded, what) == getattr(fresh, what) for what in ("people", "sections", "terms", "district_state")
    ) and (folded.proof.complete, fresh.proof.complete) == (True, True)


def changed(district: District, draw: st.DataObject) -> District:
    """One arbitrary change."""
    sections = sorted(district.sections)
    students = [one.id for one in district.people_with(Role.STUDENT)]
    section = draw.draw(st.sampled_from(sections))
    placed = [s for s in sections if district.sections[s].students]
    full = draw.draw(st.sampled_from(placed))
    student = district.sections[full].students[0]
    anybody = draw.draw(st.sampled_from(students))
    match draw.draw(st.integers(0, 6)):
        case 0:
            return next_day(district, seed=draw.draw(st.integers(0, 9)))
        case 1:
            return rename_section(district, section, draw.draw(st.text(max_size=4)))
        case 2 if len(sections) > 4:
            return remove_section(district, section)
        case 3 if len(students) > 20:
            return remove_person(district, anybody)
        case 4:
            return change_email(district, anybody, draw.draw(st.sampled_from(["", "a@b.test", "no address"])))
        case 5:
            return move(district, student, source=full, target=section)
        case _:
            return withdraw(district, student, full)


@settings(max_examples=15)
@given(st.data(), st.sampled_from(["v3.0", "v3.1"]))
def test_folding_events_equals_a_fresh_full_read(draw: st.DataObject, version: str) -> None:
    """Dev.clever.com, "Events API": events are a convenience, a full read must give the same."""
    watched = Watched(version=version)
    cursor = watched.clever.fetch_cursor()
    roster = watched.clever.fetch_district(HOME.id)
    district = HOME
    hidden: list[PersonId] = []
    for _ in range(draw.draw(st.integers(1, 4))):
        district = changed(district, draw)
        watched.evolve(district)
        if draw.draw(st.booleans()):
            hidden.append(draw.draw(st.sampled_from(sorted(district.people))))
            watched.simulator.unshare(hidden[-1])
        elif hidden and draw.draw(st.booleans()):
            watched.simulator.share(hidden.pop())
        if draw.draw(st.booleans()):
            read = watched.clever.fetch_events(cursor)
            assert isinstance(read, Events)
            roster, cursor = fold(roster, read.events), read.cursor
    read = watched.clever.fetch_events(cursor)
    assert isinstance(read, Events)
    folded = fold(roster, read.events)
    fresh = watched.clever.fetch_district(HOME.id, known=roster.scope)
    assert fresh.proof.complete
    assert alike(folded, fresh)
    assert alike(fold(folded, read.events), fresh)
    assert {*fresh.sections} <= folded.scope


def test_a_cursor_of_thirty_days_ago_needs_a_full_read() -> None:
    """Recorded: the feed silently begins at its oldest event. Here it says so."""
    watched = Watched()
    watched.evolve(next_day(HOME, seed=1))
    first = watched.clever.fetch_cursor()
    assert first is not None
    watched.now += timedelta(days=31)
    needed = watched.clever.fetch_events(first)
    assert isinstance(needed, FullReadNeeded)
    assert "31 days old" in needed.why


def test_a_feed_that_begins_behind_the_cursor_needs_a_full_read() -> None:
    """Whatever the clock says: what was in between is gone."""
    watched = Watched()
    day = HOME
    for seed in range(3):
        day = next_day(day, seed=seed)
        watched.evolve(day)
        watched.now += timedelta(days=12)
    made_up = WireEvent(id=f"{int(watched.now.timestamp()) - 3600:08x}{0:016x}", type="users.updated").id
    assert isinstance(watched.clever.fetch_events(made_up), Events)
    assert isinstance(watched.clever.fetch_events(WireEvent(id="0 not an object id", type="").id), FullReadNeeded)


def test_no_event_yet_reaches_back_as_long_as_events_are_kept() -> None:
    """No cursor: from the beginning; when it was saved tells how far that is."""
    watched = Watched()
    assert watched.clever.fetch_cursor() is None
    assert watched.clever.fetch_events(None, saved_at=BORN) == Events((), None)
    watched.now += timedelta(days=31)
    assert isinstance(watched.clever.fetch_events(None, saved_at=BORN), FullReadNeeded)
    assert isinstance(cursor_aged(WireEvent(id="a", type="").id, oldest=None, now=BORN), FullReadNeeded)


def test_events_tell_whom_and_which_classes_they_are_about() -> None:
    """A class that somebody left, and a person whose email changed; by one event each."""
    watched = Watched()
    cursor = watched.clever.fetch_cursor()
    key = next(key for key, one in HOME.sections.items() if one.students)
    student = HOME.sections[key].students[0]
    watched.evolve(change_email(withdraw(HOME, student, key), student, "new@example.test"))
    told = watched.clever.fetch_events(cursor, saved_at=BORN)
    assert isinstance(told, Events)
    assert (told.sections, told.people) == ({key}, {student})


def test_an_event_says_what_was_before() -> None:
    """Deep and partial: only what changed, nested as in the record, lists and names whole."""
    watched = Watched()
    student = HOME.people_with(Role.STUDENT)[0].id
    watched.evolve(change_email(HOME, student, "new@example.test"))
    read = watched.clever.fetch_events(None)
    assert isinstance(read, Events)
    (event,) = [one for one in read.events if one.kind == "users"]
    assert (event.verb, event.subject) == (Verb.UPDATED, student)
    assert isinstance(event.record, records.User)
    assert event.record.email == "new@example.test"
    assert event.previous["email"] == HOME.people[student].email
    assert "name" not in event.previous
    assert watched.clever.get_event(event.id).id == event.id
    assert [one.id for one in watched.clever.list_events(record_types=["users"])] == [event.id]


OBJECT = {"id": "a", "district": "d"}


@pytest.mark.parametrize(
    "wire",
    [
        WireEvent(id="e", type="users.updated", data={"object": OBJECT, "previous_attributes": {"email": "x"}}),
        WireEvent(id="e", type="users.updated", data={"object": OBJECT}, previous_attributes={"email": "x"}),
    ],
    ids=["as recorded", "as described"],
)
def test_previous_attributes_are_found_in_both_places(wire: WireEvent) -> None:
    """Recorded: inside `data`; described: beside it."""
    assert event_of(wire).previous == {"email": "x"}


def test_an_event_of_an_unknown_kind_passes_by_and_of_an_unknown_verb_breaks_the_proof() -> None:
    """Clever adds types without notice; what cannot be folded is said."""
    snapshot = Watched().clever.fetch_district(HOME.id)
    assert snapshot.proof.complete
    new_kind = event_of(WireEvent(id="e", type="lunches.created", data={"object": {"id": "l"}}))
    assert new_kind.record is None
    assert fold(snapshot, [new_kind]) == snapshot
    merged = event_of(WireEvent(id="e", type="users.merged", data={"object": OBJECT}))
    assert fold(snapshot, [merged]).proof.broken == "event e is of an unknown type: users.merged"


def test_a_section_that_names_somebody_unknown_is_a_gap_until_it_is_told_again() -> None:
    """Folding never proves what it did not see."""
    snapshot = Watched().clever.fetch_district(HOME.id)
    key = next(iter(snapshot.sections))
    person = snapshot.sections[key].students[0]
    gone = Event(id=WireEvent(id="e", type="").id, kind="users", verb="deleted", subject=person)
    folded = fold(snapshot, [gone])
    assert folded.proof.doubt(key) == "1 of its students could not be read"
    assert person not in folded.sections[key].students
    left = folded.sections[key]
    told = records.Section(id=key, district=HOME.id, name=left.name, teachers=left.teachers, students=left.students)
    again = fold(folded, [Event(id="f", kind="sections", verb="updated", subject=key, record=told)])
    assert again.proof.gaps.keys() == folded.proof.gaps.keys() - {key}  # the others have not been told
    assert again.sections[key].students == left.students


@pytest.mark.parametrize("data", [None, {}, {"object": None}, {"object": {"id": 7}}, {"object": {"id": "a"}}])
def test_an_event_without_a_whole_object_names_its_place(data) -> None:
    """Malformed: an error with a path, never a guess."""
    with pytest.raises(UnexpectedPayload, match="event e"):
        event_of(WireEvent(id="e", type="users.created", data=data))


def test_a_deleted_record_needs_no_more_than_its_id() -> None:
    """No `.deleted` was recorded: whatever else is in it, the id says who."""
    event = event_of(WireEvent(id="e", type="sections.deleted", data={"object": {"id": "s"}}))
    assert (event.subject, event.record) == ("s", None)
    assert "sections.deleted s" in repr(event)


def test_a_district_that_was_read_is_the_one_named() -> None:
    """Roster 45: a token that answers for another district voids the read."""
    with pytest.raises(UnexpectedPayload, match="is of district"):
        Watched().clever.fetch_district(attrs.evolve(HOME, id=SectionId("0" * 24)).id)
