"""What differs between two rosters: properties that hold for all of them, and the cases that people ask about."""

from __future__ import annotations

import random
import unicodedata

import attrs
from hypothesis import given
from hypothesis import strategies as st
from rosters import SECTIONS, STUDENTS, arbitrary_snapshots, person, section, snapshot

from clever_roster.model import Enrollment, EnrollmentRole, Person, PersonName, Proof, SectionId, Snapshot
from clever_roster.roster import Added, Altered, Moved, Removed, diff, patch

doubts = st.sets(st.sampled_from(SECTIONS)).map(lambda gaps: Proof(gaps=dict.fromkeys(gaps, "cut short")))


def removals(before: Snapshot, after: Snapshot) -> set[tuple[SectionId, str, str]]:
    """Who is taken out of which section, whatever the change is called."""
    out = set()
    for change in diff(before, after):
        match change:
            case Removed(Enrollment() as one):
                out.add((one.section, one.person, one.role))
            case Moved():
                out.add((change.origin, change.person, change.role))
            case _:
                continue
    return out


@given(arbitrary_snapshots(), arbitrary_snapshots())
def test_carrying_out_a_diff_makes_one_roster_the_other(a: Snapshot, b: Snapshot) -> None:
    """apply(diff(a, b), a) == b, for arbitrary rosters; and then there is nothing left to do."""
    result = patch(a, diff(a, b))
    assert dict(result.sections) == dict(b.sections)
    assert dict(result.people) == dict(b.people)
    assert diff(result, b) == ()


def test_who_is_still_named_elsewhere_is_not_gone() -> None:
    """One class is read, and the other is not: who left the one and stays in the other stays known."""
    before = snapshot(section("c0", students=["s01", "s02"]), section("c1", students=["s01"]))
    after = snapshot(section("c0", students=[]))
    gone = [change.subject for change in diff(before, after) if isinstance(change, Removed)]
    assert {one.id for one in gone if isinstance(one, Person)} == {"s02"}
    assert {one.person for one in gone if isinstance(one, Enrollment)} == {"s01", "s02"}


@given(arbitrary_snapshots())
def test_a_roster_does_not_differ_from_itself(a: Snapshot) -> None:
    """diff(b, b) is empty."""
    assert diff(a, a) == ()


@given(arbitrary_snapshots(), arbitrary_snapshots(), st.randoms())
def test_the_order_of_input_does_not_matter(a: Snapshot, b: Snapshot, chance: random.Random) -> None:
    """Pages may come in any order: the same changes, in the same order."""

    def shuffled(one: Snapshot) -> Snapshot:
        people, sections = list(one.people.items()), list(one.sections.items())
        chance.shuffle(people)
        chance.shuffle(sections)
        return attrs.evolve(one, people=dict(people), sections=dict(sections))

    assert diff(shuffled(a), shuffled(b)) == diff(a, b)


@given(arbitrary_snapshots(), arbitrary_snapshots(), doubts, doubts)
def test_knowing_less_can_only_shrink_the_removals(a: Snapshot, b: Snapshot, some: Proof, more: Proof) -> None:
    """Monotone ignorance: making a read less complete never removes anybody whom the better read would have kept."""
    knows = attrs.evolve(b, proof=some)
    knows_less = attrs.evolve(b, proof=Proof(gaps={**some.gaps, **more.gaps}))
    assert removals(a, knows_less) <= removals(a, knows)


@given(arbitrary_snapshots(), arbitrary_snapshots(), doubts)
def test_an_unproven_section_loses_nobody_and_nothing(a: Snapshot, b: Snapshot, proof: Proof) -> None:
    """Removals are inside the proven scope only; a broken read removes nothing at all, people included."""
    assert {key for key, _, _ in removals(a, attrs.evolve(b, proof=proof))}.isdisjoint(proof.gaps)
    broken = attrs.evolve(b, proof=Proof(broken="the connection was lost"))
    assert not any(isinstance(change, Removed | Moved) for change in diff(a, broken))


