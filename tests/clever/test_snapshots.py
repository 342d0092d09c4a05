"""A snapshot that was read live holds what the guard and the proposals of the roster rest on."""

from __future__ import annotations

from datetime import timedelta

import attrs
import httpx
import pytest

from clever_roster import roster
from clever_roster.clever import CleverClient
from clever_roster.model import EnrollmentRole, NewAccount, PersonName, Role, SectionId, Snapshot
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Breakage, District, Simulator


def some(district: District, count: int = 2) -> list[SectionId]:
    full = [key for key, one in district.sections.items() if len(one.students) > 3 and one.teachers and one.term]
    return full[:count]


def imported(snapshot: Snapshot) -> MemoryStore:
    """A host that has all of the snapshot's sections."""
    store = MemoryStore()
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([NewAccount(name=PersonName("The", "Owner"))])
        attach = {key: roster.Attachment(owner=owner) for key in snapshot.sections}
        plan = roster.plan(ports, snapshot, attach=attach)
        roster.apply(ports, plan, actor="nightly", now=snapshot.taken_at)
    return store


def rules(store: MemoryStore, snapshot: Snapshot) -> set[roster.Rule]:
    with store.transaction() as ports:
        return {step.hold.rule for step in roster.plan(ports, snapshot) if step.hold is not None}


def without_one(district: District, section: SectionId) -> District:
    """Another day, on which one child has left the section."""
    left = attrs.evolve(district.sections[section], students=district.sections[section].students[1:])
    return attrs.evolve(district, sections={**district.sections, section: left})


def test_a_section_that_is_refused_is_unshared_and_one_that_is_not_found_is_gone(
    simulator: Simulator, clever: CleverClient, district: District
) -> None:
    """403 is "you may not see it"; 404 says no more than that there is nothing. Both are held, each with its rule."""
    refused, missing = some(district)
    store = imported(clever.fetch_snapshot(district.id, [refused, missing]))
    simulator.fail(f"/v3.1/sections/{refused}", 403, times=None)
    simulator.fail(f"/v3.1/sections/{missing}", 404, times=None)
    read = clever.fetch_snapshot(district.id, [refused, missing])
    assert read.unshared == {refused}
    assert read.scope == {refused, missing}
    assert not read.sections
    with store.transaction() as ports:
        one_by_one = [attrs.evolve(read, scope=frozenset({key}), unshared=read.unshared & {key}) for key in read.scope]
        held = {step.section: step.hold for part in one_by_one for step in roster.plan(ports, part)}
    assert {key: hold.rule for key, hold in held.items() if hold and key} == {
        refused: roster.Rule.NOT_SHARED,
        missing: roster.Rule.SECTION_GONE,
    }


@pytest.mark.parametrize("whole", [False, True], ids=["some sections", "the district"])
def test_the_terms_of_the_sections_are_read(clever: CleverClient, district: District, *, whole: bool) -> None:
    """With their dates, so that endings after a term's end are held."""
    read = clever.fetch_district(district.id) if whole else clever.fetch_snapshot(district.id, some(district))
    assert {one.term for one in read.sections.values() if one.term} <= read.terms.keys()
    assert all(term.ends == district.terms[key].ends for key, term in read.terms.items())


def test_a_section_may_be_of_no_term(clever: CleverClient, district: District) -> None:
    """Beside one that is of a term; both keep their names, and no term is asked for that nobody named."""
    of_a_term = some(district, 1)[0]
    of_none = next(key for key, one in district.sections.items() if not one.term)
    read = clever.fetch_snapshot(district.id, [of_a_term, of_none])
    assert {key: one.name for key, one in read.sections.items()} == {
        key: district.sections[key].name for key in (of_a_term, of_none)
    }
    assert read.terms.keys() == {district.sections[of_a_term].term}


def test_endings_after_the_end_of_a_term_are_held(
    simulator: Simulator, clever: CleverClient, district: District
) -> None:
    """Who leaves a class of a term that is over is not withdrawn by itself."""
    (section,) = some(district, 1)
    store = imported(clever.fetch_snapshot(district.id, [section]))
    over = {key: attrs.evolve(one, ends=district.today - timedelta(days=700)) for key, one in district.terms.items()}
    simulator.replace(attrs.evolve(without_one(district, section), terms=over))
    assert rules(store, clever.fetch_snapshot(district.id, [section])) == {roster.Rule.TERM_ENDED}


