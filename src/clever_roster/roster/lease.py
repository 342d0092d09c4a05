"""Who is at work on which sections: of two syncs of one scope, one goes on and the other is told.

A lease is a memo that its holder writes once more in the transaction of each chunk, over the version that it wrote
last; so when a holder slept past its time and another took over, its late writes are refused, whatever its clock says.
Leases of disjoint scopes meet only when they are taken: all takings of a district write one memo, which counts them. A
lease that was given back leaves its memo to the next, so that there are never more memos than there were runs at once.
Which sections it is for stands in a memo of its own beside it, written when it is taken: a chunk writes a short one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
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
    slots = list(_all(ports, provider, district))
    closing: list[Memo] = []
    for memo, open_, lease in slots:
        if open_ and not lease.sections.isdisjoint(snapshot.scope):
            if lease.until > now and lease.holder != holder:
                raise _busy(lease)
            closing.append(attrs.evolve(memo, text=_text(lease, is_open=False)))
    head = f"leases/{provider}/{district}"
    counted = ports.roster.memos([head]).get(head) or Memo(key=head, text="0")
    closed = [(memo, lease) for memo, open_, lease in slots if not open_]
    lease = Lease(
        provider=provider,
        district=district,
        number=int(counted.text) + 1,
        holder=holder,
        sections=snapshot.scope,
        until=now + lasts,
        slot=closed[0][1].slot if closed else len(slots),
        version=(closed[0][0].version if closed else 0) + 1,
    )
    own = Memo(key=lease.key, text=_text(lease, is_open=True), version=lease.version - 1)
    scope = ports.roster.memos([lease.scope]).get(lease.scope) or Memo(key=lease.scope, text="")
    scope = attrs.evolve(scope, text=json.dumps(sorted(lease.sections)))
    ports.roster.keep_memos([attrs.evolve(counted, text=str(lease.number)), *closing, own, scope])
    return lease


def renew(ports: Ports, lease: Lease, *, now: datetime, lasts: timedelta) -> Lease:
    """Write the lease once more, in the transaction of the work that it protects.

    Raises:
        Overtaken: another holder took over; undo the transaction.
    """
    if not _is_own(ports, lease):
        raise Overtaken(
            f"Lease {lease.number} was taken over by another sync.", next_step="Undo this transaction; let them finish."
        )
    renewed = attrs.evolve(lease, until=max(lease.until, now + lasts), version=lease.version + 1)
    ports.roster.keep_memos([Memo(key=lease.key, text=_text(renewed, is_open=True), version=lease.version)])
    return renewed


def release(ports: Ports, lease: Lease) -> None:
    """Give a lease back; nothing happens when it was taken over."""
    if _is_own(ports, lease):
        ports.roster.keep_memos([Memo(key=lease.key, text=_text(lease, is_open=False), version=lease.version)])


def check_free(ports: Ports, snapshot: Snapshot, *, now: datetime) -> None:
    """See that nobody is at work on a snapshot's scope.

    Raises:
        ScopeBusy: somebody is.
    """
    for _, open_, lease in _all(ports, snapshot.provider, snapshot.district):
        if open_ and lease.until > now and not lease.sections.isdisjoint(snapshot.scope):
            raise _busy(lease)


def _all(ports: Ports, provider: Provider, district: DistrictId) -> Iterable[tuple[Memo, bool, Lease]]:
    # First the leases: one that is taken between these two looks is seen as it was, and taking it too is refused.
    leases = ports.roster.memos_starting(_prefix("lease", provider, district))
    scopes = {memo.key: memo.text for memo in ports.roster.memos_starting(_prefix("scope", provider, district))}
    for memo in leases:
        fields: dict[str, Any] = json.loads(memo.text)
        slot = memo.key.rpartition("/")[2]
        named: list[str] = json.loads(scopes[_prefix("scope", provider, district) + slot])
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
        yield memo, fields["open"], lease


def _prefix(what: str, provider: Provider, district: DistrictId) -> str:
    return f"{what}/{provider}/{district}/"


def _is_own(ports: Ports, lease: Lease) -> bool:
    """Whether nobody has written the memo since its holder did."""
    return ports.roster.memos([lease.key])[lease.key].version == lease.version


def _text(lease: Lease, *, is_open: bool) -> str:
    return json.dumps(
        {
            "number": lease.number,
            "holder": lease.holder,
            "until": lease.until.isoformat(),
            "open": is_open,
        }
    )


def _busy(lease: Lease) -> ScopeBusy:
    return ScopeBusy(
        f"{lease.holder} has been syncing some of these sections, as lease {lease.number}.",
        next_step=f"Wait for it to end, or until {lease.until.isoformat()}.",
    )
