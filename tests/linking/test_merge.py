"""Two accounts of one human: joined wholly or not at all, by people, and taken apart again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from clever_roster import linking
from clever_roster.errors import AccountNotFound
from clever_roster.linking import Conflict, ConflictKind, Consent, Merged, MergePlan, Reason, Refused, Unmerged
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    Account,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    PersonId,
    PersonName,
    Role,
)
from clever_roster.storage.memory import MemoryStore
from clever_roster.storage.sqlalchemy import SqlStore

NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
STUDENT, TEACHER = EnrollmentRole.STUDENT, EnrollmentRole.TEACHER
NAME = PersonName("Hidden", "Name")


def key(subject: str, district: str = "d1", provider=CLEVER) -> IdentityKey:
    return IdentityKey(provider, DistrictId(district), PersonId(subject))


def seat(section, account, role=STUDENT, **fields) -> HostEnrollment:
    given = {"origin": Origin.SOURCE, "status": EnrollmentStatus.ACTIVE, "since": NOW, "changed_at": NOW} | fields
    return HostEnrollment(section=section, account=account, role=role, **given)


class Village:
    """A stub that a roster made, an account that its owner made, two classes, and what is in them."""

    def __init__(self, store) -> None:
        self.store = store
        with store.transaction() as ports:
            self.stub, self.own, self.other = ports.accounts.create([NewAccount(name=NAME)] * 3)
            self.maths = ports.sections.save([HostSection(name="Maths", owner=self.other)])[0].id
            self.art = ports.sections.save([HostSection(name="Art", owner=self.stub)])[0].id
            ports.links.add([Link(key=key("p1"), account=self.stub, linked_at=NOW)])
            ports.links.add([Link(key=key("g1", provider=GOOGLE_CLASSROOM), account=self.own, linked_at=NOW)])
            ports.sections.save_enrollments(
                [
                    seat(self.maths, self.stub, since=NOW - timedelta(7), person=PersonId("p1")),
                    seat(self.maths, self.own, origin=Origin.MANUAL, status=EnrollmentStatus.WITHDRAWN),
                    seat(self.art, self.stub, TEACHER),
                    seat(self.art, self.other),
                ]
            )

    def state(self):
        with self.store.transaction() as ports:
            return (
                tuple(ports.links.all()),
                set(ports.sections.enrollments()),
                [ports.sections.get(section) for section in (self.maths, self.art)],
            )

    def plan(self, source=None, into=None):
        with self.store.transaction() as ports:
            return linking.plan_merge(ports, source=source or self.stub, into=into or self.own)

    def merge(self, plan=None, *, consent=Consent.STAFF, **arguments):
        plan = plan or self.plan()
        assert isinstance(plan, MergePlan)
        with self.store.transaction() as ports:
            return linking.merge(ports, plan, consent=consent, actor="admin", now=NOW, **arguments)

    def undo(self, source=None, now=NOW, **arguments):
        with self.store.transaction() as ports:
            return linking.unmerge(ports, source or self.stub, actor="admin", now=now, **arguments)

    def survivor(self, account):
        with self.store.transaction() as ports:
            return linking.survivor(ports, account)


@pytest.fixture(params=["memory", "sqlite"])
def village(request: pytest.FixtureRequest):
    if request.param == "memory":
        yield Village(MemoryStore())
        return
    store = SqlStore("sqlite://")
    store.create_tables()
    yield Village(store)
    store.close()


def test_a15_a_plan_is_shown_first_and_is_good_for_the_state_it_was_made_from(village: Village) -> None:
    """Data loss: a dry run writes nothing, and a plan that is no longer true is refused."""
    before = village.state()
    plan = village.plan()
    assert isinstance(plan, MergePlan)
    assert village.state() == before
    assert (len(plan.links), len(plan.owned), len(plan.enrollments), len(plan.meeting)) == (1, 1, 2, 1)
    with village.store.transaction() as ports:
        ports.sections.save_enrollments([seat(village.maths, village.stub, TEACHER)])
    changed = village.state()
    assert village.merge(plan) == Refused(Reason.CHANGED_MEANWHILE)
    assert village.state() == changed
    assert isinstance(village.merge(), Merged)


def test_login_5_source_is_never_destination(village: Village) -> None:
    """Self-takeover that deletes the account: a value, and nothing written."""
    before = village.state()
    assert village.plan(village.own, village.own) == Refused(Reason.SAME_ACCOUNT)
    with pytest.raises(AccountNotFound):
        village.plan(village.own, AccountId("no-such-account"))
    assert village.state() == before


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_account_is_neither_joined_nor_joined_with(closed: str) -> None:
    """Whoever closed it had a reason; its work stays where it is."""
    store = MemoryStore(accounts=[Account(id=AccountId(one), name=NAME, active=one != closed) for one in ("1", "2")])
    with store.transaction() as ports:
        told = linking.plan_merge(ports, source=AccountId("1"), into=AccountId("2"))
    assert told == Refused(Reason.ACCOUNT_CLOSED)


def test_login_5_every_reference_moves(village: Village) -> None:
    """Identities, seats (co-taught ones too) and sections: nothing that the store enumerates names the source."""
    moved: list[tuple[AccountId, AccountId]] = []
    merged = village.merge(move_work=lambda _, source, into: moved.append((source, into)))
    assert merged == Merged(source=village.stub, into=village.own, links=1, owned=1, enrollments=2)
    assert moved == [(village.stub, village.own)]
    with village.store.transaction() as ports:
        assert ports.links.of(village.stub) == ()
        assert ports.sections.enrolled(village.stub) == ()
        assert ports.sections.owned(village.stub) == ()
        assert len(ports.links.of(village.own)) == 2
        assert [section.id for section in ports.sections.owned(village.own)] == [village.art]
        rows = {(row.section, row.role): row for row in ports.sections.enrolled(village.own)}
    both = rows[village.maths, STUDENT]
    assert (both.status, both.origin, both.person) == (EnrollmentStatus.ACTIVE, Origin.BOTH, "p1")
    assert both.since == NOW - timedelta(7)
    assert rows[village.art, TEACHER].status is EnrollmentStatus.ACTIVE


def test_login_5_a_failing_hook_leaves_both_accounts_as_they_were(village: Village) -> None:
    """Everything or nothing: the host's progress is part of it."""

    def fails(ports: object, source: AccountId, into: AccountId) -> None:
        raise RuntimeError("the host's table is locked")

    before, plan = village.state(), village.plan()
    with pytest.raises(RuntimeError):
        village.merge(plan, move_work=fails)
    assert village.state() == before
    assert village.survivor(village.stub) == village.stub
    assert isinstance(village.merge(plan), Merged)


