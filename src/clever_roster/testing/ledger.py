"""What the pretend Clever has handed out and still honours: browser sessions, codes and tokens.

Knows time and chance (both given), and who a login is; knows no HTTP. A code is gone once it was presented, whatever
came of it. Lifetimes are Clever's: a code one minute, a login's token a day, a browser session two hours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

import attrs

from clever_roster.model import DistrictId, PersonId, Role

__all__ = ["CODE_LIFETIME", "SESSION_LIFETIME", "TOKEN_LIFETIME", "Code", "DistrictToken", "Ledger", "Login"]

CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(hours=24)
SESSION_LIFETIME = timedelta(hours=2)


@attrs.frozen
class Login:
    """Who is logged in to Clever, of which district, in which role."""

    person: PersonId
    district: DistrictId
    role: Role


@attrs.frozen(kw_only=True, repr=False)
class DistrictToken:
    """The application's token for one district."""

    id: str
    district: DistrictId
    token: str
    created: datetime


@attrs.frozen(kw_only=True)
class Code:
    """What an authorization code stands for.

    Attributes:
        nonce: the one that the application sent, for its id_token.
    """

    login: Login
    redirect_uri: str
    nonce: str | None = None


Given = TypeVar("Given")


class Ledger:
    """Hands out and takes back. Not thread safe; the simulator holds a lock around it."""

    def __init__(self, *, clock: Callable[[], datetime], random: Random) -> None:
        self._clock = clock
        self._random = random
        self._sessions: dict[str, tuple[Login, datetime]] = {}
        self._codes: dict[str, tuple[Code, datetime]] = {}
        self._tokens: dict[str, tuple[Login, datetime]] = {}
        self._districts: dict[DistrictId, DistrictToken] = {}

    def now(self) -> datetime:
        """The present, as the clock that was given says."""
        return self._clock()

    def open_session(self, login: Login) -> str:
        """Remember a browser; the answer is its cookie's value."""
        return self._keep(self._sessions, self.hexadecimal(32), login, SESSION_LIFETIME)

    def session(self, cookie: str | None) -> Login | None:
        """Who the browser of this cookie is logged in as."""
        return self._honoured(self._sessions, cookie)

    def close_session(self, cookie: str | None) -> None:
        """Forget a browser."""
        self._sessions.pop(cookie or "", None)

    def issue_code(self, login: Login, redirect_uri: str, nonce: str | None = None) -> str:
        """An authorization code: 40 hex digits."""
        made = Code(login=login, redirect_uri=redirect_uri, nonce=nonce)
        return self._keep(self._codes, self.hexadecimal(40), made, CODE_LIFETIME)

    def redeem(self, code: str, redirect_uri: str) -> Code | None:
        """Take a code back; None when it is unknown, used, older than a minute or made for another redirect URI."""
        made = self._honoured(self._codes, code)
        self._codes.pop(code, None)
        return made if made and made.redirect_uri == redirect_uri else None

    def issue_token(self, login: Login) -> str:
        """The token of one login ("Instant Login token")."""
        return self._keep(self._tokens, f"il{self.hexadecimal(40)}", login, TOKEN_LIFETIME)

    def login_of(self, token: str | None) -> Login | None:
        """Whose login a token is from."""
        return self._honoured(self._tokens, token)

    def connect(self, district: DistrictId) -> DistrictToken:
        """The token of a district: the one it has, or a new one."""
        if district not in self._districts:
            self._districts[district] = DistrictToken(
                id=self.hexadecimal(24), district=district, token=self.hexadecimal(40), created=self._clock()
            )
        return self._districts[district]

    def disconnect(self, district: DistrictId) -> None:
        """Forget a district's token: the district has disconnected the application."""
        self._districts.pop(district, None)

    def district_tokens(self) -> tuple[DistrictToken, ...]:
        """All connected districts, in the order in which they came."""
        return tuple(self._districts.values())

    def district_of(self, token: str | None) -> DistrictId | None:
        """Which district a token reads."""
        return next((held.district for held in self._districts.values() if held.token == token), None)

    def hexadecimal(self, digits: int) -> str:
        """So many random hex digits."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def _keep(self, kept: dict[str, tuple[Given, datetime]], key: str, given: Given, lifetime: timedelta) -> str:
        kept[key] = (given, self._clock() + lifetime)
        return key

    def _honoured(self, kept: dict[str, tuple[Given, datetime]], key: str | None) -> Given | None:
        given, ends = kept.get(key or "", (None, self._clock()))
        return given if self._clock() < ends else None
