"""A district's records as Clever puts them on the wire, odd forms included.

Odd and recorded (Clever's public demo district, 2023): "" instead of null; `dob` as M/D/YYYY; a contact's whole name in
`name.last` with no `first`; no `legacy_id` in a student's role, but a second copy of the email; `graduation_year` ""
and `enrollments` [] always; term dates as plain dates although described as instants. An id that a district did not
send (a section's course, term or teacher) is a missing key.

Knows records only: envelopes, links and pages are `data_api`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time

import attrs

from clever_roster.model import Role
from clever_roster.testing.district import (
    District,
    SampleCourse,
    SamplePerson,
    SampleSchool,
    SampleSection,
    SampleTerm,
)
from clever_roster.testing.exchange import Json

__all__ = ["VERSIONS", "Wire", "instant"]

VERSIONS = ("v3.0", "v3.1")


def instant(moment: datetime) -> str:
    """An instant as Clever writes it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@attrs.frozen
class Wire:
    """Writes the records of one district for one version of the Data API ("v3.0" or "v3.1")."""

    home: District
    version: str

    @property
    def newest(self) -> bool:
        """Whether fields are shown that v3.1 added."""
        return self.version == "v3.1"

    def district(self) -> Json:
        """`districts`: the home district, as one that syncs nightly has it."""
        district = self.home
        record: Json = {
            "id": district.id,
            "name": district.name,
            "sis_type": "sftp",
            "launch_date": _school_year(district.today).isoformat(),
            "portal_url": f"https://clever.com/in/{district.shortname}",
            "login_methods": ["Clever Badges", "Google"],
            "state": district.state,
            "last_sync": instant(datetime.combine(district.today, time(5), UTC)),
            "error": "",
            "pause_start": "",
            "pause_end": "",
            "mdr_number": "",
            "nces_id": "",
        }
        for admin in district.people_with(Role.DISTRICT_ADMIN)[:1]:
            record["district_contact"] = {
                "id": admin.id,
                "district": district.id,
                "email": admin.email,
                "title": admin.title,
                "name": {"first": admin.first, "last": admin.last},
            }
        if self.newest:
            record |= {"lms_type": "", "lms_state": "", "last_attendance_sync": ""}
        return record

    def school(self, school: SampleSchool) -> Json:
        """`schools`."""
        return {
            "id": school.id,
            "district": self.home.id,
            "name": school.name,
            "sis_id": school.sis_id,
            "school_number": school.number,
            "state_id": school.state_id,
            "nces_id": "",
            "mdr_number": "",
            "low_grade": school.low_grade,
            "high_grade": school.high_grade,
            "phone": school.phone,
            "principal": {"name": school.principal, "email": school.principal_email},
            "location": _location(
                {"address": school.address, "city": school.city, "state": school.state, "zip": school.zip}
            ),
            "ext": dict(school.ext),
            "created": instant(school.created),
            "last_modified": instant(school.last_modified),
        }

    def term(self, term: SampleTerm) -> Json:
        """`terms`."""
        return {
            "id": term.id,
            "district": self.home.id,
            "name": term.name,
            "start_date": term.starts.isoformat() if term.starts else "",
            "end_date": term.ends.isoformat() if term.ends else "",
        }

    def course(self, course: SampleCourse) -> Json:
        """`courses`."""
        return {"id": course.id, "district": self.home.id, "name": course.name, "number": course.number}

    def section(self, section: SampleSection) -> Json:
        """`sections`: the term's id is in `term_id`, the first teacher once more in `teacher`."""
        record: Json = {
            "id": section.id,
            "district": self.home.id,
            "school": section.school,
            "name": section.name,
            "sis_id": section.sis_id,
            "section_number": section.section_number,
            "period": section.period,
            "grade": section.grade,
            "subject": section.subject,
            "teachers": list(section.teachers),
            "students": list(section.students),
            "ext": dict(section.ext),
            "created": instant(section.created),
            "last_modified": instant(section.last_modified),
        }
        if section.course:
            record["course"] = section.course
        if section.term:
            record["term_id"] = section.term
        if section.teachers:
            record["teacher"] = section.teachers[0]
        return record

    def user(self, person: SamplePerson) -> Json:
        """`users`: one person, their roles an object keyed by role."""
        name: Json = {"first": person.first, "middle": person.middle, "last": person.last}
        return {
            "id": person.id,
            "district": self.home.id,
            "email": person.email,
            "name": {"last": person.last} if person.roles == frozenset({Role.CONTACT}) else name,
            "roles": dict(self._roles(person)),
            "created": instant(person.created),
            "last_modified": instant(person.last_modified),
        }

    def _roles(self, person: SamplePerson) -> Iterator[tuple[str, Json]]:
        writers = {
            Role.STUDENT: self._student,
            Role.TEACHER: _teacher,
            Role.STAFF: _staff,
            Role.DISTRICT_ADMIN: _district_admin,
            Role.CONTACT: _contact,
        }
        for role, write in writers.items():
            if role in person.roles:
                yield role.value, write(person)

    def _student(self, person: SamplePerson) -> Json:
        extra = person.extra
        record: Json = {
            **_schooling(person),
            "sis_id": person.sis_ids.get(Role.STUDENT, ""),
            "enrollments": [],
            "student_number": person.number,
            "state_id": person.state_id,
            "grade": person.grade,
            "graduation_year": "",
            "dob": _birth_date(person.birth_date),
            **{field: extra.get(field, "") for field in ("gender", "race", "hispanic_ethnicity", "ell_status")},
            "location": _location({part: extra.get(column, "") for part, column in _STUDENT_ADDRESS.items()}),
            "credentials": _credentials(person),
            "email": person.email,
            "ext": dict(person.ext),
        }
        if self.newest:
            record |= {field: extra.get(field, "") for field in _STUDENT_FIELDS_OF_V31}
            record["disability"] = {
                "disability_status": extra.get("disability_status", ""),
                **{field: extra[field] for field in ("disability_type", "disability_code") if field in extra},
            }
            record["preferred_name"] = {"first": "", "middle": "", "last": ""}
        return record


