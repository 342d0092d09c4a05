"""The recipes of `examples/fleet`, as they would be run: real queues, real processes, the pretend Clever over HTTP."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import attrs
import httpx
import pytest

from clever_roster import CleverClient, roster
from clever_roster.model import NewAccount, PersonName, Snapshot
from clever_roster.roster import Attachment
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import Simulator, next_day, sample_district, serve, transport

RECIPES = Path(__file__).parents[2] / "examples" / "fleet"
NIGHT = "2026-09-15"


@attrs.frozen
class Fleet:
    """Two districts that were imported yesterday; today one child more or less is listed here and there."""

    store: SqlStore
    districts: tuple[str, ...]
    environment: dict[str, str]
    today: tuple[Snapshot, ...]

    def is_done(self) -> bool:
        """Whether nothing is left that a sync may do without asking."""
        with self.store.transaction() as ports:
            return not any(roster.plan(ports, one).ready for one in self.today)

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=RECIPES, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    districts = [sample_district(seed=seed, students=120) for seed in (1, 2)]
    clever = Simulator(districts)
    store = SqlStore(f"sqlite:///{tmp_path}/school.db")
    store.create_tables()
    with httpx.Client(transport=transport(clever)) as http:

        def read() -> list[Snapshot]:
            tokens = [(one.id, clever.district_token(one.id)) for one in districts]
            return [CleverClient(token, http=http).fetch_district(district) for district, token in tokens]

        with store.transaction() as ports:
            (owner,) = ports.accounts.create([NewAccount(name=PersonName("Tess", "Own"))])
            for one in read():
                plan = roster.plan(ports, one, attach={key: Attachment(owner=owner) for key in one.sections})
                roster.apply(ports, plan, actor="import", now=datetime.now(UTC))
        for seed, district in enumerate(districts, 1):
            clever.replace(next_day(district, seed=seed))
        today = tuple(read())
    with serve(clever) as address:
        settings = {
            "SCHOOL_DATABASE": f"sqlite:///{tmp_path}/school.db",
            "CLEVER_CLIENT_ID": clever.app.client_id,
            "CLEVER_CLIENT_SECRET": clever.app.client_secret.reveal(),
            "CLEVER_REDIRECT_URI": clever.app.redirect_uris[0],
            "CLEVER_URL": address,
            "PYTHONPATH": str(RECIPES),
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONWARNINGS": "ignore",
        }
        yield Fleet(store, tuple(one.id for one in districts), {**os.environ, **settings}, today)
    store.close()


def test_spark_gives_each_district_its_turn(fleet: Fleet, tmp_path: Path) -> None:
    """The job is run twice with the same night: the second time every district has ended."""
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("Spark was not met: it needs the extra `spark`, and Java")
    (tmp_path / "districts.txt").write_text("\n".join(fleet.districts))
    assert not fleet.is_done()
    command = (sys.executable, "with_spark.py", NIGHT, str(tmp_path / "districts.txt"))
    first = [line.split(maxsplit=2) for line in fleet.run(*command).splitlines() if line.startswith(fleet.districts)]
    assert sorted(line[0] for line in first) == sorted(fleet.districts)
    assert {line[1] for line in first} <= {"done", "held"}
    assert fleet.is_done()
    again = fleet.run(*command)
    assert again.count("ended before") == len(fleet.districts)


def test_celery_and_redis_give_each_district_its_turn(fleet: Fleet, tmp_path: Path) -> None:
    """The night is begun twice; each district is done once."""
    if importlib.util.find_spec("celery") is None or shutil.which("redis-server") is None:
        pytest.skip("Celery was not met: it needs the extra `celery`, and redis-server")
    assert not fleet.is_done()
    with redis(tmp_path) as broker:
        fleet.environment.update(CELERY_BROKER=f"{broker}/0", CELERY_BACKEND=f"{broker}/1")
        celery = (sys.executable, "-m", "celery", "--app", "with_celery")
        worker = subprocess.Popen(
            [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"], cwd=RECIPES, env=fleet.environment
        )
        try:
            told = fleet.run(sys.executable, "-c", ASKING, NIGHT, *fleet.districts)
        finally:
            worker.terminate()
            worker.wait(timeout=30)
    endings = told.split()
    assert len(endings) == 2 * len(fleet.districts)
    assert set(endings) <= {"done", "held"}
    assert fleet.is_done()


ASKING = """
import sys
from with_celery import sync_one
night, *districts = sys.argv[1:]
for _ in range(2):
    given = [sync_one.delay(district, night) for district in districts]
    print(*[one.get(timeout=90) for one in given])
"""


@contextmanager
def redis(work: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(work)]
    server = subprocess.Popen([shutil.which("redis-server") or "redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)
