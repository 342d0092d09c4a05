"""OneRoster over REST: every read against a pretend service, the lists that cannot be trusted, and the errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oneroster_rows import NOW, V1_1, V1_2

from clever_roster import roster
from clever_roster.errors import (
    NotFound,
    RateLimited,
    ReauthRequired,
    ScopeMissing,
    SourceUnavailable,
    SourceUnreachable,
    UnexpectedPayload,
)
from clever_roster.model import DistrictId, NewAccount, PersonId, PersonName, SchoolId, Secret, SectionId, Snapshot
from clever_roster.roster import Attachment, Verb
from clever_roster.sources.oneroster import (
    AsyncOneRosterClient,
    Bundle,
    OneRosterClient,
    Version,
    fold_into,
    scopes_of,
    snapshot_of,
)
from clever_roster.sources.oneroster.records import Class, Enrollment, User
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import sample_district, serve, showcase, transport
from clever_roster.testing.oneroster import Ailment, SimulatedOneRoster, sample_bundle

DISTRICT = sample_district(4, students=60)
BUNDLES = {version: sample_bundle(DISTRICT, version=version) for version in Version}


KEYS = st.sampled_from(
    ["sourcedId", "status", "enabledUser", "roles", "role", "org", "userIds", "grades", "primaryOrg"]
)


def no_wait(_: float) -> None:
    """Nothing to wait for."""


def client_of(service: SimulatedOneRoster, http: httpx.Client, **facts: object) -> OneRosterClient:
    given_ = {"clock": lambda: NOW, "sleep": no_wait, "page_size": 20, "demographics": True} | facts
    return OneRosterClient(
        f"https://sis.example{service.root}",
        token_url="https://sis.example/oauth/token",
        client_id=service.client_id,
        client_secret=given_.pop("secret", service.client_secret),  # type: ignore[arg-type]
        http=http,
        **given_,  # type: ignore[arg-type]
    )


@pytest.fixture(params=Version)
def service(request: pytest.FixtureRequest) -> SimulatedOneRoster:
    return SimulatedOneRoster(BUNDLES[request.param], clock=lambda: NOW)


@pytest.fixture
def http(service: SimulatedOneRoster) -> Iterator[httpx.Client]:
    with httpx.Client(transport=transport(service)) as http:
        yield http


@pytest.fixture
def sis(service: SimulatedOneRoster, http: httpx.Client) -> OneRosterClient:
    return client_of(service, http)


def a_class(bundle: Bundle) -> SectionId:
    """A class with students."""
    return SectionId(next(one.class_sourced_id for one in bundle.of(Enrollment) if one.role == "student"))


# --- What is read -----------------------------------------------------------------------------------------------------


def test_rest_and_files_give_the_same_snapshot(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """One standard, two bindings, one meaning: a whole district, proven."""
    snapshot = sis.fetch_snapshot()
    assert snapshot.proof.complete
    assert snapshot == snapshot_of(service.bundle, taken_at=NOW)
    assert snapshot.district == DISTRICT.id


def test_chosen_classes_are_read_with_their_people(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """Class, enrollments and people by themselves; one that is gone is in the scope and not among the sections."""
    wanted = a_class(service.bundle)
    whole = sis.fetch_snapshot()
    snapshot = sis.fetch_snapshot([wanted, SectionId("gone")])
    assert snapshot.sections == {wanted: whole.sections[wanted]}
    assert snapshot.scope == {wanted, "gone"}
    assert snapshot.proof.complete
    names = ("id", "name", "roles", "email", "grade", "sis_id")
    for key, one in snapshot.people.items():
        assert [getattr(one, name) for name in names] == [getattr(whole.people[key], name) for name in names]


def test_each_list_can_be_read_by_itself(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """Per school, per class, per teacher, by role."""
    bundle = service.bundle
    one = bundle.of(Class)[0]
    school, section = SchoolId(one.school_sourced_id), SectionId(one.sourced_id)
    assert len(sis.fetch_orgs().items) == len(bundle.tables["orgs"])
    assert len(sis.fetch_courses().items) == len(bundle.tables["courses"])
    assert len(sis.fetch_academic_sessions().items) == len(bundle.tables["academicSessions"])
    assert one.sourced_id in {got.sourced_id for got in sis.fetch_classes(school=school).items}
    seats = sis.fetch_enrollments(school=school, section=section)
    assert seats.doubt is None
    assert {got.class_sourced_id for got in seats.items} <= {section}
    teachers = sis.fetch_users(role="teachers")
    taught = sis.fetch_classes(teacher=teachers.items[0].sourced_id)  # type: ignore[arg-type]
    assert taught.doubt is None
    assert len(sis.fetch_users(role="students", school=school).items) <= len(sis.fetch_users(role="students").items)


def test_a_teachers_classes_are_told_apart(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """School, term, course, colleagues, look-alikes: what a teacher chooses from."""
    show = showcase(DISTRICT)
    teacher = next(one for one in service.bundle.of(User) if one.given_name == DISTRICT.people[show.teacher].first)
    seats = [one for one in service.bundle.of(Enrollment) if one.user_sourced_id == teacher.sourced_id]
    rooms = sis.fetch_classrooms(PersonId(teacher.sourced_id))
    assert {room.section.id for room in rooms} == {one.class_sourced_id for one in seats}
    assert all(room.school and room.term and room.course for room in rooms)
    assert any(room.look_alike for room in rooms)
    assert any(room.co_teachers for room in rooms)


def test_what_nobody_needs_is_not_asked_for(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """`fields` leaves out telephone numbers, guardians and passwords: a roster is children's data."""
    sis.fetch_users()
    (target,) = {one for one in service.asked if "/users" in one and "offset=0" in one}
    fields = parse_qs(urlsplit(target).query)["fields"][0].split(",")
    assert {"sourcedId", "givenName", "familyName", "email"} <= {*fields}
    assert {"sms", "phone", "agents", "password", "pronouns"}.isdisjoint(fields)


