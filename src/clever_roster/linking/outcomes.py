"""How the question "whose account is this?" may be answered: closed unions of values that a host matches on."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import attrs

from clever_roster.linking.roles import NO_CHANGE, RoleChange
from clever_roster.model import CLEVER, GOOGLE_CLASSROOM, Account, AccountId, Identity, IdentityKey, Provider
from clever_roster.oauth import Refused

__all__ = [
    "Answer",
    "Conflict",
    "ConflictKind",
    "Connection",
    "Created",
    "Disconnection",
    "Linked",
    "NeedsConfirmation",
    "NewAccountNeeded",
    "Offer",
    "Outcome",
    "ProofNeeded",
    "ReauthRequired",
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


# --- It is done -------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class SignedIn:
    """The identity belongs to this account: sign it in and go to `return_to`.

    Attributes:
        roles: what changed since the last login. Rights follow `identity.roles` as they are today (`linking.hold`).
        replaced: who was signed in on this browser before, if it was somebody else.
    """

    account: Account
    identity: Identity
    session: Session
    return_to: str
    roles: RoleChange = NO_CHANGE
    replaced: AccountId | None = None


@attrs.frozen(kw_only=True)
class Created:
    """A new account was made for the identity: sign it in and go to `return_to`."""

    account: Account
    identity: Identity
    session: Session
    return_to: str
    replaced: AccountId | None = None


@attrs.frozen(kw_only=True)
class Linked:
    """The identity now belongs to the account that asked for it; `already` when it did before.

    Attributes:
        absorbed: the empty account that held the identity and was taken over.
    """

    account: AccountId
    identity: Identity
    already: bool
    return_to: str
    absorbed: AccountId | None = None

    @property
    def end_other_sessions(self) -> bool:
        """Whether to sign the account out everywhere else, and drop recovery addresses that were never verified.

        Whoever made the account with somebody's address, before its owner came, would stay inside otherwise
        (pre-hijacking; USENIX Security 2022).
        """
        return not self.already


@attrs.frozen(kw_only=True)
class Unlinked:
    """The identity no longer signs in to the account: end the sessions that it began."""

    account: AccountId
    key: IdentityKey


# --- It takes a person's word -----------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class NewAccountNeeded:
    """Nobody here has this identity; no account and no link was written.

    Offer to make an account (`accept` with the ticket, or `sign_up`), and to sign in to an existing one and connect
    Clever in the same step (`prove`): an email that looks the same proves nothing and is not looked at.

    Attributes:
        identity: what a sign-up page shows: name, email, roles, district. All but key and roles may be missing.
        ticket: for the page's form; good once, in this browser, for ten minutes. "" for an arrival made by hand.
    """

    identity: Identity
    session: Session
    return_to: str
    ticket: str = attrs.field(default="", repr=False, eq=False)


@attrs.frozen(kw_only=True)
class ProofNeeded:
    """The host believes that the person has an account here: let them sign in to it, freshly, and call `prove`.

    Nothing is said about that account: whoever stands here has only proven who they are at Clever. Offer a separate
    account too (`accept`).
    """

    identity: Identity
    session: Session
    return_to: str
    ticket: str = attrs.field(default="", repr=False, eq=False)


@attrs.frozen(kw_only=True)
class NeedsConfirmation:
    """Show whom Clever says to stand here, and ask: "Is this you?" The browser may be the previous child's.

    Show the person's name, the district and the roles; send the ticket back by POST, and call `confirm`.
    """

    account: AccountId
    identity: Identity
    return_to: str
    ticket: str = attrs.field(default="", repr=False, eq=False)

    @property
    def person(self) -> str:
        """The person's name as Clever says it; their id when it says none."""
        name = self.identity.name
        return (name.display() if name is not None else "") or self.identity.key.subject

    @property
    def district(self) -> str:
        """What the district calls itself; its id when that could not be read."""
        return self.identity.district_name or self.identity.key.district

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, in plain words."""
        return tuple(sorted(role.value.replace("_", " ") for role in self.identity.roles))


@attrs.frozen(kw_only=True)
class ReauthRequired:
    """The person has to prove once more who they are; then the same call, with the same ticket, goes on."""

    account: AccountId
    ticket: str = attrs.field(default="", repr=False, eq=False)


# --- It cannot be done ------------------------------------------------------------------------------------------------


class ConflictKind(StrEnum):
    """What stands in the way."""

    HELD_BY_EMPTY_ACCOUNT = "held_by_empty_account"
    HELD_BY_ACTIVE_ACCOUNT = "held_by_active_account"
    HELD_BY_OTHER_ROLE = "held_by_other_role"
    HELD_IN_OTHER_DISTRICT = "held_in_other_district"
    SECOND_STUDENT_IDENTITY = "second_student_identity"
    ROLE_ESCALATION = "role_escalation"
    LAST_WAY_IN = "last_way_in"
    BOUND_TO_ROSTER = "bound_to_roster"
    BOTH_ACTIVE = "both_active"
    TWO_PEOPLE = "two_people"
    MERGED_ONWARD = "merged_onward"


class Offer(StrEnum):
    """What a page may offer."""

    SIGN_IN_TO_OTHER = "sign_in_to_other"
    ABSORB = "absorb"
    ASK_TO_MERGE = "ask_to_merge"
    DISCONNECT_FIRST = "disconnect_first"
    ADD_WAY_IN = "add_way_in"
    ASK_SCHOOL = "ask_school"
    REVIEW = "review"


_SAID: dict[ConflictKind, tuple[str, tuple[Offer, ...]]] = {
    ConflictKind.HELD_BY_EMPTY_ACCOUNT: (
        (
            "This {by} login opens another account here, which is empty. Sign in to it with {by}, or ask to "
            "have the two joined."
        ),
        (Offer.ABSORB, Offer.SIGN_IN_TO_OTHER, Offer.ASK_TO_MERGE),
    ),
    ConflictKind.HELD_BY_ACTIVE_ACCOUNT: (
        (
            "This {by} login opens another account here, which has work in it. Sign in to it with {by}, or "
            "ask to have the two joined. Nothing was changed."
        ),
        (Offer.SIGN_IN_TO_OTHER, Offer.ASK_TO_MERGE),
    ),
    ConflictKind.HELD_BY_OTHER_ROLE: (
        (
            "This {by} login opens another account here, of somebody with another role at school. Sign in to it "
            "with {by}. Nothing was changed."
        ),
        (Offer.SIGN_IN_TO_OTHER, Offer.ASK_SCHOOL),
    ),
    ConflictKind.HELD_IN_OTHER_DISTRICT: (
        (
            "This {by} login opens another account here, in another district. The two belong to different "
            "schools and stay apart."
        ),
        (Offer.SIGN_IN_TO_OTHER, Offer.ASK_SCHOOL),
    ),
    ConflictKind.SECOND_STUDENT_IDENTITY: (
        "This account is connected with another student's {by} login already. Disconnect that one first.",
        (Offer.DISCONNECT_FIRST, Offer.ASK_SCHOOL),
    ),
    ConflictKind.ROLE_ESCALATION: (
        (
            "{by} now says that the owner of this student account works at the school. Somebody here has to "
            "look at it first."
        ),
        (Offer.REVIEW,),
    ),
    ConflictKind.LAST_WAY_IN: (
        "{by} is the only way into this account. Set a password, or connect another login, before disconnecting it.",
        (Offer.ADD_WAY_IN,),
    ),
    ConflictKind.BOUND_TO_ROSTER: (
        (
            "Your school lists you in a class here by this login, so it stays connected. Ask your school to take "
            "you out of the class first."
        ),
        (Offer.ASK_SCHOOL,),
    ),
    ConflictKind.BOTH_ACTIVE: (
        "Both accounts have work in them. They are joined only when that is chosen expressly.",
        (Offer.ASK_TO_MERGE,),
    ),
    ConflictKind.TWO_PEOPLE: (
        "{by} knows the owners of these accounts as two people. Somebody here has to look at it first.",
        (Offer.REVIEW,),
    ),
    ConflictKind.MERGED_ONWARD: (
        "The account that this one was joined into was itself joined into another. Undo that first.",
        (Offer.REVIEW,),
    ),
}


_CALLED = {CLEVER: "Clever", GOOGLE_CLASSROOM: "Google"}
"""What people call a provider; a host's own by the name that it chose."""


