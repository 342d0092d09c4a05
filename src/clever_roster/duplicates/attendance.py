"""Who is in which class, as a population's profiles say it, with classes that are one under one number.

The profiles' memberships are walked once, because there are more of them than of anything else. Which classes are one
is decided by `classes.match`; here its rolls are made, and its answer is applied. What it was decided by is kept, in
arrays, so that `newcomer` can say what one would change; where none may come it is not.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, MutableMapping, Sequence
from copy import copy
from typing import Never

from clever_roster.duplicates.classes import ClassKey, fits, heads
from clever_roster.duplicates.names import FoldedName, Names, called
from clever_roster.duplicates.packing import Lists
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.register import Class, Register, usual
from clever_roster.model import EnrollmentRole, Provider, SchoolId

__all__ = ["NEWCOMER", "Attendance", "Part"]

NEWCOMER = -1
"""The place of an account that is not in the population."""

Part = tuple[tuple[int, ...], tuple[str, ...], bool, bool]
"""The classes that somebody learns in now, by number; who teaches these; whether they learn, and teach, somewhere.

Tuples, each value once: a set of five takes nine times the room, and half of all children have a part of their own."""

_NOTHING: frozenset[Never] = frozenset()
_NO_PART: Part = ((), (), False, False)
_TEACHER = EnrollmentRole.TEACHER
_LEARNS, _TEACHES = 1, 2


class Attendance:
    """The classes of a population, and who learns in them now.

    Attributes:
        keys, numbers: each class at the place that is its number, and the other way round.
        one: the number of the first class that is one with each.
        teachers, sources: who teaches the classes that are one, and who lists them, at the number of the first.
        schools: the school of each class, where its students have one.
        lost: to which school those belong whose students have none, by their teachers' other classes.
        taught: the classes of each teacher.
        register: what was read of each class.
        short_names: what stands for the short name of each account, by place; equal names are equal numbers.
    """

    def __init__(self, names: Names, *, newcomers: bool) -> None:
        self.names, self._newcomers = names, newcomers
        self.keys: Sequence[ClassKey] = ()
        self.numbers: MutableMapping[ClassKey, int] = {}
        self.one: Sequence[int] = ()
        self.teachers: Sequence[tuple[str, ...]] = ()
        self.sources: Sequence[frozenset[Provider | None]] = ()
        self.schools: Sequence[SchoolId | None] = ()
        self.lost: MutableMapping[int, SchoolId | None] = {}
        self.taught: MutableMapping[str, Sequence[int]] = {}
        self.short_names: Sequence[int] = ()
        self._primary: list[SchoolId | None] = []
        self._classes: dict[ClassKey, Class] = {}
        self._attended, self._roles = Lists(), bytearray()
        self._parts: defaultdict[int, dict[tuple[int, ...], Part]] = defaultdict(dict)

    def read(self, place: int, profile: Profile, name: FoldedName) -> None:
        """Read the memberships of one account; the accounts come in the order of their places."""
        self._primary.append(profile.schools[0] if profile.schools else None)
        classes, roles = self._classes, 0
        attended: list[int] = []
        for membership in profile.memberships:
            one = classes.get(membership.section)
            if one is None:
                one = classes[membership.section] = Class(len(classes), membership.since)
            one.read(membership, place)
            if membership.role is _TEACHER:
                roles |= _TEACHES
                one.teachers.add(called(name) or profile.account)
            else:
                roles |= _LEARNS
                attended.append(2 * one.number + (membership.until is not None))
            if membership.teachers:
                one.teachers.update([called(self.names.fold(teacher)) for teacher in membership.teachers])
        self._roles.append(roles)
        self._attended.append(attended)

    def settle(self, short_names: Iterable[str]) -> None:
        """Decide which classes are one, when all profiles were read; before that nothing can be asked.

        Rolls are matched school by school: a class is in one school, and a million accounts have many rolls.
        """
        self.short_names = array("q", map(hash, short_names))
        classes = list(self._classes.values())
        self.keys = list(self._classes)
        self.numbers = {key: one.number for key, one in self._classes.items()}
        self._classes.clear()
        self.schools = [one.school(self._primary.__getitem__) for one in classes]
        self._primary.clear()
        self.register = Register(classes, to_read_on=self._newcomers)
        self.taught = self.register.taught()
        self.lost = {one.number: self.lost_to(one.teachers) for one in classes if self.schools[one.number] is None}
        first = list(range(len(classes)))
        fitting: dict[int, list[tuple[int, float]]] = {}
        for group in self._by_school():
            rolls = [classes[number].roll(self.keys[number], self.short_names.__getitem__) for number in group]
            found = fits(rolls)
            for left, right, how_well in found if self._newcomers else ():
                fitting.setdefault(group[left], []).append((group[right], how_well))
                fitting.setdefault(group[right], []).append((group[left], how_well))
            sources = [roll.source for roll in rolls]
            for number, head in zip(group, heads(sources, found, rolls.__getitem__), strict=True):
                first[number] = group[head]
        self.register.keep_fits(fitting)
        self._unite(first)

    def _by_school(self) -> Iterable[Sequence[int]]:
        """The classes of each school, in the order of their keys; where no student has one, by the teachers."""
        groups: defaultdict[SchoolId | None, list[int]] = defaultdict(list)
        for number in sorted(range(len(self.keys)), key=lambda number: str(self.keys[number])):
            groups[self.group_of(number)].append(number)
        return groups.values()

    def _unite(self, first: Sequence[int]) -> None:
        """Bring together who teaches the classes that are one, and who lists them."""
        together: defaultdict[int, list[int]] = defaultdict(list)
        for number, head in enumerate(first):
            together[head].append(number)
        teachers: list[tuple[str, ...]] = [()] * len(first)
        sources: list[frozenset[Provider | None]] = [_NOTHING] * len(first)
        shared: dict[object, frozenset[Provider | None]] = {}
        for head, numbers in together.items():
            teachers[head] = self.register.teachers(numbers)
            listed_by = frozenset([self.register.sources[number] for number in numbers])
            sources[head] = shared.setdefault(listed_by, listed_by)
        self.one, self.teachers, self.sources = first, teachers, sources

    # --- Asking -------------------------------------------------------------------------------------------------------

    def of_place(self, place: int) -> Part:
        """The part that an account of the population has in classes."""
        roles = self._roles[place]
        if not roles:
            return _NO_PART
        one = self.one
        return self._shared([one[code >> 1] for code in self._attended[place] if not code & 1], roles)

    def of_newcomer(self, profile: Profile) -> Part:
        """The same of an account that is not in the population, whose classes are."""
        roles = 0
        for membership in profile.memberships:
            roles |= _TEACHES if membership.role is _TEACHER else _LEARNS
        return self._shared(
            [
                self.one[self.numbers[one.section]]
                for one in profile.memberships
                if one.role is not _TEACHER and one.until is None
            ],
            roles,
        )

    def seats(self, profile: Profile) -> list[tuple[Provider | None, int]]:
        """The classes that somebody is in now, as a student, and who says so; None for one made by hand."""
        return [
            (None if one.listed_as is None else one.listed_as.provider, self.one[self.numbers[one.section]])
            for one in profile.memberships
            if one.role is not _TEACHER and one.until is None
        ]

    def lists(self, number: int, sources: Collection[Provider | None]) -> bool:
        """Whether one of these has a class; None has those that are made by hand."""
        return not self.sources[number].isdisjoint(sources)

    def taught_by(self, teacher: str) -> set[int]:
        """The classes of a teacher; those that are one have one number."""
        return {self.one[number] for number in self.taught.get(teacher, ())}

    def learns(self, place: int, number: int) -> bool:
        """Whether an account of the population is in a class now, as a student."""
        return 2 * number in self._attended[place]

    def learnt_in(self, place: int) -> Iterable[int]:
        """The classes that an account of the population is, or was, a student of, each as it was read."""
        return [code >> 1 for code in self._attended[place]]

    def again(self) -> Attendance:
        """The same once more, to be changed for one question."""
        again = copy(self)
        again._parts = defaultdict(dict)  # noqa: SLF001 - a copy of oneself
        return again

    def forget(self) -> None:
        """Let go of what was shared between the accounts of the population; a newcomer's is made again."""
        self._parts.clear()

    def schools_of(self, profile: Profile) -> list[SchoolId]:
        """The schools of somebody of whom only classes are known: those of the classmates."""
        schools = (self.schools[self.numbers[membership.section]] for membership in profile.memberships)
        return [school for school in schools if school is not None]

    def group_of(self, number: int) -> SchoolId | None:
        """The school with whose classes one is matched."""
        school = self.schools[number]
        return self.lost.get(number) if school is None else school

    def lost_to(self, teachers: Iterable[str]) -> SchoolId | None:
        """The school in which these have most classes."""
        schools = (self.schools[number] for teacher in teachers for number in self.taught.get(teacher, ()))
        return usual(Counter([school for school in schools if school is not None]))

    def _shared(self, numbers: Sequence[int], roles: int) -> Part:
        """One part for all who have the same classes."""
        classes = tuple(numbers if len(numbers) == 1 else sorted(set(numbers)))
        parts = self._parts[roles]
        known = parts.get(classes)
        if known is None:
            teachers = tuple(sorted(_NOTHING.union(*map(self.teachers.__getitem__, classes))))
            known = parts[classes] = classes, teachers, bool(roles & _LEARNS), bool(roles & _TEACHES)
        return known
