"""Many rows as columns: what both SQL stores do with them before a database is asked. Knows no SQL.

A hundred thousand tuples that all live at once are walked again and again by Python's garbage collector, which then
costs more than everything else that is done to a row. So rows are kept as a sequence of values for each column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter, lt
from typing import Any, TypeAlias

__all__ = ["Columns", "columns_of", "fields_of", "in_order", "portions", "row_count"]

Columns: TypeAlias = Mapping[str, Sequence[Any]]
"""Values by the name of their column, those of one row at the same place in each."""


def columns_of(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Columns:
    """Few rows, or none, whose values are in the order of `names`."""
    several = [*rows]
    return {name: [row[place] for row in several] for place, name in enumerate(names)}


def fields_of(records: Sequence[object], names: Iterable[str]) -> dict[str, Sequence[Any]]:
    """These attributes of many records; "key.district" is that of an attribute."""
    return {name: [*map(attrgetter(name), records)] for name in names}


def row_count(columns: Columns) -> int:
    """How many rows these are."""
    return len(next(iter(columns.values())))


def portions(columns: Columns, size: int) -> Iterator[Columns]:
    """The rows in portions that fit one statement."""
    for start in range(0, row_count(columns), size):
        yield {name: column[start : start + size] for name, column in columns.items()}


def in_order(columns: Columns, key: Sequence[str]) -> Columns:
    """The rows by ascending key; of two alike the last."""
    keys = [columns[name] for name in key]
    if all(map(lt, zip(*keys, strict=True), islice(zip(*keys, strict=True), 1, None))):
        return columns
    place_of = {each: place for place, each in enumerate(zip(*keys, strict=True))}
    places = [place_of[each] for each in sorted(place_of)]
    return {name: [column[place] for place in places] for name, column in columns.items()}
