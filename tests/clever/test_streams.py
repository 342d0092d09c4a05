"""Lists as streams: whole or an error, one page in memory, the next one on its way; and manners kept by whoever shares
a token."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
import respx

from clever_roster.clever import AsyncCleverClient, CleverClient, records
from clever_roster.clever.coursework import UNSET, AssignmentRequest, AttachmentRequest, SubmissionRequest
from clever_roster.clever.decode import BadRecord
from clever_roster.clever.endpoints import users
from clever_roster.clever.pacing import Budget
from clever_roster.clever.reading import Api, fetch
from clever_roster.clever.streams import Stream
from clever_roster.errors import (
    NotFound,
    RateLimited,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
    UnexpectedPayload,
)
from clever_roster.model import Role, Secret
from clever_roster.patience import Exchange, Progress, retry_after, route_of
from clever_roster.steps import Pause, Response, Send
from clever_roster.testing import Breakage, District, Simulator, transport

URL = "https://api.clever.com/v3.1"


def client_for(simulator: Simulator, district: District, http: httpx.Client, **how) -> CleverClient:
    how = {"page_size": 7, "sleep": lambda _: None, **how}
    return CleverClient(simulator.district_token(district.id), http=http, **how)


# --- Streams ----------------------------------------------------------------------------------------------------------


def test_a_stream_is_the_list_one_by_one(clever: CleverClient) -> None:
    """Same records, same order, whatever was asked."""
    assert list(clever.iter_users(role=Role.TEACHER)) == list(clever.list_users(role=Role.TEACHER))
    assert len(list(clever.iter_sections())) == clever.count_sections()


def test_an_awaiting_stream_is_the_same(simulator: Simulator, clever: CleverClient, district: District) -> None:
    """One description, two classes."""

    async def read() -> list[records.User]:
        async with httpx.AsyncClient(transport=transport(simulator)) as http:
            client = AsyncCleverClient(simulator.district_token(district.id), http=http, page_size=9)
            async with client.iter_users() as stream:
                return [user async for user in stream]

    assert asyncio.run(read()) == list(clever.list_users())


def test_the_next_page_is_on_its_way_while_this_one_is_used(
    simulator: Simulator, district: District, http: httpx.Client
) -> None:
    """Before the first record is in the caller's hands, page two was asked for; page three was not."""
    asked, second = list[str](), threading.Event()

    def note(request: httpx.Request) -> None:
        asked.append(str(request.url))
        if "starting_after" in str(request.url):
            second.set()

    http.event_hooks["request"] = [note]
    with client_for(simulator, district, http).iter_users() as stream:
        next(stream)
        assert second.wait(10)
        assert len(asked) == 2


def test_a_stream_that_is_left_early_reads_no_further(
    simulator: Simulator, district: District, http: httpx.Client
) -> None:
    """Closing gives up the page on its way, and nothing else happens after."""
    told: list[Progress] = []
    stream = client_for(simulator, district, http, on_progress=told.append).iter_users()
    next(stream)
    stream.close()
    assert list(stream) == []
    assert [one.pages for one in told] == [1]


def test_a_task_that_is_cancelled_leaves_no_task_behind(simulator: Simulator, district: District) -> None:
    """Cancellation in the middle of a page: what was fetched ahead is given up too."""

    async def read() -> int:
        async with httpx.AsyncClient(transport=transport(simulator)) as http:
            client = AsyncCleverClient(simulator.district_token(district.id), http=http, page_size=5)

            reading = asyncio.Event()

            async def forever() -> None:
                async with client.iter_users() as stream:
                    async for _ in stream:
                        reading.set()
                        await asyncio.Event().wait()

            task = asyncio.create_task(forever())
            await reading.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return len(asyncio.all_tasks())

    assert asyncio.run(read()) == 1


@pytest.mark.parametrize("trouble", [Breakage.HTML, Breakage.CUT_BODY, Breakage.NO_ANSWER, 500, 404])
def test_a_page_that_fails_ends_the_stream_with_its_error(
    simulator: Simulator, district: District, http: httpx.Client, trouble: Breakage | int
) -> None:
    """Never an early end: what came before was read, and then the error."""
    simulator.fail("/v3.1/users", trouble, after=2, times=None)
    read = []
    with pytest.raises(SourceError):
        read.extend(iter(client_for(simulator, district, http).iter_users()))


