"""Whose account? Sign in, sign up, connect, disconnect and merge, decided by rules and answered by outcomes.

    with store.transaction() as ports:
        outcome = linking.settle(ports, arrived, signed_in=session.account, now=now)

How to read this room: `outcomes` is how it may end, `decide` the rules as pure functions, `acts` what a host calls,
`merge` how two accounts become one and come apart again, `roles` what follows from roles, `keeping_up` what a nightly
job takes over, `policy` what a host may decide differently, `audit` what goes into a log. It refuses to know how
anybody was proven (that is `oauth`), and what is in a class (that is `roster`).
"""

from clever_roster.linking.acts import (
    accept,
    approve_roles,
    confirm,
    connect,
    decline,
    disconnect,
    prove,
    settle,
    sign_in,
    sign_up,
)
from clever_roster.linking.audit import Event, Notice, What, event, notice
from clever_roster.linking.keeping_up import Followed, Rekeyed, follow_roster, rekey
from clever_roster.linking.merge import (
    Consent,
    Merged,
    MergePlan,
    MoveWork,
    Unmerged,
    alias_of,
    merge,
    plan_merge,
    survivor,
    unmerge,
)
from clever_roster.linking.outcomes import (
    Answer,
    Conflict,
    ConflictKind,
    Connection,
    Created,
    Disconnection,
    Linked,
    NeedsConfirmation,
    NewAccountNeeded,
    Offer,
    Outcome,
    ProofNeeded,
    ReauthRequired,
    Session,
    SignedIn,
    Unlinked,
)
from clever_roster.linking.policy import Policy
from clever_roster.linking.roles import RoleChange, hold
from clever_roster.oauth import Reason, Refused

__all__ = [
    "Answer",
    "Conflict",
    "ConflictKind",
    "Connection",
    "Consent",
    "Created",
    "Disconnection",
    "Event",
    "Followed",
    "Linked",
    "MergePlan",
    "Merged",
    "MoveWork",
    "NeedsConfirmation",
    "NewAccountNeeded",
    "Notice",
    "Offer",
    "Outcome",
    "Policy",
    "ProofNeeded",
    "Reason",
    "ReauthRequired",
    "Refused",
    "Rekeyed",
    "RoleChange",
    "Session",
    "SignedIn",
    "Unlinked",
    "Unmerged",
    "What",
    "accept",
    "alias_of",
    "approve_roles",
    "confirm",
    "connect",
    "decline",
    "disconnect",
    "event",
    "follow_roster",
    "hold",
    "merge",
    "notice",
    "plan_merge",
    "prove",
    "rekey",
    "settle",
    "sign_in",
    "sign_up",
    "survivor",
    "unmerge",
]


def __dir__() -> list[str]:
    return __all__