@given(arbitrary_snapshots(), st.sampled_from(SECTIONS))
def test_what_is_outside_the_scope_is_not_touched(a: Snapshot, alone: SectionId) -> None:
    """Reading one section says nothing about another: no change names a section outside the scope."""
    read = snapshot(scope=[alone])
    changed = {one[0] for one in removals(a, read)}
    assert changed <= {alone}
    kept = patch(a, diff(a, read)).sections
    assert {key: value for key, value in a.sections.items() if key != alone} == dict(kept)


def test_leaving_one_section_for_another_is_one_move() -> None:
    """A reader sees that a child moved, not that one child vanished and another came."""
    before = snapshot(section("c0", students=["s01", "s02"]), section("c1", students=["s03"]))
    after = snapshot(section("c0", students=["s02"]), section("c1", students=["s01", "s03"]))
    (move,) = diff(before, after)
    assert move == Moved(person=STUDENTS[1], role=EnrollmentRole.STUDENT, origin=SECTIONS[0], destination=SECTIONS[1])


def test_a_rename_is_told_field_by_field() -> None:
    """Old and new value of what differs, and of nothing else."""
    before = snapshot(section("c0", students=["s01"]))
    after = snapshot(
        section("c0", students=["s01"], name="Algebra II"), people=[person(STUDENTS[1], email="new@x.test")]
    )
    changes = [change for change in diff(before, after) if isinstance(change, Altered)]
    assert [[(f.field, f.old, f.new) for f in change.fields] for change in changes] == [
        [("name", "Algebra", "Algebra II")],
        [("email", None, "new@x.test")],
    ]


def test_roster_40_two_spellings_of_one_name_are_no_change() -> None:
    """Compared NFC-normalised, stored as received: no change is reported when only the normal form differs."""
    composed, decomposed = "Zoë", unicodedata.normalize("NFD", "Zoë")
    before = snapshot(
        section("c0", students=["s01"], name=composed), people=[person(STUDENTS[1], name=PersonName(composed, "X"))]
    )
    after = snapshot(
        section("c0", students=["s01"], name=decomposed), people=[person(STUDENTS[1], name=PersonName(decomposed, "X"))]
    )
    assert diff(before, after) == ()


def test_another_primary_teacher_is_a_change_of_the_section() -> None:
    """Who leads is a fact of the section; nobody joined and nobody left."""
    before = snapshot(section("c0", teachers=["t0", "t1"]))
    after = snapshot(section("c0", teachers=["t1", "t0"]))
    (change,) = diff(before, after)
    assert isinstance(change, Altered)
    assert [field.field for field in change.fields] == ["teachers"]


def test_the_repr_of_a_change_names_nobody() -> None:
    """A change may be logged."""
    before = snapshot(section("c0"))
    after = snapshot(section("c0", students=["s01"]), people=[person(STUDENTS[1], name=PersonName("Nadia", "Petrova"))])
    changes = diff(before, after)
    assert any(isinstance(change, Added) for change in changes)
    assert "Nadia" not in repr(changes)
    assert "Petrova" not in repr(changes)


@given(arbitrary_snapshots(), st.sets(st.sampled_from(SECTIONS)))
def test_some_sections_of_a_snapshot_are_what_a_read_of_them_alone_would_be(
    snap: Snapshot, wanted: set[SectionId]
) -> None:
    """With everybody in them and nobody else, and no doubt more or less; those that are gone stay in the scope."""
    part, named = snap.only(wanted), set()
    for one in part.sections.values():
        named |= {*one.teachers, *one.students}
    assert part.scope == snap.scope & wanted
    assert part.sections == {key: one for key, one in snap.sections.items() if key in wanted}
    assert part.people == {key: one for key, one in snap.people.items() if key in named}
    assert {key: part.proof.doubt(key) for key in part.scope} == {key: snap.proof.doubt(key) for key in part.scope}
    assert snap.only(snap.scope).sections == snap.sections
    assert part.only(wanted) == part
