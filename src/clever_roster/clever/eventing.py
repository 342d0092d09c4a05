"""Clever's events: what changed in a district since a cursor, typed, and folded into a roster.

Clever keeps events for 30 days. A cursor that is older does not fail: the feed silently begins at its oldest event
(recorded). So the cursor is held against the oldest event that is still there, and against the clock, and where it
does not reach, the answer is `FullReadNeeded`. Events are a convenience: a full read must give the same, and a test
shows that it does (dev.clever.com, "Events API").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, TypeAlias, cast

import attrs

from clever_roster.clever import records
from clever_roster.clever.decode import decode, unexpected
from clever_roster.clever.kept import Kept
from clever_roster.clever.translate import person_of, section_of, term_of
from clever_roster.errors import UnexpectedPayload
from clever_roster.model import EnrollmentRole, PersonId, Section, SectionId, Snapshot, TermId
from clever_roster.steps import Response

__all__ = [
    "KINDS",
    "RETENTION",
    "Changed",
    "Event",
    "EventId",
    "Events",
    "FullReadNeeded",
    "Verb",
    "WireEvent",
    "cursor_aged",
    "event_of",
    "fold",
    "readable",
]

EventId = NewType("EventId", str)

RETENTION = timedelta(days=30)
"""How long Clever keeps an event (dev.clever.com, "Events API")."""

Changed: TypeAlias = (
    records.User
    | records.Section
    | records.School
    | records.Course
    | records.Term
    | records.District
    | records.Resource
)

KINDS: Final[Mapping[str, type[Changed]]] = {
    "courses": records.Course,
    "districts": records.District,
    "resources": records.Resource,
    "schools": records.School,
    "sections": records.Section,
    "terms": records.Term,
    "users": records.User,
}
"""What an event can be about. There are no events of enrollments: a student who joins is `sections.updated`."""


@attrs.frozen(kw_only=True, repr=False)
class WireEvent(Kept):
    """An event as on the wire. `previous_attributes` is described beside `data` and was recorded inside it."""

    id: EventId
    type: str
    created: datetime | None = None
    data: Mapping[str, object] | None = None
    previous_attributes: Mapping[str, object] | None = None

    def __repr__(self) -> str:
        return f"<WireEvent {self.id}: {self.type}>"


class Verb(StrEnum):
    """What happened. Created and deleted also mean: newly shared, no longer shared."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@attrs.frozen(kw_only=True, repr=False)
class Event:
    """One change.

    Attributes:
        kind: what it is about, as `KINDS` names it; another word for what this version does not know.
        verb: one of `Verb`, or another word.
        subject: id of the record.
        record: the whole record after the change (before it, when it was deleted); None of an unknown kind, and of a
            deleted record that is no longer whole.
        previous: of an update: old values, nested as on the wire and only where they changed; lists and a name whole.
    """

    id: EventId
    kind: str
    verb: str
    subject: str
    created: datetime | None = None
    record: Changed | None = None
    previous: Mapping[str, object] = attrs.field(factory=dict[str, object])

    def __repr__(self) -> str:
        return f"<Event {self.id}: {self.kind}.{self.verb} {self.subject}>"


@attrs.frozen(repr=False)
class Events:
    """What happened since a cursor, in the feed's order, and the cursor to save once all of it is dealt with."""

    events: tuple[Event, ...]
    cursor: EventId | None

    @property
    def sections(self) -> frozenset[SectionId]:
        """The sections that something happened to."""
        return frozenset(SectionId(event.subject) for event in self.events if event.kind == "sections")

    @property
    def people(self) -> frozenset[PersonId]:
        """The people whose records changed; who joins or leaves a class is an event of the section."""
        return frozenset(PersonId(event.subject) for event in self.events if event.kind == "users")

    def __repr__(self) -> str:
        return f"<{len(self.events)} events, up to {self.cursor}>"


@attrs.frozen
class FullReadNeeded:
    """The feed does not reach back to the cursor: read the district in full, and begin a new cursor before that."""

    why: str


def event_of(wire: WireEvent) -> Event:
    """An event as it is meant.

    Raises:
        UnexpectedPayload: its object is missing or malformed; the message names the path.
    """
    kind, _, verb = wire.type.partition(".")
    data: Mapping[str, object] = wire.data or {}
    previous = data.get("previous_attributes") or wire.previous_attributes or {}
    match data.get("object"):
        case {"id": str(subject)}:
            record = _record(wire.id, data["object"], kind, verb)
        case _:
            raise unexpected(Response(200), f"event {wire.id} has no object with an id")
    return Event(
        id=wire.id,
        kind=kind,
        verb=verb,
        subject=subject,
        created=wire.created,
        record=record,
        previous=cast("Mapping[str, object]", previous) if isinstance(previous, dict) else {},
    )


