"""What two names show: the same, a short form, an initial, a slip of the pen, another name; and how usual that is.

A name compared with another gives the same answer whoever bears them, and names repeat, so answers are kept by the
numbers of the two names (see `names`). Everything else that accounts show is `evidence`'s.
"""

from __future__ import annotations

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.names import Family, Given, Word
from clever_roster.duplicates.nicknames import FULL, GROUPS, LOOK_ALIKES, OWN_NAMES
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.strings import edits, jaro_winkler, spelling
from clever_roster.duplicates.traits import Traits
from clever_roster.duplicates.weights import Level, Observation

__all__ = ["NameObserver"]

_SHORTEST, _LONG, _ALIKE = 3, 7, 0.9
"""Letters from which a slip can be told from another name, and from which two can; likeness (Jaro-Winkler) for two."""

_REMEMBERED = 400_000
"""Comparisons of two names that are kept; names repeat, but not for ever."""

_MISSPELLINGS = 150
"""In how many ways a name can be misspelt: a stranger whose name is one of them has it by its own frequency."""

_SPELLINGS = 10
"""The same for the spellings of a name."""

_GIVEN_OTHER: Observation = (w.GIVEN_OTHER, 0.97)
_FAMILY_OTHER: Observation = (w.FAMILY_OTHER, 0.97)


