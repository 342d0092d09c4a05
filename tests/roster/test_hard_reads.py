"""The hard cases about reading, from Clever's wire to the host's tables: what is not proven ends nothing.

Roster 3, lists that cannot be trusted, is tested where they are read: `tests/clever/test_client.py`.
"""

from __future__ import annotations

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import SECTIONS, arbitrary_snapshots, section, snapshot

from clever_roster import roster
from clever_roster.clever import CleverClient
from clever_roster.errors import ConfigurationError, ReauthRequired
from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentStatus,
    HostEnrollment,
    NewAccount,
    PersonName,
    Proof,
    SectionId,
    Snapshot,
)
from clever_roster.roster import Attachment, Plan, Verb
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Breakage, District, Simulator, transport
from clever_roster.testing.evolution import withdraw
from clever_roster.testing.showcase import Showcase

ENDS = {Verb.WITHDRAW, Verb.MOVE, Verb.ARCHIVE}


class Class:
    """One class, imported from the pretend Clever, and another client for each later read."""

    def __init__(self, simulator: Simulator, district: District, show: Showcase) -> None:
        self.simulator, self.district, self.key = simulator, district, show.sections[0]
        self.store = MemoryStore()
        with self.store.transaction() as ports:
            (self.owner,) = ports.accounts.create([NewAccount(name=PersonName("T", "T"))])
        self.sync(self.read())

    def read(self, *, hook: object = None, page_size: int = 4) -> Snapshot:
        hooks = {"request": [hook]} if hook else {}
        with httpx.Client(transport=transport(self.simulator), event_hooks=hooks) as http:  # type: ignore[arg-type]
            client = CleverClient(
                self.simulator.district_token(self.district.id), http=http, page_size=page_size, sleep=lambda _: None
            )
            return client.fetch_snapshot(self.district.id, [self.key])

    def plan(self, snap: Snapshot) -> Plan:
        with self.store.transaction() as ports:
            return roster.plan(ports, snap, attach={self.key: Attachment(owner=self.owner)})

    def sync(self, snap: Snapshot) -> None:
        plan = self.plan(snap)
        with self.store.transaction() as ports:
            roster.apply(ports, plan, actor="nightly", now=snap.taken_at)

    def active(self) -> set[AccountId]:
        with self.store.transaction() as ports:
            rows: tuple[HostEnrollment, ...] = ports.sections.enrollments()
        return {row.account for row in rows if row.status is EnrollmentStatus.ACTIVE}


@pytest.fixture
def imported(simulator: Simulator, district: District, show: Showcase) -> Class:
    return Class(simulator, district, show)


@pytest.mark.parametrize("trouble", [500, Breakage.NO_ANSWER, Breakage.HTML])
@pytest.mark.parametrize("page", range(5))
def test_roster_1_a_page_that_fails_removes_nobody(imported: Class, page: int, trouble: Breakage | int) -> None:
    """F: fail page k for every k: whoever was there still is, and no removal is even planned."""
    before = imported.active()
    imported.simulator.fail(f"/v3.1/sections/{imported.key}/users", trouble, after=page, times=None)
    plan = imported.plan(imported.read())
    assert not ENDS & {step.verb for step in plan}
    imported.sync(imported.read())
    assert imported.active() == before


@given(arbitrary_snapshots(), arbitrary_snapshots(), st.sets(st.sampled_from(SECTIONS)))
def test_roster_1_planned_removals_are_inside_the_proven_scope(a: Snapshot, b: Snapshot, lost: set[SectionId]) -> None:
    """P: removals are among those of proven sections, for any two rosters and any gaps."""
    partial = attrs.evolve(b, proof=Proof(gaps=dict.fromkeys(lost, "lost")))
    for change in roster.diff(a, partial):
        if isinstance(change, roster.Removed) and hasattr(change.subject, "section"):
            assert change.subject.section not in lost
        if isinstance(change, roster.Moved):
            assert change.origin not in lost


@pytest.mark.parametrize("trouble", [Breakage.CUT_BODY, Breakage.EARLY_END])
@pytest.mark.parametrize("page", range(5))
def test_roster_2_a_truncated_read_never_yields_a_removal(imported: Class, page: int, trouble: Breakage) -> None:
    """200 and cut, or ended early without a sign on the wire: the two reads disagree, and nothing is proven."""
    imported.simulator.fail(f"/v3.1/sections/{imported.key}/users", trouble, after=page, times=None)
    snap = imported.read()
    whole = len(snap.sections[imported.key].students) == len(imported.district.sections[imported.key].students)
    assert whole or not snap.proof.complete
    assert not ENDS & {step.verb for step in imported.plan(snap)}


@pytest.mark.parametrize("request_number", range(1, 8))
def test_roster_4_a_source_that_changes_while_it_is_read_loses_nobody_who_stays(
    imported: Class, request_number: int
) -> None:
    """F: mutate the source between pages: nobody who is present before and after the read is ever removed."""
    leaving = imported.district.sections[imported.key].students[0]
    staying = {*imported.district.sections[imported.key].students[1:]}
    seen = [0]

    def change(_: httpx.Request) -> None:
        seen[0] += 1
        if seen[0] == request_number:
            imported.simulator.replace(withdraw(imported.district, leaving, imported.key))

    plan = imported.plan(imported.read(hook=change))
    assert not {step.person for step in plan if step.verb in ENDS} & staying


def test_roster_44_a_storm_of_429_is_waited_out(imported: Class) -> None:
    """Bounded retries, no partial roster: the read is whole, and nothing changes."""
    imported.simulator.fail("/v3.1/sections", 429, times=2)
    snap = imported.read()
    assert snap.proof.complete
    assert imported.plan(snap).empty


def test_roster_45_a_token_that_is_withdrawn_in_the_middle_stops_the_read(imported: Class) -> None:
    """401 in the middle: typed, nothing planned, nothing written."""
    imported.simulator.fail(f"/v3.1/sections/{imported.key}/users", 401, after=1, times=None)
    with pytest.raises(ReauthRequired):
        imported.read()


@given(arbitrary_snapshots().filter(lambda snap: snap.people))
def test_roster_45_rows_of_another_district_are_never_planned(snap: Snapshot) -> None:
    """P: a snapshot with a foreign row is void as a whole."""
    one = next(iter(snap.people.values()))
    mixed = attrs.evolve(snap, people={**snap.people, one.id: attrs.evolve(one, district=DistrictId("elsewhere"))})
    with MemoryStore().transaction() as ports, pytest.raises(ConfigurationError, match="of district elsewhere"):
        roster.plan(ports, mixed)
    foreign = attrs.evolve(section("c0", students=["s01"]), district=DistrictId("elsewhere"))
    with MemoryStore().transaction() as ports, pytest.raises(ConfigurationError, match="of district elsewhere"):
        roster.plan(ports, snapshot(foreign))
