"""Runs in chunks: killed and resumed, refused rows, two at once, and a holder that slept too long."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import attrs
import pytest
from hosts import Host, listed
from hypothesis import given, settings
from hypothesis import strategies as st
from kills import Scene, survive, told
from rosters import NOW, arbitrary_snapshots, section, snapshot
from sqlalchemy import event, make_url

from clever_roster import roster
from clever_roster.errors import Overtaken, ScopeBusy, StoreError
from clever_roster.model import EnrollmentStatus, HostSection, Origin, PersonId, SectionId, Snapshot
from clever_roster.roster import Approval, Attachment, Ending, Plan, Report, Verb
from clever_roster.roster.lease import release, renew, take
from clever_roster.storage.memory import MemoryStore
from clever_roster.storage.sqlalchemy import SqlStore
from databases import HOW, POSTGRES

FEW = ["s01", "s02", "s03", "s04", "s05"]
KILLS = int(os.environ.get("CLEVER_ROSTER_KILLS", "20"))
SCHEMA = "clever_roster_kills"


def in_chunks(host: Host, plan: Plan, *, chunk: int = 2, **more: object) -> Report:
    word = Approval(digest=plan.digest, by=host.teacher, why="seen")
    return roster.run(host.store, plan, actor="nightly", now=NOW, approval=word, chunk=chunk, **more)  # type: ignore[arg-type]


@settings(max_examples=20)
@given(arbitrary_snapshots(), arbitrary_snapshots(), st.integers(1, 7))
def test_roster_31_a_run_in_chunks_is_one_apply(a: Snapshot, b: Snapshot, chunk: int) -> None:
    """However it is cut, the end is that of one transaction; and a second plan is empty."""
    whole, cut = Host(), Host()
    for snap in (a, b):
        whole.approved(whole.plan(snap))
        plan = cut.plan(snap)
        report = in_chunks(cut, plan, chunk=chunk)
        assert {step.key for step in report.done} == {step.key for step in plan}
    assert told(cut.store) == told(whole.store)
    assert cut.plan(b).empty


def test_roster_31_killed_anywhere_a_run_ends_as_if_it_had_not_been(tmp_path) -> None:
    """SIGKILL at random moments on SQLite, resumed: nothing lost, nothing twice. CLEVER_ROSTER_KILLS asks for more."""

    path, master = tmp_path / "school.db", tmp_path / "master.db"

    def reopen() -> SqlStore:
        store = SqlStore(f"sqlite:///{path}")
        # What a killed process wrote is with the operating system; waiting for the disk would prove nothing here.
        event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        return store

    store = SqlStore(f"sqlite:///{master}")
    store.create_tables()
    scene = Scene.set_up(store)
    store.close()

    def reset() -> Scene:
        for old in tmp_path.glob("school.db*"):
            old.unlink()
        shutil.copyfile(master, path)
        return scene

    died, moments = survive(KILLS, reset=reset, reopen=reopen)
    assert died >= KILLS
    assert moments > 100


@pytest.mark.skipif(POSTGRES is None, reason=HOW)
def test_roster_31_killed_anywhere_on_postgresql() -> None:
    """The same on PostgreSQL, in a schema of its own."""
    url = make_url(POSTGRES or "").update_query_dict({"options": f"-csearch_path={SCHEMA}"})

    def reopen() -> SqlStore:
        return SqlStore(url)

    def reset() -> Scene:
        store = reopen()
        with store._engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        store.create_tables()
        scene = Scene.set_up(store)
        store.close()
        return scene

    assert survive(KILLS, reset=reset, reopen=reopen)[0] >= KILLS


class Wrapped:
    """A store whose transactions something happens to."""

    def __init__(self, within: MemoryStore) -> None:
        self.within = within

    @contextmanager
    def transaction(self):
        with self.within.transaction() as ports:
            yield self.ports(ports)
        self.committed()

    def ports(self, ports):
        return ports

    def committed(self) -> None:
        pass


class LosesAnswers(Wrapped):
    """Commits, and then the connection is gone."""

    lost = 0

    def committed(self) -> None:
        self.lost += 1
        if self.lost % 2 == 0:
            raise StoreError("the connection was lost", next_step="again")


def test_roster_32_an_answer_that_was_lost_is_no_second_write() -> None:
    """Raise after commit: begun again as often as it takes, every effect is there once."""
    host, clean = Scene.set_up(MemoryStore()), Scene.set_up(MemoryStore())
    clean.run(clean.host.store)
    lossy = LosesAnswers(host.host.store)  # type: ignore[arg-type]
    for _ in range(60):
        try:
            host.run(lossy)
            break
        except StoreError:
            continue
    host.run(host.host.store)
    assert told(host.host.store) == told(clean.host.store)


class RefusesRows(Wrapped):
    """Cannot take some people, whoever brings them."""

    poison: frozenset[str] = frozenset()

    def ports(self, ports):
        poison = self.poison

        class Sections:
            def __getattr__(self, name):
                return getattr(ports.sections, name)

            def save_enrollments(self, rows):
                if any(row.person in poison for row in rows):
                    raise StoreError("a constraint says no", next_step="mend the row")
                ports.sections.save_enrollments(rows)

        return attrs.evolve(ports, sections=Sections())


@settings(max_examples=20)
@given(st.sets(st.sampled_from(FEW)), st.integers(1, 9))
def test_roster_33_rows_that_the_host_refuses_do_not_stop_the_others(poison: set[str], chunk: int) -> None:
    """Isolated and reported, each by itself; the rest of the chunk is there. The next plan proposes them again."""
    host = Host()
    store = RefusesRows(host.store)  # type: ignore[arg-type]
    store.poison = frozenset(poison)
    plan = host.plan(snapshot(section("c0", students=FEW)))
    report = roster.run(store, plan, actor="nightly", now=NOW, chunk=chunk)  # type: ignore[arg-type]
    assert {missed.step.person for missed in report.failed} == poison
    assert all("a constraint says no" in missed.why for missed in report.failed)
    assert report.ending is (Ending.FAILED if poison else Ending.DONE)
    assert report.settled is not bool(poison)
    assert {person for _, person, role in host.active() if role == "student"} == {*FEW} - poison
    again = host.plan(snapshot(section("c0", students=FEW)))
    assert {step.person for step in again} == poison


def test_roster_33_when_everything_is_refused_it_is_not_the_rows() -> None:
    """A cap on errors: then the run stops."""
    host = Host()
    store = RefusesRows(host.store)  # type: ignore[arg-type]
    store.poison = frozenset(FEW)
    plan = host.plan(snapshot(section("c0", students=FEW)))
    with pytest.raises(StoreError):
        roster.run(store, plan, actor="nightly", now=NOW, chunk=1, most_failures=2)  # type: ignore[arg-type]


def test_roster_34_of_two_syncs_of_one_scope_one_is_told_and_disjoint_ones_run() -> None:
    """A lease: the second is told who is at work; another class is free; when the time is up it may take over."""
    host = Host()
    one, both, other = (
        snapshot(*(section(key, students=FEW) for key in keys)) for keys in (["c0"], ["c0", "c1"], ["c1"])
    )
    minute = timedelta(minutes=1)
    with host.store.transaction() as ports:
        lease = take(ports, one, holder="first", now=NOW, lasts=minute)
    with pytest.raises(ScopeBusy, match="first has been syncing"):
        in_chunks(host, host.plan(both), holder="second")
    with pytest.raises(ScopeBusy):
        host.sync(both)
    assert in_chunks(host, host.plan(other), holder="second").ending is Ending.DONE
    with host.store.transaction() as ports:
        taken = take(ports, one, holder="second", now=NOW + 2 * minute, lasts=minute)
        assert taken.number > lease.number
    with pytest.raises(Overtaken), host.store.transaction() as ports:
        renew(ports, lease, now=NOW, lasts=minute)
    with pytest.raises(Overtaken), host.store.transaction() as ports:
        release(ports, lease)
    with host.store.transaction() as ports:
        release(ports, taken)
    assert in_chunks(host, host.plan(one), holder="third").ending is Ending.DONE


def test_roster_34_a_holder_that_slept_too_long_writes_nothing_more() -> None:
    """Paused beyond its lease while another finished: its late chunks are refused by number."""
    host = Host()
    snap = snapshot(section("c0", students=FEW))
    plan = host.plan(snap)
    hours = iter(range(100))

    def overtaken_after_two(done: int, total: int) -> None:
        if done == 4:
            other = roster.run(host.store, plan, actor="other", now=NOW, holder="other", clock=lambda: NOW + 9 * hour)
            assert other.ending is Ending.DONE
            with host.store.transaction() as ports:
                counted.append(len(ports.sections.enrollments()))

    hour, counted = timedelta(hours=1), list[int]()
    with pytest.raises(Overtaken):
        roster.run(
            host.store,
            host.plan(snap),
            actor="sleeper",
            now=NOW,
            chunk=2,
            holder="sleeper",
            progress=overtaken_after_two,
            clock=lambda: NOW + next(hours) * timedelta(seconds=1),
        )
    assert counted == [6]  # five students and their teacher, by the other
    assert host.active() == listed(snap)


@pytest.mark.parametrize("scopes", [1, 4])
def test_roster_34_threads_that_meet_end_in_one_roster(tmp_path, scopes: int) -> None:
    """Four syncs at once on one database, of one scope or of four: each is done or told, and the end is the source."""
    store = SqlStore(f"sqlite:///{tmp_path / uuid4().hex}.db")
    store.create_tables()
    host = Host(store)
    keys = ["c0", "c1", "c2", "c3"]
    snaps = [snapshot(section(key, students=FEW)) for key in (keys * 4 if scopes > 1 else keys[:1] * 4)][:4]
    endings: list[object] = []

    def sync(number: int) -> None:
        plan = host.plan(snaps[number])
        try:
            endings.append(roster.run(store, plan, actor="x", now=NOW, holder=f"h{number}", chunk=2).ending)
        except (ScopeBusy, Overtaken) as told_so:
            endings.append(type(told_so))

    threads = [threading.Thread(target=sync, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(endings) == 4
    assert Ending.DONE in endings
    for snap in snaps:
        host.sync(snap)
    assert host.active() == set().union(*(listed(snap) for snap in snaps))
    assert sum(1 for verb in verbs(host) if verb == Verb.ATTACH.value) == len(
        {key for s in snaps for key in s.sections}
    )
    store.close()


def verbs(host: Host) -> list[str]:
    with host.store.transaction() as ports:
        ids = {row.section for row in ports.sections.enrollments()}
        return [line.verb for one in ids for line in ports.roster.journal(one)]


def test_roster_35_a_row_edited_between_plan_and_run_is_left_alone_and_told() -> None:
    """Only touched rows are stale; the others are done in the same run."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    plan = host.plan(snapshot(section("c0", students=["s03", "s04", "s05", "s06"])))
    host.removed_by_hand(host.who("s01"))
    report = in_chunks(host, plan)
    assert [(one.step.person, one.why[:20]) for one in report.stale] == [("s01", "The host's row was e")]
    assert not report.settled
    assert host.rows()[host.who("s01")].status.value == "removed_by_hand"
    assert {step.person for step in report.done} == {"s02", "s06"}


