"""Log in with Google: what is particular about it, and the classes a host uses. Needs the extra `clever-roster[oidc]`.

    app = GoogleApp(client_id=..., client_secret=..., redirect_uri=..., domains=frozenset({"school.edu"}))
    login = GoogleLogin(app, store=store)
    started = login.begin(return_to="/lessons")                         # openid, email, profile
    started = login.ask_for(CLASSROOM, connect=account)                 # later, where classes are imported

Who stands there is what the id_token says, and nothing else is believed: its signature, issuer, audience, times and the
nonce of this very login (Google, "OpenID Connect"). The identity's key is `sub`, "unique among all Google Accounts and
never reused", in the one district of all Google accounts. The hosted domain (`hd`) is not part of the key: domains are
renamed, and a class may span two. It is a rule about who may log in, and it is read from the signed claim; the request
parameter of the same name only narrows what Google's page offers. `email_verified` is not read: no account is found, or
taken over, by an address.

No login begins at Google, so a code without a state is refused. The code is bound by PKCE (`pkce`) as well as by state
and cookie. Scopes are asked for where they are needed (`include_granted_scopes`), people can untick each of them, and
`Arrived.lacks` says what is missing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import INTERNAL_SERVER_ERROR, OK
from importlib import import_module
from typing import cast
from urllib.parse import urlencode

import attrs

from clever_roster.drivers import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.errors import ConfigurationError, ReauthRequired, SourceUnavailable
from clever_roster.model import (
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    AccountId,
    DistrictId,
    Identity,
    IdentityKey,
    PersonId,
    PersonName,
    Role,
    Secret,
)
from clever_roster.oauth import wire
from clever_roster.oauth.app import own_path, safe_path, secure
from clever_roster.oauth.authority import Asking, Wish, refused_role
from clever_roster.oauth.hooks import ClaimsCheck, Grant, GrantKeeper, Limiter
from clever_roster.oauth.login import Keep, Login, new_token, right_now
from clever_roster.oauth.outcomes import Reason, Started
from clever_roster.ports import AsyncStore, Store
from clever_roster.steps import Request, Send, Steps, ask, flow

__all__ = ["CLASSROOM", "AsyncGoogleLogin", "GoogleApp", "GoogleHosts", "GoogleLogin", "GoogleScope"]

SIGN_IN = frozenset({"openid", "email", "profile"})

_SHORT = {
    "https://www.googleapis.com/auth/userinfo.email": "email",
    "https://www.googleapis.com/auth/userinfo.profile": "profile",
}
"""Google answers with these names for two scopes that are asked for by shorter ones (recorded)."""

_HOUR = 3600


class GoogleScope(StrEnum):
    """What reading classes takes; all read only.

    EMAILS: without it Classroom says no addresses, and everything else all the same.
    """

    COURSES = "https://www.googleapis.com/auth/classroom.courses.readonly"
    ROSTERS = "https://www.googleapis.com/auth/classroom.rosters.readonly"
    EMAILS = "https://www.googleapis.com/auth/classroom.profile.emails"


CLASSROOM = frozenset(GoogleScope)
"""All that `GoogleClassroom` reads with."""


@attrs.frozen(kw_only=True)
class GoogleHosts:
    """Google's addresses; others only for a simulator."""

    accounts: str = attrs.field(default="https://accounts.google.com", validator=secure)
    tokens: str = attrs.field(default="https://oauth2.googleapis.com", validator=secure)
    keys: str = attrs.field(default="https://www.googleapis.com/oauth2/v3/certs", validator=secure)
    classroom: str = attrs.field(default="https://classroom.googleapis.com", validator=secure)

    @classmethod
    def at(cls, address: str) -> GoogleHosts:
        """All of them at one address, where a pretend Google is served."""
        return cls(accounts=address, tokens=address, keys=f"{address}/oauth2/v3/certs", classroom=address)


