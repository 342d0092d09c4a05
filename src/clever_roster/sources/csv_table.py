"""A CSV file as rows of named text, and every way in which it can be unusable as one `BadExport`.

Files are UTF-8 or Windows-1252. How a header is read is a format's own affair (`Columns`). It knows nothing of what the
columns mean, except that a password is never kept. Messages name columns and ids; what else stands in a cell (a name, a
birth date) is in `BadExport.value` only.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Never, TypeAlias

import attrs

from clever_roster.errors import BadExport

__all__ = [
    "EXTENSION",
    "Columns",
    "CsvFile",
    "OnBadRow",
    "Row",
    "find_files",
    "is_secret",
    "loosely",
    "normalised",
    "raise_bad",
    "read_rows",
    "write_rows",
    "written",
]

OnBadRow: TypeAlias = Callable[[BadExport], object]
"""The policy for a row that cannot be read: raise, or be told and go on without it."""


def raise_bad(error: BadExport) -> Never:
    """Refuse the whole file."""
    raise error


AMERICAN = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})", re.ASCII)
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[T ].*)?", re.ASCII)
"""Clever's documentation shows a term's date in ISO form, alone or with a time of day that means nothing."""

EXTENSION, SECRET = "ext.", "password"


def normalised(header: str) -> str:
    """A column's name as it is compared: `" Teacher 2-ID"` and `"teacher_2_id"` are one."""
    return re.sub(r"[\s_-]+", "_", header.strip()).lower()


@attrs.frozen(kw_only=True, repr=False)
class Row:
    """One row: cells by normalised column, extension cells by name, blank ones left out.

    Attributes:
        line: the line it begins on, the header being line 1.
    """

    file: str
    line: int
    cells: Mapping[str, str]
    ext: Mapping[str, str]

    def bad(self, message: str, *, value: str, column: str | None = None) -> BadExport:
        """The error that names this row."""
        return BadExport(
            message,
            file=self.file,
            line=self.line,
            column=column,
            value=value,
            next_step="Correct the row and export again.",
        )

    def text(self, column: str) -> str:
        """A cell; "" when it is blank or the column is missing."""
        return self.cells.get(column.lower(), "")

    def required(self, column: str) -> str:
        """A cell that must not be blank."""
        value = self.text(column)
        if not value:
            raise self.bad(f"{column} is blank.", value=value, column=column)
        return value

    def known(self, column: str, ids: Container[str], *, file: str) -> str:
        """An id that must be one of these, which `file` defines."""
        value = self.required(column)
        if value not in ids:
            raise self.bad(f"{column} {value} is not in {file}.", value=value, column=column)
        return value

    def once(self, column: str, ids: Container[str]) -> str:
        """An id that must not be one of these, which were seen before."""
        value = self.required(column)
        if value in ids:
            raise self.bad(f"{column} {value} occurs twice.", value=value, column=column)
        return value

    def day(self, column: str) -> date | None:
        """A date, as M/D/YYYY or YYYY-MM-DD (a time of day after it is ignored); None when blank."""
        value = self.text(column)
        if not value:
            return None
        found = AMERICAN.fullmatch(value) or ISO.fullmatch(value)
        if found is not None:
            with suppress(ValueError):
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
        raise self.bad(f"{column} is not a date (M/D/YYYY or YYYY-MM-DD).", value=value, column=column)

    def others(self, *columns: str) -> dict[str, str]:
        """The cells of all columns but these."""
        named = {column.lower() for column in columns}
        return {column: value for column, value in self.cells.items() if column not in named}


@attrs.frozen(kw_only=True, repr=False)
class CsvFile:
    """A file as bytes, on disk or in an archive."""

    name: str
    content: bytes

    @classmethod
    def at(cls, path: Path) -> CsvFile:
        """Read one from disk."""
        return cls(name=path.name, content=path.read_bytes())

    def bad(self, message: str, *, line: int | None, value: str, column: str | None = None) -> BadExport:
        """The error that names this file."""
        return BadExport(
            message,
            file=self.name,
            line=line,
            column=column,
            value=value,
            next_step="Correct the file and export again.",
        )


