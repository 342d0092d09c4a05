"""Log in with Clever or Google in a Django project; sessions are Django's, with any backend. No user model is needed.

    urlpatterns = [*mount(login), *mount(google_login), ...]

It gives six URL patterns (see `exchange`), shows a default page where a person must be asked or told something, and
keeps who is signed in: `current_account(request)`, `current_identity(request)`. With a blocking login the
views are ordinary ones, with an awaiting one they are `async`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from typing import Any, TypeAlias, Unpack, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from clever_roster.drivers import BlockingDriver
from clever_roster.errors import ConfigurationError
from clever_roster.linking import Session
from clever_roster.model import AccountId, Identity
from clever_roster.web.exchange import AwaitingLogin, BlockingLogin, Ending, Exchange, Rules, Turn
from clever_roster.web.kept import KEY, Kept
from clever_roster.web.pages import SAFE_HEADERS
from clever_roster.web.visit import Visit, Visitor

__all__ = ["Receive", "current_account", "current_identity", "mount"]

Told: TypeAlias = HttpResponseBase | Awaitable[HttpResponseBase | None] | None
Receive: TypeAlias = Callable[[HttpRequest, Ending], Told]
"""The host's own answer to an outcome, `async` where the login is; None leaves it to the default page."""


def mount(
    login: BlockingLogin | AwaitingLogin,
    *,
    receive: Receive | None = None,
    visitor: Callable[[HttpRequest], Visitor | None] | None = None,
    **rules: Unpack[Rules],
) -> list[URLPattern]:
    """The URL patterns of a login, for the project's root `urlpatterns`.

    Args:
        receive: called with every outcome, after the session was rotated or flushed: what is put there stays.
        visitor: who is signed in on this browser by the host's own rules (an ordinary function, also with `async`
            views); left out, who signed in with a login of ours.
        rules: see `Rules`.

    Raises:
        ConfigurationError: the callback is one of the login's own places, or the site is https and
            SESSION_COOKIE_SECURE is not set.
    """
    exchange = Exchange(login, rules)
    if login.app.redirect_uri.startswith("https:") and not settings.SESSION_COOKIE_SECURE:
        raise ConfigurationError(
            "The site is https, and its session cookie also travels without.",
            next_step="Put SESSION_COOKIE_SECURE = True into the settings.",
        )

    def read(request: HttpRequest) -> Visit:
        kept = _kept(request)
        return Visit(
            method=request.method or "",
            query=request.META.get("QUERY_STRING", ""),
            headers={name.lower(): value for name, value in request.headers.items()},
            cookies=request.COOKIES,
            form={name: str(value) for name, value in request.POST.items()},
            kept=kept,
            visitor=Visitor.of(kept) if visitor is None else visitor(request),
            address=request.META.get("REMOTE_ADDR"),
        )

    def told(request: HttpRequest, turn: Turn) -> Told:
        return None if receive is None or turn.ending is None else receive(request, turn.ending)

    def view(place: str) -> Callable[..., Any]:
        if isinstance(login, BlockingDriver):
            return partial(answer, login, place)
        return partial(answer_async, login, place)

    def answer(login: BlockingLogin, place: str, request: HttpRequest) -> HttpResponseBase:
        turn = login.answer(exchange.at(place, read(request)))
        _carry_out(request, turn)
        return _dressed(cast("HttpResponseBase | None", told(request, turn)), turn)

    async def answer_async(login: AwaitingLogin, place: str, request: HttpRequest) -> HttpResponseBase:
        turn = await login.answer(exchange.at(place, await sync_to_async(read)(request)))
        await sync_to_async(_carry_out)(request, turn)
        own = told(request, turn)
        return _dressed(await own if isawaitable(own) else own, turn)

    # A page with Referrer-Policy: no-referrer sends "Origin: null" with its forms, which Django's own protection
    # refuses. Ours is the ticket of the form.
    return [
        path(where.removeprefix("/"), csrf_exempt(view(place)), name=exchange.names[place])
        for place, where in exchange.routes.items()
    ]


def current_account(request: HttpRequest) -> AccountId | None:
    """The account that signed in on this browser with a login of ours; None when nobody did."""
    return _kept(request).account


def current_identity(request: HttpRequest) -> Identity | None:
    """What the account signed in with: ids and roles, as they were then; no name and no email."""
    return _kept(request).identity


def _session(request: HttpRequest) -> SessionBase:
    session: SessionBase | None = getattr(request, "session", None)
    if session is None:
        raise ConfigurationError(
            "The project keeps no sessions.",
            next_step='Put "django.contrib.sessions.middleware.SessionMiddleware" into MIDDLEWARE.',
        )
    return session


def _kept(request: HttpRequest) -> Kept:
    return Kept.unpack(_session(request).get(KEY))


def _carry_out(request: HttpRequest, turn: Turn) -> None:
    session = _session(request)
    if turn.session is Session.REPLACE:
        session.flush()
    elif turn.session is Session.ROTATE:
        session.cycle_key()
    if turn.kept is not None:
        packed = turn.kept.pack()
        session.pop(KEY, None)
        session.update({KEY: packed} if packed else {})
    if turn.brief:
        session.set_expiry(0)


def _dressed(own: HttpResponseBase | None, turn: Turn) -> HttpResponseBase:
    """The host's answer or the default one, with the headers and cookies that both need."""
    response = HttpResponse(turn.body, status=turn.status) if own is None else own
    for name, value in (turn.headers if own is None else SAFE_HEADERS).items():
        response.headers[name] = value
    for cookie in turn.cookies:
        response.set_cookie(
            cookie.name, cookie.value, max_age=cookie.max_age, secure=cookie.secure, httponly=True, samesite="Lax"
        )
    return response
