"""The rules, as functions of facts: no port, no clock, no surprise.

Email, `sis_id` and names are not among the facts: they are hints for people, and never a key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs

from clever_roster.linking.outcomes import (
    Conflict,
    ConflictKind,
    Linked,
    NewAccountNeeded,
    Session,
    SignedIn,
    Unlinked,
)
from clever_roster.linking.roles import NO_CHANGE, STAFF_ROLES, RoleChange, escalates
from clever_roster.model import Account, AccountId, Identity, IdentityKey, Link, Role
from clever_roster.oauth import Arrived, Reason, Refused

__all__ = ["Holder", "decide_connect", "decide_disconnect", "decide_sign_in", "session_for"]


@attrs.frozen(kw_only=True)
class Holder:
    """Who has an identity, as far as the rules ask.

    Attributes:
        link: how it is linked; its `roles` are those that were seen last.
        was_pupil: the roster lists, or listed, this identity as a student here; asked only where the link knows no
            role.
        owns_sections: the account runs classes.
    """

    account: Account
    link: Link
    was_pupil: bool = False
    owns_sections: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that are known of the identity."""
        return self.link.roles or (frozenset({Role.STUDENT}) if self.was_pupil else frozenset())

    def told(self, identity: Identity) -> Identity:
        """The identity with its roles of today: what the login says, and what it says nothing about as it was known."""
        return attrs.evolve(identity, roles=identity.roles | (self.link.roles & identity.unsaid))

    @property
    def empty(self) -> bool:
        """Nothing would be missed: no work, no password, no class."""
        return self.account.activity == 0 and not self.account.has_password and not self.owns_sections


def session_for(account: AccountId | None, *, signed_in: AccountId | None) -> Session:
    """Whoever was signed in on this browser is replaced, and nothing of theirs survives."""
    return Session.ROTATE if signed_in is None or signed_in == account else Session.REPLACE


def decide_sign_in(
    arrived: Arrived, *, holder: Holder | None, signed_in: AccountId | None
) -> SignedIn | NewAccountNeeded | Conflict | Refused:
    """Sign in to the account that holds the identity; a closed one is neither opened nor replaced by a new one."""
    identity = arrived.identity
    if holder is None:
        session = session_for(None, signed_in=signed_in)
        return NewAccountNeeded(identity=identity, session=session, return_to=arrived.return_to)
    if not holder.account.active:
        return Refused(Reason.ACCOUNT_CLOSED)
    identity = holder.told(identity)
    if escalates(holder.roles, identity.roles):
        return Conflict(ConflictKind.ROLE_ESCALATION, provider=identity.key.provider)
    session = session_for(holder.account.id, signed_in=signed_in)
    known = holder.link.roles
    return SignedIn(
        account=holder.account,
        identity=identity,
        session=session,
        return_to=arrived.return_to,
        roles=RoleChange.between(known, identity.roles) if known else NO_CHANGE,
        replaced=signed_in if session is Session.REPLACE else None,
    )


def decide_connect(
    identity: Identity, *, asking: Account, links: Sequence[Link], holder: Holder | None, return_to: str
) -> Linked | Conflict | Refused:
    """Connect the identity to the account that asked, if the identity is free and fits.

    Args:
        asking: the account that wants it; that it is who is signed in is checked before.
        links: what the asking account is linked with.
        holder: who has the identity already.
    """
    if not asking.active:
        return Refused(Reason.ACCOUNT_CLOSED)
    key, own_roles = identity.key, frozenset[Role]().union(*(link.roles for link in links))
    of_provider = [link for link in links if link.key.provider == key.provider and link.key != key]
    if holder is not None and holder.account.id != asking.id:
        districts = {link.key.district for link in of_provider}
        return Conflict(_held(holder.told(identity), holder, own_roles, districts), provider=key.provider)
    already = holder is not None
    if not already and escalates(own_roles, identity.roles):
        return Conflict(ConflictKind.ROLE_ESCALATION, provider=key.provider)
    unsaid_pupil = Role.STUDENT in identity.unsaid and _pupil(own_roles)
    if not already and of_provider and (Role.STUDENT in identity.roles or unsaid_pupil):
        return Conflict(ConflictKind.SECOND_STUDENT_IDENTITY, provider=key.provider)
    return Linked(account=asking.id, identity=identity, already=already, return_to=return_to)


def _held(
    identity: Identity, holder: Holder, own_roles: Collection[Role], own_districts: Collection[str]
) -> ConflictKind:
    """Why the holder keeps it: what keeps two accounts apart for good comes first."""
    if own_districts and identity.key.district not in own_districts:
        return ConflictKind.HELD_IN_OTHER_DISTRICT
    said = identity.roles or not identity.unsaid
    if own_roles and said and _pupil(own_roles) != _pupil(identity.roles):
        return ConflictKind.HELD_BY_OTHER_ROLE
    return ConflictKind.HELD_BY_EMPTY_ACCOUNT if holder.empty else ConflictKind.HELD_BY_ACTIVE_ACCOUNT


def _pupil(roles: Collection[Role]) -> bool:
    return Role.STUDENT in roles and STAFF_ROLES.isdisjoint(roles)


def decide_disconnect(
    account: Account, key: IdentityKey, links: Sequence[Link], *, listed: bool = False
) -> Unlinked | Conflict | Refused:
    """Disconnect an identity, unless it is the last way in, or a synced class lists its owner by it.

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
        return Conflict(ConflictKind.LAST_WAY_IN, provider=key.provider)
    if listed:
        return Conflict(ConflictKind.BOUND_TO_ROSTER, provider=key.provider)
    return Unlinked(account=account.id, key=key)
