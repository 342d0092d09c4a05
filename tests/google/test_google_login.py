"""Logins with Google: the same attempts as Clever's, bound by PKCE too, and resting on a signed id_token."""

from __future__ import annotations

import asyncio
import inspect
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clever_roster.errors import ConfigurationError, ReauthRequired, SourceUnavailable, TooManyAttempts
from clever_roster.model import (
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    AccountId,
    DistrictId,
    IdentityKey,
    PersonId,
    Role,
    Secret,
)
from clever_roster.oauth import (
    CLASSROOM,
    Arrival,
    Arrived,
    AsyncGoogleLogin,
    BeginAgain,
    CleverApp,
    CleverLogin,
    GoogleApp,
    GoogleHosts,
    GoogleLogin,
    GoogleScope,
    Grant,
    Reason,
    Refused,
    Started,
)
from clever_roster.oauth.pkce import challenge_of, verifier_of
from clever_roster.steps import Request, Response
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Breakage, serve, transport
from clever_roster.testing.google import ClassroomDomain, SimulatedGoogle, SimulatedGoogleApp


def sent(started: Started | BeginAgain) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(started.redirect_to).query))


def query(address: str) -> str:
    return urlsplit(address).query


class Kept(dict[IdentityKey, Grant]):
    """A keeper of grants."""

    def keep(self, key: IdentityKey, grant: Grant, *, now) -> None:
        refresh = grant.refresh_token or (self[key].refresh_token if key in self else None)
        self[key] = attrs.evolve(grant, refresh_token=refresh)


def exchanges(google: SimulatedGoogle, seen: list[httpx.Request]) -> int:
    return sum(request.url.path == "/token" for request in seen)


@pytest.fixture
def seen(road: httpx.Client) -> list[httpx.Request]:
    requests: list[httpx.Request] = []
    road.event_hooks["request"] = [requests.append]
    return requests


# --- Who arrives ------------------------------------------------------------------------------------------------------


def test_a_login_ends_with_a_proven_identity(
    entrance: GoogleLogin, google: SimulatedGoogle, pupil: PersonId, domain: ClassroomDomain
) -> None:
    """Provider, `sub`, name and address as hints, the hosted domain to show; nothing is known of the role."""
    started = entrance.begin(return_to="/lessons/7")
    arrived = entrance.finish(query(google.visit(started.redirect_to, pupil)), browser=started.cookie.value)
    assert isinstance(arrived, Arrived)
    identity = arrived.identity
    assert identity.key == IdentityKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, pupil)
    assert (identity.roles, identity.unsaid) == (frozenset(), frozenset(Role))
    assert identity.name is not None
    assert (identity.name.first, identity.name.last) == (domain.users[pupil].first, domain.users[pupil].last)
    assert (identity.email, identity.district_name) == (domain.users[pupil].email, domain.name)
    assert (arrived.return_to, arrived.connect) == ("/lessons/7", None)


def test_the_key_of_a_login_is_the_key_of_the_roster(entrance: GoogleLogin, google: SimulatedGoogle, pupil) -> None:
    """Whoever was imported from Classroom finds their own account: one provider, one district, one id."""
    started = entrance.begin()
    arrived = entrance.finish(query(google.visit(started.redirect_to, pupil)), browser=started.cookie.value)
    assert isinstance(arrived, Arrived)
    assert arrived.identity.key.subject in google.domain.users


def test_a_confirmed_teacher_is_one_where_classroom_may_be_asked(
    entrance: GoogleLogin, google: SimulatedGoogle, teacher: PersonId, pupil: PersonId
) -> None:
    """`verifiedTeacher` is the only role that Google knows; for a pupil it says: no teacher."""
    for person, roles in ((teacher, {Role.TEACHER}), (pupil, set())):
        started = entrance.ask_for(CLASSROOM)
        arrived = entrance.finish(query(google.visit(started.redirect_to, person)), browser=started.cookie.value)
        assert isinstance(arrived, Arrived)
        assert arrived.identity.roles == roles
        assert Role.TEACHER not in arrived.identity.unsaid
        assert Role.STUDENT in arrived.identity.unsaid


