"""Which accounts are worth comparing at all: those that have a key in common.

Comparing everybody with everybody is out of reach from a few thousand accounts on. Each kind of key is one way in which
two accounts of one human may still agree; a pair needs one of them. A key is a common ground (a surname, a school, a
class, a birthday) and words within it. Two whom one roster lists are two people, whatever they are called; they are
compared only through kinds that make them look like one, so that it can be said why they are not.

A block that grows past `CAP` accounts is split by a second value (how the given name begins, then school, then grade)
and reported, because pairs across the parts are not compared through it; what cannot be split to size is left out and
reported too.

`pairs_of` walks the grounds one after the other and keeps no block, so a million accounts fit in memory. `Keys` keeps
them all, sorted, for questions about one account.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import combinations, product

import attrs

from clever_roster.duplicates.traits import Traits

__all__ = ["Keys", "Missed", "blocks_of", "pairs_of"]

CAP = 60

_FINER: tuple[Callable[[Traits], Hashable], ...] = (
    lambda one: one.given.word.sound[:2],
    lambda one: min(one.schools, default=""),
    lambda one: one.grade,
)

_Values = Callable[[Traits], Iterable[Hashable]]


def _surnames(one: Traits) -> Iterable[Hashable]:
    return one.family.sounds


def _given_name(one: Traits) -> Iterable[Hashable]:
    return (one.given.word.sound,)


def _short_forms(one: Traits) -> Iterable[Hashable]:
    return one.given.groups


def _both_names(one: Traits) -> Iterable[Hashable]:
    if not one.family.whole:
        return ()
    given, family = one.given.word.text, one.family.word.text
    return (f"{given} {family}" if given < family else f"{family} {given}",)


def _schools(one: Traits) -> Iterable[Hashable]:
    return one.schools


def _grounds(one: Traits) -> Iterable[Hashable]:
    """The schools; where none is known, the classes and teachers, which are within one school mostly."""
    return one.schools or (*one.classes, *one.teachers)


def _given_forms(one: Traits) -> Iterable[Hashable]:
    return one.given.forms


def _given_initial(one: Traits) -> Iterable[Hashable]:
    return (one.given.initial,)


def _family_initial(one: Traits) -> Iterable[Hashable]:
    return (one.family.initial,)


def _either_name(one: Traits) -> Iterable[Hashable]:
    """Swapped fields meet in it."""
    return [one.given.word.sound, *[word.sound for word in one.family.words]]


def _birthday(one: Traits) -> Iterable[Hashable]:
    return () if one.born is None else (one.born,)


def _present_and_former_ids(one: Traits) -> Iterable[Hashable]:
    return [subject for own in one.profile.identities for subject in (own.key.subject, own.legacy_id) if subject]


def _numbers(one: Traits) -> Iterable[Hashable]:
    return one.numbered if one.numbers else ()


def _initials(one: Traits) -> Iterable[Hashable]:
    return enumerate((one.given.initial, one.family.initial))


@attrs.frozen(kw_only=True)
class _Kind:
    """One way to meet: words within a ground.

    Attributes:
        words: what those who meet have in common, each within the one before; none where the ground is enough.
        telling: two who meet so may look like one human, and are compared although one roster lists both.
        by_class: a class is a key of everybody in it; in `_grounds` it is one of those without a school only.
    """

    name: str
    words: tuple[_Values, ...] = ()
    telling: bool = False
    by_class: bool = False


def _emails(one: Traits) -> Iterable[Hashable]:
    return one.emails


def _locals(one: Traits) -> Iterable[Hashable]:
    return one.locals


_GROUNDS: tuple[tuple[_Values, tuple[_Kind, ...]], ...] = (
    (
        _surnames,
        (
            _Kind(name="given name and surname", words=(_given_name,)),
            _Kind(name="short forms of the given name, and surname", words=(_short_forms,)),
            _Kind(name="surname within a class", words=(lambda one: one.classes,), by_class=True),
        ),
    ),
    (_both_names, (_Kind(name="given name and surname, in either order"),)),
    (
        _grounds,
        (
            _Kind(name="surname within a school, and initial of the given name", words=(_surnames, _given_initial)),
            _Kind(
                name="given name within a school, and initial of the surname",
                words=(_family_initial, _given_forms),
                telling=True,
            ),
        ),
    ),
    (_numbers, (_Kind(name="district's numbers", telling=True),)),
    (_present_and_former_ids, (_Kind(name="id, present or former", telling=True),)),
    (_emails, (_Kind(name="email address", telling=True),)),
    (_locals, (_Kind(name="email address before the @"),)),
    (
        _birthday,
        (
            _Kind(name="birthday and a name", words=(_either_name,), telling=True),
            _Kind(name="birthday within a school", words=(_schools,)),
        ),
    ),
    (lambda one: one.further, (_Kind(name="further field and initial of a name", words=(_initials,)),)),
    (lambda one: combinations(one.further, 2), (_Kind(name="two further fields"),)),
)


_FEW = (_numbers, _emails, _locals)
"""Grounds that hardly anybody shares; who does is known of a whole population (`Population.sharing`)."""

_WAYS = tuple((ground, kind) for ground, kinds in _GROUNDS for kind in kinds)
"""Every ground with each of its kinds."""


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


def pairs_of(
    traits: Sequence[Traits], sharing: Iterable[int]
) -> tuple[Iterator[tuple[Traits, Traits]], tuple[Missed, ...]]:
    """Every pair that shares a block, once; and the blocks that were too large.

    Args:
        traits: of everybody, each at its place.
        sharing: the places of all who share a number or address with somebody, in order.
    """
    width = len(traits)
    stripes = [array("q") for _ in range(width // _STRIPE + 1)]
    missed: list[Missed] = []
    for kind, part in _parts(traits, sharing, missed):
        telling = kind.telling
        for turn, left in enumerate(part, 1):
            stripe, base, apart = stripes[left.place // _STRIPE], left.place * width, left.listed.isdisjoint
            for right in part[turn:]:
                if telling or apart(right.listed):
                    stripe.append(base + right.place)
    missed.sort(key=lambda block: (-block.left_out, -block.accounts, block.kind))
    pairs = ((traits[pair // width], traits[pair % width]) for stripe in stripes for pair in sorted(set(stripe)))
    return pairs, tuple(missed)


def blocks_of(traits: Sequence[Traits], sharing: Iterable[int]) -> Iterator[tuple[bool, list[int]]]:
    """The blocks behind `pairs_of`, for an engine that pairs their members itself.

    Each has the places of its accounts, and whether also two whom one roster lists are compared in it.
    """
    return ((kind.telling, [one.place for one in part]) for kind, part in _parts(traits, sharing, []))


def _parts(
    traits: Sequence[Traits], sharing: Iterable[int], missed: list[Missed]
) -> Iterator[tuple[_Kind, list[Traits]]]:
    """Every block, split to size, with the few who share something rare; what was too large is noted as it is met."""
    # Two accounts have one id only if it is one's former one, which few sources tell.
    idle = () if any(one.former for one in traits) else (_present_and_former_ids,)
    few = [traits[place] for place in sharing]
    for ground, kinds in [one for one in _GROUNDS if one[0] not in idle]:
        for common in _gathered(few if ground in _FEW else traits, ground):
            for kind in kinds:
                for block in _within(common, kind.words):
                    parts = [block]
                    if len(block) > CAP:
                        parts, left_out = _divided(block, 0)
                        missed.append(Missed(kind=kind.name, accounts=len(block), left_out=left_out))
                    for part in parts:
                        yield kind, part


def _within(common: list[Traits], words: Iterable[_Values]) -> Iterable[list[Traits]]:
    """Those of a ground who share words, one after the other."""
    blocks: Iterable[list[Traits]] = (common,)
    for values in words:
        blocks = [finer for block in blocks for finer in _gathered(block, values)]
    return blocks


def _gathered(members: Iterable[Traits], values: _Values) -> Iterable[list[Traits]]:
    """Those who share a value, in order; values of one account are left out."""
    alone: dict[Hashable, Traits] = {}
    gathered: dict[Hashable, list[Traits]] = {}
    for one in members:
        for value in values(one):
            first = alone.setdefault(value, one)
            if first is one:
                continue
            if (block := gathered.get(value)) is None:
                gathered[value] = [first, one]
            elif block[-1] is not one:
                block.append(one)
    return gathered.values()


def _divided(members: list[Traits], depth: int) -> tuple[list[list[Traits]], int]:
    """Split a block until its parts fit; the parts, and how many accounts are in parts that do not."""
    if len(members) <= CAP:
        return [members], 0
    if depth == len(_FINER):
        return [], len(members)
    finer: defaultdict[Hashable, list[Traits]] = defaultdict(list)
    for one in members:
        finer[_FINER[depth](one)].append(one)
    split = [_divided(part, depth + 1) for part in finer.values()]
    return [part for parts, _ in split for part in parts], sum(left_out for _, left_out in split)


class Keys:
    """Every key of every account, sorted, to find who shares a block with one account.

    Keys are kept as 64-bit hashes; two that fall together cost one comparison too many, and nothing else.
    """

    def __init__(self, traits: Sequence[Traits]) -> None:
        self._traits = traits
        self._changed: Mapping[int, Traits] = {}
        self._renewed: Mapping[int, Traits] = {}
        self._theirs: dict[int, dict[int, list[int]]] = {}
        self._former = any(one.former for one in traits)
        self._kinds: list[tuple[array[int], array[int]]] = []
        for ground, kind in _WAYS:
            hashes, places = array("q"), array("q")
            for place, one in enumerate(traits):
                for key in _keys(one, ground, kind):
                    hashes.append(key)
                    places.append(place)
            order = sorted(range(len(hashes)), key=hashes.__getitem__)
            self._kinds.append((array("q", map(hashes.__getitem__, order)), array("i", map(places.__getitem__, order))))

    def joined_by(self, changed: Mapping[int, Traits]) -> Keys:
        """The same for one question, in which some accounts have come or changed."""
        more = copy(self)
        more._changed, more._theirs = changed, {}  # noqa: SLF001 - a copy of oneself, here and below
        more._renewed = {  # noqa: SLF001
            place: one
            for place, one in changed.items()
            if place < 0
            or not one.schools
            or one.family is not self._traits[place].family
            or one.schools != self._traits[place].schools
        }
        more._former = self._former or any(one.former for one in changed.values())  # noqa: SLF001
        return more

    def near(self, one: Traits) -> set[int]:
        """Places of the accounts that share a block with this one, which is among them, itself excepted."""
        found: set[int] = set()
        here = self._traits
        for way, (ground, kind) in enumerate(_WAYS):
            if ground is _present_and_former_ids and not self._former:
                continue
            hashes, places = self._kinds[way]
            changed = self._changed if kind.by_class else self._renewed
            theirs = self._keys_of(changed, way)
            for key in _keys(one, ground, kind):
                first = bisect_left(hashes, key)
                last = bisect_right(hashes, key, first)
                members = [here[place] for place in places[first:last]]
                # Those of before are all in the index, a newcomer is not.
                if len(changed) > 1:
                    members = [member for member in members if member.place not in changed]
                members += [changed[place] for place in theirs.get(key, ())]
                for member in self._fitting(members, one) if len(members) > 1 else ():
                    if kind.telling or one.listed.isdisjoint(member.listed):
                        found.add(member.place)
        found.discard(one.place)
        return found

    def _keys_of(self, changed: Mapping[int, Traits], way: int) -> Mapping[int, Sequence[int]]:
        """The keys of the accounts that are not as they were, in one of the ways to meet."""
        known = self._theirs.get(way)
        if known is None:
            known = self._theirs[way] = {}
            for place, one in changed.items():
                for key in _keys(one, *_WAYS[way]):
                    known.setdefault(key, []).append(place)
        return known

    @staticmethod
    def _fitting(members: Iterable[Traits], one: Traits) -> Iterable[Traits]:
        """The part of a block in which an account stands; none when it could not be split to size."""
        fitting = list(dict.fromkeys(members))
        for finer in _FINER:
            if len(fitting) <= CAP:
                return fitting
            own = finer(one)
            fitting = [member for member in fitting if finer(member) == own]
        return fitting if len(fitting) <= CAP else ()


def _keys(one: Traits, ground: _Values, kind: _Kind) -> Iterable[int]:
    return map(hash, product(ground(one), *[values(one) for values in kind.words]))
