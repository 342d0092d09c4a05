"""How alike two words are: a bounded edit distance, and a rough skeleton of how a word sounds.

Words come folded (see `names`): lower-case ASCII letters. Nothing here knows that they are names.
"""

from __future__ import annotations

import re

__all__ = ["edits", "jaro_winkler", "letters", "sound", "spelling"]


def edits(left: str, right: str, limit: int) -> int:
    """Count the insertions, deletions, substitutions and swaps of neighbours between two words, up to `limit` + 1.

    Optimal string alignment (Damerau-Levenshtein without editing a swapped pair again).
    """
    if left == right:
        return 0
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    left, right = _differing(left, right)
    if len(left) <= 1 and len(right) <= 1:
        return 1
    if limit == 1:
        return 1 if len(left) == len(right) == 2 and left == right[::-1] else 2  # noqa: PLR2004 - a swapped pair
    return _aligned(left, right, limit)


def _differing(left: str, right: str) -> tuple[str, str]:
    """Two words without what they begin and end with alike; edits are needed in between only."""
    start, end = 0, min(len(left), len(right))
    while start < end and left[start] == right[start]:
        start += 1
    left, right, end = left[start:], right[start:], end - start
    drop = 0
    while drop < end and left[-1 - drop] == right[-1 - drop]:
        drop += 1
    return (left[:-drop], right[:-drop]) if drop else (left, right)


def _aligned(left: str, right: str, limit: int) -> int:
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, here in enumerate(left, 1):
        line = [row]
        for column, there in enumerate(right, 1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (here != there))
            if row > 1 and column > 1 and here == right[column - 2] and left[row - 2] == there:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > limit and min(above) > limit:
            return limit + 1
        before, above = above, line
    return min(above[-1], limit + 1)


def letters(word: str) -> int:
    """Which letters a word has, one bit each.

    An edit changes two of these bits at most, so the sets of two words tell cheaply when their distance is large.
    """
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


def jaro_winkler(left: str, right: str) -> float:
    """Similarity from 0 to 1 that forgives more at the end of a word than at its start (Winkler 1990, scale 0.1)."""
    if left == right:
        return 1.0
    if not left or not right:
        return 0.0
    window = max(max(len(left), len(right)) // 2 - 1, 0)
    taken = [False] * len(right)
    matched: list[str] = []
    for place, letter in enumerate(left):
        for other in range(max(0, place - window), min(len(right), place + window + 1)):
            if not taken[other] and right[other] == letter:
                taken[other] = True
                matched.append(letter)
                break
    if not matched:
        return 0.0
    facing = [letter for letter, used in zip(right, taken, strict=True) if used]
    crossed = sum(mine != theirs for mine, theirs in zip(matched, facing, strict=True)) / 2
    found = len(matched)
    jaro = (found / len(left) + found / len(right) + (found - crossed) / found) / 3
    prefix = 0
    for mine, theirs in zip(left[:4], right[:4], strict=False):
        if mine != theirs:
            break
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)


_WITH_AN_H = (
    ("tsch", "s"), ("sch", "s"), ("sh", "s"), ("ch", "k"), ("ph", "f"), ("th", "t"), ("kh", "h"), ("gh", "g"),
    ("zh", "j"),
)  # fmt: skip
# What is one in `spelling` is one here too.
_SPELLINGS = (
    ("ck", "k"), ("ts", "c"), ("dj", "j"), ("qu", "k"), ("ks", "x"), ("c", "k"), ("q", "k"), ("z", "s"), ("w", "v"),
    ("y", "i"), ("j", "i"), ("ee", "i"), ("ou", "u"), ("oo", "u"), ("h", ""),
)  # fmt: skip
_REPEATED = re.compile(r"(.)\1+")


def sound(word: str) -> str:
    """Fold spellings that sound alike, or that two romanisations of one name differ in ("Sophia", "Sofiya").

    Coarse on purpose: it finds candidates; whether they are one name is decided elsewhere.
    """
    for written, plain in _WITH_AN_H if "h" in word else ():
        word = word.replace(written, plain)
    for written, plain in _SPELLINGS:
        word = word.replace(written, plain)
    word = word.replace("ii", "i")
    if word.startswith("ie"):
        word = word[1:]
    if _REPEATED.search(word):
        word = _REPEATED.sub(r"\1", word)
    return word.replace("ia", "a").replace("ie", "i")


_RULES = (
    ("tsch", "č"), ("sch", "š"), ("chr", "kr"), ("ch", "č"), ("sh", "š"), ("ph", "f"), ("th", "t"), ("dh", "d"),
    ("gh", "g"), ("kh", "h"), ("zh", "j"), ("dj", "j"), ("ck", "k"), ("ts", "k"), ("c", "k"), ("q", "k"), ("x", "ks"),
    ("w", "v"), ("y", "i"), ("ee", "i"), ("oo", "u"), ("ou", "u"), ("ii", "i"),
)  # fmt: skip


def spelling(word: str) -> str:
    """Fold the rules by which one name is written in Latin letters ("Kharlamov", "Harlamov"; "Yusuf", "Youssouf").

    The rules are those in which standards of romanisation for Cyrillic and Arabic differ from each other and from what
    people write, and doubled letters. Stricter than `sound`: "Lucia" is not "Luca", "Zara" not "Sara".
    """
    for written, plain in _RULES:
        word = word.replace(written, plain)
    word = _REPEATED.sub(r"\1", word[:1] + word[1:].replace("h", ""))
    return word[1:] if word.startswith("ie") else word
