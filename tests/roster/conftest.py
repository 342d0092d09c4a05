"""A host in memory, and one in a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts import Host

from clever_roster.storage.sqlalchemy import SqlStore


@pytest.fixture(params=["memory", "sqlite"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A host with one teacher, on each kind of store."""
    if request.param == "memory":
        yield Host()
        return
    store = SqlStore(f"sqlite:///{tmp_path / 'school.db'}")
    store.create_tables()
    yield Host(store)
    store.close()
