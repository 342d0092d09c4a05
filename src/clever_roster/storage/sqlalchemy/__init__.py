"""A store in SQL: SQLite for one machine, PostgreSQL for many. Needs the extra `clever-roster[sqlalchemy]`.

`SqlStore` is the store; `AsyncSqlStore` is the one for an `AsyncEngine` (extra `clever-roster[async]`); `AccountTable`
says which columns of a host's own user table mean what.
"""

from typing import TYPE_CHECKING

from clever_roster.storage.sqlalchemy.accounts import AccountTable
from clever_roster.storage.sqlalchemy.store import SqlStore

if TYPE_CHECKING:
    from clever_roster.storage.sqlalchemy.asynchronous import AsyncSqlStore

__all__ = ["AccountTable", "AsyncSqlStore", "SqlStore"]


def __getattr__(name: str) -> object:
    # SQLAlchemy's asyncio half needs greenlet, which a host that blocks does not have.
    if name != "AsyncSqlStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from clever_roster.storage.sqlalchemy.asynchronous import AsyncSqlStore  # noqa: PLC0415 - see above

    return AsyncSqlStore


def __dir__() -> list[str]:
    return __all__
