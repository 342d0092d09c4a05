"""The whole way with Google: sign in, choose a class, import it, sync it the next day; two logins on one account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import httpx
import pytest

from clever_roster import linking, roster
from clever_roster.errors import ReauthRequired
from clever_roster.linking import Conflict, ConflictKind, Linked, NeedsConfirmation, Offer, Policy, SignedIn, Unlinked
from clever_roster.model import (
    CLEVER,
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    IdentityKey,
    Link,
    PersonId,
    Role,
    SectionId,
    SectionKey,
)
from clever_roster.oauth import (
    CLASSROOM,
    Arrived,
    CleverApp,
    CleverLogin,
    GoogleApp,
    GoogleLogin,
    Grant,
    Reason,
    Refused,
)
from clever_roster.ports import Store
from clever_roster.roster import Attachment, Rule, Verb
from clever_roster.sources.google import CourseState, GoogleClassroom
from clever_roster.storage.memory import MemoryStore
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import Breakage, District, Simulator, next_day
from clever_roster.testing.google import ClassroomDomain, SimulatedGoogle, sample_classroom_domain
from clever_roster.testing.showcase import Showcase


class Kept(dict[IdentityKey, Grant]):
    def keep(self, key: IdentityKey, grant: Grant, *, now) -> None:
        self[key] = grant


@attrs.define
class School:
    """A host with both logins, one store, and the pretend providers behind them."""

    google: SimulatedGoogle
    login: GoogleLogin
    clever: CleverLogin
    simulator: Simulator
    road: httpx.Client
    http: httpx.Client
    store: Store
    grants: Kept
    clock: object

    def now(self):
        return self.clock()  # type: ignore[operator]

    def at_google(
        self, person: PersonId, *, connect: AccountId | None = None, browser: str | None = None, classes: bool = False
    ) -> Arrived:
        begin = self.login.ask_for(CLASSROOM, connect=connect, browser=browser) if classes else None
        started = begin or self.login.begin(connect=connect, browser=browser)
        back = self.google.visit(started.redirect_to, person)
        arrived = self.login.finish(urlsplit(back).query, browser=started.cookie.value)
        assert isinstance(arrived, Arrived), arrived
        return arrived

    def at_clever(self, person: PersonId, *, connect: AccountId | None = None, browser: str | None = None) -> Arrived:
        started = self.clever.begin(connect=connect, browser=browser)
        back = self.http.get(started.redirect_to, headers={"cookie": self.simulator.sign_in(person)})
        arrived = self.clever.finish(urlsplit(back.headers["location"]).query, browser=started.cookie.value)
        assert isinstance(arrived, Arrived), arrived
        return arrived

    def settle(self, arrived: Arrived, *, signed_in: AccountId | None = None, policy: Policy | None = None):
        with self.store.transaction() as ports:
            return linking.settle(
                ports, arrived, signed_in=signed_in, now=self.now(), create=True, policy=policy or Policy()
            )

    def account(self, arrived: Arrived) -> AccountId:
        outcome = self.settle(arrived)
        assert isinstance(outcome, SignedIn | linking.Created), outcome
        return outcome.account.id

    def connect(self, account: AccountId, person: PersonId, *, policy: Policy | None = None, browser: str = "b"):
        """Begin, come back, and say yes where a question is asked."""
        asked = self.settle(self.at_google(person, connect=account, browser=browser), signed_in=account, policy=policy)
        ticket = asked.ticket if isinstance(asked, NeedsConfirmation | Conflict) else ""
        if not ticket:
            return asked
        with self.store.transaction() as ports:
            return linking.confirm(
                ports,
                ticket,
                browser=browser,
                signed_in=account,
                authenticated_at=self.now(),
                now=self.now(),
                policy=policy or Policy(),
            )

    def disconnect(self, account: AccountId, key: IdentityKey):
        with self.store.transaction() as ports:
            return linking.disconnect(ports, account, key, now=self.now(), authenticated_at=self.now())

    def reads(self, person: PersonId) -> GoogleClassroom:
        """The classes of somebody whose grant is kept; refreshed where it ended."""
        grant = self.grants[key_of(person)]
        if grant.expires_at <= self.now():
            assert grant.refresh_token is not None
            fresh = self.login.refresh(grant.refresh_token)
            grant = attrs.evolve(fresh, refresh_token=grant.refresh_token)
            self.grants[key_of(person)] = grant
        return GoogleClassroom(grant.access_token, http=self.road, page_size=5, clock=self.now, sleep=lambda _: None)

    def plan(self, person: PersonId, course: SectionId, *, owner: AccountId | None = None):
        key = SectionKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, course)
        with self.store.transaction() as ports:
            known = ports.roster.sections([key]).values()
        snapshot = self.reads(person).fetch_snapshot([course], known=known)
        attach = None if owner is None else {course: Attachment(owner=owner)}
        with self.store.transaction() as ports:
            return roster.plan(ports, snapshot, attach=attach, actor=owner)

    def apply(self, plan):
        with self.store.transaction() as ports:
            return roster.apply(ports, plan, actor="test", now=self.now())

    def students(self, course: SectionId) -> set[PersonId]:
        """Who is in the host's class, by Google's ids."""
        key = SectionKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, course)
        with self.store.transaction() as ports:
            section = ports.sections.attached([key])[key]
            assert section.id is not None
            return {
                row.person
                for row in ports.sections.enrollments([section.id])
                if row.role is EnrollmentRole.STUDENT
                and row.status is EnrollmentStatus.ACTIVE
                and row.person is not None
            }


def key_of(person: PersonId) -> IdentityKey:
    return IdentityKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, person)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The story is told on a store in memory, and on one that has to write everything down."""
    if request.param == "memory":
        yield MemoryStore()
        return
    kept = SqlStore(f"sqlite:///{tmp_path / 'school.db'}")
    kept.create_tables()
    yield kept
    kept.close()


