"""Counts of what accounts have, and how they change when an account comes or reads otherwise.

What is counted of an account is said by a function of its traits: `given_of` and its like.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Collection, Iterable, MutableMapping
from datetime import date
from typing import TypeVar

from clever_roster.duplicates.names import Family
from clever_roster.duplicates.traits import Traits

__all__ = [
    "add_to",
    "born_of",
    "family_initial_of",
    "family_of",
    "given_initial_of",
    "given_of",
    "groups_of",
    "recounted",
    "shared_by_several",
    "surname_words",
]

Value = TypeVar("Value")


def recounted(
    counts: MutableMapping[Value, int],
    moves: Iterable[tuple[Traits | None, Traits]],
    values_of: Callable[[Traits], Collection[Value]],
    *,
    alone: int = 0,
) -> MutableMapping[Value, int]:
    """The counts when these came, or changed; `alone` is what a value counts that is not among them."""
    now: dict[Value, int] = {}
    for was, one in moves:
        mine, theirs = values_of(one), () if was is None else values_of(was)
        for values, step in ((mine, 1), (theirs, -1)) if mine != theirs else ():
            for value in values:
                now[value] = now.get(value, counts.get(value, alone)) + step
    return ChainMap(now, counts) if now else counts


def add_to(counts: MutableMapping[Value, int], values: Iterable[Value], count: int) -> None:
    """Count these values so many times more."""
    for value in values:
        counts[value] = counts.get(value, 0) + count


def shared_by_several(values: Iterable[Value]) -> MutableMapping[Value, int]:
    """The values that are there more than once, and how often."""
    return {value: count for value, count in Counter(values).items() if count > 1}


def given_of(one: Traits) -> tuple[str, ...]:
    """The first given name."""
    return (one.given.word.text,)


def groups_of(one: Traits) -> tuple[int, ...]:
    """The groups of names that are short for one another, which the given name is of."""
    return one.given.groups


def given_initial_of(one: Traits) -> tuple[str, ...]:
    """The initial of the given name."""
    return (one.given.initial,)


def family_of(one: Traits) -> tuple[str, ...]:
    """The surname, and the words of one that has several."""
    return surname_words(one.family)


def family_initial_of(one: Traits) -> tuple[str, ...]:
    """The initial of the surname."""
    return (one.family.initial,)


def born_of(one: Traits) -> tuple[date, ...]:
    """The birthday, where it is known."""
    return () if one.born is None else (one.born,)


def surname_words(family: Family) -> tuple[str, ...]:
    """A surname as one word, and the words of one that has several."""
    whole = family.word.text
    return family.parts if whole in family.parts else (whole, *family.parts)
