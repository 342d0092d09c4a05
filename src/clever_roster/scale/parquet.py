"""Nights as Parquet files: written district by district, so that a night of any size is never held.

The only file that knows pyarrow here. A row group is what was written together: many small districts, or one large one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from clever_roster.model import Snapshot
from clever_roster.scale.tables import COLUMNS, TABLES, rows_of

__all__ = ["SCHEMAS", "arrow_of", "write"]

_KINDS: Final[Mapping[str, Any]] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    name: pa.schema(
        [
            ("provider", pa.string()),
            ("district", pa.string()),
            *((column, _KINDS[kind]) for column, kind in columns.items()),
        ]
    )
    for name, columns in COLUMNS.items()
}
"""The Arrow schema of each table."""


def arrow_of(snapshots: Iterable[Snapshot]) -> dict[str, pa.Table]:
    """All rows of some snapshots as Arrow tables, by the names of the tables."""
    rows = rows_of(snapshots)
    tables: dict[str, pa.Table] = {}
    for name, schema in SCHEMAS.items():
        columns = zip(*rows[name], strict=True) if rows[name] else ((),) * len(schema)  # type: ignore[literal-required]
        made: dict[str, Any] = dict(zip(schema.names, map(list, columns), strict=True))
        tables[name] = pa.Table.from_pydict(made, schema=schema)
    return tables


def write(folder: str | Path, snapshots: Iterable[Snapshot], *, together: int = 64) -> Path:
    """Write a night into a folder that is made anew; an existing file of it is replaced.

    Args:
        snapshots: each of a district of its own; taken as they come, `together` at a time.
    """
    files = Path(folder)
    files.mkdir(parents=True, exist_ok=True)
    coming = iter(snapshots)
    with ExitStack() as until_end:
        writers = {
            name: until_end.enter_context(pq.ParquetWriter(files / f"{name}.parquet", SCHEMAS[name])) for name in TABLES
        }
        while batch := list(islice(coming, together)):
            for name, table in arrow_of(batch).items():
                writers[name].write_table(table)
    return files
