"""Compare two accounts: what speaks for one human, what against, and what forbids it.

`observe` gives levels of `weights` with the share of strangers that would show the same; `vetoes` gives the named
reasons that make two accounts two people. Both are symmetric. Adding up is left to `score`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.absences import Absences
from clever_roster.duplicates.emails import formed_of
from clever_roster.duplicates.name_evidence import NameObserver
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.score import prior
from clever_roster.duplicates.strings import edits
from clever_roster.duplicates.traits import SIS_ID, Traits, follows
from clever_roster.duplicates.weights import Kind, Level, Observation
from clever_roster.duplicates.whereabouts import CLOSE, whereabouts

__all__ = ["Observer"]

_LONG = 7
"""Letters from which two slips are nearly the same value of a further field."""

_SLIP_SHARE = 0.05
"""Share of birthdays of one year that are one slip away from a given one."""

_TELLING = 1000
"""How many accounts it takes to tell which given names are usual."""

_RAREST_VALUE, _NEAR_VALUES = 1e-4, 4
"""Share of strangers with one value of a further field, at the least; and how many values are nearly the same."""

_FURTHER = {
    "same": (0.8, 0.85, "the same {}"),
    "near": (0.12, 0.05, "nearly the same {}"),
    "other": (0.08, 0.1, "another {}"),
}


class Observer:
    """Compares traits by what one population teaches; remembers names that it has compared before."""

    def __init__(self, population: Population, *, siblings: bool = True) -> None:
        self._population = population
        self._siblings = siblings
        self._names = NameObserver(population)
        self._absences = Absences(population)
        self._levels: dict[tuple[str, str], Level] = {}
        spans = max(w.SUCCESSION.m / population.succession, w.SIDE_BY_SIDE.m / (1 - population.succession), 1)
        self._best_rest: float = spans * w.BORN_SLIP.m / _SLIP_SHARE
        self._odds: float = 2.0 ** (prior(population.crowd) - w.FAINT)

    # --- For and against ----------------------------------------------------------------------------------------------

    def observe(self, left: Traits, right: Traits, *, in_full: bool = False) -> list[Observation]:
        """Everything that the two show; empty when neither names nor an identifier bring them near each other.

        Empty also when what is cheap to see leaves no hope for the rest, unless it is wanted `in_full`.
        """
        given, family = self._names.given(left, right), self._names.family(left, right)
        names = [seen for seen in (given, family) if seen is not None]
        differing = (given is not None and given[0] is w.GIVEN_OTHER) + (
            family is not None and family[0] is w.FAMILY_OTHER
        )
        if differing == len(names) == 2:  # noqa: PLR2004 - both parts of the name
            swapped = self._names.swapped(left, right)
            if swapped is not None:
                names, differing = [swapped], 0
        same_ids = self._same_ids(left, right)
        if differing and not same_ids and not _met(left, right, enough=differing):
            return []
        context = whereabouts(self._population, left, right)
        seen = [*names, *same_ids, context]
        if len(names) == 2 and not differing:  # noqa: PLR2004 - both parts of the name agree
            lift = self._population.lift(left, right)
            if lift > 1:
                seen.append((w.NAMES_TOGETHER, lift))
        seen += self._identities(left, right)
        met = in_full or same_ids or left.further or left.born == right.born is not None
        if not met and self._hopeless(seen, best_rest=self._best_rest):
            return []
        seen += self._birthdays(left, right, same_grade=context[0] in CLOSE)
        if left.numbers and right.numbers:
            seen += _changed_ids(left, right, seen)
        seen += self._activity(left, right)
        if left.further and right.further:
            seen += self._other_fields(left, right)
        if left.learns is right.teaches is not left.teaches is right.learns:
            seen.append((w.OTHER_ROLE, 0.2))
        # It only speaks against the two, and is the dearest to see.
        if in_full or not self._hopeless(seen, best_rest=1):
            seen += self._absences.of(left, right, context[0])
        return seen

    def _hopeless(self, seen: list[Observation], *, best_rest: float) -> bool:
        """Whether what was seen speaks so little that nothing else, at the best, can bring the two together.

        Most pairs are namesakes of different schools. What may be seen after names, place and new ids is bounded: spans
        of use, and a birthday that differs by a slip.
        """
        odds = self._odds * best_rest
        for level, share in seen:
            odds *= level.m / share
        return odds < 1

    def _same_ids(self, left: Traits, right: Traits) -> list[Observation]:
        """Identifiers that agree."""
        people = self._population
        seen: list[Observation] = []
        if left.numbers and right.numbers and _one_number(left, right):
            seen.append((w.NUMBER_SAME, people.share(1)))
        if left.emails and right.emails:
            if emails := {*left.emails}.intersection(right.emails):
                seen.append((w.EMAIL_SAME, min(map(people.email_frequency, emails))))
            elif spelt := {*left.locals}.intersection(right.locals):
                shares = [
                    max(people.local_frequency(local), *(_formed_of(local, one) for one in (left, right)))
                    for local in spelt
                ]
                seen.append((w.LOCAL_PART_SAME, min(shares)))
        if _took_the_place(left, right):
            seen.append((w.REPLACED, people.share(1)))
        return seen

    def _identities(self, left: Traits, right: Traits) -> list[Observation]:
        if left.listed == left.rosters and right.listed == right.rosters:
            return []
        for roster in left.rosters & right.rosters:
            if (roster in left.listed) != (roster in right.listed):
                return [(w.NEW_ID, self._population.renewed(roster))]
        return []

    def _birthdays(self, left: Traits, right: Traits, *, same_grade: bool) -> list[Observation]:
        if left.born is None or right.born is None:
            return []
        if left.born == right.born:
            return [(w.BORN_SAME, self._population.born_frequency(left.born, same_grade=same_grade))]
        if date_slip(left.born, right.born):
            return [(w.BORN_SLIP, _SLIP_SHARE)]
        return [(w.BORN_WRONG, 0.95)] if _one_address(left, right) else []

    def _activity(self, left: Traits, right: Traits) -> list[Observation]:
        mine, theirs = left.span, right.span
        if mine is None or theirs is None:
            return []
        share = self._population.succession
        return [(w.SUCCESSION, share) if follows(mine, theirs) else (w.SIDE_BY_SIDE, 1 - share)]

    def _other_fields(self, left: Traits, right: Traits) -> list[Observation]:
        """Streets, postcodes, phones and the like: the same, nearly the same, or other."""
        seen: list[Observation] = []
        theirs = dict(right.further)
        for field, mine in left.further:
            other = theirs.get(field)
            if other is None:
                continue
            share = self._population.further_frequency(field, mine)
            if mine == other:
                seen.append((self._level(field, "same"), max(share, _RAREST_VALUE)))
            elif edits(mine, other, 1 if len(mine) < _LONG else 2) <= (1 if len(mine) < _LONG else 2):
                near = max(share, self._population.further_frequency(field, other))
                seen.append((self._level(field, "near"), min(_NEAR_VALUES * max(near, _RAREST_VALUE), 0.9)))
            else:
                seen.append((self._level(field, "other"), 1 - min(self._population.alike(field), 0.9)))
        return seen

    def _level(self, field: str, how: str) -> Level:
        level = self._levels.get((field, how))
        if level is None:
            m, siblings, sentence = _FURTHER[how]
            level = Level(Kind.FURTHER, m, siblings, sentence.format(field))
            self._levels[field, how] = level
        return level

    # --- What forbids it ----------------------------------------------------------------------------------------------

    def vetoes(self, left: Traits, right: Traits) -> list[Level]:
        """The named reasons why the two are two people; empty for most pairs."""
        found: list[Level] = []
        if _listed_together(left, right):
            found.append(w.LISTED_TOGETHER)
        elif _listed_as_two(left, right):
            found.append(w.TWO_LIVE_IDS)
        if left.numbers and right.numbers and _two_numbers(left, right):
            found.append(w.NUMBERS_DIFFER)
        same_day = False
        if left.born is not None and right.born is not None:
            same_day = left.born == right.born
            if not same_day and not date_slip(left.born, right.born) and not _one_address(left, right):
                found.append(w.BORN_OTHERWISE)
        home = self._siblings and (same_day or any(email in right.emails for email in left.emails))
        if home and self._two_given_names(left, right):
            found.append(w.SIBLINGS)
        return found

    def _two_given_names(self, left: Traits, right: Traits) -> bool:
        """Whether two of one surname have two names of their own.

        A name that hardly anybody else has may be a nickname or middle name; a small population cannot tell.
        """
        given, family = self._names.given(left, right), self._names.family(left, right)
        if given is None or family is None or family[0] not in _ONE_FAMILY:
            return False
        if given[0] is w.GIVEN_ALIKE:
            return True
        people = self._population
        usual = people.size < _TELLING or all(people.established(one.given.word.text) for one in (left, right))
        return given[0] is w.GIVEN_OTHER and usual


def _met(left: Traits, right: Traits, *, enough: int) -> bool:
    """Whether so many things bring two near each other: a class, a birthday, further fields; one for each odd name."""
    further = sum(value in right.further for value in left.further) if left.further else 0
    born = left.born is not None and left.born == right.born
    if enough == 1:
        return born or further > 0 or any(number in right.classes for number in left.classes)
    return born + further > 1


def _formed_of(local: str, one: Traits) -> float:
    return formed_of(local, one.given.word.text, one.family.word.text)


def _one_address(left: Traits, right: Traits) -> bool:
    """Whether at least two further fields agree, so that a birthday may be the one that is wrong."""
    return sum(value in right.further for value in left.further) > 1


def _took_the_place(left: Traits, right: Traits) -> bool:
    """Whether an id of one took the place of an id of the other, or both of a third."""
    if not left.former and not right.former:
        return False
    mine, theirs = ({identity.key for identity in one.profile.identities} for one in (left, right))
    return not (
        left.former.isdisjoint(theirs) and right.former.isdisjoint(mine) and left.former.isdisjoint(right.former)
    )


def _one_number(left: Traits, right: Traits) -> bool:
    """Whether a number of one kind is the same."""
    # Most have no number in common, whatever its kind, and the kinds take longer to see.
    return not {*left.numbers}.isdisjoint(right.numbers) and not {*left.numbered}.isdisjoint(right.numbered)


def _changed_ids(left: Traits, right: Traits, seen: Iterable[Observation]) -> list[Observation]:
    both = set(left.kinds) & set(right.kinds)
    changed = any(kind == SIS_ID for _, kind in both) and not _one_number(left, right)
    if not changed:
        return []
    shown = {level for level, _ in seen}
    renewed = w.NEW_ID in shown and not shown.isdisjoint((w.BORN_SAME, w.EMAIL_SAME, w.LOCAL_PART_SAME))
    return [(w.SIS_ID_RENEWED if renewed else w.SIS_ID_CHANGED, 1.0)]


def _two_numbers(left: Traits, right: Traits) -> bool:
    """Whether one district gives both a student number or state id, and no id of theirs agrees."""
    if _one_number(left, right):
        return False
    return any(kind[1] != SIS_ID and kind in left.kinds for kind in right.kinds)


_ONE_FAMILY = (w.FAMILY_SAME, w.FAMILY_SPELT, w.FAMILY_PART, w.FAMILY_HALF)


def _listed_as_two(left: Traits, right: Traits) -> bool:
    """One roster lists both, each under an id that the other does not have."""
    if left.listed.isdisjoint(right.listed) or _took_the_place(left, right):
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


def date_slip(left: date, right: date) -> bool:
    """Whether two dates differ by one digit, by two neighbouring digits in each other's place, or by day and month."""
    if (left.year, left.month, left.day) == (right.year, right.day, right.month):
        return True
    return edits(left.isoformat(), right.isoformat(), 1) == 1
