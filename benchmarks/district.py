"""A whole district: fetched, compared, planned and applied to SQLite and to PostgreSQL. What each stage costs.

    python benchmarks/district.py                          # 10,000 students, SQLite
    python benchmarks/district.py --students 1000000 --postgres postgresql+psycopg://... --schema benchmark

The pretend Clever serves the district over its own wire format, in this process; the client reads it whole, sections
and people, with the counts and the proof. Then the first import of every class, and a night in which 1 % of the
students move: half of them leave, as many come, each into the classes that somebody left. The same night again has no
news. In a last night as many move, and only the classes are read of which Clever's events tell.

A district is made, served and synced in portions of some schools, so that memory does not grow with it; each portion is
read, planned, guarded and carried out in chunks that survive a kill. Making the portion is not counted. To reading
belongs the digest of every record, which a snapshot makes of whatever it is read from, and the garbage of reading: it
is collected there, not in whatever stage comes next.

Printed: rows per second and the share of each stage, in wall-clock and in processor time, peak memory, and what a night
costs beyond reading, three times: what comes after both sides are read (the source's and the host's, `survey`), as a
share of the same in the first import; what comes after the source is read, as a share of the same; and that as a share
of all that the first import costs. The peer is the same store without us: the same rows inserted with one plain
executemany, with nobody asking what changed.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import httpx

from clever_roster import roster
from clever_roster.clever import CleverClient, FullReadNeeded
from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    NewAccount,
    PersonId,
    PersonName,
    Role,
    SectionId,
    Snapshot,
)
from clever_roster.ports import Store
from clever_roster.testing import Simulator, sample_district, transport
from clever_roster.testing.district import District

NOW = datetime(2026, 9, 14, 8, tzinfo=UTC)
DISTRICT = DistrictId("d" * 24)
PORTION, CHUNK = 10_000, 5_000
BY_EVENTS = "1 % by events"
SOURCE_READ, BOTH_READ = ("fetch",), ("fetch", "heard", "survey")


@attrs.frozen
class Stages:
    """Seconds by stage: on the wall, and of the processor."""

    wall: Counter[str] = attrs.field(factory=Counter[str])
    processor: Counter[str] = attrs.field(factory=Counter[str])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun, used = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall[name] += time.perf_counter() - begun
            self.processor[name] += time.process_time() - used

    def told(self, rows: int) -> str:
        total, used = self.wall.total(), self.processor.total()
        shares = ", ".join(f"{name} {spent:.1f} s ({spent / total:.0%})" for name, spent in self.wall.items())
        return f"{total:8.1f} s ({used:.1f} s processor), {rows / total:,.0f} enrollments a second: {shares}"

    def beyond(self, reading: Collection[str], of: str) -> float:
        """What it cost but for these stages."""
        return sum(spent for name, spent in self._spent(of).items() if name not in reading)

    def _spent(self, of: str) -> Counter[str]:
        return self.wall if of == "wall" else self.processor


def portion(number: int, students: int, *, nights: int) -> District:
    """Some schools of the district, as they are after so many nights."""
    day = attrs.evolve(sample_district(seed=number + 1, students=students), id=DISTRICT)
    for night in range(nights):
        day = moved(day, number, newly="fe"[night])
    return day


def moved(day: District, number: int, *, newly: str) -> District:
    """One student in 200 is gone, and another, whose id begins otherwise, sits in their classes."""
    chance = random.Random(f"{number} {newly}")  # noqa: S311 - a sample
    everybody = [one.id for one in day.people.values() if Role.STUDENT in one.roles]
    instead = {one: PersonId(f"{newly}{one[1:]}") for one in chance.sample(everybody, max(1, len(everybody) // 200))}
    people = [
        one
        if one.id not in instead
        else attrs.evolve(
            one,
            id=instead[one.id],
            first="Newly",
            last=f"Come {newly}{one.id[-6:]}",
            number=f"{newly}{one.id[-6:]}",
            state_id="",
            sis_ids={**one.sis_ids, Role.STUDENT: f"{newly}{number}-{one.id[-6:]}"},
        )
        for one in day.people.values()
    ]
    sections = {
        key: attrs.evolve(one, students=tuple(sorted(instead.get(who, who) for who in one.students)))
        for key, one in day.sections.items()
    }
    return attrs.evolve(day, people={one.id: one for one in sorted(people, key=lambda one: one.id)}, sections=sections)


def fetched(district: District, stages: Stages, known: Snapshot | None = None) -> Snapshot:
    """The portion as a client reads it over the wire."""
    clever = Simulator([district])
    with httpx.Client(transport=transport(clever)) as http:
        client = CleverClient(clever.district_token(district.id), http=http, sleep=lambda _: None)
        with stages.stage("fetch"):
            snapshot = client.fetch_district(district.id, () if known is None else known.scope)
            gc.collect()
            return snapshot


def heard(before: District, after: District, stages: Stages) -> roster.Dirty:
    """What Clever's events of a night tell about a portion."""
    clever = Simulator([before])
    with httpx.Client(transport=transport(clever)) as http:
        client = CleverClient(clever.district_token(before.id), http=http, sleep=lambda _: None)
        cursor = client.fetch_cursor()
        clever.replace(after)
        with stages.stage("fetch"):
            told = client.fetch_events(cursor)
    if isinstance(told, FullReadNeeded):
        raise SystemExit(told.why)
    return roster.Dirty.heard(sections=told.sections, people=told.people)


