"""Logins in progress, and which identity belongs to which account.

Each law is one statement, so that the database decides it: DELETE ... RETURNING hands an attempt to one caller,
INSERT ... ON CONFLICT DO NOTHING tells one caller that it was first.
"""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import attrs
from sqlalchemy import Connection, Row, Select, Table, bindparam, delete, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from clever_roster.errors import AccountNotFound, IdentityTaken, StoreError
from clever_roster.model import AccountId, DistrictId, IdentityKey, Link, PersonId, Provider, Role
from clever_roster.ports import MOST_PENDING, Attempt, Purpose
from clever_roster.storage.many import fields_of
from clever_roster.storage.records import identity_from_json, identity_to_json
from clever_roster.storage.sqlalchemy.columns import (
    among,
    from_text,
    from_texts,
    insert_into,
    insert_rows,
    one_of,
    rows_of,
)
from clever_roster.storage.sqlalchemy.tables import Tables

__all__ = ["SqlAttempts", "SqlLinks"]

IDENTITY = ("key.provider", "key.district", "key.subject")


@attrs.frozen
class SqlAttempts:
    """The `AttemptStore`."""

    _connection: Connection
    _tables: Tables

    def save(self, attempt: Attempt, /) -> None:
        row = attrs.asdict(attempt, recurse=False)
        row["identity"] = None if attempt.identity is None else identity_to_json(attempt.identity)
        if not self._insert_first(self._tables.attempts, row):
            raise StoreError("This state was used before.", next_step="Make a new random state for every attempt.")
        self._drop_oldest(attempt)

    def consume(self, *, state_digest: str, browser_digest: str, now: datetime) -> Attempt | None:
        attempts = self._tables.attempts
        statement = (
            delete(attempts)
            .where(
                attempts.c.state_digest == state_digest,
                attempts.c.browser_digest == browser_digest,
                attempts.c.expires_at > now,
            )
            .returning(*attempts.columns)
        )
        row = self._connection.execute(statement).mappings().one_or_none()
        if row is None:
            return None
        identity = None if row["identity"] is None else identity_from_json(row["identity"])
        known: dict[str, Any] = {"purpose": Purpose(row["purpose"]), "identity": identity}
        return Attempt(**{**row, **known})

    def discard(self, *, browser_digest: str) -> None:
        attempts = self._tables.attempts
        own = attempts.c.account.is_not(None) | attempts.c.identity.is_not(None)
        self._connection.execute(delete(attempts).where(own, attempts.c.browser_digest == browser_digest))

    def forget(self, *, accounts: Collection[AccountId], identities: Collection[IdentityKey]) -> int:
        attempts = self._tables.attempts
        own = attempts.c.account.is_not(None) | attempts.c.identity.is_not(None)
        rows = self._connection.execute(
            select(attempts.c.state_digest, attempts.c.account, attempts.c.identity).where(own)
        )
        theirs = [
            row.state_digest
            for row in rows
            if row.account in accounts or (row.identity and identity_from_json(row.identity).key in identities)
        ]
        for some in one_of(self._connection, attempts.c.state_digest, theirs):
            self._connection.execute(delete(attempts).where(some))
        return len(theirs)

    def claim_code(self, *, code_digest: str, now: datetime, expires_at: datetime) -> bool:
        first = self._insert_first(self._tables.codes, {"code_digest": code_digest, "expires_at": expires_at})
        if first:
            self._sweep(self._tables.codes, now)
            self._sweep(self._tables.attempts, now)
        return first

    def _drop_oldest(self, saved: Attempt) -> None:
        attempts = self._tables.attempts
        others = (
            select(attempts.c.state_digest)
            .where(attempts.c.browser_digest == saved.browser_digest, attempts.c.state_digest != saved.state_digest)
            .order_by(attempts.c.expires_at.desc(), attempts.c.state_digest.desc())
        )
        oldest = self._connection.scalars(others.offset(MOST_PENDING - 1)).all()
        if oldest:
            self._connection.execute(delete(attempts).where(attempts.c.state_digest.in_(oldest)))

    def _insert_first(self, table: Table, row: Mapping[str, object]) -> bool:
        # The row that comes back tells who was first; drivers do not agree on what they count.
        statement = insert_into(self._connection, table).on_conflict_do_nothing().returning(*table.primary_key)
        return self._connection.execute(statement, [row]).first() is not None

    def _sweep(self, table: Table, now: datetime) -> None:
        # SKIP LOCKED: two sweeps at the same moment share the work and do not wait for each other.
        (key,) = table.primary_key
        expired = select(key).where(table.c.expires_at <= now).with_for_update(skip_locked=True)
        self._connection.execute(delete(table).where(key.in_(expired)))


