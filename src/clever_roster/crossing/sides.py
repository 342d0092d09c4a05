"""A class as one side has it: as a source's snapshot lists it, or as the host has it, in one shape to be compared.

Whoever is in it becomes a `Seat` with a profile that `duplicates` can compare. Refuses to know how profiles are
compared, and what is done about two classes that are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import attrs

from clever_roster.duplicates import ClassMembership, LinkedIdentity, Profile
from clever_roster.errors import SectionNotFound
from clever_roster.model import (
    Account,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Origin,
    Person,
    PersonId,
    PersonName,
    Provider,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import Ports

__all__ = ["Roster", "Seat", "Side", "roster_of", "side_here", "side_of"]

Roster = tuple[Provider, DistrictId]
"""A district's list at one source; a host says which of them are of one tenant."""


def roster_of(one: Snapshot | SectionKey) -> Roster:
    """The roster that a snapshot was read from, or that a source section is in."""
    return one.provider, one.district


@attrs.frozen(kw_only=True, repr=False)
class Seat:
    """Somebody in a class, as one side knows them.

    Attributes:
        who: the id by which the side knows them: the account on the host's side, the source's id on a source's.
        person: their id in the side's roster; None when it does not list them.
        account: their account here; None when no account has this identity.
        active: whether they are in class now.
    """

    who: str
    role: EnrollmentRole
    profile: Profile
    person: PersonId | None = None
    account: AccountId | None = None
    active: bool = True

    def __repr__(self) -> str:
        return f"<Seat of {self.who}, {self.role}>"


@attrs.frozen(kw_only=True, repr=False)
class Side:
    """A class as one side has it.

    Attributes:
        key: the host's id of it, or the source's.
        source: the source section; None for a class made by hand.
        seats: who is in it: teachers first, then by id.
        starts, ends: its term, where known.
    """

    key: HostSectionId | SectionKey
    name: str
    source: SectionKey | None
    seats: tuple[Seat, ...]
    starts: date | None = None
    ends: date | None = None

    def __repr__(self) -> str:
        return f"<Side {self.called}: {len(self.seats)} seats>"

    @property
    def called(self) -> str:
        """What it is called in a sentence, by ids."""
        if isinstance(self.key, SectionKey):
            return f"section {self.key.section} of {self.key.provider}"
        fed = "made by hand" if self.source is None else f"synced from {self.source.provider}"
        return f"section {self.key} here ({fed})"

    @property
    def roster(self) -> Roster | None:
        """The roster that lists it."""
        return None if self.source is None else roster_of(self.source)

    def pupils(self) -> tuple[Seat, ...]:
        """The students who are in class now."""
        return tuple(seat for seat in self.seats if seat.role is EnrollmentRole.STUDENT and seat.active)


# --- As a source lists it ---------------------------------------------------------------------------------------------


def side_of(snapshot: Snapshot, section: SectionId, *, accounts: Mapping[PersonId, AccountId] | None = None) -> Side:
    """A section of a snapshot.

    Args:
        accounts: whose identity which account has, where the host knows.

    Raises:
        SectionNotFound: the snapshot does not have it.
    """
    listed = snapshot.sections.get(section)
    if listed is None:
        raise SectionNotFound(
            f"Section {section} is not in what was read from {snapshot.provider}.",
            next_step="Read it again, or name a section that the source shares.",
        )
    term = snapshot.terms.get(listed.term) if listed.term is not None else None
    key = SectionKey(snapshot.provider, snapshot.district, section)
    taught = tuple(snapshot.people[one].name for one in listed.teachers if one in snapshot.people)
    membership = ClassMembership(section=key, name=listed.name, teachers=taught)
    return Side(
        key=key,
        name=listed.name,
        source=key,
        seats=tuple(
            _seat_at_source(snapshot.people[one.person], one.role, key, (accounts or {}).get(one.person), membership)
            for one in listed.enrollments()
            if one.person in snapshot.people
        ),
        starts=None if term is None else term.starts,
        ends=None if term is None else term.ends,
    )


def _seat_at_source(
    person: Person, role: EnrollmentRole, key: SectionKey, account: AccountId | None, membership: ClassMembership
) -> Seat:
    identity = IdentityKey(key.provider, key.district, person.id)
    return Seat(
        who=person.id,
        role=role,
        person=person.id,
        account=account,
        profile=Profile(
            account=AccountId(f"{key.provider}/{key.district}/{person.id}"),
            name=person.name,
            emails=(person.email,) if person.email else (),
            identities=(_identity(identity, person),),
            birth_date=person.birth_date,
            grade=person.grade,
            schools=person.schools,
            memberships=(attrs.evolve(membership, role=role, listed_as=identity),),
        ),
    )


def _identity(key: IdentityKey, person: Person | None) -> LinkedIdentity:
    return LinkedIdentity(
        key=key,
        sis_id=None if person is None else person.sis_id,
        student_number=None if person is None else person.student_number,
        state_id=None if person is None else person.state_id,
        legacy_id=None if person is None else person.legacy_id,
    )


# --- As the host has it -----------------------------------------------------------------------------------------------


def side_here(ports: Ports, section: HostSectionId) -> Side:
    """A section of the host, with everybody who is, or was, in it; read in a number of calls that does not grow.

    Raises:
        SectionNotFound: there is none.
    """
    own = ports.sections.get(section)
    rows = ports.sections.enrollments([section])
    accounts = ports.accounts.find(sorted({row.account for row in rows}))
    known: Mapping[PersonId, Person] = {}
    if own.source is not None:
        ids = sorted({row.person for row in rows if row.person is not None})
        known = ports.roster.people(own.source.provider, own.source.district, ids) if ids else {}
    rows = tuple(row for row in rows if row.account in accounts and accounts[row.account].active)
    teachers = [row for row in rows if row.role is EnrollmentRole.TEACHER]
    pupils = [row for row in rows if row.role is EnrollmentRole.STUDENT]
    taught = tuple(accounts[row.account].name for row in teachers if row.status is EnrollmentStatus.ACTIVE)
    return Side(
        key=section,
        name=own.name,
        source=own.source,
        seats=tuple(_seat_here(own, row, accounts[row.account], known, taught) for row in (*teachers, *pupils)),
    )


def _seat_here(
    section: HostSection,
    row: HostEnrollment,
    account: Account,
    known: Mapping[PersonId, Person],
    taught: tuple[PersonName, ...],
) -> Seat:
    key = None
    if section.source is not None and row.person is not None and row.origin is not Origin.MANUAL:
        key = IdentityKey(section.source.provider, section.source.district, row.person)
    person = None if key is None else known.get(key.subject)
    addresses = (account.email, None if person is None else person.email)
    return Seat(
        who=row.account,
        role=row.role,
        person=None if key is None else key.subject,
        account=row.account,
        active=row.status is EnrollmentStatus.ACTIVE,
        profile=Profile(
            account=row.account,
            name=account.name,
            emails=tuple(dict.fromkeys(address for address in addresses if address)),
            identities=() if key is None else (_identity(key, person),),
            birth_date=None if person is None else person.birth_date,
            grade=None if person is None else person.grade,
            schools=() if person is None else person.schools,
            memberships=(
                ClassMembership(
                    section=section.source or row.section,
                    role=row.role,
                    listed_as=key,
                    name=section.name,
                    teachers=taught,
                ),
            ),
            created_at=account.created_at,
            last_active_at=account.last_active_at,
            activity=account.activity,
            has_password=account.has_password,
        ),
    )
