"""What all commands have in common: exit statuses, help, secrets, colours, completion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clever_roster import errors
from clever_roster.cli import COMMANDS, main
from clever_roster.cli.endings import MEANING, Ending, ending_of

READING = ["check", "sync", "doctor"]


def helped(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_documents_its_exit_statuses_and_takes_json(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One table for all of them."""
    shown = helped(command, capsys)
    assert "--json" in shown
    assert "--no-color" in shown
    assert all(f"  {ending:<5} {meaning}" in shown for ending, meaning in MEANING.items())


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_shows_examples_and_the_shape_of_its_json(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a manual page would."""
    shown = helped(command, capsys)
    assert "examples:\n  " in shown
    assert "--json prints:\n" in shown


def test_every_error_of_the_library_has_an_exit_status() -> None:
    """The source's refusals are 3, the database's 5, another sync's 6; the rest is a matter of how it was called."""
    made = {kind: kind("x", next_step="y") for kind in (errors.ConfigurationError, errors.StoreError, errors.ScopeBusy)}
    assert [ending_of(error) for error in made.values()] == [Ending.USAGE, Ending.STORE, Ending.BUSY]
    assert ending_of(errors.Overtaken("x", next_step="y")) is Ending.BUSY
    assert ending_of(errors.ReauthRequired("x", next_step="y")) is Ending.SOURCE


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("option", ["--token", "--secret", "--client-secret", "--password"])
def test_no_secret_is_taken_from_the_command_line(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every process could see it there."""
    with pytest.raises(SystemExit) as ended:
        main([command, f"{option}=hush"])
    assert ended.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize("command", ["sync", "duplicates", "demo"])
def test_a_database_url_with_a_password_is_refused_on_the_command_line(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the environment it is taken, and never told."""
    url = "postgresql+psycopg://roster:hunter2@127.0.0.1:1/none"
    assert main([command, "--db", url]) == 2
    shown = capsys.readouterr().err
    assert "CLEVER_ROSTER_DB" in shown
    assert "hunter2" not in shown
    if command == "demo":  # it takes none from the environment: it would write into it
        return
    monkeypatch.setenv("CLEVER_ROSTER_DB", url)
    assert main([command]) == 5
    assert "hunter2" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("place", ["nowhere:store", "json:nothing", "json", "json:dumps_", "os:sep"])
def test_a_store_that_is_not_there_is_one_clear_line(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As is a thing that is no store."""
    assert main(["duplicates", "--store", place]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_interrupted_command_says_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 130, as a shell expects after Ctrl-C; no traceback."""
    (tmp_path / "pressing_ctrl_c.py").write_text("def store():\n    raise KeyboardInterrupt\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["duplicates", "--store", "pressing_ctrl_c:store"]) == 130
    assert capsys.readouterr().err == "clever-roster: interrupted.\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command_and_its_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Made from the commands themselves."""
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(command in script for command in COMMANDS)
    assert all(option in script for option in ("plan-only", "explain", "student", "token-file"))


def test_bash_completes_commands_and_options() -> None:
    """Asked as a person's shell asks when Tab is pressed."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    asking = """
    eval "$1"
    COMP_WORDS=(clever-roster du); COMP_CWORD=1
    function_name=$(complete -p clever-roster | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    $function_name; echo "${COMPREPLY[@]}"
    COMP_WORDS=(clever-roster sync --pl); COMP_CWORD=2
    $function_name; echo "${COMPREPLY[@]}"
    """
    made = subprocess.run(
        [sys.executable, "-m", "clever_roster", "completion", "bash"], capture_output=True, text=True, check=True
    )
    run = subprocess.run([bash, "-c", asking, "-", made.stdout], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["duplicates", "--plan-only"]


def seen_at_a_terminal(*command: str, **environment: str) -> str:
    """What a person sees: stdout is a pseudo-terminal."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM"}}
    with subprocess.Popen(
        [sys.executable, "-m", "clever_roster", *command],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**env, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    ) as run:
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 4096):
                seen += more
        except OSError:  # a closed terminal is an error to read
            pass
        os.close(ours)
        run.wait()
    return seen.decode()


def test_colours_are_for_terminals_and_may_be_refused() -> None:
    """By option, or by NO_COLOR (no-color.org)."""
    coloured = re.compile(r"\x1b\[[0-9;]*3[1-7]")
    assert coloured.search(seen_at_a_terminal("doctor"))
    assert not coloured.search(seen_at_a_terminal("doctor", "--no-color"))
    assert not coloured.search(seen_at_a_terminal("doctor", NO_COLOR="1"))


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    """`clever-roster ... | head -1` ends without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "clever_roster", "completion", "bash"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=True,
    )
    os.close(writing)
    assert run.stderr == b""
