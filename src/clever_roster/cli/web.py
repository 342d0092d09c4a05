"""`clever-roster demo --web`: the example classroom in a browser, with a pretend Clever and a pretend Google beside it.

All three run in this process, on loopback, until Ctrl-C. The classroom is `examples/classroom`; a wheel carries it
beside the package, as `clever_roster_examples`. Nothing of it is imported before it is asked for.
"""

from __future__ import annotations

import json
import secrets
import signal
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module, util
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from types import FrameType, ModuleType

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import CLEVER, GOOGLE_ACCOUNTS, GOOGLE_CLASSROOM, Secret
from clever_roster.oauth import CleverApp, GoogleApp, GoogleHosts
from clever_roster.testing import District, SimulatedApp, Simulator, serve
from clever_roster.testing.google import SimulatedGoogle, SimulatedGoogleApp

__all__ = ["Stand", "run", "stand"]

_HERE = Path(__file__).parents[2]
_PLACES = (_HERE.parent / "examples" / "classroom", _HERE / "clever_roster_examples" / "classroom")
_NEEDS = ("sqlalchemy", "starlette", "itsdangerous", "jinja2", "multipart", "uvicorn", "jwt")


@attrs.frozen(kw_only=True)
class Stand:
    """What was put up.

    Attributes:
        app, clever, google: addresses of the classroom, of the pretend Clever and the pretend Google.
        portal: address of the first district's portal; `district` is its name.
        emails: whom to sign in as with the password, by the part they play.
        simulator, pretend_google: what is served there.
    """

    app: str
    clever: str
    google: str
    portal: str
    district: str
    emails: Mapping[str, str]
    password: str
    simulator: Simulator
    pretend_google: SimulatedGoogle


def run(districts: Sequence[District], *, port: int, database: str | None, as_json: bool = False) -> int:
    """Put it up, say what to click (or the addresses as one line of JSON), and wait for Ctrl-C. Exit status: 0.

    Raises:
        ConfigurationError: a package is missing, or the port is taken.
    """
    with _told_to_stop() as stop, stand(districts, port=port, database=database) as it:
        card = {
            "app": it.app,
            "portal": it.portal,
            "google": it.google,
            "emails": dict(it.emails),
            "password": it.password,
        }
        print(json.dumps(card) if as_json else _told(it), flush=True)
        stop.wait()
    return 0


@contextmanager
def stand(districts: Sequence[District], *, port: int = 0, database: str | None = None) -> Generator[Stand]:
    """The classroom, the pretend Clever, and the first district's pretend Google, until the block ends.

    Args:
        port: of the classroom; 0 for a free one.
        database: an SQLite address that stays; else a temporary one.

    Raises:
        ConfigurationError: a package is missing, or the port is taken.
    """
    classroom = _classroom()
    with ExitStack() as stack:
        try:
            listening = classroom.listen(port)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(
                f"The classroom cannot be served on port {port}: {error}.",
                next_step="Choose another with --port, or 0 for a free one.",
            ) from None
        own = f"http://localhost:{listening.getsockname()[1]}"
        google = classroom.google_of(
            districts[0], SimulatedGoogleApp(name="Lighthouse", redirect_uris=(f"{own}/google/callback",))
        )
        simulator = Simulator(
            districts,
            app=SimulatedApp(name="Lighthouse", redirect_uris=(f"{own}/clever/callback",)),
            portal=classroom.Nights(districts, google).portal,
        )
        clever, at_google = (stack.enter_context(serve(one)) for one in (simulator, google))
        url = database or f"sqlite:///{stack.enter_context(TemporaryDirectory())}/lighthouse.db"
        school = classroom.School(
            _registered_at_clever(simulator.app, clever),
            _registered_at_google(google.app, at_google),
            url,
            districts={one.id: one.name for one in districts},
            tenant=[(CLEVER, districts[0].id), (GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS)],
        )
        stack.callback(school.close)
        emails = classroom.play(school, districts[0], google.domain)
        app = classroom.build(school, secret=Secret(secrets.token_urlsafe(32)))
        stack.enter_context(classroom.serving(app, listening))
        yield Stand(
            app=own,
            clever=clever,
            google=at_google,
            portal=f"{clever}/in/{districts[0].shortname}",
            district=districts[0].name,
            emails=emails,
            password=classroom.PASSWORD,
            simulator=simulator,
            pretend_google=google,
        )


def _registered_at_clever(app: SimulatedApp, address: str) -> CleverApp:
    return CleverApp(
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=app.redirect_uris[0],
        oauth_url=address,
        api_url=address,
    )


def _registered_at_google(app: SimulatedGoogleApp, address: str) -> GoogleApp:
    return GoogleApp(
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=app.redirect_uris[0],
        hosts=GoogleHosts.at(address),
    )


def _classroom() -> ModuleType:
    """The example app, imported from where it lies."""
    missing = [name for name in _NEEDS if util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"The classroom needs {', '.join(missing)}.", next_step="Run: pip install 'clever-roster[classroom]'"
        )
    if "classroom" in sys.modules:
        return import_module("classroom")
    for place in _PLACES:
        spec = util.spec_from_file_location("classroom", place / "__init__.py", submodule_search_locations=[str(place)])
        if spec is not None and spec.loader is not None and (place / "__init__.py").exists():
            module = util.module_from_spec(spec)
            sys.modules["classroom"] = module
            spec.loader.exec_module(module)
            return module
    raise ConfigurationError(
        "The example classroom is not there.", next_step="Install the package again, or run from a checkout."
    )


@contextmanager
def _told_to_stop() -> Generator[Event]:
    stop = Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {told: signal.signal(told, tell) for told in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for told, answer in before.items():
            signal.signal(told, answer)


def _told(it: Stand) -> str:
    return f"""\
The classroom:    {it.app}
Clever's portal:  {it.portal}   (pretend; everybody in it is made up)
Google:           {it.google}   (pretend, too: whom to be at Google)

As the teacher
  1. {it.app}/sign-in with {it.emails["teacher"]} and password {it.password}
  2. Settings, "Connect Clever login"; at Clever choose {it.district},
     then who "teaches look-alike classes"; "Yes, connect the two"
  3. Classes, "Create a section", Clever: two of the classes look alike; choose the first, look at the plan, import
  4. In the portal, let "An ordinary day" pass; in the class, "Sync students from Clever": look, then do it, then undo
  5. In the portal, "A slip: most of one class is gone"; sync again: it is held until you say why it is right
  6. Duplicates: last year's children exist twice. Compare, join, and undo

The same class in two rosters
  Begin anew, sign in as the teacher, connect both logins; Classes, "Create a section", Google Classroom: import one of
  the two that look alike, then choose it from Clever, too. You are warned, and shown how it moves to Clever with
  everybody's account and stars; undo it in the class's history

As a student
  Sign in with {it.emails["pupil"]} and {it.password} (12 stars), then connect Clever in the settings; or log in at the
  portal as "a student" and click the tile: you arrive without an account, and are asked

As the district
  Log in at the portal as who "runs the district", click the tile: the District page shows what is held, and how long

Ctrl-C ends it; nothing is kept."""
