"""Clever and Google side by side in one host app, on every framework over real sockets: one account, two ways in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from web_browser import CLICK, Browser
from web_world import World

from clever_roster.linking import Created, Linked, NeedsConfirmation, NewAccountNeeded, SignedIn
from clever_roster.model import PersonId
from clever_roster.oauth import Reason, Refused
from clever_roster.testing.google import SimulatedGoogle
from clever_roster.testing.openid import Signer
from clever_roster.testing.showcase import Showcase
from clever_roster.web import SignedOut
from clever_roster.web.exchange import Exchange


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The host of this file mounts both logins."""
    return Signer()


@pytest.fixture
def google(world: World) -> SimulatedGoogle:
    assert world.google is not None
    return world.google


@pytest.fixture
def person(google: SimulatedGoogle, show: Showcase) -> PersonId:
    """The showcase's teacher, by their Google id."""
    return google.domain.account_of(show.teacher)


@pytest.fixture
def browser(world: World, google: SimulatedGoogle, show: Showcase, person: PersonId) -> Browser:
    """A browser in which the showcase's teacher is logged in to Clever and to Google."""
    browser = world.browser(show.teacher)
    name, value = google.sign_in(person).split("=", 1)
    browser.http.cookies.set(name, value, domain="127.0.0.1")
    return browser


def answer_of(by: str, browser: Browser, google: SimulatedGoogle, person: PersonId) -> str:
    """Begin a login in this browser, and stop right before its callback: the query that the provider sent."""
    address = browser.http.get(f"{browser.own}/{by}/login", headers=CLICK).headers["location"]
    if by == "google":
        return urlsplit(google.visit(address, person)).query
    return urlsplit(browser.http.get(address, headers=CLICK).headers["location"]).query


def test_a_teacher_signs_in_with_google_connects_clever_and_signs_in_with_either(
    world: World, browser: Browser, show: Showcase, person: PersonId
) -> None:
    """Both buttons stand on one page, each page names its own provider, and both logins open the one account."""
    browser.go("/sign-in")
    assert [*browser.page.forms] == ["Continue with Clever", "Continue with Google"]
    browser.press("Continue with Google")
    assert "Google says that you are" in browser.page.text
    assert "Clever" not in browser.page.text
    browser.press("Make my account")
    account = world.links()[person]
    assert f"account={account} " in browser.seen[-1].text

    browser.go("/clever/connect?return_to=/settings")
    assert "Connect Clever with your account?" in browser.page.text
    browser.press("Yes, connect")
    assert browser.seen[-1].url.path == "/settings"
    assert world.links() == {person: account, show.teacher: account}

    assert "also sign out of Google" in browser.go("/google/sign-out", method="POST").text
    assert "account=None" in browser.go("/").text
    assert "Continue with Clever?" in browser.go("/clever/login").text  # who signed out, signed out of both
    browser.press("Continue with Clever")
    assert f"account={account} roles=district_admin teacher " in browser.seen[-1].text
    browser.go("/google/login")
    assert f"account={account} " in browser.seen[-1].text
    kinds = [type(ending) for ending in world.endings if not type(ending).__name__.startswith("Click")]
    assert kinds == [NewAccountNeeded, Created, NeedsConfirmation, Linked, SignedOut, SignedIn, SignedIn]


def test_google_is_connected_from_the_settings_of_an_account_that_signs_in_with_clever(
    world: World, browser: Browser, show: Showcase, person: PersonId
) -> None:
    """The other way round, and the page that asks names Google."""
    browser.go("/clever/login")
    browser.press("Make my account")
    account = world.links()[show.teacher]
    browser.go("/google/connect?return_to=/settings")
    assert "Connect Google with your account?" in browser.page.text
    browser.press("Yes, connect")
    assert world.links() == {person: account, show.teacher: account}


@pytest.mark.parametrize(("begun", "sent_to"), [("google", "clever"), ("clever", "google")])
def test_no_login_takes_the_others_answer(
    world: World, browser: Browser, person: PersonId, begun: str, sent_to: str
) -> None:
    """RFC 9700, 4.4: an answer at the other's callback is refused, and its code sent nowhere (both would be down)."""
    assert world.google is not None
    answer = answer_of(begun, browser, world.google, person)
    world.simulator.fail("/oauth/tokens", times=None)
    world.google.fail("/token", times=None)
    page = browser.go(f"/{sent_to}/callback?{answer}")
    assert page.status_code == 403
    assert f"not a login that {sent_to.title()} sent" in browser.page.text
    (refused,) = world.endings
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.MALFORMED
    assert world.links() == {}


def test_the_places_of_two_logins_have_names_and_paths_of_their_own(world: World) -> None:
    """Flask refuses a name twice, Django takes the last one silently."""
    clever, google = (Exchange(login, {}) for login in world.host.logins())
    assert clever.names["start"] == "clever_roster_clever_start"
    assert google.names["start"] == "clever_roster_google_start"
    assert {*clever.names.values()}.isdisjoint(google.names.values())
    assert {*clever.routes.values()}.isdisjoint(google.routes.values())


def test_two_logins_that_begin_in_one_browser_do_not_disturb_each_other(
    browser: Browser, google: SimulatedGoogle, person: PersonId
) -> None:
    """They share the browser's cookie, and each attempt is found by its own state."""
    from_clever = answer_of("clever", browser, google, person)
    from_google = answer_of("google", browser, google, person)
    browser.go(f"/clever/callback?{from_clever}")
    assert "Clever says that you are" in browser.page.text
    browser.go(f"/google/callback?{from_google}")
    assert "Google says that you are" in browser.page.text
