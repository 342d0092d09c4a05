"""Which accounts are worth comparing at all: those that have a key in common.

Comparing everybody with everybody is out of reach from a few thousand accounts on. Each kind of key is one way in which
two accounts of one human may still agree; a pair needs one of them. A block that grows past `CAP` accounts is split by
a second value (how the given name begins, then school, then grade) and reported, because pairs across the parts are not
compared through it; what cannot be split to size is left out and reported too.

`pairs_of` walks the kinds one after the other and keeps no block, so a million accounts fit in memory. `Keys` keeps
them all, sorted, for questions about one account.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations

import attrs

from clever_roster.duplicates.traits import Traits

__all__ = ["Keys", "Missed", "pairs_of"]

CAP = 60

_FINER: tuple[Callable[[Traits], Hashable], ...] = (
    lambda one: one.given.word.sound[:2],
    lambda one: min(one.schools, default=""),
    lambda one: one.grade,
)


def _name(one: Traits) -> Iterable[Hashable]:
    return [(one.given.word.sound, word.sound) for word in one.family.words if len(word.sound) > 1]


def _short_form(one: Traits) -> Iterable[Hashable]:
    words = [word.sound for word in one.family.words if len(word.sound) > 1]
    return [(group, sound) for group in one.given.groups for sound in words]


def _either_order(one: Traits) -> Iterable[Hashable]:
    given, family = one.given.word.text, one.family.word.text
    return ((given, family) if given < family else (family, given),) if len(family) > 1 else ()


def _surname_at_school(one: Traits) -> Iterable[Hashable]:
    return [(school, word.sound) for school in one.schools for word in one.family.words if len(word.sound) > 1]


def _beginnings_at_school(one: Traits) -> Iterable[Hashable]:
    given, family = one.given.word.text, one.family.word.text
    return [(school, given[:3], family[:2]) for school in one.schools]


def _given_name_at_school(one: Traits) -> Iterable[Hashable]:
    initial = one.family.word.text[:1]
    forms: tuple[Hashable, ...] = (one.given.word.sound, *one.given.groups)
    return [(school, form, initial) for school in one.schools for form in forms]


def _initial_in_class(one: Traits) -> Iterable[Hashable]:
    return [(section, one.given.word.text[:1]) for section in one.classes]


def _surname_in_class(one: Traits) -> Iterable[Hashable]:
    return [(section, one.family.word.text[:1]) for section in one.classes]


def _given_name_with_teacher(one: Traits) -> Iterable[Hashable]:
    return [(teacher, one.given.word.sound) for teacher in one.teachers]


def _birthday_and_name(one: Traits) -> Iterable[Hashable]:
    """In either order, so that swapped fields meet."""
    if one.born is None:
        return ()
    day = one.born.toordinal()
    return {(day, word.sound) for word in (one.given.word, *one.family.words)}


def _birthday_at_school(one: Traits) -> Iterable[Hashable]:
    return () if one.born is None else [(one.born.toordinal(), school) for school in one.schools]


def _present_and_former_id(one: Traits) -> Iterable[Hashable]:
    return [subject for own in one.profile.identities for subject in (own.key.subject, own.legacy_id) if subject]


def _further(one: Traits) -> Iterable[Hashable]:
    initials = one.given.word.text[:1], one.family.word.text[:1]
    return [(*value, number, initial) for value in one.further for number, initial in enumerate(initials)]


def _two_further(one: Traits) -> Iterable[Hashable]:
    return combinations(one.further, 2)


_KINDS: tuple[tuple[str, Callable[[Traits], Iterable[Hashable]]], ...] = (
    ("given name and surname", _name),
    ("short forms of the given name, and surname", _short_form),
    ("given name and surname, in either order", _either_order),
    ("surname within a school", _surname_at_school),
    ("beginning of the names within a school", _beginnings_at_school),
    ("given name within a school, and initial of the surname", _given_name_at_school),
    ("initial of the given name within a class", _initial_in_class),
    ("initial of the surname within a class", _surname_in_class),
    ("given name with a teacher", _given_name_with_teacher),
    ("district's numbers", lambda one: one.numbers),
    ("id, present or former", _present_and_former_id),
    ("email address", lambda one: one.emails),
    ("email address before the @", lambda one: one.locals),
    ("birthday and a name", _birthday_and_name),
    ("birthday within a school", _birthday_at_school),
    ("further field and initial of a name", _further),
    ("two further fields", _two_further),
)


@attrs.frozen(kw_only=True)
class Missed:
    """A block that was too large: pairs in it that agree in nothing else were not compared.

    Attributes:
        kind: what the accounts of the block have in common, without the value.
        accounts: how many have it.
        left_out: how many of them stand in a part that could not be split to size.
    """

    kind: str
    accounts: int
    left_out: int


_STRIPE = 1 << 13
"""Pairs are collected by so many accounts at a time, so that the set that finds repeated ones stays small."""


def pairs_of(traits: Sequence[Traits]) -> tuple[Iterator[tuple[Traits, Traits]], tuple[Missed, ...]]:
    """Every pair that shares a block, once, the smaller place first; and the blocks that were too large."""
    width = len(traits)
    stripes = [array("q") for _ in range(width // _STRIPE + 1)]
    missed: list[Missed] = []
    for kind, keys_of in _KINDS:
        for block in _gathered(traits, keys_of):
            parts, left_out = [block], 0
            if len(block) > CAP:
                parts, left_out = _divided(block, traits, 0)
                missed.append(Missed(kind=kind, accounts=len(block), left_out=left_out))
            for part in parts:
                for turn, left in enumerate(part):
                    stripe, base = stripes[left // _STRIPE], left * width
                    for right in part[turn + 1 :]:
                        stripe.append(base + right)
    missed.sort(key=lambda block: (-block.left_out, -block.accounts, block.kind))
    pairs = ((traits[pair // width], traits[pair % width]) for stripe in stripes for pair in sorted(set(stripe)))
    return pairs, tuple(missed)


def _gathered(traits: Sequence[Traits], keys_of: Callable[[Traits], Iterable[Hashable]]) -> Iterator[list[int]]:
    """The places that share a key of one kind, in order; keys of one account are left out."""
    alone: dict[Hashable, int] = {}
    gathered: dict[Hashable, list[int]] = {}
    for place, one in enumerate(traits):
        for key in keys_of(one):
            first = alone.setdefault(key, place)
            if first == place:
                continue
            if (members := gathered.get(key)) is None:
                gathered[key] = [first, place]
            elif members[-1] != place:
                members.append(place)
    return iter(gathered.values())


def _divided(members: list[int], traits: Sequence[Traits], depth: int) -> tuple[list[list[int]], int]:
    """Split a block until its parts fit; the parts, and how many accounts are in parts that do not."""
    if len(members) <= CAP:
        return [members], 0
    if depth == len(_FINER):
        return [], len(members)
    finer: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in members:
        finer[_FINER[depth](traits[place])].append(place)
    split = [_divided(part, traits, depth + 1) for part in finer.values()]
    return [part for parts, _ in split for part in parts], sum(left_out for _, left_out in split)


class Keys:
    """Every key of every account, sorted, to find who shares a block with one account.

    Keys are kept as 64-bit hashes; two that fall together cost one comparison too many, and nothing else.
    """

    def __init__(self, traits: Sequence[Traits]) -> None:
        self._traits = traits
        self._kinds: list[tuple[array[int], array[int]]] = []
        for _, keys_of in _KINDS:
            hashes, places = array("q"), array("q")
            for place, one in enumerate(traits):
                for key in keys_of(one):
                    hashes.append(hash(key))
                    places.append(place)
            order = sorted(range(len(hashes)), key=hashes.__getitem__)
            self._kinds.append((array("q", map(hashes.__getitem__, order)), array("q", map(places.__getitem__, order))))

    def near(self, one: Traits) -> set[int]:
        """Places of the accounts that share a block with this one, itself excepted."""
        found: set[int] = set()
        for (_, keys_of), (hashes, places) in zip(_KINDS, self._kinds, strict=True):
            for key in keys_of(one):
                first = bisect_left(hashes, hash(key))
                last = bisect_right(hashes, hash(key), first)
                if last > first:
                    found.update(self._fitting(places[first:last], one))
        found.discard(one.place)
        return found

    def _fitting(self, members: Iterable[int], one: Traits) -> Iterable[int]:
        """The part of a block in which an account stands; none when it could not be split to size."""
        fitting = list(dict.fromkeys(members))
        for finer in _FINER:
            if len(fitting) <= CAP:
                return fitting
            own = finer(one)
            fitting = [place for place in fitting if finer(self._traits[place]) == own]
        return fitting if len(fitting) <= CAP else ()
