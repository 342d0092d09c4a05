"""From profiles to findings: block, compare, score, cluster, suggest, in that order.

An `Index` holds a population; `find` asks it about everybody, `candidates` about one account. Both take the same road,
so a pair has the same weight and the same zone whichever way it was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from math import inf

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.block import Keys, Missed, pairs_of
from clever_roster.duplicates.cluster import cluster
from clever_roster.duplicates.evidence import Observer
from clever_roster.duplicates.findings import Cluster, Findings, Pair
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.review import ReviewQueue
from clever_roster.duplicates.saved import Kept, Picture, dump, load
from clever_roster.duplicates.score import Zone, evidence_of, learnt_prior, prior, rivalry, weigh, zone_of
from clever_roster.duplicates.steady import Steadiness
from clever_roster.duplicates.suggest import suggest
from clever_roster.duplicates.traits import Traits
from clever_roster.duplicates.visit import NEWCOMER
from clever_roster.duplicates.weights import Level, Observation
from clever_roster.garbage import collector_at_rest
from clever_roster.model import AccountId

__all__ = ["Court", "Index", "find"]


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


class Court:
    """Compares and judges pairs of one population; knows what somebody said, and not how pairs are come by."""

    def __init__(self, people: Population, said: _Said, *, siblings: bool = True) -> None:
        self.people = people
        self.siblings = siblings
        self._observer = Observer(people, siblings=siblings)
        self.said = said
        self._learnt = 0.0

    @classmethod
    def of(cls, people: Population, *, siblings: bool = True) -> Court:
        """One that nobody has told anything."""
        return cls(people, _Said.of((), None), siblings=siblings)

    def joined_by(self, profile: Profile) -> Court:
        """The same court, for a population with a newcomer in it."""
        return Court(self.people.joined_by(profile), self.said, siblings=self.siblings)

    def weight(self, left: Traits, right: Traits) -> float:
        """The weight of a pair before its rivals are known; minus infinity for one that is not worth keeping."""
        scored = self.hear(left, right)
        return -inf if scored is None else scored.weight

    def judged(self, met: Iterable[tuple[Traits, Traits]]) -> tuple[Pair, ...]:
        """The pairs among those that were met, the smaller account first in each."""
        return self.judge(_weighed(self, met))

    def take(self, learnt: float) -> None:
        """Take over what was learnt of the population elsewhere."""
        self._learnt = learnt

    def learn(self, scored: Iterable[_Scored]) -> None:
        """Learn from all pairs of the population how many of its accounts exist twice."""
        self._learnt = learnt_prior(_unforbidden(scored), self.people.size)

    def hear(self, left: Traits, right: Traits) -> _Scored | None:
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
        return _Scored(left, right, weight, family, observations, self._vetoes(left, right))

    def judge(self, scored: Collection[_Scored], rivals: Iterable[_Scored] = ()) -> tuple[Pair, ...]:
        """Take rivals into account, those that are not judged themselves too, and give each pair its zone."""
        around: defaultdict[int, list[_Scored]] = defaultdict(list)
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
        """What forbids the pair; somebody who looked at it knows better than the rules."""
        accounts = _in_order(left.profile.account, right.profile.account)
        if accounts in self.said.same:
            return []
        found = self._observer.vetoes(left, right)
        if accounts in self.said.apart:
            found.append(w.SAID_APART)
        return found


@attrs.frozen
class _Said:
    """What people said about pairs, the smaller account first."""

    apart: frozenset[tuple[AccountId, AccountId]]
    same: frozenset[tuple[AccountId, AccountId]]

    @classmethod
    def of(cls, apart: Iterable[tuple[AccountId, AccountId]], decided: ReviewQueue | None) -> _Said:
        queue = ReviewQueue() if decided is None else decided
        given = frozenset(_in_order(*pair) for pair in apart)
        return cls(given | queue.apart, queue.same - given)


def _in_order(one: AccountId, other: AccountId) -> tuple[AccountId, AccountId]:
    return (one, other) if one < other else (other, one)


class Index:
    """A population that can be asked about one account: who else is this?

    Building it costs as much as a search, from which it learns how many accounts exist twice; asking about one account
    costs a few dozen comparisons, and a look at its classes. It is a picture of one moment: accounts that come later
    are not in it until it is built anew. `dump` keeps the picture, and `load` brings it back without searching again.
    """

    def __init__(
        self,
        profiles: Iterable[Profile],
        /,
        *,
        apart: Collection[tuple[AccountId, AccountId]] = (),
        decided: ReviewQueue | None = None,
        siblings: bool = True,
        kept: Kept | None = None,
    ) -> None:
        """Read the profiles.

        Args:
            profiles: one for each account.
            apart, decided, siblings: as in `find`.
            kept: what an earlier search of the same profiles kept, so that it is not done again; `load` gives it.

        Raises:
            ConfigurationError: an account was given twice.
        """
        self._apart, self._decided = tuple(sorted(apart)), decided or ReviewQueue()
        with collector_at_rest():
            court = Court(Population(profiles), _Said.of(apart, decided), siblings=siblings)
            traits = court.people.traits
            if kept is None:
                self._scored, missed = _heard(court)
            else:
                met = ((traits[one], traits[other]) for one, other in kept.pairs)
                self._scored, missed = _weighed(court, met), kept.missed
            self._court, self._keys, self._found = court, Keys(traits), _found(court, self._scored, missed)
            court.people.expect_newcomers()
            self._steady = Steadiness(_unforbidden(self._scored), court.people.size)
        self._own: defaultdict[AccountId, list[Pair]] = defaultdict(list)
        for pair in self._found.pairs:
            for account in pair.accounts:
                self._own[account].append(pair)
        self._known = frozenset(profile.account for profile in court.people.profiles)

    def __repr__(self) -> str:
        return f"<Index of {self._court.people.size} accounts>"

    def find(self) -> Findings:
        """Every duplicate among the accounts, as `find` finds them."""
        return self._found

    def candidates(self, profile: Profile, /) -> tuple[Pair, ...]:
        """The pairs of one account, heaviest first; the account may be new, under an id of the caller's choice.

        For an account of the index they are exactly its pairs in `find`. A new one is counted in for the question, so
        that they are its pairs in `find` with it among the others: ask at a first login, before a second account is
        made.
        """
        if profile.account in self._known:
            return tuple(self._own.get(profile.account, ()))
        court = self._court.joined_by(profile)
        people = court.people
        keys = self._keys.joined_by(people.changed)
        one = people.traits[NEWCOMER]
        own = _heard_all(court, one, keys.near(one))
        if not own:
            return ()
        # Rivals are found from the other side: whom else do the accounts fit that this one fits?
        around = [
            rival
            for other in (mine.other(one) for mine in own if not mine.vetoes)
            for rival in _heard_all(court, other, court.apart_from(one, keys.near(other)))
        ]
        if people.steady(self._court.people) and self._steady.holds(_unforbidden(own)):
            court.take(self._steady.learnt)
        else:
            court.learn([*own, *self._heard_again(court, keys)])
        return court.judge(own, around)

    def _heard_again(self, court: Court, keys: Keys) -> Iterator[_Scored]:
        """The pairs of the index with a newcomer there; those of the newcomer's classmates are found anew."""
        people, traits = court.people, court.people.traits
        here = {one.place for number in traits[NEWCOMER].classes for one in people.peers(number)}
        here |= people.changed.keys()
        for place in here - {NEWCOMER}:
            # Two of these are heard once, and the newcomer's pairs were heard before.
            others = [other for other in keys.near(traits[place]) if other > place or other not in here]
            yield from _heard_all(court, traits[place], others)
        for pair in self._scored:
            if pair.left.place not in here and pair.right.place not in here:
                yield from _heard_all(court, traits[pair.left.place], [pair.right.place])

    def dump(self) -> bytes:
        """Write the picture down: profiles, what people said, and which pairs were worth keeping.

        It holds names, addresses and birthdays of everybody: keep it as you keep the user table.
        """
        pairs = tuple((scored.left.place, scored.right.place) for scored in self._scored)
        return dump(
            Picture(
                profiles=tuple(self._court.people.profiles),
                apart=self._apart,
                decisions=self._decided.decisions,
                siblings=self._court.siblings,
                kept=Kept(pairs=pairs, missed=self._found.missed),
            )
        )

    @classmethod
    def load(cls, written: bytes, /) -> Index:
        """Read what `dump` wrote; the index answers as the one that was written.

        Raises:
            ConfigurationError: it is not an index, is damaged, or another version of this library wrote it.
        """
        with collector_at_rest():
            picture = load(written)
        decided = ReviewQueue(picture.decisions)
        return cls(picture.profiles, apart=picture.apart, decided=decided, siblings=picture.siblings, kept=picture.kept)


