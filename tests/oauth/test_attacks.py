"""Each attack on a login by its id; docs/explanation/security.md says what stops it."""

from __future__ import annotations

import inspect
import logging
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from visitor import Browser, exchanges

from clever_roster import drivers
from clever_roster.errors import TooManyAttempts
from clever_roster.model import AccountId, DistrictId, Role, Secret
from clever_roster.oauth import (
    Arrived,
    BeginAgain,
    CleverApp,
    CleverLogin,
    Label,
    Reason,
    Refused,
    Retry,
    digest,
    is_navigation,
    page_headers,
    session_cookie,
)
from clever_roster.oauth import login as login_module
from clever_roster.oauth.app import safe_path
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, Simulator, transport
from clever_roster.testing.showcase import Showcase


def state_of(started) -> str:
    return parse_qs(urlsplit(started.redirect_to).query)["state"][0]


def test_s01_states_are_random_and_never_the_same(login: CleverLogin) -> None:
    """Guessing, fixation: at least 128 bits from `secrets`, one for every start."""
    states = {state_of(login.begin(browser="b")) for _ in range(200)}
    assert len(states) == 200
    assert min(map(len, states)) >= 43  # 43 characters of base64 are 256 bits
    assert "secrets.token_urlsafe(32)" in inspect.getsource(login_module.new_token)


