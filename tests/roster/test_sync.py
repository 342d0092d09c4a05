"""Import and sync against a store: what the host has afterwards, and what it never loses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest
from hosts import Host, listed
from hypothesis import given
from hypothesis import strategies as st
from rosters import DISTRICT, NOW, SECTIONS, arbitrary_snapshots, person, section, snapshot

from clever_roster import roster
from clever_roster.errors import ConfigurationError, StalePlan
from clever_roster.model import (
    CLEVER,
    EnrollmentStatus,
    HostSection,
    IdentityKey,
    Origin,
    PersonId,
    PersonName,
    Proof,
    Role,
    Snapshot,
)
from clever_roster.ports import Ports
from clever_roster.roster import Approval, Attachment, Rule, Verb


@pytest.fixture
def host() -> Host:
    return Host()


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_an_approved_sync_makes_the_host_what_the_source_says(a: Snapshot, b: Snapshot) -> None:
    """Convergence: import a, sync to b, and the host has b; a second plan is empty and the mirror is b."""
    host = Host()
    for snap in (a, b):
        host.approved(host.plan(snap))
    assert host.active() == listed(b)
    again = host.plan(b)
    assert again.empty
    assert dict(again.mirror.sections) == dict(b.sections)


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_a_plan_accounts_for_every_head(a: Snapshot, b: Snapshot) -> None:
    """Joins and moves in, less withdrawals and moves out, are the difference in size, section by section."""
    host = Host()
    host.approved(host.plan(a))
    before, plan = host.active(), host.plan(b)
    host.approved(plan)
    for key in SECTIONS:
        if key in plan.snapshot.sections:
            came = sum(s.section == key and s.verb in {Verb.ENROLL, Verb.RESTORE, Verb.MOVE} for s in plan.steps)
            went = sum(s.section == key and s.verb is Verb.WITHDRAW for s in plan.steps)
            went += sum(s.origin == key for s in plan.steps)
            sizes = [sum(one[0] == key for one in rows) for rows in (host.active(), before)]
            assert sizes[0] - sizes[1] == came - went


@given(arbitrary_snapshots(), arbitrary_snapshots(), st.sets(st.sampled_from(SECTIONS), min_size=1))
def test_a_half_read_roster_removes_nobody_even_when_approved(a: Snapshot, b: Snapshot, cut: set[str]) -> None:
    """Where the proof has a gap, whoever was there still is; approval cannot release what is not planned."""
    host = Host()
    host.approved(host.plan(a))
    before = host.active()
    host.approved(host.plan(attrs.evolve(b, proof=Proof(gaps=dict.fromkeys(cut, "cut short")))))
    assert {one for one in before if one[0] in cut} <= host.active()


def test_importing_makes_one_account_for_each_child(host: Host) -> None:
    """A child in two classes is one account; a second import changes nothing."""
    snap = snapshot(section("c0", students=["s01", "s02"]), section("c1", students=["s02"]))
    assert host.sync(snap).created == 2
    assert host.plan(snap).empty
    assert set(host.rows("c0")) == {host.who("s01"), host.who("s02")}


def test_login_28_a_child_who_logged_in_first_keeps_the_account(host: Host) -> None:
    """Student-first login before the teacher imports: the roster finds the account by identity."""
    early = host.account("Sami", person="s01")
    assert host.sync(snapshot(section("c0", students=["s01"]))).created == 0
    assert early in host.rows()


def test_roster_26_who_was_added_by_hand_stays(host: Host) -> None:
    """origin = manual; sync never removes it; listed: both; dropped again: falls back to manual."""
    guest = host.account("Guest", person="s09")
    host.sync(snapshot(section("c0", students=["s01", "s02"])))
    host.added_by_hand(guest)
    for students, origin in (
        (["s01", "s02"], Origin.MANUAL),
        (["s01", "s02", "s09"], Origin.BOTH),
        (["s01", "s02"], Origin.MANUAL),
    ):
        host.sync(snapshot(section("c0", students=students)))
        assert (host.rows()[guest].status, host.rows()[guest].origin) == (EnrollmentStatus.ACTIVE, origin)
    note = host.plan(snapshot(section("c0", students=["s01", "s02"]))).notes[0]
    assert (note.account, note.sentence) == (guest, "was added by hand, and stays")


def test_roster_27_who_was_removed_by_hand_is_not_brought_back(host: Host) -> None:
    """Tombstone by human: not re-added every night; shown as a note."""
    snap = snapshot(section("c0", students=["s01", "s02"]))
    host.sync(snap)
    out = host.who("s01")
    host.removed_by_hand(out)
    plan = host.plan(snap)
    assert plan.empty
    assert [note.account for note in plan.notes] == [out]
    assert host.rows()[out].status is EnrollmentStatus.REMOVED_BY_HAND


def test_who_is_in_no_class_is_no_matter_of_a_plan(host: Host) -> None:
    """A district describes contacts too, whom no section lists: they are not kept, and are no news every night."""
    listed_ones = snapshot(section("c0", students=["s01"]))
    contact = person(PersonId("s09"), roles=frozenset({Role.CONTACT}))
    read = attrs.evolve(listed_ones, people={**listed_ones.people, contact.id: contact})
    host.sync(read)
    again = host.plan(read, attach=False)
    assert (contact.id in again.snapshot.people, again.idle) == (False, True)


def test_roster_25_who_leaves_and_returns_has_the_same_row(host: Host) -> None:
    """Withdrawn, not deleted; restored with the history of before, and the journal tells both."""
    everyone = ["s01", "s02", "s03", "s04", "s05"]
    host.sync(snapshot(section("c0", students=everyone)))
    first = host.rows()[host.who("s01")]
    host.sync(snapshot(section("c0", students=everyone[1:])))
    assert host.rows()[host.who("s01")].status is EnrollmentStatus.WITHDRAWN
    plan = host.plan(snapshot(section("c0", students=everyone)))
    assert [step.verb for step in plan] == [Verb.RESTORE]
    host.apply(plan)
    back = host.rows()[host.who("s01")]
    assert (back.status, back.since, back.account) == (EnrollmentStatus.ACTIVE, first.since, first.account)
    with host.store.transaction() as ports:
        told = [entry.verb for entry in ports.roster.journal(back.section) if entry.account == back.account]
    assert told == ["enroll", "withdraw", "restore"]


def _link_moves(host: Host, ports: Ports) -> None:
    (link,) = ports.links.find([IdentityKey(CLEVER, DISTRICT, PersonId("s01"))]).values()
    ports.links.replace([attrs.evolve(link, account=host.account_in(ports))])


def _person_is_said_otherwise(_: Host, ports: Ports) -> None:
    ports.roster.save(CLEVER, DISTRICT, people=[person(PersonId("s01"), email="b@x.test")], sections=[])


def _section_is_said_otherwise(_: Host, ports: Ports) -> None:
    said = attrs.evolve(section("c0", students=["s01", "s02"]), subject="art")
    ports.roster.save(CLEVER, DISTRICT, people=[], sections=[said])


def _section_is_renamed(host: Host, ports: Ports) -> None:
    ports.sections.save([attrs.evolve(host.section_in(ports, "c0"), name="Ours")])


def _wished_section_is_renamed(host: Host, ports: Ports) -> None:
    (own,) = (one for one in ports.sections.owned(host.teacher) if one.source is None)
    ports.sections.save([attrs.evolve(own, name="Ours")])


@pytest.mark.parametrize(
    "meanwhile",
    [
        _link_moves,
        _person_is_said_otherwise,
        _section_is_said_otherwise,
        _section_is_renamed,
        _wished_section_is_renamed,
    ],
)
def test_a_plan_is_stale_whatever_changed_of_what_it_was_made_from(
    host: Host, meanwhile: Callable[[Host, Ports], None]
) -> None:
    """Links, what the source said last, and the host's own sections: none of it is among the plan's steps."""
    host.sync(snapshot(section("c0", students=["s01", "s02"])))
    with host.store.transaction() as ports:
        (own,) = ports.sections.save([HostSection(name="Mine", owner=host.teacher)])
    wishes = {SECTIONS[1]: Attachment(owner=host.teacher, into=own.id)}
    both = snapshot(section("c0", students=["s01", "s02"]), section("c1", students=["s03"]))
    with host.store.transaction() as ports:
        plan = roster.plan(ports, both, attach=wishes)
    assert {step.section for step in plan} == {"c1"}
    with host.store.transaction() as ports:
        meanwhile(host, ports)
    with pytest.raises(StalePlan):
        host.apply(plan)


@pytest.mark.parametrize("unlinked", [False, True])
def test_a_row_keeps_the_day_on_which_it_was_made(host: Host, unlinked: bool) -> None:  # noqa: FBT001 - a parameter
    """Who moves, leaves or comes back a day later is in the same row as before: of both ends of a move, too."""
    first = snapshot(section("c0", students=["s01", "s02", "s03"]), section("c1", students=["s04", "s05", "s06"]))
    host.sync(first)
    account, gone, later = host.who("s01"), host.who("s06"), NOW + timedelta(days=1)
    if unlinked:
        with host.store.transaction() as ports:
            ports.links.remove(IdentityKey(CLEVER, DISTRICT, PersonId("s06")))
    moved = snapshot(section("c0", students=["s02", "s03"]), section("c1", students=["s01", "s04", "s05"]))
    for snap, verbs in ((moved, {Verb.MOVE, Verb.WITHDRAW}), (first, {Verb.MOVE, Verb.RESTORE})):
        plan = host.plan(snap)
        if snap is moved or not unlinked:
            assert {step.verb for step in plan} == verbs
        with host.store.transaction() as ports:
            roster.apply(ports, plan, actor="nightly", now=later)
        rows = [host.rows("c0")[account], host.rows("c1")[gone]]
        assert [row.since for row in rows] == [NOW, NOW]
        assert host.rows("c1")[account].since == later
    with host.store.transaction() as ports:
        roster.undo(ports, plan.digest, actor="principal", now=later)
    assert host.rows("c0")[account].status is EnrollmentStatus.WITHDRAWN


def test_roster_11_a_move_is_one_step_and_both_ends_change_together(host: Host) -> None:
    """Student moves section A to B: one MOVE; the account and with it the work follows."""
    host.sync(snapshot(section("c0", students=["s01", "s02", "s03"]), section("c1", students=["s04"])))
    plan = host.plan(snapshot(section("c0", students=["s02", "s03"]), section("c1", students=["s01", "s04"])))
    assert [(step.verb, step.origin, step.section) for step in plan] == [(Verb.MOVE, "c0", "c1")]
    host.apply(plan)
    account = host.who("s01")
    assert host.rows("c0")[account].status is EnrollmentStatus.WITHDRAWN
    assert host.rows("c1")[account].status is EnrollmentStatus.ACTIVE


@pytest.mark.parametrize(
    ("size", "leaving", "rule"),
    [
        (25, 2, None),
        (25, 5, None),
        (25, 6, Rule.MASS_REMOVAL),
        (2, 1, None),
        (2, 2, Rule.EMPTIED),
        (3, 3, Rule.EMPTIED),
    ],
)
def test_roster_10_removals_are_held_by_share_with_a_floor_for_small_classes(
    size: int, leaving: int, rule: Rule | None
) -> None:
    """One of two may leave, five of twenty-five too; six of twenty-five wait, and a class is never emptied unasked."""
    host = Host()
    students = [f"s{n:02}" for n in range(size)]
    host.sync(snapshot(section("c0", students=students)))
    plan = host.plan(snapshot(section("c0", students=students[leaving:])))
    assert {step.hold and step.hold.rule for step in plan if step.verb is Verb.WITHDRAW} == {rule}


def test_held_removals_do_not_hold_the_rest(host: Host) -> None:
    """Additions and updates go on while removals wait, in the same section and in others."""
    many = [f"s{n:02}" for n in range(10)]
    host.sync(snapshot(section("c0", students=many), section("c1", students=["s10", "s11"])))
    after = snapshot(section("c0", students=["s00", "s11"], name="New name"), section("c1", students=["s10"]))
    report = host.sync(after)
    assert {step.verb for step in report.held} == {Verb.WITHDRAW}
    assert len(report.held) == 9
    assert {step.verb for step in report.done} == {Verb.ALTER_SECTION, Verb.MOVE}
    again = host.plan(after)
    assert (len(again.held), len(again.ready)) == (9, 0)


def test_approval_releases_one_plan_and_no_other(host: Host) -> None:
    """Approval of plan A never applies plan B."""
    many = [f"s{n:02}" for n in range(10)]
    host.sync(snapshot(section("c0", students=many)))
    shown, later = (host.plan(snapshot(section("c0", students=many[:keep]))) for keep in (2, 1))
    word = Approval(digest=shown.digest, by=host.teacher, why="they moved school")
    with pytest.raises(ConfigurationError, match="an approval is for the plan that was read"):
        host.apply(later, word)
    assert len(host.apply(shown, word).done) == 8
    own = host.rows()[host.who("s05")].section
    with host.store.transaction() as ports:
        journal = ports.roster.journal(own)
    assert journal[-1].actor == f"{host.teacher}: they moved school"


def test_a_plan_is_applied_to_the_roster_it_was_made_from_or_not_at_all(host: Host) -> None:
    """Manual edit between plan and apply: the plan is stale, nothing is written."""
    host.sync(snapshot(section("c0", students=["s01", "s02", "s03"])))
    plan = host.plan(snapshot(section("c0", students=["s01", "s02", "s04"])))
    host.removed_by_hand(host.who("s02"))
    with pytest.raises(StalePlan, match="Make the plan again"):
        host.apply(plan)
    assert len(host.rows()) == 3


def test_roster_16_a_section_that_is_gone_is_archived_only_on_a_persons_word(host: Host) -> None:
    """Section deleted at the source: held; approved: archived, everybody's row still there."""
    host.sync(snapshot(section("c0", students=["s01"])))
    plan = host.plan(snapshot(scope=["c0"]))
    assert [(s.verb, s.hold and s.hold.rule) for s in plan] == [(Verb.ARCHIVE, Rule.SECTION_GONE)]
    assert host.sync(snapshot(scope=["c0"])).done == ()
    host.approved(host.plan(snapshot(scope=["c0"])))
    assert host.rows()[host.who("s01")].status is EnrollmentStatus.ACTIVE
    assert host.active() == set()


