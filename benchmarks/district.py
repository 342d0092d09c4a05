"""A whole district: fetched, compared, planned and applied to SQLite and to PostgreSQL. What each stage costs.

    python benchmarks/district.py                          # 10,000 students, SQLite
    python benchmarks/district.py --students 1000000 --postgres postgresql+psycopg://... --schema benchmark

The pretend Clever serves the district over its own wire format, in this process. Then the first import of every class,
and a nightly re-sync in which 1 % of the students move in or out. A district is synced school by school, so that memory
does not grow with it; each portion is planned, guarded and carried out in chunks that survive a kill.

Printed: rows per second and the share of each stage, peak memory, and what the re-sync costs beyond reading, as a share
of the first import. The peer is the same store without us: the same rows inserted with one plain executemany.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from clever_roster import roster
from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    NewAccount,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    SchoolId,
    Section,
    SectionId,
    Snapshot,
)
from clever_roster.ports import Store

NOW = datetime(2026, 9, 14, 8, tzinfo=UTC)
DISTRICT = DistrictId("d" * 24)
CLASS, PER_STUDENT, SCHOOL = 25, 5, 500


class Stages:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + time.perf_counter() - begun

    def told(self, rows: int) -> str:
        total = sum(self.spent.values())
        shares = ", ".join(f"{name} {spent:.1f} s ({spent / total:.0%})" for name, spent in self.spent.items())
        return f"{total:8.1f} s, {rows / total:,.0f} enrollments a second: {shares}"


def school(number: int, size: int, *, night: bool) -> Snapshot:
    """One school: its students in five classes each; by night 1 % of the enrollments are others."""
    students = [PersonId(f"a{number:07x}{n:016x}") for n in range(size)]
    classes = max(1, size * PER_STUDENT // CLASS)
    teachers = [PersonId(f"b{number:07x}{n:016x}") for n in range(max(1, classes // 5))]
    chance = random.Random(number)  # noqa: S311 - a sample
    sections = []
    for n in range(classes):
        listed = set(chance.sample(students, min(CLASS, size)))
        if night and n % 4 == 0:
            listed.remove(min(listed))
            listed.add(PersonId(f"c{number:07x}{n:016x}"))
        sections.append(
            Section(
                id=SectionId(f"e{number:07x}{n:016x}"),
                district=DISTRICT,
                name=f"Class {n}",
                teachers=(teachers[n % len(teachers)],),
                students=tuple(sorted(listed)),
            )
        )
    named = {one for section in sections for one in section.students}
    people = [described(one, Role.STUDENT, number) for one in sorted(named)]
    people += [described(one, Role.TEACHER, number) for one in teachers]
    return Snapshot.of(
        provider=CLEVER, district=DISTRICT, taken_at=NOW, people=people, sections=sections, proof=Proof()
    )


def described(one: PersonId, role: Role, number: int) -> Person:
    return Person(
        id=one,
        district=DISTRICT,
        name=PersonName("Given", f"Family {one[-4:]}"),
        roles=frozenset({role}),
        email=f"{one}@school.example",
        sis_id=one[-12:],
        grade="5",
        schools=(SchoolId(f"{number:024x}"),),
    )


def sync(store: Store, schools: Iterable[Snapshot], stages: Stages, owner: AccountId, *, first: bool) -> int:
    """Plan and carry out, school by school; how many enrollments the source lists."""
    rows, parts = 0, iter(schools)
    while True:
        with stages.stage("read"):
            snapshot = next(parts, None)
        if snapshot is None:
            return rows
        rows += sum(len(section.students) + len(section.teachers) for section in snapshot.sections.values())
        attach = {key: roster.Attachment(owner=owner) for key in snapshot.sections} if first else {}
        with stages.stage("plan"), store.transaction() as ports:
            plan = roster.plan(ports, snapshot, attach=attach)
        with stages.stage("apply"):
            report = roster.run(store, plan, actor="benchmark", now=NOW, chunk=5000)
        if report.failed or report.stale:
            raise SystemExit(f"{len(report.failed)} failed, {len(report.stale)} stale")


def measure(name: str, store: Store, students: int) -> None:
    count = max(1, students // SCHOOL)
    size = students // count
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([NewAccount(name=PersonName("The", "Owner"))])
    spent = {}
    for label, night in (("first import", False), ("the same again", False), ("night of 1 %", True)):
        stages = Stages()
        schools = (school(number, size, night=night) for number in range(count))
        rows = sync(store, schools, stages, owner, first=label == "first import")
        spent[label] = sum(stages.spent.values()) - stages.spent["read"]
        print(f"  {name:10} {label:15} {stages.told(rows)}")
    share = spent["night of 1 %"] / spent["first import"]
    print(f"  {name:10} the night costs {share:.1%} of the first import, beyond reading; peak memory {peak():,.0f} MB")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peer(students: int, folder: Path) -> None:
    """The same enrollments, inserted plainly, with nobody asking what changed."""
    count = max(1, students // SCHOOL)
    database = sqlite3.connect(folder / "plain.db")
    database.execute("CREATE TABLE people (id PRIMARY KEY, given, family, email)")
    database.execute("CREATE TABLE enrollments (section, person, role, PRIMARY KEY (section, person, role))")
    spent, rows = 0.0, 0
    for number in range(count):
        snapshot = school(number, students // count, night=False)
        begun = time.perf_counter()
        with database:
            people = [(one.id, one.name.first, one.name.last, one.email) for one in snapshot.people.values()]
            database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", people)
            listed = [one for section in snapshot.sections.values() for one in section.enrollments()]
            database.executemany(
                "INSERT INTO enrollments VALUES (?, ?, ?)", [(one.section, one.person, one.role) for one in listed]
            )
        spent += time.perf_counter() - begun
        rows += len(listed)
    print(f"  plain      insert          {spent:8.1f} s, {rows / spent:,.0f} enrollments a second, no plan, no journal")


def fetched(students: int) -> None:
    """Reading over the wire: the client against the pretend Clever, in one process."""
    import httpx

    from clever_roster.clever import CleverClient
    from clever_roster.testing import Simulator, sample_district, transport

    district = sample_district(seed=1, students=students)
    clever = Simulator([district])
    wanted = sorted(district.sections)
    with httpx.Client(transport=transport(clever)) as http:
        client = CleverClient(clever.district_token(district.id), http=http, sleep=lambda _: None)
        begun = time.perf_counter()
        snapshot = client.fetch_snapshot(district.id, wanted)
        spent = time.perf_counter() - begun
    rows = sum(len(section.enrollments()) for section in snapshot.sections.values())
    print(f"  fetched {rows:,} enrollments of {students:,} students in {spent:.1f} s: {rows / spent:,.0f} a second")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--students", type=int, default=10_000)
    asked.add_argument("--fetch", type=int, default=1_000, help="students of the district that is read over the wire")
    asked.add_argument("--postgres", help="a SQLAlchemy URL")
    asked.add_argument("--schema", default="clever_roster_benchmark", help="made anew")
    wanted = asked.parse_args()
    from sqlalchemy import make_url

    from clever_roster.storage.sqlalchemy import SqlStore

    print(f"{wanted.students:,} students, {wanted.students * PER_STUDENT:,} enrollments")
    if wanted.fetch:
        fetched(wanted.fetch)
    with tempfile.TemporaryDirectory() as folder:
        peer(wanted.students, Path(folder))
        store = SqlStore(f"sqlite:///{folder}/school.db")
        store.create_tables()
        measure("SQLite", store, wanted.students)
        store.close()
    if wanted.postgres:
        url = make_url(wanted.postgres).update_query_dict({"options": f"-csearch_path={wanted.schema}"})
        store = SqlStore(url)
        with store._engine.begin() as connection:  # noqa: SLF001 - a schema of its own, made anew
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {wanted.schema} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {wanted.schema}")
        store.create_tables()
        measure("PostgreSQL", store, wanted.students)
        store.close()


if __name__ == "__main__":
    main()
