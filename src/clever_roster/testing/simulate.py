"""`clever-roster simulate`: a pretend Clever, and a pretend Google if wanted, that run until they are told to stop.

It prints one line of JSON with everything that an application needs to log in against it, and then serves on this
machine's loopback address. A seed gives the same district every time; tokens and codes are new each time, as a code
that was seen before is rightly refused.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from types import FrameType

from clever_roster.errors import ConfigurationError
from clever_roster.testing.district import District
from clever_roster.testing.generate import sample_district
from clever_roster.testing.google import SimulatedGoogle, SimulatedGoogleApp, sample_classroom_domain
from clever_roster.testing.server import serve
from clever_roster.testing.sftp import read_district
from clever_roster.testing.simulator import Simulator
from clever_roster.testing.world import SimulatedApp

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

REDIRECT_URI = "http://127.0.0.1:8000/clever/callback"
GOOGLE_REDIRECT_URI = "http://127.0.0.1:8000/google/callback"

EXAMPLES = """\
  clever-roster simulate                             a sample district, on a free port
  clever-roster simulate --data export/ --port 8100 --redirect-uri http://localhost:3000/callback
  clever-roster simulate --google                    and the same school's Google beside it
"""

SHAPE = """\
  oauth_url, api_url      where it is served (one address)
  client_id, client_secret, redirect_uri
  district_ids []         and of the first: district_id, district_token, portal_url
  google_url, google_client_id, google_client_secret, google_redirect_uri, google_domain   with --google
  (one line of JSON is printed with and without --json)
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0, the default, for a free one")
    parser.add_argument("--seed", type=int, default=1, help="which sample district")
    parser.add_argument("--students", type=int, default=300, help="size of the sample district")
    parser.add_argument("--data", type=Path, metavar="DIR", help="serve the district of these CSV files instead")
    parser.add_argument("--redirect-uri", action="append", help="of your application; repeat for several")
    parser.add_argument("--google", action="store_true", help="serve the same school's Google, too, on a free port")
    parser.add_argument("--google-redirect-uri", action="append", help="of your application at Google; likewise")


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; the answer is the exit code, 0.

    The line of JSON has: oauth_url, api_url (the same address), client_id, client_secret, redirect_uri,
    district_ids, and of the first district district_id, district_token and portal_url; with `--google` also google_url,
    google_client_id, google_client_secret, google_redirect_uri and google_domain.

    Raises:
        BadExport: the CSV files cannot be used.
        ConfigurationError: the port cannot be had, or what a pretend Google signs with is not installed.
    """
    district = read_district(options.data) if options.data else sample_district(options.seed, students=options.students)
    app = SimulatedApp(redirect_uris=tuple(options.redirect_uri or [REDIRECT_URI]))
    simulator = Simulator([district], app=app)
    google = _google(district, options.google_redirect_uri) if options.google else None
    with ExitStack() as stack:
        card = _card(simulator, stack.enter_context(serve(simulator, port=options.port)))
        if google is not None:
            card |= _google_card(google, stack.enter_context(serve(google)))
        stop = stack.enter_context(_told_to_stop())
        sys.stdout.write(json.dumps(card) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _google(district: District, redirect_uris: list[str] | None) -> SimulatedGoogle:
    if find_spec("jwt") is None:
        raise ConfigurationError(
            "PyJWT is not installed, and a pretend Google signs id_tokens with it.",
            next_step="Install clever-roster[oidc], or leave out --google.",
        )
    app = SimulatedGoogleApp(redirect_uris=tuple(redirect_uris or [GOOGLE_REDIRECT_URI]))
    return SimulatedGoogle(sample_classroom_domain(district), app=app)


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


def _card(simulator: Simulator, address: str) -> dict[str, object]:
    first = simulator.districts[0]
    return {
        "oauth_url": address,
        "api_url": address,
        "client_id": simulator.app.client_id,
        "client_secret": simulator.app.client_secret.reveal(),
        "redirect_uri": simulator.app.redirect_uris[0],
        "district_ids": [district.id for district in simulator.districts],
        "district_id": first.id,
        "district_token": simulator.district_token(first.id).reveal(),
        "portal_url": f"{address}/in/{first.shortname}",
    }


def _google_card(google: SimulatedGoogle, address: str) -> dict[str, object]:
    return {
        "google_url": address,
        "google_client_id": google.app.client_id,
        "google_client_secret": google.app.client_secret.reveal(),
        "google_redirect_uri": google.app.redirect_uris[0],
        "google_domain": google.domain.name,
    }
