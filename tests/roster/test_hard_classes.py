"""The hard cases about classes: gone, back, replaced, held, approved late. Numbers are those of the list of cases."""

from __future__ import annotations

import random
import unicodedata
from datetime import date, timedelta

import attrs
import pytest
from hosts import Host, listed
from hypothesis import given, settings
from hypothesis import strategies as st
from rosters import DISTRICT, NOW, SECTIONS, arbitrary_snapshots, person, section, snapshot

from clever_roster import roster
from clever_roster.errors import ConfigurationError, StoreError
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    HostSection,
    IdentityKey,
    Link,
    PersonId,
    PersonName,
    ProfileUpdate,
    Proof,
    SectionId,
    SectionKey,
    Snapshot,
    SyncMode,
    Term,
    TermId,
)
from clever_roster.ports import rolls_of
from clever_roster.roster import Approval, Ending, Limits, ProposalKind, Rule, Verb

FEW = ["s01", "s02", "s03", "s04", "s05"]
CLASS = [f"s{n:02}" for n in range(25)]


def rules(plan: roster.Plan) -> set[Rule]:
    return {step.hold.rule for step in plan if step.hold}


def on_day(day: int, snap: Snapshot) -> Snapshot:
    return attrs.evolve(snap, taken_at=NOW + timedelta(days=day))


# --- 5 to 9: a source that shrinks ------------------------------------------------------------------------------------


def test_roster_5_an_empty_source_ends_nothing_and_is_held() -> None:
    """Empty response for the whole district: held, not success; nothing applied without approval."""
    host = Host()
    host.sync(snapshot(*(section(key, students=FEW) for key in SECTIONS)))
    before = host.everything()
    report = host.sync(snapshot(scope=SECTIONS))
    assert report.ending is Ending.HELD
    assert {step.hold and step.hold.rule for step in report.held} == {Rule.EMPTY_SOURCE}
    assert host.everything() == before


def test_roster_6_one_emptied_section_waits_and_the_others_go_on() -> None:
    """Outside Clever's contract (a section has a student at least): hold this one, continue with others."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW), section("c1", students=FEW)))
    report = host.sync(snapshot(section("c0", students=[]), section("c1", students=[*FEW, "s06"])))
    assert {(s.verb, s.section, s.hold and s.hold.rule) for s in report.held} == {(Verb.WITHDRAW, "c0", Rule.EMPTIED)}
    assert [(s.verb, s.person) for s in report.done] == [(Verb.ENROLL, "s06")]


def test_roster_7_not_shared_is_not_deleted_and_comes_back_when_shared_again() -> None:
    """Sharing narrowed by the district: a state of its own, archived by approval only, restored when shared again."""
    host = Host()
    full = snapshot(section("c0", students=FEW))
    host.sync(full)
    narrowed = attrs.evolve(snapshot(scope=["c0"]), unshared=frozenset({SECTIONS[0]}))
    plan = host.plan(narrowed)
    assert rules(plan) == {Rule.NOT_SHARED}
    host.approved(plan)
    assert host.section().archived
    assert [step.verb for step in host.sync(full).done] == [Verb.REOPEN]
    assert host.active() == listed(full)


@settings(max_examples=20)
@given(st.integers(0, 2**16), st.floats(0.02, 0.3))
def test_roster_8_ten_nights_of_random_loss_stay_inside_the_budget(seed: int, loss: float) -> None:
    """Partial outage below the brake of one night: over a week no more leaves unasked than the budget allows."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    host, limits = Host(), Limits(confirm=2)
    host.sync(snapshot(section("c0", students=CLASS)))
    gone: list[int] = []
    for night in range(10):
        seen = [one for one in CLASS if chance.random() >= loss]
        report = host.sync(on_day(night, snapshot(section("c0", students=seen))), limits=limits)
        gone.append(report.count(Verb.WITHDRAW))
        week = sum(gone[-7:])
        assert week <= max(limits.free, limits.share * len(CLASS))


