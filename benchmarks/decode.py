"""JSON bytes of 100,000 users to typed, validated records: ours against msgspec, pydantic and cattrs, in one run.

    python benchmarks/decode.py [--users 100000] [--rounds 5] [--collector-off]

Every peer has the same fields and types, made from our own records, on the same bytes: pages of a thousand users as the
pretend Clever of `clever_roster.testing` writes v3.1. `dob` is a date for each of them, read by the same function in
the way that the peer offers for it. Nobody else keeps unknown fields, tells null from missing or names a fault's path
without the value. Pages are read and let go, as a stream is. The best round counts, rounds
of all decoders take turns, time is CPU time of this process, and what is told is the ratio.

Needs msgspec, pydantic, orjson and cattrs; a peer that is not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from importlib.util import find_spec
from typing import Annotated, Any

from clever_roster.clever.compiled import day
from clever_roster.clever.decode import OpenPage, Shape
from clever_roster.clever.kept import Day, Form, fields_of
from clever_roster.clever.records import User
from clever_roster.steps import Response
from clever_roster.testing import sample_district
from clever_roster.testing.wire import Wire

PAGE = 1000

Decoder = Callable[[bytes], object]


def pages(users: int) -> list[bytes]:
    """The users of sample districts, as many as asked for, in pages as on the wire."""
    rows = itertools.islice(written(), users)
    made = []
    while page := list(itertools.islice(rows, PAGE)):
        links = [{"rel": "self", "uri": "/v3.1/users"}, {"rel": "next", "uri": "/v3.1/users?starting_after=x"}]
        made.append(json.dumps({"data": page, "links": links}).encode())
    return made


def written() -> Iterator[dict[str, Any]]:
    for seed in itertools.count(1):
        district = sample_district(seed, students=4000)
        wire = Wire(district, "v3.1")
        yield from ({"data": wire.user(one), "uri": f"/v3.1/users/{one.id}"} for one in district.people.values())


def ours(*, fast: bool) -> Decoder:
    shape = Shape(User)
    return lambda body: OpenPage(Response(200, {}, body), shape, fast=fast).records()


# --- Peers, made from our fields --------------------------------------------------------------------------------------

Make = Callable[[str, Mapping[str, tuple[Any, bool]]], type[Any]]

PLAIN = {
    Form.TEXT: str,
    Form.TEXTS: tuple[str, ...],
    Form.DAY: Day,
    Form.INSTANT: datetime,
    Form.MAPPING: dict[str, Any],
    Form.TRUTH: bool,
    Form.WHOLE: int,
    Form.NUMBER: float,
}


def like(kind: type[Any], make: Make) -> type[Any]:
    """A peer's class with the fields of one of ours."""
    fields = {}
    for name, field in fields_of(kind).items():
        inner = like(field.inner, make) if field.inner else None
        plain = PLAIN.get(field.form, inner if field.form is Form.RECORD else tuple[inner, ...])
        fields[name] = (plain, field.required)
    return make(kind.__name__, fields)


def envelope(make: Make) -> type[Any]:
    item = make("Item", {"data": (like(User, make), True)})
    return make("Page", {"data": (tuple[item, ...], True)})


def msgspec_structs() -> Decoder:
    import msgspec

    def make(name: str, fields: Mapping[str, tuple[Any, bool]]) -> type[Any]:
        declared = [(key, kind) if must else (key, kind | None, None) for key, (kind, must) in fields.items()]
        return msgspec.defstruct(name, declared, kw_only=True, frozen=True)

    return msgspec.json.Decoder(envelope(make), dec_hook=lambda _, value: day(value)).decode


def pydantic_models() -> Decoder:
    from pydantic import BeforeValidator, ConfigDict, create_model

    dated = Annotated[date | None, BeforeValidator(day)]

    def make(name: str, fields: Mapping[str, tuple[Any, bool]]) -> type[Any]:
        typed = {key: (dated if kind is Day else kind, must) for key, (kind, must) in fields.items()}
        declared = {key: kind if must else (kind | None, None) for key, (kind, must) in typed.items()}
        return create_model(name, __config__=ConfigDict(frozen=True), **declared)

    return envelope(make).model_validate_json


def stock_cattrs() -> Decoder:
    import attrs
    from cattrs.preconf.orjson import make_converter

    def make(name: str, fields: Mapping[str, tuple[Any, bool]]) -> type[Any]:
        declared = {
            key: attrs.field(type=kind) if must else attrs.field(type=kind | None, default=None)
            for key, (kind, must) in fields.items()
        }
        return attrs.make_class(name, declared, frozen=True, slots=True, kw_only=True)

    converter = make_converter(detailed_validation=False)
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(Day, lambda value, _: day(value))
    page = envelope(make)
    return lambda body: converter.loads(body, page)


DECODERS: Mapping[str, tuple[Callable[[], Decoder], tuple[str, ...]]] = {
    "ours, no extra (json)": (lambda: ours(fast=False), ()),
    "ours, extra fast (msgspec)": (lambda: ours(fast=True), ("msgspec",)),
    "msgspec Structs": (msgspec_structs, ("msgspec",)),
    "pydantic v2": (pydantic_models, ("pydantic",)),
    "stock cattrs with orjson": (stock_cattrs, ("orjson",)),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--collector-off", action="store_true", help="for everybody; ours rests it within a page anyway"
    )
    options = parser.parse_args()
    bodies = pages(options.users)
    size = sum(map(len, bodies))
    print(f"{options.users:,} users, {size / 1e6:.1f} MB, {size // options.users} bytes each, {date.today()}")  # noqa: DTZ011
    decoders = {}
    for name, (make, needs) in DECODERS.items():
        missing = [module for module in needs if not find_spec(module)]
        if missing:
            print(f"left out: {name}; not installed: {', '.join(missing)}")
        else:
            decoders[name] = make()
    best = dict.fromkeys(decoders, float("inf"))
    if options.collector_off:
        gc.disable()
    for _ in range(options.rounds):
        for name, decode in decoders.items():
            began = time.process_time()
            for body in bodies:
                decode(body)
            best[name] = min(best[name], time.process_time() - began)
    for name, seconds in best.items():
        print(f"{name:28} {seconds / options.users * 1e6:6.2f} µs per user")
    compare(best, "ours, extra fast (msgspec)", "msgspec Structs", goal=1.6)
    compare(best, "ours, no extra (json)", "pydantic v2", goal=1.0)
    compare(best, "ours, no extra (json)", "stock cattrs with orjson", goal=1.0)


def compare(best: Mapping[str, float], one: str, peer: str, *, goal: float) -> None:
    if one in best and peer in best:
        print(f"{one} / {peer} = {best[one] / best[peer]:.2f} (goal: at most {goal})")


if __name__ == "__main__":
    main()
