"""For a group of accounts: which to keep, why, and what would move. A value for a human; nothing is merged here.

Kept is the account that the rosters know: the one holding an id that a source lists now. The work in an account can
move, but an id that arrives with tomorrow's login should find its account without a detour. Only among accounts that
are equal in this do work, use and age decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    ranked = sorted(sorted(profiles, key=lambda profile: profile.account), key=_rank, reverse=True)
    keep, rest = ranked[0], ranked[1:]
    return Suggestion(
        keep=keep.account,
        merge=tuple(_move(profile) for profile in sorted(rest, key=lambda profile: profile.account)),
        zone=zone,
        because=_reasons(keep, rest),
    )


def _rank(profile: Profile) -> tuple[float, ...]:
    return tuple(measure(profile) for measure, _ in _RANKING)


def _seconds(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()


def _live(profile: Profile) -> int:
    return sum(identity.listed for identity in profile.identities)


def _classes(profile: Profile) -> int:
    return sum(membership.until is None for membership in profile.memberships)


_RANKING: tuple[tuple[Callable[[Profile], float], str], ...] = (
    (_live, "It holds an id that a roster lists now; the next login or sync finds it."),
    (lambda profile: _classes(profile) > 0, "It is in a class now."),
    (lambda profile: profile.activity, "It has the most work in it."),
    (lambda profile: _seconds(profile.last_active_at), "It was used last."),
    (lambda profile: -_seconds(profile.created_at), "It is the oldest."),
)
"""What decides, in this order; the account with more is kept, and the sentence says why."""


def _reasons(keep: Profile, rest: Sequence[Profile]) -> tuple[str, ...]:
    """What decided against the next best account, and what speaks for another one all the same."""
    decided = (sentence for measure, sentence in _RANKING if measure(keep) > measure(rest[0]))
    reasons = [next(decided, "Nothing tells the accounts apart.")]
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
