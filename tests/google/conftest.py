"""What the tests of this room share: the sample district's domain, a pretend Google, and people to be."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from clever_roster.model import PersonId, SectionId
from clever_roster.oauth import GoogleApp, GoogleLogin
from clever_roster.sources.google import GoogleClassroom
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, transport
from clever_roster.testing.google import ClassroomDomain, SimulatedGoogle, sample_classroom_domain
from clever_roster.testing.openid import Signer
from clever_roster.testing.showcase import Showcase


@pytest.fixture(scope="session")
def domain(district: District) -> ClassroomDomain:
    return sample_classroom_domain(district)


@pytest.fixture(scope="session")
def signer() -> Signer:
    """One for all: making its key takes longer than most tests."""
    return Signer()


@pytest.fixture
def google(domain: ClassroomDomain, clock, signer: Signer) -> SimulatedGoogle:
    return SimulatedGoogle(domain, clock=clock, signer=signer)


@pytest.fixture
def road(google: SimulatedGoogle) -> Iterator[httpx.Client]:
    """The road to the pretend Google."""
    with httpx.Client(transport=transport(google)) as client:
        yield client


@pytest.fixture
def teacher(domain: ClassroomDomain, show: Showcase) -> PersonId:
    """The showcase's teacher, by their Google id."""
    return domain.account_of(show.teacher)


@pytest.fixture
def pupil(domain: ClassroomDomain, show: Showcase) -> PersonId:
    return domain.account_of(show.student)


@pytest.fixture
def course(domain: ClassroomDomain, show: Showcase) -> SectionId:
    """The course that is the showcase's first section."""
    return domain.course_of(show.sections[0])


@pytest.fixture
def registered(google: SimulatedGoogle, domain: ClassroomDomain) -> GoogleApp:
    return GoogleApp(
        client_id=google.app.client_id,
        client_secret=google.app.client_secret,
        redirect_uri=google.app.redirect_uris[0],
        domains=frozenset({domain.name}),
    )


@pytest.fixture
def entrance(registered: GoogleApp, store: MemoryStore, road: httpx.Client, clock) -> GoogleLogin:
    return GoogleLogin(registered, store=store, http=road, clock=clock, sleep=lambda s: clock.forward(seconds=s))


@pytest.fixture
def classroom(google: SimulatedGoogle, teacher: PersonId, road: httpx.Client, clock) -> GoogleClassroom:
    """The teacher's classes; small pages, and a wait moves the clock."""
    return GoogleClassroom(
        google.access_token(teacher),
        http=road,
        page_size=5,
        clock=clock,
        sleep=lambda seconds: clock.forward(seconds=seconds),
    )
