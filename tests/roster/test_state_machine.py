"""Any history of a school: people come and go, teachers lend a hand, reads fail, runs are killed, clocks jump.

The model is a dictionary; the engine is driven through its public face. After every sync the properties are asked for:
convergence, safety, untouched work, kill-equivalence, order-independence, monotone ignorance, accounting, and that what
rests is passed over without a difference.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager, suppress
from datetime import timedelta

import attrs
from hosts import Host
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from kills import told
from rosters import DISTRICT, NOW, SECTIONS, STUDENTS, TEACHERS, person, section, snapshot

from clever_roster import linking, roster
from clever_roster.errors import ConfigurationError, IdentityTaken, StoreError
from clever_roster.model import (
    CLEVER,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    IdentityKey,
    Origin,
    PersonId,
    PersonName,
    Proof,
    SectionKey,
    Snapshot,
    SyncMode,
)
from clever_roster.ports import Ports
from clever_roster.roster import Approval, Ending, Limits, Plan, Proposal, ProposalKind, Rule, Verb
from clever_roster.storage.memory import MemoryStore

FAULTS = ("none", "none", "none", "page lost", "truncated", "empty", "half a section", "not shared")
LIMITS = Limits()

students = st.sampled_from(STUDENTS[:8])
colleagues = st.sampled_from(TEACHERS[1:3])
sections = st.sampled_from(SECTIONS)


class Killed(Exception):
    """The process is gone."""


class Mortal:
    """A store whose process dies at the n-th transaction, before or after its commit."""

    def __init__(self, within: MemoryStore, moments: int) -> None:
        self.within, self.left = within, moments

    @contextmanager
    def transaction(self):
        self.left -= 1
        with self.within.transaction() as ports:
            yield ports
            if self.left == 0:
                raise Killed
        if self.left < 0:
            raise Killed


def no_work(*_: object) -> None:
    """The host's own tables are no matter of this machine."""


def removals(plan: Plan) -> set[tuple[str, str]]:
    return {
        (step.origin or step.section or "", step.person or "")
        for step in plan
        if step.verb in {Verb.WITHDRAW, Verb.MOVE, Verb.ARCHIVE}
    }


