"""What the source said last, the journal, and memos."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs
from sqlalchemy import Connection, Table, delete, func, select

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
from clever_roster.storage.many import columns_of, fields_of
from clever_roster.storage.records import DIGEST_BEGINS, DIGEST_LENGTH, person_from_json, section_from_json, to_json
from clever_roster.storage.sqlalchemy.columns import (
    among,
    chunks,
    insert_rows,
    one_of,
    rows_of,
    upsert,
)
from clever_roster.storage.sqlalchemy.tables import Tables

__all__ = ["SqlRoster"]

ENTRY = tuple(field.name for field in attrs.fields(JournalEntry))


@attrs.frozen
class SqlRoster:
    """The `RosterStore`."""

    _connection: Connection
    _tables: Tables

    def sections(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, Section]:
        table = self._tables.mirror_sections
        found: dict[SectionKey, Section] = {}
        for wanted in among(self._connection, table.primary_key, keys):
            for row in self._connection.execute(select(table).where(wanted)):
                found[SectionKey(row.provider, row.district, row.id)] = section_from_json(row.record)
        return found

    def sections_in(self, provider: Provider, district: DistrictId, /) -> frozenset[SectionId]:
        table = self._tables.mirror_sections
        here = select(table.c.id).where(table.c.provider == provider, table.c.district == district)
        return frozenset(SectionId(row[0]) for row in rows_of(self._connection, here))

    def people(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /
    ) -> Mapping[PersonId, Person]:
        table = self._tables.mirror_people
        everybody = select(table).where(table.c.provider == provider, table.c.district == district).order_by(table.c.id)
        some_or_all = (
            [everybody] if people is None else [*map(everybody.where, one_of(self._connection, table.c.id, people))]
        )
        return {
            PersonId(row.id): person_from_json(row.record)
            for wanted in some_or_all
            for row in self._connection.execute(wanted)
        }

    def digests(
        self,
        provider: Provider,
        district: DistrictId,
        /,
        *,
        people: Collection[PersonId] = (),
        sections: Collection[SectionId] = (),
    ) -> tuple[Mapping[PersonId, str], Mapping[SectionId, str]]:
        def told(table: Table, ids: Collection[str]) -> Iterable[tuple[str, str]]:
            digest = func.substr(table.c.record, DIGEST_BEGINS, DIGEST_LENGTH)
            here = select(table.c.id, digest).where(table.c.provider == provider, table.c.district == district)
            for wanted in one_of(self._connection, table.c.id, ids):
                yield from ((id_, text) for id_, text in rows_of(self._connection, here.where(wanted)))

        of_people, of_sections = told(self._tables.mirror_people, people), told(self._tables.mirror_sections, sections)
        return (
            {PersonId(id_): digest for id_, digest in of_people},
            {SectionId(id_): digest for id_, digest in of_sections},
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
        table = self._tables.mirror_sections
        for some in chunks(gone):
            here = delete(table).where(table.c.provider == provider, table.c.district == district)
            self._connection.execute(here.where(table.c.id.in_(some)))
        kept: tuple[tuple[Table, Sequence[Person | Section]], ...] = (
            (table, sections),
            (self._tables.mirror_people, people),
        )
        for mirror, records in kept:
            columns: dict[str, Sequence[str]] = {
                "provider": [provider] * len(records),
                "district": [district] * len(records),
                "id": [record.id for record in records],
                "record": [*map(to_json, records)],
            }
            upsert(self._connection, mirror, columns)

    def forget(self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /) -> int:
        tables = [self._tables.mirror_people] if people is not None else [*self._mirrored()]
        some_or_all: Iterable[Collection[PersonId] | None] = [None] if people is None else chunks(sorted({*people}))
        gone = 0
        for some in some_or_all:
            for table in tables:
                here = delete(table).where(table.c.provider == provider, table.c.district == district)
                wanted = here if some is None else here.where(table.c.id.in_(some))
                gone += len(self._connection.execute(wanted.returning(table.c.id)).all())
        return gone

    def _mirrored(self) -> tuple[Table, Table]:
        return self._tables.mirror_people, self._tables.mirror_sections

    def record(self, entries: Sequence[JournalEntry], /) -> None:
        insert_rows(self._connection, self._tables.journal, fields_of(entries, ENTRY))

    def journal(self, section: HostSectionId, /) -> tuple[JournalEntry, ...]:
        table = self._tables.journal
        wanted = [column for column in table.columns if column is not table.c.id]
        rows = self._connection.execute(select(*wanted).where(table.c.section == section).order_by(table.c.id))
        return tuple(JournalEntry(**row) for row in rows.mappings())

    def memos(self, keys: Collection[str], /) -> Mapping[str, Memo]:
        table = self._tables.memos
        return {
            key: Memo(key=key, text=text, version=version)
            for wanted in one_of(self._connection, table.c.key, sorted({*keys}))
            for key, text, version in rows_of(
                self._connection, select(table.c.key, table.c.text, table.c.version).where(wanted)
            )
        }

    def memos_starting(self, prefix: str, /) -> tuple[Memo, ...]:
        table = self._tables.memos
        # A range, not LIKE: SQLite's LIKE knows no case, and "_" and "%" in a key would be wild.
        told = select(table.c.key, table.c.text, table.c.version).order_by(table.c.key)
        wanted = told.where(table.c.key >= prefix, table.c.key < f"{prefix}\U0010ffff")
        return tuple(
            Memo(key=key, text=text, version=version) for key, text, version in rows_of(self._connection, wanted)
        )

    def drop_memos(self, keys: Collection[str], /) -> int:
        table = self._tables.memos
        gone = (
            self._connection.execute(delete(table).where(table.c.key.in_(some)).returning(table.c.key)).all()
            for some in chunks(sorted({*keys}))
        )
        return sum(map(len, gone))

    def keep_memos(self, memos: Sequence[Memo], /) -> None:
        table, names = self._tables.memos, ("key", "text", "version")
        # In the order of keys, so that two transactions which keep the same memos do not wait in a circle.
        memos = sorted(memos, key=lambda memo: memo.key)
        fresh = [(memo.key, memo.text, 1) for memo in memos if not memo.version]
        known = [memo for memo in memos if memo.version]
        added = insert_rows(
            self._connection,
            table,
            columns_of(names, fresh),
            then=lambda new: new.on_conflict_do_nothing().returning(table.c.key),
        )
        held: dict[str, int] = {}
        for wanted in one_of(self._connection, table.c.key, [memo.key for memo in known]):
            rows = select(table.c.key, table.c.version).where(wanted).order_by(table.c.key).with_for_update()
            held.update((row.key, row.version) for row in self._connection.execute(rows))
        overtaken = {key for key, _, _ in fresh} - {row.key for row in added}
        overtaken |= {memo.key for memo in known if held.get(memo.key) != memo.version}
        for key in sorted(overtaken):
            raise Overtaken(
                f"Memo {key} has another version than the one that was read.",
                next_step="Undo this transaction, read it again and decide anew.",
            )
        upsert(self._connection, table, columns_of(names, [(memo.key, memo.text, memo.version + 1) for memo in known]))
