"""The project's AUTH_USER_MODEL: which of its fields mean what, and the `AccountDirectory` over it.

The default fits `django.contrib.auth.models.User` and whatever derives from `AbstractUser`. Another model says::

    DjangoStore(accounts=AccountFields(name="full_name", email="mail", active=Q(closed_at=None), further=...))

This file never writes a usable password, never deletes a row, and looks nobody up by email. Signals of single saves
are not sent: rows are inserted and changed many at a time.
"""

# ruff: noqa: D102 - the law of each method stands in `clever_roster.ports`

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any, TypeAlias

import attrs
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, models
from django.db.models import BooleanField, Expression, ExpressionWrapper, F, Q

from clever_roster.errors import AccountNotFound, ConfigurationError, StoreError
from clever_roster.model import Account, AccountId, NewAccount, PersonName, ProfileUpdate
from clever_roster.storage.django.rows import CHUNK, PLAIN, Rows, aware
from clever_roster.storage.many import columns_of

__all__ = ["AccountFields", "DjangoAccounts"]

Readable: TypeAlias = str | Q | Expression | F
"""A field by its name, or an expression over the user model."""


def _as_abstract_user(_: NewAccount) -> Mapping[str, object]:
    # As make_password(None), which takes as long as the rest of an import.
    chance = token_hex(32)
    return {"username": f"clever-{chance[:32]}", "password": f"{UNUSABLE_PASSWORD_PREFIX}{chance[32:]}"}


USABLE = ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) & ~Q(password="")


@attrs.frozen(kw_only=True)
class AccountFields:
    """What the fields of the user model mean. The name stands in `first_name` and `last_name`, or whole in `name`.

    Fields that are None do not exist in the project: what would be written there is dropped, and what would be read is
    the default of `Account`.

    Attributes:
        name: one field for the whole name; it is read back as the last name, since nobody can split it rightly.
        email: where the field cannot be NULL, no email is written as "" and read as None.
        has_password: a boolean field or expression: whether the person can sign in with a password.
        active: a boolean field or expression (`Q(closed_at=None)`).
        activity: a field or expression that counts work.
        further: more values for a new row, by field name: what the model's other fields need. The default suits
            `AbstractUser`: a username made of chance, and no usable password.
    """

    first_name: str | None = "first_name"
    last_name: str | None = "last_name"
    middle_name: str | None = None
    name: str | None = None
    email: str | None = "email"
    has_password: Readable | None = USABLE
    active: Readable | None = "is_active"
    created_at: str | None = "date_joined"
    last_active_at: str | None = "last_login"
    activity: Readable | None = None
    further: Callable[[NewAccount], Mapping[str, object]] = _as_abstract_user

    def check(self, users: type[models.Model]) -> None:
        """See that the model has these fields.

        Raises:
            ConfigurationError: it lacks one, or the name has no field, or too many.
        """
        parts = (self.first_name is not None, self.last_name is not None)
        if any(parts) != all(parts) or any(parts) == (self.name is not None):
            raise ConfigurationError(
                "AccountFields does not say where a name is kept.",
                next_step="Give `first_name` and `last_name`, or `name` alone with both of them None.",
            )
        for ours, field in attrs.asdict(self, recurse=False).items():
            if isinstance(field, str):
                try:
                    users._meta.get_field(field)  # noqa: SLF001 - documented
                except FieldDoesNotExist:
                    raise ConfigurationError(
                        f"{users.__name__} has no field {field!r}.",
                        next_step=f"Say in AccountFields(...) which field `{ours}` is, or None.",
                    ) from None

    def readable(self) -> dict[str, Any]:
        """Expressions an account is read from, by our names for them."""
        fields = attrs.asdict(self, recurse=False, filter=lambda field, _: field.name != "further")
        return {f"our_{ours}": _expression(field) for ours, field in fields.items() if field is not None}

    def written(self, name: PersonName | None, email: str | None) -> dict[str, str]:
        """What is written of a name and an email, by field; nothing of what is None."""
        values = (
            (self.first_name, None if name is None else name.first),
            (self.last_name, None if name is None else name.last),
            (self.middle_name, None if name is None else name.middle),
            (self.name, None if name is None else name.display()),
            (self.email, email),
        )
        return {field: value for field, value in values if field is not None and value is not None}


