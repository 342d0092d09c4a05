"""Reading Clever's Data API: one record, or a list to its end; errors told apart; manners kept.

A list counts as read only when every page had its envelope, ids ascended strictly, no cursor came twice and the last
page named no next one (dev.clever.com, "Paging and limits"). Anything else raises; nothing is silently shortened.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import attrs

from clever_roster.clever.decode import OnBadRecord, OpenPage, Shape, decode, parse_json, raise_bad, unexpected
from clever_roster.clever.pacing import Budget
from clever_roster.errors import (
    NotFound,
    NotShared,
    RateLimited,
    ReauthRequired,
    SourceError,
    SourceUnavailable,
    UnexpectedPayload,
)
from clever_roster.model import Secret
from clever_roster.patience import Patience, Progress, Watch, number_in, patiently, route_of
from clever_roster.steps import Request, Response, Steps

__all__ = ["API_URL", "Api", "Listed", "Many", "Trail", "fetch", "read_count", "read_list", "read_one", "refusal"]

Record = TypeVar("Record")

API_URL = "https://api.clever.com"

PAGE_SIZE = 1000
"""Clever's default is 100 and its maximum 10,000; a thousand people are about 700 kB."""

Query = Sequence[tuple[str, str]]


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_: object) -> None:
    """Nobody watches."""


@attrs.frozen(kw_only=True)
class Api:
    """Where to read, on whose token, with how much patience, and who is told.

    Attributes:
        tries: how often one GET is sent at most, when Clever is unreachable, unavailable or over budget.
        longest_wait: seconds; the rate limit's window is a minute, so more is never needed.
        budget: shared by whoever reads with the same token.
        on_bad_record: the policy for a record of a list that cannot be read: raise, or be told and go on without it.
        fast: whether lists are read by msgspec; None for "if it is installed".
    """

    token: Secret
    url: str = API_URL
    version: str = "v3.1"
    page_size: int = PAGE_SIZE
    tries: int = 4
    longest_wait: float = 65.0
    clock: Callable[[], datetime] = attrs.field(default=_now, repr=False)
    chance: Callable[[], float] = attrs.field(default=random.random, repr=False)
    budget: Budget = attrs.field(factory=Budget, repr=False, eq=False)
    watch: Watch = attrs.field(default=_nobody, repr=False)
    on_progress: Callable[[Progress], object] = attrs.field(default=_nobody, repr=False)
    on_bad_record: OnBadRecord = attrs.field(default=raise_bad, repr=False)
    fast: bool | None = None

    def link(self, path: str, query: Query = ()) -> str:
        """The address of a path below the version's root."""
        address = f"{self.url.rstrip('/')}/{self.version}{path}"
        return f"{address}?{urlencode(query)}" if query else address


# --- One request ------------------------------------------------------------------------------------------------------


def fetch(api: Api, url: str, *, method: str = "GET", body: bytes = b"") -> Steps[Response]:
    """Send with the token, patiently.

    Raises:
        SourceError: of the kind that `refusal` tells.
    """
    headers = {"authorization": f"Bearer {api.token.reveal()}", "accept": "application/json"}
    request = Request(method, url, {**headers, "content-type": "application/json"} if body else headers, body)
    patience = Patience(
        tries=api.tries,
        longest_wait=api.longest_wait,
        clock=api.clock,
        chance=api.chance,
        budget=api.budget,
        watch=api.watch,
    )
    return (yield from patiently(request, patience, refusal))


