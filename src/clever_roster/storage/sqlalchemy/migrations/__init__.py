"""Bring our tables from the shape of an earlier release to that of this one. Extra `clever-roster[migrations]`.

    upgrade(store)  # as often as you like; before the new release serves anybody

The steps are Alembic's, with a version table of our own beside our tables, so that a host's Alembic and ours do not
know each other. A host that declares our tables in its own metadata (`SqlStore(metadata=...)`) lets its own Alembic
make the steps instead. What a step may do: add tables, columns and indexes; a column is dropped a release after the
last one that read it, so that the old release goes on serving while the new one comes up.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from clever_roster.storage.sqlalchemy.store import SqlStore
from clever_roster.storage.sqlalchemy.tables import Tables

__all__ = ["upgrade"]

FIRST = "0001"


def upgrade(store: SqlStore) -> None:
    """Create what is missing and alter what has another shape, in one transaction where the database can.

    Tables that `create_tables` of the first release made are taken as they are, and upgraded from there.
    """
    with store.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", "clever_roster.storage.sqlalchemy:migrations")
        settings.attributes.update(connection=connection, tables=store.tables)
        known = _known(connection, store.tables)
        if known is not None:
            command.stamp(settings, known)
        command.upgrade(settings, "head")


def _known(connection: Connection, tables: Tables) -> str | None:
    """The version of tables that `create_tables` made, which writes no version down; None when one is written."""
    found = inspect(connection)
    if found.has_table(f"{tables.prefix}version", schema=tables.schema):
        return None
    if not found.has_table(tables.attempts.name, schema=tables.schema):
        return None
    columns = {column["name"] for column in found.get_columns(tables.attempts.name, schema=tables.schema)}
    return "head" if columns == set(tables.attempts.columns.keys()) else FIRST
