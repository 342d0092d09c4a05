"""Instants, as stores keep them: in UTC and aware of it."""

from __future__ import annotations

from datetime import UTC, datetime

from clever_roster.errors import StoreError

__all__ = ["in_utc"]


def in_utc(moment: datetime, field: str) -> datetime:
    """The same instant in UTC.

    Raises:
        StoreError: the moment has no time zone, so it names no instant.
    """
    if moment.utcoffset() is None:
        raise StoreError(f"`{field}` has no time zone.", next_step="Pass aware times, as from datetime.now(UTC).")
    return moment.astimezone(UTC)
