"""Several people, few browsers, everything they may do in any order: what must hold after each step.

The logins are real ones against the pretend Clever; the host is as small as a host can be: sessions, and work that it
moves itself when accounts are joined.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import attrs
import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clever_roster import linking
from clever_roster.linking import (
    Conflict,
    Created,
    Linked,
    Merged,
    NeedsConfirmation,
    Policy,
    Session,
    SignedIn,
    Unmerged,
)
from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    Origin,
    PersonName,
    Role,
)
from clever_roster.oauth import Arrived, BeginAgain, CleverApp, CleverLogin
from clever_roster.ports import transact
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Simulator, sample_district, transport

DISTRICT = sample_district(5, students=20)
PUPILS = [one.id for one in DISTRICT.people_with(Role.STUDENT)][:3]
TEACHER = next(iter(DISTRICT.people_with(Role.TEACHER))).id
PEOPLE = [*PUPILS, TEACHER]
POLICY = Policy(absorb_empty=True)

places = st.integers(0, 9)
browsers = st.integers(0, 1)
people = st.sampled_from(PEOPLE)


@attrs.define
class Browser:
    """A shared laptop: who is logged in to Clever, who to the host, and what the host keeps in that session."""

    clever: str = ""
    cookie: str | None = None
    account: AccountId | None = None
    session: set[AccountId] = attrs.field(factory=set)
    changes: int = 0  # how often somebody signed in or out
    pages: list[tuple[AccountId, str, int]] = attrs.field(factory=list)  # open pages: whose, their ticket, since when


class SharedBrowsers(RuleBasedStateMachine):
    """Plays host, people and browsers."""

    @initialize()
    def open_school(self) -> None:
        self.now = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
        self.simulator = Simulator([DISTRICT], clock=lambda: self.now)
        self.http = httpx.Client(transport=transport(self.simulator))
        self.store = MemoryStore()
        known = self.simulator.app
        app = CleverApp(
            client_id=known.client_id, client_secret=known.client_secret, redirect_uri=known.redirect_uris[0]
        )
        self.login = CleverLogin(app, store=self.store, http=self.http, clock=lambda: self.now)
        self.laptops = [Browser(), Browser()]
        self.work: dict[AccountId, list[str]] = {}
        self.moved: dict[AccountId, list[str]] = {}
        self.made: list[AccountId] = []
        self.waiting: list[tuple[int, AccountId, object]] = []
        self.store.put_accounts([Account(id=AccountId("0"), name=PersonName("Office", ""), has_password=True)])

    def teardown(self) -> None:
        if hasattr(self, "http"):
            self.http.close()

    # --- What the host does -------------------------------------------------------------------------------------------

    def welcome(self, account: AccountId) -> None:
        """A new account has some work, and a seat in a class of its own: its history."""
        self.made.append(account)
        self.work[account] = [f"work of {account}"]
        with self.store.transaction() as ports:
            section = ports.sections.save([HostSection(name=f"class of {account}", owner=AccountId("0"))])[0].id
            seat = HostEnrollment(
                section=section or "",  # type: ignore[arg-type]
                account=account,
                role=EnrollmentRole.TEACHER,
                origin=Origin.MANUAL,
                status=EnrollmentStatus.ACTIVE,
                since=self.now,
                changed_at=self.now,
            )
            ports.sections.save_enrollments([seat])

    def signed_in(self, laptop: Browser, account: AccountId, session: Session) -> None:
        if session is Session.REPLACE:
            laptop.session = set()
        laptop.changes += 1
        laptop.account = account
        laptop.session.add(account)

    def settle(self, laptop: Browser, arrived: Arrived, began: AccountId | None) -> None:
        signed_in = laptop.account
        outcome = transact(
            self.store,
            lambda ports: linking.settle(ports, arrived, signed_in=signed_in, now=self.now, create=True, policy=POLICY),
        )
        match outcome:
            case Created(account=account):
                self.welcome(account.id)
                self.signed_in(laptop, account.id, outcome.session)
            case SignedIn(account=account):
                self.signed_in(laptop, account.id, outcome.session)
            case NeedsConfirmation(account=account):
                assert began == signed_in == account, "asked only of whoever began it and is still there"
                laptop.pages.append((account, outcome.ticket, laptop.changes))
            case Conflict() if outcome.ticket:
                assert began == signed_in
                laptop.pages.append((AccountId(str(signed_in)), outcome.ticket, laptop.changes))
            case Linked():
                assert outcome.already, "nothing is linked without a word"
            case _:
                pass

    def come_back(self, laptop: Browser, started: object, began: AccountId | None) -> None:
        response = self.http.get(started.redirect_to, headers={"cookie": laptop.clever})  # type: ignore[attr-defined]
        if response.status_code != 302:
            return  # Clever asks who it is
        outcome = self.login.finish(urlsplit(response.headers["location"]).query, browser=laptop.cookie)
        if isinstance(outcome, BeginAgain):
            laptop.cookie = outcome.cookie.value
            self.come_back(laptop, outcome, None)
        elif isinstance(outcome, Arrived):
            assert outcome.connect == began
            self.settle(laptop, outcome, began)

    # --- What people do -----------------------------------------------------------------------------------------------

    @rule(place=browsers, who=people)
    def somebody_takes_the_laptop(self, place: int, who: str) -> None:
        self.laptops[place].clever = self.simulator.sign_in(who)  # type: ignore[arg-type]

    @rule(place=browsers, who=people)
    def portal(self, place: int, who: str) -> None:
        laptop = self.laptops[place]
        laptop.clever = self.simulator.sign_in(who)  # type: ignore[arg-type]
        outcome = self.login.finish(urlsplit(self.simulator.launch(who)).query, browser=laptop.cookie)  # type: ignore[arg-type]
        if isinstance(outcome, BeginAgain):
            laptop.cookie = outcome.cookie.value
            self.come_back(laptop, outcome, None)
            self.now += timedelta(seconds=61)

    @rule(place=browsers)
    def button(self, place: int) -> None:
        laptop = self.laptops[place]
        started = self.login.begin(browser=laptop.cookie)
        laptop.cookie = started.cookie.value
        self.come_back(laptop, started, None)

    @rule(place=browsers)
    def sign_up_with_a_password(self, place: int) -> None:
        account = AccountId(f"own-{len(self.made)}")
        self.store.put_accounts([Account(id=account, name=PersonName("Own", ""), has_password=True)])
        self.welcome(account)
        self.password(self.laptops[place], account)

    @precondition(lambda self: self.made)
    @rule(place=browsers, which=places)
    def sign_in_with_a_password(self, place: int, which: int) -> None:
        account = self.made[which % len(self.made)]
        with self.store.transaction() as ports:
            usable = ports.accounts.find([account])[account].has_password
            closed = linking.alias_of(ports, account) is not None
        if usable and not closed:
            self.password(self.laptops[place], account)

    def password(self, laptop: Browser, account: AccountId) -> None:
        self.login.forget(browser=laptop.cookie)
        other = laptop.account not in {None, account}
        self.signed_in(laptop, account, Session.REPLACE if other else Session.ROTATE)

    @rule(place=browsers)
    def sign_out(self, place: int) -> None:
        laptop = self.laptops[place]
        self.login.forget(browser=laptop.cookie)
        laptop.changes += 1
        laptop.account, laptop.session = None, set()

    @rule(place=browsers)
    def begin_to_connect(self, place: int) -> None:
        laptop = self.laptops[place]
        if laptop.account is not None:
            started = self.login.begin(browser=laptop.cookie, connect=laptop.account)
            laptop.cookie = started.cookie.value
            self.waiting.append((place, laptop.account, started))

    @precondition(lambda self: self.waiting)
    @rule(which=places)
    def finish_connecting(self, which: int) -> None:
        place, began, started = self.waiting[which % len(self.waiting)]
        self.come_back(self.laptops[place], started, began)

    @rule(place=browsers, who=people, own=st.booleans(), yes=st.booleans())
    def connect_from_the_settings_page(self, place: int, who: str, *, own: bool, yes: bool) -> None:
        if own:
            self.sign_up_with_a_password(place)
        self.begin_to_connect(place)
        self.somebody_takes_the_laptop(place, who)
        if self.waiting:
            self.finish_connecting(len(self.waiting) - 1)
        if yes:
            self.say_yes(place, -1)

    @rule(place=browsers)
    def leave_and_come_back_to_the_open_page(self, place: int) -> None:
        account = self.laptops[place].account
        self.sign_out(place)
        if account is not None:
            self.sign_in_with_a_password(place, self.made.index(account))
            self.say_yes(place, -1)

    @rule(place=browsers, which=places)
    def say_yes(self, place: int, which: int) -> None:
        laptop = self.laptops[place]
        if not laptop.pages:
            return
        asked, ticket, since = laptop.pages[which % len(laptop.pages)]
        outcome = transact(
            self.store,
            lambda ports: linking.confirm(
                ports,
                ticket,
                browser=laptop.cookie,
                signed_in=laptop.account,
                authenticated_at=self.now,
                now=self.now,
                move_work=self.move_work,
            ),
        )
        if isinstance(outcome, Linked):
            assert outcome.account == asked == laptop.account, "nobody finishes what another one began"
            assert since == laptop.changes, "no question outlives a sign-in or a sign-out"
            if outcome.absorbed is not None:
                self.end_sessions(outcome.absorbed)

    @precondition(lambda self: self.made)
    @rule(which=places, link=places)
    def disconnect(self, which: int, link: int) -> None:
        account = self.made[which % len(self.made)]
        with self.store.transaction() as ports:
            links = ports.links.of(account)
            if links:
                key = links[link % len(links)].key
                linking.disconnect(ports, account, key, now=self.now, authenticated_at=self.now)

    @precondition(lambda self: len(self.made) > 1)
    @rule(source=places, into=places, consent=st.sampled_from(linking.Consent))
    def merge(self, source: int, into: int, consent: linking.Consent) -> None:
        one, other = (self.made[which % len(self.made)] for which in (source, into))
        with self.store.transaction() as ports:
            plan = linking.plan_merge(ports, source=one, into=other)
            if isinstance(plan, linking.MergePlan):
                outcome = linking.merge(
                    ports, plan, consent=consent, actor="office", now=self.now, move_work=self.move_work
                )
                if isinstance(outcome, Merged):
                    self.end_sessions(one)

    @precondition(lambda self: self.moved)
    @rule(which=places)
    def undo(self, which: int) -> None:
        source = sorted(self.moved)[which % len(self.moved)]
        with self.store.transaction() as ports:
            outcome = linking.unmerge(ports, source, actor="office", now=self.now, return_work=self.return_work)
        if isinstance(outcome, Unmerged):
            self.end_sessions(outcome.into)

    def move_work(self, _: object, source: AccountId, into: AccountId) -> None:
        self.moved[source] = self.work.pop(source, [])
        self.work[into] = self.work.get(into, []) + self.moved[source]

    def return_work(self, _: object, source: AccountId, into: AccountId) -> None:
        self.work[source] = self.moved.pop(source)
        self.work[into] = [piece for piece in self.work[into] if piece not in self.work[source]]

    def end_sessions(self, account: AccountId) -> None:
        for laptop in self.laptops:
            if laptop.account == account:
                laptop.account, laptop.session = None, set()

    @rule(minutes=st.integers(1, 15))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # --- What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def no_identity_is_on_two_accounts(self) -> None:
        with self.store.transaction() as ports:
            links = list(ports.links.all())
            assert len({link.key for link in links}) == len(links)
            for link in links:
                assert linking.survivor(ports, link.account) == link.account, "no login opens a tombstone"

    @invariant()
    def no_account_is_without_a_way_in(self) -> None:
        with self.store.transaction() as ports:
            for account in self.made:
                if linking.alias_of(ports, account) is None:
                    assert ports.links.of(account) or ports.accounts.find([account])[account].has_password

    @invariant()
    def no_session_has_anything_of_somebody_else(self) -> None:
        for laptop in self.laptops:
            assert laptop.session == (set() if laptop.account is None else {laptop.account})

    @invariant()
    def nobodys_history_is_lost(self) -> None:
        kept = sorted(piece for pieces in self.work.values() for piece in pieces)
        assert kept == sorted(f"work of {account}" for account in self.made)
        with self.store.transaction() as ports:
            seats = ports.sections.enrollments()
            assert len(seats) == len({seat.section for seat in seats}) == len(self.made)
            for account in self.made:
                stands_in = linking.survivor(ports, account)
                named = {ports.sections.get(seat.section).name for seat in ports.sections.enrolled(stands_in)}
                assert f"class of {account}" in named


TestSharedBrowsers = SharedBrowsers.TestCase
TestSharedBrowsers.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
