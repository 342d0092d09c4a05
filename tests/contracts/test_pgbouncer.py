"""The published contract, kept through PgBouncer in transaction mode, where there is a `pgbouncer` to start.

Its pool is smaller than the number of callers, so that connections really change hands from transaction to transaction.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from awaited import Worn
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from clever_roster.ports import Store
from clever_roster.storage.sqlalchemy import AsyncSqlStore, SqlStore
from clever_roster.testing.contracts import UNSKIPPABLE, StoreContract, cases
from databases import HOW, POSTGRES

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SCHEMA, POOL = "clever_roster_pgbouncer", 3
pytestmark = [
    pytest.mark.skipif(PGBOUNCER is None, reason="there is no pgbouncer on this machine"),
    pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}"),
]


@contextmanager
def pgbouncer(server: URL) -> Iterator[URL]:
    """A PgBouncer in front of a server, on loopback; the address that clients use."""
    where = server.query.get("host", server.host or "127.0.0.1")
    with ExitStack() as until_end:
        folder = Path(until_end.enter_context(tempfile.TemporaryDirectory(prefix="pgbouncer-")))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        told = {"host": where, "port": server.port or 5432, "user": server.username, "password": server.password}
        login = " ".join(f"{name}={value}" for name, value in told.items() if value)
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n{server.database} = dbname={server.database} {login}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = transaction\ndefault_pool_size = {POOL}\nmax_client_conn = 100\n"
            "log_connections = 0\nlog_disconnections = 0\nlog_stats = 0\n"
        )
        command = [PGBOUNCER, str(folder / "pgbouncer.ini")]
        if os.geteuid() == 0:  # it will not run as root; who owns the server's socket may go there
            owner = Path(where).owner() if where.startswith("/") else "nobody"
            shutil.chown(folder, owner)
            command[1:1] = ["-u", owner]
        process = until_end.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        until_end.callback(process.terminate)
        assert any("process up" in line for line in process.stderr), "pgbouncer did not start"
        yield URL.create("postgresql+psycopg", "anybody", host="127.0.0.1", port=port, database=server.database)


@pytest.fixture(scope="module")
def front() -> Iterator[URL]:
    with pgbouncer(make_url(POSTGRES)) as url:
        yield url


def anew() -> None:
    """An empty schema, made past the pooler."""
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    engine.dispose()


class TestPgBouncer(StoreContract):
    @pytest.fixture(autouse=True)
    def _front(self, front):
        self.front = front

    def make_store(self) -> Store:
        anew()
        self.engine = create_engine(self.front, connect_args={"prepare_threshold": None}, pool_size=8)
        store = SqlStore(self.engine, schema=SCHEMA)
        store.create_tables()
        return store

    def end_store(self, store: SqlStore) -> None:
        self.engine.dispose()


@pytest.mark.parametrize("law", sorted(UNSKIPPABLE))
def test_asyncpg_keeps_the_laws_that_logins_rest_on(law, front):
    """With the settings that the page on isolation names."""
    anew()
    engine = create_async_engine(
        front.set(drivername="postgresql+asyncpg").update_query_dict({"prepared_statement_cache_size": "0"}),
        poolclass=NullPool,
        connect_args={"statement_cache_size": 0, "prepared_statement_name_func": lambda: f"__{uuid4()}__"},
    )
    store = AsyncSqlStore(engine, schema=SCHEMA)
    asyncio.run(store.create_tables())
    (case,) = [case for case in cases() if case.id == law]
    case.run(Worn(store))
