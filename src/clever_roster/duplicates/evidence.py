"""Compare two accounts: what speaks for one human, what against, and what forbids it.

`observe` gives levels of `weights` with the share of strangers that would show the same; `vetoes` gives the named
reasons that make two accounts two people. Both are symmetric. Adding up is left to `score`.
"""

from __future__ import annotations

from datetime import date

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.population import SIS_ID, Population, Traits, follows, span_of
from clever_roster.duplicates.strings import edits, jaro_winkler
from clever_roster.duplicates.weights import Level
from clever_roster.model import SchoolId

__all__ = ["Observation", "Observer"]

Observation = tuple[Level, float]
"""What was seen, and the share of strangers (u) that show it."""

_SLIP_SHARE = 0.05
"""Share of birthdays of one year that are one slip away from a given one."""

_SHORTEST, _LONG, _ALIKE = 3, 7, 0.9
"""Letters from which a slip can be told from another name, and from which two can; likeness (Jaro-Winkler) for two."""


class Observer:
    """Compares traits by what one population teaches; remembers names that it has compared before."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._given: dict[tuple[str, str], Observation] = {}
        self._family: dict[tuple[str, str], Observation] = {}

    # --- For and against ----------------------------------------------------------------------------------------------

    def observe(self, left: Traits, right: Traits) -> list[Observation]:
        """Everything that the two show; empty when neither names nor an identifier bring them near each other."""
        names = self._names(left, right)
        same_ids = self._numbers(left, right) + self._emails(left, right)
        if not left.replaced.isdisjoint(right.replaced):
            same_ids.append((w.REPLACED, self._population.share(1)))
        if not same_ids and not self._near(names, left, right):
            return []
        seen = names + same_ids
        context = self._context(left, right)
        seen.append(context)
        seen += self._identities(left, right)
        seen += self._birthdays(left, right, same_grade=context[0] in _CLOSE)
        seen += self._activity(left, right)
        if (left.learns, left.teaches) in _ONE_ROLE and (right.learns, right.teaches) == (left.teaches, left.learns):
            seen.append((w.OTHER_ROLE, 0.2))
        return seen

    def _near(self, names: list[Observation], left: Traits, right: Traits) -> bool:
        """Whether two are worth weighing: both names fit, or one does in the same class or on the same birthday."""
        differing = sum(level in (w.GIVEN_OTHER, w.FAMILY_OTHER) for level, _ in names)
        if differing != 1:
            return differing == 0
        return not left.classes.isdisjoint(right.classes) or (left.born is not None and left.born == right.born)

    def _names(self, left: Traits, right: Traits) -> list[Observation]:
        given, family = self._given_names(left, right), self._family_names(left, right)
        if given is not None and family is not None and given[0].doubt and family[0].doubt:
            mine, theirs = left.name, right.name
            if _close(mine.given, theirs.family) and _close(mine.family, theirs.given):
                people = self._population
                shares = (people.given_frequency(n.given) * people.family_frequency(n.family) for n in (mine, theirs))
                return [(w.SWAPPED, max(shares))]
        return [seen for seen in (given, family) if seen is not None]

    def _given_names(self, left: Traits, right: Traits) -> Observation | None:
        mine, theirs = left.name, right.name
        if not mine.given or not theirs.given:
            return None
        key = _ordered(mine.spaced[0], theirs.spaced[0])
        seen = self._given.get(key)
        if seen is None:
            seen = self._given[key] = self._compare_given(left, right)
        if seen[0] is w.GIVEN_OTHER:
            if theirs.given in mine.givens or mine.given in theirs.givens:
                level = w.GIVEN_PART if mine.given[0] == theirs.given[0] else w.GIVEN_MIDDLE
                return level, min(self._population.given_frequency(name) for name in (mine.given, theirs.given))
            if set(mine.givens) & set(theirs.givens) and mine.givens[0] == theirs.givens[0]:
                return w.GIVEN_PART, self._population.given_frequency(mine.givens[0])
        return seen

    def _compare_given(self, left: Traits, right: Traits) -> Observation:
        mine, theirs, people = left.name.given, right.name.given, self._population
        if mine == theirs:
            if len(mine) == 1:
                return w.GIVEN_INITIAL, people.initial_frequency(mine, of=people.given_initials)
            return w.GIVEN_SAME, people.given_frequency(mine)
        if len(mine) == 1 or len(theirs) == 1:
            share = people.initial_frequency(mine[0], of=people.given_initials)
            return (w.GIVEN_INITIAL, share) if mine[0] == theirs[0] else (w.GIVEN_OTHER, 1 - share)
        both = set(left.name.groups) & set(right.name.groups)
        if both:
            return w.GIVEN_SHORT, people.group_frequency(both)
        common = max(people.given_frequency(mine), people.given_frequency(theirs))
        if _slip(mine, theirs) or left.sound == right.sound:
            own = people.established(mine) and people.established(theirs)
            return (w.GIVEN_ALIKE, 2 * common) if own else (w.GIVEN_TYPO, 2 * common)
        shorter, longer = sorted((mine, theirs), key=len)
        if len(shorter) >= _SHORTEST and longer.startswith(shorter):
            return w.GIVEN_PART, 2 * common
        return w.GIVEN_OTHER, 0.97

    def _family_names(self, left: Traits, right: Traits) -> Observation | None:
        if not left.name.family or not right.name.family:
            return None
        key = _ordered(left.name.spaced[1], right.name.spaced[1])
        seen = self._family.get(key)
        if seen is None:
            seen = self._family[key] = self._compare_family(left, right)
        return seen

    def _compare_family(self, left: Traits, right: Traits) -> Observation:
        mine, theirs, people = left.name, right.name, self._population
        if len(mine.family) == 1 or len(theirs.family) == 1:
            initials = {part[0] for part in (*mine.families, mine.family)} & {
                part[0] for part in (*theirs.families, theirs.family)
            }
            shares = [people.initial_frequency(initial, of=people.family_initials) for initial in initials]
            return (w.FAMILY_INITIAL, max(shares)) if shares else (w.FAMILY_OTHER, 0.95)
        if mine.family == theirs.family or mine.families == theirs.families:
            return w.FAMILY_SAME, min(people.family_frequency(part) for part in (*mine.families, mine.family))
        parts = set(mine.families) & set(theirs.families)
        if parts:
            return w.FAMILY_PART, min(people.family_frequency(part) for part in parts)
        common = max(people.family_frequency(mine.family), people.family_frequency(theirs.family))
        if set(left.family_sounds) & set(right.family_sounds) or _slip(mine.family, theirs.family):
            return w.FAMILY_TYPO, 3 * common
        if any(_slip(one, other) for one in mine.families for other in theirs.families):
            return w.FAMILY_TYPO, 5 * common
        return w.FAMILY_OTHER, 0.97

    def _context(self, left: Traits, right: Traits) -> Observation:
        """Class, teacher, school, grade and roster, as the one fact they are."""
        people = self._population
        classes = left.classes & right.classes
        if classes:
            rooms = sorted(people.free(("class", key), left, right) for key in classes)
            most = 2 * len(classes) >= min(len(left.classes), len(right.classes))
            return w.TOGETHER, people.share(rooms[0] if most else sum(rooms))
        teachers = left.teachers & right.teachers
        if teachers:
            return w.SAME_TEACHER, people.share(min(people.free(("teacher", key), left, right) for key in teachers))
        schools = left.schools & right.schools
        if schools:
            return self._at_school(min(schools, key=lambda school: (people.schools[school], school)), left, right)
        return (w.OTHER_SCHOOL if left.schools and right.schools else w.ANYWHERE), people.anybody(left, right)

    def _at_school(self, school: SchoolId, left: Traits, right: Traits) -> Observation:
        people = self._population
        everybody = people.free(("school", school), left, right)
        if left.grade is None or right.grade is None:
            return w.SAME_SCHOOL, people.share(everybody)
        grade = max(people.free(("grade", (school, one.grade)), left, right) for one in (left, right))
        match abs(left.grade - right.grade):
            case 0:
                return w.SAME_GRADE, people.share(grade)
            case 1:
                return w.NEXT_GRADE, people.share(min(2 * grade, everybody))
            case _:
                return w.FAR_GRADE, people.share(everybody)

    def _identities(self, left: Traits, right: Traits) -> list[Observation]:
        for roster in left.rosters & right.rosters:
            if (roster in left.listed) != (roster in right.listed):
                return [(w.NEW_ID, self._population.renewed[roster])]
        return []

    def _numbers(self, left: Traits, right: Traits) -> list[Observation]:
        both = left.numbers.keys() & right.numbers.keys()
        if any(left.numbers[key] & right.numbers[key] for key in both):
            return [(w.NUMBER_SAME, self._population.share(1))]
        if any(kind == SIS_ID for _, kind in both):
            return [(w.SIS_ID_CHANGED, 1.0)]
        return []

    def _emails(self, left: Traits, right: Traits) -> list[Observation]:
        people = self._population
        same = left.emails & right.emails
        if same:
            return [(w.EMAIL_SAME, people.share(min(people.emails[email] for email in same)))]
        locals_ = left.locals & right.locals
        if locals_:
            return [(w.LOCAL_PART_SAME, people.share(min(people.locals[local] for local in locals_)))]
        return []

    def _birthdays(self, left: Traits, right: Traits, *, same_grade: bool) -> list[Observation]:
        if left.born is None or right.born is None:
            return []
        if left.born == right.born:
            return [(w.BORN_SAME, self._population.born_frequency(left.born, same_grade=same_grade))]
        return [(w.BORN_SLIP, _SLIP_SHARE)] if date_slip(left.born, right.born) else []

    def _activity(self, left: Traits, right: Traits) -> list[Observation]:
        mine, theirs = span_of(left.profile), span_of(right.profile)
        if mine is None or theirs is None:
            return []
        share = self._population.succession
        return [(w.SUCCESSION, share) if follows(mine, theirs) else (w.SIDE_BY_SIDE, 1 - share)]

    # --- What forbids it ----------------------------------------------------------------------------------------------

    def vetoes(self, left: Traits, right: Traits) -> list[Level]:
        """The named reasons why the two are two people; empty for most pairs."""
        found: list[Level] = []
        if _listed_together(left, right):
            found.append(w.LISTED_TOGETHER)
        elif _listed_as_two(left, right):
            found.append(w.TWO_LIVE_IDS)
        both = left.numbers.keys() & right.numbers.keys()
        agree = any(left.numbers[key] & right.numbers[key] for key in both)
        if not agree and any(kind != SIS_ID for _, kind in both):
            found.append(w.NUMBERS_DIFFER)
        same_day = False
        if left.born is not None and right.born is not None:
            same_day = left.born == right.born
            if not same_day and not date_slip(left.born, right.born):
                found.append(w.BORN_OTHERWISE)
        home = same_day or not left.emails.isdisjoint(right.emails)
        if home and self._two_given_names(left, right):
            found.append(w.SIBLINGS)
        return found

    def _two_given_names(self, left: Traits, right: Traits) -> bool:
        given, family = self._given_names(left, right), self._family_names(left, right)
        if given is None or family is None or family[0] not in (w.FAMILY_SAME, w.FAMILY_PART):
            return False
        return given[0] is w.GIVEN_OTHER or given[0] is w.GIVEN_ALIKE


_CLOSE = (w.TOGETHER, w.SAME_TEACHER, w.SAME_GRADE)
_ONE_ROLE = ((True, False), (False, True))


def _listed_as_two(left: Traits, right: Traits) -> bool:
    """One roster lists both, each under an id that the other does not have."""
    if left.listed.isdisjoint(right.listed) or not left.replaced.isdisjoint(right.replaced):
        return False
    mine, theirs = ({one.key: one.listed for one in side.profile.identities} for side in (left, right))
    own = {(key.provider, key.district) for key, listed in mine.items() if listed and key not in theirs}
    return any(listed and key not in mine and (key.provider, key.district) in own for key, listed in theirs.items())


def _listed_together(left: Traits, right: Traits) -> bool:
    """One source lists both in one class at one time."""
    mine = {m.section: m for m in left.profile.memberships if m.listed_as is not None}
    for theirs in right.profile.memberships:
        own = mine.get(theirs.section)
        if own is not None and theirs.listed_as is not None and own.listed_as != theirs.listed_as and own.meets(theirs):
            return True
    return False


def _ordered(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left <= right else (right, left)


def _close(left: str, right: str) -> bool:
    return bool(left) and bool(right) and (left == right or _slip(left, right))


def _slip(left: str, right: str) -> bool:
    """Whether two words are one slip of the pen apart, or two in a long word that begins the same."""
    shorter = min(len(left), len(right))
    if shorter < _SHORTEST:
        return False
    distance = edits(left, right, 1 if shorter < _LONG else 2)
    return distance == 1 or (distance == 2 and shorter >= _LONG and jaro_winkler(left, right) > _ALIKE)  # noqa: PLR2004


def date_slip(left: date, right: date) -> bool:
    """Whether two dates differ by one digit, by two neighbouring digits in each other's place, or by day and month."""
    if (left.year, left.month, left.day) == (right.year, right.day, right.month):
        return True
    return edits(left.isoformat(), right.isoformat(), 1) == 1
