"""What the accounts at hand teach together: how common each name is, which classes are one, who is where.

`Population` makes `Traits` of profiles, and answers how often strangers agree on a value (the u of `weights`). It knows
nothing of pairs. Frequencies leave room for people not seen: in a class of 25 a name that stands once is not taken for
a rare one. What concerns everybody at once is rounded, see `crowd`.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import ChainMap, Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, MutableMapping
from copy import copy
from datetime import date
from math import log2
from operator import attrgetter
from typing import Never, TypeVar, cast

import attrs

from clever_roster.duplicates.attendance import Attendance, Part
from clever_roster.duplicates.emails import local_part, normal, surname_spelt
from clever_roster.duplicates.names import FoldedName, Names, short_name
from clever_roster.duplicates.namesakes import RARE, lifts
from clever_roster.duplicates.nicknames import GROUPS, LOOK_ALIKES
from clever_roster.duplicates.profile import LinkedIdentity, Profile
from clever_roster.duplicates.traits import NumberKind, Roster, Traits, former_of, grade_of, numbers_of
from clever_roster.errors import ConfigurationError
from clever_roster.model import IdentityKey, Provider, SchoolId

__all__ = ["Place", "Population"]

Value = TypeVar("Value")
Place = tuple[str, object]
_ANYWHERE: Place = ("anywhere", "")

_SMALLEST = 100
"""A smaller population is taken for a part of one of this size: a classroom stands in a school."""
_UNSEEN = 100
"""How many people not seen the stated frequencies below count for."""
_GIVEN_FREQUENCY = 1 / 400
_FAMILY_FREQUENCY = 1 / 1500
_SUCCESSION, _ENOUGH = 0.2, 1000
"""Share of pairs of which one account fell silent before the other began; counted only among so many accounts."""
_ESTABLISHED = 4
"""A spelling that so many people have is a name of its own, not a slip."""
_USUAL = 50_000
"""One in so many, where there are more people than that: slips repeat in a crowd."""
_ONE_DAY_OF_A_YEAR = 1 / 365
_GRADES = 13


class Population:
    """Profiles, with what they teach together.

    Attributes:
        profiles: school by school, and by account within one; a place is one in this order.
        size: how many there are.
        crowd: the same, rounded, and at least `_SMALLEST`: what shares are taken of.
        succession: share of pairs of strangers of whom one fell silent before the other began.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.profiles = _school_by_school(profiles)
        self.size = len(self.profiles)
        if len({profile.account for profile in self.profiles}) < self.size:
            times = Counter([profile.account for profile in self.profiles])
            twice = min(account for account, count in times.items() if count > 1)
            raise ConfigurationError(
                f"Account {twice} was given twice.", next_step="Give one profile for each account."
            )
        self.crowd = _coarse(max(self.size, _SMALLEST))
        self._sets: dict[tuple[object, ...], frozenset[object]] = {}
        self._kinds: dict[tuple[NumberKind, ...], tuple[NumberKind, ...]] = {}
        self._names = Names()
        self._read()
        self._count()

    def of(self, profile: Profile) -> Traits:
        """Make traits of a newcomer, by what this population teaches; nothing of it is kept."""
        name = self._completed(self._names.fold(profile.name, new=True), profile, new=True)
        one = self._traits(profile, name, -1)
        self._take_part(one, self._attendance.of_newcomer(profile))
        return one

    def joined_by(self, one: Traits) -> Population:
        """This population with a newcomer counted in, for one question; what all share is not copied.

        Everything counts but what is learnt of the whole and rounded, so that one account does not move it.
        """
        more = copy(self)
        more.size = self.size + 1
        more.crowd = _coarse(max(more.size, _SMALLEST))
        given, family = one.given.word.text, one.family.word.text
        more.given = _one_more(self.given, (given,))
        more.groups = _one_more(self.groups, one.given.groups)
        more.given_initials = _one_more(self.given_initials, (given[:1],))
        more.family = _one_more(self.family, (family, *one.family.parts))
        more.family_initials = _one_more(self.family_initials, (family[:1],))
        more.born = self.born if one.born is None else _one_more(self.born, (one.born,))
        # Of these, what one account has is not kept; it is asked for only where two have it.
        more._emails = _one_more(self._emails, one.emails, alone=1)  # noqa: SLF001 - a copy of oneself
        more._locals = _one_more(self._locals, one.locals, alone=1)  # noqa: SLF001
        more._further = _one_more(self._further, one.further, alone=1)  # noqa: SLF001
        more._held = _one_more(self._held, one.rosters)  # noqa: SLF001
        more._live = _one_more(self._live, one.listed)  # noqa: SLF001
        more.schools = _one_more(self.schools, one.schools)
        around = ((place, self._around.get(place, {})) for place in _places(one))
        theirs = {place: {**there, one.listed: there.get(one.listed, 0) + 1} for place, there in around}
        more._around = ChainMap(theirs, self._around)  # noqa: SLF001
        more._known_free, more._known_anybody = {}, {}  # noqa: SLF001
        return more

    # --- How often strangers agree ------------------------------------------------------------------------------------

    def given_frequency(self, name: str) -> float:
        """Share of other people with this given name."""
        return self._share(self.given[name], _GIVEN_FREQUENCY)

    def group_frequency(self, groups: Iterable[int]) -> float:
        """Share of other people with a name of one of these nickname groups."""
        return self._share(sum(self.groups[group] for group in groups), 2 * _GIVEN_FREQUENCY)

    def family_frequency(self, part: str) -> float:
        """Share of other people with this word in their surname."""
        return self._share(self.family[part], _FAMILY_FREQUENCY)

    def initial_frequency(self, initial: str, *, of: Mapping[str, int]) -> float:
        """Share of people whose given name or surname (as counted in `of`) begins so."""
        return (of[initial] + _UNSEEN / 26) / (self.crowd + _UNSEEN)

    def established(self, given: str) -> bool:
        """Whether a given name is a name of its own here: known to us, or borne by several."""
        return given in GROUPS or given in LOOK_ALIKES or self.usual(given)

    def usual(self, given: str) -> bool:
        """Whether a given name is borne by too many here to be somebody's slip or private short form."""
        return self.given[given] >= max(_ESTABLISHED, self.crowd / _USUAL)

    def lift(self, left: Traits, right: Traits) -> float:
        """How much more often than by chance two strangers like these are namesakes."""
        lifts, family = self._lifts, self.family
        rare = family[left.family.word.text] <= RARE or family[right.family.word.text] <= RARE
        if left.schools.isdisjoint(right.schools):
            return lifts.far_rare if rare else lifts.far
        return lifts.near_rare if rare else lifts.near

    def share(self, count: int) -> float:
        """Share of other people, of so many that have a value in this population."""
        return min(max(count - 1, 0.5) / self.crowd, 0.99)

    def free(self, place: Place, left: Traits, right: Traits) -> int:
        """How many in a place are not excluded, by being listed in the same roster, as counterpart of one of two."""
        mine = self._free(place, left.listed)
        return mine if left.listed is right.listed else max(mine, self._free(place, right.listed))

    def _free(self, place: Place, rosters: frozenset[Roster]) -> int:
        known = self._known_free.get((place, rosters))
        if known is None:
            around = self._around.get(place, {})
            known = sum(count for listed, count in around.items() if listed.isdisjoint(rosters))
            self._known_free[place, rosters] = known
        return known

    def company(self, classes: Collection[int], left: Traits, right: Traits) -> float:
        """Share of other people who are in all of these classes, and not excluded as counterpart of one of two."""
        room = min((self._room(number) for number in classes), key=len)
        others = [self.traits[place] for place in room if place not in (left.place, right.place)]
        if len(classes) > 1:
            others = [one for one in others if all(number in one.classes for number in classes)]
        free = (sum([one.listed.isdisjoint(side.listed) for one in others]) for side in (left, right))
        return self.share(1 + max(free))

    def missing(self, one: Traits, other: Traits) -> bool:
        """Whether one is in a class without the other, although the other's source has that class too."""
        sources: set[Provider | None] = {provider for provider, _ in other.listed} or {None}
        return any(number not in other.classes and self._attendance.lists(number, sources) for number in one.classes)

    def _room(self, number: int) -> array[int]:
        return self._attending[self._room_starts[number] : self._room_starts[number + 1]]

    def renewed(self, roster: Roster) -> float:
        """Share of pairs of strangers of whom a roster lists one and no longer lists the other."""
        held, live = self._held[roster], self._live.get(roster, 0)
        return _coarse(max(2 * live * (held - live) / self.crowd**2, 1e-3))

    def anybody(self, left: Traits, right: Traits) -> float:
        """Share of people who are not excluded as counterpart by a roster, wherever they are."""
        rosters = left.listed, right.listed
        known = self._known_anybody.get(rosters)
        if known is None:
            known = self._known_anybody[rosters] = _coarse(self.share(self.free(_ANYWHERE, left, right)))
        return known

    def born_frequency(self, born: date, *, same_grade: bool) -> float:
        """Share of other people, or of other people of one's grade, with this birthday."""
        expected = _ONE_DAY_OF_A_YEAR if same_grade else _ONE_DAY_OF_A_YEAR / _GRADES
        return max(expected, self.share(self.born[born]))

    def email_frequency(self, email: str) -> float:
        """Share of other people with this address."""
        return self.share(self._emails.get(email, 1))

    def local_frequency(self, local: str) -> float:
        """Share of other people with this part of an address before the @."""
        return self.share(self._locals.get(local, 1))

    def further_frequency(self, field: str, value: str) -> float:
        """Share of other people with this value of a further field."""
        return self.share(self._further.get((field, value), 1))

    def alike(self, field: str) -> float:
        """Chance that two strangers have the same value of a further field."""
        return self._alike.get(field, 0.0)

    def _share(self, count: int, unseen: float) -> float:
        return min((max(count - 1, 0) + _UNSEEN * unseen) / (self.crowd + _UNSEEN), 0.99)

    # --- Reading the profiles -----------------------------------------------------------------------------------------

    def _completed(self, name: FoldedName, profile: Profile, *, new: bool) -> FoldedName:
        """Read the surname from an email address when the name has only its initial, or none."""
        if name.family.whole:
            return name
        initial, given = name.family.word.text, name.given.word.text
        for address in sorted(profile.emails):
            spelt = surname_spelt(normal(address), given=given, initial=initial, surnames=self._surnames)
            if spelt is not None:
                return attrs.evolve(name, family=self._names.family(spelt, new=new))
        return name

    def _read(self) -> None:
        """Make traits of the profiles; what the classes say is known when all were read."""
        names = [self._names.fold(profile.name) for profile in self.profiles]
        self._surnames = self._names.surnames()
        for place, name in enumerate(names):
            if not name.family.whole:
                names[place] = self._completed(name, self.profiles[place], new=False)
        self._attendance = attendance = Attendance(self._names)
        self.traits: list[Traits] = []
        for place, (profile, name) in enumerate(zip(self.profiles, names, strict=True)):
            attendance.read(place, profile, name)
            self.traits.append(self._traits(profile, name, place))
        attendance.settle(self.profiles, [short_name(name) for name in names])
        for one in self.traits:
            self._take_part(one, attendance.of_place(one.place))
        attendance.forget()

    def _take_part(self, one: Traits, part: Part) -> None:
        one.classes, one.teachers, one.learns, one.teaches = part
        if not one.schools and (one.learns or one.teaches):
            one.schools = self._shared(tuple(self._attendance.schools_of(one.profile)))

    def _traits(self, profile: Profile, name: FoldedName, place: int) -> Traits:
        emails = profile.emails
        if emails:
            written = tuple(dict.fromkeys([normal(email) for email in emails]))
            # Most addresses are written so already, and need no copy.
            emails = emails if written == emails else written
        rosters: frozenset[Roster] = _NOTHING
        listed: frozenset[Roster] = _NOTHING
        former: frozenset[IdentityKey] = _NOTHING
        kinds: tuple[NumberKind, ...] = ()
        numbers: tuple[str, ...] = ()
        if identities := profile.identities:
            rosters = listed = self._rosters_of(identities)
            for one in identities:
                if not one.listed:
                    listed = self._rosters_of([one for one in identities if one.listed])
                if one.legacy_id:
                    former = frozenset(former_of(identities))
            kinds, numbers = numbers_of(identities)
            kinds = self._kinds.setdefault(kinds, kinds)
        return Traits(
            profile,
            place,
            name.given,
            name.middle,
            name.family,
            emails,
            tuple([local for email in emails if (local := local_part(email)) is not None]) if emails else (),
            rosters,
            listed,
            former,
            kinds,
            numbers,
            _further(profile.further) if profile.further else (),
            self._shared(profile.schools) if profile.schools else _NOTHING,
            grade_of(profile.grade),
            profile.birth_date,
        )

    def _rosters_of(self, identities: Iterable[LinkedIdentity]) -> frozenset[Roster]:
        return self._shared(tuple([(one.key.provider, one.key.district) for one in identities]))

    def _shared(self, values: tuple[Value, ...]) -> frozenset[Value]:
        """One set for all who have the same values: there are as many as classes, not as children."""
        known = self._sets.get(values)
        if known is None:
            known = self._sets[values] = frozenset(values)
        return cast("frozenset[Value]", known)

    # --- Counting -----------------------------------------------------------------------------------------------------

    def _count(self) -> None:
        traits = self.traits
        givens = Counter([one.given for one in traits])
        families = Counter([one.family for one in traits])
        self.given: MutableMapping[str, int] = Counter()
        self.groups: MutableMapping[int, int] = Counter()
        self.given_initials: MutableMapping[str, int] = Counter()
        for given, count in givens.items():
            _add_to(self.given, (given.word.text,), count)
            _add_to(self.given_initials, (given.word.text[:1],), count)
            _add_to(self.groups, given.groups, count)
        self.family: MutableMapping[str, int] = Counter()
        self.family_initials: MutableMapping[str, int] = Counter()
        for family, count in families.items():
            whole = family.word.text
            _add_to(self.family, family.parts if whole in family.parts else (whole, *family.parts), count)
            _add_to(self.family_initials, (whole[:1],), count)
        self.born: MutableMapping[date, int] = Counter([one.born for one in traits if one.born is not None])
        self._emails = _shared_by_several([email for one in traits for email in one.emails])
        self._locals = _shared_by_several([local for one in traits for local in one.locals])
        self._further = _shared_by_several(value for one in traits for value in one.further)
        self._alike: defaultdict[str, float] = defaultdict(float)
        for (field, _), count in self._further.items():
            self._alike[field] += (count / self.crowd) ** 2
        self._count_places()
        self._count_rooms()
        self._held: MutableMapping[Roster, int] = Counter([roster for one in traits for roster in one.rosters])
        self._live: MutableMapping[Roster, int] = Counter([roster for one in traits for roster in one.listed])
        self.succession = self._succession()
        self._lifts = lifts(traits)

    def _count_places(self) -> None:
        """Count who is where, by the rosters that list them; children of one teacher are counted at once."""
        self._known_free: dict[tuple[Place, frozenset[Roster]], int] = {}
        self._known_anybody: dict[tuple[frozenset[Roster], frozenset[Roster]], float] = {}
        self._around: MutableMapping[Place, dict[frozenset[Roster], int]] = {}
        self.schools: MutableMapping[SchoolId, int] = Counter()
        taught = Counter([(one.teachers, one.listed) for one in self.traits if one.teachers])
        for (teachers, listed), count in taught.items():
            self._add("teacher", teachers, listed, count)
        at_school = Counter([(one.schools, one.grade, one.listed) for one in self.traits])
        for (schools, grade, listed), count in at_school.items():
            self._add("school", schools, listed, count)
            self._add("grade", ((school, grade) for school in schools), listed, count)
            _add_to(self.schools, schools, count)
            self._add(_ANYWHERE[0], (_ANYWHERE[1],), listed, count)

    def _count_rooms(self) -> None:
        """Who is in each class: the places of its students stand in one array, behind those of the class before it."""
        last = max((number for one in self.traits for number in one.classes), default=-1)
        self._room_starts = array("i", bytes(4 * (last + 2)))
        for one in self.traits:
            for number in one.classes:
                self._room_starts[number + 1] += 1
        for number in range(last + 1):
            self._room_starts[number + 1] += self._room_starts[number]
        filled = self._room_starts[:]
        self._attending = array("i", bytes(4 * filled[-1]))
        for one in self.traits:
            for number in one.classes:
                self._attending[filled[number]] = one.place
                filled[number] += 1

    def _add(self, kind: str, keys: Iterable[object], listed: frozenset[Roster], count: int) -> None:
        for key in keys:
            place = kind, key
            around = self._around.get(place)
            if around is None:
                self._around[place] = {listed: count}
            else:
                around[listed] = around.get(listed, 0) + count

    def _succession(self) -> float:
        """Share of pairs of strangers of whom one fell silent before the other began, counted in days."""
        known = [one for one in self.profiles if one.created_at and one.last_active_at]
        if len(known) < _ENOUGH:
            return _SUCCESSION
        starts = sorted([one.created_at.toordinal() for one in known if one.created_at])
        ends = Counter([one.last_active_at.toordinal() for one in known if one.last_active_at])
        apart = sum(count * (len(starts) - bisect_left(starts, end)) for end, count in ends.items())
        return _coarse(min(max(2 * apart / len(known) ** 2, 0.02), 0.8))


