"""A store in SQL: SQLite for one machine, PostgreSQL for many. Needs the extra `clever-roster[sqlalchemy]`.

`SqlStore` is the store; `AccountTable` says which columns of a host's own user table mean what.
"""

from clever_roster.storage.sqlalchemy.accounts import AccountTable
from clever_roster.storage.sqlalchemy.store import SqlStore

__all__ = ["AccountTable", "SqlStore"]


def __dir__() -> list[str]:
    return __all__
