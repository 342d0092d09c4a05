"""Lists as streams: records one by one, the next page on its way while this one is decoded, one page in memory.

The second place where sync and async differ, beside the two of `clever_roster.drivers`: fetching ahead is a thread
here and a task there. Whoever leaves a stream early closes it (`with`, `async with`, or the end of a `for` that was not
broken off); a page that was on its way is then given up, and nothing else is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import update_wrapper
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar, cast, overload

from clever_roster.clever.reading import Api, Many, Trail, fetch
from clever_roster.steps import Awaiting, Blocking, Response

__all__ = ["AsyncStream", "Stream", "streaming"]

Record = TypeVar("Record")
Record_co = TypeVar("Record_co", covariant=True)
Arguments = ParamSpec("Arguments")


class _Reads(Protocol):
    api: Api


class _BlockingReads(_Reads, Blocking, Protocol):
    """A client that blocks."""


class _AwaitingReads(_Reads, Awaiting, Protocol):
    """A client that awaits."""


class Stream(Generic[Record]):
    """An iterator over a list at Clever. Each raises what `Trail` raises, and whatever a page's fetching raised."""

    def __init__(self, client: Blocking, api: Api, many: Many[Record]) -> None:
        self._records = _records(client, api, many)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        return next(self._records)

    def close(self) -> None:
        """End early."""
        self._records.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class AsyncStream(Generic[Record]):
    """An async iterator over a list at Clever. Raises as `Stream` does."""

    def __init__(self, client: Awaiting, api: Api, many: Many[Record]) -> None:
        self._records = _async_records(client, api, many)

    def __aiter__(self) -> AsyncIterator[Record]:
        return self

    async def __anext__(self) -> Record:
        return await anext(self._records)

    async def aclose(self) -> None:
        """End early."""
        await self._records.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self.aclose()


def _records(client: Blocking, api: Api, many: Many[Record]) -> Generator[Record]:
    trail, url = Trail(api, many), many.first(api)
    ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clever page ahead")
    try:
        coming: Future[Response] | None = ahead.submit(client.answer, fetch(api, url))
        while coming is not None:
            response = coming.result()
            page, following = trail.open(url, response)
            coming = None
            if following is not None:
                url = following
                coming = ahead.submit(client.answer, fetch(api, url))
            yield from trail.read(page, following, response)
    finally:
        ahead.shutdown(wait=False, cancel_futures=True)


async def _async_records(client: Awaiting, api: Api, many: Many[Record]) -> AsyncGenerator[Record]:
    trail, url = Trail(api, many), many.first(api)
    coming: asyncio.Task[Response] | None = asyncio.create_task(client.answer(fetch(api, url)))
    try:
        while coming is not None:
            response = await coming
            page, following = trail.open(url, response)
            coming = None
            if following is not None:
                url = following
                coming = asyncio.create_task(client.answer(fetch(api, url)))
                await asyncio.sleep(0)
            for record in trail.read(page, following, response):
                yield record
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await coming


class streaming(Generic[Arguments, Record_co]):  # noqa: N801 - used as a decorator is
    """Make a method that streams from the description of a list."""

    def __init__(self, describe: Callable[Arguments, Many[Record_co]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, owner: None, kind: type, /) -> streaming[Arguments, Record_co]: ...
    @overload
    def __get__(self, owner: _BlockingReads, kind: type, /) -> Callable[Arguments, Stream[Record_co]]: ...
    @overload
    def __get__(self, owner: _AwaitingReads, kind: type, /) -> Callable[Arguments, AsyncStream[Record_co]]: ...
    def __get__(self, owner: Any, kind: type, /) -> object:
        if owner is None:
            return self
        stream = cast("Callable[..., object]", AsyncStream if iscoroutinefunction(owner.answer) else Stream)

        def streamed(*args: Arguments.args, **kwargs: Arguments.kwargs) -> object:
            return stream(owner, owner.api, self.describe(*args, **kwargs))

        return update_wrapper(streamed, self.describe)
