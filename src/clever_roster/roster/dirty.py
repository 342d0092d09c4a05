"""Which sections to read again, because something was heard about them.

An event is never believed: it marks what it names as dirty, and the truth comes from reading that. So events may come
late, twice, in any order, or about the past, and the end is the same. Where events may be missing, everything is dirty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from clever_roster.model import DistrictId, PersonId, Provider, Section, SectionId
from clever_roster.ports import Ports
from clever_roster.roster.remembered import recall

__all__ = ["Dirty", "to_read"]

AT_ONCE: Final = 2_000
"""So many sections are looked at together: their lists are longer than all else that a night holds in memory."""


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

    def to_read(self, known: Mapping[SectionId, Section]) -> frozenset[SectionId]:
        """The sections to read again, given those that were read last: also each that names a dirty person."""
        if self.everything is not None:
            return frozenset(known) | self.sections
        return self.sections | {
            key
            for key, section in known.items()
            if not (self.people.isdisjoint(section.students) and self.people.isdisjoint(section.teachers))
        }


def to_read(ports: Ports, provider: Provider, district: DistrictId, dirty: Dirty) -> frozenset[SectionId]:
    """The sections of a district to read tonight: of those that are synced here, the ones of which something was heard.

    Also those in which steps wait, or somebody was missing: that gets older, or ends, with every run. And those of
    which nothing was ever remembered. What the host did to its own rows no event tells: read all of them now and then.
    """
    attached = sorted(ports.sections.attached_in(provider, district))
    wanted = {key for key, memory in recall(ports, attached).items() if memory.busy}
    for start in range(0, len(attached), AT_ONCE):
        some = attached[start : start + AT_ONCE]
        known = {key.section: section for key, section in ports.roster.sections(some).items()}
        wanted |= {key.section for key in some if key.section not in known}
        wanted |= dirty.to_read(known) & known.keys()
    return frozenset(wanted)
