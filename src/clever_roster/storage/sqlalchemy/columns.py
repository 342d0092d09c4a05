"""How values stand in columns, and statements that carry many rows: what all the SQL ports share.

Each takes a constant number of statements for a class of three and a class of three hundred. A question whose values go
into no array and no JSON text is asked in chunks of `CHUNK`, because a statement has room for a limited number of
parameters (SQLite: 32,766).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Integer,
    Row,
    Select,
    SmallInteger,
    String,
    Table,
    Text,
    Unicode,
    UnicodeText,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator, TypeEngine

from clever_roster.errors import StoreError
from clever_roster.model import IdentityKey, SectionKey
from clever_roster.storage.arrays import array_of
from clever_roster.storage.moments import in_utc

__all__ = [
    "CHUNK",
    "EXACT",
    "SERIAL",
    "Instant",
    "among",
    "aware",
    "chunks",
    "counts_up",
    "from_text",
    "from_texts",
    "insert_in_order",
    "insert_into",
    "insert_rows",
    "one_of",
    "upsert",
]

T = TypeVar("T")

Insert: TypeAlias = postgresql.Insert | sqlite.Insert

CHUNK = 1000

PLAIN = {String, Text, Unicode, UnicodeText, SmallInteger, Integer, BigInteger, Boolean}
"""Types whose values stand in every database as Python has them."""

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


def from_texts(column: Column[Any], texts: Iterable[str]) -> dict[str, Any]:
    """Ids of ours, which are text, as their column's type; None for those that no row can have."""
    return {text: from_text(column, text) for text in {*texts}}


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


def one_of(connection: Connection, column: Column[Any], values: Collection[Any]) -> Iterator[ColumnElement[bool]]:
    """Conditions that together find these values: one, sent an array or a JSON text, where the database knows both."""
    if connection.dialect.name != "postgresql":
        text = json.dumps([*values]) if type(column.type) in PLAIN else ""
        if not text or "\\u0000" in text:  # SQLite ends a JSON string there, and would find another one
            yield from (column.in_(some) for some in chunks(values))
        elif values:
            yield column.in_(select(func.json_each(literal(text)).table_valued("value").c.value))
    elif values:
        # An array, and no text cast to one: the planner hashes what it sees, and walks what it does not for each row.
        kind = Text() if isinstance(column.type, String) else column.type
        yield column == any_(literal([*values], postgresql.ARRAY(kind)))


def among(
    connection: Connection,
    columns: Iterable[Column[Any]],
    keys: Collection[IdentityKey] | Collection[SectionKey],
) -> Iterator[ColumnElement[bool]]:
    """Conditions that together find these keys, district by district.

    `(provider, district, subject) IN (...)` would say it in one, and PostgreSQL would plan it ten times slower.
    """
    provider, district, last = columns
    by_district: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for key in keys:
        within = key.section if isinstance(key, SectionKey) else key.subject
        by_district[key.provider, key.district].append(within)
    for (of_provider, of_district), all_within in by_district.items():
        for wanted in one_of(connection, last, all_within):
            yield and_(provider == of_provider, district == of_district, wanted)


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT in this database's dialect."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    then: Callable[[Insert], Any] = lambda statement: statement,
) -> list[Row[Any]]:
    """Insert many rows of values in the order of `names`; `then` adds ON CONFLICT and RETURNING. What comes back.

    PostgreSQL is sent each column as one text: a statement of constant length, where a driver would send one for each
    row.
    """
    if not rows:
        return []
    if connection.dialect.name != "postgresql":
        result = connection.execute(
            then(insert_into(connection, table)), [dict(zip(names, row, strict=True)) for row in rows]
        )
        return list(result) if result.returns_rows else []
    statement = then(postgresql.insert(table).from_select(list(names), _unnested(table, names)))
    found: list[Row[Any]] = []
    for some in chunks(rows, 10 * CHUNK):
        columns = dict(zip(names, zip(*some, strict=True), strict=True))
        result = connection.execute(statement, {f"all_{name}": _array(column) for name, column in columns.items()})
        found += list(result) if result.returns_rows else []
    return found


def counts_up(connection: Connection, table: Table, names: Collection[str], *, key: Column[Any]) -> bool:
    """Whether rows of a host's own table may be inserted by `insert_in_order`.

    The database must count the key up. On PostgreSQL it must also make all that is not named, and what is named must
    be of a plain type: SQLAlchemy, which would see to the rest, is asked for no row there.
    """
    if table.autoincrement_column is not key or connection.dialect.name != "postgresql":
        return table.autoincrement_column is key
    named = [table.c[name] for name in names]
    plain = all(type(column.type) in PLAIN for column in named)
    return plain and all(column.default is None for column in table.columns if column.key not in names)


def insert_in_order(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, key: Column[Any]
) -> list[Any]:
    """Insert rows whose key the database counts up; their keys, in the order given.

    Both databases count as they insert, so ascending keys are in that order.
    """
    made = insert_rows(connection, table, names, rows, then=lambda statement: statement.returning(key))
    return sorted(row[0] for row in made)


def upsert(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert the rows, or overwrite those of the same primary key; the last of two alike wins.

    Rows go in the order of their keys, so that two transactions which write the same rows do not wait for each other
    in a circle.
    """
    key = [column.name for column in table.primary_key]
    key_of = itemgetter(*map(names.index, key))
    by_key = {key_of(row): row for row in rows}

    def overwriting(statement: Insert) -> Any:
        rest = {name: statement.excluded[name] for name in names if name not in key}
        return statement.on_conflict_do_update(index_elements=key, set_=rest)

    insert_rows(connection, table, names, [by_key[each] for each in sorted(by_key)], then=overwriting)


def _unnested(table: Table, names: Sequence[str]) -> Select[Any]:
    kinds = {name: table.c[name].type for name in names}
    arrays = [_as_array(bindparam(f"all_{name}", type_=Text()), kind) for name, kind in kinds.items()]
    given = func.unnest(*arrays).table_valued(*[column(name, kind) for name, kind in kinds.items()])
    return select(given.render_derived(name="given"))


def _as_array(text: ColumnElement[str], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    # Neither a collation nor a length has a place in a cast: it would cut what a column refuses.
    return cast(text, postgresql.ARRAY(Text() if isinstance(kind, String) else kind))


def _array(values: Sequence[object]) -> str:
    try:
        return array_of(values)
    except StoreError as naive:  # one that SQLAlchemy lets through as it is
        raise _NoInstant(*naive.args, next_step=naive.next_step) from None
