"""An undo is read before it is done: what would go back, what stays, and what waits for a person's word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hosts import Host
from hypothesis import given
from rosters import NOW, arbitrary_snapshots, section, snapshot
from sqlalchemy import event

from clever_roster import roster
from clever_roster.errors import ConfigurationError, StalePlan
from clever_roster.model import EnrollmentStatus, Role, Snapshot
from clever_roster.roster import Approval, Reversal, Rule, reversal_from_json, reversal_to_json
from clever_roster.roster.written import Codec
from clever_roster.storage.sqlalchemy import SqlStore

MANY = [f"s{n:02}" for n in range(10)]
LATER = NOW + timedelta(minutes=1)


def planned(host: Host, plan: roster.Plan) -> Reversal:
    with host.store.transaction() as ports:
        return roster.plan_undo(ports, plan.digest)


def reversed_(host: Host, reversal: Reversal, approval: Approval | None = None) -> roster.Undone:
    with host.store.transaction() as ports:
        return roster.reverse(ports, reversal, actor="admin", now=LATER, approval=approval)


def joined(host: Host, before: int, after: int) -> roster.Plan:
    """A class of some students, and the plan by which others joined."""
    host.sync(snapshot(section("c0", students=MANY[:before])))
    plan = host.plan(snapshot(section("c0", students=MANY[:after], name="New name")))
    host.apply(plan)
    return plan


def test_what_the_source_said_since_stays_when_an_older_run_is_undone() -> None:
    """Undone out of turn: the class is remembered as the source described it last, and not as before the older run."""
    host = Host()
    host.sync(snapshot(section("c0", students=MANY[:5])))
    older = host.plan(snapshot(section("c0", students=MANY[:6], name="New name")))
    host.apply(older)
    newest = snapshot(section("c0", students=MANY[:6], name="Newest name"))
    host.sync(newest)
    with host.store.transaction() as ports:
        roster.undo(ports, older.digest, actor="admin", now=LATER)
        said = ports.roster.sections(host.keys())
    assert [one.name for one in said.values()] == ["Newest name"]


def test_lists_of_enumerations_come_back_as_they_were() -> None:
    """Texts stand as they are in a list; what only looks like a text keeps what it is."""
    codec = Codec((Role,))
    value = ("student", Role.STUDENT, ("a", "b"), (Role.TEACHER,))
    again = codec.loads(codec.dumps(value))
    assert again == value
    assert [type(one) for one in again] == [str, Role, tuple, tuple]
    assert type(again[3][0]) is Role


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_a_reversal_does_what_undo_does(a: Snapshot, b: Snapshot) -> None:
    """Planned, written as JSON, read back, approved and carried out: the same rows as an undo at once."""
    ends = []
    for planned_first in (True, False):
        host = Host()
        host.approved(host.plan(a))
        plan = host.plan(b)
        host.approved(plan)
        with host.store.transaction() as ports:
            if planned_first:
                reversal = roster.plan_undo(ports, plan.digest)
                again = reversal_from_json(reversal_to_json(reversal))
                assert (again, again.digest) == (reversal, reversal.digest)
                word = Approval(digest=again.digest, by=host.teacher, why="a mistake")
                roster.reverse(ports, again, actor="admin", now=LATER, approval=word)
            else:
                roster.undo(ports, plan.digest, actor="admin", now=LATER)
        ends.append(host.everything())
        with host.store.transaction() as ports:
            assert not roster.plan_undo(ports, plan.digest).rows
    assert ends[0] == ends[1]


def test_planning_an_undo_writes_nothing_and_tells_what_would_go_back() -> None:
    """In sentences, with ids and without names."""
    host = Host()
    plan = joined(host, 8, 9)
    before = host.everything()
    reversal = planned(host, plan)
    assert host.everything() == before
    told = [*reversal.explain()]
    assert told == [
        f"Account {host.who('s08')} in section {host.section().id}: active becomes withdrawn.",
        f"Section {host.section().id}: is again as it was.",
    ]
    assert "1 rows go back, 0 held" in repr(reversal)
    assert not reversal.empty


def test_an_undo_that_takes_many_out_waits_like_a_night_that_does() -> None:
    """The section's rows are held; names and other sections go back; the approval names the reversal by its digest."""
    host = Host()
    plan = joined(host, 4, 10)
    reversal = planned(host, plan)
    (hold,) = reversal.holds.values()
    assert (hold.rule, hold.sentence) == (Rule.MASS_REMOVAL, "6 of 10 students would leave at once.")
    assert all(told.endswith(hold.sentence) for told in reversal.explain() if told.startswith("Account"))
    undone = reversed_(host, reversal)
    assert (undone.rows, undone.held, undone.sections) == (0, 6, 1)
    assert len(host.active()) == 11
    rest = planned(host, plan)
    assert reversed_(host, rest, Approval(digest=rest.digest, by=host.teacher, why="wrong class")).rows == 6
    assert len(host.active()) == 5
    with host.store.transaction() as ports:
        line = ports.roster.journal(host.section_in(ports, "c0").id or "")[-1]  # type: ignore[arg-type]
    assert (line.verb, line.actor) == ("undo", f"{host.teacher}: wrong class")


