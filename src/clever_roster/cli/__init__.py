"""The command line: `clever-roster demo`, `clever-roster simulate` and `clever-roster check`.

Each command is a file of its own with the options it takes, and is loaded when it is called for. Exit status: 0 when
what was asked for is true, 1 when it is not, 2 when it could not be tried (a bad option, a bad file, a missing extra);
one line then says what to do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from clever_roster.errors import CleverRosterError

__all__ = ["main"]

_COMMANDS = {
    "check": (
        "clever_roster.cli.check",
        "read a district, from Clever or an export, and say what is not sound about it",
    ),
    "demo": ("clever_roster.cli.demo", "play the whole story on this machine: no account, no network"),
    "simulate": ("clever_roster.testing.simulate", "run a pretend Clever on loopback until it is stopped"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="clever-roster", description="Log in with Clever, sync classrooms, find duplicate accounts."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, purpose) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        if name in given[:1]:
            try:
                room = import_module(module)
            except ModuleNotFoundError as missing:
                return _told(f"{name} needs {missing.name}. Run: pip install 'clever-roster[cli]'")
            room.add_options(command)
            command.set_defaults(run=room.run)
    options = parser.parse_args(given)
    try:
        return int(options.run(options))
    except CleverRosterError as error:
        return _told(str(error))


def _told(what: str) -> int:
    print(f"clever-roster: {what}", file=sys.stderr)
    return 2


def __dir__() -> list[str]:
    return __all__
