"""What contributors leave behind is well-formed: fragments of the changelog, and forms of issues."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from snippets import ROOT

FRAGMENTS = sorted((ROOT / "changes").iterdir())
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.md"))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda one: one.name)
def test_a_fragment_is_one_paragraph_for_whoever_upgrades(fragment: Path) -> None:
    """A number and two or three words for a name; at most 120 words, a full stop, no heading."""
    assert re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", fragment.name)
    text = fragment.read_text(encoding="utf-8")
    assert text.endswith(".\n")
    assert not text.startswith(("#", "-", "*"))
    assert "\n\n" not in text.strip()
    assert len(text.split()) <= 120


@pytest.mark.parametrize("form", FORMS, ids=lambda one: one.name)
def test_a_form_for_issues_warns_of_student_data(form: Path) -> None:
    """Whoever is in a hurry pastes a class list; the form says not to, and is one that GitHub shows."""
    text = form.read_text(encoding="utf-8")
    front, _, body = text.removeprefix("---\n").partition("---\n")
    assert {"name", "about", "labels"} <= yaml.safe_load(front).keys()
    assert "Never paste student data" in body


def test_there_is_a_form_for_each_kind_of_news() -> None:
    """A bug, a district that behaves oddly, a wish; a hole in the security goes another way."""
    assert [form.stem for form in FORMS] == ["bug", "district", "feature"]
    config = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text(encoding="utf-8"))
    assert config == {"blank_issues_enabled": False}
    assert "SECURITY.md" in (ROOT / ".github/ISSUE_TEMPLATE/bug.md").read_text(encoding="utf-8")
