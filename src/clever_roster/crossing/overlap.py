"""Are two sections one class seen twice? Who is who, why, and what follows from it, in one value.

    seen = overlap(side_here(ports, section), side_of(snapshot, chosen), tenant=tenant)
    print(seen.sentence)
    for match in seen.matches: print(match.left.who, match.right.who, match.reasons)

People are compared by `duplicates.find`, over the two classes and whoever else is given as background; whether it is
one class is then asked of `duplicates.classes`, which also asks it when it looks for duplicate accounts. Nothing is
written here.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Final

import attrs

from clever_roster import duplicates
from clever_roster.crossing.sides import Roster, Seat, Side
from clever_roster.display.views import Shown, View
from clever_roster.duplicates import Kind, Profile, Zone
from clever_roster.duplicates.classes import Roll, fit, words_of
from clever_roster.model import AccountId, DistrictId, EnrollmentRole, HostSectionId, IdentityKey

__all__ = ["Likeness", "Match", "Overlap", "Pairing", "Verdict", "overlap"]

Pairing = tuple[str, str]
"""Two people by the ids that their sides know them by: of the left side, and of the right one."""

BY_NAME_ONLY: Final = 0.2
"""How well two classes fit of which only teacher and title agree (`duplicates.classes`)."""

TOGETHER: Final = 0.6
"""From this share of all students on, two lists are mostly of the same people. In the sample districts lists of one
class share 0.76 and more, and lists of two lessons of one group up to 1.0."""

FEWEST: Final = 3


ALIKE_IN_CLASS: Final = "first and last name are the same, and nobody else in either list of this class has them"


class Likeness(StrEnum):
    """How well it is known that two seats are one person's.

    KNOWN: one account has both identities. SAID: somebody looked and said so. SURE: what is known of the two, and of
    the class, leaves no doubt. UNSURE: have a look.
    """

    KNOWN = "known"
    SAID = "said"
    SURE = "sure"
    UNSURE = "unsure"


@attrs.frozen(kw_only=True)
class Match:
    """Somebody in both classes.

    Attributes:
        reasons: why it is thought so, in plain words and without names.
        weight: bits, as `duplicates.Pair.weight`; None where nothing was weighed.
        against: something speaks against it, too.
    """

    left: Seat
    right: Seat
    likeness: Likeness
    reasons: tuple[str, ...] = ()
    weight: float | None = None
    against: bool = False


class Verdict(StrEnum):
    """SAME: one class seen twice, by its people and its title. PERHAPS: by one of the two only. TWO: two classes."""

    SAME = "same"
    PERHAPS = "perhaps"
    TWO = "two"


@attrs.frozen(kw_only=True, repr=False)
class Overlap(Shown):
    """Two classes held side by side.

    Attributes:
        matches: who is in both: teachers first, then as `left` has them.
        left_only, right_only: who is in one of them only.
        share: how much of the smaller class, by its students of today, is in the other.
    """

    left: Side
    right: Side
    matches: tuple[Match, ...]
    left_only: tuple[Seat, ...]
    right_only: tuple[Seat, ...]
    share: float
    verdict: Verdict

    def __repr__(self) -> str:
        return f"<Overlap: {self.sentence}>"

    def view(self, *, names: bool = False) -> View:
        """Tables `matches` and `only`: for a notebook, for `records` and `to_frame`."""
        from clever_roster.crossing.show import view_of_overlap  # noqa: PLC0415 - it knows overlaps

        return view_of_overlap(self, names=names)

    def of(self, likeness: Likeness) -> tuple[Match, ...]:
        """The matches that are known so well."""
        return tuple(match for match in self.matches if match.likeness is likeness)

    @property
    def sentence(self) -> str:
        """What was found, in ids and counts."""
        met = sum(match.left.role is EnrollmentRole.STUDENT and match.left.active for match in self.matches)
        taught = any(match.left.role is EnrollmentRole.TEACHER for match in self.matches)
        unsure = sum(match.likeness is Likeness.UNSURE for match in self.matches)
        counted = (
            f"{met} of the {len(self.left.pupils())} students of {self.left.called} are in {self.right.called} too, "
            f"which has {len(self.right.pupils())}"
        )
        also = f"{', with a teacher in common' if taught else ''}{f' ({unsure} to be looked at)' if unsure else ''}"
        return f"{counted}{also}: {_VERDICTS[self.verdict]}."


_VERDICTS: Final = {
    Verdict.SAME: "one class seen twice",
    Verdict.PERHAPS: "perhaps one class",
    Verdict.TWO: "two classes",
}


def overlap(
    left: Side,
    right: Side,
    *,
    tenant: Collection[Roster] = (),
    among: Iterable[Profile] = (),
    same: Collection[Pairing] = (),
    apart: Collection[Pairing] = (),
) -> Overlap:
    """Hold two classes side by side.

    Args:
        left, right: a section of the host (`side_here`), or of a snapshot (`side_of`).
        tenant: rosters that the host knows to be of one school district: in these, the district's own numbers
            (`sis_id`, `student_number`, `state_id`) mean the same people.
        among: other profiles of the same school: the more there are, the better is known how rare a name is.
        same, apart: what somebody said of pairs: the ids (`Seat.who`) of somebody on the left and on the right.
    """
    said = {(pair, role) for pair in same for role in EnrollmentRole}
    matches = [*_known(left, right)]
    matches += _joined(_free(left, right, matches), said, Likeness.SAID, "somebody looked, and said that they are one")
    found = _alike(
        _free(left, right, matches),
        _Comparable.of((left, right), frozenset(tenant)),
        among=among,
        apart=frozenset(apart),
    )
    if _together(left, right, [*matches, *found]) >= TOGETHER:
        found = _by_class(left, right, matches, found, frozenset(apart))
    verdict = _verdict(left, right, [*matches, *found])
    if verdict is Verdict.TWO:
        # Two classes have namesakes: what a common class makes sure is open again.
        found = [attrs.evolve(match, likeness=Likeness.UNSURE) for match in found]
    places = {id(seat): place for place, seat in enumerate(left.seats)}
    ordered = tuple(sorted((*matches, *found), key=lambda match: places[id(match.left)]))
    left_only, right_only = _free(left, right, ordered)
    return Overlap(
        left=left,
        right=right,
        matches=ordered,
        left_only=tuple(left_only),
        right_only=tuple(right_only),
        share=_share(left, right, ordered),
        verdict=verdict,
    )


def _free(left: Side, right: Side, matches: Iterable[Match]) -> tuple[list[Seat], list[Seat]]:
    """The seats of both sides that nothing has matched."""
    taken = {id(seat) for match in matches for seat in (match.left, match.right)}
    one, other = ([seat for seat in side.seats if id(seat) not in taken] for side in (left, right))
    return one, other


def _known(left: Side, right: Side) -> Iterable[Match]:
    """Who is in both by one account."""
    here = {(seat.account, seat.role): seat for seat in right.seats if seat.account is not None}
    for seat in left.seats:
        other = None if seat.account is None else here.pop((seat.account, seat.role), None)
        if other is not None:
            yield Match(
                left=seat, right=other, likeness=Likeness.KNOWN, reasons=("one account has both identities already",)
            )


def _joined(
    free: tuple[list[Seat], list[Seat]],
    pairs: Collection[tuple[Pairing, EnrollmentRole]],
    likeness: Likeness,
    reason: str,
) -> list[Match]:
    """Matches of the pairs named, as far as both are free."""
    lefts, rights = free
    others = {(seat.who, seat.role): seat for seat in rights}
    wanted = {(one, role): other for (one, other), role in pairs}
    return [
        Match(left=seat, right=other, likeness=likeness, reasons=(reason,))
        for seat in lefts
        if (other := others.get((wanted.get((seat.who, seat.role), ""), seat.role))) is not None
    ]


# --- Who is who -------------------------------------------------------------------------------------------------------


def _alike(
    free: tuple[list[Seat], list[Seat]],
    comparable: _Comparable,
    *,
    among: Iterable[Profile],
    apart: Collection[Pairing],
) -> list[Match]:
    """Who is in both by likeness: each seat once, the likeliest first."""
    lefts, rights = free
    ours = {AccountId(f"0/{place}"): seat for place, seat in enumerate(lefts)}
    theirs = {AccountId(f"1/{place}"): seat for place, seat in enumerate(rights)}
    profiles = [comparable.profile(seat, mark) for mark, seat in chain(ours.items(), theirs.items())]
    background = [attrs.evolve(one, account=AccountId(f"2/{one.account}")) for one in among]
    said = {(one, other) for one in ours for other in theirs if (ours[one].who, theirs[other].who) in apart}
    pairs = [
        pair
        for pair in duplicates.find([*profiles, *background], apart=said).pairs
        if pair.zone in (Zone.SURE, Zone.REVIEW)
        and pair.first.account in ours  # of two marks the left side's comes first
        and pair.second.account in theirs
        and ours[pair.first.account].role is theirs[pair.second.account].role
    ]
    often = Counter(account for pair in pairs for account in pair.accounts)
    taken: set[AccountId] = set()
    matches: list[Match] = []
    for pair in pairs:
        if taken.isdisjoint(pair.accounts):
            taken |= {*pair.accounts}
            alone = all(often[account] == 1 for account in pair.accounts)
            matches.append(
                Match(
                    left=ours[pair.first.account],
                    right=theirs[pair.second.account],
                    likeness=Likeness.SURE if pair.zone is Zone.SURE and alone else Likeness.UNSURE,
                    reasons=tuple(one.sentence for one in pair.evidence if one.kind is not Kind.PRIOR),
                    weight=pair.weight,
                    against=any(one.weight < 0 for one in pair.evidence if one.kind is not Kind.PRIOR),
                )
            )
    return matches


@attrs.frozen
class _Comparable:
    """What may be compared between two rosters: ids of schools only inside one, numbers inside one tenant."""

    schools: bool
    shared: DistrictId | None
    tenant: frozenset[Roster]

    @classmethod
    def of(cls, sides: tuple[Side, Side], tenant: frozenset[Roster]) -> _Comparable:
        one, other = (side.roster for side in sides)
        if one is None or other is None or one == other:
            return cls(schools=True, shared=None, tenant=tenant)
        # Two rosters of one provider stay apart: that one lists two people must go on to speak against a pair.
        together = {one, other} <= tenant and one[0] != other[0]
        return cls(schools=False, shared=DistrictId("tenant") if together else None, tenant=tenant)

    def profile(self, seat: Seat, mark: AccountId) -> Profile:
        """A seat's profile under a mark that says which side it is of."""
        return attrs.evolve(
            seat.profile,
            account=mark,
            schools=seat.profile.schools if self.schools else (),
            identities=tuple(attrs.evolve(one, key=self._key(one.key)) for one in seat.profile.identities),
            memberships=tuple(
                attrs.evolve(one, listed_as=None if one.listed_as is None else self._key(one.listed_as))
                for one in seat.profile.memberships
            ),
        )

    def _key(self, key: IdentityKey) -> IdentityKey:
        if self.shared is None or (key.provider, key.district) not in self.tenant:
            return key
        return attrs.evolve(key, district=self.shared)


