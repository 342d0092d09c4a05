"""One district in two rosters: the pretend Clever and the pretend Google, and a host that reads both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from double_host import NOW, TwoRosters
from one_school import School

from clever_roster.clever import CleverClient
from clever_roster.model import (
    CLEVER,
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
)
from clever_roster.sources.google import GoogleClassroom
from clever_roster.storage.memory import MemoryStore
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import Simulator, sample_district, showcase, transport
from clever_roster.testing.google import SimulatedGoogle, sample_classroom_domain


def clock() -> object:
    return NOW


def no_wait(_: float) -> None:
    """Nothing to wait for."""


@pytest.fixture(params=[(1, "memory"), (3, "sqlite"), (7, "memory"), (8, "memory")], ids=str)
def school(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[School]:
    seed, kept = request.param
    store = MemoryStore() if kept == "memory" else SqlStore(f"sqlite:///{tmp_path / 'school.db'}")
    if isinstance(store, SqlStore):
        store.create_tables()
    district = sample_district(seed, students=80)
    domain = sample_classroom_domain(district, seed=seed)
    show = showcase(district)
    google, clever = SimulatedGoogle(domain, clock=clock), Simulator([district], clock=clock)
    teacher, course = domain.account_of(show.teacher), domain.course_of(show.sections[0])
    with httpx.Client(transport=transport(google)) as to_google, httpx.Client(transport=transport(clever)) as to_clever:
        classroom = GoogleClassroom(google.access_token(teacher), http=to_google, clock=clock, sleep=no_wait)
        client = CleverClient(clever.district_token(district.id), http=to_clever, clock=clock, sleep=no_wait)
        yield School(
            district=district,
            domain=domain,
            show=show,
            host=TwoRosters({(CLEVER, district.id), (GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS)}, store),
            from_clever=client.fetch_snapshot(district.id, [show.sections[0]]),
            from_google=classroom.fetch_snapshot([course]),
        )
    if isinstance(store, SqlStore):
        store.close()
