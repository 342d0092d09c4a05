"""Ports fulfilled: `memory` needs nothing; `sqlalchemy` and `django` need the extras of those names.

Both are imported by their own names: `from clever_roster.storage.sqlalchemy import SqlStore` (or `AsyncSqlStore`),
`from clever_roster.storage.django import DjangoStore`.
"""

from clever_roster.storage.memory import MemoryStore

__all__ = ["MemoryStore"]


def __dir__() -> list[str]:
    return __all__
