"""What every chapter plays on: a pretend Clever, a host app with its database, and how both are asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from clever_roster.clever import CleverClient
from clever_roster.cli.browser import Browser, Visits
from clever_roster.cli.host import HostApp
from clever_roster.model import (
    CLEVER,
    AccountId,
    EnrollmentStatus,
    HostEnrollment,
    HostSectionId,
    IdentityKey,
    Origin,
    PersonId,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.oauth import CleverLogin
from clever_roster.testing import District, Simulator
from clever_roster.testing.showcase import Showcase

__all__ = ["Chapter", "Fact", "Grid", "Stage"]

Fact: TypeAlias = "str | int | bool | list[str] | None"


@attrs.frozen(kw_only=True)
class Grid:
    """Rows to be shown in columns."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@attrs.frozen(kw_only=True)
class Chapter:
    """One part of the story: what it claims (`ok`, facts for machines) and what a person reads."""

    name: str
    title: str
    ok: bool
    facts: Mapping[str, Fact]
    told: tuple[str | Grid, ...]


@attrs.define(kw_only=True)
class Stage:
    """Everything that plays along.

    Attributes:
        returning: the database has lived through the story before; the district is on the day at which that ended.
    """

    simulator: Simulator
    address: str
    host: HostApp
    login: CleverLogin
    visits: Visits
    district: District
    show: Showcase
    seed: int
    now: datetime
    returning: bool = False

    @property
    def sections(self) -> tuple[SectionId, ...]:
        """The classes that the teacher chooses: two that look alike."""
        return self.show.sections[:2]

    @property
    def keys(self) -> list[SectionKey]:
        """The same, as the host knows them."""
        return [SectionKey(CLEVER, self.district.id, key) for key in self.sections]

    def browser(self) -> Browser:
        """A new browser on some computer."""
        return Browser(self.address, app=self.login.app.redirect_uri)

    def client(self, page_size: int = 1000) -> CleverClient:
        """A client with the district's own token, fetched as a host would."""
        token = self.login.fetch_district_token(self.district.id)
        return CleverClient(token, url=self.address, http=self.visits.http, page_size=page_size)

    def snapshot(self, page_size: int = 1000) -> Snapshot:
        """The chosen classes as the source has them now."""
        return self.client(page_size).fetch_snapshot(self.district.id, self.sections)

    def account_of(self, person: PersonId) -> AccountId | None:
        """The account that a person of the district has in the host."""
        key = IdentityKey(CLEVER, self.district.id, person)
        with self.host.store.transaction() as ports:
            link = ports.links.find([key]).get(key)
        return None if link is None else link.account

    def imported(self) -> dict[SectionId, HostSectionId]:
        """The host sections by source section."""
        with self.host.store.transaction() as ports:
            attached = ports.sections.attached(self.keys)
        return {key.section: section.id for key, section in attached.items() if section.id is not None}

    def rows(self) -> tuple[HostEnrollment, ...]:
        """Everybody who is, or was, in the imported sections."""
        ids = [*self.imported().values()]
        with self.host.store.transaction() as ports:
            return ports.sections.enrollments(ids) if ids else ()

    def matches_source(self) -> bool:
        """Whether who the roster put into the host's classes is who the district lists, and nobody else."""
        names = {host: key for key, host in self.imported().items()}
        here = {
            (names[row.section], row.person, row.role.value)
            for row in self.rows()
            if row.status is EnrollmentStatus.ACTIVE and row.origin is not Origin.MANUAL
        }
        lists = [self.district.sections[key] for key in self.sections]
        there = {(s.id, person, "student") for s in lists for person in s.students}
        return here == there | {(s.id, person, "teacher") for s in lists for person in s.teachers}
