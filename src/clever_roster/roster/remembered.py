"""What is remembered of a section from one run to the next: how long steps wait, who was missing, how many left.

One memo per section, and a mark where something waits. Time only makes brakes stricter here, never looser: an entry is
dropped when it is older than the window, and one from the future (a clock that was wrong) still counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from clever_roster.model import DistrictId, Provider, SectionId, SectionKey
from clever_roster.ports import Memo, Ports

__all__ = ["Night", "Remembered", "keep", "recall", "waiting_districts", "waiting_in"]


@attrs.frozen(kw_only=True)
class Remembered:
    """The memory of one section.

    Attributes:
        held: by rule: since when it has held steps, and in how many runs.
        absent: by person: in how many runs running they were missing and not yet withdrawn.
        left: when how many students were withdrawn without anybody's word.
        size: the fewest students that there were while somebody's leaving waits: who joins meanwhile makes no loss
            smaller.
        latest: when an enrollment was last written by a sync.
        version: of the memo.
    """

    held: Mapping[str, tuple[datetime, int]] = attrs.field(factory=dict[str, tuple[datetime, int]])
    absent: Mapping[str, int] = attrs.field(factory=dict[str, int])
    left: tuple[tuple[datetime, int], ...] = ()
    size: int | None = None
    latest: datetime | None = None
    version: int = attrs.field(default=0, eq=False)

    @property
    def busy(self) -> bool:
        """Whether anything waits: it ends, or gets older, with the next run."""
        return bool(self.held or self.absent)

    def left_within(self, window: timedelta, now: datetime) -> int:
        """How many left within the window before now."""
        return sum(count for at, count in self.left if at > now - window)


NOTHING = Remembered()


@attrs.frozen(kw_only=True)
class Night:
    """What other plans of this night ended, by kind ("student", "teacher", "section"), and of how many."""

    plans: int = 0
    ended: Mapping[str, int] = attrs.field(factory=dict[str, int])
    of: Mapping[str, int] = attrs.field(factory=dict[str, int])


NO_NIGHT = Night()

_SECTION, _WAITING = "section/", "waiting/"
"""How the keys of memories begin; and those of a mark on each in which something waits.

A district has many memories, and on most nights hardly any waits: those are found by their marks.
"""


def recall(ports: Ports, keys: Iterable[SectionKey]) -> Mapping[SectionId, Remembered]:
    """What is remembered of these sections; those without a memory are missing."""
    by_key = {_key(key, _SECTION): key.section for key in keys}
    alike: dict[tuple[str, int], Remembered] = {}  # most of them say the same
    found: dict[SectionId, Remembered] = {}
    for key, memo in ports.roster.memos(by_key).items():
        known = alike.get((memo.text, memo.version))
        if known is None:
            known = alike[memo.text, memo.version] = _read(memo)
        found[by_key[key]] = known
    return found


def waiting_in(ports: Ports, provider: Provider, district: DistrictId) -> frozenset[SectionId]:
    """The sections of a district in which anything waits: a step that is held, or somebody who was missing once."""
    begins = _key(SectionKey(provider, district, SectionId("")), _WAITING)
    return frozenset(SectionId(memo.key.removeprefix(begins)) for memo in ports.roster.memos_starting(begins))


def waiting_districts(ports: Ports) -> frozenset[tuple[Provider, DistrictId]]:
    """The districts in which anything waits: a step that is held, or somebody who was missing once."""
    return frozenset(
        (Provider(provider), DistrictId(district))
        for memo in ports.roster.memos_starting(_WAITING)
        for provider, district, _ in [memo.key.removeprefix(_WAITING).split("/", 2)]
    )


def keep(ports: Ports, memories: Mapping[SectionKey, Remembered], *, before: Mapping[SectionId, Remembered]) -> None:
    """Remember these.

    Args:
        before: what was remembered of them.

    Raises:
        Overtaken: another run remembered something in between.
    """
    if not memories:
        return
    ports.roster.keep_memos([_written(key, memory) for key, memory in sorted(memories.items())])
    busy = {key: memory for key, memory in memories.items() if memory.busy}
    was_busy = {key for key in memories if before.get(key.section, NOTHING).busy}
    if busy or was_busy:
        ports.roster.drop_memos([_key(key, _WAITING) for key in sorted(busy.keys() | was_busy)])
        ports.roster.keep_memos([Memo(key=_key(key, _WAITING), text=_absent(busy[key])) for key in sorted(busy)])


def _key(key: SectionKey, begins: str) -> str:
    return f"{begins}{key.provider}/{key.district}/{key.section}"


def _absent(memory: Remembered) -> str:
    """Whom a mark tells of, so that whoever forgets a person finds it, too."""
    return json.dumps(sorted(memory.absent))


def _read(memo: Memo) -> Remembered:
    fields: dict[str, Any] = json.loads(memo.text)
    latest = fields["latest"]
    return Remembered(
        held={rule: (datetime.fromisoformat(at), nights) for rule, (at, nights) in fields["held"].items()},
        absent=fields["absent"],
        left=tuple((datetime.fromisoformat(at), count) for at, count in fields["left"]),
        size=fields["size"],
        latest=None if latest is None else datetime.fromisoformat(latest),
        version=memo.version,
    )


def _written(key: SectionKey, memory: Remembered) -> Memo:
    fields = {
        "held": {rule: (at.isoformat(), nights) for rule, (at, nights) in sorted(memory.held.items())},
        "absent": dict(sorted(memory.absent.items())),
        "left": [(at.isoformat(), count) for at, count in memory.left],
        "size": memory.size,
        "latest": None if memory.latest is None else memory.latest.isoformat(),
    }
    return Memo(key=_key(key, _SECTION), text=json.dumps(fields), version=memory.version)
