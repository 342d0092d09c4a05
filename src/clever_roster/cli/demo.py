"""`clever-roster demo`: the whole story on this machine, with no account, no credentials and no network."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from clever_roster.cli.browser import Visits
from clever_roster.cli.databases import refuse_password
from clever_roster.cli.drawing import console
from clever_roster.cli.host import HostApp
from clever_roster.cli.story import Chapter, Stage, play
from clever_roster.cli.telling import as_json, say_chapter, say_summary
from clever_roster.oauth import CleverApp, CleverLogin
from clever_roster.testing import District, SimulatedApp, Simulator, serve
from clever_roster.testing.evolution import next_day
from clever_roster.testing.generate import sample_district
from clever_roster.testing.sftp import read_district
from clever_roster.testing.showcase import showcase

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

EXAMPLES = """\
  clever-roster demo                                 a sample district and a temporary database
  clever-roster demo --data export/ --db sqlite:///demo.db
  clever-roster demo --web                           the same in a browser
"""

SHAPE = """\
  seed, returning         which district; whether the database has lived through the story before
  login, linking, ...     each chapter: ok, and what was counted
"""

_CALLBACK = "http://localhost:8000/clever/callback"
EXPECTED = ("login", "linking", "classrooms", "import", "sync", "guard", "duplicates")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="play it on a district's CSV export (Clever SFTP files)"
    )
    parser.add_argument("--db", metavar="URL", help="database to use, as sqlite:///demo.db; else a temporary one")
    parser.add_argument("--students", type=int, default=120, help="size of the sample district (default: 120)")
    parser.add_argument("--seed", type=int, default=1, help="which sample district (default: 1)")
    parser.add_argument("--web", action="store_true", help="click through it in a browser, until Ctrl-C")
    parser.add_argument("--port", type=int, default=8000, help="with --web: port of the classroom; 0 for a free one")


def run(options: argparse.Namespace) -> int:
    """Play the story and tell it. Exit status: 0 when every chapter's own check holds, 1 when one does not."""
    if options.db:
        refuse_password(options.db)
    if options.web:
        from clever_roster.cli import web

        districts = [_district(options), sample_district(options.seed + 1, students=60)]
        return web.run(districts, port=options.port, database=options.db, as_json=options.json)
    out = console(no_color=options.no_color)
    chapters: list[Chapter] = []
    with _stage(options) as stage:
        if not options.json:
            out.print(
                f"A pretend Clever runs on {stage.address}; {stage.district.name}, {len(stage.district.people)} people."
            )
        for chapter in play(stage):
            chapters.append(chapter)
            if not options.json:
                say_chapter(out, len(chapters), chapter)
    if options.json:
        print(as_json(chapters, about={"seed": options.seed, "returning": stage.returning}))
    else:
        say_summary(out, chapters)
    held = [chapter.name for chapter in chapters if chapter.ok]
    return 0 if held == [*EXPECTED] else 1


@contextmanager
def _stage(options: argparse.Namespace) -> Generator[Stage]:
    """Read the district first: a bad export is told before anything is written."""
    district = _district(options)
    show = showcase(district)
    with ExitStack() as stack:
        url = options.db or f"sqlite:///{stack.enter_context(TemporaryDirectory())}/demo.db"
        host = HostApp(url)
        stack.callback(host.close)
        app = SimulatedApp(redirect_uris=(_CALLBACK,))
        simulator = Simulator([district], app=app)
        address = stack.enter_context(serve(simulator))
        visits = Visits()
        stack.callback(visits.http.close)
        login = CleverLogin(
            CleverApp(
                client_id=app.client_id,
                client_secret=app.client_secret,
                redirect_uri=_CALLBACK,
                oauth_url=address,
                api_url=address,
            ),
            store=host.store,
            http=visits.http,
        )
        stage = Stage(
            simulator=simulator,
            address=address,
            host=host,
            login=login,
            visits=visits,
            district=district,
            show=show,
            seed=options.seed,
            now=datetime.now(UTC),
        )
        yield _taken_up(stage)


def _district(options: argparse.Namespace) -> District:
    if options.data is not None:
        return read_district(options.data)
    return sample_district(options.seed, students=options.students)


def _taken_up(stage: Stage) -> Stage:
    """A database that has lived through the story is on its second day; the district must be too."""
    if not stage.imported():
        return stage
    today = next_day(stage.district, seed=stage.seed)
    stage.simulator.replace(today)
    return attrs.evolve(stage, district=today, returning=True)
