"""How values stand in fields, and statements that carry many rows: what all the ports here share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, TypeVar, cast

import attrs
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Max, Q, QuerySet
from django.db.models.expressions import RawSQL

from clever_roster.model import IdentityKey, SectionKey
from clever_roster.storage.arrays import array_of
from clever_roster.storage.django.fields import ExactField
from clever_roster.storage.moments import in_utc

__all__ = ["CHUNK", "PLAIN", "Rows", "aware", "chunks", "key_from_text"]

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

    def insert(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], /) -> None:
        """Insert all, their values in the order of `names`; IntegrityError when one is there already."""
        self._insert(names, rows)

    def insert_in_order(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], /) -> list[Any]:
        """Insert rows whose key the database counts up; their keys, in the order given.

        Both databases count as they insert, so ascending keys are in that order.
        """
        if connections[self.database].vendor == "postgresql":
            return sorted(self._insert(names, rows, then=f"RETURNING {self._columns(['pk'])[0]}"))
        # SQLite gives nothing back for many rows at once; but whoever writes there writes alone.
        last = self.all().aggregate(last=Max("pk"))["last"] or 0
        self._insert(names, rows)
        return list(self.all().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))

    def upsert(self, names: Sequence[str], rows: Iterable[tuple[Any, ...]], /, *, key: Sequence[str]) -> None:
        """Insert the rows, or overwrite those of the same key; the last of two alike wins.

        Rows go in the order of their keys, so that two transactions which write the same rows do not wait for each
        other in a circle.
        """
        key_of = itemgetter(*map(names.index, key))
        by_key = {key_of(row): row for row in rows}
        rest = self._columns([name for name in names if name not in key])
        anew = ", ".join(f"{column} = excluded.{column}" for column in rest)
        conflict = f"ON CONFLICT ({', '.join(self._columns(key))}) DO UPDATE SET {anew}"
        self._insert(names, [by_key[each] for each in sorted(by_key)], then=conflict)

    def change(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], /) -> None:
        """Write fields of rows that exist, found by the last of these names."""
        *columns, key = self._columns(names)
        table = self._table()
        each = ", ".join(f"{column} = %s" for column in columns)
        all_ = ", ".join(f"{column} = given.{column}" for column in columns)
        given = f"{{given}} AS given ({', '.join([*columns, key])})"
        self._send(
            names,
            rows,
            whole=f"UPDATE {table} SET {all_} FROM {given} WHERE {table}.{key} = given.{key}",  # noqa: S608
            each=f"UPDATE {table} SET {each} WHERE {key} = %s",  # noqa: S608 - no text from outside
        )

    def _insert(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, then: str = "") -> list[Any]:
        into = f"INSERT INTO {self._table()} ({', '.join(self._columns(names))})"
        places = ", ".join(["%s"] * len(names))
        whole, each = f"{into} SELECT * FROM {{given}} {then}", f"{into} VALUES ({places}) {then}"  # noqa: S608
        return self._send(names, rows, whole=whole, each=each)

    def _send(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, whole: str, each: str) -> list[Any]:
        """Give many rows to a statement, on PostgreSQL all to `whole`, on SQLite one by one to `each`; what comes back.

        Django's own `bulk_create` would make an object of each row, and on SQLite a statement of every hundred.
        """
        connection = connections[self.database]
        fields = [self._field(name) for name in names]
        found: list[Any] = []
        with connection.cursor() as cursor:
            for some in chunks(rows, 10 * CHUNK):
                columns = [*zip(*some, strict=True)]
                if connection.vendor == "postgresql":
                    arrays = ", ".join(f"%s::{_kind(field, connection)}[]" for field in fields)
                    given = [
                        array_of(column if type(field) in PLAIN else _prepared(field, column, connection))
                        for field, column in zip(fields, columns, strict=True)
                    ]
                    cursor.execute(whole.format(given=f"unnest({arrays})"), given)
                    found += [key for (key,) in cursor.fetchall()] if cursor.description else []
                else:
                    prepared = [_prepared(*pair, connection) for pair in zip(fields, columns, strict=True)]
                    cursor.executemany(each, [*zip(*prepared, strict=True)])
        return found

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

    def present(self, keys: Collection[Any], /) -> set[Any]:
        """Those of the primary keys that have a row."""
        return {key for some in self.one_of("pk", keys) for key in some.values_list("pk", flat=True)}

    def delete_any(self, conditions: Sequence[Q], /) -> None:
        """Delete the rows that meet one of the conditions."""
        for some in chunks(conditions, CHUNK // 5):
            self.all().filter(Q(*some, _connector=Q.OR)).delete()

    def key(self, text: str, /) -> Any:
        """A primary key from an id of ours; None when no row can have that id."""
        return key_from_text(self.model, text, self.database)

    def keys(self, texts: Iterable[str], /) -> dict[str, Any]:
        """Primary keys from ids of ours; None for those that no row can have."""
        return {text: self.key(text) for text in {*texts}}

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


def key_from_text(model: type[models.Model], text: str, database: str) -> Any:
    """An id of ours, which is text, as the model's own kind of key; None when no row can have it.

    An id that is not written as the field would write it ("07", "1_000") is nobody's: ids are compared byte for byte.
    """
    field: Field[Any, Any] = model._meta.pk  # noqa: SLF001 - documented
    try:
        value = field.to_python(text)
    except ValidationError:
        return None
    if isinstance(value, int):
        bounds = connections[database].ops.integer_field_range(field.get_internal_type())
        low, high = cast("tuple[int | None, int | None]", bounds)  # some have none
        if (low is not None and value < low) or (high is not None and value > high):
            return None
    return value if str(value) == text else None


def aware(value: datetime) -> datetime:
    """The instant in UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def chunks(values: Collection[T], size: int = CHUNK) -> Iterator[tuple[T, ...]]:
    """The values in portions that fit one statement."""
    rest = tuple(values)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]