def test_roster_8_four_percent_on_each_of_six_nights_is_not_four_percent() -> None:
    """The memory over days: one child of twenty-five a night goes unasked for five nights, and then waits."""
    host, students = Host(), list(CLASS)
    host.sync(snapshot(section("c0", students=students)))
    endings = []
    for night in range(7):
        students = students[:-1]
        endings.append(host.sync(on_day(night, snapshot(section("c0", students=students)))).ending)
    assert endings == [*[Ending.DONE] * 5, Ending.HELD, Ending.HELD]
    assert host.sync(on_day(30, snapshot(section("c0", students=students)))).ending is Ending.DONE


def test_roster_8_an_absence_may_have_to_be_seen_twice() -> None:
    """Two-cycle confirmation: missing once is a suspicion; missing again is a withdrawal; back in between clears it."""
    host, twice = Host(), Limits(confirm=2)
    host.sync(snapshot(section("c0", students=FEW)))
    less, full = snapshot(section("c0", students=FEW[1:])), snapshot(section("c0", students=FEW))
    unproven = attrs.evolve(less, proof=Proof(gaps={SECTIONS[0]: "cut short"}))
    ended = [host.sync(snap, limits=twice).ending for snap in (less, full, less, unproven, less)]
    assert ended == [Ending.HELD, Ending.DONE, Ending.HELD, Ending.DONE, Ending.DONE]


@pytest.mark.parametrize(("missing", "rule"), [(50, None), (60, Rule.TYPE_BRAKE)])
def test_roster_9_brakes_stand_at_type_and_district_level_too(missing: int, rule: Rule | None) -> None:
    """Every section loses a child, none loses many, and together it is too much for the scope as a whole."""
    host = Host()
    keys = [SectionId(f"c{n:02}") for n in range(60)]
    lists = {key: [f"s{n:02}{m}" for m in range(9)] for n, key in enumerate(keys)}
    host.sync(snapshot(*(section(key, students=lists[key]) for key in keys)))
    less = snapshot(*(section(key, students=lists[key][n < missing :]) for n, key in enumerate(keys)))
    plan = host.plan(less)
    assert plan.count(Verb.WITHDRAW) == missing
    assert rules(plan) == ({rule} if rule else set())
    loose = Limits(type_share=1, type_floor=1000, district_floor=55, district_share=0.09)
    assert rules(host.plan(less, limits=loose)) == ({Rule.DISTRICT_BRAKE} if missing > 55 else set())


def test_roster_9_an_approval_is_for_one_plan_and_leaves_the_thresholds_where_they_were() -> None:
    """A true shrinking: approved once, the next one like it waits again."""
    host = Host()
    host.sync(snapshot(section("c0", students=CLASS)))
    host.approved(host.plan(snapshot(section("c0", students=CLASS[:15]))))
    assert len(host.rows()) == 25
    assert rules(host.plan(snapshot(section("c0", students=CLASS[:5])))) == {Rule.MASS_REMOVAL}


def test_roster_9_what_was_approved_is_no_part_of_the_budget() -> None:
    """Half of a class left on somebody's word; two more may go the night after, as from any class of that size."""
    host = Host()
    host.sync(snapshot(section("c0", students=CLASS)))
    host.approved(host.plan(snapshot(section("c0", students=CLASS[:12]))))
    assert host.sync(on_day(1, snapshot(section("c0", students=CLASS[:10])))).count(Verb.WITHDRAW) == 2


@given(st.integers(1, 40), st.integers(0, 40))
def test_roster_10_the_brake_is_sensible_for_every_size(size: int, leaving: int) -> None:
    """P over sizes: nobody empties a class unasked; two may always go; above that the share decides."""
    leaving = min(leaving, size)
    host = Host()
    students = [f"s{n:02}" for n in range(size)]
    host.sync(snapshot(section("c0", students=students)))
    held = bool(host.plan(snapshot(section("c0", students=students[leaving:]))).held)
    assert held == (leaving > 0 and (leaving == size or (leaving > 2 and leaving > 0.2 * size)))


# --- 16 to 19, 24: sections that end, return and are replaced ---------------------------------------------------------


