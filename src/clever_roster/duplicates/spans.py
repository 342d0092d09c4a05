"""When the accounts of a population began and fell silent: how often one does before another begins, by chance."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from copy import copy

from clever_roster.duplicates.profile import Profile

__all__ = ["Spans"]

_SUCCESSION, _ENOUGH = 0.2, 200
"""Share of pairs of which one account fell silent before the other began; counted only among so many accounts."""


class Spans:
    """The days on which accounts began, and those on which they fell silent, each in order."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        starts, ends = array("i"), array("i")
        for profile in profiles:
            if profile.created_at and profile.last_active_at:
                starts.append(profile.created_at.toordinal())
                ends.append(profile.last_active_at.toordinal())
        self._starts, self._ends = array("i", sorted(starts)), array("i", sorted(ends))
        self._known = len(starts)
        days = Counter(self._ends).items()
        self._apart = sum(count * (self._known - bisect_left(self._starts, end)) for end, count in days)

    def joined_by(self, profile: Profile) -> Spans:
        """These and one more."""
        if not profile.created_at or not profile.last_active_at:
            return self
        start, end = profile.created_at.toordinal(), profile.last_active_at.toordinal()
        more = copy(self)
        followed, follows = self._known - bisect_left(self._starts, end), bisect_right(self._ends, start)
        more._known += 1  # noqa: SLF001 - a copy of oneself
        more._apart += followed + follows + (end <= start)  # noqa: SLF001
        return more

    @property
    def succession(self) -> float:
        """Share of pairs of strangers of whom one fell silent before the other began, counted in days."""
        if self._known < _ENOUGH:
            return _SUCCESSION
        return min(max(2 * self._apart / self._known**2, 0.02), 0.8)
