"""What is written from the code is as the code is now, and every room that a caller may open has a page."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from written import COMMAND, PUBLIC_API, ROOT, TABLES, rooms, written


def differs(before: str, after: str) -> str:
    """Line by line, as a reader wants it; empty when nothing differs."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "written", "in the code", "", "", 1, "")
    told = "\n".join(lines)
    return f"{told}\n\nIf that is meant: {COMMAND}, and a fragment in changes/." if told else ""


def test_the_public_names_are_the_ones_that_were_written_down() -> None:
    """A name, a field or a default that changes is a change for somebody who upgrades: it is seen, and it is meant."""
    # In a process of its own: what other tests loaded and resolved shows in annotations.
    asked = [sys.executable, "-c", "import written; print(written.public_api(), end='')"]
    now = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=True).stdout
    told = differs(PUBLIC_API.read_text(encoding="utf-8"), now)
    assert not told, told


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.stem)
def test_the_tables_on_the_page_are_the_ones_in_the_code(page: Path) -> None:
    """Every reason, every conflict and every exit status, with the sentence that a person reads."""
    text = page.read_text(encoding="utf-8")
    told = differs(text, written(text))
    assert not told, told


def test_every_room_has_a_page_of_the_reference() -> None:
    """`room:` in the front matter of a page says which rooms it shows."""
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs/reference").glob("*.md")]
    shown = {
        room for page in pages for line in re.findall(r"^room: (.*)$", page, re.MULTILINE) for room in line.split()
    }
    assert sorted({*rooms()} - shown) == []
