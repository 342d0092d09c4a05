"""The published contract, kept by the stores that we publish ourselves."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import URL, make_url

from clever_roster.ports import Store
from clever_roster.storage.memory import MemoryStore
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing.contracts import StoreContract, machine_for
from databases import HOW, POSTGRES

SCHEMA = "clever_roster_contracts"
needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")


def made(url: URL | str) -> SqlStore:
    store = SqlStore(url)
    store.create_tables()
    return store


def on_postgres() -> SqlStore:
    """A store in a schema of its own, made anew: whatever else the database holds is left alone."""
    url = make_url(POSTGRES or "").update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    store = SqlStore(url)
    with store._engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    store.create_tables()
    return store


class TestMemoryStore(StoreContract):
    def make_store(self) -> Store:
        return MemoryStore()


class TestSqliteInMemory(StoreContract):
    def make_store(self) -> Store:
        return made("sqlite://")

    def end_store(self, store: SqlStore) -> None:
        store.close()


class TestSqliteFile(StoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def make_store(self) -> Store:
        return made(f"sqlite:///{self.folder / uuid4().hex}.db")

    def end_store(self, store: SqlStore) -> None:
        store.close()


@needs_postgres
class TestPostgres(StoreContract):
    def make_store(self) -> Store:
        return on_postgres()

    def end_store(self, store: SqlStore) -> None:
        store.close()


TestMemoryStoreHistories = machine_for(MemoryStore)
TestSqliteHistories = machine_for(lambda: made("sqlite://"), end_store=SqlStore.close)
TestPostgresHistories = needs_postgres(machine_for(on_postgres, end_store=SqlStore.close, examples=10))
