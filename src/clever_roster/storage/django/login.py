"""Logins in progress, and which identity belongs to which account.

On PostgreSQL a row lock hands an attempt to one caller, and a unique key tells one caller that it was first; on SQLite
the store's transactions come one after the other.
"""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import attrs
from django.db import IntegrityError, transaction

from clever_roster.errors import AccountNotFound, IdentityTaken, StoreError
from clever_roster.model import AccountId, DistrictId, IdentityKey, Link, PersonId, Provider, Role
from clever_roster.ports import MOST_PENDING, Attempt, Purpose
from clever_roster.storage.django import models
from clever_roster.storage.django.rows import Rows, aware
from clever_roster.storage.many import Columns, fields_of
from clever_roster.storage.moments import in_utc
from clever_roster.storage.records import identity_from_json, identity_to_json

__all__ = ["DjangoAttempts", "DjangoLinks"]

IDENTITY = ("provider", "district", "subject")
KEY = tuple(f"key.{name}" for name in IDENTITY)


class DjangoAttempts:
    """The `AttemptStore`."""

    def __init__(self, database: str) -> None:
        self._attempts = Rows(models.Attempt, database)
        self._codes = Rows(models.Code, database)

    def save(self, attempt: Attempt, /) -> None:
        row = attrs.asdict(attempt, recurse=False)
        row["identity"] = None if attempt.identity is None else identity_to_json(attempt.identity)
        row["expires_at"] = in_utc(attempt.expires_at, "expires_at")
        if not _insert_first(self._attempts, row):
            raise StoreError("This state was used before.", next_step="Make a new random state for every attempt.")
        others = self._attempts.all().filter(browser_digest=attempt.browser_digest).exclude(pk=attempt.state_digest)
        newest_first = others.order_by("-expires_at", "-state_digest").values_list("pk", flat=True)
        oldest = list(newest_first[MOST_PENDING - 1 :])
        if oldest:
            self._attempts.all().filter(pk__in=oldest).delete()

    def consume(self, *, state_digest: str, browser_digest: str, now: datetime) -> Attempt | None:
        wanted = self._attempts.all().filter(
            pk=state_digest, browser_digest=browser_digest, expires_at__gt=in_utc(now, "now")
        )
        row = wanted.select_for_update().values().first()
        if row is None:
            return None
        self._attempts.all().filter(pk=state_digest).delete()
        identity = None if row["identity"] is None else identity_from_json(row["identity"])
        known: dict[str, Any] = {
            "purpose": Purpose(row["purpose"]),
            "identity": identity,
            "expires_at": aware(row["expires_at"]),
        }
        return Attempt(**row | known)

    def discard(self, *, browser_digest: str) -> None:
        of_browser = self._attempts.all().filter(browser_digest=browser_digest)
        of_browser.exclude(account=None, identity=None).delete()

    def forget(self, *, accounts: Collection[AccountId], identities: Collection[IdentityKey]) -> int:
        own = self._attempts.all().exclude(account=None, identity=None).values_list("pk", "account", "identity")
        theirs = [
            state_digest
            for state_digest, account, identity in own
            if account in accounts or (identity and identity_from_json(identity).key in identities)
        ]
        for some in self._attempts.one_of("pk", theirs):
            some.delete()
        return len(theirs)

    def claim_code(self, *, code_digest: str, now: datetime, expires_at: datetime) -> bool:
        end = in_utc(expires_at, "expires_at")
        first = _insert_first(self._codes, {"code_digest": code_digest, "expires_at": end})
        if first:
            self._sweep(self._codes, now)
            self._sweep(self._attempts, now)
        return first

    def _sweep(self, rows: Rows, now: datetime) -> None:
        # SKIP LOCKED: two sweeps at the same moment share the work and do not wait for each other.
        expired = rows.all().filter(expires_at__lte=in_utc(now, "now")).select_for_update(skip_locked=True)
        rows.all().filter(pk__in=list(expired.values_list("pk", flat=True))).delete()


def _insert_first(rows: Rows, row: Mapping[str, Any]) -> bool:
    """Insert it; whether it was not there. The savepoint lets the transaction live on when it was."""
    try:
        with transaction.atomic(using=rows.database):
            rows.insert({name: [value] for name, value in row.items()})
    except IntegrityError:
        return False
    return True


class DjangoLinks:
    """The `LinkStore`; an identity is unique, which is what makes it belong to one account at most."""

    def __init__(self, database: str, users: Rows) -> None:
        self._links = Rows(models.Link, database)
        self._users = users

    def find(self, keys: Collection[IdentityKey], /) -> Mapping[IdentityKey, Link]:
        rows = (row for some in self._links.among(keys, last="subject") for row in some.values())
        return {link.key: link for link in map(_link, rows)}

    def accounts(
        self, provider: Provider, district: DistrictId, people: Collection[PersonId], /
    ) -> Mapping[PersonId, AccountId]:
        keys = [IdentityKey(provider, district, person) for person in people]
        rows = (
            row for some in self._links.among(keys, last="subject") for row in some.values_list("subject", "account")
        )
        return {PersonId(person): AccountId(str(account)) for person, account in rows}

    def of(self, account: AccountId, /) -> tuple[Link, ...]:
        mine = self._links.all().filter(account=self._users.key(account))
        return tuple(map(_link, mine.order_by("provider", "district", "subject").values()))

    def add(self, links: Sequence[Link], /) -> None:
        accounts = self._users.keys(link.account for link in links)
        wanted = {*accounts.values()}
        if None in wanted or self._users.absent(wanted):  # foreign keys are only judged at the end
            raise AccountNotFound(
                "An identity is to be linked to an account that does not exist.", next_step="Create the account first."
            )
        try:
            self._links.insert(_columns(sorted(links, key=attrgetter(*KEY)), accounts))
        except IntegrityError:
            raise IdentityTaken(
                f"Of {len(links)} identities some belong to an account already.",
                next_step="Undo this transaction, and do it once more: it will find the account.",
            ) from None

    def replace(self, links: Sequence[Link], /) -> None:
        known = self.find([link.key for link in links])
        accounts = self._users.keys(link.account for link in links)
        self._links.upsert(_columns([link for link in links if link.key in known], accounts), key=IDENTITY)

    def remove(self, key: IdentityKey, /) -> None:
        self._links.all().filter(**attrs.asdict(key)).delete()

    def all(self) -> Iterable[Link]:
        return tuple(map(_link, self._links.all().order_by("provider", "district", "subject").values()))


def _columns(links: Sequence[Link], accounts: Mapping[str, Any]) -> Columns:
    return {
        **dict(zip(IDENTITY, fields_of(links, KEY).values(), strict=True)),
        "account_id": [accounts[link.account] for link in links],
        "linked_at": [link.linked_at for link in links],
        "roles": [" ".join(sorted(link.roles)) for link in links],
    }


def _link(row: Mapping[str, Any]) -> Link:
    return Link(
        key=IdentityKey(Provider(row["provider"]), DistrictId(row["district"]), PersonId(row["subject"])),
        account=AccountId(str(row["account_id"])),
        linked_at=aware(row["linked_at"]),
        roles=frozenset(map(Role, row["roles"].split())),
    )
