"""What one newcomer changes in the classes: which of them are one, who is in them, and to which school they belong.

A newcomer's lists may tell which Google class is which Clever section, and then everybody in the two has other
classmates. The classes that the newcomer is in are read with the newcomer in them; these, those that fit them, and
those that fit those are matched anew, and no others: `classes.heads` looks no further than what is connected. The
population's own attendance stays as it is; what is made here is for one question.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

import attrs

from clever_roster.duplicates.attendance import Attendance
from clever_roster.duplicates.classes import FEWEST, ClassKey, Fit, Roll, fit, heads
from clever_roster.duplicates.names import FoldedName, called, short_name
from clever_roster.duplicates.packing import Patched
from clever_roster.duplicates.profile import ClassMembership
from clever_roster.duplicates.register import Class
from clever_roster.duplicates.traits import Traits
from clever_roster.model import AccountId, EnrollmentRole, Provider, SchoolId

__all__ = ["NEWCOMER", "ClassesWithNewcomer", "with_newcomer"]

NEWCOMER = -1
"""The place of an account that is not in the population."""

_TEACHER = EnrollmentRole.TEACHER


@attrs.frozen(kw_only=True)
class ClassesWithNewcomer:
    """The classes with a newcomer in them.

    Attributes:
        attendance: they, in the place of the population's.
        rooms: who learns in the classes that changed, by number: places in order.
        parted: the places of others who are in other classes now, or have other teachers.
        housed: the places of others whose classes belong to other schools now.
    """

    attendance: Attendance
    rooms: Mapping[int, Sequence[int]]
    parted: Collection[int]
    housed: Collection[int]


def with_newcomer(
    attendance: Attendance, traits: Sequence[Traits], renamed: Collection[int] = ()
) -> ClassesWithNewcomer:
    """Let a newcomer in, whose place is `NEWCOMER`.

    Args:
        attendance: what the population has.
        traits: of each place; their names and profiles are looked at.
        renamed: places of others whose names read otherwise because of the newcomer.
    """
    return _Question(attendance, traits).let_in(renamed)


class _Question:
    """One question: reads the newcomer into the classes, and follows what this changes."""

    def __init__(self, attendance: Attendance, traits: Sequence[Traits]) -> None:
        self.before, self.after = attendance, attendance.again()
        self.register, self.known = attendance.register, len(attendance.register)
        self.traits, self.newcomer = traits, traits[NEWCOMER]
        self.memberships = self.newcomer.profile.memberships
        self.touched: dict[int, Class] = {}
        self.only_fuller: set[int] = set()
        self.rolls: dict[int, Roll] = {}

    def let_in(self, renamed: Collection[int]) -> ClassesWithNewcomer:
        if not self.memberships and not renamed:
            return ClassesWithNewcomer(attendance=self.after, rooms={}, parted=(), housed=())
        self.number()
        self.name(renamed)
        self.read(renamed)
        moved = self.settle_schools()
        found = self.fits()
        return self.unite(self.connected(found), found, moved)

    # --- Reading ------------------------------------------------------------------------------------------------------

    def number(self) -> None:
        """Give numbers to the classes that nobody else is in."""
        new: dict[ClassKey, int] = {}
        for membership in self.memberships:
            if membership.section not in self.before.numbers:
                new.setdefault(membership.section, self.known + len(new))
        if new:
            self.after.numbers = ChainMap(new, self.before.numbers)
            self.after.keys = Patched(self.before.keys, {number: key for key, number in new.items()})

    def name(self, renamed: Collection[int]) -> None:
        """Give the newcomer its short name, and others theirs."""
        short = {place: hash(short_name(_name_of(self.traits[place]))) for place in (NEWCOMER, *renamed)}
        self.after.short_names = Patched(self.before.short_names, short)

    def read(self, renamed: Collection[int]) -> None:
        """Read the classes with the newcomer in them."""
        doubtful: set[int] = set()
        for membership in self.memberships:
            number = self.after.numbers[membership.section]
            one = self.touched.get(number)
            if one is None:
                known = number < self.known
                one = self.register.read(number) if known else Class(number, membership.since)
                self.touched[number] = one
                if known:
                    self.only_fuller.add(number)
            source, was = one.source, one.beside_students()
            self.read_into(one, membership, NEWCOMER)
            # Of several who list a class the last counts, and the newcomer need not be the last.
            if source is not None and one.source is not source:
                doubtful.add(number)
            if one.beside_students() != was:
                self.only_fuller.discard(number)
        for place in renamed:
            doubtful.update(
                self.after.numbers[membership.section] for membership in self.traits[place].profile.memberships
            )
        self.only_fuller -= doubtful
        for number in doubtful:
            self.touched[number] = self.read_anew(number)

    def read_into(self, one: Class, membership: ClassMembership, place: int) -> None:
        fold = self.before.names.fold
        one.read(membership, place)
        one.teachers.update([called(fold(teacher, new=True)) for teacher in membership.teachers])
        if membership.role is _TEACHER:
            one.teachers.add(called(_name_of(self.traits[place])) or self.traits[place].profile.account)

    def read_anew(self, number: int) -> Class:
        """Read a class from the profiles of all who are in it, in their order."""
        key = self.after.keys[number]
        places = set(self.register.members(number)) if number < self.known else set[int]()
        if any(membership.section == key for membership in self.memberships):
            places.add(NEWCOMER)
        one: Class | None = None
        for place in sorted(places, key=self.stands):
            for membership in self.traits[place].profile.memberships:
                if membership.section == key:
                    one = one or Class(number, membership.since)
                    self.read_into(one, membership, place)
        return one or self.register.read(number)

    def stands(self, place: int) -> tuple[tuple[SchoolId, ...], AccountId]:
        """Where an account stands in the order of a population."""
        profile = self.traits[place].profile
        return profile.schools, profile.account

    # --- Schools ------------------------------------------------------------------------------------------------------

    def settle_schools(self) -> Collection[int]:
        """Say to which schools the classes belong; give those that were in others."""
        before, after = self.before, self.after
        schools: dict[int, SchoolId | None] = {}
        taught: dict[str, Sequence[int]] = {}
        changed: set[str] = set()
        for number, one in self.touched.items():
            known = number < self.known
            school = before.schools[number] if self.at_home(number) else one.school(self.primary_of)
            was = set(self.register.teachers([number])) if known else set[str]()
            for teacher in one.teachers ^ was:
                there = taught.get(teacher, before.taught.get(teacher, ()))
                taught[teacher] = [*there, number] if teacher in one.teachers else [n for n in there if n != number]
            if not known or school != before.schools[number]:
                schools[number] = school
                changed |= one.teachers | was
            elif one.teachers != was:
                changed |= one.teachers | was
        if schools:
            after.schools = Patched(before.schools, schools)
        if taught:
            after.taught = ChainMap(taught, before.taught)
        self.find_lost(changed)
        self.only_fuller -= {number for number in self.only_fuller if after.group_of(number) != before.group_of(number)}
        return [number for number in schools if number < self.known]

    def at_home(self, number: int) -> bool:
        """Whether a class only becomes fuller, by somebody who cannot make it another school's."""
        schools = self.newcomer.profile.schools
        return number in self.only_fuller and (not schools or schools[0] == self.before.schools[number])

    def find_lost(self, changed: Iterable[str]) -> None:
        """Say where the classes without a school belong, whose teachers have other classes now."""
        before, after = self.before, self.after
        lost = {number for number in self.touched if after.schools[number] is None}
        for teacher in changed:
            lost |= {number for number in after.taught.get(teacher, ()) if after.schools[number] is None}
        found: dict[int, SchoolId | None] = {}
        for number in lost:
            found[number] = after.lost_to(self.teachers_of([number]))
        if found:
            after.lost = ChainMap(found, before.lost)
        for number in lost - self.touched.keys():
            if found[number] != before.lost[number]:
                self.touched[number] = self.register.read(number)

    # --- Which are one ------------------------------------------------------------------------------------------------

    def fits(self) -> Mapping[tuple[int, int], float]:
        """How well each class with the newcomer in it fits others, the smaller number first."""
        found: dict[tuple[int, int], float] = {}
        # Of those that did not fit a class before it was fuller, one may fit now if it has a namesake of the newcomer.
        others = {*self.touched, *(self.with_namesakes() if self.only_fuller else ())}
        for number in self.touched:
            fuller = number in self.only_fuller
            fitted = [other for other in self.register.fitting(number) if other not in self.touched] if fuller else ()
            for other in chain(fitted, others if fuller else self.around(number)):
                pair = (number, other) if number < other else (other, number)
                if pair not in found and (other in fitted or self.comparable(number, other)):
                    found[pair] = fit(self.roll(number), self.roll(other))
        return {pair: how_well for pair, how_well in found.items() if how_well > 0}

    def around(self, number: int) -> set[int]:
        """Classes with a student, or a teacher, in common with one that the newcomer changes."""
        one = self.touched[number]
        near = {other for place in set(one.students) for other in self.learnt_in(place)}
        # Teachers are known by name, and others elsewhere have the same.
        group_of, group = self.after.group_of, self.after.group_of(number)
        taught = chain.from_iterable(self.after.taught.get(teacher, ()) for teacher in one.teachers)
        return near.union(other for other in taught if group_of(other) == group)

    def with_namesakes(self) -> set[int]:
        """Those of the classes around in which somebody may be taken for the newcomer."""
        near = set[int]().union(*(self.around(number) for number in self.only_fuller)) - self.touched.keys()
        places = set[int]().union(*map(self.register.students, near))
        known, newcomer = self.before.short_names, self.after.short_names[NEWCOMER]
        alike = [place for place in places if known[place] == newcomer]
        return near.intersection(number for place in alike for number in self.learnt_in(place))

    def comparable(self, number: int, other: int) -> bool:
        """Whether two classes of different sources in one school have a teacher, or a few students, in common."""
        if self.source_of(number) == self.source_of(other) or self.after.group_of(number) != self.after.group_of(other):
            return False
        left, right = self.roll(number), self.roll(other)
        return len(left.students & right.students) >= FEWEST or not left.teachers.isdisjoint(right.teachers)

    def learnt_in(self, place: int) -> Iterable[int]:
        """The classes that somebody is, or was, a student of."""
        if place != NEWCOMER:
            return self.before.learnt_in(place)
        return [self.after.numbers[one.section] for one in self.memberships if one.role is not _TEACHER]

    def primary_of(self, place: int) -> SchoolId | None:
        schools = self.traits[place].profile.schools
        return schools[0] if schools else None

    def source_of(self, number: int) -> Provider | None:
        return self.touched[number].source if number in self.touched else self.register.sources[number]

    def roll(self, number: int) -> Roll:
        known = self.rolls.get(number)
        if known is None:
            one = self.touched.get(number) or self.register.read(number)
            known = self.rolls[number] = one.roll(self.after.keys[number], self.after.short_names.__getitem__)
        return known

    def connected(self, found: Iterable[tuple[int, int]]) -> Sequence[int]:
        """All classes that a chain of fits, of before or of now, connects with one that changed; in their order."""
        near: defaultdict[int, list[int]] = defaultdict(list)
        for left, right in found:
            near[left].append(right)
            near[right].append(left)
        reached, frontier = set(self.touched), list(self.touched)
        while frontier:
            number = frontier.pop()
            for other in (*near[number], *(self.register.fitting(number) if number < self.known else ())):
                if other not in reached:
                    reached.add(other)
                    frontier.append(other)
        return sorted(reached, key=lambda number: str(self.after.keys[number]))

    def unite(
        self, local: Sequence[int], found: Mapping[tuple[int, int], float], moved: Collection[int]
    ) -> ClassesWithNewcomer:
        """Match these classes, and say what is other than before."""
        together = self.groups(local, found)
        one = {number: united for united, numbers in together.items() for number in numbers}
        before, after = self.before, self.after
        teachers = {united: self.teachers_of(numbers) for united, numbers in together.items()}
        sources = {united: frozenset(map(self.source_of, numbers)) for united, numbers in together.items()}
        after.one = Patched(before.one, one)
        after.teachers, after.sources = Patched(before.teachers, teachers), Patched(before.sources, sources)
        now = {after.numbers[m.section] for m in self.memberships if m.role is not _TEACHER and m.until is None}
        rooms: dict[int, Sequence[int]] = {}
        parted: set[int] = set()
        left = {before.one[number] for number in local if number < self.known and before.one[number] != one[number]}
        for united, numbers in together.items():
            here = [NEWCOMER] if not now.isdisjoint(numbers) else []
            known = [number for number in numbers if number < self.known]
            new = [number for number in known if before.one[number] != united]
            if here or new or united in left:
                rooms[united] = sorted({*here, *self.learning(known)})
            if united < self.known and teachers[united] != before.teachers[united]:
                new = known
            parted.update(self.learning(new))
        housed = {
            place
            for number in moved
            for place in self.register.members(number)
            if not self.traits[place].profile.schools
        }
        return ClassesWithNewcomer(attendance=after, rooms=rooms, parted=parted, housed=housed)

    def groups(self, local: Sequence[int], found: Mapping[tuple[int, int], float]) -> Mapping[int, Sequence[int]]:
        """The classes that are one, by their number: the one that most of them had, where no others have it."""
        where = {number: place for place, number in enumerate(local)}
        fitting: list[Fit] = [(where[left], where[right], how_well) for (left, right), how_well in found.items()]
        for number in local:
            if number not in self.touched:
                fitting += [
                    (where[number], where[other], how_well)
                    for other, how_well in self.register.fits(number)
                    if number < other and other not in self.touched
                ]
        gathered: defaultdict[int, list[int]] = defaultdict(list)
        first = heads([*map(self.source_of, local)], fitting, lambda place: self.roll(local[place]))
        for number, head in zip(local, first, strict=True):
            gathered[head].append(number)
        together: dict[int, Sequence[int]] = {}
        fresh = len(self.after.keys)
        for numbers in gathered.values():
            had = (self.before.one[number] for number in numbers if number < self.known)
            united = next((number for number in had if number not in together), None)
            if united is None:
                united, fresh = fresh, fresh + 1
            together[united] = numbers
        return together

    def learning(self, numbers: Iterable[int]) -> Iterable[int]:
        """Who of the population learns in these classes now."""
        learns, students = self.before.learns, self.register.students
        return [place for number in numbers for place in students(number) if learns(place, number)]

    def teachers_of(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Who teaches these classes, in order."""
        touched, known = self.touched, self.register.teachers
        own = (touched[number].teachers if number in touched else known([number]) for number in numbers)
        return tuple(sorted({teacher for those in own for teacher in those}))


def _name_of(one: Traits) -> FoldedName:
    return FoldedName(one.given, one.middle, one.family)
