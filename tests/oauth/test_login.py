"""Logins against the pretend Clever: from the button, from the portal, and from people with bad ideas."""

from __future__ import annotations

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, parse_qsl, urlsplit

import attrs
import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from visitor import Browser, exchanges

from clever_roster.errors import ConfigurationError, NotShared
from clever_roster.model import AccountId, DistrictId, PersonId, Role, Secret
from clever_roster.oauth import (
    Arrival,
    Arrived,
    AsyncCleverLogin,
    BeginAgain,
    CleverApp,
    CleverLogin,
    Reason,
    Refused,
    Retry,
    Started,
)
from clever_roster.oauth.app import safe_path
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, Simulator, transport
from clever_roster.testing.showcase import Showcase


def test_a_login_from_our_button_ends_with_a_proven_identity(
    login: CleverLogin, browser: Browser, show: Showcase
) -> None:
    """Who stands there: provider, district and user id, all roles, and where they wanted to go."""
    arrived = login.finish(browser.follow(login.begin(return_to="/lessons/7")), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert (arrived.identity.key.provider, arrived.identity.key.subject) == ("clever", show.student)
    assert arrived.identity.roles == {Role.STUDENT}
    assert (arrived.return_to, arrived.connect) == ("/lessons/7", None)


def test_what_the_callback_brings_may_be_a_text_pairs_or_a_mapping(login: CleverLogin, browser: Browser) -> None:
    """As each framework hands it over."""
    for shape in (str, parse_qsl, lambda text: dict(parse_qsl(text)), lambda text: f"?{text}"):
        arrived = login.finish(shape(browser.follow(login.begin(return_to="/7"))), browser=browser.cookie)
        assert isinstance(arrived, Arrived)
        assert arrived.return_to == "/7"


@pytest.mark.parametrize(("scheme", "name"), [("https", "__Host-clever_login"), ("http", "clever_login")])
def test_the_cookie_is_bound_to_the_host_where_the_road_to_it_is_safe(
    app: CleverApp, store: MemoryStore, scheme: str, name: str
) -> None:
    """A browser keeps no `__Host-` cookie of a page without TLS, as a developer's own is."""
    login = CleverLogin(attrs.evolve(app, redirect_uri=f"{scheme}://localhost/auth/clever/callback"), store=store)
    cookie = login.begin().cookie
    assert (login.cookie_name, cookie.name, cookie.secure) == (name, name, scheme == "https")


def test_p01_a_portal_launch_begins_again_and_its_code_is_never_used(
    login: CleverLogin, browser: Browser, simulator: Simulator, show: Showcase, seen: list[httpx.Request]
) -> None:
    """Login CSRF: an attacker's code in the victim's browser; the victim ends as themselves, the code unexchanged."""
    attackers_code = simulator.launch(show.teacher)
    again = login.finish(urlsplit(attackers_code).query, browser=None)
    assert isinstance(again, BeginAgain)
    assert exchanges(seen) == 0
    arrived = login.finish(browser.follow(again), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert arrived.identity.key.subject == show.student
    assert arrived.return_to == "/"
    assert exchanges(seen) == 1


def test_p02_a_portal_launch_connects_nothing_and_drops_what_was_pending(
    login: CleverLogin, browser: Browser, simulator: Simulator, show: Showcase
) -> None:
    """Silent linking: the pending connection of this browser is gone, and the bounce is a plain sign-in."""
    pending = browser.follow(login.begin(connect=AccountId("a7")))
    before = browser.cookie
    again = login.finish(urlsplit(simulator.launch(show.student)).query, browser=before)
    assert isinstance(again, BeginAgain)
    arrived = login.finish(browser.follow(again), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert arrived.connect is None
    assert login.finish(pending, browser=before) == Refused(
        Reason.EXPIRED, "no attempt of this browser waits for this state"
    )


def test_s03_a_callback_in_another_browser_is_refused_before_anything_is_sent(
    login: CleverLogin, browser: Browser, seen: list[httpx.Request]
) -> None:
    """Login CSRF with a valid state of the attacker; the rightful browser can still finish."""
    query = browser.follow(login.begin())
    for other in (None, "somebody-elses-cookie"):
        outcome = login.finish(query.replace("code=", "code=0"), browser=other)
        assert isinstance(outcome, Refused)
        assert (outcome.reason, outcome.retry) == (Reason.EXPIRED, Retry.RESTART)
    assert exchanges(seen) == 0
    assert isinstance(login.finish(query, browser=browser.cookie), Arrived)


def test_s04_an_attempt_lives_ten_minutes(login: CleverLogin, browser: Browser, clock, simulator: Simulator) -> None:
    """Judged on reading, by the clock that was given: 599 s are fine, 601 s are not."""
    for seconds, reason in ((599, None), (601, Reason.EXPIRED)):
        started = login.begin()
        clock.forward(seconds=seconds)
        outcome = login.finish(browser.follow(started), browser=browser.cookie)
        assert (outcome.reason if isinstance(outcome, Refused) else None) is reason


def test_s02_what_is_stored_logs_nobody_in(login: CleverLogin, store: MemoryStore) -> None:
    """A leaked row holds digests only."""
    started = login.begin()
    (state,) = parse_qs(urlsplit(started.redirect_to).query)["state"]
    with store.transaction() as ports:
        kept = repr(vars(ports) if hasattr(ports, "__dict__") else ports) + repr(store.__dict__)
    assert state not in kept
    assert started.cookie.value not in kept


def test_s05_a_callback_delivered_twenty_times_at_once_is_exchanged_once(
    login: CleverLogin, browser: Browser, seen: list[httpx.Request]
) -> None:
    """One arrives; every other delivery is given a fresh start, not an error page."""
    query = browser.follow(login.begin())
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda _: login.finish(query, browser=browser.cookie), range(20)))
    assert exchanges(seen) == 1
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Arrived"] + ["BeginAgain"] * 19


def test_s07_three_tabs_finish_in_any_order(login: CleverLogin, browser: Browser) -> None:
    """Several logins of one browser live side by side."""
    pages = ("/a", "/b", "/c")
    queries = [browser.follow(login.begin(return_to=page, browser=browser.cookie)) for page in pages]
    for page, query in reversed(list(zip(pages, queries, strict=True))):
        arrived = login.finish(query, browser=browser.cookie)
        assert isinstance(arrived, Arrived)
        assert arrived.return_to == page


def test_c03_a_pending_connection_dies_with_the_next_sign_in_on_the_same_browser(
    login: CleverLogin, browser: Browser
) -> None:
    """Next child finishes the previous child's link: refused."""
    pending = browser.follow(login.begin(connect=AccountId("a7")))
    assert isinstance(
        login.finish(browser.follow(login.begin(browser=browser.cookie)), browser=browser.cookie), Arrived
    )
    assert isinstance(login.finish(pending, browser=browser.cookie), Refused)


def test_a_sign_out_drops_what_was_pending(login: CleverLogin, browser: Browser) -> None:
    """`forget` is what a host calls at sign-out."""
    pending = browser.follow(login.begin(connect=AccountId("a7")))
    login.forget(browser=browser.cookie)
    assert isinstance(login.finish(pending, browser=browser.cookie), Refused)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("code=a&code=b&state=s", Reason.MALFORMED),
        ("code=a&state=s&state=t", Reason.MALFORMED),
        ("code=a&error=b&state=s", Reason.MALFORMED),
        ("code=" + "a" * 3000 + "&state=s", Reason.MALFORMED),
        ("code=&state=s", Reason.MALFORMED),
        ("state=s", Reason.MALFORMED),
        ("", Reason.MALFORMED),
        ("error=access_denied&error_description=<script>&state=s", Reason.CANCELLED),
    ],
)
def test_s11_s12_odd_callbacks_are_refused_without_a_request(
    login: CleverLogin, seen: list[httpx.Request], query: str, reason: Reason
) -> None:
    """Parameter pollution, both code and error, oversize values, text of the provider: a reason, never an echo."""
    outcome = login.finish(query, browser="b")
    assert isinstance(outcome, Refused)
    assert outcome.reason is reason
    assert "<script>" not in outcome.sentence + outcome.diagnosis + repr(outcome)
    assert seen == []


