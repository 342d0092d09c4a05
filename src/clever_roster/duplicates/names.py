# ruff: noqa: RUF001 - letters of other alphabets that look like Latin ones are the subject here
"""Names as they can be compared: folded to plain letters, cut into parts, put in order.

Handled here: letter case, accents, ligatures, Cyrillic and Greek letters, apostrophes, hyphens, generation suffixes,
"Surname, Given", a whole name written in one field, and display names such as "Gabriella M." whose surname is only an
initial. Whether two names are one is not decided here.
"""

from __future__ import annotations

import re
import unicodedata

import attrs

from clever_roster.duplicates.nicknames import GROUPS
from clever_roster.model import PersonName

__all__ = ["FoldedName", "fold", "fold_name"]

_LETTERS = str.maketrans({
    # Letters that NFKD leaves whole.
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
    # Cyrillic, as passports write it (ICAO 9303), without what is silent.
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    # Greek (ISO 843, simplified).
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
    # Apostrophes join ("O'Neil" is "oneil"); what else is not a letter parts.
    "'": "", "’": "", "‘": "", "ʼ": "", "ʻ": "", "`": "", "´": "",
})  # fmt: skip
_NOT_LETTERS = re.compile(r"[^a-z]+")
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_PARTICLES = frozenset(
    {
        "de",
        "del",
        "la",
        "las",
        "los",
        "da",
        "das",
        "do",
        "dos",
        "di",
        "van",
        "von",
        "der",
        "den",
        "el",
        "al",
        "bin",
        "ibn",
        "y",
        "e",
    }
)


def fold(text: str) -> str:
    """Reduce text to lower-case ASCII letters and single spaces. Scripts not known here vanish; "" then."""
    # The apostrophe-like marks must go before NFKD turns an acute accent into a space and a mark.
    plain = text.casefold().translate(_LETTERS)
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_LETTERS)
    return plain if plain.isascii() and plain.isalpha() else _NOT_LETTERS.sub(" ", plain).strip()


@attrs.define(repr=False, eq=False)
class FoldedName:
    """A name in parts.

    Attributes:
        spaced: given name and surname with their parts apart: what a comparison of names depends on.
        given: given name, its parts joined ("anne marie" is "annemarie"); one letter when only an initial is known.
        givens: the parts of given and middle names, in order.
        family: surname, its parts joined.
        families: the parts of the surname that can stand for it, without "de", "van" and their like.
        groups: nickname groups of the given name.
    """

    spaced: tuple[str, str]
    given: str
    givens: tuple[str, ...]
    family: str
    families: tuple[str, ...]
    groups: tuple[int, ...]

    def __repr__(self) -> str:
        return "FoldedName(<hidden>)"


def fold_name(name: PersonName) -> FoldedName:
    """Fold a name and put its parts where they belong."""
    first, last = name.first, name.last
    if "," in last and not first.strip():
        last, first = last.split(",", 1)
    elif "," in first and not last.strip():
        last, first = first.split(",", 1)
    given, middle, family = fold(first).split(), fold(name.middle).split(), _without_suffix(fold(last).split())
    if not family and len(given) > 1:
        given, family = given[:-1], given[-1:]
    elif not given and len(family) > 1:
        given, family = family[:1], family[1:]
    own = [part for part in family if part not in _PARTICLES] or family
    joined = "".join(given)
    return FoldedName(
        (" ".join(given), " ".join(family)),
        joined,
        tuple(dict.fromkeys([*given, *middle])),
        "".join(family),
        tuple(dict.fromkeys(own)),
        GROUPS.get(joined) or (GROUPS.get(given[0], ()) if given else ()),
    )


def _without_suffix(parts: list[str]) -> list[str]:
    return parts[:-1] if len(parts) > 1 and parts[-1] in _SUFFIXES else parts
