"""Log in with Clever or Google in a Flask application; sessions are Flask's own, or those of an extension instead.

    mount(app, login)
    mount(app, google_login)          # beside it, with places of its own

It adds six routes (see `exchange`), shows a default page wherever a person must be asked or told something, and keeps
who is signed in: `current_account()`, `current_identity()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, Unpack

from flask import Flask, Response, make_response, request, session
from flask.typing import ResponseReturnValue

from clever_roster.linking import Session
from clever_roster.model import AccountId, Identity
from clever_roster.web.exchange import BlockingLogin, Ending, Exchange, Rules, Turn
from clever_roster.web.kept import KEY, Kept
from clever_roster.web.pages import SAFE_HEADERS
from clever_roster.web.visit import Places, Visit, Visitor

__all__ = ["Receive", "current_account", "current_identity", "mount"]

Receive: TypeAlias = Callable[[Ending], ResponseReturnValue | None]
"""The host's own answer to an outcome: anything that a view may return; None leaves it to the default page."""


def mount(
    app: Flask,
    login: BlockingLogin,
    *,
    receive: Receive | None = None,
    visitor: Callable[[], Visitor | None] | None = None,
    rotate: Callable[[], object] | None = None,
    **rules: Unpack[Rules],
) -> Places:
    """Add the routes of a login; the answer is where they are.

    Where the application says nothing else, its session cookie becomes SameSite=Lax, and Secure if the site is https.

    Args:
        receive: called with every outcome, after the session was rotated or emptied: what is put there stays.
        visitor: who is signed in on this browser by the host's own rules; left out, who signed in with a login of ours.
        rotate: gives a session that is kept on the server a new id; Flask's own, a signed cookie, needs none.
        rules: see `Rules`.

    Raises:
        ConfigurationError: the callback is one of the login's own places.
    """
    exchange = Exchange(login, rules)
    if app.config["SESSION_COOKIE_SAMESITE"] is None:
        app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    if login.app.redirect_uri.startswith("https:"):
        app.config["SESSION_COOKIE_SECURE"] = True

    def view(place: str) -> Callable[[], Response]:
        def answer() -> Response:
            kept = _kept()
            visit = Visit(
                method=request.method,
                query=request.query_string.decode("utf-8", "replace"),
                headers={name.lower(): value for name, value in request.headers.items()},
                cookies=request.cookies,
                form=request.form,
                kept=kept,
                visitor=Visitor.of(kept) if visitor is None else visitor(),
                address=request.remote_addr,
            )
            turn = login.answer(exchange.at(place, visit))
            _carry_out(turn, rotate)
            own = None if receive is None or turn.ending is None else receive(turn.ending)
            return _dressed(own, turn)

        return answer

    for place, path in exchange.routes.items():
        app.add_url_rule(path, exchange.names[place], view(place), methods=["GET", "POST"])
    return exchange.places


def current_account() -> AccountId | None:
    """The account that signed in on this browser with a login of ours; None when nobody did."""
    return _kept().account


def current_identity() -> Identity | None:
    """What the account signed in with: ids and roles, as they were then; no name and no email."""
    return _kept().identity


def _kept() -> Kept:
    return Kept.unpack(session.get(KEY))


def _carry_out(turn: Turn, rotate: Callable[[], object] | None) -> None:
    if turn.session is Session.REPLACE:
        session.clear()
    if turn.session is not None and rotate is not None:
        rotate()
    if turn.kept is not None:
        packed = turn.kept.pack()
        session.pop(KEY, None)
        session.update({KEY: packed} if packed else {})
    if turn.brief:
        session.permanent = False


def _dressed(own: ResponseReturnValue | None, turn: Turn) -> Response:
    """The host's answer or the default one, with the headers and cookies that both need."""
    response = Response(turn.body, turn.status) if own is None else make_response(own)
    for name, value in (turn.headers if own is None else SAFE_HEADERS).items():
        response.headers[name] = value
    for cookie in turn.cookies:
        response.headers.add("Set-Cookie", cookie.header())
    return response
