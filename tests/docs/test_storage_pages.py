"""The pages about stores: what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clever_roster.storage.django import checks

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "check", re.findall(r"clever_roster\.[EW]\d+", (DOCS / "explanation/isolation.md").read_text(encoding="utf-8"))
)
def test_checks_that_are_named_exist(check):
    """An id on the page is one that `manage.py check` says."""
    assert check in (checks.__doc__ or "")
