"""What a host may plug into a login: a limiter, a place for tokens, a check of id_tokens. None is there by default.

Hooks are plain calls. On `AsyncCleverLogin` they run on the event loop, so one that waits hands its work on instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import attrs

from clever_roster.model import AccountId, IdentityKey, PersonId, Secret
from clever_roster.steps import Steps

__all__ = ["ClaimsCheck", "Grant", "GrantKeeper", "IdTokenCheck", "Knock", "Limiter", "TokenKeeper"]


@attrs.frozen(kw_only=True)
class Knock:
    """Somebody at the door: by which a limiter counts.

    Attributes:
        step: "begin" or "finish".
        browser_digest: which browser; None for one without our cookie.
        address: the network address, if the host told it.
        account: the account that is to be connected.
    """

    step: str
    browser_digest: str | None
    address: str | None
    account: AccountId | None = None


class Limiter(Protocol):
    """Counts attempts, and says when there are too many."""

    def allows(self, knock: Knock, /) -> bool:
        """Whether this one may go on; asked before anything is stored or sent."""
        ...


class TokenKeeper(Protocol):
    """Keeps the access token of a finished Clever login, for a host that must read as the person later.

    Few hosts must: rosters are read with the district's token. Keep it encrypted (`clever_roster.oauth.sealing`).
    """

    def keep(self, key: IdentityKey, token: Secret, *, now: datetime) -> None:
        """Keep the token; Clever's live a day and cannot be refreshed."""
        ...


@attrs.frozen(kw_only=True)
class Grant:
    """What a person let the application do at Google, and the tokens for it.

    Attributes:
        refresh_token: gets the next access token when this one has expired (`GoogleLogin.refresh`). None where none was
            asked for, and at every login after the first: keep the one you have.
        scopes: what was granted; each of those asked for may be missing.
        expires_at: when the access token ends, an hour after it was made.
    """

    access_token: Secret
    refresh_token: Secret | None = None
    scopes: frozenset[str] = frozenset()
    expires_at: datetime


class GrantKeeper(Protocol):
    """Keeps what a person granted at Google, for a host that reads their classes while they sleep.

    Keep both tokens encrypted (`clever_roster.oauth.sealing`), and never put None in a refresh token's place.
    """

    def keep(self, key: IdentityKey, grant: Grant, *, now: datetime) -> None:
        """Keep it for this identity."""
        ...


class IdTokenCheck(Protocol):
    """Checks the id_token of an OpenID Connect login; `clever_roster.oauth.id_token.IdTokens` is one."""

    def subject(self, id_token: Secret, *, nonce: str) -> Steps[PersonId | None]:
        """Whom the token names, if everything about it is right; else None."""
        ...


class ClaimsCheck(Protocol):
    """Checks the id_token of a login that rests on it alone; `clever_roster.oauth.id_token.IdTokens` is one."""

    def claims(self, id_token: Secret, *, nonce: str) -> Steps[Mapping[str, object] | None]:
        """What the token says, if everything about it is right; else None."""
        ...
