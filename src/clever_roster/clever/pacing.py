"""Clever's budget of requests, counted along: 1,200 a minute for a token, in fixed windows.

Clever says on every answer what is left of it (dev.clever.com, "Paging and limits"; recordings). A client that counts
along need not run into 429. The manners that every source wants are in `clever_roster.patience`.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from clever_roster.patience import number_in

__all__ = ["Budget"]

WINDOW = 60


class Budget:
    """How many requests the current minute still allows. Share one between all clients of a token; thread safe.

    It knows nothing until the first answer came, and lets everything pass until then.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: int | None = None
        self._limit = 0
        self._resets_at = 0

    def claim(self, now: float) -> float:
        """Take one request out of the budget: 0.0, or the seconds to wait before asking again.

        Args:
            now: unix seconds.
        """
        with self._lock:
            if self._left is None:
                return 0.0
            if now >= self._resets_at:
                self._left, self._resets_at = self._limit, int(now) + WINDOW
            if self._left > 0:
                self._left -= 1
                return 0.0
            return self._resets_at - now

    def learn(self, headers: Mapping[str, str]) -> None:
        """What an answer said: the lowest count of a window holds, as answers may overtake each other."""
        left, limit, resets_at = (
            number_in(headers.get(f"x-ratelimit-{one}")) for one in ("remaining", "limit", "reset")
        )
        if left is None or limit is None or resets_at is None:
            return
        with self._lock:
            if self._left is None or resets_at > self._resets_at:
                self._left = left
            elif resets_at == self._resets_at:
                self._left = min(self._left, left)
            else:
                return
            self._limit, self._resets_at = limit, resets_at
