"""The hard cases about people: who is who, who came back, who is somebody else. Numbers: the list of cases."""

from __future__ import annotations

import random
from datetime import date, timedelta

import attrs
import pytest
from hosts import Host, listed
from hypothesis import given
from hypothesis import strategies as st
from rosters import DISTRICT, NOW, SECTIONS, STUDENTS, arbitrary_snapshots, person, section, snapshot

from clever_roster import roster
from clever_roster.errors import IdentityTaken
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    IdentityKey,
    Link,
    Origin,
    Person,
    PersonId,
    PersonName,
    Role,
    SchoolId,
    SectionKey,
    Snapshot,
)
from clever_roster.roster import Attachment, ProposalKind, Rule, Verb

FEW = ["s01", "s02", "s03", "s04", "s05"]


def with_person(one: Person, *others: str, key: str = "c0") -> Snapshot:
    return snapshot(section(key, students=[one.id, *others]), people=[one])


def proposals(plan: roster.Plan) -> list[tuple[ProposalKind, str | None, str | None]]:
    return [(one.kind, one.person, one.other_person) for one in plan.proposals]


# --- 20 to 23: ids that change hands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["sis_id", "student_number", "state_id", "legacy_id"])
def test_roster_20_a_person_under_a_new_id_is_proposed_and_never_merged(field: str) -> None:
    """Remove(A) + Add(B) that share a strong key: proposed, both steps held, nobody merged, nothing lost."""
    host = Host()
    old = person(PersonId("s01"), **({} if field == "legacy_id" else {field: "007"}))
    host.sync(with_person(old, *FEW[1:]))
    new = person(PersonId("s91"), **{field: "s01" if field == "legacy_id" else "007"})
    plan = host.plan(with_person(new, *FEW[1:]))
    assert proposals(plan) == [(ProposalKind.REKEY, "s01", "s91")]
    assert {(s.verb, s.person, s.hold and s.hold.rule) for s in plan} == {
        (Verb.ENROLL, "s91", Rule.REKEY),
        (Verb.WITHDRAW, "s01", Rule.REKEY),
    }
    assert host.apply(plan).done == ()
    again = host.plan(with_person(new, *FEW[1:]))
    assert proposals(again) == proposals(plan), "it stays proposed until somebody decides"


def test_roster_20_an_accepted_rekey_keeps_account_row_and_history() -> None:
    """The new id gets the old account: the next plan has nothing to do but to note it."""
    host = Host()
    host.sync(with_person(person(PersonId("s01"), sis_id="007"), *FEW[1:]))
    account, before = host.who("s01"), host.rows()
    after = with_person(person(PersonId("s91"), sis_id="007"), *FEW[1:])
    with host.store.transaction() as ports:
        old, new = (IdentityKey(CLEVER, DISTRICT, PersonId(one)) for one in ("s01", "s91"))
        roster.rekey(ports, old, new, now=NOW)
    assert host.sync(after).created == 0
    assert host.who("s91") == account
    assert host.rows()[account].since == before[account].since
    with host.store.transaction() as ports, pytest.raises(IdentityTaken):
        roster.rekey(ports, old, new, now=NOW)


@given(st.permutations(STUDENTS[:6]), st.sets(st.integers(0, 5), min_size=1, max_size=2))
def test_roster_20_no_two_people_are_ever_merged(order: list[PersonId], twins: set[int]) -> None:
    """False merges are zero: accounts and links only grow, and a key that two share proposes nothing."""
    host = Host()
    people = [person(one, sis_id="same" if n in twins else f"k{n}") for n, one in enumerate(order)]
    host.sync(snapshot(section("c0", students=order), people=people))
    renamed = [attrs.evolve(one, id=PersonId(f"n{one.id}")) for one in people]
    plan = host.plan(snapshot(section("c0", students=[one.id for one in renamed]), people=renamed))
    pairs = {(one.person, one.other_person) for one in plan.proposals if one.kind is ProposalKind.REKEY}
    assert all(new == f"n{old}" for old, new in pairs)
    if len(twins) > 1:
        assert not {f"n{order[n]}" for n in twins} & {new for _, new in pairs}
    before = {host.who(one) for one in order}
    host.apply(plan)
    assert {host.who(one) for one in order} == before


