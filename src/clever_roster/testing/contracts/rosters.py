"""The laws of `SectionStore` and `RosterStore`; each docstring is what the port promised."""

from __future__ import annotations

from datetime import date

import attrs

from clever_roster.errors import Overtaken, SectionNotFound, StoreError
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostSection,
    HostSectionId,
    Origin,
    Person,
    PersonId,
    PersonName,
    SectionId,
    SyncMode,
)
from clever_roster.ports import JournalEntry, Memo, Roll, Store, rolls_of
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
        assert ports.sections.save([changed])[0] == changed
        again = ports.sections.save([HostSection(name="Maths 🧮", owner=owner)])[0]
    with store.transaction() as ports:
        assert ports.sections.get(section) == changed
    assert again.id not in (None, section)


def an_unknown_section_raises(store: Store) -> None:
    """`get`, and `save` with an id that does not exist, raise SectionNotFound."""
    _, owner = open_section(store)

    def refused(unknown: HostSectionId) -> None:
        refuses(SectionNotFound, store, lambda ports: ports.sections.get(unknown))
        refuses(
            SectionNotFound,
            store,
            lambda ports: ports.sections.save([HostSection(id=unknown, name="Lost", owner=owner)]),
        )

    refused(HostSectionId("987654321"))
    refused(HostSectionId("no-such-section"))


def a_source_section_is_attached_once(store: Store) -> None:
    """A second host section of the same source raises StoreError; archived ones count; districts are apart."""
    section, owner = open_section(store, attached_to=source())
    second = HostSection(name="Again", owner=owner, source=source())
    with store.transaction() as ports:
        ports.sections.save([HostSection(id=section, name="Old", owner=owner, source=source(), archived=True)])
        by_hand = ports.sections.save([HostSection(name="By hand", owner=owner)])[0]
        ports.sections.save([HostSection(name="By hand", owner=owner)])
    refuses(StoreError, store, lambda ports: ports.sections.save([second]))
    refuses(StoreError, store, lambda ports: ports.sections.save([attrs.evolve(by_hand, source=source())]))
    with store.transaction() as ports:
        elsewhere = ports.sections.save([attrs.evolve(second, source=source(district=ELSEWHERE))])[0]
        found = ports.sections.attached([source(), source("SEC1"), source(district=ELSEWHERE)])
        assert {key: row.id for key, row in found.items()} == {
            source(): section,
            source(district=ELSEWHERE): elsewhere.id,
        }


def a_district_tells_its_sections(store: Store) -> None:
    """`attached_in` tells those of one provider and one district: the archived, and those in which nobody is yet."""
    _, owner = open_section(store)
    elsewhere = source(district=ELSEWHERE)
    of_another = attrs.evolve(source(), provider=GOOGLE_CLASSROOM)
    keys = [source("one"), source("two"), elsewhere, of_another]
    with store.transaction() as ports:
        assert ports.sections.attached_in(CLEVER, DISTRICT) == {}
        saved = ports.sections.save([HostSection(name=key.section, owner=owner, source=key) for key in keys])
        put_away = attrs.evolve(saved[1], archived=True)
        ports.sections.save([put_away, HostSection(name="By hand", owner=owner)])
    with store.transaction() as ports:
        assert ports.sections.attached_in(CLEVER, DISTRICT) == {keys[0]: saved[0], keys[1]: put_away}
        assert ports.sections.attached_in(CLEVER, ELSEWHERE) == {elsewhere: saved[2]}
        assert ports.sections.attached_in(GOOGLE_CLASSROOM, DISTRICT) == {of_another: saved[3]}


def sections_come_back_in_the_order_given(store: Store) -> None:
    """Many are saved in one call, new and old among each other; each comes back with its own id."""
    section, owner = open_section(store)
    old = HostSection(id=section, name="old", owner=owner, source=source("old"))
    given = [HostSection(name=f"{number:02}", owner=owner, source=source(f"s{number:02}")) for number in range(50)]
    given.insert(20, old)
    with store.transaction() as ports:
        assert ports.sections.save([]) == ()
        saved = ports.sections.save(given)
    assert [attrs.evolve(each, id=None) for each in saved] == [attrs.evolve(each, id=None) for each in given]
    assert len({each.id for each in saved} - {None}) == len(given)
    with store.transaction() as ports:
        assert tuple(ports.sections.get(each.id or section) for each in saved) == saved
        assert set(ports.sections.owned(owner)) == set(saved)


