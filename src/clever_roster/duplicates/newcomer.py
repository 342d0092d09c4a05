"""What one newcomer changes in the classes: which of them are one, who is in them, and to which school they belong.

A newcomer's lists may tell which Google class is which Clever section, and then everybody in the two has other
classmates. The classes that the newcomer is in are read with the newcomer in them, and it is settled to which schools
they belong; which of them are one is matched anew (`rematching`). The population's own attendance stays as it is; what
is made here is for one question.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

from clever_roster.duplicates.attendance import NEWCOMER, Attendance
from clever_roster.duplicates.classes import ClassKey
from clever_roster.duplicates.names import FoldedName, called, short_name
from clever_roster.duplicates.packing import Patched
from clever_roster.duplicates.profile import ClassMembership
from clever_roster.duplicates.register import Class
from clever_roster.duplicates.rematching import NewlyRead, rematched
from clever_roster.duplicates.traits import Traits
from clever_roster.model import AccountId, EnrollmentRole, SchoolId

__all__ = ["ClassesWithNewcomer", "with_newcomer"]

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

    def let_in(self, renamed: Collection[int]) -> ClassesWithNewcomer:
        if not self.memberships and not renamed:
            return ClassesWithNewcomer(attendance=self.after, rooms={}, parted=(), housed=())
        self.number()
        self.name(renamed)
        self.read(renamed)
        moved = self.settle_schools()
        matched = rematched(self.newly_read())
        housed = {
            place
            for number in moved
            for place in self.register.members(number)
            if not self.traits[place].profile.schools
        }
        return ClassesWithNewcomer(attendance=self.after, rooms=matched.rooms, parted=matched.parted, housed=housed)

    def newly_read(self) -> NewlyRead:
        """What has been read so far."""
        numbers = self.after.numbers
        learnt = [one for one in self.memberships if one.role is not _TEACHER]
        return NewlyRead(
            before=self.before,
            after=self.after,
            touched=self.touched,
            only_fuller=self.only_fuller,
            learnt_in=frozenset(numbers[one.section] for one in learnt),
            learns_in=frozenset(numbers[one.section] for one in learnt if one.until is None),
        )

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
        teachers_of, found = self.newly_read().teachers_of, dict[int, SchoolId | None]()
        for number in lost:
            found[number] = after.lost_to(teachers_of([number]))
        if found:
            after.lost = ChainMap(found, before.lost)
        for number in lost - self.touched.keys():
            if found[number] != before.lost[number]:
                self.touched[number] = self.register.read(number)

    def primary_of(self, place: int) -> SchoolId | None:
        schools = self.traits[place].profile.schools
        return schools[0] if schools else None


def _name_of(one: Traits) -> FoldedName:
    return FoldedName(one.given, one.middle, one.family)
