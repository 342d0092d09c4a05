"""Coverage-guided fuzzing of every decoder: whatever the bytes, only our own errors come out, and they say where.

    python tests/fuzz/fuzz_decode.py -max_total_time=60
    python tests/fuzz/fuzz_decode.py -runs=2000 --plain

With atheris (`pip install atheris`) new paths through the decoders are searched for; arguments are libFuzzer's. Without
it, or with `--plain`, pages of a pretend Clever are mutated at random, which is said. An input is one byte that chooses
the kind of record, and the body of a page.

Law: both readers (with the extra `fast` and without) give equal records and equal faults; a fault names its path; what
was read can be shown, and what can be translated is translated, with no other error than UnexpectedPayload.
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

PLAIN = "--plain"
PATHS = ("/users", "/sections", "/terms", "/schools", "/courses", "/districts", "/events", "/contacts")
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "x", "1/2/2011", "13/45/2011", "2026-09-01T05:00:00.1234565Z", "\ud800", "\x00",
    [], [None], {}, {"data": {}}, {"id": None}, "999999999-01-01", "a" * 300,
)  # fmt: skip


def engine() -> ModuleType | None:
    """Atheris, or None where it is not wanted or not installed."""
    if PLAIN in sys.argv:
        return None
    try:
        return importlib.import_module("atheris")
    except ImportError as missing:
        print(f"atheris is not installed ({missing}): mutating without coverage", file=sys.stderr)
        return None


atheris = engine()
with atheris.instrument_imports(include=["clever_roster.clever"]) if atheris else nullcontext():
    from clever_roster.clever import coursework, records, translate
    from clever_roster.clever.decode import BadRecord, OpenPage, Shape, decode, parse_json
    from clever_roster.clever.eventing import KINDS, WireEvent, event_of
    from clever_roster.errors import UnexpectedPayload
    from clever_roster.steps import Request, Response
    from clever_roster.testing import Simulator, next_day, sample_district

READ: tuple[type[Any], ...] = (
    *KINDS.values(),
    records.Me,
    records.UserInfo,
    records.TokenInfo,
    coursework.Attendance,
    coursework.Assignment,
    coursework.Submission,
    WireEvent,
)


def decode_any(given: bytes) -> None:
    """The law, for one input."""
    if not given:
        return
    kind, response = READ[given[0] % len(READ)], Response(200, {}, given[1:])
    slow, quick = (page_read(response, kind, fast=fast) for fast in (False, None))
    for part, one, other in zip(("records", "bad records", "page"), slow, quick, strict=True):
        assert one == other, f"{kind.__name__}: the readers disagree about the {part}"
    for record in slow[0]:
        repr(record)
        with suppress(UnexpectedPayload):
            translated(record)
    with suppress(UnexpectedPayload):
        decode(parse_json(response).get("data"), kind, response, path="data")


def page_read(response: Response, kind: type[Any], *, fast: bool | None) -> tuple[list[Any], list[BadRecord], str]:
    """The records of a page, its bad ones, and why it is none."""
    bad: list[BadRecord] = []
    page = OpenPage(response, Shape(kind), fast=fast)
    try:
        read = page.records(bad.append)
    except UnexpectedPayload as error:
        read, why = [], str(error)
    else:
        why = ""
    with suppress(UnexpectedPayload):
        why += f" next: {page.next}"
    assert all(one.path.startswith("data[") and one.reason for one in bad), bad
    return read, bad, why


def translated(record: object) -> object:
    """A record as the rest of the library sees it."""
    match record:
        case records.User():
            return translate.person_of(record)
        case records.Section():
            return translate.section_of(record)
        case WireEvent():
            return event_of(record)
        case _:
            return None


def seeds() -> list[bytes]:
    """Pages as a pretend Clever sends them, each with the byte of its kind."""
    district = sample_district(4, students=30)
    simulator = Simulator([district])
    bearer = {"authorization": f"Bearer {simulator.district_token(district.id).reveal()}"}
    simulator.replace(next_day(district, seed=4))
    ask = (f"https://api.clever.com/v3.1{path}?limit=4" for path in PATHS)
    bodies = [simulator.respond(Request("GET", url, bearer)).body for url in ask]
    return [bytes([kind]) + body for kind in range(len(READ)) for body in bodies]


def spoilt(given: bytes, _size: int, seed: int) -> bytes:
    """One value anywhere in the page replaced, removed or doubled; bytes where it is no JSON."""
    random = Random(seed)  # noqa: S311 - a mutation, no secret
    try:
        page = json.loads(given[1:])
    except (ValueError, RecursionError):
        return atheris.Mutate(given, _size) if atheris else given[: random.randrange(len(given) + 1)]
    holder, key = {"page": page}, "page"
    at: Any = holder
    while isinstance(at[key], dict | list) and at[key] and random.random() < 0.85:
        at = at[key]
        key = random.choice(list(at)) if isinstance(at, dict) else random.randrange(len(at))
    match random.randrange(4):
        case 0 if at is not holder:
            del at[key]
        case 1 if isinstance(at, list):
            at.append(at[key])
        case 2 if isinstance(at, dict) and at is not holder:
            at[random.choice(("legacy_id", "unheard_of", "id", "roles"))] = at.pop(key)
        case _:
            at[key] = random.choice(JUNK)
    body = json.dumps(holder["page"], ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    if atheris and random.random() < 0.1:
        body = atheris.Mutate(body, _size)
    return (given[:1] + body)[:_size]


def plain(runs: int) -> None:
    """Mutate without coverage, each page up to four times."""
    corpus = seeds()
    for seed in range(runs):
        given = corpus[seed % len(corpus)]
        for step in range(1 + seed % 4):
            given = spoilt(given, 1 << 20, seed * 4 + step)
        decode_any(given)
    print(f"{runs} mutated pages, only errors of this library")


def main() -> None:
    """Fuzz until libFuzzer's limits are met, or so many plain runs."""
    if atheris is None:
        plain(next((int(one[6:]) for one in sys.argv if one.startswith("-runs=")), 2000))
        return
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            (Path(corpus) / f"seed{number}").write_bytes(seed)
        atheris.Setup([*sys.argv, "-max_len=100000", corpus], decode_any, custom_mutator=spoilt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
