"""What the tests of this room share: a browser that is logged in at Clever, and everything that reaches Clever."""

from __future__ import annotations

import httpx
import pytest
from visitor import Browser

from clever_roster.oauth import CleverApp, CleverLogin
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Simulator
from clever_roster.testing.showcase import Showcase


@pytest.fixture
def browser(http: httpx.Client, simulator: Simulator, show: Showcase) -> Browser:
    """A browser in which the student of the showcase is logged in to Clever."""
    return Browser(http, clever=simulator.sign_in(show.student))


@pytest.fixture
def seen(http: httpx.Client) -> list[httpx.Request]:
    """Every request that reaches Clever."""
    requests: list[httpx.Request] = []
    http.event_hooks["request"] = [requests.append]
    return requests


@pytest.fixture
def login(app: CleverApp, store: MemoryStore, http: httpx.Client, clock) -> CleverLogin:
    """A login whose waiting moves the clock, so that a wait ends."""
    return CleverLogin(app, store=store, http=http, clock=clock, sleep=lambda seconds: clock.forward(seconds=seconds))
