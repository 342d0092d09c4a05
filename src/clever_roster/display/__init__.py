"""How values of this library look in a notebook, and how they leave it as rows: HTML, records, DataFrames.

    plan                                    # in a notebook: ids, counts, what waits and why
    display.html(plan, names=True)          # the same with names, where they may be seen
    plan.records("steps")                   # plain dictionaries
    plan.to_frame("steps", backend="pandas")

How to read this room: `views` is what is shown, `markup` and `theme` draw it, `frames` hands it to a DataFrame library.
It knows no nouns: each room says in a file `show` what its own values show.
"""

from clever_roster.display.markup import Html, html
from clever_roster.display.views import Bar, Bars, Cell, Row, Shown, Table, Tone, View

__all__ = ["Bar", "Bars", "Cell", "Html", "Row", "Shown", "Table", "Tone", "View", "html"]


def __dir__() -> list[str]:
    return __all__