def _by_class(
    left: Side, right: Side, before: Iterable[Match], found: Iterable[Match], apart: Collection[Pairing]
) -> list[Match]:
    """What follows for people from the two lists being mostly of the same people.

    Everybody of one list is then more likely than not somebody of the other: a first and last name that are the same,
    and that nobody else has in either, are one person's, unless something speaks against it.
    """
    ours, theirs = (_only(side) for side in (left, right))
    names = {(one.who, other.who): one.role for key, one in ours.items() if (other := theirs.get(key)) is not None}
    sure = [
        attrs.evolve(match, likeness=Likeness.SURE, reasons=(*match.reasons, ALIKE_IN_CLASS))
        if (match.left.who, match.right.who) in names and not match.against
        else match
        for match in found
    ]
    pairs = {(pair, role) for pair, role in names.items() if pair not in apart and not _born_apart(left, right, pair)}
    return [*sure, *_joined(_free(left, right, [*before, *sure]), pairs, Likeness.SURE, ALIKE_IN_CLASS)]


def _only(side: Side) -> Mapping[tuple[EnrollmentRole, str], Seat]:
    """The seats by role and name, where it tells one from all others."""
    written = [((seat.role, _written(seat)), seat) for seat in side.seats]
    often = Counter(key for key, _ in written)
    return {key: seat for key, seat in written if key[1] and often[key] == 1}


