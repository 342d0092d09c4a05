"""The code on a page, as a program: what is fenced as Python, in order, on the lines on which it stands in the page.

So a traceback names the page's own lines. Three things may stand in a page beside plain fences:

    <!-- not run: why -->      right before a fence: a reader needs it, and a test cannot run it
    <!-- python ... -->        what a page takes for granted, unseen by readers
    ```console                 `$ clever-roster ...` is run, in the folder of the page's program and after it;
                               each line shown below must be in what it prints. Other programs are not ours to run.
    ```text                    lines that the page's program prints; `...` stands for others
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

__all__ = ["ROOT", "Block", "Command", "Page", "pages", "read"]

ROOT = Path(__file__).parents[2]
OURS = "clever-roster "

_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+?) -->\n+)?^```(?P<language>\w+)\n(?P<fenced>.*?)^```$"
    r"|^<!-- python\n(?P<hidden>.*?)^-->$",
    re.MULTILINE | re.DOTALL,
)


@attrs.frozen
class Block:
    """One fence of a page, or one hidden piece of its program.

    Attributes:
        line: of its first line of code, the page's first being 1.
        why: why it is not run; None for one that is.
    """

    language: str
    code: str
    line: int
    why: str | None = None
    hidden: bool = False


@attrs.frozen
class Command:
    """One `$ ...` of a console, and the lines that are shown below it."""

    line: str
    shown: tuple[str, ...]

    @property
    def ours(self) -> bool:
        """Whether it is this project's own command line."""
        return self.line.startswith(OURS)


@attrs.frozen
class Page:
    """A page and its blocks."""

    path: Path
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """As links write it, from the project's root."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def python(self) -> tuple[Block, ...]:
        """The snippets that run, hidden pieces included."""
        return tuple(block for block in self.blocks if block.language == "python" and block.why is None)

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines that the page says its program prints."""
        texts = (block.code for block in self.blocks if block.language == "text" and self.python)
        return tuple(line for text in texts for line in text.splitlines() if line.strip() not in {"", "..."})

    @property
    def commands(self) -> tuple[Command, ...]:
        """Every command of the consoles that run."""
        consoles = (block for block in self.blocks if block.language == "console" and block.why is None)
        return tuple(command for block in consoles for command in _commands(block.code))

    @property
    def unrun(self) -> tuple[Block, ...]:
        """The fences that say why they are not run."""
        return tuple(block for block in self.blocks if block.why is not None)

    def program(self) -> str:
        """The page's Python as one file, each line where it stands in the page."""
        lines: list[str] = []
        for block in self.python:
            lines += [""] * (block.line - 1 - len(lines))
            lines += block.code.splitlines()
        return "\n".join(lines) + "\n"


def _commands(console: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        yield Command(line, tuple(one for one in shown if one.strip() not in {"", "..."}))


def read(path: Path) -> Page:
    """The blocks of one page."""
    text = path.read_text(encoding="utf-8")
    blocks = []
    for found in _BLOCK.finditer(text):
        hidden = found["hidden"] is not None
        part = "hidden" if hidden else "fenced"
        blocks.append(
            Block(
                language="python" if hidden else found["language"],
                code=found[part],
                line=text.count("\n", 0, found.start(part)) + 1,
                why=found["why"],
                hidden=hidden,
            )
        )
    return Page(path, tuple(blocks))


def pages() -> tuple[Page, ...]:
    """README, what stands beside it, and everything below docs/, in the order of paths."""
    found = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    return tuple(read(path) for path in sorted(found, key=lambda one: one.relative_to(ROOT).as_posix()))
