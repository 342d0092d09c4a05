"""The rules, as functions of facts: no port, no clock, no surprise.

Email, `sis_id` and names are not among the facts: they are hints for people, and never a key.
"""

from __future__ import annotations

from collections.abc import Sequence

from clever_roster.linking.outcomes import (
    Conflict,
    ConflictKind,
    Linked,
    NewAccountNeeded,
    Session,
    SignedIn,
    Unlinked,
)
from clever_roster.model import Account, AccountId, IdentityKey, Link, Role
from clever_roster.oauth import Arrived, Reason, Refused

__all__ = ["decide_connect", "decide_disconnect", "decide_sign_in", "session_for"]


def session_for(account: AccountId | None, *, signed_in: AccountId | None) -> Session:
    """Whoever was signed in on this browser is replaced, and nothing of theirs survives."""
    return Session.ROTATE if signed_in is None or signed_in == account else Session.REPLACE


def decide_sign_in(
    arrived: Arrived, *, holder: Account | None, signed_in: AccountId | None
) -> SignedIn | NewAccountNeeded | Refused:
    """Sign in to the account that holds the identity; a closed one is neither opened nor replaced by a new one."""
    if holder is None:
        session = session_for(None, signed_in=signed_in)
        return NewAccountNeeded(identity=arrived.identity, session=session, return_to=arrived.return_to)
    if not holder.active:
        return Refused(Reason.ACCOUNT_CLOSED)
    return SignedIn(
        account=holder,
        identity=arrived.identity,
        session=session_for(holder.id, signed_in=signed_in),
        return_to=arrived.return_to,
    )


def decide_connect(
    arrived: Arrived,
    *,
    asking: Account | None,
    holder: Account | None,
    links: Sequence[Link],
    signed_in: AccountId | None,
) -> Linked | Conflict | Refused:
    """Connect the identity to the account that asked, if it is still who is signed in, and the identity is free.

    Args:
        asking: the account that began the connection.
        holder: the account that has the identity already.
        links: what the asking account is linked with.
    """
    if asking is None or signed_in != asking.id:
        return Refused(Reason.ANOTHER_PERSON)
    if not asking.active:
        return Refused(Reason.ACCOUNT_CLOSED)
    key = arrived.identity.key
    if holder is not None and holder.id != asking.id:
        empty = holder.activity == 0 and not holder.has_password
        return Conflict(ConflictKind.HELD_BY_EMPTY_ACCOUNT if empty else ConflictKind.HELD_BY_ACTIVE_ACCOUNT)
    already = holder is not None
    others = [link for link in links if link.key.provider == key.provider and link.key != key]
    if not already and others and Role.STUDENT in arrived.identity.roles:
        return Conflict(ConflictKind.SECOND_STUDENT_IDENTITY)
    return Linked(account=asking.id, identity=arrived.identity, already=already, return_to=arrived.return_to)


def decide_disconnect(account: Account, key: IdentityKey, links: Sequence[Link]) -> Unlinked | Conflict | Refused:
    """Disconnect an identity, unless it is the last way in.

    A password counts; an email alone does not, nor does a second id of the same provider and district (an old and a new
    version of one person's id open the same door, and close together).
    """
    if all(link.key != key for link in links):
        return Refused(Reason.NOT_LINKED)
    other_doors = {
        (link.key.provider, link.key.district)
        for link in links
        if (link.key.provider, link.key.district) != (key.provider, key.district)
    }
    if not account.has_password and not other_doors:
        return Conflict(ConflictKind.LAST_WAY_IN)
    return Unlinked(account=account.id, key=key)
