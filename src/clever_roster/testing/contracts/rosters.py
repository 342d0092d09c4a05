"""The laws of `SectionStore`, `MirrorStore` and `MemoStore`; each docstring is what the port promised."""

from __future__ import annotations

import attrs

from clever_roster.errors import Overtaken, SectionNotFound, StoreError
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
    SyncMode,
)
from clever_roster.ports import JournalEntry, Memo, Store
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


def enrolled_finds_everywhere_an_account_is(store: Store) -> None:
    """Every row of an account, ended ones included, ordered by section and role; nobody else's; none for a stranger."""
    sections = [open_section(store)[0] for _ in range(2)]
    mine, other = sign_up(store, 2)
    rows = [seat(at, mine, role) for at in sections for role in EnrollmentRole]
    rows[1] = attrs.evolve(rows[1], status=EnrollmentStatus.WITHDRAWN)
    with store.transaction() as ports:
        ports.sections.save_enrollments([*rows[::-1], seat(sections[0], other)])
    with store.transaction() as ports:
        assert ports.sections.enrolled(mine) == tuple(rows)
        assert ports.sections.enrolled(AccountId("no-such-account")) == ()


def rows_are_handed_over_and_none_is_lost(store: Store) -> None:
    """Rows given to another account are its rows, as written; where it had one already that is overwritten."""
    first, teacher = open_section(store)
    second, _ = open_section(store)
    old, new = sign_up(store, 2)
    moved, met = seat(first, old), attrs.evolve(seat(second, old), since=NOW - MINUTE)
    stays = [seat(first, teacher, EnrollmentRole.TEACHER), seat(first, new, EnrollmentRole.TEACHER)]
    with store.transaction() as ports:
        ports.sections.save_enrollments([moved, met, *stays, seat(second, new)])
    with store.transaction() as ports:
        ports.sections.hand_over([], to=new)
        ports.sections.hand_over([moved, met], to=new)
    with store.transaction() as ports:
        assert ports.sections.enrolled(old) == ()
        given = {attrs.evolve(row, account=new) for row in (moved, met)}
        assert set(ports.sections.enrollments()) == {*stays, *given}


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


def how_a_section_is_synced_is_kept(store: Store) -> None:
    """Mode, pins and `gone` come back as they were saved; `owned` finds the sections of one account, archived too."""
    section, owner = open_section(store, attached_to=source())
    kept = HostSection(
        id=section,
        name="Maths",
        owner=owner,
        source=source(),
        archived=True,
        gone=True,
        mode=SyncMode.ADDITIVE,
        pins=frozenset({"name", "grade"}),
    )
    with store.transaction() as ports:
        ports.sections.save(kept)
        second = ports.sections.save(HostSection(name="By hand", owner=owner))
    other, _ = open_section(store, attached_to=source("sec2"))
    with store.transaction() as ports:
        assert ports.sections.get(section) == kept
        assert ports.sections.owned(owner) == (kept, second)
        assert other not in {row.id for row in ports.sections.owned(owner)}
        assert ports.sections.owned(AccountId("987654321")) == ()


def a_memo_is_not_overwritten_unseen(store: Store) -> None:
    """Kept over the version that was read, it has the next one; over another version Overtaken is raised."""
    first = Memo(key="run/1", text="é 🧮")
    with store.transaction() as ports:
        ports.memos.keep([first, Memo(key="run/2", text="")])
    with store.transaction() as ports:
        read = ports.memos.find(["run/1", "run/9"])
        assert read == {"run/1": attrs.evolve(first, version=1)}
        ports.memos.keep([attrs.evolve(read["run/1"], text="again")])
    refuses(Overtaken, store, lambda ports: ports.memos.keep([first]))
    refuses(Overtaken, store, lambda ports: ports.memos.keep([attrs.evolve(first, version=1)]))
    refuses(Overtaken, store, lambda ports: ports.memos.keep([Memo(key="run/9", text="never kept", version=3)]))
    with store.transaction() as ports:
        assert ports.memos.find(["run/1"])["run/1"] == Memo(key="run/1", text="again", version=2)


def memos_are_found_by_the_beginning_of_their_keys(store: Store) -> None:
    """`starting` gives the memos of a prefix in the order of keys, byte by byte; no character in it is wild."""
    keys = ["a/1", "a/10", "a/2", "A/1", "a_1", "a%1", "b/1", "a/é"]
    with store.transaction() as ports:
        ports.memos.keep([Memo(key=key, text=key) for key in keys])
    with store.transaction() as ports:
        assert [memo.key for memo in ports.memos.starting("a/")] == ["a/1", "a/10", "a/2", "a/é"]
        assert [memo.key for memo in ports.memos.starting("a_")] == ["a_1"]
        assert ports.memos.starting("c") == ()
        ports.memos.keep([])


def what_a_source_said_is_forgotten(store: Store) -> None:
    """`forget` deletes people by id, or all that a district said; other districts and the journal are left alone."""
    entry = JournalEntry(at=NOW, plan="d" * 64, actor="nightly", verb="enroll", section=HostSectionId("1"))
    for district in (DISTRICT, ELSEWHERE):
        with store.transaction() as ports:
            people = [described(number, district) for number in range(3)]
            ports.mirror.save(CLEVER, district, people=people, sections=[listed("a", 3, district)])
            ports.mirror.record([entry])
    with store.transaction() as ports:
        assert ports.mirror.forget(CLEVER, DISTRICT, [PersonId("p0"), PersonId("P1"), PersonId("p9")]) == 1
        assert ports.mirror.forget(CLEVER, DISTRICT, []) == 0
        assert set(ports.mirror.people(CLEVER, DISTRICT)) == {"p1", "p2"}
    with store.transaction() as ports:
        assert ports.mirror.forget(CLEVER, DISTRICT) == 3
        assert ports.mirror.people(CLEVER, DISTRICT) == {}
        assert set(ports.mirror.sections([source("a"), source("a", ELSEWHERE)])) == {source("a", ELSEWHERE)}
        assert len(ports.mirror.people(CLEVER, ELSEWHERE)) == 3
        assert ports.mirror.journal(HostSectionId("1")) == (entry, entry)


def dropped_memos_are_gone(store: Store) -> None:
    """`drop` deletes the memos named and no other, and says how many; one that is dropped may be kept anew."""
    with store.transaction() as ports:
        ports.memos.keep([Memo(key=key, text=key) for key in ("a", "A", "ab")])
    with store.transaction() as ports:
        assert ports.memos.drop(["a", "c"]) == 1
        assert ports.memos.drop([]) == 0
        assert [memo.key for memo in ports.memos.starting("")] == ["A", "ab"]
        ports.memos.keep([Memo(key="a", text="anew")])


LAWS: tuple[Law, ...] = (
    a_section_is_inserted_then_overwritten,
    an_unknown_section_raises,
    a_source_section_is_attached_once,
    enrollments_are_overwritten_one_by_one,
    enrollments_come_in_order,
    enrolled_finds_everywhere_an_account_is,
    rows_are_handed_over_and_none_is_lost,
    the_mirror_remembers_what_was_said_last,
    the_mirror_forgets_sections_that_are_gone,
    the_journal_keeps_its_order,
    how_a_section_is_synced_is_kept,
    a_memo_is_not_overwritten_unseen,
    memos_are_found_by_the_beginning_of_their_keys,
    what_a_source_said_is_forgotten,
    dropped_memos_are_gone,
)