def test_a_school_that_switched_classroom_off_can_still_log_in(
    entrance: GoogleLogin, google: SimulatedGoogle, teacher: PersonId
) -> None:
    """Missing data never blocks a login; an outage does, because a role would be lost by it."""
    google.switch_classroom(on=False)
    started = entrance.ask_for(CLASSROOM)
    arrived = entrance.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value)
    assert isinstance(arrived, Arrived)
    assert (arrived.identity.roles, arrived.identity.unsaid) == (frozenset(), frozenset(Role))
    google.fail("/v1/userProfiles", 503)
    started = entrance.ask_for(CLASSROOM)
    refused = entrance.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.UNAVAILABLE
    assert refused.sentence.startswith("Google does not answer")


def test_the_awaiting_login_is_the_same_login_over_a_real_socket(
    google: SimulatedGoogle, registered: GoogleApp, pupil: PersonId, clock
) -> None:
    """One description, two classes; authorize, token and keys at one address on loopback."""

    async def story(address: str) -> Arrival:
        app = attrs.evolve(registered, hosts=GoogleHosts.at(address))
        async with AsyncGoogleLogin(app, store=MemoryStore(), clock=clock) as login:
            started = await login.begin(return_to="/x")
            back = google.visit(started.redirect_to, pupil)
            return await login.finish(query(back), browser=started.cookie.value)

    with serve(google) as address:
        arrived = asyncio.run(story(address))
    assert isinstance(arrived, Arrived)
    assert arrived.identity.key.subject == pupil


# --- The request ------------------------------------------------------------------------------------------------------


def test_what_is_asked_for_is_written_as_google_documents_it(entrance: GoogleLogin, domain: ClassroomDomain) -> None:
    """Sign-in scopes first; Classroom's later, with what was granted before, and a refresh token for the night."""
    first = sent(entrance.begin())
    assert set(first["scope"].split()) == {"openid", "email", "profile"}
    assert (first["include_granted_scopes"], first["code_challenge_method"]) == ("true", "S256")
    assert (first["hd"], first["response_type"]) == (domain.name, "code")
    assert {"access_type", "prompt"}.isdisjoint(first)
    later = sent(entrance.ask_for(CLASSROOM, consent=True))
    assert set(later["scope"].split()) > CLASSROOM
    assert (later["access_type"], later["prompt"]) == ("offline", "consent")
    assert sent(entrance.begin(ask_who=True))["prompt"] == "select_account"


@pytest.mark.parametrize(
    ("domains", "wanted", "hosted"),
    [
        (None, None, None),
        (None, "a.test", "a.test"),
        ({"a.test"}, None, "a.test"),
        ({"a.test", "b.test"}, None, "*"),
        ({"a.test", "b.test"}, "b.test", "b.test"),
    ],
)
def test_googles_page_offers_the_accounts_that_may_log_in(
    registered: GoogleApp, store: MemoryStore, domains, wanted, hosted
) -> None:
    """`hd` is a courtesy to the person; it proves nothing."""
    app = attrs.evolve(registered, domains=None if domains is None else frozenset(domains))
    started = GoogleLogin(app, store=store).begin(district=None if wanted is None else DistrictId(wanted))
    assert sent(started).get("hd") == hosted


# --- PKCE -------------------------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_s09_the_verifier_is_made_of_cookie_and_state_and_of_nothing_less(browser: str, state: str, other: str) -> None:
    """RFC 7636, 4.1: 43 unreserved characters; another cookie or another state makes another one."""
    verifier = verifier_of(browser=browser, state=state)
    assert len(verifier) == 43
    assert set(verifier) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert verifier_of(browser=browser, state=state) == verifier
    assert (verifier_of(browser=browser, state=other) == verifier) is (state == other)
    assert challenge_of(verifier) != verifier