def test_roster_20_many_who_leave_and_join_under_the_same_names_look_like_new_ids() -> None:
    """District changed SIS ids: N removed and N added with matching names are held; one namesake is not."""
    host = Host()
    named = [person(PersonId(f"s{n:02}"), name=PersonName(f"Name{n}", "Twin")) for n in range(5)]
    host.sync(snapshot(section("c0", students=[one.id for one in named]), people=named))
    fresh = [attrs.evolve(one, id=PersonId(f"n{n}")) for n, one in enumerate(named)]
    many = host.plan(snapshot(section("c0", students=[one.id for one in fresh]), people=fresh))
    assert {step.hold and step.hold.rule for step in many} == {Rule.REKEY}
    one = host.plan(snapshot(section("c0", students=["n0", *[p.id for p in named[1:]]]), people=[fresh[0], *named[1:]]))
    assert one.proposals == ()


def test_roster_21_two_people_who_became_one_at_the_source_keep_both_accounts() -> None:
    """A takes over B's number and B is gone: said, memberships follow the source, no account is touched."""
    host = Host()
    a, b = person(PersonId("s01"), state_id="1"), person(PersonId("s02"), state_id="2")
    host.sync(snapshot(section("c0", students=["s01", *FEW[2:]]), section("c1", students=["s02"]), people=[a, b]))
    both = {host.who("s01"), host.who("s02")}
    merged = attrs.evolve(a, state_id="2")
    after = snapshot(section("c0", students=["s01", *FEW[2:]]), section("c1", students=["s01"]), people=[merged])
    plan = host.plan(after)
    assert (ProposalKind.MERGED, "s02", "s01") in proposals(plan)
    host.approved(plan)
    assert host.active() == listed(after)
    assert {host.who("s01"), host.who("s02")} == both


def test_roster_22_a_person_who_became_two_moves_no_work() -> None:
    """The new id is added with an account of its own, and the conflict is shown."""
    host = Host()
    host.sync(with_person(person(PersonId("s01"), sis_id="1"), *FEW[1:]))
    account = host.who("s01")
    people = [person(PersonId("s01"), sis_id="9"), person(PersonId("s91"), sis_id="1")]
    plan = host.plan(snapshot(section("c0", students=["s01", "s91", *FEW[1:]]), people=people))
    assert (ProposalKind.SPLIT, "s01", "s91") in proposals(plan)
    host.apply(plan)
    assert (host.who("s01"), host.who("s91") != account) == (account, True)


def test_roster_23_a_recycled_id_is_held_until_somebody_has_looked() -> None:
    """Names and birth date changed at once: the new child must not see the old child's work."""
    host = Host()
    old = person(PersonId("s01"), name=PersonName("Ana", "Silva"), birth_date=date(2012, 1, 1))
    host.sync(with_person(old, *FEW[1:]))
    new = person(PersonId("s01"), name=PersonName("Bo", "Chen"), birth_date=date(2015, 5, 5))
    for _ in range(2):
        plan = host.plan(with_person(new, *FEW[1:]))
        assert [(s.verb, s.hold and s.hold.rule) for s in plan] == [(Verb.ALTER_PERSON, Rule.IDENTITY_SUSPECT)]
        host.apply(plan)
    who = host.who("s01")
    with host.store.transaction() as ports:
        assert ports.accounts.find([who])[who].name.first == "Ana"


