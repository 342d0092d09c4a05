"""Bytes from Clever to typed records: what is well formed at speed, what is not named exactly.

Three readers, held to equal records and equal errors by tests. Those of `compiled` take what is well formed; `fast`
does the same with msgspec where that is installed; what either refuses is read once more by the judge below, which is
made with cattrs and names the path of the fault (`data[17].data.roles.student.dob`) but never the value. Strict where a
roster could be misread: null never becomes the text "None", a number never becomes text.

The only file that knows cattrs.
"""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, cached_property, partial
from importlib import import_module
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import BaseValidationError, ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn

from clever_roster.clever.compiled import Misfit, day, instant, number, reader, whole
from clever_roster.clever.kept import Day, Kept, leftover, note
from clever_roster.errors import ConfigurationError, UnexpectedPayload
from clever_roster.garbage import collector_at_rest
from clever_roster.steps import Response

__all__ = ["BadRecord", "Engine", "OnBadRecord", "OpenPage", "Shape", "decode", "parse_json", "raise_bad", "unexpected"]

Record = TypeVar("Record")

REPORT = "Report this, with the request id, to the maintainers: Clever's answer has a form we have not seen."

_FAULTS: Final = (BaseValidationError, ValueError, TypeError, KeyError, RecursionError)


# --- One record -------------------------------------------------------------------------------------------------------


def parse_json(response: Response) -> Mapping[str, object]:
    """Read the body as one JSON object.

    Raises:
        UnexpectedPayload: it is not JSON (Clever answers some errors with HTML), or not an object.
    """
    value = _loaded(response.body)
    if value is _NOT_JSON:
        raise unexpected(response, "the body is not JSON")
    if not isinstance(value, dict):
        raise unexpected(response, "the body is not a JSON object")
    return cast("Mapping[str, object]", value)


_NOT_JSON: Final = object()


