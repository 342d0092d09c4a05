"""Who exists twice? Find the accounts that belong to one human, say why, and suggest which to keep.

    profiles = gather(ports)                 # or make your own: a Profile is plain
    findings = find(profiles)
    for pair in findings.of(Zone.SURE):
        print(pair.explain())

The road: accounts are folded to what can be compared (`names`, `emails`, `attendance`, `population`), put in blocks
(`block`), compared (`name_evidence`, `evidence`), weighed (`weights`, `namesakes`, `score`), judged (`judging`),
grouped (`cluster`), and a suggestion is made (`suggest`). `search` walks it, for everybody or for one who comes
(`newcomer`, `rematching`), `review` remembers what people said, `saved` writes an index down, and `rows` speaks with
other tools. `classes.match` says which class of one roster is which of another, and serves alone. The library suggests,
the host decides: nothing here merges, and nothing here has seen a database.
"""

from clever_roster.duplicates.block import Missed
from clever_roster.duplicates.findings import Cluster, Findings, Pair
from clever_roster.duplicates.gather import gather
from clever_roster.duplicates.profile import ClassMembership, LinkedIdentity, Profile
from clever_roster.duplicates.review import Decision, ReviewQueue
from clever_roster.duplicates.rows import from_frame, from_rows, splink_settings, to_frame, to_rows
from clever_roster.duplicates.score import Evidence, Zone
from clever_roster.duplicates.search import Index, find
from clever_roster.duplicates.suggest import Move, Suggestion
from clever_roster.duplicates.weights import Kind

__all__ = [
    "ClassMembership",
    "Cluster",
    "Decision",
    "Evidence",
    "Findings",
    "Index",
    "Kind",
    "LinkedIdentity",
    "Missed",
    "Move",
    "Pair",
    "Profile",
    "ReviewQueue",
    "Suggestion",
    "Zone",
    "find",
    "from_frame",
    "from_rows",
    "gather",
    "splink_settings",
    "to_frame",
    "to_rows",
]


def __dir__() -> list[str]:
    return __all__
