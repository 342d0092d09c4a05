"""From a set of OneRoster records to a snapshot, and back for what a snapshot holds.

    snapshot = snapshot_of(read_files(path), taken_at=now)
    snapshot = fold_into(snapshot, read_files(tonight), taken_at=now)     # a delta: nothing is removed by absence

A class is a section, a `sourcedId` an id, an enrollment counts while its dates say so (the end date is the first day
outside). Bulk files are a complete proof, unless a row could not be read; then everything is kept that was read, and
nothing is removed by it. Of what a snapshot has no place for (resources, gradebook, proctors, guardians' lists) nothing
is lost: it is in the bundle. Meaning of the columns: 1EdTech, OneRoster 1.1 "Information Model", 1.2 "Rostering".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    ONEROSTER,
    Course,
    CourseId,
    DistrictId,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    School,
    SchoolId,
    Section,
    SectionId,
    Snapshot,
    Term,
    TermId,
)
from clever_roster.sources.oneroster import records
from clever_roster.sources.oneroster.columns import Version
from clever_roster.sources.oneroster.files import Bundle, Manifest, Mode, fold
from clever_roster.sources.oneroster.grades import code_of, grade_of

__all__ = ["bundle_of", "courses_of", "district_of", "fold_into", "schools_of", "snapshot_of"]

_A_DAY: Final = timedelta(days=1)

_ROLES: Final = {
    "student": Role.STUDENT,
    "teacher": Role.TEACHER,
    **dict.fromkeys(("aide", "proctor", "counselor", "principal", "siteAdministrator", "administrator"), Role.STAFF),
    **dict.fromkeys(("districtAdministrator", "systemAdministrator"), Role.DISTRICT_ADMIN),
    **dict.fromkeys(("guardian", "parent", "relative"), Role.CONTACT),
}
"""OneRoster's roles as ours. 1.1's "administrator" may be of one school only, so it is staff."""

_NAMED: Final = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.STAFF: "aide",
    Role.DISTRICT_ADMIN: "districtAdministrator",
    Role.CONTACT: "guardian",
}

_STATE: Final = "State"
"""The type of a state's id among `userIds`."""


# --- There ------------------------------------------------------------------------------------------------------------


def snapshot_of(
    bundle: Bundle,
    *,
    taken_at: datetime,
    district: DistrictId | None = None,
    known: Collection[SectionId] = (),
) -> Snapshot:
    """A snapshot of all classes of a set of files.

    Args:
        district: the tenant; by default the one org of type "district".
        known: sections that the host has; they are in the scope too, so that a diff sees those that are gone.

    Raises:
        ConfigurationError: the set has no org of type "district", or several, and none was named; or it is a delta,
            which is folded into what is known (`fold_into`).
    """
    deltas = [file for file, mode in bundle.manifest.modes.items() if mode is Mode.DELTA]
    if deltas:
        raise ConfigurationError(
            f"{deltas[0]}.csv holds only what changed.", next_step="Fold it into what was known before: fold_into."
        )
    tenant = district or district_of(bundle)
    return _snapshot(bundle, tenant, taken_at, frozenset(known), _proof(bundle))


def district_of(bundle: Bundle) -> DistrictId:
    """The one org of type "district".

    Raises:
        ConfigurationError: there is none, or there are several.
    """
    found = [org.sourced_id for org in bundle.of(records.Org) if org.type == "district" and not org.gone]
    if len(found) != 1:
        raise ConfigurationError(
            f"The files have {len(found)} orgs of type district.", next_step="Say which district they are of."
        )
    return DistrictId(found[0])


def _proof(bundle: Bundle) -> Proof:
    needed: list[type[records.Record]] = [records.Class, records.User, records.Enrollment]
    needed += [records.Role] if bundle.version is Version.V1_2 else []
    missing = next((kind.FILE for kind in needed if bundle.manifest.mode(kind) is Mode.ABSENT), None)
    return Proof(broken=_doubt(bundle) if missing is None else f"{missing}.csv is absent")


def _doubt(bundle: Bundle) -> str | None:
    """Why the whole is in doubt: rows that could not be read, or lists that do not hang together."""
    if bundle.bad:
        first = bundle.bad[0]
        return f"{len(bundle.bad)} rows could not be read, the first in {first.file}, line {first.line}"
    return "; ".join(bundle.doubts) or None


