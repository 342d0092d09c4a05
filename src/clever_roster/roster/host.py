"""The host's side of a scope at one moment, as values: what a plan is made from, and what its steps are carried out on.

`survey` reads them. Of a row a plan knows no more than a roll tells: a `Seat`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, repeat
from operator import attrgetter
from typing import Final

import attrs

from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentRole,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    PersonId,
    SectionId,
    Snapshot,
)
from clever_roster.model.digests import digest_of, digest_of_facts
from clever_roster.ports import Roll
from clever_roster.roster.diff import heading_facts
from clever_roster.roster.remembered import NO_NIGHT, NOTHING, Night, Remembered
from clever_roster.roster.seats import NO_ROLL, NOBODY, Seat, Seats

__all__ = ["Attachment", "HostRoster", "HostRows"]


@attrs.frozen(kw_only=True)
class Attachment:
    """A wish to sync a source section into the host for the first time.

    Attributes:
        owner: the account that asks for it and will run the section.
        into: an existing host section, which keeps its settings and its people; None to make a new one.
    """

    owner: AccountId
    into: HostSectionId | None = None


Rows = Mapping[tuple[AccountId, EnrollmentRole], HostEnrollment]


@attrs.frozen(kw_only=True, repr=False)
class HostRoster:
    """What the host has.

    Attributes:
        mirror: what the source said last about the sections of the scope.
        sections: the host sections that are synced from the scope.
        wished: the host sections that sections of the scope are to be attached to.
        rolls: everybody who is, or was, in any of these sections, in brief, by section of the scope.
        seats: the same beside whom the source lists, one by one where they do not sit as they are listed.
        accounts: the accounts of the people in question who have one.
        people: these accounts as they are: to see what was edited by hand.
        actor: the source's ids of the account on whose word the plan is made; None when the host itself asks, or
            somebody who may sync the whole district.
        elsewhere: who is active in sections that the owners of wished-for sections run already, by host section.
        memory: what earlier runs left to remember.
        known: everyone whom the sections name, now or last time, or ever brought here; others are no matter of a plan.
        night: what other plans of this night ended.
        said: digests of what the source said last of the people in question.
        quiet: sections that stand as the source says, now as last time: there is nothing to do in them.
        resting: those of them that a plan passes over.
    """

    mirror: Snapshot
    sections: Mapping[SectionId, HostSection]
    wished: Mapping[SectionId, HostSection]
    accounts: Mapping[PersonId, AccountId]
    actor: frozenset[PersonId] | None
    rolls: Mapping[SectionId, Roll] = attrs.field(factory=dict[SectionId, Roll])
    seats: Mapping[SectionId, Seats] = attrs.field(factory=dict[SectionId, Seats])
    people: Mapping[AccountId, Account] = attrs.field(factory=dict[AccountId, Account])
    elsewhere: Mapping[HostSection, frozenset[AccountId]] = attrs.field(factory=dict[HostSection, frozenset[AccountId]])
    memory: Mapping[SectionId, Remembered] = attrs.field(factory=dict[SectionId, Remembered])
    known: frozenset[PersonId] = frozenset()
    night: Night = NO_NIGHT
    said: Mapping[PersonId, str] = attrs.field(factory=dict[PersonId, str])
    quiet: frozenset[SectionId] = frozenset()
    resting: frozenset[SectionId] = frozenset()

    def seats_in(self, section: SectionId) -> Seats:
        """Who is, or was, in the host section that this source section is, or will be, attached to."""
        return self.seats.get(section, NOBODY)

    def remembered(self, section: SectionId) -> Remembered:
        """What earlier runs left to remember of a section."""
        return self.memory.get(section, NOTHING)

    def lags(self, section: SectionId) -> bool:
        """Whether the rows are older than what a sync is known to have written: a replica that is behind."""
        latest = self.remembered(section).latest
        if latest is None:
            return False
        newest = self.rolls.get(section, NO_ROLL).latest
        return newest is None or newest < latest

    @property
    def leavers(self) -> frozenset[PersonId]:
        """Whom the roster brought here, whatever became of them, but for those who sit as they are listed."""
        return frozenset(
            seat.person for seat in self._rows if seat.person is not None and seat.origin is not Origin.MANUAL
        )

    @property
    def cut_off(self) -> Mapping[PersonId, AccountId]:
        """Who is, or was, in class by an account that is not connected with them any more, nor is any other.

        Of several accounts it is the first by id.
        """
        sat = ((seat.person, seat.account) for seat in self._rows if seat.person is not None)
        return dict(sorted(((who, account) for who, account in sat if who not in self.accounts), reverse=True))

    @property
    def _rows(self) -> Iterator[Seat]:
        return chain.from_iterable(seats.rows.values() for seats in self.seats.values())

    @property
    def basis(self) -> str:
        """Digest of all that a plan depends on: applied to another state, it would not be the plan that was read."""
        listed, people = self.mirror.sections, sorted(self.said.keys() | self.accounts.keys())
        facts: list[object] = [
            # Who is in class is told by the host's own rows; what the source listed last moves with every held run.
            *chain.from_iterable((*heading_facts(listed[key]), None) for key in sorted(listed)),
            *chain.from_iterable((key, *_facts(self.sections[key])) for key in sorted(self.sections)),
            *chain.from_iterable((key, *_facts(self.wished[key])) for key in sorted(self.wished)),
        ]
        texts = [
            *chain.from_iterable((key, self.rolls[key].lines) for key in sorted(self.rolls)),
            "\n".join(people),
            "\n".join(map(self.said.get, people, repeat(""))),
            "\n".join(map(self.accounts.get, people, repeat(""))),
        ]
        return digest_of([facts, digest_of_facts(texts)])


@attrs.frozen(kw_only=True, repr=False)
class HostRows:
    """As much of the host as some steps are carried out on: their sections, accounts and rows, each row whole."""

    sections: Mapping[SectionId, HostSection]
    wished: Mapping[SectionId, HostSection]
    accounts: Mapping[PersonId, AccountId]
    enrollments: tuple[HostEnrollment, ...]
    people: Mapping[AccountId, Account]
    _rows: Mapping[HostSectionId, Rows] = attrs.field(
        init=False, eq=False, default=attrs.Factory(lambda self: _by_section(self.enrollments), takes_self=True)
    )

    def rows(self, section: SectionId) -> Rows:
        """The rows of the steps' accounts in the host section that this source section is, or will be, attached to."""
        host = self.sections.get(section) or self.wished.get(section)
        return {} if host is None or host.id is None else self._rows.get(host.id, {})


def _by_section(rows: Iterable[HostEnrollment]) -> Mapping[HostSectionId, Rows]:
    by_section: dict[HostSectionId, dict[tuple[AccountId, EnrollmentRole], HostEnrollment]] = {}
    for row in rows:
        by_section.setdefault(row.section, {})[row.account, row.role] = row
    return by_section


def _facts(section: HostSection) -> tuple[object, ...]:
    """A host section as plain values."""
    source = section.source
    where = () if source is None else (source.provider, source.district, source.section)
    return (*_FACTS(section), *where, *sorted(section.pins), None)


_FACTS: Final = attrgetter(*(field.name for field in attrs.fields(HostSection) if field.name not in {"source", "pins"}))
