"""How values stand in columns, and statements that carry many rows: what all the SQL ports share.

Each takes a constant number of statements for a class of three and a class of three hundred. A question whose values go
into no array and no JSON text is asked in chunks of `CHUNK`, because a statement has room for a limited number of
parameters (SQLite: 32,766).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import compress
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
    Executable,
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
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator, TypeEngine

from clever_roster.errors import StoreError
from clever_roster.model import IdentityKey, SectionKey
from clever_roster.storage.arrays import MANY, array_of, said_once
from clever_roster.storage.many import Columns, in_order, portions, row_count
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
    "rows_of",
    "upsert",
]

T = TypeVar("T")

Insert: TypeAlias = postgresql.Insert | sqlite.Insert

CHUNK = 1000
FEW = 500

VALUE: ColumnElement[Any] = literal_column("value")
"""What `json_each` calls the values that it finds."""

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
    kind = _python_type(column.type)
    return {text: _from_text(kind, text) for text in {*texts}}


def from_text(column: Column[Any], text: str) -> object:
    """An id of ours, which is text, as its column's type; None when no row can have that id.

    An id that is not written as the column would write it ("07", "1_000") is nobody's: ids are compared byte for byte.
    """
    return _from_text(_python_type(column.type), text)


def _from_text(kind: type[Any], text: str) -> object:
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
            yield column.in_(select(VALUE).select_from(func.json_each(literal(text))))
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


def rows_of(connection: Connection, statement: Executable) -> Iterator[Any]:
    """The rows of a statement, some at a time: thousands that live at once make the garbage collector look at all."""
    for some in connection.execute(statement).partitions(FEW):
        yield from some


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT in this database's dialect."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_rows(
    connection: Connection,
    table: Table,
    columns: Columns,
    *,
    then: Callable[[Insert], Any] = lambda statement: statement,
) -> list[Row[Any]]:
    """Insert many rows; `then` adds ON CONFLICT and RETURNING. What comes back.

    PostgreSQL is sent each column as one text: a statement of constant length, where a driver would send one for each
    row.
    """
    count = row_count(columns)
    if not count:
        return []
    if connection.dialect.name != "postgresql":
        return _insert_each(connection, table, columns, then(insert_into(connection, table)))
    found: list[Row[Any]] = []
    with _plans_kept(connection, unless=count < MANY or not table.foreign_keys):
        for some in portions(columns, 10 * CHUNK):
            once = said_once([*some.values()])
            rows_given = _unnested(table, [*some], once)
            statement = then(postgresql.insert(table).from_select([*some], rows_given))
            arrays = {
                f"all_{name}": _array(column[:1] if one else column)
                for (name, column), one in zip(some.items(), once, strict=True)
            }
            result = connection.execute(statement, arrays)
            found += result.all() if result.returns_rows else []
    return found


def _insert_each(connection: Connection, table: Table, columns: Columns, statement: Any) -> list[Row[Any]]:
    """Insert a row at a time, as drivers do it that know no arrays."""
    if statement.exported_columns or connection.get_execution_options().get("schema_translate_map"):
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        result = connection.execute(statement, rows)
        return list(result.all()) if result.returns_rows else []
    # Where nothing comes back, the driver is given tuples: a mapping of each row, whose type is asked about each value,
    # costs three times what SQLite does with it.
    sql = statement.compile(dialect=connection.dialect, column_keys=[*columns])
    names: list[str] = sql.positiontup
    bound = [_bound(table.c[name].type, columns[name], connection.dialect) for name in names]
    connection.exec_driver_sql(str(sql), [*zip(*bound, strict=True)])
    return []


def _bound(kind: TypeEngine[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    words = {value: process(value) for value in {*values}}
    return [words[value] for value in values]


@contextmanager
def _plans_kept(connection: Connection, *, unless: bool) -> Generator[None, None, None]:
    """Let PostgreSQL keep its plans: it looks for the row behind each foreign key, and would plan for each anew."""
    if unless:
        yield
        return
    before = connection.exec_driver_sql("SELECT current_setting('plan_cache_mode')").scalar_one()
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = auto")
    yield
    connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {before}")


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


def insert_in_order(connection: Connection, table: Table, columns: Columns, *, key: Column[Any]) -> list[Any]:
    """Insert rows whose key the database counts up; their keys, in the order given.

    Both databases count as they insert, so ascending keys are in that order.
    """
    made = insert_rows(connection, table, columns, then=lambda statement: statement.returning(key))
    return sorted(row[0] for row in made)


def upsert(connection: Connection, table: Table, columns: Columns) -> None:
    """Insert the rows, or overwrite those of the same primary key; the last of two alike wins.

    Rows go in the order of their keys, so that two transactions which write the same rows do not wait for each other
    in a circle.
    """
    key = [column.name for column in table.primary_key]

    def overwriting(statement: Insert) -> Any:
        rest = {name: statement.excluded[name] for name in columns if name not in key}
        return statement.on_conflict_do_update(index_elements=key, set_=rest)

    insert_rows(connection, table, in_order(columns, key), then=overwriting)


def _unnested(table: Table, names: Sequence[str], once: Sequence[bool]) -> Select[Any]:
    kinds = [table.c[name].type for name in names]
    arrays = [_as_array(bindparam(f"all_{name}", type_=Text()), kind) for name, kind in zip(names, kinds, strict=True)]
    each = [not one for one in once]
    unnested = func.unnest(*compress(arrays, each)).table_valued(
        *[column(name, kind) for name, kind in compress(zip(names, kinds, strict=True), each)]
    )
    given = unnested.render_derived(name="given")
    return select(
        *[
            select(func.unnest(array)).scalar_subquery() if one else given.c[name]
            for name, array, one in zip(names, arrays, once, strict=True)
        ]
    ).select_from(given)


def _as_array(text: ColumnElement[str], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    # Neither a collation nor a length has a place in a cast: it would cut what a column refuses.
    return cast(text, postgresql.ARRAY(Text() if isinstance(kind, String) else kind))


def _array(values: Sequence[object]) -> str:
    try:
        return array_of(values)
    except StoreError as naive:  # one that SQLAlchemy lets through as it is
        raise _NoInstant(*naive.args, next_step=naive.next_step) from None
