"""Who is at work on which sections: of two syncs of one scope, one goes on and the other is told.

A lease is a memo that its holder writes once more in the transaction of each chunk, over the version that it wrote
last; so when a holder slept past its time and another took over, its late writes are refused, whatever its clock says.
Leases of disjoint scopes meet only when they are taken: all takings of a district write one memo, which counts them. A
lease that was given back leaves its memo to the next, so that there are never more memos than there were runs at once.
Which sections it is for stands in a memo of its own beside it, written when it is taken: a chunk writes a short one.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import attrs

from clever_roster.errors import Overtaken, ScopeBusy
from clever_roster.model import DistrictId, Provider, SectionId, Snapshot
from clever_roster.ports import Memo, Ports

__all__ = ["Lease", "check_free", "release", "renew", "take"]


@attrs.frozen(kw_only=True)
class Lease:
    """The right to write to some sections.

    Attributes:
        number: counts up with every lease of the district.
        until: when another may take over.
        slot, version: which memo it is, and as it was written last.
    """

    provider: Provider
    district: DistrictId
    number: int
    holder: str
    sections: frozenset[SectionId]
    until: datetime
    slot: int
    version: int

    @property
    def key(self) -> str:
        """The key of its memo."""
        return f"{_prefix('lease', self.provider, self.district)}{self.slot:06}"

    @property
    def scope(self) -> str:
        """The key of the memo that names its sections."""
        return f"{_prefix('scope', self.provider, self.district)}{self.slot:06}"


def take(ports: Ports, snapshot: Snapshot, *, holder: str, now: datetime, lasts: timedelta) -> Lease:
    """Take a lease on a snapshot's scope. One that has run out, or is the holder's own, is taken over.

    Raises:
        ScopeBusy: somebody else is at work on some of these sections.
        Overtaken: somebody took a lease at the same moment; try again.
    """
    provider, district = snapshot.provider, snapshot.district
    slots = _slots(ports, provider, district)
    closing: list[Memo] = []
    for slot in slots:
        lease = slot.lease
        if slot.open and not lease.sections.isdisjoint(snapshot.scope):
            if lease.until > now and lease.holder != holder:
                raise _busy(lease)
            closing.append(_memo(lease, is_open=False))
    head = f"leases/{provider}/{district}"
    counted = ports.roster.memos([head]).get(head) or Memo(key=head, text="0")
    free = next((slot for slot in slots if not slot.open), None)
    lease = Lease(
        provider=provider,
        district=district,
        number=int(counted.text) + 1,
        holder=holder,
        sections=snapshot.scope,
        until=now + lasts,
        slot=len(slots) if free is None else free.lease.slot,
        version=0 if free is None else free.lease.version,
    )
    scope = Memo(key=lease.scope, text="") if free is None else free.scope
    scope = attrs.evolve(scope, text=json.dumps(sorted(lease.sections)))
    counted = attrs.evolve(counted, text=str(lease.number))
    ports.roster.keep_memos([counted, *closing, _memo(lease, is_open=True), scope])
    return attrs.evolve(lease, version=lease.version + 1)


def renew(ports: Ports, lease: Lease, *, now: datetime, lasts: timedelta) -> Lease:
    """Write the lease once more, in the transaction of the work that it protects, and before it.

    Raises:
        Overtaken: another holder took over; undo the transaction.
    """
    renewed = attrs.evolve(lease, until=max(lease.until, now + lasts))
    _write(ports, renewed, is_open=True)
    return attrs.evolve(renewed, version=lease.version + 1)


def release(ports: Ports, lease: Lease) -> None:
    """Give a lease back. It may be the first thing in the transaction of the last work: both are there, or neither.

    Raises:
        Overtaken: another holder took over; undo the transaction.
    """
    _write(ports, lease, is_open=False)


def check_free(ports: Ports, snapshot: Snapshot, *, now: datetime) -> None:
    """See that nobody is at work on a snapshot's scope.

    Raises:
        ScopeBusy: somebody is.
    """
    for slot in _slots(ports, snapshot.provider, snapshot.district):
        if slot.open and slot.lease.until > now and not slot.lease.sections.isdisjoint(snapshot.scope):
            raise _busy(slot.lease)


@attrs.frozen
class _Slot:
    """A lease as it stands in its two memos."""

    lease: Lease
    open: bool
    scope: Memo


def _slots(ports: Ports, provider: Provider, district: DistrictId) -> list[_Slot]:
    # First the leases: one that is taken between these two looks is seen as it was, and taking it too is refused.
    leases = ports.roster.memos_starting(_prefix("lease", provider, district))
    scopes = {memo.key: memo for memo in ports.roster.memos_starting(_prefix("scope", provider, district))}
    found: list[_Slot] = []
    for memo in leases:
        fields: dict[str, Any] = json.loads(memo.text)
        slot = memo.key.rpartition("/")[2]
        scope = scopes[_prefix("scope", provider, district) + slot]
        named: list[str] = json.loads(scope.text)
        lease = Lease(
            provider=provider,
            district=district,
            number=fields["number"],
            holder=fields["holder"],
            sections=frozenset(map(SectionId, named)),
            until=datetime.fromisoformat(fields["until"]),
            slot=int(slot),
            version=memo.version,
        )
        found.append(_Slot(lease, fields["open"], scope))
    return found


def _prefix(what: str, provider: Provider, district: DistrictId) -> str:
    return f"{what}/{provider}/{district}/"


def _write(ports: Ports, lease: Lease, *, is_open: bool) -> None:
    try:
        ports.roster.keep_memos([_memo(lease, is_open=is_open)])
    except Overtaken as written_by_another:
        raise Overtaken(
            f"Lease {lease.number} was taken over by another sync.", next_step="Undo this transaction; let them finish."
        ) from written_by_another


def _memo(lease: Lease, *, is_open: bool) -> Memo:
    """What takes the place of the memo that was written last."""
    fields = {
        "number": lease.number,
        "holder": lease.holder,
        "until": lease.until.isoformat(),
        "open": is_open,
    }
    return Memo(key=lease.key, text=json.dumps(fields), version=lease.version)


def _busy(lease: Lease) -> ScopeBusy:
    return ScopeBusy(
        f"{lease.holder} has been syncing some of these sections, as lease {lease.number}.",
        next_step=f"Wait for it to end, or until {lease.until.isoformat()}.",
    )
