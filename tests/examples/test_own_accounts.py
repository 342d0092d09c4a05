"""The program of the README's promise: an own `accounts` table, a student signed in, a class imported, in 60 lines."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import ModuleType
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from sqlalchemy import create_engine, text

from clever_roster import CleverApp
from clever_roster.cli.browser import Browser
from clever_roster.testing import District, SimulatedApp, Simulator, serve
from clever_roster.testing.showcase import Showcase

PROGRAM = Path(__file__).parents[2] / "examples" / "own_accounts.py"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_accounts", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def world(program: ModuleType, district: District, tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """The program on a socket, Clever on another one, and the program's database."""
    database = f"sqlite:///{tmp_path}/school.db"
    with make_server("127.0.0.1", 0, lambda *_: [], handler_class=Quiet) as server:
        own = f"http://127.0.0.1:{server.server_port}"
        app = SimulatedApp(redirect_uris=(f"{own}/clever/callback",))
        with serve(Simulator([district], app=app)) as clever:
            known = {"client_id": app.client_id, "client_secret": app.client_secret}
            described = CleverApp(**known, redirect_uri=app.redirect_uris[0], oauth_url=clever, api_url=clever)
            school = program.School(described, database)
            server.set_app(school)
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            yield own, clever, database
            server.shutdown()
            thread.join()
            school.login.close()
            school.store.close()


def test_it_is_under_sixty_lines() -> None:
    """Own code: what stands below the docstring, without blank lines."""
    source = PROGRAM.read_text(encoding="utf-8")
    begin = ast.parse(source).body[0].end_lineno
    assert len([line for line in source.splitlines()[begin:] if line.strip()]) < 60


def signed_in(own: str, clever: str, district: District, person: str) -> tuple[httpx.Client, str]:
    """A browser in which somebody came from Clever's portal, and what the program said to them."""
    browser = Browser(clever, app=f"{own}/clever/callback")
    browser.log_in_to_clever(district.shortname, person)
    launched = browser.launch_from_portal(district.shortname)
    client = browser._http
    page = client.get(f"{own}/clever/callback?{launched}", follow_redirects=True)
    return client, page.text


def test_a_student_signs_in_and_a_teacher_imports_the_class(
    world: tuple[str, str, str], district: District, show: Showcase
) -> None:
    """From the portal, over real sockets; the student's account is the one that the import finds."""
    own, clever, database = world
    student, said = signed_in(own, clever, district, show.student)
    assert said.startswith("Welcome, ")
    assert student.get(own).text == "You are account 1."
    teacher, _ = signed_in(own, clever, district, show.teacher)
    section = district.sections[show.sections[0]]
    people = len(section.students) + len(section.teachers)
    assert teacher.get(f"{own}/import?{section.id}").text == f"{people} people enrolled, 0 steps held."
    assert teacher.get(f"{own}/import?{section.id}").text == "0 people enrolled, 0 steps held."
    engine = create_engine(database)
    with engine.begin() as connection:
        assert connection.execute(text("select count(*) from accounts")).scalar_one() == people
    engine.dispose()
    student.close()
    teacher.close()