def test_s06_purpose_and_account_are_kept_by_us_and_not_by_the_browser(login: CleverLogin, browser: Browser) -> None:
    """Purpose confusion: what the login was for comes from the stored attempt, whatever the callback's query says."""
    query = browser.follow(login.begin(return_to="/a")) + "&connect=a7&return_to=/evil&purpose=connect"
    arrived = login.finish(query, browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert (arrived.connect, arrived.return_to) == (None, "/a")


def test_s07_a_browser_has_a_handful_of_pending_logins(login: CleverLogin, store: MemoryStore, clock) -> None:
    """Memory exhaustion: the oldest attempts of a browser are dropped."""
    for _ in range(50):
        clock.forward(seconds=1)
        login.begin(browser="one browser")
    assert len(store._tables.attempts) == 8


def test_s08_no_header_of_a_request_reaches_the_redirect_uri(login: CleverLogin, app: CleverApp) -> None:
    """Host header injection: `begin` and `finish` take no request, and the address is the configured one."""
    sent = parse_qs(urlsplit(login.begin().redirect_to).query)["redirect_uri"]
    assert sent == [app.redirect_uri]
    for flow in (CleverLogin.begin, CleverLogin.finish):
        assert not {"request", "headers", "host"} & set(inspect.signature(flow.steps).parameters)


def test_s09_no_pkce_parameter_is_sent(login: CleverLogin) -> None:
    """Refused: Clever's authorize endpoint refuses PKCE parameters; state, cookie and client secret bind the code."""
    assert not {"code_challenge", "code_challenge_method"} & set(parse_qs(urlsplit(login.begin().redirect_to).query))


def test_s10_a_code_is_exchanged_once_whatever_state_it_comes_with(
    login: CleverLogin, browser: Browser, seen: list[httpx.Request]
) -> None:
    """Code replay: the same callback again, and the same code under a fresh state: a fresh start, one exchange."""
    query = browser.follow(login.begin())
    assert isinstance(login.finish(query, browser=browser.cookie), Arrived)
    assert isinstance(login.finish(query, browser=browser.cookie), BeginAgain)
    fresh = login.begin(browser=browser.cookie)
    replay = f"code={parse_qs(query)['code'][0]}&state={state_of(fresh)}"
    assert isinstance(login.finish(replay, browser=browser.cookie), BeginAgain)
    assert exchanges(seen) == 1


def test_s13_a_callback_that_names_another_issuer_is_refused(
    login: CleverLogin, browser: Browser, seen: list[httpx.Request]
) -> None:
    """Mix-up (RFC 9207): `iss` must be Clever's when it is there."""
    for issuer, kind in (("https://evil.test", Refused), ("https://clever.com", Arrived)):
        query = browser.follow(login.begin()) + f"&iss={issuer}"
        assert isinstance(login.finish(query, browser=browser.cookie), kind)
    assert exchanges(seen) == 1


def test_s14_https_is_demanded_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib's environment switches turn its own https check off; ours reads no environment."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with pytest.raises(Exception, match="neither https"):
        CleverApp(
            client_id="c", client_secret=Secret("s"), redirect_uri="https://a.test/", oauth_url="http://evil.test"
        )


def test_s15_no_token_is_in_an_outcome_a_log_or_a_url(
    login: CleverLogin, browser: Browser, seen: list[httpx.Request], caplog: pytest.LogCaptureFixture
) -> None:
    """Leakage: the access token goes out in the Authorization header and nowhere else."""
    with caplog.at_level(logging.DEBUG):
        arrived = login.finish(browser.follow(login.begin()), browser=browser.cookie)
    (token,) = {
        request.headers["authorization"].removeprefix("Bearer ")
        for request in seen
        if request.url.path.startswith("/v3.1")
    }
    everything = repr(arrived) + repr(attrs.asdict(arrived)) + caplog.text + "".join(str(r.url) for r in seen)
    assert token not in everything


def test_s18_no_public_call_takes_a_token_from_a_request(login: CleverLogin) -> None:
    """Implicit-token injection: only a token that our own code exchange brought is ever used."""
    for flow in (CleverLogin.begin, CleverLogin.finish, CleverLogin.forget, CleverLogin.fetch_district_token):
        assert not {"token", "access_token", "id_token"} & set(inspect.signature(flow.steps).parameters)
    answer = login.finish("access_token=ilx&id_token=abc&token_type=bearer&state=s", browser="b")
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.MALFORMED


def test_s19_c08_answers_are_not_stored_and_send_no_referer() -> None:
    """Code in the history, the previous child's page behind the back button: headers of every route."""
    headers = page_headers()
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    headers["Cache-Control"] = "public"
    assert page_headers()["Cache-Control"] == "no-store"


def test_s20_what_a_person_reads_is_ours(login: CleverLogin) -> None:
    """Reflected XSS, phishing: no text of the provider is in any outcome; every reason has a sentence of its own."""
    outcome = login.finish("error=<script>&error_description=call%200900&state=s", browser="b")
    assert isinstance(outcome, Refused)
    assert not any(text in repr(outcome) + outcome.sentence for text in ("<script>", "0900"))
    sentences = [Refused(reason).sentence for reason in Reason]
    assert len(set(sentences)) == len(sentences)


@given(st.text(max_size=20), st.sampled_from(list(Label)), st.sampled_from(list(Label)))
def test_s21_a_value_for_one_purpose_opens_no_other(value: str, one: Label, other: Label) -> None:
    """Token confusion (Auth.js CVE-2023-48309): digests of one value for two purposes differ."""
    assert (digest(one, value) == digest(other, value)) is (one is other)


def test_s21_a_ticket_is_no_state_and_a_state_no_code(login: CleverLogin, browser: Browser, store: MemoryStore) -> None:
    """What is kept for a state is found by a state only."""
    started = login.begin(browser="b")
    with store.transaction() as ports:
        for label in Label:
            found = ports.attempts.consume(
                state_digest=digest(label, state_of(started)),
                browser_digest=digest(Label.BROWSER, "b"),
                now=login._clock(),
            )
            assert (found is not None) is (label is Label.STATE)


# --- Logins that begin at Clever --------------------------------------------------------------------------------------


def test_p03_a_browser_bounces_once_and_then_sees_a_page(
    login: CleverLogin, browser: Browser, simulator: Simulator, show: Showcase, clock
) -> None:
    """Redirect loop: a second return without state within the minute ends with a button; later, all is as before."""
    launch = urlsplit(simulator.launch(show.student)).query
    again = login.finish(launch, browser=None)
    assert isinstance(again, BeginAgain)
    stopped = login.finish(launch, browser=again.cookie.value)
    assert isinstance(stopped, Refused)
    assert (stopped.reason, stopped.retry) == (Reason.COOKIES_BLOCKED, Retry.RESTART)
    once_more = login.finish(launch, browser=again.cookie.value)
    assert isinstance(once_more, BeginAgain), "the button, or another click on the tile, works"
    clock.forward(seconds=61)
    assert isinstance(login.finish(launch, browser=once_more.cookie.value), BeginAgain)


def test_p03_a_browser_without_cookies_is_told_and_does_not_spin(
    login: CleverLogin, browser: Browser, simulator: Simulator, show: Showcase, seen: list[httpx.Request]
) -> None:
    """Blocked cookies: one bounce, then a page; no code is exchanged."""
    again = login.finish(urlsplit(simulator.launch(show.student)).query, browser=None)
    assert isinstance(again, BeginAgain)
    outcome = login.finish(browser.follow(again), browser=None)
    assert isinstance(outcome, Refused)
    assert outcome.retry is Retry.RESTART
    assert exchanges(seen) == 0


def test_p03_a_login_that_was_finished_counts_no_more(
    login: CleverLogin, browser: Browser, simulator: Simulator, show: Showcase
) -> None:
    """The next child launches from the portal within the minute: begun again as ever."""
    again = login.finish(urlsplit(simulator.launch(show.student)).query, browser=None)
    assert isinstance(again, BeginAgain)
    assert isinstance(login.finish(browser.follow(again), browser=browser.cookie), Arrived)
    next_child = login.finish(urlsplit(simulator.launch(show.teacher)).query, browser=browser.cookie)
    assert isinstance(next_child, BeginAgain)


@pytest.mark.parametrize("state", ["garbled", "x" * 64, "%00"])
def test_p04_a_garbled_state_is_no_portal_launch(login: CleverLogin, seen: list[httpx.Request], state: str) -> None:
    """Downgrade: who strips or garbles the state gets a page with a button, no new login by itself and no exchange."""
    outcome = login.finish(f"code=abc&state={state}", browser="b")
    assert isinstance(outcome, Refused)
    assert outcome.retry is Retry.RESTART
    assert seen == []


def test_p05_a_bounce_ends_on_the_landing_page(login: CleverLogin, browser: Browser, app: CleverApp) -> None:
    """Open redirect via the portal: nothing of the callback's query says where to go."""
    again = login.finish("code=abc&next=//evil&return_to=/evil&district_id=d", browser=None)
    assert isinstance(again, BeginAgain)
    arrived = login.finish(browser.follow(again), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert arrived.return_to == app.landing


def test_p06_there_is_no_switch_that_accepts_an_unasked_code() -> None:
    """Refused: nothing makes the library exchange a code without state, so there is nothing to switch on by mistake."""
    switches = {*inspect.signature(CleverApp).parameters, *inspect.signature(CleverLogin).parameters}
    assert not [name for name in switches if "unsolicited" in name or "stateless" in name or "danger" in name]


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {}, True),
        ("GET", {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}, True),
        ("HEAD", {}, False),
        ("POST", {}, False),
        ("GET", {"Sec-Purpose": "prefetch"}, False),
        ("GET", {"sec-purpose": "prefetch;prerender"}, False),
        ("GET", {"Purpose": "prefetch"}, False),
        ("GET", {"X-Moz": "prefetch"}, False),
        ("GET", {"X-Purpose": "preview"}, False),
        ("GET", {"Sec-Fetch-Dest": "image"}, False),
        ("GET", {"SEC-FETCH-DEST": "iframe"}, False),
        ("GET", {"Sec-Fetch-Dest": "script"}, False),
        ("GET", {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}, False),
        ("GET", {"Sec-Fetch-Mode": "no-cors"}, False),
    ],
)
def test_p07_only_a_person_who_opens_a_page_counts(method: str, headers: dict[str, str], *, counts: bool) -> None:
    """`<img src=...authorize>`, link previews, prefetching: told by headers; a browser without them is let through."""
    assert is_navigation(method, headers) is counts


