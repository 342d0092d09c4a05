"""Two rosters side by side, in the order of their keys: what differs, in constant memory.

Clever's pages come in the order of ids and a host can ORDER BY its key, so both sides are streams: neither is held, and
the cost of what did not change is one comparison. Memberships are not rows here: a section's list of ids against the
same section's list before, which is told apart only where they differ.

A side that steps back would make everything after it look new or gone; so it raises, before anything is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar

import attrs

from clever_roster.errors import StoreError

__all__ = ["Difference", "Members", "OutOfOrder", "digest_of_row", "merge", "merge_members"]


class Ordered(Protocol):
    """What can stand in order: ids, and tuples of them."""

    def __lt__(self, other: Any, /) -> bool:
        """Whether it stands before the other."""
        ...


Key = TypeVar("Key", bound=Ordered)
Row = TypeVar("Row")
Member = TypeVar("Member")


class OutOfOrder(StoreError):
    """A side is not in strictly ascending order of its keys; the ids are named."""


@attrs.frozen
class Difference(Generic[Key, Row]):
    """One key whose row differs: `before` is None when it is new, `after` is None when it is gone."""

    key: Key
    before: Row | None = attrs.field(repr=False)
    after: Row | None = attrs.field(repr=False)


@attrs.frozen
class Members(Generic[Key, Member]):
    """One section whose list of members differs: who joined and who left, each in ascending order."""

    key: Key
    joined: tuple[Member, ...]
    left: tuple[Member, ...]


def merge(before: Iterable[tuple[Key, Row]], after: Iterable[tuple[Key, Row]]) -> Iterator[Difference[Key, Row]]:
    """What differs between two streams of (key, row), in the order of keys. Neither stream is held.

    Raises:
        OutOfOrder: a stream steps back or repeats a key.
    """
    olds = iter(before)
    # One place holder, so that the inner loop asks one question less: no key is the same object as the end.
    end: Any = object()
    old_key, old_row = next(olds, (end, None))
    last: Any = end
    for key, row in after:
        if last is not end and not last < key:
            raise _out_of_order(last, key)
        last = key
        while old_key is not end and old_key != key and old_key < key:
            yield Difference(old_key, old_row, None)
            old_key, old_row = _step(olds, old_key, end)
        if old_key is end or old_key != key:
            yield Difference(key, None, row)
            continue
        if old_row != row:
            yield Difference(key, old_row, row)
        old_key, old_row = next(olds, (end, None))
        if old_key is not end and not key < old_key:
            raise _out_of_order(key, old_key)
    while old_key is not end:
        yield Difference(old_key, old_row, None)
        old_key, old_row = _step(olds, old_key, end)


def _step(rows: Iterator[tuple[Any, Any]], last: Any, end: Any) -> tuple[Any, Any]:
    key, row = next(rows, (end, None))
    if key is not end and not last < key:
        raise _out_of_order(last, key)
    return key, row


def merge_members(
    before: Iterable[tuple[Key, Collection[Member]]], after: Iterable[tuple[Key, Collection[Member]]]
) -> Iterator[Members[Key, Member]]:
    """Who joined and who left, section by section; a section that is new or gone joins or leaves as a whole.

    Raises:
        OutOfOrder: a stream steps back or repeats a section.
    """
    for one in merge(before, after):
        had, has = frozenset(one.before or ()), frozenset(one.after or ())
        if had != has:
            yield Members(one.key, tuple(sorted(has - had)), tuple(sorted(had - has)))  # type: ignore[type-var]


def digest_of_row(row: object) -> bytes:
    """16 bytes that stand for a row of plain values, the same in every process: what a host may keep instead of it.

    A digest says "unchanged since", and never alone "unchanged here": hold the host's own row against the source too.
    """
    return blake2b(repr(row).encode(), digest_size=16).digest()


def _out_of_order(last: object, key: object) -> OutOfOrder:
    return OutOfOrder(
        f"{key} comes after {last}, and a merge needs ascending keys.",
        next_step="Read the source in the order of ids, and ask the database to ORDER BY the key, byte by byte.",
    )
