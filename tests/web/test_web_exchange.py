"""What is equal in all frameworks, without one: which requests count, what a session keeps, what a page shows."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC
from html.parser import HTMLParser
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import attrs
import flask
import httpx
import pytest
from django.http import HttpRequest
from django.test.utils import override_settings
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request

from clever_roster import web
from clever_roster.errors import ConfigurationError
from clever_roster.linking import (
    Conflict,
    ConflictKind,
    Created,
    Linked,
    NeedsConfirmation,
    NewAccountNeeded,
    Policy,
    ProofNeeded,
    Session,
)
from clever_roster.model import (
    CLEVER,
    Account,
    AccountId,
    DistrictId,
    Identity,
    IdentityKey,
    PersonId,
    PersonName,
    Role,
)
from clever_roster.oauth import CleverApp, CleverLogin, Knock
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Simulator
from clever_roster.testing.showcase import Showcase
from clever_roster.web import django as web_django
from clever_roster.web import flask as web_flask
from clever_roster.web import pages
from clever_roster.web import starlette as web_starlette
from clever_roster.web.exchange import Exchange, Turn
from clever_roster.web.kept import Kept
from clever_roster.web.visit import Places, Visit, Visitor, turned_away

KEY = IdentityKey(CLEVER, DistrictId("d1"), PersonId("p1"))
PLACES = Places(callback="/back", start="/in", connect="/connect", accept="/a", confirm="/c", sign_out="/out")


def visit(method: str = "GET", query: str = "", **more: Any) -> Visit:
    blank: dict[str, Any] = {"headers": {}, "cookies": {}, "form": {}, "kept": Kept(), "visitor": None}
    return Visit(method=method, query=query, **{**blank, **more})


# --- Sessions ---------------------------------------------------------------------------------------------------------

identities = st.builds(
    Identity,
    key=st.builds(IdentityKey, st.just(CLEVER), st.text(), st.text()),
    roles=st.frozensets(st.sampled_from(Role)),
    login_role=st.none() | st.text(),
)
kept = st.builds(
    Kept,
    account=st.none() | st.text(min_size=1).map(AccountId),
    identity=st.none() | identities,
    since=st.none() | st.datetimes(timezones=st.just(UTC)),
    return_to=st.text(),
)


@given(kept)
def test_what_a_session_keeps_comes_back_from_json_as_it_was(kept: Kept) -> None:
    """Every framework's default session is JSON."""
    assert Kept.unpack(json.loads(json.dumps(kept.pack()))) == kept


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda more: st.dictionaries(st.text(), more) | st.lists(more))
)
def test_what_another_version_kept_is_nothing_rather_than_an_error(packed: Any) -> None:
    """A deployment must not log everybody out with a 500."""
    for odd in (packed, {"identity": packed}, {"since": packed}, {"identity": {"key": packed, "roles": packed}}):
        assert Kept.unpack(odd).identity is None


def test_a_session_keeps_neither_name_nor_email() -> None:
    """Starlette's and Flask's sessions can be read by whoever sits at the computer."""
    identity = Identity(key=KEY, roles=frozenset({Role.STUDENT}), name=PersonName("Ada", "Byron"), email="a@b.test")
    assert not {"Ada", "Byron", "a@b.test"} & {*json.dumps(Kept(identity=identity).pack()).split('"')}


# --- Pages ------------------------------------------------------------------------------------------------------------


class Shown(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}


@given(
    st.text(min_size=1)
    | st.sampled_from(["<script>x</script>", "\"><img src=x onerror='x'>", "' autofocus onfocus='x"])
)
def test_s20_whatever_a_district_writes_into_a_name_is_text_on_the_page(text: str) -> None:
    """Stored script: names, emails, districts, tickets and paths add no tag and no attribute."""

    def shown(text: str) -> Shown:
        name = PersonName(text, text, text)
        identity = Identity(key=KEY, roles=frozenset({Role.TEACHER}), name=name, email=text or None, district_name=text)
        new = NewAccountNeeded(identity=identity, session=Session.ROTATE, return_to=text, ticket=text)
        ask = NeedsConfirmation(account=AccountId("1"), identity=identity, return_to=text, ticket=text)
        return Shown(
            pages.new_account_page(new, PLACES, text, "Clever")
            + pages.confirm_page(ask, PLACES, "Clever")
            + pages.continue_page(PLACES, text or "/", "Clever")
            + pages.stopped_page(
                Conflict(ConflictKind.HELD_BY_EMPTY_ACCOUNT, ticket=text), PLACES, text, no_cookie=True
            )
            + pages.stopped_page(
                attrs.make_class("Odd", {"sentence": attrs.field(default=text)})(), PLACES, "/", no_cookie=False
            )
        )

    page, plain = shown(text), shown("plain")
    assert page.tags == plain.tags
    assert page.names == plain.names


