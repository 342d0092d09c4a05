"""Reading OneRoster over REST: a token by client credentials, a list page by page, errors told apart, manners kept.

Pages are counted by `limit` and `offset`, which is not stable: a row that comes or goes while a list is read moves all
behind it. So a list hangs together only when the server's own count (`X-Total-Count`) was the same on every page, as
many rows arrived, and nobody came twice; else it is read once more, and then kept with the doubt beside it.

1EdTech, OneRoster 1.1 "REST binding" and 1.2 "Rostering service", sections on pagination, filtering, sorting and field
selection; IMS Security Framework 1.1 (OAuth 2 client credentials, RFC 6749 section 4.4).
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Final, Generic, TypeVar, cast
from urllib.parse import quote, quote_plus, urlencode, urljoin, urlsplit

import attrs

from clever_roster.errors import (
    NotFound,
    RateLimited,
    ReauthRequired,
    ScopeMissing,
    SourceError,
    SourceUnavailable,
    UnexpectedPayload,
)
from clever_roster.model import Secret
from clever_roster.patience import Patience, Progress, RequestBudget, Watch, number_in, patiently, route_of
from clever_roster.sources.oneroster.columns import Version
from clever_roster.sources.oneroster.wire import Misread
from clever_roster.steps import Pause, Request, Response, Steps, ask

__all__ = ["Access", "Api", "Listed", "Many", "at", "read_list", "read_one", "since"]

Item = TypeVar("Item")

PAGE_SIZE: Final = 100
"""The standard's own default; servers may give fewer."""

_EARLY: Final = timedelta(seconds=30)
"""A token is renewed so long before it runs out."""

_HOUR: Final = 3600

_NEXT = re.compile(r"<([^<>]*)>\s*;[^<]*\brel=\"?next\"?")


class Unlimited:
    """A budget for servers that say nothing of one: everything passes."""

    def claim(self, now: float) -> float:  # noqa: ARG002 - the law of a budget
        """Nothing to wait for."""
        return 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Nothing to learn."""


class Access:
    """The token that the client has now, and until when; shared by all who read with these credentials."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._token: Secret | None = None
        self._until: datetime | None = None

    def token(self, now: datetime) -> Secret | None:
        """The token, while it is good."""
        with self._lock:
            return self._token if self._until is not None and now < self._until - _EARLY else None

    def keep(self, token: Secret, until: datetime) -> None:
        """Remember a new one."""
        with self._lock:
            self._token, self._until = token, until

    def drop(self) -> None:
        """Forget it: the server does not take it any more."""
        with self._lock:
            self._token = self._until = None


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_: object) -> None:
    """Nobody watches."""


@attrs.frozen(kw_only=True)
class Api:
    """Where to read, with which credentials, with how much patience, and who is told.

    Attributes:
        url: the service's root, with its version: ".../ims/oneroster/v1p1", ".../ims/oneroster/rostering/v1p2".
        token_url: where tokens come from.
        scopes: asked for with each token.
        on_bad_record: the policy for a record that cannot be read: raise, or be told and go on in doubt.
    """

    url: str
    token_url: str
    client_id: str
    client_secret: Secret
    version: Version
    scopes: tuple[str, ...]
    page_size: int = PAGE_SIZE
    tries: int = 4
    longest_wait: float = 65.0
    clock: Callable[[], datetime] = attrs.field(default=_now, repr=False)
    chance: Callable[[], float] = attrs.field(default=random.random, repr=False)
    budget: RequestBudget = attrs.field(factory=Unlimited, repr=False, eq=False)
    watch: Watch = attrs.field(default=_nobody, repr=False)
    on_progress: Callable[[Progress], object] = attrs.field(default=_nobody, repr=False)
    on_bad_record: Callable[[UnexpectedPayload], object] | None = attrs.field(default=None, repr=False)
    access: Access = attrs.field(factory=Access, repr=False, eq=False)

    def link(self, path: str, query: Sequence[tuple[str, str]] = ()) -> str:
        """The address of a path below the root."""
        address = f"{self.url.rstrip('/')}/{path}"
        return f"{address}?{urlencode(query, quote_via=quote)}" if query else address

    @property
    def patience(self) -> Patience:
        """How long to wait for this server."""
        return Patience(
            tries=self.tries,
            longest_wait=self.longest_wait,
            clock=self.clock,
            chance=self.chance,
            budget=self.budget,
            watch=self.watch,
        )


def at(*segments: str) -> str:
    """A path; ids are quoted."""
    return "/".join(quote(segment, safe="") for segment in segments)


def since(moment: datetime) -> str:
    """The filter for what changed at or after a moment (OneRoster, "Filtering")."""
    return f"dateLastModified>='{moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z'"


