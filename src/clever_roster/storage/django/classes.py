"""The host's sections and enrollments, what the source said of them last, the journal, and memos."""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
from django.db import IntegrityError
from django.db.models import Q, QuerySet

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
from clever_roster.storage.django import models
from clever_roster.storage.django.rows import Rows, aware, chunks
from clever_roster.storage.moments import in_utc
from clever_roster.storage.records import person_from_json, section_from_json, to_json

__all__ = ["DjangoMemos", "DjangoMirror", "DjangoSections"]

SEAT = ("section_id", "role", "account_id")
RECORD = ("provider", "district", "key")


class DjangoSections:
    """The `SectionStore`."""

    def __init__(self, database: str, users: Rows) -> None:
        self._sections = Rows(models.Section, database)
        self._enrollments = Rows(models.Enrollment, database)
        self._users = users
        self._owners: set[Any] = set()

    def get(self, section: HostSectionId, /) -> HostSection:
        row = self._sections.all().filter(pk=self._sections.key(section)).values().first()
        if row is None:
            raise _section_not_found(section)
        return _host_section(row)

    def attached(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, HostSection]:
        rows = (row for some in self._sections.among(keys, last="section") for row in some.values())
        return {row.source: row for row in map(_host_section, rows) if row.source is not None}

    def owned(self, owner: AccountId, /) -> tuple[HostSection, ...]:
        mine = self._sections.all().filter(owner=self._users.key(owner)).order_by("pk")
        return tuple(map(_host_section, mine.values()))

    def save(self, section: HostSection, /) -> HostSection:
        source = section.source
        owner = self._users.key(section.owner)
        row = {
            "name": section.name,
            "owner_id": owner,
            "provider": source and source.provider,
            "district": source and source.district,
            "section": source and source.section,
            "archived": section.archived,
            "gone": section.gone,
            "mode": section.mode.value,
            "pins": " ".join(sorted(section.pins)),
        }
        if section.id is not None:
            self._check_unattached(section)
        self._check_owner(owner)
        try:
            return attrs.evolve(section, id=self._write(section.id, row))
        except IntegrityError:
            raise StoreError(
                "The section was refused: its source is attached to another host section.",
                next_step="Sync into that host section, or detach it first.",
            ) from None

    def enrollments(self, sections: Collection[HostSectionId] | None = None, /) -> tuple[HostEnrollment, ...]:
        everybody = self._enrollments.all().order_by(*SEAT)
        if sections is None:
            return _read(everybody)
        ids = sorted(self._known(sections))
        return tuple(row for some in chunks(ids) for row in _read(everybody.filter(section__in=some)))

    def save_enrollments(self, enrollments: Sequence[HostEnrollment], /) -> None:
        rows = [
            {
                "section_id": self._sections.key(row.section),
                "role": row.role.value,
                "account_id": self._users.key(row.account),
                "origin": row.origin.value,
                "status": row.status.value,
                "since": in_utc(row.since, "since"),
                "changed_at": in_utc(row.changed_at, "changed_at"),
                "person": row.person,
            }
            for row in enrollments
        ]
        self._check_present({row.section for row in enrollments})
        accounts = {row["account_id"] for row in rows}
        if None in accounts or accounts - self._users.present(accounts):
            raise AccountNotFound(
                "Somebody is to be enrolled whose account does not exist.", next_step="Create the accounts first."
            )
        self._enrollments.upsert(rows, *SEAT)

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

    def _write(self, section: HostSectionId | None, row: Mapping[str, Any]) -> HostSectionId:
        if section is None:
            (made,) = self._sections.insert([row])
            return HostSectionId(str(made.pk))
        if not self._sections.all().filter(pk=self._sections.key(section)).update(**row):
            raise _section_not_found(section)
        return section

    def _check_owner(self, owner: Any) -> None:
        # Asked once for each owner: who imports a district's sections is one account.
        if owner not in self._owners:
            self._owners |= self._users.present({owner} - {None})
        if owner not in self._owners:
            raise AccountNotFound("A section is to have an owner who does not exist.", next_step="Create them first.")

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
        present = {str(key) for key in self._sections.present(self._known(sections))}
        for missing in sorted(set(sections) - present):
            raise _section_not_found(missing)

    def _known(self, sections: Collection[HostSectionId]) -> set[Any]:
        return {self._sections.key(section) for section in sections} - {None}


class DjangoMirror:
    """The `MirrorStore`."""

    def __init__(self, database: str) -> None:
        self._sections = Rows(models.MirrorSection, database)
        self._people = Rows(models.MirrorPerson, database)
        self._journal = Rows(models.JournalEntry, database)

    def sections(self, keys: Collection[SectionKey], /) -> Mapping[SectionKey, Section]:
        rows = (row for some in self._sections.among(keys, last="key") for row in some.values())
        return {
            SectionKey(row["provider"], row["district"], row["key"]): section_from_json(row["record"]) for row in rows
        }

    def people(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /
    ) -> Mapping[PersonId, Person]:
        everybody = self._people.all().filter(provider=provider, district=district).order_by("key")
        wanted = [everybody] if people is None else [everybody.filter(key__in=ids) for ids in chunks(people)]
        return {PersonId(row["key"]): person_from_json(row["record"]) for some in wanted for row in some.values()}

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
            rows.upsert([{**where, "key": each.id, "record": to_json(each)} for each in records], *RECORD)

    def forget(self, provider: Provider, district: DistrictId, people: Collection[PersonId] | None = None, /) -> int:
        where = {"provider": provider, "district": district}
        if people is None:
            return sum(rows.all().filter(**where).delete()[0] for rows in (self._people, self._sections))
        some_of = (self._people.all().filter(**where, key__in=some) for some in chunks({*people}))
        return sum(some.delete()[0] for some in some_of)

    def record(self, entries: Sequence[JournalEntry], /) -> None:
        self._journal.insert([attrs.asdict(entry) | {"at": in_utc(entry.at, "at")} for entry in entries])

    def journal(self, section: HostSectionId, /) -> tuple[JournalEntry, ...]:
        fields = [field.name for field in attrs.fields(JournalEntry)]
        rows = self._journal.all().filter(section=section).order_by("pk").values(*fields)
        return tuple(JournalEntry(at=aware(row.pop("at")), **row) for row in rows)


class DjangoMemos:
    """The `MemoStore`."""

    def __init__(self, database: str) -> None:
        self._memos = Rows(models.Memo, database)

    def find(self, keys: Collection[str], /) -> Mapping[str, Memo]:
        rows = (row for some in chunks(sorted({*keys})) for row in self._memos.all().filter(pk__in=some).values())
        return {row["key"]: Memo(**row) for row in rows}

    def starting(self, prefix: str, /) -> tuple[Memo, ...]:
        # A range, not LIKE: SQLite's LIKE knows no case.
        wanted = self._memos.all().filter(key__gte=prefix, key__lt=f"{prefix}\U0010ffff").order_by("key")
        return tuple(Memo(**row) for row in wanted.values())

    def drop(self, keys: Collection[str], /) -> int:
        return sum(self._memos.all().filter(pk__in=some).delete()[0] for some in chunks({*keys}))

    def keep(self, memos: Sequence[Memo], /) -> None:
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
            self._memos.insert([{"key": memo.key, **values}])
        except IntegrityError:
            return False
        return True


# --- Rows to values ---------------------------------------------------------------------------------------------------


def _read(rows: QuerySet[Any, Any]) -> tuple[HostEnrollment, ...]:
    return tuple(map(_host_enrollment, rows.values()))


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
