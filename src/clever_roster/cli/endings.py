"""How a command ends: one table of exit statuses for all commands, shown by every `--help`.

A script can tell from the status alone whose move it is: nobody's (0), whoever looks after the roster (1, 4), whoever
typed or configured (2), the source (3), the database (5), or simply time (6).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from clever_roster.errors import CleverRosterError, Overtaken, ScopeBusy, SourceError, StalePlan, StoreError

__all__ = ["MEANING", "Ending", "ending_of", "told"]


class Ending(IntEnum):
    """The exit status of a command."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    SOURCE = 3
    HELD = 4
    STORE = 5
    BUSY = 6
    INTERRUPTED = 130


MEANING: Final[Mapping[Ending, str]] = {
    Ending.DONE: "done, and nothing to look at",
    Ending.FOUND: "done, and something was found that is not as it should be",
    Ending.USAGE: "not tried: a wrong option, file, setting or credential, or a missing extra",
    Ending.SOURCE: "Clever refused, or did not answer; nothing was written",
    Ending.HELD: "done as far as it may be: steps wait for a person's word",
    Ending.STORE: "the database refused, or some of its rows were refused",
    Ending.BUSY: "another sync was at work on these sections: try again later",
    Ending.INTERRUPTED: "interrupted; the same command goes on where it stopped",
}
"""In words, for `--help` and the documentation."""


def ending_of(error: CleverRosterError) -> Ending:
    """Whose move it is after an error."""
    match error:
        case SourceError():
            return Ending.SOURCE
        case ScopeBusy() | Overtaken() | StalePlan():
            return Ending.BUSY
        case StoreError():
            return Ending.STORE
        case _:
            return Ending.USAGE


def told(error: CleverRosterError, *, as_json: bool) -> Ending:
    """Say in one line on stderr what happened and what to do; to a program as JSON on stdout as well."""
    ending = ending_of(error)
    if as_json:
        problem = {"kind": type(error).__name__, "message": str(error.args[0]), "next_step": error.next_step}
        print(json.dumps({"error": {**problem, "exit_status": int(ending)}}, ensure_ascii=False, indent=2))
    print(f"clever-roster: {error}", file=sys.stderr)
    return ending
