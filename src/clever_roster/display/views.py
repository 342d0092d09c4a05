"""What is shown of a value, before it is decided where: a title, facts, tables, bars. The same for every surface.

A room says once what its values show (`Shown.view`); `markup` writes it for notebooks, the command line for terminals,
`records` and `to_frame` hand the tables to other tools. So a plan has the same rows wherever it is met.

This file knows no nouns: what a person, a section or a plan is, is for the rooms to say. Names of people are their
business too: a view has them only when it is asked for with `names=True`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, TypeAlias

import attrs

from clever_roster.errors import ConfigurationError

__all__ = ["Bar", "Bars", "Cell", "Row", "Shown", "Table", "Tone", "View", "counted"]

Cell: TypeAlias = str | int | float | date | None
"""What stands in a table: None where there is nothing to say."""

Row: TypeAlias = tuple[Cell, ...]


class Tone(StrEnum):
    """How something is to be taken. It is never told by colour alone: the row says it in words as well."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


def counted(number: int, word: str, more: str = "s") -> str:
    """A number and what is counted: "1 step", "2 steps"."""
    return f"{number} {word}{'' if number == 1 else more}"


def _plain(_: Row) -> Tone:
    return Tone.PLAIN


@attrs.frozen(kw_only=True, repr=False, eq=False)
class Table:
    """Rows under names.

    Attributes:
        name: what the table is called among those of its view ("steps"); the same in every release.
        caption: what it is, in words.
        columns: their names, the same in every release. The first tells the rows apart for whoever hears them read.
        rows: gives the rows, anew each time; nothing is made before it is looked at.
        count: how many there are.
        tone: how a row is to be taken.
        drawn: the columns that are drawn; None for all. The others are for `records` and `to_frame` alone.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Row]]
    count: int
    tone: Callable[[Row], Tone] = _plain
    drawn: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"<Table {self.name}: {self.count} rows>"

    def first(self, most: int) -> tuple[tuple[str, ...], list[tuple[Tone, Row]]]:
        """The first rows, and the drawn columns in which any of them has something to say."""
        rows = list(islice(self.rows(), most))
        drawn = self.columns if self.drawn is None else self.drawn
        places = [self.columns.index(column) for column in drawn]
        kept = [place for place in places if any(row[place] not in {None, ""} for row in rows)]
        kept = kept or places[:1]
        return (
            tuple(self.columns[place] for place in kept),
            [(self.tone(row), tuple(row[place] for place in kept)) for row in rows],
        )

    def records(self) -> list[dict[str, Cell]]:
        """Each row as a dictionary."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows()]


@attrs.frozen(kw_only=True)
class Bar:
    """One amount of a sum; `instead` is told in its place where a number would not say what it does."""

    label: str
    amount: float
    tone: Tone
    instead: str = ""


@attrs.frozen(kw_only=True)
class Bars:
    """A sum, drawn as a waterfall: where each amount begins the one before has ended."""

    caption: str
    unit: str
    bars: tuple[Bar, ...]
    result: Bar

    def spans(self) -> tuple[tuple[Bar, float, float], ...]:
        """Each bar with the running total before it and after it; the result last, from nothing."""
        spans: list[tuple[Bar, float, float]] = []
        total = 0.0
        for bar in self.bars:
            spans.append((bar, total, total + bar.amount))
            total += bar.amount
        return (*spans, (self.result, 0.0, self.result.amount))


@attrs.frozen(kw_only=True, repr=False)
class View:
    """What is shown of a value.

    Attributes:
        lead: the sentence to read if only one is read.
        facts: what is true of the whole, by label.
        main: the table that is meant when none is named; "" for the first.
    """

    title: str
    lead: str = ""
    tone: Tone = Tone.PLAIN
    facts: tuple[tuple[str, Cell], ...] = ()
    parts: tuple[Table | Bars, ...] = ()
    main: str = ""

    def __repr__(self) -> str:
        return f"<View of {self.title}>"

    def table(self, name: str | None = None) -> Table:
        """A table by its name; the main one when none is named.

        Raises:
            ConfigurationError: there is no such table.
        """
        tables = {part.name: part for part in self.parts if isinstance(part, Table)}
        chosen = (self.main or next(iter(tables), "")) if name is None else name
        if chosen not in tables:
            raise ConfigurationError(
                f"{self.title} has no table {chosen!r}.", next_step=f"Ask for one of: {', '.join(tables) or 'none'}."
            )
        return tables[chosen]


class Shown:
    """A value that can be looked at in a notebook and handed on as rows; its room says what is shown, in `view`.

    Nobody is named unless `names=True` asks for it.
    """

    __slots__ = ()

    def view(self, *, names: bool = False) -> View:
        """Title, facts and tables, for whichever surface."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """How a notebook shows it: ids and counts."""
        from clever_roster.display.markup import html  # noqa: PLC0415 - a server that shows nothing need not load it

        return str(html(self))

    def records(self, table: str | None = None, *, names: bool = False) -> list[dict[str, Cell]]:
        """One of its tables as plain dictionaries; the main one when none is named.

        Raises:
            ConfigurationError: there is no such table.
        """
        return self.view(names=names).table(table).records()

    def to_frame(self, table: str | None = None, *, backend: str = "polars", names: bool = False) -> Any:
        """One of its tables as a DataFrame. Needs the extra `clever-roster[frames]`, and the backend.

        Args:
            table: the main one when none is named.
            backend: "polars", "pandas", "pyarrow", or what else narwhals makes eager frames of.

        Raises:
            ConfigurationError: there is no such table, or the backend is not there.
        """
        from clever_roster.display.frames import frame_of  # noqa: PLC0415 - an extra

        return frame_of(self.view(names=names).table(table), backend)
