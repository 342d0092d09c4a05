"""Hard cases of logins, by their number, against the pretend Clever; what they rest on is tested where it lives."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import urlsplit

import attrs
import httpx
import pytest

from clever_roster import linking, privacy, roster
from clever_roster.clever import Aliases, CleverClient, plan_rekeying
from clever_roster.errors import SourceError
from clever_roster.linking import Created, NeedsConfirmation, Session, SignedIn
from clever_roster.model import (
    CLEVER,
    AccountId,
    IdentityKey,
    Link,
    NewAccount,
    PersonId,
    PersonName,
    Role,
    Secret,
)
from clever_roster.oauth import Arrived, BeginAgain, CleverApp, CleverLogin, Reason, Refused
from clever_roster.ports import transact
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import District, Simulator, transport
from clever_roster.testing.showcase import Showcase


def comes_back(http: httpx.Client, started, session: str) -> str:
    """Where Clever sends the browser of this session: the query of the callback."""
    response = http.get(started.redirect_to, headers={"cookie": session})
    return urlsplit(response.headers["location"]).query


def signs_in(store: MemoryStore, arrived, now, *, over: AccountId | None = None):
    return transact(store, lambda ports: linking.settle(ports, arrived, signed_in=over, now=now, create=True))


def test_login_1_no_code_that_was_not_asked_for_is_used_and_none_twice(
    login: CleverLogin, http: httpx.Client, simulator: Simulator, show: Showcase
) -> None:
    """Without a state: begun again, however often it comes. Forged: refused. Ours, delivered twice: exchanged once."""
    sent: list[str] = []
    http.event_hooks["request"] = [lambda request: sent.append(request.url.path)]
    portal = urlsplit(simulator.launch(show.teacher)).query
    cookie = None
    for _ in range(2):
        again = login.finish(portal, browser=None)
        assert isinstance(again, BeginAgain)
        cookie = again.cookie.value
    forged = login.finish(f"{portal}&state=made-up", browser=cookie)
    assert isinstance(forged, Refused)
    assert forged.reason is Reason.EXPIRED
    assert "/oauth/tokens" not in sent
    query = comes_back(http, again, simulator.sign_in(show.student))
    assert isinstance(login.finish(query, browser=cookie), Arrived)
    for browser in (cookie, None):
        assert not isinstance(login.finish(query, browser=browser), Arrived)
    assert sent.count("/oauth/tokens") == 1


def test_login_2_a_portal_launch_replaces_whoever_was_here_and_what_they_had_begun(
    *, login: CleverLogin, store: MemoryStore, http: httpx.Client, simulator: Simulator, show: Showcase, clock
) -> None:
    """A shared computer: the last pupil's session is thrown away, and so is the question that waited for their yes."""
    with store.transaction() as ports:
        (before,) = ports.accounts.create([NewAccount(name=PersonName("Own", "Account"))])
    started = login.begin(connect=before)
    wish = login.finish(comes_back(http, started, simulator.sign_in(show.teacher)), browser=started.cookie.value)
    assert isinstance(wish, Arrived)
    asked = signs_in(store, wish, clock(), over=before)
    assert isinstance(asked, NeedsConfirmation)
    again = login.finish(urlsplit(simulator.launch(show.student)).query, browser=started.cookie.value)
    assert isinstance(again, BeginAgain)
    arrived = login.finish(comes_back(http, again, simulator.sign_in(show.student)), browser=again.cookie.value)
    assert isinstance(arrived, Arrived)
    outcome = signs_in(store, arrived, clock(), over=before)
    assert isinstance(outcome, Created)
    assert (outcome.session, outcome.replaced) == (Session.REPLACE, before)
    for browser, who in ((started.cookie.value, before), (again.cookie.value, outcome.account.id)):
        late = transact(
            store,
            lambda ports, browser=browser, who=who: linking.confirm(
                ports, asked.ticket, browser=browser, signed_in=who, authenticated_at=clock(), now=clock()
            ),
        )
        assert isinstance(late, Refused)
    with store.transaction() as ports:
        assert [link.key.subject for link in ports.links.all()] == [show.student]


