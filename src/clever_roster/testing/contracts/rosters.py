"""The laws of `SectionStore` and `MirrorStore`; each docstring is what the port promised."""

from __future__ import annotations

import attrs

from clever_roster.errors import SectionNotFound, StoreError
from clever_roster.model import (
    CLEVER,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostSection,
    HostSectionId,
    Person,
    PersonId,
    PersonName,
    SectionId,
)
from clever_roster.ports import JournalEntry, Store
from clever_roster.testing.contracts.samples import (
    DISTRICT,
    ELSEWHERE,
    MINUTE,
    NOW,
    Law,
    described,
    listed,
    open_section,
    refuses,
    seat,
    sign_up,
    source,
)

__all__ = ["LAWS"]


# --- What changed in class --------------------------------------------------------------------------------------------


def a_section_is_inserted_then_overwritten(store: Store) -> None:
    """Without an id a section is new; with one it is overwritten whole."""
    section, owner = open_section(store, attached_to=source())
    with store.transaction() as ports:
        assert ports.sections.get(section) == HostSection(id=section, name="Maths 🧮", owner=owner, source=source())
        changed = HostSection(id=section, name="Mathe\u0301", owner=owner, source=None, archived=True)
        assert ports.sections.save(changed) == changed
        again = ports.sections.save(HostSection(name="Maths 🧮", owner=owner))
    with store.transaction() as ports:
        assert ports.sections.get(section) == changed
    assert again.id not in (None, section)


def an_unknown_section_raises(store: Store) -> None:
    """`get`, and `save` with an id that does not exist, raise SectionNotFound."""
    _, owner = open_section(store)

    def refused(unknown: HostSectionId) -> None:
        refuses(SectionNotFound, store, lambda ports: ports.sections.get(unknown))
        refuses(
            SectionNotFound, store, lambda ports: ports.sections.save(HostSection(id=unknown, name="Lost", owner=owner))
        )

    refused(HostSectionId("987654321"))
    refused(HostSectionId("no-such-section"))


def a_source_section_is_attached_once(store: Store) -> None:
    """A second host section of the same source raises StoreError; archived ones count; districts are apart."""
    section, owner = open_section(store, attached_to=source())
    second = HostSection(name="Again", owner=owner, source=source())
    with store.transaction() as ports:
        ports.sections.save(HostSection(id=section, name="Old", owner=owner, source=source(), archived=True))
        by_hand = ports.sections.save(HostSection(name="By hand", owner=owner))
        ports.sections.save(HostSection(name="By hand", owner=owner))
    refuses(StoreError, store, lambda ports: ports.sections.save(second))
    refuses(StoreError, store, lambda ports: ports.sections.save(attrs.evolve(by_hand, source=source())))
    with store.transaction() as ports:
        elsewhere = ports.sections.save(attrs.evolve(second, source=source(district=ELSEWHERE)))
        found = ports.sections.attached([source(), source("SEC1"), source(district=ELSEWHERE)])
        assert {key: row.id for key, row in found.items()} == {
            source(): section,
            source(district=ELSEWHERE): elsewhere.id,
        }


def enrollments_are_overwritten_one_by_one(store: Store) -> None:
    """The row of the same section, account and role is overwritten; rows that are not named stay as they were."""
    section, teacher = open_section(store)
    one, two = sign_up(store, 2)
    rows = [seat(section, teacher, EnrollmentRole.TEACHER), seat(section, one), seat(section, two)]
    left = attrs.evolve(rows[1], status=EnrollmentStatus.WITHDRAWN, changed_at=NOW + MINUTE, person=None)
    also_teaches = seat(section, two, EnrollmentRole.TEACHER)
    with store.transaction() as ports:
        ports.sections.save_enrollments(rows)
        ports.sections.save_enrollments([])
    with store.transaction() as ports:
        ports.sections.save_enrollments([left, also_teaches])
        assert set(ports.sections.enrollments([section])) == {rows[0], left, rows[2], also_teaches}


