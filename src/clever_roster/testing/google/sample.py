"""The same children, seen by Google: a domain made from a district, so that one class exists at two providers.

    domain = sample_classroom_domain(district, seed=1)
    tomorrow = sample_classroom_domain(next_day(district, seed=1), seed=1)   # the same accounts, a day later

What differs, as it does in schools: every id; every address, which is of the Google domain; names as the children write
them (a short form, no accents, one of two family names, no middle name); names of classes as the teacher calls them.
Some children have no account, some sit in a class with an account of their own from outside of the domain, and not
every co-teacher was confirmed by the administrator. Birth dates and student numbers are not there at all.

Everything is drawn from the seed and the id it belongs to, so that a person's account does not depend on who else is in
the district. The table of short forms is this file's own: a matcher must not be judged on a list that it shares with
the generator.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from random import Random
from unicodedata import combining, normalize

import attrs

from clever_roster.model import PersonId, Role, SectionId
from clever_roster.sources.google import CourseState
from clever_roster.testing.district import District, SamplePerson, SampleSection
from clever_roster.testing.google.domain import ClassroomDomain, SampleCourse, SampleUser
from clever_roster.testing.names import mailbox

__all__ = ["sample_classroom_domain"]

SHORT = {
    "Abigail": "Abby",
    "Alejandro": "Ale",
    "Alexander": "Alex",
    "Andrew": "Drew",
    "Anthony": "Tony",
    "Benjamin": "Ben",
    "Charlotte": "Lottie",
    "Christopher": "Chris",
    "Daniel": "Danny",
    "David": "Dave",
    "Elizabeth": "Liz",
    "Guadalupe": "Lupe",
    "Isabella": "Bella",
    "Jacob": "Jake",
    "James": "Jimmy",
    "Jessica": "Jess",
    "José": "Pepe",
    "Joseph": "Joe",
    "Joshua": "Josh",
    "Katherine": "Kate",
    "Matthew": "Matt",
    "Michael": "Mike",
    "Nicholas": "Nick",
    "Olivia": "Liv",
    "Samantha": "Sam",
    "Samuel": "Sammy",
    "Sofía": "Sofi",
    "Thomas": "Tom",
    "Valentina": "Vale",
    "William": "Will",
    "Zachary": "Zach",
}

SHORTENED, UNACCENTED, HALVED = 0.5, 0.6, 0.6
"""Of those whose name has a short form, accents, two family names: the share who write it so."""

NO_ACCOUNT, OWN_ACCOUNT, UNCONFIRMED = 0.03, 0.02, 0.3
"""Of students; of students; of co-teachers."""


def sample_classroom_domain(
    district: District, *, seed: int = 1, sections: Iterable[SectionId] | None = None
) -> ClassroomDomain:
    """The Google domain of a sample district.

    Args:
        seed: the same one makes the same accounts on every day of the district.
        sections: the classes that exist at Google too; None for all that have a teacher and students.
    """
    domain = f"g.{district.shortname}.test"
    wanted = sorted(district.sections if sections is None else sections)
    classes = [one for one in map(district.sections.__getitem__, wanted) if one.teachers and one.students]
    primary = {one.teachers[0] for one in classes}
    listed = sorted({person for one in classes for person in (*one.teachers, *one.students)})
    users = {
        person: user
        for person in listed
        if (user := _user(district.people[person], seed, domain, confirmed=person in primary)) is not None
    }
    courses = [_course(district, one, seed, users) for one in classes]
    archived = [_last_year(course, seed) for course in courses[:1]]
    return ClassroomDomain(
        name=domain,
        courses={course.id: course for course in sorted((*courses, *archived), key=lambda course: course.id)},
        users={user.id: user for user in sorted(users.values(), key=lambda user: user.id)},
        origin={user.id: person for person, user in users.items()},
        twins={course.id: one.id for course, one in zip(courses, classes, strict=True)},
    )


def _user(person: SamplePerson, seed: int, domain: str, *, confirmed: bool) -> SampleUser | None:
    rng = _drawn(seed, person.id)
    account = PersonId(_digits(seed, person.id, 21))
    student, chance = Role.STUDENT in person.roles, rng.random()
    if student and chance < NO_ACCOUNT:
        return None
    first, last = _as_written(person, rng) if student else (person.first, person.last)
    own = student and chance > 1 - OWN_ACCOUNT
    box = mailbox(first, last) or "s"
    return SampleUser(
        id=account,
        first=first,
        last=last,
        email=f"{box}{account[-4:]}@{'mail.test' if own else domain}",
        verified_teacher=not student and (confirmed or rng.random() > UNCONFIRMED),
        hosted=not own,
    )


def _as_written(person: SamplePerson, rng: Random) -> tuple[str, str]:
    """How a child writes their name: what one of them would find too long or too hard to type goes."""
    first, last = normalize("NFC", person.first), normalize("NFC", person.last)
    short, plain, half = rng.random() < SHORTENED, rng.random() < UNACCENTED, rng.random() < HALVED
    if short:
        first = SHORT.get(first, first)
    if half and "-" in last:
        last = last.partition("-")[0]
    return (_unaccented(first), _unaccented(last)) if plain else (first, last)


def _unaccented(name: str) -> str:
    """Without the marks on Latin letters; other scripts keep theirs, which are part of the letter."""
    if not any("LATIN" in letter_name for letter_name in map(_name_of, name)):
        return name
    return normalize("NFC", "".join(one for one in normalize("NFD", name) if not combining(one)))


def _name_of(letter: str) -> str:
    return "LATIN" if ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 else ""


def _course(district: District, section: SampleSection, seed: int, users: dict[PersonId, SampleUser]) -> SampleCourse:
    course = district.courses.get(section.course) if section.course else None
    return SampleCourse(
        id=SectionId(_digits(seed, section.id, 12)),
        name=course.name if course is not None else section.name,
        section=f"Period {section.period}" if section.period else "",
        room=str(100 + int(_digits(seed, section.id, 2))),
        teachers=tuple(users[person].id for person in section.teachers),
        students=tuple(sorted(users[person].id for person in section.students if person in users)),
        aliases=(f"d:{section.sis_id}",) if section.sis_id else (),
    )


def _last_year(course: SampleCourse, seed: int) -> SampleCourse:
    """The same class a year ago: put away by its teacher, and of the same name."""
    return attrs.evolve(
        course, id=SectionId(_digits(seed, f"{course.id} last year", 12)), state=CourseState.ARCHIVED, aliases=()
    )


def _drawn(seed: int, key: str) -> Random:
    return Random(f"google {seed} {key}")


def _digits(seed: int, key: str, count: int) -> str:
    """So many digits, none of them leading with a zero, the same for the same key."""
    number = int.from_bytes(sha256(f"google {seed} {key}".encode()).digest())
    return str(10 ** (count - 1) + number % (9 * 10 ** (count - 1)))
