"""A district from the files that it uploads to Clever, and the files from a district.

What Clever does on reading the files is done here: ids are given, terms and courses are made from the columns of
`sections.csv`, adults of one email become one person, and the same contact of several children becomes one contact.

Not everything in a `District` has a place in the files: sections without a teacher, and district admins who are not
staff of a school, are left out by `export_of`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path

import attrs

from clever_roster.model import CourseId, DistrictId, PersonId, Role, SchoolId, SectionId, TermId
from clever_roster.sources.clever_sftp import (
    Export,
    ExportContact,
    ExportEnrollment,
    ExportSchool,
    ExportSection,
    ExportStaff,
    ExportStudent,
    ExportTeacher,
    read_export,
)
from clever_roster.testing.district import (
    District,
    SampleContact,
    SampleCourse,
    SamplePerson,
    SampleSchool,
    SampleSection,
    SampleTerm,
)
from clever_roster.testing.generate import by_id

__all__ = ["district_of", "export_of", "read_district"]

GRADES = {
    "0": "Kindergarten",
    "k": "Kindergarten",
    "kg": "Kindergarten",
    "pk": "PreKindergarten",
    "tk": "TransitionalKindergarten",
}
"""Short forms that districts send; Clever's own words stay as they are."""

WIRE_NAMES = {"hispanic_latino": "hispanic_ethnicity"}
"""Columns of `students.csv` whose field in the API has another name."""

SCHOOL_FIELDS = (
    "name",
    "number",
    "state_id",
    "low_grade",
    "high_grade",
    "principal",
    "principal_email",
    "address",
    "city",
    "state",
    "zip",
    "phone",
    "ext",
)


def read_district(
    folder: Path, *, district_name: str = "Uploaded District", today: date = date(2026, 9, 14)
) -> District:
    """Read a folder of CSV files as a district.

    Raises:
        BadExport: the files cannot be used.
    """
    return district_of(read_export(folder), district_name=district_name, today=today)


def district_of(
    export: Export, *, district_name: str = "Uploaded District", today: date = date(2026, 9, 14)
) -> District:
    """What Clever makes of an export; ids follow from the district's name, the kind of record and its SIS id."""
    clever = _Intake(export, district_name, datetime.combine(today, time(5), UTC))
    sections = by_id((section.id, section) for section in clever.sections())
    return District(
        id=clever.district,
        name=district_name,
        shortname=f"uploaded-{clever.district[:6]}",
        today=today,
        schools=by_id((school.id, school) for school in clever.schools()),
        terms=by_id((term.id, term) for term in clever.terms.values()),
        courses=by_id((course.id, course) for course in clever.courses.values()),
        sections=sections,
        people=by_id(
            (person.id, person) for person in (*clever.students(), *clever.adults.values(), *clever.contacts())
        ),
    )