def test_s09_the_challenge_is_the_example_of_the_rfc() -> None:
    """RFC 7636, appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_s09_nothing_that_makes_the_verifier_is_stored_or_sent(entrance: GoogleLogin, store: MemoryStore) -> None:
    """A leaked table, or a log of addresses, is not enough."""
    started = entrance.begin()
    state, cookie = sent(started)["state"], started.cookie.value
    verifier = verifier_of(browser=cookie, state=state)
    kept = repr([attrs.asdict(attempt) for attempt in store._tables.attempts.values()])
    assert not [secret for secret in (state, cookie, verifier) if secret in kept]
    assert not [secret for secret in (cookie, verifier) if secret in started.redirect_to]
    assert sent(started)["code_challenge"] == challenge_of(verifier)


def test_s09_a_code_of_another_login_is_not_accepted(
    entrance: GoogleLogin, google: SimulatedGoogle, teacher: PersonId, pupil: PersonId
) -> None:
    """Code injection: the attacker's code in the victim's callback; the verifier does not fit it, twice at most."""
    theirs, mine = entrance.begin(browser="attacker"), entrance.begin(browser="victim")
    stolen = parse_qs(query(google.visit(theirs.redirect_to, teacher)))["code"][0]
    back = query(google.visit(mine.redirect_to, pupil))
    injected = urlencode({**dict(parse_qsl(back)), "code": stolen})
    again = entrance.finish(injected, browser="victim")
    assert isinstance(again, BeginAgain)


# --- The callback -----------------------------------------------------------------------------------------------------


def test_p01_a_code_without_a_state_is_refused_since_no_login_begins_at_google(
    entrance: GoogleLogin, seen: list[httpx.Request], google: SimulatedGoogle
) -> None:
    """Login CSRF: nothing is begun again, nothing sent."""
    refused = entrance.finish("code=4/0abc", browser=None)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.MALFORMED
    assert refused.sentence == "This is not a login that Google sent. Please begin again."
    assert seen == []


def test_s13_an_answer_of_one_provider_is_not_taken_for_the_others(  # noqa: PLR0917 - fixtures
    entrance: GoogleLogin,
    google: SimulatedGoogle,
    pupil: PersonId,
    app: CleverApp,
    store: MemoryStore,
    http: httpx.Client,
    clock,
) -> None:
    """Mix-up (RFC 9700, 4.4): Google's state and code at Clever's callback, with or without Google's name on them."""
    clever = CleverLogin(app, store=store, http=http, clock=clock)
    for named in (True, False):
        started = entrance.begin()
        back = dict(parse_qsl(query(google.visit(started.redirect_to, pupil))))
        mixed = urlencode(back if named else {key: value for key, value in back.items() if key != "iss"})
        refused = clever.finish(mixed, browser=started.cookie.value)
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.MALFORMED


def test_s05_a_callback_that_comes_twice_is_exchanged_once(
    entrance: GoogleLogin, google: SimulatedGoogle, pupil: PersonId, seen: list[httpx.Request]
) -> None:
    """Refresh, back button: the same machinery as Clever's."""
    started = entrance.begin()
    back = query(google.visit(started.redirect_to, pupil))
    assert isinstance(entrance.finish(back, browser=started.cookie.value), Arrived)
    assert isinstance(entrance.finish(back, browser=started.cookie.value), BeginAgain)
    assert exchanges(google, seen) == 1


def test_s03_a_callback_in_another_browser_is_refused_before_anything_is_sent(
    entrance: GoogleLogin, google: SimulatedGoogle, pupil: PersonId, seen: list[httpx.Request]
) -> None:
    """The rightful browser can still finish."""
    started = entrance.begin()
    back = query(google.visit(started.redirect_to, pupil))
    for other in (None, "somebody-elses-cookie"):
        outcome = entrance.finish(back.replace("code=4", "code=5"), browser=other)
        assert isinstance(outcome, Refused)
        assert outcome.reason is Reason.EXPIRED
    assert exchanges(google, seen) == 0
    assert isinstance(entrance.finish(back, browser=started.cookie.value), Arrived)


def test_somebody_who_says_no_at_google_is_told_so(
    entrance: GoogleLogin, google: SimulatedGoogle, teacher: PersonId
) -> None:
    """`access_denied`; and the words are ours."""
    started = entrance.ask_for(CLASSROOM)
    back = google.visit(started.redirect_to, teacher, cancel=True)
    refused = entrance.finish(query(back), browser=started.cookie.value)
    assert refused == Refused(Reason.CANCELLED, by="Google")
    assert refused.sentence == "The login with Google was cancelled."


