"""What rests is passed over, and no plan is another for it: the shortcut of a survey against a look at every row."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hosts import Host
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rosters import (
    DISTRICT,
    NOW,
    SECTIONS,
    STUDENTS,
    arbitrary_snapshots,
    names,
    person,
    section,
    snapshot,
)
from sqlalchemy import Column, MetaData, String, Table

from clever_roster import roster
from clever_roster.errors import StalePlan
from clever_roster.model import (
    CLEVER,
    EnrollmentStatus,
    IdentityKey,
    Link,
    Origin,
    PersonId,
    PersonName,
    Proof,
    Role,
    SchoolId,
    Section,
    SyncMode,
    Term,
    TermId,
)
from clever_roster.roster import ProposalKind, plan_from_json, plan_to_json
from clever_roster.storage.sqlalchemy import AccountTable, SqlStore


def same_plan_from_every_row(host: Host, snap, **asked) -> None:
    """The plan that is made without reading what rests, and the one that is made from all rows, are one plan."""
    quick, whole = host.plan(snap, **asked), host.plan(snap, whole=True, **asked)
    assert quick == whole
    assert quick.digest == whole.digest


# --- Any history ------------------------------------------------------------------------------------------------------


@st.composite
def later(draw, snap):
    """A roster that is nearly the one before, as on most nights; or less, or read with a gap."""
    listed = {key: one for key, one in snap.sections.items() if not draw(st.sampled_from([0, 0, 0, 1]))}
    for key in sorted(listed):
        match draw(st.integers(0, 4)):
            case 0:
                students = {*listed[key].students} ^ draw(st.sets(st.sampled_from(STUDENTS), max_size=2))
                listed[key] = attrs.evolve(listed[key], students=tuple(sorted(students)))
            case 1:
                listed[key] = attrs.evolve(listed[key], name=draw(names), teachers=listed[key].teachers[::-1])
            case _:
                continue
    known = dict(snap.people)
    for one in draw(st.sets(st.sampled_from([*snap.people, *STUDENTS[:2]]), max_size=2)):
        facts = {"name": PersonName(draw(names), "Last"), "email": draw(st.sampled_from([None, "", "a@x.test"]))}
        known[one] = person(one, **facts, sis_id=draw(st.sampled_from([None, "1", "2"])))
    gaps = draw(st.sampled_from([{}, {}, {SECTIONS[0]: "a page was lost"}]))
    made = snapshot(*listed.values(), people=known.values(), scope=SECTIONS, proof=Proof(gaps=gaps))
    return attrs.evolve(made, taken_at=snap.taken_at + timedelta(days=draw(st.integers(0, 3))))


def hand(host: Host, draw) -> None:
    """Something that happens between two nights, through the library or past it."""
    with host.store.transaction() as ports:
        rows = ports.sections.enrollments()
        links = tuple(ports.links.all())
        if not rows or not links:
            return
        row, link = draw(st.sampled_from(rows)), draw(st.sampled_from(links))
        match draw(st.integers(0, 8)):
            case 0:
                roster.remove_by_hand(ports, row.section, row.account, actor="teacher", now=NOW, role=row.role)
            case 1:
                roster.add_by_hand(ports, row.section, host.account_in(ports), actor="teacher", now=NOW)
            case 2:
                roster.add_by_hand(ports, row.section, row.account, actor="teacher", now=NOW, role=row.role)
            case 3:  # past the library: the host writes its own table
                status, origin = draw(st.sampled_from(EnrollmentStatus)), draw(st.sampled_from(Origin))
                ports.sections.save_enrollments([attrs.evolve(row, status=status, origin=origin)])
            case 4:
                ports.links.remove(link.key)
            case 5:
                other = draw(st.sampled_from(links)).account
                ports.links.replace([attrs.evolve(link, account=other)])
            case 6:
                mode = draw(st.sampled_from(SyncMode))
                ports.sections.save([attrs.evolve(ports.sections.get(row.section), mode=mode)])
            case 7:
                archived, gone = draw(st.booleans()), draw(st.booleans())
                ports.sections.save([attrs.evolve(ports.sections.get(row.section), archived=archived, gone=gone)])
            case _:
                ports.roster.forget(CLEVER, DISTRICT, [link.key.subject])


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_the_plan_is_the_one_that_every_row_would_give(data):
    """Whatever happened: nights with and without approval, hands, holds, undoing, half reads, links that moved."""
    host, snap, read = Host(), data.draw(arbitrary_snapshots()), None
    for _ in range(data.draw(st.integers(1, 5))):
        plan = host.plan(snap)
        match data.draw(st.sampled_from(["apply", "approve", "run", "undo"])):
            case "apply":
                host.apply(plan)
            case "approve":
                host.approved(plan)
            case "run":
                roster.run(host.store, plan, actor="nightly", now=NOW, chunk=3)
            case _ if read is not None:
                with host.store.transaction() as ports:
                    roster.undo(ports, read.digest, actor="principal", now=NOW)
            case _:
                pass
        read = plan
        same_plan_from_every_row(host, snap)
        for _ in range(data.draw(st.integers(0, 2))):
            hand(host, data.draw)
            same_plan_from_every_row(host, snap)
        snap = data.draw(later(snap))
        same_plan_from_every_row(host, snap)
        same_plan_from_every_row(host, snap, attach=False, actor=host.teacher)


# --- One by one -------------------------------------------------------------------------------------------------------


def two_classes():
    return snapshot(
        section("c0", teachers=["t0", "t1"], students=["s00", "s01", "s02"]),
        section("c1", students=["s02", "s03"], name="Biology"),
    )


class Counting:
    """A `SectionStore` that notes whose rows were read, row by row."""

    def __init__(self, within, read) -> None:
        self.within, self.read = within, read

    def __getattr__(self, name):
        return getattr(self.within, name)

    def enrollments(self, sections=None, *, of=None):
        self.read.update(sections)
        return self.within.enrollments(sections, of=of)


def rows_read(host: Host, snap) -> set[str]:
    """The source sections whose rows a plan reads one by one."""
    read: set = set()
    with host.store.transaction() as ports:
        roster.plan(attrs.evolve(ports, sections=Counting(ports.sections, read)), snap)
        found = ports.sections.attached(host.keys())
        return {key.section for key, one in found.items() if one.id in read}


def looked_into(host: Host, snap) -> set[str]:
    """The source sections that a plan does not pass over."""
    with host.store.transaction() as ports:
        found = roster.survey(ports, snap, attach={}, actor=None)
    return {*found.sections} - found.resting


def test_a_night_without_news_looks_into_no_class(host):
    """All is as the source says, so every class rests; and the plan is empty."""
    host.sync(two_classes())
    assert looked_into(host, two_classes()) == set()
    assert host.plan(two_classes(), attach=False).idle


def test_only_the_class_that_changed_is_looked_into(host):
    """A child joins one class: the other one rests."""
    host.sync(two_classes())
    after = snapshot(
        section("c0", teachers=["t0", "t1"], students=["s00", "s01", "s02"]),
        section("c1", students=["s02", "s03", "s04"], name="Biology"),
    )
    assert looked_into(host, after) == {"c1"}
    same_plan_from_every_row(host, after)


def test_no_row_is_read_one_by_one(host):
    """What a plan has to know of rows it is told in brief: of changed classes, and of hands in them, too."""
    host.sync(two_classes())
    host.removed_by_hand(host.who("s00"))
    left = snapshot(section("c0", teachers=["t0", "t1"], students=["s00", "s01"]), section("c1", students=["s03"]))
    assert rows_read(host, left) == set()
    assert {step.verb for step in host.plan(left)} == {roster.Verb.WITHDRAW, roster.Verb.ALTER_SECTION}


def test_a_hand_in_the_class_is_noticed(host):
    """Whoever wrote a row since, through the library or past it: the class is looked into."""
    host.sync(two_classes())
    host.removed_by_hand(host.who("s00"))
    assert looked_into(host, two_classes()) == {"c0"}
    host.added_by_hand(host.who("s00"))
    assert looked_into(host, two_classes()) == {"c0"}


def test_an_identity_that_moved_to_another_account_is_noticed(host):
    """Two accounts were made one, or a link was removed: who is in class must be asked anew."""
    host.sync(two_classes())
    with host.store.transaction() as ports:
        ports.links.remove(IdentityKey(CLEVER, DISTRICT, PersonId("s03")))
    assert looked_into(host, two_classes()) == {"c1"}
    same_plan_from_every_row(host, two_classes())
    with host.store.transaction() as ports:
        key = IdentityKey(CLEVER, DISTRICT, PersonId("s03"))
        ports.links.add([Link(key=key, account=host.account_in(ports), linked_at=NOW)])
    assert looked_into(host, two_classes()) == {"c1"}
    same_plan_from_every_row(host, two_classes())


def test_two_ids_of_one_account_share_a_seat(host):
    """A child has two ids, and both lead to one account, which is in class by one of them: there is news of the other.

    The account is there, and does not join once more.
    """
    host.sync(two_classes())
    own, others = host.who("s00"), host.who("s01")
    with host.store.transaction() as ports:
        [link] = ports.links.of(own)
        ports.links.replace([attrs.evolve(link, account=others)])
    known = two_classes()
    people = {**known.people, PersonId("s00"): person("s00", name=PersonName("Another", "Name"))}
    news = attrs.evolve(known, people=people)
    assert [step.verb for step in host.plan(news)] == [roster.Verb.ALTER_PERSON, roster.Verb.WITHDRAW]
    same_plan_from_every_row(host, news)


@pytest.mark.parametrize(
    "facts",
    [
        {"archived": True},
        {"archived": True, "gone": True},
        {"mode": SyncMode.ADDITIVE},
        {"mode": SyncMode.MANUAL},
        {"mode": SyncMode.PAUSED},
    ],
)
def test_a_class_that_was_put_away_or_set_otherwise_is_looked_into(host, facts):
    """What its teacher decided about a class is seen, though its rows are as they were; one that is back is opened."""
    host.sync(two_classes())
    host.change("c0", **facts)
    assert looked_into(host, two_classes()) == {"c0"}
    opened = [roster.Verb.REOPEN] if facts.get("gone") else []
    assert [step.verb for step in host.plan(two_classes(), attach=False)] == opened
    same_plan_from_every_row(host, two_classes())


@pytest.mark.parametrize("who", ["s01", "t1"])
def test_news_of_one_person_is_looked_into(host, who):
    """A child, or a teacher, has another name at the source: their class does not rest, and they are altered."""
    host.sync(two_classes())
    known = two_classes()
    people = {**known.people, who: attrs.evolve(known.people[PersonId(who)], name=PersonName("An", "Other"))}
    news = attrs.evolve(known, people=people)
    assert looked_into(host, news) == {"c0"}
    assert [(step.verb, step.person) for step in host.plan(news)] == [(roster.Verb.ALTER_PERSON, who)]
    same_plan_from_every_row(host, news)


def test_a_class_whose_teacher_has_left_is_looked_into(host):
    """It was approved that whoever runs it leaves: until it is handed over, every night says to whom it could be."""
    host.sync(two_classes())
    after = snapshot(
        section("c0", teachers=["t1"], students=["s00", "s01", "s02"]),
        section("c1", teachers=["t0"], students=["s02", "s03"], name="Biology"),
    )
    host.approved(host.plan(after))
    for _ in range(2):
        assert [(one.kind, one.section) for one in host.plan(after).proposals] == [(ProposalKind.TRANSFER, "c0")]
        assert looked_into(host, after) == {"c0"}
        same_plan_from_every_row(host, after)


def test_a_gap_in_the_read_is_looked_into(host):
    """A class of which the read proves nothing does not rest: that is said, and nobody is taken for proven."""
    host.sync(two_classes())
    gaps = attrs.evolve(two_classes(), proof=Proof(gaps={SECTIONS[0]: "a page was lost"}))
    assert looked_into(host, gaps) == {"c0"}
    assert any("not read completely" in note.sentence for note in host.plan(gaps).notes)
    same_plan_from_every_row(host, gaps)


def test_a_hold_that_is_over_is_looked_into_once_more(host):
    """A withdrawal waited, and the host itself carried it out: the class rests when that was noted, and not before."""
    host.sync(two_classes())
    less = snapshot(
        section("c0", teachers=["t0", "t1"], students=["s00", "s01"]),
        section("c1", students=["s02", "s03"], name="Biology"),
    )
    twice = roster.Limits(confirm=2)
    host.apply(host.plan(less, limits=twice))
    left = host.rows("c0")[host.who("s02")]
    with host.store.transaction() as ports:
        ports.sections.save_enrollments([attrs.evolve(left, status=EnrollmentStatus.WITHDRAWN)])
    assert looked_into(host, less) == {"c0"}
    same_plan_from_every_row(host, less, limits=twice)
    host.apply(host.plan(less, limits=twice))
    assert looked_into(host, less) == set()


def test_a_class_in_any_order_of_accounts_rests(host):
    """Whether accounts are in the order of the source's ids or against it, and whoever joined and left meanwhile."""
    host.sync(snapshot(section("c0", teachers=["t0", "t1"], students=["s05", "s09"])))
    host.sync(snapshot(section("c0", teachers=["t0", "t1"], students=["s01", "s05", "s08", "s09"])))
    now = snapshot(section("c0", teachers=["t0", "t1"], students=["s00", "s01", "s08"]))
    host.approved(host.plan(now))
    assert looked_into(host, now) == set()
    same_plan_from_every_row(host, now)


