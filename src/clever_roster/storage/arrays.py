"""Many rows as PostgreSQL arrays, one text for each column.

`INSERT ... SELECT ... FROM unnest(...)` over such texts is a statement of constant length, as fast as COPY where keys
and indexes are kept, and the one form of many rows that every driver sends alike. A column that says the same in every
row is sent as an array of one, and the statement takes that one for each row. Knows no driver and no ORM.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from clever_roster.storage.moments import in_utc

__all__ = ["MANY", "array_of", "said_once"]

MANY: Final = 1000
"""From here on work for each row costs more than a statement of its own shape."""


def said_once(columns: Sequence[Sequence[object]]) -> tuple[bool, ...]:
    """Which columns of many rows say one value throughout. Never all of them: those that differ count the rows."""
    if len(columns[0]) < MANY:
        return (False,) * len(columns)
    once = [column.count(column[0]) == len(column) for column in columns]
    return (*once[:-1], once[-1] and not all(once))


def array_of(column: Sequence[object]) -> str:
    """The values as an array literal (PostgreSQL 8.15.6, "Array Input and Output Syntax").

    Raises:
        StoreError: a moment has no time zone.
        TypeError: a value is of a kind that no column of ours holds.
    """
    kinds = {*map(type, column)}
    if kinds == {int}:
        return "{" + ",".join(map(str, column)) + "}"
    if kinds == {str}:
        joined = "\0".join(cast("Sequence[str]", column))
        if joined.count("\0") == len(column) - 1:  # PostgreSQL has no such character, and refuses it by itself
            return '{"' + _escaped(joined).replace("\0", '","') + '"}'
    # The other columns say few things many times, so each is put in words once.
    words = {value: _word(value) for value in {*column}}
    return "{" + ",".join([words[value] for value in column]) + "}"


def _word(value: object) -> str:
    match value:
        case str():
            return f'"{_escaped(value)}"'
        case None:
            return "NULL"
        case bool() | int() | UUID():
            return str(value)
        case datetime():
            return f'"{in_utc(value, "timestamp").isoformat()}"'
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a column of ours.")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
