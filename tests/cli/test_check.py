"""`clever-roster check`: the same verdict on a district from Clever and from its export; ids only; tokens unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from clever_roster.checks import CHECKS
from clever_roster.clever import CleverClient
from clever_roster.clever.translate import term_of
from clever_roster.cli import main
from clever_roster.model import PersonId, Role, TermId
from clever_roster.sources import oneroster
from clever_roster.testing import Breakage, District, Simulator, transport

Checked = Callable[..., tuple[int, Any]]


@pytest.fixture
def checked(capsys: pytest.CaptureFixture[str]) -> Checked:
    """Run the command: its exit status and what it says as JSON."""

    def run(*options: str) -> tuple[int, Any]:
        status = main(["check", "--json", *options])
        return status, json.loads(capsys.readouterr().out)

    return run


def verdict(told: Any) -> dict[str, int]:
    return {one["code"]: one["count"] for one in told["findings"]}


def test_a_district_is_read_from_clever_and_checked(address: str, school_district: District, checked: Checked) -> None:
    """Everything is read and proven; each finding is one that `checks` knows, with its rows; exit status 0 or 1."""
    status, told = checked("--url", address)
    assert told["district"] == school_district.id
    assert told["read"]["complete"] is True
    assert told["read"]["people"] == len(school_district.people)
    assert told["read"]["sections"] == len(school_district.sections)
    assert verdict(told).keys() <= {code for code, *_ in CHECKS}
    assert all(one["count"] == len(one["rows"]) for one in told["findings"])
    assert status == (1 if told["counts"]["error"] else 0)


def test_an_export_is_checked_as_clever_would_read_it(export: Path, checked: Checked) -> None:
    """No network and no token."""
    status, told = checked("--data", str(export))
    assert (status, told["counts"]["error"]) == (0, 0)
    assert told["read"]["complete"] is True
    assert told["read"]["people"] > 100
    assert sum(told["counts"].values()) == len(told["findings"]) > 0


def test_a_finding_that_is_an_error_is_exit_status_1(
    pretend: Simulator, address: str, school_district: District, checked: Checked
) -> None:
    """Two pupils of one SIS id, whose rows are named by their ids."""
    first, second, *_ = school_district.people_with(Role.STUDENT)
    twice = attrs.evolve(second, sis_ids=first.sis_ids)
    pretend.replace(attrs.evolve(school_district, people={**school_district.people, second.id: twice}))
    status, told = checked("--url", address)
    found = {one["code"]: one["rows"] for one in told["findings"] if one["severity"] == "error"}
    assert status == 1
    assert found["duplicate_sis_id"] == [sorted([first.id, second.id])]


def test_a_pupil_whom_nobody_describes_leaves_the_section_unproven(
    pretend: Simulator, address: str, school_district: District, checked: Checked
) -> None:
    """The section's list names them, the list of people does not: an error, and the section is told."""
    section = next(one for one in school_district.sections.values() if one.students)
    pupil: PersonId = section.students[0]
    others = {key: one for key, one in school_district.people.items() if key != pupil}
    pretend.replace(attrs.evolve(school_district, people=others))
    status, told = checked("--url", address)
    assert status == 1
    assert told["read"]["complete"] is False
    assert section.id in told["read"]["gaps"]
    found = {one["code"]: one["rows"] for one in told["findings"] if one["severity"] == "error"}
    assert [section.id] in found["not_read"]


def test_terms_are_read_along_so_that_overlaps_are_found(
    pretend: Simulator, address: str, school_district: District, checked: Checked
) -> None:
    """A moved date makes a second term of one name at Clever; sections name the one and the other."""
    term = next(iter(school_district.terms.values()))
    other = attrs.evolve(term, id=TermId("ffffffffffffffffffffffff"))
    pretend.replace(attrs.evolve(school_district, terms={**school_district.terms, other.id: other}))
    _, told = checked("--url", address)
    assert verdict(told)["overlapping_terms"] == 1


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_oneroster_files_are_checked_in_the_same_way(
    *, pretend: Simulator, school_district: District, tmp_path: Path, checked: Checked, packed: bool
) -> None:
    """A folder with a manifest, or a zip of it; a row that cannot be read is told, and nothing is proven then."""
    with httpx.Client(transport=transport(pretend)) as http:
        clever = CleverClient(pretend.district_token(school_district.id), http=http)
        snapshot = clever.fetch_district(school_district.id)
        terms = {term.id: term_of(term) for term in clever.list_terms()}
    with_course = {key: one for key, one in snapshot.sections.items() if one.course}  # OneRoster wants one
    snapshot = attrs.evolve(snapshot, terms=terms, sections=with_course)
    where = tmp_path / ("oneroster.zip" if packed else "oneroster")
    oneroster.write_files(oneroster.bundle_of(snapshot), where)
    _, told = checked("--data", str(where), "--district", school_district.id)
    assert told["read"]["people"] == len(snapshot.people)
    assert (told["read"]["complete"], told["read"]["sections"]) == (True, len(with_course))
    assert verdict(told).keys() <= {code for code, *_ in CHECKS}


