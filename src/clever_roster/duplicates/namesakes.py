"""How much more often than by chance two different people bear one name.

Given name and surname go together: who is called Karim is called Alawi more often than Schmidt, and neighbours come to
one school. A product of two frequencies knows nothing of that, and takes namesakes for one human. But a population has
many pairs of whom one is sure that they are two: all whom one roster lists at the same time. How many of these are
namesakes, and how many would be if names fell together by chance, says by how much the product is wrong here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log2

import attrs

from clever_roster.duplicates.traits import Traits
from clever_roster.model import SchoolId

__all__ = ["RARE", "Lifts", "lifts"]

RARE = 5
"""A surname of so many people, or fewer, is a family's rather than a people's."""

_STATED = 3.0
"""Pairs of namesakes that speak for chance, so that a small population learns little."""
_MOST = 64.0
_BITS = 32


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


def lifts(traits: Sequence[Traits]) -> Lifts:
    """Count the namesakes among those whom the largest roster lists, who are all different people."""
    sizes = Counter([roster for one in traits for roster in one.listed])
    largest = max(sorted(sizes), key=sizes.__getitem__, default=None)
    named = [one for one in traits if largest in one.listed and one.given.whole and one.family.whole]
    families = Counter([one.family.number for one in named])
    rare = {number for number, count in families.items() if count <= RARE}
    names = [(one.given.number << _BITS) + one.family.number for one in named]
    at_school: defaultdict[SchoolId, list[int]] = defaultdict(list)
    for one, name in zip(named, names, strict=True):
        for school in one.schools:
            at_school[school].append(name)
    pairs = max(_pairs(len(named)), 1)
    same_given = _among(Counter([one.given.number for one in named]).values()) / pairs
    near_pairs = sum(_pairs(len(within)) for within in at_school.values())
    # Most names are borne by one; what is left is few.
    everywhere = [(name, count) for name, count in Counter(names).items() if count > 1]
    near = [(name, n) for within in at_school.values() for name, n in Counter(within).items() if n > 1]
    found: list[float] = []
    for wanted in (False, True):
        by_chance = same_given * _among(n for number, n in families.items() if (number in rare) is wanted) / pairs
        seen_near, seen = (
            _among(n for name, n in counted if (name % (1 << _BITS) in rare) is wanted)
            for counted in (near, everywhere)
        )
        found += [
            _lift(seen_near, by_chance * near_pairs),
            _lift(max(seen - seen_near, 0), by_chance * max(pairs - near_pairs, 0)),
        ]
    return Lifts(near=found[0], far=found[1], near_rare=found[2], far_rare=found[3])


def _pairs(count: int) -> float:
    return count * (count - 1) / 2


def _among(counts: Iterable[int]) -> float:
    return sum(count * (count - 1) for count in counts) / 2


def _lift(seen: float, by_chance: float) -> float:
    """Rounded to half powers of two, so that one account more or less moves no verdict about others."""
    return 2 ** (round(2 * log2(min(max((seen + _STATED) / (by_chance + _STATED), 1.0), _MOST))) / 2)
