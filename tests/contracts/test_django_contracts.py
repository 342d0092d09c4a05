"""The published contract, kept by Django's ORM on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

import django_project
from clever_roster.ports import Store
from clever_roster.storage.django import AccountFields, DjangoStore
from clever_roster.testing.contracts import StoreContract, machine_for
from databases import HOW, POSTGRES

needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")


def on(alias: str) -> DjangoStore:
    return DjangoStore(accounts=AccountFields(middle_name="middle_name"), database=django_project.emptied(alias))


class TestDjangoSqlite(StoreContract):
    def make_store(self) -> Store:
        return on("default")


@needs_postgres
class TestDjangoPostgres(StoreContract):
    def make_store(self) -> Store:
        return on("postgres")


TestDjangoSqliteHistories = machine_for(lambda: on("default"), examples=10)
TestDjangoPostgresHistories = needs_postgres(machine_for(lambda: on("postgres"), examples=10))
