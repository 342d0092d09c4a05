"""Profiles out of a real store: which row says what."""

from __future__ import annotations

from datetime import UTC, date, datetime

from clever_roster.duplicates import Profile, gather
from clever_roster.model import (
    CLEVER,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    Person,
    PersonId,
    PersonName,
    SchoolId,
)
from clever_roster.storage.memory import MemoryStore

SEPTEMBER, OCTOBER = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
DISTRICT = DistrictId("d")


def gathered(*, status: EnrollmentStatus, origin: Origin = Origin.SOURCE) -> tuple[Profile, ...]:
    """A store with one linked child in one class, the class's teacher, and what it tells."""
    store = MemoryStore()
    with store.transaction() as ports:
        child, teacher = ports.accounts.create(
            [
                NewAccount(name=PersonName("Zuri", "Marsh"), email="z@mail.example"),
                NewAccount(name=PersonName("T", "T")),
            ]
        )
        ports.links.add([Link(key=IdentityKey(CLEVER, DISTRICT, PersonId("c1")), account=child, linked_at=SEPTEMBER)])
        section = ports.sections.save([HostSection(name="Math", owner=teacher)])[0].id
        assert section is not None
        ports.sections.save_enrollments(
            [
                HostEnrollment(
                    section=section, account=account, role=role, origin=origin, status=status, since=SEPTEMBER,
                    changed_at=OCTOBER, person=person,
                )
                for account, role, person in (
                    (child, EnrollmentRole.STUDENT, PersonId("c1")),
                    (teacher, EnrollmentRole.TEACHER, None),
                )
            ]
        )  # fmt: skip
        person = Person(
            id=PersonId("c1"), district=DISTRICT, name=PersonName("Zuri", "Marsh"), email="zuri@school.example",
            sis_id="s", student_number="4711", birth_date=date(2015, 3, 9), grade="5", schools=(SchoolId("school"),),
        )  # fmt: skip
        ports.roster.save(CLEVER, DISTRICT, people=[person], sections=[])
        return gather(ports)


def one(profiles: tuple[Profile, ...]) -> Profile:
    return next(profile for profile in profiles if profile.identities)


def test_account_link_mirror_and_enrollment_meet_in_one_profile() -> None:
    """The account's own fields, the source's numbers and dates, and the classes."""
    profiles = gathered(status=EnrollmentStatus.ACTIVE)
    assert len(profiles) == 2
    child = one(profiles)
    assert child.emails == ("z@mail.example", "zuri@school.example")
    assert (child.birth_date, child.grade, child.schools) == (date(2015, 3, 9), "5", ("school",))
    (identity,) = child.identities
    assert (identity.listed, identity.sis_id, identity.student_number) == (True, "s", "4711")
    (membership,) = child.memberships
    assert (membership.listed_as, membership.since, membership.until) == (identity.key, SEPTEMBER, None)


def test_an_id_that_was_listed_and_is_no_longer_is_known_to_have_ended() -> None:
    """Withdrawn everywhere: the id may have been re-created under another."""
    child = one(gathered(status=EnrollmentStatus.WITHDRAWN))
    assert not child.identities[0].listed
    assert child.memberships[0].until == OCTOBER


def test_a_child_removed_by_hand_is_still_listed_by_the_source() -> None:
    """The teacher's hand says nothing about the roster."""
    child = one(gathered(status=EnrollmentStatus.REMOVED_BY_HAND))
    assert child.identities[0].listed
    assert child.memberships[0].until == OCTOBER


def test_a_child_added_by_hand_is_listed_by_nobody() -> None:
    """Membership by hand is evidence of a class, not of a roster."""
    assert one(gathered(status=EnrollmentStatus.ACTIVE, origin=Origin.MANUAL)).memberships[0].listed_as is None
