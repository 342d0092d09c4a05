"""The pretend Clever's own keys, for OpenID Connect. Needs the extra `clever-roster[oidc]`.

The only file of this room that knows PyJWT and cryptography; it is loaded by a simulator whose application has OpenID
Connect on (`SimulatedApp(oidc=True)`), and by nothing else. Knows keys and signatures; what an id_token says is
decided where tokens are handed out, in `oauth_host`. Clever publishes neither its algorithm nor the path of its keys
outside of the discovery document: RS256 and `/oauth/jwks` are the simulator's choice.
"""

from __future__ import annotations

import attrs
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from clever_roster.testing.exchange import Json

__all__ = ["ALGORITHM", "Signer"]

ALGORITHM = "RS256"


@attrs.frozen(repr=False)
class _Key:
    name: str
    private: rsa.RSAPrivateKey

    @classmethod
    def made(cls, number: int) -> _Key:
        return cls(f"simulated-{number}", rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def public(self) -> Json:
        shown: Json = {**RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)}
        return {**shown, "kid": self.name, "alg": ALGORITHM, "use": "sig"}


class Signer:
    """Signs with the newest key; the one before it stays published, for tokens that are still on their way."""

    def __init__(self) -> None:
        self._keys: tuple[_Key, ...] = (_Key.made(1),)
        self._made = 1

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._made += 1
        self._keys = (_Key.made(self._made), self._keys[0])

    def published(self) -> Json:
        """The public keys, as a JSON Web Key Set (RFC 7517, section 5)."""
        return {"keys": [key.public() for key in self._keys]}

    def sign(self, claims: Json) -> str:
        """A signed token (RFC 7519) that names its key."""
        newest = self._keys[0]
        return jwt.encode(claims, newest.private, algorithm=ALGORITHM, headers={"kid": newest.name})
