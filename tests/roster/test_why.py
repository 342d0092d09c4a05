"""Questions that teachers ask, and the answers: a code, a sentence, and what to do next."""

from __future__ import annotations

from datetime import date

import attrs
import pytest
from hosts import Host
from rosters import DISTRICT, NOW, SECTIONS, person, section, snapshot

from clever_roster import roster
from clever_roster.errors import NotShared, ReauthRequired, SourceUnavailable
from clever_roster.model import CLEVER, PersonId, Proof, Role, SectionKey, SyncMode, Term, TermId
from clever_roster.roster import Cause

FEW = ["s01", "s02", "s03", "s04", "s05"]
C0, S1 = SECTIONS[0], PersonId("s01")


def imported() -> Host:
    host = Host()
    host.sync(snapshot(section("c0", students=FEW)))
    return host


def causes(host: Host, snap, person_id=None, **more) -> list[Cause]:
    with host.store.transaction() as ports:
        reasons = (
            roster.why_section(ports, snap, C0, **more)
            if person_id is None
            else roster.why_person(ports, snap, C0, person_id, **more)
        )
    assert all(one.sentence.endswith(".") and one.next_step for one in reasons)
    return [one.cause for one in reasons]


def test_login_33_why_is_this_class_not_listed() -> None:
    """Each reason that people report, from the fact that it rests on; and fine is said when it is."""
    host, snap = imported(), snapshot(section("c0", students=FEW))
    assert causes(host, snap, actor=host.teacher) == [Cause.FINE]
    assert causes(Host(), snap) == [Cause.NOT_IMPORTED]
    assert causes(host, snapshot(scope=["c0"])) == [Cause.NOT_ON_SOURCE]
    assert causes(host, attrs.evolve(snapshot(scope=["c0"]), unshared=frozenset({C0}))) == [Cause.NOT_SHARED]
    assert causes(host, snapshot()) == [Cause.NOT_ASKED]
    assert causes(host, attrs.evolve(snap, proof=Proof(gaps={C0: "cut short"}))) == [Cause.NOT_READ]
    assert causes(host, snap, actor=host.account("Nobody")) == [Cause.WRONG_ACCOUNT]
    assert causes(host, snap, actor=host.account("Other", person="t3")) == [Cause.NOT_THEIR_CLASS]
    child = attrs.evolve(snap, people={**snap.people, "s77": person(PersonId("s77"), roles=frozenset({Role.STUDENT}))})
    assert causes(host, child, actor=host.account("Child", person="s77")) == [Cause.NO_ROLE, Cause.NOT_THEIR_CLASS]
    over = Term(id=TermId("y"), ends=date(2026, 6, 30))
    old = snapshot(attrs.evolve(section("c0", students=FEW), term=over.id))
    assert causes(host, attrs.evolve(old, terms={over.id: over})) == [Cause.TERM_OVER]


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (ReauthRequired("401", next_step="Sign in with Clever again.", status=401), Cause.TOKEN),
        (NotShared("403", next_step="share", status=403), Cause.NOT_SHARED),
        (SourceUnavailable("503", next_step="wait", status=503), Cause.CLEVER_DOWN),
    ],
)
def test_login_33_a_read_that_failed_says_so_first(failure, cause) -> None:
    """Token expired, not shared, Clever down: before anything else, and without a snapshot too."""
    assert causes(imported(), None, failure=failure) == [cause]


def test_login_33_why_is_this_class_not_in_step() -> None:
    """Put away, gone, another mode, held: what the host knows."""
    host, snap = imported(), snapshot(section("c0", students=FEW))
    host.change(archived=True)
    assert causes(host, snap) == [Cause.PUT_AWAY]
    host.change(gone=True)
    assert causes(host, snap) == [Cause.GONE]
    host.change(archived=False, gone=False, mode=SyncMode.PAUSED)
    assert causes(host, snap) == [Cause.MODE]
    host.change(mode=SyncMode.MIRROR)
    host.sync(snapshot(section("c0")))
    assert causes(host, snap) == [Cause.HELD]


def test_login_33_why_is_this_child_missing() -> None:
    """Removed by hand, withdrawn, not on the source, no account, not read, not synced yet; or not missing at all."""
    host, snap = imported(), snapshot(section("c0", students=FEW))
    assert causes(host, snap, S1) == [Cause.FINE]
    less = snapshot(section("c0", students=FEW[1:]))
    assert causes(host, attrs.evolve(less, proof=Proof(gaps={C0: "cut"})), S1) == [Cause.NOT_READ]
    host.sync(less)
    assert causes(host, less, S1) == [Cause.WITHDRAWN, Cause.NOT_ON_SOURCE]
    assert causes(host, snap, PersonId("s99")) == [Cause.NO_ACCOUNT, Cause.NOT_ON_SOURCE]
    host.sync(snap)
    host.removed_by_hand(host.who("s01"))
    assert causes(host, snap, S1) == [Cause.REMOVED_BY_HAND]
    host.account("Known", person="s09")
    assert causes(host, snapshot(section("c0", students=[*FEW, "s09"])), PersonId("s09")) == [Cause.NOT_SYNCED_YET]
    assert causes(Host(), snap, S1) == [Cause.NOT_IMPORTED]


def test_a_paused_class_says_so_of_its_missing_children() -> None:
    """The class's own reason is the child's."""
    host = imported()
    with host.store.transaction() as ports:
        roster.set_mode(ports, SectionKey(CLEVER, DISTRICT, C0), SyncMode.PAUSED, actor="t", now=NOW)
    assert causes(host, snapshot(section("c0", students=[*FEW, "s09"])), PersonId("s09")) == [
        Cause.NO_ACCOUNT,
        Cause.MODE,
    ]
