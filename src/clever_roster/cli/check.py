"""`clever-roster check`: read a district, from Clever or from its CSV export, and say what is not sound about it.

The token is taken from the environment or from a file, never from the command line, where every process could see it.
What is found is told by ids, counts and sentences; nobody is named. An export is read as Clever would read it, and
asked for in the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from clever_roster.checks import Finding, Findings, Severity, check
from clever_roster.clever import CleverClient
from clever_roster.clever.decode import BadRecord
from clever_roster.clever.pacing import Progress
from clever_roster.clever.reading import API_URL, Api
from clever_roster.clever.snapshots import read_district as steps_of_reading
from clever_roster.cli.telling import console
from clever_roster.errors import ConfigurationError
from clever_roster.model import Secret, Snapshot
from clever_roster.steps import Send, Steps
from clever_roster.testing import Simulator
from clever_roster.testing.sftp import read_district as district_in

__all__ = ["add_options", "run"]

TOKEN_VARIABLE = "CLEVER_DISTRICT_TOKEN"  # noqa: S105 - the name of a variable
SHOWN = 3
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Told = Callable[[Progress], None]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", type=Path, metavar="DIR", help="check a district's CSV export (Clever SFTP files)")
    source.add_argument(
        "--token-env",
        metavar="NAME",
        default=TOKEN_VARIABLE,
        help=f"environment variable that holds the district token (default: {TOKEN_VARIABLE})",
    )
    source.add_argument("--token-file", type=Path, metavar="FILE", help="file that holds the district token")
    parser.add_argument(
        "--url", default=API_URL, help=f"where the Data API is; a simulator's address (default: {API_URL})"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the ids of every finding")


def run(options: argparse.Namespace) -> int:
    """Read, check and tell. Exit status: 0 when no finding is an error and all was read, 1 otherwise.

    Raises:
        BadExport: the CSV files cannot be used.
        ConfigurationError: there is no token, or the address would give it away.
        CleverError: the district could not be read to its end.
    """
    bad: list[BadRecord] = []
    with _progress() as told:
        if options.data is not None:
            snapshot = _of_export(options.data, told)
        else:
            snapshot = _of_clever(_token(options), _safe(options.url), told, bad)
    findings = check(snapshot)
    if options.json:
        print(json.dumps(_as_json(snapshot, findings, bad), ensure_ascii=False, indent=2))
    else:
        _say(console(), snapshot, findings, bad)
    sound = not bad and snapshot.proof.complete and all(one.severity is not Severity.ERROR for one in findings)
    return 0 if sound else 1


# --- Where the roster comes from --------------------------------------------------------------------------------------


def _of_clever(token: Secret, url: str, told: Told, bad: list[BadRecord]) -> Snapshot:
    with CleverClient(token, url=url, on_progress=told, on_bad_record=bad.append) as clever:
        districts = clever.list_districts()
        if len(districts) != 1:
            raise ConfigurationError(
                f"The token reads {len(districts)} districts, and one is checked at a time.",
                next_step="Use the token of one district.",
            )
        return clever.fetch_district(districts[0].id)


def _of_export(folder: Path, told: Told) -> Snapshot:
    """What a client would read of this district, asked of the pretend Clever without a network."""
    district = district_in(folder)
    simulator = Simulator([district])
    api = Api(token=simulator.district_token(district.id), on_progress=told)
    return _answered(steps_of_reading(api, district.id), simulator)


def _answered(steps: Steps[Snapshot], simulator: Simulator) -> Snapshot:
    try:
        question = next(steps)
        while True:
            question = steps.send(simulator.respond(question.request) if isinstance(question, Send) else None)
    except StopIteration as end:
        snapshot: Snapshot = end.value
        return snapshot


def _token(options: argparse.Namespace) -> Secret:
    file: Path | None = options.token_file
    if file is None:
        name: str = options.token_env
        text, source = os.environ.get(name, ""), f"The environment variable {name}"
    else:
        source = f"The file {file}"
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"{source} cannot be read ({type(error).__name__}).", next_step="Name a file with the token in it."
            ) from None
    token = text.strip()
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        raise ConfigurationError(
            f"{source} holds no token.",
            next_step="Put the district's token there, or check an export with --data DIR.",
        )
    return Secret(token)


def _safe(url: str) -> str:
    try:
        parts = urlsplit(url)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except ValueError:
        safe = False
    if not safe:
        raise ConfigurationError(
            f"The token is not sent to {url!r}, which is neither https nor on this machine.",
            next_step="Use an https address; plain http is for a simulator on localhost only.",
        )
    return url


# --- How it is told ---------------------------------------------------------------------------------------------------


@contextmanager
def _progress() -> Generator[Told]:
    """A bar for each list, gone when all is read. On stderr, and only when somebody is watching."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        lists: dict[str, TaskID] = {}

        def told(progress: Progress) -> None:
            route = progress.route
            if route not in lists:
                lists[route] = bar.add_task(f"reading {route.rpartition('/')[2]}", total=None)
            bar.update(lists[route], completed=progress.records, total=progress.records if progress.done else None)

        yield told


def _say(out: Console, snapshot: Snapshot, findings: Findings, bad: Sequence[BadRecord]) -> None:
    proof = snapshot.proof
    whole = "all of it" if proof.complete else f"not all of it: {len(proof.gaps)} sections are not proven"
    out.print(
        f"District {snapshot.district}: {len(snapshot.sections)} sections and {len(snapshot.people)} people "
        f"on {proof.pages} pages, {whole}."
    )
    for one in bad[:SHOWN]:
        out.print(escape(f"A record could not be read: {one.path} {one.reason}"))
    if len(bad) > SHOWN:
        out.print(f"... and {len(bad) - SHOWN} more.")
    if findings:
        table = Table("Severity", "Count", "Code", "What it means", "For example")
        for finding in findings:
            told = (finding.severity, str(finding.count), finding.code, finding.sentence, _examples(finding))
            table.add_row(*map(escape, told))
        out.print(table)
    counts = _counts(findings)
    out.print(", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items()) + ".")


def _examples(finding: Finding) -> str:
    return "\n".join(" + ".join(row) for row in finding.rows[:SHOWN])


def _counts(findings: Findings) -> dict[str, int]:
    """How many kinds of trouble there are of each severity."""
    found = Counter(one.severity for one in findings)
    return {severity.value: found[severity] for severity in Severity}


def _as_json(snapshot: Snapshot, findings: Findings, bad: Sequence[BadRecord]) -> dict[str, object]:
    proof = snapshot.proof
    return {
        "district": snapshot.district,
        "read": {
            "sections": len(snapshot.sections),
            "people": len(snapshot.people),
            "pages": proof.pages,
            "complete": proof.complete and not bad,
            "gaps": dict(proof.gaps),
            "unreadable": [f"{one.path} {one.reason}" for one in bad],
        },
        "counts": _counts(findings),
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
