"""Sending a request with patience: how long to wait, how often to try again, and telling whoever watches.

Every source wants the same manners (a bounded number of tries, `Retry-After`, full jitter over a doubling bound,
nothing sent twice that is not idempotent) and differs in two things only: how its answers are read as errors
(`Refusal`) and how it counts requests (`RequestBudget`). This room knows the manners, and no source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

import attrs

from clever_roster.errors import RateLimited, SourceError, SourceUnreachable
from clever_roster.steps import Pause, Request, Response, Send, Steps, ask

__all__ = [
    "Exchange",
    "Patience",
    "Progress",
    "Refusal",
    "RequestBudget",
    "Watch",
    "number_in",
    "patiently",
    "retry_after",
    "route_of",
]


class RequestBudget(Protocol):
    """How many requests a source still allows. Share one between all clients that are counted together."""

    def claim(self, now: float) -> float:
        """Take one request out of the budget: 0.0, or the seconds to wait before asking again."""
        ...

    def learn(self, headers: Mapping[str, str]) -> None:
        """What an answer said about the budget, where the source says anything."""
        ...


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

Refusal: TypeAlias = Callable[[Response], SourceError | None]
"""The error that an answer of this source stands for, or None for a success."""


@attrs.frozen
class Progress:
    """How far a list was read: pages and records so far, and whether that was all."""

    route: str
    pages: int
    records: int
    done: bool


@attrs.frozen(kw_only=True)
class Patience:
    """How long somebody waits for a source.

    Attributes:
        tries: how often one request is sent at most.
        longest_wait: seconds.
        chance: between 0 and 1; makes the jitter.
    """

    tries: int
    longest_wait: float
    clock: Callable[[], datetime] = attrs.field(repr=False)
    chance: Callable[[], float] = attrs.field(repr=False)
    budget: RequestBudget = attrs.field(repr=False)
    watch: Watch = attrs.field(repr=False)


_REPEATABLE = frozenset({"GET", "DELETE"})


def patiently(request: Request, patience: Patience, refusal: Refusal) -> Steps[Response]:
    """Send; wait and try again where that may help; raise a typed error where it does not.

    Only what is idempotent is ever sent twice (RFC 9110, section 9.2.2): a POST or PATCH is not.

    Raises:
        SourceError: of the kind that `refusal` tells.
    """
    clock, budget = patience.clock, patience.budget
    tries = patience.tries if request.method in _REPEATABLE else 1
    for attempt in range(1, tries + 1):
        wait = budget.claim(clock().timestamp())
        if wait > 0:
            yield from ask(Pause(min(wait + patience.chance(), patience.longest_wait)))
            # Taken from the new minute, but not waited for again: under a clock that stands it would never end.
            budget.claim(clock().timestamp())
        began = clock()
        response: Response | None = None
        try:
            response = yield from ask(Send(request))
            budget.learn(response.headers)
            problem = refusal(response)
        except SourceUnreachable as error:
            problem = error
        patience.watch(_exchange(patience, request, response, attempt, began))
        if response is not None and problem is None:
            return response
        if problem is not None and (attempt == tries or not problem.retryable):
            raise problem
        yield from ask(Pause(_wait(patience, problem, response, attempt)))
    raise AssertionError("unreachable: the last attempt returns or raises")


def _exchange(
    patience: Patience, request: Request, response: Response | None, attempt: int, began: datetime
) -> Exchange:
    headers = response.headers if response else dict[str, str]()
    return Exchange(
        method=request.method,
        route=route_of(request.url),
        status=response.status if response else None,
        attempt=attempt,
        began=began,
        seconds=(patience.clock() - began).total_seconds(),
        size=len(response.body) if response else 0,
        request_id=headers.get("x-request-id"),
        left=number_in(headers.get("x-ratelimit-remaining")),
    )


def _wait(patience: Patience, problem: SourceError | None, response: Response | None, attempt: int) -> float:
    """As long as the source asks, or until the budget is full again; else full jitter over a doubling bound."""
    asked = retry_after(response.headers, patience.clock()) if response else None
    if asked is not None:
        seconds = asked + patience.chance()
    elif isinstance(problem, RateLimited) and problem.resets_at is not None:
        seconds = problem.resets_at - patience.clock().timestamp() + patience.chance()
    else:
        seconds = patience.chance() * 2 ** (attempt - 1)
    return min(max(seconds, 0.0), patience.longest_wait)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks to wait (RFC 9110, section 10.2.3)."""
    said = headers.get("retry-after", "")
    if (seconds := number_in(said)) is not None:
        return float(seconds)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


_NUMBER = re.compile(r"[0-9]{1,15}")


def number_in(header: str | None) -> int | None:
    """A header's number; None for what is not one."""
    return int(header) if header is not None and _NUMBER.fullmatch(header) else None


_ID = re.compile(r"/(?!v\d|me(?:/|$))(?=[^/]*\d)[^/]+")


def route_of(url: str) -> str:
    """An address without host, ids and query. A segment with a digit in it is an id, but for the version."""
    return _ID.sub("/{id}", urlsplit(url).path)
