"""What follows from roles: they are a set, they come from the source at every login, and they are never guessed.

    RIGHTS = {Role.TEACHER: {"classes"}, Role.STUDENT: {"lessons"}}
    rights = hold(RIGHTS, signed_in.identity.roles, by_hand=user.granted)

An unknown role grants nothing, a missing one neither; a lost role loses its rights at once, and what the host granted
by its own hand is not touched. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from clever_roster.model import Role

__all__ = ["NO_CHANGE", "STAFF_ROLES", "RoleChange", "escalates", "hold"]

STAFF_ROLES = frozenset({Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN})
"""Roles that see other people's children."""


@attrs.frozen(kw_only=True)
class RoleChange:
    """How an identity's roles differ from what they were when somebody last looked."""

    gained: frozenset[Role] = frozenset()
    lost: frozenset[Role] = frozenset()

    @classmethod
    def between(cls, before: Collection[Role], after: Collection[Role]) -> RoleChange:
        """The difference of two sets."""
        return cls(gained=frozenset(after) - frozenset(before), lost=frozenset(before) - frozenset(after))


NO_CHANGE = RoleChange()


def hold(
    rights: Mapping[Role, Collection[str]], roles: Collection[Role], *, by_hand: Collection[str]
) -> frozenset[str]:
    """The rights that somebody holds now: those of their roles, and those that the host granted by hand.

    Args:
        rights: what each role grants, in the host's own words; a role that is not named grants nothing.
        roles: the identity's roles as the source says them today.
        by_hand: what people of the host granted to this account, whatever its roles.
    """
    return frozenset(by_hand).union(*(rights.get(role, ()) for role in roles))


def escalates(before: Collection[Role], after: Collection[Role]) -> bool:
    """Whether a pupil would become staff: a person of the host looks at it first (a slip in a roster does it too)."""
    was_pupil = Role.STUDENT in before and STAFF_ROLES.isdisjoint(before)
    return was_pupil and not STAFF_ROLES.isdisjoint(after)