def chosen(district: District, stages: Stages, wanted: Collection[SectionId]) -> Snapshot:
    """Some classes of the portion as a client reads them, one by one."""
    clever = Simulator([district])
    with httpx.Client(transport=transport(clever)) as http:
        client = CleverClient(clever.district_token(district.id), http=http, sleep=lambda _: None)
        with stages.stage("fetch"):
            snapshot = client.fetch_snapshot(district.id, wanted)
            gc.collect()
            return snapshot


def listed(snapshot: Snapshot) -> int:
    return sum(len(section.students) + len(section.teachers) for section in snapshot.sections.values())


def sync(store: Store, snapshot: Snapshot, stages: Stages, owner: AccountId, *, first: bool) -> None:
    """Plan and carry out a portion, each stage on its own."""
    attach = {key: roster.Attachment(owner=owner) for key in snapshot.sections} if first else {}
    limits = roster.Limits(window=timedelta())  # two nights of one hour: no class would hold for the other's leavers
    with store.transaction() as ports:
        with stages.stage("survey"):
            host = roster.survey(ports, snapshot, attach=attach, actor=None)
        with stages.stage("plan"):
            plan = roster.make_plan(host, snapshot, attach=attach, actor=None, limits=limits)
        with stages.stage("guard"):
            plan = roster.guard(plan, host, limits)
    with stages.stage("apply"):
        report = roster.run(store, plan, actor="benchmark", now=NOW, chunk=CHUNK)
    if report.failed or report.stale or report.held:
        raise SystemExit(f"{len(report.failed)} failed, {len(report.stale)} stale, {len(report.held)} held")


def to_read(
    stores: dict[str, Store], portions: list[int], reading: Stages, each: dict[str, Stages]
) -> frozenset[SectionId]:
    """Which classes to read of all portions: the question is asked once of a district."""
    dirty = roster.Dirty()
    for number, students in enumerate(portions):
        before = portion(number, students, nights=1)
        dirty |= heard(before, moved(before, number, newly="e"), reading)
    wanted = frozenset[SectionId]()
    for name, store in stores.items():
        with store.transaction() as ports, each[name].stage("heard"):
            wanted = roster.to_read(ports, CLEVER, DISTRICT, dirty)
    return wanted


