"""The count of `namesakes`, kept so that a newcomer can be counted in without counting everybody again.

`namesakes.lifts` says what is counted and why. Here its sums are kept as whole numbers, with a sorted array of who
bears which name; a newcomer moves few of them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from clever_roster.duplicates.namesakes import BITS, RARE, Lifts, Sums, counts, largest_of, lifts, twice
from clever_roster.duplicates.traits import Traits
from clever_roster.model import SchoolId

__all__ = ["Move", "Tally"]

Move = tuple[Traits | None, Traits]
"""Somebody as they were counted, if they were, and as they are now."""

Value = TypeVar("Value", bound=Hashable)


class Tally:
    """Who bears which name, among those whom the largest roster lists."""

    def __init__(self, traits: Sequence[Traits]) -> None:
        self._traits = traits
        self._sizes = Counter([roster for one in traits for roster in one.listed])
        self._largest = largest_of(self._sizes)
        named = [one for one in traits if counts(one, self._largest)]
        self._givens = array("i", bytes(4 * (max((one.given.number for one in named), default=-1) + 1)))
        for one in named:
            self._givens[one.given.number] += 1
        self._schools = Counter([school for one in named for school in one.schools])
        codes = array("q", [(one.family.number << BITS) + one.given.number for one in named])
        order = sorted(range(len(named)), key=codes.__getitem__)
        self._codes = array("q", [codes[place] for place in order])
        self._places = array("i", [named[place].place for place in order])
        self._sums = self._summed()

    def _summed(self) -> Sums:
        sums = Sums(len(self._codes), twice(self._givens), twice(self._schools.values()))
        for _, group in groupby(range(len(self._codes)), lambda number: self._codes[number] >> BITS):
            family = list(group)
            rare = len(family) <= RARE
            sums.family[rare] += len(family) * (len(family) - 1)
            for _, named in groupby(family, self._codes.__getitem__) if len(family) > 1 else ():
                self._add(sums, [self._traits[self._places[number]].schools for number in named], 1, rare=rare)
        return sums

    @staticmethod
    def _add(sums: Sums, schools: Sequence[Iterable[SchoolId]], step: int, *, rare: bool) -> None:
        """Count those of one name in, or out, by the schools of each."""
        if len(schools) > 1:
            sums.seen[rare] += step * len(schools) * (len(schools) - 1)
            sums.seen_near[rare] += step * twice(Counter(school for own in schools for school in own).values())

    def lifts(self, moves: Iterable[Move], now: Iterable[Traits]) -> Lifts:
        """What `namesakes.lifts` says of everybody `now`, when these moved."""
        moves = list(moves)
        sizes = Counter([roster for was, one in moves if was is None for roster in one.listed])
        largest = largest_of(self._sizes + sizes)
        if largest != self._largest:
            return lifts([*now])
        gone = {was.place: was for was, _ in moves if was is not None and counts(was, largest)}
        come = [one for _, one in moves if counts(one, largest)]
        sums = self._sums.copied()
        sums.people += len(come) - len(gone)
        sums.given += _moved(self._given_count, [_given(one) for one in gone.values()], [_given(one) for one in come])
        sums.near += _moved(
            self._schools.__getitem__,
            [school for one in gone.values() for school in one.schools],
            [school for one in come for school in one.schools],
        )
        self._move_names(sums, gone, come)
        return sums.lifts

    def _move_names(self, sums: Sums, gone: Mapping[int, Traits], come: Sequence[Traits]) -> None:
        people = [*gone.values(), *come]
        for family in {_family(one) for one in people}:
            before = len(self._bearing(family))
            after = before + sum(_family(one) == family for one in come)
            after -= sum(_family(one) == family for one in gone.values())
            sums.family[before <= RARE] -= before * (before - 1)
            sums.family[after <= RARE] += after * (after - 1)
            givens = {_given(one) for one in people if _family(one) == family}
            if isinstance(family, int) and (before <= RARE) != (after <= RARE):
                givens |= {self._traits[place].given.number for place in self._bearing(family)}
            for given in givens:
                places = self._bearing(family, given)
                stay = [self._traits[place].schools for place in places if place not in gone]
                new = [one.schools for one in come if (_family(one), _given(one)) == (family, given)]
                self._add(sums, [self._traits[place].schools for place in places], -1, rare=before <= RARE)
                self._add(sums, [*stay, *new], 1, rare=after <= RARE)

    def _given_count(self, given: Hashable) -> int:
        return self._givens[given] if isinstance(given, int) and given < len(self._givens) else 0

    def _bearing(self, family: Hashable, given: Hashable = None) -> Sequence[int]:
        """The places of those with this surname, and this given name if one is given."""
        if not isinstance(family, int) or not (given is None or isinstance(given, int)):
            return ()
        low = (family << BITS) + (given or 0)
        high = low + 1 if given is not None else (family + 1) << BITS
        first = bisect_left(self._codes, low)
        return self._places[first : bisect_left(self._codes, high, first)]


def _given(one: Traits) -> Hashable:
    return one.given.number if one.given.number >= 0 else one.given.parts


def _family(one: Traits) -> Hashable:
    return one.family.number if one.family.number >= 0 else (one.family.word.text, one.family.parts)


def _moved(count_of: Callable[[Value], int], gone: Iterable[Value], come: Iterable[Value]) -> int:
    """How many pairs more there are when these went and those came, each counted twice."""
    steps = Counter(come)
    steps.subtract(gone)
    olds = ((count_of(value), step) for value, step in steps.items())
    return sum((old + step) * (old + step - 1) - old * (old - 1) for old, step in olds)
