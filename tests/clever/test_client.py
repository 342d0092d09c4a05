"""Reading Clever: whole lists or an error, errors told apart, and snapshots that prove how complete they are."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from clever_roster.clever import AsyncCleverClient, CleverClient, records
from clever_roster.clever.classrooms import flag_look_alikes
from clever_roster.clever.decode import decode
from clever_roster.clever.reading import Api, fetch
from clever_roster.errors import (
    NotShared,
    RateLimited,
    ReauthRequired,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
    UnexpectedPayload,
)
from clever_roster.model import Classroom, DistrictId, PersonId, Role, Secret, Section, SectionId, Snapshot
from clever_roster.steps import Pause, Response, Send, Steps
from clever_roster.testing import Breakage, District, Simulator, transport
from clever_roster.testing.showcase import Showcase

URL = "https://api.clever.com/v3.1"
IMPATIENT = Api(token=Secret("t"), tries=1)


def client_for(simulator: Simulator, district: District, http: httpx.Client, *, page_size: int) -> CleverClient:
    return CleverClient(simulator.district_token(district.id), http=http, page_size=page_size, sleep=lambda _: None)


@pytest.mark.parametrize("page_size", [1, 7, 10_000])
def test_a_list_is_read_to_its_end_whatever_the_page_size(
    simulator: Simulator, district: District, http: httpx.Client, page_size: int
) -> None:
    """Every section once, in the order of ids."""
    sections = client_for(simulator, district, http, page_size=page_size).list_sections()
    assert [one.id for one in sections] == list(district.sections)


def test_people_have_all_their_roles(clever: CleverClient, district: District) -> None:
    """Not the first role, and not the role of a login: all of them."""
    read = {user.id: user for user in clever.list_users()}
    for person in district.people.values():
        roles = {role for role in Role if getattr(read[person.id].roles, role.value) is not None}
        assert roles == person.roles
    assert any(len(person.roles) > 1 for person in district.people.values())


def test_a_classroom_shows_what_tells_it_apart(clever: CleverClient, show: Showcase, district: District) -> None:
    """School, term, period, course, co-teachers, count; and the look-alikes are flagged."""
    classrooms = {one.section.id: one for one in clever.fetch_classrooms(show.teacher)}
    assert set(classrooms) == {one.id for one in district.sections_of(show.teacher)}
    alike = [classrooms[key] for key in show.sections[:2]]
    assert [one.look_alike for one in alike] == [True, True]
    assert alike[0].section.period != alike[1].section.period
    for one in alike:
        assert one.school is not None
        assert one.school.name
        assert one.term is not None
        assert one.term.starts
        assert one.student_count == len(district.sections[one.section.id].students)
    assert any(one.co_teachers for one in alike)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Algebra 1 - Lee - 3", "Algebra 1 - Lee - 4", True),
        ("Café 1", "cafe 2", True),
        ("Algebra", "Biology", False),
    ],
)
def test_login_24_near_equal_names_are_flagged(one: str, other: str, *, alike: bool) -> None:
    """But for case, accents, digits and punctuation."""
    district = DistrictId("d")
    listed = [
        Classroom(
            section=Section(id=SectionId(str(n)), district=district, name=name), school=None, term=None, course=None
        )
        for n, name in enumerate((one, other))
    ]
    assert [c.look_alike for c in flag_look_alikes(listed)] == [alike, alike]


def test_a_snapshot_of_a_whole_read_is_proven(clever: CleverClient, show: Showcase, district: District) -> None:
    """Lists and pages agree: complete, with everyone in it."""
    snapshot = clever.fetch_snapshot(district.id, show.sections[:2])
    assert snapshot.proof.complete
    for key in show.sections[:2]:
        assert snapshot.sections[key].students == district.sections[key].students
        assert {*snapshot.sections[key].students, *snapshot.sections[key].teachers} <= snapshot.people.keys()


@pytest.mark.parametrize("trouble", [*Breakage, 500, 403, 404])
@pytest.mark.parametrize("page", range(4))
def test_roster_1_2_no_half_read_section_is_ever_proven(
    simulator: Simulator,
    district: District,
    show: Showcase,
    http: httpx.Client,
    *,
    trouble: Breakage | int,
    page: int,
) -> None:
    """A page that fails, is cut, ends too early or is no JSON: a gap, and the other section is whole."""
    first, second = sorted(show.sections[:2])
    simulator.fail(f"/v3.1/sections/{first}/users", trouble, after=page, times=None)
    snapshot = client_for(simulator, district, http, page_size=4).fetch_snapshot(district.id, [first, second])
    students = set(snapshot.sections[first].students)
    if students != set(district.sections[first].students):
        assert snapshot.proof.doubt(first)
    assert snapshot.proof.doubt(second) is None


def test_roster_7_a_section_that_is_not_there_is_in_the_scope_and_not_in_the_roster(
    clever: CleverClient, district: District, show: Showcase
) -> None:
    """404 is its own state: gone or not shared; it is not an empty class."""
    unknown = SectionId("f" * 24)
    snapshot = clever.fetch_snapshot(district.id, [unknown, show.sections[0]])
    assert unknown in snapshot.scope
    assert unknown not in snapshot.sections


def test_roster_45_rows_of_another_district_void_the_read(clever: CleverClient, show: Showcase) -> None:
    """Token now belongs to another district: stop."""
    with pytest.raises(UnexpectedPayload, match="is of district"):
        clever.fetch_snapshot(DistrictId("0" * 24), show.sections[:1])


@respx.mock
@pytest.mark.parametrize(
    ("status", "headers", "error", "retryable"),
    [
        (401, {}, ReauthRequired, False),
        (403, {}, NotShared, False),
        (404, {"content-type": "text/html"}, NotShared, False),
        (413, {}, UnexpectedPayload, False),
        (429, {"x-ratelimit-reset": "1789370000"}, RateLimited, True),
        (500, {}, SourceUnavailable, True),
        (501, {}, UnexpectedPayload, False),
        (503, {}, SourceUnavailable, True),
    ],
)
def test_each_status_is_its_own_error(
    status: int, headers: dict[str, str], error: type[SourceError], *, retryable: bool
) -> None:
    """With the request id to quote, and never with the body or the token."""
    respx.get(f"{URL}/me").respond(status, headers={"x-request-id": "r-1", **headers}, html="<p>secret body</p>")
    with pytest.raises(error) as caught:
        drive(fetch(IMPATIENT, f"{URL}/me"))
    assert (caught.value.status, caught.value.request_id, caught.value.retryable) == (status, "r-1", retryable)
    assert "secret body" not in str(caught.value) + caught.value.diagnosis()


def drive(steps: Steps[Response]) -> Response:
    client = CleverClient(Secret("t"))
    return client.answer(steps)


@respx.mock
def test_no_answer_is_its_own_error() -> None:
    """Name resolution, connection, timeout."""
    respx.get(f"{URL}/me").mock(side_effect=httpx.ConnectTimeout)
    with pytest.raises(SourceUnreachable, match="ConnectTimeout"):
        drive(fetch(IMPATIENT, f"{URL}/me"))


def test_login_30_waiting_follows_the_reset_header_and_then_gives_up(clock) -> None:
    """429: until the reset; 5xx: full jitter over a doubling bound; four tries in all. No clock runs."""
    api = Api(token=Secret("t"), clock=clock, chance=lambda: 0.5)
    reset = Response(429, {"x-ratelimit-reset": str(int(clock().timestamp()) + 30)})
    steps, waited = fetch(api, f"{URL}/me"), []
    question = next(steps)
    for answer in (reset, Response(500), Response(502)):
        assert isinstance(question, Send)
        question = steps.send(answer)
        assert isinstance(question, Pause)
        waited.append(question.seconds)
        question = steps.send(None)
    assert waited == [30.5, 1.0, 2.0]
    with pytest.raises(SourceUnavailable):
        steps.send(Response(503))


PAGES = {
    "no data": {"links": []},
    "not a list": {"data": {}},
    "an error with status 200": {"message": "Internal error"},
    "no inner data": {"data": [{"uri": "/x"}]},
    "id twice": {"data": [{"data": {"id": "b"}}, {"data": {"id": "b"}}]},
    "a step back": {"data": [{"data": {"id": "b"}}, {"data": {"id": "a"}}]},
    "another host": {"data": [], "links": [{"rel": "next", "uri": "https://evil.test/v3.1/terms?starting_after=a"}]},
}


@respx.mock
@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES.keys())
def test_roster_3_a_list_that_cannot_be_trusted_raises(body: object) -> None:
    """Missing envelope, wrong type, 200-with-error, repeated id, foreign link: never an end, never a partial list."""
    respx.get(f"{URL}/terms").respond(json=body)
    with pytest.raises(UnexpectedPayload):
        CleverClient(Secret("t")).list_terms()


@respx.mock
def test_roster_3_pages_that_lead_in_a_circle_end_the_read() -> None:
    """`next` leads to itself: the repeated id ends it."""
    loop = {"data": [{"data": {"id": "a"}}], "links": [{"rel": "next", "uri": "/v3.1/terms?starting_after=a"}]}
    respx.get(f"{URL}/terms").respond(json=loop)
    with pytest.raises(UnexpectedPayload, match="a cursor came twice"):
        CleverClient(Secret("t")).list_terms()


@pytest.mark.parametrize(
    ("wire", "path"),
    [
        ({"district": "d"}, "data.id: a required field is missing"),
        ({"id": None, "district": "d"}, "data.id: a required field is missing"),
        ({"id": "a", "district": "d", "email": 7}, "data.email: text expected, not int"),
        ({"id": "a", "district": "d", "roles": {"student": {"dob": "13/45/2011"}}}, "data.roles.student.dob: a date"),
        (
            {"id": "a", "district": "d", "roles": {"student": {"schools": ["s", 4]}}},
            "data.roles.student.schools[1]: text",
        ),
        ({"id": "a", "district": "d", "roles": ["student"]}, "data.roles: an object expected, not list"),
    ],
)
def test_a_malformed_record_names_its_path_and_not_its_value(wire: object, path: str) -> None:
    """Null is never the word None, a number never text; the value stays out of the message."""
    with pytest.raises(UnexpectedPayload) as caught:
        decode(wire, records.User, Response(200), path="data")
    assert path in str(caught.value)
    assert "13/45/2011" not in str(caught.value)


def test_roster_43_unknown_roles_and_fields_are_kept_apart_and_grant_nothing() -> None:
    """Unknown role: reported, not mapped; unknown fields are tolerated; a contact's name stands in `last`."""
    wire = {"id": "a", "district": "d", "name": {"last": "Whole Name"}, "roles": {"janitor": {}}, "new_field": [1]}
    user = decode(wire, records.User, Response(200), path="data")
    assert user.roles == records.Roles()
    assert user.unknown_roles == {"janitor"}
    assert user.rest == {"roles": {"janitor": {}}, "new_field": [1]}
    assert user.name == records.Name(last="Whole Name")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "roles", "student", "name", "dob"]), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_whatever_arrives_only_our_own_error_comes_out(wire: object) -> None:
    """Fuzz: a record or an UnexpectedPayload, nothing else."""
    try:
        outcome: object = decode(json.loads(json.dumps(wire)), records.User, Response(200), path="data")
    except UnexpectedPayload as error:
        outcome = error
    assert isinstance(outcome, records.User | UnexpectedPayload)


def test_the_awaiting_client_reads_the_same(
    simulator: Simulator, clever: CleverClient, district: District, show: Showcase, clock
) -> None:
    """One description, two classes."""

    async def read() -> Snapshot:
        async with httpx.AsyncClient(transport=transport(simulator)) as http:
            client = AsyncCleverClient(simulator.district_token(district.id), http=http, clock=clock)
            return await client.fetch_snapshot(district.id, show.sections)

    assert asyncio.run(read()) == clever.fetch_snapshot(district.id, show.sections)


def test_the_token_is_sent_in_the_header_and_shown_nowhere(
    simulator: Simulator, district: District, http: httpx.Client
) -> None:
    """Only in Authorization; not in an address, a repr or an error."""
    sent: list[httpx.Request] = []
    http.event_hooks["request"] = [sent.append]
    token = simulator.district_token(district.id)
    client = CleverClient(token, http=http)
    client.get_district(district.id)
    with pytest.raises(NotShared) as caught:
        client.get_user(PersonId("0" * 24))
    assert sent[0].headers["authorization"] == f"Bearer {token.reveal()}"
    assert not any(token.reveal() in shown for shown in (str(sent[0].url), repr(vars(client)), repr(caught.value)))
