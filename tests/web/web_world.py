"""What the web tests play on: one host app, one pretend Clever, and the browsers between them."""

from __future__ import annotations

from typing import Any

import attrs
from web_browser import Browser
from web_hosts import Host

from clever_roster.model import PersonId
from clever_roster.testing import District, Simulator
from clever_roster.testing.google import SimulatedGoogle

FRAMEWORKS = ["starlette", "fastapi", "flask", "django", "django-async"]


@attrs.define(kw_only=True)
class World:
    """Everything that plays along; `endings` is what the host was told."""

    framework: str
    own: str
    clever: str
    district: District
    simulator: Simulator
    host: Host
    clock: Any
    google: SimulatedGoogle | None = None
    browsers: list[Browser] = attrs.field(factory=list)

    @property
    def endings(self) -> list[Any]:
        return self.host.endings

    @property
    def session_cookie(self) -> str:
        return "sessionid" if self.framework.startswith("django") else "session"

    def browser(self, person: PersonId | None = None) -> Browser:
        """A new browser on some computer, in which this person is logged in to Clever."""
        browser = Browser(self.own, self.clever)
        self.browsers.append(browser)
        if person is not None:
            browser.log_in_to_clever(self.district.shortname, person)
        return browser

    def signed_in(self, person: PersonId) -> Browser:
        """A browser in which this person is signed in to the host with Clever, with an account of their own."""
        browser = self.browser(person)
        browser.go("/clever/login")
        if "Make my account" in browser.page.forms:
            browser.press("Make my account")
        return browser

    def links(self) -> dict[str, str]:
        """Which account each Clever id opens."""
        with self.host.store.transaction() as ports:
            return {link.key.subject: link.account for link in ports.links.all()}
