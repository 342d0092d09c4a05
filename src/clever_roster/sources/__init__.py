"""Other places that a roster comes from: the CSV files of Clever SFTP, and two rooms, `google` and `oneroster`."""

from clever_roster.sources.clever_sftp import Export, read_export, write_export
from clever_roster.sources.export_roster import CLEVER_SFTP, snapshot_of

__all__ = ["CLEVER_SFTP", "Export", "read_export", "snapshot_of", "write_export"]


def __dir__() -> list[str]:
    return __all__
