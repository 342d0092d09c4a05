"""Clever's records as the nouns of `model`: blanks become None (but an email), roles a set, lists get an order."""

from __future__ import annotations

from collections.abc import Iterable

from clever_roster.clever import records
from clever_roster.model import Course, Person, PersonId, PersonName, Role, School, SchoolId, Section, Term

__all__ = ["course_of", "person_of", "roles_of", "school_of", "section_of", "term_of"]


def roles_of(user: records.User) -> frozenset[Role]:
    """Every role that the user has."""
    held = {
        Role.STUDENT: user.roles.student,
        Role.TEACHER: user.roles.teacher,
        Role.STAFF: user.roles.staff,
        Role.DISTRICT_ADMIN: user.roles.district_admin,
        Role.CONTACT: user.roles.contact,
    }
    return frozenset(role for role, facts in held.items() if facts is not None)


def person_of(user: records.User) -> Person:
    """A user as a person. Ids and numbers come from the student role, else from the first other role that has them.

    The legacy id is the one before v3 (dev.clever.com, "Users"); who has the same id as then has none.
    """
    student = user.roles.student or records.StudentRole()
    teacher = user.roles.teacher or records.TeacherRole()
    staff = user.roles.staff or records.StaffRole()
    contact = user.roles.contact or records.ContactRole()
    admin = user.roles.district_admin or records.DistrictAdminRole()
    older = _first(role.legacy_id for role in (student, teacher, staff, admin, contact))
    return Person(
        id=user.id,
        district=user.district,
        name=PersonName(user.name.first or "", user.name.last or "", user.name.middle or ""),
        roles=roles_of(user),
        unknown_roles=user.unknown_roles,
        email=user.email,
        username=_first(role.credentials.district_username for role in (student, teacher, staff) if role.credentials),
        sis_id=_first((student.sis_id, teacher.sis_id, staff.staff_id, contact.sis_id)),
        student_number=student.student_number or None,
        state_id=_first((student.state_id, teacher.state_id)),
        birth_date=student.dob,
        grade=student.grade or None,
        legacy_id=None if older is None or older == user.id else PersonId(older),
        schools=_distinct((student.school, teacher.school, *student.schools, *teacher.schools, *staff.schools)),
    )


def section_of(section: records.Section) -> Section:
    """A section with the primary teacher first, then co-teachers and students in ascending order."""
    primary = section.teacher or (section.teachers[0] if section.teachers else None)
    others = sorted({*section.teachers} - {primary})
    return Section(
        id=section.id,
        district=section.district,
        name=section.name or "",
        school=section.school or None,
        course=section.course or None,
        term=section.term_id or None,
        subject=section.subject or None,
        grade=section.grade or None,
        period=section.period or None,
        section_number=section.section_number or None,
        sis_id=section.sis_id or None,
        teachers=(primary, *others) if primary else tuple(others),
        students=tuple(sorted({*section.students})),
    )


def school_of(school: records.School) -> School:
    """A school."""
    return School(
        id=school.id, name=school.name or "", sis_id=school.sis_id or None, number=school.school_number or None
    )


def term_of(term: records.Term) -> Term:
    """A term."""
    return Term(id=term.id, name=term.name or None, starts=term.start_date, ends=term.end_date)


def course_of(course: records.Course) -> Course:
    """A course."""
    return Course(id=course.id, name=course.name or None, number=course.number or None)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _distinct(schools: Iterable[SchoolId | None]) -> tuple[SchoolId, ...]:
    """Each school once, in the order of first mention: primary schools come first."""
    return tuple(dict.fromkeys(school for school in schools if school))
