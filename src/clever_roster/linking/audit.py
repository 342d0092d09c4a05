"""What happened, for the host's log and for the people concerned: values made from outcomes, with nothing to hide.

    for_log.append(linking.event(outcome, at=now, actor="browser"))
    if (notice := linking.notice(outcome)): mail(notice.account, notice.what)   # after the transaction

An event has ids and words of ours; no name, email, token, ticket or address, so it may be kept as long as a log is.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, assert_never

import attrs

from clever_roster.linking.keeping_up import Followed, Rekeyed
from clever_roster.linking.merge import Merged, Unmerged
from clever_roster.linking.outcomes import (
    Conflict,
    Created,
    Linked,
    NeedsConfirmation,
    NewAccountNeeded,
    ProofNeeded,
    ReauthRequired,
    SignedIn,
    Unlinked,
)
from clever_roster.linking.roles import RoleChange
from clever_roster.model import AccountId, IdentityKey
from clever_roster.oauth import Arrived, BeginAgain, Refused, Started

__all__ = ["Event", "Notice", "What", "event", "notice"]

Change: TypeAlias = Linked | Unlinked | Merged | Unmerged | Followed | Rekeyed
"""Outcomes after which accounts, links or roles are not as before."""

Auditable: TypeAlias = (
    Change
    | Started
    | BeginAgain
    | Arrived
    | Refused
    | SignedIn
    | Created
    | NewAccountNeeded
    | ProofNeeded
    | NeedsConfirmation
    | ReauthRequired
    | Conflict
)


class What(StrEnum):
    """What happened."""

    STARTED = "started"
    BEGUN_AGAIN = "begun_again"
    ARRIVED = "arrived"
    REFUSED = "refused"
    SIGNED_IN = "signed_in"
    CREATED = "created"
    ASKED = "asked"
    LINKED = "linked"
    UNLINKED = "unlinked"
    CONFLICT = "conflict"
    MERGED = "merged"
    UNMERGED = "unmerged"
    ROLES_CHANGED = "roles_changed"
    REKEYED = "rekeyed"


@attrs.frozen(kw_only=True)
class Event:
    """One line of the audit: who, what, why, when.

    Attributes:
        why: the reason of a refusal, the kind of a conflict, what was asked; "" when the word says it all.
        actor: who did it: an account id, or the host's word ("browser", "nightly").
        account, other: the account concerned, and the second one (replaced on this browser, merged, absorbed).
        identity: provider, district and the provider's opaque id.
        roles: roles gained and lost since the last login, as "+teacher", "-student".
    """

    at: datetime
    what: What
    actor: str
    why: str = ""
    account: AccountId | None = None
    other: AccountId | None = None
    identity: IdentityKey | None = None
    roles: tuple[str, ...] = ()


@attrs.frozen
class Notice:
    """Something that the owner of an account should hear about, at an address that was verified before it happened."""

    account: AccountId
    what: What


def event(outcome: Auditable, *, at: datetime, actor: str, about: Arrived | None = None) -> Event:
    """The event of an outcome.

    Args:
        about: the arrival that was decided about, where the outcome does not carry the identity.
    """
    key = None if about is None else about.identity.key
    one = Event(at=at, what=What.REFUSED, actor=actor, identity=key)
    match outcome:
        case Started():
            return attrs.evolve(one, what=What.STARTED)
        case BeginAgain():
            return attrs.evolve(one, what=What.BEGUN_AGAIN)
        case Arrived(identity=identity, connect=account):
            return attrs.evolve(one, what=What.ARRIVED, account=account, identity=identity.key)
        case Refused(reason=reason):
            return attrs.evolve(one, why=reason.value)
        case Conflict(kind=kind):
            return attrs.evolve(one, what=What.CONFLICT, why=kind.value)
        case SignedIn() | Created():
            return _signed_in(one, outcome)
        case NewAccountNeeded() | ProofNeeded() | NeedsConfirmation() | ReauthRequired():
            return _asked(one, outcome)
        case Linked() | Unlinked() | Merged() | Unmerged() | Followed() | Rekeyed():
            return _changed(one, outcome)
        case _:
            assert_never(outcome)


def _changed(one: Event, outcome: Change) -> Event:
    match outcome:
        case Linked(account=account, identity=identity, already=already, absorbed=absorbed):
            why = "already" if already else ""
            return attrs.evolve(one, what=What.LINKED, why=why, account=account, other=absorbed, identity=identity.key)
        case Unlinked(account=account, key=gone):
            return attrs.evolve(one, what=What.UNLINKED, account=account, identity=gone)
        case Merged(source=source, into=into):
            return attrs.evolve(one, what=What.MERGED, account=into, other=source)
        case Unmerged(source=source, into=into):
            return attrs.evolve(one, what=What.UNMERGED, account=source, other=into)
        case Followed(account=account, key=followed, change=change, held=held):
            return attrs.evolve(
                one,
                what=What.ROLES_CHANGED,
                why="held" if held else "",
                account=account,
                identity=followed,
                roles=_signs(change),
            )
        case Rekeyed(account=account, new=new):
            return attrs.evolve(one, what=What.REKEYED, account=account, identity=new)
        case _:
            assert_never(outcome)


def _signed_in(one: Event, outcome: SignedIn | Created) -> Event:
    return attrs.evolve(
        one,
        what=What.SIGNED_IN if isinstance(outcome, SignedIn) else What.CREATED,
        why="override" if outcome.replaced is not None else "",
        account=outcome.account.id,
        other=outcome.replaced,
        identity=outcome.identity.key,
        roles=_signs(outcome.roles) if isinstance(outcome, SignedIn) else (),
    )


def _signs(change: RoleChange) -> tuple[str, ...]:
    signs = (("+", change.gained), ("-", change.lost))
    return tuple(f"{sign}{role}" for sign, roles in signs for role in sorted(roles))


def _asked(one: Event, outcome: NewAccountNeeded | ProofNeeded | NeedsConfirmation | ReauthRequired) -> Event:
    asked = {
        NewAccountNeeded: "sign_up",
        ProofNeeded: "prove",
        NeedsConfirmation: "confirm",
        ReauthRequired: "authenticate",
    }[type(outcome)]
    return attrs.evolve(
        one,
        what=What.ASKED,
        why=asked,
        account=outcome.account if isinstance(outcome, NeedsConfirmation | ReauthRequired) else None,
        identity=one.identity if isinstance(outcome, ReauthRequired) else outcome.identity.key,
    )


def notice(outcome: Auditable) -> Notice | None:
    """What the owner of the account is to be told, once, after the transaction; None when nothing changed for them."""
    match outcome:
        case Linked(account=account, already=False):
            return Notice(account, What.LINKED)
        case Unlinked(account=account):
            return Notice(account, What.UNLINKED)
        case Merged(into=account):
            return Notice(account, What.MERGED)
        case _:
            return None
