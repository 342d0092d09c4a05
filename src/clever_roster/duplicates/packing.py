"""Sequences that take little room, or little time to change: many short lists in one array, and a few values replaced.

Nothing here knows what the numbers mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, overload

__all__ = ["Lists", "Patched"]

Value = TypeVar("Value")


class Lists:
    """Lists of whole numbers, one behind the other in one array: a list apiece would take ten times the room."""

    __slots__ = ("_bounds", "_values")

    def __init__(self, rows: Iterable[Sequence[int]] = ()) -> None:
        self._bounds, self._values = array("i", [0]), array("i")
        for row in rows:
            self.append(row)

    def append(self, row: Sequence[int]) -> None:
        """Add a list behind the last one."""
        self._values.extend(row)
        self._bounds.append(len(self._values))

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, number: int) -> array[int]:
        """The list of this number, copied."""
        return self._values[self._bounds[number] : self._bounds[number + 1]]

    def where(self, number: int) -> slice:
        """Where the list stands, were all of them one."""
        return slice(self._bounds[number], self._bounds[number + 1])


class Patched(Sequence[Value]):
    """A sequence in which a few values are others, without a copy of it; there may be some before or behind it.

    An index below 0 is one of those before it, and not counted from the end.
    """

    __slots__ = ("_others", "_values")

    def __init__(self, values: Sequence[Value], others: Mapping[int, Value]) -> None:
        self._values, self._others = values, others

    @overload
    def __getitem__(self, index: int) -> Value: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Value]: ...
    def __getitem__(self, index: int | slice) -> Value | Sequence[Value]:
        """The value at this place; no part of the sequence can be cut out."""
        if isinstance(index, slice):
            raise TypeError
        return self._others[index] if index in self._others else self._values[index]

    def __len__(self) -> int:
        return len(self._values) + sum(not 0 <= index < len(self._values) for index in self._others)
