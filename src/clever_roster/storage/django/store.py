"""`DjangoStore`: one transaction of a Django database, with the ports in it.

On PostgreSQL the laws hold at READ COMMITTED, Django's default: each follows a unique key or a row lock. On SQLite a
transaction takes the write lock with its first statement; a reader that became a writer halfway could be refused.

The ports live in `login`, `accounts` and `classes`; the fields in `models`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import attrs
from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from clever_roster.ports import Ports
from clever_roster.storage.django.accounts import AccountFields, DjangoAccounts
from clever_roster.storage.django.classes import DjangoSections
from clever_roster.storage.django.login import DjangoAttempts, DjangoLinks
from clever_roster.storage.django.models import Code
from clever_roster.storage.django.rosters import DjangoRoster
from clever_roster.storage.django.rows import Rows

__all__ = ["DjangoStore"]


class DjangoStore:
    """A `Store` in a database of the project; it may be used from many threads.

    Inside a transaction of the project (`ATOMIC_REQUESTS`, `atomic()`) ours is a part of it: undone alone when it
    raises, and committed when the outer one is.
    """

    def __init__(self, *, accounts: AccountFields | None = None, database: str = "default") -> None:
        """Use the project's user model and one of its databases, which must hold our tables and the users.

        Args:
            accounts: what the fields of the user model mean; left out, they are those of `AbstractUser`.
            database: alias in `DATABASES`.

        Raises:
            ConfigurationError: the user model does not have those fields.
        """
        self._database = database
        self._users = Rows(get_user_model(), database)
        self._fields = AccountFields() if accounts is None else accounts
        self._fields.check(self._users.model)

    @contextmanager
    def transaction(self) -> Generator[Ports, None, None]:
        """Open a transaction: committed when the block ends, undone entirely when it raises."""
        connection = connections[self._database]
        opened_here = connection.connection is None
        try:
            with transaction.atomic(using=self._database):
                self._take_write_lock(connection)
                yield self._ports()
        finally:
            if opened_here and not connection.in_atomic_block:
                # As after a request: a worker thread's connection goes, unless CONN_MAX_AGE lets it stay.
                connection.close_if_unusable_or_obsolete()

    def _take_write_lock(self, connection: BaseDatabaseWrapper) -> None:
        if connection.vendor == "sqlite":
            Code._base_manager.using(self._database).filter(pk="").update(expires_at=F("expires_at"))  # noqa: SLF001

    def _ports(self) -> Ports:
        database, users = self._database, self._users
        return _DjangoPorts(
            DjangoAttempts(database),
            DjangoLinks(database, users),
            DjangoAccounts(users, self._fields),
            DjangoSections(database, users),
            DjangoRoster(database),
        )


@attrs.frozen
class _DjangoPorts:
    attempts: DjangoAttempts
    links: DjangoLinks
    accounts: DjangoAccounts
    sections: DjangoSections
    roster: DjangoRoster
