"""The published contract, kept by the awaited store, and what only awaiting can show."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from uuid import uuid4

import pytest
from awaited import Worn
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from clever_roster.drivers import AwaitingDriver
from clever_roster.ports import Store, Transact
from clever_roster.steps import ask
from clever_roster.storage.memory import MemoryStore
from clever_roster.storage.sqlalchemy import AsyncSqlStore
from clever_roster.testing.contracts import StoreContract, machine_for
from clever_roster.testing.contracts.samples import identity, link, login, newcomer, take
from databases import HOW, POSTGRES

needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
SCHEMA = "clever_roster_awaited"


def on_sqlite(folder) -> Worn:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{folder / uuid4().hex}.db", poolclass=NullPool, connect_args={"timeout": 30}
    )
    return made(engine)


def on_postgres() -> Worn:
    url = make_url(POSTGRES).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(
        url, poolclass=NullPool, connect_args={"server_settings": {"search_path": SCHEMA}, **sockets(url)}
    )

    async def schema():
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            await connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")

    asyncio.run(schema())
    return made(engine)


def sockets(url) -> dict[str, str]:
    return {"host": url.query["host"]} if "host" in url.query else {}


def made(engine) -> Worn:
    store = AsyncSqlStore(engine)
    asyncio.run(store.create_tables())
    return Worn(store)


class TestAsyncSqlite(StoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def make_store(self) -> Store:
        return on_sqlite(self.folder)


@needs_postgres
class TestAsyncPostgres(StoreContract):
    def make_store(self) -> Store:
        return on_postgres()


TestAsyncPostgresHistories = needs_postgres(machine_for(on_postgres, examples=2))


# --- On one loop ------------------------------------------------------------------------------------------------------


def test_of_many_tasks_on_one_loop_one_takes_the_attempt(tmp_path):
    """Tasks that share a pool are callers like any others; first logins at once end in one account."""

    async def story():
        store = AsyncSqlStore(f"sqlite+aiosqlite:///{tmp_path / 'school.db'}")
        await store.create_tables()
        await store.run(lambda ports: ports.attempts.save(login()))
        taken = await asyncio.gather(*(store.run(lambda ports: take(ports, login())) for _ in range(6)))
        key = identity("p1")

        def arrive(ports):
            known = ports.links.find([key]).get(key)
            if known is not None:
                return known.account
            (account,) = ports.accounts.create([newcomer()])
            ports.links.add([link(key, account)])
            return account

        arrived = set(await asyncio.gather(*(store.run(arrive) for _ in range(6))))
        await store.aclose()
        return taken, arrived

    taken, arrived = asyncio.run(story())
    assert sum(attempt is not None for attempt in taken) == 1
    assert len(arrived) == 1


@pytest.mark.parametrize("kind", ["awaited", "threaded"])
def test_the_awaiting_driver_takes_either_store(kind, tmp_path):
    """A store with `run` is awaited on the loop; a blocking one is given to a thread."""

    def flow():
        (account,) = yield from ask(Transact(lambda ports: ports.accounts.create([newcomer()])))
        return (yield from ask(Transact(lambda ports: ports.accounts.find([account])[account].id)))

    async def story():
        if kind == "threaded":
            store = MemoryStore()
        else:
            store = AsyncSqlStore("sqlite+aiosqlite://")
            await store.create_tables()
        async with AwaitingDriver(store=store) as driver:
            made = await driver.answer(flow())
        if kind == "awaited":
            await store.aclose()
        return made

    assert asyncio.run(story()) == "1"


def test_the_blocking_store_needs_nothing_of_the_awaited_one():
    """A host that blocks has no greenlet, no asyncpg and no aiosqlite."""
    script = "import sys; sys.modules['greenlet'] = None; from clever_roster.storage.sqlalchemy import SqlStore"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
