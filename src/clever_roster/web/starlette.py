"""Log in with Clever or Google in Starlette or FastAPI; sessions are those of Starlette's `SessionMiddleware`.

    mount(app, login, secret=Secret(...))
    mount(app, google_login)          # beside it, with places of its own

It adds six routes (see `exchange`), shows a default page wherever a person must be asked or told something, and keeps
who is signed in: `current_account(request)`, `current_identity(request)`, also as FastAPI dependencies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from inspect import isawaitable
from typing import Any, TypeAlias, TypeVar, Unpack, cast
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clever_roster.drivers import BlockingDriver
from clever_roster.errors import ConfigurationError
from clever_roster.linking import Session
from clever_roster.model import AccountId, Identity, Secret
from clever_roster.web.exchange import AwaitingLogin, BlockingLogin, Ending, Exchange, Rules, Turn
from clever_roster.web.kept import KEY, Kept
from clever_roster.web.pages import SAFE_HEADERS
from clever_roster.web.visit import Places, Visit, Visitor

__all__ = ["Receive", "current_account", "current_identity", "mount"]

_MAX_AGE_PLACE = 3
"""Where SessionMiddleware takes its max_age, after secret and name."""

Value = TypeVar("Value")
Receive: TypeAlias = Callable[[Request, Ending], Response | Awaitable[Response | None] | None]
"""The host's own answer to an outcome, `async` or not; None leaves it to the default page."""


def mount(
    app: Starlette,
    login: AwaitingLogin | BlockingLogin,
    *,
    secret: Secret | None = None,
    receive: Receive | None = None,
    visitor: Callable[[Request], Visitor | Awaitable[Visitor | None] | None] | None = None,
    rotate: Callable[[Request], object] | None = None,
    **rules: Unpack[Rules],
) -> Places:
    """Add the routes of a login; the answer is where they are.

    Args:
        login: an `AsyncCleverLogin` or `AsyncGoogleLogin`; blocking ones work too, in worker threads.
        secret: signs the session's cookie; leave it out if the application has session middleware of its own, or
            of a login that was mounted before.
        receive: called with every outcome, after the session was rotated or emptied: what is put there stays.
        visitor: who is signed in on this browser by the host's own rules; left out, who signed in with a login of ours.
        rotate: gives a session that is kept on the server a new id; a signed cookie needs none.
        rules: see `Rules`.

    Raises:
        ConfigurationError: the callback is one of the login's own places.
    """
    exchange = Exchange(login, rules)
    if secret is not None:
        https = login.app.redirect_uri.startswith("https:")
        app.add_middleware(SessionMiddleware, secret_key=secret.reveal(), max_age=None, https_only=https)

    def endpoint(place: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            kept = _kept(request)
            visit = Visit(
                method=request.method,
                query=request.url.query,
                headers={name.lower(): value for name, value in request.headers.items()},
                cookies=request.cookies,
                form=await _form(request),
                kept=kept,
                visitor=Visitor.of(kept) if visitor is None else await _waited(visitor(request)),
                address=request.client.host if request.client else None,
            )
            steps = exchange.at(place, visit)
            if isinstance(login, BlockingDriver):
                turn = await run_in_threadpool(login.answer, steps)
            else:
                turn = await login.answer(steps)
            _carry_out(request, turn, rotate)
            own = None if receive is None or turn.ending is None else await _waited(receive(request, turn.ending))
            return _dressed(own, turn)

        return answer

    routes = exchange.routes.items()
    app.routes[0:0] = [Route(path, endpoint(place), methods=["GET", "POST"]) for place, path in routes]
    return exchange.places


def current_account(request: Request) -> AccountId | None:
    """The account that signed in on this browser with a login of ours; None when nobody did."""
    return _kept(request).account


def current_identity(request: Request) -> Identity | None:
    """What the account signed in with: ids and roles, as they were then; no name and no email."""
    return _kept(request).identity


async def _form(request: Request) -> dict[str, str]:
    """The fields of a plain form; Starlette's own parser wants another package for these two lines."""
    body = await request.body() if request.method == "POST" else b""
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _session(request: Request) -> MutableMapping[str, Any]:
    if "session" not in request.scope:
        raise ConfigurationError(
            "The application keeps no sessions.", next_step="Pass secret=... to mount(), or add SessionMiddleware."
        )
    for middleware in cast("Starlette", request.app).user_middleware:
        ours = cast("object", middleware.cls) is SessionMiddleware
        if ours and "max_age" not in middleware.kwargs and len(middleware.args) < _MAX_AGE_PLACE:
            raise ConfigurationError(
                "SessionMiddleware keeps a session for two weeks after the browser was closed, also a child's.",
                next_step="Give it max_age=None, or say how long you want it.",
            )
    return request.session


def _kept(request: Request) -> Kept:
    return Kept.unpack(_session(request).get(KEY))


def _carry_out(request: Request, turn: Turn, rotate: Callable[[Request], object] | None) -> None:
    session = _session(request)
    if turn.session is Session.REPLACE:
        session.clear()
    if turn.session is not None and rotate is not None:
        rotate(request)
    if turn.kept is not None:
        packed = turn.kept.pack()
        session.pop(KEY, None)
        session.update({KEY: packed} if packed else {})


def _dressed(own: Response | None, turn: Turn) -> Response:
    """The host's answer or the default one, with the headers and cookies that both need."""
    response = Response(turn.body, turn.status) if own is None else own
    for name, value in (turn.headers if own is None else SAFE_HEADERS).items():
        response.headers[name] = value
    for cookie in turn.cookies:
        response.headers.append("set-cookie", cookie.header())
    return response


async def _waited(value: Value | Awaitable[Value]) -> Value:
    return cast("Value", await value if isawaitable(value) else value)
