"""Where flows are answered: the only file that knows httpx, and the only place where sync and async differ.

Any client of httpx's shape may be passed in (own proxies, transports, certificates). Redirects are never followed, so
that a token goes to no other host than the one it was meant for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from urllib.parse import urlsplit

import httpx

from clever_roster.errors import ConfigurationError, SourceUnreachable
from clever_roster.ports import AsyncStore, Ports, Store, Transact, transact
from clever_roster.steps import Pause, Question, Request, Response, Send, Steps

__all__ = ["AsyncHttpClient", "AwaitingDriver", "BlockingDriver", "HttpClient"]

Result = TypeVar("Result")
AnyStore = TypeVar("AnyStore", bound="Store | AsyncStore")

HttpClient = httpx.Client
AsyncHttpClient = httpx.AsyncClient

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class BlockingDriver:
    """Answers flows by blocking. Closes the HTTP client only when it made it itself."""

    def __init__(
        self,
        *,
        http: HttpClient | None = None,
        store: Store | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._made_http = http is None
        self._http = httpx.Client(timeout=_TIMEOUT) if http is None else http
        self._store = store
        self._sleep = sleep

    def answer(self, steps: Steps[Result], /) -> Result:
        """Drive a flow to its end and return its result."""
        try:
            question = next(steps)
            while True:
                try:
                    answer = self._answer_one(question)
                except Exception as error:  # noqa: BLE001 - the flow decides what an error means
                    question = steps.throw(error)
                else:
                    question = steps.send(answer)
        except StopIteration as end:
            return cast("Result", end.value)

    def _answer_one(self, question: Question[Any]) -> object:
        match question:
            case Send(request):
                try:
                    response = self._http.request(**_arguments(request), follow_redirects=False)
                except Exception as error:
                    if not _unanswered(error):
                        raise
                    trouble = type(error).__name__
                else:
                    return _as_value(response)
                raise _unreachable(request, trouble)
            case Pause(seconds):
                self._sleep(seconds)
                return None
            case Transact(work):
                return transact(_required(self._store), work)
            case _:
                raise TypeError(f"No driver answers {type(question).__name__}.")

    def close(self) -> None:
        """Close the HTTP client, if this object made it."""
        if self._made_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class AwaitingDriver:
    """Answers flows by awaiting. Transactions of a blocking store run in a worker thread: ports are plain functions."""

    def __init__(
        self,
        *,
        http: AsyncHttpClient | None = None,
        store: Store | AsyncStore | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._made_http = http is None
        self._http = httpx.AsyncClient(timeout=_TIMEOUT) if http is None else http
        self._store = store
        self._sleep = sleep

    async def answer(self, steps: Steps[Result], /) -> Result:
        """Drive a flow to its end and return its result."""
        try:
            question = next(steps)
            while True:
                try:
                    answer = await self._answer_one(question)
                except Exception as error:  # noqa: BLE001 - the flow decides what an error means
                    question = steps.throw(error)
                else:
                    question = steps.send(answer)
        except StopIteration as end:
            return cast("Result", end.value)

    async def _answer_one(self, question: Question[Any]) -> object:
        match question:
            case Send(request):
                try:
                    response = await self._http.request(**_arguments(request), follow_redirects=False)
                except Exception as error:
                    if not _unanswered(error):
                        raise
                    trouble = type(error).__name__
                else:
                    return _as_value(response)
                raise _unreachable(request, trouble)
            case Pause(seconds):
                await self._sleep(seconds)
                return None
            case Transact(work):
                return await _awaited(_required(self._store), work)
            case _:
                raise TypeError(f"No driver answers {type(question).__name__}.")

    async def aclose(self) -> None:
        """Close the HTTP client, if this object made it."""
        if self._made_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self.aclose()


def _arguments(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "content": request.body or None,
    }


def _as_value(response: httpx.Response) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status_code, headers, response.content)


def _unanswered(error: Exception) -> bool:
    # By name, so that a client of httpx's shape that is not httpx's (httpx2) is understood too.
    return any(kind.__name__ == "RequestError" for kind in type(error).__mro__)


def _unreachable(request: Request, trouble: str) -> SourceUnreachable:
    # Raised apart from the error it stands for: that one holds the request, and the request the token.
    return SourceUnreachable(
        f"No answer came from {urlsplit(request.url).hostname} ({trouble}).",
        next_step="Check the network and the source's status page, then try again.",
    )


async def _awaited(store: Store | AsyncStore, work: Callable[[Ports], Result]) -> Result:
    # A store that can be awaited says so by having `run`; no class has to be inherited.
    run = cast("Callable[[Callable[[Ports], Result]], Awaitable[Result]] | None", getattr(store, "run", None))
    return await asyncio.to_thread(transact, cast("Store", store), work) if run is None else await run(work)


def _required(store: AnyStore | None) -> AnyStore:
    if store is None:
        raise ConfigurationError(
            "This flow keeps something, but no store was given.", next_step="Pass store=... when making the object."
        )
    return store
