"""Values of the roster as JSON and back, each exactly: what a plan is kept as, and what an undo is made from.

Self-describing: a record names its class, a set says that it is one. Only the classes listed here are made anew, so a
text from elsewhere cannot make anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final, cast

import attrs

from clever_roster.errors import ConfigurationError

__all__ = ["Codec"]

KIND: Final = "$"
PLAIN: Final = frozenset({type(None), bool, int, float, str})
"""What stands in JSON as it is; a string enumeration does not, though it is a string."""


class Codec:
    """Writes and reads values made of the given classes: attrs records and string enumerations."""

    def __init__(self, kinds: Iterable[type]) -> None:
        """Make a codec for these classes; their names must differ."""
        self._kinds = {kind.__name__: kind for kind in kinds}

    def dumps(self, value: object) -> str:
        """The value as compact JSON text, the same for equal values."""
        return json.dumps(self._tree(value), ensure_ascii=False, separators=(",", ":"))

    def loads(self, text: str) -> Any:
        """The value that `dumps` wrote.

        Raises:
            ConfigurationError: the text is not of this codec.
        """
        try:
            return self._value(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                f"This is not a value that was written here ({type(error).__name__}).",
                next_step="Read it with the version of clever_roster that wrote it, or make it anew.",
            ) from None

    def _tree(self, value: object) -> object:
        if type(value) in PLAIN:
            return value
        match value:
            case StrEnum():
                return {KIND: type(value).__name__, "is": value.value}
            case datetime():
                return {KIND: "datetime", "is": value.isoformat()}
            case date():
                return {KIND: "date", "is": value.isoformat()}
            case timedelta():
                return {KIND: "timedelta", "is": value.total_seconds()}
            case tuple() | list():
                several = cast("Sequence[object]", value)
                # Lists of ids are the bulk of a roster, and stand as they are.
                return [*several] if {*map(type, several)} <= {str} else [self._tree(one) for one in several]
            case frozenset() | set():
                return {
                    KIND: "set",
                    "is": sorted((self._tree(one) for one in cast("Iterable[object]", value)), key=str),
                }
            case Mapping():
                items = sorted(cast("Mapping[object, object]", value).items(), key=lambda item: str(item[0]))
                return {KIND: "map", "is": [[self._tree(key), self._tree(one)] for key, one in items]}
            case _:
                return self._record(value)

    def _record(self, value: object) -> object:
        kind = type(value)
        if self._kinds.get(kind.__name__) is not kind or not attrs.has(kind):
            raise TypeError(f"{kind.__name__} has no place in a plan.")
        told: dict[str, object] = {KIND: kind.__name__}
        for name, alias, default in _fields(kind):
            held = getattr(value, name)
            if not _is_default(held, default):
                told[alias] = held if type(held) in PLAIN else self._tree(held)
        return told

    def _value(self, tree: object) -> object:
        if isinstance(tree, list):
            return tuple(self._value(one) for one in cast("list[object]", tree))
        if not isinstance(tree, dict):
            return tree
        fields = cast("dict[str, Any]", tree)
        kind = fields[KIND]
        match kind:
            case "datetime":
                return datetime.fromisoformat(fields["is"])
            case "date":
                return date.fromisoformat(fields["is"])
            case "timedelta":
                return timedelta(seconds=fields["is"])
            case "set":
                return frozenset(self._value(one) for one in fields["is"])
            case "map":
                return {self._value(key): self._value(one) for key, one in fields["is"]}
            case _:
                made = self._kinds[kind]
                if issubclass(made, StrEnum):
                    return made(fields["is"])
                return made(**{name: self._value(one) for name, one in fields.items() if name != KIND})


@cache
def _fields(kind: type) -> tuple[tuple[str, str, object], ...]:
    """The name, the argument and the default of each field."""
    return tuple((field.name, field.alias, field.default) for field in attrs.fields(kind) if field.init)


def _is_default(value: object, default: object) -> bool:
    """Absent facts are left out. Equal is not enough: a default of 1 does not stand for True."""
    return type(value) is type(default) and value == default
