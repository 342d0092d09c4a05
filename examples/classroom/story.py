"""The demonstration: who is here before anybody clicks, and what may happen in the district overnight.

Last year the teacher's class came from Google Classroom, with names as people type them; this year it comes from
Clever. So some children will exist twice, and one of them has a home account with stars in it.
"""

import unicodedata
from datetime import timedelta

from classroom import people
from clever_roster.model import (
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    IdentityKey,
    Link,
    Origin,
    Role,
    SectionId,
    SectionKey,
)
from clever_roster.testing import Portal, next_day, showcase
from clever_roster.testing.evolution import enroll, withdraw
from clever_roster.testing.google import SimulatedGoogle, sample_classroom_domain

PASSWORD = "lighthouse"
LAST_YEAR = SectionKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, SectionId("100000000000"))
PUPILS = 8


def google_of(district, app):
    """A pretend Google for the same school, registered with `app`."""
    domain = sample_classroom_domain(district)
    parts = {_at_google(domain, person): part for person, part in _cast(district)}
    return SimulatedGoogle(domain, app=app, featured={one: part for one, part in parts.items() if one is not None})


def _at_google(domain, person):
    """Their Google id; a few children have none."""
    return next((account for account, one in domain.origin.items() if one == person), None)


def play(school, district, domain):
    """Fill an empty product with last year's class; the answer is whom to sign in as, by the part they play."""
    show, then = showcase(district), school.now() - timedelta(days=160)
    teacher, pupil = district.people[show.teacher], district.people[show.student]
    section = district.sections[show.sections[0]]
    children = {_at_google(domain, one): district.people[one] for one in section.students if one != show.student}
    children = [(account, child) for account, child in children.items() if account is not None][:PUPILS]
    cast = {
        "teacher": (teacher, f"{_plain(teacher.last)}@lighthouse.test"),
        "pupil": (pupil, f"{_plain(pupil.first)}@home.test"),
    }
    with school.opened() as (ports, connection):
        for part, (person, email) in cast.items():
            account = people.sign_up(
                connection,
                person.first,
                person.last,
                email,
                PASSWORD,
                granted=people.TEACH if part == "teacher" else "",
                created_at=then,
            )
            if account is None:  # a database that has lived through this before
                return {name: email for name, (_, email) in cast.items()}
            if part == "teacher":
                owner = account
            else:
                _earn(connection, account, 12)
        robin = people.sign_up(connection, "Robin", "Example", "robin@home.test", PASSWORD, created_at=then)
        _earn(connection, robin, 3)
        _last_year(ports, connection, owner, f"Last year: {section.name}", children=children, then=then)
    return {part: email for part, (_, email) in cast.items()}


def _last_year(ports, connection, owner, name, *, children, then):
    (section,) = ports.sections.save([HostSection(name=name, owner=owner, source=LAST_YEAR, archived=True)])
    rows = []
    for number, (at_google, child) in enumerate(children):
        first, last = _as_typed(number, child.first, child.last)
        email = f"g{number:02}@classroom.example" if number % 3 else child.email
        account = people.sign_up(connection, first, last, email, None, created_at=then)
        _earn(connection, account, 3 + number)
        key = IdentityKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, at_google)
        ports.links.add([Link(key=key, account=account, linked_at=then, roles=frozenset({Role.STUDENT}))])
        rows.append((account, EnrollmentRole.STUDENT, key.subject))
    ports.sections.save_enrollments(
        [
            HostEnrollment(
                section=section.id,
                account=account,
                role=role,
                origin=Origin.SOURCE,
                status=EnrollmentStatus.ACTIVE,
                since=then,
                changed_at=then,
                person=person,
            )
            for account, role, person in rows
        ]
    )


def _earn(connection, account, count):
    for number in range(count):
        people.finish_lesson(connection, account, f"Last year's lesson {number + 1}")


def _plain(word):
    folded = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return "".join(filter(str.isalnum, folded)).lower() or "somebody"


def _as_typed(number, first, last):
    """How a name looks after somebody typed it into another form: right, without accents, or with a slip."""
    match number % 4:
        case 1:
            return _without_accents(first), _without_accents(last)
        case 2:
            return f"{first[:1]}{first[2:3]}{first[1:2]}{first[3:]}", last
        case _:
            return first, last


def _without_accents(word):
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


# --- Overnight --------------------------------------------------------------------------------------------------------


class Nights:
    """What the pretend Clever's portal offers to let happen until tomorrow.

    At Google the same day passes for the first district; what the school office does wrong is not seen there.
    """

    def __init__(self, districts, google):
        self.slipped = {}
        self.google, self.there = google, districts[0].id
        self.portal = Portal(
            featured={person: part for district in districts for person, part in _cast(district)},
            nights={
                "An ordinary day": self.pass_a_day,
                "A slip: most of one class is gone": self.slip,
                "The school mends the slip": self.mend,
            },
        )

    def pass_a_day(self, district):
        tomorrow = next_day(district, seed=1)
        if district.id == self.there:
            whole = tomorrow
            for person, section in self.slipped.get(district.id, ()):
                if person in whole.people and section in whole.sections:
                    whole = enroll(whole, person, section)
            self.google.replace(sample_classroom_domain(whole))
        return tomorrow

    def slip(self, district):
        """Somebody at the school office uploads half a file."""
        section = showcase(district).sections[0]
        gone = district.sections[section].students[4:]
        self.slipped.setdefault(district.id, []).extend((person, section) for person in gone)
        for person in gone:
            district = withdraw(district, person, section)
        return district

    def mend(self, district):
        for person, section in self.slipped.pop(district.id, ()):
            if person in district.people:
                district = enroll(district, person, section)
        return district


def _cast(district):
    show = showcase(district)
    classmate = next(one for one in district.sections[show.sections[0]].students if one != show.student)
    admins = [one.id for one in district.people_with(Role.DISTRICT_ADMIN) if Role.TEACHER not in one.roles]
    yield show.teacher, "teaches look-alike classes"
    yield show.student, "a student"
    yield classmate, "another student"
    if admins:
        yield admins[-1], "runs the district"