@given(st.integers(0, 2**16))
def test_roster_23_marriages_corrections_and_moves_are_no_recycled_ids(seed: int) -> None:
    """Precision and recall on generated changes: every recycled id is found, no ordinary change is."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    firsts, lasts = ["Ana", "Bo", "Chloé", "Dmitri", "Esra"], ["Silva", "Chen", "Okafor", "Núñez", "O'Neil"]

    def human() -> Person:
        return person(
            PersonId("s01"),
            name=PersonName(chance.choice(firsts), chance.choice(lasts)),
            birth_date=date(2010, 1, 1) + timedelta(days=chance.randrange(2000)),
            sis_id=str(chance.randrange(9999)),
            schools=(SchoolId("a"),),
        )

    before = human()
    later = date(2016, 1, 1)  # two children may share a birthday, and then a name alone says nothing
    other = attrs.evolve(human(), name=PersonName("Zuri", "Wang"), birth_date=later, schools=(SchoolId("b"),))
    ordinary = chance.choice(
        [
            attrs.evolve(before, name=PersonName(before.name.first, "Married")),
            attrs.evolve(before, name=PersonName("Preferred", before.name.last)),
            attrs.evolve(before, birth_date=date(2009, 9, 9)),
            attrs.evolve(before, schools=(SchoolId("b"),), sis_id="moved"),
        ]
    )
    host = Host()
    host.sync(with_person(before, *FEW[1:]))
    recycled = [[one.kind for one in host.plan(with_person(after, *FEW[1:])).proposals] for after in (other, ordinary)]
    assert recycled == [[ProposalKind.RECYCLED], []]


# --- 11, 20: a link that is lost, or leads elsewhere by now -----------------------------------------------------------


def cut_off(host: Host, who: str) -> AccountId:
    """Somebody's account, which nobody who signs in reaches any more."""
    account = host.who(who)
    with host.store.transaction() as ports:
        ports.links.remove(IdentityKey(CLEVER, DISTRICT, PersonId(who)))
    return account


def test_roster_20_who_was_cut_off_gets_no_second_account_unasked() -> None:
    """Found by the state machine: it was a move of the old account from the class into itself, and out of it."""
    host = Host()
    class_ = snapshot(section("c0", students=FEW))
    host.sync(class_)
    account = cut_off(host, "s01")
    plan = host.plan(class_)
    assert [(s.verb, s.account, s.hold and s.hold.rule) for s in plan] == [
        (Verb.ENROLL, None, Rule.REKEY),
        (Verb.WITHDRAW, account, Rule.REKEY),
    ]
    assert f"Account {account} was in class" in (plan.steps[0].hold.sentence if plan.steps[0].hold else "")
    host.apply(plan)
    assert host.rows()[account].status is EnrollmentStatus.ACTIVE
    with host.store.transaction() as ports:
        key = IdentityKey(CLEVER, DISTRICT, PersonId("s01"))
        ports.links.add([Link(key=key, account=account, linked_at=NOW)])
    assert host.plan(class_).empty


def test_roster_20_a_second_account_for_who_was_cut_off_is_made_on_somebodys_word() -> None:
    """It was not theirs: the old account leaves the class, and keeps what is in it."""
    host = Host()
    class_ = snapshot(section("c0", students=FEW))
    host.sync(class_)
    account = cut_off(host, "s01")
    host.approved(host.plan(class_))
    assert host.who("s01") != account
    assert host.rows()[account].status is EnrollmentStatus.WITHDRAWN
    assert host.rows()[host.who("s01")].status is EnrollmentStatus.ACTIVE
    assert host.plan(class_).empty


def test_roster_11_it_is_one_account_that_moves() -> None:
    """The child's id leads to another account by now: that one joins the new class, and the old one is only left."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW), section("c1", students=["s11"])))
    old, new = cut_off(host, "s01"), host.account("New", person="s01")
    plan = host.plan(snapshot(section("c0", students=FEW[1:]), section("c1", students=["s01", "s11"])))
    assert [(s.verb, s.section, s.account) for s in plan] == [(Verb.ENROLL, "c1", new), (Verb.WITHDRAW, "c0", old)]
    host.apply(plan)
    assert new in host.rows("c1")
    assert old not in host.rows("c1")


def test_roster_13_two_ids_of_one_account_have_one_seat() -> None:
    """Found by the state machine: both were listed, and one row was planned twice."""
    host = Host()
    host.sync(snapshot(section("c1", students=["s01"])))
    account = host.who("s01")
    with host.store.transaction() as ports:
        key = IdentityKey(CLEVER, DISTRICT, PersonId("s02"))
        ports.links.add([Link(key=key, account=account, linked_at=NOW)])
    both = snapshot(section("c0", students=["s01", "s02", "s03"]), section("c1", students=["s01"]))
    plan = host.plan(both)
    assert [(s.section, s.person) for s in plan if s.verb is Verb.ENROLL and s.account == account] == [("c0", "s01")]
    host.apply(plan)
    assert host.plan(both).empty
    one = snapshot(section("c0", students=["s02", "s03"]), section("c1", students=["s01"]))
    assert host.plan(one).empty, "the child is in class by their other id"


# --- 12, 13, 14, 29: one person in several places ---------------------------------------------------------------------


@given(st.permutations(["c0", "c1"]))
def test_roster_12_two_views_of_a_move_end_alike_in_any_order(order: list[str]) -> None:
    """The other end is outside the scope: a removal here, a joining there; never merged, and the person stays."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW), section("c1", students=["s11"])))
    account = host.who("s01")
    views = {"c0": section("c0", students=FEW[1:]), "c1": section("c1", students=["s01", "s11"])}
    for key in order:
        plan = host.plan(snapshot(views[key]), attach=False)
        assert plan.count(Verb.MOVE) == 0
        host.apply(plan)
    assert host.active() == listed(snapshot(*views.values()))
    assert host.who("s01") == account


