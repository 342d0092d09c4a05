"""For a group of accounts: which to keep, why, and what would move. A value for a human; nothing is merged here.

Kept is the account that the rosters know: the one holding an id that a source lists now. The work in an account can
move, but an id that arrives with tomorrow's login should find its account without a detour. Only among accounts that
are equal in this do work, use and age decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.score import Zone
from clever_roster.model import AccountId, IdentityKey

__all__ = ["Move", "Suggestion", "suggest"]


@attrs.frozen(kw_only=True)
class Move:
    """What an account would hand over.

    Attributes:
        classes: classes it is in now.
        activity: how much work is in it, in the host's own unit.
        has_password: it is a way in that its owner may still try.
    """

    account: AccountId
    identities: tuple[IdentityKey, ...]
    classes: int
    activity: int
    has_password: bool


@attrs.frozen(kw_only=True)
class Suggestion:
    """Keep this account, merge those into it, because.

    Attributes:
        zone: that of the weakest link in the group.
        because: why this account is the one to keep, in plain words.
    """

    keep: AccountId
    merge: tuple[Move, ...]
    zone: Zone
    because: tuple[str, ...]


def suggest(profiles: Sequence[Profile], zone: Zone) -> Suggestion:
    """Suggest which account of one human to keep; at least two profiles, in any order."""
    ranked = sorted(profiles, key=_rank)
    keep, rest = ranked[0], ranked[1:]
    return Suggestion(
        keep=keep.account,
        merge=tuple(_move(profile) for profile in sorted(rest, key=lambda profile: profile.account)),
        zone=zone,
        because=_reasons(keep, rest),
    )


_Rank = tuple[int, int, int, float, float, AccountId]


def _rank(profile: Profile) -> _Rank:
    """The smaller, the rather kept."""
    return (
        -_live(profile),
        -bool(_classes(profile)),
        -profile.activity,
        -_seconds(profile.last_active_at),
        _seconds(profile.created_at),
        profile.account,
    )


def _seconds(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()


def _live(profile: Profile) -> int:
    return sum(identity.listed for identity in profile.identities)


def _classes(profile: Profile) -> int:
    return sum(membership.until is None for membership in profile.memberships)


def _reasons(keep: Profile, rest: Sequence[Profile]) -> tuple[str, ...]:
    """The first comparison that decided, and what speaks for another account all the same."""
    best = max(rest, key=lambda profile: (_live(profile), profile.activity, profile.account))
    reasons: list[str] = []
    if _live(keep) > _live(best):
        reasons.append("It holds an id that a roster lists now; the next login or sync finds it.")
    elif bool(_classes(keep)) > bool(_classes(best)):
        reasons.append("It is in a class now.")
    elif keep.activity > best.activity:
        reasons.append("It has the most work in it.")
    elif _seconds(keep.last_active_at) > _seconds(best.last_active_at):
        reasons.append("It was used last.")
    else:
        reasons.append("Nothing tells the accounts apart; it is the older one.")
    if any(profile.activity > keep.activity for profile in rest):
        reasons.append("Another account has more work in it, which must move.")
    return tuple(reasons)


def _move(profile: Profile) -> Move:
    return Move(
        account=profile.account,
        identities=tuple(sorted(identity.key for identity in profile.identities)),
        classes=_classes(profile),
        activity=profile.activity,
        has_password=profile.has_password,
    )