@pytest.mark.parametrize("trouble", [503, 500, 400, Breakage.NO_ANSWER, Breakage.HTML])
@pytest.mark.parametrize("path", ["/token", "/oauth2/v3/certs"])
def test_when_google_is_down_the_person_is_told_to_try_later(
    entrance: GoogleLogin, google: SimulatedGoogle, pupil: PersonId, path: str, trouble
) -> None:
    """An outcome, not an exception; the exchange is never tried twice."""
    started = entrance.begin()
    back = query(google.visit(started.redirect_to, pupil))
    google.fail(path, trouble, times=None)
    refused = entrance.finish(back, browser=started.cookie.value)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.UNAVAILABLE


def test_a_wrong_client_secret_is_the_hosts_fault_and_a_rotated_one_needs_no_pause(
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, pupil: PersonId, clock
) -> None:
    """Raised, naming Google's console; with the right one beside it the login goes on."""
    wrong = attrs.evolve(registered, client_secret=Secret("wrong"))
    for app, works in ((wrong, False), (attrs.evolve(wrong, other_secret=registered.client_secret), True)):
        login = GoogleLogin(app, store=MemoryStore(), http=road, clock=clock)
        started = login.begin()
        back = query(google.visit(started.redirect_to, pupil))
        if works:
            assert isinstance(login.finish(back, browser=started.cookie.value), Arrived)
            continue
        with pytest.raises(ConfigurationError, match="console") as caught:
            login.finish(back, browser=started.cookie.value)
        assert "wrong" not in caught.value.diagnosis()


# --- Whose domain -----------------------------------------------------------------------------------------------------


@pytest.fixture
def outsider(google: SimulatedGoogle, domain: ClassroomDomain) -> PersonId:
    """Somebody with an account of their own, outside of every domain."""
    user = attrs.evolve(next(iter(domain.users.values())), id=PersonId("9" * 21), email="x@mail.test", hosted=False)
    google.replace(domain.altered(user))
    return user.id


def test_a11_the_signed_claim_decides_and_not_what_the_request_asked_for(
    entrance: GoogleLogin, google: SimulatedGoogle, outsider: PersonId
) -> None:
    """`hd` was edited out of the address on its way: the person gets through Google's page, and not in here."""
    started = entrance.begin()
    parts = urlsplit(started.redirect_to)
    edited = parts._replace(query=urlencode([one for one in parse_qsl(parts.query) if one[0] != "hd"])).geturl()
    refused = entrance.finish(query(google.visit(edited, outsider)), browser=started.cookie.value)
    assert refused == Refused(Reason.DISTRICT_NOT_ALLOWED, by="Google")


def test_a11_a_login_for_one_domain_lets_nobody_else_in(  # noqa: PLR0917 - fixtures
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, outsider: PersonId, pupil: PersonId, clock
) -> None:
    """The wish is kept with the attempt, and compared with the claim; without a rule everybody may come."""
    login = GoogleLogin(attrs.evolve(registered, domains=None), store=MemoryStore(), http=road, clock=clock)
    for wanted, person, reason in (
        ("other.test", pupil, Reason.WRONG_DISTRICT),
        (google.domain.name, outsider, Reason.WRONG_DISTRICT),
        (google.domain.name, pupil, None),
        (None, outsider, None),
    ):
        started = login.begin(district=None if wanted is None else DistrictId(wanted))
        outcome = login.finish(query(google.visit(started.redirect_to, person)), browser=started.cookie.value)
        assert (outcome.reason if isinstance(outcome, Refused) else None) is reason


def test_a11_a_role_rule_holds_at_google_too(  # noqa: PLR0917 - fixtures
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, pupil: PersonId, clock
) -> None:
    """Teachers only: for which Classroom must be asked."""
    app = attrs.evolve(registered, roles=frozenset({Role.TEACHER}), scopes=CLASSROOM)
    login = GoogleLogin(app, store=MemoryStore(), http=road, clock=clock)
    for person, reason in ((teacher, None), (pupil, Reason.ROLE_NOT_ALLOWED)):
        started = login.begin()
        outcome = login.finish(query(google.visit(started.redirect_to, person)), browser=started.cookie.value)
        assert (outcome.reason if isinstance(outcome, Refused) else None) is reason


# --- The id_token -----------------------------------------------------------------------------------------------------


