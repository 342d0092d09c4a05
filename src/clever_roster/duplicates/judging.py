"""Comparing pairs and judging them: what a pair weighs, which others it cannot stand beside, and its zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from math import inf

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.evidence import Observer
from clever_roster.duplicates.findings import Pair
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.review import ReviewQueue
from clever_roster.duplicates.score import Zone, evidence_of, learnt_prior, prior, rivalry, weigh, zone_of
from clever_roster.duplicates.traits import Traits
from clever_roster.duplicates.weights import Level, Observation
from clever_roster.model import AccountId

__all__ = ["Judge", "Said", "Weighed", "unforbidden"]


@attrs.frozen(eq=False)
class Weighed:
    """A pair worth keeping, before its rivals are known."""

    left: Traits
    right: Traits
    weight: float
    family: float
    observations: list[Observation]
    vetoes: list[Level]

    @property
    def accounts(self) -> tuple[AccountId, AccountId]:
        """The two accounts, the smaller one first."""
        return self.left.profile.account, self.right.profile.account

    def other(self, one: Traits) -> Traits:
        """Whom it pairs this one with."""
        return self.right if self.left is one else self.left


class Judge:
    """Compares and judges pairs of one population; knows what somebody said, and not how pairs are come by."""

    def __init__(self, people: Population, said: Said, *, siblings: bool = True) -> None:
        self.people = people
        self.siblings = siblings
        self._observer = Observer(people, siblings=siblings)
        self.said = said
        self._learnt = 0.0

    @classmethod
    def of(cls, people: Population, *, siblings: bool = True) -> Judge:
        """One that nobody has told anything."""
        return cls(people, Said.of((), None), siblings=siblings)

    def joined_by(self, profile: Profile) -> Judge:
        """The same judge, for a population with a newcomer in it."""
        return Judge(self.people.joined_by(profile), self.said, siblings=self.siblings)

    def weight(self, left: Traits, right: Traits) -> float:
        """The weight of a pair before its rivals are known; minus infinity for one that is not worth keeping."""
        scored = self.compare(left, right)
        return -inf if scored is None else scored.weight

    def decide_all(self, met: Iterable[tuple[Traits, Traits]]) -> tuple[Pair, ...]:
        """The pairs among those that were met, the smaller account first in each."""
        return self.decide(self.compare_all(met))

    def take(self, learnt: float) -> None:
        """Take over what was learnt of the population elsewhere."""
        self._learnt = learnt

    def learn(self, scored: Iterable[Weighed]) -> None:
        """Learn from all pairs of the population how many of its accounts exist twice."""
        self._learnt = learnt_prior(unforbidden(scored), self.people.size)

    def compare(self, left: Traits, right: Traits) -> Weighed | None:
        """Weigh a pair, in either order; None when it is not worth keeping."""
        said = bool(self.said.same) and _in_order(left.profile.account, right.profile.account) in self.said.same
        observations = self._observer.observe(left, right, in_full=said)
        if not observations:
            return None
        if said:
            observations.append((w.SAID_SAME, w.SAID_SAME_SHARE))
        weight, family = weigh(observations, self.people.crowd, siblings=self.siblings)
        if weight < w.FAINT:
            return None
        if right.profile.account < left.profile.account:
            left, right = right, left
        return Weighed(left, right, weight, family, observations, self._vetoes(left, right))

    def compare_all(self, met: Iterable[tuple[Traits, Traits]]) -> list[Weighed]:
        """Weigh all pairs of the population that were met, and learn from them; those that are worth keeping."""
        scored = [weighed for left, right in met if (weighed := self.compare(left, right)) is not None]
        self.learn(scored)
        return scored

    def compare_with(self, one: Traits, places: Iterable[int]) -> list[Weighed]:
        """The pairs of one account with those at these places that are worth keeping."""
        traits = self.people.traits
        return [scored for place in places if (scored := self.compare(one, traits[place])) is not None]

    def decide(self, scored: Collection[Weighed], rivals: Iterable[Weighed] = ()) -> tuple[Pair, ...]:
        """Take rivals into account, those that are not decided themselves too, and give each pair its zone."""
        around: defaultdict[int, list[Weighed]] = defaultdict(list)
        for pair in chain(scored, rivals):
            if not pair.vetoes:
                around[id(pair.left)].append(pair)
                around[id(pair.right)].append(pair)
        pairs: list[Pair] = []
        for pair in scored:
            contested = rivalry(self._rivals(pair, around))
            levels = [level for level, _ in pair.observations]
            weight = pair.weight + self._learnt + contested
            zone = zone_of(weight, levels, forbidden=bool(pair.vetoes))
            if zone is Zone.SURE and contested <= w.CONTESTED:
                zone = Zone.REVIEW
            if pair.accounts in self.said.same:
                zone = Zone.SURE
            if zone is not None:
                pairs.append(self._pair(pair, zone, weight, contested))
        return tuple(sorted(pairs, key=lambda pair: (-pair.weight, pair.accounts)))

    def apart_from(self, one: Traits, places: Iterable[int]) -> list[int]:
        """Those of the places whose accounts something forbids to be one human with this one."""
        traits = self.people.traits
        return [place for place in places if place != one.place and self._vetoes(traits[place], one)]

    def excluded(self, left: int, right: int) -> bool:
        """Whether something forbids that the accounts at two places are one human."""
        return bool(self._vetoes(self.people.traits[left], self.people.traits[right]))

    def _rivals(self, pair: Weighed, around: Mapping[int, list[Weighed]]) -> list[float]:
        """Weights of the pairs that cannot be one human together with this one."""
        if pair.vetoes:
            return []
        return [
            rival.weight + self._learnt
            for one in (pair.left, pair.right)
            for rival in around[id(one)]
            if rival is not pair and self._vetoes(rival.other(one), pair.other(one))
        ]

    def _pair(self, pair: Weighed, zone: Zone, weight: float, rivals: float) -> Pair:
        return Pair(
            first=pair.left.profile,
            second=pair.right.profile,
            zone=zone,
            weight=weight,
            evidence=evidence_of(
                pair.observations,
                pair.vetoes,
                before=prior(self.people.crowd) + self._learnt,
                family=pair.family,
                rivals=rivals,
            ),
        )

    def _vetoes(self, left: Traits, right: Traits) -> list[Level]:
        """What forbids the pair; somebody who looked at it knows better than the rules."""
        accounts = _in_order(left.profile.account, right.profile.account)
        if accounts in self.said.same:
            return []
        found = self._observer.vetoes(left, right)
        if accounts in self.said.apart:
            found.append(w.SAID_APART)
        return found


@attrs.frozen
class Said:
    """What people said about pairs, the smaller account first."""

    apart: frozenset[tuple[AccountId, AccountId]]
    same: frozenset[tuple[AccountId, AccountId]]

    @classmethod
    def of(cls, apart: Iterable[tuple[AccountId, AccountId]], decided: ReviewQueue | None) -> Said:
        """What was said by pairs, each in any order, and in a review; the former counts where the two differ."""
        queue = ReviewQueue() if decided is None else decided
        given = frozenset(_in_order(*pair) for pair in apart)
        return cls(given | queue.apart, queue.same - given)


def _in_order(one: AccountId, other: AccountId) -> tuple[AccountId, AccountId]:
    return (one, other) if one < other else (other, one)


def unforbidden(scored: Iterable[Weighed]) -> list[float]:
    """The weights of the pairs that nothing forbids."""
    return [pair.weight for pair in scored if not pair.vetoes]
