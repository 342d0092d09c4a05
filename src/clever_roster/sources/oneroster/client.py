"""The typed OneRoster client: one description of the reads, worn by a blocking and an awaiting class.

with OneRosterClient(url, token_url=..., client_id=..., client_secret=Secret(...)) as sis:
    snapshot = sis.fetch_snapshot()
    snapshot = fold_into(snapshot, sis.fetch_changes(snapshot.taken_at), taken_at=now)   # the next night

The snapshot is the one that Clever's client gives too: `roster.plan`, the guard and `roster.apply` do not care.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import attrs

from clever_roster.clever.classrooms import flag_look_alikes
from clever_roster.drivers import AsyncHttpClient, AwaitingDriver, BlockingDriver, HttpClient
from clever_roster.errors import NotFound, ReauthRequired, SourceError, UnexpectedPayload
from clever_roster.model import Classroom, DistrictId, PersonId, SchoolId, Secret, SectionId, Snapshot
from clever_roster.patience import Exchange, Progress, RequestBudget
from clever_roster.sources.oneroster import records
from clever_roster.sources.oneroster.columns import Version, columns_of
from clever_roster.sources.oneroster.files import Bundle, Manifest, Mode
from clever_roster.sources.oneroster.reading import (
    PAGE_SIZE,
    Api,
    Listed,
    Many,
    Unlimited,
    at,
    read_list,
    read_one,
    since,
)
from clever_roster.sources.oneroster.snapshots import courses_of, schools_of, snapshot_of
from clever_roster.sources.oneroster.wire import key_of, read_record, read_roles
from clever_roster.steps import Steps, flow

__all__ = ["AsyncOneRosterClient", "OneRosterClient", "scopes_of"]

Kind = TypeVar("Kind", bound=records.Record)

_UNASKED = frozenset({"sms", "phone", "agent_sourced_ids", "resource_sourced_ids", "pronouns"})
"""What no snapshot has a place for is not asked for: a roster is children's data."""


def scopes_of(version: Version, *, demographics: bool = False) -> tuple[str, ...]:
    """The scopes of a rostering read (OneRoster, "Security": core and full read, demographics apart)."""
    root = f"https://purl.imsglobal.org/spec/or/v{version.value.replace('.', 'p')}/scope"
    more = (f"{root}/roster-demographics.readonly",) if demographics else ()
    return (f"{root}/roster-core.readonly", f"{root}/roster.readonly", *more)


@attrs.frozen
class _User:
    """A user and the roles inside it."""

    user: records.User
    roles: tuple[records.Role, ...]