def _written(seat: Seat) -> str:
    """First and last name in plain letters; one roster has middle names, another does not."""
    whole = unicodedata.normalize("NFKD", f"{seat.profile.name.first} {seat.profile.name.last}")
    return " ".join("".join(c for c in whole if not unicodedata.combining(c)).casefold().split())


def _born_apart(left: Side, right: Side, pair: Pairing) -> bool:
    """Whether two people's birth dates are known, and differ."""
    born = [
        seat.profile.birth_date
        for side, who in zip((left, right), pair, strict=True)
        for seat in side.seats
        if seat.who == who
    ]
    return None not in born and len({*born}) > 1


# --- Is it one class --------------------------------------------------------------------------------------------------


def _together(left: Side, right: Side, matches: Iterable[Match]) -> float:
    """How many of all students of the two classes are in both."""
    pupils = EnrollmentRole.STUDENT
    met = sum(match.left.active for match in matches if match.left.role is pupils)
    everybody = len(left.pupils()) + len(right.pupils()) - met
    return met / everybody if met >= FEWEST else 0.0


def _verdict(left: Side, right: Side, matches: Sequence[Match]) -> Verdict:
    """As `duplicates.classes` judges two classes, who is who being settled before; and more strictly.

    There, a wrong answer only weakens a hint. Here it would send a teacher's class to another one of the same children:
    in many schools a group has several lessons with one teacher, and the title alone tells them apart.
    """
    how_well = fit(*(_roll(side, place, matches) for place, side in enumerate((left, right))))
    if how_well <= BY_NAME_ONLY:
        return Verdict.PERHAPS if how_well > 0 else Verdict.TWO
    alike = _titled_alike(left.name, right.name)
    if _together(left, right, matches) >= TOGETHER:
        return Verdict.SAME if alike else Verdict.PERHAPS
    return Verdict.PERHAPS if alike and _share(left, right, matches) >= TOGETHER else Verdict.TWO


