"""Reading the Classroom API: one record, or a list page by page; errors told apart; manners kept.

A list hangs together when every page arrived and was readable, no page token and nobody came twice, and the last page
named no next one. What was read before something went wrong is kept, with the doubt beside it: it can add, and it
proves nobody gone.

Google counts requests on a moving average of a minute, 1,200 for a person and 3,000 for an application (Google,
"Classroom API: Usage limits"), and says nothing of what is left; `Quota` counts along.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.client import INTERNAL_SERVER_ERROR, NOT_FOUND, NOT_IMPLEMENTED, TOO_MANY_REQUESTS
from threading import Lock
from typing import Generic, TypeVar, cast
from urllib.parse import quote, urlencode

import attrs

from clever_roster.errors import (
    NotFound,
    NotShared,
    RateLimited,
    ReauthRequired,
    ScopeMissing,
    SourceError,
    SourceUnavailable,
    SwitchedOff,
    UnexpectedPayload,
)
from clever_roster.model import Secret
from clever_roster.patience import Patience, Progress, RequestBudget, Watch, patiently, route_of
from clever_roster.sources.google.records import Misread
from clever_roster.steps import Request, Response, Steps

__all__ = ["API_URL", "Api", "Listed", "Quota", "at", "fetch", "read_list", "read_one", "refusal"]

Record = TypeVar("Record")

API_URL = "https://classroom.googleapis.com"

PAGE_SIZE = 100
"""Google may give fewer; without a wish it gives 30 members at once (REST reference, `courses.students.list`)."""

PER_MINUTE, WINDOW = 1200, 60.0

_OUT_OF_QUOTA = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
_NO_SCOPE = frozenset({"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"})
_OFF = frozenset({"ClassroomApiDisabled", "ClassroomDisabled", "SERVICE_DISABLED", "accessNotConfigured"})


class Quota:
    """So many requests in any minute. Share one between all clients that Google counts together; thread safe."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self._lock = Lock()
        self._most = per_minute
        self._sent: deque[float] = deque()

    def claim(self, now: float) -> float:
        """Take one request out of the budget: 0.0, or the seconds until the oldest of the last minute counts no more.

        Args:
            now: unix seconds.
        """
        with self._lock:
            while self._sent and self._sent[0] <= now - WINDOW:
                self._sent.popleft()
            if len(self._sent) < self._most:
                self._sent.append(now)
                return 0.0
            return self._sent[0] + WINDOW - now

    def learn(self, headers: Mapping[str, str]) -> None:
        """Nothing: Google says nothing of the budget."""


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_: object) -> None:
    """Nobody watches."""


@attrs.frozen(kw_only=True)
class Api:
    """Where to read, on whose token, with how much patience, and who is told; as `clever.reading.Api`.

    Attributes:
        token: an access token; Google's live an hour (`GoogleLogin.refresh` gets the next one).
        longest_wait: seconds; what Google recommends as the bound of its exponential backoff.
    """

    token: Secret
    url: str = API_URL
    page_size: int = PAGE_SIZE
    tries: int = 5
    longest_wait: float = 64.0
    clock: Callable[[], datetime] = attrs.field(default=_now, repr=False)
    chance: Callable[[], float] = attrs.field(default=random.random, repr=False)
    budget: RequestBudget = attrs.field(factory=Quota, repr=False, eq=False)
    watch: Watch = attrs.field(default=_nobody, repr=False)
    on_progress: Callable[[Progress], object] = attrs.field(default=_nobody, repr=False)


def at(*segments: str) -> str:
    """A path below the version's root; ids may be aliases ("d:math_101") and are quoted."""
    return "/".join(quote(segment, safe="") for segment in ("v1", *segments))


def fetch(api: Api, path: str, query: Sequence[tuple[str, str]] = ()) -> Steps[Response]:
    """Get with the token, patiently.

    Raises:
        SourceError: of the kind that `refusal` tells.
    """
    address = f"{api.url.rstrip('/')}/{path}{'?' if query else ''}{urlencode(query)}"
    headers = {"authorization": f"Bearer {api.token.reveal()}", "accept": "application/json"}
    patience = Patience(
        tries=api.tries,
        longest_wait=api.longest_wait,
        clock=api.clock,
        chance=api.chance,
        budget=api.budget,
        watch=api.watch,
    )
    return (yield from patiently(Request("GET", address, headers), patience, refusal))


def read_one(api: Api, path: str, read: Callable[[object], Record]) -> Steps[Record]:
    """Read one record.

    Raises:
        UnexpectedPayload: it is not what is documented.
        SourceError: it could not be fetched.
    """
    response = yield from fetch(api, path)
    return _read(read, _body(response), response, "")


@attrs.frozen(kw_only=True)
class Listed(Generic[Record]):
    """What was read of a list.

    Attributes:
        doubt: why it is not proven that this is all; None when it is.
    """

    records: tuple[Record, ...] = attrs.field(repr=False)
    pages: int
    doubt: str | None = None