class NameObserver:
    """Compares names by what one population teaches; remembers names that it has compared before."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._given: dict[int, Observation] = {}
        self._family: dict[int, Observation] = {}

    def swapped(self, left: Traits, right: Traits) -> Observation | None:
        """Whether each one's given name is the other's surname."""
        mine, theirs = left.given.word, right.given.word
        if not _close(mine, right.family.word) or not _close(left.family.word, theirs):
            return None
        people = self._population
        shares = (
            people.given_frequency(one.given.word.text) * people.family_frequency(one.family.word.text)
            for one in (left, right)
        )
        return w.SWAPPED, max(shares)

    def given(self, left: Traits, right: Traits) -> Observation | None:
        """What the given names show; None when one of them is missing."""
        mine, theirs = left.given, right.given
        if not mine.parts or not theirs.parts:
            return None
        if mine.number < 0 or theirs.number < 0:
            seen = self._compare_given(mine, theirs)
        else:
            one, other = mine.number, theirs.number
            key = (one << 32) + other if one < other else (other << 32) + one
            known = self._given.get(key)
            if known is None:
                if len(self._given) >= _REMEMBERED:
                    self._given.clear()
                known = self._given[key] = self._compare_given(mine, theirs)
            seen = known
        if seen[0] is w.GIVEN_OTHER and (left.middle or right.middle or len(mine.parts) + len(theirs.parts) > 2):  # noqa: PLR2004
            return self._by_a_part(left, right) or seen
        return seen

    def _by_a_part(self, left: Traits, right: Traits) -> Observation | None:
        """Two given names of which one is a part, or the middle name, of the other."""
        mine, theirs, people = left.given, right.given, self._population
        ours, others = (*mine.parts, *left.middle), (*theirs.parts, *right.middle)
        one, other = mine.word.text, theirs.word.text
        if other in ours or one in others:
            level = w.GIVEN_PART if one[0] == other[0] else w.GIVEN_MIDDLE
            return level, min(people.given_frequency(name) for name in (one, other))
        if ours[0] == others[0]:
            return w.GIVEN_PART, people.given_frequency(ours[0])
        return None

    def _compare_given(self, left: Given, right: Given) -> Observation:
        mine, theirs, people = left.word.text, right.word.text, self._population
        if mine == theirs:
            if not left.whole:
                return w.GIVEN_INITIAL, people.initial_frequency(mine, of=people.given_initials)
            return w.GIVEN_SAME, people.given_frequency(mine)
        if not left.whole or not right.whole:
            share = max(people.initial_frequency(name[0], of=people.given_initials) for name in (mine, theirs))
            return (w.GIVEN_INITIAL, share) if mine[0] == theirs[0] else (w.GIVEN_OTHER, 1 - share)
        if left.groups and right.groups:
            both = set(left.groups) & set(right.groups)
            if both:
                return self._of_one_group(left.word, right.word), people.group_frequency(both)
        if _respelt(left.word, right.word) and not (mine in LOOK_ALIKES and theirs in LOOK_ALIKES):
            return w.GIVEN_SPELT, _respelt_by_chance(people.given_frequency(mine), people.given_frequency(theirs))
        if left.word.sound == right.word.sound or _slip(left.word, right.word):
            own = people.established(mine) and people.established(theirs)
            rare, common = sorted((people.given_frequency(mine), people.given_frequency(theirs)))
            if own:
                return w.GIVEN_ALIKE, 2 * common
            # A slip is seldom in the first letter, and twins are called Mia and Nia.
            slipped = left.word.sound == right.word.sound or sorted(mine[:2]) == sorted(theirs[:2])
            rhyme = mine[0] != theirs[0] and not slipped
            return w.GIVEN_RHYME if rhyme else w.GIVEN_TYPO, min(2 * common, _MISSPELLINGS * rare)
        shorter, longer = (mine, theirs) if len(mine) < len(theirs) else (theirs, mine)
        if len(shorter) >= _SHORTEST and longer.startswith(shorter):
            own = shorter in GROUPS and longer in GROUPS
            return w.GIVEN_WITHIN if own else w.GIVEN_PART, 2 * max(
                people.given_frequency(mine), people.given_frequency(theirs)
            )
        return _GIVEN_OTHER

    def _of_one_group(self, left: Word, right: Word) -> Level:
        if self._population.usual(left.text) and self._population.usual(right.text):
            return w.GIVEN_KIN
        if _respelt(left, right):
            return w.GIVEN_SHORT
        mine, theirs = left.text, right.text
        full = (mine in FULL) + (theirs in FULL)
        begun = mine.startswith(theirs) or theirs.startswith(mine)
        own = not full and not begun and mine in OWN_NAMES and theirs in OWN_NAMES
        return w.GIVEN_FORMS if full == 2 or own else w.GIVEN_SHORT  # noqa: PLR2004 - both

    def family(self, left: Traits, right: Traits) -> Observation | None:
        """What the surnames show; None when one of them is missing."""
        mine, theirs = left.family, right.family
        if not mine.parts or not theirs.parts:
            return None
        if mine.number < 0 or theirs.number < 0:
            return self._compare_family(mine, theirs)
        one, other = mine.number, theirs.number
        key = (one << 32) + other if one < other else (other << 32) + one
        seen = self._family.get(key)
        if seen is None:
            if len(self._family) >= _REMEMBERED:
                self._family.clear()
            seen = self._family[key] = self._compare_family(mine, theirs)
        return seen

    def _compare_family(self, left: Family, right: Family) -> Observation:
        mine, theirs, people = left.word.text, right.word.text, self._population
        if not left.whole or not right.whole:
            initials = {part[0] for part in (*left.parts, mine)} & {part[0] for part in (*right.parts, theirs)}
            shares = [people.initial_frequency(initial, of=people.family_initials) for initial in initials]
            return (w.FAMILY_INITIAL, max(shares)) if shares else (w.FAMILY_OTHER, 0.95)
        if mine == theirs:
            return w.FAMILY_SAME, min(map(people.family_frequency, {*left.parts, *right.parts, mine}))
        if left.parts == right.parts:
            return w.FAMILY_SAME, min(map(people.family_frequency, left.parts))
        parts = set(left.parts) & set(right.parts) if len(left.parts) + len(right.parts) > 2 else None  # noqa: PLR2004
        if parts:
            halves = len(parts) < min(len(left.parts), len(right.parts)) and not _slip(left.word, right.word)
            return w.FAMILY_HALF if halves else w.FAMILY_PART, min(map(people.family_frequency, parts))
        if _respelt(left.word, right.word):
            return w.FAMILY_SPELT, _respelt_by_chance(people.family_frequency(mine), people.family_frequency(theirs))
        if _slip(left.word, right.word):
            return w.FAMILY_TYPO, self._misspelt(mine, theirs)
        for one in left.words:
            for other in right.words:
                if one.sound == other.sound:
                    return w.FAMILY_TYPO, self._misspelt(mine, theirs)
        if len(left.words) + len(right.words) > 2 and any(  # noqa: PLR2004
            _slip(one, other) for one in left.words for other in right.words
        ):
            return w.FAMILY_TYPO, 5 / 3 * self._misspelt(mine, theirs)
        return _FAMILY_OTHER

    def _misspelt(self, mine: str, theirs: str) -> float:
        """Share of strangers whose surname is one slip away from one of these."""
        people = self._population
        rare, common = sorted((people.family_frequency(mine), people.family_frequency(theirs)))
        return min(3 * common, _MISSPELLINGS * rare)


def _respelt(left: Word, right: Word) -> bool:
    """Whether two words are one in two spellings; of short ones, such as "Cao" and "Kao", one cannot tell."""
    if left.sound != right.sound:
        return False
    return min(len(left.text), len(right.text)) > _SHORTEST and spelling(left.text) == spelling(right.text)


def _respelt_by_chance(mine: float, theirs: float) -> float:
    """Share of strangers who have one's name in the other's spelling, given the shares of both."""
    return min(mine + theirs, _SPELLINGS * min(mine, theirs))


def _close(left: Word, right: Word) -> bool:
    return bool(left.text) and bool(right.text) and (left.text == right.text or _slip(left, right))


def _slip(left: Word, right: Word) -> bool:
    """Whether two words are one slip of the pen apart, or two in a long word that begins the same."""
    mine, theirs = left.text, right.text
    shorter = min(len(mine), len(theirs))
    if shorter < _SHORTEST:
        return False
    limit = 1 if shorter < _LONG else 2
    if (left.letters ^ right.letters).bit_count() > 2 * limit:
        return False
    distance = edits(mine, theirs, limit)
    return distance == 1 or (distance == 2 and shorter >= _LONG and jaro_winkler(mine, theirs) > _ALIKE)  # noqa: PLR2004
