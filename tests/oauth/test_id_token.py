"""OpenID Connect: an id_token in which one thing is wrong opens nothing."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hmac import digest
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
import respx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from clever_roster.errors import ConfigurationError
from clever_roster.model import CLEVER, DistrictId, IdentityKey, PersonId, Secret
from clever_roster.oauth import Arrived, CleverApp, CleverLogin, Reason, Refused
from clever_roster.oauth.id_token import IdTokens
from clever_roster.oauth.sealing import TokenSeal
from clever_roster.storage.memory import MemoryStore

NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
APP = CleverApp(client_id="c1e4", client_secret=Secret("s"), redirect_uri="https://app.test/cb")
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(kid: str = "k1", key=KEY, **more) -> dict[str, object]:
    return json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": kid, "alg": "RS256", "use": "sig"} | more


class Issuer:
    """clever.com with OpenID Connect, by hand: the simulator signs nothing that is wrong."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.now = NOW
        self.keys = [jwk()]
        self.discovery = {"issuer": "https://clever.com", "jwks_uri": "https://clever.com/oauth/jwks"}
        self.authorized_by = "district"
        router.get("https://clever.com/.well-known/openid-configuration").mock(
            side_effect=lambda _: httpx.Response(200, json=self.discovery)
        )
        self.jwks = router.get("https://clever.com/oauth/jwks").mock(
            side_effect=lambda _: httpx.Response(200, json={"keys": self.keys})
        )
        self.tokens = router.post("https://clever.com/oauth/tokens")
        router.get("https://api.clever.com/v3.1/me").mock(
            side_effect=lambda _: httpx.Response(
                200,
                json={"type": "user", "data": {"id": "p1", "district": "d1", "authorized_by": self.authorized_by}},
            )
        )
        router.get("https://api.clever.com/v3.1/users/p1").respond(
            json={"data": {"id": "p1", "district": "d1", "name": {}, "roles": {"staff": {}}}}
        )
        router.get("https://api.clever.com/v3.1/districts/d1").respond(json={"data": {"id": "d1", "name": "D"}})
        self.login = CleverLogin(
            APP,
            store=MemoryStore(),
            clock=lambda: self.now,
            id_tokens=IdTokens(client_id=APP.client_id, clock=lambda: self.now),
        )

    def claims(self, nonce: str) -> dict[str, object]:
        return {
            "iss": "https://clever.com",
            "sub": "p1",
            "aud": APP.client_id,
            "iat": int(self.now.timestamp()),
            "exp": int(self.now.timestamp()) + 3600,
            "nonce": nonce,
            "multi_role_user_id": "p1",
            "user_id": "legacy-7",
        }

    def arrive(self, change=None, *, key=KEY, algorithm="RS256", kid="k1", id_token=None):
        started = self.login.begin()
        sent = parse_qs(urlsplit(started.redirect_to).query)
        claims = self.claims(sent["nonce"][0])
        if change is not None:
            change(claims)
        headers = {} if kid is None else {"kid": kid}
        signed = jwt.encode(claims, key, algorithm=algorithm, headers=headers) if id_token is None else id_token
        answer = {"access_token": "ilx", "token_type": "bearer"} | ({"id_token": signed} if signed else {})
        self.tokens.respond(json=answer)
        return self.login.finish(f"code={sent['state'][0][:9]}&state={sent['state'][0]}", browser=started.cookie.value)


@pytest.fixture
def issuer():
    with respx.mock(assert_all_called=False) as router:
        yield Issuer(router)


def test_a_right_id_token_lets_in(issuer: Issuer) -> None:
    """Signature, issuer, audience, times, nonce and subject are right; keys are fetched once."""
    for _ in range(3):
        arrived = issuer.arrive()
        assert isinstance(arrived, Arrived)
        assert arrived.identity.key == IdentityKey(CLEVER, DistrictId("d1"), PersonId("p1"))
    assert issuer.jwks.call_count == 1


def sets(name: str, value: object):
    return lambda claims: claims.__setitem__(name, value)


def drops(name: str):
    return lambda claims: claims.pop(name)


SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    "change",
    [
        sets("iss", "https://evil.test"),
        sets("iss", "https://clever.com/"),
        drops("iss"),
        sets("aud", "another app"),
        sets("aud", ["c1e4", "another app"]),
        sets("aud", "C1E4"),
        drops("aud"),
        sets("azp", "another app"),
        sets("exp", SECONDS - 61),
        sets("exp", "tomorrow"),
        drops("exp"),
        sets("iat", SECONDS + 61),
        sets("iat", SECONDS - 90_000),
        sets("iat", "now"),
        drops("iat"),
        sets("nonce", "another login's"),
        sets("nonce", ""),
        drops("nonce"),
        sets("sub", "p2"),
        sets("sub", "legacy-7"),
        sets("multi_role_user_id", "p2"),
        drops("sub"),
    ],
)
def test_s16_one_wrong_claim_lets_nobody_in(issuer: Issuer, change) -> None:
    """Token substitution, replay: flip each claim."""
    assert issuer.arrive(change) == Refused(Reason.IDENTITY_MISMATCH)


