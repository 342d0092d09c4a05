"""Profiles from what a host has stored: accounts, links, enrollments, and the mirror of each roster.

Each port is read once, the mirror once for every (provider, district) that a link names; the number of accounts does
not matter. Refuses to know how accounts are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from clever_roster.duplicates.profile import ClassMembership, LinkedIdentity, Profile
from clever_roster.model import (
    Account,
    AccountId,
    DistrictId,
    EnrollmentStatus,
    HostEnrollment,
    IdentityKey,
    Link,
    Origin,
    Person,
    PersonId,
    Provider,
)
from clever_roster.ports import Ports

__all__ = ["gather"]

Value = TypeVar("Value")


def gather(ports: Ports) -> tuple[Profile, ...]:
    """Make a profile of every account that is not closed, in the order of ids.

    A link whose person the mirror does not have gives an identity without numbers. An identity counts as no longer
    listed when its source once listed it in a class here and now lists it in none.
    """
    links: defaultdict[AccountId, list[Link]] = defaultdict(list)
    for link in ports.links.all():
        links[link.account].append(link)
    enrollments: defaultdict[AccountId, list[HostEnrollment]] = defaultdict(list)
    for enrollment in ports.sections.enrollments():
        enrollments[enrollment.account].append(enrollment)
    rosters = {(key.provider, key.district) for own in links.values() for key in (link.key for link in own)}
    people: dict[tuple[Provider, DistrictId], Mapping[PersonId, Person]] = {
        roster: ports.roster.people(*roster) for roster in sorted(rosters)
    }
    return tuple(
        _profile(account, [link.key for link in links[account.id]], enrollments[account.id], people)
        for account in ports.accounts.all()
        if account.active
    )


def _profile(
    account: Account,
    keys: list[IdentityKey],
    enrollments: list[HostEnrollment],
    people: Mapping[tuple[Provider, DistrictId], Mapping[PersonId, Person]],
) -> Profile:
    persons = [people[key.provider, key.district].get(key.subject) for key in keys]
    known = [person for person in persons if person is not None]
    addresses = [account.email, *(person.email for person in known)]
    return Profile(
        account=account.id,
        name=account.name,
        emails=tuple(dict.fromkeys(address for address in addresses if address)),
        identities=tuple(_identity(key, person, enrollments) for key, person in zip(keys, persons, strict=True)),
        birth_date=_first(person.birth_date for person in known),
        grade=_first(person.grade for person in known),
        schools=tuple(dict.fromkeys(school for person in known for school in person.schools)),
        memberships=tuple(_membership(enrollment, keys) for enrollment in enrollments),
        created_at=account.created_at,
        last_active_at=account.last_active_at,
        activity=account.activity,
        has_password=account.has_password,
    )


def _identity(key: IdentityKey, person: Person | None, enrollments: list[HostEnrollment]) -> LinkedIdentity:
    own = [enrollment for enrollment in enrollments if enrollment.person == key.subject]
    return LinkedIdentity(
        key=key,
        listed=not own or any(_listed_now(enrollment) for enrollment in own),
        sis_id=None if person is None else person.sis_id,
        student_number=None if person is None else person.student_number,
        state_id=None if person is None else person.state_id,
        legacy_id=None if person is None else person.legacy_id,
    )


def _listed_now(enrollment: HostEnrollment) -> bool:
    return enrollment.status is not EnrollmentStatus.WITHDRAWN and enrollment.origin is not Origin.MANUAL


def _membership(enrollment: HostEnrollment, keys: list[IdentityKey]) -> ClassMembership:
    listed = enrollment.origin is not Origin.MANUAL
    return ClassMembership(
        section=enrollment.section,
        role=enrollment.role,
        listed_as=_first(key for key in keys if key.subject == enrollment.person) if listed else None,
        since=enrollment.since,
        until=None if enrollment.status is EnrollmentStatus.ACTIVE else enrollment.changed_at,
    )


def _first(values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value is not None), None)