@given(
    st.text(max_size=40) | st.sampled_from(["//evil.test", "/\\evil.test", "/%2fevil", "https:evil", "/ok?next=//x"])
)
def test_a21_return_to_stays_on_the_hosts_own_origin(value: str) -> None:
    """Open redirect: what is let through is a path, to urllib and to a browser (which reads backslashes as slashes)."""
    path = safe_path(value)
    if path is not None:
        assert path.startswith("/")
        assert not path.replace("\\", "/").startswith("//")
        parts = urlsplit("https://host.test" + path)
        assert (parts.scheme, parts.netloc) == ("https", "host.test")


def test_an_unsafe_return_to_lands_on_the_landing_page(login: CleverLogin, browser: Browser) -> None:
    """A visitor's bad wish is no error."""
    arrived = login.finish(browser.follow(login.begin(return_to="//evil.test")), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert arrived.return_to == "/"


def test_a_code_that_came_too_late_starts_once_more_and_then_stops(login: CleverLogin, browser: Browser, clock) -> None:
    """Clever's codes live a minute: begin again once; a loop ends."""
    kinds = []
    outcome: Arrival | Started = login.begin(return_to="/lessons/7", browser=browser.cookie)
    for _ in range(2):
        assert not isinstance(outcome, Arrived | Refused)
        query = browser.follow(outcome)
        clock.forward(seconds=61)
        outcome = login.finish(query, browser=browser.cookie)
        kinds.append(type(outcome))
    assert kinds == [BeginAgain, Refused]


@pytest.mark.parametrize("path", ["/oauth/tokens", "/v3.1/me", "/v3.1/users"])
def test_when_clever_is_down_the_person_is_told_to_try_later(
    login: CleverLogin, browser: Browser, simulator: Simulator, path: str
) -> None:
    """Provider outage is an outcome, not an exception; a code exchange is never tried twice."""
    query = browser.follow(login.begin())
    simulator.fail(path, 503, times=None)
    outcome = login.finish(query, browser=browser.cookie)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.retry) == (Reason.UNAVAILABLE, Retry.LATER)