class _Operations:
    """The reads, once."""

    api: Api
    demographics: bool

    @flow
    def fetch_orgs(self) -> Steps[Listed[records.Org]]:
        """Schools, districts, and what is above and below.

        Raises:
            SourceError: the list could not be read.
        """
        return (yield from read_list(self.api, self._many(records.Org, "orgs")))

    @flow
    def fetch_academic_sessions(self) -> Steps[Listed[records.AcademicSession]]:
        """Terms, semesters, school years and grading periods."""
        return (yield from read_list(self.api, self._many(records.AcademicSession, "academicSessions")))

    @flow
    def fetch_courses(self) -> Steps[Listed[records.Course]]:
        """All courses."""
        return (yield from read_list(self.api, self._many(records.Course, "courses")))

    @flow
    def fetch_classes(
        self, *, school: SchoolId | None = None, teacher: PersonId | None = None
    ) -> Steps[Listed[records.Class]]:
        """All classes, those of a school, or those of a teacher."""
        path = "classes" if school is None else at("schools", school, "classes")
        path = path if teacher is None else at("teachers", teacher, "classes")
        return (yield from read_list(self.api, self._many(records.Class, path)))

    @flow
    def fetch_users(self, *, role: str | None = None, school: SchoolId | None = None) -> Steps[Listed[records.User]]:
        """Users: all, or only "students" or "teachers"; of everywhere, or of a school.

        Args:
            role: "students" or "teachers"; needed with a school.
        """
        path = role or "users"
        listed = yield from read_list(self.api, self._users(path if school is None else at("schools", school, path)))
        return Listed(tuple(one.user for one in listed.items), listed.doubt, listed.pages)

    @flow
    def fetch_enrollments(
        self, *, school: SchoolId | None = None, section: SectionId | None = None
    ) -> Steps[Listed[records.Enrollment]]:
        """Enrollments: all, those of a school, or those of one of its classes."""
        path = "enrollments"
        if school is not None:
            within = () if section is None else ("classes", section)
            path = at("schools", school, *within, "enrollments")
        return (yield from read_list(self.api, self._many(records.Enrollment, path)))

    @flow
    def fetch_classrooms(
        self, teacher: PersonId, *, district: DistrictId | None = None
    ) -> Steps[tuple[Classroom, ...]]:
        """The classes of a teacher as they are chosen from, in the order of name and period, look-alikes flagged.

        Raises:
            SourceError: a list could not be read.
        """
        taught = yield from read_list(self.api, self._many(records.Class, at("teachers", teacher, "classes")))
        wanted = frozenset(SectionId(one.sourced_id) for one in taught.items if not one.gone)
        courses = yield from read_list(self.api, self._many(records.Course, "courses"))
        bundle, gaps = yield from self._classes(wanted)
        bundle = attrs.evolve(bundle, tables={**bundle.tables, records.Course.FILE: courses.items})
        snapshot = self._proven(bundle, gaps, wanted, district, self.api.clock())
        schools = {school.id: school for school in schools_of(bundle)}
        named = {course.id: course for course in courses_of(bundle)}
        classrooms = [
            Classroom(
                section=one,
                school=schools.get(one.school) if one.school else None,
                term=snapshot.terms.get(one.term) if one.term else None,
                course=named.get(one.course) if one.course else None,
                co_teachers=tuple(snapshot.people[other].name for other in one.teachers if other != teacher),
            )
            for one in snapshot.sections.values()
            if teacher in one.teachers
        ]
        return flag_look_alikes(
            sorted(classrooms, key=lambda c: (c.section.name, c.section.period or "", c.section.id))
        )

    @flow
    def fetch_bundle(self) -> Steps[Bundle]:
        """Everything that a roster is made of, as `read_files` would give it.

        Raises:
            SourceError: a list could not be read.
        """
        return (yield from self._bundle(None))

    @flow
    def fetch_changes(self, moment: datetime) -> Steps[Bundle]:
        """What changed at or after a moment, to be folded into what is known (`fold`, `fold_into`).

        Servers tell what is gone by `status`; one that only leaves it out tells nothing, and nothing is removed.

        Raises:
            SourceError: a list could not be read.
        """
        return (yield from self._bundle(moment))

    @flow
    def fetch_snapshot(
        self,
        sections: Collection[SectionId] | None = None,
        *,
        district: DistrictId | None = None,
        known: Collection[SectionId] = (),
    ) -> Steps[Snapshot]:
        """A roster that proves itself: of all classes, or of these.

        A class that the server does not have (404) is in the scope but not among the sections. One that could not be
        read in full is a gap in the proof: its people can be added, and nobody is removed by it.

        Args:
            district: the tenant; by default the one org of type "district".
            known: sections that the host has, where all are read: so a diff sees those that are gone.

        Raises:
            ReauthRequired: the credentials are not good.
            ConfigurationError: the server has no org of type "district", or several, and none was named.
            SourceError: a list that all depends on could not be read.
        """
        taken_at = self.api.clock()
        if sections is not None:
            wanted = frozenset(sections)
            some, gaps = yield from self._classes(wanted)
            return self._proven(some, gaps, wanted, district, taken_at)
        bundle = yield from self._bundle(None)
        return snapshot_of(bundle, taken_at=taken_at, district=district, known=known)

    # --- How ------------------------------------------------------------------------------------------------------

    def _many(self, kind: type[Kind], path: str, query: tuple[tuple[str, str], ...] = ()) -> Many[Kind]:
        return Many(
            path=path,
            keys=(kind.FILE, path.rpartition("/")[2]),
            read=partial(_record, kind, self.api.version),
            name_of=lambda one: one.sourced_id,
            query=query,
            fields=_fields(kind, self.api.version),
        )

    def _users(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> Many[_User]:
        version = self.api.version
        more = ("roles",) if version is Version.V1_2 else ()
        return Many(
            path=path,
            keys=("users", path.rpartition("/")[2]),
            read=partial(_user, version),
            name_of=lambda one: one.user.sourced_id,
            query=query,
            fields=(*_fields(records.User, version), *more),
        )

    def _bundle(self, moment: datetime | None) -> Steps[Bundle]:
        query = () if moment is None else (("filter", since(moment)),)
        kinds: list[type[records.Record]] = [records.Org, records.AcademicSession, records.Course, records.Class]
        kinds += [records.Enrollment]
        kinds += [records.Demographics] if self.demographics else []
        tables: dict[str, tuple[records.Record, ...]] = {}
        doubts: list[str] = []
        for kind in kinds:
            listed: Listed[Any] = yield from read_list(self.api, self._many(kind, kind.FILE, query))
            tables[kind.FILE] = listed.items
            doubts += [listed.doubt] if listed.doubt else []
        users = yield from read_list(self.api, self._users("users", query))
        doubts += [users.doubt] if users.doubt else []
        return self._bundled(tables, users.items, doubts, Mode.BULK if moment is None else Mode.DELTA)

    def _bundled(
        self,
        tables: dict[str, tuple[records.Record, ...]],
        users: Iterable[_User],
        doubts: Iterable[str],
        mode: Mode,
    ) -> Bundle:
        people = tuple(users)
        told = {**tables, records.User.FILE: tuple(one.user for one in people)}
        if self.api.version is Version.V1_2:
            told[records.Role.FILE] = tuple(role for one in people for role in one.roles)
        modes = dict.fromkeys(told, mode)
        return Bundle(manifest=Manifest(version=self.api.version, modes=modes), tables=told, doubts=tuple(doubts))

    def _classes(self, wanted: frozenset[SectionId]) -> Steps[tuple[Bundle, dict[SectionId, str]]]:
        """Each class by itself: what it is, its enrollments, and its people; and which of them are in doubt."""
        tables: dict[str, tuple[records.Record, ...]] = {}
        for kind in (records.Org, records.AcademicSession):
            listed: Listed[Any] = yield from read_list(self.api, self._many(kind, kind.FILE))
            tables[kind.FILE] = listed.items
        classes: list[records.Record] = []
        seats: list[records.Record] = []
        users: dict[str, _User] = {}
        gaps: dict[SectionId, str] = {}
        for key in sorted(wanted):
            try:
                facts = yield from read_one(
                    self.api, at("classes", key), "class", partial(_record, records.Class, self.api.version)
                )
            except NotFound:
                continue
            try:
                read = yield from self._class(facts)
            except ReauthRequired:
                raise
            except SourceError as error:
                # Its facts are known; who is in it is not.
                classes.append(facts)
                gaps[key] = str(error.args[0])
                continue
            classes.append(read.facts)
            seats += read.seats.items
            users.update((one.user.sourced_id, one) for one in read.users.items)
            if doubt := read.seats.doubt or read.users.doubt:
                gaps[key] = doubt
        tables |= {records.Class.FILE: tuple(classes), records.Enrollment.FILE: tuple(seats)}
        return self._bundled(tables, users.values(), (), Mode.BULK), gaps

    @staticmethod
    def _proven(
        bundle: Bundle,
        gaps: dict[SectionId, str],
        wanted: frozenset[SectionId],
        district: DistrictId | None,
        taken_at: datetime,
    ) -> Snapshot:
        snapshot = snapshot_of(bundle, taken_at=taken_at, district=district, known=wanted)
        proof = attrs.evolve(snapshot.proof, gaps={**snapshot.proof.gaps, **gaps})
        return attrs.evolve(snapshot, proof=proof)

    def _class(self, facts: records.Class) -> Steps[_Class]:
        key = facts.sourced_id
        path = at("schools", facts.school_sourced_id, "classes", key, "enrollments")
        seats = yield from read_list(self.api, self._many(records.Enrollment, path))
        students = yield from read_list(self.api, self._users(at("classes", key, "students")))
        teachers = yield from read_list(self.api, self._users(at("classes", key, "teachers")))
        users = Listed((*students.items, *teachers.items), students.doubt or teachers.doubt)
        return _Class(facts=facts, seats=seats, users=users)


@attrs.frozen(kw_only=True)
class _Class:
    """One class as three reads give it."""

    facts: records.Class
    seats: Listed[records.Enrollment]
    users: Listed[_User]


def _record(kind: type[Kind], version: Version, tree: object) -> Kind:
    return read_record(kind, tree, version)


def _user(version: Version, tree: object) -> _User:
    user = read_record(records.User, tree, version)
    return _User(user, tuple(read_roles(user, tree)) if version is Version.V1_2 else ())


def _fields(kind: type[records.Record], version: Version) -> tuple[str, ...]:
    """What is asked for: what the version has, less what nobody needs (OneRoster, "Field selection")."""
    return tuple(
        key_of(column)
        for field, column in columns_of(kind).items()
        if column.of(version) and not column.secret and field not in _UNASKED
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody(_: object) -> None:
    """Nobody is told."""


class OneRosterClient(_Operations, BlockingDriver):
    """Reads one OneRoster service, blocking. A context manager; closes only what it opened. May be shared by threads.

    Args:
        url: the service's root, with its version: ".../ims/oneroster/v1p1", ".../ims/oneroster/rostering/v1p2".
        token_url: where its OAuth 2 tokens come from.
        version: of the standard; by default what the url says.
        scopes: by default core and full rostering, and demographics where they are read.
        demographics: whether birth dates are read, too: a scope of its own, and more of children's data.
        http: an HTTP client of httpx's shape; None for one of its own.
        budget: how many requests are allowed, where somebody counts along.
        on_bad_record: told of each record that cannot be read, which is then left out; by default it raises.
        on_progress, watch: told after each page, and of each exchange.
    """

    def __init__(
        self,
        url: str,
        *,
        token_url: str,
        client_id: str,
        client_secret: Secret,
        version: Version | None = None,
        scopes: Collection[str] | None = None,
        demographics: bool = False,
        http: HttpClient | None = None,
        page_size: int = PAGE_SIZE,
        budget: RequestBudget | None = None,
        on_bad_record: Callable[[UnexpectedPayload], object] | None = None,
        on_progress: Callable[[Progress], object] = _nobody,
        watch: Callable[[Exchange], object] = _nobody,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self.demographics = demographics
        said = version or _version_in(url)
        self.api = Api(
            url=url,
            token_url=token_url,
            client_id=client_id,
            client_secret=client_secret,
            version=said,
            scopes=tuple(scopes_of(said, demographics=demographics) if scopes is None else scopes),
            page_size=page_size,
            budget=budget or Unlimited(),
            on_bad_record=on_bad_record,
            on_progress=on_progress,
            watch=watch,
            clock=clock,
        )


class AsyncOneRosterClient(_Operations, AwaitingDriver):
    """Reads one OneRoster service, awaiting. An async context manager. The arguments are those of `OneRosterClient`."""

    def __init__(
        self,
        url: str,
        *,
        token_url: str,
        client_id: str,
        client_secret: Secret,
        version: Version | None = None,
        scopes: Collection[str] | None = None,
        demographics: bool = False,
        http: AsyncHttpClient | None = None,
        page_size: int = PAGE_SIZE,
        budget: RequestBudget | None = None,
        on_bad_record: Callable[[UnexpectedPayload], object] | None = None,
        on_progress: Callable[[Progress], object] = _nobody,
        watch: Callable[[Exchange], object] = _nobody,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(http=http, sleep=sleep)
        self.demographics = demographics
        said = version or _version_in(url)
        self.api = Api(
            url=url,
            token_url=token_url,
            client_id=client_id,
            client_secret=client_secret,
            version=said,
            scopes=tuple(scopes_of(said, demographics=demographics) if scopes is None else scopes),
            page_size=page_size,
            budget=budget or Unlimited(),
            on_bad_record=on_bad_record,
            on_progress=on_progress,
            watch=watch,
            clock=clock,
        )


def _version_in(url: str) -> Version:
    """What the address says: `v1p1` or `v1p2`; 1.1 where it says nothing."""
    return Version.V1_2 if "v1p2" in url else Version.V1_1
