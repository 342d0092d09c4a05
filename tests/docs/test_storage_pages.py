"""The pages about stores: what they show runs, and what they name is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from clever_roster.storage.django import checks

DOCS = Path(__file__).parents[2] / "docs"


def snippets(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def test_the_users_table_of_the_how_to_works(tmp_path):
    """Somebody who copies the example has a store that keeps the laws of accounts."""
    sql, *_ = snippets("how-to/own-tables.md")
    laws = """
from clever_roster.testing.contracts import cases
wanted = {"creating_inserts_and_never_finds", "an_identity_belongs_to_one_account", "the_last_link_stays"}
for case in cases():
    if case.id in wanted:
        case.run(store)
"""
    ran = run(sql + laws, tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_the_user_model_of_the_how_to_works(tmp_path):
    """The two Django examples run in a project with the settings that the page shows."""
    _, apps, stock, other, _ = snippets("how-to/own-tables.md")
    project = f"""
import django
from django.conf import settings
from django.core.management import call_command
{apps}
database = {{"ENGINE": "django.db.backends.sqlite3", "NAME": "school.db"}}
settings.configure(SECRET_KEY="x", INSTALLED_APPS=INSTALLED_APPS, DATABASES={{"default": database}})
django.setup()
call_command("migrate", verbosity=0)
{stock}{other}
from clever_roster.model import NewAccount, PersonName
with store.transaction() as ports:
    (new,) = ports.accounts.create([NewAccount(name=PersonName("Ana", "Nova"))])
    assert ports.accounts.lock(new).active
"""
    ran = run(project, tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    "check", re.findall(r"clever_roster\.[EW]\d+", (DOCS / "explanation/isolation.md").read_text())
)
def test_checks_that_are_named_exist(check):
    """An id on the page is one that `manage.py check` says."""
    assert check in (checks.__doc__ or "")