def test_blocking_and_awaiting_read_the_same_over_real_sockets(service: SimulatedOneRoster) -> None:
    """On this machine's loopback address: two drivers, one description."""
    with serve(service) as address:
        facts = {
            "token_url": f"{address}/oauth/token",
            "client_id": service.client_id,
            "client_secret": service.client_secret,
            "clock": lambda: NOW,
        }
        with OneRosterClient(f"{address}{service.root}", **facts) as sis:  # type: ignore[arg-type]
            blocking = sis.fetch_snapshot()

        async def awaited() -> Snapshot:
            async with AsyncOneRosterClient(f"{address}{service.root}", **facts) as sis:  # type: ignore[arg-type]
                return await sis.fetch_snapshot()

        assert asyncio.run(awaited()) == blocking
    assert blocking.proof.complete


# --- Lists that cannot be trusted -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ailment", [Ailment.LOSE, Ailment.REPEAT, Ailment.GROW, Ailment.SILENT])
def test_a_list_that_does_not_hang_together_proves_nothing(
    service: SimulatedOneRoster, sis: OneRosterClient, ailment: Ailment
) -> None:
    """A lost row, one that came twice, another count, or none: what was read can add, and nobody is removed."""
    whole = snapshot_of(service.bundle, taken_at=NOW)
    service.fall_ill("/enrollments", ailment)
    snapshot = sis.fetch_snapshot()
    assert not snapshot.proof.complete
    assert "enrollments" in (snapshot.proof.broken or "")
    store = MemoryStore()
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([NewAccount(name=PersonName("Tess", "Own"))])
        wish = {key: Attachment(owner=owner) for key in whole.sections}
        roster.apply(ports, roster.plan(ports, whole, attach=wish), actor="test", now=NOW)
        plan = roster.plan(ports, snapshot)
    assert plan.count(Verb.WITHDRAW) == plan.count(Verb.ARCHIVE) == plan.count(Verb.MOVE) == 0


