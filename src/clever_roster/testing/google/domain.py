"""A school's Google domain on one day: immutable values, close to what Classroom shows of it.

The people are those of a sample district, seen by another provider: other ids, other addresses, names as the children
write them. `origin` says who is who, which no provider ever does; tests hold a detector to it. How a record looks on
the wire is decided in `classroom_host`, not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from clever_roster.model import PersonId, SectionId
from clever_roster.sources.google import CourseState

__all__ = ["ClassroomDomain", "SampleCourse", "SampleUser"]


@attrs.frozen(kw_only=True, repr=False)
class SampleUser:
    """A Google account.

    Attributes:
        id: 21 digits, the `sub` of an id_token and the user id of Classroom.
        verified_teacher: the school's administrator has confirmed it.
        hosted: whether it is of the domain; False for somebody's own account at another address.
    """

    id: PersonId
    first: str
    last: str
    email: str
    verified_teacher: bool = False
    hosted: bool = True

    def __repr__(self) -> str:
        return f"<SampleUser {self.id}>"


@attrs.frozen(kw_only=True)
class SampleCourse:
    """A course.

    Attributes:
        id: 12 digits.
        section: free text ("Period 3"); "" for none.
        teachers: the owner first.
        aliases: "d:..." or "p:...".
    """

    id: SectionId
    name: str
    section: str = ""
    room: str = ""
    state: str = CourseState.ACTIVE
    teachers: tuple[PersonId, ...] = ()
    students: tuple[PersonId, ...] = ()
    aliases: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, repr=False)
class ClassroomDomain:
    """One domain on one day.

    Attributes:
        name: as in an id_token's `hd`: "g.sampleton.test".
        courses, users: by id.
        origin: the id in the district that an account's owner has.
        twins: the district's section that is the same class as a course; a course without one is Google's alone.
    """

    name: str
    courses: Mapping[SectionId, SampleCourse]
    users: Mapping[PersonId, SampleUser]
    origin: Mapping[PersonId, PersonId] = attrs.field(factory=dict[PersonId, PersonId])
    twins: Mapping[SectionId, SectionId] = attrs.field(factory=dict[SectionId, SectionId])

    def __repr__(self) -> str:
        return f"<ClassroomDomain {self.name}: {len(self.courses)} courses, {len(self.users)} users>"

    # --- Who and what it is in the district ---

    def account_of(self, person: PersonId) -> PersonId:
        """The Google id of a person of the district.

        Raises:
            LookupError: they have no account here.
        """
        for account, known in self.origin.items():
            if known == person:
                return account
        raise LookupError(f"Person {person} has no Google account.")

    def course_of(self, section: SectionId) -> SectionId:
        """The course that is the same class as a section of the district.

        Raises:
            LookupError: there is none.
        """
        for course, known in self.twins.items():
            if known == section:
                return course
        raise LookupError(f"Section {section} has no course.")

    def taught_by(self, user: PersonId) -> tuple[SampleCourse, ...]:
        """The courses of a teacher, whatever their state, in the order of ids."""
        return tuple(course for _, course in sorted(self.courses.items()) if user in course.teachers)

    # --- What happens to it over night ---

    def altered(self, *changed: SampleCourse | SampleUser) -> ClassroomDomain:
        """The same domain with these courses and users as they are now; new ones are added."""
        courses = {one.id: one for one in changed if isinstance(one, SampleCourse)}
        users = {one.id: one for one in changed if isinstance(one, SampleUser)}
        return attrs.evolve(self, courses={**self.courses, **courses}, users={**self.users, **users})

    def without(self, course: SectionId) -> ClassroomDomain:
        """The same domain when a course was deleted."""
        return attrs.evolve(self, courses={key: one for key, one in self.courses.items() if key != course})

    def joined(self, course: SectionId, *students: PersonId) -> ClassroomDomain:
        """The same domain when students joined a course."""
        return self._with_students(course, {*self.courses[course].students, *students})

    def left(self, course: SectionId, *students: PersonId) -> ClassroomDomain:
        """The same domain when students left a course."""
        return self._with_students(course, {*self.courses[course].students} - {*students})

    def _with_students(self, course: SectionId, students: Iterable[PersonId]) -> ClassroomDomain:
        return self.altered(attrs.evolve(self.courses[course], students=tuple(sorted(students))))