def test_login_11_links_to_older_ids_move_in_bulk_and_a_crash_costs_nothing(
    *,
    login: CleverLogin,
    store: MemoryStore,
    http: httpx.Client,
    simulator: Simulator,
    district: District,
    clever: CleverClient,
    show: Showcase,
    clock,
) -> None:
    """A dry run, then all of it or nothing, then again: done once. Every role that got a new id with v3 is found.

    A district that returns after the move, with a link of the older kind, is a new plan of one.
    """
    older = {
        PersonId(old): one.id
        for one in district.people.values()
        for role, old in one.legacy_ids.items()
        if old and role in {Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN, Role.CONTACT}
    }
    account: dict[PersonId, AccountId] = {}
    with store.transaction() as ports:
        for old, present in older.items():
            if present not in account:
                (account[present],) = ports.accounts.create([NewAccount(name=PersonName("Some", "Body"))])
            key = IdentityKey(CLEVER, district.id, old)
            ports.links.add([Link(key=key, account=account[present], linked_at=clock())])
        unmoved = {link.key: link for link in ports.links.all()}

    users = clever.list_users()

    def planned():
        with store.transaction() as ports:
            return plan_rekeying(ports.links.all(), Aliases.of(district.id, users))

    def links() -> dict[IdentityKey, Link]:
        with store.transaction() as ports:
            return {link.key: link for link in ports.links.all()}

    plan = planned()
    assert {move.to.subject: move.account for move in plan.moves} == account
    assert links() == unmoved

    def crash(ports) -> None:
        plan.apply(ports)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        transact(store, crash)
    assert links() == unmoved
    half = attrs.evolve(plan, moves=plan.moves[::2])
    assert transact(store, half.apply).done == half.moves
    assert transact(store, plan.apply).done == plan.moves[1::2]
    assert transact(store, plan.apply).done == ()
    assert {key.subject: link.account for key, link in links().items()} == account
    assert planned().moves == ()

    started = login.begin()
    arrived = login.finish(comes_back(http, started, simulator.sign_in(show.teacher)), browser=started.cookie.value)
    found = signs_in(store, arrived, clock())
    assert isinstance(found, SignedIn)
    assert found.account.id == account[show.teacher]

    now, was = IdentityKey(CLEVER, district.id, show.teacher), next(o for o, p in older.items() if p == show.teacher)
    with store.transaction() as ports:
        ports.links.remove(now)
        older_key, roles = attrs.evolve(now, subject=was), frozenset({Role.TEACHER})
        ports.links.add([Link(key=older_key, account=found.account.id, linked_at=clock(), roles=roles)])
    assert [move.to for move in transact(store, planned().apply).done] == [now]
    assert links()[now].roles == roles


def imports(store: MemoryStore, clever: CleverClient, district: District, show: Showcase, now):
    """The teacher of the showcase logs in and imports a class; what came of it, and their account."""
    section, own = show.sections[0], IdentityKey(CLEVER, district.id, show.teacher)
    snapshot = clever.fetch_snapshot(district.id, [section])
    with store.transaction() as ports:
        held = ports.links.find([own]).get(own)
        if held is None:
            (teacher,) = ports.accounts.create([NewAccount(name=PersonName("Own", "Teacher"))])
            ports.links.add([Link(key=own, account=teacher, linked_at=now)])
        else:
            teacher = held.account
        plan = roster.plan(ports, snapshot, attach={section: roster.Attachment(owner=teacher)}, actor=teacher)
        return teacher, snapshot, plan, roster.apply(ports, plan, actor=teacher, now=now)


def test_who_was_only_imported_is_known_by_the_roles_of_their_link(
    store: MemoryStore, clever: CleverClient, district: District, show: Showcase, clock
) -> None:
    """A sync notes the roles that it read: a pupil who never logged in is followed, and becomes no teacher."""
    _, snapshot, _, report = imports(store, clever, district, show, clock())
    key = IdentityKey(CLEVER, district.id, show.student)
    promoted = attrs.evolve(snapshot.people[show.student], roles=frozenset({Role.TEACHER}))
    with store.transaction() as ports:
        made = [link for link in ports.links.all() if link.key.subject != show.teacher]
        assert len(made) == report.created
        assert all(link.roles == snapshot.people[link.key.subject].roles for link in made)
        assert ports.links.find([key])[key].roles == {Role.STUDENT}
        (followed,) = linking.follow_roster(ports, CLEVER, [promoted])
        assert followed.held
        assert ports.links.find([key])[key].roles == {Role.STUDENT}


