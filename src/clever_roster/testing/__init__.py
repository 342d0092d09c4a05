"""The test kit: a pretend Clever to log in against and read rosters from, and the districts it serves.

    simulator = Simulator([district])
    with httpx.Client(transport=transport(simulator)) as http, serve(simulator) as address:
        ...

`simulator` is the core; `wear` and `server` are ways to wear it; `district` is what it serves. Loads no pytest.
"""

from clever_roster.testing.district import District
from clever_roster.testing.evolution import next_day
from clever_roster.testing.faults import Breakage
from clever_roster.testing.generate import sample_district
from clever_roster.testing.portal import Portal
from clever_roster.testing.server import serve
from clever_roster.testing.sftp import read_district
from clever_roster.testing.showcase import Showcase, showcase
from clever_roster.testing.simulator import Simulator
from clever_roster.testing.wear import asgi, transport
from clever_roster.testing.world import SimulatedApp

__all__ = [
    "Breakage",
    "District",
    "Portal",
    "Showcase",
    "SimulatedApp",
    "Simulator",
    "asgi",
    "next_day",
    "read_district",
    "sample_district",
    "serve",
    "showcase",
    "transport",
]


def __dir__() -> list[str]:
    return __all__