def test_p08_an_instant_login_link_begins_again_too(  # noqa: PLR0917 - fixtures
    login: CleverLogin,
    browser: Browser,
    district: District,
    app: CleverApp,
    show: Showcase,
    seen: list[httpx.Request],
) -> None:
    """The same as a launch from the portal: the code is dropped, and the login bound to this browser."""
    link = f"https://clever.com/oauth/instant-login?client_id={app.client_id}&district_id={district.id}"
    response = browser.http.get(link, headers={"cookie": browser.clever})
    again = login.finish(urlsplit(response.headers["location"]).query, browser=None)
    assert isinstance(again, BeginAgain)
    assert exchanges(seen) == 0
    arrived = login.finish(browser.follow(again), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert arrived.identity.key.subject == show.student


# --- Shared computers -------------------------------------------------------------------------------------------------


def test_c05_a_sign_out_starts_nothing(login: CleverLogin, browser: Browser, seen: list[httpx.Request]) -> None:
    """Logged out and in again as the same child: `forget` sends nothing and begins nothing."""
    login.begin(browser="b")
    assert login.forget(browser="b") is None
    assert login.forget(browser=None) is None
    assert seen == []


def test_c06_c07_a_students_session_ends_with_the_browser_and_is_never_cross_site() -> None:
    """Left-open device, session riding in a frame."""
    for roles, remembered in (({Role.STUDENT}, False), ({Role.STUDENT, Role.TEACHER}, False), ({Role.TEACHER}, True)):
        header = session_cookie("sid", "v", roles=roles, secure=True, remember=3600).header()
        assert ("Max-Age=3600" in header) is remembered
        assert header.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    assert "Max-Age" not in session_cookie("sid", "v", roles=(), secure=True, remember=3600).header()


# --- What a host may say ----------------------------------------------------------------------------------------------


def test_a11_a_role_that_is_not_allowed_ends_before_any_account(
    app: CleverApp, store: MemoryStore, browser: Browser, clock
) -> None:
    """Role rule: refused before anybody looks for an account; nothing is left behind."""
    login = CleverLogin(attrs.evolve(app, roles=frozenset({Role.TEACHER})), store=store, http=browser.http, clock=clock)
    outcome = login.finish(browser.follow(login.begin()), browser=browser.cookie)
    assert outcome == Refused(Reason.ROLE_NOT_ALLOWED)
    assert store._tables.accounts == store._tables.links == store._tables.attempts == {}


def test_a19_a_limiter_stops_a_login_before_anything_is_stored_or_sent(
    app: CleverApp, store: MemoryStore, browser: Browser, clock, seen: list[httpx.Request]
) -> None:
    """Brute force, state flooding: counted by browser, address and account."""
    knocks = []

    class Full:
        def allows(self, knock) -> bool:
            knocks.append(knock)
            return False

    login = CleverLogin(app, store=store, http=browser.http, clock=clock, limiter=Full())
    with pytest.raises(TooManyAttempts):
        login.begin(browser="b", connect=AccountId("a7"), address="10.0.0.7")
    assert login.finish("code=c&state=s", browser="b", address="10.0.0.7") == Refused(Reason.RATE_LIMITED)
    assert [(knock.step, knock.address, knock.account) for knock in knocks] == [
        ("begin", "10.0.0.7", "a7"),
        ("finish", "10.0.0.7", None),
    ]
    assert "b" != knocks[0].browser_digest == knocks[1].browser_digest
    assert seen == []
    assert store._tables.attempts == {}


def test_a20_a_rotated_secret_needs_no_pause(app: CleverApp, store: MemoryStore, browser: Browser, clock) -> None:
    """Downtime: both secrets are known while Clever accepts one of them; neither is shown."""
    both = attrs.evolve(app, client_secret=Secret("old"), other_secret=app.client_secret)
    login = CleverLogin(both, store=store, http=browser.http, clock=clock)
    arrived = login.finish(browser.follow(login.begin()), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert login.fetch_district_token(arrived.identity.key.district)
    assert "old" not in repr(both)


@respx.mock
def test_a23_a_code_is_never_sent_twice_and_nothing_waits_for_ever(app: CleverApp, store: MemoryStore) -> None:
    """Hung workers, double use: the exchange times out once; connecting takes 3 s and an answer 10 s at most."""
    login = CleverLogin(app, store=store)
    started = login.begin()
    route = respx.post("https://clever.com/oauth/tokens").mock(side_effect=httpx.ReadTimeout("slow"))
    outcome = login.finish(f"code=c&state={state_of(started)}", browser=started.cookie.value)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, route.call_count) == (Reason.UNAVAILABLE, 1)
    assert (drivers._TIMEOUT.connect, drivers._TIMEOUT.read) == (3.0, 10.0)


def test_a24_a_demonstration_district_opens_no_production_site(
    app: CleverApp, store: MemoryStore, district: District, show: Showcase, clock
) -> None:
    """Demo account abuse: Clever marks its sandbox districts by name; a host may let them in on purpose."""
    simulator = Simulator([attrs.evolve(district, name="#DEMO Sandbox District")], clock=clock)
    with httpx.Client(transport=transport(simulator)) as http:
        for sandbox in (False, True):
            login = CleverLogin(attrs.evolve(app, sandbox=sandbox), store=store, http=http, clock=clock)
            browser = Browser(http, clever=simulator.sign_in(show.student))
            outcome = login.finish(browser.follow(login.begin()), browser=browser.cookie)
            assert isinstance(outcome, Arrived) is sandbox
            assert sandbox or outcome == Refused(Reason.SANDBOX)


def test_the_district_is_named_and_one_that_cannot_be_read_blocks_nobody(
    login: CleverLogin, browser: Browser, simulator: Simulator, district: District
) -> None:
    """What a confirmation shows; missing data never blocks a login."""
    for name in (district.name, None):
        arrived = login.finish(browser.follow(login.begin()), browser=browser.cookie)
        assert isinstance(arrived, Arrived)
        assert arrived.identity.district_name == name
        simulator.fail("/v3.1/districts", 403, times=None)


def test_clever_is_asked_to_ask_who_it_is_on_shared_computers(login: CleverLogin) -> None:
    """`confirmed=false` and `district_id` are Clever's own words."""
    query = parse_qs(urlsplit(login.begin(ask_who=True, district=DistrictId("d1")).redirect_to).query)
    assert (query["confirmed"], query["district_id"]) == (["false"], ["d1"])
    assert "confirmed" not in login.begin().redirect_to


def test_a_token_is_kept_only_by_a_keeper_that_the_host_gives(
    app: CleverApp, store: MemoryStore, browser: Browser, clock
) -> None:
    """Nothing is stored by default; a keeper gets the token of a login that was let in."""
    kept = []

    class Keeper:
        def keep(self, key, token, *, now) -> None:
            kept.append((key, token, now))

    for keeper in (None, Keeper()):
        login = CleverLogin(app, store=store, http=browser.http, clock=clock, keeper=keeper)
        arrived = login.finish(browser.follow(login.begin()), browser=browser.cookie)
        assert isinstance(arrived, Arrived)
        assert len(kept) == (keeper is not None)
    ((key, token, _),) = kept
    assert key == arrived.identity.key
    assert token.reveal() not in repr(store.__dict__)
    refusing = CleverLogin(attrs.evolve(app, districts=frozenset()), store=store, http=browser.http, keeper=keeper)
    refusing.finish(browser.follow(refusing.begin()), browser=browser.cookie)
    assert len(kept) == 1


@given(st.text(st.characters(codec="utf-8"), max_size=30).map(lambda text: "/" + text))
def test_a21_a_browser_reads_the_same_origin(path: str) -> None:
    """A WHATWG parser drops tabs and newlines, reads backslashes as slashes, and stays on the host's origin."""
    if safe_path(path) is not None:
        seen_by_browser = "".join(character for character in path if character not in "\t\n\r").replace("\\", "/")
        assert not seen_by_browser.startswith("//")
        assert not any(ord(character) < 32 for character in path)
    for evil in ("//e", "/\\e", "/\t/e", "/%2f%2fe", "https://e", "@e", "/" + "a" * 3000):
        assert safe_path(evil) is None
