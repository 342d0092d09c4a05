"""How values stand in fields, and statements that carry many rows: what all the ports here share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import attrs
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import Field, Q, QuerySet

from clever_roster.model import IdentityKey, SectionKey

__all__ = ["CHUNK", "Rows", "aware", "chunks", "key_from_text"]

T = TypeVar("T")

CHUNK = 1000


@attrs.frozen
class Rows:
    """The rows of one model in one database."""

    model: type[models.Model]
    database: str

    def all(self) -> QuerySet[Any, Any]:
        """All of them, past any manager that hides some."""
        return self.model._base_manager.using(self.database)  # noqa: SLF001 - documented

    def insert(self, rows: Sequence[Mapping[str, Any]], /) -> list[Any]:
        """Insert all; IntegrityError when one is there already. The objects have their keys."""
        return self.all().bulk_create([self.model(**row) for row in rows], batch_size=10 * CHUNK)

    def upsert(self, rows: Sequence[Mapping[str, Any]], /, *key: str) -> None:
        """Insert the rows, or overwrite those of the same key; the last of two alike wins.

        Rows go in the order of their keys, so that two transactions which write the same rows do not wait for each
        other in a circle.
        """
        by_key = {tuple(row[name] for name in key): row for row in rows}
        if not by_key:
            return
        names = next(iter(by_key.values()))
        self.all().bulk_create(
            [self.model(**by_key[each]) for each in sorted(by_key)],
            batch_size=10 * CHUNK,
            update_conflicts=True,
            unique_fields=[self._field(name) for name in key],
            update_fields=[self._field(name) for name in names if name not in key],
        )

    def among(
        self, keys: Collection[IdentityKey] | Collection[SectionKey], *, last: str
    ) -> Iterator[QuerySet[Any, Any]]:
        """The rows of these keys, in one question for each district if it has no more than a chunk of them."""
        by_district: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for key in keys:
            provider, district, within = attrs.astuple(key)
            by_district[provider, district].append(within)
        for (provider, district), all_within in by_district.items():
            for some in chunks(all_within):
                yield self.all().filter(provider=provider, district=district, **{f"{last}__in": some})

    def present(self, keys: Collection[Any], /) -> set[Any]:
        """Those of the primary keys that have a row."""
        return {
            key for some in chunks(sorted(keys)) for key in self.all().filter(pk__in=some).values_list("pk", flat=True)
        }

    def delete_any(self, conditions: Sequence[Q], /) -> None:
        """Delete the rows that meet one of the conditions."""
        for some in chunks(conditions, CHUNK // 5):
            self.all().filter(Q(*some, _connector=Q.OR)).delete()

    def key(self, text: str, /) -> Any:
        """A primary key from an id of ours; None when no row can have that id."""
        return key_from_text(self.model, text, self.database)

    def _field(self, name: str) -> str:
        return self.model._meta.get_field(name.removesuffix("_id")).name  # noqa: SLF001 - documented


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