def test_roster_13_leaving_one_class_leaves_the_other() -> None:
    """Two enrollments, one person: removal from one is no removal from the other, nor of the account."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW), section("c1", students=FEW)))
    host.sync(snapshot(section("c0", students=FEW[1:]), section("c1", students=FEW)))
    account = host.who("s01")
    assert host.rows("c0")[account].status is EnrollmentStatus.WITHDRAWN
    assert host.rows("c1")[account].status is EnrollmentStatus.ACTIVE


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_roster_14_no_roster_row_makes_anybody_more_than_they_are(a: Snapshot, b: Snapshot) -> None:
    """Roles never escalate through sync: without approval, who becomes a teacher here is one at the source."""
    host = Host()
    for snap in (a, b):
        sly = {key: attrs.evolve(one, roles=frozenset({Role.STUDENT})) for key, one in snap.people.items()}
        host.sync(attrs.evolve(snap, people=sly))
    with host.store.transaction() as ports:
        assert all(row.role is EnrollmentRole.STUDENT for row in ports.sections.enrollments())


def test_roster_29_two_sources_commute_and_each_ends_only_what_it_owns() -> None:
    """Google and Clever feed two classes of one child; whichever syncs first, the end is the same."""

    def ended(order: list[int]) -> set[tuple[str, str]]:
        host = Host()
        child = host.account("Sami", person="s01")
        with host.store.transaction() as ports:
            for key in (
                IdentityKey(GOOGLE_CLASSROOM, DISTRICT, PersonId("g1")),
                IdentityKey(GOOGLE_CLASSROOM, DISTRICT, PersonId("g0")),
            ):
                who = child if key.subject == "g1" else host.teacher
                ports.links.add([Link(key=key, account=who, linked_at=NOW)])
        google = attrs.evolve(
            snapshot(section("c1", teachers=["g0"], students=["g1", "g2", "g3"]), people=[]), provider=GOOGLE_CLASSROOM
        )
        clever = snapshot(section("c0", students=["s01", "s02", "s03"]))
        smaller = attrs.evolve(
            snapshot(section("c1", teachers=["g0"], students=["g2", "g3"])), provider=GOOGLE_CLASSROOM
        )
        for snap in [[google, clever][n] for n in order] + [smaller, clever]:
            host.sync(snap)
        with host.store.transaction() as ports:
            rows = [row for row in ports.sections.enrollments() if row.status is EnrollmentStatus.ACTIVE]
            names = {row.account: row.person or "" for row in rows}
            assert child in names
            return {(ports.sections.get(row.section).source.provider, row.person or "") for row in rows}  # type: ignore[union-attr]

    assert ended([0, 1]) == ended([1, 0])


def test_roster_26_what_was_added_by_hand_survives_any_snapshot() -> None:
    """P: manual rows are invariant under any snapshot, approved or not."""

    @given(arbitrary_snapshots(), arbitrary_snapshots())
    def check(a: Snapshot, b: Snapshot) -> None:
        host = Host()
        guest = host.account("Guest")
        host.sync(snapshot(section("c0", students=FEW)))
        host.added_by_hand(guest)
        for snap in (a, b):
            host.approved(host.plan(snap))
            row = host.rows()[guest]
            assert (row.status, row.origin) == (EnrollmentStatus.ACTIVE, Origin.MANUAL)

    check()


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_roster_25_leaving_and_returning_n_times_is_one_row(presence: list[bool]) -> None:
    """Restore the same row; history keeps each interval."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    first = host.rows()[host.who("s01")]
    for present in presence:
        host.approved(host.plan(snapshot(section("c0", students=FEW if present else FEW[1:]))))
    row = host.rows()[host.who("s01")]
    assert (row.since, len(host.rows())) == (first.since, len(FEW))
    assert (row.status is EnrollmentStatus.ACTIVE) == presence[-1]


