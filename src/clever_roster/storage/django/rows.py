"""How values stand in fields, and statements that carry many rows: what all the ports here share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import attrs
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Max, Q, QuerySet
from django.db.models.expressions import RawSQL

from clever_roster.model import IdentityKey, SectionKey
from clever_roster.storage.arrays import array_of, said_once
from clever_roster.storage.django.fields import ExactField
from clever_roster.storage.many import Columns, in_order, portions
from clever_roster.storage.moments import in_utc

__all__ = ["CHUNK", "PLAIN", "Rows", "aware", "chunks"]

T = TypeVar("T")

CHUNK = 1000

PLAIN = {
    ExactField,
    models.AutoField,
    models.BigAutoField,
    models.BigIntegerField,
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.EmailField,
    models.ForeignKey,
    models.IntegerField,
    models.SlugField,
    models.TextField,
    models.URLField,
}
"""Fields whose values PostgreSQL is sent as they are."""


@attrs.frozen
class Rows:
    """The rows of one model in one database."""

    model: type[models.Model]
    database: str

    def all(self) -> QuerySet[Any, Any]:
        """All of them, past any manager that hides some."""
        return self.model._base_manager.using(self.database)  # noqa: SLF001 - documented

    def insert(self, columns: Columns, /) -> None:
        """Insert all rows; IntegrityError when one is there already."""
        self._insert(columns)

    def insert_in_order(self, columns: Columns, /) -> list[Any]:
        """Insert rows whose key the database counts up; their keys, in the order given.

        Both databases count as they insert, so ascending keys are in that order.
        """
        if connections[self.database].vendor == "postgresql":
            return sorted(self._insert(columns, then=f"RETURNING {self._columns(['pk'])[0]}"))
        # SQLite gives nothing back for many rows at once; but whoever writes there writes alone.
        last = self.all().aggregate(last=Max("pk"))["last"] or 0
        self._insert(columns)
        return list(self.all().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))

    def upsert(self, columns: Columns, /, *, key: Sequence[str]) -> None:
        """Insert the rows, or overwrite those of the same key; the last of two alike wins.

        Rows go in the order of their keys, so that two transactions which write the same rows do not wait for each
        other in a circle.
        """
        rest = self._columns([name for name in columns if name not in key])
        anew = ", ".join(f"{column} = excluded.{column}" for column in rest)
        conflict = f"ON CONFLICT ({', '.join(self._columns(key))}) DO UPDATE SET {anew}"
        self._insert(in_order(columns, key), then=conflict)

    def change(self, columns: Columns, /) -> None:
        """Write fields of rows that exist, found by the last of these columns."""
        *written, key = self._columns(columns)
        table = self._table()
        each = ", ".join(f"{column} = %s" for column in written)
        all_ = ", ".join(f"{column} = given.{column}" for column in written)
        given = f"({{given}}) AS given ({', '.join([*written, key])})"
        self._send(
            columns,
            whole=f"UPDATE {table} SET {all_} FROM {given} WHERE {table}.{key} = given.{key}",  # noqa: S608
            each=f"UPDATE {table} SET {each} WHERE {key} = %s",  # noqa: S608 - no text from outside
        )

    def _insert(self, columns: Columns, *, then: str = "") -> list[Any]:
        into = f"INSERT INTO {self._table()} ({', '.join(self._columns(columns))})"
        places = ", ".join(["%s"] * len(columns))
        return self._send(columns, whole=f"{into} {{given}} {then}", each=f"{into} VALUES ({places}) {then}")

    def _send(self, columns: Columns, *, whole: str, each: str) -> list[Any]:
        """Give many rows to a statement, on PostgreSQL all to `whole`, on SQLite one by one to `each`; what comes back.

        Django's own `bulk_create` would make an object of each row, and on SQLite a statement of every hundred.
        """
        connection = connections[self.database]
        found: list[Any] = []
        with connection.cursor() as cursor:
            for some in portions(columns, 10 * CHUNK):
                if connection.vendor == "postgresql":
                    given, arrays = self._given(some)
                    cursor.execute(whole.format(given=given), arrays)
                    found += [key for (key,) in cursor.fetchall()] if cursor.description else []
                else:
                    prepared = [_prepared(self._field(name), column, connection) for name, column in some.items()]
                    cursor.executemany(each, [*zip(*prepared, strict=True)])
        return found

    def _given(self, columns: Columns) -> tuple[str, dict[str, str]]:
        """A SELECT of these rows for PostgreSQL, and the arrays that it takes."""
        connection = connections[self.database]
        said, several, arrays = list[str](), dict[str, str](), dict[str, str]()
        for (name, column), one in zip(columns.items(), said_once([*columns.values()]), strict=True):
            field, quoted = self._field(name), self._columns([name])[0]
            values = column[:1] if one else column
            arrays[name] = array_of(values if type(field) in PLAIN else _prepared(field, values, connection))
            array = f"%({name})s::{_kind(field, connection)}[]"
            if not one:
                several[quoted] = array
            said.append(f"(SELECT unnest({array}))" if one else f"given.{quoted}")
        given = f"unnest({', '.join(several.values())}) AS given ({', '.join(several)})"
        return f"SELECT {', '.join(said)} FROM {given}", arrays  # noqa: S608 - no text from outside

    def one_of(
        self, name: str, values: Collection[Any], /, *, of: QuerySet[Any, Any] | None = None
    ) -> Iterator[QuerySet[Any, Any]]:
        """The rows (`of` these) with one of the values: in one question on PostgreSQL, else in one for each chunk."""
        rows = self.all() if of is None else of
        connection = connections[self.database]
        if connection.vendor != "postgresql":
            yield from (rows.filter(**{f"{name}__in": some}) for some in chunks(values))
        elif values:
            # Not IN (SELECT unnest(...)), which is planned as a join: badly, while a new table has no statistics.
            wanted = f"{self._table()}.{self._columns([name])[0]} = ANY(%s::{_kind(self._field(name), connection)}[])"
            yield rows.filter(RawSQL(wanted, [array_of([*values])], output_field=models.BooleanField()))  # noqa: S611

    def among(
        self, keys: Collection[IdentityKey] | Collection[SectionKey], *, last: str
    ) -> Iterator[QuerySet[Any, Any]]:
        """The rows of these keys, district by district."""
        by_district: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for key in keys:
            provider, district, within = attrs.astuple(key)
            by_district[provider, district].append(within)
        for (provider, district), all_within in by_district.items():
            here = self.all().filter(provider=provider, district=district)
            yield from self.one_of(last, all_within, of=here)

    def absent(self, keys: Collection[Any], /) -> set[Any]:
        """Those of the primary keys that no row has."""
        connection = connections[self.database]
        if connection.vendor != "postgresql":
            return {*keys} - {key for some in self.one_of("pk", keys) for key in some.values_list("pk", flat=True)}
        if not keys:
            return set()
        table, (key,) = self._table(), self._columns(["pk"])
        given = f"unnest(%s::{_kind(self._field('pk'), connection)}[]) AS given (key)"
        there = f"SELECT FROM {table} WHERE {table}.{key} = given.key"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT given.key FROM {given} WHERE NOT EXISTS ({there})", [array_of([*keys])])  # noqa: S608
            return {missing for (missing,) in cursor.fetchall()}

    def delete_any(self, conditions: Sequence[Q], /) -> None:
        """Delete the rows that meet one of the conditions."""
        for some in chunks(conditions, CHUNK // 5):
            self.all().filter(Q(*some, _connector=Q.OR)).delete()

    def key(self, text: str, /) -> Any:
        """A primary key from an id of ours; None when no row can have that id."""
        return _key_reader(self.model, self.database)(text)

    def keys(self, texts: Iterable[str], /) -> dict[str, Any]:
        """Primary keys from ids of ours; None for those that no row can have."""
        read = _key_reader(self.model, self.database)
        return {text: read(text) for text in {*texts}}

    def _field(self, name: str) -> Field[Any, Any]:
        options = self.model._meta  # noqa: SLF001 - documented
        return options.pk if name == "pk" else cast("Field[Any, Any]", options.get_field(name))

    def _columns(self, names: Iterable[str]) -> list[str]:
        quote = connections[self.database].ops.quote_name
        return [quote(cast("str", self._field(name).column)) for name in names]

    def _table(self) -> str:
        return connections[self.database].ops.quote_name(self.model._meta.db_table)  # noqa: SLF001 - documented


def _kind(field: Field[Any, Any], connection: BaseDatabaseWrapper) -> str:
    # A cast to varchar(255) would cut what is too long; the column refuses it.
    kind = field.db_type(connection) or ""
    return "text" if kind.startswith("varchar") else kind


def _prepared(field: Field[Any, Any], column: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
    said = {value: in_utc(value, field.name) if isinstance(value, datetime) else value for value in {*column}}
    words = {value: field.get_db_prep_save(same, connection) for value, same in said.items()}
    return [words[value] for value in column]


def _key_reader(model: type[models.Model], database: str) -> Callable[[str], Any]:
    """What reads an id of ours, which is text, as the model's own kind of key; None when no row can have it.

    An id that is not written as the field would write it ("07", "1_000") is nobody's: ids are compared byte for byte.
    """
    field: Field[Any, Any] = model._meta.pk  # noqa: SLF001 - documented
    low: int | None = None
    high: int | None = None
    if isinstance(field, models.IntegerField):  # a field that counts is one, too
        bounds = connections[database].ops.integer_field_range(field.get_internal_type())
        low, high = cast("tuple[int | None, int | None]", bounds)  # some have none

    def read(text: str) -> Any:
        try:
            value = field.to_python(text)
        except ValidationError:
            return None
        if isinstance(value, int) and ((low is not None and value < low) or (high is not None and value > high)):
            return None
        return value if str(value) == text else None

    return read


def aware(value: datetime) -> datetime:
    """The instant in UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def chunks(values: Collection[T], size: int = CHUNK) -> Iterator[tuple[T, ...]]:
    """The values in portions that fit one statement."""
    rest = tuple(values)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]
