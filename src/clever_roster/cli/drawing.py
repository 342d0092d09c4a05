"""How a view is drawn: to a person at a terminal, to a pipe, or as rows to a program.

A view is what a plan, findings or a pair show of themselves; the rows here are those that a notebook shows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from datetime import date

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from clever_roster import display
from clever_roster.display import Bars, Cell, Tone, View
from clever_roster.display.markup import signed, text_of

__all__ = ["MOST", "cells", "console", "draw", "most_rows"]

PIPED_WIDTH = 160
MOST = 25
BAR_WIDTH = 28
_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.WARN: "yellow", Tone.BAD: "red"}


def console(*, no_color: bool = False) -> Console:
    """The terminal; plain and wide when piped. NO_COLOR is heeded too."""
    plain = True if no_color else None
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    return Console(highlight=False, no_color=plain, width=width)


def most_rows(options: argparse.Namespace) -> int:
    """How many rows of a table are drawn."""
    return sys.maxsize if options.all else MOST


def draw(out: Console, view: View, *, most: int = MOST) -> None:
    """A view, as a person would read it; of a long table the first rows, and how many more there are."""
    out.print(Text(view.title, style="bold"))
    if view.lead:
        out.print(Text(view.lead, style=_STYLES[view.tone]))
    if view.facts:
        facts = Table.grid(padding=(0, 2))
        for label, cell in view.facts:
            if cell is not None:
                facts.add_row(Text(label, style="dim"), Text(text_of(cell)))
        out.print(Padding(facts, (0, 0, 0, 2)))
    for part in view.parts:
        if isinstance(part, Bars):
            out.print(_waterfall(part))
        elif part.count and part.drawn != ():
            out.print(_rows(part, most))
            if part.count > most:
                out.print(Text(f"  ... and {part.count - most} more.", style="dim"))


def _rows(shown: display.Table, most: int) -> Table:
    columns, rows = shown.first(most)
    table = _captioned(shown.caption)
    for column, place in zip(columns, range(len(columns)), strict=True):
        number = all(isinstance(row[place], int | float) for _, row in rows)
        table.add_column(column.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for tone, row in rows:
        first, *rest = (Text(text_of(cell)) for cell in row)
        first.stylize(_STYLES[tone])
        table.add_row(first, *rest)
    return table


def _waterfall(bars: Bars) -> Table:
    spans = bars.spans()
    low = min(0.0, *(min(before, after) for _, before, after in spans))
    high = max(0.0, *(max(before, after) for _, before, after in spans))
    scale = BAR_WIDTH / ((high - low) or 1)
    table = _captioned(bars.caption)
    table.add_column("reason", overflow="fold")
    for number in (bars.unit, "sum"):
        table.add_column(number, justify="right")
    table.add_column("", width=BAR_WIDTH + 1)
    for bar, before, after in spans:
        result = bar is bars.result
        left, right = (round((end - low) * scale) for end in sorted((before, after)))
        drawn = Text(" " * left + "█" * max(right - left, 1), style=_STYLES[bar.tone])
        number = bar.instead or signed(bar.amount)
        cells = (Text(bar.label), Text(number), Text("" if result else signed(after)), drawn)
        table.add_row(*cells, style="bold" if result else "", end_section=bar is bars.bars[-1])
    return table


def _captioned(caption: str) -> Table:
    title = Text(caption, style="bold")
    return Table(title=title, title_justify="left", title_style="", header_style="dim", box=SIMPLE_HEAD, pad_edge=False)


def cells(rows: Iterable[Mapping[str, Cell]]) -> list[dict[str, object]]:
    """Rows as JSON has them: instants and days as text (ISO 8601)."""
    return [
        {column: cell.isoformat() if isinstance(cell, date) else cell for column, cell in row.items()} for row in rows
    ]