def test_roster_51_equal_sis_ids_of_two_districts_are_two_people() -> None:
    """Keys always carry the district: the same ids and numbers elsewhere are other people and other classes."""
    host = Host()
    child = person(PersonId("s01"), sis_id="7")
    here = with_person(child, *FEW[1:])
    there = DistrictId("d9")
    elsewhere = attrs.evolve(
        here,
        district=there,
        people={key: attrs.evolve(one, district=there) for key, one in here.people.items()},
        sections={key: attrs.evolve(one, district=there) for key, one in here.sections.items()},
    )
    host.sync(here)
    before = host.rows()
    plan = host.plan(elsewhere)
    assert plan.count(Verb.ATTACH) == 1
    assert plan.proposals == ()
    host.apply(plan)
    assert host.rows() == before
    with host.store.transaction() as ports:
        keys = [SectionKey(CLEVER, district, SECTIONS[0]) for district in (DISTRICT, there)]
        assert len({row.id for row in ports.sections.attached(keys).values()}) == 2


# --- Facts: 28, 40 to 43 ----------------------------------------------------------------------------------------------


def test_roster_28_a_name_edited_by_hand_stays_and_the_sources_is_shown() -> None:
    """P per field: people's edits of an account win; the plan says so; a pinned section name too."""
    host = Host()
    host.sync(with_person(person(PersonId("s01"), name=PersonName("Ana", "Silva")), *FEW[1:]))
    who = host.who("s01")
    with host.store.transaction() as ports:
        account = ports.accounts.find([who])[who]
    host.store.put_accounts([attrs.evolve(account, name=PersonName("Anouk", "Silva"))])  # type: ignore[attr-defined]
    host.change(pins=frozenset({"name"}))
    renamed = snapshot(
        section("c0", students=FEW, name="Algebra I"),
        people=[person(PersonId("s01"), name=PersonName("Anne", "Silva"))],
    )
    plan = host.plan(renamed)
    assert {note.sentence for note in plan.notes} >= {
        "has a name of their own here, and keeps it",
        "was renamed by hand here, and keeps that name",
    }
    host.apply(plan)
    with host.store.transaction() as ports:
        assert ports.accounts.find([who])[who].name.first == "Anouk"
    assert host.section().name == "Algebra"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=300)


@given(texts)
def test_roster_40_any_name_is_stored_as_received_and_a_second_sync_is_empty(name: str) -> None:
    """Combining marks, right-to-left, emoji, 300 letters, Turkish I: kept as received, no change next day."""
    host = Host()
    snap = snapshot(
        section("c0", students=["s01"], name=name), people=[person(PersonId("s01"), name=PersonName(name, name))]
    )
    host.sync(snap)
    assert host.plan(snap).empty
    assert host.section().name == name


OPTIONAL = ("email", "username", "sis_id", "student_number", "state_id", "grade")


@pytest.mark.parametrize("field", OPTIONAL)
@pytest.mark.parametrize(("first", "then", "kept"), [("x", None, "x"), ("x", "", ""), ("", None, ""), (None, "y", "y")])
def test_roster_41_absent_cleared_and_unchanged_are_three_things(
    field: str, first: str | None, then: str | None, kept: str
) -> None:
    """What is not said (not shared) clears nothing; what is said to be empty does."""
    host = Host()
    for value in (first, then):
        host.sync(with_person(person(PersonId("s01"), **{field: value}), *FEW[1:]))
    with host.store.transaction() as ports:
        said = ports.roster.people(CLEVER, DISTRICT, [PersonId("s01")])[PersonId("s01")]
    assert getattr(said, field) == kept


