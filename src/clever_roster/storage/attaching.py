"""The law that a source section is attached to one host section at most, judged before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clever_roster.errors import StoreError
from clever_roster.model import HostSection, HostSectionId, SectionKey

__all__ = ["refuse_taken"]


def refuse_taken(sections: Iterable[HostSection], attached: Mapping[SectionKey, HostSection]) -> None:
    """See that these sections may be saved, given the host sections that have their sources now.

    Raises:
        StoreError: a source is attached to another section, or two of these ask for it.
    """
    holders: dict[SectionKey, HostSectionId | None] = {source: holder.id for source, holder in attached.items()}
    for section in sections:
        source = section.source
        if source is not None and source in holders and (section.id is None or holders[source] != section.id):
            raise StoreError(
                f"Source section {source.section} is attached to host section {holders[source] or '(new)'} already.",
                next_step="Sync into that host section, or detach it first.",
            )
        if source is not None:
            holders[source] = section.id
