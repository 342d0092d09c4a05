"""One profile made comparable: names folded, identifiers written one way, classes under one name.

`Traits` are read once for each account, and compared many times; so they hold little, and what many accounts have in
common they share. `Population` makes them. Nothing here knows of pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import attrs

from clever_roster.duplicates.names import Family, Given
from clever_roster.duplicates.profile import LinkedIdentity, Profile
from clever_roster.model import DistrictId, IdentityKey, Provider, SchoolId

__all__ = [
    "SIS_ID",
    "NumberKind",
    "Roster",
    "Span",
    "Traits",
    "follows",
    "former_of",
    "grade_of",
    "numbers_of",
]

Roster = tuple[Provider, DistrictId]
NumberKind = tuple[DistrictId, str]
Span = tuple[float, float]
"""Two moments as seconds, which compare faster than dates do."""
SIS_ID = "sis id"


@attrs.define(repr=False, eq=False)
class Traits:
    """A profile as it is compared.

    Attributes:
        place: its place in the population; -1 for a newcomer.
        middle: middle names, as far as they are written apart from the given name.
        rosters, listed: the rosters that it has an id of, and those of them that list it now.
        former: the ids that its ids took the place of.
        kinds, numbers: ids of the district's own: of which district and kind each is, and the ids.
        further: what else the host knows, folded, by the name of the field.
        classes: the classes it is in now, by number, each once; classes that are one have one number.
        teachers: who teaches these.
        learns, teaches: whether it is a student, a teacher, somewhere.
    """

    profile: Profile
    place: int
    given: Given
    middle: tuple[str, ...]
    family: Family
    emails: tuple[str, ...]
    locals: tuple[str, ...]
    rosters: frozenset[Roster]
    listed: frozenset[Roster]
    former: frozenset[IdentityKey]
    kinds: tuple[NumberKind, ...]
    numbers: tuple[str, ...]
    further: tuple[tuple[str, str], ...]
    schools: frozenset[SchoolId]
    grade: int | None
    born: date | None
    classes: tuple[int, ...] = ()
    teachers: tuple[str, ...] = ()
    learns: bool = False
    teaches: bool = False

    def __repr__(self) -> str:
        return f"<Traits of account {self.profile.account}>"

    @property
    def span(self) -> Span | None:
        """From when to when it was used, if both are known; it is asked for too seldom to be kept."""
        created, active = self.profile.created_at, self.profile.last_active_at
        return None if created is None or active is None else (created.timestamp(), active.timestamp())

    @property
    def numbered(self) -> Sequence[tuple[NumberKind, str]]:
        """Each number with its kind, without which it says nothing."""
        return tuple(zip(self.kinds, self.numbers, strict=True))


def follows(left: Span, right: Span) -> bool:
    """Whether one span ended before the other began."""
    return left[1] <= right[0] or right[1] <= left[0]


def former_of(identities: Iterable[LinkedIdentity]) -> list[IdentityKey]:
    """The ids that these took the place of, as far as their source says it."""
    return [attrs.evolve(one.key, subject=one.legacy_id) for one in identities if one.legacy_id]


def numbers_of(identities: Iterable[LinkedIdentity]) -> tuple[tuple[NumberKind, ...], tuple[str, ...]]:
    """Every id of a district's own: the kinds, and the ids."""
    kinds: list[NumberKind] = []
    numbers: list[str] = []
    for identity in identities:
        if identity.sis_id:
            kinds.append((identity.key.district, SIS_ID))
            numbers.append(identity.sis_id)
        if identity.student_number:
            kinds.append((identity.key.district, "student number"))
            numbers.append(identity.student_number)
        if identity.state_id:
            kinds.append((identity.key.district, "state id"))
            numbers.append(identity.state_id)
    return tuple(kinds), tuple(numbers)


_GRADE_WORDS = {
    "infanttoddler": -3,
    "preschool": -2,
    "prekindergarten": -1,
    "transitionalkindergarten": 0,
    "kindergarten": 0,
}


def grade_of(text: str | None) -> int | None:
    """Clever's grade text as a number, Kindergarten being 0; None for "Other" and "Ungraded"."""
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    plain = text.strip().casefold()
    return int(plain) if plain.isdecimal() else _GRADE_WORDS.get(plain)
