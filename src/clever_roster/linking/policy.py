"""What a host may decide differently; every default is the safe one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from clever_roster.model import Identity, Link
from clever_roster.oauth import Reason

__all__ = ["STANDARD", "Policy"]


def _everybody(_: Identity) -> Reason | None:
    return None


def _nobody(_: Link) -> bool:
    return False


@attrs.frozen(kw_only=True)
class Policy:
    """The host's rules about logins and links.

    Attributes:
        admits: asked before anything is looked up: a reason to let this identity not in (a paused district, somebody
            whom the roster no longer has), or None. Asked again when a question is answered, then without the
            person's name and email.
        recent: how long ago somebody may have proven who they are, to connect or disconnect a login.
        absorb_empty: whether a person who asks to connect a login may take over the empty account that holds it. Only
            for a host whose directory knows `Account.activity`; where nobody counts, every account looks empty.
        may_leave_roster: whether a login by which a synced class lists its owner may be disconnected; what the
            district wants of its students, for example.
    """

    admits: Callable[[Identity], Reason | None] = _everybody
    recent: timedelta = timedelta(minutes=10)
    absorb_empty: bool = False
    may_leave_roster: Callable[[Link], bool] = _nobody

    def is_recent(self, authenticated_at: datetime | None, *, now: datetime) -> bool:
        """Whether a proof of who it is still counts; one that nobody remembers does not, nor one of the future."""
        return authenticated_at is not None and timedelta(0) <= now - authenticated_at <= self.recent


STANDARD = Policy()
"""Every default."""
