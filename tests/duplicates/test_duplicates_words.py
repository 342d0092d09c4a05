"""Names, words and addresses: what folding keeps, and what counts as a slip."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clever_roster.duplicates.emails import local_part, normal, surname_spelt
from clever_roster.duplicates.evidence import date_slip
from clever_roster.duplicates.names import FoldedName, Names, fold, is_initial, is_name
from clever_roster.duplicates.nicknames import GROUPS
from clever_roster.duplicates.strings import edits, jaro_winkler, letters, sound, spelling
from clever_roster.model import PersonName

WORDS = st.text("abcd", max_size=7)


def fold_name(name: PersonName) -> FoldedName:
    """Fold one name alone."""
    return Names().fold(name)


def plain_edits(left: str, right: str) -> int:
    """Optimal string alignment, by its definition."""
    if not left or not right:
        return len(left) + len(right)
    options = [
        plain_edits(left[1:], right) + 1,
        plain_edits(left, right[1:]) + 1,
        plain_edits(left[1:], right[1:]) + (left[0] != right[0]),
    ]
    if left[:2] == right[1::-1] and len(left) > 1 < len(right):
        options.append(plain_edits(left[2:], right[2:]) + 1)
    return min(options)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(0, 3))
def test_the_bounded_distance_is_the_distance_up_to_its_bound(left: str, right: str, limit: int) -> None:
    """Compared with the recursive definition."""
    assert edits(left, right, limit) == min(plain_edits(left, right), limit + 1)


@given(st.text("abcd", max_size=5), st.text("abcd", max_size=5))
def test_an_edit_changes_two_letters_of_a_word_at_most(left: str, right: str) -> None:
    """So the letters that occur in one word only bound the distance from below."""
    assert (letters(left) ^ letters(right)).bit_count() <= 2 * plain_edits(left, right)


@given(WORDS, WORDS)
def test_likeness_is_symmetric_and_between_none_and_all(left: str, right: str) -> None:
    """1 exactly for equal words."""
    likeness = jaro_winkler(left, right)
    assert likeness == pytest.approx(jaro_winkler(right, left))
    assert 0 <= likeness <= 1
    assert (likeness == 1) == (left == right)


@pytest.mark.parametrize(
    ("left", "right", "likeness"),
    [("martha", "marhta", 0.961), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.813)],
)
def test_likeness_gives_the_published_values(left: str, right: str, likeness: float) -> None:
    """Winkler 1990, table 2.1."""
    assert jaro_winkler(left, right) == pytest.approx(likeness, abs=0.001)


@given(st.text(max_size=20))
def test_folded_text_is_plain_and_folding_again_changes_nothing(text: str) -> None:
    """Lower-case letters and single spaces, for any text at all; ASCII in gives ASCII out."""
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.isascii() or not text.isascii()
    assert "  " not in folded
    assert folded == folded.strip()


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("José", "jose"),
        ("Jose\u0301", "jose"),
        ("O’Brien", "obrien"),  # noqa: RUF001
        ("O'Brien", "obrien"),
        ("Núñez-Peña", "nunez pena"),
        ("Łukasz", "lukasz"),
        ("İbrahim", "ibrahim"),
        ("Straße", "strasse"),
        ("Алексей", "aleksei"),
        ("Γιώργος", "giorgos"),
        ("ＭＩＡ", "mia"),  # noqa: RUF001
        ("李", "李"),
        ("김 민준", "김 민준"),
        ("がく・ひろし", "がく ひろし"),
        ("محمَّد", "محمد"),
        ("हिमानी", "हिमानी"),
    ],
)
def test_letters_are_folded_across_scripts(written: str, folded: str) -> None:
    """Accents, apostrophes, ligatures, Cyrillic, Greek, full width; other scripts stay as they are, without points."""
    assert fold(written) == folded


@pytest.mark.parametrize(
    "name",
    [
        PersonName("Gabriella", "Marsh"),
        PersonName("Gabriella Marsh", ""),
        PersonName("", "Gabriella Marsh"),
        PersonName("Marsh, Gabriella", ""),
        PersonName("", "Marsh, Gabriella"),
        PersonName("GABRIELLA", "Marsh Jr."),
    ],
)
def test_a_name_is_read_wherever_it_stands(name: PersonName) -> None:
    """Whole name in one field, either field, with or without a comma; suffixes are no surname."""
    folded = fold_name(name)
    assert (folded.given.word.text, folded.family.word.text) == ("gabriella", "marsh")
    assert repr(folded) == "FoldedName(<hidden>)"


def test_one_letter_of_an_alphabet_is_an_initial_and_one_ideograph_or_syllable_is_a_name() -> None:
    """Most Chinese surnames, and many given names, are one character."""
    assert [word for word in ("", "m", "م", "李", "김", "あ", "mi") if is_initial(word)] == ["m", "م"]
    assert [word for word in ("", "m", "م", "李", "김", "あ", "mi") if is_name(word)] == ["李", "김", "あ", "mi"]


def test_a_display_name_keeps_the_initial_of_the_surname() -> None:
    """ "First L.", as students are shown in some portals."""
    assert fold_name(PersonName("Gabriella M.", "")).family.word.text == "m"


def test_a_surname_in_two_parts_is_both_parts_and_one_word() -> None:
    """Particles belong to the whole, but do not stand for it."""
    folded = fold_name(PersonName("Ana", "de la Cruz-Núñez"))
    assert folded.family.parts == ("cruz", "nunez")
    assert folded.family.word.text == "delacruznunez"


def test_every_name_of_the_nickname_table_is_folded() -> None:
    """A name that folding would change could never be found."""
    assert all(fold(name) == name for name in GROUPS)


@pytest.mark.parametrize(
    ("short", "full"), [("gabby", "gabriella"), ("pepe", "jose"), ("sasha", "aleksandr"), ("kasia", "katarzyna")]
)
def test_short_forms_of_several_languages_are_known(short: str, full: str) -> None:
    """They share a group with the full form."""
    assert set(GROUPS[short]) & set(GROUPS[full])


@pytest.mark.parametrize(("left", "right"), [("sophia", "sofiya"), ("katherine", "catherine"), ("philip", "filip")])
def test_spellings_that_sound_alike_have_one_skeleton(left: str, right: str) -> None:
    """A coarse key, to find candidates by."""
    assert sound(left) == sound(right)


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        (date(2015, 3, 9), date(2015, 9, 3), True),
        (date(2015, 3, 9), date(2014, 3, 9), True),
        (date(2015, 3, 12), date(2015, 3, 21), True),
        (date(2015, 3, 9), date(2015, 4, 18), False),
    ],
)
def test_a_slip_in_a_date_is_one_digit_two_neighbours_or_day_and_month(one: date, other: date, slip: bool) -> None:  # noqa: FBT001
    """Everything else is another day."""
    assert date_slip(one, other) is date_slip(other, one) is slip


def test_addresses_are_written_one_way_and_odd_ones_survive() -> None:
    """Plus tags and case do not matter; text without an "@" (a hash) is compared as it is."""
    assert normal(" Zuri.Marsh+math@School.example ") == "zuri.marsh@school.example"
    assert normal("9F86D081") == "9f86d081"
    assert local_part("9f86d081") is None
    assert local_part("zuri.marsh@school.example") == "zurimarsh"
    assert local_part("zm@school.example") is None


@pytest.mark.parametrize(
    ("address", "spelt"),
    [
        ("gabriella.marsh@school.example", "marsh"),
        ("marsh.g@school.example", "marsh"),
        ("gmarsh07@school.example", "marsh"),
        ("gabriellamarsh@school.example", "marsh"),
        ("family.marsh@mail.example", None),
        ("gmorris07@school.example", None),
        ("9f86d081", None),
    ],
)
def test_an_address_may_spell_the_surname_that_the_name_lacks(address: str, spelt: str | None) -> None:
    """Only if it spells the given name too, and only a surname that the population has when nothing parts the words."""
    assert surname_spelt(address, given="gabriella", initial="m", surnames={"marsh"}) == spelt


@pytest.mark.parametrize(
    "spellings",
    [
        ("kharlamov", "harlamov"), ("tsvetkov", "cvetkov"), ("zhanna", "janna"), ("dmitriy", "dmitrii", "dmitri"),
        ("yusuf", "youssouf", "iusuf"), ("qasim", "kasim"), ("oksana", "oxana"), ("yelena", "elena"),
        ("sophia", "sofiya"), ("thomas", "tomas"), ("sarah", "sara"), ("nicolas", "nikolas"), ("christian", "kristian"),
    ],
)  # fmt: skip
def test_spellings_of_one_name_are_one_and_sound_alike(spellings: tuple[str, ...]) -> None:
    """What is one spelling must sound alike too, or it would not be compared."""
    assert len({spelling(word) for word in spellings}) == 1
    assert len({sound(word) for word in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("lucia", "luca"), ("zara", "sara"), ("chen", "ken"), ("maria", "mara"), ("jan", "ian")]
)
def test_two_names_that_sound_nearly_alike_are_no_spellings_of_one(one: str, other: str) -> None:
    """Brothers and sisters are called so."""
    assert spelling(one) != spelling(other)
