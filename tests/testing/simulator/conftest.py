"""A pretend Clever that serves the village, and short ways to ask it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from random import Random
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs
import pytest
from village import VILLAGE, village

from clever_roster.model import Secret
from clever_roster.steps import Request, Response
from clever_roster.testing import District, SimulatedApp, Simulator

PRIMARY, SECOND = "https://app.test/clever/callback", "https://app.test/other?kept=1"


@pytest.fixture(scope="session")
def district() -> District:
    return village()


@pytest.fixture
def simulator(district: District, clock) -> Simulator:
    app = SimulatedApp(redirect_uris=(PRIMARY, SECOND))
    return Simulator([district], app=app, clock=clock, random=Random(1))  # noqa: S311 - so that codes repeat


@attrs.frozen
class Asking:
    """Asks a simulator, without a network between."""

    simulator: Simulator

    def get(self, path: str, query: Mapping[str, str] | None = None, /, **headers: str) -> Response:
        return self.simulator.respond(Request("GET", f"{path}?{urlencode(query)}" if query else path, headers))

    def authorize(self, *, cookie: str = "", **changed: str) -> Response:
        query = {
            "response_type": "code",
            "client_id": self.simulator.app.client_id,
            "redirect_uri": PRIMARY,
            "state": "S 1",
            **changed,
        }
        return self.get("https://clever.com/oauth/authorize", query, cookie=cookie)

    def api(self, path: str, token: Secret | None = None, **query: str) -> Response:
        token = token or self.simulator.district_token(VILLAGE)
        return self.get(f"https://api.clever.com{path}", query, authorization=f"Bearer {token.reveal()}")

    def json(self, path: str, token: Secret | None = None, **query: str):
        response = self.api(path, token, **query)
        assert response.status == 200, response
        return json.loads(response.body)

    def ids(self, path: str, **query: str) -> list[str]:
        return [item["data"]["id"] for item in self.json(path, **query)["data"]]

    def basic(self, secret: str | None = None) -> str:
        app = self.simulator.app
        pair = f"{app.client_id}:{secret or app.client_secret.reveal()}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def exchange(self, body: object, *, authorization: str | None = None) -> Response:
        headers = {"Authorization": authorization or self.basic(), "Content-Type": "application/json"}
        address = "https://clever.com/oauth/tokens"
        return self.simulator.respond(Request("POST", address, headers, json.dumps(body).encode()))


@pytest.fixture
def ask(simulator: Simulator) -> Asking:
    return Asking(simulator)


def query_of(response: Response) -> dict[str, str]:
    """The parameters of the address that a redirect leads to."""
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


@pytest.fixture
def sent():
    return query_of
