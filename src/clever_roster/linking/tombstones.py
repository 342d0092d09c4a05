"""What is left of an account that was merged into another: the alias, and what an undo needs. Kept as memos, as JSON.

Ids and dates only; names and work are not here. A tombstone that was lifted stays as a short note of when and by whom.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import attrs

from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSectionId,
    IdentityKey,
    Origin,
    PersonId,
    Provider,
)
from clever_roster.ports import Memo, Ports

__all__ = ["Meeting", "Tombstone", "alias_of", "bury", "find_tombstone", "lift", "survivor"]


@attrs.frozen(kw_only=True)
class Meeting:
    """Two rows in one section and role that became one.

    Attributes:
        source: the source's row as it was.
        before, after: the other account's row, before the merge and after it.
    """

    source: HostEnrollment
    before: HostEnrollment
    after: HostEnrollment


@attrs.frozen(kw_only=True)
class Tombstone:
    """An account that was merged into another, and what moved.

    Attributes:
        into_had_login: the other account had a login of its own before; it must have one after an undo.
    """

    source: AccountId
    into: AccountId
    at: datetime
    by: str
    links: tuple[IdentityKey, ...]
    owned: tuple[HostSectionId, ...]
    moved: tuple[tuple[HostSectionId, EnrollmentRole], ...]
    met: tuple[Meeting, ...]
    into_had_login: bool


def bury(ports: Ports, grave: Tombstone) -> None:
    """Keep a tombstone. Raises Overtaken when another merge of the same source was faster."""
    memo = _memo(ports, grave.source)
    ports.roster.keep_memos([attrs.evolve(memo, text=json.dumps(attrs.asdict(grave), default=_plain))])


def lift(ports: Ports, grave: Tombstone, *, by: str, now: datetime) -> None:
    """Let the account live again."""
    memo = _memo(ports, grave.source)
    ports.roster.keep_memos([attrs.evolve(memo, text=json.dumps({"lifted": now.isoformat(), "by": by}))])


def find_tombstone(ports: Ports, account: AccountId) -> Tombstone | None:
    """The tombstone of an account that was merged into another, else None."""
    text = _memo(ports, account).text
    fields: Mapping[str, Any] = json.loads(text) if text else {}
    return _tombstone(fields) if "into" in fields else None


def alias_of(ports: Ports, account: AccountId) -> AccountId | None:
    """The account that this one was merged into; None for one that stands for itself."""
    grave = find_tombstone(ports, account)
    return None if grave is None else grave.into


def survivor(ports: Ports, account: AccountId) -> AccountId:
    """The account that stands in for this one today: itself, or the last of a chain of merges."""
    following: AccountId | None = account
    while following is not None:
        account, following = following, alias_of(ports, following)
    return account


def _memo(ports: Ports, account: AccountId) -> Memo:
    key = f"merged/{account}"
    return ports.roster.memos([key]).get(key) or Memo(key=key, text="")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    raise TypeError(f"{type(value).__name__} has no place in a tombstone.")


def _tombstone(fields: Mapping[str, Any]) -> Tombstone:
    return Tombstone(
        source=AccountId(fields["source"]),
        into=AccountId(fields["into"]),
        at=datetime.fromisoformat(fields["at"]),
        by=fields["by"],
        links=tuple(
            IdentityKey(Provider(key["provider"]), DistrictId(key["district"]), PersonId(key["subject"]))
            for key in fields["links"]
        ),
        owned=tuple(map(HostSectionId, fields["owned"])),
        moved=tuple((HostSectionId(section), EnrollmentRole(role)) for section, role in fields["moved"]),
        into_had_login=fields["into_had_login"],
        met=tuple(Meeting(**{side: _enrollment(row) for side, row in one.items()}) for one in fields["met"]),
    )


def _enrollment(row: Mapping[str, Any]) -> HostEnrollment:
    fields: dict[str, Any] = {
        **row,
        "role": EnrollmentRole(row["role"]),
        "origin": Origin(row["origin"]),
        "status": EnrollmentStatus(row["status"]),
        "since": datetime.fromisoformat(row["since"]),
        "changed_at": datetime.fromisoformat(row["changed_at"]),
    }
    return HostEnrollment(**fields)
