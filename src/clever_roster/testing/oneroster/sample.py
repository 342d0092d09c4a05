"""A sample district as its student information system exports it: the same children as Clever's, by its own ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from clever_roster.model import PersonId, Role, SchoolId, SectionId
from clever_roster.sources.oneroster import Bundle, Manifest, Mode, Version
from clever_roster.sources.oneroster import records as r
from clever_roster.sources.oneroster.grades import code_of
from clever_roster.testing.district import District, SamplePerson, SampleSection

__all__ = ["class_id", "sample_bundle"]

_WORDS = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.STAFF: "aide",
    Role.DISTRICT_ADMIN: "districtAdministrator",
}


def sample_bundle(district: District, *, version: Version = Version.V1_2) -> Bundle:
    """Make a district's bulk files.

    Ids are the student information system's: where the sample has a `sis_id`, it is the `sourcedId`, as it is for
    districts that feed Clever from OneRoster. Guardians are left out, and sections without course or term, which the
    standard does not allow.
    """
    people = [one for one in district.people.values() if one.roles & _WORDS.keys()]
    sections = [one for one in district.sections.values() if one.course and one.term]
    named = {one.id: _id_of(one) for one in people}
    schools = {one.id: one.sis_id or one.id for one in district.schools.values()}
    tables: dict[str, tuple[r.Record, ...]] = {
        "orgs": (
            r.Org(sourced_id=district.id, name=district.name, type="district"),
            *(
                r.Org(
                    sourced_id=schools[one.id],
                    name=one.name,
                    type="school",
                    identifier=one.number,
                    parent_sourced_id=district.id,
                )
                for one in district.schools.values()
            ),
        ),
        "academicSessions": tuple(
            r.AcademicSession(
                sourced_id=one.id,
                title=one.name or one.id,
                type="term",
                start_date=one.starts or district.today,
                end_date=(one.ends or district.today) + timedelta(days=1),
                school_year=str((one.ends or district.today).year),
            )
            for one in district.terms.values()
        ),
        "courses": tuple(
            r.Course(sourced_id=one.id, title=one.name or one.id, course_code=one.number, org_sourced_id=district.id)
            for one in district.courses.values()
        ),
        "classes": tuple(_class(one, schools[one.school]) for one in sections),
        "users": tuple(_user(one, version, schools, district) for one in people),
        "enrollments": tuple(seat for one in sections for seat in _seats(one, named, schools[one.school])),
        "demographics": tuple(
            r.Demographics(sourced_id=named[one.id], birth_date=one.birth_date) for one in people if one.birth_date
        ),
    }
    if version is Version.V1_2:
        tables["roles"] = tuple(role for one in people for role in _roles(one, schools, district))
    modes = {file: Mode.BULK if file in tables else Mode.ABSENT for file in r.kinds_of(version)}
    return Bundle(manifest=Manifest(version=version, modes=modes, source=("Sample SIS", "sample")), tables=tables)


def _id_of(person: SamplePerson) -> str:
    return next((sis_id for role in _WORDS if (sis_id := person.sis_ids.get(role))), person.id)


def class_id(section: SampleSection) -> SectionId:
    """The id of a section in the student information system."""
    return SectionId(section.sis_id or section.id)


def _class(one: SampleSection, school: str) -> r.Class:
    return r.Class(
        sourced_id=class_id(one),
        title=one.name,
        grades=(code_of(one.grade),) if one.grade else (),
        course_sourced_id=one.course or "",
        class_code=one.section_number,
        class_type="scheduled",
        school_sourced_id=school,
        term_sourced_ids=(one.term,) if one.term else (),
        subjects=(one.subject,) if one.subject else (),
        periods=(one.period,) if one.period else (),
    )


def _user(one: SamplePerson, version: Version, schools: Mapping[SchoolId, str], district: District) -> r.User:
    old = version is Version.V1_1
    places = tuple(schools[school] for school in one.schools)
    return r.User(
        sourced_id=_id_of(one),
        enabled_user=True,
        org_sourced_ids=(places or (district.id,)) if old else (),
        role=_words(one)[0] if old else "",
        username=one.username,
        user_ids=(("State", one.state_id),) if one.state_id else (),
        given_name=one.first,
        family_name=one.last,
        middle_name=one.middle,
        identifier=one.number,
        email=one.email,
        grades=(code_of(one.grade),) if one.grade else (),
        primary_org_sourced_id="" if old or not places else places[0],
    )


def _words(one: SamplePerson) -> list[str]:
    return [word for role, word in _WORDS.items() if role in one.roles]


def _roles(one: SamplePerson, schools: Mapping[SchoolId, str], district: District) -> Iterable[r.Role]:
    person = _id_of(one)
    for place, word in enumerate(_words(one)):
        for org in [schools[school] for school in one.schools] or [district.id]:
            yield r.Role(
                sourced_id=f"{person}/{word}/{org}",
                user_sourced_id=person,
                role_type="primary" if place == 0 else "secondary",
                role=word,
                org_sourced_id=org,
            )


def _seats(one: SampleSection, named: Mapping[PersonId, str], school: str) -> Iterable[r.Enrollment]:
    seats = [(person, "teacher") for person in one.teachers] + [(person, "student") for person in one.students]
    for place, (person, role) in enumerate(seats):
        yield r.Enrollment(
            sourced_id=f"{class_id(one)}/{named[person]}/{role}",
            class_sourced_id=class_id(one),
            school_sourced_id=school,
            user_sourced_id=named[person],
            role=role,
            primary=place == 0 if role == "teacher" else None,
        )