def test_roster_16_deleted_and_restored_is_the_same_class() -> None:
    """Delete then restore is identity on enrollments: one REOPEN, every row as it was."""
    host = Host()
    full = snapshot(section("c0", students=FEW))
    host.sync(full)
    rows = host.rows()
    host.approved(host.plan(snapshot(scope=["c0"])))
    plan = host.plan(full)
    assert [step.verb for step in plan] == [Verb.REOPEN]
    host.apply(plan)
    assert host.rows() == rows
    assert host.plan(full).empty


def test_roster_17_a_section_that_comes_back_keeps_what_was_done_by_hand_meanwhile() -> None:
    """Restore, not add; a guest added while it was away stays, who was removed stays out, who is new joins."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    own = host.section().id
    host.approved(host.plan(snapshot(scope=["c0"])))
    guest = host.account("Guest")
    host.added_by_hand(guest)
    host.removed_by_hand(host.who("s01"))
    plan = host.plan(snapshot(section("c0", students=[*FEW, "s06"])))
    assert [step.verb for step in plan] == [Verb.REOPEN, Verb.ENROLL]
    host.apply(plan)
    assert host.section().id == own
    assert guest in host.rows()
    assert ("c0", "s01", "student") not in host.active()


def test_roster_18_a_section_id_that_names_another_class_turns_nothing_over() -> None:
    """Name, subject, term and nearly all members differ: everything about it waits; detach frees the id."""
    host = Host()
    old = attrs.evolve(section("c0", students=FEW, name="Algebra"), subject="math", term=TermId("y1"))
    new = attrs.evolve(section("c0", students=CLASS[10:18], name="Drama"), subject="arts", term=TermId("y2"))
    host.sync(snapshot(old))
    for _ in range(2):
        plan = host.plan(snapshot(new))
        assert rules(plan) >= {Rule.IDENTITY_SUSPECT}
        assert [one.kind for one in plan.proposals if one.section] == [ProposalKind.REPLACED]
        assert host.apply(plan).done == ()
    with host.store.transaction() as ports:
        ended = roster.detach(ports, SectionKey(CLEVER, DISTRICT, SECTIONS[0]), actor="admin", now=NOW)
    host.sync(snapshot(new))
    assert ended.archived
    assert host.section().id != ended.id
    assert host.active() == listed(snapshot(new))


def test_roster_18_who_is_listed_only_by_a_class_that_waits_is_renamed_once() -> None:
    """The account follows the source in the first night, so there is nothing left to write in the second."""
    host = Host()
    c0, c1 = section("c0", students=FEW, name="Algebra"), section("c1", students=CLASS[:3])
    host.sync(snapshot(c0, c1))
    renamed = person(CLASS[0], name=PersonName("Ana", "Last"))
    nights = snapshot(
        section("c0", students=[*CLASS[10:18], CLASS[0]], name="Drama"),
        section("c1", students=CLASS[1:3]),
        people=[renamed],
    )
    first = host.plan(nights)
    assert Verb.ALTER_PERSON in {step.verb for step in host.apply(first).done}
    again = host.plan(nights)
    assert again.ready == ()
    assert rules(again) >= {Rule.IDENTITY_SUSPECT}


@pytest.mark.parametrize("alike", ["same members", "same name", "same subject"])
def test_roster_18_a_renamed_or_refilled_class_is_no_other_class(alike: str) -> None:
    """One thing that stayed is enough: renames and turnovers happen, each in its own right."""
    host = Host()
    host.sync(snapshot(attrs.evolve(section("c0", students=FEW, name="Algebra"), subject="math")))
    new = attrs.evolve(
        section(
            "c0",
            students=FEW if alike == "same members" else CLASS[10:18],
            name="Algebra" if alike == "same name" else "Geometry",
        ),
        subject="math" if alike == "same subject" else "arts",
    )
    assert Rule.IDENTITY_SUSPECT not in rules(host.plan(snapshot(new)))


@pytest.mark.parametrize(
    ("one", "other"), [("Zoë 1", "Zoë 1"), ("Zoë", unicodedata.normalize("NFD", "Zoë")), ("ALGEBRA", "algebra")]
)
def test_roster_19_names_never_decide_which_section_is_meant(one: str, other: str) -> None:
    """Equal, NFC/NFD-equal and case-equal names: matched by id only, nobody crosses over."""
    host = Host()
    snap = snapshot(section("c0", students=FEW[:2], name=one), section("c1", students=FEW[2:], name=other))
    host.sync(snap)
    swapped = snapshot(section("c0", students=FEW[:2], name=other), section("c1", students=FEW[2:], name=one))
    assert {step.verb for step in host.plan(swapped)} <= {Verb.ALTER_SECTION}
    host.sync(swapped)
    assert host.active() == listed(snap)


def test_roster_24_a_rollover_is_told_as_one_and_removes_nobody() -> None:
    """Old sections end, new ones hold mostly the same people: reattach is proposed, grades follow, nobody is lost."""
    host = Host()
    people = [person(PersonId(one), grade="3") for one in FEW]
    host.sync(snapshot(section("c0", students=FEW, name="Maths 3"), people=people))
    own, rows = host.section().id, host.rows()
    grown = [attrs.evolve(one, grade="4") for one in people]
    new_year = snapshot(section("c1", students=[*FEW[1:], "s09"], name="Maths 4"), people=grown, scope=["c0", "c1"])
    plan = host.plan(new_year, attach=False)
    (again,) = plan.proposals
    assert (again.kind, again.section, again.other_section) == (ProposalKind.REATTACH, "c0", "c1")
    assert plan.summary().startswith("Rollover: 1 sections end, 1 new ones hold mostly the same people.")
    assert host.apply(plan).count(Verb.WITHDRAW) == 0
    with host.store.transaction() as ports:
        roster.reattach(ports, SectionKey(CLEVER, DISTRICT, SECTIONS[0]), SECTIONS[1], actor="admin", now=NOW)
    host.sync(snapshot(*new_year.sections.values(), people=grown))
    assert host.section("c1").id == own
    kept = host.rows("c1")
    assert all(kept[account].since == row.since for account, row in rows.items())
    assert host.active() == listed(new_year)


def test_roster_24_a_class_that_a_teacher_put_away_is_not_proposed_to_go_on() -> None:
    """It is not the source that ended it."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    host.change(archived=True)
    new_year = snapshot(section("c1", students=FEW), scope=["c0", "c1"])
    assert host.plan(new_year, attach=False).proposals == ()


