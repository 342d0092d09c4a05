"""The Django project of the tests. A process has one, so import this before anything that needs Django's models."""

from __future__ import annotations

import tempfile
from atexit import register
from contextlib import ExitStack
from types import ModuleType

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from sqlalchemy import make_url

from databases import POSTGRES

SCHEMA = "clever_roster_django"

_until_exit = ExitStack()
register(_until_exit.close)


def _databases() -> dict[str, object]:
    folder = _until_exit.enter_context(tempfile.TemporaryDirectory())
    found: dict[str, object] = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{folder}/project.db",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF",
            },
        }
    }
    if POSTGRES is not None:
        url = make_url(POSTGRES)
        found["postgres"] = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.database,
            "USER": url.username,
            "PASSWORD": url.password or "",
            "HOST": url.host or url.query.get("host", ""),
            "PORT": url.port or "",
            "OPTIONS": {"options": f"-csearch_path={SCHEMA}"},
        }
    return found


nothing = ModuleType("nothing")
nothing.urlpatterns = []

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="not-a-secret-" * 4,
        AUTH_USER_MODEL="django_people.Member",
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "clever_roster.storage.django",
            "django_people",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES=_databases(),
        ROOT_URLCONF=nothing,
        LOGGING_CONFIG=None,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    django.setup()
    for alias in settings.DATABASES:
        if alias == "postgres":
            with connections[alias].cursor() as cursor:
                cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
                cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        call_command("migrate", verbosity=0, database=alias)
        connections[alias].close()


def emptied(alias: str) -> str:
    """The database, with none of our rows and no people in it."""
    from django.contrib.auth import get_user_model

    from clever_roster.storage.django import models

    ours = [getattr(models, name) for name in models.__all__]
    last = [models.Section, get_user_model()]  # what others point at
    with connections[alias].cursor() as cursor:
        for model in [each for each in ours if each not in last] + last:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - no text from outside
    return alias
