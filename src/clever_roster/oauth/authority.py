"""In what the logins of two providers differ: one value of this shape each, and the flow in `login` is the same.

"Authority" is the authorization server of OAuth 2.0 (RFC 6749, 1.1): who asks the person, hands out codes, takes them
back for tokens, and says who it was. `clever` and `google` are the two there are.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

import attrs

from clever_roster.model import AccountId, DistrictId, Identity, Role, Secret
from clever_roster.oauth.outcomes import Reason
from clever_roster.oauth.wire import Counter, Tokens
from clever_roster.steps import Request, Steps

__all__ = ["App", "Asking", "Authority", "Wish", "refused_role"]


class App(Protocol):
    """An application as registered somewhere, as far as every login asks."""

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back; another one for each provider (RFC 9700, 4.4.2)."""
        ...

    @property
    def landing(self) -> str:
        """Path on the host's site where a login without a wish of its own ends."""
        ...

    @property
    def lifetime(self) -> timedelta:
        """How long a login may take, and a question after it."""
        ...

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The client secrets, in the order in which they are tried."""
        ...


@attrs.frozen(kw_only=True)
class Wish:
    """What a login is for, from its beginning to its end.

    Attributes:
        district: only somebody of this district (at Google: of this domain) may come back.
        ask_who: let the provider ask "is this you?" first.
        scopes: what is asked for beyond what the application always asks.
        offline: whether a refresh token is wanted.
        consent: whether the person is asked again for what they granted before.
    """

    return_to: str
    connect: AccountId | None = None
    district: DistrictId | None = None
    restarts: int = 0
    ask_who: bool = False
    scopes: frozenset[str] = frozenset()
    offline: bool = False
    consent: bool = False


@attrs.frozen(kw_only=True)
class Asking:
    """One authorization request.

    Attributes:
        nonce: comes back inside the id_token.
        challenge: of PKCE.
    """

    wish: Wish
    state: str
    nonce: str
    challenge: str


class Authority(Protocol):
    """Who vouches for people."""

    @property
    def app(self) -> App:
        """The application as registered there."""
        ...

    @property
    def by(self) -> str:
        """What people call it."""
        ...

    @property
    def issuer(self) -> str:
        """What a callback's `iss` must be, when it is there (RFC 9207)."""
        ...

    @property
    def starts_logins(self) -> bool:
        """Whether a login may begin there, without our state: it is then begun again from here."""
        ...

    @property
    def counter(self) -> Counter:
        """The token endpoint."""
        ...

    def authorize_url(self, asking: Asking, /) -> str:
        """Where to send the browser."""
        ...

    def code_request(self, secret: Secret, *, code: str, redirect_uri: str, verifier: str) -> Request:
        """The exchange of a code."""
        ...

    def identify(self, tokens: Tokens, *, nonce: str) -> Steps[Identity | None]:
        """Who it was; None when the answers disagree.

        Raises:
            SourceError: it could not be read.
        """
        ...

    def granted(self, tokens: Tokens, /) -> frozenset[str]:
        """The scopes that the person granted, by the names they are asked for with."""
        ...

    def refuses(self, identity: Identity, *, wanted: DistrictId | None) -> Reason | None:
        """Why this person may not log in here: tenant and roles, as the application says."""
        ...


def refused_role(identity: Identity, roles: Collection[Role] | None) -> Reason | None:
    """Why somebody's roles do not let them in; None for no rule, or one that they fulfil."""
    return None if roles is None or not identity.roles.isdisjoint(roles) else Reason.ROLE_NOT_ALLOWED
