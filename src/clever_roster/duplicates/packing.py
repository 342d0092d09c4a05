"""Collections that take little room or little time: lists in one array, a few values replaced, what is met again.

Nothing here knows what the values mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar, overload

__all__ = ["Lists", "Met", "Patched"]

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


class Met:
    """The places at which a value was met that was met before, and where that was."""

    __slots__ = ("_again", "_first")

    def __init__(self) -> None:
        self._first: dict[Hashable, int] = {}
        self._again: set[int] = set()

    def add(self, place: int, values: Iterable[Hashable]) -> None:
        """Meet the values of a place."""
        first = self._first
        for value in values:
            before = first.get(value)
            if before is None:
                first[value] = place
            else:
                self._again |= {before, place}

    def places(self) -> Sequence[int]:
        """The places whose values were met more than once, in order."""
        return array("i", sorted(self._again))
