"""`clever-roster completion`: what a shell needs to complete commands and options, made from the commands themselves.

The script is written by shtab, which reads the parsers. Extra `clever-roster[cli]`.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from typing import Any

from clever_roster.cli.endings import Ending

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

SHELLS = ("bash", "fish", "zsh")

EXAMPLES = """\
  clever-roster completion bash > ~/.local/share/bash-completion/completions/clever-roster
  clever-roster completion zsh  > ~/.zfunc/_clever-roster
  clever-roster completion fish > ~/.config/fish/completions/clever-roster.fish
"""

SHAPE = """\
  shell, script           as asked for, and the text to save
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("shell", choices=SHELLS)


def run(options: argparse.Namespace) -> int:
    """Write the script to stdout."""
    from clever_roster.cli import parser_of_all

    shtab: Any = import_module("shtab")
    script: str = shtab.complete(parser_of_all(), shell=options.shell)
    print(json.dumps({"shell": options.shell, "script": script}) if options.json else script)
    return Ending.DONE
