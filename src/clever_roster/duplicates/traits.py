"""One profile made comparable: names folded, identifiers written one way, classes under one name.

`Traits` are read once for each account, and compared many times; so they hold little, and what many accounts have in
common they share. `Population` makes them. Nothing here knows of pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    "span_of",
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
        numbers: ids of the district's own, by district and kind.
        further: what else the host knows, folded, by the name of the field.
        classes: the classes it is in now, by number; classes that are one have one number.
        span: from when to when it was used, if both are known.
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
    numbers: tuple[tuple[NumberKind, str], ...]
    further: tuple[tuple[str, str], ...]
    schools: frozenset[SchoolId]
    grade: int | None
    born: date | None
    span: Span | None
    classes: frozenset[int] = frozenset()
    teachers: frozenset[str] = frozenset()
    learns: bool = False
    teaches: bool = False

    def __repr__(self) -> str:
        return f"<Traits of account {self.profile.account}>"


def span_of(profile: Profile) -> Span | None:
    """From when to when an account was used, if both are known."""
    if profile.created_at is None or profile.last_active_at is None:
        return None
    return profile.created_at.timestamp(), profile.last_active_at.timestamp()


def follows(left: Span, right: Span) -> bool:
    """Whether one span ended before the other began."""
    return left[1] <= right[0] or right[1] <= left[0]


def former_of(identities: Iterable[LinkedIdentity]) -> list[IdentityKey]:
    """The ids that these took the place of, as far as their source says it."""
    return [attrs.evolve(one.key, subject=one.legacy_id) for one in identities if one.legacy_id]


def numbers_of(
    identities: Iterable[LinkedIdentity], kinds: dict[NumberKind, NumberKind]
) -> tuple[tuple[NumberKind, str], ...]:
    """Every id of a district's own; `kinds` collects the kinds, so that all who have one share it."""
    numbers: list[tuple[NumberKind, str]] = []
    for identity in identities:
        district = identity.key.district
        if identity.sis_id:
            kind = district, SIS_ID
            numbers.append((kinds.setdefault(kind, kind), identity.sis_id))
        if identity.student_number:
            kind = district, "student number"
            numbers.append((kinds.setdefault(kind, kind), identity.student_number))
        if identity.state_id:
            kind = district, "state id"
            numbers.append((kinds.setdefault(kind, kind), identity.state_id))
    return tuple(numbers)


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
