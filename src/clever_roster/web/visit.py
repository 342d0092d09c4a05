"""What a browser sent, and which of it is a person who clicked: the rules for requests that must not count as one.

A link preview that follows a login link eats its code; `<img src=".../clever/login">` on another site would log a child
in without a click. Browsers say what a request is for in `Sec-Fetch-*` and `Sec-Purpose`; a header that is missing, in
an old browser, is tolerated (`oauth.is_navigation`). Knows no framework.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId
from clever_roster.oauth import CleverApp, GoogleApp, is_navigation
from clever_roster.web.kept import Kept

__all__ = ["Places", "Turned", "Visit", "Visitor", "turned_away"]


@attrs.frozen
class Visitor:
    """Who is signed in on this browser, as the host says.

    Attributes:
        authenticated_at: when they last proved who they are, aware; None if the host does not know. Connecting a login
            takes a recent proof.
    """

    account: AccountId
    authenticated_at: datetime | None = None

    @classmethod
    def of(cls, kept: Kept) -> Visitor | None:
        """Who signed in with a login of ours; None when nobody did."""
        return None if kept.account is None else cls(kept.account, kept.since)


@attrs.frozen(kw_only=True)
class Visit:
    """One request, as far as a login is concerned.

    Attributes:
        headers: names in lower case.
        form: the fields of a POST.
        kept: our part of the browser's session.
        visitor: who is signed in on this browser.
        address: the browser's network address as the server knows it, for the login's limiter.
    """

    method: str
    query: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    cookies: Mapping[str, str] = attrs.field(repr=False)
    form: Mapping[str, str] = attrs.field(repr=False)
    kept: Kept
    visitor: Visitor | None
    address: str | None = None

    @property
    def signed_in(self) -> AccountId | None:
        """The account that is signed in on this browser."""
        return None if self.visitor is None else self.visitor.account

    def wish(self, name: str) -> str | None:
        """What the page that sent the browser here asks for: a field of the form, or of the query."""
        asked = {key: values[-1] for key, values in parse_qs(self.query).items()}
        return self.form.get(name) or asked.get(name) or None

    @property
    def has_state(self) -> bool:
        """Whether the query has a `state`: without one a callback did not begin here."""
        return "state" in parse_qs(self.query)


@attrs.frozen
class Turned:
    """A request that is not answered: its status and, of a wrong method, what is allowed."""

    status: int
    allow: str = ""


def turned_away(visit: Visit, methods: Collection[str], *, scripts: bool = False) -> Turned | None:
    """Say whether a request must not count as a person's click; None when it may.

    Args:
        scripts: the page's own scripts may send it (a sign-out), other sites may not.
    """
    headers = visit.headers
    if visit.method not in methods:
        return Turned(405, ", ".join(sorted(methods)))
    if not scripts and not is_navigation("GET", headers):  # the method was judged above
        return Turned(403)
    if visit.method == "POST" and headers.get("sec-fetch-site") == "cross-site":
        return Turned(403)
    return None


@attrs.frozen(kw_only=True)
class Places:
    """The public paths of a mounted login. Addresses come from here and from the application, never from a request.

    Behind a proxy that ends TLS, a request knows neither its scheme nor its host, and both can be forged.
    """

    callback: str
    start: str
    connect: str
    accept: str
    confirm: str
    sign_out: str

    @classmethod
    def of(cls, app: CleverApp | GoogleApp, at: str) -> Places:
        """The callback where the application is registered, the others below `at`.

        Raises:
            ConfigurationError: the callback is one of the others.
        """
        base = at.rstrip("/")
        places = cls(
            callback=urlsplit(app.redirect_uri).path or "/",
            start=f"{base}/login",
            connect=f"{base}/connect",
            accept=f"{base}/sign-up",
            confirm=f"{base}/confirm",
            sign_out=f"{base}/sign-out",
        )
        if len({*attrs.astuple(places)}) < len(attrs.fields(cls)):
            raise ConfigurationError(
                f"The redirect URI's path {places.callback} is also one of the login's own paths.",
                next_step='Mount the login elsewhere, as in at="/single-sign-on".',
            )
        return places

    def routes(self, root_path: str) -> dict[str, str]:
        """The same paths as the application sees them, by name; `root_path` is what a server strips before it."""
        return {name: path.removeprefix(root_path) for name, path in attrs.asdict(self).items()}
