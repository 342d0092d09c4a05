"""The typed client: one description of the operations, worn by a blocking and an awaiting class.

with CleverClient(Secret(token)) as clever:
    for classroom in clever.fetch_classrooms(teacher):
        print(classroom.section.name, classroom.section.period, classroom.student_count)
    for user in clever.iter_users():  # a million of them in the memory of one page
        ...
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from clever_roster.clever.decode import OnBadRecord, raise_bad
from clever_roster.clever.operations import OAUTH_URL, Operations
from clever_roster.clever.pacing import Budget
from clever_roster.clever.reading import API_URL, PAGE_SIZE, Api
from clever_roster.drivers import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.model import Secret
from clever_roster.patience import Exchange, Progress

__all__ = ["AsyncCleverClient", "CleverClient"]


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_: object) -> None:
    """Nobody is told."""


class CleverClient(Operations, BlockingDriver):
    """Reads Clever with one token, blocking. A context manager; closes only what it opened. May be shared by threads.

    Args:
        http: an HTTP client of httpx's shape; None for one of its own (10 seconds to answer, 3 to connect).
        version: "v3.1" or "v3.0".
        page_size: records per page, at most 10,000.
        budget: what the minute still allows; give one to all clients of the same token.
        on_bad_record: told of each record of a list that cannot be read, which is then left out; by default it raises.
        on_progress: told after each page of a list.
        watch: told of each exchange with Clever, for metrics and traces.
        fast: whether lists are read by msgspec (extra `fast`); None for "if it is installed".
    """

    def __init__(
        self,
        token: Secret,
        *,
        url: str = API_URL,
        oauth_url: str = OAUTH_URL,
        version: str = "v3.1",
        http: HttpClient | None = None,
        page_size: int = PAGE_SIZE,
        budget: Budget | None = None,
        on_bad_record: OnBadRecord = raise_bad,
        on_progress: Callable[[Progress], object] = _nobody,
        watch: Callable[[Exchange], object] = _nobody,
        fast: bool | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self._oauth_url = oauth_url
        self.api = Api(
            token=token,
            url=url,
            version=version,
            page_size=page_size,
            budget=budget or Budget(),
            on_bad_record=on_bad_record,
            on_progress=on_progress,
            watch=watch,
            fast=fast,
            clock=clock,
        )


class AsyncCleverClient(Operations, AwaitingDriver):
    """Reads Clever with one token, awaiting. An async context manager. The arguments are those of `CleverClient`."""

    def __init__(
        self,
        token: Secret,
        *,
        url: str = API_URL,
        oauth_url: str = OAUTH_URL,
        version: str = "v3.1",
        http: AsyncHttpClient | None = None,
        page_size: int = PAGE_SIZE,
        budget: Budget | None = None,
        on_bad_record: OnBadRecord = raise_bad,
        on_progress: Callable[[Progress], object] = _nobody,
        watch: Callable[[Exchange], object] = _nobody,
        fast: bool | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self._oauth_url = oauth_url
        self.api = Api(
            token=token,
            url=url,
            version=version,
            page_size=page_size,
            budget=budget or Budget(),
            on_bad_record=on_bad_record,
            on_progress=on_progress,
            watch=watch,
            fast=fast,
            clock=clock,
        )
