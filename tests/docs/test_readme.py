"""The README does what it says: its examples are one program, and that program runs."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_examples_run_one_after_the_other_as_one_program(capsys) -> None:
    """One for each room, each of about twenty lines, and each says something true."""
    code = blocks("python")
    assert len(code) == 4
    assert all("assert" in block and len(block.splitlines()) <= 25 for block in code)
    namespace: dict[str, object] = {}
    for number, block in enumerate(code):
        exec(compile(block, f"README example {number + 1}", "exec"), namespace)  # noqa: S102
    namespace["http"].close()
    assert "one person" in capsys.readouterr().out


def test_there_are_exactly_two_set_up_commands() -> None:
    """One runs the main job, one passes the tests."""
    commands = [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    assert len(commands) == 2
    assert commands[0].endswith("clever-roster demo")
    assert commands[1].endswith("pytest")
