"""How a profile becomes traits, but for what classes say: names folded, addresses normal, what many share kept once.

A surname of which only the initial is known is read from an address that spells it. An address without separators is
cut by the surnames of the population, so that a newcomer who brings a surname may give one to somebody who is there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Never, TypeVar, cast

import attrs

from clever_roster.duplicates.emails import local_part, normal, surname_spelt
from clever_roster.duplicates.names import Family, FoldedName, Names, is_name
from clever_roster.duplicates.profile import LinkedIdentity, Profile
from clever_roster.duplicates.traits import NumberKind, Roster, Traits, former_of, grade_of, numbers_of
from clever_roster.model import IdentityKey

__all__ = ["Reader"]

Value = TypeVar("Value")


class Reader:
    """Reads the profiles of one population, and of newcomers, of whom nothing is kept.

    Attributes:
        folded: the names that were met.
    """

    def __init__(self) -> None:
        self.folded = Names()
        self._sets: dict[tuple[object, ...], frozenset[object]] = {}
        self._kinds: dict[tuple[NumberKind, ...], tuple[NumberKind, ...]] = {}
        self._surnames: frozenset[str] = _NOTHING
        self._spelling: defaultdict[str, list[int]] = defaultdict(list)

    # --- Names --------------------------------------------------------------------------------------------------------

    def names(self, profiles: Sequence[Profile]) -> Sequence[FoldedName]:
        """The names of a whole population; once."""
        names = [self.folded.fold(profile.name) for profile in profiles]
        self._surnames = self.folded.surnames()
        for place, name in enumerate(names):
            if not name.family.whole:
                surnames = _Asked(self._surnames)
                names[place] = self._completed(name, profiles[place], surnames)
                for part in surnames.in_vain:
                    self._spelling[part].append(place)
        return names

    def name_of_newcomer(self, profile: Profile) -> FoldedName:
        """The name of somebody else."""
        return self._completed(self.folded.fold(profile.name, new=True), profile, self._surnames, new=True)

    def renamed(self, newcomers: Family, profiles: Sequence[Profile]) -> Iterator[tuple[int, Family]]:
        """The places of those whose surname is read otherwise when somebody bears this one, and how it is read."""
        new = {part for part in newcomers.parts if is_name(part)} - self._surnames
        for place in sorted({place for part in new for place in self._spelling.get(part, ())}):
            name = self.folded.fold(profiles[place].name, new=True)
            yield place, self._completed(name, profiles[place], _Asked(self._surnames, new), new=True).family

    def _completed(
        self, name: FoldedName, profile: Profile, surnames: Container[str], *, new: bool = False
    ) -> FoldedName:
        """Read the surname from an email address when the name has only its initial, or none."""
        if name.family.whole:
            return name
        initial, given = name.family.word.text, name.given.word.text
        for address in sorted(profile.emails):
            spelt = surname_spelt(normal(address), given=given, initial=initial, surnames=surnames)
            if spelt is not None:
                return attrs.evolve(name, family=self.folded.family(spelt, new=new))
        return name

    # --- Everything else ----------------------------------------------------------------------------------------------

    def traits(self, profile: Profile, name: FoldedName, place: int) -> Traits:
        """Make traits of a profile whose name was read."""
        emails = profile.emails
        if emails:
            written = tuple(dict.fromkeys(map(normal, emails)))
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
            tuple(filter(None, map(local_part, emails))) if emails else (),
            rosters,
            listed,
            former,
            kinds,
            numbers,
            _further(profile.further) if profile.further else (),
            self.shared(profile.schools) if profile.schools else _NOTHING,
            grade_of(profile.grade),
            profile.birth_date,
        )

    def _rosters_of(self, identities: Iterable[LinkedIdentity]) -> frozenset[Roster]:
        return self.shared(tuple([(one.key.provider, one.key.district) for one in identities]))

    def shared(self, values: tuple[Value, ...]) -> frozenset[Value]:
        """One set for all who have the same values: there are as many as classes, not as children."""
        known = self._sets.get(values)
        if known is None:
            known = self._sets[values] = frozenset(values)
        return cast("frozenset[Value]", known)


class _Asked(Container[str]):
    """Surnames, and which words were looked up among them in vain."""

    def __init__(self, known: Container[str], further: Container[str] = ()) -> None:
        self._known, self._further = known, further
        self.in_vain: set[str] = set()

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str) or word in self._known or word in self._further:
            return isinstance(word, str)
        self.in_vain.add(word)
        return False


def _further(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Further fields in order, each value written one way: letters, digits and single spaces."""
    folded = ((field, " ".join(_WORD.findall(value.casefold()))) for field, value in sorted(fields.items()))
    return tuple((field, value) for field, value in folded if value)


_WORD = re.compile(r"\w+")
_NOTHING: frozenset[Never] = frozenset()
