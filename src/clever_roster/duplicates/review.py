"""What people said about pairs: remembered, taken out of the queue, and learnt from.

A `ReviewQueue` is a value: deciding gives a new one, and it is a tuple of plain decisions that a host can store as it
likes. `find(..., decided=queue)` keeps what was parted apart for good, and asks about nothing twice. Nothing is merged
here either: "the same" is remembered, and what follows from it is the host's to do.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.findings import Findings, Pair
from clever_roster.duplicates.score import Zone, probability
from clever_roster.model import AccountId

__all__ = ["Decision", "ReviewQueue"]

_SPREAD = 2.0
"""How many bits the weights may be off in a population, before anybody has decided anything."""
_STEPS = 30


@attrs.frozen(kw_only=True)
class Decision:
    """What somebody said about two accounts, the smaller id first, and what they weighed then."""

    accounts: tuple[AccountId, AccountId]
    weight: float
    same: bool


@attrs.frozen
class ReviewQueue:
    """The pairs that somebody has decided about; what is left of a search is waiting.

    Attributes:
        decisions: one for each pair, the last word, in the order of accounts.
    """

    decisions: tuple[Decision, ...] = ()

    def decide(self, pair: Pair, *, same: bool) -> ReviewQueue:
        """Remember what somebody said; it replaces what was said about the pair before."""
        kept = {decision.accounts: decision for decision in self.decisions}
        kept[pair.accounts] = Decision(accounts=pair.accounts, weight=pair.weight, same=same)
        return ReviewQueue(tuple(kept[accounts] for accounts in sorted(kept)))

    @property
    def apart(self) -> frozenset[tuple[AccountId, AccountId]]:
        """The pairs that are not the same, for `find` and `Index`."""
        return frozenset(decision.accounts for decision in self.decisions if not decision.same)

    @property
    def same(self) -> frozenset[tuple[AccountId, AccountId]]:
        """The pairs that are one human."""
        return frozenset(decision.accounts for decision in self.decisions if decision.same)

    @property
    def correction(self) -> float:
        """Bits by which the decisions say that weights are too low here; 0 without decisions.

        The most probable shift of the whole scale (logistic, by Newton's method), against a stated belief that it is
        small: ten decisions move it, one hardly does.
        """
        shift = 0.0
        for _ in range(_STEPS):
            chances = [probability(decision.weight + shift) for decision in self.decisions]
            slope = sum(d.same - chance for d, chance in zip(self.decisions, chances, strict=True)) - shift / _SPREAD**2
            bend = sum(chance * (1 - chance) for chance in chances) + 1 / _SPREAD**2
            shift += max(-1.0, min(1.0, slope / bend))
        return shift

    def waiting(self, findings: Findings) -> tuple[Pair, ...]:
        """The pairs to look at that nobody decided about, the most telling first, by what the decisions taught.

        Sure pairs wait too, before all others: suggesting is all that this library does.
        """
        decided = {decision.accounts for decision in self.decisions}
        enough = w.LIKELY - self.correction
        return tuple(pair for pair in _open(findings) if pair.accounts not in decided and pair.weight >= enough)


def _open(findings: Findings) -> Iterable[Pair]:
    zones = (Zone.SURE, Zone.REVIEW, Zone.HINT)
    return (pair for zone in zones for pair in findings.of(zone))
