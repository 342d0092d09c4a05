"""`clever-roster duplicates`: the same pairs from a database and from any file; ids only, unless names are wanted."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from clever_roster.cli import main
from clever_roster.duplicates import Zone
from clever_roster.model import NewAccount, PersonName
from clever_roster.storage.sqlalchemy import SqlStore

ROWS = [
    {"account": "17", "first": "Zuri", "last": "Wentiski", "birth_date": "2015-03-09", "email": "zuri@home.test"},
    {"account": "42", "first": "Zuri", "last": "Wentisky", "birth_date": "2015-03-09", "email": "zuri@home.test"},
    {"account": "43", "first": "Ada", "last": "Okafor", "birth_date": "2014-01-02", "email": "ada@home.test"},
    {"account": "44", "first": "Bo", "last": "Lindqvist", "birth_date": "2013-07-21", "email": ""},
]


@pytest.fixture(params=["csv", "json", "jsonl", "parquet"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same accounts in each kind of file."""
    path = tmp_path / f"accounts.{request.param}"
    match request.param:
        case "csv":
            pl.DataFrame(ROWS).write_csv(path)
        case "json":
            path.write_text(json.dumps(ROWS), encoding="utf-8")
        case "jsonl":
            path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
        case _:
            pl.DataFrame(ROWS).write_parquet(path)
    return path


def test_any_kind_of_file_gives_the_same_pair(file: Path, told) -> None:
    """Exit status 1 when there is something to decide; the JSON has the shape that --help documents."""
    status, said = told("duplicates", "--data", str(file))
    assert status == 1
    assert said.keys() == {"accounts", "counts", "pairs", "groups", "missed"}
    assert said["accounts"] == 4
    (pair,) = said["pairs"]
    assert (pair["first"], pair["second"]) == ("17", "42")
    assert pair["zone"] in {Zone.SURE, Zone.REVIEW}
    assert said["groups"][0]["merge"] in {"17", "42"}
    assert "Zuri" not in json.dumps(said)


def test_accounts_of_a_database_are_compared(database: str, told) -> None:
    """Read through the store; nothing to decide is exit status 0."""
    store = SqlStore(database)
    with store.transaction() as ports:
        ports.accounts.create([NewAccount(name=PersonName("Ada", "Okafor")), NewAccount(name=PersonName("Bo", "Ek"))])
    store.close()
    status, said = told("duplicates", "--db", database)
    assert (status, said["accounts"], said["pairs"]) == (0, 2, [])


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    path = tmp_path / "accounts.csv"
    pl.DataFrame(ROWS).write_csv(path)
    return str(path)


def test_a_pair_is_explained_by_what_each_reason_weighs(accounts: str, told) -> None:
    """The weights add up to the sum; a terminal sees them drawn, with names only when they are asked for."""
    status, said = told("duplicates", "--data", accounts, "--explain", "42", "17")
    assert (status, said["first"], said["second"]) == (1, "17", "42")
    assert sum(one["weight"] for one in said["evidence"]) == pytest.approx(said["weight"])


def test_names_are_shown_only_to_who_asks_for_them(accounts: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In the table and in the drawing."""
    for options in ([], ["--explain", "17", "42"]):
        assert main(["duplicates", "--data", accounts, *options]) == 1
        shown = capsys.readouterr().out
        assert "42" in shown
        assert "Zuri" not in shown
        assert main(["duplicates", "--data", accounts, *options, "--names"]) == 1
        assert "Zuri" in capsys.readouterr().out


def test_one_zone_alone_may_be_asked_for(accounts: str, told) -> None:
    """Its pairs, and the groups that rest on it."""
    status, said = told("duplicates", "--data", accounts, "--zone", "never")
    assert (status, said["pairs"], said["groups"]) == (0, [], [])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "No accounts are named."),
        (["--data", "no/such.csv"], "cannot be read (FileNotFoundError)"),
        (["--data", "accounts.xlsx"], "Nothing is known of files that end in '.xlsx'"),
        (["--data", "HERE", "--explain", "17", "44"], "Accounts 17 and 44 are no pair"),
        (["--data", "BAD"], "Row 1 has no account."),
        (["--data", "NOT"], "is no list of objects"),
    ],
)
def test_what_cannot_be_tried_is_one_clear_line(
    options: list[str], said: str, accounts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and what to do."""
    (tmp_path / "bad.csv").write_text("id,first\n1,Ada\n", encoding="utf-8")
    (tmp_path / "not.json").write_text('{"account": 1}', encoding="utf-8")
    place = {"HERE": accounts, "BAD": str(tmp_path / "bad.csv"), "NOT": str(tmp_path / "not.json")}
    assert main(["duplicates", *(place.get(one, one) for one in options)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
