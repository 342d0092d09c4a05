"""`SqlStore`: one transaction of a database, with the ports in it.

On PostgreSQL the laws hold at READ COMMITTED, its default: each is one statement, or follows a row lock. On SQLite a
transaction takes the write lock when it begins; a reader that became a writer halfway could otherwise be refused.

The ports live in `login`, `accounts` and `classes`; the columns in `tables`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import attrs
from sqlalchemy import URL, Connection, Engine, MetaData, QueuePool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from clever_roster.errors import ConfigurationError
from clever_roster.ports import Ports
from clever_roster.storage.sqlalchemy.accounts import AccountTable, SqlAccounts
from clever_roster.storage.sqlalchemy.classes import SqlSections
from clever_roster.storage.sqlalchemy.login import SqlAttempts, SqlLinks
from clever_roster.storage.sqlalchemy.rosters import SqlRoster
from clever_roster.storage.sqlalchemy.tables import PREFIX, Tables

__all__ = ["SqlStore"]

BUSY_SECONDS = 30.0


class SqlStore:
    """A `Store` in SQLite or PostgreSQL; it may be used from many threads.

    Attributes:
        tables: our tables and the user table; `tables.metadata` is what a host's migrations look at.
    """

    def __init__(
        self,
        database: Engine | URL | str,
        *,
        accounts: AccountTable | None = None,
        metadata: MetaData | None = None,
        schema: str | None = None,
        prefix: str = PREFIX,
    ) -> None:
        """Use the host's engine as it is, or make one for a URL.

        Args:
            database: an engine, or a URL such as `sqlite:///school.db` or `postgresql+psycopg://...`.
            accounts: the host's own user table; without it we keep one.
            metadata: where our tables are declared: the host's own, so that its migrations see them; or one of ours.
            schema: where our tables lie on PostgreSQL; None for the connection's search path.
            prefix: what the names of our tables begin with.

        Raises:
            ConfigurationError: the database is neither SQLite nor PostgreSQL.
        """
        engine = database if isinstance(database, Engine) else _engine(make_url(database))
        self.tables = Tables.beside(accounts, metadata=metadata, schema=schema, prefix=prefix)
        # A view of the engine: what is set on it leaves the host's own use of the engine alone.
        match engine.dialect.name:
            case "sqlite":
                self._engine = engine.execution_options()
                event.listen(self._engine, "begin", _begin_immediate)
            case "postgresql":
                self._engine = engine.execution_options(isolation_level="READ COMMITTED")
                event.listen(self._engine, "begin", _plan_for_the_values)
            case other:
                raise ConfigurationError(
                    f"SqlStore does not know {other}.", next_step="Use SQLite or PostgreSQL, or write an adapter."
                )

    @property
    def engine(self) -> Engine:
        """The engine that transactions are opened on."""
        return self._engine

    def create_tables(self) -> None:
        """Create those of our tables that are not there yet; the host's own user table must be."""
        self.tables.metadata.create_all(self._engine, self.tables.ours)

    @contextmanager
    def transaction(self) -> Generator[Ports, None, None]:
        """Open a transaction: committed when the block ends, undone entirely when it raises."""
        with self._engine.begin() as connection:
            yield self.ports(connection)

    def ports(self, connection: Connection) -> Ports:
        """The ports on a connection that the host has opened; it is the host that commits.

        On PostgreSQL the transaction must be READ COMMITTED. When a port raises, the transaction must be undone.
        """
        return _SqlPorts(
            SqlAttempts(connection, self.tables),
            SqlLinks(connection, self.tables),
            SqlAccounts(connection, self.tables.accounts),
            SqlSections(connection, self.tables),
            SqlRoster(connection, self.tables),
        )

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._engine.dispose()


@attrs.frozen
class _SqlPorts:
    attempts: SqlAttempts
    links: SqlLinks
    accounts: SqlAccounts
    sections: SqlSections
    roster: SqlRoster


def _engine(url: URL) -> Engine:
    """An engine whose errors do not quote the rows, which hold names and addresses."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True)
    in_memory = url.database in (None, "", ":memory:")
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        poolclass=QueuePool,
        # A database in memory is its connection: there is one, and threads take turns.
        **({"pool_size": 1, "max_overflow": 0} if in_memory else {}),
    )
    event.listen(engine, "connect", prepare_sqlite)
    return engine


def prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Keep foreign keys, and let readers read while one writes."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _plan_for_the_values(connection: Connection) -> None:
    """Ask PostgreSQL for plans that know the ids asked for.

    One for any ids, which a prepared statement gets in time, takes them to be few and reads a district once for each.
    """
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
