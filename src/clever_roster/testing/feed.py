"""What happened to a district, as Clever's Events API tells it: the difference of two days, and the feed that keeps it.

As recorded: `previous_attributes` stands inside the event's `data`, holds old values only where they changed, lists and
`name` whole; types come grouped, people before the sections that name them and their ends after; ids ascend over gaps.
Older events than 30 days are gone without a word. Knows records on the wire; pages are `paging`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import attrs

from clever_roster.steps import Response
from clever_roster.testing.district import District
from clever_roster.testing.exchange import Asked, Json, json_answer
from clever_roster.testing.paging import page
from clever_roster.testing.wire import VERSIONS, Wire, instant

__all__ = ["RETENTION", "Feed"]

RETENTION = timedelta(days=30)

GAP = 7
"""Ids of a feed are not consecutive: other applications consume some."""


@attrs.frozen(kw_only=True)
class _Happened:
    """One event; `school` is the record's own, for the parameter of that name."""

    id: str
    type: str
    at: datetime
    schools: frozenset[str]
    told: Mapping[str, Json]


class Feed:
    """The events of one district. Not thread safe; the simulator holds a lock around it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._count = 0
        self._events: list[_Happened] = []

    def record(self, before: District, after: District) -> None:
        """Append what is different."""
        was = {version: _records(Wire(before, version)) for version in VERSIONS}
        now = {version: _records(Wire(after, version)) for version in VERSIONS}
        newest = VERSIONS[-1]
        for kind, verb in _ORDER:
            old, new = was[newest][kind], now[newest][kind]
            for id_ in sorted({"created": new.keys() - old, "deleted": old.keys() - new}.get(verb, old.keys() & new)):
                told = {
                    version: _told(was[version][kind].get(id_), now[version][kind].get(id_)) for version in VERSIONS
                }
                if verb != "updated" or told[newest].get("previous_attributes"):
                    self._append(f"{kind}.{verb}", told)

    def _append(self, type_: str, told: Mapping[str, Json]) -> None:
        self._count += GAP
        now = self._clock()
        held: Any = told[VERSIONS[-1]]["object"]
        schools: list[str | None] = [
            held.get("school"),
            *(role.get("school") for role in held.get("roles", {}).values()),
        ]
        self._events.append(
            _Happened(
                id=f"{int(now.timestamp()):08x}{self._count:016x}",
                type=type_,
                at=now,
                schools=frozenset(school for school in schools if school),
                told=told,
            )
        )

    def read(self, version: str, asked: Asked) -> Response:
        """Answer `/events` and `/events/{id}`."""
        kept = [one for one in self._events if one.at > self._clock() - RETENTION]
        match asked.path.split("/")[3:]:
            case [id_]:
                found = next((one for one in kept if one.id == id_), None)
                if found is None:
                    return json_answer({"message": "Resource not found"}, 404)
                return json_answer({"data": _written(found, version)})
            case _:
                school = asked.parameter("school")
                kinds = {value for name, value in asked.query if name == "record_type"}
                chosen = [
                    one
                    for one in kept
                    if (not school or school in one.schools) and (not kinds or one.type.partition(".")[0] in kinds)
                ]
                cut = page(asked, chosen)
                items = [{"data": _written(one, version), "uri": f"/{version}/events/{one.id}"} for one in cut.records]
                return json_answer({"data": items, "links": list(cut.links)})


_ORDER = (
    ("districts", "updated"),
    *((kind, verb) for kind in ("schools", "terms", "courses", "users") for verb in ("created", "updated")),
    *(("sections", verb) for verb in ("created", "updated", "deleted")),
    *((kind, "deleted") for kind in ("users", "courses", "terms", "schools")),
)


def _records(wire: Wire) -> Mapping[str, Mapping[str, Json]]:
    home = wire.home
    return {
        "districts": {home.id: wire.district()},
        "schools": {one.id: wire.school(one) for one in home.schools.values()},
        "terms": {one.id: wire.term(one) for one in home.terms.values()},
        "courses": {one.id: wire.course(one) for one in home.courses.values()},
        "sections": {one.id: wire.section(one) for one in home.sections.values()},
        "users": {one.id: wire.user(one) for one in home.people.values()},
    }


def _told(old: Json | None, new: Json | None) -> Json:
    if new is None or old is None:
        return {"object": new or old}
    previous = dict(_previous(old, new))
    return {"object": new, "previous_attributes": previous} if previous else {"object": new}


def _previous(old: Json, new: Json) -> Iterator[tuple[str, Any]]:
    """Old values where they changed; what was not there before is told as ""."""
    for name in {**old, **new}:
        was, now = old.get(name, ""), new.get(name, "")
        if was == now:
            continue
        if isinstance(was, dict) and isinstance(now, dict) and name != "name":
            yield name, dict(_previous(cast("Json", was), cast("Json", now)))
        else:
            yield name, was


def _written(one: _Happened, version: str) -> Json:
    return {"id": one.id, "type": one.type, "created": instant(one.at), "data": one.told[version]}
