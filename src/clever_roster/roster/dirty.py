"""Which sections to read again, because something was heard about them.

An event is never believed: it marks what it names as dirty, and the truth comes from reading that. So events may come
late, twice, in any order, or about the past, and the end is the same. Where events may be missing, everything is dirty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import attrs

from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentStatus,
    HostSectionId,
    Origin,
    PersonId,
    Provider,
    SectionId,
)
from clever_roster.ports import Ports
from clever_roster.roster.remembered import waiting_in

__all__ = ["Dirty", "to_read"]


@attrs.frozen(kw_only=True)
class Dirty:
    """What something was heard about, since the last read.

    Attributes:
        everything: why all must be read again; None when the sections and people tell.
    """

    sections: frozenset[SectionId] = frozenset()
    people: frozenset[PersonId] = frozenset()
    everything: str | None = None

    @classmethod
    def heard(cls, *, sections: Iterable[SectionId] = (), people: Iterable[PersonId] = ()) -> Dirty:
        """What one event names."""
        return cls(sections=frozenset(sections), people=frozenset(people))

    def __or__(self, other: Dirty) -> Dirty:
        """Both; in any order, and however often."""
        return Dirty(
            sections=self.sections | other.sections,
            people=self.people | other.people,
            everything=self.everything or other.everything,
        )


def to_read(ports: Ports, provider: Provider, district: DistrictId, dirty: Dirty) -> frozenset[SectionId]:
    """The sections of a district to read tonight: of those that are synced here, the ones of which something was heard.

    A person is heard of in the classes in which they have a seat. To these come the sections in which steps wait, or
    somebody was missing: that gets older, or ends, with every run. And those of which nothing is remembered. A section
    that ended is read when it is heard of itself. What the host did to its own rows no event tells: read all of them
    now and then.
    """
    attached = ports.sections.attached_in(provider, district)
    keys = frozenset(key.section for key in attached)
    if dirty.everything is not None:
        return keys
    going_on = {key.section: section.id for key, section in attached.items() if not section.gone}
    unsaid = going_on.keys() - ports.roster.sections_in(provider, district)
    seats = _seats(ports, provider, district, dirty.people)
    named = {key for key, host_id in going_on.items() if host_id in seats}
    return frozenset((dirty.sections | waiting_in(ports, provider, district)) & keys | named | unsaid)


def _seats(
    ports: Ports, provider: Provider, district: DistrictId, people: Collection[PersonId]
) -> frozenset[HostSectionId]:
    """The host sections in which the roster gave these people a seat, and has not taken it back."""
    accounts = {*ports.links.accounts(provider, district, sorted(people)).values()} if people else set[AccountId]()
    return frozenset(
        row.section
        for row in (ports.sections.enrollments(of=accounts) if accounts else ())
        if row.origin is not Origin.MANUAL and row.status is not EnrollmentStatus.WITHDRAWN
    )
