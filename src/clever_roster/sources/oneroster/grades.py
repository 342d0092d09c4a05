"""Grades as OneRoster codes them and as Clever writes them.

OneRoster recommends the codes of CEDS, "Entry Grade Level" (OneRoster 1.1, "grades"); Clever's words are in Clever,
"Users". A code that is neither stays as it is, both ways.
"""

from __future__ import annotations

from typing import Final

__all__ = ["code_of", "grade_of"]

_WORDS: Final = {
    "IT": "InfantToddler",
    "PR": "Preschool",
    "PK": "PreKindergarten",
    "TK": "TransitionalKindergarten",
    "KG": "Kindergarten",
    "PS": "PostGraduate",
    "UG": "Ungraded",
    **{f"{number:02}": str(number) for number in range(1, 14)},
}
_CODES: Final = {word: code for code, word in _WORDS.items()}


def grade_of(code: str) -> str:
    """A code as Clever's text."""
    return _WORDS.get(code, code)


def code_of(grade: str) -> str:
    """Clever's text as a code."""
    return _CODES.get(grade, grade)