def many_sections_are_saved_or_none(store: Store) -> None:
    """One refused section refuses its whole call: its source is asked for twice, or let go only in the same call."""
    section, owner = open_section(store, attached_to=source())
    first, second = (HostSection(name=name, owner=owner, source=source("new")) for name in "ab")
    freed = HostSection(id=section, name="Freed", owner=owner)
    for refused in ([first, second], [freed, attrs.evolve(first, source=source())]):
        refuses(StoreError, store, lambda ports, refused=refused: ports.sections.save(refused))  # type: ignore[misc]
    lost = attrs.evolve(second, id=HostSectionId("987654321"), source=None)
    refuses(SectionNotFound, store, lambda ports: ports.sections.save([first, lost]))
    with store.transaction() as ports:
        assert [each.name for each in ports.sections.owned(owner)] == ["Maths 🧮"]
        twice = [HostSection(id=section, name=name, owner=owner, source=source()) for name in ("once", "twice")]
        assert ports.sections.save(twice) == tuple(twice)
        assert ports.sections.get(section) == twice[1]


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
        ports.roster.save(
            CLEVER, DISTRICT, people=[described(1), described(2), bare], sections=[listed("a", 3), listed("b", 0)]
        )
    with store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=[attrs.evolve(described(1), grade="1")], sections=[listed("a", 2)])
    with store.transaction() as ports:
        assert ports.roster.sections([source("a"), source("b"), source("c")]) == {
            source("a"): listed("a", 2),
            source("b"): listed("b", 0),
        }
        people = {PersonId("p1"): attrs.evolve(described(1), grade="1"), PersonId("p2"): described(2), bare.id: bare}
        assert ports.roster.people(CLEVER, DISTRICT) == people
        assert ports.roster.people(CLEVER, DISTRICT, [PersonId("p2"), PersonId("P1")]) == {PersonId("p2"): described(2)}
        assert ports.roster.people(CLEVER, DISTRICT, []) == {}


def the_mirror_forgets_sections_that_are_gone(store: Store) -> None:
    """`gone` removes those sections of that district only, and no person."""
    for district in (DISTRICT, ELSEWHERE):
        with store.transaction() as ports:
            sections = [listed("a", 1, district), listed("b", 1, district)]
            ports.roster.save(CLEVER, district, people=[described(0, district)], sections=sections)
    with store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=[], sections=[], gone=[SectionId("a"), SectionId("never was")])
    with store.transaction() as ports:
        keys = [source(section, district) for section in "ab" for district in (DISTRICT, ELSEWHERE)]
        assert set(ports.roster.sections(keys)) == {source("b"), source("a", ELSEWHERE), source("b", ELSEWHERE)}
        assert ports.roster.people(CLEVER, DISTRICT) == {PersonId("p0"): described(0)}
        assert ports.roster.people(CLEVER, ELSEWHERE) == {PersonId("p0"): described(0, ELSEWHERE)}


def the_journal_keeps_its_order(store: Store) -> None:
    """Entries of a section come oldest first, equal times in the order recorded; other sections' are left out."""
    entries = [
        JournalEntry(at=NOW, plan="d" * 64, actor="nightly 🌙", verb=verb, section=HostSectionId("1"), account=account)
        for verb, account in (("enroll", AccountId("7")), ("withdraw", AccountId("7")), ("archive", None))
    ]
    with store.transaction() as ports:
        ports.roster.record(entries[:2])
        ports.roster.record([attrs.evolve(entries[0], section=HostSectionId("11"))])
    with store.transaction() as ports:
        ports.roster.record(entries[2:])
        ports.roster.record([])
    with store.transaction() as ports:
        assert ports.roster.journal(HostSectionId("1")) == tuple(entries)
        assert ports.roster.journal(HostSectionId("111")) == ()


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
        ports.sections.save([kept])
        second = ports.sections.save([HostSection(name="By hand", owner=owner)])[0]
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
        ports.roster.keep_memos([first, Memo(key="run/2", text="")])
    with store.transaction() as ports:
        read = ports.roster.memos(["run/1", "run/9"])
        assert read == {"run/1": attrs.evolve(first, version=1)}
        ports.roster.keep_memos([attrs.evolve(read["run/1"], text="again")])
    refuses(Overtaken, store, lambda ports: ports.roster.keep_memos([first]))
    refuses(Overtaken, store, lambda ports: ports.roster.keep_memos([attrs.evolve(first, version=1)]))
    refuses(Overtaken, store, lambda ports: ports.roster.keep_memos([Memo(key="run/9", text="never kept", version=3)]))
    with store.transaction() as ports:
        assert ports.roster.memos(["run/1"])["run/1"] == Memo(key="run/1", text="again", version=2)


