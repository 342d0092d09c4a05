"""Runs that are killed: a child process carries out a plan and dies by SIGKILL at a statement or a commit of its own.

Which one is drawn at random; the parent then resumes, and what is kept is compared with a run that nobody killed.
"""

from __future__ import annotations

import os
import random
import signal
import warnings
from collections import Counter
from collections.abc import Callable

import attrs
from hosts import Host
from rosters import DISTRICT, NOW, SECTIONS, person, section, snapshot
from sqlalchemy import event

from clever_roster import roster
from clever_roster.model import CLEVER, PersonId, PersonName, SectionKey
from clever_roster.ports import Store
from clever_roster.roster import Approval
from clever_roster.storage.sqlalchemy import SqlStore

CHUNK = 4


def before_and_after() -> tuple[object, object]:
    """Everything that a plan can do: joins, leaves, moves, renames, a new section and one that ends."""
    many = [f"s{n:02}" for n in range(14)]
    before = snapshot(
        section("c0", teachers=["t0", "t1"], students=many[:8]),
        section("c1", students=many[8:12], name="Biology"),
        section("c2", students=many[:3]),
        scope=["c0", "c1", "c2"],
    )
    after = snapshot(
        section("c0", teachers=["t0", "t2"], students=many[2:7]),
        section("c1", students=[*many[8:11], "s07", "s13"], name="Biology II"),
        section("c3", students=many[5:9]),
        people=[person(PersonId("s03"), name=PersonName("Renamed", "Child"))],
        scope=SECTIONS,
    )
    return before, after


@attrs.frozen
class Scene:
    """A store with a class in it, and the plan of what comes next."""

    host: Host
    plan: roster.Plan
    word: Approval

    @classmethod
    def set_up(cls, store: Store) -> Scene:
        host = Host(store)
        before, after = before_and_after()
        host.sync(before)  # type: ignore[arg-type]
        plan = host.plan(after)  # type: ignore[arg-type]
        return cls(host, plan, Approval(digest=plan.digest, by=host.teacher, why="seen"))

    def run(self, store: Store) -> roster.Report:
        return roster.run(store, self.plan, actor="nightly", now=NOW, approval=self.word, chunk=CHUNK, holder="nightly")


def told(store: Store) -> object:
    """Everything that is kept, by the source's words; each account, row and line of the journal counted."""
    with store.transaction() as ports:
        keys = [SectionKey(CLEVER, DISTRICT, key) for key in SECTIONS]
        attached = ports.sections.attached(keys)
        names = {host.id: key.section for key, host in attached.items()}
        people = {link.account: link.key.subject for link in ports.links.all()}
        rows = ports.sections.enrollments()
        journal = Counter(
            (line.verb, names[line.section], people.get(line.account) if line.account else None)
            for section_id in names
            if section_id is not None
            for line in ports.roster.journal(section_id)
        )
        return (
            {
                (
                    names.get(row.section, row.section),
                    people.get(row.account, row.account),
                    row.role,
                    row.status,
                    row.origin,
                )
                for row in rows
            },
            len(rows),
            {(key.section, host.name, host.archived, host.gone) for key, host in attached.items()},
            sorted((people.get(one.id, ""), one.name.display()) for one in ports.accounts.all()),
            dict(ports.roster.sections(keys)),
            dict(ports.roster.people(CLEVER, DISTRICT)),
            journal,
        )


def events_of(store: SqlStore, heard: Callable[[], None]) -> None:
    """Hear every moment at which a process may die: before and after each statement, and before each commit."""
    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(store._engine, name, lambda *_: heard())
    event.listen(store._engine, "commit", lambda _: heard())


def killed_at(moment: int, work: Callable[[SqlStore], object], reopen: Callable[[], SqlStore]) -> bool:
    """Do the work in a child process that is killed at that moment; whether it died before the end."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forks beside threads; a test runner's own thread holds nothing that the child asks for.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            store, left = reopen(), [moment]

            def heard() -> None:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            events_of(store, heard)
            work(store)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def survive(
    kills: int, *, reset: Callable[[], Scene], reopen: Callable[[], SqlStore], seed: int = 0
) -> tuple[int, int]:
    """Kill and resume that often; how many children died, and of how many moments. Fails when anything is lost."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    scene, store, count = reset(), reopen(), [0]
    events_of(store, lambda: count.__setitem__(0, count[0] + 1))
    scene.run(store)
    expected, moments, died = told(store), count[0], 0
    store.close()
    while died < kills:
        scene = reset()
        for _again in range(chance.choice([1, 1, 1, 2])):  # some are killed twice
            died += killed_at(chance.randrange(moments - 1), scene.run, reopen)
        store = reopen()
        scene.run(store)
        assert told(store) == expected, "a killed and resumed run differs from one that nobody killed"
        scene.run(store)
        assert told(store) == expected, "a run after the end did something twice"
        store.close()
    return died, moments
