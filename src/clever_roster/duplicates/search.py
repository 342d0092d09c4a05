"""From profiles to findings: block, compare, score, cluster, suggest, in that order.

An `Index` holds a population; `find` asks it about everybody, `candidates` about one account. Both take the same road,
so a pair has the same weight and the same zone whichever way it was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.block import Blocks
from clever_roster.duplicates.cluster import cluster
from clever_roster.duplicates.evidence import Observation, Observer
from clever_roster.duplicates.findings import Cluster, Findings, Pair
from clever_roster.duplicates.population import Population, Traits
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.score import Zone, evidence_of, rivalry, weigh, zone_of
from clever_roster.duplicates.suggest import suggest
from clever_roster.duplicates.weights import Level
from clever_roster.model import AccountId

__all__ = ["Index", "find"]


@attrs.frozen(eq=False)
class _Scored:
    """A pair worth keeping, before its rivals are known."""

    left: Traits
    right: Traits
    weight: float
    observations: list[Observation]
    vetoes: list[Level]

    @property
    def accounts(self) -> tuple[AccountId, AccountId]:
        return self.left.profile.account, self.right.profile.account

    def other(self, one: Traits) -> Traits:
        return self.right if self.left is one else self.left


class Index:
    """A population that can be asked who exists twice.

    Building it costs time in proportion to the number of accounts; asking about one account costs a few hundred
    comparisons. It is a picture of one moment: accounts that come later are not in it until it is built anew.
    """

    def __init__(self, profiles: Iterable[Profile], /, *, apart: Collection[tuple[AccountId, AccountId]] = ()) -> None:
        """Read the profiles.

        Args:
            profiles: one for each account.
            apart: pairs that somebody looked at and said are not the same; each in any order.
        """
        self._people = Population(profiles)
        self._blocks = Blocks(self._people.traits)
        self._observer = Observer(self._people)
        self._apart = {frozenset(pair) for pair in apart}
        self._places = {one.profile.account: one.place for one in self._people.traits}

    def __repr__(self) -> str:
        return f"<Index of {self._people.size} accounts>"

    def find(self) -> Findings:
        """Find every duplicate among the accounts."""
        scored = [pair for one in self._people.traits for pair in self._near(one, after=one.place)]
        pairs = self._judge(scored)
        links = [
            (self._places[pair.first.account], self._places[pair.second.account])
            for pair in pairs
            if pair.zone in (Zone.SURE, Zone.REVIEW)
        ]
        groups = cluster(links, self._excluded)
        zones = {pair.accounts: pair.zone for pair in pairs}
        profiles = [[self._people.profiles[place] for place in group] for group in groups]
        clusters = tuple(
            Cluster(accounts=tuple(profile.account for profile in group), zone=_weakest(group, zones))
            for group in profiles
        )
        return Findings(
            pairs=pairs,
            clusters=clusters,
            suggestions=tuple(suggest(group, found.zone) for group, found in zip(profiles, clusters, strict=True)),
            missed=self._blocks.missed,
        )

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
        return tuple(pair for pair in self._judge([*own, *around.values()]) if profile.account in pair.accounts)

    def _near(self, one: Traits, *, after: int = -1) -> Iterable[_Scored]:
        """Compare one account with everybody in its blocks whose place comes after."""
        traits, crowd = self._people.traits, self._people.crowd
        for place in self._blocks.near(one):
            if place <= after:
                continue
            other = traits[place]
            left, right = (one, other) if one.profile.account < other.profile.account else (other, one)
            observations = self._observer.observe(left, right)
            if not observations:
                continue
            weight, _ = weigh(observations, crowd)
            if weight >= w.FAINT:
                yield _Scored(left, right, weight, observations, self._vetoes(left, right))

    def _judge(self, scored: Collection[_Scored]) -> tuple[Pair, ...]:
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
            zone = zone_of(pair.weight + rivals, levels, forbidden=bool(pair.vetoes))
            if zone is not None:
                pairs.append(self._pair(pair, zone, rivals))
        return tuple(sorted(pairs, key=lambda pair: (-pair.weight, pair.accounts)))

    def _rivals(self, pair: _Scored, around: Mapping[int, list[_Scored]]) -> list[float]:
        """Weights of the pairs that cannot be one human together with this one."""
        if pair.vetoes:
            return []
        return [
            rival.weight
            for one in (pair.left, pair.right)
            for rival in around[id(one)]
            if rival is not pair and self._vetoes(rival.other(one), pair.other(one))
        ]

    def _pair(self, pair: _Scored, zone: Zone, rivals: float) -> Pair:
        return Pair(
            first=pair.left.profile,
            second=pair.right.profile,
            zone=zone,
            weight=pair.weight + rivals,
            evidence=evidence_of(pair.observations, pair.vetoes, crowd=self._people.crowd, rivals=rivals),
        )

    def _vetoes(self, left: Traits, right: Traits) -> list[Level]:
        found = self._observer.vetoes(left, right)
        if frozenset((left.profile.account, right.profile.account)) in self._apart:
            found.append(w.SAID_APART)
        return found

    def _excluded(self, left: int, right: int) -> bool:
        return bool(self._vetoes(self._people.traits[left], self._people.traits[right]))


def find(profiles: Iterable[Profile], /, *, apart: Collection[tuple[AccountId, AccountId]] = ()) -> Findings:
    """Find the accounts that belong to one human. Nothing is merged; the same profiles in any order, the same answer.

    Args:
        profiles: one for each account; accounts of teachers help to recognise classes across rosters.
        apart: pairs that somebody looked at and said are not the same; each in any order.
    """
    return Index(profiles, apart=apart).find()


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
