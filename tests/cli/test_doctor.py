"""`clever-roster doctor`: each line ok, warn or fail, with a code that stays; and why a class or a child is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import respx

from clever_roster import roster
from clever_roster.cli import main
from clever_roster.cli.doctor import _of_clock
from clever_roster.model import EnrollmentStatus
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import District, Showcase, Simulator


def codes(said, about: str = "settings") -> dict[str, str]:
    return {one["code"]: one["state"] for one in said["signs"] if one["about"].startswith(about)}


def test_when_all_is_well_every_line_is_ok(address: str, database: str, told) -> None:
    """Token, clock, district, what is shared, database, and what waits; exit status 0."""
    status, said = told("doctor", "--url", address, "--db", database)
    assert said.keys() == {"counts", "signs"}
    assert codes(said) == dict.fromkeys(["token", "clock", "district", "shared", "database", "waiting"], "ok")
    assert (status, said["counts"]) == (0, {"ok": 6, "warn": 0, "fail": 0})


def test_with_nothing_set_it_says_what_to_set(told) -> None:
    """No token and no database are warnings, each with a next step; a doctor may be asked before anything is set."""
    status, said = told("doctor")
    assert status == 0
    assert {one["code"]: one["state"] for one in said["signs"]} == {"configuration": "warn", "no_database": "warn"}
    assert all(one["next_step"] for one in said["signs"])


@pytest.mark.parametrize(
    ("path", "trouble", "code"),
    [("/v3.1/districts", 401, "token"), ("/v3.1/districts", 403, "not_shared"), ("/v3.1/districts/", 500, "district")],
)
def test_what_clever_refuses_fails_by_its_name(
    *, path: str, trouble: int, code: str, pretend: Simulator, address: str, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is looked at all the same."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    pretend.fail(path, trouble, times=None)
    status, said = told("doctor", "--url", address)
    assert (status, codes(said)[code]) == (1, "fail")
    assert "no_database" in codes(said)


def test_the_applications_credentials_are_tried(
    address: str, pretend: Simulator, school_district: District, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They fetch the district's token where none is set; a wrong secret fails, and is not told."""
    monkeypatch.delenv("CLEVER_DISTRICT_TOKEN")
    monkeypatch.setenv("CLEVER_CLIENT_ID", pretend.app.client_id)
    monkeypatch.setenv("CLEVER_CLIENT_SECRET", pretend.app.client_secret.reveal())
    options = ["--url", address, "--oauth-url", address, "--district", school_district.id]
    status, said = told("doctor", *options)
    assert status == 0
    assert codes(said)["credentials"] == codes(said)["token"] == "ok"
    monkeypatch.setenv("CLEVER_CLIENT_SECRET", "hush-hush")
    status, said = told("doctor", *options)
    assert (status, codes(said)["credentials"]) == (1, "fail")
    assert "hush" not in str(said)


def test_a_database_without_tables_fails(tmp_path, told) -> None:
    """And says how to make them."""
    url = f"sqlite:///{tmp_path}/empty.db"
    status, said = told("doctor", "--db", url)
    assert (status, codes(said)["database"]) == (1, "fail")
    assert told("doctor", "--db", url, "--create-tables")[0] == 0


def test_a_district_that_pauses_its_sync_is_a_warning(address: str, school_district: District, told) -> None:
    """Its removals will be held."""
    paused = {"data": {"id": school_district.id, "state": "paused"}}
    with respx.mock(assert_all_called=True) as others:
        others.get(f"{address}/v3.1/districts/{school_district.id}").respond(json=paused)
        others.route().pass_through()
        status, said = told("doctor", "--url", address)
    assert (status, codes(said)["district"]) == (0, "warn")


@pytest.mark.parametrize(("off", "state"), [(0, "ok"), (60, "warn"), (-900, "fail")])
def test_a_clock_that_is_wrong_is_told_by_the_date_of_clevers_answer(off: int, state: str) -> None:
    """RFC 9110, section 6.6.1; half a minute is nothing, five minutes break logins."""
    (sign,) = _of_clock(format_datetime(datetime.now(UTC) + timedelta(seconds=off)))
    assert (sign.code, sign.state) == ("clock", state)
    assert [*_of_clock(None)] == [*_of_clock("yesterday")] == []


def test_why_a_class_is_not_there(address: str, database: str, who: Showcase, teacher, told) -> None:
    """Never imported; then in step; and unknown to the source."""
    options = ["--url", address, "--db", database]
    status, said = told("doctor", *options, "--section", who.sections[0])
    assert (status, codes(said, "section")) == (1, {"not_imported": "warn"})
    assert told("sync", *options, "--section", who.sections[0])[0] == 0
    status, said = told("doctor", *options, "--section", who.sections[0], "--account", teacher)
    assert (status, codes(said, "section")) == (0, {"fine": "ok"})
    status, said = told("doctor", *options, "--section", "0" * 24)
    assert (status, codes(said, "section")) == (1, {"not_on_source": "fail", "not_imported": "warn"})


def test_why_a_child_is_missing(
    *, address: str, database: str, who: Showcase, teacher, school_district: District, told
) -> None:
    """In step; removed by hand; at the source in no section at all."""
    options = ["--url", address, "--db", database]
    section = school_district.sections[who.sections[0]]
    assert told("sync", *options, "--section", section.id)[0] == 0
    pupil = section.students[0]
    asked = ["doctor", *options, "--section", section.id, "--student"]
    status, said = told(*asked, pupil)
    assert (status, codes(said, "section")) == (0, {"fine": "ok"})
    store = SqlStore(database)
    with store.transaction() as ports:
        row = next(row for row in ports.sections.enrollments() if row.person == pupil)
        roster.remove_by_hand(ports, row.section, row.account, actor=teacher, now=datetime.now(UTC))
        rows = ports.sections.enrollments()
        assert EnrollmentStatus.REMOVED_BY_HAND in {row.status for row in rows}
    store.close()
    status, said = told(*asked, pupil)
    assert (status, codes(said, "section")) == (1, {"removed_by_hand": "warn"})
    status, said = told("doctor", *options, "--student", "0" * 24)
    assert (status, set(codes(said, "student"))) == (1, {"not_on_source"})


def test_a_question_needs_a_database(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2: half of the answer would be a wrong one."""
    assert main(["doctor", "--url", address, "--section", "x"]) == 2
    assert "none is named" in capsys.readouterr().err
