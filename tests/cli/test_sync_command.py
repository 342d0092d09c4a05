"""`clever-roster sync`: shown, held, approved, resumed, undone; told in JSON of a shape that stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
import respx

from clever_roster.cli import main
from clever_roster.model import CLEVER, EnrollmentStatus, Proof, SectionId, Snapshot
from clever_roster.roster.lease import take
from clever_roster.sources import read_export
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import District, Showcase, Simulator

KILLED = """
import os
from clever_roster.storage.sqlalchemy import SqlStore

class Store(SqlStore):
    "Dies in the middle of its ninth transaction, as by SIGKILL."
    count = 0

    def transaction(self):
        Store.count += 1
        if Store.count == 9:
            os.kill(os.getpid(), 9)
        return super().transaction()

def store():
    return Store({url!r})
"""


def enrolled(database: str) -> set[tuple[str, str, str]]:
    store = SqlStore(database)
    with store.transaction() as ports:
        rows = ports.sections.enrollments()
    store.close()
    return {(row.section, row.account, row.status.value) for row in rows}


def active(database: str) -> int:
    return sum(status == EnrollmentStatus.ACTIVE for _, _, status in enrolled(database))


def with_students(district: District, section: SectionId, most: int) -> District:
    """The district on a day on which a section lists only so many students."""
    listed = district.sections[section]
    fewer = attrs.evolve(listed, students=listed.students[:most])
    return attrs.evolve(district, sections={**district.sections, section: fewer})


@pytest.fixture
def imported(address, database, teacher, who, told) -> list[str]:
    """The options of a sync of the teacher's first section, which was imported."""
    options = ["--url", address, "--db", database, "--section", who.sections[0]]
    status, said = told("sync", *options)
    assert status == 0, said
    return options


def test_a_section_is_imported_for_its_teacher_and_a_second_run_changes_nothing(
    imported: list[str], database: str, school_district: District, who: Showcase, told
) -> None:
    """Idempotent; everybody whom the source lists is in the section."""
    section = school_district.sections[who.sections[0]]
    assert active(database) == len(section.students) + len(section.teachers)
    before = enrolled(database)
    status, said = told("sync", *imported)
    assert (status, said["plan"]["ready"], said["report"]["done"]) == (0, 0, {})
    assert enrolled(database) == before