def _loaded(body: bytes) -> object:
    """Apart from `parse_json`, so that no exception that holds the body hangs on ours."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _NOT_JSON


def decode(value: object, kind: type[Record], response: Response, *, path: str) -> Record:
    """Make one typed record of a JSON value that stands at `path` of the response's body.

    Raises:
        UnexpectedPayload: the value does not fit; the message names the path inside the body, never the value.
    """
    record = _judged(value, kind)
    if isinstance(record, _Fault):
        raise unexpected(response, f"{path}{record.path}: {record.reason}")
    return record


def unexpected(response: Response, what: str) -> UnexpectedPayload:
    """The error of an answer that is not as documented or recorded."""
    return UnexpectedPayload(
        f"Clever's answer is not as documented: {what}.",
        next_step=REPORT,
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )


@attrs.frozen
class _Fault:
    """Where a value does not fit, and why. A value, so that no exception that may quote the data hangs on ours."""

    path: str
    reason: str


def _judged(value: object, kind: type[Record]) -> Record | _Fault:
    notes: list[type[Any]] = []
    record: Record
    try:
        record = reader(kind)(value, notes)
    except (ValueError, RecursionError):
        try:
            record = _judge().structure(value, kind)
        except _FAULTS as error:
            return _fault(error)
        notes.append(kind)
    if notes and isinstance(record, Kept):
        note(record, leftover(cast("Mapping[str, object]", value), kind))
    return record


# --- A page of records ------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class BadRecord:
    """A record that could not be read; what it says is not in here, only where and why.

    Attributes:
        path: inside the page, as `data[17].data.roles.student.dob`.
        id: the record's id, when that much could be read.
        request_id: of the page.
    """

    path: str
    reason: str
    id: str | None
    status: int
    request_id: str | None


OnBadRecord: TypeAlias = Callable[[BadRecord], object]


def raise_bad(bad: BadRecord) -> None:
    """The policy that ends the read at the first bad record.

    Raises:
        UnexpectedPayload: always.
    """
    raise UnexpectedPayload(
        f"Clever's answer is not as documented: {bad.path}: {bad.reason}.",
        next_step=REPORT,
        status=bad.status,
        request_id=bad.request_id,
    )


@attrs.frozen
class Shape(Generic[Record]):
    """What a list holds, and how it is wrapped.

    Attributes:
        wrapped: each item is `{"data": {...}, "uri": ...}`; attendance and submissions are listed bare.
        ordered: the items have ids, and these ascend.
        names: the envelope's member that holds the list. `{"resources": []}` was recorded where `data` is described.
    """

    kind: type[Record]
    wrapped: bool = True
    ordered: bool = True
    names: tuple[str, ...] = ("data",)


class Engine(Protocol):
    """A way to read the pages of one kind of record."""

    def next_of(self, body: bytes, /) -> str | None:
        """The address of the next page. Raises ValueError when this engine cannot read the page."""
        ...

    def read(self, body: bytes, /) -> tuple[list[Any], list[int]]:
        """The records, and the positions of those that it refused. Raises ValueError as above."""
        ...


class OpenPage(Generic[Record]):
    """One page: where the next one is, and its records.

    The two are apart, so that the next page can be on its way while this one is decoded.

    Args:
        fast: whether msgspec reads it; None for "if it is installed".
    """

    def __init__(self, response: Response, shape: Shape[Record], *, fast: bool | None = None) -> None:
        self._response = response
        self._shape = shape
        engine = _engine(shape, fast=fast)
        # msgspec does not look at what it skips; bytes that are no text must not pass there.
        self._engine = engine if engine is not None and _is_utf8(response.body) else None

    @cached_property
    def next(self) -> str | None:
        """The address of the next page, as it stands; None at the end.

        Raises:
            UnexpectedPayload: there is no JSON object.
        """
        if self._engine is not None:
            try:
                return self._engine.next_of(self._response.body)
            except (ValueError, RecursionError):
                self._engine = None
        links = self._body.get("links")
        for link in cast("list[object]", links) if isinstance(links, list) else ():
            match link:
                case {"rel": "next", "uri": str(uri)}:
                    return uri
                case _:
                    continue
        return None

    @cached_property
    def _body(self) -> Mapping[str, object]:
        return parse_json(self._response)

    @cached_property
    def _rows(self) -> list[object]:
        body = self._body
        name = next((name for name in self._shape.names if name in body), None)
        if name is None:
            raise unexpected(self._response, f"the envelope has no {self._shape.names[0]!r}")
        rows = body[name]
        if not isinstance(rows, list):
            raise unexpected(self._response, f"{name} is not a list")
        return cast("list[object]", rows)

    def records(self, on_bad: OnBadRecord = raise_bad) -> list[Record]:
        """The records in their order; each that cannot be read is given to `on_bad` and left out.

        Raises:
            UnexpectedPayload: there is no list in the envelope; or whatever `on_bad` raises.
        """
        with collector_at_rest():
            read, refused = self._at_speed()
        if not refused:
            return read
        again = {index: self._again(index, on_bad) for index in refused}
        return [one for index, at_speed in enumerate(read) for one in again.get(index, (at_speed,))]

    def _at_speed(self) -> tuple[list[Any], list[int]]:
        if self._engine is not None:
            try:
                return self._engine.read(self._response.body)
            except (ValueError, RecursionError):
                self._engine = None
        kind, wrapped = self._shape.kind, self._shape.wrapped
        read, notes, found, refused = reader(kind), list[type[Any]](), list[Any](), list[int]()
        for index, row in enumerate(self._rows):
            try:
                inner: Any = cast("Any", row)["data"] if wrapped else row
                found.append(read(inner, notes))
                if notes:
                    note(found[-1], leftover(inner, kind))
            except (ValueError, TypeError, KeyError, RecursionError):
                found[index:] = [None]
                refused.append(index)
            notes.clear()
        return found, refused

    def _again(self, index: int, on_bad: OnBadRecord) -> tuple[Record, ...]:
        """Read a record that was refused with all care: the record after all, or nothing once its fault is told."""
        row, path = self._rows[index], f"data[{index}]"
        if self._shape.wrapped:
            path += ".data"
            if not isinstance(row, dict) or "data" not in row:
                on_bad(self._bad(path, "a required field is missing", None))
                return ()
            row = cast("dict[str, object]", row)["data"]
        record = _judged(row, self._shape.kind)
        if not isinstance(record, _Fault):
            return (record,)
        on_bad(self._bad(path + record.path, record.reason, row))
        return ()

    def _bad(self, path: str, reason: str, row: object) -> BadRecord:
        match row:
            case {"id": str(found)} if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", found):
                id_: str | None = found
            case _:
                id_ = None
        request_id = self._response.headers.get("x-request-id")
        return BadRecord(path=path, reason=reason, id=id_, status=self._response.status, request_id=request_id)


def _is_utf8(body: bytes) -> bool:
    """Without building the text: in pieces that stay in the processor's cache, which takes a third of the time."""
    if body.isascii():
        return True
    decoder, view = getincrementaldecoder("utf-8")(), memoryview(body)
    try:
        for start in range(0, len(body), _PIECE):
            decoder.decode(view[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_PIECE: Final = 1 << 15


def _engine(shape: Shape[Any], *, fast: bool | None) -> Engine | None:
    """The fast one, where it is wanted and can be had.

    Raises:
        ConfigurationError: it is wanted, and msgspec is not installed.
    """
    if fast is False or not shape.wrapped or shape.names != ("data",):
        return None
    made: Callable[[type[Any]], Engine] | None = _fast_engines()
    if made is None and fast:
        raise ConfigurationError("msgspec is not installed.", next_step="Install clever-roster[fast].")
    return None if made is None else made(shape.kind)


@cache
def _fast_engines() -> Callable[[type[Any]], Engine] | None:
    """Where fast engines come from; None without the extra. Looked for once, when the first page is read."""
    try:
        return cast("Callable[[type[Any]], Engine]", import_module("clever_roster.clever.fast").engine)
    except ImportError:
        return None


# --- The judge --------------------------------------------------------------------------------------------------------


def _fault(error: BaseException) -> _Fault:
    """The first fault. Only our own messages are shown: others may quote the value."""
    if isinstance(error, ClassValidationError):
        for inner, field in error.group_exceptions()[0]:
            return _inside(f".{field.name}", inner)
    if isinstance(error, IterableValidationError):
        for inner, item in error.group_exceptions()[0]:
            return _inside(f"[{item.index}]", inner)
    if isinstance(error, KeyError):
        return _Fault("", "a required field is missing")
    if isinstance(error, Misfit):
        return _Fault("", str(error))
    return _Fault("", "not of the expected form")


def _inside(path: str, error: BaseException) -> _Fault:
    fault = _fault(error)
    return _Fault(path + fault.path, fault.reason)


def _strictly(
    kind: type[Any] | tuple[type[Any], ...], what: str, read: Callable[[Any], object] | None = None
) -> Callable[[object, object], object]:
    def hook(value: object, _: object) -> object:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Misfit(f"{what} expected, not {type(value).__name__}")
        return value if read is None else read(value)

    return hook


def _none_or(read: Callable[[object, object], object]) -> Callable[[object, object], object]:
    return lambda value, kind: None if value is None else read(value, kind)


def _record(converter: Converter, kind: type[Any]) -> Callable[[object, object], object]:
    """Read one attrs class. A null is read as if the field were missing; `rest` tells the two apart."""
    read = make_dict_structure_fn(kind, converter)
    is_object = _strictly(dict, "an object")

    def hook(value: object, _: object) -> object:
        given = cast("dict[str, object]", is_object(value, dict))
        return read({name: inner for name, inner in given.items() if inner is not None}, kind)

    return hook


def _is(origin: object, kind: Any) -> bool:
    return cast("object", get_origin(kind)) is origin


def _tuple(converter: Converter, kind: Any) -> Callable[[object, object], object]:
    read = homogenous_tuple_structure_factory(kind, converter)
    is_list = _strictly(list, "a list")
    return lambda value, wanted: read(cast("Any", is_list(value, list)), cast("Any", wanted))


@cache
def _judge() -> Converter:
    judge = Converter(detailed_validation=True)
    judge.register_structure_hook(str, _strictly(str, "text"))
    judge.register_structure_hook(bool, _strictly(bool, "true or false"))
    judge.register_structure_hook(int, _strictly((int, float), "a whole number", whole))
    judge.register_structure_hook(float, _strictly((int, float), "a number", number))
    judge.register_structure_hook(Day, _none_or(_strictly(str, "text", day)))
    judge.register_structure_hook(datetime | None, _none_or(_strictly(str, "text", instant)))
    judge.register_structure_hook_func(partial(_is, Mapping), _strictly(dict, "an object"))
    judge.register_structure_hook_factory(partial(_is, tuple), partial(_tuple, judge))
    judge.register_structure_hook_factory(attrs.has, partial(_record, judge))
    return judge