class Checked:
    """An id_token's claims, as somebody else checked them."""

    def __init__(self, change: Callable[[dict[str, object]], object]) -> None:
        self.change = change

    def claims(self, id_token: Secret, *, nonce: str):
        claims: dict[str, object] = {"sub": "1" * 21, "hd": "g.test", "given_name": "Ana", "email": "a@g.test"}
        self.change(claims)
        return claims or None
        yield


def test_s16_the_nonce_of_another_login_opens_nothing(
    entrance: GoogleLogin, google: SimulatedGoogle, pupil: PersonId
) -> None:
    """Replay: the token is Google's, signed and fresh, and not of this login."""
    started = entrance.begin()
    changed = started.redirect_to.replace(f"nonce={sent(started)['nonce']}", "nonce=another")
    refused = entrance.finish(query(google.visit(changed, pupil)), browser=started.cookie.value)
    assert refused == Refused(Reason.IDENTITY_MISMATCH, by="Google")


def test_s16_a_token_for_another_application_opens_nothing(  # noqa: PLR0917 - fixtures
    google: SimulatedGoogle, registered: GoogleApp, road: httpx.Client, pupil: PersonId, clock, domain: ClassroomDomain
) -> None:
    """Audience: the same keys sign for everybody."""
    from clever_roster.oauth.id_token import IdTokens

    other = IdTokens(
        client_id="another", issuer="https://accounts.google.com", keys_url=registered.hosts.keys, clock=clock
    )
    login = GoogleLogin(registered, store=MemoryStore(), http=road, clock=clock, id_tokens=other)
    started = login.begin()
    refused = login.finish(query(google.visit(started.redirect_to, pupil)), browser=started.cookie.value)
    assert refused == Refused(Reason.IDENTITY_MISMATCH, by="Google")


def test_s16_a_login_without_an_id_token_opens_nothing(
    entrance: GoogleLogin, google: SimulatedGoogle, pupil: PersonId
) -> None:
    """`openid` was taken out of the address: there is an access token, and no proof."""
    started = entrance.begin()
    edited = started.redirect_to.replace("scope=email+openid+profile", "scope=email+profile")
    assert edited != started.redirect_to
    refused = entrance.finish(query(google.visit(edited, pupil)), browser=started.cookie.value)
    assert refused == Refused(Reason.IDENTITY_MISMATCH, by="Google")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda claims: None, Arrived),
        (lambda claims: claims.update(email_verified=False), Arrived),
        (lambda claims: [claims.pop(name) for name in ("given_name", "email", "hd")], Arrived),
        (lambda claims: claims.update(sub=""), Refused),
        (lambda claims: claims.update(sub=7), Refused),
        (lambda claims: claims.pop("sub"), Refused),
        (lambda claims: claims.clear(), Refused),
    ],
)
def test_only_the_subject_is_needed_of_the_claims(  # noqa: PLR0917 - fixtures
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, pupil: PersonId, clock, change, kind
) -> None:
    """Name, address and domain may be missing; without a subject there is nobody."""
    app = attrs.evolve(registered, domains=None)
    login = GoogleLogin(app, store=MemoryStore(), http=road, clock=clock, id_tokens=Checked(change))
    started = login.begin()
    outcome = login.finish(query(google.visit(started.redirect_to, pupil)), browser=started.cookie.value)
    assert isinstance(outcome, kind)


def test_s17_classroom_and_the_id_token_must_name_one_person(
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, clock
) -> None:
    """Token substitution: the access token is somebody else's than the id_token."""
    app = attrs.evolve(registered, domains=None)
    login = GoogleLogin(app, store=MemoryStore(), http=road, clock=clock, id_tokens=Checked(lambda claims: None))
    started = login.ask_for(CLASSROOM)
    refused = login.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value)
    assert refused == Refused(Reason.IDENTITY_MISMATCH, by="Google")


def test_s17_a_profile_that_cannot_be_read_names_nobody(
    entrance: GoogleLogin, google: SimulatedGoogle, teacher: PersonId
) -> None:
    """A broken answer is not a missing one: it does not say the same as the id_token."""
    started = entrance.ask_for(CLASSROOM)
    back = query(google.visit(started.redirect_to, teacher))
    google.fail("/v1/userProfiles", Breakage.CUT_BODY)
    assert entrance.finish(back, browser=started.cookie.value) == Refused(Reason.IDENTITY_MISMATCH, by="Google")


