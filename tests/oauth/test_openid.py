"""OpenID Connect with the pretend Clever, over loopback: it signs what the login checks."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs
import httpx
import pytest
from visitor import Browser

from clever_roster.oauth import Arrived, CleverApp, CleverLogin, Reason, Refused
from clever_roster.oauth.id_token import IdTokens
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, SimulatedApp, Simulator, serve
from clever_roster.testing.showcase import Showcase

CALLBACK = "http://127.0.0.1:1/clever/callback"
REGISTERED = SimulatedApp(redirect_uris=(CALLBACK,), oidc=True)


@attrs.frozen
class Signed:
    """A pretend Clever with OpenID Connect, its address, and what came from its token endpoint."""

    simulator: Simulator
    address: str
    http: httpx.Client
    answers: list[dict[str, str]]

    def login(self, clock) -> CleverLogin:
        app = CleverApp(
            client_id=REGISTERED.client_id,
            client_secret=REGISTERED.client_secret,
            redirect_uri=CALLBACK,
            oauth_url=self.address,
            api_url=self.address,
        )
        id_tokens = IdTokens(client_id=app.client_id, issuer=self.address, clock=clock)
        return CleverLogin(app, store=MemoryStore(), http=self.http, clock=clock, id_tokens=id_tokens)

    def claims(self) -> dict[str, object]:
        """What the newest id_token says, unchecked."""
        body = self.answers[-1]["id_token"].split(".")[1]
        return json.loads(urlsafe_b64decode(body + "=="))

    def get(self, path: str) -> dict[str, object]:
        return self.http.get(f"{self.address}{path}").json()


@pytest.fixture
def signed(district: District, clock) -> Iterator[Signed]:
    simulator = Simulator([district], app=REGISTERED, clock=clock)
    answers: list[dict[str, str]] = []

    def note(response: httpx.Response) -> None:
        if response.request.url.path == "/oauth/tokens":
            response.read()
            answers.append(response.json())

    with serve(simulator) as address, httpx.Client(event_hooks={"response": [note]}) as http:
        yield Signed(simulator, address, http, answers)


def test_an_openid_login_is_proven_by_the_id_token_too(signed: Signed, show: Showcase, clock) -> None:
    """dev.clever.com, "OIDC implementation": `sub` is the id of v3; the nonce of this login came back, signed."""
    login = signed.login(clock)
    browser = Browser(signed.http, clever=signed.simulator.sign_in(show.teacher))
    started = login.begin()
    arrived = login.finish(browser.follow(started), browser=browser.cookie)
    assert isinstance(arrived, Arrived)
    assert arrived.identity.key.subject == show.teacher
    claims = signed.claims()
    person = signed.simulator.districts[0].people[show.teacher]
    assert claims["nonce"] == parse_qs(urlsplit(started.redirect_to).query)["nonce"][0]
    assert (claims["iss"], claims["aud"], claims["sub"]) == (signed.address, REGISTERED.client_id, show.teacher)
    assert (claims["iat"], claims["exp"]) == (int(clock().timestamp()), int(clock().timestamp()) + 3600)
    assert claims["user_id"] in person.legacy_ids.values()
    assert claims["user_id"] != claims["multi_role_user_id"] == show.teacher
    assert (claims["user_type"], claims["district"]) == ("teacher", signed.simulator.districts[0].id)
    assert (claims["given_name"], claims["family_name"]) == (person.first, person.last)
    assert claims.get("email", "") == person.email
    assert claims["email_verified"] is False


@pytest.mark.parametrize("nonce", ["another-login", None])
def test_s16_an_id_token_with_another_logins_nonce_opens_nothing(
    signed: Signed, show: Showcase, clock, nonce: str | None
) -> None:
    """Replay (OpenID Connect Core 1.0, 15.5.2): the signature is Clever's, and the token is not of this login."""
    login = signed.login(clock)
    browser = Browser(signed.http, clever=signed.simulator.sign_in(show.student))
    started = login.begin()
    parts = urlsplit(started.redirect_to)
    sent = {name: values[0] for name, values in parse_qs(parts.query).items() if name != "nonce"}
    sent |= {} if nonce is None else {"nonce": nonce}
    changed = attrs.evolve(started, redirect_to=parts._replace(query=urlencode(sent)).geturl())
    outcome = login.finish(browser.follow(changed), browser=browser.cookie)
    assert outcome == Refused(Reason.IDENTITY_MISMATCH)
    assert signed.claims().get("nonce") == nonce


def test_s16_a_key_that_clever_changed_is_found_once_five_minutes_have_passed(
    signed: Signed, show: Showcase, clock
) -> None:
    """Rotation: the new key is not known, then fetched; the one before stays published for tokens on their way."""
    login = signed.login(clock)
    browser = Browser(signed.http, clever=signed.simulator.sign_in(show.student))

    def arrive():
        return login.finish(browser.follow(login.begin()), browser=browser.cookie)

    assert isinstance(arrive(), Arrived)
    before = signed.get("/oauth/jwks")["keys"]
    signed.simulator.rotate_keys()
    now = signed.get("/oauth/jwks")["keys"]
    assert now[1:] == before
    assert {(key["kty"], key["alg"], key["use"]) for key in now} == {("RSA", "RS256", "sig")}
    assert all(key.keys().isdisjoint({"d", "p", "q"}) for key in now)
    assert arrive() == Refused(Reason.IDENTITY_MISMATCH)
    clock.forward(minutes=5)
    assert isinstance(arrive(), Arrived)
    signed.simulator.rotate_keys()
    assert len(signed.get("/oauth/jwks")["keys"]) == 2


def test_openid_is_off_unless_the_application_has_it(
    signed: Signed, http: httpx.Client, simulator: Simulator, app: CleverApp, show: Showcase
) -> None:
    """Clever turns it on for each application: off means no id_token, no keys, and no word of them in discovery."""
    assert signed.get("/.well-known/openid-configuration")["jwks_uri"] == f"{signed.address}/oauth/jwks"
    assert "jwks_uri" not in http.get("https://clever.com/.well-known/openid-configuration").json()
    assert http.get("https://clever.com/oauth/jwks").status_code == 404
    with pytest.raises(LookupError, match="OpenID"):
        simulator.rotate_keys()
    (code,) = parse_qs(urlsplit(simulator.launch(show.student)).query)["code"]
    fields = {"code": code, "grant_type": "authorization_code", "redirect_uri": app.redirect_uri}
    basic = (app.client_id, app.client_secret.reveal())
    answer = http.post("https://clever.com/oauth/tokens", json=fields, auth=basic).json()
    assert answer.keys() == {"access_token", "token_type"}


def test_a_simulator_without_openid_needs_no_extra() -> None:
    """Neither PyJWT nor cryptography is loaded by the test kit, or by a simulator that signs nothing."""
    code = "import sys; from clever_roster.testing import Simulator; Simulator([]); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in run.stdout.split()}.isdisjoint({"jwt", "cryptography"})
