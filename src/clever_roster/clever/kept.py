"""What a typed record cannot say about the JSON it came from, kept beside it: unknown fields, nulls and blanks.

Clever adds fields without notice, and a field may be missing, null or "". Typed fields stay pleasant (text is `str` or
None), and nothing is lost: whatever they do not hold is in `rest`, nested as on the wire. `rest` takes no part in
equality and is not shown in a repr, so that an addition of Clever's is never a difference between two people.

Knows attrs classes and JSON values; knows neither HTTP nor who decodes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, Union, cast, get_args, get_origin
from typing import get_type_hints as hints_of

import attrs

__all__ = [
    "NOT_SENT",
    "Day",
    "Field",
    "Form",
    "Kept",
    "Presence",
    "Unread",
    "by_class",
    "fields_of",
    "leftover",
    "note",
]

Made = TypeVar("Made")

if TYPE_CHECKING:
    Day: TypeAlias = date | None
else:

    class Day(ABC):  # noqa: B024 - never made, only asked whether something is one
        """A date or None, of whichever form: at run time a type of its own, so that every decoder reads it as we do.

        Clever writes a date as 2026-09-01, with a time behind it, as 9/1/2026 (`dob`) or as "".
        """

    Day.register(date)
    Day.register(type(None))


class _NotSent(tuple[Any, ...]):
    """An empty tuple that says that no list was sent at all."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "NOT_SENT"


NOT_SENT: Final[tuple[Any, ...]] = _NotSent()
"""The value of a list field that was missing or null; equal to `()`, and told apart by `Kept.presence`."""


class Presence(StrEnum):
    """How a field arrived."""

    MISSING = "missing"
    NULL = "null"
    BLANK = "blank"
    GIVEN = "given"


class Unread(ABC):
    """Bytes of a page, from which what is left of one of its records can be read later."""

    __slots__ = ()

    @abstractmethod
    def rest_of(self, record: Any, /) -> Mapping[str, object]:
        """What the typed fields of this record do not hold."""


_NOTHING: Final[Mapping[str, object]] = {}


class Kept:
    """Base of every record that is read on its own; `attrs.evolve`, copies and pickles are made without the rest."""

    __slots__ = ("_rest",)

    _rest: Mapping[str, object] | Unread

    @property
    def rest(self) -> Mapping[str, object]:
        """What Clever sent and the typed fields do not hold: unknown fields, nulls, and "" where a date stands.

        Nested as on the wire: `user.rest["roles"]["student"]["a_new_field"]`.
        """
        kept: Mapping[str, object] | Unread = getattr(self, "_rest", _NOTHING)
        return kept.rest_of(self) if isinstance(kept, Unread) else kept

    def presence(self, path: str) -> Presence:
        """How the field at a path arrived: `user.presence("roles.student.dob")`.

        Raises:
            AttributeError: no record on the way has such a field.
        """
        rest: Mapping[str, Any] | Any = self.rest
        value: object = self
        for name in path.split("."):
            rest = cast("dict[str, Any]", rest).get(name, NOT_SENT) if isinstance(rest, dict) else NOT_SENT
            if rest is None:
                return Presence.NULL
            if rest == "":
                return Presence.BLANK
            value = getattr(value, name)
            if value is None or value is NOT_SENT:
                return Presence.MISSING
        return Presence.BLANK if value == "" else Presence.GIVEN


note: Callable[[Any, Mapping[str, object] | Unread], None] = Kept.__dict__["_rest"].__set__
"""`note(record, rest)`: keep the rest of a record, or where to read it from."""


# --- What the fields of a record are on the wire ----------------------------------------------------------------------


class Form(StrEnum):
    """What stands on the wire for a field."""

    TEXT = "text"
    TEXTS = "list of text"
    DAY = "date"
    INSTANT = "instant"
    RECORD = "object"
    RECORDS = "list of objects"
    MAPPING = "free object"
    TRUTH = "true or false"
    WHOLE = "whole number"
    NUMBER = "number"


@attrs.frozen
class Field:
    """One field of a record: its name here and on the wire, its form, and the record's class where it is one."""

    name: str
    form: Form
    inner: type[Any] | None
    required: bool


def by_class(make: Callable[[type[Any]], Made]) -> Callable[[type[Any]], Made]:
    """Make something of a class once, and remember it: the classes of records are few and live as long as we do."""
    return cast("Callable[[type[Any]], Made]", cache(make))


@by_class
def fields_of(kind: type[Any]) -> Mapping[str, Field]:
    """The fields of a record's class, by name.

    Raises:
        TypeError: a field has a type that nothing on the wire stands for.
    """
    hints = hints_of(kind)
    found: dict[str, Field] = {}
    for attribute in attrs.fields(kind):
        form, inner = _form(hints[attribute.name])
        found[attribute.name] = Field(attribute.name, form, inner, attribute.default is attrs.NOTHING)
    return found


_SCALARS: Final[Mapping[object, Form]] = {
    str: Form.TEXT,
    Day: Form.DAY,
    datetime: Form.INSTANT,
    bool: Form.TRUTH,
    int: Form.WHOLE,
    float: Form.NUMBER,
}


def _form(hint: Any) -> tuple[Form, type[Any] | None]:
    plain = _without_none(hint)
    plain = getattr(plain, "__supertype__", plain)
    if plain in _SCALARS:
        return _SCALARS[plain], None
    if attrs.has(plain):
        return Form.RECORD, plain
    if get_origin(plain) is tuple:
        form, inner = _form(get_args(plain)[0])
        if form in {Form.TEXT, Form.RECORD}:
            return (Form.TEXTS if form is Form.TEXT else Form.RECORDS), inner
    if get_origin(plain) is Mapping:
        return Form.MAPPING, None
    raise TypeError(f"Nothing on the wire stands for {hint}.")


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in {Union, type(int | None)}:
        (plain,) = (one for one in get_args(hint) if one is not type(None))
        return plain
    return hint


def leftover(value: Mapping[str, object], kind: type[Any]) -> dict[str, object]:
    """What of a JSON object the typed fields of a class do not hold."""
    known = fields_of(kind)
    rest: dict[str, object] = {}
    for name, inner in value.items():
        field = known.get(name)
        left = inner if field is None else _left_of(inner, field)
        if field is None or left is not NOT_SENT:
            rest[name] = left
    return rest


def _left_of(value: object, field: Field) -> object:
    if value is None:
        return None
    if field.form in {Form.DAY, Form.INSTANT}:
        return "" if value == "" else NOT_SENT
    if field.inner is not None and isinstance(value, dict):
        return leftover(cast("Mapping[str, object]", value), field.inner) or NOT_SENT
    if field.inner is not None and isinstance(value, list):
        inner = [leftover(cast("Mapping[str, object]", one), field.inner) for one in cast("list[object]", value)]
        return inner if any(inner) else NOT_SENT
    return NOT_SENT
