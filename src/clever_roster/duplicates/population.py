"""What the accounts at hand teach together: how common each name is, which classes are one, who is where.

`Population` makes `Traits` of profiles, and answers how often strangers agree on a value (the u of `weights`). It knows
nothing of pairs. Frequencies leave room for people not seen: in a class of 25 a name that stands once is not taken for
a rare one. What concerns everybody at once is rounded, see `crowd`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import ChainMap, Counter, defaultdict
from collections.abc import Iterable, Mapping, MutableMapping
from copy import copy
from datetime import date
from itertools import pairwise
from math import log2
from typing import Never, TypeVar, cast

import attrs

from clever_roster.duplicates.attendance import Attendance, Part
from clever_roster.duplicates.emails import local_part, normal, surname_spelt
from clever_roster.duplicates.names import FoldedName, Names, is_name, short_name
from clever_roster.duplicates.namesakes import RARE, lifts
from clever_roster.duplicates.nicknames import GROUPS, LOOK_ALIKES
from clever_roster.duplicates.profile import LinkedIdentity, Profile
from clever_roster.duplicates.traits import NumberKind, Roster, Traits, former_of, grade_of, numbers_of, span_of
from clever_roster.errors import ConfigurationError
from clever_roster.model import IdentityKey, SchoolId

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
    """Profiles in the order of their accounts, with what they teach together.

    Attributes:
        size: how many there are.
        crowd: the same, rounded, and at least `_SMALLEST`: what shares are taken of.
        renewed: by roster, share of pairs of strangers of whom it lists one and no longer lists the other.
        succession: share of pairs of strangers of whom one fell silent before the other began.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.profiles = sorted(profiles, key=lambda profile: profile.account)
        self.size = len(self.profiles)
        for one, other in pairwise(self.profiles):
            if one.account == other.account:
                raise ConfigurationError(
                    f"Account {one.account} was given twice.", next_step="Give one profile for each account."
                )
        self.crowd = _coarse(max(self.size, _SMALLEST))
        self._sets: dict[tuple[object, ...], frozenset[object]] = {}
        self._kinds: dict[NumberKind, NumberKind] = {}
        self._names = Names()
        names = [self._names.fold(profile.name) for profile in self.profiles]
        self._surnames = self._names.surnames()
        for place, name in enumerate(names):
            if not is_name(name.family.word.text):
                names[place] = self._completed(name, self.profiles[place], new=False)
        self._read(names)
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
        more.schools = _one_more(self.schools, one.schools)
        around = ((place, self._around.get(place, {})) for place in _places(one))
        theirs = {place: {**there, one.listed: there.get(one.listed, 0) + 1} for place, there in around}
        more._around = ChainMap(theirs, self._around)  # noqa: SLF001
        more._known_free = {}  # noqa: SLF001
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
        lifts, rare = self._lifts, min(self.family[one.family.word.text] for one in (left, right)) <= RARE
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

    def anybody(self, left: Traits, right: Traits) -> float:
        """Share of people who are not excluded as counterpart by a roster, wherever they are."""
        return _coarse(self.share(self.free(_ANYWHERE, left, right)))

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
        initial, given = name.family.word.text, name.given.word.text
        if is_name(initial):
            return name
        for address in sorted(profile.emails):
            spelt = surname_spelt(normal(address), given=given, initial=initial, surnames=self._surnames)
            if spelt is not None:
                return attrs.evolve(name, family=self._names.family(spelt, new=new))
        return name

    def _read(self, names: list[FoldedName]) -> None:
        """Make traits of the profiles; what the classes say is known when all were read."""
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
        emails: tuple[str, ...] = ()
        if profile.emails:
            emails = tuple(dict.fromkeys([normal(email) for email in profile.emails]))
        rosters: frozenset[Roster] = _NOTHING
        listed: frozenset[Roster] = _NOTHING
        former: frozenset[IdentityKey] = _NOTHING
        if identities := profile.identities:
            rosters = listed = self._rosters_of(identities)
            for one in identities:
                if not one.listed:
                    listed = self._rosters_of([one for one in identities if one.listed])
                if one.legacy_id:
                    former = frozenset(former_of(identities))
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
            numbers_of(identities, self._kinds) if identities else (),
            _further(profile.further) if profile.further else (),
            self._shared(profile.schools) if profile.schools else _NOTHING,
            grade_of(profile.grade),
            profile.birth_date,
            span_of(profile),
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
        held = Counter([roster for one in traits for roster in one.rosters])
        live = Counter([roster for one in traits for roster in one.listed])
        self.renewed = {
            roster: _coarse(max(2 * live[roster] * (held[roster] - live[roster]) / self.crowd**2, 1e-3))
            for roster in held
        }
        self.succession = self._succession()
        self._lifts = lifts(traits)

    def _count_places(self) -> None:
        """Count who is where, by the rosters that list them; children of one class are counted at once."""
        self._known_free: dict[tuple[Place, frozenset[Roster]], int] = {}
        self._around: MutableMapping[Place, dict[frozenset[Roster], int]] = {}
        self.schools: MutableMapping[SchoolId, int] = Counter()
        in_class = Counter([(one.classes, one.teachers, one.listed) for one in self.traits if one.classes])
        for (classes, teachers, listed), count in in_class.items():
            self._add("class", classes, listed, count)
            self._add("teacher", teachers, listed, count)
        at_school = Counter([(one.schools, one.grade, one.listed) for one in self.traits])
        for (schools, grade, listed), count in at_school.items():
            self._add("school", schools, listed, count)
            self._add("grade", ((school, grade) for school in schools), listed, count)
            _add_to(self.schools, schools, count)
            self._add(_ANYWHERE[0], (_ANYWHERE[1],), listed, count)

    def _add(self, kind: str, keys: Iterable[object], listed: frozenset[Roster], count: int) -> None:
        for key in keys:
            place = kind, key
            around = self._around.get(place)
            if around is None:
                self._around[place] = {listed: count}
            else:
                around[listed] = around.get(listed, 0) + count

    def _succession(self) -> float:
        """Share of pairs of strangers of whom one fell silent before the other began."""
        spans = [one.span for one in self.traits if one.span is not None]
        if len(spans) < _ENOUGH:
            return _SUCCESSION
        starts = sorted(start for start, _ in spans)
        apart = sum(len(starts) - bisect_left(starts, end) for _, end in spans)
        return _coarse(min(max(2 * apart / len(spans) ** 2, 0.02), 0.8))


def _places(one: Traits) -> list[Place]:
    """Everywhere an account is."""
    places: list[Place] = [("class", number) for number in one.classes]
    places += [("teacher", teacher) for teacher in one.teachers]
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