@pytest.fixture
def school(  # noqa: PLR0917 - fixtures
    google: SimulatedGoogle,
    registered: GoogleApp,
    app: CleverApp,
    simulator: Simulator,
    road: httpx.Client,
    http: httpx.Client,
    store: Store,
    clock,
) -> School:
    grants = Kept()
    return School(
        google=google,
        login=GoogleLogin(registered, store=store, http=road, clock=clock, keeper=grants),
        clever=CleverLogin(app, store=store, http=http, clock=clock),
        simulator=simulator,
        road=road,
        http=http,
        store=store,
        grants=grants,
        clock=clock,
    )


# --- A class ----------------------------------------------------------------------------------------------------------


def test_a_teacher_signs_in_chooses_a_class_imports_it_and_syncs_it_the_next_day(
    school: School, teacher: PersonId, domain: ClassroomDomain, clock
) -> None:
    """The same plan, guard and apply as for Clever; at night with a refreshed token; pupils find their accounts."""
    owner = school.account(school.at_google(teacher, classes=True))
    offered = school.reads(teacher).fetch_classrooms()
    course = next(one.section.id for one in offered if one.look_alike)
    report = school.apply(school.plan(teacher, course, owner=owner))
    assert report.count(Verb.ENROLL) >= len(domain.courses[course].students)
    assert school.students(course) == set(domain.courses[course].students)
    assert school.plan(teacher, course).empty

    pupil = domain.courses[course].students[0]
    signed_in = school.settle(school.at_google(pupil))
    assert isinstance(signed_in, SignedIn)

    clock.forward(hours=24)
    listed = domain.courses[course]
    leaver = listed.students[-1]
    joiner = next(one for one in sorted(domain.users) if one not in {*listed.students, *listed.teachers})
    school.google.replace(domain.left(course, leaver).joined(course, joiner))
    school.apply(school.plan(teacher, course))
    assert school.students(course) == {*listed.students, joiner} - {leaver}
    assert school.plan(teacher, course).empty


def test_the_same_children_have_the_same_accounts_the_next_day(  # noqa: PLR0917 - fixtures
    school: School, teacher: PersonId, course: SectionId, district: District, domain: ClassroomDomain, clock
) -> None:
    """The district's next day, seen by Google: who stayed is nobody new."""
    owner = school.account(school.at_google(teacher, classes=True))
    school.apply(school.plan(teacher, course, owner=owner))
    with school.store.transaction() as ports:
        before = {link.key: link.account for link in ports.links.all()}
    tomorrow = sample_classroom_domain(next_day(district, seed=1))
    assert len(tomorrow.users.keys() & domain.users.keys()) > 0.9 * len(domain.users)
    school.google.replace(tomorrow)
    clock.forward(hours=24)
    school.apply(school.plan(teacher, course))
    with school.store.transaction() as ports:
        after = {link.key: link.account for link in ports.links.all()}
    assert before.items() <= after.items()
    stayed = set(domain.courses[course].students) & set(tomorrow.courses[course].students)
    assert stayed <= school.students(course)


