"""The browser's side of clever.com: authorize, school picker, login page, portal, instant login."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import attrs
import pytest
from passer_by import Seen
from village import ADMIN, COLLEAGUE, DEAN, GUARDIAN, NEXT_VILLAGE, PUPIL, VILLAGE, WANDERER, village

from clever_roster.steps import Request

PRIMARY = "https://app.test/clever/callback"


def page_of(response) -> Seen:
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Seen(response.body.decode())


def choose(simulator, page: Seen, button: str):
    form = {"content-type": "application/x-www-form-urlencoded"}
    return simulator.respond(Request("POST", page.action, form, urlencode(page.pressed(button)).encode()))


def test_a_browser_with_a_clever_session_passes_silently_with_a_code_and_its_state(ask, simulator, sent):
    """A simulator must complete authorize silently for a browser that already holds a Clever session."""
    response = ask.authorize(cookie=simulator.sign_in(DEAN))
    assert response.status == 302
    assert response.headers["location"].startswith(f"{PRIMARY}?code=")
    query = sent(response)
    assert query.keys() == {"code", "state"}
    assert query["state"] == "S 1"
    assert re.fullmatch(r"[0-9a-f]{40}", query["code"])


def test_a_state_is_not_invented_and_a_query_of_the_redirect_uri_is_kept(ask, simulator, sent):
    query = {
        "response_type": "code",
        "client_id": simulator.app.client_id,
        "redirect_uri": "https://app.test/other?kept=1",
    }
    response = ask.get("/oauth/authorize", query, cookie=simulator.sign_in(DEAN))
    assert sent(response).keys() == {"kept", "code"}


def test_a_browser_without_a_session_is_asked_for_its_school_then_for_whom_it_is(ask, simulator, sent):
    """Without `district_id` the school picker comes first; the whole request survives both pages."""
    picker = page_of(ask.authorize())
    assert picker.heading == "Find your school"
    login = page_of(ask.get(picker.action, picker.pressed(VILLAGE)))
    assert "Village Schools" in login.heading
    entered = choose(simulator, login, COLLEAGUE)
    assert entered.status == 303
    cookie = entered.headers["set-cookie"].partition(";")[0]
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert sent(ask.get(entered.headers["location"], cookie=cookie))["state"] == "S 1"


def test_a_district_id_skips_the_school_picker(ask):
    assert "Log in" in page_of(ask.authorize(district_id=VILLAGE)).heading


def test_a_district_nobody_knows_ends_on_a_page(ask):
    assert ask.authorize(district_id="65aa00000000000000000dff").status == 404


def test_a_session_of_another_district_does_not_fit(ask, simulator):
    simulator.replace(village(id_=NEXT_VILLAGE, shortname="next"))
    response = ask.authorize(district_id=NEXT_VILLAGE, cookie=simulator.sign_in(DEAN))
    assert "Log in" in page_of(response).heading


@pytest.mark.parametrize(
    "changed", [{"client_id": "0" * 20}, {"redirect_uri": "https://evil.test/"}, {"redirect_uri": f"{PRIMARY}/more"}]
)
def test_an_unregistered_client_or_redirect_uri_ends_on_clevers_page_and_never_redirects(ask, simulator, changed):
    """RFC 6749, 3.1.2.4: an authorization server must not redirect to an invalid redirection URI."""
    response = ask.authorize(cookie=simulator.sign_in(DEAN), **changed)
    assert response.status == 400
    assert "location" not in response.headers
    assert "not set up" in page_of(response).heading


def test_a_response_type_other_than_code_is_sent_back_as_an_error(ask, sent):
    """RFC 6749, 4.1.2.1."""
    assert sent(ask.authorize(response_type="token")) == {"error": "unsupported_response_type", "state": "S 1"}


def test_somebody_who_is_not_shared_ends_on_clevers_page(ask, simulator):
    simulator.unshare(DEAN)
    response = ask.authorize(cookie=simulator.sign_in(DEAN))
    assert response.status == 403
    assert "location" not in response.headers


def test_somebody_who_is_not_shared_is_sent_back_where_that_was_asked_for(ask, simulator, sent):
    """`return_unshared=true` is for one button that serves several applications."""
    simulator.unshare(DEAN)
    query = sent(ask.authorize(cookie=simulator.sign_in(DEAN), return_unshared="true"))
    assert query["error"] == "unauthorized-user"
    assert query["state"] == "S 1"
    assert "code" not in query


def test_nobody_of_a_disconnected_district_gets_in(ask, simulator):
    simulator.disconnect(VILLAGE)
    assert ask.authorize(cookie=simulator.sign_in(DEAN)).status == 403


def test_shared_again_they_get_in(ask, simulator):
    simulator.unshare(DEAN)
    simulator.share(DEAN)
    assert ask.authorize(cookie=simulator.sign_in(DEAN)).status == 302


def test_the_portals_tile_launches_the_application_without_a_state(ask, simulator, sent):
    """A login begun from Clever's portal arrives at the first redirect URI with a code and no state."""
    cookie = simulator.sign_in(PUPIL)
    portal = page_of(ask.get("/in/village", cookie=cookie))
    launched = ask.get(portal.links["Example Classroom"], cookie=cookie)
    assert launched.headers["location"].startswith(f"{PRIMARY}?")
    assert sent(launched).keys() == {"code"}