def _school_by_school(profiles: Iterable[Profile]) -> list[Profile]:
    """The profiles in one order, however they were given.

    Who is compared with whom, and counted in one class, stands together, so that a processor finds it near at hand: at
    100,000 accounts they are read in a sixth less time than in the order of accounts.
    """
    schools: defaultdict[tuple[SchoolId, ...], list[Profile]] = defaultdict(list)
    for profile in profiles:
        schools[profile.schools].append(profile)
    by_account = attrgetter("account")
    return [profile for _, own in sorted(schools.items()) for profile in sorted(own, key=by_account)]


def _places(one: Traits) -> list[Place]:
    """Everywhere an account is, but for its classes."""
    places: list[Place] = [("teacher", teacher) for teacher in one.teachers]
    places += [("school", school) for school in one.schools]
    places += [("grade", (school, one.grade)) for school in one.schools]
    return [*places, _ANYWHERE]


def _one_more(
    counts: MutableMapping[Value, int], values: Iterable[Value], *, alone: int = 0
) -> MutableMapping[Value, int]:
    """The counts with one more of these values; `alone` is what a value counts that is not among them."""
    return ChainMap({value: counts.get(value, alone) + 1 for value in values}, counts)


def _add_to(counts: MutableMapping[Value, int], values: Iterable[Value], count: int) -> None:
    for value in values:
        counts[value] = counts.get(value, 0) + count


def _shared_by_several(values: Iterable[Value]) -> MutableMapping[Value, int]:
    return {value: count for value, count in Counter(values).items() if count > 1}


def _coarse(value: float) -> float:
    """The nearest half power of two, so that one account more or less moves no verdict about others."""
    return 2 ** (round(2 * log2(value)) / 2)


def _further(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Further fields in order, each value written one way: letters, digits and single spaces."""
    folded = ((field, " ".join(_WORD.findall(value.casefold()))) for field, value in sorted(fields.items()))
    return tuple((field, value) for field, value in folded if value)


_WORD = re.compile(r"\w+")
_NOTHING: frozenset[Never] = frozenset()