class School(RuleBasedStateMachine):
    """The machine."""

    @initialize(lists=st.lists(st.sets(st.sampled_from(STUDENTS), min_size=2), min_size=4, max_size=4))
    def opens(self, lists) -> None:
        self.host = Host()
        self.guests = [self.host.account(f"Guest {n}") for n in range(2)]
        self.lists: dict[str, set[str]] = dict(zip(SECTIONS, map(set, lists), strict=True))
        self.teachers: dict[str, list[str]] = {key: ["t0"] for key in SECTIONS}
        self.done: Plan | None = None
        self.merged: list[AccountId] = []
        self.ids: dict[PersonId, PersonId] = {}
        self.names: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.gone: set[str] = set()
        self.by_hand: set[tuple[str, str]] = set()
        self.day = 0
        self.host.sync(self.truth())
        self.work()

    def work(self) -> None:
        """Everybody does some: what no plan may ever touch."""
        with self.host.store.transaction() as ports:
            accounts = [attrs.evolve(one, activity=one.activity or int(one.id) * 10) for one in ports.accounts.all()]
        self.host.store.put_accounts(accounts)  # type: ignore[attr-defined]
        self.worked = {one.id: one.activity for one in accounts}

    # --- The source ---------------------------------------------------------------------------------------------------

    @rule(who=students, where=sections)
    def joins(self, who, where) -> None:
        self.lists[where].add(who)

    @rule(who=students, where=sections)
    def leaves(self, who, where) -> None:
        self.lists[where].discard(who)

    @rule(who=students, here=sections, there=sections)
    def moves(self, who, here, there) -> None:
        if who in self.lists[here]:
            self.lists[here].remove(who)
            self.lists[there].add(who)

    @rule(who=colleagues, where=sections)
    def teaches_too_or_no_more(self, who, where) -> None:
        primary, *others = self.teachers[where]
        if who != primary:
            self.teachers[where] = [primary, *sorted({*others} ^ {who})]

    @rule(who=st.sampled_from(["t0", "t1"]), where=sections)
    def leads(self, who, where) -> None:
        self.teachers[where] = [who, *(one for one in self.teachers[where][1:] if one != who)]

    @rule(who=students, name=st.sampled_from(["Ana", "Bo", "Chloé"]))
    def is_renamed(self, who, name) -> None:
        self.names[who] = name

    @rule(who=students, mark=st.sampled_from(["", "new-", "newer-"]))
    def is_made_anew(self, who, mark) -> None:
        """The same child under another id, with the number that the district gave them."""
        self.ids[who] = PersonId(mark + who)

    @rule(where=sections, name=st.sampled_from(["Algebra", "Biology"]))
    def section_is_renamed(self, where, name) -> None:
        self.titles[where] = name

    @rule(where=sections)
    def section_ends_or_returns(self, where) -> None:
        self.gone ^= {where}

    @rule(days=st.integers(-3, 10))
    def the_clock_jumps(self, days) -> None:
        self.day += days

    # --- The teacher --------------------------------------------------------------------------------------------------

    def own(self, where):
        with self.host.store.transaction() as ports:
            try:
                return self.host.section_in(ports, where).id
            except KeyError:
                return None

    @rule(guest=st.integers(0, 1), where=sections)
    def lends_a_seat(self, guest, where) -> None:
        own = self.own(where)
        if own is not None:
            with self.host.store.transaction() as ports:
                roster.add_by_hand(ports, own, self.guests[guest], actor="teacher", now=NOW)
            self.by_hand.add((own, self.guests[guest]))

    @rule(who=students, where=sections)
    def sends_away(self, who, where) -> None:
        own = self.own(where)
        if own is not None:
            with self.host.store.transaction() as ports:
                rows = [row for row in ports.sections.enrollments([own]) if row.person == who]
                for row in rows:
                    roster.remove_by_hand(ports, own, row.account, actor="teacher", now=NOW)

    @rule(where=sections, mode=st.sampled_from(SyncMode))
    def chooses_how_far_a_sync_goes(self, where, mode) -> None:
        if self.own(where) is not None:
            self.host.change(where, mode=mode)

    @rule(where=sections)
    def gives_it_a_name_of_its_own(self, where) -> None:
        if self.own(where) is not None:
            self.host.change(where, name="Ours")

    @rule(where=sections, archived=st.booleans())
    def puts_away_or_takes_out(self, where, archived) -> None:
        if self.own(where) is not None:
            self.host.change(where, archived=archived)

    # --- The office ---------------------------------------------------------------------------------------------------

    @rule(one=students, other=students, consent=st.sampled_from(linking.Consent))
    def are_one_child(self, one, other, consent) -> None:
        with self.host.store.transaction() as ports:
            source, into = (self.account_of(ports, who) for who in (one, other))
            if source is None or into is None or source == into:
                return
            plan = linking.plan_merge(ports, source=source, into=into)
            if isinstance(plan, linking.MergePlan):
                done = linking.merge(ports, plan, consent=consent, actor="office", now=NOW, move_work=no_work)
                self.merged += [source] if isinstance(done, linking.Merged) else []

    @precondition(lambda self: self.merged)
    @rule()
    def are_two_again(self) -> None:
        with self.host.store.transaction() as ports:
            linking.unmerge(ports, self.merged.pop(), actor="office", now=NOW, return_work=no_work)

    @rule(who=students)
    def is_cut_off(self, who) -> None:
        """The link is lost: the account is still in class, and nobody who signs in reaches it."""
        with self.host.store.transaction() as ports:
            ports.links.remove(IdentityKey(CLEVER, DISTRICT, who))

    @rule()
    def says_yes_to_what_is_proposed(self) -> None:
        for one in self.host.plan(self.truth()).proposals:
            with self.host.store.transaction() as ports, suppress(IdentityTaken, ConfigurationError, StoreError):
                self.accept(ports, one)

    def accept(self, ports: Ports, one: Proposal) -> None:
        source = SectionKey(CLEVER, DISTRICT, one.section or SECTIONS[0])
        match one.kind:
            case ProposalKind.REKEY:
                old, new = (IdentityKey(CLEVER, DISTRICT, who) for who in (one.person, one.other_person) if who)
                roster.rekey(ports, old, new, now=NOW)
            case ProposalKind.REATTACH if one.other_section is not None:
                roster.reattach(ports, source, one.other_section, actor="office", now=NOW)
            case ProposalKind.TRANSFER if (to := self.account_of(ports, one.other_person)) is not None:
                roster.transfer(ports, source, to, actor="office", now=NOW)
            case ProposalKind.REPLACED:
                roster.detach(ports, source, actor="office", now=NOW)
            case _:
                return

    @staticmethod
    def account_of(ports, who):
        found = ports.links.find([IdentityKey(CLEVER, DISTRICT, who)])
        return next((link.account for link in found.values()), None)

    # --- Reading and syncing ------------------------------------------------------------------------------------------

    def truth(self) -> Snapshot:
        lists = {key: who for key, who in self.lists.items() if key not in self.gone and who}
        named = sorted({one for who in lists.values() for one in who})
        people = [
            person(self.ids.get(one, one), name=PersonName(self.names.get(one, "First"), one), sis_id=f"sis {one}")
            for one in named
        ]
        people += [person(one) for one in sorted({one for key in lists for one in self.teachers[key]})]
        listed = [
            section(
                key,
                teachers=self.teachers[key],
                students=[self.ids.get(one, one) for one in who],
                name=self.titles.get(key, "Maths"),
            )
            for key, who in lists.items()
        ]
        snap = snapshot(*listed, people=people, scope=SECTIONS)
        return attrs.evolve(snap, taken_at=NOW + timedelta(days=self.day))

    def read(self, fault: str, where: str) -> Snapshot:
        snap = self.truth()
        without = {key: one for key, one in snap.sections.items() if key != where}
        match fault:
            case "page lost":
                cut = {key: attrs.evolve(one, students=one.students[::2]) for key, one in snap.sections.items()}
                gaps = {where: "a page was lost"}
                kept = {key: cut[key] if key == where else one for key, one in snap.sections.items()}
                return attrs.evolve(snap, sections=kept, proof=Proof(gaps=gaps))
            case "truncated":
                return attrs.evolve(snap, sections=without, proof=Proof(broken="the body was cut"))
            case "empty":
                return attrs.evolve(snap, sections={}, people={})
            case "half a section":  # the worst: it looks whole
                one = snap.sections.get(where)
                lost = {} if one is None else {where: attrs.evolve(one, students=one.students[::2])}
                return attrs.evolve(snap, sections={**snap.sections, **lost})
            case "not shared":
                return attrs.evolve(snap, sections=without, unshared=frozenset({where}))
            case _:
                return snap

    @rule(who=st.sets(students, min_size=1, max_size=3), where=sections, kill=st.integers(0, 6))
    def a_night_passes(self, who, where, kill) -> None:
        """Some come, some go, and the nightly sync runs, which nobody watches."""
        self.lists[where] ^= who
        self.day += 1
        self.syncs("none", where, approve=False, kill=kill)

    @rule(fault=st.sampled_from(FAULTS), where=sections, approve=st.booleans(), kill=st.integers(0, 6))
    def a_sync_is_asked_for(self, fault, where, approve, kill) -> None:
        self.syncs(fault, where, approve=approve, kill=kill)

    @rule(fault=st.sampled_from(FAULTS), where=sections, approve=st.booleans(), kill=st.integers(0, 6))
    def one_class_is_synced(self, fault, where, approve, kill) -> None:
        """By its teacher, who reads nothing else: what is remembered of its people is also that of other classes."""
        self.syncs(fault, where, approve=approve, kill=kill, alone=True)

    def syncs(self, fault: str, where: str, *, approve: bool, kill: int, alone: bool = False) -> None:
        snap = self.read(fault, where)
        if alone:
            here = {key: one for key, one in snap.sections.items() if key == where}
            named = {one.person for listed in here.values() for one in listed.enrollments()}
            people = {key: one for key, one in snap.people.items() if key in named}
            snap = attrs.evolve(snap, scope=frozenset({where}), sections=here, people=people)
        plan = self.host.plan(snap)
        assert self.host.plan(snap, whole=True) == plan, "what rests makes no difference"
        self.order_does_not_matter(snap, plan)
        self.knowing_less_removes_less(snap, plan, where)
        before = self.rows()
        word = Approval(digest=plan.digest, by=self.host.teacher, why="seen") if approve else None
        report = self.carry_out(plan, word, kill)
        self.done = plan
        self.safe(snap, before, approved=approve)
        self.accounted(before, report)
        if approve:
            assert self.host.plan(snap).empty, "convergence: what was approved is done"
        else:
            followed = {step.key for step in report.held if step.hold and step.hold.rule is Rule.LAST_TEACHER}
            again = {step.key for step in self.host.plan(snap).ready}
            # A teacher whose successor is in class now may leave it: that was not so when the plan was made.
            assert again <= followed, "convergence: what was ready is done"
            assert (report.ending is Ending.HELD) == bool(plan.held), "a held sync is never a success"
        with self.host.store.transaction() as ports:
            accounts = {one.id: one.activity for one in ports.accounts.all()}
        assert self.worked.items() <= accounts.items(), "work is untouched"
        self.work()

    @rule()
    def is_taken_back(self) -> None:
        """The latest sync, all of it; a second undo finds nothing, and no row is lost."""
        if self.done is None:
            return
        before = self.rows()
        with self.host.store.transaction() as ports:
            roster.undo(ports, self.done.digest, actor="admin", now=NOW)
            again = roster.undo(ports, self.done.digest, actor="admin", now=NOW)
        assert (again.rows, again.sections, again.profiles) == (0, 0, 0)
        assert before.keys() == self.rows().keys()
        self.done = None

    def carry_out(self, plan: Plan, word: Approval | None, kill: int) -> roster.Report:
        """In one transaction; or in chunks, killed and resumed: the end is the same."""
        twin = Host(MemoryStore())
        twin.store._tables = copy.copy(self.host.store._tables).copy()  # type: ignore[attr-defined]
        report = self.host.apply(plan, word)
        if kill:
            try:
                roster.run(
                    Mortal(twin.store, kill),  # type: ignore[arg-type]
                    plan,
                    actor="test",
                    now=NOW,
                    approval=word,
                    chunk=2,
                )
            except Killed:
                roster.run(twin.store, plan, actor="test", now=NOW, approval=word, chunk=3)
            assert told(twin.store) == told(self.host.store), "kill-equivalence"
        return report

    def rows(self):
        with self.host.store.transaction() as ports:
            return {(row.section, row.role, row.account): row for row in ports.sections.enrollments()}

    def names_of(self):
        with self.host.store.transaction() as ports:
            return {
                self.host.section_in(ports, key).id: key for key in SECTIONS if self.attached_in(ports, key) is not None
            }

    def attached_in(self, ports, key):
        try:
            return self.host.section_in(ports, key)
        except KeyError:
            return None

    def safe(self, snap: Snapshot, before, *, approved: bool) -> None:
        """Applied removals are inside the proven scope, owned by the source, and inside the budget or approved."""
        now, names = self.rows(), self.names_of()
        ended: dict[str, int] = {}
        for key, row in before.items():
            if row.status is EnrollmentStatus.ACTIVE and now[key].status is not EnrollmentStatus.ACTIVE:
                assert snap.proof.doubt(names[row.section]) is None
                assert row.origin is Origin.SOURCE
                ended[row.section] = ended.get(row.section, 0) + (row.role is EnrollmentRole.STUDENT)
        if not approved:
            for own, count in ended.items():
                size = sum(
                    row.section == own and row.role is EnrollmentRole.STUDENT and row.status is EnrollmentStatus.ACTIVE
                    for row in before.values()
                )
                assert count <= max(LIMITS.free, LIMITS.share * size)

    def accounted(self, before, report: roster.Report) -> None:
        """Joins less leaves are the difference in size, in all sections together."""
        sizes = [sum(row.status is EnrollmentStatus.ACTIVE for row in rows.values()) for rows in (self.rows(), before)]
        came = sum(report.count(verb) for verb in (Verb.ENROLL, Verb.RESTORE))
        assert sizes[0] - sizes[1] == came - report.count(Verb.WITHDRAW)

    def order_does_not_matter(self, snap: Snapshot, plan: Plan) -> None:
        backwards = attrs.evolve(
            snap,
            people=dict(reversed(snap.people.items())),  # type: ignore[call-overload]
            sections=dict(reversed(snap.sections.items())),  # type: ignore[call-overload]
        )
        assert self.host.plan(backwards).digest == plan.digest

    def knowing_less_removes_less(self, snap: Snapshot, plan: Plan, where: str) -> None:
        less = attrs.evolve(snap, proof=attrs.evolve(snap.proof, gaps={**snap.proof.gaps, where: "lost"}))
        assert removals(self.host.plan(less)) <= removals(plan)

    @invariant()
    def who_was_added_by_hand_is_there(self) -> None:
        if hasattr(self, "by_hand"):
            rows = self.rows()
            for own, guest in self.by_hand:
                assert rows[own, EnrollmentRole.STUDENT, guest].status is EnrollmentStatus.ACTIVE


TestSchool = School.TestCase
TestSchool.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
