"""What it says that one account is in a class where the other is not.

It says that they are two, as far as the other's source knows that class and is complete. How complete it is, those
children show who are in its lists and in others too: they are accounts that somebody joined already. The classes at
hand are asked, so that each school answers for itself, and a newcomer needs no look at everybody.

Two who together would be in more classes than any child there are two as well. That needs rosters, which put a child in
all of its classes; a class made by hand may have half of its children.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.traits import Traits
from clever_roster.duplicates.weights import Level, Observation
from clever_roster.model import Provider

__all__ = ["Absences"]

_LEFT_EMPTY, _SEATS = 0.15, 10
"""Share of the seats in its classes that a roster leaves empty, and for how many seats that speaks."""
_MISSES = 6
"""An account has so many seats, in round numbers, in which it can miss the other one."""
_BEYOND, _CHILDREN = 0.02, 10
"""Share of children whom their rosters together put in more classes than a child has; for how many that speaks."""
_TIMES = 2
"""How much rarer that is than among strangers who can be told by it at all: about half of them show it."""
_RAREST = 0.01
"""Rosters lag behind; less is not believed."""
_PEERS = 5
"""So many others show how many classes a child has."""


@attrs.frozen
class _Shown:
    """What one child shows of the lists that it is in.

    Attributes:
        seats, empty: how many classes it could be in by each of its sources, and how many of these leave it out; None
            are classes made by hand.
        beyond: whether a source together with the others puts it in more classes than a child has.
    """

    seats: Mapping[Provider | None, int]
    empty: Mapping[Provider | None, int]
    beyond: bool


class Absences:
    """Compares in which classes two accounts are without each other; remembers whom it has asked."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._shown: dict[int, _Shown | None] = {}
        self._timetables: dict[int, tuple[int, int]] = {}
        self._levels: dict[tuple[Level, float], Level] = {}

    def of(self, left: Traits, right: Traits, near: Level) -> Sequence[Observation]:
        """What the two show, whose nearest common ground is known; nothing where no source could say otherwise."""
        # Two of different schools are in different classes, which says nothing more.
        if not left.classes or not right.classes or near is w.OTHER_SCHOOL or near is w.FAR_GRADE:
            return ()
        people = self._population
        mine, theirs = people.missing(left, right), people.missing(right, left)
        if not mine and not theirs:
            return ()
        classes = {*left.classes, *right.classes}
        shown = self._shown_in(classes)
        most = self._most(classes, left, right)
        if _too_many(mine, right, most) or _too_many(theirs, left, most):
            return (self._seen(w.TOO_MANY_CLASSES, _beyond(shown)),)
        chance = (_left_out(shown, right) if mine else 1) * (_left_out(shown, left) if theirs else 1)
        if near is not w.TOGETHER:
            return (self._seen(w.PARTED, chance),)
        if not mine or not theirs:
            return (self._seen(w.ONE_LEFT_OUT, chance),)
        by_hand = not left.listed or not right.listed
        return (self._seen(w.EACH_LEFT_OUT_BY_HAND if by_hand else w.EACH_LEFT_OUT, chance),)

    def _seen(self, level: Level, chance: float) -> Observation:
        """The level, so much rarer among duplicates than it is stated to be."""
        share = max(level.m * chance, _RAREST)
        known = self._levels.get((level, share))
        if known is None:
            known = self._levels[level, share] = attrs.evolve(level, m=share)
        return known, 1.0

    # --- How many classes a child has ---------------------------------------------------------------------------------

    def _most(self, classes: Iterable[int], left: Traits, right: Traits) -> int:
        """The most classes that anybody in these is in; 0 when too few are there to tell."""
        timetables = [self._timetable(number) for number in classes]
        if sum([peers for peers, _ in timetables]) < _PEERS:
            return 0
        own = [len(one.classes) for one in (left, right) if _in_one(one)]
        return max([*own, *[most for _, most in timetables]])

    def _timetable(self, number: int) -> tuple[int, int]:
        """How many in a class can be asked, and the most classes that one of them is in."""
        known = self._timetables.get(number)
        if known is None:
            counts = [len(one.classes) for one in self._population.peers(number) if _in_one(one)]
            known = self._timetables[number] = len(counts), max(counts, default=0)
        return known

    # --- How complete lists are ---------------------------------------------------------------------------------------

    def _shown_in(self, classes: Iterable[int]) -> Sequence[_Shown]:
        """What the children in these classes show, each once."""
        children = {one.place: one for number in classes for one in self._population.peers(number) if not _in_one(one)}
        for place, one in children.items():
            if place not in self._shown:
                self._shown[place] = self._asked(one)
        return [shown for place in children if (shown := self._shown[place]) is not None]

    def _asked(self, one: Traits) -> _Shown | None:
        """Ask a child whom several rosters list where each leaves it out; None if it is in the classes of one only."""
        own: defaultdict[Provider | None, set[int]] = defaultdict(set)
        for source, number in self._population.seats(one):
            own[source].add(number)
        if len(own) == 1:
            return None
        listed_by = [(number, self._population.sources(number)) for number in one.classes]
        empty = {
            source: sum([number not in there and source in sources for number, sources in listed_by])
            for source, there in own.items()
        }
        seats = {source: len(there) + empty[source] for source, there in own.items()}
        fullest = max([seats[source] for source in own if source is not None and empty[source]], default=0)
        beyond = fullest > 0 and fullest > self._most(one.classes, one, one) > 0
        return _Shown(seats, empty, beyond)


def _in_one(one: Traits) -> bool:
    """Whether one roster at most lists an account; where two do, a class that is not known to be one counts twice."""
    return len(one.listed) <= 1


def _too_many(missing: int, listed: Traits, most: int) -> bool:
    """Whether somebody whom a roster lists would be in more classes than anybody, with those where it is missing."""
    return missing > 0 and bool(listed.listed) and len(listed.classes) + missing > most > 0


def _beyond(shown: Sequence[_Shown]) -> float:
    beyond = sum([one.beyond for one in shown])
    return min(_TIMES * (beyond + _CHILDREN * _BEYOND) / (len(shown) + _CHILDREN), 1)


def _left_out(shown: Sequence[_Shown], one: Traits) -> float:
    """How much rarer than a stranger an account is missing from a class that its sources know; 1 is as often."""
    shares = [1.0]
    for source in {provider for provider, _ in one.listed}:
        seats = sum([own.seats.get(source, 0) for own in shown])
        empty = sum([own.empty.get(source, 0) for own in shown])
        shares.append(_MISSES * (empty + _SEATS * _LEFT_EMPTY) / (seats + _SEATS))
    return min(shares)
