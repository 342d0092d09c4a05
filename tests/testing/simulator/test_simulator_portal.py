"""A `Portal`: whom a person at a demonstration may be first, and what they may let happen overnight."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from clever_roster.steps import Request, Response
from clever_roster.testing import District, Portal, Simulator, next_day, sample_district
from clever_roster.testing.showcase import Showcase, showcase

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def district() -> District:
    """A whole school: the village of the other tests here is too small for a showcase."""
    return sample_district(3, students=80)


@pytest.fixture(scope="module")
def show(district: District) -> Showcase:
    return showcase(district)


@pytest.fixture
def shown(district: District, show: Showcase) -> Simulator:
    portal = Portal(
        featured={show.student: "a student"}, nights={"A day passes": lambda today: next_day(today, seed=1)}
    )
    return Simulator([district], portal=portal)


def opens(simulator: Simulator, district: District, cookie: str = "") -> str:
    address = f"https://clever.com/in/{district.shortname}"
    return simulator.respond(Request("GET", address, {"cookie": cookie}, b"")).body.decode()


def lets_pass(simulator: Simulator, shortname: str, night: str) -> Response:
    address = f"https://clever.com/in/{shortname}/night"
    return simulator.respond(Request("POST", address, FORM, urlencode({"night": night}).encode()))


def test_who_plays_a_part_stands_first_on_the_login_page(shown: Simulator, district: District, show: Showcase) -> None:
    """By name and part; everybody else follows as ever."""
    page = opens(shown, district)
    student = district.people[show.student]
    assert f"{student.first} {student.last}, a student" in page
    assert page.index(", a student") < page.index("Teachers")


def test_a_night_makes_the_next_day(shown: Simulator, district: District, show: Showcase) -> None:
    """The button stands on the login page and in the portal; the roster is the next day's from then on."""
    assert "A day passes" in opens(shown, district)
    assert "A day passes" in opens(shown, district, shown.sign_in(show.teacher))
    answer = lets_pass(shown, district.shortname, "A day passes")
    assert (answer.status, answer.headers["location"]) == (303, f"/in/{district.shortname}")
    assert shown.districts == (next_day(district, seed=1),)


def test_what_is_not_offered_does_not_happen(shown: Simulator, district: District) -> None:
    """Another word, or a district that is not here: nothing changes."""
    assert lets_pass(shown, district.shortname, "The year passes").status == 404
    assert lets_pass(shown, "elsewhere", "A day passes").status == 404
    assert shown.districts == (district,)


def test_without_a_portal_of_that_kind_the_pages_offer_nothing(simulator: Simulator, district: District) -> None:
    """A simulator for tests is as before."""
    assert "overnight" not in opens(simulator, district)
    assert "In the story" not in opens(simulator, district)
