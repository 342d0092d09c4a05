"""Log in with Clever: what is particular about it, and the classes a host uses.

Clever takes its scopes from the dashboard, refuses PKCE, starts logins itself (portal, Instant Login, badges), and is
asked twice who it was: `/me` and the person's own record, and the id_token too where the host checks them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from http.client import UNAUTHORIZED
from typing import cast
from urllib.parse import urlencode

import attrs

from clever_roster.clever import records
from clever_roster.clever.decode import parse_json
from clever_roster.clever.reading import Api, read_one
from clever_roster.clever.translate import person_of
from clever_roster.drivers import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.errors import NotShared
from clever_roster.model import CLEVER, DistrictId, Identity, IdentityKey, Secret
from clever_roster.oauth import wire
from clever_roster.oauth.app import CleverApp
from clever_roster.oauth.authority import Asking, refused_role
from clever_roster.oauth.hooks import IdTokenCheck, Limiter, TokenKeeper
from clever_roster.oauth.login import Keep, Login, new_token, right_now
from clever_roster.oauth.outcomes import Reason
from clever_roster.ports import AsyncStore, Store
from clever_roster.steps import Request, Steps, flow

__all__ = ["AsyncCleverLogin", "CleverLogin"]

_SANDBOX = "#DEMO"
"""How the names of Clever's demonstration districts begin."""


@attrs.frozen(kw_only=True)
class _Clever:
    """Clever as an `Authority`."""

    app: CleverApp
    id_tokens: IdTokenCheck | None
    clock: Callable[[], datetime] = attrs.field(repr=False)
    by: str = "Clever"
    starts_logins: bool = True

    @property
    def issuer(self) -> str:
        """clever.com, or a simulator."""
        return self.app.oauth_url.rstrip("/")

    @property
    def counter(self) -> wire.Counter:
        """The token endpoint."""
        return wire.Counter(
            url=f"{self.issuer}/oauth/tokens",
            client_id=self.app.client_id,
            by=self.by,
            registry="Clever's dashboard",
            status_page="status.clever.com",
        )

    def authorize_url(self, asking: Asking, /) -> str:
        """dev.clever.com, "OAuth implementation"; `confirmed=false` asks "is this you?" first."""
        wish = asking.wish
        extra = {} if wish.district is None else {"district_id": str(wish.district)}
        extra |= {"confirmed": "false"} if wish.ask_who else {}
        extra |= {} if self.id_tokens is None else {"nonce": asking.nonce}
        return wire.authorize_url(
            f"{self.issuer}/oauth/authorize",
            client_id=self.app.client_id,
            redirect_uri=self.app.redirect_uri,
            state=asking.state,
            extra=extra,
        )

    def code_request(self, secret: Secret, *, code: str, redirect_uri: str, verifier: str) -> Request:  # noqa: ARG002
        """Without the verifier: Clever refuses PKCE."""
        return wire.code_request(self.counter, secret, code=code, redirect_uri=redirect_uri, verifier=None)

    def tokens_request(self, secret: Secret, district: DistrictId) -> Request:
        """List the district tokens of the application (dev.clever.com, "Get tokens")."""
        query = urlencode({"owner_type": "district", "district": district})
        return Request("GET", f"{self.counter.url}?{query}", wire.basic(self.app.client_id, secret))

    def identify(self, tokens: wire.Tokens, *, nonce: str) -> Steps[Identity | None]:
        """Who the token was given to, asked twice: `/me` and the person's own record must agree.

        Where the host checks id_tokens, that must name the same person.
        """
        api = Api(token=tokens.access_token, url=self.app.api_url, tries=2, longest_wait=2.0, clock=self.clock)
        me = yield from read_one(api, "/me", records.Me)
        person = person_of((yield from read_one(api, f"/users/{me.id}", records.User)))
        if (person.id, person.district) != (me.id, me.district):
            return None
        if self.id_tokens is not None and not (yield from self._agrees(me, tokens.id_token, nonce)):
            return None
        return Identity(
            key=IdentityKey(CLEVER, me.district, me.id),
            roles=person.roles,
            unknown_roles=person.unknown_roles,
            login_role=me.type,
            name=person.name,
            email=person.email,
            district_name=(yield from _district_name(api, me.district)),
        )

    def _agrees(self, me: records.Me, id_token: Secret | None, nonce: str) -> Steps[bool]:
        """Whether the id_token names the same person. Clever Library (by a teacher's word) sends none."""
        if self.id_tokens is None or id_token is None:
            return me.authorized_by == "teacher"
        return (yield from self.id_tokens.subject(id_token, nonce=nonce)) == me.id

    def granted(self, tokens: wire.Tokens, /) -> frozenset[str]:  # noqa: ARG002
        """None: a district decides what Clever shares, and no person ticks anything."""
        return frozenset()

    def refuses(self, identity: Identity, *, wanted: DistrictId | None) -> Reason | None:
        """Demonstration districts, other districts, no role, other roles; in this order."""
        district = identity.key.district
        if not self.app.sandbox and (identity.district_name or "").startswith(_SANDBOX):
            return Reason.SANDBOX
        if wanted is not None and district != wanted:
            return Reason.WRONG_DISTRICT
        if self.app.districts is not None and district not in self.app.districts:
            return Reason.DISTRICT_NOT_ALLOWED
        if not identity.roles:
            return Reason.NO_SUPPORTED_ROLE
        return refused_role(identity, self.app.roles)


