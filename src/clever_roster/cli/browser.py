"""A person's browser, for the demo: it keeps cookies, follows links and forms, and stops where the host app begins."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from clever_roster.model import PersonId

__all__ = ["Browser", "Visits"]


class Visits:
    """An HTTP client for the host app that counts the codes it exchanges."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.http = httpx.Client(timeout=30, event_hooks={"request": [self._count]})

    def _count(self, request: httpx.Request) -> None:
        self.exchanges += (request.method, request.url.path) == ("POST", "/oauth/tokens")


class Browser:
    """One browser on one computer. `login_cookie` is what the host app set in it."""

    def __init__(self, clever: str, *, app: str) -> None:
        """Open a browser; `clever` is Clever's address, `app` that of the host app's callback."""
        self._clever = clever
        self._app = app
        self._http = httpx.Client(timeout=30)
        self.login_cookie: str | None = None

    def close(self) -> None:
        """Close it; its cookies are gone."""
        self._http.close()

    def log_in_to_clever(self, shortname: str, person: PersonId) -> None:
        """Open the district's portal, and choose on its login page whom to be; whoever was there is logged out."""
        portal = f"{self._clever}/in/{shortname}"
        self._http.get(f"{portal}/logout", follow_redirects=True)
        page = _Page(self._http.get(portal, follow_redirects=True).text)
        form = {**page.hidden, "person": person}
        self._http.post(urljoin(portal, page.action), data=form, follow_redirects=True).raise_for_status()

    def launch_from_portal(self, shortname: str) -> str:
        """Click the app's tile in the portal; the answer is the query with which the host app is called."""
        page = _Page(self._http.get(f"{self._clever}/in/{shortname}", follow_redirects=True).text)
        return self._until_app(urljoin(self._clever, page.tile))

    def follow(self, address: str, login_cookie: str) -> str:
        """Keep the host app's cookie and go where it sends us; the answer is the query that comes back."""
        self.login_cookie = login_cookie
        return self._until_app(address)

    def _until_app(self, address: str) -> str:
        for _ in range(10):
            if address.startswith(self._app):
                return urlsplit(address).query
            response = self._http.get(address)
            address = urljoin(address, response.headers.get("location", ""))
        raise RuntimeError("The browser was sent around without coming back to the app.")


class _Page(HTMLParser):
    """What the demo needs of one of Clever's pages."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action = ""
        self.tile = ""
        self.hidden: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the form, its hidden fields and the tile."""
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.action = given.get("action", "")
            case "input" if given.get("type") == "hidden":
                self.hidden[given["name"]] = given.get("value", "")
            case "a" if given.get("class") == "tile":
                self.tile = given["href"]
            case _:
                return
