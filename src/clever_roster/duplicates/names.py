# ruff: noqa: RUF001 - letters of other alphabets that look like Latin ones are the subject here
"""Names as they can be compared: folded to plain letters, cut into parts, put in order.

Handled here: letter case, accents, ligatures, Cyrillic and Greek letters, apostrophes, hyphens, generation suffixes,
"Surname, Given", a whole name written in one field, and display names such as "Gabriella M." whose surname is only an
initial. Equal parts of names are one object with a number, so that two of them need comparing only once. Whether two
names are one is not decided here.
"""

from __future__ import annotations

import re
import unicodedata

import attrs

from clever_roster.duplicates.nicknames import GROUPS
from clever_roster.duplicates.strings import letters, sound
from clever_roster.model import PersonName

__all__ = ["Family", "FoldedName", "Given", "Names", "Word", "called", "fold", "short_name"]

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
    "de del la las los da das do dos di van von der den el al bin ibn y e".split()  # noqa: SIM905
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
class Word:
    """One folded word.

    Attributes:
        letters: which letters occur, one bit each.
        sound: what it sounds like, roughly.
    """

    text: str
    letters: int
    sound: str


@attrs.define(repr=False, eq=False)
class Given:
    """A given name.

    Attributes:
        word: its parts joined ("anne marie" is "annemarie"); one letter when only an initial is known.
        parts: the same apart.
        groups: nickname groups.
        number: one for each given name of a population; -1 for a newcomer's.
    """

    word: Word
    parts: tuple[str, ...]
    groups: tuple[int, ...]
    number: int


@attrs.define(repr=False, eq=False)
class Family:
    """A surname.

    Attributes:
        word: its parts joined.
        words: the parts that can stand for it, without "de", "van" and their like.
        parts: the texts of these.
        number: one for each surname of a population; -1 for a newcomer's.
    """

    word: Word
    words: tuple[Word, ...]
    parts: tuple[str, ...]
    number: int


@attrs.define(repr=False, eq=False)
class FoldedName:
    """A name in parts; `middle` are middle names, as far as they are written apart."""

    given: Given
    middle: tuple[str, ...]
    family: Family

    def __repr__(self) -> str:
        return "FoldedName(<hidden>)"


def called(name: FoldedName) -> str:
    """The folded name in one line; "" for nothing."""
    return f"{name.given.word.text} {name.family.word.text}".strip()


def short_name(name: FoldedName) -> str:
    """The initial, and the last part of the surname: what short forms and dropped surnames mostly leave alone."""
    parts = name.family.parts
    return f"{name.given.word.text[:1]} {parts[-1] if parts else ''}"


class Names:
    """Folds names and puts their parts where they belong; names that fold alike become one object."""

    def __init__(self) -> None:
        self._folded: dict[str, str] = {}
        self._words: dict[str, Word] = {}
        self._given: dict[str, Given] = {}
        self._family: dict[str, Family] = {}

    def fold(self, name: PersonName, *, new: bool = False) -> FoldedName:
        """Fold a name; a `new` one is compared with those that are known, and not kept."""
        first, last = name.first, name.last
        if "," in last and not first.strip():
            last, first = last.split(",", 1)
        elif "," in first and not last.strip():
            last, first = first.split(",", 1)
        given, family = self._text(first, new=new), self._text(last, new=new)
        if " " in family:
            family = _without_suffix(family)
        if not family and " " in given:
            given, _, family = given.rpartition(" ")
        elif not given and " " in family:
            given, _, family = family.partition(" ")
        middle = tuple(self._text(name.middle, new=new).split()) if name.middle else ()
        return FoldedName(self._given_name(given, new=new), middle, self.family(family, new=new))

    def surnames(self) -> frozenset[str]:
        """Every surname, and part of one, that is more than an initial."""
        return frozenset(part for family in self._family.values() for part in family.parts if len(part) > 1)

    def family(self, spaced: str, *, new: bool) -> Family:
        """Give a surname that is folded already."""
        known = self._family.get(spaced)
        if known is None:
            parts = spaced.split()
            own = tuple(dict.fromkeys(part for part in parts if part not in _PARTICLES)) or tuple(parts)
            words = tuple(self._word(part, new=new) for part in own)
            known = Family(self._word("".join(parts), new=new), words, own, -1 if new else len(self._family))
            if not new:
                self._family[spaced] = known
        return known

    def _given_name(self, spaced: str, *, new: bool) -> Given:
        known = self._given.get(spaced)
        if known is None:
            parts = tuple(spaced.split())
            joined = "".join(parts)
            groups = GROUPS.get(joined) or (GROUPS.get(parts[0], ()) if parts else ())
            known = Given(self._word(joined, new=new), parts, groups, -1 if new else len(self._given))
            if not new:
                self._given[spaced] = known
        return known

    def _word(self, text: str, *, new: bool) -> Word:
        known = self._words.get(text)
        if known is None:
            known = Word(text, letters(text), sound(text))
            if not new:
                self._words[text] = known
        return known

    def _text(self, text: str, *, new: bool) -> str:
        known = self._folded.get(text)
        if known is None:
            known = fold(text)
            if not new:
                self._folded[text] = known
        return known


def _without_suffix(spaced: str) -> str:
    """A surname without "Jr." and its like."""
    rest, _, last = spaced.rpartition(" ")
    return rest if rest and last in _SUFFIXES else spaced
