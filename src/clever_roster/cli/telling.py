"""How the story is told: to a person at a terminal, to a pipe, or to a program as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clever_roster.cli.story import Chapter, Grid

__all__ = ["as_json", "say_chapter", "say_summary"]


def say_chapter(out: Console, number: int, chapter: Chapter) -> None:
    """One chapter, as a person would read it."""
    out.print(f"\n[bold]{number}. {escape(chapter.title)}[/bold]")
    for part in chapter.told:
        if isinstance(part, Grid):
            out.print(_table(part))
        else:
            out.print(f"   {escape(part)}", soft_wrap=not out.is_terminal)
    verdict = "[green]as it should be[/green]" if chapter.ok else "[red]NOT as it should be[/red]"
    out.print(f"   -> {verdict}")


def say_summary(out: Console, chapters: Sequence[Chapter]) -> None:
    """What was shown, in one table."""
    table = Table("Chapter", "OK", "What was counted", title="Summary", title_justify="left")
    for chapter in chapters:
        counted = ", ".join(
            f"{name.replace('_', ' ')} {_plain(value)}"
            for name, value in chapter.facts.items()
            if isinstance(value, int)
        )
        table.add_row(chapter.name, "yes" if chapter.ok else "NO", escape(counted))
    out.print()
    out.print(table)
    good = sum(chapter.ok for chapter in chapters)
    out.print(f"{good} of {len(chapters)} chapters are as they should be.")


def as_json(chapters: Sequence[Chapter], *, about: dict[str, object]) -> str:
    """Everything that was counted, as one JSON object."""
    facts: dict[str, object] = {chapter.name: {"ok": chapter.ok, **chapter.facts} for chapter in chapters}
    return json.dumps({**about, **facts}, ensure_ascii=False, indent=2)


def _plain(value: int) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _table(grid: Grid) -> Table:
    table = Table(*grid.headers, box=None, pad_edge=True)
    for row in grid.rows:
        table.add_row(*map(escape, row))
    return table
