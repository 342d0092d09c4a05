"""Reading Clever's Data API: one record, or a list to its end; errors told apart; manners kept.

A list counts as read only when every page had its envelope, ids ascended strictly and the last page named no next one
(dev.clever.com, "Paging and limits"). Anything else raises; nothing is silently shortened.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar, cast
from urllib.parse import urlencode, urljoin, urlsplit

import attrs

from clever_roster.clever.decode import decode, parse_json
from clever_roster.errors import (
    CleverError,
    CleverUnavailable,
    CleverUnreachable,
    NotShared,
    RateLimited,
    ReauthRequired,
    UnexpectedPayload,
)
from clever_roster.model import Secret
from clever_roster.steps import Pause, Request, Response, Send, Steps, ask

__all__ = ["API_URL", "Api", "Listed", "fetch", "read_list", "read_one", "refusal"]

Record = TypeVar("Record")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=_Identified)

API_URL = "https://api.clever.com"

PAGE_SIZE = 1000
"""Clever's default is 100 and its maximum 10,000; a thousand people are about 700 kB."""


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen(kw_only=True)
class Api:
    """Where to read, on whose token, and with how much patience.

    Attributes:
        tries: how often one GET is sent at most, when Clever is unreachable, unavailable or over budget.
        longest_wait: seconds; the rate limit's window is a minute, so more is never needed.
    """

    token: Secret
    url: str = API_URL
    version: str = "v3.1"
    page_size: int = PAGE_SIZE
    tries: int = 4
    longest_wait: float = 65.0
    clock: Callable[[], datetime] = attrs.field(default=_now, repr=False)
    chance: Callable[[], float] = attrs.field(default=random.random, repr=False)

    def link(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The address of a path below the version's root."""
        address = f"{self.url.rstrip('/')}/{self.version}{path}"
        return f"{address}?{urlencode(query)}" if query else address


@attrs.frozen
class Listed(Generic[Item]):
    """A list that was read to its end, and how many pages it took."""

    records: tuple[Item, ...]
    pages: int


def fetch(api: Api, url: str) -> Steps[Response]:
    """GET with the token; wait and try again where that may help; raise a typed error where it does not.

    Raises:
        CleverError: of the kind that `refusal` tells.
    """
    request = Request("GET", url, {"authorization": f"Bearer {api.token.reveal()}", "accept": "application/json"})
    for attempt in range(1, api.tries + 1):
        try:
            response = yield from ask(Send(request))
            problem = refusal(response)
            if problem is None:
                return response
        except CleverUnreachable as error:
            problem = error
        if attempt == api.tries or not problem.retryable:
            raise problem
        yield from ask(Pause(_wait(api, problem, attempt)))
    raise AssertionError("unreachable: the last attempt returns or raises")


def refusal(response: Response) -> CleverError | None:
    """The error that a status stands for, or None for a success (dev.clever.com, "Error messages")."""
    request_id = response.headers.get("x-request-id")
    status = response.status
    match status:
        case 200:
            return None
        case 401:
            return ReauthRequired(
                "Clever does not accept the token (401).",
                next_step="Fetch the district's current token again, or have the person log in again.",
                status=status,
                request_id=request_id,
            )
        case 403 | 404:
            return NotShared(
                f"Clever has no such record for this token ({status}).",
                next_step="Check that the district shares it with this application, and the kind of token.",
                status=status,
                request_id=request_id,
            )
        case 429:
            reset = response.headers.get("x-ratelimit-reset", "")
            return RateLimited(
                "Clever's budget of requests for this token is used up (429).",
                next_step="Wait for the reset, or spread the reads.",
                resets_at=int(reset) if reset.isdigit() else None,
                request_id=request_id,
            )
        case _ if status >= 500 and status != 501:
            return CleverUnavailable(
                f"Clever is in trouble ({status}).",
                next_step="Try again later; see status.clever.com.",
                status=status,
                request_id=request_id,
            )
        case _:
            return UnexpectedPayload(
                f"Clever answered {status}.",
                next_step="Report this, with the request id, to the maintainers.",
                status=status,
                request_id=request_id,
            )


def _wait(api: Api, problem: CleverError, attempt: int) -> float:
    """Until the budget is full again when Clever says when; else full jitter over a doubling bound."""
    if isinstance(problem, RateLimited) and problem.resets_at is not None:
        seconds = problem.resets_at - api.clock().timestamp() + api.chance()
    else:
        seconds = api.chance() * 2 ** (attempt - 1)
    return min(max(seconds, 0.0), api.longest_wait)


def read_one(api: Api, path: str, kind: type[Record]) -> Steps[Record]:
    """Read one record: the `data` of its envelope."""
    response = yield from fetch(api, api.link(path))
    return decode(_member(parse_json(response), "data", response), kind, response, path="data")


def read_list(api: Api, path: str, kind: type[Item], query: Mapping[str, str] | None = None) -> Steps[Listed[Item]]:
    """Read a list to its end, following `next` links.

    Raises:
        UnexpectedPayload: an envelope is missing, a record is malformed, ids do not ascend strictly, or a link leads
            to another host.
    """
    records: list[Item] = []
    pages = 0
    url: str | None = api.link(path, {**(query or {}), "limit": str(api.page_size)})
    while url is not None:
        response = yield from fetch(api, url)
        body = parse_json(response)
        pages += 1
        for index, row in enumerate(_items(body, response)):
            record = decode(_member(row, "data", response), kind, response, path=f"data[{index}].data")
            if records and record.id <= records[-1].id:
                raise _misread(response, f"id {record.id} follows {records[-1].id}, but ids must ascend")
            records.append(record)
        url = _next(api, url, body, response)
    return Listed(tuple(records), pages)


def _items(body: Mapping[str, object], response: Response) -> list[Mapping[str, object]]:
    data = _member(body, "data", response)
    if not isinstance(data, list):
        raise _misread(response, "data is not a list")
    return [_object(item, response, f"data[{index}]") for index, item in enumerate(cast("list[object]", data))]


def _next(api: Api, url: str, body: Mapping[str, object], response: Response) -> str | None:
    links = body.get("links")
    for link in cast("list[object]", links) if isinstance(links, list) else ():
        match link:
            case {"rel": "next", "uri": str(uri)}:
                following = urljoin(url, uri)
                if urlsplit(following)[:2] != urlsplit(api.url)[:2]:
                    raise _misread(response, "the next link leads to another host")
                return following
            case _:
                continue
    return None


def _member(body: Mapping[str, object], name: str, response: Response) -> object:
    if name not in body:
        raise _misread(response, f"the envelope has no {name!r}")
    return body[name]


def _object(value: object, response: Response, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _misread(response, f"{place} is not an object")
    return cast("Mapping[str, object]", value)


def _misread(response: Response, what: str) -> UnexpectedPayload:
    return UnexpectedPayload(
        f"Clever's list cannot be trusted: {what}.",
        next_step="Read it again; nothing was taken from it.",
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )
