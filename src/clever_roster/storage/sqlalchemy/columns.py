"""How values stand in columns, and statements that carry many rows: what all the SQL ports share.

Each takes a constant number of statements for a class of three and a class of three hundred. Beyond `CHUNK` rows a
question is asked in chunks, because a statement has room for a limited number of parameters (SQLite: 32,766).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import attrs
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator, TypeEngine

from clever_roster.errors import StoreError
from clever_roster.model import IdentityKey, SectionKey
from clever_roster.storage.moments import in_utc

__all__ = [
    "CHUNK",
    "EXACT",
    "SERIAL",
    "Instant",
    "among",
    "aware",
    "chunks",
    "from_text",
    "insert_into",
    "insert_rows",
    "upsert",
]

T = TypeVar("T")

Insert: TypeAlias = postgresql.Insert | sqlite.Insert

CHUNK = 1000

EXACT = String(255).with_variant(String(255, collation="C"), "postgresql")
"""Text compared and ordered byte for byte, whatever the locale of the database is. SQLite does so by itself."""

SERIAL = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up; SQLite counts only a column declared INTEGER."""


class _NoInstant(StoreError, DontWrapMixin):
    """A StoreError that SQLAlchemy lets through as it is."""


class Instant(TypeDecorator[datetime]):
    """An instant: written in UTC, read aware. SQLite keeps no zone, so what it returns is UTC by our own hand."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Write it in UTC."""
        return None if value is None else _in_instant(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read it aware, in UTC."""
        return None if value is None else aware(value)


def _in_instant(value: datetime) -> datetime:
    """The instant in UTC; the StoreError of one without a zone gets through SQLAlchemy as it is."""
    try:
        return in_utc(value, "timestamp")
    except StoreError as naive:
        raise _NoInstant(*naive.args, next_step=naive.next_step) from None


def aware(value: datetime) -> datetime:
    """The instant in UTC; one without a zone is taken as UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def from_text(column: Column[Any], text: str) -> object:
    """An id of ours, which is text, as its column's type; None when no row can have that id.

    An id that is not written as the column would write it ("07", "1_000") is nobody's: ids are compared byte for byte.
    """
    kind = _python_type(column.type)
    if kind not in (int, UUID):
        return text
    try:
        value = kind(text)
    except ValueError:
        return None
    in_range = not isinstance(value, int) or abs(value) < 2**63
    return value if in_range and str(value) == text else None


def _python_type(kind: TypeEngine[Any]) -> type[Any]:
    try:
        return kind.python_type
    except NotImplementedError:
        return str


def chunks(values: Collection[T], size: int = CHUNK) -> Iterator[tuple[T, ...]]:
    """The values in portions that fit one statement."""
    rest = tuple(values)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]


def among(
    columns: Iterable[Column[Any]], keys: Collection[IdentityKey] | Collection[SectionKey]
) -> Iterator[ColumnElement[bool]]:
    """Conditions that together find these keys: one for each district, if it has no more than a chunk of them.

    `(provider, district, subject) IN (...)` would say it in one, and PostgreSQL would plan it ten times slower.
    """
    provider, district, last = columns
    by_district: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for key in keys:
        of_provider, of_district, within = attrs.astuple(key)
        by_district[of_provider, of_district].append(within)
    for (of_provider, of_district), all_within in by_district.items():
        for some in chunks(all_within):
            yield and_(provider == of_provider, district == of_district, last.in_(some))


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT in this database's dialect."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, then: Callable[[Insert], Any]
) -> list[Row[Any]]:
    """Insert many rows; `then` adds ON CONFLICT and RETURNING. What comes back.

    PostgreSQL is sent the rows as one JSON text: a statement of constant length, where a driver would send one for each
    row, and the one form of many rows that every driver writes at C's speed.
    """
    if not rows:
        return []
    if connection.dialect.name != "postgresql":
        result = connection.execute(then(insert_into(connection, table)), list(rows))
        return list(result) if result.returns_rows else []
    found: list[Row[Any]] = []
    for some in chunks(rows, 10 * CHUNK):
        result = connection.execute(then(postgresql.insert(table).from_select(list(some[0]), _recordset(table, some))))
        found += list(result) if result.returns_rows else []
    return found


def _recordset(table: Table, rows: Sequence[Mapping[str, Any]]) -> Select[Any]:
    # A collation has no place in a record's type.
    columns = [(name, table.c[name].type) for name in rows[0]]
    typed = [column(name, Text() if isinstance(kind, String) else kind) for name, kind in columns]
    text = json.dumps(rows, default=_in_json, ensure_ascii=False, separators=(",", ":"))
    given = func.json_to_recordset(cast(bindparam("rows", text, type_=Text()), postgresql.JSON()))
    return select(given.table_valued(*typed).render_derived(name="given", with_types=True))


def _in_json(value: object) -> str:
    match value:
        case datetime():
            return _in_instant(value).isoformat()
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a column of ours.")


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or overwrite those of the same primary key; the last of two alike wins.

    Rows go in the order of their keys, so that two transactions which write the same rows do not wait for each other
    in a circle.
    """
    key = [column.name for column in table.primary_key]
    by_key = {tuple(row[name] for name in key): row for row in rows}

    def overwriting(statement: Insert) -> Any:
        rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
        return statement.on_conflict_do_update(index_elements=key, set_=rest)

    insert_rows(connection, table, [by_key[each] for each in sorted(by_key)], then=overwriting)