def test_the_json_has_the_shape_that_help_documents(
    imported: list[str], told, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program may rely on it; what is printed is in the table, and the table in what is printed."""
    _, said = told("sync", *imported, "--plan-only")
    assert said.keys() == {"district", "approved", "read", "plan", "report", "waiting"}
    assert said["plan"].keys() == {"digest", "summary", "ready", "held", "steps", "proposals", "notes"}
    with pytest.raises(SystemExit):
        main(["sync", "--help"])
    shown = capsys.readouterr().out
    assert all(key in shown for key in [*said, *said["plan"], *said["read"], "exit status:", "examples:"])


def test_a_plan_only_writes_nothing(address: str, database: str, teacher, who: Showcase, told) -> None:
    """Shown, with what would be done."""
    options = ["--url", address, "--db", database, "--section", who.sections[0], "--plan-only"]
    status, said = told("sync", *options)
    assert (status, said["report"]) == (0, None)
    assert said["plan"]["ready"] > 10
    assert {step["step"] for step in said["plan"]["steps"]} == {"attach", "enroll"}
    assert enrolled(database) == set()


def test_a_mass_removal_is_held_stays_loud_and_goes_on_only_by_its_own_digest(
    *, imported: list[str], pretend: Simulator, school_district: District, who: Showcase, database: str, told
) -> None:
    """Exit status 4 each night, with an age; a wrong digest does nothing; the right one with a reason does it."""
    everybody = active(database)
    pretend.replace(with_students(school_district, who.sections[0], 2))
    nights = [told("sync", *imported) for _ in range(2)]
    assert [status for status, _ in nights] == [4, 4]
    assert active(database) == everybody
    said = nights[-1][1]
    assert said["report"]["ending"] == "held"
    assert {step["state"] for step in said["plan"]["steps"]} == {"held"}
    assert {step["nights"] for step in said["plan"]["steps"]} == {1}
    digest = said["waiting"]["digest"]
    status, wrong = told("sync", *imported, "--approve", "0" * 32, "--why", "no")
    assert (status, wrong["approved"], wrong["report"]) == (4, False, None)
    assert active(database) == everybody
    status, right = told("sync", *imported, "--approve", digest[:12], "--why", "They moved.", "--by", "7")
    assert (status, right["approved"], right["report"]["held"]) == (0, True, 0)
    assert active(database) < everybody
    store = SqlStore(database)
    with store.transaction() as ports:
        (section,) = {row.section for row in ports.sections.enrollments()}
        assert {one.actor for one in ports.roster.journal(section) if one.verb == "withdraw"} == {"7: They moved."}
    store.close()


def test_a_run_is_undone_by_the_first_digits_of_its_plan(
    *, imported: list[str], pretend: Simulator, school_district: District, who: Showcase, database: str, told
) -> None:
    """Everybody is where they were; a second undo finds nothing left."""
    before = enrolled(database)
    size = len(school_district.sections[who.sections[0]].students)
    pretend.replace(with_students(school_district, who.sections[0], size - 2))
    _, said = told("sync", *imported)
    assert said["report"]["done"] == {"withdraw": 2}
    assert enrolled(database) != before
    status, undone = told("sync", "--db", database, "--undo", said["plan"]["digest"][:10])
    assert (status, undone["plan"], undone["rows"], undone["kept"]) == (0, said["plan"]["digest"], 2, [])
    assert enrolled(database) == before
    assert main(["sync", "--db", database, "--undo", "feedfeedfeed"]) == 2


def test_the_runs_that_can_be_undone_are_listed_and_old_ones_forgotten(
    *, imported: list[str], pretend: Simulator, school_district: District, who: Showcase, told, capsys
) -> None:
    """The newest first, each by the digest that --undo takes; forgotten, none of them is undone."""
    size = len(school_district.sections[who.sections[0]].students)
    pretend.replace(with_students(school_district, who.sections[0], size - 2))
    digest = told("sync", *imported, "--by", "the office")[1]["plan"]["digest"]
    status, said = told("sync", *imported[2:4], "--runs")
    assert (status, said["forgotten"]) == (0, 0)
    assert {run["district"] for run in said["runs"]} == {school_district.id}
    newest = said["runs"][0]
    assert (newest["plan"], newest["by"], newest["done"], newest["held"]) == (digest, "the office", 2, 0)
    assert main(["sync", *imported[2:4], "--runs"]) == 0
    shown = capsys.readouterr().out
    assert digest[:12] in shown
    assert "--undo" in shown
    assert told("sync", *imported[2:4], "--forget-runs", "1")[1]["forgotten"] == 0
    elsewhere = [*imported[2:4], "--district", "another"]
    assert told("sync", *elsewhere, "--forget-runs", "0")[1] == {"forgotten": 0, "runs": []}
    status, said = told("sync", *imported[2:4], "--forget-runs", "0")
    assert (status, said["forgotten"], said["runs"]) == (0, 2, [])
    for wrong in (["--undo", digest], ["--forget-runs", "-1"]):
        status, said = told("sync", *imported[2:4], *wrong)
        assert (status, said["error"]["kind"]) == (2, "ConfigurationError")


def test_without_a_section_every_imported_one_is_synced_and_one_that_is_gone_is_seen(
    *,
    imported: list[str],
    pretend: Simulator,
    school_district: District,
    who: Showcase,
    database: str,
    address: str,
    told,
) -> None:
    """The nightly job names no section; a section that vanished is held, not emptied."""
    every = imported[:4]
    assert told("sync", *every)[0] == 0
    fewer = {key: one for key, one in school_district.sections.items() if key != who.sections[0]}
    pretend.replace(attrs.evolve(school_district, sections=fewer))
    status, said = told("sync", *every)
    assert status == 4
    assert {step["section"] for step in said["plan"]["steps"]} == {who.sections[0]}
    assert said["report"]["done"] == {}


@pytest.fixture
def changed(imported: list[str], who: Showcase, told) -> list[str]:
    """The options of a nightly sync of what changed; two sections were imported, and read whole once."""
    assert told("sync", *imported[:4], "--section", who.sections[1])[0] == 0
    options = [*imported[:4], "--changed"]
    status, said = told("sync", *options)
    assert (status, said["read"]["asked"], said["plan"]["ready"]) == (0, [2, 2], 0)
    assert said["read"]["everything"] == "nothing was heard before"
    return options


def test_only_what_changed_is_read(
    *, changed: list[str], pretend: Simulator, school_district: District, who: Showcase, told
) -> None:
    """Of two sections the one that an event names, and once; a plan that is only shown leaves it to be heard."""
    size = len(school_district.sections[who.sections[0]].students)
    pretend.replace(with_students(school_district, who.sections[0], size - 1))
    for _ in range(2):
        status, said = told("sync", *changed, "--plan-only")
        assert (status, said["read"]["sections"], said["plan"]["ready"]) == (0, 1, 1)
    status, said = told("sync", *changed)
    assert (status, said["read"]["asked"], said["read"]["everything"]) == (0, [1, 2], None)
    assert said["report"]["done"] == {"withdraw": 1}
    status, said = told("sync", *changed)
    assert (status, said["read"]["asked"], said["report"]["done"]) == (0, [0, 2], {})


def test_what_waits_is_read_again_until_its_plan_is_approved(
    *, changed: list[str], pretend: Simulator, school_district: District, who: Showcase, database: str, told
) -> None:
    """No event tells of it any more; it stays loud, and the digest that is told can be approved with --changed."""
    everybody = active(database)
    pretend.replace(with_students(school_district, who.sections[0], 2))
    nights = [told("sync", *changed) for _ in range(3)]
    assert [(status, said["read"]["asked"]) for status, said in nights] == [(4, [1, 2])] * 3
    assert {step["nights"] for step in nights[-1][1]["plan"]["steps"]} == {2}
    assert active(database) == everybody
    approval = ["--approve", nights[-1][1]["waiting"]["digest"], "--why", "They changed schools."]
    status, said = told("sync", *changed, *approval)
    assert (status, said["approved"], said["waiting"]) == (0, True, None)
    assert active(database) < everybody
    assert told("sync", *changed)[1]["read"]["asked"] == [0, 2]


def test_a_night_that_fails_is_heard_once_more(
    *, changed: list[str], pretend: Simulator, school_district: District, who: Showcase, database: str, told
) -> None:
    """Another sync was at work: what the events told is not lost."""
    size = len(school_district.sections[who.sections[0]].students)
    pretend.replace(with_students(school_district, who.sections[0], size - 1))
    store, now = SqlStore(database), datetime.now(UTC)
    empty = Snapshot.of(provider=CLEVER, district=school_district.id, taken_at=now, people=(), sections=())
    with store.transaction() as ports:
        take(ports, attrs.evolve(empty, scope=frozenset(who.sections)), holder="x", now=now, lasts=timedelta(hours=1))
    store.close()
    assert told("sync", *changed)[0] == 6
    assert told("sync", *changed, "--holder", "x")[1]["report"]["done"] == {"withdraw": 1}


def test_whoever_asks_for_what_changed_is_told_how_much_was_read(
    changed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Not everything, and why."""
    assert main(["sync", *changed]) == 0
    assert "Read 0 of 2 imported sections, of which something was heard" in " ".join(capsys.readouterr().out.split())


def test_files_do_not_tell_what_changed(*, imported: list[str], export: Path, told) -> None:
    """They are a state. Nor is it both, what changed and what is named."""
    options = ["--data", str(export), "--district", "springfield", *imported[2:4]]
    section = read_export(export).sections[0].section_id
    assert told("sync", *options, "--section", section, "--owner", "1")[0] == 0
    status, said = told("sync", *options, "--changed")
    assert (status, said["error"]["kind"]) == (2, "ConfigurationError")
    with pytest.raises(SystemExit, match="2"):
        main(["sync", *imported, "--changed"])


def test_a_section_that_was_imported_empty_fills(
    *, imported: list[str], pretend: Simulator, school_district: District, who: Showcase, database: str, told
) -> None:
    """The nightly job reads what was imported, and not only where somebody is already."""
    empty = attrs.evolve(school_district.sections[who.sections[1]], students=(), teachers=())
    pretend.replace(attrs.evolve(school_district, sections={**school_district.sections, empty.id: empty}))
    assert told("sync", *imported[:4], "--section", empty.id, "--owner", "1")[0] == 0
    before = active(database)
    pretend.replace(school_district)
    told("sync", *imported[:4])
    filled = school_district.sections[who.sections[1]]
    assert active(database) == before + len(filled.students) + len(filled.teachers)


def test_an_export_is_synced_without_a_token(
    *, export: Path, database: str, teacher, school_district: District, told
) -> None:
    """The files that a district sends, under its own ids; an account is named that runs the section."""
    section = read_export(export).sections[0]
    options = ["--data", str(export), "--db", database, "--section", section.section_id, "--owner", teacher]
    status, said = told("sync", *options)
    assert (status, said["error"]["kind"]) == (2, "ConfigurationError")
    options += ["--district", "springfield"]
    status, said = told("sync", *options)
    assert (status, said["report"]["ending"], said["district"]) == (0, "done", "springfield")
    assert said["report"]["created"] > 0
    assert told("sync", *options)[1]["plan"]["ready"] == 0
    status, said = told("doctor", *options[:4], "--district", "springfield", "--section", section.section_id)
    assert (status, [one["code"] for one in said["signs"]]) == (0, ["files", "database", "waiting", "fine"])


def test_a_killed_run_is_taken_up_by_the_same_command(
    *, address: str, database: str, teacher, school_district: District, who: Showcase, tmp_path: Path, told
) -> None:
    """Killed between two chunks; the next run does the rest, at once, and nothing twice."""
    (tmp_path / "crashing.py").write_text(KILLED.format(url=database), encoding="utf-8")
    options = ["--url", address, "--section", who.sections[0], "--chunk", "3"]
    killed = subprocess.run(
        [sys.executable, "-m", "clever_roster", "sync", *options, "--store", "crashing:store"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    section = school_district.sections[who.sections[0]]
    everybody = len(section.students) + len(section.teachers)
    assert 0 < active(database) < everybody
    status, said = told("sync", "--db", database, *options)
    assert status == 0, said
    assert active(database) == everybody
    assert told("sync", "--db", database, *options)[1]["plan"]["ready"] == 0


def test_steps_are_counted_on_stderr_for_whoever_is_watching(
    address: str, database: str, teacher, who: Showcase
) -> None:
    """A bar that is gone at the end; what is printed for a program stays what it is."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    options = ["--url", address, "--db", database, "--section", who.sections[0], "--chunk", "5", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "clever_roster", "sync", *options],
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
    assert b"applying" in seen
    done = json.loads(told)["report"]["done"]
    assert f"{sum(done.values())}/{sum(done.values())}".encode() in seen


def test_names_are_shown_only_to_who_asks_for_them(
    *,
    address: str,
    database: str,
    teacher,
    school_district: District,
    who: Showcase,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A terminal may be looked at by anybody, and a log read by many."""
    pupil = school_district.people[school_district.sections[who.sections[0]].students[0]]
    options = ["sync", "--url", address, "--db", database, "--section", who.sections[0], "--plan-only", "--all"]
    assert main(options) == 0
    assert pupil.last not in capsys.readouterr().out
    assert main([*options, "--names"]) == 0
    assert pupil.last in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--approve", "0123456789"], "An approval says why."),
        ([], "No section of district"),
        (["--section", "SECTION", "--owner", "99"], "There is no account 99."),
        (["--section", "SECTION"], "its first teacher has no account here"),
        (["--district", "d9"], "is not of district d9"),
    ],
)
def test_what_cannot_be_tried_is_told_and_nothing_is_written(
    *, options: list[str], said: str, address: str, database: str, who: Showcase, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, one line, what to do."""
    given = [who.sections[0] if one == "SECTION" else one for one in options]
    assert main(["sync", "--url", address, "--db", database, *given]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_source_that_fails_is_exit_status_3_and_nothing_is_written(
    imported: list[str], pretend: Simulator, database: str, told
) -> None:
    """Told to a program too; no half-read roster is applied."""
    before = enrolled(database)
    pretend.fail("/v3.1/districts", 401, times=None)
    status, said = told("sync", *imported)
    assert (status, said["error"]["kind"], said["error"]["exit_status"]) == (3, "ReauthRequired", 3)
    assert enrolled(database) == before


def test_removals_are_held_while_the_district_pauses_its_sync(
    *, imported: list[str], pretend: Simulator, school_district: District, who: Showcase, told
) -> None:
    """How the district's own sync stands is asked along with the roster."""
    size = len(school_district.sections[who.sections[0]].students)
    pretend.replace(with_students(school_district, who.sections[0], size - 1))
    paused = {"data": {"id": school_district.id, "state": "paused"}}
    with respx.mock(assert_all_called=True) as others:
        others.get(f"{imported[1]}/v3.1/districts/{school_district.id}").respond(json=paused)
        others.route().pass_through()
        status, said = told("sync", *imported)
    assert (status, {step["rule"] for step in said["plan"]["steps"]}) == (4, {"district_paused"})


def test_another_sync_at_work_is_exit_status_6(
    *, imported: list[str], database: str, school_district: District, who: Showcase, told, pretend: Simulator
) -> None:
    """Of two at once one goes on, and the other is told until when it has to wait."""
    store = SqlStore(database)
    now = datetime.now(UTC)
    snapshot = Snapshot(
        provider=CLEVER,
        district=school_district.id,
        taken_at=now,
        scope=frozenset({who.sections[0]}),
        people={},
        sections={},
        proof=Proof(),
    )
    with store.transaction() as ports:
        take(ports, snapshot, holder="somebody else", now=now, lasts=timedelta(minutes=5))
    store.close()
    pretend.replace(with_students(school_district, who.sections[0], 8))
    status, said = told("sync", *imported)
    assert (status, said["error"]["kind"]) == (6, "ScopeBusy")
