"""A view as HTML for notebooks and pages: no script, no address, everything escaped; tables that can be heard.

Tables have captions and headers with a scope; a table that is wider than its place scrolls, by keyboard too. Bars are
drawn beside the numbers that they show, so the drawing is hidden from whoever listens.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape

from clever_roster.display.theme import STYLE
from clever_roster.display.views import Bar, Bars, Cell, Row, Shown, Table, Tone, View

__all__ = ["Html", "html", "signed", "text_of"]

MOST = 100


class Html(str):
    """HTML as text; a notebook draws it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Itself."""
        return str(self)


def html(value: Shown | View, *, names: bool = False, most: int = MOST) -> Html:
    """A value of this library as HTML.

    Args:
        names: show people and sections by name; else by id, which may be shown to anybody who may see the log.
        most: rows of a table; how many more there are is told.
    """
    view = value if isinstance(value, View) else value.view(names=names)
    return Html(f'<div class="clever-roster">{STYLE}{"".join(_inside(view, most))}</div>')


def text_of(cell: Cell) -> str:
    """A cell as text: nothing for None, dates as ISO 8601 writes them, fractions with two digits."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:.2f}"
        case datetime():
            return cell.isoformat(sep=" ", timespec="minutes").replace("+00:00", " UTC")
        case _:
            return str(cell)


def signed(amount: float) -> str:
    """An amount with its sign and one digit; nothing is neither less nor more."""
    return f"{round(amount, 1) + 0.0:+.1f}"


def _inside(view: View, most: int) -> Iterator[str]:
    yield f'<p class="cr-title">{escape(view.title)}</p>'
    if view.lead:
        yield f'<p class="cr-lead cr-{view.tone}">{escape(view.lead)}</p>'
    said = [(label, cell) for label, cell in view.facts if cell is not None]
    if said:
        facts = (f"<div><dt>{escape(label)}</dt><dd>{_said(cell)}</dd></div>" for label, cell in said)
        yield f"<dl>{''.join(facts)}</dl>"
    for part in view.parts:
        if isinstance(part, Bars):
            yield _wide(part.caption, _waterfall(part))
        elif part.count and part.drawn != ():
            yield from _table(part, most)


def _said(cell: Cell) -> str:
    return escape(text_of(cell))


def _wide(label: str, table: str) -> str:
    return f'<div class="cr-wide" role="group" tabindex="0" aria-label="{escape(label)}">{table}</div>'


def _table(table: Table, most: int) -> Iterator[str]:
    columns, rows = table.first(most)
    numbers = [all(isinstance(row[place], int | float) for _, row in rows) for place, _ in enumerate(columns)]
    head = "".join(
        f'<th scope="col"{_class(number=number)}>{escape(_spaced(column))}</th>'
        for column, number in zip(columns, numbers, strict=True)
    )
    body = "".join(_row(tone, row, numbers) for tone, row in rows)
    caption = f"<caption>{escape(table.caption)}</caption>"
    yield _wide(table.caption, f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    if table.count > len(rows):
        yield f'<p class="cr-more">and {table.count - len(rows)} more</p>'


def _row(tone: Tone, row: Row, numbers: list[bool]) -> str:
    cells = "".join(
        f'<th scope="row">{_said(cell)}</th>' if not place else f"<td{_class(number=number)}>{_said(cell)}</td>"
        for place, (cell, number) in enumerate(zip(row, numbers, strict=True))
    )
    return f'<tr class="cr-{tone}">{cells}</tr>'


def _class(*, number: bool) -> str:
    return ' class="cr-number"' if number else ""


def _spaced(name: str) -> str:
    return name.replace("_", " ")


# --- Bars -------------------------------------------------------------------------------------------------------------


def _waterfall(bars: Bars) -> str:
    spans = bars.spans()
    low = min(0.0, *(min(before, after) for _, before, after in spans))
    high = max(0.0, *(max(before, after) for _, before, after in spans))
    scale = 100 / ((high - low) or 1)
    rows = "".join(
        _bar(bar, before, after, low=low, scale=scale, result=bar is bars.result) for bar, before, after in spans
    )
    head = f'<th scope="col">reason</th><th scope="col" class="cr-number">{escape(bars.unit)}</th>'
    head += '<th scope="col" class="cr-number">sum</th><td aria-hidden="true"></td>'
    caption = f"<caption>{escape(bars.caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _bar(bar: Bar, before: float, after: float, *, low: float, scale: float, result: bool) -> str:
    left, width = (min(before, after) - low) * scale, abs(after - before) * scale
    drawn = (
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<line x1="{-low * scale:.2f}" x2="{-low * scale:.2f}" y1="-10" y2="20"/>'
        f'<rect x="{left:.2f}" y="1" width="{max(width, 0.4):.2f}" height="8"/></svg>'
    )
    number = bar.instead or signed(bar.amount)
    kind = f"cr-{bar.tone}{' cr-result' if result else ''}"
    total = "" if result else signed(after)
    return (
        f'<tr class="{kind}"><th scope="row">{escape(bar.label)}</th><td class="cr-number">{escape(number)}</td>'
        f'<td class="cr-number">{total}</td><td>{drawn}</td></tr>'
    )
