"""The nouns: frozen records that every room speaks.

First the ids and roles, then people and classes as the *source* of a roster (Clever, Google Classroom) describes them,
then a roster read at one instant (`Snapshot`), and last what the *host* has: accounts, links, sections, enrollments.

This file knows no HTTP, no database and no rule. Names, emails and birth dates are left out of every repr.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

import attrs

from clever_roster.display.views import Row, Shown, Table, Tone, View

__all__ = [
    "CLEVER",
    "GOOGLE_ACCOUNTS",
    "GOOGLE_CLASSROOM",
    "ONEROSTER",
    "Account",
    "AccountId",
    "Classroom",
    "Course",
    "CourseId",
    "DistrictId",
    "Enrollment",
    "EnrollmentRole",
    "EnrollmentStatus",
    "HostEnrollment",
    "HostSection",
    "HostSectionId",
    "Identity",
    "IdentityKey",
    "Link",
    "NewAccount",
    "Origin",
    "Person",
    "PersonId",
    "PersonName",
    "ProfileUpdate",
    "Proof",
    "Provider",
    "Role",
    "School",
    "SchoolId",
    "Secret",
    "Section",
    "SectionId",
    "SectionKey",
    "Snapshot",
    "SyncMode",
    "Term",
    "TermId",
]

# --- Ids and roles ----------------------------------------------------------------------------------------------------

Provider = NewType("Provider", str)
"""Who vouches for an identity or sends a roster. A host may add its own beside those named here."""

CLEVER = Provider("clever")
GOOGLE_CLASSROOM = Provider("google_classroom")
ONEROSTER = Provider("oneroster")

DistrictId = NewType("DistrictId", str)
SchoolId = NewType("SchoolId", str)
TermId = NewType("TermId", str)
CourseId = NewType("CourseId", str)
SectionId = NewType("SectionId", str)
PersonId = NewType("PersonId", str)
"""The source's own ids. Clever's are 24 hex digits, unique over all districts, compared byte for byte."""

GOOGLE_ACCOUNTS = DistrictId("google")
"""The one "district" of all Google accounts: their ids are unique over all domains and never reused (Google, "OpenID
Connect": `sub`), a class may span domains, and a person whose domain is renamed stays the same person."""

AccountId = NewType("AccountId", str)
HostSectionId = NewType("HostSectionId", str)
"""The host's own ids, as text; an adapter turns them into its column's type."""


class Role(StrEnum):
    """What a person is in a district: the keys of Clever's `roles` object (dev.clever.com, "Users")."""

    STUDENT = "student"
    TEACHER = "teacher"
    STAFF = "staff"
    DISTRICT_ADMIN = "district_admin"
    CONTACT = "contact"


class EnrollmentRole(StrEnum):
    """What a person is in one section."""

    STUDENT = "student"
    TEACHER = "teacher"


@attrs.frozen(repr=False)
class Secret:
    """A credential: a token or a client secret. Its repr and str hide it, and it is not pickled."""

    _value: str

    def reveal(self) -> str:
        """The secret itself, for the one line that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not pickled; keep it in your secret store and make it anew.")


# --- People and classes, as their source describes them ---------------------------------------------------------------


@attrs.frozen(repr=False)
class PersonName:
    """A human's name; its repr and str show nothing. A contact's whole name stands in `last` (Clever, "Users")."""

    first: str
    last: str
    middle: str = ""

    def __repr__(self) -> str:
        return "PersonName(<hidden>)"

    def display(self) -> str:
        """The name as one line of text, given name first."""
        return " ".join(part for part in (self.first, self.middle, self.last) if part)


@attrs.frozen(kw_only=True)
class Person:
    """A human as the source describes them; what it does not say is None.

    Attributes:
        email: unverified; "" when the source says that there is none, None when it does not say (often: not shared).
        roles: every role at once; empty when the source names none that we know.
        unknown_roles: role names we do not know. They grant nothing and are never read as another role.
        sis_id: id in the district's student information system; unique within one district only.
        student_number, state_id: numbers a school or a state gives; hints, never keys.
        grade: Clever's grade text ("Kindergarten", "1" to "13", ...).
        schools: all schools, the primary one first.
        legacy_id: the id this person had before, where the source says it (Clever, "Users": `legacy_id`).
    """

    id: PersonId
    district: DistrictId
    name: PersonName
    roles: frozenset[Role] = frozenset()
    unknown_roles: frozenset[str] = frozenset()
    email: str | None = attrs.field(default=None, repr=False)
    username: str | None = attrs.field(default=None, repr=False)
    sis_id: str | None = attrs.field(default=None, repr=False)
    student_number: str | None = attrs.field(default=None, repr=False)
    state_id: str | None = attrs.field(default=None, repr=False)
    birth_date: date | None = attrs.field(default=None, repr=False)
    grade: str | None = None
    schools: tuple[SchoolId, ...] = ()
    legacy_id: PersonId | None = None


@attrs.frozen(kw_only=True)
class School:
    """A school."""

    id: SchoolId
    name: str
    sis_id: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class Term:
    """A term. Ids of terms are not stable: a changed name or date may make a new one (Clever, "Data model quirks")."""

    id: TermId
    name: str | None = None
    starts: date | None = None
    ends: date | None = None


@attrs.frozen(kw_only=True)
class Course:
    """A course."""

    id: CourseId
    name: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class Section:
    """A class as its source lists it: facts, teachers and students.

    Attributes:
        teachers: ids, the primary teacher first, then co-teachers in ascending order.
        students: ids, ascending.
    """

    id: SectionId
    district: DistrictId
    name: str
    school: SchoolId | None = None
    course: CourseId | None = None
    term: TermId | None = None
    subject: str | None = None
    grade: str | None = None
    period: str | None = None
    section_number: str | None = None
    sis_id: str | None = None
    teachers: tuple[PersonId, ...] = ()
    students: tuple[PersonId, ...] = ()

    def enrollments(self) -> tuple[Enrollment, ...]:
        """Who is in it, as enrollments: teachers in their order, then students in theirs."""
        return (
            *(Enrollment(self.id, person, EnrollmentRole.TEACHER) for person in self.teachers),
            *(Enrollment(self.id, person, EnrollmentRole.STUDENT) for person in self.students),
        )


@attrs.frozen(order=True)
class Enrollment:
    """A person in a section in a role; derived from the section's lists (Clever has no enrollment record)."""

    section: SectionId
    person: PersonId
    role: EnrollmentRole


@attrs.frozen(kw_only=True)
class Classroom:
    """A section with everything that tells two alike apart: what a teacher chooses from.

    Attributes:
        co_teachers: the other teachers, by name; not in the repr.
        look_alike: another of the listed classrooms has the same, or nearly the same, name.
    """

    section: Section
    school: School | None
    term: Term | None
    course: Course | None
    co_teachers: tuple[PersonName, ...] = attrs.field(default=(), repr=False)
    look_alike: bool = False

    @property
    def student_count(self) -> int:
        """How many students the source lists."""
        return len(self.section.students)


# --- A roster at one instant ------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Proof:
    """What is known about how completely a roster was read. Without a proof of a section nobody is removed from it.

    Attributes:
        broken: why the read as a whole proves nothing; None when it came to its end.
        gaps: sections that are not proven although the read came to its end, each with its reason.
        pages, rows: how much was read.
    """

    broken: str | None = None
    gaps: Mapping[SectionId, str] = attrs.field(factory=dict[SectionId, str])
    pages: int = 0
    rows: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything in the scope was read to its end."""
        return self.broken is None and not self.gaps

    def doubt(self, section: SectionId) -> str | None:
        """Why this section is not proven; None when it is."""
        return self.broken if self.broken is not None else self.gaps.get(section)


UNPROVEN = Proof(broken="nothing vouches that this roster was read to its end")


@attrs.frozen(kw_only=True, repr=False)
class Snapshot(Shown):
    """A roster read at one instant, immutable, that knows how complete it is.

    Attributes:
        scope: the sections the read was asked for. A section of the scope that is missing from `sections` is no
            longer at the source (or no longer shared), if the proof covers it.
        people: everyone that the sections name, by id.
        terms: the terms of the sections, by id, as far as they were read.
        unshared: sections of the scope that the source has and does not show us any more (403), which is not "gone".
        district_state: Clever's word for how the district's sync stands ("success", "paused", "Requires Review", ...;
            Clever, "Districts"); None when it was not asked.
    """

    provider: Provider
    district: DistrictId
    taken_at: datetime
    scope: frozenset[SectionId]
    people: Mapping[PersonId, Person]
    sections: Mapping[SectionId, Section]
    proof: Proof = UNPROVEN
    terms: Mapping[TermId, Term] = attrs.field(factory=dict[TermId, Term])
    unshared: frozenset[SectionId] = frozenset()
    district_state: str | None = None

    def __repr__(self) -> str:
        state = "complete" if self.proof.complete else "not complete"
        return f"<Snapshot of {len(self.sections)} sections and {len(self.people)} people, {state}>"

    @classmethod
    def of(
        cls,
        *,
        provider: Provider,
        district: DistrictId,
        taken_at: datetime,
        people: Iterable[Person],
        sections: Iterable[Section],
        proof: Proof = UNPROVEN,
        scope: Iterable[SectionId] | None = None,
    ) -> Snapshot:
        """Build one from records; the scope is the sections given, unless it is named."""
        by_id = {section.id: section for section in sections}
        return cls(
            provider=provider,
            district=district,
            taken_at=taken_at,
            scope=frozenset(by_id) if scope is None else frozenset(scope),
            people={person.id: person for person in people},
            sections=by_id,
            proof=proof,
        )

    def view(self, *, names: bool = False) -> View:
        """Tables `sections`, `people` and `enrollments`; with names also whatever tells who a person is."""
        doubts = sum(self.proof.doubt(key) is not None for key in self.scope)
        lead = f"Not proven: {doubts} of {len(self.scope)} sections. Nobody is removed from those."
        size = sum(len(one.teachers) + len(one.students) for one in self.sections.values())
        section, person = ("name", "subject") if names else (), _PRIVATE if names else ()
        return View(
            title="Snapshot",
            lead="Read to its end." if self.proof.complete else lead,
            tone=Tone.GOOD if self.proof.complete else Tone.WARN,
            facts=(
                ("source", self.provider),
                ("district", self.district),
                ("read at", self.taken_at),
                ("sections", len(self.sections)),
                ("people", len(self.people)),
                ("enrollments", size),
            ),
            parts=(
                Table(
                    name="sections",
                    caption="Sections",
                    columns=("section", "school", "term", "grade", "period", "teachers", "students", "doubt", *section),
                    rows=lambda: (self._row(one, section) for one in self.sections.values()),
                    count=len(self.sections),
                    tone=lambda row: Tone.WARN if row[7] else Tone.PLAIN,
                ),
                Table(
                    name="people",
                    caption="People",
                    columns=("person", "district", "roles", "grade", "schools", "legacy_id", *person),
                    rows=lambda: (_row_of(one, person) for one in self.people.values()),
                    count=len(self.people),
                ),
                Table(
                    name="enrollments",
                    caption="Enrollments",
                    columns=("section", "person", "role"),
                    rows=self._enrollments,
                    count=size,
                    drawn=(),
                ),
            ),
        )

    def _row(self, one: Section, more: Iterable[str]) -> Row:
        sizes = (len(one.teachers), len(one.students), self.proof.doubt(one.id))
        return (one.id, one.school, one.term, one.grade, one.period, *sizes, *(getattr(one, field) for field in more))

    def _enrollments(self) -> Iterator[Row]:
        for section in self.sections.values():
            for one in section.enrollments():
                yield one.section, one.person, one.role.value


_PRIVATE = (
    *("first", "last", "middle"),
    *("email", "username", "sis_id", "student_number", "state_id", "birth_date"),
)


def _row_of(one: Person, private: Iterable[str]) -> Row:
    roles = " ".join(sorted({*one.roles, *one.unknown_roles}))
    told = (getattr(one.name if field in {"first", "last", "middle"} else one, field) for field in private)
    return (one.id, one.district, roles, one.grade, " ".join(one.schools), one.legacy_id, *told)


# --- Who arrived ------------------------------------------------------------------------------------------------------


@attrs.frozen(order=True)
class IdentityKey:
    """What an identity is known by: provider, district and the provider's user id, byte for byte.

    Email, `sis_id` and names are never part of it (dev.clever.com, "Best practices": match on the Clever id).
    """

    provider: Provider
    district: DistrictId
    subject: PersonId


@attrs.frozen(kw_only=True)
class Identity:
    """Proof from a finished login: this person of this district is who stands at the browser.

    Attributes:
        roles: all roles, not only that of this login.
        login_role: the role this login was made in, as the provider said it.
        unsaid: roles about which this login says nothing, because the provider does not know them or was not asked:
            what was known of them stays. None at Clever, nearly all at Google, which knows teachers only.
        email: as the district wrote it; unverified, possibly not even an address; a hint and never a key.
        district_name: what the district calls itself, to be shown before something is connected; None if not readable.
    """

    key: IdentityKey
    roles: frozenset[Role]
    unknown_roles: frozenset[str] = frozenset()
    login_role: str | None = None
    unsaid: frozenset[Role] = frozenset()
    name: PersonName | None = None
    email: str | None = attrs.field(default=None, repr=False)
    district_name: str | None = None


# --- What the host has ------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Account:
    """A row in the host's user table, as far as this library needs it.

    Attributes:
        has_password: whether the person can sign in with email and password; an email alone is no way in.
        active: False when closed or locked: it neither signs in nor is replaced by a new one.
        activity: how much work is in it, in the host's own unit (lessons, submissions); 0 when none.
    """

    id: AccountId
    name: PersonName
    email: str | None = attrs.field(default=None, repr=False)
    has_password: bool = False
    active: bool = True
    created_at: datetime | None = None
    last_active_at: datetime | None = None
    activity: int = 0


@attrs.frozen(kw_only=True)
class NewAccount:
    """What an account is made from when a person signs up, or is imported with a roster."""

    name: PersonName
    email: str | None = attrs.field(default=None, repr=False)
    roles: frozenset[Role] = frozenset()


@attrs.frozen(kw_only=True)
class ProfileUpdate:
    """Fields that the roster owns, as they are now; None leaves a field as it is."""

    account: AccountId
    name: PersonName | None = None
    email: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Link:
    """The stored fact that an identity belongs to an account; an identity has one account at most.

    Attributes:
        roles: the roles that the source gave this identity when somebody last looked; empty when nobody did.
    """

    key: IdentityKey
    account: AccountId
    linked_at: datetime
    roles: frozenset[Role] = frozenset()


@attrs.frozen(order=True)
class SectionKey:
    """Which section at which source; the district is always part of it."""

    provider: Provider
    district: DistrictId
    section: SectionId


class SyncMode(StrEnum):
    """How far a sync of one host section goes.

    MIRROR: as the source has it. ADDITIVE: who joins is added, nobody is withdrawn. MANUAL: nobody joins or leaves by a
    sync; facts follow. PAUSED: nothing is done at all.
    """

    MIRROR = "mirror"
    ADDITIVE = "additive"
    MANUAL = "manual"
    PAUSED = "paused"


@attrs.frozen(kw_only=True)
class HostSection:
    """A section in the host: one roster source at most.

    Attributes:
        id: None until the store has saved it for the first time.
        owner: the account that runs it.
        source: the section it is synced from; None for one made by hand.
        archived: soft end; its enrollments and work stay.
        gone: archived because the source no longer had it, and not by a teacher; it comes back with the source.
        mode: how far a sync goes.
        pins: fields of the section ("name") that people own here: the source's value is shown, and not written.
    """

    name: str
    owner: AccountId
    id: HostSectionId | None = None
    source: SectionKey | None = None
    archived: bool = False
    gone: bool = False
    mode: SyncMode = SyncMode.MIRROR
    pins: frozenset[str] = frozenset()


class Origin(StrEnum):
    """Why somebody is in a host section. Sync ends only what is `SOURCE`; `BOTH` falls back to `MANUAL`."""

    SOURCE = "source"
    MANUAL = "manual"
    BOTH = "both"


class EnrollmentStatus(StrEnum):
    """Active, or ended softly; `REMOVED_BY_HAND` is remembered, so that a sync does not bring the person back."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    REMOVED_BY_HAND = "removed_by_hand"


@attrs.frozen(kw_only=True)
class HostEnrollment:
    """An account in a host section. Never deleted: it ends by status, and comes back as the same row.

    Attributes:
        person: the source's id of the person when the source lists, or listed, them; None when added by hand only.
        since: when the row was first made.
        changed_at: when status or origin last changed.
    """

    section: HostSectionId
    account: AccountId
    role: EnrollmentRole
    origin: Origin
    status: EnrollmentStatus
    since: datetime
    changed_at: datetime
    person: PersonId | None = None
