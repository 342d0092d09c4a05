"""The typed Clever client: records as on the wire, reads that are complete or raise, snapshots that carry their proof.

How to read this room: `records` is the wire, `decode` reads bytes into it, `translate` turns it into `model`;
`reading` fetches, `classrooms` and `snapshots` are reads with a meaning; `client` is the face; `transport` is httpx.
"""

from clever_roster.clever.client import AsyncCleverClient, CleverClient
from clever_roster.clever.reading import API_URL

__all__ = ["API_URL", "AsyncCleverClient", "CleverClient"]


def __dir__() -> list[str]:
    return __all__