def test_the_portal_asks_whom_it_meets_and_lets_them_go(ask, simulator):
    login = page_of(ask.get("/in/village"))
    entered = choose(simulator, login, PUPIL)
    assert entered.headers["location"] == "/in/village"
    cookie = entered.headers["set-cookie"].partition(";")[0]
    portal = page_of(ask.get("/in/village", cookie=cookie))
    assert "Welcome" in portal.heading
    out = ask.get(portal.links["Log out of Clever"], cookie=cookie)
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert "Log in" in page_of(ask.get(out.headers["location"], cookie=cookie)).heading


def test_the_portal_shows_no_tile_to_whom_the_application_is_not_shared(ask, simulator):
    simulator.unshare(PUPIL)
    assert "Example Classroom" not in page_of(ask.get("/in/village", cookie=simulator.sign_in(PUPIL))).links


def test_a_portal_nobody_knows_is_not_there(ask):
    assert ask.get("/in/elsewhere").status == 404


def test_an_instant_login_link_goes_to_the_first_redirect_uri(ask, simulator, sent):
    query = {"client_id": simulator.app.client_id, "district_id": VILLAGE}
    response = ask.get("/oauth/instant-login", query, cookie=simulator.sign_in(DEAN))
    assert response.headers["location"].startswith(f"{PRIMARY}?")
    assert sent(response).keys() == {"code"}
    assert ask.get("/oauth/instant-login", {"client_id": "0" * 20}).status == 400


def test_the_login_page_names_everyone_who_can_log_in_and_escapes_what_it_shows(ask):
    """Contacts have no login; a person with two roles is listed under both."""
    response = ask.get("/in/village")
    assert b"Lee <Dean>" not in response.body
    assert page_of(response).buttons == {
        DEAN: ("person", "Pat Lee <Dean>"),
        f"{DEAN}/staff": ("person", "Pat Lee <Dean>"),
        COLLEAGUE: ("person", "Zoë Ray"),
        ADMIN: ("person", "Ash Moss"),
        PUPIL: ("person", "Kim Vale"),
        WANDERER: ("person", "Noa Reed"),
    }


def test_choosing_a_role_makes_it_the_role_of_the_login(ask, simulator):
    form = {"content-type": "application/x-www-form-urlencoded"}
    entered = simulator.respond(Request("POST", "/in/village", form, f"person={DEAN}/staff".encode()))
    cookie = entered.headers["set-cookie"].partition(";")[0]
    code = re.search(r"code=(\w+)", ask.authorize(cookie=cookie).headers["location"])[1]
    body = ask.exchange({"code": code, "grant_type": "authorization_code", "redirect_uri": PRIMARY}).body
    token = re.search(rb'"access_token": "(\w+)"', body)[1].decode()
    me = ask.get("/v3.1/me", authorization=f"Bearer {token}")
    assert b'"type": "staff"' in me.body


@pytest.mark.parametrize("person", [GUARDIAN, "65aa00000000000000000aff", f"{ADMIN}/teacher", ""])
def test_who_cannot_log_in_is_not_logged_in(simulator, person):
    form = {"content-type": "application/x-www-form-urlencoded"}
    response = simulator.respond(Request("POST", "/in/village", form, urlencode({"person": person}).encode()))
    assert response.status == 400
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("following", ["https://evil.test/", "//evil.test/", "/in/\r\nx: y", "/elsewhere"])
def test_the_login_page_leads_nowhere_but_to_clever(simulator, following):
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"person": COLLEAGUE, "continue": following}).encode()
    assert simulator.respond(Request("POST", "/in/village", form, body)).headers["location"] == "/in/village"


def test_a_session_ends_after_two_hours_and_with_the_persons_leaving(ask, simulator, clock, district):
    cookie = simulator.sign_in(DEAN)
    clock.forward(hours=1, minutes=59)
    assert ask.authorize(cookie=cookie).status == 302
    clock.forward(minutes=1)
    assert ask.authorize(cookie=cookie).status == 200
    left = {id_: person for id_, person in district.people.items() if id_ != PUPIL}
    cookie = simulator.sign_in(PUPIL)
    simulator.replace(attrs.evolve(district, people=left))
    assert ask.authorize(cookie=cookie).status == 200


def test_a_launched_callback_is_what_the_portal_would_send(ask, simulator):
    assert re.fullmatch(rf"{re.escape(PRIMARY)}\?code=[0-9a-f]{{40}}", simulator.launch(DEAN))
    with pytest.raises(LookupError, match=GUARDIAN):
        simulator.launch(GUARDIAN)
