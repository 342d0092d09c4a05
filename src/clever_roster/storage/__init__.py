"""Ports fulfilled: `memory` needs nothing; `sqlalchemy` needs the extra of that name, and is imported by its own name.

`from clever_roster.storage.sqlalchemy import SqlStore`
"""

from clever_roster.storage.memory import MemoryStore

__all__ = ["MemoryStore"]


def __dir__() -> list[str]:
    return __all__
