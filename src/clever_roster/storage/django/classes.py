"""The host's sections and enrollments."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
from django.db import IntegrityError
from django.db.models import Q, QuerySet

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
from clever_roster.storage.django import models
from clever_roster.storage.django.rows import Rows, aware, chunks
from clever_roster.storage.many import columns_of, fields_of

__all__ = ["DjangoSections"]

SECTION = ("name", "owner_id", "provider", "district", "section", "archived", "gone", "mode", "pins")
SEAT = ("section_id", "role", "account_id")
REST = ("origin", "status", "since", "changed_at", "person")


class DjangoSections:
    """The `SectionStore`."""

    def __init__(self, database: str, users: Rows) -> None:
        self._sections = Rows(models.Section, database)
        self._enrollments = Rows(models.Enrollment, database)
        self._users = users

    def get(self, section: HostSectionId, /) -> HostSection:
        row = self._sections.all().filter(pk=self._sections.key(section)).values().first()
        if row is None:
            raise _section_not_found(section)
        return _host_section(row)

    def attached(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, HostSection]:
        rows = (row for some in self._sections.among(keys, last="section") for row in some.values())
        return {row.source: row for row in map(_host_section, rows) if row.source is not None}

    def attached_in(self, provider: Provider, district: DistrictId, /) -> Mapping[SectionKey, HostSection]:
        rows = map(_host_section, self._sections.all().filter(provider=provider, district=district).values())
        return {row.source: row for row in rows if row.source is not None}

    def owned(self, owner: AccountId, /) -> tuple[HostSection, ...]:
        mine = self._sections.all().filter(owner=self._users.key(owner)).order_by("pk")
        return tuple(map(_host_section, mine.values()))

    def save(self, sections: Sequence[HostSection], /) -> tuple[HostSection, ...]:
        refuse_taken(sections, self.attached([section.source for section in sections if section.source is not None]))
        self._check_present({section.id for section in sections if section.id is not None})
        owners = self._users.keys(section.owner for section in sections)
        self._check_owners({*owners.values()})
        new = [_row(section, owners) for section in sections if section.id is None]
        old = [
            (self._sections.key(section.id), *_row(section, owners)) for section in sections if section.id is not None
        ]
        try:
            self._sections.upsert(columns_of(("id", *SECTION), old), key=("id",))
            made = iter(self._sections.insert_in_order(columns_of(SECTION, new)))
        except IntegrityError:
            raise StoreError(
                "A section was refused: its source was attached elsewhere a moment ago.",
                next_step="Undo this transaction and do it once more.",
            ) from None
        return tuple(
            section if section.id is not None else attrs.evolve(section, id=HostSectionId(str(next(made))))
            for section in sections
        )

    def enrollments(
        self, sections: Collection[HostSectionId] | None = None, /, *, of: Collection[AccountId] | None = None
    ) -> tuple[HostEnrollment, ...]:
        everybody = self._enrollments.all().order_by(*SEAT)
        if of is not None:
            everybody = everybody.filter(account__in={self._users.key(account) for account in of} - {None})
        if sections is None:
            return _read(everybody)
        ids = sorted(self._known(sections))
        return tuple(row for some in chunks(ids) for row in _read(everybody.filter(section__in=some)))

    def rolls(self, sections: Collection[HostSectionId], /) -> Mapping[HostSectionId, Roll]:
        return rolls_of(self.enrollments(sections))

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        self._check_present({row.section for row in enrollments})
        sections = self._sections.keys(row.section for row in enrollments)
        accounts = self._users.keys(row.account for row in enrollments)
        wanted = {*accounts.values()}
        if None in wanted or self._users.absent(wanted):
            raise AccountNotFound(
                "Somebody is to be enrolled whose account does not exist.", next_step="Create the accounts first."
            )
        columns = {
            "section_id": [sections[row.section] for row in enrollments],
            "role": [*map(str, fields_of(enrollments, ["role"])["role"])],
            "account_id": [accounts[row.account] for row in enrollments],
            **fields_of(enrollments, REST),
        }
        self._enrollments.upsert(columns, key=SEAT)

    def enrolled(self, account: AccountId, /) -> tuple[HostEnrollment, ...]:
        return _read(self._enrollments.all().filter(account=self._users.key(account)).order_by(*SEAT))

    def hand_over(self, enrollments: Sequence[HostEnrollment], /, *, to: AccountId) -> None:
        self._enrollments.delete_any(
            [
                Q(
                    section_id=self._sections.key(row.section),
                    role=row.role.value,
                    account_id=self._users.key(row.account),
                )
                for row in enrollments
            ]
        )
        self.save_enrollments([attrs.evolve(row, account=to) for row in enrollments])

    def _check_owners(self, owners: set[Any]) -> None:
        if None in owners or self._users.absent(owners):
            raise AccountNotFound("A section is to have an owner who does not exist.", next_step="Create them first.")

    def _check_present(self, sections: Collection[HostSectionId]) -> None:
        keys = self._sections.keys(sections)
        absent = self._sections.absent({*keys.values()} - {None}) | {None}
        for missing in sorted(section for section, key in keys.items() if key in absent):
            raise _section_not_found(HostSectionId(missing))

    def _known(self, sections: Collection[HostSectionId]) -> set[Any]:
        return {self._sections.key(section) for section in sections} - {None}


# --- Values and rows --------------------------------------------------------------------------------------------------


def _read(rows: QuerySet[Any, Any]) -> tuple[HostEnrollment, ...]:
    return tuple(map(_host_enrollment, rows.values()))


def _row(section: HostSection, owners: Mapping[str, Any]) -> tuple[Any, ...]:
    source = (None, None, None) if section.source is None else attrs.astuple(section.source)
    pins = " ".join(sorted(section.pins))
    return (section.name, owners[section.owner], *source, section.archived, section.gone, section.mode.value, pins)


def _host_section(row: Mapping[str, Any]) -> HostSection:
    source = None if row["section"] is None else SectionKey(row["provider"], row["district"], row["section"])
    return HostSection(
        id=HostSectionId(str(row["id"])),
        name=row["name"],
        owner=AccountId(str(row["owner_id"])),
        source=source,
        archived=row["archived"],
        gone=row["gone"],
        mode=SyncMode(row["mode"]),
        pins=frozenset(row["pins"].split()),
    )


def _host_enrollment(row: Mapping[str, Any]) -> HostEnrollment:
    return HostEnrollment(
        section=HostSectionId(str(row["section_id"])),
        account=AccountId(str(row["account_id"])),
        role=EnrollmentRole(row["role"]),
        origin=Origin(row["origin"]),
        status=EnrollmentStatus(row["status"]),
        since=aware(row["since"]),
        changed_at=aware(row["changed_at"]),
        person=row["person"],
    )


def _section_not_found(section: HostSectionId | None) -> SectionNotFound:
    return SectionNotFound(f"There is no section {section}.", next_step="Save the section first, without an id.")