def _snapshot(
    bundle: Bundle, district: DistrictId, taken_at: datetime, known: frozenset[SectionId], proof: Proof
) -> Snapshot:
    today = taken_at.date()
    people = {one.id: one for one in _people(bundle, district, today)}
    terms = {one.id: one for one in map(_term, _present(bundle.of(records.AcademicSession)))}
    lists = _lists(bundle, today)
    sections: dict[SectionId, Section] = {}
    gaps: dict[SectionId, str] = {}
    for one in _present(bundle.of(records.Class)):
        section = _section(one, district, terms, lists)
        named = [*section.teachers, *section.students]
        lost = sum(person not in people for person in named)
        if lost:
            gaps[section.id] = f"{lost} of {len(named)} people whom it lists are not among the users"
            section = attrs.evolve(
                section,
                teachers=tuple(one for one in section.teachers if one in people),
                students=tuple(one for one in section.students if one in people),
            )
        sections[section.id] = section
    return Snapshot(
        provider=ONEROSTER,
        district=district,
        taken_at=taken_at,
        scope=frozenset(sections) | known,
        people=people,
        sections=sections,
        proof=attrs.evolve(proof, gaps=gaps, rows=len(people) + len(sections)),
        terms=terms,
    )


def _present(rows: Iterable[records.Own]) -> Iterable[records.Own]:
    return (row for row in rows if not row.gone)


def _term(one: records.AcademicSession) -> Term:
    return Term(id=TermId(one.sourced_id), name=one.title, starts=one.start_date, ends=one.end_date - _A_DAY)


_Lists = Mapping[tuple[str, str], list[tuple[bool, PersonId]]]


def _lists(bundle: Bundle, today: date) -> _Lists:
    """Who is in which class in which role today; primary teachers are marked."""
    lists: dict[tuple[str, str], list[tuple[bool, PersonId]]] = {}
    for one in _present(bundle.of(records.Enrollment)):
        begun = one.begin_date is None or one.begin_date <= today
        if begun and (one.end_date is None or today < one.end_date):
            seat = (one.primary is not True, PersonId(one.user_sourced_id))
            lists.setdefault((one.class_sourced_id, one.role), []).append(seat)
    return lists


def _section(one: records.Class, district: DistrictId, terms: Mapping[TermId, Term], lists: _Lists) -> Section:
    taught = sorted(lists.get((one.sourced_id, "teacher"), ()))
    first = [person for _, person in taught[:1]]
    teachers = (*first, *sorted({person for _, person in taught} - {*first}))
    students = {person for _, person in lists.get((one.sourced_id, "student"), ())}
    return Section(
        id=SectionId(one.sourced_id),
        district=district,
        name=one.title,
        school=SchoolId(one.school_sourced_id) if one.school_sourced_id else None,
        course=CourseId(one.course_sourced_id) if one.course_sourced_id else None,
        term=_last_term(one, terms),
        subject=",".join(one.subjects) or None,
        grade=",".join(map(grade_of, one.grades)) or None,
        period=",".join(one.periods) or None,
        section_number=one.class_code or None,
        sis_id=one.sourced_id,
        teachers=teachers,
        students=tuple(sorted(students)),
    )


def _last_term(one: records.Class, terms: Mapping[TermId, Term]) -> TermId | None:
    """Of several terms the one that ends last: the class is not over before."""
    named = [TermId(term) for term in one.term_sourced_ids]
    ending = [(ends, term) for term in named if term in terms and (ends := terms[term].ends) is not None]
    return max(ending)[1] if ending else next(iter(named), None)


def _people(bundle: Bundle, district: DistrictId, today: date) -> Iterable[Person]:
    born = {one.sourced_id: one.birth_date for one in _present(bundle.of(records.Demographics))}
    schools = {org.sourced_id for org in bundle.of(records.Org) if org.type == "school" and not org.gone}
    held: dict[str, list[records.Role]] = {}
    for role in _present(bundle.of(records.Role)):
        if (role.begin_date is None or role.begin_date <= today) and (role.end_date is None or today < role.end_date):
            held.setdefault(role.user_sourced_id, []).append(role)
    for user in _present(bundle.of(records.User)):
        own = sorted(held.get(user.sourced_id, ()), key=lambda role: role.role_type != "primary")
        words = [user.role, *(role.role for role in own)]
        orgs = (user.primary_org_sourced_id, *user.org_sourced_ids, *(role.org_sourced_id for role in own))
        yield Person(
            id=PersonId(user.sourced_id),
            district=district,
            name=PersonName(user.given_name, user.family_name, user.middle_name),
            roles=frozenset(_ROLES[word] for word in words if word in _ROLES),
            unknown_roles=frozenset(word for word in words if word and word not in _ROLES),
            email=user.email,
            username=user.username or None,
            sis_id=user.sourced_id,
            student_number=user.identifier or None,
            state_id=next((held for kind, held in user.user_ids if kind.lower().startswith("state") and held), None),
            birth_date=born.get(user.sourced_id),
            grade=grade_of(user.grades[0]) if user.grades else None,
            schools=tuple(dict.fromkeys(SchoolId(org) for org in orgs if org in schools)),
        )


