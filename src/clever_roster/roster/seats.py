"""Rolls, line by line: of a row a plan knows no more than a line of a roll tells (`ports.Roll`), a `Seat`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

import attrs

from clever_roster.model import AccountId, EnrollmentRole, EnrollmentStatus, HostEnrollment, Origin, PersonId
from clever_roster.ports import Roll

__all__ = [
    "NOBODY",
    "NO_ROLL",
    "Seat",
    "Seats",
    "are_in_class",
    "gone_from",
    "has_left",
    "in_seats",
    "is_plain",
    "seat_of",
    "seats_of",
]

ROLES: Final = {role.value: role for role in EnrollmentRole}
NO_ROLL: Final = Roll()
TABS: Final = 2
"""How many stand in a line of a roll; where a row is not an active one of the source, there are as many more."""

ENDED: Final = f"\t{Origin.SOURCE}\t{EnrollmentStatus.WITHDRAWN}"
"""How the line of a row ends that the roster withdrew."""


@attrs.frozen
class Seat:
    """A row of a host section, as far as a plan has to know it."""

    person: PersonId | None
    account: AccountId
    role: EnrollmentRole
    origin: Origin = Origin.SOURCE
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE


Seats = Mapping[tuple[AccountId, EnrollmentRole], Seat]
NOBODY: Final[Seats] = {}


def is_plain(roll: Roll) -> bool:
    """Whether no id in it holds a mark of the roll's own, so that its lines are its rows."""
    lines = roll.lines.count("\n") + 1 if roll.lines else 0
    return lines == roll.rows and roll.lines.count("\t") == TABS * (roll.rows + roll.others)


def seats_of(roll: Roll) -> Iterator[Seat]:
    """The rows that a plain roll tells."""
    for line in roll.lines.split("\n") if roll.lines else ():
        role, person, account, *else_ = line.split("\t")
        who = PersonId(person) if person else None
        if else_:
            origin, status = else_
            yield Seat(who, AccountId(account), ROLES[role], Origin(origin), EnrollmentStatus(status))
        else:
            yield Seat(who, AccountId(account), ROLES[role])


def are_in_class(roll: Roll, lines: set[str]) -> bool:
    """Whether these are the lines of a plain roll: of its active rows of the source, and of a person's doing."""
    told = roll.lines.split("\n") if roll.lines else []
    if roll.others:
        told = [line for line in told if not line.endswith(ENDED)]
    return len(told) == len(lines) and lines.issuperset(told)  # no row is told twice


def has_left(roll: Roll, account: AccountId, role: EnrollmentRole) -> bool:
    """Whether the roster withdrew an account, as a plain roll tells it."""
    begins, ends = f"{role}\t", f"\t{account}{ENDED}"
    return bool(roll.others) and any(one.startswith(begins) and one.endswith(ends) for one in roll.lines.split("\n"))


def seat_of(row: HostEnrollment) -> Seat:
    """What a plan has to know of a row."""
    return Seat(row.person, row.account, row.role, row.origin, row.status)


def in_seats(seats: Iterable[Seat]) -> Seats:
    """The rows of one section, by account and role."""
    return {(seat.account, seat.role): seat for seat in seats}


def gone_from(rolls: Iterable[Roll]) -> Iterator[tuple[PersonId, AccountId]]:
    """The people of the withdrawn rows that plain rolls tell, and the accounts they had."""
    lines = chain.from_iterable(roll.lines.split("\n") for roll in rolls if roll.others)
    rows = (line.split("\t") for line in lines if line.endswith(ENDED))
    return ((PersonId(person), AccountId(account)) for _, person, account, *_ in rows if person)