def test_a_list_that_ends_with_another_number_than_was_counted_raises(
    simulator: Simulator, district: District, http: httpx.Client
) -> None:
    """A page that silently ends early: nothing on the wire gives it away but the count."""
    clever = client_for(simulator, district, http)
    count = clever.count_users()
    simulator.fail("/v3.1/users", Breakage.EARLY_END, after=3, times=None)
    with pytest.raises(UnexpectedPayload, match=f"but {count} were announced"):
        clever.fetch_district(district.id)


def test_progress_is_told_after_each_page(simulator: Simulator, district: District, http: httpx.Client) -> None:
    """Pages, records, and whether that was all."""
    told: list[Progress] = []
    whole = client_for(simulator, district, http, on_progress=told.append, page_size=50).list_users()
    assert [one.pages for one in told] == list(range(1, len(told) + 1))
    assert (told[-1].records, told[-1].done, told[0].route) == (len(whole), True, "/users")
    assert not any(one.done for one in told[:-1])


@respx.mock
def test_a_bad_record_is_collected_or_raised_as_the_reader_wants() -> None:
    """By default it ends the read; a reader who collects gets the others, and the bad one's path."""
    page = {"data": [{"data": {"id": "a"}}, {"data": {"id": "b", "name": 7}}, {"data": {"id": "c"}}], "links": []}
    respx.get(f"{URL}/terms").respond(json=page)
    bad: list[BadRecord] = []
    client = CleverClient(Secret("t"), on_bad_record=bad.append)
    assert [term.id for term in client.iter_terms()] == ["a", "c"]
    assert [(one.path, one.id) for one in bad] == [("data[1].data.name", "b")]
    with pytest.raises(UnexpectedPayload, match=r"data\[1\]\.data\.name: text expected, not int"):
        CleverClient(Secret("t")).list_terms()


@respx.mock
def test_links_of_single_records_and_of_lists_may_be_missing() -> None:
    """Recorded with the token of a login: `{"data": {...}}` and nothing else."""
    respx.get(f"{URL}/users/u").respond(json={"data": {"id": "u", "district": "d"}})
    respx.get(f"{URL}/schools").respond(json={"data": []})
    client = CleverClient(Secret("t"))
    assert client.get_user(records.PersonId("u")).id == "u"
    assert client.list_schools() == ()


def test_a_stream_holds_one_page_and_not_the_list(simulator: Simulator, district: District, http: httpx.Client) -> None:
    """Records that were let go are gone: nothing keeps what was read."""
    import gc

    def alive() -> int:
        gc.collect()
        return sum(type(one) is records.User for one in gc.get_objects())

    before, most = alive(), 0
    for number, _ in enumerate(client_for(simulator, district, http, page_size=10).iter_users()):
        if number % 25 == 0:
            most = max(most, alive() - before)
    assert most <= 2 * 10 + 1


# --- Manners ----------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 9, 14, 8, 0, 30, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60 * 60 + 60


def headers(left: int, *, resets_at: int = MINUTE) -> dict[str, str]:
    return {"x-ratelimit-remaining": str(left), "x-ratelimit-limit": "1200", "x-ratelimit-reset": str(resets_at)}


def test_an_empty_budget_is_waited_for_before_asking() -> None:
    """The headers of one answer hold for everyone who shares the budget: no 429 is needed to learn it."""
    budget = Budget()
    api = Api(token=Secret("t"), clock=lambda: NOW, chance=lambda: 0.5, budget=budget)
    first = fetch(api, f"{URL}/terms")
    assert isinstance(next(first), Send)
    with pytest.raises(StopIteration):
        first.send(Response(200, headers(0)))
    second = fetch(api, f"{URL}/terms")
    assert next(second) == Pause(30.5)
    assert isinstance(second.send(None), Send)


