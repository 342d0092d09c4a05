"""What the pages name is there, and what a reader looks for is named."""

from __future__ import annotations

import re

from snippets import ROOT, pages

from clever_roster.roster import Rule

DEFINED = frozenset(
    name
    for file in (ROOT / "tests").rglob("*.py")
    for name in re.findall(r"^\s*(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
)


def test_a_test_that_a_page_names_exists() -> None:
    """A promise whose test was renamed or dropped is found."""
    missing = {
        (page.name, name)
        for page in pages()
        for name in re.findall(r"`(test_\w+)`", page.path.read_text(encoding="utf-8"))
        if name not in DEFINED
    }
    assert not missing, sorted(missing)


def test_every_page_is_one_click_from_the_front_page() -> None:
    """A newcomer finds the answer where they begin; the reference is linked too."""
    front = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    folders = ("tutorials", "how-to", "explanation")
    here = {
        path.relative_to(ROOT / "docs").as_posix() for one in folders for path in (ROOT / "docs" / one).glob("*.md")
    }
    assert sorted(page for page in here if f"({page})" not in front) == []


def test_every_rule_that_holds_a_step_says_whom_to_ask() -> None:
    """The table of the page about held plans is whole, and has no rule that there is not."""
    page = (ROOT / "docs/how-to/held-plan.md").read_text(encoding="utf-8")
    table = "".join(re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE))
    assert {*re.findall(r"`(\w+)`", table)} == {*Rule}
