"""The command line: one file for each command, loaded when it is called for.

How to read this room: `endings` is the one table of exit statuses; `credentials`, `reading` and `databases` say where
secrets, rosters and accounts come from; `progress` and `drawing` how things are shown. Then a file for each command,
which names its options, its examples and the shape of its JSON.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from types import ModuleType

from clever_roster.cli.endings import MEANING, Ending, told
from clever_roster.errors import CleverRosterError

__all__ = ["main", "parser_of_all"]

COMMANDS = {
    "check": (
        "clever_roster.cli.check",
        "read a district, from Clever or an export, and say what is not sound about it",
    ),
    "completion": ("clever_roster.cli.completion", "write what your shell needs to complete commands and options"),
    "demo": ("clever_roster.cli.demo", "play the whole story on this machine: no account, no network"),
    "doctor": ("clever_roster.cli.doctor", "check settings, and answer: why is this class, or this child, missing?"),
    "duplicates": ("clever_roster.cli.duplicates", "find the accounts that belong to one human, and say why"),
    "simulate": ("clever_roster.testing.simulate", "run a pretend Clever on loopback until it is stopped"),
    "sync": ("clever_roster.cli.sync", "show what changed in class, do it, hold what a person should see; undo it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status, of which `endings` is the table."""
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        options = _parser(given[0] if given else None).parse_args(given)
        return int(options.run(options))
    except ModuleNotFoundError as missing:
        return _missing(given[0], missing)
    except CleverRosterError as error:
        return told(error, as_json="--json" in given)
    except KeyboardInterrupt:
        print("clever-roster: interrupted.", file=sys.stderr)
        return Ending.INTERRUPTED
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Ending.DONE


def parser_of_all() -> argparse.ArgumentParser:
    """The parser with every command's options, as a shell wants to know them."""
    return _parser(None, everything=True)


def _parser(called: str | None, *, everything: bool = False) -> argparse.ArgumentParser:
    """The parser; only the command that is called for is loaded."""
    parser = argparse.ArgumentParser(
        prog="clever-roster",
        description="Log in with Clever, sync classrooms, find duplicate accounts.",
        epilog=_statuses(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('clever-roster')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=purpose,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,  # else a mistyped --client-secret would be taken for the option that names its file
        )
        if everything or name == called:
            room = import_module(module)
            command.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
            command.add_argument("--no-color", action="store_true", help="no colours; NO_COLOR is heeded too")
            room.add_options(command)
            command.epilog = _epilog(room)
            command.set_defaults(run=room.run)
    return parser


def _epilog(room: ModuleType) -> str:
    examples, shape = getattr(room, "EXAMPLES", ""), getattr(room, "SHAPE", "")
    parts = (f"examples:\n{examples}" if examples else "", f"--json prints:\n{shape}" if shape else "", _statuses())
    return "\n".join(part for part in parts if part)


def _statuses() -> str:
    rows = "\n".join(f"  {ending:<5} {meaning}" for ending, meaning in MEANING.items())
    return f"exit status:\n{rows}"


def _missing(command: str, missing: ModuleNotFoundError) -> int:
    """An extra that is not installed; a module of our own that is missing is our own fault, and told as such."""
    if (missing.name or "").startswith("clever_roster"):
        raise missing
    line = f"clever-roster: {command} needs {missing.name}. Run: pip install 'clever-roster[cli]'"
    print(line, file=sys.stderr)
    return Ending.USAGE


def __dir__() -> list[str]:
    return __all__