@pytest.mark.parametrize("state", ["paused", "Requires Review", "error", "pending"])
def test_endings_of_a_district_at_rest_are_held(
    simulator: Simulator, clever: CleverClient, district: District, state: str
) -> None:
    """Clever's word for a sync that stands still is read with the roster, and its endings wait."""
    (section,) = some(district, 1)
    store = imported(clever.fetch_snapshot(district.id, [section]))
    simulator.replace(attrs.evolve(without_one(district, section), state=state))
    read = clever.fetch_snapshot(district.id, [section])
    assert read.district_state == state
    assert rules(store, read) == {roster.Rule.DISTRICT_PAUSED}
    assert clever.fetch_district(district.id).district_state == state


def test_a_district_that_syncs_holds_nothing(simulator: Simulator, clever: CleverClient, district: District) -> None:
    """`success` is the state on ordinary nights."""
    (section,) = some(district, 1)
    store = imported(clever.fetch_snapshot(district.id, [section]))
    simulator.replace(without_one(district, section))
    read = clever.fetch_snapshot(district.id, [section])
    assert read.district_state == "success"
    assert rules(store, read) == set()


@pytest.mark.parametrize("trouble", [403, 404, 500, Breakage.HTML])
def test_without_terms_and_state_the_roster_stands(
    simulator: Simulator, clever: CleverClient, district: District, trouble: int | Breakage
) -> None:
    """They prove nothing and void nothing: what cannot be read of them is left out."""
    whole = clever.fetch_snapshot(district.id, some(district))
    simulator.fail("/v3.1/terms", trouble, times=None)
    simulator.fail("/v3.1/districts", trouble, times=None)
    read = clever.fetch_snapshot(district.id, some(district))
    assert (read.terms, read.district_state) == ({}, None)
    assert (read.sections, read.people, read.proof) == (whole.sections, whole.people, whole.proof)


def test_who_had_another_id_before_v3_tells_it(clever: CleverClient, district: District, http: httpx.Client) -> None:
    """Teachers and staff have the id that older rosters know them by; students kept theirs."""
    read = clever.fetch_district(district.id)
    older = {key: one.legacy_id for key, one in read.people.items() if one.legacy_id is not None}
    told = {key: set(one.legacy_ids.values()) for key, one in district.people.items() if one.legacy_ids}
    assert older.keys() == told.keys()
    assert all(one in told[key] for key, one in older.items())
    assert all(read.people[key].roles != frozenset({Role.STUDENT}) for key in older)


def test_a_teacher_under_a_new_id_is_proposed_by_the_legacy_id(
    simulator: Simulator, clever: CleverClient, district: District
) -> None:
    """A roster from before v3 and one from after name one teacher by two ids: seen as one person, and held."""
    section = next(key for key in some(district, 50) if district.people[district.sections[key].teachers[0]].legacy_ids)
    teacher = district.sections[section].teachers[0]
    now = clever.fetch_snapshot(district.id, [section])
    legacy = now.people[teacher].legacy_id
    assert legacy is not None
    listed = now.sections[section]
    known_as = attrs.evolve(now.people[teacher], id=legacy, legacy_id=None, sis_id=None)
    before = attrs.evolve(
        now,
        sections={section: attrs.evolve(listed, teachers=(legacy, *listed.teachers[1:]))},
        people={**{key: one for key, one in now.people.items() if key != teacher}, legacy: known_as},
    )
    store = imported(before)
    with store.transaction() as ports:
        plan = roster.plan(ports, now)
    (found,) = [one for one in plan.proposals if one.kind is roster.ProposalKind.REKEY]
    assert (found.person, found.other_person, found.evidence) == (legacy, teacher, ("legacy id",))
    held = [step for step in plan if step.role is EnrollmentRole.TEACHER and step.hold is not None]
    assert {step.person for step in held} == {legacy, teacher}
    assert simulator.districts