_STUDENT_ADDRESS = {"address": "student_street", "city": "student_city", "state": "student_state", "zip": "student_zip"}
"""Parts of a location, and the columns of `students.csv` that they come from."""

_STUDENT_FIELDS_OF_V31 = (
    "frl_status",
    "iep_status",
    "home_language",
    "home_language_code",
    "gifted_status",
    "section_504_status",
)


def _teacher(person: SamplePerson) -> Json:
    return {
        **_schooling(person),
        "legacy_id": person.legacy_ids.get(Role.TEACHER, ""),
        "sis_id": person.sis_ids.get(Role.TEACHER, ""),
        "teacher_number": person.number,
        "state_id": person.state_id,
        "title": person.title,
        "credentials": _credentials(person),
        "ext": dict(person.ext),
    }


def _staff(person: SamplePerson) -> Json:
    return {
        "legacy_id": person.legacy_ids.get(Role.STAFF, ""),
        "staff_id": person.sis_ids.get(Role.STAFF, ""),
        "schools": list(person.schools),
        "roles": [],
        "department": person.department,
        "title": person.title,
        "credentials": _credentials(person),
        "ext": dict(person.ext),
    }


def _district_admin(person: SamplePerson) -> Json:
    return {"legacy_id": person.legacy_ids.get(Role.DISTRICT_ADMIN, ""), "title": person.title}


def _contact(person: SamplePerson) -> Json:
    return {
        "legacy_id": person.legacy_ids.get(Role.CONTACT, ""),
        "sis_id": person.sis_ids.get(Role.CONTACT, ""),
        "phone": person.phone,
        "phone_type": person.phone_type,
        "student_relationships": [
            {"student": child.student, "relationship": child.relationship, "type": child.type}
            for child in person.children
        ],
    }


def _schooling(person: SamplePerson) -> Json:
    return {"school": person.schools[0] if person.schools else "", "schools": list(person.schools)}


def _credentials(person: SamplePerson) -> Json:
    return {"district_username": person.username}


def _location(parts: Mapping[str, str]) -> Json:
    return {part: parts.get(part, "") for part in ("address", "city", "state", "zip", "lat", "lon")}


def _birth_date(day: date | None) -> str:
    return f"{day.month}/{day.day}/{day.year}" if day else ""


def _school_year(today: date) -> date:
    return date(today.year if today.month >= 7 else today.year - 1, 7, 1)
