"""What `manage.py check` says about a project that our tables live in.

| id | says |
|---|---|
| clever_roster.E001 | USE_TZ is off: times would name no instants |
| clever_roster.E002 | the user model inherits its table: many accounts cannot be inserted in one statement |
| clever_roster.W003 | SQLite transactions begin as readers, and may be refused when they come to write |
| clever_roster.W004 | PostgreSQL runs at another isolation level than READ COMMITTED |
| clever_roster.E005 | the database is neither SQLite nor PostgreSQL: our laws are not proven there |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own word
from django.db import connections

__all__ = ["check_database", "check_settings"]


def check_settings(**_: Any) -> list[CheckMessage]:
    """Settings and user model."""
    found: list[CheckMessage] = []
    if not settings.USE_TZ:
        found.append(
            Error(
                "USE_TZ is False, so times would name no instants.",
                hint="Set USE_TZ = True.",
                id="clever_roster.E001",
            )
        )
    if get_user_model()._meta.parents:  # noqa: SLF001 - Django documents _meta
        found.append(
            Error(
                "The user model inherits its table from another model, so accounts cannot be inserted in bulk.",
                hint="Derive it from an abstract model, such as AbstractUser.",
                id="clever_roster.E002",
            )
        )
    return found


def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """How the databases are opened; `databases` are the aliases that Django was asked to look at."""
    return [message for alias in databases or () for message in _of(alias)]


def _of(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    options = connection.settings_dict.get("OPTIONS", {})
    match connection.vendor:
        case "sqlite" if options.get("transaction_mode", "").upper() not in {"IMMEDIATE", "EXCLUSIVE"}:
            return [
                Warning(
                    f"Transactions of {alias!r} begin as readers; one that comes to write may find it locked.",
                    hint='Set OPTIONS = {"transaction_mode": "IMMEDIATE"}.',
                    id="clever_roster.W003",
                )
            ]
        case "postgresql" if options.get("isolation_level") not in {None, 2}:  # psycopg.IsolationLevel.READ_COMMITTED
            return [
                Warning(
                    f"{alias!r} is not READ COMMITTED: transactions may be refused, which we do not repeat.",
                    hint="Leave isolation_level to its default.",
                    id="clever_roster.W004",
                )
            ]
        case "sqlite" | "postgresql":
            return []
        case other:
            return [
                Error(
                    f"{alias!r} is a {other} database, on which our laws are not proven.",
                    hint="Use PostgreSQL or SQLite, and a database router for our app if the project's own is another.",
                    id="clever_roster.E005",
                )
            ]
