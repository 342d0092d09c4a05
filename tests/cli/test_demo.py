"""The command line as people use it: the demo tells the truth, twice, and bad input is one clear line."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clever_roster.cli import main

CHAPTERS = ["login", "linking", "classrooms", "import", "sync", "guard", "duplicates"]
KEPT = ["accounts", *(f"clever_roster_{table}" for table in ("links", "sections", "enrollments", "mirror_sections"))]
KEPT += ["clever_roster_mirror_people", "clever_roster_journal"]


def played(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, object]]:
    status = main(["demo", "--json", *options])
    told = json.loads(capsys.readouterr().out)
    assert status == 0, told
    return told


def kept(database: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(database)) as connection:
        return {table: connection.execute(f"select * from {table}").fetchall() for table in KEPT}  # noqa: S608


def test_the_demo_plays_every_chapter_and_each_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object with what was counted; adds, withdrawals, a move, a rename; nobody lost, nobody merged."""
    told = played(capsys, "--students", "100")
    assert all(told[chapter]["ok"] for chapter in CHAPTERS)
    assert told["login"]["portal_launch"] == "begin_again"
    assert told["login"]["codes_exchanged"] == 1
    assert min(told["sync"][fact] for fact in ("added", "withdrawn", "moved", "renamed")) >= 1
    assert told["guard"]["half_read_removals"] == told["guard"]["rows_changed"] == 0


def test_the_second_run_on_the_same_database_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Idempotent: no row of what was imported differs."""
    url = f"sqlite:///{tmp_path}/demo.db"
    played(capsys, "--db", url)
    before = kept(tmp_path / "demo.db")
    again = played(capsys, "--db", url)
    assert (again["import"]["steps"], again["sync"]["steps"]) == (0, 0)
    assert again["linking"]["already"]
    assert kept(tmp_path / "demo.db") == before


def test_the_demo_plays_on_a_districts_own_export(capsys: pytest.CaptureFixture[str], export: Path) -> None:
    """Clever's own SFTP files."""
    assert played(capsys, "--data", str(export))["import"]["enrolled"] > 0


def test_told_to_a_pipe_it_is_plain_and_ends_with_the_summary() -> None:
    """No escape codes, every chapter, exit status 0."""
    run = subprocess.run(
        [sys.executable, "-m", "clever_roster", "demo", "--students", "80"], capture_output=True, text=True, check=True
    )
    assert "\x1b" not in run.stdout
    assert run.stdout.strip().endswith("7 of 7 chapters are as they should be.")
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("students.csv", "Last_name", "Surname", "students.csv, line 1"),
        ("sections.csv", None, None, "sections.csv, line 3"),
        ("enrollments.csv", None, "nobody", "enrollments.csv, line 2"),
        ("teachers.csv", b"First", b"Fi\x00rst", "teachers.csv, line 1"),
    ],
)
def test_bad_input_gets_one_clear_line_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], export: Path, tmp_path: Path, *, file: str, old: object, new: object, told: str
) -> None:
    """A missing column, a duplicate id, an unknown student, a bad encoding: file, line and value; no database."""
    path = export / file
    raw = path.read_bytes()
    lines = raw.splitlines(keepends=True)
    match old, new:
        case bytes(), bytes():
            raw = raw.replace(old, new, 1)
        case str(), str():
            raw = raw.replace(old.encode(), new.encode(), 1)
        case _, str():
            cells = lines[1].rstrip(b"\r\n").split(b",")
            column = lines[0].rstrip(b"\r\n").split(b",").index(b"Student_id")
            cells[column] = new.encode()
            raw = b"".join([lines[0], b",".join(cells) + b"\r\n", *lines[2:]])
        case _:
            raw = b"".join([lines[0], lines[1], lines[1], *lines[2:]])
    path.write_bytes(raw)
    assert main(["demo", "--data", str(export), "--db", f"sqlite:///{tmp_path}/demo.db"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert not (tmp_path / "demo.db").exists()


def test_a_database_that_cannot_be_opened_is_told_without_its_password(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit status 2, no secret."""
    assert main(["demo", "--db", "nosuch://user:hunter2@host/db"]) == 2
    assert "hunter2" not in capsys.readouterr().err
