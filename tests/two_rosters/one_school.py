"""One school with two rosters: a district at Clever, the same children at Google, one class, and who is who."""

from __future__ import annotations

import attrs
from double_host import TwoRosters

from clever_roster.model import (
    CLEVER,
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    AccountId,
    IdentityKey,
    PersonId,
    PersonName,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.testing import District, Showcase
from clever_roster.testing.google import ClassroomDomain


@attrs.frozen(kw_only=True)
class School:
    """A district, the same children in Google Classroom, one class of one teacher, and who is who."""

    district: District
    domain: ClassroomDomain
    show: Showcase
    host: TwoRosters
    from_clever: Snapshot
    from_google: Snapshot

    @property
    def section(self) -> SectionId:
        return self.show.sections[0]

    @property
    def course(self) -> SectionId:
        return SectionId(self.domain.course_of(self.section))

    @property
    def in_clever(self) -> SectionKey:
        return SectionKey(CLEVER, self.district.id, self.section)

    @property
    def in_google(self) -> SectionKey:
        return SectionKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, self.course)

    def google(self, person: PersonId) -> IdentityKey:
        """A Clever person's identity at Google."""
        return IdentityKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, PersonId(self.domain.account_of(person)))

    def clever(self, person: PersonId) -> IdentityKey:
        return IdentityKey(CLEVER, self.district.id, person)

    def teacher(self, *keys: IdentityKey) -> AccountId:
        sample = self.district.people[self.show.teacher]
        return self.host.account(PersonName(sample.first, sample.last), *keys)

    def children(self) -> tuple[PersonId, ...]:
        """The students of the class at Clever who have a Google account."""
        listed = self.from_google.sections[self.course].students
        return tuple(
            one
            for one in self.from_clever.sections[self.section].students
            if self.domain.origin and any(self.domain.origin[g] == one for g in listed if g in self.domain.origin)
        )
