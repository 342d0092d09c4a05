"""Up to where what a source tells of its changes was dealt with: one memo per district.

A night begins there, and the mark moves on when all that was heard was read and carried out; so a night that failed is
heard once more. Where nothing is kept, everything is to be read.
"""

from __future__ import annotations

import json
from datetime import datetime

import attrs

from clever_roster.model import DistrictId, Provider
from clever_roster.ports import Memo, Ports

__all__ = ["Heard", "heard_until", "keep_heard"]


@attrs.frozen(kw_only=True)
class Heard:
    """Where a feed of events was left.

    Attributes:
        cursor: id of the newest event that was dealt with; None when there was none yet.
        at: when the read was begun that dealt with it.
    """

    cursor: str | None
    at: datetime


def heard_until(ports: Ports, provider: Provider, district: DistrictId) -> Heard | None:
    """Where a district's feed was left; None when it was never heard."""
    key = _key(provider, district)
    memo = ports.roster.memos([key]).get(key)
    return None if memo is None else _read(memo)


def keep_heard(ports: Ports, provider: Provider, district: DistrictId, heard: Heard) -> None:
    """Go on from here next time; a night that began earlier, and ended later, does not take the mark back.

    Raises:
        Overtaken: another night kept its own at the same moment.
    """
    key = _key(provider, district)
    known = ports.roster.memos([key]).get(key)
    if known is not None and _read(known).at >= heard.at:
        return
    text = json.dumps({"cursor": heard.cursor, "at": heard.at.isoformat()})
    ports.roster.keep_memos([Memo(key=key, text=text, version=0 if known is None else known.version)])


def _key(provider: Provider, district: DistrictId) -> str:
    return f"heard/{provider}/{district}"


def _read(memo: Memo) -> Heard:
    fields = json.loads(memo.text)
    return Heard(cursor=fields["cursor"], at=datetime.fromisoformat(fields["at"]))