@attrs.frozen(kw_only=True)
class GoogleApp:
    """An application as registered in Google's console, and how the host wants logins to behave.

    Attributes:
        redirect_uri: another one than Clever's, so that no answer of one is taken for the other's (RFC 9700, 4.4.2).
        domains: the Google Workspace domains whose people may log in; None for everybody with a Google account.
        roles: the roles that may log in; None for everybody. Google knows teachers only, and says so only to who was
            granted a Classroom scope.
        scopes: what every login asks for beyond the sign-in.
        offline: whether every login asks for a refresh token.
        landing, lifetime, other_secret: as `CleverApp`.
        hosts: Google's addresses.

    Raises:
        ConfigurationError: an address is not https (nor this machine's), or `landing` is not a path.
    """

    client_id: str
    client_secret: Secret
    redirect_uri: str = attrs.field(validator=secure)
    domains: frozenset[str] | None = None
    roles: frozenset[Role] | None = None
    scopes: frozenset[str] = frozenset()
    offline: bool = False
    landing: str = attrs.field(default="/", validator=own_path)
    lifetime: timedelta = timedelta(minutes=10)
    other_secret: Secret | None = None
    hosts: GoogleHosts = attrs.field(factory=GoogleHosts)

    @property
    def oauth_url(self) -> str:
        """Where people are logged in to Google."""
        return self.hosts.accounts

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The client secrets, in the order in which they are tried."""
        return (self.client_secret,) if self.other_secret is None else (self.client_secret, self.other_secret)


# --- Google as an authority -------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Google:
    """Google as an `Authority`."""

    app: GoogleApp
    id_tokens: ClaimsCheck
    by: str = "Google"
    starts_logins: bool = False

    @property
    def issuer(self) -> str:
        """accounts.google.com, or a simulator."""
        return self.app.hosts.accounts.rstrip("/")

    @property
    def counter(self) -> wire.Counter:
        """The token endpoint."""
        return wire.Counter(
            url=f"{self.app.hosts.tokens.rstrip('/')}/token",
            client_id=self.app.client_id,
            by=self.by,
            registry="Google's console",
            status_page="the Google Workspace status dashboard",
        )

    def authorize_url(self, asking: Asking, /) -> str:
        """Google, "Using OAuth 2.0 for Web Server Applications"; "OpenID Connect: Authentication URI parameters"."""
        wish = asking.wish
        extra = {
            "nonce": asking.nonce,
            "code_challenge": asking.challenge,
            "code_challenge_method": "S256",
            "include_granted_scopes": "true",
        }
        extra |= {"access_type": "offline"} if wish.offline or self.app.offline else {}
        prompts = [name for name, asked in (("select_account", wish.ask_who), ("consent", wish.consent)) if asked]
        extra |= {"prompt": " ".join(prompts)} if prompts else {}
        hosted = self._hosted(wish.district)
        extra |= {} if hosted is None else {"hd": hosted}
        return wire.authorize_url(
            f"{self.issuer}/o/oauth2/v2/auth",
            client_id=self.app.client_id,
            redirect_uri=self.app.redirect_uri,
            state=asking.state,
            extra=extra,
            scopes=SIGN_IN | self.app.scopes | wish.scopes,
        )

    def _hosted(self, wanted: DistrictId | None) -> str | None:
        """What Google's page offers: one domain, any domain ("*"), or everybody. It proves nothing."""
        if wanted is not None or self.app.domains is None:
            return wanted
        return next(iter(self.app.domains)) if len(self.app.domains) == 1 else "*"

    def code_request(self, secret: Secret, *, code: str, redirect_uri: str, verifier: str) -> Request:
        """With the verifier."""
        return wire.code_request(self.counter, secret, code=code, redirect_uri=redirect_uri, verifier=verifier)

    def granted(self, tokens: wire.Tokens, /) -> frozenset[str]:
        """By the names that are asked for."""
        return frozenset(_SHORT.get(scope, scope) for scope in tokens.scopes)

    def identify(self, tokens: wire.Tokens, *, nonce: str) -> Steps[Identity | None]:
        """Whom the id_token names; where Classroom may be asked, it must name the same person."""
        if tokens.id_token is None:
            return None
        claims = yield from self.id_tokens.claims(tokens.id_token, nonce=nonce)
        subject = None if claims is None else _text(claims, "sub")
        if claims is None or subject is None:
            return None
        profile = (yield from self._profile(tokens.access_token)) if self.granted(tokens) & CLASSROOM else None
        if profile is not None and profile.get("id") != subject:
            return None
        teaches = profile is not None and profile.get("verifiedTeacher") is True
        first, last = _text(claims, "given_name") or "", _text(claims, "family_name") or ""
        return Identity(
            key=IdentityKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, PersonId(subject)),
            roles=frozenset({Role.TEACHER}) if teaches else frozenset(),
            unsaid=frozenset(Role) - (frozenset() if profile is None else {Role.TEACHER}),
            name=PersonName(first, last if first or last else _text(claims, "name") or ""),
            email=_text(claims, "email"),
            district_name=_text(claims, "hd"),
        )

    def _profile(self, token: Secret) -> Steps[Mapping[str, object] | None]:
        """How Classroom knows the person; None where it shows nothing (switched off, no such scope)."""
        headers = {"authorization": f"Bearer {token.reveal()}", "accept": "application/json"}
        address = f"{self.app.hosts.classroom.rstrip('/')}/v1/userProfiles/me"
        response = yield from ask(Send(Request("GET", address, headers)))
        if response.status >= INTERNAL_SERVER_ERROR:
            raise SourceUnavailable(
                f"Google Classroom is in trouble ({response.status}).",
                next_step=f"Try again later; see {self.counter.status_page}.",
                status=response.status,
            )
        return _object(response.body) if response.status == OK else None

    def refuses(self, identity: Identity, *, wanted: DistrictId | None) -> Reason | None:
        """The signed `hd` claim, then roles. An account outside of all domains has no claim."""
        hosted = identity.district_name
        if wanted is not None and hosted != wanted:
            return Reason.WRONG_DISTRICT
        if self.app.domains is not None and hosted not in self.app.domains:
            return Reason.DISTRICT_NOT_ALLOWED
        return refused_role(identity, self.app.roles)


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def _object(body: bytes) -> Mapping[str, object]:
    """A JSON object; an empty one for anything else, which then names nobody."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


# --- What a host uses -------------------------------------------------------------------------------------------------


class _GoogleFlows(Login):
    """What only Google's login can do."""

    app: GoogleApp
    _google: _Google

    @flow
    def ask_for(
        self,
        scopes: Collection[str],
        *,
        return_to: str | None = None,
        browser: str | None = None,
        connect: AccountId | None = None,
        district: DistrictId | None = None,
        offline: bool = True,
        consent: bool = False,
        address: str | None = None,
    ) -> Steps[Started]:
        """Begin a login that asks for more than who it is; what was granted before stays granted.

        Args:
            scopes: `CLASSROOM`, or some of it.
            offline: whether a refresh token is wanted, to read classes at night. Google gives one at the first consent.
            consent: ask again for what was granted before: only then comes another refresh token, so this is for when
                yours is lost or revoked.
            return_to, browser, connect, district, address: as `begin`.

        Raises:
            TooManyAttempts: the host's limiter said no.
        """
        self._knock(browser, address, connect)
        wish = Wish(
            return_to=safe_path(return_to or "") or self.app.landing,
            connect=connect,
            district=district,
            scopes=frozenset(scopes),
            offline=offline,
            consent=consent,
        )
        return (yield from self._start(wish, browser))

    @flow
    def refresh(self, refresh_token: Secret) -> Steps[Grant]:
        """The next access token. Its `refresh_token` is None: keep the one you have. Look at its scopes too.

        Raises:
            ReauthRequired: `invalid_grant`: the person or their school took it back, it was not used for half a year,
                or too many others were made since. Begin `ask_for(..., consent=True)`.
            ConfigurationError: Google does not know the application's id and secret.
            SourceError: Google is down, or answers oddly.
        """
        counter, now = self._google.counter, self._clock()
        response = yield from wire.authenticated(
            self.app.secrets, lambda secret: wire.refresh_request(counter, secret, refresh_token)
        )
        tokens = wire.read_tokens(counter, response)
        if isinstance(tokens, wire.CodeRejected):
            raise ReauthRequired(
                "Google no longer accepts the refresh token (invalid_grant).",
                next_step="Have the person grant it again: ask_for(..., consent=True).",
                status=response.status,
            )
        return _grant(self._google, tokens, now)

    @flow
    def revoke(self, token: Secret) -> Steps[None]:
        """Give back all that the person granted; for when they disconnect. One that is gone already is no error.

        Args:
            token: an access or a refresh token.

        Raises:
            SourceError: Google is down.
        """
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        address = f"{self.app.hosts.tokens.rstrip('/')}/revoke"
        request = Request("POST", address, headers, urlencode({"token": token.reveal()}).encode())
        response = yield from ask(Send(request))
        if response.status >= INTERNAL_SERVER_ERROR:
            raise SourceUnavailable(
                f"Google did not revoke the token ({response.status}).",
                next_step="Try again later; the person can do it at myaccount.google.com.",
                status=response.status,
            )