def test_a25_a_verified_email_is_not_read() -> None:
    """Neither the login nor anything below it knows the claim by name, so no switch of Google's opens an account."""
    from clever_roster.oauth import attempts, authority, google, login
    from clever_roster.oauth import id_token as checks

    code = [
        line
        for module in (attempts, authority, google, login, checks)
        for line in inspect.getsource(module).splitlines()
        if "email_verified" in line
    ]
    assert code == [line for line in code if "`email_verified` is not read" in line]
    assert len(code) == 1


def test_without_the_extra_the_login_says_what_to_install() -> None:
    """It rests on signatures, so it does not begin without somebody who can check them."""
    script = """
import sys
sys.modules["jwt"] = None
from clever_roster.errors import ConfigurationError
from clever_roster.model import Secret
from clever_roster.oauth import GoogleApp, GoogleLogin
from clever_roster.storage.memory import MemoryStore
app = GoogleApp(client_id="c", client_secret=Secret("s"), redirect_uri="https://app.test/google")
try:
    GoogleLogin(app, store=MemoryStore())
except ConfigurationError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "clever-roster[oidc]" in run.stdout


# --- What was granted -------------------------------------------------------------------------------------------------


def test_scopes_are_asked_for_later_and_what_was_granted_stays(
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, clock
) -> None:
    """Incremental authorization: a plain sign-in, then classes, then a plain sign-in with all of it."""
    login = GoogleLogin(registered, store=MemoryStore(), http=road, clock=clock)

    def arrive(started: Started, **how) -> Arrived:
        back = google.visit(started.redirect_to, teacher, **how)
        arrived = login.finish(query(back), browser=started.cookie.value)
        assert isinstance(arrived, Arrived)
        return arrived

    assert arrive(login.begin()).lacks(*CLASSROOM) == CLASSROOM
    asked = arrive(login.ask_for(CLASSROOM, return_to="/classes"))
    assert (asked.lacks(*CLASSROOM), asked.return_to) == (set(), "/classes")
    assert arrive(login.ask_for(CLASSROOM, return_to="https://evil.test")).return_to == registered.landing
    assert arrive(login.begin()).scopes == {"openid", "email", "profile"} | CLASSROOM


def test_a_scope_that_was_unticked_is_missing_and_the_login_goes_on(
    entrance: GoogleLogin, google: SimulatedGoogle, teacher: PersonId
) -> None:
    """Each scope can be refused by itself; the outcome says which."""
    started = entrance.ask_for(CLASSROOM)
    back = google.visit(started.redirect_to, teacher, untick=[GoogleScope.ROSTERS])
    arrived = entrance.finish(query(back), browser=started.cookie.value)
    assert isinstance(arrived, Arrived)
    assert arrived.lacks(*CLASSROOM) == {GoogleScope.ROSTERS}


def test_a_keeper_gets_what_was_granted_and_a_refresh_token_once(  # noqa: PLR0917 - fixtures
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, store: MemoryStore, clock
) -> None:
    """Google gives a refresh token at the first consent; another one only when it is asked to ask again."""
    kept = Kept()
    grants: list[Grant] = []
    original = kept.keep
    kept.keep = lambda key, grant, *, now: (grants.append(grant), original(key, grant, now=now))  # type: ignore[method-assign]
    login = GoogleLogin(registered, store=store, http=road, clock=clock, keeper=kept)
    for consent in (False, False, True):
        started = login.ask_for(CLASSROOM, consent=consent)
        assert isinstance(
            login.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value), Arrived
        )
    assert [grant.refresh_token is not None for grant in grants] == [True, False, True]
    assert grants[0].expires_at == clock() + timedelta(seconds=3599)
    assert grants[0].scopes > CLASSROOM
    refused = attrs.evolve(registered, domains=frozenset({"other.test"}))
    strict = GoogleLogin(refused, store=store, http=road, clock=clock, keeper=kept)
    started = strict.begin()
    assert isinstance(
        strict.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value), Refused
    )
    assert len(grants) == 3


@pytest.fixture
def granted(  # noqa: PLR0917 - fixtures
    registered: GoogleApp, google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, store: MemoryStore, clock
) -> Grant:
    kept = Kept()
    login = GoogleLogin(registered, store=store, http=road, clock=clock, keeper=kept)
    started = login.ask_for(CLASSROOM)
    login.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value)
    (grant,) = kept.values()
    return grant


def test_an_access_token_is_refreshed_and_its_scopes_are_those_of_today(
    entrance: GoogleLogin, granted: Grant, google: SimulatedGoogle, teacher: PersonId
) -> None:
    """Nobody is asked; a scope that was taken back since is missing."""
    assert granted.refresh_token is not None
    fresh = entrance.refresh(granted.refresh_token)
    assert fresh.access_token.reveal() != granted.access_token.reveal()
    assert fresh.refresh_token is None
    google.untick(teacher, GoogleScope.EMAILS)
    assert entrance.refresh(granted.refresh_token).scopes == granted.scopes - {GoogleScope.EMAILS}


def test_a_refresh_token_that_was_taken_back_asks_for_the_person(
    entrance: GoogleLogin, granted: Grant, google: SimulatedGoogle, teacher: PersonId
) -> None:
    """`invalid_grant`: revoked, unused for half a year, or too many others; the error says what to do."""
    assert granted.refresh_token is not None
    google.revoke(teacher)
    with pytest.raises(ReauthRequired, match=r"consent=True") as caught:
        entrance.refresh(granted.refresh_token)
    assert granted.refresh_token.reveal() not in str(caught.value) + caught.value.diagnosis()
    google.fail("/token", 503)
    with pytest.raises(SourceUnavailable):
        entrance.refresh(granted.refresh_token)


def test_what_was_granted_can_be_given_back(entrance: GoogleLogin, granted: Grant, google: SimulatedGoogle) -> None:
    """When somebody disconnects; a second time is no error, an outage is one."""
    assert granted.refresh_token is not None
    entrance.revoke(granted.refresh_token)
    with pytest.raises(ReauthRequired):
        entrance.refresh(granted.refresh_token)
    entrance.revoke(granted.refresh_token)
    google.fail("/revoke", 503)
    with pytest.raises(SourceUnavailable):
        entrance.revoke(granted.refresh_token)


def test_s15_no_token_is_in_an_outcome_a_log_or_a_url(  # noqa: PLR0917 - fixtures
    entrance: GoogleLogin,
    granted: Grant,
    google: SimulatedGoogle,
    teacher: PersonId,
    seen: list[httpx.Request],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Access, refresh and id token, code verifier and cookie: in headers and bodies, and nowhere else."""
    with caplog.at_level(logging.DEBUG):
        started = entrance.ask_for(CLASSROOM)
        arrived = entrance.finish(query(google.visit(started.redirect_to, teacher)), browser=started.cookie.value)
    assert granted.refresh_token is not None
    bearer = {request.headers.get("authorization", "").removeprefix("Bearer ") for request in seen} - {""}
    secrets = {*bearer, granted.refresh_token.reveal(), started.cookie.value}
    secrets.add(verifier_of(browser=started.cookie.value, state=sent(started)["state"]))
    shown = repr([arrived, granted, started]) + caplog.text + "".join(str(request.url) for request in seen)
    assert not [secret for secret in secrets if secret in shown]