def test_an_outcome_that_the_pages_do_not_know_yet_says_its_sentence(login: CleverLogin) -> None:
    """A new arm of `linking` is a page before anybody drew one."""
    odd: Any = attrs.make_class("Odd", {"sentence": attrs.field(default="Something new stands in the way.")})()
    turn = Exchange(login, {})._ended(visit(), odd)
    assert (turn.status, "Something new stands in the way." in turn.body, turn.ending) == (409, True, odd)


# --- Requests ---------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(["sec-fetch-site", "sec-fetch-user", "accept", "referer"]), st.text()))
def test_p07_other_headers_turn_nobody_away(headers: dict[str, str]) -> None:
    """Old browsers, privacy tools and bookmarks send what they like; a GET from another site is a link to us."""
    assert turned_away(visit(headers=headers), {"GET"}) is None


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none", None])
def test_a_form_of_our_own_pages_is_not_turned_away(site: str | None) -> None:
    """They send no origin (`no-referrer`); what protects them is their ticket."""
    headers = {"origin": "null"} | ({"sec-fetch-site": site} if site else {})
    assert turned_away(visit("POST", headers=headers), {"POST"}) is None


def test_a_sign_out_may_come_from_the_hosts_own_script_and_not_from_another_site(login: CleverLogin) -> None:
    """`fetch` is no navigation, and a sign-out need not be one."""
    exchange = Exchange(login, {})
    script = {"sec-fetch-dest": "empty", "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"}
    other = {**script, "sec-fetch-site": "cross-site"}
    assert login.answer(exchange.at("sign_out", visit("POST", headers=script))).status == 200
    assert login.answer(exchange.at("sign_out", visit("POST", headers=other))).status == 403
    assert login.answer(exchange.at("sign_out", visit("GET"))).headers["Allow"] == "POST"


class Strict:
    """A limiter that has had enough."""

    def __init__(self) -> None:
        self.knocks: list[Knock] = []

    def allows(self, knock: Knock, /) -> bool:
        self.knocks.append(knock)
        return False


@pytest.mark.parametrize(("place", "query"), [("start", ""), ("connect", ""), ("callback", "code=a")])
def test_a19_a_limiter_that_says_no_is_a_page_and_not_an_error(
    place: str, query: str, app: CleverApp, store: MemoryStore, clock: Any
) -> None:
    """429, with the browser's address for the limiter to count by; Clever hears nothing of it."""
    limiter = Strict()
    with CleverLogin(app, store=store, clock=clock, limiter=limiter) as login:
        visitor = Visitor(AccountId("1"), clock())
        asked = visit(query=query, visitor=visitor, address="192.0.2.7")
        turn = login.answer(Exchange(login, {"clock": clock}).at(place, asked))
    assert (turn.status, "too many attempts" in turn.body) == (429, True)
    assert [knock.address for knock in limiter.knocks] == ["192.0.2.7"]


def test_who_is_not_signed_in_connects_nothing(login: CleverLogin) -> None:
    """And who cannot say when they last proved who they are is asked to."""
    exchange = Exchange(login, {})
    assert login.answer(exchange.at("connect", visit())).status == 403
    turn = login.answer(exchange.at("connect", visit(visitor=Visitor(AccountId("1")))))
    assert (turn.status, "sign in once more" in turn.body) == (403, True)
    assert (
        'name="return_to" value="/clever/connect"' in turn.body
    )  # with Clever, where the host has no login of its own


def test_another_persons_session_is_emptied_even_if_the_host_forgot_to_say_who_was_there(login: CleverLogin) -> None:
    """The host's own sign-out left our part behind: the next one does not inherit the rest of it."""
    new = NewAccountNeeded(identity=Identity(key=KEY, roles=frozenset()), session=Session.ROTATE, return_to="/")
    turn = Exchange(login, {})._ended(visit(kept=Kept(account=AccountId("old"))), new)
    assert turn.session is Session.REPLACE


# --- What a host may decide -------------------------------------------------------------------------------------------

OWN = AccountId("own")


@attrs.frozen
class Trip:
    """From a place of the login to Clever and back, as the showcase's student."""

    exchange: Exchange
    login: CleverLogin
    http: httpx.Client
    session: str

    def __call__(self, place: str, **more: Any) -> tuple[dict[str, str], Turn]:
        begun = self.login.answer(self.exchange.at(place, visit(**more)))
        back = self.http.get(begun.headers["Location"], headers={"cookie": self.session}).headers["location"]
        cookies = {begun.cookies[0].name: begun.cookies[0].value}
        asked = visit(query=urlsplit(back).query, cookies=cookies, **more)
        return cookies, self.login.answer(self.exchange.at("callback", asked))


@pytest.fixture
def trip(login: CleverLogin, http: httpx.Client, simulator: Simulator, show: Showcase, store: MemoryStore) -> Any:
    store.put_accounts([Account(id=OWN, name=PersonName("Robin", "Example"), has_password=True, activity=37)])
    return lambda rules: Trip(Exchange(login, rules), login, http, simulator.sign_in(show.student))


