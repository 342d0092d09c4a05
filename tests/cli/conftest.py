"""A district, its export, and a pretend Clever on loopback that serves it; commands run as people run them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clever_roster.cli import main
from clever_roster.model import CLEVER, AccountId, IdentityKey, Link, NewAccount, PersonName
from clever_roster.sources import write_export
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import District, Showcase, Simulator, sample_district, serve, showcase
from clever_roster.testing.sftp import export_of

Told = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="session")
def school_district() -> District:
    return sample_district(5, students=100)


@pytest.fixture(scope="session")
def who(school_district: District) -> Showcase:
    return showcase(school_district)


@pytest.fixture
def export(tmp_path: Path, school_district: District) -> Path:
    """The district's CSV export."""
    folder = tmp_path / "export"
    write_export(export_of(school_district), folder)
    return folder


@pytest.fixture
def pretend(school_district: District) -> Simulator:
    return Simulator([school_district])


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has set is not seen."""
    for name in ("DISTRICT_TOKEN", "TOKEN", "CLIENT_ID", "CLIENT_SECRET", "ROSTER_DB"):
        monkeypatch.delenv(f"CLEVER_{name}", raising=False)


@pytest.fixture
def address(pretend: Simulator, school_district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A pretend Clever on loopback; its token is in the environment."""
    monkeypatch.setenv("CLEVER_DISTRICT_TOKEN", pretend.district_token(school_district.id).reveal())
    with serve(pretend) as address:
        yield address


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database with our tables."""
    url = f"sqlite:///{tmp_path}/school.db"
    store = SqlStore(url)
    store.create_tables()
    store.close()
    return url


@pytest.fixture
def teacher(database: str, school_district: District, who: Showcase) -> AccountId:
    """The account of a teacher who has signed in with Clever."""
    store = SqlStore(database)
    with store.transaction() as ports:
        (account,) = ports.accounts.create([NewAccount(name=PersonName("Tia", "Teacher"))])
        key = IdentityKey(CLEVER, school_district.id, who.teacher)
        ports.links.add([Link(key=key, account=account, linked_at=datetime(2026, 8, 1, tzinfo=UTC))])
    store.close()
    return account


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Run a command with --json: its exit status and what it prints."""

    def run(command: str, *options: str) -> tuple[int, Any]:
        capsys.readouterr()
        status = main([command, "--json", *options])
        return status, json.loads(capsys.readouterr().out)

    return run