def _district_name(api: Api, district: DistrictId) -> Steps[str | None]:
    try:
        return (yield from read_one(api, f"/districts/{district}", records.District)).name
    except NotShared:
        return None


class _CleverFlows(Login):
    """What only Clever's login can do."""

    app: CleverApp
    _clever: _Clever

    @flow
    def fetch_district_token(self, district: DistrictId) -> Steps[Secret]:
        """The token that reads this district's roster; fetch it again when Clever no longer accepts it.

        Raises:
            NotShared: the district has not connected the application.
            ConfigurationError: Clever does not know the application's id and secret.
        """
        response = yield from wire.authenticated(
            self.app.secrets, lambda secret: self._clever.tokens_request(secret, district)
        )
        if response.status == UNAUTHORIZED:
            raise wire.bad_credentials(self._clever.counter)
        rows = parse_json(response).get("data")
        for row in cast("list[object]", rows) if isinstance(rows, list) else ():
            match row:
                case {"owner": {"id": str(owner)}, "access_token": str(token)} if owner == district:
                    return Secret(token)
                case _:
                    continue
        raise NotShared(
            f"District {district} has no token for this application.",
            next_step="Ask the district's Clever administrator to connect the application.",
            status=response.status,
            request_id=response.headers.get("x-request-id"),
        )


def _keeping(keeper: TokenKeeper | None) -> Keep | None:
    return None if keeper is None else lambda key, tokens, now: keeper.keep(key, tokens.access_token, now=now)


class CleverLogin(_CleverFlows, BlockingDriver):
    """Log in with Clever, blocking. A context manager; closes only the HTTP client that it opened."""

    def __init__(
        self,
        app: CleverApp,
        *,
        store: Store,
        http: HttpClient | None = None,
        clock: Callable[[], datetime] = right_now,
        token: Callable[[], str] = new_token,
        sleep: Callable[[float], None] = time.sleep,
        limiter: Limiter | None = None,
        keeper: TokenKeeper | None = None,
        id_tokens: IdTokenCheck | None = None,
    ) -> None:
        super().__init__(http=http, store=store, sleep=sleep)
        self.app = app
        self._clever = _Clever(app=app, id_tokens=id_tokens, clock=clock)
        self._equip(self._clever, clock=clock, token=token, limiter=limiter, keep=_keeping(keeper))


class AsyncCleverLogin(_CleverFlows, AwaitingDriver):
    """Log in with Clever, awaiting. An async context manager; closes only the HTTP client that it opened."""

    def __init__(
        self,
        app: CleverApp,
        *,
        store: Store | AsyncStore,
        http: AsyncHttpClient | None = None,
        clock: Callable[[], datetime] = right_now,
        token: Callable[[], str] = new_token,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limiter: Limiter | None = None,
        keeper: TokenKeeper | None = None,
        id_tokens: IdTokenCheck | None = None,
    ) -> None:
        super().__init__(http=http, store=store, sleep=sleep)
        self.app = app
        self._clever = _Clever(app=app, id_tokens=id_tokens, clock=clock)
        self._equip(self._clever, clock=clock, token=token, limiter=limiter, keep=_keeping(keeper))
