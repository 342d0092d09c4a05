"""`clever-roster duplicates`: which accounts belong to one human, and why. Found and explained; nothing is merged.

Accounts come from a database, or from a file of one's own. Ids are shown; names only when they are asked for.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from clever_roster import duplicates
from clever_roster.cli.databases import add_store, opened_store, store_is_named
from clever_roster.cli.drawing import MOST, cells, console, draw, most_rows
from clever_roster.cli.endings import Ending
from clever_roster.cli.progress import waiting
from clever_roster.duplicates import Findings, Pair, Profile, Zone
from clever_roster.errors import ConfigurationError

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

EXAMPLES = """\
  clever-roster duplicates --db sqlite:///school.db
  clever-roster duplicates --data accounts.csv --zone sure
  clever-roster duplicates --data accounts.csv --explain 17 42 --names

columns of a file:
  account, first, last    must be there
  middle, email, birth_date (YYYY-MM-DD), grade, school
                          may be there; every other column (street, phone, ...) is compared as it stands
"""

SHAPE = """\
  accounts                how many were compared
  counts                  {sure, review, hint, never}: pairs
  pairs []                first, second, zone, weight (bits), probability, reasons
  groups []               keep, merge, zone, because
  missed []               kind, accounts, left_out
  --explain prints        first, second, zone, weight, probability, evidence [{kind, weight, sentence, forbids}]
"""

BACKENDS = ("polars", "pyarrow", "pandas")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="accounts in a file: .csv, .json, .jsonl or .parquet (extra frames)"
    )
    add_store(parser)
    parser.add_argument("--zone", choices=[zone.value for zone in Zone], help="only pairs of this zone")
    parser.add_argument("--explain", nargs=2, metavar="ACCOUNT", help="one pair: how its reasons add up")
    parser.add_argument("--names", action="store_true", help="show names as well; else ids only")
    parser.add_argument("--all", action="store_true", help=f"show every row of a table (default: the first {MOST})")


def run(options: argparse.Namespace) -> int:
    """Find and tell. FOUND when pairs are to be decided about: sure ones, or ones to review.

    Raises:
        ConfigurationError: no accounts are named, or the file cannot be used.
        StoreError: the database refused.
    """
    if options.data is None and not store_is_named(options):
        raise ConfigurationError("No accounts are named.", next_step="Name a file (--data) or a database (--db).")
    profiles = _of_store(options) if options.data is None else tuple(duplicates.from_rows(_rows(options.data)))
    with waiting(f"comparing {len(profiles)} accounts"):
        findings = duplicates.find(profiles)
    if options.explain:
        return _explain(findings, options)
    if options.zone:
        findings = _only(findings, Zone(options.zone))
    if options.json:
        told = {
            "accounts": len(profiles),
            "counts": {zone.value: len(findings.of(zone)) for zone in Zone},
            **{name: cells(findings.records(name, names=options.names)) for name in ("pairs", "groups", "missed")},
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        draw(console(no_color=options.no_color), findings.view(names=options.names), most=most_rows(options))
    return Ending.FOUND if findings.of(Zone.SURE) or findings.of(Zone.REVIEW) else Ending.DONE


def _explain(findings: Findings, options: argparse.Namespace) -> int:
    wanted = tuple(sorted(options.explain))
    pair = next((pair for pair in findings.pairs if tuple(sorted(pair.accounts)) == wanted), None)
    if pair is None:
        raise ConfigurationError(
            f"Accounts {wanted[0]} and {wanted[1]} are no pair: too little brings them near each other.",
            next_step="See the pairs that were found without --explain.",
        )
    if options.json:
        print(json.dumps(_explained(pair), ensure_ascii=False, indent=2))
    else:
        draw(console(no_color=options.no_color), pair.view(names=options.names))
    return Ending.FOUND if pair.zone in {Zone.SURE, Zone.REVIEW} else Ending.DONE


def _explained(pair: Pair) -> dict[str, object]:
    return {
        "first": pair.first.account,
        "second": pair.second.account,
        "zone": pair.zone.value,
        "weight": pair.weight,
        "probability": pair.probability,
        "evidence": [
            {"kind": one.kind.value, "weight": one.weight, "sentence": one.sentence, "forbids": one.forbids}
            for one in pair.evidence
        ],
    }


def _only(findings: Findings, zone: Zone) -> Findings:
    return Findings(
        pairs=findings.of(zone),
        clusters=tuple(one for one in findings.clusters if one.zone is zone),
        suggestions=tuple(one for one in findings.suggestions if one.zone is zone),
        missed=findings.missed,
    )


# --- Where accounts come from -----------------------------------------------------------------------------------------


def _of_store(options: argparse.Namespace) -> tuple[Profile, ...]:
    with opened_store(options) as store, waiting("reading accounts"), store.transaction() as ports:
        return duplicates.gather(ports)


def _rows(file: Path) -> Iterable[Mapping[str, object]]:
    """The rows of a file, by what its name ends in.

    Raises:
        ConfigurationError: it cannot be read, or is of another kind.
    """
    try:
        match file.suffix.lower():
            case ".csv":
                with file.open(encoding="utf-8-sig", newline="") as lines:
                    return [*csv.DictReader(lines)]
            case ".json":
                return _objects(json.loads(file.read_text(encoding="utf-8")), file)
            case ".jsonl" | ".ndjson":
                lines_ = file.read_text(encoding="utf-8").splitlines()
                return _objects([json.loads(line) for line in lines_ if line.strip()], file)
            case ".parquet":
                return _of_parquet(file)
            case other:
                raise ConfigurationError(
                    f"Nothing is known of files that end in {other!r}.",
                    next_step="Use .csv, .json, .jsonl, .parquet.",
                )
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise ConfigurationError(
            f"The file {file} cannot be read ({type(error).__name__}).", next_step="Name a file of accounts, in UTF-8."
        ) from None


def _objects(found: object, file: Path) -> list[Mapping[str, object]]:
    rows = cast("list[object]", found) if isinstance(found, list) else []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(f"{file} is no list of objects.", next_step="Write one object for each account.")
    return cast("list[Mapping[str, object]]", rows)


def _of_parquet(file: Path) -> Iterable[Mapping[str, object]]:
    for backend in BACKENDS:
        try:
            import_module(backend)
            narwhals: Any = import_module("narwhals")
        except ModuleNotFoundError:
            continue
        rows: Iterable[Mapping[str, object]] = narwhals.read_parquet(file, backend=backend).iter_rows(named=True)
        return rows
    raise ConfigurationError(
        "Parquet files need narwhals and a library that reads them.",
        next_step="pip install 'clever-roster[frames]' polars",
    )