def test_login_6_the_source_stays_as_a_tombstone_with_an_alias(village: Village) -> None:
    """No hard delete: the row is there, `survivor` names who stands in, and it takes no part in anything."""
    village.merge()
    assert village.survivor(village.stub) == village.own
    assert village.survivor(village.own) == village.own
    with village.store.transaction() as ports:
        assert village.stub in ports.accounts.find([village.stub])
    assert village.plan(village.other, village.stub) == Refused(Reason.ACCOUNT_CLOSED)
    assert village.plan(village.stub, village.other) == Refused(Reason.ACCOUNT_CLOSED)


def test_login_6_one_call_undoes_a_merge(village: Village) -> None:
    """Everything as before: identities, seats, the two that met, sections; and once only."""
    before, given_back = village.state(), []
    village.merge()
    undone = village.undo(return_work=lambda _, source, into: given_back.append((source, into)))
    assert undone == Unmerged(source=village.stub, into=village.own, missing=0)
    assert village.state() == before
    assert given_back == [(village.stub, village.own)]
    assert village.survivor(village.stub) == village.stub
    assert village.undo() == Refused(Reason.NOT_MERGED)
    assert isinstance(village.merge(), Merged), "and it may be merged again"


def test_an_undo_keeps_what_came_since(village: Village) -> None:
    """A teacher's hand and a sync went on after the merge: their word stands, and no seat is lost."""
    village.merge()
    with village.store.transaction() as ports:
        rows = {(row.section, row.role): row for row in ports.sections.enrolled(village.own)}
        by_hand = attrs.evolve(rows[village.maths, STUDENT], status=EnrollmentStatus.REMOVED_BY_HAND)
        ports.sections.save_enrollments([by_hand, seat(village.art, village.own)])
    assert isinstance(village.undo(), Unmerged)
    with village.store.transaction() as ports:
        own = {(row.section, row.role): row.status for row in ports.sections.enrolled(village.own)}
        back = {(row.section, row.role): row.status for row in ports.sections.enrolled(village.stub)}
    assert own == {
        (village.maths, STUDENT): EnrollmentStatus.REMOVED_BY_HAND,
        (village.art, STUDENT): EnrollmentStatus.ACTIVE,
    }
    assert back == {
        (village.maths, STUDENT): EnrollmentStatus.ACTIVE,
        (village.art, TEACHER): EnrollmentStatus.ACTIVE,
    }


