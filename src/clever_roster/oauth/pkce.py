"""Proof Key for Code Exchange (RFC 7636, S256), with nothing kept.

The verifier must be known when the browser comes back, and to nobody else; kept in a row, a leaked table would hold it.
So it is not kept but made again: HMAC-SHA256 with the browser's login cookie as the key, over the state. Both come with
the callback. Whoever reads the store has digests of the two; whoever reads the address, a proxy's log or a Referer has
the state; the cookie goes to this site and to nobody else. Without all of it the verifier cannot be made, and what the
provider sees (the challenge, then the verifier) says nothing about the cookie.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

__all__ = ["challenge_of", "verifier_of"]

_PURPOSE = "clever_roster/pkce\0"


def verifier_of(*, browser: str, state: str) -> str:
    """43 characters, as RFC 7636, 4.1 asks: the same for the same cookie and state."""
    return _text(hmac.digest(browser.encode("utf-8", "surrogatepass"), f"{_PURPOSE}{state}".encode(), "sha256"))


def challenge_of(verifier: str) -> str:
    """What goes with the request: the verifier's SHA-256 (RFC 7636, 4.2)."""
    return _text(sha256(verifier.encode()).digest())


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