def find(
    profiles: Iterable[Profile],
    /,
    *,
    apart: Collection[tuple[AccountId, AccountId]] = (),
    decided: ReviewQueue | None = None,
    siblings: bool = True,
) -> Findings:
    """Find the accounts that belong to one human. Nothing is merged; the same profiles in any order, the same answer.

    Args:
        profiles: one for each account; accounts of teachers help to recognise classes across rosters.
        apart: pairs that somebody looked at and said are not the same; each in any order.
        decided: what people said so far: what they parted stays apart, in clusters too; what they joined is sure, when
            it is found at all, whatever the rules say. Neither is asked again.
        siblings: whether brothers, sisters and twins may be among them, as in any school.

    Raises:
        ConfigurationError: an account was given twice.
    """
    with collector_at_rest():
        return _searched(profiles, _Said.of(apart, decided), siblings=siblings)


def _searched(profiles: Iterable[Profile], said: _Said, *, siblings: bool) -> Findings:
    """What is only needed for the search is gone when this returns, before the collector wakes and walks it."""
    court = Court(Population(profiles, newcomers=False), said, siblings=siblings)
    return _found(court, *_heard(court))


def _heard(court: Court) -> tuple[list[_Scored], tuple[Missed, ...]]:
    """Every pair worth keeping, and the blocks that were too large."""
    met, missed = pairs_of(court.people.traits, court.people.sharing)
    return _weighed(court, met), missed


