"""Many rows as PostgreSQL arrays, one text for each column.

`INSERT ... SELECT * FROM unnest(...)` over such texts is a statement of constant length, as fast as COPY where keys and
indexes are kept, and the one form of many rows that every driver sends alike. Knows no driver and no ORM.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from clever_roster.storage.moments import in_utc

__all__ = ["array_of"]


def array_of(column: Sequence[object]) -> str:
    """The values as an array literal (PostgreSQL 8.15.6, "Array Input and Output Syntax").

    Raises:
        StoreError: a moment has no time zone.
        TypeError: a value is of a kind that no column of ours holds.
    """
    kinds = {*map(type, column)}
    if kinds == {int}:
        return "{" + ",".join(map(str, column)) + "}"
    if kinds == {str} and not any("\\" in value or '"' in value for value in cast("Sequence[str]", column)):
        return '{"' + '","'.join(cast("Sequence[str]", column)) + '"}'
    # The other columns say few things many times, so each is put in words once.
    words = {value: _word(value) for value in {*column}}
    return "{" + ",".join([words[value] for value in column]) + "}"


def _word(value: object) -> str:
    match value:
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case None:
            return "NULL"
        case bool() | int() | UUID():
            return str(value)
        case datetime():
            return f'"{in_utc(value, "timestamp").isoformat()}"'
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a column of ours.")