def find_files(folder: Path) -> dict[str, Path]:
    """The CSV files of a folder by lower-case name.

    Raises:
        BadExport: there is no such folder.
    """
    if not folder.is_dir():
        raise BadExport(
            "there is no such folder.", file=folder.name, line=None, value=folder.name, next_step="Name another one."
        )
    return {path.name.lower(): path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"}


Columns: TypeAlias = Callable[[CsvFile, Sequence[str]], Sequence[str]]
"""How a format reads a header: the columns' names in lower case, "" for one that is dropped. It raises BadExport."""


def read_rows(
    file: CsvFile,
    *,
    columns: Columns,
    encodings: dict[str, str],
    extension: str = "ext.",
    on_bad: OnBadRow = raise_bad,
) -> Iterator[Row]:
    """The rows of a file that are not blank throughout.

    Args:
        columns: how the header is read.
        encodings: where to note the encoding that was assumed.
        extension: what the names of a district's own columns begin with; they are kept apart from the others.
        on_bad: told of a row that is too long or too short; by default it raises.

    Raises:
        BadExport: the file cannot be decoded or split, or its header is none of this format.
    """
    text, encodings[file.name] = _decoded(file)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    named: Sequence[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise file.bad(f"the line is not CSV ({error}).", line=line, value="") from None
        if cells is None:
            break
        if named is None:
            named = columns(file, cells)
        elif any(not cell.isspace() for cell in cells if cell):
            if len(cells) == len(named):
                yield _row(file.name, line, named, cells, extension)
            else:
                message = f"the row has {len(cells)} fields where the header has {len(named)}."
                on_bad(file.bad(message, line=line, value=str(len(cells))))
    if named is None:
        raise file.bad("the file is empty.", line=1, value="")


def _row(file: str, line: int, columns: Iterable[str], cells: Iterable[str], extension: str) -> Row:
    filled = {column: text for column, cell in zip(columns, cells, strict=True) if column and (text := cell.strip())}
    ext = {
        column.removeprefix(extension): filled.pop(column) for column in list(filled) if column.startswith(extension)
    }
    return Row(file=file, line=line, cells=filled, ext=ext)


def loosely(required: Iterable[str], renamed: Mapping[str, str]) -> Columns:
    """A header in any case and order, with blanks, hyphens or underscores.

    Args:
        required: columns that must be there.
        renamed: older names of columns, and the names they have now.
    """

    def columns(file: CsvFile, header: Sequence[str]) -> Sequence[str]:
        found = [_column(one, renamed) for one in header]
        named = [column for column in found if column]
        if twice := next((column for column in named if named.count(column) > 1), None):
            raise file.bad(f"the column {twice} is there twice.", line=1, value=twice, column=twice)
        if missing := next((column for column in required if column.lower() not in found), None):
            raise file.bad(f"the column {missing} is missing.", line=1, value=missing, column=missing)
        return found

    return columns


def _column(header: str, renamed: Mapping[str, str]) -> str:
    """A column's name; "" for one that is to be dropped. An extension's own name is left as it is written."""
    column = normalised(header)
    if is_secret(column):
        return ""
    if column.startswith(EXTENSION):
        return EXTENSION + header.strip()[len(EXTENSION) :].strip()
    return {normalised(older): now.lower() for older, now in renamed.items()}.get(column, column)


def is_secret(header: str) -> bool:
    """Whether a column holds passwords: such a one is never read."""
    return SECRET in normalised(header).replace("_", "")


def _decoded(file: CsvFile) -> tuple[str, str]:
    """A file's text, and the encoding that was assumed.

    When neither fits, the place that is told is where the one that got further gave up: that is the likelier one.
    """
    content = file.content
    place = content.find(0)
    if place < 0:
        with_mark = content.startswith(b"\xef\xbb\xbf")
        for codec, name in (("utf-8-sig", "UTF-8 with BOM" if with_mark else "UTF-8"), ("cp1252", "Windows-1252")):
            try:
                return content.decode(codec), name
            except UnicodeDecodeError as error:
                place = max(place, error.start)
    raise BadExport(
        "the file is neither UTF-8 nor Windows-1252 text.",
        file=file.name,
        line=content.count(b"\n", 0, place) + 1,
        value=f"byte 0x{content[place]:02x}",
        next_step="Save it as UTF-8.",
    )


def write_rows(path: Path, columns: Iterable[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write rows as UTF-8: these columns first, then whatever else the rows have."""
    path.write_bytes(written(columns, rows))


def written(columns: Iterable[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Rows as the UTF-8 content of a file: these columns first, then whatever else the rows have."""
    header = list(dict.fromkeys((*columns, *(column for row in rows for column in row))))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
