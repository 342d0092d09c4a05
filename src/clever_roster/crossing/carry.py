"""Carrying out a move in one transaction, and undoing it.

Accounts, rows and whatever the host has tied to them stay where they are: a seat is told by another id, and the section
follows another source. What is then still new in the new list comes by an ordinary sync of it (`roster.plan`, with its
guard); so there is one way in which people join a class. Undo goes by the same trace as that of a sync.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from clever_roster import roster
from clever_roster.crossing.draft import State, state_of
from clever_roster.crossing.migration import Deed, Hold, Migration, MoveStep
from clever_roster.errors import ConfigurationError, StalePlan
from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    Origin,
    PersonId,
    Provider,
    Section,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import JournalEntry, Memo, Ports
from clever_roster.roster import Approval, Report, Undone
from clever_roster.roster.lease import check_free
from clever_roster.roster.trace import LAST, Listing, Trace, keep_trace, latest_round

__all__ = ["Held", "MoveUndone", "Moved", "apply_migration", "undo_migration"]


@attrs.frozen(kw_only=True)
class Moved:
    """The section follows its new source.

    Attributes:
        linked: how many accounts have a new identity.
        kept: who is not in the new list, and stayed.
        report: what the sync that followed did, and what it held.
    """

    migration: str
    section: HostSectionId
    linked: int
    kept: tuple[AccountId, ...]
    report: Report


@attrs.frozen(kw_only=True)
class Held:
    """Nothing was done; these stand against it."""

    holds: tuple[Hold, ...]


@attrs.frozen(kw_only=True)
class MoveUndone:
    """The section follows its earlier source again.

    Attributes:
        unlinked: how many identities were taken off again.
        kept: what changed since, or is somebody's only way in, and stays: ids only.
    """

    migration: str
    unlinked: int
    kept: tuple[str, ...]


# --- There ------------------------------------------------------------------------------------------------------------


def apply_migration(
    ports: Ports, migration: Migration, *, actor: str, now: datetime, approval: Approval | None = None
) -> Moved | Held:
    """Carry out a migration that nothing holds, or that was approved, on the state that it was made from.

    Args:
        actor: who did it, for the journal: an account id, or the host's word.

    Raises:
        ConfigurationError: the approval names another migration.
        StalePlan: the host's roster is no longer what the migration was made from; nothing was written.
        ScopeBusy: a sync of one of the sections is at work.
        IdentityTaken: somebody took one of the identities at the same moment; undo the transaction and plan again.
        Overtaken: it was carried out by another one at the same moment.
    """
    if approval is not None and approval.digest != migration.digest:
        raise ConfigurationError(
            f"The approval names {approval.digest[:12]}, but this is migration {migration.digest[:12]}.",
            next_step="Show this one and ask again: an approval is for what was read.",
        )
    if holds := migration.waiting(approved=approval is not None):
        return Held(holds=holds)
    state = state_of(ports, migration.section, migration.snapshot, migration.to)
    if state.basis != migration.basis:
        raise StalePlan(
            f"The roster has changed since migration {migration.digest[:12]} was made.",
            next_step="Make it again, show it, and apply the new one.",
        )
    _check_free(ports, migration, now)
    said = f"{approval.by}: {approval.why}" if approval is not None else actor
    links = _link(ports, migration, now)
    rows = _rows(migration, state, now)
    ports.sections.save_enrollments([after for _, after in rows])
    sections = _sections(ports, migration, state)
    _keep_trace(ports, migration, rows, sections, listed=_forget(ports, migration.origin))
    _journal(ports, migration, said, now)
    following = roster.plan(ports, migration.snapshot)
    report = roster.apply(ports, following, actor=actor, now=now)
    _remember(ports, migration, links, following.digest, now)
    return Moved(
        migration=migration.digest,
        section=migration.section,
        linked=len(links),
        kept=tuple(step.account for step in migration.steps if step.deed is Deed.KEEP and step.account is not None),
        report=report,
    )


def _check_free(ports: Ports, migration: Migration, now: datetime) -> None:
    check_free(ports, migration.snapshot, now=now)
    if migration.origin is not None:
        one = migration.origin
        before = Snapshot.of(
            provider=one.provider,
            district=one.district,
            taken_at=now,
            people=(),
            sections=(),
            scope=[one.section],
        )
        check_free(ports, before, now=now)


def _link(ports: Ports, migration: Migration, now: datetime) -> tuple[IdentityKey, ...]:
    """Give the new identities to the accounts that they were matched with, each once."""
    to, people = migration.to, migration.snapshot.people
    links = {
        step.person: Link(
            key=IdentityKey(to.provider, to.district, step.person),
            account=step.account,
            linked_at=now,
            roles=people[step.person].roles,
        )
        for step in migration.steps
        if step.deed is Deed.LINK and step.person is not None and step.account is not None
    }
    if links:
        ports.links.add([*links.values()])
    return tuple(link.key for link in links.values())


def _rows(
    migration: Migration, state: State, now: datetime
) -> tuple[tuple[HostEnrollment | None, HostEnrollment], ...]:
    """The rows that are told otherwise: by the new id, as kept, or brought along."""
    current = {(row.account, row.role): row for row in state.rows}
    changed: list[tuple[HostEnrollment | None, HostEnrollment]] = []
    for step in migration.steps:
        if step.account is None or step.role is None or step.deed is Deed.JOIN:
            continue
        before = current.get((step.account, step.role))
        after = _row(step, before, migration.section, now)
        if after != before:
            changed.append((before, after))
    return tuple(changed)


def _row(step: MoveStep, before: HostEnrollment | None, section: HostSectionId, now: datetime) -> HostEnrollment:
    if step.account is None or step.role is None:
        raise AssertionError("the step is about nobody")
    row = before or HostEnrollment(
        section=section,
        account=step.account,
        role=step.role,
        origin=Origin.MANUAL,
        status=EnrollmentStatus.ACTIVE,
        since=now,
        changed_at=now,
    )
    match step.deed:
        case Deed.LINK | Deed.KNOW:
            origin = (
                Origin.BOTH if row.origin is Origin.MANUAL and row.status is EnrollmentStatus.ACTIVE else row.origin
            )
            person = step.person
        case _:
            origin, person = Origin.MANUAL, row.person
    status = EnrollmentStatus.ACTIVE if step.deed is Deed.BRING else row.status
    told = attrs.evolve(row, origin=origin, status=status, person=person)
    altered = (row.origin, row.status) != (origin, status)
    return attrs.evolve(told, changed_at=now) if altered else told


def _sections(ports: Ports, migration: Migration, state: State) -> tuple[tuple[HostSection | None, HostSection], ...]:
    """Put away the section that has the source, then let this one follow it."""
    changed: list[tuple[HostSection | None, HostSection]] = []
    if state.replaced is not None:
        (put_away,) = ports.sections.save([attrs.evolve(state.replaced, source=None, archived=True)])
        changed.append((state.replaced, put_away))
    # What the old source lost is back with the new one; what a teacher put away stays away.
    away = state.section.archived and not state.section.gone
    moved = attrs.evolve(state.section, source=migration.to, archived=away, gone=False)
    (saved,) = ports.sections.save([moved])
    changed.append((state.section, saved))
    return tuple(changed)


def _forget(ports: Ports, origin: SectionKey | None) -> tuple[Listing, ...]:
    """What the earlier source said of the section is not compared with again; its people are remembered."""
    said: Mapping[SectionKey, Section] = {} if origin is None else ports.roster.sections([origin])
    for key in said:
        ports.roster.save(key.provider, key.district, people=[], sections=[], gone=[key.section])
    return tuple((section.id, section, None) for section in said.values())


def _keep_trace(
    ports: Ports,
    migration: Migration,
    rows: tuple[tuple[HostEnrollment | None, HostEnrollment], ...],
    sections: tuple[tuple[HostSection | None, HostSection], ...],
    *,
    listed: tuple[Listing, ...],
) -> None:
    one = latest_round(ports, migration.digest, approved=False)
    begun = one.behind > 0 or one.ended
    trace = Trace(steps=len(migration.steps), rows=rows, sections=sections, listed=listed, source=migration.origin)
    keep_trace(ports, one.following() if begun else one, LAST, trace)


def _journal(ports: Ports, migration: Migration, actor: str, now: datetime) -> None:
    ports.roster.record(
        [
            JournalEntry(
                at=now,
                plan=migration.digest,
                actor=actor,
                verb=f"migrate {step.deed.value}",
                section=_told_of(step, migration),
                account=step.account,
            )
            for step in migration.steps
            if step.deed is not Deed.JOIN  # told by the sync that follows
        ]
    )


def _told_of(step: MoveStep, migration: Migration) -> HostSectionId:
    return migration.replaces if step.deed is Deed.RELEASE and migration.replaces is not None else migration.section


# --- And back ---------------------------------------------------------------------------------------------------------


def undo_migration(ports: Ports, migration: str, *, actor: str, now: datetime) -> MoveUndone:
    """Undo what was carried out under a migration's digest. An unknown one, or one undone before, undoes nothing.

    Who joined by it is withdrawn, and their account stays. An identity that it gave to an account is taken off again,
    unless it is the only way in by now.

    Raises:
        Overtaken: a sync of the same section ended at the same moment; try again.
    """
    kept_memo = ports.roster.memos([_key(migration)]).get(_key(migration))
    if kept_memo is None or not kept_memo.text:
        return MoveUndone(migration=migration, unlinked=0, kept=())
    fields: dict[str, Any] = json.loads(kept_memo.text)
    undone: list[Undone] = [roster.undo(ports, plan, actor=actor, now=now) for plan in (fields["sync"], migration)]
    unlinked, stuck = _unlink(ports, [_identity(*key) for key in fields["links"]], datetime.fromisoformat(fields["at"]))
    ports.roster.keep_memos([attrs.evolve(kept_memo, text="")])
    return MoveUndone(
        migration=migration, unlinked=unlinked, kept=(*(what for one in undone for what in one.kept), *stuck)
    )


def _identity(provider: str, district: str, subject: str) -> IdentityKey:
    return IdentityKey(Provider(provider), DistrictId(district), PersonId(subject))


def _unlink(ports: Ports, keys: Iterable[IdentityKey], at: datetime) -> tuple[int, tuple[str, ...]]:
    """Take identities off the accounts that the migration gave them to."""
    found: Mapping[IdentityKey, Link] = ports.links.find([*keys])
    ours = [link for link in found.values() if link.linked_at == at]
    accounts = ports.accounts.find([link.account for link in ours])
    stuck: list[str] = []
    for link in ours:
        account = accounts.get(link.account)
        if account is not None and not account.has_password and len(ports.links.of(link.account)) < MOST_ALONE:
            stuck.append(f"identity {link.key.subject} of account {link.account}")
            continue
        ports.links.remove(link.key)
    return len(ours) - len(stuck), tuple(stuck)


MOST_ALONE: Final = 2
"""With fewer identities than this, one that is taken off was the last way in."""


def _key(migration: str) -> str:
    return f"migration/{migration}"


def _remember(ports: Ports, migration: Migration, links: Iterable[IdentityKey], sync: str, now: datetime) -> None:
    key = _key(migration.digest)
    before = ports.roster.memos([key]).get(key) or Memo(key=key, text="")
    told = {
        "at": now.isoformat(),
        "sync": sync,
        "links": [[one.provider, one.district, one.subject] for one in links],
    }
    ports.roster.keep_memos([attrs.evolve(before, text=json.dumps(told))])