@attrs.frozen
class Conflict:
    """It cannot be done as things stand, and nothing was changed. Says nothing about the other account's owner.

    Attributes:
        ticket: where `Offer.ABSORB` stands: to be sent back by POST and given to `confirm`.
        provider: whose login it is about.
    """

    kind: ConflictKind
    ticket: str = attrs.field(default="", repr=False, eq=False, kw_only=True)
    provider: Provider = attrs.field(default=CLEVER, eq=False, kw_only=True)

    @property
    def sentence(self) -> str:
        """What to tell the person, in plain words."""
        return _SAID[self.kind][0].format(by=_CALLED.get(self.provider, self.provider))

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What a page may offer; `ABSORB` only where the host's policy allows it, which the ticket shows."""
        return tuple(offer for offer in _SAID[self.kind][1] if offer is not Offer.ABSORB or self.ticket)


Outcome: TypeAlias = (
    SignedIn | Created | NewAccountNeeded | ProofNeeded | NeedsConfirmation | Linked | Conflict | Refused
)
"""What `settle` answers."""

Connection: TypeAlias = NeedsConfirmation | Linked | Conflict | Refused
"""What `connect` answers."""

Answer: TypeAlias = Linked | Conflict | ReauthRequired | Refused
"""What `confirm` and `prove` answer."""

Disconnection: TypeAlias = Unlinked | Conflict | ReauthRequired | Refused
"""What `disconnect` answers."""