def test_a_half_read_list_removes_nobody(school: School, teacher: PersonId, course: SectionId) -> None:
    """A page that ends too early, in the next night's read: everybody stays, and the plan says why."""
    owner = school.account(school.at_google(teacher, classes=True))
    school.apply(school.plan(teacher, course, owner=owner))
    everybody = school.students(course)
    school.google.fail(f"/v1/courses/{course}/students", Breakage.EARLY_END)
    plan = school.plan(teacher, course)
    assert any("leaves out" in note.sentence for note in plan.notes)
    school.apply(plan)
    assert school.students(course) == everybody


@pytest.mark.parametrize(
    ("state", "rule"), [(CourseState.ARCHIVED, Rule.SECTION_GONE), (CourseState.SUSPENDED, Rule.NOT_SHARED)]
)
def test_a_class_that_ended_or_is_hidden_at_google_waits_for_a_persons_word(  # noqa: PLR0917 - fixtures
    school: School, teacher: PersonId, course: SectionId, domain: ClassroomDomain, state: str, rule: Rule
) -> None:
    """Nothing of the class is lost meanwhile; brought back to life, it goes on as if nothing had been."""
    owner = school.account(school.at_google(teacher, classes=True))
    school.apply(school.plan(teacher, course, owner=owner))
    everybody = school.students(course)
    school.google.replace(domain.altered(attrs.evolve(domain.courses[course], state=state)))
    plan = school.plan(teacher, course)
    assert [(step.verb, step.hold.rule if step.hold else None) for step in plan.steps] == [(Verb.ARCHIVE, rule)]
    school.apply(plan)
    assert school.students(course) == everybody
    school.google.replace(domain)
    assert school.plan(teacher, course).empty


def test_a_co_teacher_whom_nobody_confirmed_waits_for_a_persons_word(
    school: School, teacher: PersonId, course: SectionId, domain: ClassroomDomain, pupil: PersonId
) -> None:
    """To be made a co-teacher in Classroom makes nobody a teacher here."""
    owner = school.account(school.at_google(teacher, classes=True))
    sample = domain.courses[course]
    others = tuple(one for one in sample.students if one != pupil)
    school.google.replace(domain.altered(attrs.evolve(sample, teachers=(*sample.teachers, pupil), students=others)))
    plan = school.plan(teacher, course, owner=owner)
    held = [step for step in plan.steps if step.person == pupil]
    assert [step.hold.rule for step in held if step.hold] == [Rule.NOT_A_TEACHER]
    school.apply(plan)
    assert pupil not in school.students(course)


def test_a_grant_that_was_taken_back_stops_the_night_and_changes_nothing(
    school: School, teacher: PersonId, course: SectionId, clock
) -> None:
    """The teacher revoked it, or left the school: typed, and nothing is believed to be empty."""
    owner = school.account(school.at_google(teacher, classes=True))
    school.apply(school.plan(teacher, course, owner=owner))
    everybody = school.students(course)
    school.google.revoke(teacher)
    with pytest.raises(ReauthRequired):
        school.plan(teacher, course)
    clock.forward(hours=2)
    with pytest.raises(ReauthRequired):
        school.plan(teacher, course)
    assert school.students(course) == everybody


# --- Two logins on one account ----------------------------------------------------------------------------------------


def test_an_account_made_with_clever_is_opened_by_google_once_it_is_connected(
    school: School, show: Showcase, teacher: PersonId
) -> None:
    """Asked first, with name, domain and role on the page; then either login opens the one account."""
    own = school.account(school.at_clever(show.teacher))
    asked = school.settle(school.at_google(teacher, connect=own, classes=True), signed_in=own)
    assert isinstance(asked, NeedsConfirmation)
    assert (asked.district, asked.roles) == (school.google.domain.name, ("teacher",))
    linked = school.connect(own, teacher)
    assert isinstance(linked, Linked)
    assert linked.end_other_sessions
    assert school.account(school.at_google(teacher)) == own
    assert school.account(school.at_clever(show.teacher)) == own
    again = school.connect(own, teacher)
    assert isinstance(again, Linked)
    assert again.already


