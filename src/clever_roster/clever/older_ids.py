"""Ids of v1 and v2, found again under the id of v3, and links moved to it: a plan to look at, then the act.

Students kept their id; everybody else got a new one with v3, and the old one stands in `roles.<role>.legacy_id`
(dev.clever.com, "Multi-role users"). One person of v3 may have been several users before, a teacher and a school
admin: their links meet in one id, and if they belong to two accounts a human decides, not this file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import attrs

from clever_roster.clever.records import User
from clever_roster.model import CLEVER, AccountId, DistrictId, IdentityKey, Link, PersonId, Role
from clever_roster.ports import Ports

__all__ = ["Aliases", "Move", "Rekeyed", "Rekeying", "older_ids_of", "plan_rekeying"]


def older_ids_of(user: User) -> frozenset[PersonId]:
    """The ids that a person had in v1 and v2, of whichever role; the present one is not among them."""
    roles = (user.roles.student, user.roles.teacher, user.roles.staff, user.roles.district_admin, user.roles.contact)
    return frozenset(PersonId(role.legacy_id) for role in roles if role and role.legacy_id) - {user.id}


@attrs.frozen(kw_only=True)
class Aliases:
    """Which older id is whose.

    Attributes:
        known: the present id by each older one.
        present: every present id.
        ambiguous: older ids that several people claim; they are nobody's.
    """

    district: DistrictId
    known: Mapping[PersonId, PersonId]
    present: frozenset[PersonId]
    ambiguous: frozenset[PersonId] = frozenset()

    @classmethod
    def of(cls, district: DistrictId, users: Iterable[User]) -> Aliases:
        """From everybody in a district; users of another district are left aside."""
        claims: defaultdict[PersonId, set[PersonId]] = defaultdict(set)
        present: set[PersonId] = set()
        for user in users:
            if user.district == district:
                present.add(user.id)
                for older in older_ids_of(user):
                    claims[older].add(user.id)
        return cls(
            district=district,
            known={old: next(iter(ids)) for old, ids in claims.items() if len(ids) == 1 and old not in present},
            present=frozenset(present),
            ambiguous=frozenset(old for old, ids in claims.items() if len(ids) > 1 or old in present),
        )

    def find(self, person: PersonId) -> PersonId | None:
        """The present id of a person known by a present or an older id; None when nobody, or no one alone, has it."""
        return person if person in self.present else self.known.get(person)


@attrs.frozen(order=True)
class Move:
    """One account's links to older ids become one link to the present id."""

    to: IdentityKey
    older: tuple[IdentityKey, ...]
    account: AccountId


@attrs.frozen(kw_only=True)
class Rekeying:
    """What re-keying would do; nothing has been done. Look at it, keep it, then `apply` it in a transaction.

    Attributes:
        moves: in the order of present ids.
        current: links that need nothing.
        conflicts: present ids that several accounts would meet in, with these accounts: for a human.
        unknown: links to ids that nobody in the district has or had, or that several claim.
    """

    moves: tuple[Move, ...]
    current: tuple[IdentityKey, ...]
    conflicts: Mapping[IdentityKey, tuple[AccountId, ...]]
    unknown: tuple[IdentityKey, ...]

    def apply(self, ports: Ports) -> Rekeyed:
        """Do it, where the links still are as they were planned; the same plan twice does nothing the second time.

        Called in a transaction: `transact(store, rekeying.apply)`. Raises what the store raises.
        """
        held = ports.links.find({key for move in self.moves for key in (move.to, *move.older)})
        done: list[Move] = []
        skipped: list[Move] = []
        for move in self.moves:
            links = [held[key] for key in move.older if key in held]
            there = held.get(move.to)
            if not links or any(link.account != move.account for link in (*links, *([there] if there else ()))):
                skipped.append(move)
                continue
            for link in links:
                ports.links.remove(link.key)
            if there is None:
                earliest = min(link.linked_at for link in links)
                roles = frozenset[Role]().union(*(link.roles for link in links))
                ports.links.add([Link(key=move.to, account=move.account, linked_at=earliest, roles=roles)])
            done.append(move)
        return Rekeyed(tuple(done), tuple(skipped))


@attrs.frozen
class Rekeyed:
    """What was moved, and what was left because the links had changed since (or had been moved already)."""

    done: tuple[Move, ...]
    skipped: tuple[Move, ...]


def plan_rekeying(links: Iterable[Link], aliases: Aliases) -> Rekeying:
    """The plan for a district's links; links of other districts and providers are left aside."""
    current: list[IdentityKey] = []
    unknown: list[IdentityKey] = []
    meeting: defaultdict[IdentityKey, list[Link]] = defaultdict(list)
    for link in sorted(links, key=lambda link: link.key):
        if (link.key.provider, link.key.district) != (CLEVER, aliases.district):
            continue
        present = aliases.find(link.key.subject)
        if present is None:
            unknown.append(link.key)
            continue
        if present == link.key.subject:
            current.append(link.key)
        meeting[IdentityKey(CLEVER, aliases.district, present)].append(link)
    moves: list[Move] = []
    conflicts: dict[IdentityKey, tuple[AccountId, ...]] = {}
    for key, held in sorted(meeting.items()):
        accounts = tuple(sorted({link.account for link in held}))
        older = tuple(link.key for link in held if link.key != key)
        if len(accounts) > 1:
            conflicts[key] = accounts
        elif older:
            moves.append(Move(key, older, held[0].account))
    return Rekeying(moves=tuple(moves), current=tuple(current), conflicts=conflicts, unknown=tuple(unknown))