def test_a_class_rests_whatever_order_a_host_has_for_its_accounts(tmp_path):
    """Ids of a host's own, of any length: the database puts "aa" before "b"."""
    own, made = MetaData(), iter(["b", "aa", "c", "ab", "a", "bb"])
    table = Table(
        "people",
        own,
        Column("id", String, primary_key=True, default=lambda: next(made)),
        Column("name", String),
    )
    accounts = AccountTable(table=table, id=table.c.id, name=table.c.name)
    store = SqlStore(f"sqlite:///{tmp_path / 'school.db'}", accounts=accounts)
    own.create_all(store.engine)
    store.create_tables()
    host, listed = Host(store), snapshot(section("c0", students=["s00", "s01", "s02", "s03"]))
    host.sync(listed)
    assert looked_into(host, listed) == set()
    same_plan_from_every_row(host, listed)
    store.close()


def test_brakes_count_the_classes_that_rest(host):
    """Three of ten who leave are many, and three of thirty are not: whoever is in a class that rests counts, too."""
    many, few = [f"s{n:02}" for n in range(20)], [f"s{n:02}" for n in range(20, 30)]
    host.sync(snapshot(section("c0", students=many), section("c1", students=few)))
    less = snapshot(section("c0", students=many), section("c1", students=few[3:]))
    limits = roster.Limits(free=5, type_floor=2, type_share=0.2)
    assert looked_into(host, less) == {"c1"}
    assert [step.hold for step in host.plan(less, limits=limits)] == [None] * 3
    same_plan_from_every_row(host, less, limits=limits)