# --- Modes, states of the source, a second source ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "verbs"),
    [
        (SyncMode.MIRROR, {Verb.ALTER_SECTION, Verb.ENROLL, Verb.WITHDRAW}),
        (SyncMode.ADDITIVE, {Verb.ALTER_SECTION, Verb.ENROLL}),
        (SyncMode.MANUAL, {Verb.ALTER_SECTION}),
        (SyncMode.PAUSED, set()),
    ],
)
def test_login_19_each_class_is_synced_as_far_as_it_was_chosen(mode: SyncMode, verbs: set[Verb]) -> None:
    """Mirror, additive, manual, paused; and what happened in the pause arrives after it."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    with host.store.transaction() as ports:
        roster.set_mode(ports, SectionKey(CLEVER, DISTRICT, SECTIONS[0]), mode, actor="t0", now=NOW)
    after = snapshot(section("c0", students=[*FEW[1:], "s06"], name="Renamed"))
    assert {step.verb for step in host.sync(after).done} == verbs
    host.change(mode=SyncMode.MIRROR)
    host.sync(after)
    assert (host.section().name, host.active()) == ("Renamed", listed(after))


@pytest.mark.parametrize("state", ["paused", "Requires Review"])
def test_a_district_at_rest_ends_nothing(state: str) -> None:
    """District state `paused` or `Requires Review`: what is shared may be old; who joins, joins."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    resting = attrs.evolve(snapshot(section("c0", students=[*FEW[1:], "s06"])), district_state=state)
    report = host.sync(resting)
    assert {step.hold and step.hold.rule for step in report.held} == {Rule.DISTRICT_PAUSED}
    assert report.count(Verb.ENROLL) == 1