def memos_are_found_by_the_beginning_of_their_keys(store: Store) -> None:
    """`starting` gives the memos of a prefix in the order of keys, byte by byte; no character in it is wild."""
    keys = ["a/1", "a/10", "a/2", "A/1", "a_1", "a%1", "b/1", "a/é"]
    with store.transaction() as ports:
        ports.roster.keep_memos([Memo(key=key, text=key) for key in keys])
    with store.transaction() as ports:
        assert [memo.key for memo in ports.roster.memos_starting("a/")] == ["a/1", "a/10", "a/2", "a/é"]
        assert [memo.key for memo in ports.roster.memos_starting("a_")] == ["a_1"]
        assert ports.roster.memos_starting("c") == ()
        ports.roster.keep_memos([])


def what_a_source_said_is_forgotten(store: Store) -> None:
    """`forget` deletes people by id, or all that a district said; other districts and the journal are left alone."""
    entry = JournalEntry(at=NOW, plan="d" * 64, actor="nightly", verb="enroll", section=HostSectionId("1"))
    for district in (DISTRICT, ELSEWHERE):
        with store.transaction() as ports:
            people = [described(number, district) for number in range(3)]
            ports.roster.save(CLEVER, district, people=people, sections=[listed("a", 3, district)])
            ports.roster.record([entry])
    with store.transaction() as ports:
        assert ports.roster.forget(CLEVER, DISTRICT, [PersonId("p0"), PersonId("P1"), PersonId("p9")]) == 1
        assert ports.roster.forget(CLEVER, DISTRICT, []) == 0
        assert set(ports.roster.people(CLEVER, DISTRICT)) == {"p1", "p2"}
    with store.transaction() as ports:
        assert ports.roster.forget(CLEVER, DISTRICT) == 3
        assert ports.roster.people(CLEVER, DISTRICT) == {}
        assert set(ports.roster.sections([source("a"), source("a", ELSEWHERE)])) == {source("a", ELSEWHERE)}
        assert len(ports.roster.people(CLEVER, ELSEWHERE)) == 3
        assert ports.roster.journal(HostSectionId("1")) == (entry, entry)


def dropped_memos_are_gone(store: Store) -> None:
    """`drop` deletes the memos named and no other, and says how many; one that is dropped may be kept anew."""
    with store.transaction() as ports:
        ports.roster.keep_memos([Memo(key=key, text=key) for key in ("a", "A", "ab")])
    with store.transaction() as ports:
        assert ports.roster.drop_memos(["a", "c"]) == 1
        assert ports.roster.drop_memos([]) == 0
        assert [memo.key for memo in ports.roster.memos_starting("")] == ["A", "ab"]
        ports.roster.keep_memos([Memo(key="a", text="anew")])


