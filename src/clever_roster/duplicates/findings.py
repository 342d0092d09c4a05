"""What a search for duplicates found: pairs with their reasons, groups, suggestions, and what may have been missed.

Reprs show ids and counts. Names appear where `names=True` asks for them.
"""

from __future__ import annotations

import attrs

from clever_roster.display.views import Shown, View
from clever_roster.duplicates.block import Missed
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.score import Evidence, Zone, probability
from clever_roster.duplicates.suggest import Suggestion
from clever_roster.duplicates.weights import Kind
from clever_roster.model import AccountId

__all__ = ["Cluster", "Findings", "Pair"]


@attrs.frozen(kw_only=True, repr=False)
class Pair(Shown):
    """Two accounts that may be one human, `first` being the smaller id.

    Attributes:
        weight: bits, the sum of the evidence; 0 is "as likely as not".
        evidence: the prior first, then vetoes, then the strongest reason down.
    """

    first: Profile
    second: Profile
    zone: Zone
    weight: float
    evidence: tuple[Evidence, ...]

    def __repr__(self) -> str:
        return f"<Pair {self.first.account} + {self.second.account}: {self.zone}, {self.weight:+.1f} bits>"

    @property
    def accounts(self) -> tuple[AccountId, AccountId]:
        """The two ids, the smaller one first."""
        return self.first.account, self.second.account

    @property
    def probability(self) -> float:
        """Chance that the two are one human; 0 when something forbids it."""
        return 0.0 if self.zone is Zone.NEVER else probability(self.weight)

    def explain(self, *, names: bool = False) -> str:
        """Say in plain words what speaks for and against it; ids only, unless names are asked for."""
        first, second = (_called(profile, names=names) for profile in (self.first, self.second))
        forbidding = [reason.sentence for reason in self.evidence if reason.forbids]
        verdict = _VERDICTS[self.zone] if not forbidding else "Never one: " + "; ".join(forbidding) + "."
        lines = [f"{first} and {second}: {verdict}"]
        for title, sign in (("for", 1), ("against", -1)):
            reasons = [r.sentence for r in self.evidence if r.kind is not Kind.PRIOR and r.weight * sign > 0]
            if reasons:
                lines.append(f"  {title}: {'; '.join(reasons)}")
        missing = [what for kind, what in _WORTH_HAVING if all(reason.kind is not kind for reason in self.evidence)]
        if missing and not forbidding:
            lines.append(f"  not compared: {', '.join(missing)}")
        return "\n".join(lines)

    def waterfall(self) -> str:
        """Draw the sum, one line for each reason: bits, running total, sentence."""
        lines: list[str] = []
        total = 0.0
        for reason in self.evidence:
            total += reason.weight
            bits = "  never" if reason.forbids else f"{reason.weight:+7.1f}"
            lines.append(f"{bits}  {total:+7.1f}  {reason.sentence}")
        return "\n".join(lines)

    def view(self, *, names: bool = False) -> View:
        """The reasons as a waterfall, for a notebook or a terminal."""
        from clever_roster.duplicates.show import view_of_pair  # noqa: PLC0415 - it knows pairs

        return view_of_pair(self, names=names)


_VERDICTS = {
    Zone.SURE: "surely one person.",
    Zone.REVIEW: "probably one person; have a look.",
    Zone.HINT: "perhaps one person.",
    Zone.NEVER: "two people.",
}
_WORTH_HAVING = ((Kind.BIRTH_DATE, "birthdays (one or both missing)"), (Kind.CLASS, "classes and schools"))


def _called(profile: Profile, *, names: bool) -> str:
    return f"{profile.name.display()} (account {profile.account})" if names else f"Account {profile.account}"


@attrs.frozen(kw_only=True)
class Cluster:
    """Accounts of one human; `zone` is that of the weakest link that was needed."""

    accounts: tuple[AccountId, ...]
    zone: Zone


@attrs.frozen(kw_only=True, repr=False)
class Findings(Shown):
    """Everything that a search found. The same accounts in any order give equal findings.

    Attributes:
        pairs: heaviest first. `Zone.NEVER` pairs are those that look like one human but cannot be.
        clusters: groups that no contradiction crosses.
        suggestions: one for each cluster, in the same order.
        missed: blocks too large to be compared in full.
    """

    pairs: tuple[Pair, ...]
    clusters: tuple[Cluster, ...]
    suggestions: tuple[Suggestion, ...]
    missed: tuple[Missed, ...]

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.of(zone))} {zone}" for zone in Zone)
        return f"<Findings: {counts}; {len(self.clusters)} clusters; {len(self.missed)} large blocks>"

    def view(self, *, names: bool = False) -> View:
        """Tables `pairs`, `groups` and `missed`; a notebook draws them, `records` and `to_frame` hand them on."""
        from clever_roster.duplicates.show import view_of_findings  # noqa: PLC0415 - it knows findings

        return view_of_findings(self, names=names)

    def of(self, zone: Zone) -> tuple[Pair, ...]:
        """The pairs of one zone, heaviest first."""
        return tuple(pair for pair in self.pairs if pair.zone is zone)
