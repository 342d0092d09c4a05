"""What a teacher does by hand, remembered so that a sync neither undoes it nor mistakes it for the source's doing."""

from __future__ import annotations

from datetime import datetime

import attrs

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSectionId,
    Origin,
)
from clever_roster.ports import JournalEntry, Ports

__all__ = ["add_by_hand", "remove_by_hand"]


def add_by_hand(
    ports: Ports,
    section: HostSectionId,
    account: AccountId,
    *,
    actor: str,
    now: datetime,
    role: EnrollmentRole = EnrollmentRole.STUDENT,
) -> HostEnrollment:
    """Put an account into a section. No sync takes it out again; who was removed before gets the same row back."""
    row = _find(ports, section, account, role)
    if row is None:
        row = HostEnrollment(
            section=section,
            account=account,
            role=role,
            origin=Origin.MANUAL,
            status=EnrollmentStatus.ACTIVE,
            since=now,
            changed_at=now,
        )
    elif row.status is EnrollmentStatus.ACTIVE:
        return row
    return _save(
        ports, attrs.evolve(row, status=EnrollmentStatus.ACTIVE, origin=Origin.MANUAL), "add_by_hand", actor, now
    )


def remove_by_hand(
    ports: Ports,
    section: HostSectionId,
    account: AccountId,
    *,
    actor: str,
    now: datetime,
    role: EnrollmentRole = EnrollmentRole.STUDENT,
) -> HostEnrollment | None:
    """End an enrollment, and keep the source from bringing it back. None when there was nothing to end."""
    row = _find(ports, section, account, role)
    if row is None or row.status is not EnrollmentStatus.ACTIVE:
        return None
    return _save(ports, attrs.evolve(row, status=EnrollmentStatus.REMOVED_BY_HAND), "remove_by_hand", actor, now)


def _find(ports: Ports, section: HostSectionId, account: AccountId, role: EnrollmentRole) -> HostEnrollment | None:
    rows = ports.sections.enrollments([section])
    return next((row for row in rows if (row.account, row.role) == (account, role)), None)


def _save(ports: Ports, row: HostEnrollment, verb: str, actor: str, now: datetime) -> HostEnrollment:
    saved = attrs.evolve(row, changed_at=now)
    ports.sections.save_enrollments([saved])
    ports.roster.record(
        [JournalEntry(at=now, plan="", actor=actor, verb=verb, section=row.section, account=row.account)]
    )
    return saved
