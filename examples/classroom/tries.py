"""How often somebody may be wrong about a password or a picture; kept in memory, for one process.

Several processes count together in a table or in Redis; the shape stays the same.
"""

from collections import OrderedDict
from datetime import timedelta
from threading import Lock

MOST_KEPT = 10_000


class Tries:
    """Counts wrong answers by what was guessed at: an email, a child of a class."""

    def __init__(self, clock, *, most=10, within=timedelta(minutes=15)):
        self._clock, self._most, self._within = clock, most, within
        self._wrong = OrderedDict()
        self._lock = Lock()

    def allows(self, what):
        """Whether one more answer is heard."""
        with self._lock:
            since = self._clock() - self._within
            return sum(at > since for at in self._wrong.get(what, ())) < self._most

    def note(self, what, *, right):
        """A right answer forgets the wrong ones before it."""
        with self._lock:
            before = self._wrong.pop(what, ())
            if not right:
                self._wrong[what] = (*before[-self._most :], self._clock())
                while len(self._wrong) > MOST_KEPT:
                    self._wrong.popitem(last=False)