def test_a_term_that_ended_takes_nobody_out() -> None:
    """A class of a term that is over is emptied at the source; here its people keep their class, and it is said."""
    host = Host()
    ended = Term(id=TermId("y1"), ends=date(2026, 9, 1))
    before, after = (attrs.evolve(section("c0", students=some), term=ended.id) for some in (FEW, FEW[1:]))
    host.sync(snapshot(before))
    plan = host.plan(attrs.evolve(snapshot(after), terms={ended.id: ended}))
    assert rules(plan) == {Rule.TERM_ENDED}
    assert any("ended on 2026-09-01" in note.sentence for note in plan.notes)


def test_login_26_the_same_class_from_a_second_provider_is_held_with_what_it_would_do() -> None:
    """Google Classroom feeds the class already: importing it from Clever too is held, and says so in numbers."""
    host = Host()
    with host.store.transaction() as ports:
        source = SectionKey(GOOGLE_CLASSROOM, DISTRICT, SectionId("g"))
        there = ports.sections.save([HostSection(name="Maths", owner=host.teacher, source=source)])[0]
        assert there.id is not None
    for one in FEW:
        child = host.account(one, person=one)
        with host.store.transaction() as ports:
            roster.add_by_hand(ports, there.id, child, actor="google", now=NOW)
    plan = host.plan(snapshot(section("c0", students=[*FEW, "s06"])))
    assert rules(plan) == {Rule.SECOND_PROVIDER}
    assert "5 of its students are in section" in plan.steps[0].hold.sentence  # type: ignore[union-attr]
    assert "with 1 more" in plan.steps[0].hold.sentence  # type: ignore[union-attr]
    assert host.apply(plan).done == ()
    assert host.approved(host.plan(snapshot(section("c0", students=FEW)))).count(Verb.ENROLL) == 6


# --- 30, 35 to 39, 47 to 50: the run itself ---------------------------------------------------------------------------


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_roster_30_no_plan_touches_work(a: Snapshot, b: Snapshot) -> None:
    """No verb deletes a person, a row or work: accounts, links and rows only grow, whatever was approved."""
    host = Host()
    host.approved(host.plan(a))
    with host.store.transaction() as ports:
        accounts = {one.id: one.activity for one in ports.accounts.all()}
        rows = {(row.section, row.account, row.role): row.since for row in ports.sections.enrollments()}
    host.approved(host.plan(b))
    with host.store.transaction() as ports:
        assert accounts.items() <= {one.id: one.activity for one in ports.accounts.all()}.items()
        assert rows.items() <= {(r.section, r.account, r.role): r.since for r in ports.sections.enrollments()}.items()