def test_roster_35_a_move_whose_old_place_was_edited_is_left_alone_and_told() -> None:
    """The row that it would end is another account's by now: the pupil was merged between plan and run."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW), section("c1", students=["s09"])))
    plan = host.plan(snapshot(section("c0", students=FEW[1:]), section("c1", students=["s01", "s09"])))
    assert plan.count(Verb.MOVE) == 1
    other = host.account("Merged")
    with host.store.transaction() as ports:
        ports.sections.hand_over(ports.sections.enrolled(host.who_in(ports, "s01")), to=other)
    report = in_chunks(host, plan)
    assert [(one.step.verb, one.step.person) for one in report.stale] == [(Verb.MOVE, "s01")]
    assert host.rows()[other].status is EnrollmentStatus.ACTIVE
    assert host.rows("c1").keys() == {host.who("s09")}


def test_roster_35_a_class_that_was_there_keeps_the_history_of_its_people() -> None:
    """Imported into a class in which a pupil was added by hand: the row is adopted, and its beginning stays."""
    host = Host()
    pupil = host.account("Zoe", person="s01")
    earlier = NOW - timedelta(days=90)
    with host.store.transaction() as ports:
        (own,) = ports.sections.save([HostSection(name="Club", owner=host.teacher)])
        assert own.id is not None
        roster.add_by_hand(ports, own.id, pupil, actor="teacher", now=earlier)
        wish = {SectionId("c0"): Attachment(owner=host.teacher, into=own.id)}
        plan = roster.plan(ports, snapshot(section("c0", students=["s01", "s02"])), attach=wish)
    assert [step.person for step in plan if step.verb is Verb.ADOPT] == ["s01"]
    assert in_chunks(host, plan, chunk=10).stale == ()  # attached and adopted in one transaction
    row = host.rows()[pupil]
    assert (row.origin, row.since) == (Origin.BOTH, earlier)


def test_a_run_tells_how_far_it_is() -> None:
    """Progress after each chunk, those resumed included."""
    host = Host()
    plan = host.plan(snapshot(section("c0", students=FEW)))
    heard: list[tuple[int, int]] = []
    in_chunks(host, plan, chunk=3, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(3, 7), (6, 7), (7, 7)]


def test_roster_50_a_run_in_chunks_is_undone_as_a_whole() -> None:
    """Every chunk's trace, the last one first."""
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    before = host.active()
    plan = host.plan(snapshot(section("c0", students=["s03", "s04", "s05", "s06"], name="New")))
    roster.run(host.store, plan, actor="nightly", now=NOW, chunk=1)
    with host.store.transaction() as ports:
        undone = roster.undo(ports, plan.digest, actor="admin", now=NOW)
    assert (undone.rows, undone.sections, undone.kept) == (3, 1, ())
    assert (host.active(), host.section().name) == (before, "Algebra")


