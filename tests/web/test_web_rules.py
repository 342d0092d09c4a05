"""What every adapter must hold, each rule by its id, over real sockets and from the answers that a browser sees."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from web_browser import PLAIN, Browser, Page
from web_hosts import OWN
from web_world import World

from clever_roster.linking import Created, NewAccountNeeded, SignedIn
from clever_roster.model import PersonId
from clever_roster.oauth import Reason, Refused
from clever_roster.testing.showcase import Showcase

Pupils = tuple[PersonId, PersonId]

# FastAPI wears Starlette's adapter; it plays the story, and need not be asked about every header.
on_all = pytest.mark.parametrize("world", ["starlette", "flask", "django", "django-async"], indirect=True)
behind_tls = pytest.mark.parametrize("redirect_uri", ["https://school.test/clever/callback"])


@pytest.fixture
def ask(world: World) -> Iterator[httpx.Client]:
    """Single requests to the host, nothing followed."""
    with httpx.Client(base_url=world.own, timeout=30, verify=PLAIN) as client:
        yield client


def set_cookies(response: httpx.Response) -> dict[str, str]:
    headers = response.headers.get_list("set-cookie")
    return {header.partition("=")[0]: header.lower() for header in headers}


def is_quiet(response: httpx.Response) -> bool:
    """Not stored, and no address of it given away."""
    headers = response.headers
    return headers.get("cache-control") == "no-store" and headers.get("referrer-policy") == "no-referrer"


@on_all
@behind_tls
def test_s08_the_redirect_uri_comes_from_the_configuration_never_from_the_request(
    world: World, ask: httpx.Client
) -> None:
    """Host header injection: behind a proxy that ends TLS, or before one that lies, the address stays ours."""
    forged = {"host": "evil.test", "x-forwarded-host": "evil.test", "x-forwarded-proto": "http", "forwarded": "host=e"}
    for headers in ({}, forged):
        response = ask.get("/clever/login", headers=headers)
        query = parse_qs(urlsplit(response.headers["location"]).query)
        assert query["redirect_uri"] == ["https://school.test/clever/callback"]
        assert "evil" not in str(response.headers)


@on_all
@behind_tls
def test_s03_c07_the_login_cookie_is_bound_to_the_host_and_no_cookie_is_for_other_sites(
    world: World, ask: httpx.Client
) -> None:
    """`__Host-`, Secure, HttpOnly and Lax where the site is https; `SameSite=None` nowhere."""
    begun = set_cookies(ask.get("/clever/login"))
    left = set_cookies(ask.post("/clever/sign-out"))
    assert "__Host-clever_login" in begun
    assert {"__Host-clever_login", "__Host-clever_login_left"} <= left.keys()
    for name, header in [*begun.items(), *left.items()]:
        parts = {part.strip() for part in header.split(";")}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts, name
        assert not any(part.startswith("domain") for part in parts)


@on_all
def test_s19_c08_every_answer_is_quiet_and_a_callback_leads_on_at_once(world: World, pupils: Pupils) -> None:
    """303 after the callback; nothing is stored and no Referer leaves, also where the host answers by itself."""
    browser = world.browser(pupils[0])
    browser.go("/clever/login")
    browser.press("Make my account")
    browser.go("/clever/login")
    callback = next(seen for seen in browser.seen if "code=" in str(seen.url))
    assert (callback.status_code, callback.headers["location"]) == (303, "/")
    own = [seen for seen in browser.seen if "/clever/" in str(seen.url)]
    world.host.answer = lambda _: "the host's own page"
    answered = browser.go("/clever/sign-out", method="POST")
    assert answered.text == "the host's own page"
    world.host.answer = lambda _: None
    asked = browser.go("/clever/callback?error=access_denied")
    assert all(is_quiet(seen) for seen in [*own, answered, asked])
    assert "default-src 'none'" in asked.headers["content-security-policy"]
    assert "form-action" not in asked.headers["content-security-policy"]  # Chrome would stop the way to Clever


@on_all
def test_s20_what_a_provider_says_about_an_error_is_never_shown(world: World, ask: httpx.Client) -> None:
    """Reflected text: neither as it stands nor escaped; one sentence of ours, and a button."""
    for query in (
        "error=<script>x</script>",
        "error=denied&error_description=<script>x</script>",
        "code=a&code=<script>",
    ):
        page = ask.get(f"/clever/callback?{query}")
        assert page.status_code == 403
        assert "script" not in page.text
        assert "Begin again" in Page(page.text).forms
    assert {type(ending) for ending in world.endings} == {Refused}


@on_all
def test_p03_a_browser_without_cookies_bounces_once_and_gets_a_page_with_a_button(
    world: World, ask: httpx.Client, show: Showcase
) -> None:
    """A redirect loop in an embedded page: whether the cookie is lost or the state, it ends after one bounce."""
    clever = {"cookie": world.simulator.sign_in(show.student)}
    launched = ask.get(f"/clever/callback?code={'f' * 16}")
    assert launched.status_code == 303
    back = httpx.get(launched.headers["location"], headers=clever, verify=PLAIN).headers["location"]
    ask.cookies.clear()
    page = ask.get(back)
    assert (page.status_code, "Allow cookies" in page.text) == (403, True)
    assert "Begin again" in Page(page.text).forms
    first = ask.get("/clever/callback?code=portal")
    assert first.status_code == 303
    again = ask.get("/clever/callback?code=portal-again")
    assert (again.status_code, "Begin again" in Page(again.text).forms) == (403, True)
    assert world.endings[-1].reason is Reason.COOKIES_BLOCKED


@on_all
def test_p04_p05_a_garbled_state_is_no_portal_and_a_portal_has_no_wishes(world: World, pupils: Pupils) -> None:
    """Downgrade: a stripped state is not bounced into a login; and what a portal's address asks for is not followed."""
    browser = world.browser(pupils[0])
    browser.go("/clever/login")
    page = browser.go("/clever/callback?code=abc&state=garbled")
    assert (page.status_code, len(browser.seen)) == (403, 1)
    assert "Begin again" in browser.page.forms
    browser.go("/clever/callback?code=abc&next=//evil.test&return_to=//evil.test")
    browser.press("Make my account")
    assert str(browser.seen[-1].url) == f"{world.own}/"
    assert [type(ending) for ending in world.endings] == [NewAccountNeeded, Refused, NewAccountNeeded, Created]