class _Intake:
    """One export on its way to be a district."""

    def __init__(self, export: Export, district_name: str, uploaded: datetime) -> None:
        self.export = export
        self.uploaded = uploaded
        self.district = DistrictId(_digest("district", district_name))
        self.terms: dict[tuple[object, ...], SampleTerm] = {}
        self.courses: dict[str, SampleCourse] = {}
        self.adults: dict[PersonId, SamplePerson] = {}
        self.teacher_ids: dict[str, PersonId] = {}
        self._register_adults()

    def _id(self, *what: object) -> str:
        return _digest(self.district, *what)

    def _schools(self, sis_ids: Iterable[str]) -> tuple[SchoolId, ...]:
        return tuple(SchoolId(self._id("school", sis_id)) for sis_id in sis_ids)

    def schools(self) -> Iterator[SampleSchool]:
        for school in self.export.schools:
            yield SampleSchool(
                id=SchoolId(self._id("school", school.school_id)),
                sis_id=school.school_id,
                **{field: getattr(school, field) for field in SCHOOL_FIELDS},
                created=self.uploaded,
                last_modified=self.uploaded,
            )

    def students(self) -> Iterator[SamplePerson]:
        for student in self.export.students:
            yield SamplePerson(
                id=PersonId(self._id("student", student.student_id)),
                first=student.first,
                last=student.last,
                middle=student.middle,
                email=student.email,
                username=student.username,
                roles=frozenset({Role.STUDENT}),
                schools=self._schools(student.schools),
                sis_ids={Role.STUDENT: student.student_id},
                number=student.number,
                state_id=student.state_id,
                grade=_grade(student.grade),
                birth_date=student.birth_date,
                extra={WIRE_NAMES.get(column, column): value for column, value in student.extra.items()},
                ext=student.ext,
                created=self.uploaded,
                last_modified=self.uploaded,
            )

    def _register_adults(self) -> None:
        """Teachers, then staff: the same email is the same person (Clever, "Users"), with both roles."""
        by_email: dict[str, PersonId] = {}
        for teacher in self.export.teachers:
            person = by_email.get(teacher.email.lower()) if teacher.email else None
            held = self.adults.get(person) if person else None
            if held is None or Role.TEACHER in held.roles:
                held = self._adult("teacher", teacher.teacher_id, teacher)
                by_email.setdefault(teacher.email.lower(), held.id)
            self.teacher_ids[teacher.teacher_id] = held.id
            self.adults[held.id] = attrs.evolve(
                self._in_role(held, Role.TEACHER, teacher.teacher_id, teacher.schools),
                number=teacher.number,
                state_id=teacher.state_id,
            )
        for member in self.export.staff:
            held = self.adults.get(by_email.get(member.email.lower(), PersonId("")))
            if held is None or Role.STAFF in held.roles:
                held = self._adult("staff", member.staff_id, member)
                by_email.setdefault(member.email.lower(), held.id)
            self.adults[held.id] = attrs.evolve(
                self._in_role(held, Role.STAFF, member.staff_id, member.schools),
                department=member.department,
            )

    def _adult(self, kind: str, sis_id: str, adult: ExportTeacher | ExportStaff) -> SamplePerson:
        return SamplePerson(
            id=PersonId(self._id(kind, sis_id)),
            first=adult.first,
            last=adult.last,
            middle=adult.middle if isinstance(adult, ExportTeacher) else "",
            email=adult.email,
            username=adult.username,
            roles=frozenset(),
            title=adult.title,
            ext=adult.ext,
            created=self.uploaded,
            last_modified=self.uploaded,
        )

    def _in_role(self, person: SamplePerson, role: Role, sis_id: str, schools: Iterable[str]) -> SamplePerson:
        return attrs.evolve(
            person,
            roles=person.roles | {role},
            legacy_ids={**person.legacy_ids, role: self._id("legacy", role, sis_id)},
            sis_ids={**person.sis_ids, role: sis_id},
            schools=tuple(dict.fromkeys((*person.schools, *self._schools(schools)))),
        )

    def contacts(self) -> Iterator[SamplePerson]:
        """Each contact once, known by the SIS id, or else by the name with email, phone, or (last) the student."""
        known: dict[str, ExportContact] = {}
        children: defaultdict[str, list[SampleContact]] = defaultdict(list)
        for student in self.export.students:
            for contact in student.contacts:
                told = (
                    contact.email.lower()
                    or contact.phone
                    or f"{student.student_id} {contact.type} {contact.relationship}"
                )
                key = self._id("contact", *((contact.sis_id,) if contact.sis_id else (contact.name, told)))
                known.setdefault(key, contact)
                child = PersonId(self._id("student", student.student_id))
                if all(child != other.student for other in children[key]):
                    children[key].append(
                        SampleContact(student=child, relationship=contact.relationship, type=contact.type)
                    )
        for key, contact in known.items():
            yield SamplePerson(
                id=PersonId(key),
                first="",
                last=contact.name,
                email=contact.email,
                roles=frozenset({Role.CONTACT}),
                legacy_ids={Role.CONTACT: self._id("legacy", key)},
                sis_ids={Role.CONTACT: contact.sis_id} if contact.sis_id else {},
                phone=contact.phone,
                phone_type=contact.phone_type,
                children=tuple(children[key]),
                created=self.uploaded,
                last_modified=self.uploaded,
            )

    def sections(self) -> Iterator[SampleSection]:
        """The sections; on the way, the terms and courses that they name."""
        enrolled: defaultdict[str, set[PersonId]] = defaultdict(set)
        for enrollment in self.export.enrollments:
            enrolled[enrollment.section_id].add(PersonId(self._id("student", enrollment.student_id)))
        for section in self.export.sections:
            teachers = tuple(dict.fromkeys(self.teacher_ids[teacher] for teacher in section.teachers))
            yield SampleSection(
                id=SectionId(self._id("section", section.section_id)),
                sis_id=section.section_id,
                school=SchoolId(self._id("school", section.school_id)),
                name=self._name(section, teachers[0]),
                section_number=section.number,
                period=section.period,
                grade=_grade(section.grade),
                subject=section.subject,
                course=self._course(section),
                term=self._term(section),
                teachers=teachers,
                students=tuple(sorted(enrolled[section.section_id])),
                ext=section.ext,
                created=self.uploaded,
                last_modified=self.uploaded,
            )

    def _name(self, section: ExportSection, teacher: PersonId) -> str:
        """`<course> - <teacher's last name> - <period>`, or the SIS name where there is no course name (Clever)."""
        if not section.course_name:
            return section.name or section.section_id
        return " - ".join(part for part in (section.course_name, self.adults[teacher].last, section.period) if part)

    def _course(self, section: ExportSection) -> CourseId | None:
        """Known by its number where the district sends one; without a name there is no course."""
        if not section.course_name:
            return None
        course = CourseId(self._id("course", section.course_number or section.course_name))
        known = SampleCourse(id=course, name=section.course_name, number=section.course_number)
        return self.courses.setdefault(course, known).id

    def _term(self, section: ExportSection) -> TermId | None:
        """Known by everything that is said of it, so that a changed date makes another term (Clever)."""
        told = (section.term_name, section.term_start, section.term_end)
        if not any(told):
            return None
        term = TermId(self._id("term", *told))
        known = SampleTerm(id=term, name=section.term_name, starts=section.term_start, ends=section.term_end)
        return self.terms.setdefault(told, known).id


