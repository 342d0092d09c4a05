"""Links that follow their source between logins: roles after a sync, and ids that changed. For the host's nightly job.

    with store.transaction() as ports:
        for one in linking.follow_roster(ports, CLEVER, snapshot.people.values()):
            sessions.end(one.account)        # a lost role has no rights left from now on

A change of id is a proposal until a person of the host agrees: the same `sis_id` may be another child's by now.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from clever_roster.linking.outcomes import Conflict, ConflictKind
from clever_roster.linking.roles import RoleChange, escalates
from clever_roster.model import AccountId, IdentityKey, Person, Provider
from clever_roster.oauth import Reason, Refused
from clever_roster.ports import Ports

__all__ = ["Followed", "Rekeyed", "follow_roster", "rekey"]


@attrs.frozen(kw_only=True)
class Followed:
    """The source says other roles of a linked person than before.

    Attributes:
        change: what was gained and lost; rights that came from a lost role end now.
        held: a pupil would become staff: the gain was not taken over, and waits for `approve_roles`.
    """

    account: AccountId
    key: IdentityKey
    change: RoleChange
    held: bool = False


@attrs.frozen(kw_only=True)
class Rekeyed:
    """The account is known by the new id; the old one opens it no more."""

    account: AccountId
    old: IdentityKey
    new: IdentityKey


def follow_roster(ports: Ports, provider: Provider, people: Iterable[Person]) -> tuple[Followed, ...]:
    """Take over the roles that a sync read, for everybody of it who is linked; what differs is returned.

    Somebody whom the sync did not read is left alone: what is not known changes nothing. Somebody who has no role any
    more is returned, with everything lost, for as long as that lasts. Roles that nobody has seen yet are noted at the
    first login, which also looks for a pupil's seat.
    """
    said = {IdentityKey(provider, person.district, person.id): person.roles for person in people}
    links = ports.links.find(said.keys())
    known = [(key, links[key]) for key in sorted(links) if links[key].roles]
    followed = tuple(
        Followed(
            account=link.account,
            key=key,
            change=RoleChange.between(link.roles, said[key]),
            held=escalates(link.roles, said[key]),
        )
        for key, link in known
        if link.roles != said[key]
    )
    taken_over = {one.key for one in followed if not one.held and said[one.key]}
    ports.links.replace([attrs.evolve(link, roles=said[key]) for key, link in known if key in taken_over])
    return followed


def rekey(ports: Ports, old: IdentityKey, new: IdentityKey) -> Rekeyed | Conflict | Refused:
    """Let an account be known by a person's new id, on the word of somebody of the host who compared the two.

    Clever gives a new id to who was away for 300 days or whose `sis_id` changed, and to staff with API 3.0
    (`legacy_id`). Nothing claims the old account by itself (dev.clever.com, "Users").

    Raises:
        IdentityTaken: another request linked the new id at the same moment.
    """
    link = ports.links.find([old]).get(old)
    if link is None:
        return Refused(Reason.NOT_LINKED)
    if (old.provider, old.district) != (new.provider, new.district):
        return Conflict(ConflictKind.HELD_IN_OTHER_DISTRICT)
    ports.accounts.lock(link.account)
    holder = ports.links.find([new]).get(new)
    if holder is not None:
        same = holder.account == link.account
        return Refused(Reason.SAME_ACCOUNT) if same else Conflict(ConflictKind.HELD_BY_ACTIVE_ACCOUNT)
    ports.links.add([attrs.evolve(link, key=new)])
    ports.links.remove(old)
    return Rekeyed(account=link.account, old=old, new=new)