def _share(left: Side, right: Side, matches: Iterable[Match]) -> float:
    """How much of the smaller class is in the other."""
    met = sum(match.left.active for match in matches if match.left.role is EnrollmentRole.STUDENT)
    return met / max(min(len(left.pupils()), len(right.pupils())), 1)


def _titled_alike(one: str, other: str) -> bool:
    """Whether titles have words in common: numbers are periods and grades; one that says nothing fits all."""
    ours, theirs = ({word for word in words_of(title) if not word.isdecimal()} for title in (one, other))
    return not ours or not theirs or len(ours & theirs) >= min(len(ours), len(theirs)) / 2


def _roll(side: Side, place: int, matches: Iterable[Match]) -> Roll:
    met = [(id(match.left), id(match.right)) for match in matches]
    return Roll(
        section=side.source or HostSectionId(str(side.key)),
        source=None if side.source is None else side.source.provider,
        students=_named(side, met, place, EnrollmentRole.STUDENT),
        teachers=frozenset(map(str, _named(side, met, place, EnrollmentRole.TEACHER))),
        words=words_of(side.name),
        starts=side.starts,
        ends=side.ends,
    )


def _named(side: Side, met: list[tuple[int, int]], place: int, role: EnrollmentRole) -> frozenset[object]:
    """The active people of a role, each by what names them on both sides alike."""
    alike = {pair[place]: ("both", pair[0]) for pair in met}
    return frozenset(alike.get(id(seat), (place, id(seat))) for seat in side.seats if seat.role is role and seat.active)
