"""A browser, as far as a login knows one; and what the tests of this room count."""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs
import httpx

from clever_roster.oauth import BeginAgain, Started


@attrs.define
class Browser:
    """One browser: what Clever knows it by, and what the host's login cookie holds."""

    http: httpx.Client
    clever: str = ""
    cookie: str | None = None

    def follow(self, started: Started | BeginAgain) -> str:
        """Go where the login sends it; the answer is the query that it comes back with."""
        self.cookie = started.cookie.value
        response = self.http.get(started.redirect_to, headers={"cookie": self.clever})
        assert response.status_code == 302, response.text
        return urlsplit(response.headers["location"]).query


def exchanges(seen: list[httpx.Request]) -> int:
    """How many codes were sent to the token endpoint."""
    return sum(request.url.path == "/oauth/tokens" for request in seen)
