"""Tables of every earlier release become those of this one; where they lie and what they are called is the host's."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, inspect

from clever_roster.storage.sqlalchemy import AccountTable, SqlStore
from clever_roster.storage.sqlalchemy.migrations import upgrade
from clever_roster.testing.contracts import cases
from clever_roster.testing.contracts.samples import identity, link, newcomer
from databases import HOW, POSTGRES

needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
SCHEMA = "clever_roster_upgrades"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def engine(request, tmp_path):
    made = create_engine(f"sqlite:///{tmp_path / 'school.db'}" if request.param == "sqlite" else POSTGRES)
    if request.param == "postgres":
        with made.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    yield made
    made.dispose()


def in_schema(engine, **options) -> SqlStore:
    return SqlStore(engine, schema=SCHEMA if engine.dialect.name == "postgresql" else None, **options)


def as_released(store, version) -> None:
    """The tables of a release, as its own `create_tables` left them: with no version written down."""
    with store.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", "clever_roster.storage.sqlalchemy:migrations")
        settings.attributes.update(connection=connection, tables=store.tables)
        command.upgrade(settings, version)
        schema = f"{store.tables.schema}." if store.tables.schema else ""
        connection.exec_driver_sql(f"DROP TABLE {schema}{store.tables.prefix}version")


def differences(store) -> list[object]:
    with store.engine.connect() as connection:
        options = {
            "version_table": f"{store.tables.prefix}version",
            "version_table_schema": store.tables.schema,
            "include_schemas": store.tables.schema is not None,
            "include_name": lambda name, kind, _: kind != "schema" or name == store.tables.schema,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), store.tables.metadata)


def test_new_tables_are_those_that_the_store_wants(engine):
    """The steps and `create_tables` end in the same place, and going again changes nothing."""
    store = in_schema(engine)
    upgrade(store)
    upgrade(store)
    assert differences(store) == []


def test_the_first_release_is_upgraded_with_its_rows(engine):
    """Links and sections of release 0.1.0 are there afterwards, and mean what they meant."""
    store = in_schema(engine)
    as_released(store, "0001")
    schema = f"{SCHEMA}." if store.tables.schema else ""
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        run(f"INSERT INTO {schema}clever_roster_accounts (given_name, middle_name, family_name) VALUES ('A', '', 'B')")  # noqa: S608
        run(f"INSERT INTO {schema}clever_roster_links VALUES ('clever', 'd', 'p1', 1, '2026-09-01 08:00:00')")  # noqa: S608
        run(f"INSERT INTO {schema}clever_roster_sections (name, owner, archived) VALUES ('C', 1, false)")  # noqa: S608
    upgrade(store)
    assert differences(store) == []
    with store.transaction() as ports:
        (kept,) = ports.links.all()
        (section,) = ports.sections.owned(kept.account)
        assert (kept.roles, section.mode, section.gone) == (frozenset(), "mirror", False)


def test_tables_that_create_tables_made_are_taken_as_they_are(engine):
    """A host that began with this release's `create_tables` may upgrade from then on."""
    store = in_schema(engine)
    store.create_tables()
    upgrade(store)
    assert differences(store) == []


def test_tables_lie_where_the_host_wants_them(engine):
    """Prefix and schema are the host's; all laws hold there, and two prefixes do not see each other."""
    one, two = in_schema(engine, prefix="roster_"), in_schema(engine, prefix="other_")
    upgrade(one)
    two.create_tables()
    with one.transaction() as ports:
        (account,) = ports.accounts.create([newcomer()])
        ports.links.add([link(identity("p1"), account)])
    with two.transaction() as ports:
        assert not list(ports.links.all())
    names = inspect(engine).get_table_names(schema=one.tables.schema)
    assert {name.split("_")[0] for name in names} == {"roster", "other"}
    for case in cases():
        if case.id in {"identities_are_compared_byte_for_byte", "the_journal_keeps_its_order"}:
            case.run(two)


def test_the_hosts_metadata_may_hold_our_tables_too(tmp_path):
    """A host whose own Alembic looks at one metadata finds ours in it; `create_tables` leaves the host's alone."""
    engine = create_engine(f"sqlite:///{tmp_path / 'host.db'}")
    metadata = MetaData()
    users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
    other = Table("lessons", metadata, Column("id", Integer, primary_key=True))
    store = SqlStore(engine, accounts=AccountTable(table=users, id=users.c.id, name=users.c.name), metadata=metadata)
    store.create_tables()
    assert store.tables.links in metadata.tables.values()
    assert other.name not in inspect(engine).get_table_names()
    engine.dispose()
