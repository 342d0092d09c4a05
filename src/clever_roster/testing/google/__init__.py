"""A pretend Google to sign in at and to read Classroom from, and the domains it serves.

    google = SimulatedGoogle(sample_classroom_domain(district, seed=1))
    with httpx.Client(transport=transport(google)) as http, serve(google) as address:
        ...

`transport`, `asgi` and `serve` of `clever_roster.testing` wear it as they wear the pretend Clever.
"""

from clever_roster.testing.google.accounts_host import SimulatedGoogleApp
from clever_roster.testing.google.domain import ClassroomDomain, SampleCourse, SampleUser
from clever_roster.testing.google.sample import sample_classroom_domain
from clever_roster.testing.google.simulator import SimulatedGoogle

__all__ = [
    "ClassroomDomain",
    "SampleCourse",
    "SampleUser",
    "SimulatedGoogle",
    "SimulatedGoogleApp",
    "sample_classroom_domain",
]


def __dir__() -> list[str]:
    return __all__
