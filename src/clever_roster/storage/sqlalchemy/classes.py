"""The host's sections and enrollments, what the source said of them last, the journal, and memos."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, Row, Select, Table, delete, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from clever_roster.errors import AccountNotFound, Overtaken, SectionNotFound, StoreError
from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    Person,
    PersonId,
    Provider,
    Section,
    SectionId,
    SectionKey,
    SyncMode,
)
from clever_roster.ports import JournalEntry, Memo
from clever_roster.storage.records import person_from_json, section_from_json, to_json
from clever_roster.storage.sqlalchemy.columns import among, chunks, from_text, insert_into, insert_rows, upsert
from clever_roster.storage.sqlalchemy.tables import Tables

__all__ = ["SqlMemos", "SqlMirror", "SqlSections"]


@attrs.frozen
class SqlSections:
    """The `SectionStore`."""

    _connection: Connection
    _tables: Tables

    def get(self, section: HostSectionId, /) -> HostSection:
        table = self._tables.sections
        wanted = select(table).where(table.c.id == from_text(table.c.id, section))
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise _section_not_found(section)
        return _host_section(row)

    def attached(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, HostSection]:
        table = self._tables.sections
        found: dict[SectionKey, HostSection] = {}
        for wanted in among((table.c.provider, table.c.district, table.c.section), keys):
            rows = self._connection.execute(select(table).where(wanted))
            found.update((row.source, row) for row in map(_host_section, rows) if row.source is not None)
        return found

    def owned(self, owner: AccountId, /) -> tuple[HostSection, ...]:
        table = self._tables.sections
        mine = select(table).where(table.c.owner == from_text(self._tables.accounts.id, owner)).order_by(table.c.id)
        return tuple(map(_host_section, self._connection.execute(mine)))

    def save(self, section: HostSection, /) -> HostSection:
        table = self._tables.sections
        source = section.source
        row = {
            "name": section.name,
            "owner": from_text(self._tables.accounts.id, section.owner),
            "provider": source and source.provider,
            "district": source and source.district,
            "section": source and source.section,
            "archived": section.archived,
            "gone": section.gone,
            "mode": section.mode,
            "pins": " ".join(sorted(section.pins)),
        }
        change: ReturningInsert[Any] | ReturningUpdate[Any]
        if section.id is None:
            new_row = insert_into(self._connection, table).values(row).on_conflict_do_nothing()
            change = new_row.returning(table.c.id)
        else:
            self._check_unattached(section)
            mine = update(table).where(table.c.id == from_text(table.c.id, section.id))
            change = mine.values(row).returning(table.c.id)
        try:
            new = self._connection.execute(change).scalar_one_or_none()
        except IntegrityError:
            raise StoreError(
                "The section was refused: its source was attached elsewhere a moment ago, or it has no owner.",
                next_step="Undo this transaction and do it once more with an owner that exists.",
            ) from None
        if new is None:
            self._check_unattached(section)
            raise _section_not_found(section.id)
        return attrs.evolve(section, id=HostSectionId(str(new)))

    def enrollments(self, sections: Collection[HostSectionId] | None = None, /) -> tuple[HostEnrollment, ...]:
        table = self._tables.enrollments
        everybody = select(table).order_by(*table.primary_key)
        if sections is None:
            return self._read(everybody)
        ids = sorted(self._known(sections))
        return tuple(row for some in chunks(ids) for row in self._read(everybody.where(table.c.section.in_(some))))

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        rows = [
            attrs.asdict(row, recurse=False)
            | {
                "section": from_text(self._tables.sections.c.id, row.section),
                "account": from_text(self._tables.accounts.id, row.account),
            }
            for row in enrollments
        ]
        self._check_present({row.section for row in enrollments})
        if any(row["account"] is None for row in rows):
            raise _account_not_found()
        try:
            upsert(self._connection, self._tables.enrollments, rows)
        except IntegrityError:
            raise _account_not_found() from None

    def enrolled(self, account: AccountId, /) -> tuple[HostEnrollment, ...]:
        table = self._tables.enrollments
        mine = select(table).where(table.c.account == from_text(self._tables.accounts.id, account))
        return self._read(mine.order_by(*table.primary_key))

    def hand_over(self, enrollments: Sequence[HostEnrollment], /, *, to: AccountId) -> None:
        table, ids = self._tables.enrollments, self._tables.accounts.id
        for some in chunks(enrollments):
            keys = [
                (from_text(self._tables.sections.c.id, row.section), row.role, from_text(ids, row.account))
                for row in some
            ]
            self._connection.execute(delete(table).where(tuple_(*table.primary_key).in_(keys)))
        self.save_enrollments([attrs.evolve(row, account=to) for row in enrollments])

    def _check_unattached(self, section: HostSection) -> None:
        if section.source is None:
            return
        holder = self.attached([section.source]).get(section.source)
        if holder is not None and holder.id != section.id:
            raise StoreError(
                f"Source section {section.source.section} is attached to host section {holder.id} already.",
                next_step="Sync into that host section, or detach it first.",
            )

    def _check_present(self, sections: Collection[HostSectionId]) -> None:
        table = self._tables.sections
        present: set[str] = set()
        for some in chunks(self._known(sections)):
            present.update(map(str, self._connection.scalars(select(table.c.id).where(table.c.id.in_(some)))))
        for missing in sorted(set(sections) - present):
            raise _section_not_found(missing)

    def _known(self, sections: Collection[HostSectionId]) -> set[Any]:
        ids = {from_text(self._tables.sections.c.id, section) for section in sections}
        return ids - {None}

    def _read(self, statement: Select[Any]) -> tuple[HostEnrollment, ...]:
        return tuple(map(_host_enrollment, self._connection.execute(statement)))


@attrs.frozen
class SqlMirror:
    """The `MirrorStore`."""

    _connection: Connection
    _tables: Tables

    def sections(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, Section]:
        table = self._tables.mirror_sections
        found: dict[SectionKey, Section] = {}
        for wanted in among(table.primary_key, keys):
            for row in self._connection.execute(select(table).where(wanted)):
                found[SectionKey(row.provider, row.district, row.id)] = section_from_json(row.record)
        return found

    def people(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /
    ) -> Mapping[PersonId, Person]:
        table = self._tables.mirror_people
        everybody = select(table).where(table.c.provider == provider, table.c.district == district).order_by(table.c.id)
        some_or_all = (
            [everybody] if people is None else [everybody.where(table.c.id.in_(ids)) for ids in chunks(people)]
        )
        return {
            PersonId(row.id): person_from_json(row.record)
            for wanted in some_or_all
            for row in self._connection.execute(wanted)
        }

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
        table = self._tables.mirror_sections
        for some in chunks(gone):
            here = delete(table).where(table.c.provider == provider, table.c.district == district)
            self._connection.execute(here.where(table.c.id.in_(some)))
        upsert(self._connection, table, [{**where, "id": each.id, "record": to_json(each)} for each in sections])
        everybody = [{**where, "id": person.id, "record": to_json(person)} for person in people]
        upsert(self._connection, self._tables.mirror_people, everybody)

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
        if entries:
            rows = [attrs.asdict(entry, recurse=False) for entry in entries]
            insert_rows(self._connection, self._tables.journal, rows, then=lambda insert: insert)

    def journal(self, section: HostSectionId, /) -> tuple[JournalEntry, ...]:
        table = self._tables.journal
        wanted = [column for column in table.columns if column is not table.c.id]
        rows = self._connection.execute(select(*wanted).where(table.c.section == section).order_by(table.c.id))
        return tuple(JournalEntry(**row) for row in rows.mappings())


@attrs.frozen
class SqlMemos:
    """The `MemoStore`."""

    _connection: Connection
    _tables: Tables

    def find(self, keys: Collection[str], /) -> Mapping[str, Memo]:
        table = self._tables.memos
        return {
            row.key: Memo(key=row.key, text=row.text, version=row.version)
            for some in chunks(sorted({*keys}))
            for row in self._connection.execute(select(table).where(table.c.key.in_(some)))
        }

    def starting(self, prefix: str, /) -> tuple[Memo, ...]:
        table = self._tables.memos
        # A range, not LIKE: SQLite's LIKE knows no case, and "_" and "%" in a key would be wild.
        wanted = select(table).where(table.c.key >= prefix, table.c.key < f"{prefix}\U0010ffff").order_by(table.c.key)
        return tuple(Memo(key=row.key, text=row.text, version=row.version) for row in self._connection.execute(wanted))

    def drop(self, keys: Collection[str], /) -> int:
        table = self._tables.memos
        gone = (
            self._connection.execute(delete(table).where(table.c.key.in_(some)).returning(table.c.key)).all()
            for some in chunks(sorted({*keys}))
        )
        return sum(map(len, gone))

    def keep(self, memos: Sequence[Memo], /) -> None:
        table = self._tables.memos
        # In the order of keys, so that two transactions which keep the same memos do not wait in a circle.
        for memo in sorted(memos, key=lambda memo: memo.key):
            values = {"text": memo.text, "version": memo.version + 1}
            current = (table.c.key == memo.key, table.c.version == memo.version)
            change = (
                update(table).where(*current).values(**values)
                if memo.version
                else insert_into(self._connection, table).values(key=memo.key, **values).on_conflict_do_nothing()
            )
            # The row that comes back tells whether it was kept; drivers do not agree on what they count.
            if self._connection.execute(change.returning(table.c.key)).first() is None:
                raise Overtaken(
                    f"Memo {memo.key} has another version than the one that was read.",
                    next_step="Undo this transaction, read it again and decide anew.",
                )


# --- Rows to values ---------------------------------------------------------------------------------------------------


def _host_section(row: Row[Any]) -> HostSection:
    source = None if row.section is None else SectionKey(row.provider, row.district, row.section)
    return HostSection(
        id=HostSectionId(str(row.id)),
        name=row.name,
        owner=AccountId(str(row.owner)),
        source=source,
        archived=row.archived,
        gone=row.gone,
        mode=SyncMode(row.mode),
        pins=frozenset(row.pins.split()),
    )


def _host_enrollment(row: Row[Any]) -> HostEnrollment:
    return HostEnrollment(
        section=HostSectionId(str(row.section)),
        account=AccountId(str(row.account)),
        role=EnrollmentRole(row.role),
        origin=Origin(row.origin),
        status=EnrollmentStatus(row.status),
        since=row.since,
        changed_at=row.changed_at,
        person=row.person,
    )


def _section_not_found(section: HostSectionId | None) -> SectionNotFound:
    return SectionNotFound(f"There is no section {section}.", next_step="Save the section first, without an id.")


def _account_not_found() -> AccountNotFound:
    return AccountNotFound(
        "Somebody is to be enrolled whose account does not exist.", next_step="Create the accounts first."
    )
