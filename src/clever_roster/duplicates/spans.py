"""When the accounts of a population began and fell silent: how often one does before another begins, by chance."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from copy import copy
from itertools import accumulate

from clever_roster.duplicates.profile import Profile

__all__ = ["Spans"]

_SUCCESSION, _ENOUGH = 0.2, 200
"""Share of pairs of which one account fell silent before the other began; counted only among so many accounts."""


class _Days:
    """How many days of a collection are before a given one."""

    def __init__(self, days: Iterable[int]) -> None:
        self.times = Counter(days)
        self._days = array("i", sorted(self.times))
        self._before = array("i", accumulate(map(self.times.__getitem__, self._days), initial=0))

    def before(self, day: int) -> int:
        return self._before[bisect_left(self._days, day)]


class Spans:
    """The days on which accounts began, and those on which they fell silent."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        known = [
            (start.toordinal(), end.toordinal())
            for one in profiles
            if (start := one.created_at) and (end := one.last_active_at)
        ]
        self._known = len(known)
        self._starts, self._ends = _Days([start for start, _ in known]), _Days([end for _, end in known])
        self._apart = sum(count * self._begun_from(end) for end, count in self._ends.times.items())

    def _begun_from(self, day: int) -> int:
        return self._known - self._starts.before(day)

    def joined_by(self, profile: Profile) -> Spans:
        """These and one more."""
        if not profile.created_at or not profile.last_active_at:
            return self
        start, end = profile.created_at.toordinal(), profile.last_active_at.toordinal()
        more = copy(self)
        more._known += 1  # noqa: SLF001 - a copy of oneself
        more._apart += self._begun_from(end) + self._ends.before(start + 1) + (end <= start)  # noqa: SLF001
        return more

    @property
    def succession(self) -> float:
        """Share of pairs of strangers of whom one fell silent before the other began, counted in days."""
        if self._known < _ENOUGH:
            return _SUCCESSION
        return min(max(2 * self._apart / self._known**2, 0.02), 0.8)
