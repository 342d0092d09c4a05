"""A night of 13,000 districts with N workers, simulated: when is it over, and what did it wait for?

    python benchmarks/fleet.py [--workers 1 8 32 128 512] [--seed 1]

Nothing is read and nothing written: time is counted, not spent. What is simulated is one task for each district under
the rules of `clever_roster.scale.fleet`: one worker at a time reads a district, a refused task comes back later, and
the turn of a worker that died runs out before another takes it up.

Sizes follow the shape of the United States' districts (National Center for Education Statistics, Digest, "Public
school districts and enrollment, by size of district", rounded): many tiny ones, and 300 with a third of all children.
Lists are read page by page, each page naming the next, so a district's pages follow each other; Clever allows a token
1,200 requests a minute (dev.clever.com, "Paging and limits"). The seconds for a page and for planning are assumptions,
printed and to be changed: `--page-seconds`, `--rows-a-second` (see `benchmarks/district.py` for the latter).
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections import Counter
from collections.abc import Sequence

import attrs

DISTRICTS = 13_000
SHAPE = (  # students from, to, share of districts
    (1, 299, 0.20),
    (300, 599, 0.14),
    (600, 999, 0.13),
    (1_000, 2_499, 0.24),
    (2_500, 4_999, 0.145),
    (5_000, 9_999, 0.077),
    (10_000, 24_999, 0.046),
    (25_000, 120_000, 0.0215),
    (120_000, 900_000, 0.0005),
)
PAGE, LIMIT, CLASSES, SIZE = 1_000, 1_200 / 60, 6, 25


@attrs.frozen(kw_only=True)
class World:
    """What is assumed of Clever, of the workers and of bad luck."""

    page_seconds: float = 0.8
    rows_a_second: float = 40_000
    unavailable: float = 0.02  # a task is refused, and comes back after five minutes
    died: float = 0.002  # its worker dies half-way, and its turn runs out after thirty
    later: float = 300.0
    lasts: float = 1_800.0


@attrs.frozen
class District:
    """One district's work, in seconds."""

    students: int
    reading: float
    waiting: float
    planning: float

    @classmethod
    def of(cls, students: int, world: World) -> District:
        pages = 3 + -(-students * 11 // 10 // PAGE) + -(-students * CLASSES // SIZE // PAGE)
        at_full_speed = pages * world.page_seconds
        return cls(
            students=students,
            reading=at_full_speed,
            waiting=max(0.0, pages / LIMIT - at_full_speed),
            planning=students * CLASSES / world.rows_a_second,
        )

    @property
    def seconds(self) -> float:
        return self.reading + self.waiting + self.planning


def sizes(seed: int) -> list[int]:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    bands = chance.choices(SHAPE, [share for *_, share in SHAPE], k=DISTRICTS)
    return [round(low * (high / low) ** chance.random()) for low, high, _ in bands]


@attrs.frozen(kw_only=True)
class Night:
    """How it went: seconds, and what the workers' time went into."""

    ended: float
    busy: float
    tries: int
    fates: Counter[str]
    last: District


def night(districts: Sequence[District], workers: int, world: World, seed: int) -> Night:
    """One night; tasks are handed out in the order given, and again when they come back."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    ready = [(0.0, place, one) for place, one in enumerate(districts)]
    heapq.heapify(ready)
    free = [0.0] * workers
    fates: Counter[str] = Counter()
    ended, busy, last = 0.0, 0.0, districts[0]
    while ready:
        due, place, one = heapq.heappop(ready)
        begun = max(heapq.heappop(free), due)
        luck = chance.random()
        if luck < world.died:
            fates["worker died"] += 1
            spent, again = one.seconds / 2, begun + world.lasts
        elif luck < world.died + world.unavailable:
            fates["came back later"] += 1
            spent, again = world.page_seconds, begun + world.page_seconds + world.later
        else:
            fates["done"] += 1
            spent, again = one.seconds, None
        heapq.heappush(free, begun + spent)
        busy += spent
        if again is not None:
            heapq.heappush(ready, (again, place, one))
        elif begun + spent > ended:
            ended, last = begun + spent, one
    return Night(ended=ended, busy=busy, tries=sum(fates.values()), fates=fates, last=last)


def bottleneck(told: Night, districts: Sequence[District], workers: int) -> str:
    longest = max(one.seconds for one in districts)
    if told.busy / workers > 0.85 * told.ended:
        return "workers: more of them would end it sooner"
    if told.ended < 1.3 * longest:
        return "the largest district: its pages follow each other (read it in parts, or larger pages)"
    return "what came back late: refused tasks and dead workers' turns"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--workers", type=int, nargs="*", default=[1, 8, 32, 128, 512])
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--page-seconds", type=float, default=0.8)
    asked.add_argument("--rows-a-second", type=float, default=40_000)
    wanted = asked.parse_args()
    world = World(page_seconds=wanted.page_seconds, rows_a_second=wanted.rows_a_second)
    drawn = [District.of(students, world) for students in sizes(wanted.seed)]
    drawn_sizes = sorted(one.students for one in drawn)
    print(
        f"{len(drawn):,} districts, {sum(drawn_sizes):,} students; median {drawn_sizes[len(drawn) // 2]:,}, "
        f"largest {drawn_sizes[-1]:,}"
    )
    total = sum(one.seconds for one in drawn)
    parts = {"reading": "reading", "waiting for the limit": "waiting", "planning and writing": "planning"}
    print(", ".join(f"{name} {sum(getattr(one, field) for one in drawn) / total:.0%}" for name, field in parts.items()))
    print(f"the largest alone: {max(one.seconds for one in drawn) / 60:.1f} minutes")
    print(f"{'workers':>8}{'as listed':>12}{'largest first':>15}{'busy':>7}{'tries':>8}  waits for")
    largest_first = sorted(drawn, key=lambda one: -one.seconds)
    for workers in wanted.workers:
        listed = night(drawn, workers, world, wanted.seed)
        told = night(largest_first, workers, world, wanted.seed)
        print(
            f"{workers:8}{listed.ended / 3600:11.2f}h{told.ended / 3600:14.2f}h"
            f"{told.busy / workers / told.ended:7.0%}{told.tries:8,}  {bottleneck(told, drawn, workers)}"
        )


if __name__ == "__main__":
    main()