def a_roll_tells_the_rows_in_brief(store: Store) -> None:
    """`rolls` tells of each section who is there, who was, and what a hand did; in the order of rows."""
    section, teacher = open_section(store)
    other, _ = open_section(store)
    empty, _ = open_section(store)
    one, two, three, four = sign_up(store, 4)
    left = attrs.evolve(seat(section, two), status=EnrollmentStatus.WITHDRAWN, changed_at=NOW + MINUTE)
    by_hand = attrs.evolve(seat(section, three), origin=Origin.MANUAL, person=None)
    removed = attrs.evolve(seat(section, four), status=EnrollmentStatus.REMOVED_BY_HAND)
    both = attrs.evolve(seat(other, one), origin=Origin.BOTH)
    nobody = attrs.evolve(seat(section, teacher, EnrollmentRole.TEACHER), person=None)
    with store.transaction() as ports:
        ports.sections.save_enrollments([nobody, seat(section, one), left, by_hand, removed, both])
    with store.transaction() as ports:
        rolls = ports.sections.rolls([section, other, empty, HostSectionId("987654321"), HostSectionId("none")])
        assert rolls.keys() == {section, other}
        lines = {
            f"student\t{seat(section, one).person}\t{one}",
            f"student\t{left.person}\t{two}\tsource\twithdrawn",
            f"student\t\t{three}\tmanual\tactive",
            f"student\t{removed.person}\t{four}\tsource\tremoved_by_hand",
            f"teacher\t\t{teacher}",
        }
        assert {*rolls[section].lines.split("\n")} == lines
        assert (rolls[section].rows, rolls[section].others, rolls[section].latest) == (5, 3, NOW + MINUTE)
        line = f"student\t{both.person}\t{one}\tboth\tactive"
        assert rolls[other] == Roll(lines=line, rows=1, others=1, latest=both.changed_at)
        assert rolls == rolls_of(ports.sections.enrollments([section, other]))
        assert ports.sections.rolls([]) == {}


def enrollments_are_found_by_account(store: Store) -> None:
    """`enrollments(..., of=accounts)` leaves out everybody else's rows; the order is the same."""
    sections = [open_section(store)[0] for _ in range(2)]
    one, two, three = sign_up(store, 3)
    rows = [seat(at, who) for at in sections for who in (one, two, three)]
    with store.transaction() as ports:
        ports.sections.save_enrollments(rows)
    with store.transaction() as ports:
        theirs = tuple(row for row in ports.sections.enrollments(sections) if row.account in {one, three})
        assert {*theirs} == {rows[0], rows[2], rows[3], rows[5]}
        assert ports.sections.enrollments(sections, of=[three, one, AccountId("no-such-account")]) == theirs
        assert ports.sections.enrollments([sections[0]], of=[two]) == (rows[1],)
        assert ports.sections.enrollments(sections, of=[]) == ()


def digests_tell_what_was_said(store: Store) -> None:
    """`digests` of what the source said last: of every fact, of this district only; the unknown are missing."""
    people = [attrs.evolve(described(1), birth_date=date(2015, 2, 3)), attrs.evolve(described(2), email="")]
    with store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=people, sections=[listed("a", 3), listed("b", 0)])
        ports.roster.save(CLEVER, ELSEWHERE, people=[described(3, ELSEWHERE)], sections=[listed("c", 1, ELSEWHERE)])
    with store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=[attrs.evolve(people[0], email=None)], sections=[listed("a", 2)])
    with store.transaction() as ports:
        asked = [PersonId(one) for one in ("p1", "p2", "p3", "P1")]
        sections = [SectionId(one) for one in "abc"]
        of_people, of_sections = ports.roster.digests(CLEVER, DISTRICT, people=asked, sections=sections)
        kept = ports.roster.people(CLEVER, DISTRICT, asked)
        assert of_people == {person: record.digest for person, record in kept.items()}
        assert of_people.keys() == {"p1", "p2"}
        assert of_people[PersonId("p1")] != people[0].digest
        assert of_sections == {one: listed(one, size).digest for one, size in (("a", 2), ("b", 0))}
        assert ports.roster.sections_in(CLEVER, DISTRICT) == {"a", "b"}
        assert ports.roster.sections_in(CLEVER, ELSEWHERE) == {"c"}
        assert ports.roster.digests(CLEVER, DISTRICT) == ({}, {})


LAWS: tuple[Law, ...] = (
    a_section_is_inserted_then_overwritten,
    an_unknown_section_raises,
    a_source_section_is_attached_once,
    a_district_tells_its_sections,
    sections_come_back_in_the_order_given,
    many_sections_are_saved_or_none,
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
    a_roll_tells_the_rows_in_brief,
    enrollments_are_found_by_account,
    digests_tell_what_was_said,
)