def test_roster_35_a_plan_is_fitted_to_rows_that_were_edited_meanwhile() -> None:
    """Only touched rows are dropped, each with the reason; the rest is applied; nothing unseen is overwritten."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    plan = host.plan(snapshot(section("c0", students=["s03", "s04", "s05", "s06"])))
    host.removed_by_hand(host.who("s01"))
    with host.store.transaction() as ports:
        fitted = roster.rebase(ports, plan)
    assert [(one.step.verb, one.step.person) for one in fitted.dropped] == [(Verb.WITHDRAW, "s01")]
    assert "edited since" in fitted.dropped[0].why
    report = host.apply(fitted.plan)
    assert {(step.verb, step.person) for step in report.done} == {(Verb.ENROLL, "s06"), (Verb.WITHDRAW, "s02")}
    assert host.rows()[host.who("s01")].status.value == "removed_by_hand"


@settings(max_examples=20)
@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_roster_36_the_second_run_writes_nothing(a: Snapshot, b: Snapshot) -> None:
    """plan(s, apply(s, h)) is empty, and applying it changes nothing that is kept."""
    host = Host()
    for snap in (a, b):
        host.approved(host.plan(snap))
    before = host.everything()
    plan = host.plan(b)
    assert plan.empty
    host.apply(plan)
    assert host.everything() == before


@settings(max_examples=20)
@given(arbitrary_snapshots(), arbitrary_snapshots(), st.integers(-2, 2), st.integers(-2, 2))
def test_roster_39_a_wrong_clock_changes_no_step(a: Snapshot, b: Snapshot, first: int, then: int) -> None:
    """No decision by wall clock: clocks two days off plan the same steps, apart from how long something has waited."""
    right, wrong = Host(), Host()
    for snap, day in ((a, first), (b, then)):
        plans = [right.plan(snap), wrong.plan(on_day(day, snap))]
        assert [step.key for step in plans[0]] == [step.key for step in plans[1]]
        right.approved(plans[0])
        wrong.approved(plans[1])
    assert right.active() == wrong.active()


def test_roster_39_a_clock_that_was_wrong_makes_the_budget_only_stricter() -> None:
    """What left under a clock from the future still counts today."""
    host, students = Host(), list(CLASS)
    host.sync(snapshot(section("c0", students=students)))
    host.sync(on_day(400, snapshot(section("c0", students=students[:20]))))
    assert rules(host.plan(snapshot(section("c0", students=students[:19])))) == {Rule.OVER_BUDGET}


def test_roster_47_a_replica_that_is_behind_is_noticed_and_removes_nobody() -> None:
    """The host's rows are older than what was written: said, removals held, and the write checks once more."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    old = host.rows()
    later = NOW + timedelta(hours=1)
    with host.store.transaction() as ports:
        plan = roster.plan(ports, snapshot(section("c0", students=[*FEW[1:], "s06"])))
        roster.apply(ports, plan, actor="nightly", now=later)
    with host.store.transaction() as ports:
        lagging = attrs.evolve(ports, sections=Behind(ports.sections, tuple(old.values())))  # type: ignore[misc]
        plan = roster.plan(lagging, snapshot(section("c0", students=[*FEW[2:], "s06"])))
    assert rules(plan) == {Rule.STALE_READ}
    assert any("behind what was written" in note.sentence for note in plan.notes)
    with host.store.transaction() as ports:
        empty = attrs.evolve(ports, sections=Behind(ports.sections, ()))  # type: ignore[misc]
        plan = roster.plan(empty, snapshot(section("c0", students=[*FEW[2:], "s06"])))
    assert any("behind what was written" in note.sentence for note in plan.notes)


class Behind:
    """A store of sections whose reads are those of an hour ago."""

    def __init__(self, within: object, rows: tuple[object, ...]) -> None:
        self.within, self.rows = within, rows

    def __getattr__(self, name: str) -> object:
        return getattr(self.within, name)

    def enrollments(self, sections: object = None, /) -> tuple[object, ...]:
        return self.rows

    def rolls(self, sections: object, /) -> object:
        return rolls_of(self.rows)  # type: ignore[arg-type]


def test_roster_48_a_held_run_keeps_its_first_date_and_counts() -> None:
    """Held is not success: it keeps since when, and how often; it ends when the source comes back."""
    host = Host()
    host.sync(snapshot(section("c0", students=CLASS)))
    broken = snapshot(section("c0", students=CLASS[:5]))
    reports = [host.sync(on_day(night, broken)) for night in range(4)]
    assert [report.ending for report in reports] == [Ending.HELD] * 4
    assert [report.nights for report in reports] == [0, 1, 2, 3]
    assert reports[3].oldest == NOW
    assert host.sync(on_day(4, snapshot(section("c0", students=CLASS)))).ending is Ending.DONE
    assert host.sync(on_day(5, broken)).oldest is None


@pytest.mark.parametrize("chunked", [False, True])
def test_roster_48_what_is_held_does_not_slip_through_because_somebody_joined(*, chunked: bool) -> None:
    """Found by the state machine: two of two leave and one joins; tomorrow it is two of three, which is allowed."""
    host = Host()
    host.sync(snapshot(section("c0", students=["s01", "s02"])))
    after = snapshot(section("c0", students=["s03"]))
    plan = host.plan(after)
    assert rules(plan) == {Rule.EMPTIED}
    if chunked:
        roster.run(host.store, plan, actor="nightly", now=NOW)
    else:
        host.apply(plan)
    assert rules(host.plan(after)) == {Rule.EMPTIED}


