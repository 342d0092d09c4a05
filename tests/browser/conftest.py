"""A real browser on the example classroom, with the pretend Clever beside it: nothing leaves this machine.

The stand is put up for each test, on a copy of a database that is made once, so that tests do not meet.
The browser is started once, and each person in a test has a profile of their own in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from people_at_browsers import Person

from clever_roster.cli.web import Stand, stand
from clever_roster.testing import District, sample_district

WAIT = 10_000
FIRST = "Algebra 1 - Chaudhary - 1"
SIZE = {"width": 1100, "height": 850}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="browser tests keep pictures of pages in screenshots/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; a machine without one says so and goes on.

    One for each file, and no longer: while Playwright is at work this thread has a running event loop, in which neither
    `asyncio.run` nor Django's ORM may be used by the tests that come after.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: no browser journeys")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium): no browser journeys")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, args=[*root, "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def districts() -> tuple[District, District]:
    return sample_district(1, students=120), sample_district(2, students=60)


@pytest.fixture(scope="session")
def begun(districts: tuple[District, District], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the demonstration begins, made once."""
    made = tmp_path_factory.mktemp("begun") / "classroom.db"
    with stand(districts, database=f"sqlite:///{made}"):
        return made


@pytest.fixture(scope="module")
def imported(
    browser: Any, begun: Path, districts: tuple[District, District], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same when the teacher is connected and has a class: made once a file, in the browser."""
    made = Path(shutil.copy(begun, tmp_path_factory.mktemp("imported")))
    with stand(districts, database=f"sqlite:///{made}") as at:
        context = browser.new_context(viewport=SIZE)
        context.set_default_timeout(WAIT)
        teacher = Person(context.new_page(), at)
        teacher.signs_in(at.emails["teacher"])
        teacher.connects_clever("teaches look-alike")
        teacher.imports(1)
        teacher.page.get_by_role("heading", name="Manage students").wait_for()
        context.close()
    return made


@pytest.fixture
def at(request: pytest.FixtureRequest, districts: tuple[District, District], tmp_path: Path) -> Iterator[Stand]:
    """The classroom and the pretend Clever, on a copy of one of the two."""
    begins = "imported" if "class_teacher" in request.fixturenames else "begun"
    copy = shutil.copy(request.getfixturevalue(begins), tmp_path)
    with stand(districts, database=f"sqlite:///{copy}") as it:
        yield it


@pytest.fixture
def person(browser: Any, at: Stand, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Make people, each with a browser profile of their own."""
    contexts = []

    def arrives(**options: Any) -> Person:
        context = browser.new_context(viewport=SIZE, **options)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        return Person(context.new_page(), at, pictures=request.config.getoption("screenshots", default=False))

    yield arrives
    for context in contexts:
        context.close()


@pytest.fixture
def class_teacher(person: Any, at: Stand) -> Person:
    """The teacher, on the page of a class that was imported."""
    somebody = person()
    somebody.signs_in(at.emails["teacher"])
    somebody.follows(FIRST, exact=True)
    somebody.page.get_by_role("heading", name="Manage students").wait_for()
    return somebody