def _weighed(court: Court, met: Iterable[tuple[Traits, Traits]]) -> list[_Scored]:
    scored = [weighed for left, right in met if (weighed := court.hear(left, right)) is not None]
    court.learn(scored)
    return scored


def _unforbidden(scored: Iterable[_Scored]) -> list[float]:
    """The weights of the pairs that nothing forbids."""
    return [pair.weight for pair in scored if not pair.vetoes]


def _heard_all(court: Court, one: Traits, places: Iterable[int]) -> list[_Scored]:
    """The pairs of one account with these that are worth keeping."""
    traits = court.people.traits
    return [scored for place in places if (scored := court.hear(one, traits[place])) is not None]


def _found(court: Court, scored: list[_Scored], missed: tuple[Missed, ...]) -> Findings:
    people = court.people
    pairs = court.judge(scored)
    places = {one.profile.account: one.place for pair in scored for one in (pair.left, pair.right)}
    said = sorted(pairs, key=lambda pair: pair.accounts not in court.said.same)
    links = [
        (places[pair.first.account], places[pair.second.account])
        for pair in said
        if pair.zone in (Zone.SURE, Zone.REVIEW)
    ]
    zones = {pair.accounts: pair.zone for pair in pairs}
    groups = sorted(
        [sorted([people.profiles[place] for place in group], key=_account) for group in cluster(links, court.excluded)],
        key=lambda group: _account(group[0]),
    )
    clusters = tuple(
        Cluster(accounts=tuple(profile.account for profile in group), zone=_weakest(group, zones)) for group in groups
    )
    return Findings(
        pairs=pairs,
        clusters=clusters,
        suggestions=tuple(suggest(group, its.zone) for group, its in zip(groups, clusters, strict=True)),
        missed=missed,
    )


def _account(profile: Profile) -> AccountId:
    return profile.account


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