def test_roster_15_a_section_keeps_the_teacher_who_runs_it(host: Host) -> None:
    """A co-teacher comes and the old primary leaves: joining goes on, the owner's withdrawal waits."""
    host.sync(snapshot(section("c0", teachers=["t0"], students=["s01"])))
    plan = host.plan(snapshot(section("c0", teachers=["t1"], students=["s01"])), attach=False)
    held = [(s.verb, s.person, s.hold.rule) for s in plan if s.hold]
    assert held == [(Verb.WITHDRAW, "t0", Rule.LAST_TEACHER)]
    assert [s.person for s in plan.ready if s.verb is Verb.ENROLL] == ["t1"]


def test_roster_15_a_co_teacher_who_is_replaced_leaves_once_the_other_is_in_class(host: Host) -> None:
    """Who joins in the same plan may be refused, and then nobody would be left; on the next night they are there."""
    host.sync(snapshot(section("c0", teachers=["t0", "t2"], students=["s01"])))
    after = snapshot(section("c0", teachers=["t1"], students=["s01"]))
    held = [[(s.person, s.hold and s.hold.rule) for s in host.sync(after).held] for _ in range(2)]
    assert held == [[("t0", Rule.LAST_TEACHER), ("t2", Rule.LAST_TEACHER)], [("t0", Rule.LAST_TEACHER)]]
    assert ("c0", "t2", "teacher") not in host.active()