def _grant(google: _Google, tokens: wire.Tokens, now: datetime) -> Grant:
    return Grant(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        scopes=google.granted(tokens),
        expires_at=now + timedelta(seconds=tokens.lifetime or _HOUR),
    )


def _keeping(google: _Google, keeper: GrantKeeper | None) -> Keep | None:
    return None if keeper is None else lambda key, tokens, now: keeper.keep(key, _grant(google, tokens, now), now=now)


def _google(app: GoogleApp, id_tokens: ClaimsCheck | None, clock: Callable[[], datetime]) -> _Google:
    """Google with a check of its id_tokens: this login rests on it, so there is always one.

    Raises:
        ConfigurationError: PyJWT is not installed.
    """
    if id_tokens is not None:
        return _Google(app=app, id_tokens=id_tokens)
    try:
        made = import_module("clever_roster.oauth.id_token").IdTokens
    except ImportError:
        raise ConfigurationError(
            "PyJWT is not installed, and a login with Google rests on signed id_tokens.",
            next_step="Install clever-roster[oidc].",
        ) from None
    issuer = app.hosts.accounts.rstrip("/")
    checks = made(
        client_id=app.client_id,
        issuer=issuer,
        also=(issuer.removeprefix("https://"),),
        keys_url=app.hosts.keys,
        clock=clock,
    )
    return _Google(app=app, id_tokens=checks)


