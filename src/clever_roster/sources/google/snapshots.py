"""Reading courses into the same snapshot that Clever's sections are read into, with the same proof.

How a course's state is read:

    ACTIVE        read
    PROVISIONED   read, but proves nobody gone: the class has not begun
    ARCHIVED,     in the scope and not among the sections: ended at the source, by its teacher's own act
    DECLINED
    SUSPENDED     `unshared`: it exists, and Google hides it for now
    404           gone
    403           `unshared`: it exists, and this teacher no longer sees it
    anything new  read, but proves nobody gone

The Classroom API has no count and no second list to hold a list against, so a page that ends too early looks whole. Two
things stand in for it: the owner, whom the course names, must be among its teachers; and whoever was in the class when
it was last read (`known`) and is not listed now is asked for by name, which costs one request for each who left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import attrs

from clever_roster.errors import (
    ConfigurationError,
    NotFound,
    NotShared,
    ReauthRequired,
    ScopeMissing,
    SourceError,
    SwitchedOff,
)
from clever_roster.model import (
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    EnrollmentRole,
    Person,
    PersonId,
    Proof,
    Role,
    Section,
    SectionId,
    Snapshot,
)
from clever_roster.sources.google.reading import Api, Listed, at, read_list, read_one
from clever_roster.sources.google.records import Course, CourseState, Member, read_alias, read_course, read_member
from clever_roster.steps import Steps

__all__ = ["Roster", "person_of", "read_aliases", "read_roster", "read_snapshot"]

_ENDED = frozenset({CourseState.ARCHIVED, CourseState.DECLINED})
_WHERE = {EnrollmentRole.TEACHER: "teachers", EnrollmentRole.STUDENT: "students"}


@attrs.frozen(kw_only=True)
class Roster:
    """A course and everybody in it, as far as they were read."""

    section: Section
    people: Mapping[PersonId, Person] = attrs.field(repr=False)
    doubt: str | None
    pages: int


def read_snapshot(api: Api, courses: Collection[SectionId], known: Iterable[Section] = ()) -> Steps[Snapshot]:
    """Read these courses and everyone in them.

    Args:
        courses: the ids that Classroom assigned (`Course.id`), no aliases.
        known: the courses as they were read last (`ports.roster.sections(...)`): whoever is in them and missing from
            the lists is asked for by name, before anybody is believed to have left.

    Raises:
        ConfigurationError: an alias stands where an id is asked for.
        ReauthRequired, ScopeMissing, SwitchedOff: nothing can be read with this token.
    """
    taken_at = api.clock()
    before = {section.id: section for section in known}
    found: dict[SectionId, Section] = {}
    people: dict[PersonId, Person] = {}
    gaps: dict[SectionId, str] = {}
    unshared: set[SectionId] = set()
    pages = 0
    for wanted in sorted({*courses}):
        _is_id(wanted)
        try:
            course = yield from read_one(api, at("courses", wanted), read_course)
            if course.state == CourseState.SUSPENDED:
                unshared.add(wanted)
            if course.state in {CourseState.SUSPENDED, *_ENDED}:
                continue
            roster = yield from read_roster(api, course, before.get(wanted))
        except (ReauthRequired, ScopeMissing, SwitchedOff):
            raise
        except NotFound:
            continue
        except NotShared:
            unshared.add(wanted)
        except SourceError as error:
            gaps[wanted] = error.args[0]
        else:
            found[wanted] = roster.section
            for person in roster.people.values():
                people[person.id] = _both(people.get(person.id), person)
            pages += roster.pages
            if roster.doubt is not None:
                gaps[wanted] = roster.doubt
    return Snapshot(
        provider=GOOGLE_CLASSROOM,
        district=GOOGLE_ACCOUNTS,
        taken_at=taken_at,
        scope=frozenset(courses),
        people=people,
        sections=found,
        proof=Proof(gaps=gaps, pages=pages, rows=len(people)),
        unshared=frozenset(unshared),
    )


def read_roster(api: Api, course: Course, known: Section | None = None) -> Steps[Roster]:
    """Read who is in a course. Guardians are not: they are no members, and nothing here needs them.

    Raises:
        SourceError: not even the first pages could be read.
    """
    people: dict[PersonId, Person] = {}
    doubts = [] if course.state == CourseState.ACTIVE else [f"the course is {course.state}"]
    listed: dict[EnrollmentRole, list[PersonId]] = {}
    pages = 0
    for role, where in _WHERE.items():
        members: Listed[Member] = yield from read_list(
            api, at("courses", course.id, where), where, read_member, key=lambda member: member.person
        )
        pages += members.pages
        listed[role] = [member.person for member in members.records]
        for member in members.records:
            people[member.person] = _both(people.get(member.person), person_of(member, role))
        doubt = members.doubt or (yield from _missing(api, course, role, {*listed[role]}, known))
        if doubt is not None:
            doubts.append(f"its {where} are not proven: {doubt}")
    teachers = sorted(listed[EnrollmentRole.TEACHER], key=lambda one: (one != course.owner, one))
    if course.owner is not None and course.owner not in teachers:
        doubts.append("its owner is not among its teachers")
    aliases = yield from read_aliases(api, course.id)
    section = Section(
        id=course.id,
        district=GOOGLE_ACCOUNTS,
        name=course.name,
        period=course.section,
        sis_id=next((alias.removeprefix("d:") for alias in aliases if alias.startswith("d:")), None),
        teachers=tuple(teachers),
        students=tuple(sorted(listed[EnrollmentRole.STUDENT])),
    )
    return Roster(section=section, people=people, doubt="; ".join(doubts) or None, pages=pages)


def read_aliases(api: Api, course: SectionId) -> Steps[tuple[str, ...]]:
    """The aliases of a course: "d:..." for its domain (often the id in the school's system), "p:..." for this project.

    Nothing rests on them, so one that is not shared is none.
    """
    try:
        listed = yield from read_list(api, at("courses", course, "aliases"), "aliases", read_alias, key=lambda one: one)
    except (ReauthRequired, ScopeMissing, SwitchedOff):
        raise
    except SourceError:
        return ()
    return tuple(sorted(listed.records))


def person_of(member: Member, role: EnrollmentRole) -> Person:
    """A member as a person. To be listed as a teacher makes nobody one; the school's administrator does."""
    profile = member.profile
    roles = {Role.TEACHER} if profile.verified_teacher else set[Role]()
    if role is EnrollmentRole.STUDENT:
        roles.add(Role.STUDENT)
    return Person(
        id=member.person,
        district=GOOGLE_ACCOUNTS,
        name=profile.name,
        roles=frozenset(roles),
        email=profile.email,
    )


def _missing(
    api: Api, course: Course, role: EnrollmentRole, listed: Collection[PersonId], known: Section | None
) -> Steps[str | None]:
    """Ask for whoever was there and is not listed; why the list is not believed, or None.

    Documented: `courses.students.get` answers 404 when no student of this course has the id.
    """
    if known is None:
        return None
    were = known.teachers if role is EnrollmentRole.TEACHER else known.students
    for person in sorted({*were} - {*listed}):
        try:
            yield from read_one(api, at("courses", course.id, _WHERE[role], person), read_member)
        except NotFound:
            continue
        except (ReauthRequired, ScopeMissing, SwitchedOff):
            raise
        except SourceError as error:
            return f"whether {person} left could not be asked: {error.args[0]}"
        else:
            return f"the list leaves out {person}, who is there"
    return None


def _both(one: Person | None, other: Person) -> Person:
    """A person may teach one course and attend another."""
    return other if one is None else attrs.evolve(other, roles=one.roles | other.roles)


def _is_id(wanted: SectionId) -> None:
    if wanted.startswith(("d:", "p:")):
        raise ConfigurationError(
            f"{wanted} is an alias of a course, not its id.",
            next_step="Resolve it once with fetch_course(alias).id; aliases can be given to another course.",
        )
