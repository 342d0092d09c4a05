"""How the question "whose account is this?" may be answered: closed unions of values that a host matches on."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import attrs

from clever_roster.model import Account, AccountId, Identity, IdentityKey
from clever_roster.oauth import Refused

__all__ = [
    "Conflict",
    "ConflictKind",
    "Created",
    "Disconnection",
    "Linked",
    "NewAccountNeeded",
    "Outcome",
    "Session",
    "SignedIn",
    "Unlinked",
]


class Session(StrEnum):
    """What to do with the browser's session at a sign-in; a new login always replaces the old one (Clever, SSO rules).

    ROTATE: give it a new id. REPLACE: somebody else was signed in; throw all of it away and begin an empty one.
    """

    ROTATE = "rotate"
    REPLACE = "replace"


@attrs.frozen(kw_only=True)
class SignedIn:
    """The identity belongs to this account: sign it in and go to `return_to`."""

    account: Account
    identity: Identity
    session: Session
    return_to: str


@attrs.frozen(kw_only=True)
class Created:
    """A new account was made for the identity: sign it in and go to `return_to`."""

    account: Account
    identity: Identity
    session: Session
    return_to: str


@attrs.frozen(kw_only=True)
class NewAccountNeeded:
    """Nobody here has this identity, and nothing was written.

    Offer to make an account (`sign_up`), and to sign in to an existing one and connect Clever from its settings: an
    email that looks the same proves nothing and is not looked at.
    """

    identity: Identity
    session: Session
    return_to: str


@attrs.frozen(kw_only=True)
class Linked:
    """The identity now belongs to the account that asked for it; `already` when it did before."""

    account: AccountId
    identity: Identity
    already: bool
    return_to: str


@attrs.frozen(kw_only=True)
class Unlinked:
    """The identity no longer signs in to the account."""

    account: AccountId
    key: IdentityKey


class ConflictKind(StrEnum):
    """What stands in the way."""

    HELD_BY_EMPTY_ACCOUNT = "held_by_empty_account"
    HELD_BY_ACTIVE_ACCOUNT = "held_by_active_account"
    SECOND_STUDENT_IDENTITY = "second_student_identity"
    LAST_WAY_IN = "last_way_in"


_SAID: dict[ConflictKind, str] = {
    ConflictKind.HELD_BY_EMPTY_ACCOUNT: (
        "This Clever login opens another account here, which is empty. Sign in to it with Clever, or ask to have the "
        "two joined."
    ),
    ConflictKind.HELD_BY_ACTIVE_ACCOUNT: (
        "This Clever login opens another account here, which has work in it. Sign in to it with Clever, or ask to have "
        "the two joined. Nothing was changed."
    ),
    ConflictKind.SECOND_STUDENT_IDENTITY: (
        "This account is connected with another student's Clever login already. Disconnect that one first."
    ),
    ConflictKind.LAST_WAY_IN: (
        "Clever is the only way into this account. Set a password, or connect another login, before disconnecting it."
    ),
}


@attrs.frozen
class Conflict:
    """It cannot be done as things stand, and nothing was changed. Says nothing about the other account's owner."""

    kind: ConflictKind

    @property
    def sentence(self) -> str:
        """What to tell the person, in plain words."""
        return _SAID[self.kind]


Outcome: TypeAlias = SignedIn | Created | NewAccountNeeded | Linked | Conflict | Refused
Disconnection: TypeAlias = Unlinked | Conflict | Refused
