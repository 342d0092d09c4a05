"""The how-to pages do what they say: the snippets of each are one program, and it runs in an interpreter of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


@pytest.mark.parametrize("page", ["fastapi", "flask", "django"])
def test_the_snippets_of_a_how_to_run_as_one_program(page: str) -> None:
    """Warnings are errors, as everywhere."""
    text = (HOW_TO / f"{page}.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(snippets) == 5
    run = subprocess.run(
        [sys.executable, "-W", "error", "-"], input="\n".join(snippets), capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
