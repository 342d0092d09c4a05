"""Which classes are one, once a newcomer is in some of them: matched anew as far as the change reaches, and no further.

What the newcomer changed, those that fit it, and those that fit those are matched by the rules that matched all
(`classes.heads`), which look no further than what is connected. The answer is the one that matching all classes anew
would give.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

import attrs

from clever_roster.duplicates.attendance import NEWCOMER, Attendance
from clever_roster.duplicates.classes import FEWEST, Fit, Roll, fit, heads
from clever_roster.duplicates.packing import Patched
from clever_roster.duplicates.register import Class, Register
from clever_roster.model import Provider

__all__ = ["NewlyRead", "Rematched", "rematched"]


@attrs.frozen(kw_only=True, eq=False)
class NewlyRead:
    """The classes as they are with a newcomer in them, before it is known which of them are one.

    Attributes:
        before, after: the population's attendance, and the one that is made for this question.
        touched: the classes that are not as they were, by number.
        only_fuller: those of them that have a student more, and nothing else is other than it was.
        learnt_in, learns_in: where the newcomer is, or was, a student; and where they are one now.
    """

    before: Attendance
    after: Attendance
    touched: Mapping[int, Class]
    only_fuller: AbstractSet[int]
    learnt_in: AbstractSet[int]
    learns_in: AbstractSet[int]

    @property
    def register(self) -> Register:
        """The classes as they were."""
        return self.before.register

    def is_known(self, number: int) -> bool:
        """Whether others were in a class before."""
        return number < len(self.before.register)

    def source_of(self, number: int) -> Provider | None:
        """Who lists a class."""
        return self.touched[number].source if number in self.touched else self.register.sources[number]

    def teachers_of(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Who teaches these classes, in order."""
        touched, known = self.touched, self.register.teachers
        own = (touched[number].teachers if number in touched else known([number]) for number in numbers)
        return tuple(sorted({teacher for those in own for teacher in those}))

    def classes_of(self, place: int) -> Iterable[int]:
        """The classes that somebody is, or was, a student of."""
        return self.learnt_in if place == NEWCOMER else self.before.learnt_in(place)


@attrs.frozen(kw_only=True)
class Rematched:
    """What is other than before, now that the classes are matched.

    Attributes:
        rooms: who learns in the classes that changed, by number: places in order.
        parted: the places of others who are in other classes now, or have other teachers.
    """

    rooms: Mapping[int, Sequence[int]]
    parted: Collection[int]


def rematched(new: NewlyRead) -> Rematched:
    """Match the classes that a newcomer may make one, or part; `new.after` has them from now on."""
    return _Matching(new).unite()