class GoogleLogin(_GoogleFlows, BlockingDriver):
    """Log in with Google, blocking. A context manager; closes only the HTTP client that it opened."""

    def __init__(
        self,
        app: GoogleApp,
        *,
        store: Store,
        http: HttpClient | None = None,
        clock: Callable[[], datetime] = right_now,
        token: Callable[[], str] = new_token,
        sleep: Callable[[float], None] = time.sleep,
        limiter: Limiter | None = None,
        keeper: GrantKeeper | None = None,
        id_tokens: ClaimsCheck | None = None,
    ) -> None:
        super().__init__(http=http, store=store, sleep=sleep)
        self.app = app
        self._google = _google(app, id_tokens, clock)
        self._equip(self._google, clock=clock, token=token, limiter=limiter, keep=_keeping(self._google, keeper))


class AsyncGoogleLogin(_GoogleFlows, AwaitingDriver):
    """Log in with Google, awaiting. An async context manager; closes only the HTTP client that it opened."""

    def __init__(
        self,
        app: GoogleApp,
        *,
        store: Store | AsyncStore,
        http: AsyncHttpClient | None = None,
        clock: Callable[[], datetime] = right_now,
        token: Callable[[], str] = new_token,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limiter: Limiter | None = None,
        keeper: GrantKeeper | None = None,
        id_tokens: ClaimsCheck | None = None,
    ) -> None:
        super().__init__(http=http, store=store, sleep=sleep)
        self.app = app
        self._google = _google(app, id_tokens, clock)
        self._equip(self._google, clock=clock, token=token, limiter=limiter, keep=_keeping(self._google, keeper))