def test_brakes_count_those_in_a_class_that_is_gone(host):
    """Nobody leaves a class, and one ends with all who are in it."""
    many, few = [f"s{n:02}" for n in range(20)], [f"s{n:02}" for n in range(20, 30)]
    host.sync(snapshot(section("c0", students=many), section("c1", students=few)))
    gone = snapshot(section("c1", students=few), scope=SECTIONS[:2])
    (step,) = host.plan(gone, limits=roster.Limits(district_floor=15))
    assert (step.verb, step.hold and step.hold.rule) == (roster.Verb.ARCHIVE, roster.Rule.DISTRICT_BRAKE)


def test_a_run_with_nothing_to_do_still_tells_the_sections(host):
    """A report names every class of its scope, those that rest among them."""
    first = host.sync(two_classes())
    again = roster.run(host.store, host.plan(two_classes()), actor="nightly", now=NOW)
    assert again.sections == host.sync(two_classes()).sections == first.sections
    assert first.sections.keys() == two_classes().scope


def test_who_left_long_ago_is_still_known_under_a_new_id(host):
    """A withdrawn child comes back under a new id in another class: seen, although the old class is not read."""
    host.sync(two_classes())
    left = snapshot(section("c0", teachers=["t0", "t1"], students=["s00", "s01"]), section("c1", students=["s03"]))
    host.approved(host.plan(left))
    assert looked_into(host, left) == set()
    back = snapshot(
        section("c0", teachers=["t0", "t1"], students=["s00", "s01"]),
        section("c1", students=["s03", "s11"]),
        people=[person(PersonId("s11"), legacy_id=PersonId("s02"))],
    )
    assert looked_into(host, back) == {"c1"}
    assert [one.person for one in host.plan(back).proposals if one.kind is roster.ProposalKind.REKEY] == ["s02"]
    same_plan_from_every_row(host, back)