class _Matching:
    """One matching; a roll is made of a class once."""

    def __init__(self, new: NewlyRead) -> None:
        self._new, self._touched, self._register = new, new.touched, new.register
        self._before, self._after = new.before, new.after
        self._rolls: dict[int, Roll] = {}

    def unite(self) -> Rematched:
        """Match the classes that the newcomer may make one, or part, and say what is other than before."""
        found = self._fits()
        local = self._connected(found)
        together = self._groups(local, found)
        one = {number: united for united, numbers in together.items() for number in numbers}
        before, after, is_known = self._before, self._after, self._new.is_known
        teachers = {united: self._new.teachers_of(numbers) for united, numbers in together.items()}
        sources = {united: frozenset(map(self._new.source_of, numbers)) for united, numbers in together.items()}
        after.one = Patched(before.one, one)
        after.teachers, after.sources = Patched(before.teachers, teachers), Patched(before.sources, sources)
        rooms: dict[int, Sequence[int]] = {}
        parted: set[int] = set()
        left = {before.one[number] for number in local if is_known(number) and before.one[number] != one[number]}
        for united, numbers in together.items():
            here = [NEWCOMER] if not self._new.learns_in.isdisjoint(numbers) else []
            known = [number for number in numbers if is_known(number)]
            new = [number for number in known if before.one[number] != united]
            if here or new or united in left:
                rooms[united] = sorted({*here, *self._learning(known)})
            if is_known(united) and teachers[united] != before.teachers[united]:
                new = known
            parted.update(self._learning(new))
        return Rematched(rooms=rooms, parted=parted)

    def _fits(self) -> Mapping[tuple[int, int], float]:
        """How well each class with the newcomer in it fits others, the smaller number first."""
        found: dict[tuple[int, int], float] = {}
        # Of those that did not fit a class before it was fuller, one may fit now if it has a namesake of the newcomer.
        others = {*self._touched, *(self._with_namesakes() if self._new.only_fuller else ())}
        for number in self._touched:
            fuller = number in self._new.only_fuller
            fitted = [one for one in self._register.fitting(number) if one not in self._touched] if fuller else ()
            for other in chain(fitted, others if fuller else self._around(number)):
                pair = (number, other) if number < other else (other, number)
                if pair not in found and (other in fitted or self._comparable(number, other)):
                    found[pair] = fit(self._roll(number), self._roll(other))
        return {pair: how_well for pair, how_well in found.items() if how_well > 0}

    def _around(self, number: int) -> set[int]:
        """Classes with a student, or a teacher, in common with one that the newcomer changes."""
        one = self._touched[number]
        near = {other for place in set(one.students) for other in self._new.classes_of(place)}
        # Teachers are known by name, and others elsewhere have the same.
        group_of, group = self._after.group_of, self._after.group_of(number)
        taught = chain.from_iterable(self._after.taught.get(teacher, ()) for teacher in one.teachers)
        return near.union(other for other in taught if group_of(other) == group)

    def _with_namesakes(self) -> set[int]:
        """Those of the classes around in which somebody may be taken for the newcomer."""
        near = set[int]().union(*(self._around(number) for number in self._new.only_fuller)) - self._touched.keys()
        places = set[int]().union(*map(self._register.students, near))
        known, newcomer = self._before.short_names, self._after.short_names[NEWCOMER]
        alike = [place for place in places if known[place] == newcomer]
        return near.intersection(number for place in alike for number in self._new.classes_of(place))

    def _comparable(self, number: int, other: int) -> bool:
        """Whether two classes of different sources in one school have a teacher, or a few students, in common."""
        source_of, group_of = self._new.source_of, self._after.group_of
        if source_of(number) == source_of(other) or group_of(number) != group_of(other):
            return False
        left, right = self._roll(number), self._roll(other)
        return len(left.students & right.students) >= FEWEST or not left.teachers.isdisjoint(right.teachers)

    def _roll(self, number: int) -> Roll:
        known = self._rolls.get(number)
        if known is None:
            one = self._touched.get(number) or self._register.read(number)
            known = self._rolls[number] = one.roll(self._after.keys[number], self._after.short_names.__getitem__)
        return known

    def _connected(self, found: Iterable[tuple[int, int]]) -> Sequence[int]:
        """All classes that a chain of fits, of before or of now, connects with one that changed; in their order."""
        near: defaultdict[int, list[int]] = defaultdict(list)
        for left, right in found:
            near[left].append(right)
            near[right].append(left)
        reached, frontier = set(self._touched), list(self._touched)
        while frontier:
            number = frontier.pop()
            for other in (*near[number], *(self._register.fitting(number) if self._new.is_known(number) else ())):
                if other not in reached:
                    reached.add(other)
                    frontier.append(other)
        return sorted(reached, key=lambda number: str(self._after.keys[number]))

    def _groups(self, local: Sequence[int], found: Mapping[tuple[int, int], float]) -> Mapping[int, Sequence[int]]:
        """The classes that are one, by their number: the one that most of them had, where no others have it."""
        where = {number: place for place, number in enumerate(local)}
        fitting: list[Fit] = [(where[left], where[right], how_well) for (left, right), how_well in found.items()]
        for number in local:
            if number not in self._touched:
                fitting += [
                    (where[number], where[other], how_well)
                    for other, how_well in self._register.fits(number)
                    if number < other and other not in self._touched
                ]
        gathered: defaultdict[int, list[int]] = defaultdict(list)
        first = heads([*map(self._new.source_of, local)], fitting, lambda place: self._roll(local[place]))
        for number, head in zip(local, first, strict=True):
            gathered[head].append(number)
        together: dict[int, Sequence[int]] = {}
        fresh = len(self._after.keys)
        for numbers in gathered.values():
            had = (self._before.one[number] for number in numbers if self._new.is_known(number))
            united = next((number for number in had if number not in together), None)
            if united is None:
                united, fresh = fresh, fresh + 1
            together[united] = numbers
        return together

    def _learning(self, numbers: Iterable[int]) -> Iterable[int]:
        """Who of the population learns in these classes now."""
        learns, students = self._before.learns, self._register.students
        return [place for number in numbers for place in students(number) if learns(place, number)]
