"""Who is in which class, as a population's profiles say it, with classes that are one under one number.

The profiles' memberships are walked once, because there are more of them than of anything else. Which classes are one
is decided by `classes.match`; here its rolls are made, and its answer is applied.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Never

import attrs

from clever_roster.duplicates.classes import ClassKey, Roll, match, words_of
from clever_roster.duplicates.names import FoldedName, Names, called
from clever_roster.duplicates.profile import Profile
from clever_roster.model import EnrollmentRole, Provider, SchoolId

__all__ = ["Attendance", "Part"]

Part = tuple[tuple[int, ...], tuple[str, ...], bool, bool]
"""The classes that somebody learns in now, by number; who teaches these; whether they learn, and teach, somewhere.

Tuples, each value once: a set of five takes nine times the room, and half of all children have a part of their own."""

_NOTHING: frozenset[Never] = frozenset()
_NO_PART: Part = ((), (), False, False)
_TEACHER = EnrollmentRole.TEACHER
_LEARNS, _TEACHES = 1, 2


@attrs.define(eq=False)
class _Class:
    """What is read of one class before it is known which other class it is."""

    number: int
    students: list[int] = attrs.field(factory=list[int])
    teachers: set[str] = attrs.field(factory=set[str])
    source: Provider | None = None
    title: str = ""
    live: bool = False
    ends: datetime | None = None


class Attendance:
    """The classes of a population, and who learns in them now."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._classes: dict[ClassKey, _Class] = {}
        self._attended, self._bounds, self._roles = array("i"), array("i", [0]), bytearray()
        self._profiles: Sequence[Profile] = ()
        self._schools: dict[int, SchoolId | None] = {}
        self._numbers: Mapping[ClassKey, int] = {}
        self._parts: dict[tuple[tuple[int, ...], int], Part] = {}

    def read(self, place: int, profile: Profile, name: FoldedName) -> None:
        """Read the memberships of one account; the accounts come in the order of their places."""
        classes, attended, roles = self._classes, self._attended, 0
        for membership in profile.memberships:
            key, until = membership.section, membership.until
            one = classes.get(key)
            if one is None:
                one = classes[key] = _Class(len(classes))
            if membership.role is _TEACHER:
                roles |= _TEACHES
                one.teachers.add(called(name) or profile.account)
            else:
                roles |= _LEARNS
                one.students.append(place)
                if until is None:
                    attended.append(one.number)
            if membership.teachers:
                one.teachers.update([called(self._names.fold(teacher)) for teacher in membership.teachers])
            if membership.listed_as is not None:
                one.source = membership.listed_as.provider
            if membership.name is not one.title and membership.name > one.title:
                one.title = membership.name
            if until is None:
                one.live = True
            elif one.ends is None or until > one.ends:
                one.ends = until
        self._roles.append(roles)
        self._bounds.append(len(attended))

    def settle(self, profiles: Sequence[Profile], short_names: Sequence[str]) -> None:
        """Decide which classes are one, when all profiles were read; before that nothing can be asked.

        Rolls are matched school by school: a class is in one school, and a million accounts have many rolls.
        """
        self._profiles = profiles
        starts: Mapping[ClassKey, datetime] = {}
        if not all(one.live for one in self._classes.values()):
            starts = self._starts()
        self._one = list(range(len(self._classes)))
        self._teachers: list[tuple[str, ...]] = [()] * len(self._classes)
        self._sources: list[frozenset[Provider | None]] = [_NOTHING] * len(self._classes)
        shared: dict[frozenset[Provider | None], frozenset[Provider | None]] = {}
        for group in self._by_school().values():
            rolls = [self._roll(key, one, short_names, starts.get(key)) for key, one in group]
            taught: defaultdict[int, set[str]] = defaultdict(set)
            for key, first in match(rolls).items():
                one = self._classes[key]
                number = self._one[one.number] = self._classes[first].number
                taught[number] |= one.teachers
                sources = self._sources[number] | {one.source}
                self._sources[number] = shared.setdefault(sources, sources)
            for number, teachers in taught.items():
                self._teachers[number] = tuple(sorted(teachers))
        self._numbers = {key: one.number for key, one in self._classes.items()}
        self._classes.clear()

    def _by_school(self) -> Mapping[SchoolId | None, Sequence[tuple[ClassKey, _Class]]]:
        """The classes of each school; where no student has a school, that of a teacher's other classes."""
        lost = [one for one in self._classes.values() if self._school_of(one) is None]
        taught = self._taught({teacher for one in lost for teacher in one.teachers})
        groups: defaultdict[SchoolId | None, list[tuple[ClassKey, _Class]]] = defaultdict(list)
        for key, one in sorted(self._classes.items(), key=lambda item: str(item[0])):
            school = self._school_of(one)
            if school is None:
                near: Counter[SchoolId] = Counter()
                for teacher in one.teachers:
                    near.update(taught.get(teacher, {}))
                school = _usual(near)
            groups[school].append((key, one))
        return groups

    def _taught(self, teachers: set[str]) -> Mapping[str, Counter[SchoolId]]:
        """In how many classes of each school these teach."""
        taught: defaultdict[str, Counter[SchoolId]] = defaultdict(Counter)
        for one in self._classes.values() if teachers else ():
            if not one.teachers.isdisjoint(teachers):
                school = self._school_of(one)
                if school is not None:
                    for teacher in one.teachers & teachers:
                        taught[teacher][school] += 1
        return taught

    def of_place(self, place: int) -> Part:
        """The part that an account of the population has in classes."""
        start, end, roles = self._bounds[place], self._bounds[place + 1], self._roles[place]
        if not roles:
            return _NO_PART
        return self._shared(self._attended[start:end], roles)

    def of_newcomer(self, profile: Profile) -> Part:
        """The same of an account that is not in the population; classes that nobody else is in are left out."""
        roles = 0
        for membership in profile.memberships:
            roles |= _TEACHES if membership.role is _TEACHER else _LEARNS
        return self._shared(
            [
                self._numbers[one.section]
                for one in profile.memberships
                if one.role is not _TEACHER and one.until is None and one.section in self._numbers
            ],
            roles,
        )

    def lists(self, number: int, sources: Collection[Provider | None]) -> bool:
        """Whether one of these has a class; None has those that are made by hand."""
        return not self._sources[number].isdisjoint(sources)

    def forget(self) -> None:
        """Let go of what was shared between the accounts of the population; a newcomer's is made again."""
        self._parts.clear()

    def schools_of(self, profile: Profile) -> list[SchoolId]:
        """The schools of somebody of whom only classes are known: those of the classmates."""
        known = (self._numbers.get(membership.section) for membership in profile.memberships)
        schools = (self._schools[number] for number in known if number is not None)
        return [school for school in schools if school is not None]

    def _starts(self) -> Mapping[ClassKey, datetime]:
        """Since when somebody is in each class, unless somebody always was; asked only when a class is over."""
        starts: dict[ClassKey, datetime | None] = {}
        for membership in (membership for profile in self._profiles for membership in profile.memberships):
            start = starts.setdefault(membership.section, membership.since)
            if start is not None and (membership.since is None or membership.since < start):
                starts[membership.section] = membership.since
        return {key: start for key, start in starts.items() if start is not None}

    def _roll(self, key: ClassKey, one: _Class, short_names: Sequence[str], start: datetime | None) -> Roll:
        return Roll(
            section=key,
            source=one.source,
            students=frozenset(one.students),
            names=frozenset([short_names[place] for place in one.students]),
            teachers=frozenset(one.teachers),
            words=words_of(one.title),
            starts=_day(start),
            ends=_day(None if one.live else one.ends),
        )

    def _shared(self, attended: Iterable[int], roles: int) -> Part:
        """One part for all who have the same classes."""
        one = self._one
        numbers = [one[number] for number in attended]
        key = tuple(numbers if len(numbers) == 1 else sorted(set(numbers))), roles
        known = self._parts.get(key)
        if known is None:
            classes = key[0]
            teachers = tuple(sorted({teacher for number in classes for teacher in self._teachers[number]}))
            known = self._parts[key] = classes, teachers, bool(roles & _LEARNS), bool(roles & _TEACHES)
        return known

    def _school_of(self, one: _Class) -> SchoolId | None:
        """The primary school that most of a class have."""
        if one.number not in self._schools:
            profiles = self._profiles
            schools = [own[0] for place in one.students if (own := profiles[place].schools)]
            agreed = schools and schools.count(schools[0]) == len(schools)
            self._schools[one.number] = schools[0] if agreed else _usual(Counter(schools))
        return self._schools[one.number]


def _usual(schools: Counter[SchoolId]) -> SchoolId | None:
    """The school that occurs most; of equals the last in order."""
    return max(schools, key=lambda school: (schools[school], school), default=None)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