def test_a_term_that_ended_is_told_of_a_class_that_rests(host):
    """Notes about a section do not need its rows."""
    term = Term(id=TermId("fall"), ends=NOW.date() - timedelta(days=1))
    listed = attrs.evolve(section("c0", students=["s00"]), term=term.id)
    snap = attrs.evolve(snapshot(listed), terms={term.id: term})
    host.sync(snap)
    assert looked_into(host, snap) == set()
    assert any("term that ended" in note.sentence for note in host.plan(snap).notes)
    same_plan_from_every_row(host, snap)


@pytest.mark.parametrize("odd", ["s\t1", "s\n1", "s\t1\tsource\twithdrawn", "a\t1\nstudent\tb"])
def test_an_id_that_holds_a_mark_of_a_roll_is_read_row_by_row(host, odd):
    """A roll is lines of words with tabs: an id with a tab in it could pass for two, so its class never rests."""
    snap = snapshot(section("c0", students=[odd, "s00"]), section("c1", students=["s01"]))
    host.sync(snap)
    assert (looked_into(host, snap), rows_read(host, snap)) == ({"c0"}, {"c0"})
    assert host.plan(snap, attach=False).idle
    same_plan_from_every_row(host, snap)
    less = snapshot(section("c0", students=["s00"]), section("c1", students=["s01"]))
    assert [(step.verb, step.person) for step in host.plan(less)] == [(roster.Verb.WITHDRAW, odd)]


