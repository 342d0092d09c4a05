"""The page about security says the truth: every requirement has a row, and every test that a row names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs/explanation/security.md").read_text(encoding="utf-8")
IDS = [
    *(f"S{number:02}" for number in range(1, 22)),
    *(f"P{number:02}" for number in range(1, 9)),
    *(f"C{number:02}" for number in range(1, 9)),
    *(f"A{number:02}" for number in range(1, 27)),
]
ROWS = {row[0]: row for line in PAGE.splitlines() if (row := [cell.strip() for cell in line.strip("|").split("|")])}
DEFINED = frozenset(
    name
    for file in TESTS.rglob("test_*.py")
    for name in re.findall(r"^\s*(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
)


def test_there_are_sixty_three_requirements_in_the_order_of_their_ids() -> None:
    """None is missing, none is invented."""
    assert len(IDS) == 63
    assert [one for one in ROWS if re.fullmatch(r"[SPCA]\d\d", one)] == IDS


@pytest.mark.parametrize("requirement", IDS)
def test_every_requirement_has_an_attack_what_stops_it_and_a_test_of_its_name(requirement: str) -> None:
    """The test exists and carries the id; a refusal says why."""
    _, attack, here, test = ROWS[requirement]
    assert attack
    assert len(here) > 10
    named = test.strip("`")
    assert named in DEFINED
    assert f"_{requirement.lower()}_" in named