@attrs.frozen
class SqlLinks:
    """The `LinkStore`; an identity is the primary key, which is what makes it belong to one account at most."""

    _connection: Connection
    _tables: Tables

    def find(self, keys: Collection[IdentityKey], /) -> Mapping[IdentityKey, Link]:
        links = self._tables.links
        found: dict[IdentityKey, Link] = {}
        for wanted in among(self._connection, links.primary_key, keys):
            found.update((link.key, link) for link in self._read(select(links).where(wanted)))
        return found

    def accounts(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId], /
    ) -> Mapping[PersonId, AccountId]:
        links = self._tables.links
        told = select(links.c.subject, links.c.account).where(
            links.c.provider == provider, links.c.district == district
        )
        some_of = map(told.where, one_of(self._connection, links.c.subject, people))
        return {
            PersonId(person): AccountId(str(account))
            for wanted in some_of
            for person, account in rows_of(self._connection, wanted)
        }

    def of(self, account: AccountId, /) -> tuple[Link, ...]:
        links = self._tables.links
        mine = links.c.account == from_text(self._tables.accounts.id, account)
        return self._read(select(links).where(mine).order_by(*links.primary_key))

    def add(self, links: Sequence[Link], /) -> None:
        table = self._tables.links
        accounts = from_texts(self._tables.accounts.id, (link.account for link in links))
        ordered = sorted(links, key=attrgetter(*IDENTITY))
        columns = {
            **dict(zip(("provider", "district", "subject"), fields_of(ordered, IDENTITY).values(), strict=True)),
            "account": [accounts[link.account] for link in ordered],
            "linked_at": [link.linked_at for link in ordered],
            "roles": [" ".join(sorted(link.roles)) for link in ordered],
        }
        try:
            added = insert_rows(
                self._connection,
                table,
                columns,
                then=lambda insert: insert.on_conflict_do_nothing().returning(table.c.subject),
            )
        except IntegrityError:
            # Not chained: the driver's message quotes the row.
            raise AccountNotFound(
                "An identity is to be linked to an account that does not exist.", next_step="Create the account first."
            ) from None
        if len(added) < len(links):
            raise IdentityTaken(
                f"Of {len(links)} identities {len(links) - len(added)} belong to an account already.",
                next_step="Undo this transaction, and do it once more: it will find the account.",
            )

    def replace(self, links: Sequence[Link], /) -> None:
        table = self._tables.links
        rows = [
            {f"key_{name}": value for name, value in attrs.asdict(link.key).items()}
            | {
                "account": from_text(self._tables.accounts.id, link.account),
                "linked_at": link.linked_at,
                "roles": " ".join(sorted(link.roles)),
            }
            for link in sorted(links, key=lambda link: link.key)
        ]
        mine = [column == bindparam(f"key_{column.name}", type_=column.type) for column in table.primary_key]
        if rows:
            self._connection.execute(update(table).where(*mine), rows)

    def remove(self, key: IdentityKey, /) -> None:
        links = self._tables.links
        self._connection.execute(delete(links).where(tuple_(*links.primary_key) == attrs.astuple(key)))

    def all(self) -> Iterable[Link]:
        return self._read(select(self._tables.links).order_by(*self._tables.links.primary_key))

    def _read(self, statement: Select[Any]) -> tuple[Link, ...]:
        return tuple(map(_link, self._connection.execute(statement)))


def _link(row: Row[Any]) -> Link:
    key = IdentityKey(Provider(row.provider), DistrictId(row.district), PersonId(row.subject))
    roles = frozenset(map(Role, row.roles.split()))
    return Link(key=key, account=AccountId(str(row.account)), linked_at=row.linked_at, roles=roles)
