"""What is held about a person is told whole, and forgotten whole; nobody else's is touched."""

from __future__ import annotations

import json

import attrs
import pytest

from clever_roster import privacy
from clever_roster.model import CLEVER, AccountId, EnrollmentStatus, HostSection, PersonId, PersonName
from clever_roster.ports import JournalEntry, Memo
from clever_roster.storage import MemoryStore
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing.contracts.samples import (
    DISTRICT,
    ELSEWHERE,
    MINUTE,
    NOW,
    described,
    identity,
    link,
    listed,
    newcomer,
    seat,
    source,
)

LATER = NOW + MINUTE
KEY = identity("p1")


@pytest.fixture(params=["memory", "sqlite"])
def store(request):
    if request.param == "memory":
        yield MemoryStore()
    else:
        made = SqlStore("sqlite://")
        made.create_tables()
        yield made
        made.close()


@pytest.fixture
def school(store):
    """Two districts with two children of the same ids, a class each, a journal and what runs remember."""
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number, email=f"{number}@school.example") for number in range(4)])
        for district, (one, two) in ((DISTRICT, ids[:2]), (ELSEWHERE, ids[2:])):
            ports.links.add([link(identity("p1", district), one), link(identity("p2", district), two)])
            people = [described(1, district), described(2, district)]
            ports.mirror.save(CLEVER, district, people=people, sections=[listed("a", 3, district)])
            section = ports.sections.save(HostSection(name="Maths", owner=two, source=source("a", district))).id
            seats = [seat(section, one), attrs.evolve(seat(section, two), person=PersonId("p2"))]
            ports.sections.save_enrollments(seats)
            entry = JournalEntry(at=NOW, plan="d" * 64, actor="nightly", verb="enroll", section=section, account=one)
            ports.mirror.record([entry])
        names = {"run/x/1": {"person": "p1", "name": "Zoë"}, "run/y/1": {"person": "p2"}, "run/z/1": {"person": "p10"}}
        ports.memos.keep([Memo(key=key, text=json.dumps(text)) for key, text in names.items()])
    return ids


def test_an_export_is_everything_that_is_held_about_one_person(store, school):
    """Link, account, what the source said, classes, journal, memory: told in one JSON text, and in no repr."""
    with store.transaction() as ports:
        held = privacy.export_of(ports, KEY)
    assert (held.link.account, held.account.id, held.person) == (school[0], school[0], described(1))
    assert held.listed == (source("a"),)
    assert [row.account for row in held.enrollments] == [school[0]]
    assert [entry.account for entry in held.journal] == [school[0]]
    assert held.memos == ("run/x/1",)
    told = json.loads(held.to_json())
    assert told["person"]["email"] == "p1@school.example"
    assert "school.example" not in repr(held)


def test_a_forgotten_person_is_nowhere_and_their_work_stays(store, school):
    """Afterwards an export finds the account's journal lines at most; the enrollment ended and names no person."""
    with store.transaction() as ports:
        report = privacy.forget(ports, KEY, now=LATER)
    assert report == privacy.Forgotten(links=1, records=1, lists=1, enrollments=1, memos=1, journal=1)
    with store.transaction() as ports:
        held = privacy.export_of(ports, KEY)
        assert (held.link, held.person, held.listed, held.enrollments, held.memos) == (None, None, (), (), ())
        (row,) = ports.sections.enrolled(school[0])
        assert (row.person, row.status, row.changed_at) == (None, EnrollmentStatus.WITHDRAWN, LATER)
        assert ports.accounts.lock(school[0]).email == "0@school.example"
        assert privacy.forget(ports, KEY, now=LATER) == privacy.Forgotten()


def test_the_account_is_blanked_when_asked_and_no_other_identity_uses_it(store, school):
    """A teacher of two districts keeps the name that the other district still stands for."""
    one, _, other, _ = school
    with store.transaction() as ports:
        ports.links.add([link(identity("p9", ELSEWHERE), one)])
        assert privacy.forget(ports, KEY, now=LATER, blank_account=True).accounts == 0
        assert privacy.forget(ports, identity("p1", ELSEWHERE), now=LATER, blank_account=True).accounts == 1
        assert ports.accounts.lock(one).email == "0@school.example"
        assert ports.accounts.lock(other).name == PersonName("", "")


def test_nobody_else_is_touched(store, school):
    """Neither a classmate, nor the child of the same id in another district."""
    others = [identity("p2"), identity("p2", ELSEWHERE)]
    with store.transaction() as ports:
        before = [attrs.evolve(privacy.export_of(ports, key), memos=()) for key in others]
        there = attrs.evolve(privacy.export_of(ports, identity("p1", ELSEWHERE)), memos=())
        privacy.forget(ports, KEY, now=LATER)
        assert [attrs.evolve(privacy.export_of(ports, key), memos=()) for key in others] == before
        assert attrs.evolve(privacy.export_of(ports, identity("p1", ELSEWHERE)), memos=()) == there


def test_a_forgotten_district_leaves_its_classes_to_the_host(store, school):
    """Links, records and memory go; sections stay, detached; the other district does not notice."""
    with store.transaction() as ports:
        there = attrs.evolve(privacy.export_of(ports, identity("p1", ELSEWHERE)), memos=())
        report = privacy.forget_district(ports, CLEVER, DISTRICT, now=LATER, blank_accounts=True)
        assert report == privacy.Forgotten(
            links=2, records=3, enrollments=2, detached=1, memos=2, accounts=2, journal=1
        )
        assert ports.sections.attached([source("a")]) == {}
        assert [section.source for section in ports.sections.owned(AccountId(school[1]))] == [None]
        assert attrs.evolve(privacy.export_of(ports, identity("p1", ELSEWHERE)), memos=()) == there
        again = privacy.forget_district(ports, CLEVER, DISTRICT, now=LATER)
        assert again == privacy.Forgotten()
