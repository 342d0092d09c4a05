"""What every room's tests share: a small district, a pretend Clever, and a store that lives in memory."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, settings

from clever_roster.clever import CleverClient
from clever_roster.oauth import CleverApp, CleverLogin
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, Simulator, transport
from clever_roster.testing.generate import sample_district
from clever_roster.testing.showcase import Showcase, showcase
from summary import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

MOST_WORKERS = 4

settings.register_profile("dev", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# In CI the same examples every time: what lands is judged by what changed. Everywhere else new ones are looked for.
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def no_wait(_: float) -> None:
    """Waiting, for tests: how long is what is asked of the flows."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def district() -> District:
    return sample_district(3, students=80)


@pytest.fixture(scope="session")
def show(district: District) -> Showcase:
    return showcase(district)


@pytest.fixture
def simulator(district: District, clock: Clock) -> Simulator:
    return Simulator([district], clock=clock)


@pytest.fixture
def http(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(transport=transport(simulator)) as client:
        yield client


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(simulator: Simulator) -> CleverApp:
    return CleverApp(
        client_id=simulator.app.client_id,
        client_secret=simulator.app.client_secret,
        redirect_uri=simulator.app.redirect_uris[0],
    )


@pytest.fixture
def login(app: CleverApp, store: MemoryStore, http: httpx.Client, clock: Clock) -> CleverLogin:
    return CleverLogin(app, store=store, http=http, clock=clock, sleep=no_wait)


@pytest.fixture
def clever(simulator: Simulator, district: District, http: httpx.Client, clock: Clock) -> CleverClient:
    return CleverClient(simulator.district_token(district.id), http=http, clock=clock, sleep=no_wait)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """All tests are shared out to the cores, to four at most; what is named on the command line has one process."""
    cores = yield
    return min(cores, MOST_WORKERS) if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_configure(config: pytest.Config) -> None:
    """Where workers are about to be started, the database server that they share is met first."""
    if config.getoption("numprocesses", None) and not config.getoption("collectonly"):
        import databases

        databases.share()