# --- One request ------------------------------------------------------------------------------------------------------


def _token(api: Api) -> Steps[Secret]:
    """The token in hand, or a new one.

    Raises:
        ReauthRequired: the server does not know these credentials.
        ScopeMissing: it does not grant these scopes.
        SourceError: it could not be asked.
    """
    known = api.access.token(api.clock())
    if known is not None:
        return known
    # RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
    pair = f"{quote_plus(api.client_id)}:{quote_plus(api.client_secret.reveal())}"
    form = {"grant_type": "client_credentials", "scope": " ".join(api.scopes)}
    request = Request(
        "POST",
        api.token_url,
        {
            "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        },
        urlencode(form).encode(),
    )
    asked = api.clock()
    response = yield from _asked_again(api, request)
    answer = _json(response)
    token, lasts = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token:
        raise _unexpected(response, "the token endpoint gave no access_token")
    secret = Secret(token)
    api.access.keep(secret, asked + timedelta(seconds=float(lasts) if isinstance(lasts, (int, float)) else _HOUR))
    return secret


def _asked_again(api: Api, request: Request) -> Steps[Response]:
    """Ask for a token, again where that may help: a second token does no harm, though a POST is not sent twice else."""
    for attempt in range(api.tries - 1):
        try:
            return (yield from patiently(request, api.patience, _token_refusal))
        except SourceError as problem:
            if not problem.retryable:
                raise
        yield from ask(Pause(min(api.chance() * 2**attempt, api.longest_wait)))
    return (yield from patiently(request, api.patience, _token_refusal))


def _token_refusal(response: Response) -> SourceError | None:
    """The error that an answer of the token endpoint stands for (RFC 6749, section 5.2)."""
    if response.status == HTTPStatus.BAD_REQUEST:
        try:
            word = _json(response).get("error")
        except UnexpectedPayload:
            word = None
        if word == "invalid_scope":
            return ScopeMissing(
                "The server does not grant the scopes that were asked for.",
                next_step="Ask for fewer, or have them granted to this client.",
                status=response.status,
            )
        return ReauthRequired(
            "The server does not give a token for these credentials (400).",
            next_step="Check client id and secret.",
            status=response.status,
        )
    return _refusal(response)


def _fetch(api: Api, url: str) -> Steps[Response]:
    """Get with the token; once more with a new one when the server takes it no longer."""
    renewed = False
    while True:
        token = yield from _token(api)
        headers = {"authorization": f"Bearer {token.reveal()}", "accept": "application/json"}
        try:
            return (yield from patiently(Request("GET", url, headers), api.patience, _refusal))
        except ReauthRequired:
            api.access.drop()
            if renewed:
                raise
            renewed = True


def _refusal(response: Response) -> SourceError | None:
    """The error that a status stands for, or None for a success (OneRoster, "HTTP codes")."""
    status = response.status
    match status:
        case HTTPStatus.OK:
            return None
        case HTTPStatus.UNAUTHORIZED:
            return ReauthRequired(
                "The server does not accept the token or the credentials (401).",
                next_step="Check client id, secret and token address.",
                status=status,
            )
        case HTTPStatus.FORBIDDEN:
            return ScopeMissing(
                "The token may not read this (403).",
                next_step="Have the scope granted to this client, or leave this read out.",
                status=status,
            )
        case HTTPStatus.NOT_FOUND:
            return NotFound(
                "The server has no such record, or does not offer this read (404).",
                next_step="Check the address of the service and its version.",
                status=status,
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(
                "The server asks for fewer requests (429).",
                next_step="Spread the reads, or ask for larger pages.",
                resets_at=number_in(response.headers.get("x-ratelimit-reset")),
            )
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
            return SourceUnavailable(f"The server is in trouble ({status}).", next_step="Try again.", status=status)
        case _:
            return UnexpectedPayload(
                f"The server answered {status}.", next_step="Check the service's address and version.", status=status
            )


def _json(response: Response) -> Mapping[str, object]:
    try:
        answer: object = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _unexpected(response, "the body is no JSON object")
    return cast("Mapping[str, object]", answer)


def _unexpected(response: Response, what: str) -> UnexpectedPayload:
    return UnexpectedPayload(
        f"The server's answer is not OneRoster's: {what}.",
        next_step="Check the address of the service and its version.",
        status=response.status,
    )


def read_one(api: Api, path: str, key: str, read: Callable[[object], Item]) -> Steps[Item]:
    """One record.

    Raises:
        NotFound: there is none.
        UnexpectedPayload: it cannot be read.
        SourceError: as `Api` is answered.
    """
    response = yield from _fetch(api, api.link(path))
    answer = _json(response)
    if key not in answer:
        raise _unexpected(response, f"there is no '{key}'")
    try:
        return read(answer[key])
    except Misread as error:
        raise _unexpected(response, f"{key}/{error.args[0]}") from None


# --- A list -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Many(Generic[Item]):
    """A list, as a value.

    Attributes:
        keys: how the answer may call it: students are `users`, terms `academicSessions`.
        read: one of its items; raises Misread.
        name_of: what it is known by: the id that must not come twice.
        fields: what is asked for; empty for all.
        plain: whether neither order nor fields are asked for: some servers know neither.
    """

    path: str
    keys: tuple[str, ...]
    read: Callable[[object], Item]
    name_of: Callable[[Item], str]
    query: tuple[tuple[str, str], ...] = ()
    fields: tuple[str, ...] = ()
    plain: bool = False

    def address(self, api: Api, offset: int) -> str:
        """The page from a place on. Sorted by what does not change, so that rows move as little as may be."""
        query = [*self.query, ("limit", str(api.page_size)), ("offset", str(offset))]
        if not self.plain:
            query += [("sort", "sourcedId"), ("orderBy", "asc")]
            query += [("fields", ",".join(self.fields))] if self.fields else []
        return api.link(self.path, query)


@attrs.frozen
class Listed(Generic[Item]):
    """What arrived of a list, and why it may not be all; None when it hangs together."""

    items: tuple[Item, ...]
    doubt: str | None
    pages: int = 0


def read_list(api: Api, many: Many[Item]) -> Steps[Listed[Item]]:
    """Read a list to its end, once more if it changed meanwhile.

    Raises:
        UnexpectedPayload: a page, or (by default) a record, is not of the standard.
        SourceError: a page could not be read.
    """
    try:
        listed = yield from _read_once(api, many)
    except UnexpectedPayload as error:
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        many = attrs.evolve(many, plain=True)
        listed = yield from _read_once(api, many)
    return listed if listed.doubt is None else (yield from _read_once(api, many))


def _read_once(api: Api, many: Many[Item]) -> Steps[Listed[Item]]:
    items: dict[str, Item] = {}
    totals: set[int | None] = set()
    bad = rows = pages = 0
    address: str | None = many.address(api, 0)
    seen: set[str] = set()
    while address is not None and address not in seen:
        seen.add(address)
        response = yield from _fetch(api, address)
        page = _rows(response, many.keys)
        pages += 1
        rows += len(page)
        totals.add(number_in(response.headers.get("x-total-count")))
        for place, tree in enumerate(page):
            try:
                item = many.read(tree)
            except Misread as error:
                bad += 1
                _told(api, _unexpected(response, f"{many.keys[0]}[{place}]/{error.args[0]}"))
            else:
                items[many.name_of(item)] = item
        address = _following(api, many, response, rows=rows, got=len(page))
        api.on_progress(Progress(route_of(api.link(many.path)), pages, rows, done=address is None))
    return Listed(tuple(items.values()), _doubt(many.path, totals, rows=rows, known=len(items) + bad, bad=bad), pages)


def _told(api: Api, error: UnexpectedPayload) -> None:
    if api.on_bad_record is None:
        raise error
    api.on_bad_record(error)


def _rows(response: Response, keys: Sequence[str]) -> list[object]:
    answer = _json(response)
    for key in keys:
        held = answer.get(key)
        if isinstance(held, list):
            return cast("list[object]", held)
    raise _unexpected(response, f"there is no list '{keys[0]}'")


def _following(api: Api, many: Many[Item], response: Response, *, rows: int, got: int) -> str | None:
    """The next page: where the server says (on its own host only), else from where this one ended."""
    link = _NEXT.search(response.headers.get("link", ""))
    if link is not None and got:
        address = urljoin(many.address(api, 0), link[1])
        return address if urlsplit(address)[:2] == urlsplit(api.url)[:2] else many.address(api, rows)
    total = number_in(response.headers.get("x-total-count"))
    ended = got == 0 or (rows >= total if total is not None else got < api.page_size)
    return None if ended else many.address(api, rows)


def _doubt(path: str, totals: set[int | None], *, rows: int, known: int, bad: int) -> str | None:
    if bad:
        return f"{path}: {bad} records could not be read"
    if totals == {None}:
        return f"{path}: the server does not say how many there are"
    if len(totals) > 1:
        return f"{path}: it changed while it was read"
    if {rows} != totals:
        return f"{path}: the server counts {next(iter(totals))}, and {rows} arrived"
    if known != rows:
        return f"{path}: {rows - known} came twice, so others may be missing"
    return None