def test_roster_42_an_email_is_text_and_never_a_key() -> None:
    """Without an @, twice, in another case: three children, three accounts; a change of case is one change."""
    host = Host()
    odd = [person(PersonId(f"s0{n}"), email=email) for n, email in ((1, "no-at"), (2, "A@x.test"), (3, "a@x.test"))]
    assert host.sync(snapshot(section("c0", students=[one.id for one in odd]), people=odd)).created == 3
    same = [attrs.evolve(one, email="a@x.test") for one in odd]
    plan = host.plan(snapshot(section("c0", students=[one.id for one in same]), people=same))
    assert [step.verb for step in plan] == [Verb.ALTER_PERSON, Verb.ALTER_PERSON]


def test_roster_43_an_unknown_role_is_kept_and_grants_nothing() -> None:
    """The row is reported, not dropped and not read as a student: as a teacher of the class it waits."""
    host = Host()
    wizard = person(PersonId("t2"), roles=frozenset(), unknown_roles=frozenset({"wizard"}))
    plan = host.plan(snapshot(section("c0", teachers=["t0", "t2"], students=FEW), people=[wizard]))
    assert [(s.person, s.hold.rule) for s in plan if s.hold] == [("t2", Rule.NOT_A_TEACHER)]


def test_roster_52_nothing_that_is_printed_names_anybody() -> None:
    """Plans, proposals, reports, errors and notebooks show ids; names come only when asked for."""
    host = Host()
    secret = person(
        PersonId("s01"),
        name=PersonName("Nadia", "Petrova"),
        email="nadia@x.test",
        sis_id="77",
        birth_date=date(2012, 3, 4),
    )
    host.sync(with_person(secret, *FEW[1:]))
    again = attrs.evolve(secret, id=PersonId("s91"))
    plan = host.plan(with_person(again, *FEW[1:]))
    report = host.apply(plan)
    printed = [
        *map(repr, (plan, plan.steps, plan.proposals, plan.notes, report)),
        plan._repr_html_(),
        plan.summary(),
        *roster.explain(plan),
        *map(repr, roster.diff(plan.mirror, plan.snapshot)),
    ]
    for text in printed:
        for word in ("Nadia", "Petrova", "nadia", "2012"):
            assert word not in text


def test_login_22_another_teacher_of_the_class_may_sync_and_the_owner_stays() -> None:
    """A co-teacher whom the source lists may ask; one whom it does not list may not; an admin of the district may."""
    host = Host()
    second, admin = host.account("Co", person="t1"), host.account("Admin", person="a1")
    snap = snapshot(section("c0", teachers=["t0", "t1"], students=FEW))
    host.sync(snap)
    assert not host.plan(snap, actor=second).held
    more = snapshot(section("c0", teachers=["t0", "t1"], students=[*FEW, "s06"]))
    assert {s.hold and s.hold.rule for s in host.plan(more, actor=admin)} == {Rule.NOT_THEIR_CLASS}
    with host.store.transaction() as ports:
        allowed = roster.plan(ports, more, actor=admin, roles={Role.DISTRICT_ADMIN})
        stranger = roster.plan(ports, more, actor=host.account_in(ports), roles={Role.DISTRICT_ADMIN})
    assert not allowed.held
    assert {s.hold and s.hold.rule for s in stranger} == {Rule.NOT_THEIR_CLASS}
    assert host.section().owner == host.teacher


def test_login_22_an_owner_who_no_longer_teaches_is_proposed_to_hand_over() -> None:
    """Owner gone: a transfer is proposed, and done only by a person."""
    host = Host()
    host.sync(snapshot(section("c0", teachers=["t0", "t1"], students=FEW)))
    plan = host.plan(snapshot(section("c0", teachers=["t1"], students=FEW)))
    assert (ProposalKind.TRANSFER, "t0", "t1") in proposals(plan)
    host.apply(plan)
    assert host.section().owner == host.teacher
    key = SectionKey(CLEVER, DISTRICT, SECTIONS[0])
    with host.store.transaction() as ports:
        roster.transfer(ports, key, host.who_in(ports, "t1"), actor="admin", now=NOW)
    assert host.section().owner == host.who("t1")
    assert Attachment(owner=host.teacher).into is None