def enrollments_come_in_order(store: Store) -> None:
    """Ordered by section, role and account, for the sections asked for or for all."""
    sections = [open_section(store)[0] for _ in range(2)]
    sign_up(store, 12)
    with store.transaction() as ports:
        accounts = [account.id for account in ports.accounts.all()]
        rows = [seat(at, who, role) for at in sections for role in EnrollmentRole for who in accounts]
        ports.sections.save_enrollments(rows[::-1])
    with store.transaction() as ports:
        for section in sections:
            assert ports.sections.enrollments([section]) == tuple(row for row in rows if row.section == section)
        assert set(ports.sections.enrollments()) == set(rows)
        assert ports.sections.enrollments(sections) == ports.sections.enrollments()
        assert ports.sections.enrollments([]) == ()


def the_mirror_remembers_what_was_said_last(store: Store) -> None:
    """Sections and people come back field by field; saving again overwrites; an absent one is left alone."""
    bare = Person(id=PersonId("p9"), district=DISTRICT, name=PersonName("", ""))
    with store.transaction() as ports:
        ports.mirror.save(
            CLEVER, DISTRICT, people=[described(1), described(2), bare], sections=[listed("a", 3), listed("b", 0)]
        )
    with store.transaction() as ports:
        ports.mirror.save(CLEVER, DISTRICT, people=[attrs.evolve(described(1), grade="1")], sections=[listed("a", 2)])
    with store.transaction() as ports:
        assert ports.mirror.sections([source("a"), source("b"), source("c")]) == {
            source("a"): listed("a", 2),
            source("b"): listed("b", 0),
        }
        people = {PersonId("p1"): attrs.evolve(described(1), grade="1"), PersonId("p2"): described(2), bare.id: bare}
        assert ports.mirror.people(CLEVER, DISTRICT) == people
        assert ports.mirror.people(CLEVER, DISTRICT, [PersonId("p2"), PersonId("P1")]) == {PersonId("p2"): described(2)}
        assert ports.mirror.people(CLEVER, DISTRICT, []) == {}


def the_mirror_forgets_sections_that_are_gone(store: Store) -> None:
    """`gone` removes those sections of that district only, and no person."""
    for district in (DISTRICT, ELSEWHERE):
        with store.transaction() as ports:
            sections = [listed("a", 1, district), listed("b", 1, district)]
            ports.mirror.save(CLEVER, district, people=[described(0, district)], sections=sections)
    with store.transaction() as ports:
        ports.mirror.save(CLEVER, DISTRICT, people=[], sections=[], gone=[SectionId("a"), SectionId("never was")])
    with store.transaction() as ports:
        keys = [source(section, district) for section in "ab" for district in (DISTRICT, ELSEWHERE)]
        assert set(ports.mirror.sections(keys)) == {source("b"), source("a", ELSEWHERE), source("b", ELSEWHERE)}
        assert ports.mirror.people(CLEVER, DISTRICT) == {PersonId("p0"): described(0)}
        assert ports.mirror.people(CLEVER, ELSEWHERE) == {PersonId("p0"): described(0, ELSEWHERE)}


def the_journal_keeps_its_order(store: Store) -> None:
    """Entries of a section come oldest first, equal times in the order recorded; other sections' are left out."""
    entries = [
        JournalEntry(at=NOW, plan="d" * 64, actor="nightly 🌙", verb=verb, section=HostSectionId("1"), account=account)
        for verb, account in (("enroll", AccountId("7")), ("withdraw", AccountId("7")), ("archive", None))
    ]
    with store.transaction() as ports:
        ports.mirror.record(entries[:2])
        ports.mirror.record([attrs.evolve(entries[0], section=HostSectionId("11"))])
    with store.transaction() as ports:
        ports.mirror.record(entries[2:])
        ports.mirror.record([])
    with store.transaction() as ports:
        assert ports.mirror.journal(HostSectionId("1")) == tuple(entries)
        assert ports.mirror.journal(HostSectionId("111")) == ()


LAWS: tuple[Law, ...] = (
    a_section_is_inserted_then_overwritten,
    an_unknown_section_raises,
    a_source_section_is_attached_once,
    enrollments_are_overwritten_one_by_one,
    enrollments_come_in_order,
    the_mirror_remembers_what_was_said_last,
    the_mirror_forgets_sections_that_are_gone,
    the_journal_keeps_its_order,
)
