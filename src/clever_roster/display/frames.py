"""A table as a DataFrame of whichever library the caller works with. Extra `clever-roster[frames]` (narwhals)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from clever_roster.display.views import Table
from clever_roster.errors import ConfigurationError

__all__ = ["frame_of"]


def frame_of(table: Table, backend: str = "polars") -> Any:
    """The whole table as an eager frame of that library: "polars", "pandas", "pyarrow", ...

    Raises:
        ConfigurationError: narwhals or the library is not installed, or narwhals does not know it.
    """
    rows = list(table.rows())
    columns = {column: [row[place] for row in rows] for place, column in enumerate(table.columns)}
    try:
        return import_module("narwhals").from_dict(columns, backend=backend).to_native()
    except ModuleNotFoundError as missing:
        wanted = "'clever-roster[frames]'" if missing.name == "narwhals" else missing.name
        raise ConfigurationError(
            f"A frame of {backend} needs {missing.name}, which is not installed.", next_step=f"pip install {wanted}"
        ) from None
    except ValueError:
        raise ConfigurationError(
            f"Nothing is known of frames of {backend!r}.", next_step='Ask for "polars", "pandas" or "pyarrow".'
        ) from None
