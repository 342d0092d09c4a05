"""Small made-up worlds in which everything is odd: few names, half-known schools, classes of every source, old ids.

Where the districts of the other files are lifelike, these are crowded with what is rare there: classes that only a
teacher ties together, or that nobody's school is known of; sections under two kinds of key; lists of one class from two
sources; terms that are over; surnames that only an address spells; blocks that are one account short of too large.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

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
    SectionId,
    SectionKey,
)

_GIVEN = "Maria Mary Mia Nia Jose Joseph Joe Anna Ann Liam William Will Bo 芳 Zuri Zora Karim Kareem".split()  # noqa: SIM905
_FAMILY = [
    *"Garcia Garzia Martin Marten Wentiski Wentisky Lee Li W G M 李 Kharlamov Harlamov Smith-Jones Lopez".split(),  # noqa: SIM905
    *("Garcia Lopez", "de la Cruz", "Delacruz", "Smith", "Jones", ""),
]
_UNHEARD = ["Yolo", "Rare", "Unique", "Xylo", "Quux"]
_SOURCES: tuple[Provider | None, ...] = (CLEVER, GOOGLE_CLASSROOM, None)
_START = datetime(2026, 1, 1, tzinfo=UTC)


@attrs.frozen
class _Offered:
    """A class as one source has it."""

    source: Provider | None
    section: SectionKey | HostSectionId
    title: str
    teacher: PersonName


class World:
    """One world: who is there, and others who may come."""

    def __init__(self, seed: int) -> None:
        self.dice = dice = random.Random(f"tiny {seed}")  # noqa: S311 - made-up people are no secret
        self.schools = [SchoolId(f"s{number}") for number in range(dice.choice([1, 2, 3]))]
        self.homeless, self.further, self.renewed = dice.random(), self.chance(0.3), self.chance(0.3)
        staff = [PersonName(dice.choice(_GIVEN), dice.choice(_FAMILY)) for _ in range(dice.choice([2, 4, 8]))]
        self.staff = staff
        self.lessons = [(dice.choice(self.schools), self._offered(number)) for number in range(dice.choice([2, 4, 10]))]
        self.profiles = [self.somebody(f"{number}") for number in range(dice.choice([3, 20, 60, 120, 160]))]

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def newcomer(self) -> Profile:
        """Somebody else, or somebody who is here, once more."""
        one = self.somebody("new", unheard=0.5)
        if self.chance(0.4):
            here = self.dice.choice(self.profiles)
            return attrs.evolve(
                here,
                account=one.account,
                identities=self.dice.choice([here.identities, one.identities]),
                memberships=self.dice.choice([here.memberships, one.memberships, here.memberships[:1]]),
            )
        if self.chance(0.2):
            alone = ClassMembership(
                section=HostSectionId("nobody else's"),
                name="math",
                teachers=(self.dice.choice(self.staff),),
                listed_as=next((identity.key for identity in one.identities), None),
            )
            return attrs.evolve(one, memberships=(*one.memberships, alone))
        return one

    def _offered(self, number: int) -> list[_Offered]:
        dice, teacher, title = self.dice, self.dice.choice(self.staff), self.dice.choice(["math", "art p1", "", "art"])
        return [
            _Offered(
                source,
                SectionKey(source, DistrictId("d"), SectionId(f"{number}"))
                if source and self.chance(0.5)
                else HostSectionId(f"{source or 'hand'} {number}"),
                title if self.chance(0.8) else "another",
                teacher if self.chance(0.85) else dice.choice(self.staff),
            )
            for source in _SOURCES
            if self.chance(0.75)
        ]

    def somebody(self, suffix: str, *, unheard: float = 0.05) -> Profile:
        dice = self.dice
        name = PersonName(
            dice.choice(_GIVEN),
            dice.choice(_UNHEARD if self.chance(unheard) else _FAMILY),
            dice.choice(["", "", "", dice.choice(_GIVEN)]),
        )
        school = dice.choice(self.schools)
        identities = {source: self._identity(source) for source in (CLEVER, GOOGLE_CLASSROOM) if self.chance(0.5)}
        created = _START + timedelta(days=dice.randrange(100)) if self.chance(0.6) else None
        return Profile(
            account=AccountId(f"{dice.randrange(16**4):04x}{suffix}"),
            name=name,
            emails=self._emails(name) if self.chance(0.5) else (),
            identities=tuple(identities.values()),
            birth_date=date(2014, dice.randrange(1, 4), dice.randrange(1, 8)) if self.chance(0.4) else None,
            grade=dice.choice([None, "3", "4", "9"]),
            schools=() if self.chance(self.homeless) else (school, *dice.choice([(), (), self.schools[:1]])),
            memberships=self._memberships(school, identities),
            created_at=created,
            last_active_at=created + timedelta(days=dice.randrange(60)) if created and self.chance(0.8) else None,
            further={"street": dice.choice("abcdefgh"), "phone": f"{dice.randrange(300)}"} if self.further else {},
        )

    def _identity(self, source: Provider) -> LinkedIdentity:
        dice = self.dice
        return LinkedIdentity(
            key=IdentityKey(source, DistrictId(dice.choice("ddde")), PersonId(f"p{dice.randrange(200)}")),
            listed=self.chance(0.85),
            sis_id=f"{dice.randrange(60)}" if self.chance(0.3) else None,
            student_number=f"{dice.randrange(90)}" if self.chance(0.2) else None,
            legacy_id=PersonId(f"p{dice.randrange(200)}") if self.renewed and self.chance(0.2) else None,
        )

    def _emails(self, name: PersonName) -> tuple[str, ...]:
        dice, given = self.dice, name.first.lower()
        spelt = dice.choice([*_FAMILY, *_UNHEARD]).lower().replace(" ", "")
        address = dice.choice(
            [
                f"{given}{spelt}@x.example",
                f"{given[:1]}{spelt}@x.example",
                f"{given}.{spelt}@x.example",
                f"sh.ared{dice.randrange(9)}@x.example",
                f"shared{dice.randrange(9)}@y.example",
            ]
        )
        return (address, address.replace("@", ".@")) if self.chance(0.1) else (address,)

    def _memberships(self, school: SchoolId, identities: dict[Provider, LinkedIdentity]) -> tuple[ClassMembership, ...]:
        dice, role = self.dice, EnrollmentRole.TEACHER if self.chance(0.1) else EnrollmentRole.STUDENT
        found: list[ClassMembership] = []
        for where, classes in self.lessons:
            for offered in classes if self.chance(0.5 if where == school else 0.05) else ():
                since = _START + timedelta(days=dice.randrange(300)) if self.chance(0.5) else None
                over = (since or _START) + timedelta(days=dice.randrange(1, 100))
                source = offered.source if self.chance(0.93) else dice.choice([CLEVER, GOOGLE_CLASSROOM])
                listed_as = identities[source].key if source is not None and source in identities else None
                if self.chance(0.7):
                    found.append(
                        ClassMembership(
                            section=offered.section,
                            role=role,
                            listed_as=listed_as,
                            name=offered.title if self.chance(0.9) else "zz",
                            teachers=(offered.teacher,) if self.chance(0.4) else (),
                            since=since,
                            until=over if self.chance(0.2) else None,
                        )
                    )
        return (*found, *found[: self.chance(0.05)])
