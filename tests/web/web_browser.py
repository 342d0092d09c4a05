"""A person's browser for the stories: cookies, redirects, links and buttons, and the headers a browser sends."""

from __future__ import annotations

from html.parser import HTMLParser
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from urllib.parse import urljoin

import httpx

PLAIN = SSLContext(PROTOCOL_TLS_CLIENT)
"""Everything here is plain http on loopback; loading the certificates of the world takes longer than a login."""

CLICK = {"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"}


class Page(HTMLParser):
    """The forms of a page by the label of their button, its links by their text, and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, tuple[str, dict[str, str]]] = {}
        self.links: dict[str, str] = {}
        self.tile = ""
        self.text = ""
        self._action = ""
        self._fields: dict[str, str] = {}
        self._open = ""
        self._href = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._action, self._fields = given.get("action", ""), {}
            case "input":
                self._fields[given.get("name", "")] = given.get("value", "")
            case "a":
                self._href = given.get("href", "")
                self.tile = self._href if given.get("class") == "tile" else self.tile
        self._open = tag

    def handle_data(self, text: str) -> None:
        if self._open == "button":
            self.forms[text] = (self._action, self._fields)
        elif self._open == "a":
            self.links[text] = self._href
        if self._open != "style":
            self.text += f"{text} "

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


class Browser:
    """One browser on one computer."""

    def __init__(self, own: str, clever: str) -> None:
        self.own, self.clever = own, clever
        self.http = httpx.Client(timeout=30, verify=PLAIN)
        self.seen: list[httpx.Response] = []

    def go(self, address: str, *, method: str = "GET", **more: object) -> httpx.Response:
        """Click a link, or send a form, and follow where it leads; relative addresses are the host's."""
        self.seen = []
        address = urljoin(self.own, address)
        for _ in range(12):
            response = self.http.request(method, address, headers=CLICK, **more)
            self.seen.append(response)
            if not response.is_redirect:
                return response
            address, method, more = urljoin(address, response.headers["location"]), "GET", {}
        raise AssertionError(f"sent around in circles: {[seen.url.path for seen in self.seen]}")

    def press(self, label: str) -> httpx.Response:
        """Press a button of the page that is open; a page with `no-referrer` sends no origin with its forms."""
        page = self.seen[-1]
        action, fields = Page(page.text).forms[label]
        return self.go(urljoin(str(page.url), action), method="POST", data=fields)

    def follow(self, label: str) -> httpx.Response:
        page = self.seen[-1]
        return self.go(urljoin(str(page.url), Page(page.text).links[label]))

    @property
    def page(self) -> Page:
        return Page(self.seen[-1].text)

    def codes(self) -> int:
        """How many callbacks with a code the last click went through."""
        return sum("code=" in seen.url.query.decode() for seen in self.seen)

    def cookie(self, name: str) -> str | None:
        return next((cookie.value for cookie in self.http.cookies.jar if cookie.name == name), None)

    def log_in_to_clever(self, shortname: str, person: str) -> None:
        """Be somebody at Clever; whoever was there is logged out, there and only there."""
        portal = f"{self.clever}/in/{shortname}"
        self.go(f"{portal}/logout")
        page = self.page
        fields = {**next(iter(page.forms.values()))[1], "person": person}
        self.go(portal, method="POST", data=fields)

    def click_tile(self, shortname: str) -> httpx.Response:
        """Open the app from the district's portal."""
        self.go(f"{self.clever}/in/{shortname}")
        return self.go(urljoin(self.clever, self.page.tile))