# --- The application --------------------------------------------------------------------------------------------------


def test_an_application_is_checked_before_it_is_used() -> None:
    """https everywhere but on this machine; the landing page is a path."""
    good: Mapping[str, object] = {"client_id": "c", "client_secret": Secret("s"), "redirect_uri": "https://a.test/g"}
    for wrong in ({"redirect_uri": "http://a.test/g"}, {"landing": "//evil"}):
        with pytest.raises(ConfigurationError):
            GoogleApp(**(dict(good) | wrong))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        GoogleHosts(tokens="http://evil.test")
    app = GoogleApp(**good)  # type: ignore[arg-type]
    assert "Secret(<hidden>)" in repr(app)
    assert GoogleHosts.at("http://127.0.0.1:1").keys == "http://127.0.0.1:1/oauth2/v3/certs"


def test_a19_a_limiter_stops_what_asks_for_scopes_too(registered: GoogleApp, store: MemoryStore, clock) -> None:
    """`ask_for` is a beginning like any other."""

    class Full:
        def allows(self, knock) -> bool:
            return knock.account != "a7"

    login = GoogleLogin(registered, store=store, clock=clock, limiter=Full())
    with pytest.raises(TooManyAttempts):
        login.ask_for(CLASSROOM, connect=AccountId("a7"))
    assert store._tables.attempts == {}


