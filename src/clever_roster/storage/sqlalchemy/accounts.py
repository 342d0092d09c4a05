"""The host's user table: which of its columns mean what, and the `AccountDirectory` over it.

A host with a table of its own says so once::

    accounts = AccountTable(
        table=users, id=users.c.id, first_name=users.c.given_name, last_name=users.c.family_name, email=users.c.email
    )
    store = SqlStore(engine, accounts=accounts)

This file never writes a password, never deletes a row, and looks nobody up by email.
"""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import attrs
from sqlalchemy import Boolean, Column, ColumnElement, Connection, RowMapping, Table, bindparam, func, select
from sqlalchemy import insert as insert_rows
from sqlalchemy import update as update_rows

from clever_roster.errors import AccountNotFound, ConfigurationError
from clever_roster.model import Account, AccountId, NewAccount, PersonName, ProfileUpdate
from clever_roster.storage.sqlalchemy.columns import aware, counts_up, from_text, insert_in_order, one_of

__all__ = ["AccountTable", "SqlAccounts"]


def _nothing_more(_: NewAccount) -> Mapping[str, object]:
    return {}


@attrs.frozen(kw_only=True)
class AccountTable:
    """A user table and what its columns mean. The name stands in `first_name` and `last_name`, or whole in `name`.

    Columns that are None do not exist in the host: what would be written there is dropped, and what would be read is
    the default of `Account`. Times without a zone are taken as UTC.

    Attributes:
        id: primary key: an integer, a UUID or text. The table makes it itself (a sequence or a column default).
        name: one column for the whole name; it is read back as the last name, since nobody can split it rightly.
        has_password: a column, or an expression over the table: a boolean, or something that is not NULL when the
            person can sign in with a password.
        active: a boolean column or expression (`users.c.closed_at.is_(None)`).
        activity: a column or expression that counts work.
        further: more values for a new row, by column key: what the host's other NOT NULL columns need.

    Raises:
        ConfigurationError: the name has no column, or too many, or a column belongs to another table.
    """

    table: Table
    id: Column[Any]
    first_name: Column[Any] | None = None
    last_name: Column[Any] | None = None
    middle_name: Column[Any] | None = None
    name: Column[Any] | None = None
    email: Column[Any] | None = None
    has_password: ColumnElement[Any] | None = None
    active: ColumnElement[Any] | None = None
    created_at: Column[Any] | None = None
    last_active_at: Column[Any] | None = None
    activity: ColumnElement[Any] | None = None
    further: Callable[[NewAccount], Mapping[str, object]] = _nothing_more

    def __attrs_post_init__(self) -> None:
        parts = (self.first_name is not None, self.last_name is not None)
        if any(parts) != all(parts) or any(parts) == (self.name is not None):
            raise ConfigurationError(
                f"AccountTable of {self.table.name} does not say where a name is kept.",
                next_step="Give `first_name` and `last_name`, or `name` alone.",
            )
        columns = cast("list[object]", [getattr(self, field.name) for field in attrs.fields(AccountTable)])
        for column in columns:
            if isinstance(column, Column) and column.table is not self.table:
                raise ConfigurationError(
                    f"Column {column.name} belongs to {column.table}, not to {self.table.name}.",
                    next_step="Take every column from the table that you pass as `table`.",
                )

    def readable(self) -> dict[str, ColumnElement[Any]]:
        """The columns and expressions an account is read from, by our names for them."""
        fields = attrs.asdict(
            self,
            recurse=False,
            filter=lambda field, value: field.name not in {"table", "further"} and value is not None,
        )
        password = self.has_password
        if password is not None and not isinstance(password.type, Boolean):
            fields["has_password"] = password.is_not(None)
        return fields

    def written(self, name: PersonName | None, email: str | None) -> dict[str, str | None]:
        """What is written of a name and an email, by column key; None for each part of a name that is None."""
        values = (
            (self.first_name, None if name is None else name.first),
            (self.last_name, None if name is None else name.last),
            (self.middle_name, None if name is None else name.middle),
            (self.name, None if name is None else name.display()),
            (self.email, email),
        )
        return {column.key: value for column, value in values if column is not None}


@attrs.frozen
class SqlAccounts:
    """The `AccountDirectory` over an `AccountTable`."""

    _connection: Connection
    _accounts: AccountTable

    def find(self, accounts: Collection[AccountId], /) -> Mapping[AccountId, Account]:
        ids = [known for each in accounts if (known := from_text(self._accounts.id, each)) is not None]
        found: dict[AccountId, Account] = {}
        for wanted in one_of(self._connection, self._accounts.id, ids):
            rows = self._connection.execute(self._select().where(wanted)).mappings()
            found.update((account.id, account) for account in map(_account, rows))
        return found

    def lock(self, account: AccountId, /) -> Account:
        # SQLite knows no FOR UPDATE and needs none: its writing transactions are serial from BEGIN IMMEDIATE on.
        wanted = self._select().where(self._accounts.id == from_text(self._accounts.id, account))
        row = self._connection.execute(wanted.with_for_update(of=self._accounts.table)).mappings().one_or_none()
        if row is None:
            raise AccountNotFound(f"There is no account {account}.", next_step="Look up the account before locking it.")
        return _account(row)

    def create(self, accounts: Sequence[NewAccount], /) -> tuple[AccountId, ...]:
        if not accounts:
            return ()
        table = self._accounts.table
        rows = [{**self._accounts.written(new.name, new.email), **self._accounts.further(new)} for new in accounts]
        names = [*rows[0]]
        if counts_up(self._connection, table, names, key=self._accounts.id):
            columns = {name: [row[name] for row in rows] for name in names}
            made = insert_in_order(self._connection, table, columns, key=self._accounts.id)
        else:
            inserted = insert_rows(table).returning(self._accounts.id, sort_by_parameter_order=True)
            made = [*self._connection.scalars(inserted, rows)]
        return tuple(AccountId(str(new)) for new in made)

    def update(self, profiles: Sequence[ProfileUpdate], /) -> None:
        rows = [
            {"account": known}
            | {f"new_{key}": value for key, value in self._accounts.written(each.name, each.email).items()}
            for each in sorted(profiles, key=lambda each: each.account)
            if (known := from_text(self._accounts.id, each.account)) is not None
        ]
        columns = {key: self._accounts.table.c[key] for key in self._accounts.written(None, None)}
        if rows:
            self._connection.execute(
                update_rows(self._accounts.table)
                .where(self._accounts.id == bindparam("account", type_=self._accounts.id.type))
                .values(
                    {
                        key: func.coalesce(bindparam(f"new_{key}", type_=column.type), column)
                        for key, column in columns.items()
                    }
                ),
                rows,
            )

    def all(self) -> Iterable[Account]:
        return tuple(map(_account, self._connection.execute(self._select().order_by(self._accounts.id)).mappings()))

    def _select(self) -> Any:
        return select(*(column.label(field) for field, column in self._accounts.readable().items()))


def _account(row: RowMapping) -> Account:
    created, last_active = row.get("created_at"), row.get("last_active_at")
    return Account(
        id=AccountId(str(row["id"])),
        name=PersonName(
            first=row.get("first_name") or "",
            last=row.get("last_name") or row.get("name") or "",
            middle=row.get("middle_name") or "",
        ),
        email=row.get("email"),
        has_password=bool(row.get("has_password", False)),
        active=bool(row.get("active", True)),
        created_at=None if created is None else aware(created),
        last_active_at=None if last_active is None else aware(last_active),
        activity=row.get("activity") or 0,
    )
