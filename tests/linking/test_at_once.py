"""Many at the same moment: real threads, real connections, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import make_url

from clever_roster import linking, roster
from clever_roster.clever import CleverClient
from clever_roster.errors import StalePlan
from clever_roster.linking import Created, Linked, NeedsConfirmation, SignedIn
from clever_roster.model import CLEVER, DistrictId, Identity, IdentityKey, Link, NewAccount, PersonId, PersonName, Role
from clever_roster.oauth import Arrived, BeginAgain, CleverApp, CleverLogin, Label, digest
from clever_roster.ports import transact
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import District, Simulator
from clever_roster.testing.showcase import Showcase
from databases import HOW, POSTGRES

MANY = 50
SCHEMA = "clever_roster_logins"
NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param(
            "postgresql",
            marks=pytest.mark.skipif(POSTGRES is None, reason=HOW),
        ),
    ]
)
def database(request: pytest.FixtureRequest, tmp_path):
    """A store with nothing in it, on a database of its own."""
    if request.param == "sqlite":
        store = SqlStore(f"sqlite:///{tmp_path / 'logins.db'}")
    else:
        store = SqlStore(make_url(POSTGRES or "").update_query_dict({"options": f"-csearch_path={SCHEMA}"}))
        with store._engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    store.create_tables()
    yield store
    store.close()


def at_once(work, many: int = MANY) -> list:
    """Let that many threads do it from the same moment on."""
    barrier = Barrier(many)

    def one(number: int):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(one, range(many)))


def accounts_of(store: SqlStore) -> list:
    with store.transaction() as ports:
        return list(ports.accounts.all())


@pytest.fixture
def portal(app: CleverApp, database: SqlStore, http: httpx.Client, clock) -> CleverLogin:
    return CleverLogin(app, store=database, http=http, clock=clock)


def comes_back(http: httpx.Client, started, session: str) -> str:
    response = http.get(started.redirect_to, headers={"cookie": session})
    return urlsplit(response.headers["location"]).query


def test_login_7_fifty_first_logins_of_one_person_at_once_make_one_account(
    portal: CleverLogin, database: SqlStore, http: httpx.Client, simulator: Simulator, show: Showcase
) -> None:
    """Fifty browsers, fifty codes, one child: one account, one link, and every browser is signed in to it."""
    session = simulator.sign_in(show.student)
    starts = [portal.begin() for _ in range(MANY)]
    queries = [comes_back(http, started, session) for started in starts]

    def arrive(number: int):
        arrived = portal.finish(queries[number], browser=starts[number].cookie.value)
        assert isinstance(arrived, Arrived)
        return transact(database, lambda ports: linking.settle(ports, arrived, signed_in=None, now=NOW, create=True))

    outcomes = at_once(arrive)
    assert Counter(map(type, outcomes)) == {Created: 1, SignedIn: MANY - 1}
    (account,) = accounts_of(database)
    assert {outcome.account.id for outcome in outcomes} == {account.id}
    with database.transaction() as ports:
        assert len(list(ports.links.all())) == 1


def test_s05_fifty_deliveries_of_one_callback_at_once_are_exchanged_once(
    portal: CleverLogin, http: httpx.Client, simulator: Simulator, show: Showcase
) -> None:
    """One arrives; forty-nine get a fresh start, none an error page; one code is sent to Clever."""
    started = portal.begin()
    query = comes_back(http, started, simulator.sign_in(show.student))
    seen: list[str] = []
    http.event_hooks["request"] = [lambda request: seen.append(request.url.path)]
    outcomes = at_once(lambda _: portal.finish(query, browser=started.cookie.value))
    assert Counter(map(type, outcomes)) == {Arrived: 1, BeginAgain: MANY - 1}
    assert seen.count("/oauth/tokens") == 1


def test_fifty_answers_to_one_question_link_once(database: SqlStore) -> None:
    """The button is pressed fifty times: linked once, and nothing raises."""
    with database.transaction() as ports:
        (own,) = ports.accounts.create([NewAccount(name=PersonName("Ana", "Li"))])
    asked = transact(database, lambda ports: linking.settle(ports, an_arrival(own), signed_in=own, now=NOW))
    assert isinstance(asked, NeedsConfirmation)
    outcomes = at_once(
        lambda _: transact(
            database,
            lambda ports: linking.confirm(
                ports, asked.ticket, browser="b", signed_in=own, authenticated_at=NOW, now=NOW
            ),
        )
    )
    assert sum(isinstance(outcome, Linked) for outcome in outcomes) == 1


def an_arrival(own) -> Arrived:
    key = IdentityKey(CLEVER, DistrictId("d1"), PersonId("p1"))
    identity = Identity(key=key, roles=frozenset({Role.STUDENT}))
    return Arrived(identity=identity, return_to="/", connect=own, browser_digest=digest(Label.BROWSER, "b"), ticket="t")


def test_twenty_merges_of_one_stub_at_once_happen_once(database: SqlStore) -> None:
    """Everybody in the office presses the button: one merge, the others are told that something changed."""
    with database.transaction() as ports:
        stub, own = ports.accounts.create([NewAccount(name=PersonName("A", "B"))] * 2)
        plan = linking.plan_merge(ports, source=stub, into=own)
    outcomes = at_once(
        lambda _: transact(
            database,
            lambda ports: linking.merge(ports, plan, consent=linking.Consent.STAFF, actor="office", now=NOW),
        ),
        many=20,
    )
    assert sum(isinstance(outcome, linking.Merged) for outcome in outcomes) == 1
    assert all(isinstance(outcome, linking.Merged | linking.Refused) for outcome in outcomes)


# --- First one in -----------------------------------------------------------------------------------------------------


def import_class(database: SqlStore, clever: CleverClient, district: District, show: Showcase, teacher: str):
    section = show.sections[0]
    snapshot = clever.fetch_snapshot(district.id, [section])

    def work(ports):
        plan = roster.plan(ports, snapshot, attach={section: roster.Attachment(owner=teacher)}, actor=teacher)
        return roster.apply(ports, plan, actor=teacher, now=NOW)

    def imported():
        try:
            return transact(database, work)
        except StalePlan:  # the pupil logged in between plan and apply: plan once more, as a host does
            return transact(database, work)

    return imported


@pytest.mark.parametrize("order", ["login first", "import first", "at once"])
def test_login_28_whoever_comes_first_a_pupil_has_one_account(
    order: str,
    *,
    portal: CleverLogin,
    database: SqlStore,
    http: httpx.Client,
    simulator: Simulator,
    district: District,
    show: Showcase,
    clever: CleverClient,
) -> None:
    """A pupil logs in, a teacher imports the class: in both orders and at once, one account."""
    with database.transaction() as ports:
        (teacher,) = ports.accounts.create([NewAccount(name=PersonName("T", "T"))])
        own = IdentityKey(CLEVER, district.id, show.teacher)
        ports.links.add([Link(key=own, account=teacher, linked_at=NOW)])
    started = portal.begin()
    arrived = portal.finish(comes_back(http, started, simulator.sign_in(show.student)), browser=started.cookie.value)
    assert isinstance(arrived, Arrived)

    def log_in():
        return transact(database, lambda ports: linking.settle(ports, arrived, signed_in=None, now=NOW, create=True))

    imported = import_class(database, clever, district, show, teacher)
    match order:
        case "login first":
            log_in()
            imported()
        case "import first":
            imported()
            log_in()
        case _:
            at_once(lambda number: (log_in, imported)[number % 2](), many=2)
    again = log_in()
    assert isinstance(again, SignedIn)
    key = IdentityKey(CLEVER, district.id, show.student)
    with database.transaction() as ports:
        assert ports.links.find([key])[key].account == again.account.id
        seats = ports.sections.enrolled(again.account.id)
        accounts, links = list(ports.accounts.all()), list(ports.links.all())
    assert [seat.person for seat in seats] == [show.student]
    assert len(accounts) == len(links), "everybody has one account"