def test_an_undo_locks_nobody_out(village: Village) -> None:
    """The survivor's own login was disconnected after the merge: taking the other away would leave it without any."""
    village.merge()
    with village.store.transaction() as ports:
        ports.links.remove(key("g1", provider=GOOGLE_CLASSROOM))
    before = village.state()
    assert village.undo() == Conflict(ConflictKind.LAST_WAY_IN)
    assert village.state() == before


def test_an_undo_takes_a_login_from_who_has_a_password_besides() -> None:
    """The password is a way in of its own: both are left with one."""
    store = MemoryStore()
    village = Village(store)
    village.merge()
    with store.transaction() as ports:
        ports.links.remove(key("g1", provider=GOOGLE_CLASSROOM))
        held = ports.accounts.find([village.own])[village.own]
    store.put_accounts([attrs.evolve(held, has_password=True)])
    assert isinstance(village.undo(), Unmerged)
    with village.store.transaction() as ports:
        assert (ports.links.of(village.own), [one.key for one in ports.links.of(village.stub)]) == ((), [key("p1")])


def test_of_two_seats_in_one_class_the_one_that_the_source_lists_says_who_sits_there(village: Village) -> None:
    """A teacher's own row remembers a person of old; the row that the roster keeps knows who it is today."""
    with village.store.transaction() as ports:
        old = seat(village.maths, village.own, origin=Origin.MANUAL, person=PersonId("p0"))
        ports.sections.save_enrollments([old])
    village.merge()
    with village.store.transaction() as ports:
        (row,) = (one for one in ports.sections.enrolled(village.own) if one.section == village.maths)
    assert (row.person, row.origin) == ("p1", Origin.BOTH)


def test_an_undo_has_a_window_and_an_order(village: Village) -> None:
    """After thirty days it stands; and of two merges the later one is undone first."""
    village.merge()
    assert village.undo(now=NOW + timedelta(31)) == Refused(Reason.NOT_MERGED)
    village.merge(village.plan(village.own, village.other))
    assert village.survivor(village.stub) == village.other
    assert village.undo() == Conflict(ConflictKind.MERGED_ONWARD)
    assert isinstance(village.undo(village.own), Unmerged)
    assert isinstance(village.undo(), Unmerged)


@pytest.mark.parametrize(
    ("source", "links", "kept", "takes", "because"),
    [
        ({}, [], [], Consent.STUB, None),
        ({"activity": 1}, [], [], Consent.PROVED, ConflictKind.BOTH_ACTIVE),
        ({"has_password": True}, [], [], Consent.PROVED, ConflictKind.BOTH_ACTIVE),
        ({}, [("p1", "d1", Role.STUDENT)], [("p2", "d1", Role.STUDENT)], Consent.STAFF, ConflictKind.TWO_PEOPLE),
        ({}, [("p1", "d1", None)], [("p2", "d1", None)], Consent.STAFF, ConflictKind.TWO_PEOPLE),
        (
            {},
            [("p1", "d1", Role.STUDENT)],
            [("p1", "d2", Role.STUDENT)],
            Consent.STAFF,
            ConflictKind.HELD_IN_OTHER_DISTRICT,
        ),
        (
            {},
            [("p1", "d1", Role.STUDENT)],
            [("t1", "d1", Role.TEACHER)],
            Consent.STAFF,
            ConflictKind.HELD_BY_OTHER_ROLE,
        ),
        (
            {"activity": 9},
            [("t1", "d1", Role.TEACHER)],
            [("t2", "d1", Role.TEACHER)],
            Consent.PROVED,
            ConflictKind.BOTH_ACTIVE,
        ),
    ],
)
def test_two_accounts_are_joined_only_on_enough_consent(source, links, kept, takes, because) -> None:
    """A stub may be absorbed; two active accounts by an express choice; two people of Clever only by a look at both."""
    store = MemoryStore(
        accounts=[Account(id=AccountId("1"), name=NAME, **source), Account(id=AccountId("2"), name=NAME, activity=5)]
    )
    with store.transaction() as ports:
        ports.links.add(
            [
                Link(
                    key=key(subject, district),
                    account=AccountId(account),
                    linked_at=NOW,
                    roles=frozenset({role} - {None}),
                )
                for account, some in (("1", links), ("2", kept))
                for subject, district, role in some
            ]
        )
    for consent in Consent:
        with store.transaction() as ports:
            plan = linking.plan_merge(ports, source=AccountId("1"), into=AccountId("2"))
            assert isinstance(plan, MergePlan)
            assert (plan.takes, plan.because) == (takes, because)
            outcome = linking.merge(ports, plan, consent=consent, actor="x", now=NOW)
            if list(Consent).index(consent) < list(Consent).index(takes):
                assert outcome == Conflict(because)
                assert Conflict(because).sentence
            else:
                assert isinstance(outcome, Merged)
                break
