"""Groups of accounts that are one human: best link first, and no link across a contradiction.

A link joins two groups only if no account of the one is excluded by an account of the other. Links are taken in the
order of weight, then of ids, so the order of the input does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["cluster"]

LARGEST = 6
"""More accounts than that are hardly one child; what would go beyond stays a pair to look at."""


def cluster(links: Iterable[tuple[int, int]], excluded: Callable[[int, int], bool]) -> tuple[tuple[int, ...], ...]:
    """Group places by links, the best link first.

    Args:
        links: in the order in which they are to be tried.
        excluded: whether two accounts can never be one human; symmetric.
    """
    group: dict[int, frozenset[int]] = {}
    for left, right in links:
        mine, theirs = group.get(left, frozenset({left})), group.get(right, frozenset({right}))
        if mine is theirs or len(mine) + len(theirs) > LARGEST:
            continue
        if any(excluded(one, other) for one in mine for other in theirs):
            continue
        joined = mine | theirs
        group.update(dict.fromkeys(joined, joined))
    return tuple(sorted({tuple(sorted(members)) for members in group.values()}))