def test_rows_of_files_that_cannot_be_read_are_told_and_nothing_is_proven(
    pretend: Simulator, school_district: District, tmp_path: Path, checked: Checked
) -> None:
    """File, line and why; exit status 1; the rest is read."""
    with httpx.Client(transport=transport(pretend)) as http:
        clever = CleverClient(pretend.district_token(school_district.id), http=http)
        snapshot = clever.fetch_district(school_district.id)  # its terms are not among the files
    oneroster.write_files(oneroster.bundle_of(snapshot), tmp_path / "files")
    status, told = checked("--data", str(tmp_path / "files"))
    assert (status, told["read"]["complete"]) == (1, False)
    assert told["read"]["people"] == len(snapshot.people)
    assert all(one.startswith(("classes.csv, line ", "enrollments.csv, line ")) for one in told["read"]["unreadable"])


@pytest.mark.parametrize("trouble", [401, 403, 404, Breakage.HTML, Breakage.CUT_BODY])
def test_a_district_that_cannot_be_read_is_exit_status_3_and_one_line(
    pretend: Simulator, address: str, capsys: pytest.CaptureFixture[str], trouble: int | Breakage
) -> None:
    """Nothing is judged that was not read; the line has no token."""
    pretend.fail("/v3.1/users", trouble, times=None)
    assert main(["check", "--url", address]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


def test_the_token_may_be_in_a_file_or_in_another_variable(
    address: str, checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break at its end is not part of it."""
    token = os.environ["CLEVER_DISTRICT_TOKEN"]
    monkeypatch.delenv("CLEVER_DISTRICT_TOKEN")
    monkeypatch.setenv("OTHER", token)
    (tmp_path / "token").write_text(f"{token}\n", encoding="utf-8")
    by_file = checked("--url", address, "--token-file", str(tmp_path / "token"))
    assert by_file == checked("--url", address, "--token-env", "OTHER")
    assert by_file[1]["read"]["complete"] is True


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--token-env", "NO_SUCH_VARIABLE"], "The environment variable NO_SUCH_VARIABLE holds no token."),
        (["--token-file", "no/such/file"], "cannot be read (FileNotFoundError)"),
        (["--token-env", "SAFE", "--url", "http://clever.example"], "neither https nor on this machine"),
        (["--token-env", "SAFE", "--url", "http://[oops"], "neither https nor on this machine"),
        (["--data", "no/such/folder"], "there is no such folder"),
        ([], "There is no token: neither CLEVER_DISTRICT_TOKEN nor CLEVER_TOKEN is set."),
    ],
)
def test_what_cannot_be_tried_is_one_clear_line(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2, and what to do; a token is never sent in the clear."""
    monkeypatch.setenv("SAFE", "hush")
    assert main(["check", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert "hush" not in err


@pytest.mark.parametrize("option", ["--token", "--secret"])
def test_a_token_is_not_taken_from_the_command_line(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every process could see it there."""
    with pytest.raises(SystemExit) as ended:
        main(["check", option, "hush"])
    assert ended.value.code == 2
    capsys.readouterr()


def test_told_to_a_pipe_it_is_plain_names_nobody_and_shows_no_progress(export: Path, school_district: District) -> None:
    """No escape codes, nothing on stderr, no name, email or birth date."""
    run = subprocess.run(
        [sys.executable, "-m", "clever_roster", "check", "--data", str(export)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0
    assert run.stderr == ""
    assert "\x1b" not in run.stdout
    assert "all of it" in run.stdout
    assert run.stdout.rstrip().splitlines()[-1].startswith("0 errors, ")
    for one in school_district.people.values():
        assert f"{one.first} {one.last}" not in run.stdout
        assert not one.email or one.email not in run.stdout


def test_progress_is_shown_on_stderr_to_whoever_is_watching(export: Path) -> None:
    """A terminal sees lists being read; what is printed for a program stays what it is."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "clever_roster", "check", "--json", "--data", str(export)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    ) as run:
        os.close(theirs)
        seen = b""
        with os.fdopen(ours, "rb", buffering=0) as watching, suppress(OSError):  # a closed terminal is an error to read
            while more := watching.read(4096):
                seen += more
        told, _ = run.communicate()
    assert b"reading users" in seen
    assert json.loads(told)["read"]["complete"] is True
    assert run.returncode == 0
