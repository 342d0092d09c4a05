"""The host's sections and enrollments."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import IntegrityError

from clever_roster.errors import AccountNotFound, SectionNotFound, StoreError
from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    Provider,
    SectionKey,
    SyncMode,
)
from clever_roster.ports import Roll, rolls_of
from clever_roster.storage.attaching import refuse_taken
from clever_roster.storage.many import columns_of, fields_of
from clever_roster.storage.sqlalchemy.columns import (
    among,
    chunks,
    from_text,
    from_texts,
    insert_in_order,
    one_of,
    rows_of,
    upsert,
)
from clever_roster.storage.sqlalchemy.tables import Tables

__all__ = ["SqlSections"]

SECTION = ("name", "owner", "provider", "district", "section", "archived", "gone", "mode", "pins")
REST = ("origin", "status", "since", "changed_at", "person")
MODES: Final = {mode.value: mode for mode in SyncMode}
NO_PINS: Final = frozenset[str]()


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
        wanted = among(self._connection, (table.c.provider, table.c.district, table.c.section), keys)
        return self._attached(wanted)

    def attached_in(self, provider: Provider, district: DistrictId, /) -> Mapping[SectionKey, HostSection]:
        table = self._tables.sections
        return self._attached([and_(table.c.provider == provider, table.c.district == district)])

    def _attached(self, conditions: Iterable[ColumnElement[bool]]) -> Mapping[SectionKey, HostSection]:
        table = self._tables.sections
        rows = (row for wanted in conditions for row in rows_of(self._connection, select(table).where(wanted)))
        return {row.source: row for row in map(_host_section, rows) if row.source is not None}

    def owned(self, owner: AccountId, /) -> tuple[HostSection, ...]:
        table = self._tables.sections
        mine = select(table).where(table.c.owner == from_text(self._tables.accounts.id, owner)).order_by(table.c.id)
        return tuple(map(_host_section, self._connection.execute(mine)))

    def save(self, sections: Sequence[HostSection], /) -> tuple[HostSection, ...]:
        table = self._tables.sections
        refuse_taken(sections, self.attached([section.source for section in sections if section.source is not None]))
        self._check_present({section.id for section in sections if section.id is not None})
        owners = from_texts(self._tables.accounts.id, (section.owner for section in sections))
        new = [_row(section, owners) for section in sections if section.id is None]
        old = [
            (from_text(table.c.id, section.id), *_row(section, owners))
            for section in sections
            if section.id is not None
        ]
        try:
            upsert(self._connection, table, columns_of(("id", *SECTION), old))
            made = iter(insert_in_order(self._connection, table, columns_of(SECTION, new), key=table.c.id))
        except IntegrityError:
            raise StoreError(
                "A section was refused: its source was attached elsewhere a moment ago, or it has no owner.",
                next_step="Undo this transaction and do it once more with an owner that exists.",
            ) from None
        return tuple(
            section if section.id is not None else attrs.evolve(section, id=HostSectionId(str(next(made))))
            for section in sections
        )

    def enrollments(
        self, sections: Collection[HostSectionId] | None = None, /, *, of: Collection[AccountId] | None = None
    ) -> tuple[HostEnrollment, ...]:
        table = self._tables.enrollments
        wanted = [select(table).order_by(*table.primary_key)]
        if sections is not None:
            wanted = [
                rows.where(some)
                for rows in wanted
                for some in one_of(self._connection, table.c.section, sorted(self._known(sections)))
            ]
        if of is None:
            return tuple(row for rows in wanted for row in self._read(rows))
        who = {*from_texts(self._tables.accounts.id, of).values()} - {None}
        found = [
            row
            for rows in wanted
            for some in one_of(self._connection, table.c.account, sorted(who))
            for row in self._read(rows.where(some))
        ]
        return tuple(sorted(found, key=self._place))

    def rolls(self, sections: Collection[HostSectionId], /) -> Mapping[HostSectionId, Roll]:
        if not isinstance(self._tables.accounts.id.type, Integer | String):
            return rolls_of(self.enrollments(sections))  # how a database writes other ids is its own affair
        table = self._tables.enrollments
        line = table.c.role + "\t" + func.coalesce(table.c.person, "") + "\t" + cast(table.c.account, Text)
        plain = (table.c.origin == Origin.SOURCE.value) & (table.c.status == EnrollmentStatus.ACTIVE.value)
        whole = case((plain, line), else_=line + "\t" + table.c.origin + "\t" + table.c.status)
        told = select(
            table.c.section,
            self._together(whole),
            func.count(),
            func.count().filter(~plain),
            func.max(table.c.changed_at),
        ).group_by(table.c.section)
        return {
            HostSectionId(str(section)): Roll(lines=lines, rows=rows, others=others, latest=latest)
            for some in one_of(self._connection, table.c.section, sorted(self._known(sections)))
            for section, lines, rows, others, latest in rows_of(self._connection, told.where(some))
        }

    def _together(self, lines: ColumnElement[str]) -> ColumnElement[str]:
        """Lines of one section, in the order of its rows. SQLite takes them as they come, which is by primary key."""
        if self._connection.dialect.name == "postgresql":
            _, *within = self._tables.enrollments.primary_key
            return func.string_agg(lines, aggregate_order_by(literal("\n"), *within))
        return func.group_concat(lines, "\n")

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        self._check_present({row.section for row in enrollments})
        sections = from_texts(self._tables.sections.c.id, (row.section for row in enrollments))
        accounts = from_texts(self._tables.accounts.id, (row.account for row in enrollments))
        if None in accounts.values():
            raise _account_not_found()
        columns = {
            "section": [sections[row.section] for row in enrollments],
            "role": [*map(str, fields_of(enrollments, ["role"])["role"])],
            "account": [accounts[row.account] for row in enrollments],
            **fields_of(enrollments, REST),
        }
        try:
            upsert(self._connection, self._tables.enrollments, columns)
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

    def _check_present(self, sections: Collection[HostSectionId]) -> None:
        table = self._tables.sections
        present: set[str] = set()
        for wanted in one_of(self._connection, table.c.id, self._known(sections)):
            present.update(map(str, self._connection.scalars(select(table.c.id).where(wanted))))
        for missing in sorted(set(sections) - present):
            raise _section_not_found(missing)

    def _place(self, row: HostEnrollment) -> tuple[Any, str, Any]:
        table = self._tables.enrollments
        return from_text(table.c.section, row.section), row.role, from_text(table.c.account, row.account)

    def _known(self, sections: Collection[HostSectionId]) -> set[Any]:
        return {*from_texts(self._tables.sections.c.id, sections).values()} - {None}

    def _read(self, statement: Select[Any]) -> tuple[HostEnrollment, ...]:
        return tuple(map(_host_enrollment, rows_of(self._connection, statement)))


# --- Values and rows --------------------------------------------------------------------------------------------------


def _row(section: HostSection, owners: Mapping[str, Any]) -> tuple[Any, ...]:
    source = (None, None, None) if section.source is None else attrs.astuple(section.source)
    pins = " ".join(sorted(section.pins))
    return (section.name, owners[section.owner], *source, section.archived, section.gone, section.mode, pins)


def _host_section(row: Sequence[Any]) -> HostSection:
    # Taken apart at once: a district has thousands of them, and asking a row for each name costs as much as reading it.
    id_, name, owner, provider, district, section, archived, gone, mode, pins = row
    return HostSection(
        id=HostSectionId(str(id_)),
        name=name,
        owner=AccountId(str(owner)),
        source=None if section is None else SectionKey(provider, district, section),
        archived=archived,
        gone=gone,
        mode=MODES[mode],
        pins=frozenset(pins.split()) if pins else NO_PINS,
    )


def _host_enrollment(row: Sequence[Any]) -> HostEnrollment:
    section, role, account, origin, status, since, changed_at, person = row
    return HostEnrollment(
        section=HostSectionId(str(section)),
        account=AccountId(str(account)),
        role=EnrollmentRole(role),
        origin=Origin(origin),
        status=EnrollmentStatus(status),
        since=since,
        changed_at=changed_at,
        person=person,
    )


def _section_not_found(section: HostSectionId | None) -> SectionNotFound:
    return SectionNotFound(f"There is no section {section}.", next_step="Save the section first, without an id.")


def _account_not_found() -> AccountNotFound:
    return AccountNotFound(
        "Somebody is to be enrolled whose account does not exist.", next_step="Create the accounts first."
    )