def test_a_person_who_is_not_shared_is_told_so(
    login: CleverLogin, browser: Browser, simulator: Simulator, show: Showcase
) -> None:
    """Not our decision: the district's administrator has to share them."""
    query = browser.follow(login.begin())
    simulator.fail(f"/v3.1/users/{show.student}", 404)
    outcome = login.finish(query, browser=browser.cookie)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.NOT_SHARED


def test_a11_district_rules_come_before_any_account(
    app: CleverApp, store: MemoryStore, browser: Browser, clock
) -> None:
    """Unauthorised tenant: refused before anybody looks for an account."""
    other = DistrictId("0" * 24)
    for strict, district, reason in (
        (attrs.evolve(app, districts=frozenset({other})), None, Reason.DISTRICT_NOT_ALLOWED),
        (app, other, None),
    ):
        login = CleverLogin(strict, store=store, http=browser.http, clock=clock)
        started = login.begin(district=district)
        if district is not None:
            assert f"district_id={other}" in started.redirect_to
            continue
        outcome = login.finish(browser.follow(started), browser=browser.cookie)
        assert isinstance(outcome, Refused)
        assert outcome.reason is reason


@respx.mock
def test_s17_two_answers_about_who_it_is_must_agree(app: CleverApp, store: MemoryStore) -> None:
    """Token substitution: `/me` and the person's record name different districts."""
    login = CleverLogin(app, store=store)
    started = login.begin()
    (state,) = parse_qs(urlsplit(started.redirect_to).query)["state"]
    respx.post("https://clever.com/oauth/tokens").respond(json={"access_token": "ilx", "token_type": "bearer"})
    respx.get("https://api.clever.com/v3.1/me").respond(json={"type": "user", "data": {"id": "p1", "district": "d1"}})
    respx.get("https://api.clever.com/v3.1/users/p1").respond(
        json={"data": {"id": "p1", "district": "d2", "name": {}, "roles": {"student": {}}}}
    )
    assert login.finish(f"code=c&state={state}", browser=started.cookie.value) == Refused(Reason.IDENTITY_MISMATCH)


