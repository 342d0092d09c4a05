"""A thousand rows and more come out of every store as they went in, though columns that say one thing are sent once."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from sqlalchemy import create_engine
from test_async_contracts import on_postgres

import django_project
from clever_roster.errors import IdentityTaken
from clever_roster.model import CLEVER, HostSection, NewAccount, PersonName
from clever_roster.ports import JournalEntry
from clever_roster.storage.arrays import MANY
from clever_roster.storage.django import DjangoStore
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing.contracts.samples import DISTRICT, NOW, described, identity, link, newcomer, seat, source
from databases import HOW, POSTGRES

COUNT = MANY + 200
SCHEMA = "clever_roster_many"


def on_sqlite():
    return SqlStore("sqlite://")


def on_psycopg():
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    return SqlStore(engine, schema=SCHEMA)


def on_django(alias):
    return DjangoStore(database=django_project.emptied(alias))


STORES = {
    "SQLite": on_sqlite,
    "PostgreSQL by psycopg": on_psycopg,
    "PostgreSQL by asyncpg": on_postgres,
    "Django on SQLite": lambda: on_django("default"),
    "Django on PostgreSQL": lambda: on_django("postgres"),
}


@pytest.fixture(params=STORES)
def store(request):
    if "PostgreSQL" in request.param and POSTGRES is None:
        pytest.skip(f"PostgreSQL {HOW}")
    made = STORES[request.param]()
    if isinstance(made, SqlStore):
        made.create_tables()
    yield made
    if isinstance(made, SqlStore):
        made.close()


def test_columns_that_say_one_thing_come_back_in_every_row(store):
    """Equal names, no emails and no persons, one instant; and a journal whose entries are all alike."""
    with store.transaction() as ports:
        ids = ports.accounts.create([NewAccount(name=PersonName("Ana", 'No"va\\'))] * COUNT)
        (section,) = ports.sections.save([HostSection(name="C", owner=ids[0], source=source())])
        rows = [attrs.evolve(seat(section.id, account), person=None) for account in ids]
        ports.sections.save_enrollments(rows)
        entry = JournalEntry(at=NOW, plan="p", actor="nightly", verb="enroll", section=section.id, account=None)
        ports.roster.record([entry] * COUNT)
    with store.transaction() as ports:
        assert len({*ids}) == COUNT
        assert {(one.name, one.email) for one in ports.accounts.find(ids).values()} == {
            (PersonName("Ana", 'No"va\\'), None)
        }
        assert {*ports.sections.enrollments([section.id])} == {*rows}
        assert ports.roster.journal(section.id) == (entry,) * COUNT


def test_of_many_rows_alike_the_last_wins_and_old_ones_are_overwritten(store):
    """In whatever order they are given."""
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number) for number in range(COUNT)])
        (section,) = ports.sections.save([HostSection(name="C", owner=ids[0], source=source())])
        ports.sections.save_enrollments([seat(section.id, account) for account in ids])
        later = [attrs.evolve(seat(section.id, account), changed_at=NOW + timedelta(days=1)) for account in ids]
        ports.sections.save_enrollments([seat(section.id, ids[0]), *reversed(later)])
        people = [described(number) for number in range(COUNT)]
        renamed = [attrs.evolve(one, name=PersonName("Re", "Named")) for one in people]
        ports.roster.save(CLEVER, DISTRICT, people=[*reversed(people), *renamed], sections=[])
    with store.transaction() as ports:
        assert {*ports.sections.enrollments([section.id])} == {*later}
        assert ports.roster.people(CLEVER, DISTRICT) == {one.id: one for one in renamed}


def test_one_identity_that_is_taken_refuses_all_of_many(store):
    """Whether it was there, or is there twice among the many."""
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number) for number in range(COUNT)])
        ports.links.add([link(identity("taken"), ids[0])])
    many = [link(identity(f"p{number}"), account) for number, account in enumerate(ids)]
    for one_too_much in (link(identity("taken"), ids[1]), many[0]):
        with pytest.raises(IdentityTaken), store.transaction() as ports:
            ports.links.add([*many, one_too_much])
    with store.transaction() as ports:
        assert [found.key for found in ports.links.all()] == [identity("taken")]


@pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan", "auto"])
def test_many_rows_leave_the_hosts_settings_as_they_were(mode):
    """PostgreSQL keeps its plans while it looks behind foreign keys, and only then."""
    store = on_psycopg()
    store.create_tables()
    with store.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {mode}")
        ports = store.ports(connection)
        ids = ports.accounts.create([newcomer(number) for number in range(COUNT)])
        ports.links.add([link(identity(f"p{number}"), account) for number, account in enumerate(ids)])
        assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar_one() == mode
    store.close()
