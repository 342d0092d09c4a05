"""Made-up districts with known duplicates, to test and measure the detector. Nobody here exists.

Planted: second (sometimes third) accounts of one human, made by another provider, by a password, by last year's roster
or by a re-created Clever id; nicknames, slips, swapped fields, folded accents, dropped second surnames, surnames cut to
an initial, missing birthdays, other addresses. Traps: twins, brothers and sisters, namesakes. Nicknames come from the
table below and from two rules; nothing is shared with the detector's own table, and some of ours it does not know.
"""

from __future__ import annotations

import random
import unicodedata
from bisect import bisect
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, combinations
from sys import intern

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
    SchoolId,
)

DISTRICT = DistrictId("d1")
TODAY = datetime(2026, 10, 1, 12, tzinfo=UTC)

# A million accounts fit in memory when what many have in common is one object.
_DAYS = [TODAY - timedelta(days=days) for days in range(900)]
_TITLES = [f"Grade {grade}" for grade in range(14)]

GIVEN = """
Liam Noah Oliver James Elijah Mateo Theodore Henry Lucas William Benjamin Levi Sebastian Jack Ezra Michael Daniel
Leo Owen Samuel Hudson Alexander Asher Luca Ethan John David Jackson Joseph Mason Luke Matthew Julian Dylan Elias
Jacob Maverick Gabriel Logan Aiden Thomas Isaac Miles Grayson Santiago Anthony Wyatt Carter Jayden Ezekiel Caleb
Cooper Josiah Charles Christopher Isaiah Nolan Cameron Nathan Joshua Kai Waylon Angel Lincoln Andrew Roman Adrian
Aaron Thiago Axel Ryan Jonathan Jose Juan Carlos Luis Jesus Diego Miguel Alejandro Eduardo Francisco Ricardo Javier
Andrés Emiliano Mohammed Yusuf Omar Ibrahim Ahmed Dmitri Mikhail Ivan Tomasz Jakub Wei Hiroshi Minh Arjun Rohan
Olivia Emma Charlotte Amelia Sophia Mia Isabella Ava Evelyn Luna Harper Sofia Camila Eleanor Elizabeth Violet
Scarlett Emily Hazel Lily Gianna Aurora Penelope Aria Nora Chloe Ellie Mila Avery Layla Abigail Ella Isla Eliana
Nova Madison Zoe Ivy Grace Lucy Willow Emilia Riley Naomi Victoria Stella Elena Hannah Valentina Maya Zoey Delilah
Leah Lainey Lillian Paisley Genesis Madelyn Sadie Sophie Leilani Addison Natalie Josephine Alice Ruby Claire Kinsley
Everly Emery Adeline Kennedy Maeve Audrey Autumn Athena Eden Iris Anna Eloise Jade Maria José Guadalupe Ximena
Gabriella Catherine Katherine Margaret Rebecca Jennifer Jessica Samantha Alexandra Alexandria Nicole Stephanie
Fatima Aisha Mariam Anastasia Svetlana Katarzyna Agnieszka Mei Yuki Linh Priya Ananya Zoë Chloé Renée Inés Ángela
Jaden Caden Kaden Brayden Hayden Aidan Sara Sarah Katelyn Caitlin Kaitlyn
""".split()  # noqa: SIM905
FAMILY = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson
Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young
Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter
Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers
Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez
Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez
Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez Simmons Romero Jordan
Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran
Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernandez Mcdonald Woods Washington Kennedy Wells
Vargas Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw
Snyder Mason Dixon Muñoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar Fox Warren Mills
Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn Kelley Spencer
Hawkins Núñez Peña Ibáñez O'Brien O'Connor D'Angelo Kowalski Nowak Wiśniewska Ivanov Petrov Schäfer Müller Okafor
Adeyemi Haddad Hussein Yamamoto Tanaka Pham Huang Singh Kaur Gupta
""".split()  # noqa: SIM905
_STARTS = """
Al Ba Be Bra Ca Che Da De Dro El Fa Fe Ga Gri Ha Hol Ja Ka Kle La Lo Ma Mo Na Ne Or Pa Pru Ra Ri Sa Ste Ta Tre Va Vo
Wa Wen Ya Za
""".split()  # noqa: SIM905
_MIDDLES = """
bar ber da del dri fen go gri ka lan len lo mar me na ni no ra ri sha so ta ter ti va vi zo
""".split()  # noqa: SIM905
_GIVEN_ENDS = ["a", "ah", "e", "en", "ia", "iel", "in", "is", "on", "us", "yn"]
_FAMILY_ENDS = """
berg bridge by dale ez ford ham ini kov lund mann off quist rian sen ski son ström ton wicz
""".split()  # noqa: SIM905

SHORT = {
    "Benjamin": "Ben", "William": "Will", "James": "Jim", "Theodore": "Teddy", "Elijah": "Eli", "Sebastian": "Seb",
    "Michael": "Mike", "Daniel": "Danny", "Samuel": "Sam", "Alexander": "Sasha", "Joseph": "Joey", "Matthew": "Matt",
    "Gabriel": "Gabe", "Thomas": "Tom", "Isaac": "Zac", "Santiago": "Santi", "Anthony": "Tony", "Ezekiel": "Zeke",
    "Charles": "Chuck", "Christopher": "Topher", "Nathan": "Nate", "Joshua": "Josh", "Andrew": "Drew", "Jose": "Pepe",
    "José": "Pepe", "Luis": "Lucho", "Jesus": "Chuy", "Francisco": "Paco", "Ricardo": "Rico", "Eduardo": "Lalo",
    "Alejandro": "Jandro", "Javier": "Javi", "Mohammed": "Mo", "Dmitri": "Dima", "Mikhail": "Misha", "Ivan": "Vanya",
    "Charlotte": "Lottie", "Isabella": "Izzy", "Eleanor": "Nell", "Elizabeth": "Betsy", "Emily": "Em",
    "Penelope": "Penny", "Abigail": "Abby", "Victoria": "Tori", "Lillian": "Lil", "Madelyn": "Maddie",
    "Josephine": "Josie", "Natalie": "Nat", "Guadalupe": "Lupita", "Gabriella": "Gabby", "Catherine": "Cathy",
    "Katherine": "Kitty", "Margaret": "Peggy", "Rebecca": "Becca", "Jennifer": "Jen", "Jessica": "Jess",
    "Samantha": "Sam", "Alexandra": "Lexi", "Alexandria": "Allie", "Nicole": "Nikki", "Stephanie": "Steph",
    "Anastasia": "Nastya", "Svetlana": "Sveta", "Katarzyna": "Kasia", "Agnieszka": "Aga", "Maria": "Mari",
    "Henry": "Hank", "Maverick": "Mav", "Grayson": "Gray", "Cameron": "Cam", "Jonathan": "Jonny", "Diego": "Dieguito",
    "Sophia": "Phia", "Scarlett": "Scar", "Penny": "Pen", "Adeline": "Addie", "Kennedy": "Kenny", "Ximena": "Xime",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Mix:
    """What a district is made of; shares of persons, or of second accounts."""

    duplicates: float = 0.03
    third: float = 0.1
    twins: float = 0.015
    siblings: float = 0.09
    linked_to_both: float = 0.25
    clever_only: float = 0.4
    google_only: float = 0.2
    no_birthday: float = 0.5
    nickname: float = 0.22
    slip: float = 0.12
    swap: float = 0.03
    initial: float = 0.1
    dropped: float = 0.5
    unaccented: float = 0.6
    no_email: float = 0.4
    same_email: float = 0.08
    secondary: float = 0.5
    school_size: int = 500
    class_size: int = 25
    rare_names: float = 0.5


@attrs.define
class _Person:
    number: int
    given: str
    family: str
    middle: str
    born: date
    grade: int
    school: int
    parent: str
    classes: list[int]


@attrs.define
class _Class:
    number: int
    school: int
    grade: int
    sections: dict[str, HostSectionId]


@attrs.frozen
class District:
    """Profiles, and the pairs of accounts (smaller id first) that are one human."""

    profiles: tuple[Profile, ...]
    pairs: frozenset[tuple[AccountId, AccountId]]


def district(size: int, *, seed: int, mix: Mix | None = None) -> District:
    """Make a district with about so many students."""
    dice = random.Random(seed)  # noqa: S311 - made-up people are random, not secret
    return _Maker(dice, mix or Mix()).district(size)


class _Maker:
    def __init__(self, dice: random.Random, mix: Mix) -> None:
        self.dice, self.mix = dice, mix
        self.accounts = 0
        self.profiles: list[Profile] = []
        self.owners: dict[int, list[AccountId]] = defaultdict(list)
        self.given, self.given_steps = self._zipf(GIVEN, 0.7)
        self.family, self.family_steps = self._zipf(FAMILY, 0.75)
        self.classes: list[_Class] = []
        self.addresses: dict[str, int] = {}
        self.staff: dict[int, tuple[int, tuple[AccountId, ...]]] = {}
        self.teachers: dict[AccountId, Profile] = {}
        self.teaching: dict[AccountId, list[ClassMembership]] = defaultdict(list)

    def _zipf(self, names: list[str], power: float) -> tuple[list[str], list[float]]:
        shuffled = self.dice.sample(names, len(names))
        return shuffled, list(accumulate(1 / (rank + 3) ** power for rank in range(len(shuffled))))

    def _given(self) -> str:
        if self.chance(self.mix.rare_names * 0.6):
            return self.dice.choice(_STARTS) + self.dice.choice(_MIDDLES) + self.dice.choice(_GIVEN_ENDS)
        return self.given[bisect(self.given_steps, self.dice.random() * self.given_steps[-1])]

    def _family(self) -> str:
        if self.chance(self.mix.rare_names):
            return self.dice.choice(_STARTS) + self.dice.choice(_MIDDLES) + self.dice.choice(_FAMILY_ENDS)
        name = self.family[bisect(self.family_steps, self.dice.random() * self.family_steps[-1])]
        if self.chance(0.12):
            return f"{name}{self.dice.choice(' -')}{self.family[bisect(self.family_steps, self.dice.random() * self.family_steps[-1])]}"  # noqa: E501
        return name

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def district(self, size: int) -> District:
        schools = max(1, round(size / self.mix.school_size))
        people: list[_Person] = []
        for school in range(schools):
            grades = range(6, 13) if school < schools * self.mix.secondary else range(6)
            people += self._school(school, grades, size // schools, len(people))
        for person in people:
            self._accounts(person)
        self.profiles += (
            attrs.evolve(teacher, memberships=tuple(self.teaching[account]))
            for account, teacher in self.teachers.items()
        )
        self.dice.shuffle(self.profiles)
        pairs = {(min(pair), max(pair)) for owned in self.owners.values() for pair in combinations(owned, 2)}
        return District(tuple(self.profiles), frozenset(pairs))

    def _school(self, school: int, grades: range, size: int, first: int) -> list[_Person]:
        people: list[_Person] = []
        while len(people) < size:
            grade = self.dice.choice(grades)
            born = date(2020 - grade, 9, 1) + timedelta(days=self.dice.randrange(365))
            person = _Person(
                first + len(people), self._given(), self._family(), self._given(), born, grade, school,
                f"parent{self.dice.randrange(10**9)}@mail.example", [],
            )  # fmt: skip
            people.append(person)
            if self.chance(self.mix.twins / 2):
                people.append(attrs.evolve(person, number=first + len(people), given=self._other(person), classes=[]))
            elif self.chance(self.mix.siblings / 2):
                other = self.dice.choice(grades)
                people.append(
                    attrs.evolve(
                        person,
                        number=first + len(people),
                        given=self._other(person),
                        classes=[],
                        grade=other,
                        born=date(2020 - other, 9, 1) + timedelta(days=self.dice.randrange(365)),
                    )
                )
        for grade in grades:
            pupils = [person for person in people if person.grade == grade]
            for _ in range(5 if grades.start else 1):
                self.dice.shuffle(pupils)
                for start in range(0, len(pupils), self.mix.class_size):
                    room = self._class(school, grade)
                    for pupil in pupils[start : start + self.mix.class_size]:
                        pupil.classes.append(room.number)
        return people

    def _other(self, person: _Person) -> str:
        while (name := self._given()) == person.given:
            pass
        return name

    def _class(self, school: int, grade: int) -> _Class:
        number = len(self.classes)
        kinds = [kind for kind, share in (("clever", 0.85), ("google", 0.65), ("hand", 0.4)) if self.chance(share)]
        sections = {kind: HostSectionId(f"{kind}{number}") for kind in kinds or ["clever"]}
        self._teachers(school, grade, sections)
        self.classes.append(_Class(number, school, grade, sections))
        return self.classes[-1]

    def _teachers(self, school: int, grade: int, sections: dict[str, HostSectionId]) -> None:
        """One teacher has up to five classes, and now and then one account for each roster."""
        if self.staff.get(school, (0, ()))[0] % (5 if grade > 5 else 1) == 0:
            name, number = PersonName(self._given(), self._family()), self.dice.randrange(1000)
            email = f"{_plain(name.first)}.{_plain(name.last)}{number}@school.example"
            two = self.chance(0.05)
            self.staff[school] = (0, tuple(self._teacher(school, name, email) for _ in range(1 + two)))
        count, accounts = self.staff[school]
        self.staff[school] = (count + 1, accounts)
        for turn, section in enumerate(sections.values()):
            taught = self.teaching[accounts[turn % len(accounts)]]
            taught.append(ClassMembership(section=section, role=EnrollmentRole.TEACHER, name=f"Grade {grade}"))
        self.owners[-len(self.owners) - 1] = list(accounts)

    def _teacher(self, school: int, name: PersonName, email: str) -> AccountId:
        account = self._id()
        self.teachers[account] = Profile(
            account=account, name=name, emails=(email,), schools=(SchoolId(f"s{school}"),), has_password=True
        )
        return account

    def _id(self) -> AccountId:
        self.accounts += 1
        return AccountId(f"a{self.dice.randrange(10**6):06}{self.accounts}")

    # --- Accounts of one person ---------------------------------------------------------------------------------------

    def _accounts(self, person: _Person) -> None:
        mix, roll = self.mix, self.dice.random()
        if roll < mix.linked_to_both:
            kinds = {"clever", "google"}
        elif roll < mix.linked_to_both + mix.clever_only:
            kinds = {"clever"}
        elif roll < mix.linked_to_both + mix.clever_only + mix.google_only:
            kinds = {"google"}
        else:
            kinds = {"hand"}
        if not self.chance(mix.duplicates):
            self._account(person, kinds)
            return
        way = self.dice.choice(["provider", "provider", "password", "re-created", "last year"])
        match way:
            case "provider":
                self._account(person, {"clever"})
                self._account(person, {"google"}, blurred=True)
            case "password":
                self._account(person, {"clever"})
                self._account(person, {"hand"}, blurred=True)
            case "re-created":
                self._account(person, {"clever"}, recent=self.chance(0.8))
                self._account(person, {"clever"}, blurred=self.chance(0.5), ended=True)
            case _:
                self._account(person, {"google"}, recent=self.chance(0.8))
                self._account(person, {self.dice.choice(["clever", "google", "hand"])}, blurred=True, ended=True)
        if self.chance(mix.third):
            self._account(person, {"hand"}, blurred=True)

    def _account(
        self, person: _Person, kinds: set[str], *, blurred: bool = False, ended: bool = False, recent: bool = False
    ) -> None:
        dice, mix, account = self.dice, self.mix, self._id()
        name = self._blurred(person) if blurred else PersonName(person.given, person.family)
        subject = f"{person.number:06}{'old' * ended}"
        identities = {
            kind: LinkedIdentity(
                key=IdentityKey(provider, DISTRICT, PersonId(f"{kind[0]}{subject}")),
                listed=not ended,
                sis_id=f"sis{subject[: dice.choice([6, 9])]}" if kind == "clever" else None,
                student_number=f"n{person.number:06}" if kind == "clever" and self.chance(0.6) and not (
                    ended and self.chance(0.5)
                ) else None,
            )
            for kind, provider in (("clever", CLEVER), ("google", GOOGLE_CLASSROOM))
            if kind in kinds
        }  # fmt: skip
        created = _DAYS[dice.randrange(420, 800) if ended else dice.randrange(10, 90 if recent else 700)]
        until = _DAYS[dice.randrange(100, 140)] if ended else None
        rooms = [self.classes[number] for number in person.classes]
        moved = ended and self.chance(0.25)
        if ended:
            lower = [room for room in self.classes if room.grade == person.grade - 1 and room.school == person.school]
            rooms = dice.sample(lower, min(len(rooms), len(lower)))
        memberships = tuple(
            ClassMembership(
                section=section,
                listed_as=identities[kind].key if kind in identities else None,
                name=_TITLES[room.grade],
                since=created,
                until=until,
            )
            for room in rooms
            for kind, section in room.sections.items()
            if kind in kinds or (kind == "hand" and self.chance(0.1))
        )
        number = person.school if not moved else dice.randrange(max(len(self.classes) // 20, 1))
        school = SchoolId(intern(f"s{number}"))
        self.owners[person.number].append(account)
        self.profiles.append(
            Profile(
                account=account,
                name=name,
                emails=self._emails(person, name),
                identities=tuple(identities.values()),
                birth_date=None if self.chance(mix.no_birthday) else self._birthday(person, blurred=blurred),
                grade=str(person.grade - ended) if person.grade > ended and (identities or self.chance(0.5)) else None,
                schools=(school,) if identities or self.chance(0.3) else (),
                memberships=memberships,
                created_at=created,
                last_active_at=max(created, (until or TODAY) - timedelta(days=dice.randrange(1, 90))),
                activity=dice.choice([0, 0, dice.randrange(1, 300)]),
                has_password="hand" in kinds,
            )
        )

    def _emails(self, person: _Person, name: PersonName) -> tuple[str, ...]:
        if self.chance(self.mix.no_email):
            return ()
        if self.chance(self.mix.same_email):
            return (person.parent,)
        given, family = _plain(name.first), _plain(name.last)
        number = self.dice.randrange(10, 99)
        email = self.dice.choice(
            [f"{given}.{family}@school.example", f"{given[:1]}{family}{number}@school.example",
             f"star{self.dice.randrange(10**7)}@mail.example", f"{given}{number}@mail.example"]
        )  # fmt: skip
        # An address has one owner: the second child of a name gets a number.
        while self.addresses.setdefault(email, person.number) != person.number:
            email = email.replace("@", f"{self.dice.randrange(10)}@")
        return (email,)

    def _birthday(self, person: _Person, *, blurred: bool) -> date:
        born = person.born
        if blurred and self.chance(0.05):
            if born.day <= 12 and self.chance(0.5):
                return born.replace(month=born.day, day=born.month)
            return born + timedelta(days=1 if born.day < 28 and born.day % 10 != 9 else -1)
        return born

    def _blurred(self, person: _Person) -> PersonName:
        mix, given, family = self.mix, person.given, person.family
        if self.chance(mix.nickname):
            given = SHORT.get(given) or (given[: self.dice.randrange(3, 5)] if self.chance(0.3) else given)
        elif self.chance(0.03):
            given = person.middle
        if self.chance(mix.unaccented):
            given, family = _unaccented(given), _unaccented(family)
        parts = family.replace("-", " ").split()
        if len(parts) > 1 and self.chance(mix.dropped):
            family = self.dice.choice([parts[0], parts[-1], "".join(parts), " ".join(parts)])
        if self.chance(mix.slip):
            if self.chance(0.5):
                given = self._slipped(given)
            else:
                family = self._slipped(family)
        if self.chance(mix.initial):
            family = family[0] + self.dice.choice(["", "."])
        if self.chance(mix.swap):
            given, family = family, given
        return PersonName(given, family)

    def _slipped(self, word: str) -> str:
        if len(word) < 3:
            return word
        place = self.dice.randrange(1, len(word) - 1)
        letter = self.dice.choice("abcdefghijklmnopqrstuvwxyz")
        return self.dice.choice(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :],
            ]
        )


def _unaccented(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _plain(text: str) -> str:
    return "".join(letter for letter in _unaccented(text).lower() if letter.isalpha())
