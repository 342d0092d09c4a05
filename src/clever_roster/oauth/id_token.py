"""OpenID Connect: whom an id_token names, if everything about it is right. Needs the extra `clever-roster[oidc]`.

    login = CleverLogin(app, store=store, id_tokens=IdTokens(client_id=app.client_id))

The only file that knows PyJWT, which checks the signature; every claim is checked here, because time is given and a
claim that is missing must not pass (OpenID Connect Core 1.0, 3.1.3.7; dev.clever.com, "OIDC implementation"):

    alg     on the list (asymmetric only), and what the key is for
    kid     names a key of the issuer; unknown ones make us fetch the keys anew, once in five minutes
    iss     the issuer, exactly (Google writes its own with and without "https://")
    aud     our client id and nobody else's; azp, if there is one, as well
    exp     not past; iat not in the future, nor older than a day; a minute of skew is allowed
    nonce   the one that this very login sent
    sub     the person; `multi_role_user_id` says the same, the legacy `user_id` is not looked at
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, TypeGuard, cast
from urllib.parse import urlsplit

import jwt

from clever_roster.clever.decode import parse_json
from clever_roster.errors import UnexpectedPayload
from clever_roster.model import PersonId, Secret
from clever_roster.oauth.app import OAUTH_URL
from clever_roster.steps import Request, Response, Send, Steps, ask

__all__ = ["IdTokens"]

ALGORITHMS = ("RS256", "ES256", "PS256")
SKEW = timedelta(seconds=60)
OLDEST = timedelta(days=1)
KEYS_AGAIN_AFTER = timedelta(minutes=5)
OK = 200


def _now() -> datetime:
    return datetime.now(UTC)


class IdTokens:
    """Checks id_tokens of one issuer for one application; keeps the issuer's public keys while it lives.

    Args:
        issuer: as the discovery document and the tokens name it.
        also: other ways in which the tokens name it.
        keys_url: where the keys are, if that is known; else the discovery document says it, and they must be on the
            issuer's own host.
    """

    def __init__(
        self,
        *,
        client_id: str,
        issuer: str = OAUTH_URL,
        also: Collection[str] = (),
        keys_url: str | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._client_id = client_id
        self._issuer = issuer
        self._names = frozenset({issuer, *also})
        self._keys_url = keys_url
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None

    def subject(self, id_token: Secret, *, nonce: str) -> Steps[PersonId | None]:
        """Whom the token names; None when anything about it is wrong. Raises as `claims` does."""
        claims = yield from self.claims(id_token, nonce=nonce)
        return None if claims is None else PersonId(cast("str", claims["sub"]))

    def claims(self, id_token: Secret, *, nonce: str) -> Steps[Mapping[str, object] | None]:
        """What the token says; None when anything about it is wrong.

        Raises:
            SourceError: the issuer's keys could not be fetched.
        """
        token = id_token.reveal()
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or not isinstance(kid, str):
            return None
        key = yield from self._key(kid)
        if key is None or key.algorithm_name != algorithm:
            return None
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.PyJWTError:
            return None
        return claims if self._is_right(claims, nonce) else None

    def _is_right(self, claims: Mapping[str, Any], nonce: str) -> bool:
        now = self._clock().timestamp()
        subject, said, issued, expires = (claims.get(name) for name in ("sub", "nonce", "iat", "exp"))
        ours = (
            claims.get("iss") in self._names
            and claims.get("aud") in (self._client_id, [self._client_id])
            and claims.get("azp", self._client_id) == self._client_id
            and isinstance(said, str)
            and compare_digest(said.encode(), nonce.encode())
        )
        if not ours or not _is_time(issued) or not _is_time(expires):
            return False
        skew = SKEW.total_seconds()
        in_time = now < expires + skew and now - OLDEST.total_seconds() - skew <= issued <= now + skew
        named = isinstance(subject, str) and bool(subject) and claims.get("multi_role_user_id", subject) == subject
        return in_time and named

    def _key(self, kid: str) -> Steps[jwt.PyJWK | None]:
        now = self._clock()
        if kid not in self._keys and (self._fetched_at is None or now - self._fetched_at >= KEYS_AGAIN_AFTER):
            self._fetched_at = now
            self._keys = yield from self._fetch_keys()
        return self._keys.get(kid)

    def _fetch_keys(self) -> Steps[Mapping[str, jwt.PyJWK]]:
        address = self._keys_url or (yield from self._discovered())
        listed = (yield from _get(address)).get("keys")
        keys: dict[str, jwt.PyJWK] = {}
        for one in cast("list[object]", listed) if isinstance(listed, list) else ():
            match one:
                case {"use": str(use)} if use != "sig":
                    continue
                case {"kid": str(kid), "kty": "RSA" | "EC"}:
                    keys |= _readable(kid, cast("Mapping[str, Any]", one))
                case _:
                    continue
        return keys

    def _discovered(self) -> Steps[str]:
        found = yield from _get(f"{self._issuer}/.well-known/openid-configuration")
        address = found.get("jwks_uri")
        if found.get("issuer") != self._issuer or not isinstance(address, str) or not self._own(address):
            raise UnexpectedPayload(
                "The discovery document names another issuer, or keys on another host.",
                next_step="Check the issuer; nothing was fetched from there.",
            )
        return address

    def _own(self, address: str) -> bool:
        theirs, ours = urlsplit(address), urlsplit(self._issuer)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)


def _readable(kid: str, key: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """The key under its id; nothing for one that this library cannot use, so that it spoils no other."""
    try:
        return {kid: jwt.PyJWK.from_json(json.dumps(key))}
    except jwt.PyJWTError:
        return {}


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _get(url: str) -> Steps[Mapping[str, object]]:
    response: Response = yield from ask(Send(Request("GET", url, {"accept": "application/json"})))
    if response.status != OK:
        raise UnexpectedPayload(
            f"The issuer's keys could not be read ({response.status}).",
            next_step="Try again later; see the issuer's status page.",
            status=response.status,
        )
    return parse_json(response)
