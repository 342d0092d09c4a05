# ruff: noqa: RUF001 - letters of other alphabets that look like Latin ones are the subject here
"""Names as they can be compared: folded to plain letters, cut into parts, put in order.

Handled here: letter case, accents, ligatures, Cyrillic and Greek letters, apostrophes, hyphens, generation suffixes,
"Surname, Given", a whole name written in one field, and display names such as "Gabriella M." whose surname is only an
initial. Other scripts are kept as they are written: "李" is compared with "李", and not with "Li". Equal parts of names
are one object with a number, so that two of them need comparing only once. Whether two names are one is not decided
here.
"""

from __future__ import annotations

import re
import unicodedata

import attrs

from clever_roster.duplicates.nicknames import GROUPS
from clever_roster.duplicates.strings import letters, sound
from clever_roster.model import PersonName

__all__ = ["Family", "FoldedName", "Given", "Names", "Word", "called", "fold", "is_initial", "is_name", "short_name"]

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
_VOICED = frozenset("\u3099\u309a")
"""Marks that make another syllable of a kana; all other combining marks are accents, points and tones."""
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_PARTICLES = frozenset(
    "de del la las los da das do dos di van von der den el al bin ibn y e".split()  # noqa: SIM905
)


def fold(text: str) -> str:
    """Reduce text to lower-case letters and single spaces: plain ASCII where the script is known here."""
    # The apostrophe-like marks must go before NFKD turns an acute accent into a space and a mark.
    plain = text.casefold()
    if plain.isascii() and plain.isalpha():
        return plain
    plain = plain.translate(_LETTERS)
    if not plain.isascii():
        # Mathematical capitals become plain capitals only now.
        decomposed = unicodedata.normalize("NFKD", plain).casefold()
        kept = "".join([one for one in decomposed if one in _VOICED or not unicodedata.combining(one)])
        plain = kept.translate(_LETTERS)
        if not plain.isascii():
            return " ".join("".join([one if _is_letter(one) else " " for one in _composed(plain)]).split())
    return plain if plain.isalpha() else _NOT_LETTERS.sub(" ", plain).strip()


def _composed(plain: str) -> str:
    """Syllables of Hangul and kana in one piece again."""
    return unicodedata.normalize("NFC", plain)


def _is_letter(one: str) -> bool:
    """Letters of any script, and the vowel signs that stand beside some of them."""
    return one.isalpha() or unicodedata.category(one)[0] == "M"


def is_initial(word: str) -> bool:
    """Whether a folded word is one letter of an alphabet; one ideograph or syllable, as in "李 芳", is a name."""
    return len(word) == 1 and unicodedata.east_asian_width(word) not in ("W", "F")


def is_name(word: str) -> bool:
    """Whether a folded word is more than nothing and more than an initial."""
    return len(word) > 1 or (word != "" and not is_initial(word))


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
        whole: whether it is more than an initial, or nothing.
        groups: nickname groups.
        forms: how it sounds, and the groups: what its short forms have in common with it.
        number: one for each given name of a population; -1 for a newcomer's.
        initial: how the word begins; "" for nothing.
    """

    word: Word
    parts: tuple[str, ...]
    whole: bool
    groups: tuple[int, ...]
    forms: tuple[str | int, ...]
    number: int
    initial: str


@attrs.define(repr=False, eq=False)
class Family:
    """A surname.

    Attributes:
        word: its parts joined.
        words: the parts that can stand for it, without "de", "van" and their like.
        parts: the texts of these.
        whole: whether it is more than an initial, or nothing.
        sounds: how they sound, as far as they are more than an initial.
        number: one for each surname of a population; -1 for a newcomer's.
        initial: how the word begins; "" for nothing.
    """

    word: Word
    words: tuple[Word, ...]
    parts: tuple[str, ...]
    whole: bool
    sounds: tuple[str, ...]
    number: int
    initial: str


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
    return f"{name.given.initial} {parts[-1] if parts else ''}"


class Names:
    """Folds names and puts their parts where they belong; names that fold alike become one object."""

    def __init__(self) -> None:
        self._words: dict[str, Word] = {}
        self._given: dict[str, Given] = {}
        self._family: dict[str, Family] = {}
        # By spelling: fields that say by themselves what they are.
        self._first: dict[str, Given] = {}
        self._last: dict[str, Family] = {}

    def fold(self, name: PersonName, *, new: bool = False) -> FoldedName:
        """Fold a name; a `new` one is compared with those that are known, and not kept."""
        given, family = self._first.get(name.first), self._last.get(name.last)
        if given is not None and family is None and (surname := _surname(name.last)):
            family = self.family(surname, new=new)
            if not new:
                self._last[name.last] = family
        elif given is None or family is None:
            given, family = self._placed(name.first, name.last, new=new)
        return FoldedName(given, tuple(fold(name.middle).split()) if name.middle else (), family)

    def _placed(self, first: str, last: str, *, new: bool) -> tuple[Given, Family]:
        """Given name and surname, where one field may hold both; two filled fields need not be looked at again."""
        if "," in last and not first.strip():
            last, first = last.split(",", 1)
        elif "," in first and not last.strip():
            last, first = first.split(",", 1)
        given, family = fold(first), _surname(last)
        own = bool(given and family) and not new
        if not family and " " in given:
            given, _, family = given.rpartition(" ")
        elif not given and " " in family:
            given, _, family = family.partition(" ")
        found = self._given_name(given, new=new), self.family(family, new=new)
        if own:
            self._first[first], self._last[last] = found
        return found

    def surnames(self) -> frozenset[str]:
        """Every surname, and part of one, that is more than an initial."""
        return frozenset(part for family in self._family.values() for part in family.parts if is_name(part))

    def family(self, spaced: str, *, new: bool) -> Family:
        """Give a surname that is folded already."""
        known = self._family.get(spaced)
        if known is None:
            joined = self._word(spaced.replace(" ", ""), new=new)
            words: tuple[Word, ...] = (joined,)
            if " " in spaced or not spaced:
                parts = spaced.split()
                own = dict.fromkeys([part for part in parts if part not in _PARTICLES]) or parts
                words = tuple([self._word(part, new=new) for part in own])
            texts = tuple([word.text for word in words])
            sounds = tuple([word.sound for word in words if is_name(word.sound)])
            number = -1 if new else len(self._family)
            known = Family(joined, words, texts, is_name(joined.text), sounds, number, joined.text[:1])
            if not new:
                self._family[spaced] = known
        return known

    def _given_name(self, spaced: str, *, new: bool) -> Given:
        known = self._given.get(spaced)
        if known is None:
            parts = tuple(spaced.split())
            joined = "".join(parts)
            groups = GROUPS.get(joined) or (GROUPS.get(parts[0], ()) if parts else ())
            word = self._word(joined, new=new)
            number = -1 if new else len(self._given)
            known = Given(word, parts, is_name(joined), groups, (word.sound, *groups), number, joined[:1])
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


def _surname(text: str) -> str:
    """A surname folded, without "Jr." and its like."""
    spaced = fold(text)
    rest, _, last = spaced.rpartition(" ")
    return rest if rest and last in _SUFFIXES else spaced