def schools_of(bundle: Bundle) -> tuple[School, ...]:
    """The orgs of type "school"."""
    return tuple(
        School(id=SchoolId(org.sourced_id), name=org.name, sis_id=org.sourced_id, number=org.identifier or None)
        for org in _present(bundle.of(records.Org))
        if org.type == "school"
    )


def courses_of(bundle: Bundle) -> tuple[Course, ...]:
    """The courses."""
    return tuple(
        Course(id=CourseId(one.sourced_id), name=one.title, number=one.course_code or None)
        for one in _present(bundle.of(records.Course))
    )


# --- A delta ----------------------------------------------------------------------------------------------------------


def fold_into(before: Snapshot, delta: Bundle, *, taken_at: datetime) -> Snapshot:
    """What a snapshot becomes by a delta. What the delta names is explicit; nothing is removed because it is absent.

    The result is as well proven as what came before, if every row of the delta could be read. That no delta was left
    out in between is nobody's to prove: then somebody stays too long, and nobody leaves wrongly.

    Raises:
        ConfigurationError: the snapshot is not from OneRoster.
    """
    if before.provider != ONEROSTER:
        raise ConfigurationError(
            f"A snapshot of {before.provider} takes no OneRoster delta.", next_step="Begin with OneRoster's bulk files."
        )
    base = _without_places(bundle_of(before, version=delta.version), delta)
    after = fold(base, _as_written(delta, base))
    doubt = before.proof.broken or _doubt(delta)
    folded = _snapshot(after, before.district, taken_at, before.scope, Proof(broken=doubt))
    gaps = {**before.proof.gaps, **folded.proof.gaps}
    return attrs.evolve(folded, proof=attrs.evolve(folded.proof, gaps=gaps), unshared=before.unshared)


def _without_places(base: Bundle, delta: Bundle) -> Bundle:
    """The base, in which nothing is said of where somebody is of whom the delta says where they are (1.2: roles)."""
    moved = {one.user_sourced_id for one in delta.of(records.Role)}
    users = tuple(
        attrs.evolve(user, primary_org_sourced_id="") if user.sourced_id in moved else user
        for user in base.of(records.User)
    )
    return attrs.evolve(base, tables={**base.tables, records.User.FILE: users})


def _as_written(delta: Bundle, base: Bundle) -> Bundle:
    """The delta with the ids that `bundle_of` gives to rows of which a snapshot keeps no id of their own.

    A snapshot knows that somebody is in a class, and not by which enrollment; so one that ends ends that fact. It knows
    what somebody is, and not where; so a role that ends somewhere ends, unless the delta says that it goes on.
    """
    known = {user.sourced_id: user for user in base.of(records.User)}
    ended = {(one.user_sourced_id, one.role): one for one in delta.of(records.Role) if one.gone}
    rows: dict[str, tuple[records.Record, ...]] = {
        records.Enrollment.FILE: tuple(
            attrs.evolve(one, sourced_id=_seat_id(one.class_sourced_id, one.user_sourced_id, one.role))
            for one in delta.of(records.Enrollment)
        ),
        records.User.FILE: tuple(_filled(user, known.get(user.sourced_id)) for user in delta.of(records.User)),
        records.Role.FILE: (
            *(
                attrs.evolve(ended[one.user_sourced_id, one.role], sourced_id=one.sourced_id)
                for one in base.of(records.Role)
                if (one.user_sourced_id, one.role) in ended
            ),
            *(
                attrs.evolve(one, sourced_id=_role_id(one.user_sourced_id, one.role, one.org_sourced_id))
                for one in delta.of(records.Role)
                if not one.gone
            ),
        ),
    }
    told = {file: rows.get(file, table) for file, table in delta.tables.items()}
    return attrs.evolve(delta, tables=told)


def _filled(user: records.User, before: records.User | None) -> records.User:
    """1.2 has somebody's schools in `roles.csv`, which a delta of `users.csv` does not repeat."""
    if before is None or user.org_sourced_ids or user.primary_org_sourced_id:
        return user
    return attrs.evolve(user, primary_org_sourced_id=before.primary_org_sourced_id)


# --- And back ---------------------------------------------------------------------------------------------------------


def _seat_id(section: str, person: str, role: str) -> str:
    return f"{section}/{person}/{role}"


def _role_id(person: str, role: str, org: str) -> str:
    return f"{person}/{role}/{org}"


