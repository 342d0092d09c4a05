"""What is held about a person is told whole, and forgotten whole; nobody else's is touched."""

from __future__ import annotations

import json

import attrs
import pytest
from sqlalchemy import select

import django_project
from clever_roster import privacy
from clever_roster.model import (
    CLEVER,
    AccountId,
    EnrollmentStatus,
    HostSection,
    Identity,
    NewAccount,
    PersonId,
    PersonName,
)
from clever_roster.ports import JournalEntry, Memo, Purpose
from clever_roster.storage import MemoryStore
from clever_roster.storage.django import AccountFields, DjangoStore, models
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
    login,
    newcomer,
    seat,
    source,
    take,
)
from databases import HOW, POSTGRES

LATER = NOW + MINUTE
KEY = identity("p1")


needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
SCHEMA = "clever_roster_privacy"


@pytest.fixture(
    params=[
        "memory",
        "sqlite",
        "django on sqlite",
        pytest.param("postgresql", marks=needs_postgres),
        pytest.param("django on postgresql", marks=needs_postgres),
    ]
)
def store(request):
    match request.param:
        case "memory":
            yield MemoryStore()
        case "django on sqlite" | "django on postgresql":
            alias = django_project.emptied("default" if "sqlite" in request.param else "postgres")
            yield DjangoStore(accounts=AccountFields(middle_name="middle_name"), database=alias)
            django_project.emptied(alias)
        case _:
            made = SqlStore("sqlite://") if request.param == "sqlite" else SqlStore(POSTGRES, schema=SCHEMA)
            with made.engine.begin() as connection:
                for command in ("DROP SCHEMA IF EXISTS {} CASCADE", "CREATE SCHEMA {}"):
                    if request.param != "sqlite":
                        connection.exec_driver_sql(command.format(SCHEMA))
            made.create_tables()
            yield made
            made.close()


def every_cell(store) -> list[str]:
    """All that stands in the tables of a store, as text; of the users' table what the ports say."""
    with store.transaction() as ports:
        cells = [repr(attrs.astuple(account)) for account in ports.accounts.all()]
        if isinstance(store, MemoryStore):
            kept = attrs.asdict(ports.attempts._tables, recurse=False)
            rows = [row for name, table in kept.items() if name != "accounts" for row in _rows(table)]
            return [*cells, *map(repr, rows)]
    if isinstance(store, DjangoStore):
        tables = [getattr(models, name)._base_manager.using(store._database) for name in models.__all__]
        return [*cells, *(str(cell) for table in tables for row in table.values_list() for cell in row)]
    with store.engine.connect() as connection:
        rows = [row for table in store.tables.ours for row in connection.execute(select(table))]
    return [*cells, *(str(cell) for row in rows for cell in row)]


def _rows(table) -> list[object]:
    """Keys and values of a dictionary of the memory store, hidden fields included."""
    rows = table if isinstance(table, list) else [part for row in table.items() for part in row]
    return [attrs.asdict(row) if attrs.has(type(row)) else row for row in rows]


@pytest.fixture
def school(store):
    """Two districts with two children of the same ids, a class each, a journal and what runs remember."""
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number, email=f"{number}@school.example") for number in range(4)])
        for district, (one, two) in ((DISTRICT, ids[:2]), (ELSEWHERE, ids[2:])):
            ports.links.add([link(identity("p1", district), one), link(identity("p2", district), two)])
            people = [described(1, district), described(2, district)]
            ports.roster.save(CLEVER, district, people=people, sections=[listed("a", 3, district)])
            section = ports.sections.save([HostSection(name="Maths", owner=two, source=source("a", district))])[0].id
            seats = [seat(section, one), attrs.evolve(seat(section, two), person=PersonId("p2"))]
            ports.sections.save_enrollments(seats)
            entry = JournalEntry(at=NOW, plan="d" * 64, actor="nightly", verb="enroll", section=section, account=one)
            ports.roster.record([entry])
        names = {"run/x/1": {"person": "p1", "name": "Zoë"}, "run/y/1": {"person": "p2"}, "run/z/1": {"person": "p10"}}
        ports.roster.keep_memos([Memo(key=key, text=json.dumps(text)) for key, text in names.items()])
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


