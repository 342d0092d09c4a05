"""The typed Clever client: records as on the wire, reads that are complete or raise, snapshots that carry their proof.

How to read this room: `records`, `coursework` and `words` are the wire; `kept` holds what typed fields cannot; `decode`
reads bytes into records (`compiled` and `fast` at speed) and `translate` turns them into `model`; `endpoints` describes
every read and `operations` wears it; `reading`, `streams` and `feed` fetch, `pacing` counts the budget; `classrooms`,
`snapshots`, `eventing` and `older_ids` are reads with a meaning; `client` is the face; `spans` is OpenTelemetry.
"""

from clever_roster.clever.client import AsyncCleverClient, CleverClient
from clever_roster.clever.coursework import UNSET, AssignmentRequest, AttachmentRequest, SubmissionRequest
from clever_roster.clever.decode import BadRecord
from clever_roster.clever.eventing import Event, EventId, Events, FullReadNeeded, fold
from clever_roster.clever.kept import Presence
from clever_roster.clever.older_ids import Aliases, Rekeyed, Rekeying, plan_rekeying
from clever_roster.clever.pacing import Budget
from clever_roster.clever.reading import API_URL
from clever_roster.clever.streams import AsyncStream, Stream
from clever_roster.patience import Exchange, Progress

__all__ = [
    "API_URL",
    "UNSET",
    "Aliases",
    "AssignmentRequest",
    "AsyncCleverClient",
    "AsyncStream",
    "AttachmentRequest",
    "BadRecord",
    "Budget",
    "CleverClient",
    "Event",
    "EventId",
    "Events",
    "Exchange",
    "FullReadNeeded",
    "Presence",
    "Progress",
    "Rekeyed",
    "Rekeying",
    "Stream",
    "SubmissionRequest",
    "fold",
    "plan_rekeying",
]


def __dir__() -> list[str]:
    return sorted(__all__)