def test_login_34_no_pupil_goes_with_a_teacher(
    store: MemoryStore, clever: CleverClient, district: District, show: Showcase, clock
) -> None:
    """The teacher is forgotten, name and all; each pupil keeps account, way in and seat, and the class stays."""
    teacher, _, _, report = imports(store, clever, district, show, clock())
    (class_,) = report.sections.values()

    def pupils():
        with store.transaction() as ports:
            accounts = {one.id: one for one in ports.accounts.all() if one.id != teacher}
            links = {link.key: link for link in ports.links.all() if link.account != teacher}
            seats = [seat for seat in ports.sections.enrollments([class_]) if seat.account != teacher]
            return accounts, links, seats

    before = pupils()
    assert len(before[2]) >= len(district.sections[show.sections[0]].students) > 1
    key = IdentityKey(CLEVER, district.id, show.teacher)
    forgotten = transact(store, lambda ports: privacy.forget(ports, key, now=clock(), blank_account=True))
    assert (forgotten.links, forgotten.accounts) == (1, 1)
    assert pupils() == before
    with store.transaction() as ports:
        assert ports.sections.get(class_).owner == teacher
        assert ports.accounts.find([teacher])[teacher].name == PersonName("", "")


def test_login_35_nothing_that_is_shown_of_a_day_names_a_person_or_holds_a_token(
    *, app: CleverApp, store: MemoryStore, show: Showcase, district: District, clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Every object and every error of a login, a connection and a sync, as text, beside the logs at DEBUG.

    People are named so that no name occurs by chance; the older names are those of the day before.
    """
    caplog.set_level(logging.DEBUG)

    def called(word: str) -> District:
        people = {
            key: attrs.evolve(one, first=f"{word}first{n}", last=f"{word}last{n}", email=f"{word}mail{n}@x.test")
            for n, (key, one) in enumerate(district.people.items())
        }
        return attrs.evolve(district, people=people)

    simulator = Simulator([called("zyold")], clock=clock)
    token = simulator.district_token(district.id)
    shown: list[object] = []
    issued = [token.reveal(), simulator.app.client_secret.reveal()]

    def note(response: httpx.Response) -> None:
        if response.request.url.path == "/oauth/tokens":
            issued.append(response.read().decode().split('"access_token": "')[1].split('"')[0])

    with httpx.Client(transport=transport(simulator), event_hooks={"response": [note]}) as http:
        clever = CleverClient(token, http=http, clock=clock, sleep=lambda _: None)
        login = CleverLogin(app, store=store, http=http, clock=clock)
        shown += [clever, login, app, *imports(store, clever, district, show, clock())]
        simulator.replace(called("zynew"))
        clock.forward(hours=1)
        renamed = imports(store, clever, district, show, clock())
        assert renamed[-1].count(roster.Verb.ALTER_PERSON) > 1
        shown += renamed
        with store.transaction() as ports:
            (own,) = ports.accounts.create([NewAccount(name=PersonName("Zyown", "Zyown"), email="zyown@x.test")])
        started = login.begin(connect=own)
        arrived = login.finish(comes_back(http, started, simulator.sign_in(show.student)), browser=started.cookie.value)
        shown += [arrived, signs_in(store, arrived, clock(), over=own)]
        started = login.begin()
        arrived = login.finish(comes_back(http, started, simulator.sign_in(show.student)), browser=started.cookie.value)
        shown += [arrived, signs_in(store, arrived, clock() + timedelta(minutes=1))]
        for trouble in (401, 403, 404, 429, 500):
            simulator.fail(f"/v3.1/users/{show.student}", trouble, times=None)
            with pytest.raises(SourceError) as caught:
                clever.get_user(show.student)
            simulator.heal()
            shown += [caught.value, str(caught.value), caught.value.diagnosis(), vars(caught.value)]
        with pytest.raises(SourceError) as caught:
            CleverClient(Secret("zysecret"), http=http, clock=clock, sleep=lambda _: None).get_user(show.student)
        shown += [caught.value, str(caught.value), caught.value.diagnosis(), vars(caught.value)]
    with store.transaction() as ports:
        shown += [*ports.accounts.all(), *ports.links.all(), *ports.sections.enrollments()]
        shown += [*ports.roster.people(CLEVER, district.id).values()]
    text = "\n".join(map(repr, shown)) + caplog.text
    days = {one.birth_date for one in district.people.values() if one.birth_date}
    dates = {form for day in days for form in (f"{day.month}/{day.day}/{day.year}", repr(day), day.isoformat())}
    words = {"zyold", "zynew", "zyown", "zysecret", *issued, *dates}
    assert len(issued) == 4
    assert not [word for word in words if word in text.casefold() or word in text]
    assert show.student in text