def test_login_23_a_section_of_another_teacher_cannot_be_imported(host: Host) -> None:
    """Import by arbitrary section id with a district token: refused; approval does not release it."""
    plan = host.plan(snapshot(section("c0", teachers=["t1"], students=["s01"])), actor=host.teacher)
    assert {step.hold and step.hold.rule for step in plan} == {Rule.NOT_THEIR_CLASS}
    report = host.approved(plan)
    assert report.done == ()
    assert report.sections == {}
    with host.store.transaction() as ports:
        assert list(ports.sections.enrollments()) == []
        assert len(list(ports.accounts.all())) == 1


def test_roster_14_a_roster_row_makes_no_student_a_teacher(host: Host) -> None:
    """A student in the teachers' list waits for a person's word."""
    child = person(PersonId("s01"), roles=frozenset({Role.STUDENT}))
    plan = host.plan(snapshot(section("c0", teachers=["t0", "s01"], students=["s02"]), people=[child]))
    assert [(s.person, s.hold.rule) for s in plan if s.hold] == [("s01", Rule.NOT_A_TEACHER)]


def test_login_25_a_class_is_attached_to_a_section_that_exists(host: Host) -> None:
    """Attach to an existing local section: its name and its people stay; who was there by hand is adopted."""
    guest, known = host.account("Guest"), host.account("Known", person="s01")
    with host.store.transaction() as ports:
        own = ports.sections.save([HostSection(name="My own name", owner=host.teacher)])[0]
        assert own.id is not None
        for account in (guest, known):
            roster.add_by_hand(ports, own.id, account, actor="teacher", now=NOW)
    snap = snapshot(section("c0", students=["s01", "s02"]))
    with host.store.transaction() as ports:
        plan = roster.plan(ports, snap, attach={SECTIONS[0]: Attachment(owner=host.teacher, into=own.id)})
    assert plan.count(Verb.ADOPT) == 1
    report = host.apply(plan)
    assert report.sections == {"c0": own.id}
    rows = host.rows()
    assert [rows[account].origin for account in (guest, known, host.who("s02"))] == [
        Origin.MANUAL,
        Origin.BOTH,
        Origin.SOURCE,
    ]
    with host.store.transaction() as ports:
        assert ports.sections.get(own.id).name == "My own name"


