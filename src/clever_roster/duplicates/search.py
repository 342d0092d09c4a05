"""From profiles to findings: block, compare, score, cluster, suggest, in that order.

An `Index` holds a population; `find` asks it about everybody, `candidates` about one account. Both take the same road,
so a pair has the same weight and the same zone whichever way it was found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from clever_roster.duplicates.attendance import NEWCOMER
from clever_roster.duplicates.block import Keys, Missed, pairs_of
from clever_roster.duplicates.cluster import cluster
from clever_roster.duplicates.findings import Cluster, Findings, Pair
from clever_roster.duplicates.judging import Judge, Said, Weighed, unforbidden
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.review import ReviewQueue
from clever_roster.duplicates.saved import Kept, Picture, dump, load
from clever_roster.duplicates.score import Zone
from clever_roster.duplicates.steady import Steadiness
from clever_roster.duplicates.suggest import suggest
from clever_roster.garbage import collector_at_rest
from clever_roster.model import AccountId

__all__ = ["Index", "find"]


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
            judge = Judge(Population(profiles), Said.of(apart, decided), siblings=siblings)
            traits = judge.people.traits
            if kept is None:
                self._scored, missed = _compared(judge)
            else:
                met = ((traits[one], traits[other]) for one, other in kept.pairs)
                self._scored, missed = judge.compare_all(met), kept.missed
            self._judge, self._keys, self._found = judge, Keys(traits), _found(judge, self._scored, missed)
            judge.people.expect_newcomers()
            self._steady = Steadiness(unforbidden(self._scored), judge.people.size)
        self._own: defaultdict[AccountId, list[Pair]] = defaultdict(list)
        for pair in self._found.pairs:
            for account in pair.accounts:
                self._own[account].append(pair)
        self._known = frozenset(profile.account for profile in judge.people.profiles)

    def __repr__(self) -> str:
        return f"<Index of {self._judge.people.size} accounts>"

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
        judge = self._judge.joined_by(profile)
        people = judge.people
        keys = self._keys.joined_by(people.changed)
        one = people.traits[NEWCOMER]
        own = judge.compare_with(one, keys.near(one))
        if not own:
            return ()
        # Rivals are found from the other side: whom else do the accounts fit that this one fits?
        around = [
            rival
            for other in (mine.other(one) for mine in own if not mine.vetoes)
            for rival in judge.compare_with(other, judge.apart_from(one, keys.near(other)))
        ]
        if people.steady(self._judge.people) and self._steady.holds(unforbidden(own)):
            judge.take(self._steady.learnt)
        else:
            judge.learn([*own, *self._compared_again(judge, keys)])
        return judge.decide(own, around)

    def _compared_again(self, judge: Judge, keys: Keys) -> Iterator[Weighed]:
        """The pairs of the index with a newcomer there; those of the newcomer's classmates are found anew."""
        people, traits = judge.people, judge.people.traits
        here = {one.place for number in traits[NEWCOMER].classes for one in people.peers(number)}
        here |= people.changed.keys()
        for place in here - {NEWCOMER}:
            # Two of these are compared once, and the newcomer's pairs were before.
            others = [other for other in keys.near(traits[place]) if other > place or other not in here]
            yield from judge.compare_with(traits[place], others)
        for pair in self._scored:
            if pair.left.place not in here and pair.right.place not in here:
                yield from judge.compare_with(traits[pair.left.place], [pair.right.place])

    def dump(self) -> bytes:
        """Write the picture down: profiles, what people said, and which pairs were worth keeping.

        It holds names, addresses and birthdays of everybody: keep it as you keep the user table.
        """
        pairs = tuple((scored.left.place, scored.right.place) for scored in self._scored)
        return dump(
            Picture(
                profiles=tuple(self._judge.people.profiles),
                apart=self._apart,
                decisions=self._decided.decisions,
                siblings=self._judge.siblings,
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
        return _searched(profiles, Said.of(apart, decided), siblings=siblings)


def _searched(profiles: Iterable[Profile], said: Said, *, siblings: bool) -> Findings:
    """What is only needed for the search is gone when this returns, before the collector wakes and walks it."""
    judge = Judge(Population(profiles, newcomers=False), said, siblings=siblings)
    return _found(judge, *_compared(judge))


def _compared(judge: Judge) -> tuple[list[Weighed], tuple[Missed, ...]]:
    """Every pair worth keeping, and the blocks that were too large."""
    met, missed = pairs_of(judge.people.traits, judge.people.sharing)
    return judge.compare_all(met), missed


def _found(judge: Judge, scored: list[Weighed], missed: tuple[Missed, ...]) -> Findings:
    people = judge.people
    pairs = judge.decide(scored)
    places = {one.profile.account: one.place for pair in scored for one in (pair.left, pair.right)}
    said = sorted(pairs, key=lambda pair: pair.accounts not in judge.said.same)
    links = [
        (places[pair.first.account], places[pair.second.account])
        for pair in said
        if pair.zone in (Zone.SURE, Zone.REVIEW)
    ]
    zones = {pair.accounts: pair.zone for pair in pairs}
    groups = sorted(
        [sorted([people.profiles[place] for place in group], key=_account) for group in cluster(links, judge.excluded)],
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
