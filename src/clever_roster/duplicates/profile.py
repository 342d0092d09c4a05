"""What is known about one account when we ask whether its human has another: the input of this room.

A profile is plain: whoever has a user table can make profiles (`gather` does it through the ports). Every field but the
account and its name may be missing; missing never counts for or against. Emails and numbers may be salted hashes:
they are then compared for equality only. No repr shows more than ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import attrs

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    HostSectionId,
    IdentityKey,
    PersonId,
    PersonName,
    SchoolId,
    SectionKey,
)

__all__ = ["ClassMembership", "LinkedIdentity", "Profile"]


@attrs.frozen(kw_only=True)
class LinkedIdentity:
    """An identity linked to the account, with the numbers that this source gives for the person.

    Attributes:
        listed: False when the source is known to list this id no longer (an old Clever id, last year's roster).
        sis_id, student_number, state_id: compared inside the identity's own district only.
        legacy_id: the id that the person had before, where the source says it (Clever, "Users": `legacy_id`).
    """

    key: IdentityKey
    listed: bool = True
    sis_id: str | None = attrs.field(default=None, repr=False)
    student_number: str | None = attrs.field(default=None, repr=False)
    state_id: str | None = attrs.field(default=None, repr=False)
    legacy_id: PersonId | None = None


@attrs.frozen(kw_only=True)
class ClassMembership:
    """The account is, or was, in a class.

    Attributes:
        section: the class; a source's section, or the host's own id of it. Use one of the two throughout.
        listed_as: as whom the section's source lists the account; None when added by hand or joined by code.
        name: the class's name, where known; tells apart two classes of one teacher.
        teachers: who teaches it, where known; teachers who are among the profiles need not be repeated.
        since, until: None is "always" and "still".
    """

    section: SectionKey | HostSectionId
    role: EnrollmentRole = EnrollmentRole.STUDENT
    listed_as: IdentityKey | None = None
    name: str = ""
    teachers: tuple[PersonName, ...] = attrs.field(default=(), repr=False)
    since: datetime | None = None
    until: datetime | None = None

    def meets(self, other: ClassMembership) -> bool:
        """Whether there is a moment at which both were in their class."""
        return not (_before(self.until, other.since) or _before(other.until, self.since))


def _before(end: datetime | None, start: datetime | None) -> bool:
    return end is not None and start is not None and end <= start


_NOTHING_FURTHER: Mapping[str, str] = {}
"""One object for all profiles that have nothing in it: a million empty dictionaries are felt."""


@attrs.frozen(kw_only=True, repr=False)
class Profile:
    """One account and what is known about its human.

    Attributes:
        emails: every address of the account and of its identities, in any case and order.
        schools: all schools, the primary one first; guessed from the classmates' when empty.
        grade: Clever's grade text ("Kindergarten", "1" to "13", ...).
        activity: how much work is in the account, in the host's own unit; it decides what is kept, never who is who.
        further: what else the host knows of the person, by a name of the host's choice ("street", "postcode", "phone").
    """

    account: AccountId
    name: PersonName
    emails: tuple[str, ...] = ()
    identities: tuple[LinkedIdentity, ...] = ()
    birth_date: date | None = None
    grade: str | None = None
    schools: tuple[SchoolId, ...] = ()
    memberships: tuple[ClassMembership, ...] = ()
    created_at: datetime | None = None
    last_active_at: datetime | None = None
    activity: int = 0
    has_password: bool = False
    further: Mapping[str, str] = _NOTHING_FURTHER

    def __repr__(self) -> str:
        return f"<Profile of account {self.account}>"