def test_login_26_a_section_has_one_source(host: Host) -> None:
    """A section that is synced from one source section is not attached to a second one."""
    first = host.sync(snapshot(section("c0", students=["s01"])))
    wish = {SECTIONS[1]: Attachment(owner=host.teacher, into=first.sections[SECTIONS[0]])}
    with host.store.transaction() as ports:
        plan = roster.plan(ports, snapshot(section("c1", students=["s02"])), attach=wish)
    assert {step.hold and step.hold.rule for step in plan} == {Rule.OTHER_SOURCE}
    assert host.approved(plan).done == ()


def test_roster_28_a_name_that_a_teacher_chose_is_not_overwritten(host: Host) -> None:
    """Field ownership: renamed at the source, the host follows; renamed by hand, it stays."""
    host.sync(snapshot(section("c0", students=["s01"], name="Algebra")))
    report = host.sync(snapshot(section("c0", students=["s01"], name="Algebra I")))
    with host.store.transaction() as ports:
        attached = ports.sections.get(report.sections[SECTIONS[0]])
        assert attached.name == "Algebra I"
        ports.sections.save([attrs.evolve(attached, name="Period 3, the loud ones")])
    host.sync(snapshot(section("c0", students=["s01"], name="Algebra 1")))
    with host.store.transaction() as ports:
        assert ports.sections.get(report.sections[SECTIONS[0]]).name == "Period 3, the loud ones"


