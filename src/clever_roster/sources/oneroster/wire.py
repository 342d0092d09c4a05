"""OneRoster's JSON as the same records that its CSV files give.

A column `classSourcedId` is an object `class` with a `sourcedId`, `termSourcedIds` a list `terms` of such, and a list
is a list; all else has the column's name (1EdTech, OneRoster 1.1 and 1.2, "JSON Binding"). 1.2 has roles inside the
user, 1.1 one role and a list of orgs. What an answer does not say is blank; only ids are insisted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar, cast

from clever_roster.sources.oneroster.columns import Column, Kind, Unreadable, Version, columns_of
from clever_roster.sources.oneroster.records import Record, Role, User

__all__ = ["Misread", "key_of", "read_record", "read_roles"]

Own = TypeVar("Own", bound=Record)

ONE: Final = "SourcedId"
MANY: Final = "SourcedIds"


class Misread(Exception):
    """A record of an answer is not of the standard; the message is the path inside it."""


def key_of(column: Column) -> str:
    """A column's name in JSON."""
    if column.name == "sourcedId":
        return column.name
    if column.name.endswith(MANY):
        return f"{column.name.removesuffix(MANY)}s"
    return column.name.removesuffix(ONE)


def read_record(kind: type[Own], tree: object, version: Version) -> Own:
    """One record.

    Raises:
        Misread: it is no object, has no id, or a value is not what its column holds.
    """
    fields = _object(tree, "")
    values: dict[str, Any] = {}
    for field, column in columns_of(kind).items():
        if column.secret:
            continue
        held = fields.get(key_of(column)) if column.of(version) else None
        values[field] = _value(column, held)
    if not values["sourced_id"]:
        raise Misread("sourcedId")
    told = fields.get("metadata")
    own: Mapping[str, object] = cast("Mapping[str, object]", told) if isinstance(told, dict) else {}
    return kind(**values, metadata={name: str(value) for name, value in own.items() if value is not None})


def _value(column: Column, held: object) -> Any:
    try:
        if column.kind in (Kind.LIST, Kind.PAIRS):
            items = cast("list[object]", held) if isinstance(held, list) else []
            return tuple(_item(column, item) for item in items)
        text = _text(_object(held, column.name).get("sourcedId") if _refers(column) and held else held)
        # A term without its dates would be over, or not begun, on any day.
        return column.read(text) if text or (column.required and column.kind is Kind.DAY) else column.absent
    except Unreadable:
        raise Misread(key_of(column)) from None


def _refers(column: Column) -> bool:
    return column.name.endswith(ONE) and column.name != "sourcedId"


def _item(column: Column, item: object) -> object:
    if column.kind is Kind.PAIRS:
        pair = _object(item, column.name)
        return _text(pair.get("type")), _text(pair.get("identifier"))
    return _text(_object(item, column.name).get("sourcedId") if column.name.endswith(MANY) else item)


def _object(tree: object, path: str) -> Mapping[str, object]:
    if not isinstance(tree, dict):
        raise Misread(path or "(record)")
    return cast("Mapping[str, object]", tree)


def _text(held: object) -> str:
    """JSON's scalars as a cell; `true` may come as a flag or as a word."""
    if held is None or isinstance(held, (dict, list)):
        return ""
    return str(held).lower() if isinstance(held, bool) else str(held).strip()


def read_roles(user: User, tree: object) -> Iterable[Role]:
    """The roles inside a user of 1.2, as rows of `roles.csv`; ids are made of what they say.

    Raises:
        Misread: a role is not of the standard.
    """
    held = _object(tree, "").get("roles")
    for item in cast("list[object]", held) if isinstance(held, list) else []:
        fields = _object(item, "roles")
        role, org = _text(fields.get("role")), _text(_object(fields.get("org") or {}, "roles/org").get("sourcedId"))
        columns = columns_of(Role)
        yield Role(
            sourced_id=f"{user.sourced_id}/{role}/{org}",
            user_sourced_id=user.sourced_id,
            role_type=_text(fields.get("roleType")) or "secondary",
            role=role,
            begin_date=_value(columns["begin_date"], fields.get("beginDate")),
            end_date=_value(columns["end_date"], fields.get("endDate")),
            org_sourced_id=org,
        )
