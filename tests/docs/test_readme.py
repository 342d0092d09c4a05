"""The README's shape: two commands, and four short examples that say something true (`test_snippets` runs them)."""

from __future__ import annotations

from snippets import ROOT, read

README = read(ROOT / "README.md")


def test_there_is_one_short_example_for_each_room_and_one_for_the_promise() -> None:
    """Of about twenty lines, and each asserts what it shows; the promise is that knowing less removes nobody."""
    assert len(README.python) == 5
    assert all("assert" in block.code and len(block.code.splitlines()) <= 25 for block in README.python)


def test_there_are_exactly_two_set_up_commands() -> None:
    """One runs the main job, one passes the tests."""
    first, second = (command.line for command in README.commands)
    assert first.endswith("clever-roster demo")
    assert second.endswith("pytest")
