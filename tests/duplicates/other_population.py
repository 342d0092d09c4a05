"""A second family of made-up districts, written apart from the first: nothing in the detector was tuned on it.

It differs in what people are called (names of several languages, transliterated anew for each account), in how second
accounts come to be, and in what is known. A mix changes one thing at a time, so that one sees what the detector leans
on. The truth is known; nobody here exists.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from string import ascii_lowercase
from types import MappingProxyType

import attrs

from clever_roster.duplicates import ClassMembership, LinkedIdentity, Profile
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    AccountId,
    DistrictId,
    EnrollmentRole,
    HostSectionId,
    IdentityKey,
    PersonId,
    PersonName,
    Provider,
    SchoolId,
)

__all__ = ["MIXES", "Other", "other_district"]

_TODAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
_LATIN = (
    """
    Adele Amos Beatrix Caspian Clara Colin Conrad Dahlia Edith Edmund Esther Felix Flora Frances Frederick Gemma
    Gideon Gregory Harriet Hugo Imogen Jasper Joanna Julius Laurence Lucinda Mabel Marcus Marian Maximilian
    Miriam Nathaniel Ophelia Patrick Philippa Quentin Raymond Rosalie Rupert Silas Simon Susannah Tabitha
    Theodora Tobias Ursula Valerie Vincent Winifred Zachary Isabel Robert Richard Edward Donald Steven Timothy
    Deborah Pamela Christine Jacqueline
    """,
    """
    Abbott Ainsley Barlow Beckett Blythe Bowen Carlisle Chandler Copeland Dalton Draper Eastwood Fairchild Finch
    Garrick Hadley Hale Hargrove Holland Irving Jarvis Keating Lambert Langley Lockwood Lowell Mather Merrick
    Nash Norwood Osborne Pemberton Prescott Quimby Radcliffe Rowe Sheridan Sinclair Somers Stanton Thorne
    Underwood Vance Whitaker Winslow Wyndham Yates Baker Cook Turner Wright Mason
    """,
)
_SPANISH = (
    """
    Abril Agustín Alma Aurelio Belén Benita Camilo Cecilia Damián Dolores Elías Esperanza Fabián Fermín Gonzalo
    Inés Íñigo Jimena Joaquín Lourdes Lucía Marisol Martín Nicolás Óscar Pilar Ramón Raquel Rocío Sergio Soledad
    Tomás Úrsula
    """,
    """
    Acosta Aguirre Álvarez Barrera Benítez Bermúdez Cabrera Calderón Cárdenas Contreras Domínguez Escobar
    Figueroa Gálvez Guerrero Ibarra Lozano Maldonado Méndez Navarro Ochoa Pacheco Quiroga Ríos Salinas Sandoval
    Trejo Valdez Villanueva Zamora Zúñiga
    """,
)
_SLAVIC = (
    """
    Aleksei Bogdan Daria Fyodor Galina Gleb Irina Kirill Ksenia Lyubov Maksim Marina Nadezhda Oksana Pavel
    Ruslan Semyon Taisiya Timofey Ulyana Vasily Yaroslav Yelena Yuri Zhanna Zoya
    """,
    """
    Abramov Bondarenko Chernov Dmitriev Fedorchuk Gavrilov Kharlamov Klymenko Kovalchuk Lysenko Makarov Melnyk
    Orlov Pavlenko Savchenko Shevchuk Sokolov Tkachenko Tsvetkov Vorobyov Yakovenko Zaitsev Zhukov
    """,
)
_ARABIC = (
    """
    Abdulrahman Amina Bilal Dalia Farid Hadiya Hassan Huda Jamila Karim Khadija Latifa Mahmoud Nadia Noor Qasim
    Rashid Salma Samir Suleiman Tariq Wafa Yasmin Zainab Mohamed Mustafa
    """,
    """
    Abdallah Alawi Bashir Darwish Farouk Ghanem Habib Hamdan Ismail Jaber Kassem Khoury Mansour Nasser Qureshi
    Rahman Saleh Shaheen Yassin Zidan Al-Masri El-Amin
    """,
)
_ASIAN = (
    """
    Bao Chen Hana Hieu Hui Jiahao Jing Kenji Lan Mai Ming Nam Phuong Quan Ren Sakura Sora Thao Thi Trang Xin Yan
    Yuna Zihan Jun Min
    """,
    """
    Cao Chang Dang Do Ha Hoang Ito Kim Lam Le Li Lin Liu Mori Ngo Park Phan Sato Truong Vo Wang Wu Xu Yang Zhang
    Zhou
    """,
)
_LANGUAGES = tuple((given.split(), family.split()) for given, family in (_LATIN, _SPANISH, _SLAVIC, _ARABIC, _ASIAN))
_SAME_SOUND = (
    ("y", "i"), ("i", "y"), ("kh", "h"), ("ts", "c"), ("zh", "j"), ("ou", "u"), ("ei", "ey"), ("ks", "x"), ("q", "k"),
    ("dh", "d"), ("oo", "u"), ("ai", "ay"), ("aa", "a"), ("ee", "i"), ("yo", "io"), ("ss", "s"), ("f", "ph"),
)  # fmt: skip
_CALLED = MappingProxyType(
    {
        "Isabel": "Bel", "Frances": "Fran", "Frederick": "Fred", "Gregory": "Greg", "Maximilian": "Max",
        "Nathaniel": "Nate", "Patrick": "Paddy", "Robert": "Bob", "Richard": "Rick", "Edward": "Ned", "Donald": "Don",
        "Steven": "Steve", "Timothy": "Tim", "Deborah": "Debbie", "Pamela": "Pam", "Christine": "Chris",
        "Theodora": "Dora", "Susannah": "Sue", "Joanna": "Jo", "Zachary": "Zack", "Raymond": "Ray", "Vincent": "Vinny",
        "Aleksei": "Alyosha", "Nadezhda": "Nadya", "Yelena": "Lena", "Suleiman": "Sully", "Dolores": "Lola",
        "Esperanza": "Espe", "Gonzalo": "Gonza", "Nicolás": "Nico", "Jacqueline": "Jackie", "Tabitha": "Tabby",
    }
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Other:
    """What such a district is made of; shares of persons, or of second accounts."""

    double: float = 0.04
    languages: tuple[int, ...] = (5, 3, 1, 1, 1)
    born: float = 0.55
    email: float = 0.5
    family_email: float = 0.0
    typo: float = 0.08
    called: float = 0.15
    transliterated: float = 0.1
    one_surname: float = 0.4
    display: float = 0.05
    drift: float = 0.0
    in_class: float = 0.8
    providers: tuple[Provider, ...] = (CLEVER, GOOGLE_CLASSROOM)
    rejoined: float = 0.3
    siblings: float = 0.14
    twins: float = 0.012


MIXES: Mapping[str, Other] = MappingProxyType(
    {
        "plain": Other(),
        "typos": Other(typo=0.4),
        "no birthdays": Other(born=0.0),
        "transliterated": Other(languages=(1, 1, 4, 4, 2), transliterated=0.7),
        "surname dropped": Other(languages=(1, 6, 0, 1, 0), one_surname=0.95),
        "First L.": Other(display=0.6),
        "parents' addresses": Other(email=0.9, family_email=0.7, siblings=0.25),
        "grade drift": Other(drift=0.5, rejoined=0.6),
        "few classes": Other(in_class=0.1),
        "Google and passwords": Other(providers=(GOOGLE_CLASSROOM,)),
        "nobody double": Other(double=0.0, twins=0.05, siblings=0.3),
    }
)


@attrs.define
class _Child:
    number: int
    given: str
    family: str
    school: int
    grade: int
    born: date
    home: int
    rooms: list[int]


def other_district(
    size: int, *, seed: int, mix: Other
) -> tuple[tuple[Profile, ...], frozenset[tuple[AccountId, AccountId]]]:
    """Make profiles of about so many students, and the pairs (smaller id first) that are one human."""
    return _Making(random.Random(f"other {seed}"), mix).made(size)  # noqa: S311 - made-up people are no secret


class _Making:
    def __init__(self, dice: random.Random, mix: Other) -> None:
        self.dice, self.mix = dice, mix
        self.profiles: list[Profile] = []
        self.owned: list[list[AccountId]] = []
        self.rooms: list[tuple[int, AccountId]] = []
        self.owners: dict[str, int] = {}
        self.invented = [self._invented() for _ in range(3000)]

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def made(self, size: int) -> tuple[tuple[Profile, ...], frozenset[tuple[AccountId, AccountId]]]:
        children: list[_Child] = []
        school = 0
        while len(children) < size:
            children += self._school(school, min(self.dice.randrange(250, 1100), size - len(children)), len(children))
            school += 1
        for child in children:
            self._accounts(child)
        self.dice.shuffle(self.profiles)
        pairs = {(min(pair), max(pair)) for accounts in self.owned for pair in combinations(accounts, 2)}
        return tuple(self.profiles), frozenset(pairs)

    # --- People -------------------------------------------------------------------------------------------------------

    def _invented(self) -> str:
        syllables = (
            "bran",
            "cor",
            "dal",
            "fen",
            "gar",
            "hol",
            "kest",
            "lor",
            "mar",
            "pel",
            "rud",
            "sten",
            "tor",
            "wick",
        )
        ends = ("ley", "more", "ard", "ett", "well", "by", "low", "man", "ova", "ini", "ez", "son", "akis", "oglu")
        return ("".join(self.dice.sample(syllables, 2)) + self.dice.choice(ends)).title()

    def _named(self) -> tuple[str, str]:
        given, family = self.dice.choices(_LANGUAGES, self.mix.languages)[0]
        first = given[int(len(given) * self.dice.random() ** 1.7)]
        last = family[int(len(family) * self.dice.random() ** 1.5)]
        if self.chance(0.35):
            last = self.dice.choice(self.invented)
        elif family is _LANGUAGES[1][1] and self.chance(0.7):
            last = f"{last} {self.dice.choice(family)}"
        return first, last

    def _school(self, school: int, size: int, first: int) -> list[_Child]:
        children: list[_Child] = []
        grades = range(self.dice.choice((0, 6)), self.dice.choice((7, 13)))
        while len(children) < size:
            given, family = self._named()
            grade = self.dice.choice(grades)
            child = _Child(
                first + len(children), given, family, school, grade, self._day(grade), first + len(children), []
            )
            children.append(child)
            roll = self.dice.random()
            if roll < self.mix.twins / 2:
                children.append(attrs.evolve(child, number=first + len(children), given=self._sibling(given), rooms=[]))
            elif roll < (self.mix.twins + self.mix.siblings) / 2:
                other = self.dice.choice(grades)
                children.append(
                    attrs.evolve(
                        child,
                        number=first + len(children),
                        given=self._sibling(given),
                        grade=other,
                        born=self._day(other),
                        rooms=[],
                    )
                )
        for grade in grades:
            pupils = [child for child in children if child.grade == grade]
            for subject in ("math", "reading", "science")[: 1 if grade < 5 else 3]:
                self.dice.shuffle(pupils)
                for start in range(0, len(pupils), 24):
                    self._room(school, f"{subject} {grade}", pupils[start : start + 24])
        return children

    def _sibling(self, given: str) -> str:
        while (name := self._named()[0]) == given:
            pass
        return name

    def _day(self, grade: int) -> date:
        return date(2020 - grade, 8, 15) + timedelta(days=self.dice.randrange(380))

    def _room(self, school: int, title: str, pupils: list[_Child]) -> None:
        number, (given, family) = len(self.rooms), self._named()
        account = AccountId(f"t{number}")
        kinds = [*self.mix.providers, None]
        self.profiles.append(
            Profile(
                account=account,
                name=PersonName(given, family),
                schools=(SchoolId(f"s{school}"),),
                memberships=tuple(
                    ClassMembership(section=_section(number, kind), role=EnrollmentRole.TEACHER, name=title)
                    for kind in kinds
                ),
            )
        )
        self.rooms.append((school, account))
        for pupil in pupils:
            pupil.rooms.append(number)

    # --- Accounts -----------------------------------------------------------------------------------------------------

    def _accounts(self, child: _Child) -> None:
        providers = self.mix.providers
        if not self.chance(self.mix.double):
            count = self.dice.choices((0, 1, len(providers)), (15, 60, 25))[0]
            self._account(child, tuple(self.dice.sample(providers, count)))
            return
        mine: list[AccountId] = []
        self.owned.append(mine)
        first = self.dice.choice(providers)
        mine.append(self._account(child, (first,)))
        if self.chance(self.mix.rejoined):
            mine.append(self._account(child, (first,), again=True, blurred=self.chance(0.7)))
        elif len(providers) > 1 and self.chance(0.6):
            mine.append(self._account(child, tuple(one for one in providers if one != first), blurred=True))
        else:
            mine.append(self._account(child, (), blurred=True))

    def _account(
        self, child: _Child, providers: tuple[Provider, ...], *, again: bool = False, blurred: bool = False
    ) -> AccountId:
        dice, mix = self.dice, self.mix
        account = AccountId(f"{dice.randrange(16**8):08x}{len(self.profiles)}")
        given, family = self._blurred(child) if blurred else (child.given, child.family)
        keys = {
            one: IdentityKey(one, DistrictId("d"), PersonId(f"{one}{child.number}{'x' * again}")) for one in providers
        }
        kinds: tuple[Provider | None, ...] = providers or ((None,) if self.chance(mix.in_class) else ())
        memberships = tuple(
            ClassMembership(section=_section(room, kind), listed_as=keys.get(kind) if kind else None)
            for room in child.rooms
            for kind in kinds
            if not again and self.chance(mix.in_class)
        )
        created = _TODAY - timedelta(days=dice.randrange(400, 700) if again else dice.randrange(20, 380))
        active = created + timedelta(days=dice.randrange(1, 250 if again else 20))
        grade = child.grade - again - (again and self.chance(mix.drift)) + (blurred and self.chance(mix.drift / 3))
        self.profiles.append(
            Profile(
                account=account,
                name=PersonName(given, family),
                emails=self._emails(child, given, family),
                identities=tuple(
                    LinkedIdentity(
                        key=key,
                        listed=not again,
                        sis_id=f"{child.number}{'b' * again}" if one == CLEVER else None,
                        student_number=f"{child.number:07}" if one == CLEVER and self.chance(0.25) else None,
                    )
                    for one, key in keys.items()
                ),
                birth_date=self._born(child, blurred=blurred) if self.chance(mix.born) else None,
                grade=str(grade) if grade > 0 and (keys or self.chance(0.4)) else None,
                schools=(SchoolId(f"s{child.school}"),) if keys or self.chance(0.4) else (),
                memberships=memberships,
                created_at=created,
                last_active_at=active,
                has_password=not keys,
            )
        )
        return account

    def _born(self, child: _Child, *, blurred: bool) -> date:
        born = child.born
        if blurred and self.chance(0.06):
            return born.replace(month=born.day, day=born.month) if born.day <= 12 else born.replace(day=born.day - 10)
        return born

    def _emails(self, child: _Child, given: str, family: str) -> tuple[str, ...]:
        if not self.chance(self.mix.email):
            return ()
        if self.chance(self.mix.family_email):
            return (f"home{child.home}@family.example",)
        plain = "".join(letter for letter in f"{given}.{family}".lower() if letter in f"{ascii_lowercase}.")
        address = f"{plain}{child.number % 100}@{self.dice.choice(('school', 'mail'))}.example"
        while self.owners.setdefault(address, child.number) != child.number:
            address = f"{self.dice.randrange(10)}{address}"
        return (address,)

    def _blurred(self, child: _Child) -> tuple[str, str]:
        mix, given, family = self.mix, child.given, child.family
        if self.chance(mix.called):
            given = _CALLED.get(given) or (f"{given[:4]}y" if len(given) > 5 else given)
        if self.chance(mix.transliterated):
            given, family = self._respelt(given), self._respelt(family)
        if " " in family and self.chance(mix.one_surname):
            family = self.dice.choice((family.split()[0], family.split()[0], family.replace(" ", "-")))
        if self.chance(mix.typo):
            given, family = (self._typo(given), family) if self.chance(0.5) else (given, self._typo(family))
        if self.chance(mix.display):
            family = f"{family[0]}."
        return given, family

    def _respelt(self, word: str) -> str:
        fitting = [(old, new) for old, new in _SAME_SOUND if old in word.lower()[1:]]
        if not fitting:
            return word
        old, new = self.dice.choice(fitting)
        place = word.lower().index(old, 1)
        return word[:place] + new + word[place + len(old) :]

    def _typo(self, word: str) -> str:
        place = self.dice.randrange(len(word) - 1) if len(word) > 1 else 0
        kind = self.dice.randrange(4)
        letter = self.dice.choice("aeinorst")
        swapped = word[:place] + word[place + 1 : place + 2] + word[place : place + 1] + word[place + 2 :]
        return (
            word[: place + 1] + word[place : place + 1] + word[place + 1 :],
            word[: place + 1] + word[place + 2 :],
            word[: place + 1] + letter + word[place + 2 :],
            swapped,
        )[kind]


def _section(room: int, kind: Provider | None) -> HostSectionId:
    return HostSectionId(f"{kind or 'hand'}-{room}")
