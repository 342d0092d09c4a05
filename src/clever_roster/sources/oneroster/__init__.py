"""OneRoster as a source: the CSV files of 1.1 and 1.2, bulk and delta, and the same records over REST.

    bundle = read_files(Path("district.zip"), on_bad=told.append)
    snapshot = snapshot_of(bundle, taken_at=now)

    with OneRosterClient(url, token_url=..., client_id=..., client_secret=...) as sis:
        snapshot = sis.fetch_snapshot()

How to read this room: `columns` is how one column is read and written, `records` every file of the standard, `files`
reads and writes a set of them, `snapshots` says what they mean; `wire` reads the same records from JSON, `reading`
fetches (token, pages, errors), `client` is the face. It refuses to know what a host does with a roster.
"""

from clever_roster.sources.oneroster.client import AsyncOneRosterClient, OneRosterClient, scopes_of
from clever_roster.sources.oneroster.columns import Version
from clever_roster.sources.oneroster.files import Bundle, Manifest, Mode, fold, read_files, write_files
from clever_roster.sources.oneroster.snapshots import (
    bundle_of,
    courses_of,
    district_of,
    fold_into,
    schools_of,
    snapshot_of,
)

__all__ = [
    "AsyncOneRosterClient",
    "Bundle",
    "Manifest",
    "Mode",
    "OneRosterClient",
    "Version",
    "bundle_of",
    "courses_of",
    "district_of",
    "fold",
    "fold_into",
    "read_files",
    "schools_of",
    "scopes_of",
    "snapshot_of",
    "write_files",
]


def __dir__() -> list[str]:
    return __all__