# --- The pretend Google -----------------------------------------------------------------------------------------------


def test_the_pages_of_the_pretend_google_can_be_clicked_through(
    google: SimulatedGoogle, entrance: GoogleLogin, teacher: PersonId
) -> None:
    """Choose an account, untick, continue: plain forms, as in a browser."""
    with httpx.Client(transport=transport(google)) as browser:
        started = entrance.ask_for(CLASSROOM)
        chosen = browser.get(started.redirect_to)
        assert f'value="{teacher}"' in chosen.text
        parts = urlsplit(started.redirect_to)
        path = f"{parts.path}?{parts.query}"
        host = "https://accounts.google.com"
        asked = browser.post(f"{host}/signin", data={"person": teacher, "continue": path}, follow_redirects=True)
        assert all(f'name="{scope}"' in asked.text for scope in CLASSROOM)
        back = browser.post(f"{host}/consent", data={GoogleScope.COURSES: "on", "continue": path})
        arrived = entrance.finish(query(back.headers["location"]), browser=started.cookie.value)
        assert isinstance(arrived, Arrived)
        assert arrived.lacks(*CLASSROOM) == {GoogleScope.ROSTERS, GoogleScope.EMAILS}
        for page, fields in (("/signin", {"person": "0"}), ("/consent", {"continue": path})):
            browser.cookies.clear()
            assert browser.post(f"{host}{page}", data=fields).status_code == 400


def test_the_pretend_google_refuses_as_google_does(google: SimulatedGoogle, entrance: GoogleLogin, pupil) -> None:
    """A redirect URI that is not registered, a code that was used, a client nobody knows, a grant nobody heard of."""
    started = entrance.begin()
    with pytest.raises(LookupError):
        google.visit(started.redirect_to.replace("app.test", "evil.test"), pupil)
    with pytest.raises(LookupError):
        google.sign_in(PersonId("0"))

    def post(fields: dict[str, str]) -> tuple[int, str]:
        own = {"client_id": google.app.client_id, "client_secret": google.app.client_secret.reveal()}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(own | fields).encode()
        answer = google.respond(Request("POST", "https://oauth2.googleapis.com/token", headers, body))
        return answer.status, httpx.Response(answer.status, content=answer.body).json()["error"]

    assert post({"client_secret": "x"}) == (401, "invalid_client")
    assert post({"grant_type": "password"}) == (400, "unsupported_grant_type")
    assert post({"grant_type": "refresh_token", "refresh_token": "1//x"}) == (400, "invalid_grant")
    assert post({"grant_type": "authorization_code", "code": "4/0x"}) == (400, "invalid_grant")
    unknown: Response = google.respond(Request("GET", "https://accounts.google.com/nothing"))
    assert unknown.status == 404
    assert SimulatedGoogleApp().client_id == google.app.client_id


def test_a_pretend_google_that_signs_nothing_needs_no_extra() -> None:
    """Rosters are read with neither PyJWT nor cryptography; the first login makes a key of its own."""
    script = """
import sys
from clever_roster.testing import sample_district
from clever_roster.testing.google import SimulatedGoogle, sample_classroom_domain
SimulatedGoogle(sample_classroom_domain(sample_district(1, students=20)))
print(*sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in run.stdout.split()}.isdisjoint({"jwt", "cryptography"})


def test_a_pretend_google_without_a_signer_makes_one(
    domain: ClassroomDomain, registered: GoogleApp, pupil: PersonId, clock
) -> None:
    """Keys that nobody gave are made at the first login, and published."""
    google = SimulatedGoogle(domain, clock=clock)
    with httpx.Client(transport=transport(google)) as road:
        login = GoogleLogin(registered, store=MemoryStore(), http=road, clock=clock)
        started = login.begin()
        arrived = login.finish(query(google.visit(started.redirect_to, pupil)), browser=started.cookie.value)
    assert isinstance(arrived, Arrived)
