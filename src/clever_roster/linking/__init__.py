"""Whose account? Sign in, sign up, connect and disconnect, decided by rules and answered by outcomes.

    with store.transaction() as ports:
        outcome = linking.settle(ports, arrived, signed_in=session.account, now=now)

How to read this room: `outcomes` is how it may end, `decide` the rules as pure functions, `acts` what a host calls.
It refuses to know how anybody was proven (that is `oauth`), and what is in a class (that is `roster`).
"""

from clever_roster.linking.acts import connect, disconnect, settle, sign_in, sign_up
from clever_roster.linking.outcomes import (
    Conflict,
    ConflictKind,
    Created,
    Disconnection,
    Linked,
    NewAccountNeeded,
    Outcome,
    Session,
    SignedIn,
    Unlinked,
)
from clever_roster.oauth import Reason, Refused

__all__ = [
    "Conflict",
    "ConflictKind",
    "Created",
    "Disconnection",
    "Linked",
    "NewAccountNeeded",
    "Outcome",
    "Reason",
    "Refused",
    "Session",
    "SignedIn",
    "Unlinked",
    "connect",
    "disconnect",
    "settle",
    "sign_in",
    "sign_up",
]


def __dir__() -> list[str]:
    return __all__