def _is_plain(field: models.Field[Any, Any]) -> bool:
    """Whether `Rows` may write a field of a model that is not ours; `bulk_create` sees to all other kinds, slowly."""
    own_time = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    plain = type(field) in PLAIN and not field.is_relation and field.db_default is models.NOT_PROVIDED
    return plain and not own_time


def _expression(field: Readable) -> Any:
    match field:
        case str():
            return F(field)
        case Q():
            return ExpressionWrapper(field, output_field=BooleanField())
        case _:
            return field


@attrs.frozen
class DjangoAccounts:
    """The `AccountDirectory` over the user model."""

    _users: Rows
    _fields: AccountFields

    def find(self, accounts: Collection[AccountId], /) -> Mapping[AccountId, Account]:
        keys = {self._users.key(each) for each in accounts} - {None}
        found = (
            self._account(row)
            for some in self._users.one_of("pk", keys)
            for row in some.values("pk", **self._fields.readable())
        )
        return {account.id: account for account in found}

    def lock(self, account: AccountId, /) -> Account:
        # SQLite knows no FOR UPDATE and needs none: the store's transactions are serial there.
        wanted = self._users.all().filter(pk=self._users.key(account)).select_for_update(of=("self",))
        row = wanted.values("pk", **self._fields.readable()).first()
        if row is None:
            raise AccountNotFound(f"There is no account {account}.", next_step="Look up the account before locking it.")
        return self._account(row)

    def create(self, accounts: Sequence[NewAccount], /) -> tuple[AccountId, ...]:
        rows = [
            {**self._without_email(), **self._fields.written(new.name, new.email), **self._fields.further(new)}
            for new in accounts
        ]
        try:
            made = self._inserted(rows)
        except IntegrityError:
            # Not chained: the driver's message quotes the row.
            raise StoreError(
                f"The user model refused one of {len(rows)} new accounts.",
                next_step="Let AccountFields(further=...) give what its other fields need; no email may be unique.",
            ) from None
        return tuple(AccountId(str(key)) for key in made)

    def _inserted(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Insert whole users, the fields that nobody named by their defaults."""
        options = self._users.model._meta  # noqa: SLF001 - documented
        fields = {field.name: field for field in options.concrete_fields if field is not options.pk}
        named = {*rows[0]} if rows else set[str]()
        plain = isinstance(options.pk, models.AutoField) and all(map(_is_plain, fields.values()))
        if not plain or not named <= fields.keys():
            users = [self._users.model(**row) for row in rows]
            return [user.pk for user in self._users.all().bulk_create(users, batch_size=10 * CHUNK)]
        columns = {
            name: [field.to_python(row[name]) for row in rows] if name in named else [field.get_default() for _ in rows]
            for name, field in fields.items()
        }
        return self._users.insert_in_order(columns)

    def update(self, profiles: Sequence[ProfileUpdate], /) -> None:
        by_fields: dict[tuple[str, ...], dict[Any, tuple[Any, ...]]] = {}
        for each in profiles:
            key, values = self._users.key(each.account), self._fields.written(each.name, each.email)
            if key is not None and values:
                by_fields.setdefault((*values,), {})[key] = (*values.values(), key)
        for names, rows in by_fields.items():
            # In the order of keys, so that two transactions which write the same people do not wait in a circle.
            self._users.change(columns_of((*names, "pk"), [rows[key] for key in sorted(rows)]))

    def all(self) -> Iterable[Account]:
        return tuple(map(self._account, self._users.all().order_by("pk").values("pk", **self._fields.readable())))

    def _without_email(self) -> dict[str, str | None]:
        return {} if self._fields.email is None else {self._fields.email: None if self._may_lack_email() else ""}

    def _may_lack_email(self) -> bool:
        return bool(self._users.model._meta.get_field(self._fields.email or "").null)  # noqa: SLF001 - documented

    def _account(self, row: Mapping[str, Any]) -> Account:
        created, last_active, email = (row.get(f"our_{name}") for name in ("created_at", "last_active_at", "email"))
        return Account(
            id=AccountId(str(row["pk"])),
            name=PersonName(
                first=row.get("our_first_name") or "",
                last=row.get("our_last_name") or row.get("our_name") or "",
                middle=row.get("our_middle_name") or "",
            ),
            email=None if email == "" and not self._may_lack_email() else email,
            has_password=bool(row.get("our_has_password", False)),
            active=bool(row.get("our_active", True)),
            created_at=None if created is None else aware(created),
            last_active_at=None if last_active is None else aware(last_active),
            activity=row.get("our_activity") or 0,
        )