@pytest.mark.parametrize("chunked", [False, True])
def test_roster_48_nor_does_a_move_out_of_a_class_that_grew(*, chunked: bool) -> None:
    """Found by the state machine: the only student moves away and another joins; the class that is left remembers."""
    host = Host()
    host.sync(snapshot(section("c0", students=["s01"]), section("c1", students=["s05", "s06"])))
    after = snapshot(section("c0", students=["s02"]), section("c1", students=["s01", "s05", "s06"]))
    plan = host.plan(after)
    assert [step.verb for step in plan.held] == [Verb.MOVE]
    if chunked:
        roster.run(host.store, plan, actor="nightly", now=NOW)
    else:
        host.apply(plan)
    (again,) = host.plan(after)
    assert again.hold is not None
    assert (again.verb, again.hold.rule, again.hold.nights) == (Verb.MOVE, Rule.EMPTIED, 1)
    assert again.hold.since == after.taken_at


def test_roster_48_what_waits_is_measured_by_the_fewest_there_were() -> None:
    """Found by the state machine: a teacher's leaving waits already when the class had more students."""
    host = Host()
    host.sync(snapshot(section("c0", students=["s01", "s02"])))
    nights = [["s01", "s02"], ["s01"], ["s03", "s04"], ["s03", "s04"]]
    held = [host.sync(snapshot(section("c0", teachers=["t1"], students=students))).held for students in nights]
    waiting = [{step.hold.rule for step in several if step.hold} for several in held]
    assert waiting == [{Rule.LAST_TEACHER}, {Rule.LAST_TEACHER}, *[{Rule.LAST_TEACHER, Rule.EMPTIED}] * 2]


def test_roster_48_the_age_of_a_hold_is_no_part_of_what_is_approved() -> None:
    """The same plan on the next night has the same digest, though it is a night older."""
    host = Host()
    host.sync(snapshot(section("c0", students=CLASS)))
    broken = snapshot(section("c0", students=CLASS[:5]))
    first = host.plan(broken)
    host.apply(first)
    assert host.plan(broken).digest == first.digest


@settings(max_examples=20)
@given(st.sets(st.integers(0, 24), min_size=8), st.sets(st.integers(0, 24), min_size=8))
def test_roster_49_a_late_approval_releases_only_what_was_read(then: set[int], now: set[int]) -> None:
    """Applied removals are among those approved and those of today; what is new today waits."""
    host = Host()
    host.sync(snapshot(section("c0", students=CLASS)))
    read, today = (
        host.plan(snapshot(section("c0", students=[one for n, one in enumerate(CLASS) if n not in out])))
        for out in (then, now)
    )
    word = Approval(digest=read.digest, by=host.teacher, why="they moved school")
    if read.digest != today.digest:
        with pytest.raises(ConfigurationError):
            host.apply(today, word)
    narrowed, carried = roster.carry_over(word, read=read, now=today)
    report = host.apply(narrowed, carried)
    assert {step.person for step in report.done if step.verb is Verb.WITHDRAW} == {CLASS[n] for n in then & now}


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_roster_50_undo_puts_everything_back(a: Snapshot, b: Snapshot) -> None:
    """undo(apply(p)): enrollments, sections, names and the source's word are as before; a second undo does nothing."""
    host = Host()
    host.approved(host.plan(a))
    before, said = host.active(), host.everything()[4]  # type: ignore[index]
    names = account_facts(host)
    plan = host.plan(b)
    host.approved(plan)
    with host.store.transaction() as ports:
        undone = roster.undo(ports, plan.digest, actor="admin", now=NOW + timedelta(minutes=1))
    assert undone.kept == ()
    assert host.active() == before
    assert host.everything()[4] == said  # type: ignore[index]
    assert names.items() <= account_facts(host).items()


def account_facts(host: Host) -> dict[str, tuple[str, str]]:
    with host.store.transaction() as ports:
        return {one.id: (one.name.display(), one.email or "") for one in ports.accounts.all()}


