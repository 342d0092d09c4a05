"""The demo's host app: what a product has before it meets this library. A user table of its own, and passwords.

Read it as an example: the user table is the host's, and `AccountTable` says once what its columns mean.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, create_engine, insert, make_url, select, update
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId
from clever_roster.storage.sqlalchemy import AccountTable, SqlStore

__all__ = ["HostApp"]


class HostApp:
    """A learning product with an `accounts` table."""

    def __init__(self, url: str) -> None:
        """Open the database and make what is missing in it.

        Raises:
            ConfigurationError: the URL cannot be used.
        """
        try:
            self._engine = create_engine(make_url(url), hide_parameters=True)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise ConfigurationError(
                f"The database {url.partition(':')[0]!r} cannot be opened ({type(error).__name__}).",
                next_step="Use a URL such as sqlite:///school.db, and install the driver that it names.",
            ) from None
        metadata = MetaData()
        self._accounts = Table(
            "accounts",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("first_name", Text, nullable=False),
            Column("last_name", Text, nullable=False),
            Column("email", Text),
            Column("password_hash", Text),
            Column("lessons_done", Integer, nullable=False, server_default="0"),
            Column("created_at", DateTime(timezone=True)),
            Column("last_seen_at", DateTime(timezone=True)),
        )
        metadata.create_all(self._engine)
        columns = self._accounts.c
        self.store = SqlStore(
            self._engine,
            accounts=AccountTable(
                table=self._accounts,
                id=columns.id,
                first_name=columns.first_name,
                last_name=columns.last_name,
                email=columns.email,
                has_password=columns.password_hash,
                created_at=columns.created_at,
                last_active_at=columns.last_seen_at,
                activity=columns.lessons_done,
            ),
        )
        self.store.create_tables()

    def sign_up(self, first: str, last: str, *, email: str, lessons: int, when: datetime, password: bool) -> AccountId:
        """Make an account as the product always did; the one with this email if it was made in an earlier run."""
        table = self._accounts
        with self._engine.begin() as connection:
            found = connection.execute(select(table.c.id).where(table.c.email == email)).scalar_one_or_none()
            if found is None:
                values = {
                    "first_name": first,
                    "last_name": last,
                    "email": email,
                    "password_hash": "scrypt$demo" if password else None,
                    "lessons_done": lessons,
                    "created_at": when.astimezone(UTC),
                    "last_seen_at": when.astimezone(UTC),
                }
                found = connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
        return AccountId(str(found))

    def do_lessons(self, account: AccountId, lessons: int) -> None:
        """Work is done in an account, up to so many lessons in all."""
        table = self._accounts
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == int(account)).values(lessons_done=lessons))

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()
