"""A test run that was killed leaves a PostgreSQL server of the wheel's behind, or a worker's database on a server.

The next run ends the one and empties the other, and meets nobody else's.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, make_url

from databases import FOLDER, HOW, OWNER, POSTGRES, own_of, sweep

WAITS = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print(flush=True); time.sleep(600)"


def server_of(owner: int, where, name: str) -> subprocess.Popen:
    """A process that stands in for a server: it was told its folder, and the folder tells its number."""
    folder = where / f"{FOLDER}{name}"
    (folder / "data").mkdir(parents=True)
    (folder / OWNER).write_text(str(owner))
    process = subprocess.Popen([sys.executable, "-c", WAITS, str(folder / "data")], stdout=subprocess.PIPE)
    process.stdout.readline()
    (folder / "data" / "postmaster.pid").write_text(f"{process.pid}\n{folder / 'data'}\n")
    return process


def test_a_server_whose_run_is_dead_is_ended_and_all_others_live(tmp_path):
    """The folder tells whose it is: a living run's server goes on, and so does a stranger who took the number."""
    ran = subprocess.Popen([sys.executable, "-c", ""])
    ran.wait()
    left, used = server_of(ran.pid, tmp_path, "left"), server_of(os.getpid(), tmp_path, "used")
    stranger = server_of(ran.pid, tmp_path, "moved")
    (tmp_path / f"{FOLDER}moved").rename(tmp_path / f"{FOLDER}renamed")
    try:
        assert {folder.name for folder in sweep(tmp_path)} == {f"{FOLDER}left", f"{FOLDER}renamed"}
        assert [folder.name for folder in tmp_path.iterdir()] == [f"{FOLDER}used"]
        assert left.wait(30) is not None
        assert [used.poll(), stranger.poll()] == [None, None]
    finally:
        for each in (left, used, stranger):
            each.kill()
            each.wait(30)
            each.stdout.close()


@pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
def test_a_worker_begins_with_an_empty_database_whatever_a_killed_one_left():
    """It is beside the one that was named, and under the worker's name."""

    def tables(*statements: str) -> int:
        engine = create_engine(own_of(POSTGRES, "gw99"))
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            found = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE tablename = 'left'").scalar_one()
        engine.dispose()
        return found

    assert tables('CREATE TABLE "left" ()') == 1
    assert tables() == 0
    assert make_url(own_of(POSTGRES, "gw99")).database == f"{make_url(POSTGRES).database}_gw99"
