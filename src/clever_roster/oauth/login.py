"""Log in with Clever: `begin`, and `finish`, each written once and worn by a blocking and an awaiting class.

What may happen to a callback, in the order of the checks:

    the host's limiter says no            Refused(RATE_LIMITED)
    not a callback of Clever's            Refused(MALFORMED)
    an error instead of a code            Refused(CANCELLED)
    a code without a state                BeginAgain      portal, Instant Login link or forgery: the code is never used
    the same, while a login that was      Refused(COOKIES_BLOCKED)
      begun again still waits (a minute)
    an issuer that is not Clever          Refused(MALFORMED)
    a state that is not (or no longer)    Refused(EXPIRED)
      waiting in *this* browser
    a code seen before, in a browser      BeginAgain      delivered twice: exchanged once
      that has a login cookie
    the code is not accepted              BeginAgain once, then Refused(EXPIRED)
    Clever is down, or answers oddly      Refused(CLEVER_UNAVAILABLE)
    the person is not shared              Refused(NOT_SHARED)
    the answers about who it is disagree  Refused(IDENTITY_MISMATCH)
      (`/me`, the record, the id_token)
    a demonstration district              Refused(SANDBOX)
    another district than asked for       Refused(WRONG_DISTRICT), Refused(DISTRICT_NOT_ALLOWED)
    no role, or none that is allowed      Refused(NO_SUPPORTED_ROLE), Refused(ROLE_NOT_ALLOWED)
    else                                  Arrived(identity)

The attempt is consumed, and the code noted as seen, in one transaction before anything is sent to Clever.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import assert_never, cast

import attrs

from clever_roster.clever import records
from clever_roster.clever.decode import parse_json
from clever_roster.clever.reading import Api, read_one
from clever_roster.clever.translate import person_of
from clever_roster.drivers import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.errors import CleverError, NotShared, TooManyAttempts
from clever_roster.model import CLEVER, AccountId, DistrictId, Identity, IdentityKey, Secret
from clever_roster.oauth import wire
from clever_roster.oauth.app import CleverApp, safe_path
from clever_roster.oauth.digests import Label, digest
from clever_roster.oauth.hooks import IdTokenCheck, Knock, Limiter, TokenKeeper
from clever_roster.oauth.outcomes import Arrival, Arrived, BeginAgain, BrowserCookie, Reason, Refused, Started
from clever_roster.ports import AsyncStore, Attempt, Ports, Store, Transact
from clever_roster.steps import Request, Response, Send, Steps, ask, flow

__all__ = ["AsyncCleverLogin", "CleverLogin"]

_CODE_REMEMBERED = timedelta(minutes=10)
"""Clever's codes live a minute; browsers offer them again for as long as a tab stays open."""

_MOST_RESTARTS = 1

_BOUNCE_PAUSE = timedelta(seconds=60)
"""A launch from the portal is begun again once a minute per browser, so that nothing spins."""

_SANDBOX = "#DEMO"
"""How the names of Clever's demonstration districts begin."""


def _now() -> datetime:
    return datetime.now(UTC)


def _token() -> str:
    return secrets.token_urlsafe(32)


@attrs.frozen(kw_only=True)
class _Wish:
    """What a login is for, from its beginning to its end."""

    return_to: str
    connect: AccountId | None = None
    district: DistrictId | None = None
    restarts: int = 0
    ask_who: bool = False


