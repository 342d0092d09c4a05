"""How one column of OneRoster is written and read: its kind, its versions, whether it is required or personal.

A field of a record *is* the column: `date_last_modified` is `dateLastModified`. So a record class says in one place
what the file looks like, in the order in which the standard wants its columns. Nothing here knows which files exist.

Kinds of values: 1EdTech OneRoster 1.1, "CSV Tables", and OneRoster 1.2.1, "CSV Binding", section "Data types".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import attrs

__all__ = [
    "Column",
    "Kind",
    "Unreadable",
    "Version",
    "boolean",
    "columns_of",
    "day",
    "listing",
    "moment",
    "number",
    "pairs",
    "secret",
    "text",
    "word",
]


class Version(StrEnum):
    """Which of the two standards a set of files, or an answer, follows."""

    V1_1 = "1.1"
    V1_2 = "1.2"


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WORD = "word"
    LIST = "list"
    PAIRS = "pairs"
    DAY = "day"
    MOMENT = "moment"
    FLAG = "flag"
    NUMBER = "number"
    SECRET = "secret"  # noqa: S105


class Unreadable(Exception):
    """A cell is not what its column holds; the message says what it should be."""


@attrs.frozen(kw_only=True)
class Column:
    """One column.

    Attributes:
        name: as in the header, in the case of the standard.
        words: of a WORD: those that the standard knows.
        read: the value of a cell that is not blank; raises Unreadable.
        write: the cell of a value.
        absent: the value of a blank cell.
        required: whether it must not be blank.
        since, until: the versions that have it.
        personal: whether a wrong value may tell who somebody is: then it is told to nobody.
        refers: the file whose rows it names.
    """

    name: str
    kind: Kind
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    absent: Any
    required: bool = False
    since: Version = Version.V1_1
    until: Version = Version.V1_2
    personal: bool = False
    refers: str | None = None
    words: tuple[str, ...] = ()

    @property
    def secret(self) -> bool:
        """Whether it holds passwords: it is in the file, is never read, and is written blank."""
        return self.kind is Kind.SECRET

    def of(self, version: Version) -> bool:
        """Whether this version of the standard has it."""
        return self.since <= version <= self.until


_COLUMN: Final = "column"
_CAMEL = re.compile(r"_([a-z0-9])")


def columns_of(kind: type) -> Mapping[str, Column]:
    """The columns of a record class by field, in the order of the standard."""
    return {
        field.name: attrs.evolve(field.metadata[_COLUMN], name=_CAMEL.sub(lambda m: m[1].upper(), field.name))
        for field in attrs.fields(kind)
        if _COLUMN in field.metadata
    }


def _field(
    kind: Kind, read: Callable[[str], Any], write: Callable[[Any], str], absent: Any, facts: Mapping[str, Any]
) -> Any:
    column = Column(name="", kind=kind, read=read, write=write, absent=absent, **facts)
    everywhere = (column.since, column.until) == (Version.V1_1, Version.V1_2)
    default = attrs.NOTHING if column.required and everywhere else absent
    return attrs.field(default=default, repr=not column.personal, metadata={_COLUMN: column})


def secret(**facts: Any) -> Any:
    """A password: there is a column for it, and no field that could hold one."""
    column = Column(name="", kind=Kind.SECRET, read=str, write=str, absent="", **facts)
    return attrs.field(init=False, default="", repr=False, eq=False, metadata={_COLUMN: column})


# --- Kinds of values --------------------------------------------------------------------------------------------------


def text(**facts: Any) -> Any:
    """A text, as it stands."""
    return _field(Kind.TEXT, str, str, "", facts)


def word(*words: str, **facts: Any) -> Any:
    """One of some words, or an extension of them (`ext:...`; OneRoster 1.2, "Extended vocabularies")."""

    def read(cell: str) -> str:
        if cell not in words and not cell.startswith("ext:"):
            raise Unreadable(f"is none of {', '.join(words)}")
        return cell

    return _field(Kind.WORD, read, str, "", {**facts, "words": words})


def listing(**facts: Any) -> Any:
    """Texts in a row, with commas between."""
    return _field(Kind.LIST, _items, ",".join, (), facts)


def _items(cell: str) -> tuple[str, ...]:
    return tuple(item for one in cell.split(",") if (item := one.strip()))


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day(**facts: Any) -> Any:
    """A date, as YYYY-MM-DD."""

    def read(cell: str) -> date:
        with suppress(ValueError):
            if _ISO.fullmatch(cell[:10]) and (len(cell) == 10 or cell[10] == "T"):  # noqa: PLR2004 - REST may add a time
                return date.fromisoformat(cell[:10])
        raise Unreadable("is not a date (YYYY-MM-DD)")

    return _field(Kind.DAY, read, lambda value: "" if value is None else value.isoformat(), None, facts)


def moment(**facts: Any) -> Any:
    """A date and time in ISO 8601, kept as it stands: what was written is what is compared."""

    def read(cell: str) -> str:
        with suppress(ValueError):
            datetime.fromisoformat(cell)
            return cell
        raise Unreadable("is not a date and time (ISO 8601)")

    return _field(Kind.MOMENT, read, str, "", facts)


def boolean(**facts: Any) -> Any:
    """True or false, in any case; blank is None."""

    def read(cell: str) -> bool:
        if cell.lower() not in ("true", "false"):
            raise Unreadable("is neither true nor false")
        return cell.lower() == "true"

    return _field(Kind.FLAG, read, lambda value: "" if value is None else str(value).lower(), None, facts)


def number(**facts: Any) -> Any:
    """A number, kept as it stands."""

    def read(cell: str) -> str:
        with suppress(ValueError):
            float(cell)
            return cell
        raise Unreadable("is not a number")

    return _field(Kind.NUMBER, read, str, "", facts)


_PAIR = re.compile(r"\{([^{}:]*):([^{}]*)\}")


def pairs(**facts: Any) -> Any:
    """Ids with their types: `{Type:id},{Type:id}` (OneRoster 1.1, "users.csv": `userIds`)."""

    def read(cell: str) -> tuple[tuple[str, str], ...]:
        found = [(kind.strip(), held.strip()) for kind, held in _PAIR.findall(cell)]
        if _PAIR.sub("", cell).strip(" ,"):
            raise Unreadable("is not a list of {type:id}")
        return tuple(found)

    def write(value: Iterable[tuple[str, str]]) -> str:
        return ",".join(f"{{{kind}:{held}}}" for kind, held in value)

    return _field(Kind.PAIRS, read, write, (), facts)
