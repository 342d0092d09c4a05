"""Pages of a list, by range of ids (dev.clever.com, "Paging and limits"; recordings).

Ids ascend. `starting_after` and `ending_before` exclude their id, which need not exist. Links are host-less, keep the
other parameters, and are generous at the ends as recorded: a page reached by `starting_after` always links back, one
reached by `ending_before` always links on, even where an empty page follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

import attrs

from clever_roster.testing.exchange import Asked, Refused

__all__ = ["DEFAULT_LIMIT", "MAXIMUM_LIMIT", "Page", "link", "page"]

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 10_000


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Record = TypeVar("Record", bound=_Identified)


@attrs.frozen
class Page(Generic[Record]):
    """One page, and its links in the form of the wire."""

    records: tuple[Record, ...]
    links: tuple[dict[str, str], ...]


def page(asked: Asked, records: Iterable[Record]) -> Page[Record]:
    """Cut the page that was asked for.

    Raises:
        Refused: 413 for a limit above 10,000, 400 for one that is not a positive number.
    """
    limit = _limit(asked.parameter("limit"))
    after, before = asked.parameter("starting_after"), asked.parameter("ending_before")
    inside = [
        record
        for record in sorted(records, key=lambda record: record.id)
        if (not after or record.id > after) and (not before or record.id < before)
    ]
    backwards = bool(before) and not after
    cut = tuple(inside[-limit:] if backwards else inside[:limit])
    more = len(inside) > limit
    return Page(cut, tuple(_links(asked, cut, back=more if backwards else bool(after), on=backwards or more)))


def _limit(text: str | None) -> int:
    if not text:
        return DEFAULT_LIMIT
    limit = int(text[:9]) if text.isascii() and text.isdigit() else 0
    if limit < 1:
        raise Refused(400, "limit must be a positive number")
    if limit > MAXIMUM_LIMIT:
        raise Refused(413, f"limit must not exceed {MAXIMUM_LIMIT}")
    return limit


def _links(asked: Asked, cut: tuple[Record, ...], *, back: bool, on: bool) -> Iterator[dict[str, str]]:
    yield link("self", asked.target)
    if cut and on:
        yield link("next", _moved(asked, "starting_after", cut[-1].id))
    if cut and back:
        yield link("prev", _moved(asked, "ending_before", cut[0].id))


def _moved(asked: Asked, bound: str, id_: str) -> str:
    kept = [(name, value) for name, value in asked.query if name not in {"starting_after", "ending_before"}]
    return f"{asked.path}?{urlencode([*kept, (bound, id_)])}"


def link(rel: str, uri: str) -> dict[str, str]:
    """A link of the wire."""
    return {"rel": rel, "uri": uri}
