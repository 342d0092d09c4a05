"""From profiles to findings: block, compare, score, cluster, suggest, in that order.

An `Index` holds a population; `find` asks it about everybody, `candidates` about one account. Both take the same road,
so a pair has the same weight and the same zone whichever way it was found.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.block import Keys, pairs_of
from clever_roster.duplicates.cluster import cluster
from clever_roster.duplicates.evidence import Observation, Observer
from clever_roster.duplicates.findings import Cluster, Findings, Pair
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.score import Zone, evidence_of, learnt_prior, prior, rivalry, weigh, zone_of
from clever_roster.duplicates.suggest import suggest
from clever_roster.duplicates.traits import Traits
from clever_roster.duplicates.weights import Level
from clever_roster.model import AccountId

__all__ = ["Index", "find"]


@attrs.frozen(eq=False)
class _Scored:
    """A pair worth keeping, before its rivals are known."""

    left: Traits
    right: Traits
    weight: float
    family: float
    observations: list[Observation]
    vetoes: list[Level]

    @property
    def accounts(self) -> tuple[AccountId, AccountId]:
        return self.left.profile.account, self.right.profile.account

    def other(self, one: Traits) -> Traits:
        return self.right if self.left is one else self.left


class _Court:
    """Compares and judges pairs of one population; knows what somebody said, and not how pairs are come by."""

    def __init__(
        self, people: Population, apart: Iterable[tuple[AccountId, AccountId]], *, siblings: bool = True
    ) -> None:
        self.people = people
        self._siblings = siblings
        self._observer = Observer(people, siblings=siblings)
        self._apart = {frozenset(pair) for pair in apart}
        self._learnt = 0.0

    def learn(self, scored: Iterable[_Scored]) -> None:
        """Learn from all pairs of the population how many of its accounts exist twice."""
        self._learnt = learnt_prior([pair.weight for pair in scored if not pair.vetoes], self.people.size)

    def hear(self, left: Traits, right: Traits) -> _Scored | None:
        """Weigh a pair, the smaller account first; None when it is not worth keeping."""
        observations = self._observer.observe(left, right)
        if not observations:
            return None
        weight, family = weigh(observations, self.people.crowd, siblings=self._siblings)
        if weight < w.FAINT:
            return None
        return _Scored(left, right, weight, family, observations, self._vetoes(left, right))

    def judge(self, scored: Collection[_Scored]) -> tuple[Pair, ...]:
        """Take rivals into account, and give each pair its zone."""
        around: defaultdict[int, list[_Scored]] = defaultdict(list)
        for pair in scored:
            if not pair.vetoes:
                around[id(pair.left)].append(pair)
                around[id(pair.right)].append(pair)
        pairs: list[Pair] = []
        for pair in scored:
            rivals = rivalry(self._rivals(pair, around))
            levels = [level for level, _ in pair.observations]
            weight = pair.weight + self._learnt + rivals
            zone = zone_of(weight, levels, forbidden=bool(pair.vetoes))
            if zone is not None:
                pairs.append(self._pair(pair, zone, weight, rivals))
        return tuple(sorted(pairs, key=lambda pair: (-pair.weight, pair.accounts)))

    def excluded(self, left: int, right: int) -> bool:
        """Whether something forbids that the accounts at two places are one human."""
        return bool(self._vetoes(self.people.traits[left], self.people.traits[right]))

    def _rivals(self, pair: _Scored, around: Mapping[int, list[_Scored]]) -> list[float]:
        """Weights of the pairs that cannot be one human together with this one."""
        if pair.vetoes:
            return []
        return [
            rival.weight + self._learnt
            for one in (pair.left, pair.right)
            for rival in around[id(one)]
            if rival is not pair and self._vetoes(rival.other(one), pair.other(one))
        ]

    def _pair(self, pair: _Scored, zone: Zone, weight: float, rivals: float) -> Pair:
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
        found = self._observer.vetoes(left, right)
        if self._apart and frozenset((left.profile.account, right.profile.account)) in self._apart:
            found.append(w.SAID_APART)
        return found


class Index:
    """A population that can be asked about one account: who else is this?

    Building it costs as much as a search, from which it learns how many accounts exist twice; asking about one account
    costs a few hundred comparisons. It is a picture of one moment: accounts that come later are not in it until it is
    built anew.
    """

    def __init__(
        self,
        profiles: Iterable[Profile],
        /,
        *,
        apart: Collection[tuple[AccountId, AccountId]] = (),
        siblings: bool = True,
    ) -> None:
        """Read the profiles.

        Args:
            profiles: one for each account.
            apart: pairs that somebody looked at and said are not the same; each in any order.
            siblings: whether brothers, sisters and twins may be among them, as in any school.

        Raises:
            ConfigurationError: an account was given twice.
        """
        with _undisturbed():
            self._people = Population(profiles)
            self._keys = Keys(self._people.traits)
            self._court = _Court(self._people, apart, siblings=siblings)
            self._found = _found(self._court)
            self._places = {one.profile.account: one.place for one in self._people.traits}

    def __repr__(self) -> str:
        return f"<Index of {self._people.size} accounts>"

    def find(self) -> Findings:
        """Every duplicate among the accounts, as `find` finds them."""
        return self._found

    def candidates(self, profile: Profile, /) -> tuple[Pair, ...]:
        """The pairs of one account, heaviest first; the account may be new, under an id of the caller's choice.

        For an account of the index they are exactly its pairs in `find`. For a new one they say what `find` would say
        if the account changed no frequency: ask at a first login, before a second account is made.
        """
        place = self._places.get(profile.account)
        one = self._people.of(profile) if place is None else self._people.traits[place]
        own = list(self._near(one))
        # Rivals are found from the other side: whom else do the accounts fit that this one fits?
        others = [pair.other(one) for pair in own]
        around = {pair.accounts: pair for other in others for pair in self._near(other) if pair.other(other) is not one}
        judged = self._court.judge([*own, *around.values()])
        return tuple(pair for pair in judged if profile.account in pair.accounts)

    def _near(self, one: Traits) -> Iterator[_Scored]:
        """Compare one account with everybody in its blocks."""
        for place in self._keys.near(one):
            other = self._people.traits[place]
            left, right = (one, other) if one.profile.account < other.profile.account else (other, one)
            scored = self._court.hear(left, right)
            if scored is not None:
                yield scored


def find(
    profiles: Iterable[Profile], /, *, apart: Collection[tuple[AccountId, AccountId]] = (), siblings: bool = True
) -> Findings:
    """Find the accounts that belong to one human. Nothing is merged; the same profiles in any order, the same answer.

    Args:
        profiles: one for each account; accounts of teachers help to recognise classes across rosters.
        apart: pairs that somebody looked at and said are not the same; each in any order.
        siblings: whether brothers, sisters and twins may be among them, as in any school.

    Raises:
        ConfigurationError: an account was given twice.
    """
    with _undisturbed():
        return _found(_Court(Population(profiles), apart, siblings=siblings))


def _found(court: _Court) -> Findings:
    people = court.people
    met, missed = pairs_of(people.traits)
    scored = [weighed for left, right in met if (weighed := court.hear(left, right)) is not None]
    court.learn(scored)
    pairs = court.judge(scored)
    places = {profile.account: place for place, profile in enumerate(people.profiles)} if pairs else {}
    links = [
        (places[pair.first.account], places[pair.second.account])
        for pair in pairs
        if pair.zone in (Zone.SURE, Zone.REVIEW)
    ]
    zones = {pair.accounts: pair.zone for pair in pairs}
    groups = [[people.profiles[place] for place in group] for group in cluster(links, court.excluded)]
    clusters = tuple(
        Cluster(accounts=tuple(profile.account for profile in group), zone=_weakest(group, zones)) for group in groups
    )
    return Findings(
        pairs=pairs,
        clusters=clusters,
        suggestions=tuple(suggest(group, its.zone) for group, its in zip(groups, clusters, strict=True)),
        missed=missed,
    )


@contextmanager
def _undisturbed() -> Generator[None, None, None]:
    """Let the cyclic collector rest: it would walk millions of new values, none of which is in a cycle."""
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()


def _weakest(group: list[Profile], zones: Mapping[tuple[AccountId, AccountId], Zone]) -> Zone:
    """Sure when sure pairs alone hold the group together."""
    accounts = [profile.account for profile in group]
    reached, frontier = {accounts[0]}, [accounts[0]]
    while frontier:
        here = frontier.pop()
        for there in accounts:
            pair = (here, there) if here < there else (there, here)
            if there not in reached and zones.get(pair) is Zone.SURE:
                reached.add(there)
                frontier.append(there)
    return Zone.SURE if len(reached) == len(accounts) else Zone.REVIEW
