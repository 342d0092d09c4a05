"""A login, at whichever provider: `begin`, and `finish`, each written once and worn by blocking and awaiting classes.

What may happen to a callback, in the order of the checks:

    the host's limiter says no            Refused(RATE_LIMITED)
    not a callback of a provider          Refused(MALFORMED)
    an error instead of a code            Refused(CANCELLED)
    a code without a state                BeginAgain      portal, Instant Login link or forgery: the code is never used
    the same, while a login that was      Refused(COOKIES_BLOCKED)
      begun again still waits (a minute)
    the same, of a provider at which      Refused(MALFORMED)
      no login begins (Google)
    an issuer that is not the provider    Refused(MALFORMED)
    a state that is not (or no longer)    Refused(EXPIRED)
      waiting in *this* browser
    a code seen before, in a browser      BeginAgain      delivered twice: exchanged once
      that has a login cookie
    an attempt of another provider        Refused(MALFORMED)
    the code is not accepted              BeginAgain once, then Refused(EXPIRED)
    the provider is down, or odd          Refused(UNAVAILABLE)
    the person is not shared              Refused(NOT_SHARED)
    the answers about who it is disagree  Refused(IDENTITY_MISMATCH)
      (the person's record, the id_token)
    a tenant or a role that may not       Refused(SANDBOX), (WRONG_DISTRICT), (DISTRICT_NOT_ALLOWED),
                                          (NO_SUPPORTED_ROLE), (ROLE_NOT_ALLOWED)
    else                                  Arrived(identity)

The attempt is consumed, and the code noted as seen, in one transaction before anything is sent to the provider. What
differs between providers is an `Authority`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, assert_never

from clever_roster.errors import NotShared, SourceError, TooManyAttempts
from clever_roster.model import AccountId, DistrictId, Identity, IdentityKey
from clever_roster.oauth import wire
from clever_roster.oauth.app import safe_path
from clever_roster.oauth.attempts import attempt_of, bounce_state, bouncing, take, wish_of
from clever_roster.oauth.authority import App, Asking, Authority, Wish
from clever_roster.oauth.digests import Label, digest
from clever_roster.oauth.hooks import Knock, Limiter
from clever_roster.oauth.outcomes import Arrival, Arrived, BeginAgain, BrowserCookie, Reason, Refused, Started
from clever_roster.oauth.pkce import challenge_of, verifier_of
from clever_roster.ports import Attempt, Transact
from clever_roster.steps import Steps, ask, flow

__all__ = ["Keep", "Login", "new_token", "right_now"]

Keep: TypeAlias = Callable[[IdentityKey, wire.Tokens, datetime], object]
"""What becomes of the tokens of somebody who was let in."""

_MOST_RESTARTS = 1


def right_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def new_token() -> str:
    """256 bits, as text."""
    return secrets.token_urlsafe(32)


class Login:
    """The flows, once. `begin`, `finish` and `forget` are the same at every provider."""

    _authority: Authority
    _clock: Callable[[], datetime]
    _token: Callable[[], str]
    _limiter: Limiter | None
    _keep: Keep | None

    def _equip(
        self,
        authority: Authority,
        *,
        clock: Callable[[], datetime],
        token: Callable[[], str],
        limiter: Limiter | None,
        keep: Keep | None,
    ) -> None:
        self._authority = authority
        self._clock = clock
        self._token = token
        self._limiter = limiter
        self._keep = keep

    @property
    def _app(self) -> App:
        return self._authority.app

    @property
    def by(self) -> str:
        """What people call the provider: for a button, or a page."""
        return self._authority.by

    @property
    def cookie_name(self) -> str:
        """The name of the cookie to read back and hand to `finish`: one browser, so one for all providers."""
        return "__Host-clever_login" if self._secure else "clever_login"

    @property
    def _secure(self) -> bool:
        return self._app.redirect_uri.startswith("https:")

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
            connect: the signed-in account that wants this login connected; None to sign in.
            district: skip the list of schools, and accept a person of this district (at Google: of this domain) only.
            ask_who: let the provider ask "is this you?" first; for computers that children share.
            address: the browser's network address, for the limiter only.

        Raises:
            TooManyAttempts: the host's limiter said no.
        """
        self._knock(browser, address, connect)
        wish = Wish(
            return_to=safe_path(return_to or "") or self._app.landing,
            connect=connect,
            district=district,
            ask_who=ask_who,
        )
        return (yield from self._start(wish, browser))

    @flow
    def finish(self, query: wire.Query, *, browser: str | None, address: str | None = None) -> Steps[Arrival]:
        """Take what the provider sent the browser back with, and prove who stands there.

        Args:
            query: the query of the callback's address, as text or pairs.
            browser: value of the cookie named `cookie_name`, or None.
            address: the browser's network address, for the limiter only.

        Raises:
            ConfigurationError: the provider does not know the application's id and secret.
        """
        if not self._allowed("finish", browser, address, None):
            return self._refused(Reason.RATE_LIMITED)
        callback = wire.read_callback(query)
        match callback:
            case wire.Unusable(what):
                return self._refused(Reason.MALFORMED, what)
            case wire.Declined():
                return self._refused(Reason.CANCELLED)
            case wire.Unasked():
                return (yield from self._unasked(browser))
            case wire.Returned(_, _, str(issuer)) if issuer != self._authority.issuer:
                return self._refused(Reason.MALFORMED, "the callback names another issuer")
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

    def _knock(self, browser: str | None, address: str | None, connect: AccountId | None) -> None:
        if not self._allowed("begin", browser, address, connect):
            raise TooManyAttempts("The host's limiter stopped a login.", next_step="Answer 429, and wait.")

    def _allowed(self, step: str, browser: str | None, address: str | None, account: AccountId | None) -> bool:
        known = None if browser is None else digest(Label.BROWSER, browser)
        knock = Knock(step=step, browser_digest=known, address=address, account=account)
        return self._limiter is None or self._limiter.allows(knock)

    def _start(self, wish: Wish, browser: str | None, state: str | None = None) -> Steps[Started]:
        state = state or self._token()
        binding = browser or self._token()
        attempt = attempt_of(self._app, wish, state=state, browser=binding, now=self._clock())
        yield from ask(Transact(lambda ports: ports.attempts.save(attempt)))
        asking = Asking(
            wish=wish,
            state=state,
            nonce=digest(Label.NONCE, state),
            challenge=challenge_of(verifier_of(browser=binding, state=state)),
        )
        return Started(
            redirect_to=self._authority.authorize_url(asking),
            cookie=BrowserCookie(
                name=self.cookie_name,
                value=binding,
                # Long enough for the login, and for the question that may follow it.
                max_age=2 * int(self._app.lifetime.total_seconds()),
                secure=self._secure,
            ),
        )

    def _begin_again(self, wish: Wish, browser: str | None) -> Steps[BeginAgain]:
        """A fresh login under a fresh binding; whatever this browser was about to connect is dropped."""
        if browser is not None:
            binding = digest(Label.BROWSER, browser)
            yield from ask(Transact(lambda ports: ports.attempts.discard(browser_digest=binding)))
        fresh = self._token()
        started = yield from self._start(wish, fresh, bounce_state(fresh))
        return BeginAgain(redirect_to=started.redirect_to, cookie=started.cookie)

    def _unasked(self, browser: str | None) -> Steps[Arrival]:
        """A login that began there is begun again here; once a minute, should what we begin come back stateless."""
        if not self._authority.starts_logins:
            return self._refused(Reason.MALFORMED, "a code without a state")
        now = self._clock()
        if browser is not None and (
            yield from ask(Transact(lambda ports: bouncing(ports, self._app, browser=browser, now=now)))
        ):
            return self._refused(Reason.COOKIES_BLOCKED, "a login that was begun again came back without its state")
        return (yield from self._begin_again(Wish(return_to=self._app.landing), browser))

    def _returned(self, code: str, state: str, browser: str | None) -> Steps[Arrival]:
        if browser is None:
            return self._refused(Reason.EXPIRED, "the browser sent no login cookie")
        now = self._clock()
        taken = yield from ask(Transact(lambda ports: take(ports, code=code, state=state, browser=browser, now=now)))
        if taken.seen_before:
            return (yield from self._begin_again(Wish(return_to=taken.return_to(self._app)), browser))
        if taken.attempt is None:
            return self._refused(Reason.EXPIRED, "no attempt of this browser waits for this state")
        if taken.attempt.redirect_uri != self._app.redirect_uri:
            return self._refused(Reason.MALFORMED, "the login was begun for another redirect URI")
        try:
            return (yield from self._exchanged(code, state, browser, taken.attempt))
        except NotShared as error:
            return self._refused(Reason.NOT_SHARED, error.diagnosis())
        except SourceError as error:
            return self._refused(Reason.UNAVAILABLE, error.diagnosis())

    def _exchanged(self, code: str, state: str, browser: str, attempt: Attempt) -> Steps[Arrival]:
        authority, verifier = self._authority, verifier_of(browser=browser, state=state)
        response = yield from wire.authenticated(
            self._app.secrets,
            lambda secret: authority.code_request(
                secret, code=code, redirect_uri=attempt.redirect_uri, verifier=verifier
            ),
        )
        tokens = wire.read_tokens(authority.counter, response)
        if isinstance(tokens, wire.CodeRejected):
            return (yield from self._rejected(attempt, browser))
        identity = yield from authority.identify(tokens, nonce=digest(Label.NONCE, state))
        arrival = self._admit(identity, attempt, tokens)
        if isinstance(arrival, Arrived) and self._keep is not None:
            self._keep(arrival.identity.key, tokens, self._clock())
        return arrival

    def _rejected(self, attempt: Attempt, browser: str) -> Steps[Arrival]:
        """A code can be too old by an honest delay, once; a second time something is wrong, and a loop must end."""
        if attempt.restarts >= _MOST_RESTARTS:
            return self._refused(Reason.EXPIRED, f"{self.by} rejected the code of a login that was begun again")
        return (yield from self._begin_again(wish_of(attempt), browser))

    def _admit(self, identity: Identity | None, attempt: Attempt, tokens: wire.Tokens) -> Arrival:
        if identity is None:
            return self._refused(Reason.IDENTITY_MISMATCH)
        refusal = self._authority.refuses(identity, wanted=attempt.district)
        if refusal is not None:
            return self._refused(refusal)
        return Arrived(
            identity=identity,
            return_to=attempt.return_to,
            connect=attempt.account,
            browser_digest=attempt.browser_digest,
            ticket=self._token(),
            scopes=self._authority.granted(tokens),
        )

    def _refused(self, reason: Reason, diagnosis: str = "") -> Refused:
        return Refused(reason, diagnosis, by=self.by)