@pytest.mark.parametrize(
    "change",
    [
        sets("exp", SECONDS - 59),
        sets("iat", SECONDS + 59),
        sets("aud", ["c1e4"]),
        sets("azp", "c1e4"),
        sets("user_id", "whatever"),
        drops("user_id"),
        drops("multi_role_user_id"),
    ],
)
def test_s16_a_minute_of_skew_and_the_legacy_id_do_not_matter(issuer: Issuer, change) -> None:
    """The legacy `user_id` is never looked at; clocks differ a little."""
    assert isinstance(issuer.arrive(change), Arrived)


@pytest.mark.parametrize(
    "arguments",
    [
        {"key": OTHER},
        {"key": None, "algorithm": "none"},
        {"key": "s" * 32, "algorithm": "HS256"},
        {"algorithm": "RS512"},
        {"algorithm": "PS256"},
        {"kid": None},
        {"kid": "k9"},
        {"id_token": "not.a.token"},
        {"id_token": "x"},
    ],
)
def test_s16_a_wrong_signature_lets_nobody_in(issuer: Issuer, arguments: dict[str, object]) -> None:
    """Algorithm confusion: `none`, HMAC, another key, another algorithm than the key's, no key id, no token at all."""
    assert issuer.arrive(**arguments) == Refused(Reason.IDENTITY_MISMATCH)  # type: ignore[arg-type]


def test_s16_an_hmac_with_the_public_key_lets_nobody_in(issuer: Issuer) -> None:
    """The classic: the public key, taken for an HMAC secret."""

    def part(value: bytes) -> str:
        return urlsafe_b64encode(value).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "kid": "k1", "typ": "JWT"}).encode())
    body = part(json.dumps(issuer.claims("n")).encode())
    signature = part(digest(PEM, f"{head}.{body}".encode(), "sha256"))
    assert issuer.arrive(id_token=f"{head}.{body}.{signature}") == Refused(Reason.IDENTITY_MISMATCH)


def test_s16_keys_are_fetched_anew_for_an_unknown_key_but_not_for_every_one(issuer: Issuer) -> None:
    """Rotation works; a flood of made-up key ids makes one request in five minutes."""
    assert isinstance(issuer.arrive(), Arrived)
    issuer.keys = [jwk("k1"), jwk("k2", OTHER)]
    for _ in range(5):
        assert isinstance(issuer.arrive(kid="k9"), Refused)
    assert issuer.jwks.call_count == 1
    issuer.now += timedelta(minutes=5)
    assert isinstance(issuer.arrive(key=OTHER, kid="k2"), Arrived)
    assert issuer.jwks.call_count == 2


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.test", "jwks_uri": "https://clever.com/oauth/jwks"},
        {"issuer": "https://clever.com", "jwks_uri": "https://evil.test/jwks"},
        {"issuer": "https://clever.com", "jwks_uri": "http://clever.com/oauth/jwks"},
        {"issuer": "https://clever.com"},
    ],
)
def test_s16_keys_come_from_the_issuers_own_host(issuer: Issuer, discovery: dict[str, str]) -> None:
    """SSRF, foreign keys: nothing is fetched from another host, or without TLS."""
    issuer.discovery = discovery
    outcome = issuer.arrive()
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.UNAVAILABLE
    assert issuer.jwks.call_count == 0


def test_login_13_a_library_login_has_no_id_token(issuer: Issuer) -> None:
    """Clever Library sends none; any other login that lost its id_token is refused."""
    for authorized_by, kind in (("teacher", Arrived), ("district", Refused)):
        issuer.authorized_by = authorized_by
        assert isinstance(issuer.arrive(id_token=""), kind)


def test_keys_that_cannot_be_read_spoil_no_other(issuer: Issuer) -> None:
    """A key of a kind from the future, an encryption key, nonsense."""
    issuer.keys = [{"kid": "q", "kty": "PQC"}, jwk("e", use="enc"), {"kid": "r", "kty": "RSA"}, "?", jwk()]  # type: ignore[list-item]
    assert isinstance(issuer.arrive(), Arrived)
    issuer.now += timedelta(minutes=5)
    assert isinstance(issuer.arrive(kid="e"), Refused)


def test_s21_a_sealed_token_opens_for_its_owner_only() -> None:
    """Encryption at rest: another identity's row, a changed row, another secret: nothing."""
    old, new = Secret("o" * 43), Secret("n" * 43)
    mine, other = (IdentityKey(CLEVER, DistrictId("d1"), PersonId(person)) for person in ("p1", "P1"))
    row = TokenSeal([old]).close(mine, Secret("il-token"))
    assert b"il-token" not in row
    rotated = TokenSeal([new, old])
    found = rotated.open(mine, row)
    assert found is not None
    assert found.reveal() == "il-token"
    assert rotated.open(other, row) is None
    assert rotated.open(mine, row[:-1] + bytes([row[-1] ^ 1])) is None
    assert rotated.open(mine, b"") is None
    assert TokenSeal([new]).open(mine, row) is None
    assert TokenSeal([old]).close(mine, Secret("il-token")) != row
    for keys in ([], [Secret("short")]):
        with pytest.raises(ConfigurationError):
            TokenSeal(keys)