def test_an_approval_is_for_the_reversal_that_was_read() -> None:
    """One for another is refused, and nothing is written."""
    host = Host()
    reversal = planned(host, joined(host, 4, 10))
    before = host.everything()
    with pytest.raises(ConfigurationError, match="names"):
        reversed_(host, reversal, Approval(digest="0" * 32, by=host.teacher, why="?"))
    assert host.everything() == before


def test_a_reversal_is_stale_when_a_row_was_edited_since() -> None:
    """What nobody has read is not overwritten; planned again, the edited row stays and is told."""
    host = Host()
    plan = joined(host, 8, 9)
    reversal = planned(host, plan)
    host.removed_by_hand(host.who("s08"))
    with pytest.raises(StalePlan):
        reversed_(host, reversal)
    fresh = planned(host, plan)
    assert fresh.kept == (f"account {host.who('s08')} in section {host.section().id}",)
    assert [*fresh.explain()][-1] == f"What was edited since stays: {fresh.kept[0]}."
    assert reversed_(host, fresh).kept == fresh.kept
    assert host.rows()[host.who("s08")].status is EnrollmentStatus.REMOVED_BY_HAND


def test_the_import_of_a_class_goes_back_without_a_hold() -> None:
    """The section is put away whole, so nobody is taken out of a class that goes on."""
    host = Host()
    plan = host.plan(snapshot(section("c0", students=MANY)))
    host.apply(plan)
    reversal = planned(host, plan)
    assert not reversal.holds
    assert any("is put away" in told for told in reversal.explain())
    assert reversed_(host, reversal).rows == 11
    assert host.active() == set()


def test_to_plan_the_undo_of_many_classes_is_asked_as_often_as_of_few(tmp_path: Path) -> None:
    """A district's first import is undone without a query for each class."""
    counts = []
    for size in (2, 40):
        store = SqlStore(f"sqlite:///{tmp_path / str(size)}.db")
        store.create_tables()
        host = Host(store)
        plan = host.plan(snapshot(*(section(f"c{n}", students=MANY[:3]) for n in range(size))))
        host.apply(plan)
        statements: list[str] = []
        event.listen(store.engine, "before_cursor_execute", lambda *told, to=statements: to.append(told[2]))
        assert len(planned(host, plan).sections) == size
        counts.append(len(statements))
        store.close()
    assert counts[0] == counts[1]


def test_of_an_unknown_plan_nothing_goes_back() -> None:
    """No trace, no change."""
    host = Host()
    with host.store.transaction() as ports:
        assert roster.plan_undo(ports, "0" * 32).empty


def test_a_text_that_is_no_reversal_is_refused() -> None:
    """Neither another value nor no JSON at all."""
    limits = roster.plan_to_json(Host().plan(snapshot(section("c0"))))
    for text in (limits, "{}", '{"$":"Limits"}'):
        with pytest.raises(ConfigurationError):
            reversal_from_json(text)