def measure(stores: dict[str, Store], portions: list[int]) -> None:
    """The first import and the night, each over all portions."""
    owners = {}
    for name, store in stores.items():
        with store.transaction() as ports:
            made = ports.accounts.create([NewAccount(name=PersonName("The", "Owner")) for _ in portions])
            owners[name] = made
    spent: dict[str, dict[str, Stages]] = {name: {} for name in stores}
    for label, nights in (("first import", 0), ("night of 1 %", 1), ("the same again", 1), (BY_EVENTS, 2)):
        reading, rows = Stages(), 0
        each = {name: Stages() for name in stores}
        wanted = to_read(stores, portions, reading, each) if label == BY_EVENTS else frozenset[SectionId]()
        for number, students in enumerate(portions):
            district = portion(number, students, nights=nights)
            some = wanted & district.sections.keys()
            snapshot = chosen(district, reading, some) if label == BY_EVENTS else fetched(district, reading)
            rows += listed(snapshot)
            for name, store in stores.items():
                sync(store, snapshot, each[name], owners[name][number], first=not nights)
        for name, stages in each.items():
            together = Stages(reading.wall + stages.wall, reading.processor + stages.processor)
            spent[name][label] = together
            print(f"  {name:10} {label:15} {together.told(rows)}", flush=True)
    for name, told in spent.items():
        first = told.pop("first import")
        for label, night in told.items():
            print(f"  {name:10} {label} costs beyond reading", end="")
            for of in ("wall", "processor"):
                both, source = (night.beyond(read, of) / first.beyond(read, of) for read in (BOTH_READ, SOURCE_READ))
                whole = night.beyond(SOURCE_READ, of) / first.beyond((), of)
                print(f", {of}: {both:.1%} (both sides), {source:.1%} (the source), {whole:.1%} of all", end="")
            print()
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def peer(portions: list[int], folder: Path) -> None:
    """The same enrollments, inserted plainly, with nobody asking what changed."""
    database = sqlite3.connect(folder / "plain.db")
    database.execute("CREATE TABLE people (id PRIMARY KEY, given, family, email)")
    database.execute("CREATE TABLE enrollments (section, person, role, PRIMARY KEY (section, person, role))")
    spent, rows = 0.0, 0
    for number, students in enumerate(portions):
        day = portion(number, students, nights=0)
        begun = time.perf_counter()
        with database:
            people = [(one.id, one.first, one.last, one.email) for one in day.people.values()]
            database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", people)
            seats = [
                (section.id, who, role)
                for section in day.sections.values()
                for role, several in (("teacher", section.teachers), ("student", section.students))
                for who in several
            ]
            database.executemany("INSERT INTO enrollments VALUES (?, ?, ?)", seats)
        spent += time.perf_counter() - begun
        rows += len(seats)
    print(f"  plain      insert          {spent:8.1f} s, {rows / spent:,.0f} enrollments a second, no plan, no journal")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--students", type=int, default=10_000)
    asked.add_argument("--portion", type=int, default=PORTION, help="students that are synced at a time")
    asked.add_argument("--postgres", help="a SQLAlchemy URL")
    asked.add_argument("--schema", default="clever_roster_benchmark", help="made anew")
    wanted = asked.parse_args()
    from sqlalchemy import make_url

    from clever_roster.storage.sqlalchemy import SqlStore

    full, rest = divmod(wanted.students, wanted.portion)
    portions = [wanted.portion] * full + [rest] * (rest > 0)
    print(f"{wanted.students:,} students in {len(portions)} portions", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        peer(portions, Path(folder))
        stores = {"SQLite": SqlStore(f"sqlite:///{folder}/school.db")}
        if wanted.postgres:
            url = make_url(wanted.postgres).update_query_dict({"options": f"-csearch_path={wanted.schema}"})
            stores["PostgreSQL"] = SqlStore(url)
            with stores["PostgreSQL"].engine.begin() as connection:  # a schema of its own, made anew
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {wanted.schema} CASCADE")
                connection.exec_driver_sql(f"CREATE SCHEMA {wanted.schema}")
        for store in stores.values():
            store.create_tables()
        measure(stores, portions)  # type: ignore[arg-type]
        for store in stores.values():
            store.close()


if __name__ == "__main__":
    main()
