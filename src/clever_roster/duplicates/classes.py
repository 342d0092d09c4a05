"""Which class in one roster is which class in another: a Google class and a Clever section of the same lesson.

    rolls = [Roll.of(section, provider=CLEVER, people=people, term=term), ...]
    match(rolls)  # each class -> the first of the classes that are one with it

Nobody says so; it is learnt from who is in them. Two classes are one when enough of the smaller one is, by account or
by name, in the other, when a teacher is common to both (or else most children are), and when no other class fits nearly
as well; or, where no children are common, when one teacher gives just one class of that name in each roster. Classes
whose terms do not meet are two. A wrong map is worse than none, so what is not clear is left apart. Classes with the
same people are no rivals: an elementary class has a section for each subject.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain, combinations, product

import attrs

from clever_roster.duplicates.names import Names, called, short_name
from clever_roster.model import HostSectionId, Person, PersonId, Provider, Section, SectionKey, Term

__all__ = ["FEWEST", "ClassKey", "Fit", "Roll", "fit", "fits", "heads", "match", "words_of"]

ClassKey = SectionKey | HostSectionId
Fit = tuple[int, int, float]
"""Two classes, and how well they fit."""

FEWEST = 3
"""Students in common from which two classes of different teachers are looked at."""
_SHARE_WITH_TEACHER = 0.25
_SHARE_WITHOUT_TEACHER = 0.6
_MARGIN = 0.15
_BY_NAME = 0.2
_SAME_PEOPLE = 0.7
_WORD = re.compile(r"\w+")
_NOBODY: frozenset[Hashable] = frozenset()


@attrs.frozen(kw_only=True, repr=False)
class Roll:
    """A class as one roster has it.

    Attributes:
        source: the provider that lists it; None when made by hand.
        students: whatever names a student in both rosters alike: an account, say. May be empty.
        names: rough names of the students ("g martin"), or whatever stands for them, to recognise a child whom the
            rosters know by two ids.
        teachers: whatever names a teacher: account, or folded name.
        words: the folded words of its name.
        starts, ends: its term, where known; two classes that never meet are not one.
    """

    section: ClassKey
    source: Provider | None
    students: frozenset[Hashable] = frozenset()
    names: frozenset[Hashable] = frozenset()
    teachers: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    starts: date | None = None
    ends: date | None = None

    def __repr__(self) -> str:
        return f"<Roll of {len(self.students) or len(self.names)} students>"

    @classmethod
    def of(
        cls, section: Section, *, provider: Provider, people: Mapping[PersonId, Person], term: Term | None = None
    ) -> Roll:
        """Read a section of a source; people it names and that are not among `people` are left out."""
        names = Names()
        students, teachers = (
            [names.fold(people[one].name) for one in ids if one in people]
            for ids in (section.students, section.teachers)
        )
        return cls(
            section=SectionKey(provider, section.district, section.id),
            source=provider,
            students=frozenset((provider, section.district, one) for one in section.students),
            names=frozenset(map(short_name, students)),
            teachers=frozenset(name for name in map(called, teachers) if name),
            words=words_of(section.name),
            starts=None if term is None else term.starts,
            ends=None if term is None else term.ends,
        )


def words_of(title: str) -> frozenset[str]:
    """The words by which the name of a class is compared."""
    return frozenset(_WORD.findall(title.casefold()))


def match(rolls: Sequence[Roll]) -> Mapping[ClassKey, ClassKey]:
    """Map each class to the first of the classes that are one with it, in their order; a class alone is its own."""
    first = heads([roll.source for roll in rolls], fits(rolls), rolls.__getitem__)
    return {roll.section: rolls[place].section for roll, place in zip(rolls, first, strict=True)}


def fits(rolls: Sequence[Roll]) -> Sequence[Fit]:
    """Every two of the classes that may be one, by their places among the rolls, and how well they fit."""
    found = ((pair, _fit(rolls[pair[0]], rolls[pair[1]], both)) for pair, both in _candidates(rolls).items())
    return [(left, right, how_well) for (left, right), how_well in found if how_well > 0]


def heads(sources: Sequence[Provider | None], found: Iterable[Fit], roll_of: Callable[[int], Roll]) -> Sequence[int]:
    """The place of the first class that is one with each, by what fits; a roll is looked at in doubt only.

    Classes that no chain of fits connects know nothing of each other: to ask about some, give all that are connected.
    """
    options: defaultdict[tuple[int, Provider | None], list[tuple[float, int]]] = defaultdict(list)
    for left, right, how_well in found:
        options[left, sources[right]].append((how_well, right))
        options[right, sources[left]].append((how_well, left))
    best = {place: choice for place, those in options.items() if (choice := _clear(those, roll_of)) is not None}
    first = list(range(len(sources)))
    for left, right in sorted((left, right) for (left, _), right in best.items() if left < right):
        if best.get((right, sources[left])) == left:
            first[right] = first[left]
    return first


def fit(left: Roll, right: Roll) -> float:
    """How well two classes fit, from 0 (nothing says that they are one) to 1.3; `match` also looks at their rivals."""
    return _fit(left, right, len(left.students & right.students))


def _candidates(rolls: Sequence[Roll]) -> Mapping[tuple[int, int], int]:
    """Pairs of classes of different sources with a teacher, or a few students, in common; 0 if fewer than a few are."""
    listed: defaultdict[Provider | None, list[int]] = defaultdict(list)
    for place, roll in enumerate(rolls):
        listed[roll.source].append(place)
    students = {source: _NOBODY.union(*[rolls[place].students for place in own]) for source, own in listed.items()}
    taught = {source: _by_teacher(rolls, own) for source, own in listed.items()}
    found: dict[tuple[int, int], int] = {}
    for one, other in combinations(listed, 2):
        for teacher in taught[one].keys() & taught[other].keys():
            for left, right in product(taught[one][teacher], taught[other][teacher]):
                found[(left, right) if left < right else (right, left)] = 0
        # Most students are in the classes of one source only.
        shared = students[one] & students[other]
        there: defaultdict[Hashable, list[int]] = defaultdict(list)
        for right in listed[other]:
            for student in rolls[right].students & shared:
                there[student].append(right)
        for left in listed[one]:
            known = rolls[left].students & shared
            if len(known) < FEWEST:
                continue
            for right, both in Counter(chain.from_iterable(map(there.__getitem__, known))).items():
                if both >= FEWEST:
                    found[(left, right) if left < right else (right, left)] = both
    return found


def _by_teacher(rolls: Sequence[Roll], places: Iterable[int]) -> Mapping[str, Sequence[int]]:
    taught: defaultdict[str, list[int]] = defaultdict(list)
    for place in places:
        for teacher in rolls[place].teachers:
            taught[teacher].append(place)
    return taught


def _fit(left: Roll, right: Roll, both: int) -> float:
    # A child who is in both under two accounts, or two ids, is recognised by name.
    met = max(both, len(left.names & right.names))
    if met >= FEWEST:
        share = met / max(min(len(left.students), len(right.students)), 1)
        with_teacher = not left.teachers.isdisjoint(right.teachers)
        if share >= (_SHARE_WITH_TEACHER if with_teacher else _SHARE_WITHOUT_TEACHER):
            alike = len(left.words & right.words) / max(len(left.words | right.words), 1)
            return 0.0 if _apart(left, right) else share + 0.2 * with_teacher + 0.1 * alike
    # Children may each be in one roster only; then one teacher's class of the same name must do.
    named = bool(left.words) and left.words == right.words and not left.teachers.isdisjoint(right.teachers)
    return _BY_NAME if named and not _apart(left, right) else 0.0


def _apart(left: Roll, right: Roll) -> bool:
    """Whether one class ended before the other began."""
    return _before(left.ends, right.starts) or _before(right.ends, left.starts)


def _before(end: date | None, start: date | None) -> bool:
    return end is not None and start is not None and end < start


def _clear(options: list[tuple[float, int]], roll_of: Callable[[int], Roll]) -> int | None:
    """The best option, unless another one with other people in it is nearly as good."""
    if len(options) == 1:
        return options[0][1]
    ranked = sorted(options, key=lambda option: (-option[0], option[1]))
    how_well, best = ranked[0]
    for other_fit, other in ranked[1:]:
        if other_fit > how_well - _MARGIN and not _same_people(roll_of(best), roll_of(other)):
            return None
    return best


def _same_people(left: Roll, right: Roll) -> bool:
    return _shared(left.students, right.students) or _shared(left.names, right.names)


def _shared(mine: Iterable[Hashable], theirs: Iterable[Hashable]) -> bool:
    ours, others = frozenset(mine), frozenset(theirs)
    both = len(ours & others)
    return bool(ours) and both >= _SAME_PEOPLE * (len(ours) + len(others) - both)
