"""A host app of each framework on one socket, the pretend Clever on another, and browsers that go to and fro."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from web_hosts import OWN, Host, run
from web_world import FRAMEWORKS, World

from clever_roster.model import Account, PersonId, PersonName
from clever_roster.oauth import CleverApp, GoogleApp, GoogleHosts
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, SimulatedApp, Simulator, serve
from clever_roster.testing.google import SimulatedGoogle, sample_classroom_domain
from clever_roster.testing.google.accounts_host import SimulatedGoogleApp
from clever_roster.testing.openid import Signer


@pytest.fixture
def redirect_uri() -> str | None:
    """Where the application is registered; None for the host's own socket."""
    return None


@pytest.fixture(scope="session")
def signer() -> Signer | None:
    """Who signs for the pretend Google; None where the host mounts no login of Google's."""
    return None


@pytest.fixture(params=FRAMEWORKS)
def world(
    request: pytest.FixtureRequest,
    district: District,
    clock: Callable[[], datetime],
    redirect_uri: str | None,
    signer: Signer | None,
) -> Iterator[World]:
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as stack:
        own = f"http://127.0.0.1:{listening.getsockname()[1]}"
        registered = SimulatedApp(redirect_uris=(redirect_uri or f"{own}/clever/callback",))
        simulator = Simulator([district], app=registered, clock=clock)
        with serve(simulator) as clever:
            app = CleverApp(
                client_id=registered.client_id,
                client_secret=registered.client_secret,
                redirect_uri=registered.redirect_uris[0],
                oauth_url=clever,
                api_url=clever,
            )
            mine = Account(id=OWN, name=PersonName("Robin", "Example"), has_password=True, activity=37)
            host = Host(app=app, store=MemoryStore(accounts=[mine]), clock=clock)
            google = None
            if signer is not None:
                known = SimulatedGoogleApp(redirect_uris=(f"{own}/google/callback",))
                google = SimulatedGoogle(sample_classroom_domain(district), app=known, clock=clock, signer=signer)
                host.google = GoogleApp(
                    client_id=known.client_id,
                    client_secret=known.client_secret,
                    redirect_uri=known.redirect_uris[0],
                    hosts=GoogleHosts.at(stack.enter_context(serve(google))),
                )
            with run(request.param, host, listening):
                world = World(
                    framework=request.param,
                    own=own,
                    clever=clever,
                    district=district,
                    simulator=simulator,
                    host=host,
                    clock=clock,
                    google=google,
                )
                yield world
                for browser in world.browsers:
                    browser.http.close()


@pytest.fixture
def pupils(district: District, show: Any) -> tuple[PersonId, PersonId]:
    """Two students of one class."""
    first, second = district.sections[show.sections[0]].students[:2]
    return first, second