def bundle_of(snapshot: Snapshot, *, version: Version = Version.V1_2) -> Bundle:
    """A snapshot as bulk files: `snapshot_of` gives back what a snapshot holds.

    Names of schools, courses and of the district are not in a snapshot: their ids stand for them. The standard wants a
    school, a course and a term of every class; a section without them is written without, and `read_files` tells it.
    """
    people = [snapshot.people[key] for key in sorted(snapshot.people)]
    sections = [snapshot.sections[key] for key in sorted(snapshot.sections)]
    tables: dict[str, tuple[records.Record, ...]] = {
        records.Org.FILE: tuple(_orgs(snapshot, people, sections)),
        records.AcademicSession.FILE: tuple(map(_session, (snapshot.terms[key] for key in sorted(snapshot.terms)))),
        records.Course.FILE: tuple(
            records.Course(sourced_id=course, title=course, org_sourced_id=snapshot.district)
            for course in sorted({one.course for one in sections if one.course})
        ),
        records.Class.FILE: tuple(map(_class, sections)),
        records.User.FILE: tuple(_user(one, version) for one in people),
        records.Enrollment.FILE: tuple(seat for one in sections for seat in _seats(one)),
        records.Demographics.FILE: tuple(
            records.Demographics(sourced_id=one.id, birth_date=one.birth_date) for one in people if one.birth_date
        ),
    }
    if version is Version.V1_2:
        tables[records.Role.FILE] = tuple(role for one in people for role in _roles(one))
    modes = {file: Mode.BULK if file in tables else Mode.ABSENT for file in records.kinds_of(version)}
    return Bundle(
        manifest=Manifest(version=version, modes=modes, source=("clever_roster", str(snapshot.provider))), tables=tables
    )


def _orgs(snapshot: Snapshot, people: Iterable[Person], sections: Iterable[Section]) -> Iterable[records.Org]:
    yield records.Org(sourced_id=snapshot.district, name=snapshot.district, type="district")
    schools = {school for one in people for school in one.schools} | {one.school for one in sections if one.school}
    for school in sorted(schools):
        yield records.Org(sourced_id=school, name=school, type="school", parent_sourced_id=snapshot.district)


def _session(term: Term) -> records.AcademicSession:
    starts = term.starts or date.min
    ends = term.ends or date.max - _A_DAY
    return records.AcademicSession(
        sourced_id=term.id,
        title=term.name or term.id,
        type="term",
        start_date=starts,
        end_date=ends + _A_DAY,
        school_year=str(ends.year),
    )


def _class(one: Section) -> records.Class:
    return records.Class(
        sourced_id=one.id,
        title=one.name,
        grades=tuple(map(code_of, one.grade.split(","))) if one.grade else (),
        course_sourced_id=one.course or "",
        class_code=one.section_number or "",
        class_type="scheduled",
        school_sourced_id=one.school or "",
        term_sourced_ids=(one.term,) if one.term else (),
        subjects=tuple(one.subject.split(",")) if one.subject else (),
        periods=tuple(one.period.split(",")) if one.period else (),
    )


def _seats(one: Section) -> Iterable[records.Enrollment]:
    for place, seat in enumerate(one.enrollments()):
        primary = place == 0 if seat.role.value == "teacher" else None
        yield records.Enrollment(
            sourced_id=_seat_id(one.id, seat.person, seat.role.value),
            class_sourced_id=one.id,
            school_sourced_id=one.school or one.district,
            user_sourced_id=seat.person,
            role=seat.role.value,
            primary=primary,
        )


def _user(one: Person, version: Version) -> records.User:
    words = _words(one)
    old = version is Version.V1_1
    return records.User(
        sourced_id=one.id,
        enabled_user=True,
        org_sourced_ids=tuple(one.schools or (one.district,)) if old else (),
        role=words[0] if old and words else "",
        username=one.username or "",
        user_ids=((_STATE, one.state_id),) if one.state_id else (),
        given_name=one.name.first,
        family_name=one.name.last,
        middle_name=one.name.middle,
        identifier=one.student_number or "",
        email=one.email or "",
        grades=(code_of(one.grade),) if one.grade else (),
        primary_org_sourced_id="" if old or not one.schools else one.schools[0],
    )


def _words(one: Person) -> list[str]:
    return [_NAMED[role] for role in Role if role in one.roles] + sorted(one.unknown_roles)


def _roles(one: Person) -> Iterable[records.Role]:
    orgs = one.schools or (one.district,)
    for place, word in enumerate(_words(one)):
        for org in orgs:
            yield records.Role(
                sourced_id=_role_id(one.id, word, org),
                user_sourced_id=one.id,
                role_type="primary" if place == 0 else "secondary",
                role=word,
                org_sourced_id=org,
            )
