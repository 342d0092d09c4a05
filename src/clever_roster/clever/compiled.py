"""Readers made from the records: one function per class, from parsed JSON to a record, at the speed of a hand's.

A reader takes what is well formed and raises on anything else without saying where: the judge in `decode` reads the
same value again and names the fault. Written as source and compiled, as attrs and cattrs do it; records are filled slot
by slot, because a frozen class's own `__init__` takes twice as long (records have no validators that it would run).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeAlias, assert_never

import attrs

from clever_roster.clever.kept import NOT_SENT, Field, Form, by_class, fields_of

__all__ = ["Misfit", "day", "instant", "number", "reader", "whole"]

Reader: TypeAlias = Callable[[Any, list[type[Any]]], Any]
"""Reads one JSON value; appends to the list when the value holds more than the record's typed fields do."""

BIRTH_DATES = 8192
"""Distinct dates that are remembered: a district's pupils share about 5,000 birth dates."""


class Misfit(ValueError):
    """A value of the wrong form; its message never quotes the value."""


@lru_cache(maxsize=BIRTH_DATES)
def day(text: str) -> date | None:
    """A date as documented (YYYY-MM-DD), as recorded (`dob`: M/D/YYYY), with a time behind it, or None for "".

    Raises:
        Misfit: of no such form.
    """
    if text == "":
        return None
    try:
        if "/" in text:
            month, day_, year = text.split("/")
            return date(int(year), int(month), int(day_))
        return date.fromisoformat(text[:10])
    except (ValueError, OverflowError):
        raise Misfit("a date expected, as 2026-09-01 or 9/1/2026") from None


_FINER = re.compile(r"(.*\.\d{6})(\d)\d*(.*)", re.DOTALL)


def instant(text: str) -> datetime | None:
    """An instant, aware; without an offset it is UTC. None for "".

    Raises:
        Misfit: of no such form.
    """
    if text == "":
        return None
    try:
        finer = _FINER.fullmatch(text) if len(text) > len("2026-09-01T05:00:00.000Z") else None
        read = datetime.fromisoformat((finer[1] + finer[3] if finer else text).upper())
        if finer and finer[2] >= "5":
            read += timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise Misfit("an instant expected, as 2026-09-01T05:00:00.000Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def number(given: float) -> float:
    """A number, with or without a fraction.

    Raises:
        Misfit: it is too large.
    """
    try:
        return float(given)
    except OverflowError:
        raise Misfit("a number expected, not one so large") from None


def whole(given: float) -> int:
    """A whole number, however it is written: 3 or 3.0.

    Raises:
        Misfit: it has a fraction.
    """
    if given != given // 1 or abs(given) == float("inf"):
        raise Misfit("a whole number expected")
    return int(given)


@by_class
def reader(kind: type[Any]) -> Reader:
    """The reader of a record's class."""
    known = fields_of(kind)
    names: dict[str, Any] = {
        "M": _MISSING,
        "NOT_SENT": NOT_SENT,
        "Misfit": Misfit,
        "day": day,
        "instant": instant,
        "texts": _texts,
        "number": number,
        "whole": whole,
        "kind": kind,
        "new": object.__new__,
        **{f"set_{name}": getattr(kind, name).__set__ for name in known},
        **{f"default_{attribute.name}": _default(attribute) for attribute in attrs.fields(kind)},
        **{f"read_{name}": reader(field.inner) for name, field in known.items() if field.inner is not None},
    }
    source = "\n".join(_source(known.values(), frozenset(_made(kind))))
    exec(compile(source, f"<reader of {kind.__name__}>", "exec"), names)  # noqa: S102 - made from our own classes alone
    made: Reader = names["read"]
    return made


_MISSING: Final = object()


def _default(attribute: attrs.Attribute[Any]) -> object:
    default: Any = attribute.default
    return default.factory if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _made(kind: type[Any]) -> Iterator[str]:
    return (one.name for one in attrs.fields(kind) if isinstance(one.default, attrs.Factory))  # type: ignore[arg-type]


def _source(known: Any, factories: frozenset[str]) -> Iterator[str]:
    fields: list[Field] = list(known)
    yield "def read(given, notes):"
    yield "    if given.__class__ is not dict: raise Misfit"
    yield "    get = given.get"
    yield f"    held = {len(fields)}"
    for field in fields:
        yield from (f"    {line}" for line in _lines(field, made=field.name in factories))
    yield "    if len(given) != held: notes.append(kind)"
    yield "    made = new(kind)"
    yield from (f"    set_{field.name}(made, {field.name}_)" for field in fields)
    yield "    return made"


def _lines(field: Field, *, made: bool) -> Iterator[str]:
    """Read one field: given, missing or null. What is required and not there is a misfit."""
    value, default = f"{field.name}_", f"default_{field.name}{'()' if made else ''}"
    yield f"{value} = get('{field.name}', M)"
    yield f"if {value}.__class__ is {_CLASSES[field.form]}:"
    yield f"    {_taken(field, value)}"
    if field.required:
        yield "else: raise Misfit"
        return
    yield f"elif {value} is M:"
    yield f"    {value} = {default}; held -= 1"
    yield f"elif {value} is None:"
    yield f"    {value} = {default}; notes.append(kind)"
    if field.form is Form.NUMBER:
        yield f"elif {value}.__class__ is int: {value} = number({value})"
    if field.form is Form.WHOLE:
        yield f"elif {value}.__class__ is float: {value} = whole({value})"
    yield "else: raise Misfit"


_CLASSES: Final = {
    Form.TEXT: "str",
    Form.TEXTS: "list",
    Form.DAY: "str",
    Form.INSTANT: "str",
    Form.RECORD: "dict",
    Form.RECORDS: "list",
    Form.MAPPING: "dict",
    Form.TRUTH: "bool",
    Form.WHOLE: "int",
    Form.NUMBER: "float",
}


def _taken(field: Field, value: str) -> str:
    match field.form:
        case Form.TEXT | Form.MAPPING | Form.TRUTH | Form.WHOLE | Form.NUMBER:
            return "pass"
        case Form.DAY | Form.INSTANT:
            read = "day" if field.form is Form.DAY else "instant"
            return f"{value} = {read}({value}) if {value} else notes.append(kind)"
        case Form.TEXTS:
            return f"{value} = texts({value})"
        case Form.RECORD:
            return f"{value} = read_{field.name}({value}, notes)"
        case Form.RECORDS:
            return f"{value} = tuple([read_{field.name}(one, notes) for one in {value}])"
        case _ as never:
            assert_never(never)


def _texts(given: list[Any]) -> tuple[str, ...]:
    for one in given:
        if one.__class__ is not str:
            raise Misfit
    return tuple(given)
