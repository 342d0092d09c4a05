"""What the source said last, the journal, and memos."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
from django.db import IntegrityError
from django.db.models.functions import Substr

from clever_roster.errors import Overtaken
from clever_roster.model import (
    DistrictId,
    HostSectionId,
    Person,
    PersonId,
    Provider,
    Section,
    SectionId,
    SectionKey,
)
from clever_roster.ports import JournalEntry, Memo
from clever_roster.storage.django import models
from clever_roster.storage.django.rows import Rows, aware, chunks
from clever_roster.storage.many import fields_of
from clever_roster.storage.records import DIGEST_BEGINS, DIGEST_LENGTH, person_from_json, section_from_json, to_json

__all__ = ["DjangoRoster"]

RECORD = ("provider", "district", "key")
ENTRY = tuple(field.name for field in attrs.fields(JournalEntry))


class DjangoRoster:
    """The `RosterStore`."""

    def __init__(self, database: str) -> None:
        self._sections = Rows(models.MirrorSection, database)
        self._people = Rows(models.MirrorPerson, database)
        self._journal = Rows(models.JournalEntry, database)
        self._memos = Rows(models.Memo, database)

    def sections(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, Section]:
        rows = (row for some in self._sections.among(keys, last="key") for row in some.values())
        return {
            SectionKey(row["provider"], row["district"], row["key"]): section_from_json(row["record"]) for row in rows
        }

    def sections_in(self, provider: Provider, district: DistrictId, /) -> frozenset[SectionId]:
        here = self._sections.all().filter(provider=provider, district=district)
        return frozenset(map(SectionId, here.values_list("key", flat=True)))

    def people(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /
    ) -> Mapping[PersonId, Person]:
        everybody = self._people.all().filter(provider=provider, district=district).order_by("key")
        wanted = [everybody] if people is None else [*self._people.one_of("key", people, of=everybody)]
        return {PersonId(row["key"]): person_from_json(row["record"]) for some in wanted for row in some.values()}

    def digests(
        self,
        provider: Provider,
        district: DistrictId,
        /,
        *,
        people: Collection[PersonId] = (),
        sections: Collection[SectionId] = (),
    ) -> tuple[Mapping[PersonId, str], Mapping[SectionId, str]]:
        def told(rows: Rows, ids: Collection[str]) -> dict[str, str]:
            digest = Substr("record", DIGEST_BEGINS, DIGEST_LENGTH)
            here = rows.all().filter(provider=provider, district=district)
            some_of = (some.values_list("key", digest) for some in rows.one_of("key", ids, of=here))
            return {key: digest_ for some in some_of for key, digest_ in some}

        return (
            {PersonId(key): digest for key, digest in told(self._people, people).items()},
            {SectionId(key): digest for key, digest in told(self._sections, sections).items()},
        )

    def save(
        self,
        provider: Provider,
        district: DistrictId,
        /,
        *,
        people: Sequence[Person],
        sections: Sequence[Section],
        gone: Collection[SectionId] = (),
    ) -> None:
        where = {"provider": provider, "district": district}
        for some in chunks(gone):
            self._sections.all().filter(**where, key__in=some).delete()
        for rows, records in ((self._sections, sections), (self._people, people)):
            columns: dict[str, Sequence[str]] = {
                "provider": [provider] * len(records),
                "district": [district] * len(records),
                "key": [record.id for record in records],
                "record": [*map(to_json, records)],
            }
            rows.upsert(columns, key=RECORD)

    def forget(self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /) -> int:
        where = {"provider": provider, "district": district}
        if people is None:
            return sum(rows.all().filter(**where).delete()[0] for rows in (self._people, self._sections))
        some_of = (self._people.all().filter(**where, key__in=some) for some in chunks({*people}))
        return sum(some.delete()[0] for some in some_of)

    def record(self, entries: Sequence[JournalEntry], /) -> None:
        self._journal.insert(fields_of(entries, ENTRY))

    def journal(self, section: HostSectionId, /) -> tuple[JournalEntry, ...]:
        rows = self._journal.all().filter(section=section).order_by("pk").values(*ENTRY)
        return tuple(JournalEntry(at=aware(row.pop("at")), **row) for row in rows)

    def memos(self, keys: Collection[str], /) -> Mapping[str, Memo]:
        rows = (row for some in chunks(sorted({*keys})) for row in self._memos.all().filter(pk__in=some).values())
        return {row["key"]: Memo(**row) for row in rows}

    def memos_starting(self, prefix: str, /) -> tuple[Memo, ...]:
        # A range, not LIKE: SQLite's LIKE knows no case.
        wanted = self._memos.all().filter(key__gte=prefix, key__lt=f"{prefix}\U0010ffff").order_by("key")
        return tuple(Memo(**row) for row in wanted.values())

    def drop_memos(self, keys: Collection[str], /) -> int:
        return sum(self._memos.all().filter(pk__in=some).delete()[0] for some in chunks({*keys}))

    def keep_memos(self, memos: Sequence[Memo], /) -> None:
        # In the order of keys, so that two transactions which keep the same memos do not wait in a circle.
        for memo in sorted(memos, key=lambda memo: memo.key):
            if not self._kept(memo):
                raise Overtaken(
                    f"Memo {memo.key} has another version than the one that was read.",
                    next_step="Undo this transaction, read it again and decide anew.",
                )

    def _kept(self, memo: Memo) -> bool:
        values: dict[str, Any] = {"text": memo.text, "version": memo.version + 1}
        if memo.version:
            return bool(self._memos.all().filter(pk=memo.key, version=memo.version).update(**values))
        try:
            self._memos.insert({"key": [memo.key], **{name: [value] for name, value in values.items()}})
        except IntegrityError:
            return False
        return True
