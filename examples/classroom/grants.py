"""What teachers let us read at Google; kept in memory, for one process.

A product keeps both tokens in a table, sealed (`clever_roster.oauth.sealing`); the shape stays the same.
"""

from threading import Lock

import attrs


class Grants:
    """A `GrantKeeper`: the newest grant of each identity. Google sends a refresh token at the first consent only."""

    def __init__(self):
        self._kept = {}
        self._lock = Lock()

    def keep(self, key, grant, **_):
        with self._lock:
            before = self._kept.get(key)
            if grant.refresh_token is None and before is not None:
                grant = attrs.evolve(grant, refresh_token=before.refresh_token)
            self._kept[key] = grant

    def find(self, key):
        with self._lock:
            return self._kept.get(key)

    def forget(self, key):
        """Drop it; what was kept is given, to be revoked."""
        with self._lock:
            return self._kept.pop(key, None)
