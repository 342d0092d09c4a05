"""Which accounts are worth comparing at all: those that have a key in common.

Comparing everybody with everybody is out of reach from a few thousand accounts on. Each key is one way in which two
accounts of one human may still agree; a pair needs one of them. A block that grows past `CAP` accounts is split by a
second value (how the given name begins, then school, then grade) and reported, because pairs across the parts are not
compared through it; what cannot be split to size is left out and reported too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import attrs

from clever_roster.duplicates.population import Traits

__all__ = ["Blocks", "Missed"]

CAP = 60

_FINER: tuple[Callable[[Traits], str], ...] = (
    lambda one: one.sound[:2],
    lambda one: min(one.schools, default=""),
    lambda one: str(one.grade),
)
_KINDS = {
    "n": "given name and surname",
    "g": "short forms of the given name, and surname",
    "x": "given name and surname, in either order",
    "s": "surname within a school",
    "i": "beginning of the names within a school",
    "v": "given name within a school, and initial of the surname",
    "c": "initial of the given name within a class",
    "f": "initial of the surname within a class",
    "t": "given name with a teacher",
    "d": "district's numbers",
    "r": "former id",
    "e": "email address",
    "l": "email address before the @",
    "b": "birthday and given name",
    "a": "birthday and surname",
    "o": "birthday within a school",
}


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


class Blocks:
    """Accounts by what they have in common."""

    def __init__(self, population: list[Traits]) -> None:
        alone: dict[str, int] = {}
        gathered: dict[str, list[int]] = {}
        for one in population:
            for key in set(_keys(one)):
                if key in gathered:
                    gathered[key].append(one.place)
                elif key in alone:
                    gathered[key] = [alone.pop(key), one.place]
                else:
                    alone[key] = one.place
        self._blocks: dict[str, list[int]] = {}
        self._split: set[str] = set()
        missed: list[Missed] = []
        for key, places in gathered.items():
            if len(places) <= CAP:
                self._blocks[key] = places
                continue
            left_out = self._divide(key, [population[place] for place in places], 0)
            missed.append(Missed(kind=_KINDS[key[0]], accounts=len(places), left_out=left_out))
        self.missed = tuple(sorted(missed, key=lambda block: (-block.left_out, -block.accounts, block.kind)))

    def near(self, one: Traits) -> set[int]:
        """Places of the accounts that share a block with this one, itself excepted."""
        found: set[int] = set()
        for key in _keys(one):
            found.update(self._blocks.get(key) or self._part(key, one))
        found.discard(one.place)
        return found

    def _part(self, key: str, one: Traits) -> Sequence[int]:
        """The part of a block that was split in which this account would stand; empty for a key that nobody shares."""
        depth = 0
        while key in self._split:
            key = f"{key}|{_FINER[depth](one)}"
            depth += 1
        return self._blocks.get(key, ()) if depth else ()

    def _divide(self, key: str, members: list[Traits], depth: int) -> int:
        """Split a block until its parts fit; how many accounts are left in parts that do not."""
        if len(members) <= CAP:
            self._blocks[key] = [one.place for one in members]
            return 0
        if depth == len(_FINER):
            return len(members)
        self._split.add(key)
        parts: defaultdict[str, list[Traits]] = defaultdict(list)
        for one in members:
            parts[f"{key}|{_FINER[depth](one)}"].append(one)
        return sum(self._divide(part, inside, depth + 1) for part, inside in parts.items())


def _keys(one: Traits) -> Iterator[str]:
    yield from _by_name(one)
    yield from _by_place(one)
    yield from _by_identifier(one)


def _by_name(one: Traits) -> Iterator[str]:
    for family in one.family_sounds:
        if len(family) > 1:
            yield f"n{one.sound} {family}"
            yield from (f"g{group} {family}" for group in one.name.groups)
    if len(one.name.family) > 1:
        yield "x" + " ".join(sorted((one.name.given, one.name.family)))


def _by_place(one: Traits) -> Iterator[str]:
    given, family = one.name.given, one.name.family
    for school in one.schools:
        yield from (f"s{school} {sound}" for sound in one.family_sounds if len(sound) > 1)
        yield from (f"v{school} {group} {family[:1]}" for group in one.name.groups)
        yield f"v{school} {one.sound} {family[:1]}"
        yield f"i{school} {given[:3]} {family[:2]}"
    for section in one.classes:
        yield f"c{section} {given[:1]}"
        yield f"f{section} {family[:1]}"
    for teacher in one.teachers:
        yield f"t{teacher} {one.sound}"


def _by_identifier(one: Traits) -> Iterator[str]:
    for (district, kind), values in one.numbers.items():
        yield from (f"d{district} {kind} {value}" for value in values)
    yield from (f"r{key.provider} {key.subject}" for key in one.replaced)
    yield from (f"e{email}" for email in one.emails)
    yield from (f"l{local}" for local in one.locals)
    if one.born is not None:
        yield f"b{one.born} {one.sound}"
        yield f"a{one.born} {one.name.family}"
        yield from (f"o{one.born} {school}" for school in one.schools)
