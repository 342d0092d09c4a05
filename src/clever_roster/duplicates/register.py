"""What is read of each class before it is known which class is which, and how it is packed away afterwards.

A `Class` is read membership by membership, and gives the roll that `classes` compares. A `Register` keeps all of a
population in arrays, and gives any of them back, so that a newcomer can be read into it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain

import attrs

from clever_roster.duplicates.classes import ClassKey, Roll, words_of
from clever_roster.duplicates.packing import Lists
from clever_roster.duplicates.profile import ClassMembership
from clever_roster.model import EnrollmentRole, Provider, SchoolId

__all__ = ["Class", "Register", "usual"]

_TEACHER = EnrollmentRole.TEACHER


def _no_places() -> list[int]:
    return []  # there are two for each class: `list[int]()` takes ten times as long


def _no_names() -> set[str]:
    return set()


@attrs.define(eq=False)
class Class:
    """What is read of one class, before it is known which other class it is.

    Attributes:
        students: places of those who are, or were, in it; twice where two memberships say so.
        staff: places of its teachers, as far as they have accounts.
        teachers: what these are called, and those whom a membership names.
        source: who lists it; of several the last in the order of places.
        live: somebody is in it now; `ends` says nothing then.
        starts: since when somebody is in it; None when somebody always was.
    """

    number: int
    starts: datetime | None
    students: list[int] = attrs.field(factory=_no_places)
    staff: list[int] = attrs.field(factory=_no_places)
    teachers: set[str] = attrs.field(factory=_no_names)
    source: Provider | None = None
    title: str = ""
    live: bool = False
    ends: datetime | None = None

    def read(self, membership: ClassMembership, place: int) -> None:
        """Read one membership, but for what teachers are called."""
        until, since = membership.until, membership.since
        if since is not self.starts and self.starts is not None and (since is None or since < self.starts):
            self.starts = since
        (self.staff if membership.role is _TEACHER else self.students).append(place)
        if membership.listed_as is not None:
            self.source = membership.listed_as.provider
        if membership.name is not self.title and membership.name > self.title:
            self.title = membership.name
        if until is None:
            self.live = True
        elif self.ends is None or until > self.ends:
            self.ends = until

    def beside_students(self) -> tuple[object, ...]:
        """What it is but for who is in it."""
        return self.source, self.title, self.live, self.ends, self.starts, len(self.teachers)

    def roll(self, key: ClassKey, short_name: Callable[[int], Hashable]) -> Roll:
        """It, as it is compared with classes of other sources, who knows names by place."""
        return Roll(
            section=key,
            source=self.source,
            students=frozenset(self.students),
            names=frozenset(map(short_name, self.students)),
            teachers=frozenset(self.teachers),
            words=words_of(self.title),
            starts=_day(self.starts),
            ends=None if self.live else _day(self.ends),
        )

    def school(self, primary: Callable[[int], SchoolId | None]) -> SchoolId | None:
        """The primary school that most of a class have, given those of places."""
        schools = [school for place in self.students if (school := primary(place)) is not None]
        agreed = schools and schools.count(schools[0]) == len(schools)
        return schools[0] if agreed else usual(Counter(schools))


class Register:
    """Every class of a population as it was read, by number; who is in them only where they are `to_read_on`.

    Attributes:
        sources: who lists each.
    """

    def __init__(self, classes: Sequence[Class], *, to_read_on: bool) -> None:
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._to_read_on = to_read_on
        self._students = Lists(one.students for one in classes if to_read_on)
        self._staff = Lists(one.staff for one in classes if to_read_on)
        self._teachers = [shared.setdefault(own, own) for own in (tuple(sorted(one.teachers)) for one in classes)]
        self._titles = [one.title for one in classes]
        self._starts = [one.starts for one in classes]
        self._ended = {one.number: one.ends for one in classes if not one.live}
        self._fitting, self._fits = Lists(), array("d")
        self.sources = [one.source for one in classes]

    def __len__(self) -> int:
        return len(self.sources)

    def keep_fits(self, fitting: Mapping[int, Sequence[tuple[int, float]]]) -> None:
        """Keep with which classes each may be one, and how well it fits them."""
        self._fitting, self._fits = Lists(), array("d")
        for number in range(len(self) if self._to_read_on else 0):
            others = fitting.get(number, ())
            self._fitting.append([other for other, _ in others])
            self._fits.extend([how_well for _, how_well in others])

    def fitting(self, number: int) -> Sequence[int]:
        """The classes with which one may be one."""
        return self._fitting[number]

    def fits(self, number: int) -> Iterable[tuple[int, float]]:
        """The same, and how well it fits them."""
        return zip(self._fitting[number], self._fits[self._fitting.where(number)], strict=True)

    def students(self, number: int) -> Sequence[int]:
        """The places of those who are, or were, in a class."""
        return self._students[number]

    def members(self, number: int) -> Iterable[int]:
        """The same, and of its teachers."""
        return chain(self._students[number], self._staff[number])

    def teachers(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Who teaches these classes, in order."""
        first, *others = [self._teachers[number] for number in numbers]
        if all(own == first for own in others):
            return first
        return tuple(sorted({teacher for own in (first, *others) for teacher in own}))

    def taught(self) -> dict[str, Sequence[int]]:
        """The classes of each teacher."""
        taught: dict[str, list[int]] = {}
        for number, teachers in enumerate(self._teachers):
            for teacher in teachers:
                taught.setdefault(teacher, []).append(number)
        return {teacher: array("i", numbers) for teacher, numbers in taught.items()}

    def read(self, number: int) -> Class:
        """A class as it was before it was packed, to be read on."""
        live = number not in self._ended
        return Class(
            number,
            self._starts[number],
            students=list(self._students[number]),
            staff=list(self._staff[number]),
            teachers=set(self._teachers[number]),
            source=self.sources[number],
            title=self._titles[number],
            live=live,
            ends=self._ended.get(number),
        )


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def usual(schools: Counter[SchoolId]) -> SchoolId | None:
    """The school that occurs most; of equals the last in order."""
    return max(schools, key=lambda school: (schools[school], school), default=None)
