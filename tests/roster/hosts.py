"""A host for tests: one teacher, and the few moves that many tests share."""

from __future__ import annotations

import attrs
from rosters import DISTRICT, NOW, SECTIONS

from clever_roster import roster
from clever_roster.model import (
    CLEVER,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    IdentityKey,
    Link,
    NewAccount,
    PersonId,
    PersonName,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import Ports, Store
from clever_roster.roster import Approval, Attachment, Limits, Plan, Report
from clever_roster.storage.memory import MemoryStore


class Host:
    """A host with one teacher, `t0`, who has logged in."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or MemoryStore()
        self.teacher = self.account("Tess", person="t0")

    def account(self, name: str, *, person: str | None = None) -> AccountId:
        with self.store.transaction() as ports:
            (account,) = ports.accounts.create([NewAccount(name=PersonName(name, "Own"))])
            if person is not None:
                key = IdentityKey(CLEVER, DISTRICT, PersonId(person))
                ports.links.add([Link(key=key, account=account, linked_at=NOW)])
        return account

    def plan(
        self,
        snap: Snapshot,
        *,
        actor: AccountId | None = None,
        attach: bool = True,
        limits: Limits | None = None,
        whole: bool = False,
    ) -> Plan:
        """The plan; `whole` makes it from every row, as a check of the one that is made from fewer."""
        wishes = {key: Attachment(owner=self.teacher) for key in snap.sections} if attach else {}
        numbers = limits or Limits()
        with self.store.transaction() as ports:
            if not whole:
                return roster.plan(ports, snap, attach=wishes, actor=actor, limits=numbers)
            host = roster.survey(ports, snap, attach=wishes, actor=actor, whole=True)
            drafted = roster.make_plan(host, snap, attach=wishes, actor=actor, limits=numbers)
            return roster.guard(drafted, host, numbers)

    @staticmethod
    def keys() -> list[SectionKey]:
        return [SectionKey(CLEVER, DISTRICT, key) for key in SECTIONS]

    def apply(self, plan: Plan, approval: Approval | None = None) -> Report:
        with self.store.transaction() as ports:
            return roster.apply(ports, plan, actor="test", now=NOW, approval=approval)

    def sync(self, snap: Snapshot, *, limits: Limits | None = None) -> Report:
        return self.apply(self.plan(snap, limits=limits))

    def section(self, key: str = "c0") -> HostSection:
        source = SectionKey(CLEVER, DISTRICT, SectionId(key))
        with self.store.transaction() as ports:
            return ports.sections.attached([source])[source]

    def change(self, key: str = "c0", **facts: object) -> HostSection:
        """What a teacher, or the host, does to a section itself."""
        with self.store.transaction() as ports:
            return ports.sections.save([attrs.evolve(self.section_in(ports, key), **facts)])[0]

    @staticmethod
    def section_in(ports: Ports, key: str) -> HostSection:
        source = SectionKey(CLEVER, DISTRICT, SectionId(key))
        return ports.sections.attached([source])[source]

    def everything(self) -> object:
        """All that is kept and that a sync may write, but for what it remembers of itself."""
        with self.store.transaction() as ports:
            keys = [SectionKey(CLEVER, DISTRICT, key) for key in SECTIONS]
            return (
                ports.sections.enrollments(),
                dict(ports.sections.attached(keys)),
                tuple(ports.accounts.all()),
                tuple(ports.links.all()),
                dict(ports.roster.sections(keys)),
                dict(ports.roster.people(CLEVER, DISTRICT)),
            )

    def approved(self, plan: Plan) -> Report:
        return self.apply(plan, Approval(digest=plan.digest, by=self.teacher, why="it is true"))

    def rows(self, key: str = "c0") -> dict[AccountId, HostEnrollment]:
        with self.store.transaction() as ports:
            section_key = SectionKey(CLEVER, DISTRICT, SECTIONS[int(key[1])])
            host = ports.sections.attached([section_key])[section_key]
            assert host.id is not None
            return {r.account: r for r in ports.sections.enrollments([host.id]) if r.role is EnrollmentRole.STUDENT}

    def who(self, person: str) -> AccountId:
        key = IdentityKey(CLEVER, DISTRICT, PersonId(person))
        with self.store.transaction() as ports:
            return ports.links.find([key])[key].account

    @staticmethod
    def who_in(ports: Ports, person: str) -> AccountId:
        key = IdentityKey(CLEVER, DISTRICT, PersonId(person))
        return ports.links.find([key])[key].account

    @staticmethod
    def account_in(ports: Ports) -> AccountId:
        """Somebody whom the source does not know."""
        (account,) = ports.accounts.create([NewAccount(name=PersonName("No", "Body"))])
        return account

    def added_by_hand(self, account: AccountId) -> None:
        key = SectionKey(CLEVER, DISTRICT, SECTIONS[0])
        with self.store.transaction() as ports:
            own = ports.sections.attached([key])[key].id
            assert own is not None
            roster.add_by_hand(ports, own, account, actor="teacher", now=NOW)

    def removed_by_hand(self, account: AccountId) -> None:
        own = self.rows()[account].section
        with self.store.transaction() as ports:
            roster.remove_by_hand(ports, own, account, actor="teacher", now=NOW)

    def active(self) -> set[tuple[str, str, str]]:
        """Who is active in which section, in the source's words."""
        with self.store.transaction() as ports:
            keys = [SectionKey(CLEVER, DISTRICT, key) for key in SECTIONS]
            attached = ports.sections.attached(keys)
            names = {host.id: key.section for key, host in attached.items() if not host.archived}
            rows = ports.sections.enrollments()
            return {
                (names[row.section], row.person or "", row.role)
                for row in rows
                if row.status is EnrollmentStatus.ACTIVE and row.section in names
            }


def listed(snap: Snapshot) -> set[tuple[str, str, str]]:
    return {(one.section, one.person, one.role) for s in snap.sections.values() for one in s.enrollments()}
