"""How fast is the difference between two rosters, beside the engines that one might take instead?

    python benchmarks/diff.py                             # 100,000 and 1,000,000 rows, 1,000,000 and 5,000,000 members
    python benchmarks/diff.py --rows 100000 --members     # smaller; no member lists

Flat rows: N enrollments keyed (section, person) with 10 fields of the person; 1 % added, 1 % removed, 2 % changed in
one field, some of them from NULL to a text. Asked of each engine: what is new, what is gone, what changed, *with its
fields*. Each engine runs in a process of its own; "loaded" is with everything in the engine's own form already, "from
records" begins with Python rows (which is how JSON pages arrive). Memory is the process before, and its peak during.

Peers that are not installed are left out, and named. Read the ratios: they are to our merge of the same run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from clever_roster.roster import merge, merge_members

FIELDS = 10
PEERS = ("merge", "stream", "dict", "sqlite", "duckdb", "polars", "pandas", "datacompy", "deepdiff")
NEEDS = {"duckdb": ("duckdb", "pyarrow"), "polars": ("polars",), "pandas": ("pandas",), "deepdiff": ("deepdiff",)}
NEEDS["datacompy"] = ("datacompy", "pandas")
MOST = {"deepdiff": 10_000}  # beyond it, minutes
NAMES = [f"f{n}" for n in range(FIELDS)]


# --- The two rosters --------------------------------------------------------------------------------------------------


def old_row(n: int) -> tuple[tuple[str, str], tuple[str | None, ...]]:
    key = (f"{n // 25:024x}", f"{n:024x}")
    row = tuple(None if f == 9 and n % 3 == 0 else f"value {f} of {n}" for f in range(FIELDS))
    return key, row


def new_rows(size: int) -> Iterator[tuple[tuple[str, str], tuple[str | None, ...]]]:
    """The second side in the order of keys: every hundredth is gone, every hundredth has a new neighbour."""
    for n in range(size):
        key, row = old_row(n)
        if n % 100 == 7:
            continue
        if n % 50 == 3:
            row = (*row[: n % 7], "changed", *row[n % 7 + 1 :])
        elif n % 150 == 6:
            row = (*row[:9], "was NULL")
        yield key, row
        if n % 100 == 50:
            yield (key[0], key[1] + "+"), row


def old_rows(size: int) -> Iterator[tuple[tuple[str, str], tuple[str | None, ...]]]:
    return map(old_row, range(size))


# --- The engines: load(old, new) -> state, find(state) -> (added, removed, changed fields) ----------------------------


def ours(state: object) -> tuple[int, int, int]:
    old, new = state  # type: ignore[misc]
    added = removed = fields = 0
    for one in merge(old, new):
        if one.before is None:
            added += 1
        elif one.after is None:
            removed += 1
        else:
            fields += sum(was != now for was, now in zip(one.before, one.after, strict=True))
    return added, removed, fields


def walk(state: object) -> tuple[int, int, int]:
    old, new = state  # type: ignore[misc]
    added = sum(key not in old for key in new)
    removed = fields = 0
    for key, row in old.items():
        now = new.get(key)
        if now is None:
            removed += 1
        elif now != row:
            fields += sum(a != b for a, b in zip(row, now, strict=True))
    return added, removed, fields


CHANGED = " OR ".join(f"a.{name} IS NOT b.{name}" for name in NAMES)


def into_sqlite(old: list, new: list) -> object:
    import sqlite3

    database = sqlite3.connect(":memory:")
    for name, rows in (("a", old), ("b", new)):
        columns = ", ".join(NAMES)
        database.execute(f"CREATE TABLE {name} (s, p, {columns}, PRIMARY KEY (s, p)) WITHOUT ROWID")
        marks = ", ".join("?" * (FIELDS + 2))
        database.executemany(f"INSERT INTO {name} VALUES ({marks})", ((*key, *row) for key, row in rows))  # noqa: S608
    return database


def by_sqlite(database: object) -> tuple[int, int, int]:
    return by_sql(lambda text: database.execute(text).fetchall(), CHANGED)  # type: ignore[attr-defined]


def by_sql(ask: Callable[[str], list], changed: str) -> tuple[int, int, int]:
    both = [f"{side}.{name}" for side in "ab" for name in NAMES]
    added = ask("SELECT b.s, b.p FROM b LEFT JOIN a ON a.s = b.s AND a.p = b.p WHERE a.s IS NULL")
    removed = ask("SELECT a.s, a.p FROM a LEFT JOIN b ON a.s = b.s AND a.p = b.p WHERE b.s IS NULL")
    rows = ask(
        f"SELECT a.s, a.p, {', '.join(both)} FROM a JOIN b ON a.s = b.s AND a.p = b.p WHERE {changed}"  # noqa: S608
    )
    fields = sum(was != now for row in rows for was, now in zip(row[2 : 2 + FIELDS], row[2 + FIELDS :], strict=True))
    return len(added), len(removed), fields


def into_duckdb(old: list, new: list) -> object:
    import duckdb
    import pyarrow as pa

    database = duckdb.connect()
    for name, rows in (("a", old), ("b", new)):
        columns = {"s": [key[0] for key, _ in rows], "p": [key[1] for key, _ in rows]}
        columns |= {field: [row[n] for _, row in rows] for n, field in enumerate(NAMES)}
        database.register("arrived", pa.table(columns))
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")  # noqa: S608
        database.unregister("arrived")
    return database


def by_duckdb(database: object) -> tuple[int, int, int]:
    changed = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in NAMES)
    return by_sql(lambda text: database.execute(text).fetchall(), changed)  # type: ignore[attr-defined]


def columns_of(rows: list) -> dict[str, list]:
    columns = {"s": [key[0] for key, _ in rows], "p": [key[1] for key, _ in rows]}
    return columns | {field: [row[n] for _, row in rows] for n, field in enumerate(NAMES)}


def into_polars(old: list, new: list) -> object:
    import polars as pl

    return tuple(pl.DataFrame(columns_of(rows)) for rows in (old, new))


def by_polars(state: object) -> tuple[int, int, int]:
    import polars as pl

    old, new = state  # type: ignore[misc]
    added = new.join(old, on=["s", "p"], how="anti").height
    removed = old.join(new, on=["s", "p"], how="anti").height
    both = old.join(new, on=["s", "p"], suffix="_new")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_new")).alias(f"{name}_differs") for name in NAMES]
    changed = both.with_columns(differs).filter(pl.any_horizontal(f"{name}_differs" for name in NAMES))
    return added, removed, sum(changed[f"{name}_differs"].sum() for name in NAMES)


def into_pandas(old: list, new: list) -> object:
    import pandas as pd

    return tuple(pd.DataFrame(columns_of(rows)) for rows in (old, new))


def by_pandas(state: object) -> tuple[int, int, int]:
    old, new = state  # type: ignore[misc]
    both = old.merge(new, on=["s", "p"], how="outer", suffixes=("", "_new"), indicator=True)
    kept = both[both["_merge"] == "both"]
    fields = 0
    for name in NAMES:
        was, now = kept[name], kept[f"{name}_new"]
        fields += int(((was != now) & ~(was.isna() & now.isna())).sum())
    return int((both["_merge"] == "right_only").sum()), int((both["_merge"] == "left_only").sum()), fields


def by_datacompy(state: object) -> tuple[int, int, int]:
    import datacompy

    compare = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
    old, new = state  # type: ignore[misc]
    found = compare(old, new, join_columns=["s", "p"])
    fields = sum(column["unequal_cnt"] for column in found.column_stats)
    return len(found.df2_unq_rows), len(found.df1_unq_rows), int(fields)


def by_deepdiff(state: object) -> tuple[int, int, int]:
    from deepdiff import DeepDiff

    old, new = state  # type: ignore[misc]
    found = DeepDiff(old, new, verbose_level=1)
    changes = len(found.get("values_changed", ())) + len(found.get("type_changes", ()))
    return len(found.get("dictionary_item_added", ())), len(found.get("dictionary_item_removed", ())), changes


ENGINES: dict[str, tuple[Callable, Callable]] = {
    "merge": (lambda old, new: (old, new), ours),
    "dict": (lambda old, new: (dict(old), dict(new)), walk),
    "sqlite": (into_sqlite, by_sqlite),
    "duckdb": (into_duckdb, by_duckdb),
    "polars": (into_polars, by_polars),
    "pandas": (into_pandas, by_pandas),
    "datacompy": (into_pandas, by_datacompy),
    "deepdiff": (lambda old, new: (dict(old), dict(new)), by_deepdiff),
}


# --- One engine, in a process of its own ------------------------------------------------------------------------------


def megabytes() -> float:
    """What the process holds now."""
    with open("/proc/self/statm") as held:  # noqa: PTH123
        return int(held.read().split()[1]) * resource.getpagesize() / 2**20


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_rows(engine: str, size: int) -> dict[str, object]:
    if engine == "stream":  # both sides are made as they are read: nothing is held
        begun = time.perf_counter()
        made = sum(1 for _ in old_rows(size)) + sum(1 for _ in new_rows(size))
        making = time.perf_counter() - begun
        before, begun = peak(), time.perf_counter()
        found = ours((old_rows(size), new_rows(size)))
        spent = time.perf_counter() - begun
        return {
            "found": found,
            "loaded": max(spent - making, 0),
            "records": spent,
            "before": before,
            "peak": peak(),
        } | {"made": made}
    old, new = list(old_rows(size)), list(new_rows(size))
    if engine != "merge":
        random.Random(1).shuffle(new)  # noqa: S311 - only ours asks for order
    load, find = ENGINES[engine]
    begun = time.perf_counter()
    state = load(old, new)
    loading = time.perf_counter() - begun
    if engine not in ("merge", "dict", "deepdiff"):
        del old, new
    before = max(megabytes(), peak())
    spent, found = [], None
    for _ in range(1 if engine == "deepdiff" else 3):
        begun = time.perf_counter()
        found = find(state)
        spent.append(time.perf_counter() - begun)
    loaded = sorted(spent)[len(spent) // 2]
    return {"found": found, "loaded": loaded, "records": loading + loaded, "before": before, "peak": peak()}


def measure_members(memberships: int) -> dict[str, object]:
    """The normal form: sections with lists of 25, and a fifth as many persons as memberships, each described once."""
    sections, people = memberships // 25, memberships // 5

    def lists(churn: int) -> list[tuple[str, tuple[str, ...]]]:
        made = []
        for n in range(sections):
            ids = range(n * 25, n * 25 + 25)
            if churn and n % 4 == 0:  # 1 % joins and 1 % leaves, spread over a quarter of the sections
                ids = range(n * 25 + 1, n * 25 + 26)
            made.append((f"{n:024x}", tuple(f"{one:024x}" for one in ids)))
        return made

    old, new = lists(0), lists(1)
    described = [[(key[1], row) for key, row in side(people)] for side in (old_rows, new_rows)]
    described = [sorted(side) for side in described]
    before = max(megabytes(), peak())
    spent, persons_spent = [], []
    found: list[tuple[int, int]] = []
    for _ in range(3):  # as rows are measured: the one in the middle
        begun = time.perf_counter()
        found = [(len(one.joined), len(one.left)) for one in merge_members(old, new)]
        middle = time.perf_counter()
        persons = ours(tuple(described))
        spent.append(middle - begun)
        persons_spent.append(time.perf_counter() - middle)
    return {
        "members": sorted(spent)[1],
        "persons": sorted(persons_spent)[1],
        "found": (sum(j for j, _ in found), sum(gone for _, gone in found), persons),
        "before": before,
        "peak": peak(),
    }


# --- All of them ------------------------------------------------------------------------------------------------------


def run_one(what: str, size: int) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, __file__, "--one", what, str(size)], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        return {"error": ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else f"ended with {ran.returncode}"}
    return json.loads(ran.stdout)


def table(size: int) -> None:
    print(f"\n{size:,} flat rows    loaded    ratio   from records   ratio      memory MB before -> peak")
    results = {}
    for engine in PEERS:
        missing = [name for name in NEEDS.get(engine, ()) if importlib.util.find_spec(name) is None]
        if missing:
            print(f"  {engine:10} not installed ({', '.join(missing)})")
            continue
        if size > MOST.get(engine, size):
            continue
        results[engine] = one = run_one(engine, size)
        if "error" in one:
            print(f"  {engine:10} failed: {one['error']}")
            continue
        ours_now = results["merge"]
        ratios = [one[kind] / ours_now[kind] if ours_now[kind] else 0 for kind in ("loaded", "records")]  # type: ignore[operator]
        same = "" if one["found"] == ours_now["found"] else f"   FOUND {one['found']}, we {ours_now['found']}"
        print(
            f"  {engine:10} {one['loaded']:8.3f} s {ratios[0]:7.2f}x {one['records']:10.3f} s {ratios[1]:8.2f}x"
            f"   {one['before']:8.0f} -> {one['peak']:.0f}{same}"
        )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    asked.add_argument("--members", type=int, nargs="*", default=[1_000_000, 5_000_000])
    asked.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    wanted = asked.parse_args()
    if wanted.one:
        what, size = wanted.one[0], int(wanted.one[1])
        print(json.dumps(measure_members(size) if what == "members" else measure_rows(what, size)))
        return
    for size in wanted.rows:
        table(size)
    for size in wanted.members:
        one = run_one("members", size)
        if "error" in one:
            print(f"\n{size:,} memberships failed: {one['error']}")
            continue
        print(
            f"\n{size:,} memberships in {size // 25:,} sections: {one['members']:.3f} s,"
            f" and {size // 5:,} persons: {one['persons']:.3f} s; memory {one['before']:.0f} -> {one['peak']:.0f} MB"
        )


if __name__ == "__main__":
    main()
