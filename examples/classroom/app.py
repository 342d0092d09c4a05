"""The product on the web: its own pages, and the logins with Clever and with Google mounted beside them."""

from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from classroom.pages import (
    asking,
    classes,
    desk,
    district,
    doors,
    doubles,
    google,
    missing,
    moves,
    plans,
    settings,
    students,
)
from clever_roster.linking import Policy
from clever_roster.web.starlette import mount

HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"cache-control", b"no-store"),  # names of children do not stay in the cache of a shared computer
    (b"x-content-type-options", b"nosniff"),
)


POLICY = Policy(absorb_empty=True)
"""An import makes an account for a child who has one at home: the child may take the empty one over. Our accounts know
how much work is in them; where nobody counts, every account would look empty."""


class OwnHeaders:
    """Puts our headers on every answer that has none of its own of that name."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def dressed(message):
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in HEADERS if pair[0] not in there)]
            await send(message)

        await self.app(scope, receive, dressed if scope["type"] == "http" else send)


async def not_there(request, _):
    return asking.Asked(request=request).stop("This page is not here", "The address may be mistyped, or old.")


async def went_wrong(_, __):
    """Said without asking for anything that may be what went wrong; the server's log has the rest."""
    return asking.said("Something went wrong here", "It is not your doing. Please try again in a moment.", 500)


def build(school, *, secret):
    """The application; `secret` signs the session cookie."""
    app = Starlette(
        routes=[
            *doors.ROUTES,
            *desk.ROUTES,
            *classes.ROUTES,
            *students.ROUTES,
            *plans.ROUTES,
            *moves.ROUTES,
            *missing.ROUTES,
            *settings.ROUTES,
            *google.ROUTES,
            *doubles.ROUTES,
            *district.ROUTES,
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(OwnHeaders)],
        exception_handlers={404: not_there, Exception: went_wrong},
    )
    app.state.school = school
    app.state.places = {
        login.by: mount(
            app,
            login,
            secret=secret if login is school.login else None,  # the session is one for both
            receive=partial(doors.receive, login.by),
            visitor=asking.visitor,
            own_login=f"/sign-in?next=/{login.by.lower()}/connect",
            policy=POLICY,
        )
        for login in (school.login, school.google)
    }
    return app