def test_a_budget_counts_along_between_answers_and_is_full_again_after_the_minute() -> None:
    """Of two left, two are taken; the third waits; after the reset there are as many as the limit says."""
    budget, now = Budget(), NOW.timestamp()
    assert budget.claim(now) == 0
    budget.learn(headers(2))
    budget.learn(headers(5))  # an older answer that was overtaken
    assert [budget.claim(now), budget.claim(now), budget.claim(now)] == [0, 0, 30]
    budget.learn(headers(9, resets_at=MINUTE - 60))
    assert budget.claim(now) == 30
    assert [budget.claim(MINUTE) for _ in range(1200)] == [0] * 1200
    assert budget.claim(MINUTE) == 60


@pytest.mark.parametrize("said", ["", "soon", "-1", "9" * 20, "٣"])
def test_headers_that_make_no_sense_teach_nothing(said: str) -> None:
    """And break nothing."""
    budget = Budget()
    budget.learn({**headers(0), "x-ratelimit-reset": said})
    assert budget.claim(NOW.timestamp()) == 0


def test_threads_that_share_a_budget_never_take_more_than_it_holds() -> None:
    """One lock, no lost count."""
    budget = Budget()
    budget.learn(headers(100))
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: budget.claim(NOW.timestamp()), range(300)))
    assert waits.count(0.0) == 100


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 14 Sep 2026 08:00:40 GMT", 10.0),
        ("Mon, 14 Sep 2026 07:00:00 GMT", 0.0),
        ("later", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(said: str, seconds: float | None) -> None:
    """RFC 9110, section 10.2.3: seconds, or a date."""
    assert retry_after({"retry-after": said}, NOW) == seconds


def test_retry_after_goes_before_the_reset_header() -> None:
    """Clever documents only the reset; who asks for a wait by name gets it."""
    api = Api(token=Secret("t"), clock=lambda: NOW, chance=lambda: 0.0)
    steps = fetch(api, f"{URL}/terms")
    next(steps)
    assert steps.send(Response(503, {"retry-after": "7"})) == Pause(7.0)


@respx.mock
@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_is_not_idempotent_is_never_sent_twice(status: int, method: str) -> None:
    """RFC 9110, section 9.2.2: an assignment must not be given twice because an answer was lost."""
    route = respx.route(method=method).respond(status)
    client = CleverClient(Secret("t"), sleep=lambda _: None)
    section, pupil = records.SectionId("s"), records.PersonId("u")
    acts = {
        "POST": lambda: client.create_assignment(section, AssignmentRequest(title="Read")),
        "PATCH": lambda: client.update_submission(section, "a", pupil, SubmissionRequest(grade="A")),
    }
    with pytest.raises((RateLimited, SourceUnavailable)):
        acts[method]()
    assert route.call_count == 1


@respx.mock
def test_deleting_is_idempotent_and_is_tried_again() -> None:
    """A 503 and then 204: done."""
    route = respx.delete(f"{URL}/sections/s/assignments/a").mock(side_effect=[httpx.Response(503), httpx.Response(204)])
    CleverClient(Secret("t"), sleep=lambda _: None).delete_assignment(records.SectionId("s"), "a")
    assert route.call_count == 2


@respx.mock
def test_a_change_sends_what_is_set_null_where_it_is_cleared_and_nothing_else() -> None:
    """UNSET, None and a value are three things; instants go out in UTC to the millisecond."""
    route = respx.patch(f"{URL}/sections/s/assignments/a").respond(json={"data": {"id": "a", "title": "Read"}})
    changes = AssignmentRequest(
        title="Read",
        description=None,
        due_date=datetime(2026, 9, 14, 10, tzinfo=UTC),
        attachments=(AttachmentRequest(url="https://example.test/x", description=UNSET),),
    )
    assert CleverClient(Secret("t")).update_assignment(records.SectionId("s"), "a", changes).title == "Read"
    assert route.calls[0].request.headers["content-type"] == "application/json"
    assert httpx.Response(200, content=route.calls[0].request.content).json() == {
        "title": "Read",
        "description": None,
        "due_date": "2026-09-14T10:00:00.000Z",
        "attachments": [{"url": "https://example.test/x", "type": "file"}],
    }
    with pytest.raises(ValueError, match="offset"):
        CleverClient(Secret("t")).create_assignment(
            records.SectionId("s"),
            AssignmentRequest(due_date=datetime(2026, 9, 14)),  # noqa: DTZ001 - that is the point
        )


def test_whoever_watches_is_told_of_every_exchange_and_of_no_id(
    simulator: Simulator, district: District, http: httpx.Client, clock
) -> None:
    """For metrics: method, route, status, attempt, seconds, budget; no id, no query, no token."""
    told: list[Exchange] = []
    clever = client_for(simulator, district, http, watch=told.append, clock=clock)
    simulator.fail("/v3.1/districts", 503)
    clever.get_district(district.id)
    assert [(one.method, one.route, one.status, one.attempt) for one in told] == [
        ("GET", "/v3.1/districts/{id}", 503, 1),
        ("GET", "/v3.1/districts/{id}", 200, 2),
    ]
    assert told[1].left is not None
    assert district.id not in repr(told)


@pytest.mark.parametrize(
    ("url", "route"),
    [
        (f"{URL}/sections/65aa00000000000000000001/users?role=student", "/v3.1/sections/{id}/users"),
        (f"{URL}/me", "/v3.1/me"),
        ("https://clever.com/oauth/tokeninfo", "/oauth/tokeninfo"),
    ],
)
def test_a_route_is_an_address_without_ids(url: str, route: str) -> None:
    """So that metrics have few labels, and logs no pupil."""
    assert route_of(url) == route


def test_who_the_token_is_for_is_asked_at_three_places(
    simulator: Simulator, district: District, http: httpx.Client, show
) -> None:
    """`/me`, `/userinfo` and, at the host of logins, `/oauth/tokeninfo`."""
    clever = CleverClient(simulator.user_token(show.teacher), http=http)
    assert clever.get_me().id == show.teacher
    info = clever.get_userinfo()
    assert (info.sub, info.district) == (show.teacher, district.id)
    assert clever.get_tokeninfo().client_id == simulator.app.client_id


def test_a_class_shows_its_operations_without_an_object() -> None:
    """`CleverClient.iter_users` is there for documentation tools, with its words."""
    assert CleverClient.iter_users.describe is users
    assert "All people" in (CleverClient.iter_users.__doc__ or "")
    assert isinstance(CleverClient(Secret("t")).iter_users(), Stream)


def test_an_error_names_the_request_to_quote(clever: CleverClient) -> None:
    """404 is NotFound, which is also NotShared: Clever answers both alike."""
    with pytest.raises(NotFound) as caught:
        clever.get_school(records.SchoolId("0" * 24))
    assert caught.value.request_id


@respx.mock
@pytest.mark.parametrize(
    "trouble", [httpx.ConnectTimeout, httpx.ReadError, httpx.DecodingError, httpx.RemoteProtocolError]
)
def test_an_error_of_the_network_hangs_on_no_request(trouble: type[Exception]) -> None:
    """The HTTP library's error holds the request, and the request the token: ours holds neither."""
    respx.get(f"{URL}/me").mock(side_effect=trouble)
    with pytest.raises(SourceUnreachable, match=trouble.__name__) as caught:
        CleverClient(Secret("s3cret"), sleep=lambda _: None).get_me()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


class OtherRequestError(Exception):
    """As an HTTP library of httpx's shape has it."""


OtherRequestError.__name__ = "RequestError"


def test_a_client_of_the_same_shape_may_be_passed_in() -> None:
    """Own transports, proxies, another library: what counts is `request`, and errors of the same name."""

    class Other:
        answers = iter([OtherRequestError(), httpx.Response(200, json={"data": {"id": "t"}})])

        def request(self, **_asked: object) -> httpx.Response:
            answer = next(self.answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    client = CleverClient(Secret("t"), http=Other(), sleep=lambda _: None)  # type: ignore[arg-type]
    assert client.get_term(records.TermId("t")).id == "t"
