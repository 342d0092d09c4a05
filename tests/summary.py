"""What a run tells at its end: databases and laws, broken stores, and what single tests were asked to count.

Tests may run in other processes than the one that prints. So all that is told comes from their reports: a test that has
something to tell records it as a property (`record_property`) under one of the names below.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

PAGE = "page"
"""Snippets and commands that were run of a page: `[3, 1]`."""
UNRUN = "unrun"
"""Fences of all pages that say why they are not run: a number."""
DOCUMENTATION = "documentation"
"""A line about the pages."""
AUDITED = "audited"
"""One page that axe looked at: the rules tried, and a line for each finding by its impact."""


def told(reporter: pytest.TerminalReporter, name: str, *outcomes: str) -> Iterator[Any]:
    """What tests that came out so have recorded under a name."""
    for outcome in outcomes:
        for report in reporter.getreports(outcome):
            yield from (value for key, value in report.user_properties if key == name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    of_pages(terminalreporter)
    of_databases(terminalreporter)
    of_broken_stores(terminalreporter)


def of_pages(reporter: pytest.TerminalReporter) -> None:
    """How many snippets were run, how large the site came out, and what axe looked at and found."""
    lines = []
    run = [*told(reporter, PAGE, "passed")]
    if run:
        snippets, commands = (sum(counts) for counts in zip(*run, strict=True))
        unrun = "".join(f"; {count} say why they are not" for count in told(reporter, UNRUN, "passed"))
        lines.append(f"{snippets} snippets and {commands} commands of {len(run)} pages were run{unrun}")
    lines += told(reporter, DOCUMENTATION, "passed")
    audited = [*told(reporter, AUDITED, "passed", "failed")]
    if audited:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for _, findings in audited:
            for impact, said in findings.items():
                found[impact] += said
        counts = ", ".join(f"{len(said)} {impact}" for impact, said in found.items())
        rules = sum(rules for rules, _ in audited)
        lines.append(f"axe: {len(audited)} pages, {rules} rules tried; findings: {counts}")
        lines += [f"  {line}" for said in found.values() for line in said]
    if lines:
        reporter.section("documentation")
        for line in lines:
            reporter.write_line(line)


def of_databases(reporter: pytest.TerminalReporter) -> None:
    """Which databases were met, and how many laws of the store contract each adapter kept."""
    if "databases" not in sys.modules:
        return
    kept: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for outcome in ("passed", "failed", "skipped"):
        for report in reporter.getreports(outcome):
            _, _, within = report.nodeid.partition("::")
            if "::test_law[" in within and (report.when == "call" or report.outcome == "skipped"):
                kept[within.partition("::")[0]][outcome] += 1
    reporter.section("databases met")
    for line in sys.modules["databases"].told():
        reporter.write_line(line)
    for adapter, counts in sorted(kept.items()):
        counted = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        reporter.write_line(f"{adapter}: laws of the store contract: {counted}")


def of_broken_stores(reporter: pytest.TerminalReporter) -> None:
    """Each store that breaks a law was caught by it."""
    caught = [
        report.nodeid.partition("[")[2].removesuffix("]")
        for report in reporter.getreports("passed")
        if report.when == "call" and "is_caught_by_the_law_it_breaks[" in report.nodeid
    ]
    if caught:
        reporter.section("broken stores, each caught by the law it breaks")
        for line in caught:
            reporter.write_line(line)