def test_a_login_that_opens_another_account_is_a_conflict_and_moves_nothing(
    school: School, show: Showcase, teacher: PersonId
) -> None:
    """One identity, one account: of whichever provider; the answer says nothing about the other one."""
    own, other = school.account(school.at_clever(show.teacher)), school.account(school.at_google(teacher))
    assert own != other
    conflict = school.connect(own, teacher)
    assert isinstance(conflict, Conflict)
    assert conflict.kind is ConflictKind.HELD_BY_EMPTY_ACCOUNT
    assert conflict.sentence.startswith("This Google login opens another account here")
    assert Offer.ABSORB not in conflict.offers
    assert school.account(school.at_google(teacher)) == other
    absorbed = school.connect(own, teacher, policy=Policy(absorb_empty=True))
    assert isinstance(absorbed, Linked)
    assert absorbed.absorbed == other
    assert school.account(school.at_google(teacher)) == own


def test_a_child_whom_the_import_from_google_made_twice_is_one_again_on_their_own_word(
    school: School, teacher: PersonId, course: SectionId, domain: ClassroomDomain
) -> None:
    """They had an account with Clever; the class from Google made another. Connecting takes the empty one over."""
    child = next(one for one in domain.courses[course].students if domain.users[one].hosted)
    own = school.account(school.at_clever(domain.origin[child]))
    owner = school.account(school.at_google(teacher, classes=True))
    school.apply(school.plan(teacher, course, owner=owner))
    linked = school.connect(own, child, policy=Policy(absorb_empty=True))
    assert isinstance(linked, Linked)
    assert linked.absorbed is not None
    with school.store.transaction() as ports:
        assert {link.key.provider for link in ports.links.of(own)} == {CLEVER, GOOGLE_CLASSROOM}
        seats = [row for row in ports.sections.enrolled(own) if row.person == child]
        assert [row.status for row in seats] == [EnrollmentStatus.ACTIVE]
    assert school.plan(teacher, course).empty


def test_districts_of_two_providers_keep_no_accounts_apart(
    school: School, show: Showcase, teacher: PersonId, pupil: PersonId
) -> None:
    """Merging asks for a person's look where one provider knows two districts; two providers are one school."""
    one, other = school.account(school.at_clever(show.student)), school.account(school.at_google(pupil))
    with school.store.transaction() as ports:
        plan = linking.plan_merge(ports, source=other, into=one)
        assert isinstance(plan, linking.MergePlan)
        assert (plan.takes, plan.because) == (linking.Consent.STUB, None)
    staff = school.account(school.at_google(teacher, classes=True))
    with school.store.transaction() as ports:
        plan = linking.plan_merge(ports, source=staff, into=one)
        assert isinstance(plan, linking.MergePlan)
        assert (plan.takes, plan.because) == (linking.Consent.STAFF, ConflictKind.HELD_BY_OTHER_ROLE)


def test_an_account_with_two_logins_can_lose_either_and_never_both(
    school: School, show: Showcase, teacher: PersonId
) -> None:
    """The last way in stays."""
    own = school.account(school.at_clever(show.teacher))
    school.connect(own, teacher)
    with school.store.transaction() as ports:
        keys = [link.key for link in ports.links.of(own)]
    assert {key.provider for key in keys} == {CLEVER, GOOGLE_CLASSROOM}
    for first, last in (keys, keys[::-1]):
        assert isinstance(school.disconnect(own, first), Unlinked)
        stuck = school.disconnect(own, last)
        assert stuck == Conflict(ConflictKind.LAST_WAY_IN)
        assert stuck.sentence.startswith("Clever is the only" if last.provider == CLEVER else "Google is the only")
        if first.provider == GOOGLE_CLASSROOM:
            school.connect(own, teacher)
            continue
        with school.store.transaction() as ports:
            ports.links.add([link_of(first, own, school)])