class _Login:
    """The flows, once."""

    app: CleverApp
    _clock: Callable[[], datetime]
    _token: Callable[[], str]
    _limiter: Limiter | None
    _keeper: TokenKeeper | None
    _id_tokens: IdTokenCheck | None

    @property
    def cookie_name(self) -> str:
        """The name of the cookie to read back and hand to `finish`."""
        return "__Host-clever_login" if self._secure else "clever_login"

    @property
    def _secure(self) -> bool:
        return self.app.redirect_uri.startswith("https:")

    @flow
    def begin(
        self,
        *,
        return_to: str | None = None,
        browser: str | None = None,
        connect: AccountId | None = None,
        district: DistrictId | None = None,
        ask_who: bool = False,
        address: str | None = None,
    ) -> Steps[Started]:
        """Begin a login: keep an attempt and say where to send the browser.

        Args:
            return_to: path on your own site; anything else is replaced by the application's landing path.
            browser: value of the login cookie, if the browser has one already; several tabs then work side by side.
            connect: the signed-in account that wants Clever connected; None to sign in.
            district: skip Clever's list of schools, and accept a person of this district only.
            ask_who: let Clever ask "is this you?" first; for computers that children share.
            address: the browser's network address, for the limiter only.

        Raises:
            TooManyAttempts: the host's limiter said no.
        """
        if not self._allowed("begin", browser, address, connect):
            raise TooManyAttempts("The host's limiter stopped a login.", next_step="Answer 429, and wait.")
        wish = _Wish(
            return_to=safe_path(return_to or "") or self.app.landing,
            connect=connect,
            district=district,
            ask_who=ask_who,
        )
        return (yield from self._start(wish, browser))

    @flow
    def finish(self, query: wire.Query, *, browser: str | None, address: str | None = None) -> Steps[Arrival]:
        """Take what Clever sent the browser back with, and prove who stands there.

        Args:
            query: the query of the callback's address, as text or pairs.
            browser: value of the cookie named `cookie_name`, or None.
            address: the browser's network address, for the limiter only.

        Raises:
            ConfigurationError: Clever does not know the application's id and secret.
        """
        if not self._allowed("finish", browser, address, None):
            return Refused(Reason.RATE_LIMITED)
        callback = wire.read_callback(query)
        match callback:
            case wire.Unusable(what):
                return Refused(Reason.MALFORMED, what)
            case wire.Declined():
                return Refused(Reason.CANCELLED)
            case wire.Unasked():
                return (yield from self._unasked(browser))
            case wire.Returned(_, _, str(issuer)) if issuer != self.app.oauth_url.rstrip("/"):
                return Refused(Reason.MALFORMED, "the callback names another issuer")
            case wire.Returned(code, state):
                return (yield from self._returned(code, state, browser))
            case _:
                assert_never(callback)

    @flow
    def forget(self, *, browser: str | None) -> Steps[None]:
        """Drop what this browser was about to connect. Call it when somebody signs out."""
        if browser is not None:
            binding = digest(Label.BROWSER, browser)
            yield from ask(Transact(lambda ports: ports.attempts.discard(browser_digest=binding)))

    @flow
    def fetch_district_token(self, district: DistrictId) -> Steps[Secret]:
        """The token that reads this district's roster; fetch it again when Clever no longer accepts it.

        Raises:
            NotShared: the district has not connected the application.
            ConfigurationError: Clever does not know the application's id and secret.
        """
        response = yield from self._authenticated(lambda secret: wire.tokens_request(self.app, secret, district))
        if response.status == 401:
            raise wire.bad_credentials()
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

    def _allowed(self, step: str, browser: str | None, address: str | None, account: AccountId | None) -> bool:
        known = None if browser is None else digest(Label.BROWSER, browser)
        knock = Knock(step=step, browser_digest=known, address=address, account=account)
        return self._limiter is None or self._limiter.allows(knock)

    def _authenticated(self, request: Callable[[Secret], Request]) -> Steps[Response]:
        """Send with the client secret; with the other one, during a rotation, if Clever does not know the first."""
        for secret in self.app.secrets[:-1]:
            response = yield from ask(Send(request(secret)))
            if response.status != 401:
                return response
        return (yield from ask(Send(request(self.app.secrets[-1]))))

    def _start(self, wish: _Wish, browser: str | None, state: str | None = None) -> Steps[Started]:
        state = state or self._token()
        binding = browser or self._token()
        attempt = Attempt(
            state_digest=digest(Label.STATE, state),
            browser_digest=digest(Label.BROWSER, binding),
            redirect_uri=self.app.redirect_uri,
            return_to=wish.return_to,
            expires_at=self._clock() + self.app.lifetime,
            account=wish.connect,
            district=wish.district,
            restarts=wish.restarts,
        )
        yield from ask(Transact(lambda ports: ports.attempts.save(attempt)))
        return Started(
            redirect_to=wire.authorize_url(
                self.app,
                state=state,
                district=wish.district,
                ask_who=wish.ask_who,
                nonce=None if self._id_tokens is None else digest(Label.NONCE, state),
            ),
            cookie=BrowserCookie(
                name=self.cookie_name,
                value=binding,
                # Long enough for the login, and for the question that may follow it.
                max_age=2 * int(self.app.lifetime.total_seconds()),
                secure=self._secure,
            ),
        )

    def _begin_again(self, wish: _Wish, browser: str | None) -> Steps[BeginAgain]:
        """A fresh login under a fresh binding; whatever this browser was about to connect is dropped."""
        if browser is not None:
            binding = digest(Label.BROWSER, browser)
            yield from ask(Transact(lambda ports: ports.attempts.discard(browser_digest=binding)))
        fresh = self._token()
        started = yield from self._start(wish, fresh, _bounce_state(fresh))
        return BeginAgain(redirect_to=started.redirect_to, cookie=started.cookie)

    def _unasked(self, browser: str | None) -> Steps[Arrival]:
        """A login that began at Clever is begun again here; once a minute, should what we begin come back stateless."""
        if browser is not None and (yield from ask(Transact(lambda ports: self._bouncing(ports, browser)))):
            return Refused(Reason.COOKIES_BLOCKED, "a login that was begun again came back without its state")
        return (yield from self._begin_again(_Wish(return_to=self.app.landing), browser))

    def _bouncing(self, ports: Ports, browser: str) -> bool:
        now = self._clock()
        waiting = ports.attempts.consume(
            state_digest=digest(Label.STATE, _bounce_state(browser)),
            browser_digest=digest(Label.BROWSER, browser),
            now=now,
        )
        return waiting is not None and now - (waiting.expires_at - self.app.lifetime) < _BOUNCE_PAUSE

    def _returned(self, code: str, state: str, browser: str | None) -> Steps[Arrival]:
        if browser is None:
            return Refused(Reason.EXPIRED, "the browser sent no login cookie")
        taken = yield from ask(Transact(lambda ports: self._take(ports, code, state, browser)))
        if taken.seen_before:
            return (yield from self._begin_again(_Wish(return_to=taken.return_to(self.app)), browser))
        if taken.attempt is None:
            return Refused(Reason.EXPIRED, "no attempt of this browser waits for this state")
        attempt = taken.attempt
        try:
            response = yield from self._authenticated(
                lambda secret: wire.token_request(self.app, secret, code=code, redirect_uri=attempt.redirect_uri)
            )
            tokens = wire.read_tokens(self.app, response)
            if isinstance(tokens, wire.CodeRejected):
                return (yield from self._rejected(attempt, browser))
            identity = yield from self._identify(tokens, nonce=digest(Label.NONCE, state))
        except NotShared as error:
            return Refused(Reason.NOT_SHARED, error.diagnosis())
        except CleverError as error:
            return Refused(Reason.CLEVER_UNAVAILABLE, error.diagnosis())
        arrival = self._admit(identity, attempt)
        if isinstance(arrival, Arrived) and self._keeper is not None:
            self._keeper.keep(arrival.identity.key, tokens.access_token, now=self._clock())
        return arrival

    def _take(self, ports: Ports, code: str, state: str, browser: str) -> _Taken:
        now, binding = self._clock(), digest(Label.BROWSER, browser)
        first = ports.attempts.claim_code(
            code_digest=digest(Label.CODE, code), now=now, expires_at=now + _CODE_REMEMBERED
        )
        attempt = ports.attempts.consume(state_digest=digest(Label.STATE, state), browser_digest=binding, now=now)
        if attempt is not None and attempt.account is None:
            ports.attempts.discard(browser_digest=binding)
        return _Taken(seen_before=not first, attempt=attempt)

    def _rejected(self, attempt: Attempt, browser: str) -> Steps[Arrival]:
        """A code can be too old by an honest delay, once; a second time something is wrong, and a loop must end."""
        if attempt.restarts >= _MOST_RESTARTS:
            return Refused(Reason.EXPIRED, "Clever rejected the code of a login that was begun again")
        wish = _Wish(
            return_to=attempt.return_to,
            connect=attempt.account,
            district=attempt.district,
            restarts=attempt.restarts + 1,
        )
        return (yield from self._begin_again(wish, browser))

    def _identify(self, tokens: wire.Tokens, *, nonce: str) -> Steps[Identity | None]:
        """Who the token was given to, asked twice: `/me` and the person's own record must agree.

        Where the host checks id_tokens, that must name the same person.
        """
        api = Api(token=tokens.access_token, url=self.app.api_url, tries=2, longest_wait=2.0, clock=self._clock)
        me = yield from read_one(api, "/me", records.Me)
        person = person_of((yield from read_one(api, f"/users/{me.id}", records.User)))
        if (person.id, person.district) != (me.id, me.district):
            return None
        if self._id_tokens is not None and not (yield from self._agrees(me, tokens.id_token, nonce)):
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
        if self._id_tokens is None or id_token is None:
            return me.authorized_by == "teacher"
        return (yield from self._id_tokens.subject(id_token, nonce=nonce)) == me.id

    def _admit(self, identity: Identity | None, attempt: Attempt) -> Arrival:
        if identity is None:
            return Refused(Reason.IDENTITY_MISMATCH)
        district = identity.key.district
        if not self.app.sandbox and (identity.district_name or "").startswith(_SANDBOX):
            return Refused(Reason.SANDBOX)
        if attempt.district is not None and district != attempt.district:
            return Refused(Reason.WRONG_DISTRICT)
        if self.app.districts is not None and district not in self.app.districts:
            return Refused(Reason.DISTRICT_NOT_ALLOWED)
        if not identity.roles:
            return Refused(Reason.NO_SUPPORTED_ROLE)
        if self.app.roles is not None and identity.roles.isdisjoint(self.app.roles):
            return Refused(Reason.ROLE_NOT_ALLOWED)
        return Arrived(
            identity=identity,
            return_to=attempt.return_to,
            connect=attempt.account,
            browser_digest=attempt.browser_digest,
            ticket=self._token(),
        )