def _record(event: EventId, held: object, kind: str, verb: str) -> Changed | None:
    known = KINDS.get(kind)
    if known is None:
        return None
    try:
        return decode(held, known, Response(200), path=f"event {event}: data.object")
    except UnexpectedPayload:
        if verb == Verb.DELETED:
            return None
        raise


_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def cursor_aged(
    cursor: EventId | None, *, oldest: EventId | None, now: datetime, saved_at: datetime | None = None
) -> FullReadNeeded | None:
    """Whether events may have been lost behind a cursor; None when the feed reaches back to it.

    Args:
        cursor: id of the last event that was dealt with; None when there was none yet.
        oldest: id of the oldest event that the feed still has.
        saved_at: when the cursor was saved, or the last full read was begun.
    """
    made = saved_at
    if cursor is not None and _OBJECT_ID.fullmatch(cursor):  # begins with the second it was made in (MongoDB)
        made = max(filter(None, (saved_at, datetime.fromtimestamp(int(cursor[:8], 16), UTC))))
    if made is not None and now - made > RETENTION:
        return FullReadNeeded(f"the cursor is {(now - made).days} days old, and events are kept for {RETENTION.days}")
    if cursor is not None and oldest is None:
        return FullReadNeeded("the feed is empty, and the cursor's own event is gone from it")
    if cursor is not None and oldest is not None and oldest > cursor:
        return FullReadNeeded("the feed begins behind the cursor: what came between may be lost")
    return None


# --- Events into a roster ---------------------------------------------------------------------------------------------


def fold(snapshot: Snapshot, events: Iterable[Event]) -> Snapshot:
    """The roster of a whole district after these events, applied strictly in their order; the same twice as once.

    What a snapshot does not hold (schools, courses) passes by. Events prove what they name, and nothing else: the proof
    stays that of the snapshot, and whoever leaves a section leaves it by an event of that section. Sections that the
    events took away stay in the scope, so that a diff sees them go. A section that names somebody who is not there is a
    gap in the proof; an event of people or sections whose verb is unknown breaks the proof.
    """
    people, sections, terms = dict(snapshot.people), dict(snapshot.sections), dict(snapshot.terms)
    state = snapshot.district_state
    broken, touched = snapshot.proof.broken, set[SectionId]()
    for event in events:
        match event:
            case Event(kind="users" | "sections", verb=verb) if verb not in {*Verb}:
                broken = broken or f"event {event.id} is of an unknown type: {event.kind}.{verb}"
            case Event(kind="users", verb=Verb.DELETED):
                people.pop(PersonId(event.subject), None)
            case Event(kind="sections", verb=Verb.DELETED):
                sections.pop(SectionId(event.subject), None)
                touched.add(SectionId(event.subject))
            case Event(kind="terms", verb=Verb.DELETED):
                terms.pop(TermId(event.subject), None)
            case Event(record=records.Term() as term):
                terms[term.id] = term_of(term)
            case Event(record=records.District() as district):
                state = district.state or None
            case Event(record=records.User() as user):
                people[user.id] = person_of(user)
            case Event(record=records.Section() as held):
                sections[held.id] = section_of(held)
                touched.add(held.id)
            case _:
                continue
    gaps = {key: why for key, why in snapshot.proof.gaps.items() if key not in touched}
    known = frozenset(people)
    for key, section in sections.items():
        sections[key], doubt = readable(section, known)
        if doubt:
            gaps[key] = doubt
    return attrs.evolve(
        snapshot,
        people=people,
        sections=sections,
        scope=snapshot.scope | sections.keys() | touched,
        proof=attrs.evolve(snapshot.proof, broken=broken, gaps=gaps),
        terms=terms,
        district_state=state,
    )


def readable(section: Section, people: Collection[PersonId]) -> tuple[Section, str | None]:
    """A section with those of its people who could be read, and why it is in doubt when that is not everybody."""
    named = {
        EnrollmentRole.TEACHER: section.teachers,
        EnrollmentRole.STUDENT: section.students,
    }
    lost = {role: [one for one in ids if one not in people] for role, ids in named.items()}
    if not any(lost.values()):
        return section, None
    kept = {role: tuple(one for one in ids if one in people) for role, ids in named.items()}
    doubt = "; ".join(f"{len(ids)} of its {role.value}s could not be read" for role, ids in lost.items() if ids)
    return (
        attrs.evolve(section, teachers=kept[EnrollmentRole.TEACHER], students=kept[EnrollmentRole.STUDENT]),
        doubt,
    )
