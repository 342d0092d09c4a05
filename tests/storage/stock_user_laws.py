"""All laws over `django.contrib.auth.models.User`; run by test_django_store in a process of its own."""

from __future__ import annotations

import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

SKIPPED = {
    "text_survives_byte_for_byte": "auth.User keeps no middle name",
    "an_update_leaves_absent_fields_alone": "auth.User keeps no middle name",
    "ten_thousand_rows_are_no_trouble": "slow, and run by tests/contracts",
}

settings.configure(
    SECRET_KEY="not-a-secret",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "clever_roster.storage.django"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sys.argv[1],
            "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF", "timeout": 30},
        }
    },
)
django.setup()

from clever_roster.storage.django import DjangoStore, models  # noqa: E402
from clever_roster.testing.contracts import UNSKIPPABLE, cases  # noqa: E402

assert not UNSKIPPABLE & SKIPPED.keys()
call_command("migrate", verbosity=0)
kept = 0
for case in cases():
    if case.id in SKIPPED:
        continue
    with connection.cursor() as cursor:
        for name in sorted(models.__all__, key="Section".__eq__):
            cursor.execute(f"DELETE FROM {getattr(models, name)._meta.db_table}")  # noqa: S608
        cursor.execute("DELETE FROM auth_user")
    case.run(DjangoStore())
    kept += 1
connection.close()
print(f"{kept} laws kept")