def test_an_empty_account_is_taken_over_where_the_host_allows_it_and_the_person_says_so(
    trip: Any, clock: Any, login: CleverLogin
) -> None:
    """`create`, `policy` and `move_work`: an account made by a first click does not keep the Clever login for ever."""
    moved: list[tuple[AccountId, AccountId]] = []
    rules = {
        "create": True,
        "policy": Policy(absorb_empty=True),
        "move_work": lambda _, source, into: moved.append((source, into)),
        "clock": clock,
    }
    go, me = trip(rules), Visitor(OWN, clock())
    _, made = go("start")
    assert isinstance(made.ending, Created)
    cookies, asked = go("connect", visitor=me)
    assert "Take over the empty account" in asked.body
    yes = visit("POST", form={"ticket": asked.ending.ticket}, cookies=cookies, visitor=me)
    taken = login.answer(go.exchange.at("confirm", yes)).ending
    assert isinstance(taken, Linked)
    assert (taken.account, taken.absorbed) == (OWN, made.ending.account.id)
    assert moved == [(made.ending.account.id, OWN)]


def test_where_the_host_knows_a_likely_account_its_own_login_is_offered_first(trip: Any, clock: Any) -> None:
    """`candidates` and `own_login`: nothing is shown of the account, and a new one is still offered."""
    go = trip({"candidates": lambda _ports, _identity: [OWN], "own_login": "/my-login", "clock": clock})
    _, asked = go("start")
    assert isinstance(asked.ending, ProofNeeded)
    assert asked.body.index("/my-login") < asked.body.index("Make my account")
    assert "Robin" not in asked.body


# --- What a host may set up wrongly -----------------------------------------------------------------------------------


def test_the_callback_cannot_be_one_of_the_logins_own_places(login: CleverLogin, app: CleverApp) -> None:
    """Found when the application starts."""
    with pytest.raises(ConfigurationError, match="/clever/login"):
        Places.of(attrs.evolve(app, redirect_uri="https://app.test/clever/login"), "/clever")
    routes = Exchange(login, {"at": "/school/sso", "root_path": "/school"}).routes
    assert (routes["start"], routes["callback"]) == ("/sso/login", "/clever/callback")


def test_c06_starlettes_two_week_session_is_refused_unless_somebody_chose_it(login: CleverLogin) -> None:
    """Its default outlives the browser, also a child's; so does no session at all, which says so too."""
    app = Starlette()
    web_starlette.mount(app, login)
    scope: dict[str, Any] = {"type": "http", "app": app}
    with pytest.raises(ConfigurationError, match="no sessions"):
        web_starlette.current_account(Request(scope))
    scope["session"] = {}
    app.add_middleware(SessionMiddleware, secret_key="x")
    with pytest.raises(ConfigurationError, match="two weeks"):
        web_starlette.current_account(Request(scope))
    app.user_middleware.clear()
    app.add_middleware(SessionMiddleware, secret_key="x", max_age=3600)
    assert web_starlette.current_account(Request(scope)) is None


def test_django_is_told_what_its_settings_lack(login: CleverLogin) -> None:
    """A session cookie that travels without TLS on an https site, and a project without sessions."""
    with pytest.raises(ConfigurationError, match="session cookie"):
        web_django.mount(login)
    with override_settings(SESSION_COOKIE_SECURE=True):
        assert len(web_django.mount(login)) == len(attrs.fields(Places))
    with pytest.raises(ConfigurationError, match="no sessions"):
        web_django.current_account(HttpRequest())


def test_flasks_session_cookie_becomes_strict_where_nothing_was_said(login: CleverLogin) -> None:
    """Lax and Secure by default; a host that chose SameSite keeps its choice."""
    app, chosen = flask.Flask("quiet"), flask.Flask("chosen")
    chosen.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    for one in (app, chosen):
        web_flask.mount(one, login)
    assert (app.config["SESSION_COOKIE_SAMESITE"], app.config["SESSION_COOKIE_SECURE"]) == ("Lax", True)
    assert chosen.config["SESSION_COOKIE_SAMESITE"] == "Strict"


@pytest.mark.parametrize("adapter", [web_starlette, web_django, web_flask])
def test_all_adapters_offer_the_same_in_under_two_hundred_lines(adapter: ModuleType) -> None:
    """`mount`, a way to receive the outcome, and who is there."""
    assert adapter.__all__ == ["Receive", "current_account", "current_identity", "mount"]
    with open(adapter.__file__ or "", encoding="utf-8") as source:  # noqa: PTH123
        assert len(source.readlines()) < 200


def test_the_door_of_this_room_loads_no_framework() -> None:
    """Each adapter is asked for by name, and only then is its framework needed."""
    code = "import clever_roster.web, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"starlette", "fastapi", "flask", "django", "werkzeug", "asgiref"}.isdisjoint(run.stdout.split())
    assert dir(web) == sorted(web.__all__)
