"""Saying yes to a proposal: each an act of its own, journaled, done by a person and never by a sync."""

from __future__ import annotations

from datetime import datetime

import attrs

from clever_roster.errors import ConfigurationError, SectionNotFound
from clever_roster.model import AccountId, HostSection, IdentityKey, Link, SectionId, SectionKey, SyncMode
from clever_roster.ports import JournalEntry, Ports

__all__ = ["detach", "reattach", "rekey", "set_mode", "transfer"]


def reattach(ports: Ports, old: SectionKey, new: SectionId, *, actor: str, now: datetime) -> HostSection:
    """Let the host section of one source section be synced from another from now on; its people and work stay.

    Raises:
        SectionNotFound: no host section is synced from the old one.
        StoreError: another host section is synced from the new one.
    """
    section = _attached(ports, old)
    moved = attrs.evolve(section, source=attrs.evolve(old, section=new), archived=False, gone=False)
    ports.roster.save(old.provider, old.district, people=[], sections=[], gone=[old.section])
    return _saved(ports, moved, "reattach", actor, now)


def detach(ports: Ports, key: SectionKey, *, actor: str, now: datetime) -> HostSection:
    """Put a host section away and cut it from its source: the source's id is free to be imported as a new class.

    Raises:
        SectionNotFound: no host section is synced from it.
    """
    ended = attrs.evolve(_attached(ports, key), source=None, archived=True)
    ports.roster.save(key.provider, key.district, people=[], sections=[], gone=[key.section])
    return _saved(ports, ended, "detach", actor, now)


def transfer(ports: Ports, key: SectionKey, to: AccountId, *, actor: str, now: datetime) -> HostSection:
    """Hand a section to another account, which runs it from now on.

    Raises:
        SectionNotFound: no host section is synced from it.
    """
    return _saved(ports, attrs.evolve(_attached(ports, key), owner=to), "transfer", actor, now)


def set_mode(ports: Ports, key: SectionKey, mode: SyncMode, *, actor: str, now: datetime) -> HostSection:
    """Say how far a sync of this section goes.

    Raises:
        SectionNotFound: no host section is synced from it.
    """
    return _saved(ports, attrs.evolve(_attached(ports, key), mode=mode), f"mode {mode.value}", actor, now)


def rekey(ports: Ports, old: IdentityKey, new: IdentityKey, *, now: datetime) -> Link:
    """Let a person's new id belong to the account of the old one, which keeps its link, its history and its work.

    Raises:
        ConfigurationError: the old id belongs to no account, or the ids are not of one provider and district.
        IdentityTaken: the new id belongs to an account already; two accounts are never made one here.
    """
    held = ports.links.find([old]).get(old)
    if held is None or (old.provider, old.district) != (new.provider, new.district):
        raise ConfigurationError(
            f"Identity {old.subject} cannot be carried over to {new.subject}.",
            next_step="Name an id that belongs to an account, and its successor in the same district.",
        )
    link = Link(key=new, account=held.account, linked_at=now)
    ports.links.add([link])
    return link


def _attached(ports: Ports, key: SectionKey) -> HostSection:
    section = ports.sections.attached([key]).get(key)
    if section is None:
        raise SectionNotFound(f"No section is synced from {key.section}.", next_step="Import it first.")
    return section


def _saved(ports: Ports, section: HostSection, verb: str, actor: str, now: datetime) -> HostSection:
    (saved,) = ports.sections.save([section])
    if saved.id is not None:
        ports.roster.record([JournalEntry(at=now, plan="", actor=actor, verb=verb, section=saved.id)])
    return saved