@pytest.mark.parametrize("ailment", [Ailment.SMALL, Ailment.LINKLESS, Ailment.PICKY])
def test_short_pages_missing_links_and_unknown_parameters_are_no_trouble(
    service: SimulatedOneRoster, sis: OneRosterClient, ailment: Ailment
) -> None:
    """The server's own count says where the end is, not the length of a page; order and fields are only wishes."""
    for path in ("/users", "/enrollments", "/classes"):
        service.fall_ill(path, ailment)
    snapshot = sis.fetch_snapshot()
    assert snapshot == snapshot_of(service.bundle, taken_at=NOW)


def test_a_list_that_changed_meanwhile_is_read_once_more(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """A row was put in while it was read: the second reading holds."""
    service.fall_ill("/users", Ailment.REPEAT, times=2)
    assert sis.fetch_users().doubt is None


def test_one_class_in_doubt_leaves_the_others_proven(service: SimulatedOneRoster, sis: OneRosterClient) -> None:
    """A gap of one section is its own."""
    first, second = sorted({one.class_sourced_id for one in service.bundle.of(Enrollment)})[:2]
    service.fall_ill(f"/classes/{first}/enrollments", Ailment.LOSE)
    service.fall_ill(f"/classes/{second}/students", 403)
    third = sorted({one.class_sourced_id for one in service.bundle.of(Enrollment)})[2]
    snapshot = sis.fetch_snapshot([SectionId(first), SectionId(second), SectionId(third)])
    assert snapshot.proof.doubt(SectionId(first)) is not None
    assert "403" in (snapshot.proof.doubt(SectionId(second)) or "")
    assert snapshot.proof.doubt(SectionId(third)) is None
    assert snapshot.sections.keys() == {first, second, third}


def test_a_record_that_cannot_be_read_is_told_or_refused(service: SimulatedOneRoster, http: httpx.Client) -> None:
    """By policy; the message has the path, and no value."""
    service.fall_ill("/users", Ailment.GARBLED)
    with pytest.raises(UnexpectedPayload, match=r"users\[0\]/sourcedId"):
        client_of(service, http).fetch_users()
    told: list[UnexpectedPayload] = []
    listed = client_of(service, http, on_bad_record=told.append).fetch_users()
    assert told
    assert "could not be read" in (listed.doubt or "")


def test_a_link_to_another_host_is_not_followed_with_the_token(service: SimulatedOneRoster) -> None:
    """What a `Link` says is taken on the service's own host only."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        inner = transport(service).handle_request(request)
        if "link" in inner.headers:
            inner.headers["link"] = inner.headers["link"].replace("sis.example", "evil.example")
        return inner

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        listed = client_of(service, http).fetch_users()
    assert {*seen} == {"sis.example"}
    assert len(listed.items) == len(service.bundle.of(User))


@settings(max_examples=25)
@given(st.integers(1, 40), st.sampled_from(Version))
def test_any_page_size_gives_the_same_list(size: int, version: Version) -> None:
    """However long the pages."""
    service = SimulatedOneRoster(BUNDLES[version], clock=lambda: NOW)
    with httpx.Client(transport=transport(service)) as http:
        listed = client_of(service, http, page_size=size).fetch_classes()
    assert listed.doubt is None
    assert {one.sourced_id for one in listed.items} == {one.sourced_id for one in service.bundle.of(Class)}


# --- Tokens and errors ------------------------------------------------------------------------------------------------


def test_one_token_serves_until_it_runs_out(service: SimulatedOneRoster, http: httpx.Client) -> None:
    """RFC 6749, section 4.4: by client credentials; renewed before it runs out, and when the server forgets it."""
    moment = {"now": NOW}
    service_ = SimulatedOneRoster(service.bundle, clock=lambda: moment["now"])
    with httpx.Client(transport=transport(service_)) as own:
        sis = client_of(service_, own, clock=lambda: moment["now"])
        sis.fetch_orgs()
        sis.fetch_courses()
        assert service_.asked.count("/oauth/token") == 1
        moment["now"] += timedelta(hours=1)
        before = len(service_.asked)
        sis.fetch_orgs()
        assert service_.asked[before] == "/oauth/token"  # the old one was not tried first
        assert service_.asked.count("/oauth/token") == 2
        service_.revoke()
        sis.fetch_orgs()
        assert service_.asked.count("/oauth/token") == 3


def answering(token: object, rest: object = None) -> tuple[httpx.Client, list[str]]:
    """A server that gives this token to who asks, and this body in place of every list; and what it was asked."""
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json=token if request.url.path == "/oauth/token" else rest)

    return httpx.Client(transport=httpx.MockTransport(respond)), asked


def test_a_token_that_does_not_say_how_long_it_lasts_is_renewed_hourly(service: SimulatedOneRoster) -> None:
    """RFC 6749, section 5.1: `expires_in` is only recommended."""
    moment = {"now": NOW}
    http, asked = answering({"access_token": "t"}, {"orgs": []})
    with http:
        sis = client_of(service, http, clock=lambda: moment["now"])
        for minutes, tokens in ((0, 1), (50, 1), (65, 2)):
            moment["now"] = NOW + timedelta(minutes=minutes)
            sis.fetch_orgs()
            assert asked.count("/oauth/token") == tokens


@pytest.mark.parametrize("token", [{}, {"access_token": ""}, {"access_token": 7}, [], "token"])
def test_a_token_endpoint_that_gives_no_token_is_told(service: SimulatedOneRoster, token: object) -> None:
    """The address may be another service's; nothing is asked with what is no token."""
    http, asked = answering(token)
    with http, pytest.raises(UnexpectedPayload):
        client_of(service, http).fetch_orgs()
    assert {*asked} == {"/oauth/token"}


def test_a_list_that_is_no_object_is_told(service: SimulatedOneRoster) -> None:
    """A bare JSON list, as some servers answer, is not the standard's."""
    http, _ = answering({"access_token": "t", "expires_in": 60}, [{"sourcedId": "o1"}])
    with http, pytest.raises(UnexpectedPayload, match="no JSON object"):
        client_of(service, http).fetch_orgs()


def test_an_object_in_place_of_a_text_is_no_text(service: SimulatedOneRoster) -> None:
    """It is blank, and its inner names reach nobody's screen."""
    org = {"sourcedId": "o1", "name": "Sampleton", "type": "school", "identifier": {"inner": "x"}}
    http, _ = answering({"access_token": "t", "expires_in": 60}, {"orgs": [org]})
    with http:
        (read,) = client_of(service, http).fetch_orgs().items
    assert (read.name, read.identifier) == ("Sampleton", "")


def test_a_link_from_an_empty_page_ends_the_list(service: SimulatedOneRoster) -> None:
    """A server that links on and on is left."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
        again = {"link": f'<{request.url}>; rel="next"', "x-total-count": "1"}
        return httpx.Response(200, json={"orgs": []}, headers=again)

    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        listed = client_of(service, http).fetch_orgs()
    assert listed.items == ()
    assert "counts 1, and 0 arrived" in (listed.doubt or "")


def test_wrong_credentials_and_scopes_are_told_apart(service: SimulatedOneRoster, http: httpx.Client) -> None:
    """Whose move it is: the host's secret, or the district's grant. No secret is in the error."""
    with pytest.raises(ReauthRequired) as raised:
        client_of(service, http, secret=Secret("not-it")).fetch_orgs()
    assert "not-it" not in f"{raised.value} {raised.value.diagnosis()}"
    few = SimulatedOneRoster(service.bundle, clock=lambda: NOW, scopes=scopes_of(service.bundle.version))
    with httpx.Client(transport=transport(few)) as own:
        with pytest.raises(ScopeMissing):
            client_of(few, own).fetch_snapshot()
        assert client_of(few, own, demographics=False).fetch_snapshot().proof.complete


@pytest.mark.parametrize(
    ("status", "kind"), [(403, ScopeMissing), (404, NotFound), (400, UnexpectedPayload), (503, SourceUnavailable)]
)
def test_errors_are_typed(service: SimulatedOneRoster, sis: OneRosterClient, status: int, kind: type) -> None:
    """The same kinds as of every source."""
    service.fall_ill("/courses", status)
    with pytest.raises(kind):
        sis.fetch_courses()


def test_trouble_that_passes_is_waited_for(service: SimulatedOneRoster, http: httpx.Client) -> None:
    """503 and 429 are tried again, as long as the server asks; and not for ever."""
    waits: list[float] = []
    sis = client_of(service, http, sleep=waits.append)
    service.fall_ill("/courses", 503, times=1)
    service.fall_ill("/orgs", 429, times=2)
    assert sis.fetch_courses().doubt is None
    assert sis.fetch_orgs().doubt is None
    assert [wait >= 1 for wait in waits] == [True, True, True]
    service.revoke()
    service.fall_ill("/oauth/token", 503, times=2)
    assert sis.fetch_orgs().doubt is None
    service.fall_ill("/orgs", 429)
    with pytest.raises(RateLimited):
        sis.fetch_orgs()


def test_no_answer_is_the_networks_fault() -> None:
    """Nothing listens there."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    service = SimulatedOneRoster(BUNDLES[V1_1])
    with httpx.Client(transport=httpx.MockTransport(refuse)) as http, pytest.raises(SourceUnreachable):
        client_of(service, http).fetch_orgs()


answers = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80)
@given(answers, st.sampled_from(Version))
def test_whatever_a_server_answers_is_read_or_a_typed_error(answer: object, version: Version) -> None:
    """Any JSON in place of a list, an item, a reference: records, or UnexpectedPayload; never a crash."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
        return httpx.Response(200, json={"users": answer if isinstance(answer, list) else [answer], "class": answer})

    service = SimulatedOneRoster(BUNDLES[version])
    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        told: list[UnexpectedPayload] = []
        sis = client_of(service, http, on_bad_record=told.append)
        assert sis.fetch_users().doubt is not None
        with suppress(UnexpectedPayload):
            sis.fetch_snapshot([SectionId("c")], district=DistrictId("d"))


# --- Deltas -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", Version)
def test_changes_since_yesterday_fold_into_yesterdays_roster(version: Version) -> None:
    """`filter=dateLastModified>='...'`: who left is told by status, who is not told of stays."""
    before = BUNDLES[version]
    section = a_class(before)
    at = "2026-09-14T20:00:00.000Z"
    leaving = next(one for one in before.of(Enrollment) if (one.class_sourced_id, one.role) == (section, "student"))
    tables = dict(before.tables)
    tables["enrollments"] = tuple(
        attrs.evolve(one, status="tobedeleted", date_last_modified=at) if one == leaving else one
        for one in before.of(Enrollment)
    )
    tables["classes"] = tuple(
        attrs.evolve(one, title="Renamed", date_last_modified=at) if one.sourced_id == section else one
        for one in before.of(Class)
    )
    service = SimulatedOneRoster(before, clock=lambda: NOW)
    with httpx.Client(transport=transport(service)) as http:
        sis = client_of(service, http)
        yesterday = sis.fetch_snapshot()
        service.replace(attrs.evolve(before, tables=tables))
        changes = sis.fetch_changes(NOW)
        today = fold_into(yesterday, changes, taken_at=NOW + timedelta(days=1))
    assert {file: len(rows) for file, rows in changes.tables.items() if rows} == {"enrollments": 1, "classes": 1}
    assert today.sections[section].name == "Renamed"
    assert {*yesterday.sections[section].students} - {*today.sections[section].students} == {leaving.user_sourced_id}
    assert {key: one for key, one in today.sections.items() if key != section} == {
        key: one for key, one in yesterday.sections.items() if key != section
    }
    assert today.proof.complete
    assert V1_2 > V1_1
