"""Bars for long work: on stderr, gone when the work is done, and only when somebody is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from clever_roster.patience import Progress

__all__ = ["reading", "stepping", "waiting"]


def _bar() -> Bar:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


@contextmanager
def reading() -> Generator[Callable[[Progress], None]]:
    """A bar for each list that is read."""
    with _bar() as bar:
        lists: dict[str, TaskID] = {}

        def told(progress: Progress) -> None:
            route = progress.route
            if route not in lists:
                lists[route] = bar.add_task(f"reading {route.rpartition('/')[2]}", total=None)
            bar.update(lists[route], completed=progress.records, total=progress.records if progress.done else None)

        yield told


@contextmanager
def stepping(what: str, total: int) -> Generator[Callable[[int, int], None]]:
    """A bar for steps of which the number is known."""
    with _bar() as bar:
        task = bar.add_task(what, total=total)

        def told(done: int, total: int, /) -> None:
            bar.update(task, completed=done, total=total)

        yield told


@contextmanager
def waiting(what: str) -> Generator[None]:
    """Something turns while the work goes on, for work that does not say how far it is."""
    with _bar() as bar:
        bar.add_task(what, total=None)
        yield
