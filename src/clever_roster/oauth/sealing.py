"""Tokens encrypted at rest, for a `TokenKeeper` that keeps them. Needs the extra `clever-roster[encryption]`.

    seal = TokenSeal([Secret(new_key), Secret(old_key)])
    row = seal.close(identity.key, token)      # bytes for a column
    token = seal.open(identity.key, row)       # None if it is not this identity's, or was tampered with

AES-256-GCM under a key derived for this purpose alone (HKDF-SHA256), with the identity as associated data: a row that
is moved to another person does not open, and nothing sealed elsewhere with the same secret opens as a token.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from clever_roster.errors import ConfigurationError
from clever_roster.model import IdentityKey, Secret

__all__ = ["TokenSeal"]

PURPOSE = b"clever_roster/access token/1"
NONCE = 12
SHORTEST_SECRET = 32


class TokenSeal:
    """Closes with the first secret, opens with any: put a new one in front to rotate."""

    def __init__(self, keys: Sequence[Secret], *, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Derive the keys.

        Args:
            keys: secrets of at least 32 characters, random ones; the newest first.
            random: so many random bytes.

        Raises:
            ConfigurationError: there is no secret, or one is too short.
        """
        if not keys or any(len(key.reveal()) < SHORTEST_SECRET for key in keys):
            raise ConfigurationError(
                f"A seal needs secrets of at least {SHORTEST_SECRET} characters.",
                next_step="Make one with secrets.token_urlsafe(32), and keep it in your secret store.",
            )
        self._ciphers = [AESGCM(HKDF(SHA256(), 32, None, PURPOSE).derive(key.reveal().encode())) for key in keys]
        self._random = random

    def close(self, key: IdentityKey, token: Secret) -> bytes:
        """Encrypt a token for this identity."""
        nonce = self._random(NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, token.reveal().encode(), _owner(key))

    def open(self, key: IdentityKey, sealed: bytes) -> Secret | None:
        """Decrypt; None when it was closed for another identity, with other secrets, or was changed."""
        for cipher in self._ciphers:
            try:
                return Secret(cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _owner(key)).decode())
            except (InvalidTag, ValueError):
                continue
        return None


def _owner(key: IdentityKey) -> bytes:
    return json.dumps([key.provider, key.district, key.subject]).encode()