@respx.mock
def test_s14_redirects_of_the_token_endpoint_are_not_followed(app: CleverApp, store: MemoryStore) -> None:
    """Token leak: a redirect to another host ends the login, with one request made."""
    login = CleverLogin(app, store=store)
    started = login.begin()
    (state,) = parse_qs(urlsplit(started.redirect_to).query)["state"]
    respx.post("https://clever.com/oauth/tokens").respond(302, headers={"location": "https://evil.test/"})
    outcome = login.finish(f"code=c&state={state}", browser=started.cookie.value)
    assert isinstance(outcome, Refused)
    assert len(respx.calls) == 1


def test_a_wrong_client_secret_is_the_hosts_fault(app: CleverApp, store: MemoryStore, browser: Browser, clock) -> None:
    """Raised, not shown to a child; the message says where to look."""
    login = CleverLogin(attrs.evolve(app, client_secret=Secret("wrong")), store=store, http=browser.http, clock=clock)
    query = browser.follow(login.begin())
    with pytest.raises(ConfigurationError, match="dashboard") as caught:
        login.finish(query, browser=browser.cookie)
    assert "wrong" not in caught.value.diagnosis()


def test_s08_the_redirect_uri_is_https_or_on_this_machine() -> None:
    """Refused when the application is described, before any login."""
    for uri in ("http://app.test/cb", "ftp://localhost/", "app.test"):
        with pytest.raises(ConfigurationError, match="redirect_uri"):
            CleverApp(client_id="c", client_secret=Secret("s"), redirect_uri=uri)
    CleverApp(client_id="c", client_secret=Secret("s"), redirect_uri="http://localhost:8000/cb")


def test_s15_secrets_are_in_no_repr_and_no_pickle(app: CleverApp, login: CleverLogin, browser: Browser) -> None:
    """Leakage: scan what a logger or a debugger would show."""
    started = login.begin()
    query = browser.follow(started)
    arrived = login.finish(query, browser=browser.cookie)
    shown = repr([app, started, arrived, login.begin()])
    for secret in (app.client_secret.reveal(), started.cookie.value, parse_qs(query)["state"][0]):
        assert secret not in shown
    assert "@" not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(app)


def test_the_binding_cookie_is_fit_for_the_redirect_back(login: CleverLogin) -> None:
    """HttpOnly, Secure, SameSite=Lax (a redirect from Clever is a top-level GET), and __Host- on https."""
    header = login.begin().cookie.header()
    assert header.startswith("__Host-clever_login=")
    assert header.endswith("; Max-Age=1200; Path=/; HttpOnly; SameSite=Lax; Secure")


def test_a_district_token_is_fetched_and_named_when_missing(
    login: CleverLogin, district: District, simulator: Simulator
) -> None:
    """The roster's token; a district that disconnected has none."""
    assert login.fetch_district_token(district.id).reveal() == simulator.district_token(district.id).reveal()
    simulator.disconnect(district.id)
    with pytest.raises(NotShared, match="has no token"):
        login.fetch_district_token(district.id)


def test_the_awaiting_login_is_the_same_login(
    app: CleverApp, store: MemoryStore, simulator: Simulator, show: Showcase, clock
) -> None:
    """One description, two classes: the same story, awaited."""

    async def story() -> Arrival:
        async with httpx.AsyncClient(transport=transport(simulator)) as http:
            login = AsyncCleverLogin(app, store=store, http=http, clock=clock)
            again = await login.finish(urlsplit(simulator.launch(show.teacher)).query, browser=None)
            assert isinstance(again, BeginAgain)
            back = await http.get(again.redirect_to, headers={"cookie": simulator.sign_in(show.teacher)})
            return await login.finish(urlsplit(back.headers["location"]).query, browser=again.cookie.value)

    arrived = asyncio.run(story())
    assert isinstance(arrived, Arrived)
    assert arrived.identity.key.subject == PersonId(show.teacher)