def _bounce_state(browser: str) -> str:
    """The state of a login that we began again: made from the fresh cookie, so that a second bounce finds the first.

    It is as random as the cookie, and says nothing about it.
    """
    return digest(Label.BOUNCE, browser)


def _district_name(api: Api, district: DistrictId) -> Steps[str | None]:
    try:
        return (yield from read_one(api, f"/districts/{district}", records.District)).name
    except NotShared:
        return None


@attrs.frozen(kw_only=True)
class _Taken:
    """What the one transaction before the exchange found."""

    seen_before: bool
    attempt: Attempt | None

    def return_to(self, app: CleverApp) -> str:
        return app.landing if self.attempt is None else self.attempt.return_to


class CleverLogin(_Login, BlockingDriver):
    """Log in with Clever, blocking. A context manager; closes only the HTTP client that it opened."""

    def __init__(
        self,
        app: CleverApp,
        *,
        store: Store,
        http: HttpClient | None = None,
        clock: Callable[[], datetime] = _now,
        token: Callable[[], str] = _token,
        sleep: Callable[[float], None] = time.sleep,
        limiter: Limiter | None = None,
        keeper: TokenKeeper | None = None,
        id_tokens: IdTokenCheck | None = None,
    ) -> None:
        super().__init__(http=http, store=store, sleep=sleep)
        self.app = app
        self._clock = clock
        self._token = token
        self._limiter = limiter
        self._keeper = keeper
        self._id_tokens = id_tokens


class AsyncCleverLogin(_Login, AwaitingDriver):
    """Log in with Clever, awaiting. An async context manager; closes only the HTTP client that it opened."""

    def __init__(
        self,
        app: CleverApp,
        *,
        store: Store | AsyncStore,
        http: AsyncHttpClient | None = None,
        clock: Callable[[], datetime] = _now,
        token: Callable[[], str] = _token,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limiter: Limiter | None = None,
        keeper: TokenKeeper | None = None,
        id_tokens: IdTokenCheck | None = None,
    ) -> None:
        super().__init__(http=http, store=store, sleep=sleep)
        self.app = app
        self._clock = clock
        self._token = token
        self._limiter = limiter
        self._keeper = keeper
        self._id_tokens = id_tokens
