"""A person who does what a tutorial says, in a browser without a screen: the tutorials' own hidden checks call this."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import httpx
from web_browser import Browser, Page

from clever_roster.model import PersonId
from clever_roster.testing import Simulator

__all__ = ["walk"]


class _Asgi(httpx.BaseTransport):
    """An ASGI application, asked one request after the other, all in one event loop."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self._loop = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._loop.run(self._ask(request))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answered = await self._inner.handle_async_request(request)
        return httpx.Response(answered.status_code, headers=answered.headers, content=await answered.aread())

    def close(self) -> None:
        self._loop.close()


def walk(app: Callable[..., Any], clever: Simulator, address: str, person: PersonId, *, asgi: bool = False) -> None:
    """Click the button, make an account, sign out; then come in by the tile of the portal, to the same account."""
    transport = _Asgi(app) if asgi else httpx.WSGITransport(app=app)
    browser = Browser("http://localhost:8000", address)
    browser.http.close()
    with httpx.Client(mounts={"all://localhost": transport}, timeout=30) as http:
        browser.http = http
        name, _, value = clever.sign_in(person).partition("=")
        http.cookies.set(name, value, domain="127.0.0.1")
        assert "Continue with Clever" in browser.go("/").text
        assert "Make my account" in browser.go("/clever/login").text
        assert "You are account 1" in browser.press("Make my account").text
        assert "You are signed out" in browser.press("Sign out").text
        assert "Continue with Clever" in browser.go("/").text
        portal = browser.go(f"{address}/in/{clever.districts[0].shortname}")
        tile = urljoin(address, Page(portal.text).tile)
        assert "You signed out a moment ago" in browser.go(tile).text
        assert "You are account 1" in browser.press("Continue with Clever").text
