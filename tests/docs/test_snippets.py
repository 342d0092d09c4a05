"""The pages do what they say: the snippets of each are one program, and it runs in an interpreter of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import ROOT, Page, pages

from summary import PAGE, UNRUN

PAGES = pages()
WITH = [ROOT / "tests/docs", ROOT / "tests/web"]
"""What a hidden piece may import: `walking`, and the browser it walks with."""
MOST_UNRUN = 8
"""So many fences of all pages together may say that they are not run."""


def by_name(page: Page) -> str:
    return page.name


@pytest.mark.parametrize("page", [page for page in PAGES if page.python or page.commands], ids=by_name)
def test_the_snippets_of_a_page_run_as_one_program(page: Page, tmp_path: Path, record_property) -> None:
    """Python first, with warnings as errors; then the page's own commands. They print what the page shows."""
    ours = sum(command.ours for command in page.commands)
    record_property(PAGE, [sum(not block.hidden for block in page.python), ours])
    if page.python:
        program = tmp_path / f"{page.path.stem.replace('-', '_')}_page.py"
        program.write_text(page.program(), encoding="utf-8")
        ran = run([sys.executable, "-W", "error", program.name], tmp_path)
        assert ran.returncode == 0, f"{page.name}, line numbers as in the page:\n{ran.stderr}"
        prints(ran.stdout, page.shown, page.name)
    for command in page.commands:
        if command.ours:
            ran = run([sys.executable, "-m", "clever_roster", *shlex.split(command.line)[1:]], tmp_path)
            assert ran.returncode in {0, 1}, f"{page.name}: {command.line}\n{ran.stderr}"
            prints(ran.stdout + ran.stderr, command.shown, f"{page.name}: {command.line}")


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """In a folder of its own, and without the variables of whoever runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLEVER_")}
    own |= {"PYTHONPATH": os.pathsep.join(map(str, WITH)), "COLUMNS": "120"}
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


def prints(told: str, shown: tuple[str, ...], where: str) -> None:
    """Every line that is shown is in what was printed, however it was broken into lines."""
    words = " ".join(told.split())
    missing = [line for line in shown if " ".join(line.split()) not in words]
    assert not missing, f"{where} prints\n{told}"


def test_what_is_not_run_says_why_and_is_little(record_property) -> None:
    """A fence that a test cannot run has a reason of some words, and there are few of them."""
    unrun = [(page.name, block.why) for page in PAGES for block in page.unrun]
    record_property(UNRUN, len(unrun))
    assert len(unrun) <= MOST_UNRUN, unrun
    assert all(why and len(why.split()) > 2 for _, why in unrun), unrun


def test_a_fence_of_python_is_run_or_says_why() -> None:
    """None hides from the collector: indented, with tildes, or under another name of the language."""
    for page in PAGES:
        lines = page.path.read_text(encoding="utf-8").splitlines()
        fences = [line for line in lines if line.lstrip().startswith(("```py", "~~~", "```console"))]
        assert len(fences) == sum(block.language in {"python", "console"} and not block.hidden for block in page.blocks)
