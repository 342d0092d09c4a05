"""Pages read by msgspec, straight into the same attrs classes; the only file that knows msgspec (extra `fast`).

It may refuse what the readers of `compiled` take, and then they are asked; it must never take what they refuse, nor
read it differently. Hence dates are read by the same function (`Day`), and a record with an instant that names no
offset is handed over. Unknown fields are not looked at: `rest` reads the page's bytes again when somebody asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Generic, TypeVar, cast

import msgspec

from clever_roster.clever.compiled import day
from clever_roster.clever.kept import Day, Form, Kept, Unread, by_class, fields_of, leftover, note

__all__ = ["FastEngine", "engine"]

Record = TypeVar("Record")


class _Item(msgspec.Struct, Generic[Record]):
    data: Record


class _Page(msgspec.Struct, Generic[Record]):
    data: list[_Item[Record]]


class _Link(msgspec.Struct):
    rel: str | None = None
    uri: str | None = None


class _Links(msgspec.Struct):
    links: list[_Link] = msgspec.field(default_factory=list[_Link])


class _Id(msgspec.Struct):
    id: str


_links: Final = msgspec.json.Decoder(_Links)
_rows: Final = msgspec.json.Decoder(_Page[msgspec.Raw])
_id: Final = msgspec.json.Decoder(_Id)


@by_class
def engine(kind: type[Any]) -> FastEngine | None:
    """The engine for a kind of record; None for records without an id, whose rest could not be found again."""
    return FastEngine(kind) if "id" in fields_of(kind) and issubclass(kind, Kept) else None


class FastEngine:
    """Reads pages of one kind of record."""

    def __init__(self, kind: type[Any]) -> None:
        self._kind = kind
        self._page: msgspec.json.Decoder[_Page[Any]] = msgspec.json.Decoder(_Page[kind], dec_hook=_hook)  # type: ignore[valid-type]
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind, dec_hook=_hook)
        self._settle = _settler(kind)

    def next_of(self, body: bytes, /) -> str | None:
        """The address of the next page.

        Raises:
            ValueError: msgspec cannot read the page.
        """
        return next(
            (link.uri for link in _links.decode(body).links if link.rel == "next" and link.uri is not None), None
        )

    def read(self, body: bytes, /) -> tuple[list[Any], list[int]]:
        """The records, and the positions of those that were refused.

        Raises:
            ValueError: msgspec cannot read the page.
        """
        try:
            found: list[Any] = [item.data for item in self._page.decode(body).data]
        except (msgspec.ValidationError, RecursionError):
            found = [self._read_one(item.data) for item in _rows.decode(body).data]
        return found, self._settle(found, _Unread(body, self._kind))

    def _read_one(self, raw: msgspec.Raw) -> Any:
        try:
            return self._one.decode(raw)
        except (ValueError, RecursionError):
            return None


def _hook(kind: object, value: Any) -> Any:
    if kind is cast("object", Day):
        if value.__class__ is str:
            return day(value)
        if value is None:
            return None
        raise ValueError
    return value


class _Unread(Unread):
    """The bytes of a page, cut into records when the rest of the first one is asked for."""

    __slots__ = ("_body", "_cut", "_kind")

    def __init__(self, body: bytes, kind: type[Any]) -> None:
        self._body = body
        self._kind = kind
        self._cut: Mapping[str, msgspec.Raw] | None = None

    def rest_of(self, record: Any, /) -> Mapping[str, object]:
        """What the typed fields of this record do not hold."""
        if self._cut is None:
            self._cut = dict(_by_id(self._body))
        raw = self._cut[record.id]
        try:
            _nothing_left(self._kind).decode(raw)
        except (ValueError, RecursionError):
            return leftover(json.loads(bytes(raw)), self._kind)
        return {}


@by_class
def _nothing_left(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    """Refuses whatever leaves a rest: unknown fields, nulls, "" where a date stands. Far quicker than to look."""
    return msgspec.json.Decoder(_whole(kind))


def _whole(kind: type[Any]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    for field in fields_of(kind).values():
        inner = _whole(field.inner) if field.inner else None
        form: Any = inner if field.form is Form.RECORD else list[inner] if inner else _FULL[field.form]  # type: ignore[valid-type]
        fields.append((field.name, form | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(kind.__name__, fields, forbid_unknown_fields=True)


_GIVEN = Annotated[str, msgspec.Meta(min_length=1)]

_FULL: Final[Mapping[Form, Any]] = {
    Form.TEXT: str,
    Form.TEXTS: list[str],
    Form.DAY: _GIVEN,
    Form.INSTANT: _GIVEN,
    Form.MAPPING: dict[str, Any],
    Form.TRUTH: bool,
    Form.WHOLE: float,
    Form.NUMBER: float,
}


def _by_id(body: bytes) -> Iterator[tuple[str, msgspec.Raw]]:
    for item in _rows.decode(body).data:
        try:
            yield _id.decode(item.data).id, item.data
        except (ValueError, RecursionError):
            continue


def _settler(kind: type[Any]) -> Callable[[list[Any], _Unread], list[int]]:
    """Give every record its rest; the answer is who is refused: msgspec leaves an instant without an offset so."""
    lines = [
        "def settle(records, unread):",
        "    refused = []",
        "    for index, record in enumerate(records):",
        "        if record is None:",
        "            refused.append(index); continue",
        *_naive(kind, "record", "        "),
        "        note(record, unread)",
        "    return refused",
    ]
    names: dict[str, Any] = {"note": note}
    exec("\n".join(lines), names)  # noqa: S102 - made from our own classes alone
    made: Callable[[list[Any], _Unread], list[int]] = names["settle"]
    return made


def _naive(kind: type[Any], at: str, indent: str) -> Iterator[str]:
    for field in fields_of(kind).values():
        match field.form:
            case Form.INSTANT:
                yield f"{indent}value = {at}.{field.name}"
                yield f"{indent}if value is not None and value.tzinfo is None: refused.append(index); continue"
            case Form.RECORD if field.inner is not None and any(_naive(field.inner, "", "")):
                name = f"{at}.{field.name}".replace(".", "_")
                yield f"{indent}{name} = {at}.{field.name}"
                yield f"{indent}if {name} is not None:"
                yield from _naive(field.inner, name, f"{indent}    ")
            case _:
                continue
