"""`AsyncSqlStore`: the same ports for a host with an `AsyncEngine`, on its event loop and in its pool.

    store = AsyncSqlStore(engine)  # postgresql+asyncpg, postgresql+psycopg or sqlite+aiosqlite
    login = AsyncCleverLogin(app, store=store)
    outcome = await store.run(lambda ports: linking.settle(ports, arrived, signed_in=None, now=now))

There is one set of adapters: SQLAlchemy's `run_sync` lets the plain functions of the ports wait for the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, AsyncAdaptedQueuePool, MetaData, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from clever_roster.errors import IdentityTaken
from clever_roster.ports import Ports
from clever_roster.storage.sqlalchemy.accounts import AccountTable
from clever_roster.storage.sqlalchemy.store import BUSY_SECONDS, SqlStore, prepare_sqlite
from clever_roster.storage.sqlalchemy.tables import PREFIX

__all__ = ["AsyncSqlStore"]

Answer = TypeVar("Answer")


class AsyncSqlStore:
    """An `AsyncStore` in SQLite or PostgreSQL; it may be used from many tasks of one event loop."""

    def __init__(
        self,
        database: AsyncEngine | URL | str,
        *,
        accounts: AccountTable | None = None,
        metadata: MetaData | None = None,
        schema: str | None = None,
        prefix: str = PREFIX,
    ) -> None:
        """Use the host's engine as it is, or make one for a URL.

        Args:
            database: an engine, or a URL such as `sqlite+aiosqlite:///school.db` or `postgresql+asyncpg://...`.
            accounts, metadata, schema, prefix: as for `SqlStore`.

        Raises:
            ConfigurationError: the database is neither SQLite nor PostgreSQL.
        """
        engine = database if isinstance(database, AsyncEngine) else _engine(make_url(database))
        self._store = SqlStore(engine.sync_engine, accounts=accounts, metadata=metadata, schema=schema, prefix=prefix)
        self.tables = self._store.tables
        self._engine = AsyncEngine(self._store.engine)

    async def create_tables(self) -> None:
        """Create those of our tables that are not there yet; the host's own user table must be."""
        async with self._engine.begin() as connection:
            await connection.run_sync(self.tables.metadata.create_all, self.tables.ours)

    async def run(self, work: Callable[[Ports], Answer], /) -> Answer:
        """Do a piece of work in one transaction, once more if another one took the same identity at the same moment.

        The work is a plain function that awaits nothing but the database, and calls no other flow.
        """
        try:
            return await self._once(work)
        except IdentityTaken:
            return await self._once(work)

    async def aclose(self) -> None:
        """Close the connections that are not in use."""
        await self._engine.dispose()

    async def _once(self, work: Callable[[Ports], Answer]) -> Answer:
        async with self._engine.begin() as connection:
            return await connection.run_sync(lambda inner: work(self._store.ports(inner)))


def _engine(url: URL) -> AsyncEngine:
    """An engine whose errors do not quote the rows, which hold names and addresses."""
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, hide_parameters=True)
    in_memory = url.database in (None, "", ":memory:")
    engine = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
        poolclass=AsyncAdaptedQueuePool,
        # A database in memory is its connection: there is one, and tasks take turns.
        **({"pool_size": 1, "max_overflow": 0} if in_memory else {}),
    )
    event.listen(engine.sync_engine, "connect", prepare_sqlite)
    return engine
