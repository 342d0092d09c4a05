"""Rolls, line by line: of a row a plan knows no more than a line of a roll tells (`ports.Roll`), a `Seat`.

Most people sit as they are listed: by an active row of the roster, in an account that is theirs alone, and described as
last time. About them nothing is to be done, and they are only counted. All others are told one by one (`Seats`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import attrs

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    Origin,
    PersonId,
    Section,
)
from clever_roster.ports import Roll

__all__ = ["NOBODY", "NO_LINES", "NO_ROLL", "Lines", "Seat", "Seats", "is_plain", "seats_by_roll", "seats_by_rows"]

ROLES: Final = {role.value: role for role in EnrollmentRole}
NO_ROLL: Final = Roll()
TABS: Final = 2
"""How many stand in a line of a roll; where a row is not an active one of the source, there are as many more."""


@attrs.frozen
class Seat:
    """A row of a host section, as far as a plan has to know it."""

    person: PersonId | None
    account: AccountId
    role: EnrollmentRole
    origin: Origin = Origin.SOURCE
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE

    @property
    def ended(self) -> bool:
        """Whether it is one that the roster withdrew."""
        return self.status is EnrollmentStatus.WITHDRAWN and self.origin is Origin.SOURCE


@attrs.frozen(kw_only=True)
class Seats:
    """Who is, or was, in a section of the host, beside whom its source lists.

    Attributes:
        rows: by account and role, in any order; but for those who sit as they are listed.
        students, teachers: who is listed and does not sit so, in the order of the lists.
        sitting: how many sit as they are listed, by role.
    """

    rows: Mapping[tuple[AccountId, EnrollmentRole], Seat]
    students: tuple[PersonId, ...] = ()
    teachers: tuple[PersonId, ...] = ()
    sitting: Mapping[EnrollmentRole, int] = attrs.field(factory=dict[EnrollmentRole, int])

    @property
    def stand(self) -> bool:
        """Whether all sit as they are listed, and whoever else was here was withdrawn by the roster."""
        return not self.students and not self.teachers and all(seat.ended for seat in self.rows.values())

    def size(self, role: EnrollmentRole) -> int:
        """How many active people came with the roster; who was added by hand is not the source's to lose."""
        return self.sitting.get(role, 0) + sum(
            seat.role is role and seat.status is EnrollmentStatus.ACTIVE and seat.origin is not Origin.MANUAL
            for seat in self.rows.values()
        )


NOBODY: Final = Seats(rows={})


@attrs.frozen
class Lines:
    """What a roll tells of people who sit as they are listed: a line of each, by role."""

    students: Mapping[PersonId, str]
    teachers: Mapping[PersonId, str]

    @classmethod
    def of(
        cls, people: frozenset[PersonId], accounts: Mapping[PersonId, AccountId], *, teachers: Collection[PersonId]
    ) -> Lines:
        """The lines of these people; of two ids of one account, which share a seat, none sits in it as listed.

        Args:
            accounts: of everybody who is listed.
            teachers: who of all is listed as one.
        """
        if len({*accounts.values()}) < len(accounts):
            ids = Counter(accounts.values())
            accounts = {key: account for key, account in accounts.items() if ids[account] == 1}
        student, teacher = (f"{role}\t" for role in (EnrollmentRole.STUDENT, EnrollmentRole.TEACHER))
        return cls(
            {key: f"{student}{key}\t{account}" for key, account in accounts.items() if key in people},
            {key: f"{teacher}{key}\t{accounts[key]}" for key in people.intersection(teachers) if key in accounts},
        )


NO_LINES: Final = Lines({}, {})


def is_plain(roll: Roll) -> bool:
    """Whether no id in it holds a mark of the roll's own, so that its lines are its rows."""
    lines = roll.lines.count("\n") + 1 if roll.lines else 0
    return lines == roll.rows and roll.lines.count("\t") == TABS * (roll.rows + roll.others)


def seats_by_roll(roll: Roll, section: Section | None, lines: Lines) -> Seats:
    """Who is in a section, as a plain roll tells it.

    Args:
        section: what its source lists; None when it is gone there.
        lines: of those who may sit as they are listed.
    """
    told = {*roll.lines.split("\n")} if roll.lines else set[str]()
    if section is None:
        return Seats(rows=dict(map(_row, told)))
    students, teachers = {*map(lines.students.get, section.students)}, {*map(lines.teachers.get, section.teachers)}
    return Seats(
        rows=dict(map(_row, told.difference(students, teachers))),
        students=() if students <= told else _not_among(told, section.students, lines.students),
        teachers=() if teachers <= told else _not_among(told, section.teachers, lines.teachers),
        sitting={
            EnrollmentRole.STUDENT: len(told.intersection(students)),
            EnrollmentRole.TEACHER: len(told.intersection(teachers)),
        },
    )


def seats_by_rows(rows: Iterable[HostEnrollment], section: Section | None) -> Seats:
    """Who is in a section, as its rows tell it, each on its own."""
    seats = (Seat(row.person, row.account, row.role, row.origin, row.status) for row in rows)
    students, teachers = ((), ()) if section is None else (section.students, section.teachers)
    return Seats(rows={(seat.account, seat.role): seat for seat in seats}, students=students, teachers=teachers)


def _not_among(told: set[str], people: Iterable[PersonId], lines: Mapping[PersonId, str]) -> tuple[PersonId, ...]:
    return tuple(person for person in people if lines.get(person) not in told)


def _row(line: str) -> tuple[tuple[AccountId, EnrollmentRole], Seat]:
    role, person, account, *else_ = line.split("\t")
    who = PersonId(person) if person else None
    if else_:
        origin, status = else_
        seat = Seat(who, AccountId(account), ROLES[role], Origin(origin), EnrollmentStatus(status))
    else:
        seat = Seat(who, AccountId(account), ROLES[role])
    return (seat.account, seat.role), seat
