"""`clever-roster check`: read a district, from Clever or from its CSV export, and say what is not sound about it.

What is found is told by ids, counts and sentences; nobody is named.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence

import attrs
from rich.console import Console
from rich.text import Text

from clever_roster.checks import Findings, Severity, check
from clever_roster.cli.drawing import console, draw
from clever_roster.cli.endings import Ending
from clever_roster.cli.reading import add_source, opened_source
from clever_roster.model import Snapshot

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

SHOWN = 3

EXAMPLES = """\
  clever-roster check --data export/                 check the files that you send to Clever
  CLEVER_DISTRICT_TOKEN=... clever-roster check      check what Clever makes of them
  clever-roster check --json | jq '.findings[].code'
"""

SHAPE = """\
  district                the id
  read                    sections, people, pages (numbers), complete, gaps {section: why}, unreadable [text]
  counts                  {error, warning, note}: how many kinds of trouble
  findings []             severity, code, count, sentence, rows [[id]]
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add_source(parser)


def run(options: argparse.Namespace) -> int:
    """Read, check and tell. FOUND when a finding is an error, or not all was read.

    Raises:
        BadExport: the CSV files cannot be used.
        ConfigurationError: there is no token, or the address would give it away.
        SourceError: the district could not be read to its end.
    """
    with opened_source(options, as_clever=True) as source:
        snapshot = source.read_all()
    findings = check(snapshot)
    if options.json:
        print(json.dumps(_as_json(snapshot, findings, source.unreadable), ensure_ascii=False, indent=2))
    else:
        _say(console(no_color=options.no_color), snapshot, findings, source.unreadable)
    errors = any(one.severity is Severity.ERROR for one in findings)
    return Ending.FOUND if errors or source.unreadable or not snapshot.proof.complete else Ending.DONE


def _say(out: Console, snapshot: Snapshot, findings: Findings, bad: Sequence[str]) -> None:
    proof = snapshot.proof
    whole = "all of it" if proof.complete else f"not all of it: {len(proof.gaps)} sections are not proven"
    out.print(
        f"District {snapshot.district}: {len(snapshot.sections)} sections and {len(snapshot.people)} people "
        f"on {proof.pages} pages, {whole}."
    )
    for one in bad[:SHOWN]:
        out.print(Text(f"A record could not be read: {one}"))
    if len(bad) > SHOWN:
        out.print(f"... and {len(bad) - SHOWN} more.")
    view = findings.view()
    draw(out, attrs.evolve(view, lead=""))
    out.print(view.lead)


def _as_json(snapshot: Snapshot, findings: Findings, bad: Sequence[str]) -> dict[str, object]:
    proof = snapshot.proof
    found = Counter(one.severity for one in findings)
    return {
        "district": snapshot.district,
        "read": {
            "sections": len(snapshot.sections),
            "people": len(snapshot.people),
            "pages": proof.pages,
            "complete": proof.complete and not bad,
            "gaps": dict(proof.gaps),
            "unreadable": [*bad],
        },
        "counts": {severity.value: found[severity] for severity in Severity},
        "findings": [
            {
                "severity": one.severity.value,
                "code": one.code,
                "count": one.count,
                "sentence": one.sentence,
                "rows": [list(row) for row in one.rows],
            }
            for one in findings
        ],
    }