def _digest(*what: object) -> str:
    return sha256("\x1f".join(str(part) for part in what).encode()).hexdigest()[:24]


def _grade(text: str) -> str:
    short = text.lstrip("0").lower() or ("0" if text else "")
    return short if short.isdecimal() and short != "0" else GRADES.get(short, text)


# --- The other way ----------------------------------------------------------------------------------------------------


def export_of(district: District) -> Export:
    """The files that a district would upload to look like this one."""
    school_ids = {school.id: school.sis_id for school in district.schools.values()}
    sections = tuple(section for section in district.sections.values() if section.teachers)

    def schools(person: SamplePerson) -> tuple[str, ...]:
        return tuple(school_ids[school] for school in person.schools)

    return Export(
        schools=tuple(
            attrs.evolve(
                ExportSchool(school_id=school.sis_id, **{field: getattr(school, field) for field in SCHOOL_FIELDS}),
                number=school.number or school.sis_id,
            )
            for school in district.schools.values()
        ),
        students=tuple(_students(district, school_ids)),
        teachers=tuple(
            ExportTeacher(
                teacher_id=_sis_id(person, Role.TEACHER),
                first=person.first,
                last=person.last,
                middle=person.middle,
                number=person.number,
                state_id=person.state_id,
                email=person.email,
                title=person.title,
                username=person.username,
                schools=schools(person),
                ext=person.ext,
            )
            for person in district.people_with(Role.TEACHER)
        ),
        staff=tuple(
            ExportStaff(
                staff_id=_sis_id(person, Role.STAFF),
                first=person.first,
                last=person.last,
                email=person.email,
                department=person.department,
                title=person.title,
                username=person.username,
                schools=schools(person),
                ext=person.ext,
            )
            for person in district.people_with(Role.STAFF)
            if person.schools and person.email
        ),
        sections=tuple(_section(district, section, school_ids[section.school]) for section in sections),
        enrollments=tuple(
            ExportEnrollment(
                school_id=school_ids[section.school],
                section_id=section.sis_id,
                student_id=_sis_id(district.people[student], Role.STUDENT),
            )
            for section in sections
            for student in section.students
        ),
    )


def _sis_id(person: SamplePerson, role: Role) -> str:
    return person.sis_ids.get(role) or person.id


def _students(district: District, school_ids: dict[SchoolId, str]) -> Iterator[ExportStudent]:
    contacts: defaultdict[PersonId, list[ExportContact]] = defaultdict(list)
    columns = {field: column for column, field in WIRE_NAMES.items()}
    for person in district.people_with(Role.CONTACT):
        for child in person.children:
            contacts[child.student].append(
                ExportContact(
                    name=person.last,
                    relationship=child.relationship,
                    type=child.type,
                    phone=person.phone,
                    phone_type=person.phone_type,
                    email=person.email,
                    sis_id=person.sis_ids.get(Role.CONTACT, ""),
                )
            )
    for person in district.people_with(Role.STUDENT):
        yield ExportStudent(
            student_id=_sis_id(person, Role.STUDENT),
            first=person.first,
            last=person.last,
            middle=person.middle,
            number=person.number,
            state_id=person.state_id,
            grade=person.grade,
            email=person.email,
            username=person.username,
            birth_date=person.birth_date,
            schools=tuple(school_ids[school] for school in person.schools),
            contacts=tuple(contacts[person.id]),
            ext=person.ext,
            extra={columns.get(field, field): value for field, value in person.extra.items() if value},
        )


def _section(district: District, section: SampleSection, school: str) -> ExportSection:
    course = district.courses.get(section.course) if section.course else None
    term = district.terms.get(section.term) if section.term else None
    return ExportSection(
        section_id=section.sis_id,
        school_id=school,
        name=section.name,
        number=section.section_number,
        grade=section.grade,
        period=section.period,
        subject=section.subject,
        course_name=course.name if course else "",
        course_number=course.number if course else "",
        term_name=term.name if term else "",
        term_start=term.starts if term else None,
        term_end=term.ends if term else None,
        teachers=tuple(_sis_id(district.people[teacher], Role.TEACHER) for teacher in section.teachers),
        ext=section.ext,
    )
