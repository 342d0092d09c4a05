"""How much more often than by chance two different people bear one name.

Given name and surname go together: who is called Karim is called Alawi more often than Schmidt, and neighbours come to
one school. A product of two frequencies knows nothing of that, and takes namesakes for one human. But a population has
many pairs of whom one is sure that they are two: all whom one roster lists at the same time. How many of these are
namesakes, and how many would be if names fell together by chance, says by how much the product is wrong here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log2

import attrs

from clever_roster.duplicates.traits import Roster, Traits
from clever_roster.model import SchoolId

__all__ = ["BITS", "RARE", "Lifts", "Sums", "counts", "largest_of", "lifts", "twice"]

RARE = 5
"""A surname of so many people, or fewer, is a family's rather than a people's."""

_STATED = 3.0
"""Pairs of namesakes that speak for chance, so that a small population learns little."""
_MOST = 64.0
BITS = 32
"""A name as one number: so many bits for each of its two parts."""


@attrs.frozen(kw_only=True)
class Lifts:
    """By which factors strangers are namesakes more often than by chance; 1 is by chance.

    Attributes:
        near, far: for two of one school, and for two of different ones, with a surname that is not rare.
        near_rare, far_rare: with a rare surname.
    """

    near: float
    far: float
    near_rare: float
    far_rare: float


@attrs.define
class Sums:
    """What lifts are made from: pairs, each counted twice, so that the numbers are whole.

    Attributes:
        people: how many are counted.
        given: of one given name.
        near: of one school.
        family: of one surname; those of a rare one at True.
        seen, seen_near: of one name; of one name and school; those of a rare surname at True.
    """

    people: int = 0
    given: int = 0
    near: int = 0
    family: dict[bool, int] = attrs.field(factory=lambda: {False: 0, True: 0})
    seen: dict[bool, int] = attrs.field(factory=lambda: {False: 0, True: 0})
    seen_near: dict[bool, int] = attrs.field(factory=lambda: {False: 0, True: 0})

    def copied(self) -> Sums:
        """The same, to count on from."""
        return Sums(self.people, self.given, self.near, dict(self.family), dict(self.seen), dict(self.seen_near))

    @property
    def lifts(self) -> Lifts:
        """What these pairs say."""
        pairs = max(self.people * (self.people - 1) / 2, 1)
        same_given, near_pairs = self.given / 2 / pairs, self.near / 2
        found: dict[bool, tuple[float, float]] = {}
        for rare in (False, True):
            by_chance = same_given * (self.family[rare] / 2) / pairs
            near, seen = self.seen_near[rare] / 2, self.seen[rare] / 2
            found[rare] = (
                _lift(near, by_chance * near_pairs),
                _lift(max(seen - near, 0), by_chance * max(pairs - near_pairs, 0)),
            )
        return Lifts(near=found[False][0], far=found[False][1], near_rare=found[True][0], far_rare=found[True][1])


def lifts(traits: Sequence[Traits]) -> Lifts:
    """Count the namesakes among those whom the largest roster lists, who are all different people."""
    largest = largest_of(Counter([roster for one in traits for roster in one.listed]))
    named = [one for one in traits if counts(one, largest)]
    families = Counter([one.family.number for one in named])
    rare = {number for number, count in families.items() if count <= RARE}
    names = [(one.given.number << BITS) + one.family.number for one in named]
    at_school: defaultdict[SchoolId, list[int]] = defaultdict(list)
    for one, name in zip(named, names, strict=True):
        for school in one.schools:
            at_school[school].append(name)
    # Most names are borne by one; what is left is few.
    everywhere = [(name, count) for name, count in Counter(names).items() if count > 1]
    near = [(name, n) for within in at_school.values() for name, n in Counter(within).items() if n > 1]

    def apart(counted: Iterable[tuple[int, int]]) -> dict[bool, int]:
        found = {False: 0, True: 0}
        for name, n in counted:
            found[name % (1 << BITS) in rare] += n * (n - 1)
        return found

    return Sums(
        people=len(named),
        given=twice(Counter([one.given.number for one in named]).values()),
        near=twice(map(len, at_school.values())),
        family=apart([(number, n) for number, n in families.items() if n > 1]),
        seen=apart(everywhere),
        seen_near=apart(near),
    ).lifts


def largest_of(sizes: Mapping[Roster, int]) -> Roster | None:
    """The roster of most people; of equal ones the first."""
    return max(sorted(sizes), key=sizes.__getitem__, default=None)


def counts(one: Traits, largest: Roster | None) -> bool:
    """Whether somebody is counted: listed there, and of a name that is whole."""
    return largest in one.listed and one.given.whole and one.family.whole


def twice(sizes: Iterable[int]) -> int:
    """The pairs inside groups of these sizes, each counted twice."""
    return sum(size * (size - 1) for size in sizes)


def _lift(seen: float, by_chance: float) -> float:
    """Rounded to half powers of two, so that one account more or less moves no verdict about others."""
    return 2 ** (round(2 * log2(min(max((seen + _STATED) / (by_chance + _STATED), 1.0), _MOST))) / 2)
