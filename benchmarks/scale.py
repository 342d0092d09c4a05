"""Finding where two nights of many districts differ: Polars, DuckDB and Spark on Parquet, beside the core in memory.

    python benchmarks/scale.py [--enrollments 5000000] [--districts 100] [--engines core polars duckdb pyspark]

Five classes for each student, 25 in a class; overnight 1 % of the students are renamed, 1 % leave a class and 1 % join
one. Every contender is a process of its own and ends with the same changes, counted. The core holds both nights as
snapshots: `making` is building them from records that exist, `finding` is `roster.diff`. The engines read Parquet
files, whose writing (with the digests) is told apart, as it happens once a night while the roster is read. Memory is
the peak of the process and, for Spark, of its Java machine beside it. Needs the extra `scale`; Spark needs `spark` and
Java.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clever_roster import roster
from clever_roster.model import (
    CLEVER,
    DistrictId,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    Section,
    SectionId,
    Snapshot,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CLASSES, SIZE = 5, 25
PROVEN = Proof()
STUDENT, TEACHER = frozenset({Role.STUDENT}), frozenset({Role.TEACHER})


def district(number: int, students: int, *, night: int) -> Snapshot:
    """One district, as it is in the first or in the second night."""
    here = DistrictId(f"{number:024x}")
    people = [person(here, n, night=night) for n in range(students)]
    ids = [one.id for one in people]
    teacher = Person(id=PersonId(f"t{number}"), district=here, name=PersonName("Tess", "Own"), roles=TEACHER)
    sections = []
    for nth in range(CLASSES):
        for place, start in enumerate(range(0, students, SIZE)):
            listed = ids[start : start + SIZE]
            if night and place % 20 == nth:  # in a twentieth of the classes five leave, and five others join
                other = ids[start - 500 : start - 495] if start >= 500 else []
                listed = sorted({*listed[5:], *other})
            key = SectionId(f"{number:x}-{nth}-{place}")
            sections.append(
                Section(id=key, district=here, name=f"Class {place}", teachers=(teacher.id,), students=tuple(listed))
            )
    return Snapshot.of(
        provider=CLEVER, district=here, taken_at=NOW, people=[*people, teacher], sections=sections, proof=PROVEN
    )


def person(here: DistrictId, n: int, *, night: int) -> Person:
    last = f"Nova {n}" + (" Lee" if night and n % 100 == 7 else "")
    return Person(
        id=PersonId(f"{here[-6:]}{n:018x}"),
        district=here,
        name=PersonName("Ana", last),
        roles=STUDENT,
        email=f"a{n}@school.example",
        sis_id=str(n),
        grade="7",
    )


def nights(districts: int, enrollments: int, night: int) -> Iterator[Snapshot]:
    students = enrollments // CLASSES // districts
    return (district(number, students, night=night) for number in range(districts))


# --- The contenders, each in a process of its own ---------------------------------------------------------------------


def written(folder: Path, districts: int, enrollments: int) -> dict[str, float]:
    from clever_roster.scale.parquet import write

    spent = 0.0
    for night, name in enumerate(("before", "after")):
        begun = time.perf_counter()
        write(folder / name, nights(districts, enrollments, night))
        spent += time.perf_counter() - begun
    return {"making": 0.0, "finding": spent, "found": 0}


def by_core(districts: int, enrollments: int) -> dict[str, float]:
    begun = time.perf_counter()
    before, after = (list(nights(districts, enrollments, night)) for night in (0, 1))
    made = time.perf_counter()
    found = sum(len(roster.diff(old, new)) for old, new in zip(before, after, strict=True))
    return {"making": made - begun, "finding": time.perf_counter() - made, "found": found}


def by_engine(engine: Any, folder: Path) -> dict[str, float]:
    from clever_roster.scale.frames import parts, scan

    begun = time.perf_counter()
    session = spark() if engine == "pyspark" else None
    ready = time.perf_counter()
    before, after = (scan(folder / name, engine, session=session) for name in ("before", "after"))
    found = sum(len(roster.diff(part.before, part.after)) for part in parts(before, after))
    told = {"making": ready - begun, "finding": time.perf_counter() - ready, "found": found}
    if session is not None:
        told["beside"] = java_peak()
        session.stop()
    return told


def spark() -> Any:
    from pyspark.sql import SparkSession

    building = SparkSession.builder.master("local[2]").appName("clever_roster benchmark")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.driver.maxResultSize": "2g",
        "spark.sql.shuffle.partitions": "8",
        "spark.log.level": "ERROR",
    }
    for name, value in options.items():
        building = building.config(name, value)
    return building.getOrCreate()


def java_peak() -> float:
    """Megabytes that the Java machines of this process had at most."""
    import os

    peak = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if lines["Name"].strip() == "java" and int(lines["PPid"]) in {os.getpid(), os.getppid()}:
            peak = max(peak, int(lines.get("VmHWM", "0 kB").split()[0]))
    return peak / 1024


def contend(wanted: argparse.Namespace) -> None:
    folder = Path(wanted.folder)
    match wanted.contender:
        case "write":
            told = written(folder, wanted.districts, wanted.enrollments)
        case "core":
            told = by_core(wanted.districts, wanted.enrollments)
        case engine:
            told = by_engine(engine, folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**told, "peak": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}))


# --- The run ----------------------------------------------------------------------------------------------------------


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--enrollments", type=int, default=5_000_000)
    asked.add_argument("--districts", type=int, default=100)
    asked.add_argument("--engines", nargs="*", default=["core", "polars", "duckdb", "pyspark"])
    asked.add_argument("--contender")
    asked.add_argument("--folder")
    wanted = asked.parse_args()
    if wanted.contender:
        contend(wanted)
        return
    print(f"{wanted.enrollments:,} enrollments, {wanted.enrollments // CLASSES:,} people, {wanted.districts} districts")
    print(f"{'':9}{'making':>9}{'finding':>9}{'to core':>9}{'CPU s':>8}{'peak MB':>9}{'changes':>10}")
    with tempfile.TemporaryDirectory() as folder:
        core = None
        for contender in ("write", *wanted.engines):
            told = in_a_process(contender, folder, wanted)
            core = told["finding"] if contender == "core" else core
            ratio = "" if core is None else f"{told['finding'] / core:8.1f}x"
            beside = f" + {told['beside']:,.0f} MB in Java" if told.get("beside") else ""
            print(
                f"{contender:9}{told['making']:9.1f}{told['finding']:9.1f}{ratio:>9}{told['cpu']:8.1f}"
                f"{told['peak']:9,.0f}{told['found']:10,.0f}{beside}"
            )


def in_a_process(contender: str, folder: str, wanted: argparse.Namespace) -> dict[str, float]:
    options = {"enrollments": wanted.enrollments, "districts": wanted.districts, "folder": folder}
    named = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, __file__, "--contender", contender, *named], check=True, capture_output=True, text=True
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    main()