def link_of(key: IdentityKey, account: AccountId, school: School):
    return Link(key=key, account=account, linked_at=school.now(), roles=frozenset({Role.TEACHER}))


def test_a_login_by_which_a_synced_class_lists_somebody_stays(
    school: School, show: Showcase, teacher: PersonId, course: SectionId, domain: ClassroomDomain
) -> None:
    """A pupil whose class comes from Google keeps that login, though Clever's opens the account too."""
    owner = school.account(school.at_google(teacher, classes=True))
    school.apply(school.plan(teacher, course, owner=owner))
    pupil = next(one for one in domain.courses[course].students if domain.users[one].hosted)
    own = school.account(school.at_google(pupil))
    with school.store.transaction() as ports:
        clever = IdentityKey(CLEVER, school.simulator.districts[0].id, domain.origin[pupil])
        ports.links.add([attrs.evolve(link_of(clever, own, school), roles=frozenset({Role.STUDENT}))])
    assert school.disconnect(own, key_of(pupil)) == Conflict(ConflictKind.BOUND_TO_ROSTER)
    assert isinstance(school.disconnect(own, clever), Unlinked)


def test_a_pupils_account_takes_one_google_login_and_no_teachers(
    school: School, show: Showcase, teacher: PersonId, pupil: PersonId, domain: ClassroomDomain
) -> None:
    """Google does not say who is a pupil, so the account's other login does: a sibling's account is not added."""
    own = school.account(school.at_clever(show.student))
    assert isinstance(school.connect(own, pupil), Linked)
    sibling = next(one for one in sorted(domain.users) if domain.users[one].hosted and one not in {pupil, teacher})
    assert school.connect(own, sibling) == Conflict(ConflictKind.SECOND_STUDENT_IDENTITY)
    with school.store.transaction() as ports:
        ports.links.remove(key_of(pupil))
    asked = school.settle(school.at_google(teacher, connect=own, classes=True), signed_in=own)
    assert asked == Conflict(ConflictKind.ROLE_ESCALATION)


def test_a_login_that_says_nothing_of_a_role_takes_none_away(
    school: School, show: Showcase, teacher: PersonId, course: SectionId, domain: ClassroomDomain
) -> None:
    """What the roster knew stays known; what Google does know (no longer a teacher) is followed."""
    pupil = domain.courses[course].students[0]
    own = school.account(school.at_google(pupil))
    with school.store.transaction() as ports:
        (link,) = ports.links.of(own)
        ports.links.replace([attrs.evolve(link, roles=frozenset({Role.STUDENT}))])
    signed_in = school.settle(school.at_google(pupil))
    assert isinstance(signed_in, SignedIn)
    assert signed_in.identity.roles == {Role.STUDENT}
    assert signed_in.roles == linking.RoleChange()

    school.account(school.at_google(teacher, classes=True))
    school.google.replace(domain.altered(attrs.evolve(domain.users[teacher], verified_teacher=False)))
    lost = school.settle(school.at_google(teacher))
    assert isinstance(lost, SignedIn)
    assert lost.roles.lost == {Role.TEACHER}
    with school.store.transaction() as ports:
        (link,) = ports.links.of(lost.account.id)
    assert link.roles == frozenset()


def test_a02_an_address_that_is_the_same_at_both_opens_nothing(
    school: School, show: Showcase, teacher: PersonId, domain: ClassroomDomain, district: District
) -> None:
    """Google says that the address is verified, and it is the Clever account's: a new account all the same."""
    address = district.people[show.teacher].email
    school.google.replace(domain.altered(attrs.evolve(domain.users[teacher], email=address)))
    own = school.account(school.at_clever(show.teacher))
    arrived = school.at_google(teacher)
    assert arrived.identity.email == address
    assert school.account(arrived) != own


def test_c03_a_pending_connection_dies_with_a_sign_in_at_the_other_provider(
    school: School, show: Showcase, teacher: PersonId
) -> None:
    """One browser, one cookie: the next child's Clever login ends what was begun for Google before."""
    own = school.account(school.at_clever(show.teacher))
    pending = school.login.begin(connect=own, browser="b")
    back = school.google.visit(pending.redirect_to, teacher)
    school.at_clever(show.student, browser="b")
    refused = school.login.finish(urlsplit(back).query, browser="b")
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.EXPIRED