def test_roster_50_what_people_did_after_the_run_wins_over_its_undo() -> None:
    """Later edits stay and are listed; the rest goes back."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    plan = host.plan(snapshot(section("c0", students=["s03", "s04", "s05", "s06"])))
    host.apply(plan)
    late = host.who("s06")
    host.removed_by_hand(late)
    with host.store.transaction() as ports:
        undone = roster.undo(ports, plan.digest, actor="admin", now=NOW)
    assert undone.kept == (f"account {late} in section {host.section().id}",)
    assert host.active() == listed(snapshot(section("c0", students=FEW)))


@pytest.mark.parametrize("field", ["name", "email"])
def test_roster_50_what_somebody_calls_themselves_since_wins_over_an_undo(field: str) -> None:
    """The run wrote a name and an email, and one was edited by hand after it: neither goes back, and it is told."""
    host, key = Host(), PersonId("s01")
    before = person(key, name=PersonName("Old", "Name"), email="old@example.test")
    after = attrs.evolve(before, name=PersonName("New", "Name"), email="new@example.test")
    host.sync(snapshot(section("c0", students=["s01"]), people=[before]))
    plan = host.plan(snapshot(section("c0", students=["s01"]), people=[after]))
    host.apply(plan)
    child, own = host.who("s01"), {"name": PersonName("Own", "Name"), "email": "own@example.test"}
    with host.store.transaction() as ports:
        ports.accounts.update([attrs.evolve(ProfileUpdate(account=child), **{field: own[field]})])
    edited = account_facts(host)
    with host.store.transaction() as ports:
        undone = roster.undo(ports, plan.digest, actor="admin", now=NOW)
    assert undone.kept == (f"account {child}",)
    assert account_facts(host) == edited


def test_roster_50_the_undo_of_an_import_puts_the_class_away_and_deletes_nobody() -> None:
    """Accounts and links stay; importing once more finds them."""
    host = Host()
    snap = snapshot(section("c0", students=FEW))
    plan = host.plan(snap)
    host.apply(plan)
    with host.store.transaction() as ports:
        roster.undo(ports, plan.digest, actor="admin", now=NOW)
    assert host.active() == set()
    again = host.sync(snap)
    assert (again.created, host.active()) == (0, listed(snap))


def test_a_step_that_no_store_takes_undoes_the_whole_apply() -> None:
    """One transaction: a refused row leaves nothing behind (chunked runs isolate it instead)."""
    host = Host()
    plan = host.plan(snapshot(section("c0", students=FEW)))

    class Refuses(Behind):
        def save_enrollments(self, rows: object) -> None:
            raise StoreError("no", next_step="none")

    before = host.everything()
    with pytest.raises(StoreError), host.store.transaction() as ports:
        roster.apply(attrs.evolve(ports, sections=Refuses(ports.sections, ())), plan, actor="x", now=NOW)  # type: ignore[misc]
    assert host.everything() == before


def test_a_plan_is_read_back_from_json_as_it_was() -> None:
    """plan -> JSON -> plan is identity, digest included, for plans with holds, proposals, notes and names."""

    @settings(max_examples=30)
    @given(arbitrary_snapshots(), arbitrary_snapshots())
    def check(a: Snapshot, b: Snapshot) -> None:
        host = Host()
        host.approved(host.plan(a))
        plan = host.plan(attrs.evolve(b, terms={TermId("y"): Term(id=TermId("y"), ends=date(2026, 1, 1))}))
        text = roster.plan_to_json(plan)
        back = roster.plan_from_json(text)
        assert back == plan
        assert (back.digest, roster.plan_to_json(back)) == (plan.digest, text)
        assert host.apply(back).plan == plan.digest

    check()
    with pytest.raises(ConfigurationError):
        roster.plan_from_json('{"$":"os.system"}')


def test_login_16_a_link_is_found_whoever_made_it() -> None:
    """An identity that was linked by hand between plan and apply makes the plan stale, not a second account."""
    host = Host()
    plan = host.plan(snapshot(section("c0", students=FEW)))
    child = host.account("Early")
    with host.store.transaction() as ports:
        key = IdentityKey(CLEVER, DISTRICT, PersonId("s01"))
        ports.links.add([Link(key=key, account=child, linked_at=NOW)])
    with host.store.transaction() as ports:
        fitted = roster.rebase(ports, plan)
    assert host.apply(fitted.plan).created == 4
    assert child in host.rows()