NOT_A_CLICK = [
    {"sec-purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
    {"sec-fetch-dest": "image"},
    {"sec-fetch-dest": "iframe"},
    {"sec-fetch-dest": "empty"},
]
A_CLICK = [{}, {"sec-fetch-dest": "document"}, {"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"}]


@on_all
def test_p07_only_a_click_begins_or_finishes_a_login(world: World, ask: httpx.Client, pupils: Pupils) -> None:
    """Images, frames and previews begin nothing, set nothing and use up nothing; missing headers are tolerated."""
    clever = {"cookie": world.simulator.sign_in(pupils[0])}
    started = ask.get("/clever/login")
    callback = httpx.get(started.headers["location"], headers=clever, verify=PLAIN).headers["location"]
    for address in ("/clever/login", "/clever/connect", callback):
        assert ask.head(address).status_code == 405
        for headers in NOT_A_CLICK:
            refused = ask.get(address, headers=headers)
            assert (refused.status_code, refused.text) == (403, "")
            assert is_quiet(refused)
            assert not set_cookies(refused)
    assert world.endings == []
    assert "New here?" in ask.get(callback, headers=A_CLICK[2]).text
    assert [ask.get("/clever/login", headers=headers).status_code for headers in A_CLICK] == [303] * 3


@on_all
def test_c03_a_question_is_answered_once_by_whom_it_was_asked_and_not_by_the_next_child(
    world: World, pupils: Pupils
) -> None:
    """Another browser, another child's login, a sign-out, ten minutes, a second time: nothing is made of the answer."""
    world.signed_in(pupils[1])
    before = world.links()

    def asked() -> tuple[Browser, tuple[str, dict[str, str]]]:
        browser = world.browser(pupils[0])
        browser.go("/clever/login")
        return browser, browser.page.forms["Make my account"]

    def answered(browser: Browser, form: tuple[str, dict[str, str]]) -> int:
        return browser.go(form[0], method="POST", data=form[1]).status_code

    browser, form = asked()
    assert answered(world.browser(), form) == 403
    browser.log_in_to_clever(world.district.shortname, pupils[1])
    assert "roles=student" in browser.click_tile(world.district.shortname).text
    assert answered(browser, form) == 403
    browser, form = asked()
    browser.go("/clever/sign-out", method="POST")
    assert answered(browser, form) == 403
    browser, form = asked()
    world.clock.forward(minutes=10, seconds=1)
    assert answered(browser, form) == 403
    assert world.links() == before
    browser, form = asked()
    assert [answered(browser, form), answered(browser, form)] == [200, 403]
    assert len(world.links()) == len(before) + 1


@on_all
def test_c04_nothing_is_connected_before_a_fresh_person_says_yes_on_a_page_that_names_who_it_is(
    world: World, pupils: Pupils
) -> None:
    """The Clever session may be the previous child's: the page names the person, and only its form's POST counts."""
    browser = world.browser(pupils[0])
    browser.go(f"/enter?own={OWN}")
    browser.go("/clever/connect?return_to=/settings")
    person, text = world.district.people[pupils[0]], browser.page.text
    assert all(fact in text for fact in (person.first, person.last, "student", world.district.name))
    action, fields = browser.page.forms["Yes, connect"]
    send, confirm = browser.http, f"{world.own}{action}"
    assert send.get(confirm, params=fields).status_code == 405
    assert send.post(confirm, data=fields, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert send.post(confirm, data={"ticket": "guessed"}).status_code == 403
    world.clock.forward(minutes=9, seconds=59)
    browser.press("Yes, connect")
    assert world.links() == {pupils[0]: OWN}
    late = world.browser(pupils[1])
    late.go(f"/enter?own={OWN}")
    world.clock.forward(minutes=10, seconds=1)
    assert "sign in once more" in late.go("/clever/connect").text


@on_all
def test_c06_the_session_of_a_student_ends_with_the_browser(world: World, pupils: Pupils) -> None:
    """A left-open device: the cookie of a student's session has no age, and scripts and other sites do not get it."""
    browser = world.signed_in(pupils[0])
    browser.go("/clever/login")
    signed_in = next(seen for seen in browser.seen if world.session_cookie in set_cookies(seen))
    header = set_cookies(signed_in)[world.session_cookie]
    assert isinstance(world.endings[-1], SignedIn)
    assert not {"max-age", "expires"} & {part.partition("=")[0].strip() for part in header.split(";")}
    assert "httponly" in header
    assert "samesite=lax" in header


@on_all
def test_somebody_else_who_may_not_come_in_does_not_go_on_in_the_session_of_whoever_was_there(
    world: World, pupils: Pupils
) -> None:
    """A closed account is proven at the browser of another child: refused, and the other child's session is gone."""
    world.signed_in(pupils[1])
    browser = world.signed_in(pupils[0])
    closed = world.links()[pupils[1]]
    world.host.close_account(closed)
    browser.log_in_to_clever(world.district.shortname, pupils[1])
    assert browser.click_tile(world.district.shortname).status_code == 403
    assert world.endings[-1].reason is Reason.ACCOUNT_CLOSED
    assert "account=None" in browser.go("/").text
