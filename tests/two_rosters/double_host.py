"""A host with two rosters for tests: its sections and accounts, and a table of progress keyed by account."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

import attrs

from clever_roster import crossing, roster
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    ONEROSTER,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    NewAccount,
    Person,
    PersonId,
    PersonName,
    Proof,
    Provider,
    Role,
    Section,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import Ports, Store
from clever_roster.roster import Approval, Attachment, Plan, Report
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District

__all__ = ["NOW", "ONEROSTER", "PROVEN", "TwoRosters", "as_listed", "reaches"]

NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
PROVEN = Proof()


class TwoRosters:
    """A host: people sign in with any of two rosters, a teacher imports classes, and work is kept by account."""

    def __init__(self, tenant: Collection[crossing.Roster], store: Store | None = None) -> None:
        self.store = store or MemoryStore()
        self.tenant = frozenset(tenant)
        self.progress: dict[AccountId, int] = {}

    def account(self, name: PersonName, *identities: IdentityKey, email: str | None = None) -> AccountId:
        with self.store.transaction() as ports:
            (own,) = ports.accounts.create([NewAccount(name=name, email=email)])
            ports.links.add([Link(key=key, account=own, linked_at=NOW) for key in identities])
        return own

    def connect(self, account: AccountId, key: IdentityKey) -> None:
        with self.store.transaction() as ports:
            ports.links.add([Link(key=key, account=account, linked_at=NOW)])

    def of(self, key: IdentityKey) -> AccountId:
        """Whom this identity signs in."""
        with self.store.transaction() as ports:
            return ports.links.find([key])[key].account

    # --- What a teacher does --------------------------------------------------------------------------------------

    def choose(self, snapshot: Snapshot, section: SectionId, owner: AccountId) -> Plan:
        """Choose a section in the picker: a plan, with whatever speaks against it."""
        with self.store.transaction() as ports:
            plan = roster.plan(ports, snapshot, attach={section: Attachment(owner=owner)}, actor=owner)
            return crossing.guard(ports, plan, tenant=self.tenant)

    def apply(self, plan: Plan, *, against: bool = False) -> Report:
        approval = Approval(digest=plan.digest, by=AccountId("teacher"), why="I want both") if against else None
        with self.store.transaction() as ports:
            return roster.apply(ports, plan, actor="teacher", now=NOW, approval=approval)

    def sync(self, snapshot: Snapshot) -> Report:
        with self.store.transaction() as ports:
            return roster.apply(ports, roster.plan(ports, snapshot), actor="night", now=NOW)

    def migration(
        self,
        section: HostSectionId,
        snapshot: Snapshot,
        to: SectionId,
        actor: AccountId | None = None,
        *,
        same: Collection[tuple[str, str]] = (),
        apart: Collection[tuple[str, str]] = (),
    ) -> crossing.Migration:
        with self.store.transaction() as ports:
            return crossing.migrate(
                ports, section, snapshot, to, tenant=self.tenant, actor=actor, same=same, apart=apart
            )

    def move(self, migration: crossing.Migration, *, approved: bool = False) -> crossing.Moved | crossing.Held:
        approval = Approval(digest=migration.digest, by=AccountId("teacher"), why="I looked") if approved else None
        with self.store.transaction() as ports:
            return crossing.apply_migration(ports, migration, actor="teacher", now=NOW, approval=approval)

    def moved(
        self, section: HostSectionId, snapshot: Snapshot, to: SectionId, right: Callable[[crossing.Query], bool]
    ) -> crossing.Moved:
        """Move a section, with every question answered by somebody who knows."""
        plan = self.migration(section, snapshot, to)
        same = [query.pair for query in plan.queries if right(query)]
        apart = [query.pair for query in plan.queries if not right(query)]
        outcome = self.move(self.migration(section, snapshot, to, same=same, apart=apart), approved=True)
        assert isinstance(outcome, crossing.Moved), outcome
        return outcome

    def undo(self, migration: crossing.Migration) -> crossing.MoveUndone:
        with self.store.transaction() as ports:
            return crossing.undo_migration(ports, migration.digest, actor="teacher", now=NOW)

    # --- What is there --------------------------------------------------------------------------------------------

    def work(self, section: HostSectionId) -> None:
        """Everybody in a class learns something."""
        for number, row in enumerate(self.rows(section).values(), start=1):
            self.progress[row.account] = self.progress.get(row.account, 0) + number

    def section(self, section: HostSectionId) -> HostSection:
        with self.store.transaction() as ports:
            return ports.sections.get(section)

    def attached(self, key: SectionKey) -> HostSection:
        with self.store.transaction() as ports:
            return ports.sections.attached([key])[key]

    def rows(self, section: HostSectionId) -> dict[tuple[AccountId, EnrollmentRole], HostEnrollment]:
        with self.store.transaction() as ports:
            return {(row.account, row.role): row for row in ports.sections.enrollments([section])}

    def inside(self, section: HostSectionId) -> set[tuple[AccountId, EnrollmentRole]]:
        """Who is in class today."""
        return {key for key, row in self.rows(section).items() if row.status is EnrollmentStatus.ACTIVE}

    def accounts(self) -> int:
        with self.store.transaction() as ports:
            return sum(one.active for one in ports.accounts.all())

    def everything(self) -> object:
        """All that is kept of sections, rows, accounts and links; not what the journal and the memos remember."""
        with self.store.transaction() as ports:
            rows = [attrs.evolve(row, changed_at=NOW) for row in ports.sections.enrollments()]
            owners = sorted({one.id for one in ports.accounts.all()})
            sections = [section for owner in owners for section in ports.sections.owned(owner)]
            return sections, rows, owners, tuple(ports.links.all())


def reaches(ports: Ports, keys: Iterable[IdentityKey]) -> Mapping[IdentityKey, AccountId]:
    """Where these identities lead."""
    return {key: link.account for key, link in ports.links.find([*keys]).items()}


# --- Rosters ----------------------------------------------------------------------------------------------------------


def as_listed(
    district: District,
    sections: Collection[SectionId],
    *,
    provider: Provider = CLEVER,
    under: DistrictId | None = None,
    mark: str = "",
    spelt: Callable[[Person], Person] = lambda person: person,
    without: Collection[PersonId] = (),
) -> Snapshot:
    """Sections of a sample district as a provider lists them: under ids of its own, and people as it spells them."""
    own = under or district.id
    full = provider != GOOGLE_CLASSROOM

    def renamed(ids: Iterable[PersonId]) -> tuple[PersonId, ...]:
        return tuple(PersonId(f"{mark}{one}") for one in ids if one not in without)

    listed = [district.sections[key] for key in sections]
    named = {one for section in listed for one in (*section.teachers, *section.students)} - {*without}
    people = [
        spelt(
            Person(
                id=PersonId(f"{mark}{one.id}"),
                district=own,
                name=PersonName(one.first, one.last),
                roles=one.roles & {Role.TEACHER, Role.STUDENT, Role.STAFF},
                email=one.email or None,
                birth_date=one.birth_date if full else None,
                grade=one.grade or None if full else None,
                sis_id=one.sis_ids.get(Role.STUDENT) if full else None,
            )
        )
        for one in (district.people[key] for key in sorted(named))
    ]
    return Snapshot.of(
        provider=provider,
        district=own,
        taken_at=NOW,
        people=people,
        sections=[
            Section(
                id=SectionId(f"{mark}{one.id}"),
                district=own,
                name=one.name,
                period=one.period or None,
                teachers=renamed(one.teachers),
                students=tuple(sorted(renamed(one.students))),
            )
            for one in listed
        ],
        proof=PROVEN,
    )