def refusal(response: Response) -> SourceError | None:
    """The error that a status stands for, or None for a success (dev.clever.com, "Error messages")."""
    request_id = response.headers.get("x-request-id")
    status = response.status
    match status:
        case 200 | 201 | 204:
            return None
        case 401:
            return ReauthRequired(
                "Clever does not accept the token (401).",
                next_step="Fetch the district's current token again, or have the person log in again.",
                status=status,
                request_id=request_id,
            )
        case 403 | 404:
            return (NotFound if status == 404 else NotShared)(
                f"Clever has no such record for this token ({status}).",
                next_step="Check that the district shares it with this application, and the kind of token.",
                status=status,
                request_id=request_id,
            )
        case 429:
            reset = response.headers.get("x-ratelimit-reset")
            return RateLimited(
                "Clever's budget of requests for this token is used up (429).",
                next_step="Wait for the reset, or spread the reads.",
                resets_at=number_in(reset),
                request_id=request_id,
            )
        case _ if status >= 500 and status != 501:
            return SourceUnavailable(
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


def read_one(
    api: Api, path: str, kind: type[Record], *, method: str = "GET", body: bytes = b"", bare: bool = False
) -> Steps[Record]:
    """Read one record: the `data` of its envelope, or the body itself where it is `bare`."""
    response = yield from fetch(api, path if "://" in path else api.link(path), method=method, body=body)
    answer = parse_json(response)
    if bare:
        return decode(answer, kind, response, path="")
    if "data" not in answer:
        raise unexpected(response, "the envelope has no 'data'")
    return decode(answer["data"], kind, response, path="data")


# --- A list -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Many(Generic[Record]):
    """A list at Clever, as a value: where it is and what it holds.

    Attributes:
        shape: what the items are and how they are wrapped.
        query: parameters but for paging.
        longest_page: how many records Clever gives at once at most (dev.clever.com, "Paging and limits"); None where
            the list has no pages.
        after: read from behind this id.
        expected: how many there should be; a list that ends with another number raises.
    """

    path: str
    shape: Shape[Record]
    query: Query = ()
    longest_page: int | None = 10_000
    after: str | None = None
    expected: int | None = None

    def first(self, api: Api) -> str:
        """The address of the first page."""
        limit = () if self.longest_page is None else (("limit", str(min(api.page_size, self.longest_page))),)
        after = () if self.after is None else (("starting_after", self.after),)
        return api.link(self.path, (*self.query, *limit, *after))


@attrs.frozen
class Listed(Generic[Record]):
    """A list that was read to its end, and how many pages it took."""

    records: tuple[Record, ...]
    pages: int


class Trail(Generic[Record]):
    """What was read of one list so far, and the proof that it hangs together. Asked page by page, in order."""

    def __init__(self, api: Api, many: Many[Record]) -> None:
        self._api = api
        self._many = many
        self._seen: set[int] = set()
        self._last = many.after or ""
        self._skipped = 0
        self.pages = 0
        self.records = 0

    def open(self, url: str, response: Response) -> tuple[OpenPage[Record], str | None]:
        """A page that arrived, and the address of the next one.

        Raises:
            UnexpectedPayload: no JSON, or the next link leads to another host or to where we were.
        """
        page = OpenPage(response, self._many.shape, fast=self._api.fast)
        following = None if page.next is None else urljoin(url, page.next)
        self._seen.add(hash(url))
        if following is not None and urlsplit(following)[:2] != urlsplit(self._api.url)[:2]:
            raise _misread(response, "the next link leads to another host")
        if following is not None and hash(following) in self._seen:
            raise _misread(response, "the next link leads back: a cursor came twice")
        return page, following

    def read(self, page: OpenPage[Record], following: str | None, response: Response) -> list[Record]:
        """The records of a page.

        Raises:
            UnexpectedPayload: there is no list, a record cannot be read and the policy is to raise, ids do not ascend
                strictly, or the list ends with another number than was expected.
        """
        skipped: list[object] = []

        def on_bad(bad: Any) -> None:
            self._api.on_bad_record(bad)
            skipped.append(bad)

        records = page.records(on_bad)
        if self._many.shape.ordered:
            self._ascend(records, response)
        self.pages += 1
        self.records += len(records)
        self._skipped += len(skipped)
        whole = self.records + self._skipped
        if following is None and self._many.expected not in {None, whole}:
            raise _misread(response, f"it holds {whole} records, but {self._many.expected} were announced")
        self._api.on_progress(
            Progress(route_of(self._many.path), self.pages, self.records, done=following is None),
        )
        return records

    def _ascend(self, records: Sequence[Any], response: Response) -> None:
        last = self._last
        for record in records:
            if record.id <= last:
                raise _misread(response, f"id {record.id} follows {last}, but ids must ascend")
            last = record.id
        self._last = last


def read_list(api: Api, many: Many[Record]) -> Steps[Listed[Record]]:
    """Read a list to its end, following `next` links.

    Raises:
        UnexpectedPayload: see `Trail`.
        SourceError: a page could not be fetched.
    """
    trail, records, url = Trail(api, many), list[Record](), many.first(api)
    following: str | None = url
    while following is not None:
        url = following
        response = yield from fetch(api, url)
        page, following = trail.open(url, response)
        records += trail.read(page, following, response)
    return Listed(tuple(records), trail.pages)


def read_count(api: Api, many: Many[Any]) -> Steps[int]:
    """How many records a list has, by Clever's own count.

    Raises:
        UnexpectedPayload: the answer holds no number. (The description leaves its form open; `{"count": n}` is read.)
    """
    response = yield from fetch(api, api.link(many.path, (*many.query, ("count", "true"))))
    match parse_json(response):
        case {"count": int(count)}:
            return count
        case _:
            raise unexpected(response, "no count was given")


def _misread(response: Response, what: str) -> UnexpectedPayload:
    return UnexpectedPayload(
        f"Clever's list cannot be trusted: {what}.",
        next_step="Read it again; nothing was taken from it.",
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )
