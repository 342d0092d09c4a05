"""One story, played on every framework over real sockets: portal, button, settings, a shared laptop, the way out."""

from __future__ import annotations

import httpx
from web_browser import PLAIN
from web_hosts import OWN
from web_world import World

from clever_roster.linking import Created, Linked, NeedsConfirmation, NewAccountNeeded, Session, SignedIn
from clever_roster.model import PersonId
from clever_roster.testing.showcase import Showcase
from clever_roster.web import ClickNeeded, SignedOut


def kinds(world: World) -> list[type]:
    return [type(ending) for ending in world.endings]


def test_a_teacher_comes_from_the_portal_and_is_asked_once(world: World, show: Showcase) -> None:
    """The bounce is invisible, nothing is written before the person agrees, and next time one click is enough."""
    browser = world.browser(show.teacher)
    page = browser.click_tile(world.district.shortname)
    assert "New here?" in page.text
    assert browser.codes() == 2  # the portal's, never used, and the one of our own login
    assert world.links() == {}
    browser.press("Make my account")
    assert " teacher cart=None" in browser.seen[-1].text
    assert str(browser.seen[-1].url) == f"{world.own}/"
    assert [*world.links()] == [show.teacher]
    again = browser.click_tile(world.district.shortname)
    assert f"account={world.links()[show.teacher]} " in again.text
    assert kinds(world) == [NewAccountNeeded, Created, SignedIn]


def test_a_student_begins_here_and_ends_where_they_wanted_to_go(
    world: World, pupils: tuple[PersonId, PersonId]
) -> None:
    """`return_to` survives the login, and the question before a new account."""
    browser = world.browser(pupils[0])
    browser.go("/clever/login?return_to=/lessons/7")
    browser.press("Make my account")
    assert browser.seen[-1].url.path == "/lessons/7"
    assert "roles=student" in browser.seen[-1].text
    browser.go("/clever/login?return_to=//elsewhere.test")
    assert str(browser.seen[-1].url) == f"{world.own}/"


def test_an_account_is_connected_from_its_settings(world: World, pupils: tuple[PersonId, PersonId]) -> None:
    """Signed in with a password, connected after a page that names the person, and from then on Clever opens it."""
    browser = world.browser(pupils[0])
    browser.go(f"/enter?own={OWN}")
    browser.go("/clever/connect?return_to=/settings")
    assert world.district.people[pupils[0]].first in browser.page.text
    assert world.links() == {}
    browser.press("Yes, connect")
    assert browser.seen[-1].url.path == "/settings"
    assert world.links() == {pupils[0]: OWN}
    browser.go("/clever/sign-out", method="POST")
    browser.press("Sign in again")
    assert f"account={OWN} roles=student" in browser.seen[-1].text
    assert kinds(world) == [NeedsConfirmation, Linked, SignedOut, SignedIn]


def test_who_has_an_account_already_signs_in_to_it_and_it_is_connected(
    world: World, pupils: tuple[PersonId, PersonId]
) -> None:
    """From the page that asks, over the host's own login, and on: no second account, and the first wish is not lost."""
    browser = world.browser(pupils[0])
    browser.go("/clever/login?return_to=/lessons/7")
    browser.follow("I have an account here: sign in to it and connect Clever")
    browser.go("/clever/connect")
    assert world.district.people[pupils[0]].first in browser.page.text
    assert world.links() == {}
    browser.press("Yes, connect")
    assert browser.seen[-1].url.path == "/lessons/7"
    assert world.links() == {pupils[0]: OWN}
    assert kinds(world) == [NewAccountNeeded, NeedsConfirmation, Linked]


def test_c01_c02_the_next_pupil_on_the_laptop_finds_nothing_of_the_first(
    world: World, pupils: tuple[PersonId, PersonId]
) -> None:
    """A portal login replaces whoever is signed in: session emptied, its id another one, nobody's cart inherited."""
    world.signed_in(pupils[1])
    browser = world.signed_in(pupils[0])
    browser.go("/put?cart=draft")
    assert "cart=draft" in browser.go("/").text
    before = browser.cookie(world.session_cookie)
    browser.log_in_to_clever(world.district.shortname, pupils[1])
    page = browser.click_tile(world.district.shortname)
    assert f"account={world.links()[pupils[1]]} " in page.text
    assert "cart=None" in page.text
    assert world.endings[-1].session is Session.REPLACE
    assert browser.cookie(world.session_cookie) != before
    old = httpx.get(world.own, headers={"cookie": f"{world.session_cookie}={before}"}, verify=PLAIN)
    if world.framework.startswith("django"):  # the others' sessions are signed cookies, and no server forgets them
        assert "account=None" in old.text
    else:
        assert world.host.rotations == len(world.endings)  # asked, made, asked, made, replaced: each under a new id


def test_c05_signing_out_leaves_nothing_and_begins_nothing(world: World, pupils: tuple[PersonId, PersonId]) -> None:
    """The page says to sign out of Clever too; for a minute no link logs the same child in again by itself."""
    browser = world.signed_in(pupils[0])
    browser.go("/put?cart=draft")
    page = browser.go("/clever/sign-out", method="POST")
    assert "also sign out of Clever" in page.text
    assert "account=None roles= cart=None" in browser.go("/").text
    for silent in ("/clever/login?return_to=/lessons/7", "/clever/callback?code=portal"):
        assert "Continue with Clever?" in browser.go(silent).text
        assert len(browser.seen) == 1
    browser.go("/clever/login?return_to=/lessons/7")
    browser.press("Continue with Clever")
    assert "confirmed=false" in str(browser.seen[1].url)  # Clever asks whether it is still the same child
    assert browser.seen[-1].url.path == "/lessons/7"
    assert "roles=student" in browser.seen[-1].text
    assert kinds(world)[-5:] == [SignedOut, ClickNeeded, ClickNeeded, ClickNeeded, SignedIn]
