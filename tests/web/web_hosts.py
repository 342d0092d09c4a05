"""One small host app, written for each framework: the same pages, so that the same story is played on all of them.

/                 who is signed in with Clever, and what is in the cart
/put?cart=x       put something into the session
/enter?own=id     the host's own login: signs an account in without Clever
/sign-in          a button for each login; Google's is mounted where the host has an application there
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from threading import Thread
from types import ModuleType
from typing import Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import attrs
import flask
import httpx
import uvicorn
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from web_browser import PLAIN

import django_project  # noqa: F401 - sessions lie in its database; no user model is asked for
from clever_roster.drivers import BlockingDriver
from clever_roster.model import AccountId, Secret
from clever_roster.oauth import AsyncCleverLogin, AsyncGoogleLogin, CleverApp, CleverLogin, GoogleApp, GoogleLogin
from clever_roster.storage.memory import MemoryStore
from clever_roster.web import django as web_django
from clever_roster.web import flask as web_flask
from clever_roster.web import starlette as web_starlette
from clever_roster.web.exchange import AwaitingLogin, BlockingLogin, Rules
from clever_roster.web.kept import KEY, Kept
from clever_roster.web.visit import Visitor

SECRET = "not-a-secret-" * 4
OWN = AccountId("own")
"""An account with a password, which the host had before."""


@attrs.define(kw_only=True)
class Host:
    """What a host app is made from, and what it was told."""

    app: CleverApp
    store: MemoryStore
    clock: Callable[[], Any]
    google: GoogleApp | None = None
    endings: list[Any] = attrs.field(factory=list)
    rotations: int = 0
    answer: Callable[[Any], str | None] = lambda _: None

    def told(self, ending: object) -> str | None:
        self.endings.append(ending)
        return self.answer(ending)

    def close_account(self, account: AccountId) -> None:
        with self.store.transaction() as ports:
            found = ports.accounts.find([account])[account]
        self.store.put_accounts([attrs.evolve(found, active=False)])

    def enter(self, session: Any, query: Any) -> None:
        """The host's own login: an account is signed in, now."""
        session.update({**query, "at": self.clock().isoformat()})

    def visitor(self, session: Any) -> Visitor | None:
        """Who is signed in: with the host's own login, else with Clever."""
        if "own" in session:
            return Visitor(session["own"], datetime.fromisoformat(session["at"]))
        return Visitor.of(Kept.unpack(session.get(KEY)))

    @property
    def rules(self) -> Rules:
        return {"clock": self.clock, "own_login": f"/enter?own={OWN}"}

    def rotate(self, *_: object) -> None:
        """What a host with sessions on the server does: give this one a new id."""
        self.rotations += 1

    def logins(self) -> list[BlockingLogin]:
        more: Any = {"store": self.store, "clock": self.clock, "sleep": lambda _: None}
        clever = CleverLogin(self.app, http=httpx.Client(verify=PLAIN), **more)
        if self.google is None:
            return [clever]
        return [clever, GoogleLogin(self.google, http=httpx.Client(verify=PLAIN), **more)]

    def async_logins(self) -> list[AwaitingLogin]:
        async def no_wait(_: float) -> None:
            """Do not wait."""

        def http() -> httpx.AsyncClient:
            return httpx.AsyncClient(verify=PLAIN, limits=httpx.Limits(max_keepalive_connections=0))

        more: Any = {"store": self.store, "clock": self.clock, "sleep": no_wait}
        clever = AsyncCleverLogin(self.app, http=http(), **more)
        return [clever] if self.google is None else [clever, AsyncGoogleLogin(self.google, http=http(), **more)]


def buttons(host: Host) -> str:
    """A sign-in page: one button for each login."""
    names = ["Clever"] + (["Google"] if host.google else [])
    return "".join(
        f'<form method="post" action="/{name.lower()}/login"><button>Continue with {name}</button></form>'
        for name in names
    )


def home(account: object, identity: Any, cart: object) -> str:
    roles = " ".join(sorted(identity.roles)) if identity else ""
    return f"account={account} roles={roles} cart={cart}"


# --- The hosts --------------------------------------------------------------------------------------------------------


def starlette_host(host: Host) -> Any:
    async def put(request: Request) -> PlainTextResponse:
        request.session.update(request.query_params)
        return PlainTextResponse("put")

    async def enter(request: Request) -> PlainTextResponse:
        host.enter(request.session, request.query_params)
        return PlainTextResponse("entered")

    async def show(request: Request) -> PlainTextResponse:
        account, identity = web_starlette.current_account(request), web_starlette.current_identity(request)
        return PlainTextResponse(home(account, identity, request.session.get("cart")))

    async def receive(request: Request, ending: Any) -> PlainTextResponse | None:
        text = host.told(ending)
        return None if text is None else PlainTextResponse(text)

    async def sign_in(_: Request) -> HTMLResponse:
        return HTMLResponse(buttons(host))

    names = {"/": show, "/lessons/7": show, "/settings": show, "/put": put, "/enter": enter, "/sign-in": sign_in}
    app = Starlette(routes=[Route(where, view) for where, view in names.items()])
    for place, login in enumerate(host.async_logins()):
        web_starlette.mount(
            app,
            login,
            secret=None if place else Secret(SECRET),
            receive=receive,
            visitor=lambda request: host.visitor(request.session),
            rotate=host.rotate,
            **host.rules,
        )
    return app


