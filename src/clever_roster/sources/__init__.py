"""Other places that a roster comes from: the CSV files of Clever SFTP."""

from clever_roster.sources.clever_sftp import Export, read_export, write_export

__all__ = ["Export", "read_export", "write_export"]


def __dir__() -> list[str]:
    return __all__
