"""Made-up people, logins and classes for the laws, and the few moves that many laws share.

Texts include emoji, right-to-left names, and letters in both spellings of Unicode.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from clever_roster.errors import StoreError
from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    Person,
    PersonId,
    PersonName,
    Role,
    SchoolId,
    Section,
    SectionId,
    SectionKey,
)
from clever_roster.ports import Attempt, Ports, Store

__all__ = [
    "DISTRICT",
    "ELSEWHERE",
    "MINUTE",
    "NAMES",
    "NOW",
    "Law",
    "described",
    "identity",
    "link",
    "listed",
    "login",
    "newcomer",
    "open_section",
    "refuses",
    "seat",
    "sign_up",
    "source",
    "take",
    "undo",
]

Law: TypeAlias = Callable[[Store], None]
"""A law is given a fresh store, and raises AssertionError."""

NOW = datetime(2026, 9, 1, 8, 30, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DISTRICT = DistrictId("5c0ffee00000000000000001")
ELSEWHERE = DistrictId("5c0ffee00000000000000002")
NAMES = (
    PersonName("Zoë", "Núñez", "A."),
    PersonName("Zoe\u0308", "Nu\u0301n\u0303ez"),  # the same name to the eye, other bytes
    PersonName("ليلى", "حدّاد"),
    PersonName("נועה", "לוי"),
    PersonName("小明", "王"),
    PersonName("🦊", "O'Neil; --", ""),
    PersonName('"NULL"', "NULL", "\\N"),
    PersonName("{a,b}\t", "back\\slash\n", '\\"'),
)


# --- Samples ----------------------------------------------------------------------------------------------------------


def login(
    state: str = "s", browser: str = "b", *, lasts: timedelta = 10 * MINUTE, connect: AccountId | None = None
) -> Attempt:
    """A login in progress: a sign-in, unless it is to connect an account."""
    return Attempt(
        state_digest=state.ljust(64, "0"),
        browser_digest=browser.ljust(64, "0"),
        redirect_uri="https://school.example/clever/callback",
        return_to="/dash?tab=été",
        expires_at=NOW + lasts,
        account=connect,
    )


def identity(subject: str, district: DistrictId = DISTRICT) -> IdentityKey:
    """A Clever identity."""
    return IdentityKey(CLEVER, district, PersonId(subject))


def link(key: IdentityKey, account: AccountId) -> Link:
    """The fact that an identity belongs to an account."""
    return Link(key=key, account=account, linked_at=NOW)


def newcomer(number: int = 0, email: str | None = None) -> NewAccount:
    """Somebody who signs up."""
    return NewAccount(name=NAMES[number % len(NAMES)], email=email, roles=frozenset({Role.STUDENT}))


def source(section: str = "sec1", district: DistrictId = DISTRICT) -> SectionKey:
    """A section at its source."""
    return SectionKey(CLEVER, district, SectionId(section))


def seat(section: HostSectionId, account: AccountId, role: EnrollmentRole = EnrollmentRole.STUDENT) -> HostEnrollment:
    """A place in a host section."""
    return HostEnrollment(
        section=section,
        account=account,
        role=role,
        origin=Origin.SOURCE,
        status=EnrollmentStatus.ACTIVE,
        since=NOW,
        changed_at=NOW,
        person=PersonId("p1"),
    )


def described(number: int, district: DistrictId = DISTRICT) -> Person:
    """A person as the source describes them, with every field filled."""
    return Person(
        id=PersonId(f"p{number}"),
        district=district,
        name=NAMES[number % len(NAMES)],
        roles=frozenset({Role.STUDENT, Role.TEACHER}),
        unknown_roles=frozenset({"wizard 🧙"}),
        email=f"p{number}@school.example",
        username="ü\u0308",
        sis_id="007",
        birth_date=date(2012, 2, 29),
        grade="Kindergarten",
        schools=(SchoolId("s2"), SchoolId("s1")),
    )


def listed(section: str, students: int, district: DistrictId = DISTRICT) -> Section:
    """A section as the source lists it."""
    return Section(
        id=SectionId(section),
        district=district,
        name="Bio\u0301logie 🧬",
        teachers=(PersonId("t9"), PersonId("t1")),
        students=tuple(PersonId(f"p{number}") for number in range(students)),
    )


# --- Moves ------------------------------------------------------------------------------------------------------------


def take(ports: Ports, attempt: Attempt, *, browser: str = "", now: datetime = NOW) -> Attempt | None:
    """Consume an attempt, from its own browser unless another is named."""
    return ports.attempts.consume(
        state_digest=attempt.state_digest, browser_digest=browser or attempt.browser_digest, now=now
    )


def sign_up(store: Store, count: int) -> tuple[AccountId, ...]:
    """Make that many accounts."""
    with store.transaction() as ports:
        return ports.accounts.create([newcomer(number) for number in range(count)])


def open_section(store: Store, *, attached_to: SectionKey | None = None) -> tuple[HostSectionId, AccountId]:
    """Make a host section with an owner; both ids."""
    (owner,) = sign_up(store, 1)
    with store.transaction() as ports:
        saved = ports.sections.save([HostSection(name="Maths 🧮", owner=owner, source=attached_to)])[0]
    assert saved.id is not None, "save returns the section with its id"
    return saved.id, owner


def undo(store: Store, work: Callable[[Ports], None]) -> None:
    """Do some work in a transaction that then fails."""

    class Failed(Exception):
        pass

    try:
        with store.transaction() as ports:
            work(ports)
            raise Failed  # noqa: TRY301 - raised here to be caught outside of the transaction
    except Failed:
        pass


def refuses(kind: type[StoreError], store: Store, work: Callable[[Ports], object]) -> None:
    """See a transaction raise that error."""
    try:
        with store.transaction() as ports:
            work(ports)
    except kind:
        return
    raise AssertionError(f"nothing raised {kind.__name__}")
