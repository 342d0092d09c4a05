"""What the accounts at hand teach together: how common each name is, which classes are one, who is where.

`Traits` is one profile made comparable. `Population` makes traits, and answers how often strangers agree on a value
(the u of `weights`). It knows nothing of pairs. Frequencies leave room for people not seen: in a class of 25 a name
that stands once is not taken for a rare one. What concerns everybody at once is rounded, see `crowd`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from math import log2
from types import MappingProxyType
from typing import TypeVar, cast

import attrs

from clever_roster.duplicates.classes import ClassKey, Roll, same_classes
from clever_roster.duplicates.emails import local_part, normal, surname_spelt
from clever_roster.duplicates.names import FoldedName, fold_name
from clever_roster.duplicates.nicknames import GROUPS, LOOK_ALIKES
from clever_roster.duplicates.profile import ClassMembership, LinkedIdentity, Profile
from clever_roster.duplicates.strings import sound
from clever_roster.model import DistrictId, EnrollmentRole, IdentityKey, Provider, SchoolId

__all__ = ["Population", "Traits"]

Value = TypeVar("Value")
Roster = tuple[Provider, DistrictId]
NumberKind = tuple[DistrictId, str]
Place = tuple[str, ClassKey | str | tuple[SchoolId, int | None]]
SIS_ID = "sis id"
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
_ONE_DAY_OF_A_YEAR = 1 / 365
_GRADES = 13


@attrs.define(repr=False, eq=False)
class Traits:
    """A profile as it is compared.

    Attributes:
        place: its place in the population; -1 for a newcomer.
        sound, family_sound: how the given name, and each part of the surname, sound.
        rosters, listed: the rosters that it has an id of, and those of them that list it now.
        replaced: its ids that took another's place, or had theirs taken, by the id that was there before.
        numbers: ids of the district's own, by district and kind.
        classes: the classes it is in now, each in the name of its first counterpart.
        learns, teaches: whether it is a student, a teacher, somewhere.
    """

    profile: Profile
    place: int
    name: FoldedName
    sound: str
    family_sounds: tuple[str, ...]
    emails: frozenset[str]
    locals: frozenset[str]
    rosters: frozenset[Roster]
    listed: frozenset[Roster]
    replaced: frozenset[IdentityKey]
    numbers: Mapping[NumberKind, frozenset[str]]
    classes: frozenset[ClassKey]
    teachers: frozenset[str]
    schools: frozenset[SchoolId]
    grade: int | None
    born: date | None
    learns: bool
    teaches: bool

    def __repr__(self) -> str:
        return f"<Traits of account {self.profile.account}>"

    def places(self) -> Iterator[Place]:
        """Everywhere it is, from the classroom to the world."""
        yield from (("class", key) for key in self.classes)
        yield from (("teacher", teacher) for teacher in self.teachers)
        for school in self.schools:
            yield "school", school
            yield "grade", (school, self.grade)
        yield _ANYWHERE


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
        self.crowd = _coarse(max(self.size, _SMALLEST))
        self._sounds: dict[str, str] = {}
        self._sets: dict[frozenset[object], frozenset[object]] = {}
        names = [fold_name(profile.name) for profile in self.profiles]
        self._surnames = frozenset(part for name in names for part in name.families if len(part) > 1)
        names = [self._completed(name, profile) for name, profile in zip(names, self.profiles, strict=True)]
        self._legacies = {_legacy(one) for profile in self.profiles for one in profile.identities if one.legacy_id}
        self._read_classes(names)
        self.traits = [
            self._traits(profile, name, place)
            for place, (profile, name) in enumerate(zip(self.profiles, names, strict=True))
        ]
        self._count()

    def of(self, profile: Profile) -> Traits:
        """Make traits of a newcomer, by what this population teaches."""
        return self._traits(profile, self._completed(fold_name(profile.name), profile), -1)

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

    def initial_frequency(self, initial: str, *, of: Counter[str]) -> float:
        """Share of people whose given name or surname (as counted in `of`) begins so."""
        return (of[initial] + _UNSEEN / 26) / (self.crowd + _UNSEEN)

    def established(self, given: str) -> bool:
        """Whether a given name is a name of its own here: known to us, or borne by several."""
        return self.given[given] >= _ESTABLISHED or given in GROUPS or given in LOOK_ALIKES

    def share(self, count: int) -> float:
        """Share of other people, of so many that have a value in this population."""
        return min(max(count - 1, 0.5) / self.crowd, 0.99)

    def free(self, place: Place, left: Traits, right: Traits) -> int:
        """How many in a place are not excluded, by being listed in the same roster, as counterpart of one of two."""
        return max(self._free(place, left.listed), self._free(place, right.listed))

    def _free(self, place: Place, rosters: frozenset[Roster]) -> int:
        known = self._known_free.get((place, rosters))
        if known is None:
            around = self._around[place]
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

    def _share(self, count: int, unseen: float) -> float:
        return min((max(count - 1, 0) + _UNSEEN * unseen) / (self.crowd + _UNSEEN), 0.99)

    # --- Reading the profiles -----------------------------------------------------------------------------------------

    def _completed(self, name: FoldedName, profile: Profile) -> FoldedName:
        """Read the surname from an email address when the name has only its initial, or none."""
        if len(name.family) > 1:
            return name
        for address in sorted(profile.emails):
            spelt = surname_spelt(normal(address), given=name.given, initial=name.family, surnames=self._surnames)
            if spelt is not None:
                return attrs.evolve(name, spaced=(name.spaced[0], spelt), family=spelt, families=(spelt,))
        return name

    def _read_classes(self, names: list[FoldedName]) -> None:
        students: defaultdict[ClassKey, set[int]] = defaultdict(set)
        teachers: defaultdict[ClassKey, set[str]] = defaultdict(set)
        sources: dict[ClassKey, Provider] = {}
        titles: dict[ClassKey, str] = {}
        schools: Counter[tuple[ClassKey, SchoolId]] = Counter()
        for place, profile in enumerate(self.profiles):
            for membership in profile.memberships:
                key = membership.section
                if membership.teachers:
                    teachers[key].update(_called(fold_name(teacher)) for teacher in membership.teachers)
                if membership.role is EnrollmentRole.TEACHER:
                    teachers[key].add(_called(names[place]) or profile.account)
                else:
                    students[key].add(place)
                if membership.listed_as is not None:
                    sources[key] = membership.listed_as.provider
                if membership.name:
                    titles[key] = max(titles.get(key, ""), membership.name)
                if profile.schools:
                    schools[key, profile.schools[0]] += 1
        self.class_teachers = {key: frozenset(who) for key, who in teachers.items()}
        # The most frequent school of each class comes last, and stays.
        self.class_schools = {key: school for (key, school), _ in sorted(schools.items(), key=_rising)}
        rolls = [
            Roll(
                section=key,
                source=sources.get(key),
                students=frozenset(students[key]),
                teachers=self.class_teachers.get(key, frozenset()),
                words=frozenset(_WORD.findall(titles.get(key, "").casefold())),
            )
            for key in sorted(students.keys() | teachers.keys(), key=str)
        ]
        self.same_class = same_classes(rolls, [f"{name.given[:1]} {name.families[-1:]}" for name in names])

    def _traits(self, profile: Profile, name: FoldedName, place: int) -> Traits:
        emails = frozenset(normal(address) for address in profile.emails)
        learning = [m for m in profile.memberships if m.role is EnrollmentRole.STUDENT]
        attended = [m.section for m in learning if m.until is None]
        return Traits(
            profile=profile,
            place=place,
            name=name,
            sound=self._sound(name.given),
            family_sounds=tuple(self._sound(part) for part in name.families),
            emails=emails,
            locals=frozenset(local for email in emails if (local := local_part(email)) is not None),
            rosters=self._shared(_roster(identity) for identity in profile.identities),
            listed=self._shared(_roster(identity) for identity in profile.identities if identity.listed),
            replaced=self._shared(
                key
                for identity in profile.identities
                for key in (identity.key, _legacy(identity))
                if key in self._legacies or key != identity.key
            ),
            numbers=_numbers(profile.identities),
            classes=self._shared(self.same_class.get(section, section) for section in attended),
            teachers=self._shared(who for section in attended for who in self.class_teachers.get(section, ())),
            schools=self._shared(profile.schools or self._guessed_schools(profile.memberships)),
            grade=_grade(profile.grade),
            born=profile.birth_date,
            learns=bool(learning),
            teaches=len(learning) < len(profile.memberships),
        )

    def _sound(self, word: str) -> str:
        known = self._sounds.get(word)
        if known is None:
            known = self._sounds[word] = sound(word)
        return known

    def _shared(self, values: Iterable[Value]) -> frozenset[Value]:
        """One set for all who have the same values: there are as many as classes, not as children."""
        one = frozenset(values)
        return cast("frozenset[Value]", self._sets.setdefault(one, one))

    def _guessed_schools(self, memberships: Iterable[ClassMembership]) -> list[SchoolId]:
        schools = (self.class_schools.get(membership.section) for membership in memberships)
        return [school for school in schools if school is not None]

    def _count(self) -> None:
        traits = self.traits
        names = [one.name for one in traits]
        self.given = Counter(name.given for name in names)
        self.groups = Counter(group for name in names for group in name.groups)
        self.family = Counter(part for name in names for part in {*name.families, name.family})
        self.given_initials = Counter(name.given[:1] for name in names if name.given)
        self.family_initials = Counter(name.family[:1] for name in names if name.family)
        self.born = Counter(one.born for one in traits if one.born is not None)
        self.emails = Counter(email for one in traits for email in one.emails)
        self.locals = Counter(local for one in traits for local in one.locals)
        self.schools = Counter(school for one in traits for school in one.schools)
        self._known_free: dict[tuple[Place, frozenset[Roster]], int] = {}
        self._around: defaultdict[Place, Counter[frozenset[Roster]]] = defaultdict(Counter)
        for one in traits:
            for place in one.places():
                self._around[place][one.listed] += 1
        live = Counter(roster for one in traits for roster in one.listed)
        held = Counter(roster for one in traits for roster in one.rosters)
        self.renewed = {
            roster: _coarse(max(2 * live[roster] * (held[roster] - live[roster]) / self.crowd**2, 1e-3))
            for roster in held
        }
        self.succession = self._succession()

    def _succession(self) -> float:
        """Share of pairs of strangers of whom one fell silent before the other began."""
        spans = [span for one in self.traits if (span := span_of(one.profile)) is not None]
        if len(spans) < _ENOUGH:
            return _SUCCESSION
        starts = sorted(start for start, _ in spans)
        apart = sum(len(starts) - bisect_left(starts, end) for _, end in spans)
        return _coarse(min(max(2 * apart / len(spans) ** 2, 0.02), 0.8))


def _coarse(value: float) -> float:
    """The nearest half power of two, so that one account more or less moves no verdict about others."""
    return 2 ** (round(2 * log2(value)) / 2)


def span_of(profile: Profile) -> tuple[datetime, datetime] | None:
    """From when to when an account was used, if both are known."""
    if profile.created_at is None or profile.last_active_at is None:
        return None
    return profile.created_at, profile.last_active_at


def follows(left: tuple[datetime, datetime], right: tuple[datetime, datetime]) -> bool:
    """Whether one span ended before the other began."""
    return left[1] <= right[0] or right[1] <= left[0]


def _called(name: FoldedName) -> str:
    return f"{name.given} {name.family}".strip()


_WORD = re.compile(r"\w+")


def _rising(seen: tuple[tuple[ClassKey, SchoolId], int]) -> tuple[int, SchoolId]:
    return seen[1], seen[0][1]


def _roster(identity: LinkedIdentity) -> Roster:
    return identity.key.provider, identity.key.district


def _legacy(identity: LinkedIdentity) -> IdentityKey:
    """The identity as it was before; itself when the source knows of no other."""
    return attrs.evolve(identity.key, subject=identity.legacy_id) if identity.legacy_id else identity.key


def _numbers(identities: Iterable[LinkedIdentity]) -> Mapping[NumberKind, frozenset[str]]:
    numbers: dict[NumberKind, frozenset[str]] = {}
    for identity in identities:
        for kind, value in (
            (SIS_ID, identity.sis_id),
            ("student number", identity.student_number),
            ("state id", identity.state_id),
        ):
            if value:
                key = identity.key.district, kind
                numbers[key] = numbers.get(key, frozenset()) | {value}
    return numbers or _NO_NUMBERS


_NO_NUMBERS: Mapping[NumberKind, frozenset[str]] = MappingProxyType({})


_GRADE_WORDS = {
    "infanttoddler": -3,
    "preschool": -2,
    "prekindergarten": -1,
    "transitionalkindergarten": 0,
    "kindergarten": 0,
}


def _grade(text: str | None) -> int | None:
    """Clever's grade text as a number, Kindergarten being 0; None for "Other" and "Ungraded"."""
    if text is None:
        return None
    plain = text.strip().casefold()
    return int(plain) if plain.isdecimal() else _GRADE_WORDS.get(plain)
