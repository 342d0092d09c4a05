"""Which sections to read again, because something was heard about them.

An event is never believed: it marks what it names as dirty, and the truth comes from reading that. So events may come
late, twice, in any order, or about the past, and the end is the same. Where events may be missing (Clever keeps them
for 30 days; dev.clever.com, "Events API"), everything is dirty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from clever_roster.model import PersonId, Section, SectionId

__all__ = ["KEPT_FOR", "Dirty"]

KEPT_FOR: Final = timedelta(days=30)


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

    @classmethod
    def since(cls, last_heard: datetime | None, *, oldest: datetime | None, now: datetime) -> Dirty:
        """Whether the events since then can be complete.

        Args:
            last_heard: when the newest event that was read was made; None when none ever was.
            oldest: when the oldest event was made that the source still has, if that is known.
        """
        if last_heard is None:
            return cls(everything="No event was ever read.")
        if now - last_heard > KEPT_FOR:
            return cls(everything="The last event that was read is older than the source keeps events.")
        if oldest is not None and oldest > last_heard:
            return cls(everything="Events between the last one read and the oldest one kept are gone.")
        return cls()

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
