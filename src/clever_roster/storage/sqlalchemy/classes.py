"""The host's sections and enrollments."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import attrs
from sqlalchemy import Connection, Integer, Row, Select, String, Text, cast, delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError

from clever_roster.errors import AccountNotFound, SectionNotFound, StoreError
from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    SectionKey,
    SyncMode,
)
from clever_roster.ports import Roll, rolls_of
from clever_roster.storage.attaching import refuse_taken
from clever_roster.storage.sqlalchemy.columns import (
    among,
    chunks,
    from_text,
    from_texts,
    insert_in_order,
    one_of,
    upsert,
)
from clever_roster.storage.sqlalchemy.tables import Tables

__all__ = ["SqlSections"]

SECTION = ("name", "owner", "provider", "district", "section", "archived", "gone", "mode", "pins")
REST = ("origin", "status", "since", "changed_at", "person")
ENROLLMENT = ("section", "role", "account", *REST)
MODES: Final = {mode.value: mode for mode in SyncMode}
NO_PINS: Final = frozenset[str]()
_rest = attrgetter(*REST)


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
        for wanted in among(self._connection, (table.c.provider, table.c.district, table.c.section), keys):
            rows = self._connection.execute(select(table).where(wanted)).all()
            found.update((row.source, row) for row in map(_host_section, rows) if row.source is not None)
        return found

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
            upsert(self._connection, table, ("id", *SECTION), old)
            made = iter(insert_in_order(self._connection, table, SECTION, new, key=table.c.id))
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
        source = table.c.origin == Origin.SOURCE.value
        lines = func.aggregate_strings(line, "\n")
        active, ended = (
            source & (table.c.status == status.value)
            for status in (EnrollmentStatus.ACTIVE, EnrollmentStatus.WITHDRAWN)
        )
        told = select(
            table.c.section,
            lines.filter(active),
            lines.filter(ended),
            func.count().filter(~(active | ended)),
            func.max(table.c.changed_at),
        ).group_by(table.c.section)
        return {
            HostSectionId(str(section)): Roll(present=present or "", ended=gone or "", others=others, latest=latest)
            for some in one_of(self._connection, table.c.section, sorted(self._known(sections)))
            for section, present, gone, others, latest in self._connection.execute(told.where(some)).all()
        }

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        self._check_present({row.section for row in enrollments})
        sections = from_texts(self._tables.sections.c.id, (row.section for row in enrollments))
        accounts = from_texts(self._tables.accounts.id, (row.account for row in enrollments))
        if None in accounts.values():
            raise _account_not_found()
        rows = [(sections[row.section], row.role, accounts[row.account], *_rest(row)) for row in enrollments]
        try:
            upsert(self._connection, self._tables.enrollments, ENROLLMENT, rows)
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
        return tuple(map(_host_enrollment, self._connection.execute(statement)))


# --- Values and rows --------------------------------------------------------------------------------------------------


def _row(section: HostSection, owners: Mapping[str, Any]) -> tuple[Any, ...]:
    source = (None, None, None) if section.source is None else attrs.astuple(section.source)
    pins = " ".join(sorted(section.pins))
    return (section.name, owners[section.owner], *source, section.archived, section.gone, section.mode, pins)


def _host_section(row: Row[Any]) -> HostSection:
    source = None if row.section is None else SectionKey(row.provider, row.district, row.section)
    return HostSection(
        id=HostSectionId(str(row.id)),
        name=row.name,
        owner=AccountId(str(row.owner)),
        source=source,
        archived=row.archived,
        gone=row.gone,
        mode=MODES[row.mode],
        pins=frozenset(row.pins.split()) if row.pins else NO_PINS,
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
