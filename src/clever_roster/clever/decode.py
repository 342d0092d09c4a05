"""Bytes from Clever to typed records; the only file that knows cattrs.

Strict where a roster could be misread: null never becomes the text "None", a number never becomes text, a malformed
record names its path (`data[17].data.roles.student.dob`) and never shows its value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any, Final, TypeVar, cast

import attrs
from cattrs import Converter
from cattrs.errors import BaseValidationError, ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, override

from clever_roster.clever.records import Roles
from clever_roster.errors import UnexpectedPayload
from clever_roster.steps import Response

__all__ = ["decode", "parse_json"]

Record = TypeVar("Record")

REPORT = "Report this, with the request id, to the maintainers: Clever's answer has a form we have not seen."


def parse_json(response: Response) -> Mapping[str, object]:
    """Read the body as one JSON object.

    Raises:
        UnexpectedPayload: it is not JSON (Clever answers some errors with HTML), or not an object.
    """
    try:
        value: object = json.loads(response.body)
    except ValueError:
        raise _unexpected(response, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise _unexpected(response, "the body is not a JSON object")
    return cast("Mapping[str, object]", value)


def decode(value: object, kind: type[Record], response: Response, *, path: str) -> Record:
    """Make one typed record of a JSON value that stands at `path` of the response's body.

    Raises:
        UnexpectedPayload: the value does not fit; the message names the path inside the body, never the value.
    """
    try:
        return _converter().structure(value, kind)
    except (BaseValidationError, ValueError, TypeError) as error:
        inside, reason = _fault(error)
        raise _unexpected(response, f"{path}{inside}: {reason}") from None


def _unexpected(response: Response, what: str) -> UnexpectedPayload:
    return UnexpectedPayload(
        f"Clever's answer is not as documented: {what}.",
        next_step=REPORT,
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )


def _fault(error: BaseException) -> tuple[str, str]:
    """Where and what the first fault is. Only our own messages are shown: others may quote the value."""
    if isinstance(error, ClassValidationError):
        for inner, note in error.group_exceptions()[0]:
            inside, reason = _fault(inner)
            return f".{note.name}{inside}", reason
    if isinstance(error, IterableValidationError):
        for inner, index in error.group_exceptions()[0]:
            inside, reason = _fault(inner)
            return f"[{index.index}]{inside}", reason
    if isinstance(error, KeyError):
        return "", "a required field is missing"
    if isinstance(error, _Misfit):
        return "", error.args[0]
    return "", "not of the expected form"


class _Misfit(ValueError):
    """A value of the wrong form; its message never quotes the value."""


def _text(value: object, _: object) -> str:
    if isinstance(value, str):
        return value
    raise _Misfit(f"text expected, not {type(value).__name__}")


def _date(value: object, _: object) -> date:
    """Dates as documented (YYYY-MM-DD), as recorded (`dob`: M/D/YYYY) and as older pages show them (with a time)."""
    text = _text(value, str)
    try:
        if "/" in text:
            month, day, year = text.split("/")
            return date(int(year), int(month), int(day))
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _Misfit("a date expected, as 2026-09-01 or 9/1/2026") from None


def _instant(value: object, _: object) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(value, str))
    except ValueError:
        raise _Misfit("an instant expected, as 2026-09-01T05:00:00.000Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _blank_is_none(read: Callable[[object, object], object]) -> Callable[[object, object], object]:
    def hook(value: object, kind: object) -> object:
        return None if value is None or value == "" else read(value, kind)

    return hook


def _mapping(value: object, _: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return cast("Mapping[str, object]", value)
    raise _Misfit(f"an object expected, not {type(value).__name__}")


def _record_reader(converter: Converter, kind: type[Any]) -> Callable[[object, object], object]:
    """Read one attrs class. A null is read as if the field were missing: Clever's own pages promise no difference."""
    read = make_dict_structure_fn(kind, converter)

    def hook(value: object, _: object) -> object:
        return read({name: inner for name, inner in _mapping(value, kind).items() if inner is not None}, kind)

    return hook


_KNOWN_ROLES: Final = frozenset(attrs.fields_dict(Roles)) - {"unknown"}


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(date, _date)
    converter.register_structure_hook(datetime, _instant)
    converter.register_structure_hook(date | None, _blank_is_none(_date))
    converter.register_structure_hook(datetime | None, _blank_is_none(_instant))
    converter.register_structure_hook_func(lambda kind: kind == Mapping[str, object], _mapping)
    converter.register_structure_hook_factory(attrs.has, partial(_record_reader, converter))
    read_roles = make_dict_structure_fn(Roles, converter, unknown=override(omit=True))

    def roles(value: object, kind: type[Roles]) -> Roles:
        held = {name: inner for name, inner in _mapping(value, kind).items() if inner is not None}
        return attrs.evolve(read_roles(held, kind), unknown=frozenset(held) - _KNOWN_ROLES)

    converter.register_structure_hook(Roles, roles)
    return converter
