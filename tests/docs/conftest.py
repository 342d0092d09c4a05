"""Says at the end how many snippets were run, and how large the site came out."""

from __future__ import annotations

import pytest
from snippets import pages

TOLD: list[str] = []
"""Lines for the summary; a test that has a figure to tell adds its own."""


@pytest.fixture
def tell():
    return TOLD.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what the pages hold by what the tests of these pages came to."""
    passed = {
        report.nodeid.partition("as_one_program[")[2].removesuffix("]")
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
    }
    run = [page for page in pages() if page.name in passed]
    if not run and not TOLD:
        return
    terminalreporter.section("documentation")
    if run:
        snippets = sum(not block.hidden for page in run for block in page.python)
        commands = sum(command.ours for page in run for command in page.commands)
        unrun = sum(len(page.unrun) for page in pages())
        told = f"{snippets} snippets and {commands} commands of {len(run)} pages were run; {unrun} say why they are not"
        terminalreporter.write_line(told)
    for line in TOLD:
        terminalreporter.write_line(line)
