"""What is kept of a login in progress, and how it is taken back: functions of ports, for one transaction each.

Only digests are kept. An attempt is found by its state *and* the browser's cookie, once; a code counts once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from clever_roster.oauth.authority import App, Wish
from clever_roster.oauth.digests import Label, digest
from clever_roster.ports import Attempt, Ports

__all__ = ["Taken", "attempt_of", "bounce_state", "bouncing", "take", "wish_of"]

_CODE_REMEMBERED = timedelta(minutes=10)
"""Clever's codes live a minute, Google's a few; browsers offer them again for as long as a tab stays open."""

_BOUNCE_PAUSE = timedelta(seconds=60)
"""A launch from the portal is begun again once a minute per browser, so that nothing spins."""


@attrs.frozen(kw_only=True)
class Taken:
    """What the one transaction before the exchange found."""

    seen_before: bool
    attempt: Attempt | None

    def return_to(self, app: App) -> str:
        """Where a fresh login goes on."""
        return app.landing if self.attempt is None else self.attempt.return_to


def attempt_of(app: App, wish: Wish, *, state: str, browser: str, now: datetime) -> Attempt:
    """What is kept of a login that begins."""
    return Attempt(
        state_digest=digest(Label.STATE, state),
        browser_digest=digest(Label.BROWSER, browser),
        redirect_uri=app.redirect_uri,
        return_to=wish.return_to,
        expires_at=now + app.lifetime,
        account=wish.connect,
        district=wish.district,
        restarts=wish.restarts,
    )


def wish_of(attempt: Attempt) -> Wish:
    """What a login was for that has to be begun once more."""
    return Wish(
        return_to=attempt.return_to,
        connect=attempt.account,
        district=attempt.district,
        restarts=attempt.restarts + 1,
    )


def take(ports: Ports, *, code: str, state: str, browser: str, now: datetime) -> Taken:
    """Note the code as seen, take the attempt; of a sign-in, drop whatever else was somebody's in this browser."""
    binding = digest(Label.BROWSER, browser)
    first = ports.attempts.claim_code(code_digest=digest(Label.CODE, code), now=now, expires_at=now + _CODE_REMEMBERED)
    attempt = ports.attempts.consume(state_digest=digest(Label.STATE, state), browser_digest=binding, now=now)
    if attempt is not None and attempt.account is None:
        ports.attempts.discard(browser_digest=binding)
    return Taken(seen_before=not first, attempt=attempt)


def bounce_state(browser: str) -> str:
    """The state of a login that we began again: made from the fresh cookie, so that a second bounce finds the first.

    It is as random as the cookie, and says nothing about it.
    """
    return digest(Label.BOUNCE, browser)


def bouncing(ports: Ports, app: App, *, browser: str, now: datetime) -> bool:
    """Whether a login that was begun again a moment ago still waits in this browser."""
    waiting = ports.attempts.consume(
        state_digest=digest(Label.STATE, bounce_state(browser)),
        browser_digest=digest(Label.BROWSER, browser),
        now=now,
    )
    return waiting is not None and now - (waiting.expires_at - app.lifetime) < _BOUNCE_PAUSE
