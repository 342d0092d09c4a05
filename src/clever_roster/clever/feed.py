"""Reading the feed of events: where it ends now, and what it holds behind a cursor, if it reaches back to it."""

from __future__ import annotations

from datetime import datetime

import attrs

from clever_roster.clever import endpoints
from clever_roster.clever.eventing import EventId, Events, FullReadNeeded, cursor_aged, event_of
from clever_roster.clever.reading import Api, Trail, fetch, read_list
from clever_roster.steps import Steps

__all__ = ["read_cursor", "read_events"]

LAST_ID = "f" * 24


def read_cursor(api: Api) -> Steps[EventId | None]:
    """The newest event's id; None when the feed is empty."""
    return (yield from _edge(api, ("ending_before", LAST_ID)))


def read_events(api: Api, after: EventId | None, *, saved_at: datetime | None = None) -> Steps[Events | FullReadNeeded]:
    """Everything behind a cursor, or that the feed does not reach back to it.

    Raises:
        UnexpectedPayload: an event cannot be read, or the feed cannot be trusted.
    """
    oldest = yield from _edge(api)
    aged = cursor_aged(after, oldest=oldest, now=api.clock(), saved_at=saved_at)
    if aged is not None:
        return aged
    listed = yield from read_list(api, endpoints.events(after=after))
    events = tuple(event_of(wire) for wire in listed.records)
    return Events(events, events[-1].id if events else after)


def _edge(api: Api, *bound: tuple[str, str]) -> Steps[EventId | None]:
    """The event at one end of the feed."""
    many = attrs.evolve(endpoints.events(), query=(*bound, ("limit", "1")), longest_page=None)
    url = many.first(api)
    response = yield from fetch(api, url)
    page, _ = Trail(api, many).open(url, response)
    return next((event.id for event in page.records()), None)