def read_list(
    api: Api,
    path: str,
    name: str,
    read: Callable[[object], Record],
    *,
    key: Callable[[Record], str],
    query: Sequence[tuple[str, str]] = (),
) -> Steps[Listed[Record]]:
    """Read a list to its end, or to where it stops hanging together.

    Args:
        name: the member that holds the list; Google leaves it out when there is nothing in it.
        key: what nobody shares; a key that comes twice means that the list moved while it was read.

    Raises:
        ReauthRequired, ScopeMissing, SwitchedOff: nothing can be read with this token.
        SourceError: the first page could not be fetched.
    """
    found: dict[str, Record] = {}
    seen: set[str] = set()
    token, pages, doubt = "", 0, None
    while doubt is None:
        asked = [*query, ("pageSize", str(api.page_size)), *([("pageToken", token)] if token else [])]
        try:
            response = yield from fetch(api, path, asked)
            records, token = _page(response, name, read)
        except (ReauthRequired, ScopeMissing, SwitchedOff):
            raise
        except SourceError as error:
            if not pages:
                raise
            doubt = f"page {pages + 1} could not be read: {error.args[0]}"
            break
        pages += 1
        before = len(found)
        found |= {key(record): record for record in records}
        if len(found) < before + len(records):
            doubt = "somebody came twice: it moved while it was read"
        elif token in seen:
            doubt = "a page token came twice"
        seen.add(token)
        api.on_progress(Progress(f"/{route_of('/' + path).lstrip('/')}", pages, len(found), done=not token))
        if not token:
            break
    return Listed(records=tuple(found.values()), pages=pages, doubt=doubt)


def _page(response: Response, name: str, read: Callable[[object], Record]) -> tuple[list[Record], str]:
    body = _body(response)
    rows, token = body.get(name, []), body.get("nextPageToken", "")
    if not isinstance(rows, list) or not isinstance(token, str):
        raise _unexpected(response, f"{name} is not a list, or nextPageToken is not text")
    listed = cast("list[object]", rows)
    return [_read(read, row, response, f"{name}[{index}].") for index, row in enumerate(listed)], token


def _read(read: Callable[[object], Record], value: object, response: Response, path: str) -> Record:
    try:
        return read(value)
    except Misread as error:
        where = f"{path}{error}"
    raise _unexpected(response, where)


def _body(response: Response) -> Mapping[str, object]:
    value = _loaded(response.body)
    if not isinstance(value, dict):
        raise _unexpected(response, "the body is not a JSON object")
    return cast("dict[str, object]", value)


def _loaded(body: bytes) -> object:
    """Apart from who raises, so that no exception that holds the body hangs on ours."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _unexpected(response: Response, what: str) -> UnexpectedPayload:
    return UnexpectedPayload(
        f"Google's answer is not as documented: {what}.",
        next_step="Report this to the maintainers: Google's answer has a form we have not seen.",
        status=response.status,
    )


# --- Errors -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Fault:
    """Google's word for an error (documented: Google, "Classroom API: Common errors"; recorded: `errors`, `details`).

    `{"error": {"code", "message": "@ClassroomApiDisabled The user ...", "status", "errors": [{"reason"}],
    "details": [{"@type": ".../google.rpc.ErrorInfo", "reason"}]}}`
    """

    status: str = ""
    reasons: frozenset[str] = frozenset()

    @classmethod
    def of(cls, response: Response) -> _Fault:
        body = _loaded(response.body)
        given = cast("Mapping[str, object]", body).get("error") if isinstance(body, dict) else None
        if not isinstance(given, dict):
            return cls()
        fault = cast("Mapping[str, object]", given)
        word = str(fault.get("message", "")).partition(" ")[0]
        named = {word.removeprefix("@")} if word.startswith("@") else set[str]()
        said = named.union(_reasons(fault.get("errors")), _reasons(fault.get("details")))
        return cls(status=str(fault.get("status", "")), reasons=frozenset(said))


def _reasons(listed: object) -> list[str]:
    rows = cast("list[object]", listed) if isinstance(listed, list) else []
    return [str(cast("dict[str, object]", row).get("reason")) for row in rows if isinstance(row, dict)]


def refusal(response: Response) -> SourceError | None:
    """The error that an answer stands for, or None for a success. Google's own sentence is not repeated."""
    status, fault = response.status, _Fault.of(response)
    match status:
        case 200:
            return None
        case 401:
            return ReauthRequired(
                "Google does not accept the access token (401).",
                next_step="Refresh it (GoogleLogin.refresh), or have the person sign in again.",
                status=status,
            )
        case _ if status == TOO_MANY_REQUESTS or "RESOURCE_EXHAUSTED" in fault.status or fault.reasons & _OUT_OF_QUOTA:
            return RateLimited(
                f"Google's quota is used up ({status}).",
                next_step="Wait a minute, spread the reads, or ask Google for more.",
                resets_at=None,
            )
        case 403 if fault.reasons & _NO_SCOPE:
            return ScopeMissing(
                "Google says that the person did not grant a scope that this read needs (403).",
                next_step="Begin a login with that scope, and say what it is for.",
                status=status,
            )
        case 403 if fault.reasons & _OFF:
            return SwitchedOff(
                f"Google Classroom is switched off here (403, {', '.join(sorted(fault.reasons & _OFF))}).",
                next_step="Ask the school's Google administrator to allow access to Classroom data, and see that the "
                "Classroom API is enabled in your own project.",
                status=status,
            )
        case 403 | 404:
            return (NotFound if status == NOT_FOUND else NotShared)(
                f"Google shows no such record to this person ({status}).",
                next_step="Check that they are a teacher of the course.",
                status=status,
            )
        case _ if status >= INTERNAL_SERVER_ERROR and status != NOT_IMPLEMENTED:
            return SourceUnavailable(
                f"Google is in trouble ({status}).",
                next_step="Try again later; see the Google Workspace status dashboard.",
                status=status,
            )
        case _:
            return UnexpectedPayload(
                f"Google answered {status}{f' ({fault.status})' if fault.status else ''}.",
                next_step="Report this to the maintainers.",
                status=status,
            )
