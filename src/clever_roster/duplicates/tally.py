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

import attrs

from clever_roster.duplicates.namesakes import RARE, Lifts, _lift, lifts  # pyright: ignore[reportPrivateUsage]
from clever_roster.duplicates.traits import Roster, Traits
from clever_roster.model import SchoolId

__all__ = ["Move", "Tally"]

Move = tuple[Traits | None, Traits]
"""Somebody as they were counted, if they were, and as they are now."""

Value = TypeVar("Value", bound=Hashable)
_BITS = 32


@attrs.define
class _Sums:
    """Pairs, each counted twice, so that the numbers are whole; those of rare surnames at True.

    Attributes:
        people: how many are counted.
        given, family: of one given name, of one surname.
        near: of one school.
        seen, seen_near: of one name; of one name and school.
    """

    people: int = 0
    given: int = 0
    near: int = 0
    family: dict[bool, int] = attrs.field(factory=lambda: {False: 0, True: 0})
    seen: dict[bool, int] = attrs.field(factory=lambda: {False: 0, True: 0})
    seen_near: dict[bool, int] = attrs.field(factory=lambda: {False: 0, True: 0})

    def copied(self) -> _Sums:
        return _Sums(self.people, self.given, self.near, dict(self.family), dict(self.seen), dict(self.seen_near))


class Tally:
    """Who bears which name, among those whom the largest roster lists."""

    def __init__(self, traits: Sequence[Traits]) -> None:
        self._traits = traits
        self._sizes = Counter([roster for one in traits for roster in one.listed])
        self._largest = _largest(self._sizes, self._sizes)
        named = [one for one in traits if _counts(one, self._largest)]
        self._givens = array("i", bytes(4 * (max((one.given.number for one in named), default=-1) + 1)))
        for one in named:
            self._givens[one.given.number] += 1
        self._schools = Counter([school for one in named for school in one.schools])
        codes = array("q", [(one.family.number << _BITS) + one.given.number for one in named])
        order = sorted(range(len(named)), key=codes.__getitem__)
        self._codes = array("q", [codes[place] for place in order])
        self._places = array("i", [named[place].place for place in order])
        self._sums = self._summed()

    def _summed(self) -> _Sums:
        sums = _Sums(len(self._codes), _twice(self._givens), _twice(self._schools.values()))
        for _, group in groupby(range(len(self._codes)), lambda number: self._codes[number] >> _BITS):
            family = list(group)
            rare = len(family) <= RARE
            sums.family[rare] += len(family) * (len(family) - 1)
            for _, named in groupby(family, self._codes.__getitem__) if len(family) > 1 else ():
                self._add(sums, [self._traits[self._places[number]].schools for number in named], 1, rare=rare)
        return sums

    @staticmethod
    def _add(sums: _Sums, schools: Sequence[Iterable[SchoolId]], step: int, *, rare: bool) -> None:
        """Count those of one name in, or out, by the schools of each."""
        if len(schools) > 1:
            sums.seen[rare] += step * len(schools) * (len(schools) - 1)
            sums.seen_near[rare] += step * _twice(Counter(school for own in schools for school in own).values())

    def lifts(self, moves: Iterable[Move], now: Iterable[Traits]) -> Lifts:
        """What `namesakes.lifts` says of everybody `now`, when these moved."""
        moves = list(moves)
        sizes = Counter([roster for was, one in moves if was is None for roster in one.listed])
        largest = _largest({*sizes, *([] if self._largest is None else [self._largest])}, self._sizes + sizes)
        if largest != self._largest:
            return lifts([*now])
        gone = {was.place: was for was, _ in moves if was is not None and _counts(was, largest)}
        come = [one for _, one in moves if _counts(one, largest)]
        sums = self._sums.copied()
        sums.people += len(come) - len(gone)
        sums.given += _moved(self._given_count, [_given(one) for one in gone.values()], [_given(one) for one in come])
        sums.near += _moved(
            self._schools.__getitem__,
            [school for one in gone.values() for school in one.schools],
            [school for one in come for school in one.schools],
        )
        self._move_names(sums, gone, come)
        return _lifts(sums)

    def _move_names(self, sums: _Sums, gone: Mapping[int, Traits], come: Sequence[Traits]) -> None:
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
        low = (family << _BITS) + (given or 0)
        high = low + 1 if given is not None else (family + 1) << _BITS
        first = bisect_left(self._codes, low)
        return self._places[first : bisect_left(self._codes, high, first)]


def _largest(of: Iterable[Roster], sizes: Mapping[Roster, int]) -> Roster | None:
    return max(sorted(of), key=sizes.__getitem__, default=None)


def _counts(one: Traits, largest: Roster | None) -> bool:
    return largest in one.listed and one.given.whole and one.family.whole


def _given(one: Traits) -> Hashable:
    return one.given.number if one.given.number >= 0 else one.given.parts


def _family(one: Traits) -> Hashable:
    return one.family.number if one.family.number >= 0 else (one.family.word.text, one.family.parts)


def _twice(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) for count in counts)


def _moved(count_of: Callable[[Value], int], gone: Iterable[Value], come: Iterable[Value]) -> int:
    """How many pairs more there are when these went and those came, each counted twice."""
    steps = Counter(come)
    steps.subtract(gone)
    olds = ((count_of(value), step) for value, step in steps.items())
    return sum((old + step) * (old + step - 1) - old * (old - 1) for old, step in olds)


def _lifts(sums: _Sums) -> Lifts:
    pairs = max(sums.people * (sums.people - 1) / 2, 1)
    same_given, near_pairs = sums.given / 2 / pairs, sums.near / 2
    found: dict[bool, tuple[float, float]] = {}
    for rare in (False, True):
        by_chance = same_given * (sums.family[rare] / 2) / pairs
        near, seen = sums.seen_near[rare] / 2, sums.seen[rare] / 2
        found[rare] = (
            _lift(near, by_chance * near_pairs),
            _lift(max(seen - near, 0), by_chance * max(pairs - near_pairs, 0)),
        )
    return Lifts(near=found[False][0], far=found[False][1], near_rare=found[True][0], far_rare=found[True][1])
