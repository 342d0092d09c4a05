"""Manners: how often to ask, how long to wait, and telling whoever watches; pure values, and one shared budget.

Clever grants 1,200 requests a minute to a token, in fixed windows, and says on every answer what is left of it
(dev.clever.com, "Paging and limits"; recordings). A client that counts along need not run into 429.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TypeAlias
from urllib.parse import urlsplit

import attrs

__all__ = ["Budget", "Exchange", "Progress", "Watch", "number_in", "retry_after", "route_of"]

WINDOW = 60


class Budget:
    """How many requests the current minute still allows. Share one between all clients of a token; thread safe.

    It knows nothing until the first answer came, and lets everything pass until then.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: int | None = None
        self._limit = 0
        self._resets_at = 0

    def claim(self, now: float) -> float:
        """Take one request out of the budget: 0.0, or the seconds to wait before asking again.

        Args:
            now: unix seconds.
        """
        with self._lock:
            if self._left is None:
                return 0.0
            if now >= self._resets_at:
                self._left, self._resets_at = self._limit, int(now) + WINDOW
            if self._left > 0:
                self._left -= 1
                return 0.0
            return self._resets_at - now

    def learn(self, headers: Mapping[str, str]) -> None:
        """What an answer said: the lowest count of a window holds, as answers may overtake each other."""
        left, limit, resets_at = (
            number_in(headers.get(f"x-ratelimit-{one}")) for one in ("remaining", "limit", "reset")
        )
        if left is None or limit is None or resets_at is None:
            return
        with self._lock:
            if self._left is None or resets_at > self._resets_at:
                self._left = left
            elif resets_at == self._resets_at:
                self._left = min(self._left, left)
            else:
                return
            self._limit, self._resets_at = limit, resets_at


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks to wait (RFC 9110, section 10.2.3); Clever does not document to send one."""
    said = headers.get("retry-after", "")
    if (seconds := number_in(said)) is not None:
        return float(seconds)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


@attrs.frozen(kw_only=True)
class Exchange:
    """One request and what came of it, for metrics and traces. Holds no id of a record, no query and no token.

    Attributes:
        route: the path with ids as `{id}`: `/v3.1/users/{id}/sections`.
        status: None when no answer came.
        attempt: 1 for the first try.
        seconds: until the answer, or until it was clear that none comes.
        size: bytes of the body.
        left: what the budget has left in this minute, if the answer says.
    """

    method: str
    route: str
    status: int | None
    attempt: int
    began: datetime
    seconds: float
    size: int
    request_id: str | None
    left: int | None


Watch: TypeAlias = Callable[[Exchange], object]
"""Told of every exchange, from whichever thread it happens in. What it raises, the read raises."""


@attrs.frozen
class Progress:
    """How far a list was read: pages and records so far, and whether that was all."""

    route: str
    pages: int
    records: int
    done: bool


_NUMBER = re.compile(r"[0-9]{1,15}")


def number_in(header: str | None) -> int | None:
    """A header's number; None for what is not one."""
    return int(header) if header is not None and _NUMBER.fullmatch(header) else None


_ID = re.compile(r"/(?!v\d|me(?:/|$))(?=[^/]*\d)[^/]+")


def route_of(url: str) -> str:
    """An address without host, ids and query. A segment with a digit in it is an id, but for the version."""
    return _ID.sub("/{id}", urlsplit(url).path)
