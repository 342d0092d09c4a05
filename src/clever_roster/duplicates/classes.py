"""Which class in one roster is which class in another: a Google class and a Clever section of the same lesson.

Nobody says so; it is learnt from who is in them. Two classes are one when enough of the smaller one is, by account or
by name, in the other, when a teacher is common to both (or else most children are), and when no other class fits nearly
as well; or, where no children are common, when one teacher gives just one class of that name in each roster. A wrong
map is worse than none, so what is not clear is left apart. Classes with the same people are no rivals: an elementary
class has a section for each subject.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import attrs

from clever_roster.model import HostSectionId, Provider, SectionKey

__all__ = ["ClassKey", "Roll", "same_classes"]

ClassKey = SectionKey | HostSectionId

_FEWEST = 3
_SHARE_WITH_TEACHER = 0.25
_SHARE_WITHOUT_TEACHER = 0.6
_MARGIN = 0.15
_BY_NAME = 0.2
_SAME_PEOPLE = 0.7


@attrs.frozen(kw_only=True)
class Roll:
    """A class as one roster has it.

    Attributes:
        source: the provider that lists it; None when made by hand.
        students: accounts, by their place in the population.
        teachers: whatever names a teacher: account, or folded name.
        words: the folded words of its name.
    """

    section: ClassKey
    source: Provider | None
    students: frozenset[int]
    teachers: frozenset[str]
    words: frozenset[str]


def same_classes(rolls: Sequence[Roll], short_names: Sequence[str]) -> Mapping[ClassKey, ClassKey]:
    """Map each class to the first of the classes that are one with it, in their order; a class alone is its own.

    Args:
        rolls: the classes, in a fixed order.
        short_names: for every account a rough name ("g martin"), to recognise a child who has two accounts.
    """
    fits: defaultdict[tuple[int, Provider | None], list[tuple[float, int]]] = defaultdict(list)
    for left, right in sorted(_candidates(rolls)):
        fit = _fit(rolls[left], rolls[right], short_names)
        if fit > 0:
            fits[left, rolls[right].source].append((fit, right))
            fits[right, rolls[left].source].append((fit, left))
    best = {place: choice for place, options in fits.items() if (choice := _clear(options, rolls)) is not None}
    first = list(range(len(rolls)))
    for left, right in sorted((left, right) for (left, _), right in best.items() if left < right):
        if best.get((right, rolls[left].source)) == left:
            first[right] = first[left]
    return {roll.section: rolls[place].section for roll, place in zip(rolls, first, strict=True)}


def _candidates(rolls: Sequence[Roll]) -> set[tuple[int, int]]:
    """Pairs of classes of different sources with a teacher, or a few accounts, in common."""
    taught: defaultdict[str, list[int]] = defaultdict(list)
    attended: defaultdict[int, list[int]] = defaultdict(list)
    for place, roll in enumerate(rolls):
        for teacher in roll.teachers:
            taught[teacher].append(place)
        for student in roll.students:
            attended[student].append(place)
    shared = Counter(pair for places in attended.values() for pair in _across(places, rolls))
    return {pair for pair, count in shared.items() if count >= _FEWEST} | {
        pair for places in taught.values() for pair in _across(places, rolls)
    }


def _across(places: list[int], rolls: Sequence[Roll]) -> Iterable[tuple[int, int]]:
    return (pair for pair in combinations(places, 2) if rolls[pair[0]].source != rolls[pair[1]].source)


def _fit(left: Roll, right: Roll, short_names: Sequence[str]) -> float:
    """How well two classes fit, from 0 (nothing says that they are one) to 1.3."""
    with_teacher = not left.teachers.isdisjoint(right.teachers)
    words = left.words | right.words
    alike = len(left.words & right.words) / max(len(words), 1)
    met = _met(left.students, right.students, short_names)
    share = met / max(min(len(left.students), len(right.students)), 1)
    if met >= _FEWEST and share >= (_SHARE_WITH_TEACHER if with_teacher else _SHARE_WITHOUT_TEACHER):
        return share + 0.2 * with_teacher + 0.1 * alike
    # Children may each be in one roster only; then one teacher's class of the same name must do.
    return _BY_NAME if with_teacher and alike == 1 else 0.0


def _met(left: frozenset[int], right: frozenset[int], short_names: Sequence[str]) -> int:
    """How many children are in both, by account or, where an account is in one only, by name."""
    both = left & right
    names = Counter([short_names[student] for student in left - both])
    found = 0
    for student in right - both:
        name = short_names[student]
        if names.get(name):
            names[name] -= 1
            found += 1
    return len(both) + found


def _clear(options: list[tuple[float, int]], rolls: Sequence[Roll]) -> int | None:
    """The best option, unless another one with other people in it is nearly as good."""
    ranked = sorted(options, key=lambda option: (-option[0], option[1]))
    fit, best = ranked[0]
    for other_fit, other in ranked[1:]:
        if other_fit > fit - _MARGIN and not _same_people(rolls[best], rolls[other]):
            return None
    return best


def _same_people(left: Roll, right: Roll) -> bool:
    both, either = left.students & right.students, left.students | right.students
    return len(both) >= _SAME_PEOPLE * len(either)
