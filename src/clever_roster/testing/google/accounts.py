"""What the pretend Google has handed out and still honours: browser sessions, consents, codes and tokens of two kinds.

Knows time and chance (both given) and who granted what; knows no HTTP. Lifetimes are Google's: an access token an hour,
a refresh token until it is revoked; a code ten minutes here (Google does not say), and it is gone once presented.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

import attrs

from clever_roster.model import PersonId

__all__ = ["ACCESS_LIFETIME", "Accounts", "Code", "Grant"]

ACCESS_LIFETIME = timedelta(seconds=3599)
CODE_LIFETIME = timedelta(minutes=10)


@attrs.frozen(kw_only=True)
class Grant:
    """Who let the application do what."""

    person: PersonId
    scopes: frozenset[str]


@attrs.frozen(kw_only=True)
class Code:
    """What an authorization code stands for.

    Attributes:
        challenge: of PKCE with S256; None for a client that sent none.
        refreshable: whether a refresh token comes with it.
    """

    grant: Grant
    redirect_uri: str
    nonce: str | None
    challenge: str | None
    refreshable: bool

    def is_answered(self, verifier: str | None) -> bool:
        """Whether this is the verifier of the challenge (RFC 7636, 4.6)."""
        if self.challenge is None or verifier is None:
            return self.challenge is verifier
        digest = sha256(verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge


class Accounts:
    """The ledger."""

    def __init__(self, *, clock: Callable[[], datetime], random: Random) -> None:
        self.clock = clock
        self._random = random
        self._sessions: dict[str, PersonId] = {}
        self._codes: dict[str, tuple[Code, datetime]] = {}
        self._access: dict[str, tuple[Grant, datetime]] = {}
        self._refresh: dict[str, PersonId] = {}
        self.granted: dict[PersonId, frozenset[str]] = {}

    def open_session(self, person: PersonId) -> str:
        """Log a browser in."""
        session = self.token("s")
        self._sessions[session] = person
        return session

    def visitor(self, session: str | None) -> PersonId | None:
        """Who is logged in in a browser."""
        return self._sessions.get(session or "")

    def issue_code(self, code: Code) -> str:
        """A code, as Google's begin."""
        made = f"4/0{self.token('')}"
        self._codes[made] = (code, self.clock() + CODE_LIFETIME)
        return made

    def redeem(self, code: str) -> Code | None:
        """Take a code back, once."""
        made, ends = self._codes.pop(code, (None, self.clock()))
        return made if self.clock() < ends else None

    def issue_access(self, grant: Grant) -> str:
        """An access token, good for an hour."""
        made = self.token("ya29.")
        self._access[made] = (grant, self.clock() + ACCESS_LIFETIME)
        return made

    def issue_refresh(self, person: PersonId) -> str:
        """A refresh token, good until the person revokes it."""
        made = self.token("1//")
        self._refresh[made] = person
        return made

    def refresh(self, token: str) -> Grant | None:
        """What a refresh token still stands for: what the person grants today."""
        person = self._refresh.get(token)
        return None if person is None else Grant(person=person, scopes=self.granted.get(person, frozenset()))

    def grant_of(self, token: str | None) -> Grant | None:
        """Whose access token it is."""
        grant, ends = self._access.get(token or "", (None, self.clock()))
        return grant if self.clock() < ends else None

    def revoke(self, person: PersonId) -> None:
        """The person takes back all that they granted (myaccount.google.com, or the application's own revocation)."""
        self.granted.pop(person, None)
        self._access = {key: held for key, held in self._access.items() if held[0].person != person}
        self._refresh = {key: held for key, held in self._refresh.items() if held != person}

    def owner(self, token: str) -> PersonId | None:
        """Whose token it is, of whichever kind."""
        grant = self.grant_of(token)
        return self._refresh.get(token) if grant is None else grant.person

    def token(self, prefix: str) -> str:
        """A random text."""
        return f"{prefix}{self._random.getrandbits(160):040x}"