class Counts(Wrapped):
    """Counts what was committed."""

    commits = 0

    def committed(self) -> None:
        self.commits += 1


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_the_end_of_a_run_is_written_with_its_last_chunk(chunk: int) -> None:
    """One transaction takes the lease, each chunk is one, and none comes after: a small sync is two."""
    host = Host()
    store = Counts(host.store)  # type: ignore[arg-type]
    plan = host.plan(snapshot(section("c0", students=FEW)))
    roster.run(store, plan, actor="nightly", now=NOW, chunk=chunk)  # type: ignore[arg-type]
    assert store.commits == 1 + -(-len(plan.steps) // chunk)
    assert host.plan(snapshot(section("c0", students=FEW))).empty


def test_a_run_whose_end_is_refused_leaves_nothing_of_its_last_chunk() -> None:
    """What the source said cannot be kept: the rows of that chunk are undone with it, and come when it is resumed."""

    class CannotRemember(Wrapped):
        refusals = 0

        def ports(self, ports):
            refuse = self

            class Mirror:
                def __getattr__(self, name):
                    return getattr(ports.roster, name)

                def save(self, *where, **what):
                    refuse.refusals += 1
                    raise StoreError("the disk is full", next_step="make room")

            return attrs.evolve(ports, roster=Mirror())

    host = Host()
    store = CannotRemember(host.store)  # type: ignore[arg-type]
    snap = snapshot(section("c0", students=FEW))
    plan = host.plan(snap)
    with pytest.raises(StoreError, match="the disk is full"):
        roster.run(store, plan, actor="nightly", now=NOW, chunk=4)  # type: ignore[arg-type]
    assert store.refusals == 1
    with host.store.transaction() as ports:
        assert len(ports.sections.enrollments()) == 3
    assert in_chunks(host, plan, chunk=4, holder="nightly").ending is Ending.DONE
    assert host.active() == listed(snap)
    assert host.plan(snap).empty


def test_a_plan_that_is_due_once_more_is_carried_out_once_more() -> None:
    """Found by the state machine: a class ends, returns and ends again; the same plan, twice, is two runs."""
    host = Host()
    full, none = snapshot(section("c0", students=FEW)), snapshot(scope=["c0"])
    in_chunks(host, host.plan(full))
    digests = set()
    for _ in range(3):
        plan = host.plan(none)
        digests.add(plan.digest)
        in_chunks(host, plan)
        assert host.section().archived
        in_chunks(host, host.plan(full))
        assert not host.section().archived
    assert len(digests) == 1


def test_a_section_that_was_detached_meanwhile_is_no_part_of_the_report() -> None:
    """News of a child in c0, which is let go between the plan and the run: nothing of it is remembered."""
    host = Host()
    first = snapshot(section("c0", students=FEW), section("c1", students=["s06"]))
    host.sync(first)
    s01 = PersonId("s01")
    news = attrs.evolve(first, people={**first.people, s01: attrs.evolve(first.people[s01], grade="7")})
    plan = host.plan(news)
    assert (plan.touched, {step.section for step in plan}) == ({"c0"}, {None})
    with host.store.transaction() as ports:
        own = host.section_in(ports, "c0")
        ports.sections.save([attrs.evolve(own, source=None)])
    report = in_chunks(host, plan)
    assert report.sections.keys() == {"c1"}
    with host.store.transaction() as ports:
        assert ports.roster.people(first.provider, first.district, [s01])[s01].grade is None


def test_leases_that_were_given_back_leave_no_heap_behind() -> None:
    """A hundred nights need one memo for their leases, and one that counts them."""
    host = Host()
    for night in range(6):
        in_chunks(host, host.plan(snapshot(section("c0", students=FEW[: 5 - night % 2]))))
    with host.store.transaction() as ports:
        assert len(ports.roster.memos_starting("lease")) == 2
        assert len(ports.roster.memos_starting("scope")) == 1
