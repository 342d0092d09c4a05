"""A pretend OneRoster service to read rosters from, and the sample district as it would have it.

    service = SimulatedOneRoster(sample_bundle(district), clock=clock)
    with httpx.Client(transport=transport(service)) as http, serve(service) as address:
        ...

`transport`, `asgi` and `serve` of `clever_roster.testing` wear it as they wear the pretend Clever.
"""

from clever_roster.testing.oneroster.sample import class_id, sample_bundle
from clever_roster.testing.oneroster.simulator import Ailment, SimulatedOneRoster

__all__ = ["Ailment", "SimulatedOneRoster", "class_id", "sample_bundle"]


def __dir__() -> list[str]:
    return __all__