def fastapi_host(host: Host) -> Any:
    app = FastAPI()

    async def visitor(request: Request) -> Visitor | None:
        return host.visitor(request.session)

    def receive(request: Request, ending: Any) -> PlainTextResponse | None:
        text = host.told(ending)
        return None if text is None else PlainTextResponse(text)

    for place, login in enumerate(host.logins()):
        secret = None if place else Secret(SECRET)
        web_starlette.mount(
            app, login, secret=secret, receive=receive, visitor=visitor, rotate=host.rotate, **host.rules
        )

    @app.get("/sign-in", response_class=HTMLResponse)
    async def sign_in() -> str:
        return buttons(host)

    @app.get("/put")
    async def put(request: Request) -> None:
        request.session.update(request.query_params)

    @app.get("/enter")
    async def enter(request: Request) -> None:
        host.enter(request.session, request.query_params)

    @app.get("/", response_class=PlainTextResponse)
    @app.get("/lessons/7", response_class=PlainTextResponse)
    @app.get("/settings", response_class=PlainTextResponse)
    async def show(
        request: Request,
        account: Annotated[str | None, Depends(web_starlette.current_account)],
        identity: Annotated[Any, Depends(web_starlette.current_identity)],
    ) -> str:
        return home(account, identity, request.session.get("cart"))

    return app


def flask_host(host: Host) -> Any:
    app = flask.Flask("host")
    app.secret_key = SECRET
    for login in host.logins():
        web_flask.mount(
            app,
            login,
            receive=host.told,
            visitor=lambda: host.visitor(flask.session),
            rotate=host.rotate,
            **host.rules,
        )

    @app.get("/sign-in")
    def sign_in() -> str:
        return buttons(host)

    @app.get("/put")
    def put() -> str:
        flask.session.update(flask.request.args)
        return "put"

    @app.get("/enter")
    def enter() -> str:
        host.enter(flask.session, flask.request.args)
        return "entered"

    @app.get("/")
    @app.get("/lessons/7")
    @app.get("/settings")
    def show() -> str:
        return home(web_flask.current_account(), web_flask.current_identity(), flask.session.get("cart"))

    return app


def _django_urls(host: Host, logins: Sequence[BlockingLogin | AwaitingLogin]) -> ModuleType:
    def put(request: Any) -> HttpResponse:
        request.session.update(request.GET.dict())
        return HttpResponse("put")

    def enter(request: Any) -> HttpResponse:
        host.enter(request.session, request.GET.dict())
        return HttpResponse("entered")

    def show(request: Any) -> HttpResponse:
        account, identity = web_django.current_account(request), web_django.current_identity(request)
        return HttpResponse(home(account, identity, request.session.get("cart")), content_type="text/plain")

    def receive(request: Any, ending: Any) -> HttpResponse | None:
        text = host.told(ending)
        return None if text is None else HttpResponse(text)

    async def receive_async(request: Any, ending: Any) -> HttpResponse | None:
        return receive(request, ending)

    def sign_in(_: Any) -> HttpResponse:
        return HttpResponse(buttons(host))

    names = {"": show, "lessons/7": show, "settings": show, "put": put, "enter": enter, "sign-in": sign_in}
    urls = ModuleType("host_urls")
    urls.urlpatterns = [
        *(path(where, view) for where, view in names.items()),
        *(
            pattern
            for login in logins
            for pattern in web_django.mount(
                login,
                receive=receive if isinstance(login, BlockingDriver) else receive_async,
                visitor=lambda request: host.visitor(request.session),
                **host.rules,
            )
        ),
    ]
    return urls


@contextlib.contextmanager
def django_urls(host: Host, logins: Sequence[BlockingLogin | AwaitingLogin]) -> Iterator[None]:
    """The project's settings for this host."""
    https = host.app.redirect_uri.startswith("https:")
    with override_settings(SESSION_COOKIE_SECURE=https), override_settings(ROOT_URLCONF=_django_urls(host, logins)):
        yield


# --- On sockets -------------------------------------------------------------------------------------------------------


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextlib.contextmanager
def over_wsgi(listening: socket.socket, app: Any) -> Iterator[None]:
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        server.socket.close()
        server.socket = listening
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def over_asgi(listening: socket.socket, app: Any) -> Iterator[None]:
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    yield
    server.should_exit = True
    thread.join()


@contextlib.contextmanager
def run(framework: str, host: Host, listening: socket.socket) -> Iterator[None]:
    """The host app of a framework, on a socket."""
    match framework:
        case "starlette":
            with over_asgi(listening, starlette_host(host)):
                yield
        case "fastapi":
            with over_asgi(listening, fastapi_host(host)):
                yield
        case "flask":
            with over_wsgi(listening, flask_host(host)):
                yield
        case "django":
            with django_urls(host, host.logins()), over_wsgi(listening, get_wsgi_application()):
                yield
        case "django-async":
            with django_urls(host, host.async_logins()), over_asgi(listening, get_asgi_application()):
                yield
