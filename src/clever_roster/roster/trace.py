"""What a run changed, before and after: kept in the same transaction as the change, so that it can be undone exactly.

Kept as memos `run/<plan digest>/<round>/<place>`, where the place is that of the chunk's first step in the plan. A memo
that is there says that its chunk is done. Rounds tell apart two runs of one plan: a roster may come back to a state in
which the same plan is due once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeAlias, cast

import attrs

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    Person,
    PersonId,
    PersonName,
    ProfileUpdate,
    Role,
    Section,
    SectionId,
    SectionKey,
    SyncMode,
)
from clever_roster.ports import Memo, Ports
from clever_roster.roster.written import Codec

__all__ = ["LAST", "Listing", "Round", "Trace", "keep_trace", "latest_round", "traces"]


Listing: TypeAlias = tuple[SectionId, Section | None, str | None]
"""A section, what the source had said of it, and the digest of what it says now; None for nothing."""


@attrs.frozen(kw_only=True, repr=False)
class Trace:
    """Pairs of before and after; a None before means that there was nothing, a None after that nothing is left.

    Attributes:
        steps: how many steps of the plan the chunk was.
        listed: sections that the source lists otherwise than before.
    """

    steps: int = 0
    rows: tuple[tuple[HostEnrollment | None, HostEnrollment], ...] = ()
    sections: tuple[tuple[HostSection | None, HostSection], ...] = ()
    profiles: tuple[tuple[ProfileUpdate, ProfileUpdate], ...] = ()
    people: tuple[tuple[Person, Person], ...] = ()
    listed: tuple[Listing, ...] = ()
    source: SectionKey | None = None


CODEC: Final = Codec(
    (
        Trace,
        HostSection,
        ProfileUpdate,
        Person,
        PersonName,
        Section,
        SectionKey,
        Role,
        EnrollmentRole,
        EnrollmentStatus,
        Origin,
        SyncMode,
    )
)


LAST: Final = 999_999_999
"""The place of what is remembered after all steps."""


@attrs.frozen(kw_only=True)
class Round:
    """One carrying out of a plan.

    Attributes:
        approved: whether held steps go on in it; with and without are two different runs.
        behind: how many steps are behind it.
        ended: whether it came to its end.
    """

    plan: str
    number: int
    approved: bool
    behind: int = 0
    ended: bool = False

    @property
    def name(self) -> str:
        """What tells it from the plan's other rounds."""
        return f"{self.number:06}{'a' if self.approved else 'r'}"

    @property
    def key(self) -> str:
        """What the keys of its memos begin with."""
        return self.key_of(self.plan, self.name)

    @staticmethod
    def key_of(plan: str, name: str) -> str:
        """What the keys of a round's memos begin with."""
        return f"run/{plan}/{name}/"

    def following(self) -> Round:
        """The next carrying out of the same plan."""
        return Round(plan=self.plan, number=self.number + 1, approved=self.approved)


def latest_round(ports: Ports, plan: str, *, approved: bool) -> Round:
    """The newest round of a plan, or the first, which nobody has begun."""
    rounds = _rounds(ports, plan)
    numbers = [number for number, with_word in rounds if with_word == approved]
    if not numbers:
        free = max((number for number, _ in rounds), default=-1) + 1
        return Round(plan=plan, number=free, approved=approved)
    memos = rounds[max(numbers), approved]
    places = [int(memo.key.rpartition("/")[2]) for memo in memos]
    steps = [(place, memo) for place, memo in zip(places, memos, strict=True) if place != LAST]
    behind = steps[-1][0] + _read(steps[-1][1]).steps if steps else 0
    ended = LAST in places
    return Round(plan=plan, number=max(numbers), approved=approved, behind=behind, ended=ended)


def keep_trace(ports: Ports, one: Round, place: int, trace: Trace) -> None:
    """Note that a chunk is done, and what it changed.

    Raises:
        Overtaken: another process did this chunk.
    """
    ports.roster.keep_memos([Memo(key=f"{one.key}{place:09}", text=_written(trace))])


def traces(ports: Ports, plan: str) -> tuple[Trace, ...]:
    """What the rounds of a plan changed, in the order in which it was done."""
    rounds = _rounds(ports, plan)
    return tuple(_read(memo) for key in sorted(rounds) for memo in rounds[key])


def _rounds(ports: Ports, plan: str) -> dict[tuple[int, bool], list[Memo]]:
    found: dict[tuple[int, bool], list[Memo]] = {}
    for memo in ports.roster.memos_starting(f"run/{plan}/"):
        word = memo.key.split("/")[2]
        found.setdefault((int(word[:-1]), word[-1] == "a"), []).append(memo)
    return found


# --- As text ----------------------------------------------------------------------------------------------------------
#
# Rows are the bulk of a trace, so they are bare lists of facts, on a line of their own; all else is as in plans.


def _written(trace: Trace) -> str:
    rows = [(None if before is None else _facts(before), _facts(after)) for before, after in trace.rows]
    return f"{CODEC.dumps(attrs.evolve(trace, rows=()))}\n{json.dumps(rows, default=_instant, separators=(',', ':'))}"


def _read(memo: Memo) -> Trace:
    others, _, rows = memo.text.partition("\n")
    pairs = tuple((None if before is None else _row(before), _row(after)) for before, after in json.loads(rows))
    return attrs.evolve(cast("Trace", CODEC.loads(others)), rows=pairs)


_facts = attrgetter("section", "account", "role", "origin", "status", "person", "since", "changed_at")


def _instant(value: datetime) -> str:
    return value.isoformat()


def _row(facts: Sequence[Any]) -> HostEnrollment:
    section, account, role, origin, status, person, since, changed_at = facts
    return HostEnrollment(
        section=HostSectionId(section),
        account=AccountId(account),
        role=EnrollmentRole(role),
        origin=Origin(origin),
        status=EnrollmentStatus(status),
        person=None if person is None else PersonId(person),
        since=datetime.fromisoformat(since),
        changed_at=datetime.fromisoformat(changed_at),
    )