def test_after_forgetting_no_table_names_the_person(store):
    """Every cell of every table is read: the id, the name and the address of somebody forgotten are in none."""
    shy = identity("only-of-the-shy")
    person = attrs.evolve(described(1), id=shy.subject, email="shy@school.example", name=PersonName("Shyly", "Absent"))
    waits = Identity(key=shy, roles=frozenset(), name=person.name, email=person.email)
    with store.transaction() as ports:
        (account, teacher) = ports.accounts.create([NewAccount(name=person.name, email=person.email), newcomer()])
        ports.links.add([link(shy, account)])
        ports.attempts.save(attrs.evolve(login(), identity=waits, purpose=Purpose.ABSORB))
        known = attrs.evolve(listed("a", 2), students=(shy.subject, PersonId("p2")))
        ports.roster.save(CLEVER, DISTRICT, people=[person, described(2)], sections=[known])
        (section,) = ports.sections.save([HostSection(name="Maths", owner=teacher, source=source("a"))])
        ports.sections.save_enrollments([attrs.evolve(seat(section.id, account), person=shy.subject)])
        ports.roster.keep_memos([Memo(key=f"run/{shy.subject}", text="{}"), Memo(key="k", text=f'["{shy.subject}"]')])
    secrets = (shy.subject, person.email, person.name.first, person.name.last)
    assert all(any(secret in cell for cell in every_cell(store)) for secret in secrets)
    with store.transaction() as ports:
        assert privacy.forget(ports, shy, now=LATER, blank_account=True) == privacy.Forgotten(
            attempts=1, links=1, records=1, lists=1, enrollments=1, memos=2, accounts=1
        )
    told = every_cell(store)
    assert not [secret for secret in secrets if any(secret in cell for cell in told)]
    assert any("p2@school.example" in cell for cell in told)


def test_a_login_in_progress_is_forgotten_with_its_person(store, school):
    """What an account began, or waits for a word about the identity, is gone; a stranger's attempt is not."""
    somebody = Identity(key=identity("p2"), roles=frozenset())
    mine, theirs = login("a", connect=school[0]), attrs.evolve(login("b"), identity=somebody, purpose=Purpose.SIGN_UP)
    with store.transaction() as ports:
        for attempt in (mine, theirs):
            ports.attempts.save(attempt)
        assert privacy.forget(ports, KEY, now=LATER).attempts == 1
        assert [take(ports, each) for each in (mine, theirs)] == [None, theirs]


def test_the_account_is_blanked_when_asked_and_no_other_identity_uses_it(store, school):
    """A teacher of two districts keeps the name that the other district still stands for."""
    one, _, other, _ = school
    with store.transaction() as ports:
        ports.links.add([link(identity("p9", ELSEWHERE), one)])
        assert privacy.forget(ports, KEY, now=LATER, blank_account=True).accounts == 0
        assert privacy.forget(ports, identity("p1", ELSEWHERE), now=LATER, blank_account=True).accounts == 1
        assert ports.accounts.lock(one).email == "0@school.example"
        assert ports.accounts.lock(other).name == PersonName("", "")


def test_what_another_identity_brought_the_account_stays(store, school):
    """A child of two districts, in a club of the host's own too: one district is forgotten, and one seat ends."""
    one = school[0]
    with store.transaction() as ports:
        ports.links.add([link(identity("p7"), one), link(identity("p1-too", ELSEWHERE), one)])
        (other, club) = ports.sections.save(
            [HostSection(name="Art", owner=one, source=source("b")), HostSection(name="Chess", owner=one)]
        )
        (theirs,) = ports.sections.attached([source("a", ELSEWHERE)]).values()
        seats = [
            attrs.evolve(seat(other.id, one), person=PersonId("p7")),
            attrs.evolve(seat(theirs.id, one), person=PersonId("p1")),  # the other district's p1 was merged into one
            attrs.evolve(seat(club.id, one), person=None),
        ]
        ports.sections.save_enrollments(seats)
        assert len(privacy.export_of(ports, KEY).enrollments) == 4
        assert privacy.forget(ports, KEY, now=LATER).enrollments == 1
        ended = {row.section for row in ports.sections.enrolled(one) if row.status is EnrollmentStatus.WITHDRAWN}
        assert ended == {section.id for section in ports.sections.attached([source("a")]).values()}


def test_who_has_no_account_takes_nobodys_memory_along(store, school):
    """A record without a link is forgotten; a memo that holds an empty fact is not about it."""
    with store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=[described(5)], sections=[])
        ports.roster.keep_memos([Memo(key="section/other", text=json.dumps({"latest": None}))])
        assert privacy.forget(ports, identity("p5"), now=LATER) == privacy.Forgotten(records=1)
        assert "section/other" in ports.roster.memos(["section/other"])


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


def test_a_class_in_which_nobody_is_yet_is_detached_with_its_district(store, school):
    """Also one that is run by an account of another district, so that no later sync finds it."""
    with store.transaction() as ports:
        waiting = HostSection(name="Empty", owner=AccountId(school[3]), source=source("b"))
        ports.sections.save([waiting])
        assert privacy.forget_district(ports, CLEVER, DISTRICT, now=LATER).detached == 2
        assert ports.sections.attached_in(CLEVER, DISTRICT) == {}