def test_login_29_a_renamed_child_is_renamed_here_and_an_unshared_email_is_kept(host: Host) -> None:
    """Names arrive; an email that is no longer shared clears nothing, one that the source blanks is cleared."""

    def child(name: str, email: str | None) -> Snapshot:
        one = person(PersonId("s01"), name=PersonName(name, "Last"), email=email)
        return snapshot(section("c0", students=["s01"]), people=[one])

    host.sync(child("Old", "a@x.test"))
    for name, email, expected in (("New", None, "a@x.test"), ("New", "", "")):
        host.sync(child(name, email))
        who = host.who("s01")
        with host.store.transaction() as ports:
            account = ports.accounts.find([who])[who]
        assert (account.name.first, account.email or "") == (name, expected)


def test_roster_31_what_a_teacher_archived_is_not_brought_back(host: Host) -> None:
    """Section archived locally: no silent un-archive, no steps."""
    report = host.sync(snapshot(section("c0", students=["s01"])))
    with host.store.transaction() as ports:
        ports.sections.save([attrs.evolve(ports.sections.get(report.sections[SECTIONS[0]]), archived=True)])
    assert host.plan(snapshot(section("c0", students=["s01", "s02"])), attach=False).empty


def test_the_words_of_a_plan_name_people_only_when_asked(host: Host) -> None:
    """Plan prints ids and counts by default; names only on request."""
    child = person(PersonId("s01"), name=PersonName("Nadia", "Petrova"), email="nadia@x.test")
    plan = host.plan(snapshot(section("c0", students=["s01"]), people=[child]))
    quiet, loud = (" ".join(roster.explain(plan, names=names)) for names in (False, True))
    assert "Student Nadia Petrova joins" in loud
    for told in (quiet, repr(plan), repr(plan.steps), repr(plan.snapshot)):
        assert "Nadia" not in told
        assert "nadia" not in told


def test_news_of_somebody_whom_a_half_read_list_left_out_is_told_once(host: Host) -> None:
    """Convergence without proof: a rename that came although the list was cut is done, remembered, and not repeated."""
    host.sync(snapshot(section("c0", students=["s01", "s02"])))
    renamed = person(PersonId("s02"), name=PersonName("New", "Last"))
    cut = snapshot(section("c0", students=["s01"]), proof=Proof(gaps={SECTIONS[0]: "a page was lost"}))
    half_read = attrs.evolve(cut, people={**cut.people, renamed.id: renamed})
    plan = host.plan(half_read)
    assert [step.verb for step in plan] == [Verb.ALTER_PERSON]
    host.apply(plan)
    assert host.plan(half_read).empty