def test_one_row_does_not_pass_for_two(host):
    """A row whose id is written like two lines of a roll is not taken for the two children who are missing."""
    host.sync(two_classes())
    with host.store.transaction() as ports:
        ids = {person: host.who_in(ports, person) for person in ("s02", "s03")}
        (own,) = {row.section for row in ports.sections.enrolled(ids["s03"])}
        odd = PersonId(f"s02\t{ids['s02']}\nstudent\ts03")
        rows = {row.account: row for row in ports.sections.enrollments([own]) if row.role == "student"}
        gone = attrs.evolve(rows[ids["s02"]], status=EnrollmentStatus.REMOVED_BY_HAND)
        ports.sections.save_enrollments([attrs.evolve(rows[ids["s03"]], person=odd), gone])
    assert looked_into(host, two_classes()) == {"c1"}
    same_plan_from_every_row(host, two_classes())


def test_a_plan_from_brief_reading_is_stale_when_a_resting_class_changes(host):
    """The basis of a plan covers the rows that were not read."""
    host.sync(two_classes())
    after = snapshot(
        section("c0", teachers=["t0", "t1"], students=["s00", "s01", "s02"]),
        section("c1", students=["s02", "s03", "s04"], name="Biology"),
    )
    plan = host.plan(after)
    assert plan_from_json(plan_to_json(plan)) == plan
    host.removed_by_hand(host.who("s00"))  # in c0, which the plan does not touch
    with pytest.raises(StalePlan):
        host.apply(plan)


# --- Digests ----------------------------------------------------------------------------------------------------------


def variants():
    """A person and a section, each with every field changed once, to nothing and to something."""
    one = person(
        PersonId("s00"), email="a", username="b", sis_id="c", student_number="d", state_id="e", grade="5",
        birth_date=NOW.date(), schools=(SchoolId("x"), SchoolId("y")), legacy_id=PersonId("old"),
        unknown_roles=frozenset({"janitor"}),
    )  # fmt: skip
    yield one
    optional = ("email", "username", "sis_id", "student_number", "state_id", "grade", "birth_date", "legacy_id")
    for field in optional:
        yield attrs.evolve(one, **{field: None})
    for field in ("email", "username", "sis_id", "student_number", "state_id", "grade", "legacy_id", "id", "district"):
        yield attrs.evolve(one, **{field: "=other"})
    for field in ("email", "username"):
        yield attrs.evolve(one, **{field: ""})
    yield attrs.evolve(one, birth_date=NOW.date() + timedelta(days=1))
    yield attrs.evolve(one, schools=(SchoolId("y"), SchoolId("x")))
    yield attrs.evolve(one, schools=(SchoolId("x\x1fy"),))
    yield attrs.evolve(one, roles=frozenset({Role.STUDENT, Role.TEACHER}))
    yield attrs.evolve(one, roles=frozenset(), unknown_roles=frozenset({"janitor", "student"}))
    for part in ("first", "last", "middle"):
        yield attrs.evolve(one, name=attrs.evolve(one.name, **{part: "Other"}))
    yield attrs.evolve(one, email="a\x1f=b", username=None)
    yield attrs.evolve(one, email="a", username=None, sis_id="b\x1f=c")
    listed = section("c0", teachers=["t0", "t1"], students=["s00", "s01"])
    yield listed
    for field in attrs.fields(Section):
        if field.name in {"teachers", "students"}:
            yield attrs.evolve(listed, **{field.name: getattr(listed, field.name)[:1]})
        else:
            yield attrs.evolve(listed, **{field.name: "=other"})
    yield attrs.evolve(listed, teachers=("t1", "t0"))
    yield attrs.evolve(listed, teachers=("t0",), students=("t1", "s00", "s01"))


def test_a_digest_tells_apart_whatever_differs():
    """Any fact that is another, is missing instead of empty, or stands in another list makes another digest."""
    records = [*variants()]
    digests = {one.digest: one for one in records}
    assert len(digests) == len({*map(repr, map(attrs.astuple, records))}) == len(records)
    assert {field.name for field in attrs.fields(type(records[0]))} == {
        *("id", "district", "name", "roles", "unknown_roles", "email", "username", "sis_id", "student_number"),
        *("state_id", "birth_date", "grade", "schools", "legacy_id"),
    }, "a new fact belongs into the digest, and into this test"


def test_a_digest_is_the_same_in_every_process():
    """It is stored, and compared by another process on another day."""
    assert section("c0", students=["s00"]).digest == "28ad769971a638d6762c5b5aa4cd9ae7"
