"""Google Classroom as a source: what a read means, what it proves, and what may go wrong."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clever_roster.errors import (
    ConfigurationError,
    NotFound,
    NotShared,
    RateLimited,
    ReauthRequired,
    ScopeMissing,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
    SwitchedOff,
    UnexpectedPayload,
)
from clever_roster.model import GOOGLE_ACCOUNTS, GOOGLE_CLASSROOM, PersonId, Role, Secret, SectionId
from clever_roster.oauth import CLASSROOM, GoogleScope
from clever_roster.patience import Exchange
from clever_roster.sources.google import AsyncGoogleClassroom, CourseState, GoogleClassroom, Quota
from clever_roster.sources.google.reading import Api, read_list, refusal
from clever_roster.sources.google.records import Course, Misread, read_alias, read_course, read_member, read_profile
from clever_roster.steps import Request, Response, Send
from clever_roster.testing import Breakage, District, serve, transport
from clever_roster.testing.google import ClassroomDomain, SimulatedGoogle
from clever_roster.testing.showcase import Showcase

# --- What is read -----------------------------------------------------------------------------------------------------


def test_a_course_is_a_section_and_its_members_are_people(
    classroom: GoogleClassroom, course: SectionId, domain: ClassroomDomain, district: District, show: Showcase
) -> None:
    """Owner first, then co-teachers; names, addresses and confirmed teachers; the domain's alias is the school's id."""
    snapshot = classroom.fetch_snapshot([course])
    section, sample = snapshot.sections[course], domain.courses[course]
    assert (snapshot.provider, snapshot.district) == (GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS)
    assert snapshot.proof.complete
    assert section.teachers[0] == sample.teachers[0]
    assert set(section.teachers) == set(sample.teachers)
    assert section.students == sample.students
    assert (section.name, section.period) == (sample.name, sample.section)
    assert section.sis_id == district.sections[show.sections[0]].sis_id
    assert snapshot.people.keys() == {*sample.teachers, *sample.students}
    pupil = snapshot.people[sample.students[0]]
    assert pupil.name.display() == f"{domain.users[pupil.id].first} {domain.users[pupil.id].last}"
    assert (pupil.email, pupil.roles) == (domain.users[pupil.id].email, {Role.STUDENT})
    assert (pupil.birth_date, pupil.sis_id, pupil.student_number) == (None, None, None)


def test_a_teacher_chooses_from_their_active_courses_and_look_alikes_are_told(
    classroom: GoogleClassroom, domain: ClassroomDomain, teacher: PersonId
) -> None:
    """`teacherId=me`; last year's class of the same name, put away, is not offered."""
    offered = classroom.fetch_classrooms()
    active = [one for one in domain.taught_by(teacher) if one.state == CourseState.ACTIVE]
    assert {one.section.id for one in offered} == {one.id for one in active}
    assert any(one.look_alike for one in offered)
    assert all(one.student_count == len(domain.courses[one.section.id].students) for one in offered)
    every = classroom.fetch_courses(states=())
    assert {one.id for one in every} == {one.id for one in domain.taught_by(teacher)}


def test_an_address_that_is_not_granted_is_not_said(
    google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, course: SectionId
) -> None:
    """Without `classroom.profile.emails` the roster is read all the same."""
    token = google.access_token(teacher, CLASSROOM - {GoogleScope.EMAILS})
    snapshot = GoogleClassroom(token, http=road).fetch_snapshot([course])
    assert snapshot.proof.complete
    assert {person.email for person in snapshot.people.values()} == {None}


def test_to_be_listed_as_a_teacher_makes_nobody_one(
    classroom: GoogleClassroom, google: SimulatedGoogle, domain: ClassroomDomain, course: SectionId, pupil: PersonId
) -> None:
    """Anybody can be made a co-teacher; the administrator's word (`verifiedTeacher`) is what counts."""
    sample = domain.courses[course]
    owner = sample.teachers[0]
    changed = attrs.evolve(
        sample,
        teachers=(*sample.teachers, pupil),
        students=tuple(one for one in sample.students if one != pupil),
    )
    google.replace(domain.altered(changed, attrs.evolve(domain.users[owner], verified_teacher=True)))
    people = classroom.fetch_snapshot([course]).people
    assert (people[owner].roles, people[pupil].roles) == ({Role.TEACHER}, frozenset())


def test_a_course_is_found_by_its_aliases_and_a_snapshot_wants_ids(
    classroom: GoogleClassroom, course: SectionId, domain: ClassroomDomain
) -> None:
    """`d:` of the domain, `p:` of the project; an alias can be given to another course, so it is no key."""
    (alias,) = classroom.fetch_aliases(course)
    assert alias == domain.courses[course].aliases[0]
    assert classroom.fetch_course(alias).id == course
    for wrong in (alias, "p:anything"):
        with pytest.raises(ConfigurationError, match="alias"):
            classroom.fetch_snapshot([SectionId(wrong)])


def test_the_awaiting_client_reads_the_same_over_a_real_socket(
    google: SimulatedGoogle, teacher: PersonId, course: SectionId, clock
) -> None:
    """One description, two classes; on loopback, with small pages."""

    async def awaited(address: str, token: Secret):
        async with AsyncGoogleClassroom(token, url=address, page_size=3, clock=clock) as reads:
            return await reads.fetch_snapshot([course]), await reads.fetch_classrooms()

    with serve(google) as address:
        token = google.access_token(teacher)
        with GoogleClassroom(token, url=address, page_size=4, clock=clock) as reads:
            blocking = (reads.fetch_snapshot([course]), reads.fetch_classrooms())
        awaiting = asyncio.run(awaited(address, token))
    assert awaiting[1] == blocking[1]
    assert (awaiting[0].sections, awaiting[0].people) == (blocking[0].sections, blocking[0].people)


# --- What a state means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "listed", "unshared", "proven"),
    [
        (CourseState.ACTIVE, True, False, True),
        (CourseState.PROVISIONED, True, False, False),
        (CourseState.ARCHIVED, False, False, True),
        (CourseState.DECLINED, False, False, True),
        (CourseState.SUSPENDED, False, True, True),
        ("ON_A_SCHOOL_TRIP", True, False, False),
    ],
)
def test_each_state_of_a_course_has_a_meaning(
    classroom: GoogleClassroom,
    google: SimulatedGoogle,
    domain: ClassroomDomain,
    course: SectionId,
    state: str,
    *,
    listed: bool,
    unshared: bool,
    proven: bool,
) -> None:
    """Ended at the source: gone. Hidden: still exists. Not begun, or a word we do not know: proves nobody gone."""
    google.replace(domain.altered(attrs.evolve(domain.courses[course], state=state)))
    snapshot = classroom.fetch_snapshot([course])
    assert snapshot.scope == {course}
    assert (course in snapshot.sections, course in snapshot.unshared) == (listed, unshared)
    assert (snapshot.proof.doubt(course) is None) is proven


def test_a_deleted_course_is_gone_and_one_that_i_left_is_hidden(
    classroom: GoogleClassroom, google: SimulatedGoogle, domain: ClassroomDomain, course: SectionId, teacher: PersonId
) -> None:
    """404 and 403 are two answers, and mean two things."""
    google.replace(domain.without(course))
    gone = classroom.fetch_snapshot([course])
    assert (gone.sections, gone.unshared, gone.proof.complete) == ({}, frozenset(), True)
    other = next(user for user in domain.users.values() if user.verified_teacher and user.id != teacher)
    google.replace(domain.altered(attrs.evolve(domain.courses[course], teachers=(other.id,))))
    hidden = classroom.fetch_snapshot([course])
    assert (hidden.sections, hidden.unshared) == ({}, {course})


# --- What is proven ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [500, Breakage.HTML, Breakage.CUT_BODY, Breakage.NO_ANSWER])
def test_a_page_that_is_lost_leaves_what_was_read_and_proves_nothing(
    classroom: GoogleClassroom, google: SimulatedGoogle, domain: ClassroomDomain, course: SectionId, trouble
) -> None:
    """The first five students are known, the others are not: they can be added, and nobody is gone."""
    google.fail(f"/v1/courses/{course}/students", trouble, after=1, times=None)
    snapshot = classroom.fetch_snapshot([course])
    assert len(snapshot.sections[course].students) == 5
    doubt = snapshot.proof.doubt(course)
    assert doubt is not None
    assert "page 2 could not be read" in doubt


def test_a_course_of_which_nothing_can_be_read_is_a_gap_and_the_others_are_read(
    classroom: GoogleClassroom, google: SimulatedGoogle, domain: ClassroomDomain, course: SectionId, teacher: PersonId
) -> None:
    """One trouble spoils one class."""
    other = next(one.id for one in domain.taught_by(teacher) if one.id != course and one.state == CourseState.ACTIVE)
    google.fail(f"/v1/courses/{course}/students", 503, times=None)
    snapshot = classroom.fetch_snapshot([course, other])
    assert set(snapshot.sections) == {other}
    assert snapshot.proof.doubt(course) is not None
    assert snapshot.proof.doubt(other) is None


def test_a_list_that_ends_too_early_is_found_by_asking_for_who_is_missing(
    classroom: GoogleClassroom, google: SimulatedGoogle, course: SectionId
) -> None:
    """Nothing on the wire gives it away. Whoever was there is asked for by name: they are there, so the list lies."""
    before = classroom.fetch_snapshot([course])
    google.fail(f"/v1/courses/{course}/students", Breakage.EARLY_END)
    trusting = classroom.fetch_snapshot([course])
    assert trusting.proof.complete
    google.fail(f"/v1/courses/{course}/students", Breakage.EARLY_END)
    asking = classroom.fetch_snapshot([course], known=before.sections.values())
    doubt = asking.proof.doubt(course)
    assert doubt is not None
    assert "leaves out" in doubt


def test_who_left_is_asked_for_once_and_believed(
    classroom: GoogleClassroom, google: SimulatedGoogle, domain: ClassroomDomain, course: SectionId, pupil: PersonId
) -> None:
    """404 for the one who left (documented: `students.get`, `teachers.get`); one request for each."""
    before = classroom.fetch_snapshot([course])
    google.replace(domain.left(course, pupil))
    after = classroom.fetch_snapshot([course], known=before.sections.values())
    assert after.proof.complete
    assert set(before.sections[course].students) - set(after.sections[course].students) == {pupil}
    google.fail(f"/v1/courses/{course}/students/{pupil}", 503, times=None)
    unasked = classroom.fetch_snapshot([course], known=before.sections.values())
    assert not unasked.proof.complete


def test_a_list_of_courses_that_was_cut_is_not_offered(classroom: GoogleClassroom, google: SimulatedGoogle) -> None:
    """A teacher who cannot see a class would make a second one of it."""
    classroom.api = attrs.evolve(classroom.api, page_size=1)
    google.fail("/v1/courses", 503, after=1, times=None)
    with pytest.raises(UnexpectedPayload, match="cannot be trusted"):
        classroom.fetch_courses()


def test_nothing_rests_on_aliases(classroom: GoogleClassroom, google: SimulatedGoogle, course: SectionId) -> None:
    """Those that cannot be read are none; a token that died meanwhile is told all the same."""
    google.fail(f"/v1/courses/{course}/aliases", 503, times=None)
    snapshot = classroom.fetch_snapshot([course])
    assert (snapshot.sections[course].sis_id, snapshot.proof.complete) == (None, True)
    google.heal()
    google.fail(f"/v1/courses/{course}/aliases", 401)
    with pytest.raises(ReauthRequired):
        classroom.fetch_snapshot([course])


def test_a_token_that_dies_while_somebody_is_asked_for_is_told(
    classroom: GoogleClassroom, google: SimulatedGoogle, domain: ClassroomDomain, course: SectionId, pupil: PersonId
) -> None:
    """Not a doubt about one class: nothing can be read any more."""
    before = classroom.fetch_snapshot([course])
    google.replace(domain.left(course, pupil))
    google.fail(f"/v1/courses/{course}/students/{pupil}", 401)
    with pytest.raises(ReauthRequired):
        classroom.fetch_snapshot([course], known=before.sections.values())


def test_an_owner_who_is_not_among_the_teachers_is_a_doubt(
    google: SimulatedGoogle, teacher: PersonId, course: SectionId
) -> None:
    """The course names its owner; a list of teachers without them was cut, or the course changes hands just now."""

    def ownerless(request: httpx.Request) -> httpx.Response:
        asked = Request(request.method, str(request.url), dict(request.headers), request.content)
        body = json.loads(google.respond(asked).body)
        if request.url.path.endswith("/teachers"):
            body["teachers"] = body["teachers"][1:]
        return httpx.Response(200, json=body)

    with httpx.Client(transport=httpx.MockTransport(ownerless)) as road:
        snapshot = GoogleClassroom(google.access_token(teacher), http=road).fetch_snapshot([course])
    assert snapshot.proof.doubt(course) == "its owner is not among its teachers"


def pages(*bodies: dict[str, object], read=read_course, key=lambda one: one.id):
    """Answer a list by hand, page by page; what came of it."""
    steps = read_list(Api(token=Secret("t"), tries=1), "v1/courses", "courses", read, key=key)
    question = next(steps)
    try:
        for body in bodies:
            assert isinstance(question, Send)
            question = steps.send(Response(200, {}, json.dumps(body).encode()))
    except StopIteration as end:
        return end.value
    raise AssertionError("the list asks for more pages than there are")


def test_a_page_token_that_comes_twice_ends_the_list_and_proves_nothing() -> None:
    """A loop at the source must not become one here."""
    listed = pages(
        {"courses": [{"id": "1"}], "nextPageToken": "x"},
        {"courses": [{"id": "2"}], "nextPageToken": "x"},
    )
    assert [one.id for one in listed.records] == ["1", "2"]
    assert listed.doubt == "a page token came twice"


def test_somebody_who_comes_twice_shows_that_the_list_moved() -> None:
    """A list that changes while it is read can leave out one where it repeats another."""
    listed = pages({"courses": [{"id": "1"}, {"id": "2"}], "nextPageToken": "x"}, {"courses": [{"id": "2"}]})
    assert listed.doubt == "somebody came twice: it moved while it was read"


def test_an_empty_list_is_an_object_without_the_list() -> None:
    """Google leaves out what is empty."""
    assert pages({}).records == ()
    assert pages({}).doubt is None


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), min_size=1, max_size=6))
def test_a_list_without_a_doubt_holds_everybody_once(numbers: list[list[int]]) -> None:
    """Whatever the pages hold: no doubt means that all ids of all pages are there, each once."""
    bodies: list[dict[str, object]] = [
        {"courses": [{"id": str(one)} for one in page], "nextPageToken": f"t{index}"}
        for index, page in enumerate(numbers)
    ]
    bodies[-1].pop("nextPageToken")
    flat = [str(one) for page in numbers for one in page]
    listed = pages(*bodies)
    assert (listed.doubt is None) is (len(set(flat)) == len(flat))
    assert [one.id for one in listed.records] == list(dict.fromkeys(flat))[: len(listed.records)]
    assert listed.doubt is not None or len(listed.records) == len(flat)


# --- Records ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "course"),
        ({}, "id"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"id": "1", "name": 7}, "name"),
        ({"id": "1", "ownerId": {}}, "ownerId"),
    ],
)
def test_a_field_of_another_type_is_named_by_its_path(value: object, path: str) -> None:
    """Never by its value, which may be somebody's name."""
    with pytest.raises(Misread, match=path):
        read_course(value)


def test_a_record_that_cannot_be_read_names_the_path_inside_the_page() -> None:
    """And nothing that stands there."""
    with pytest.raises(UnexpectedPayload, match=r"courses\[1\]\.name: str expected, not int"):
        pages({"courses": [{"id": "1"}, {"id": "2", "name": 5}]})
    with pytest.raises(UnexpectedPayload, match=r"not a list"):
        pages({"courses": {}})


def test_names_are_read_as_they_are_given() -> None:
    """An undivided name stands in `last`; no name at all is no fault; a profile of somebody else is one."""
    assert read_profile({"id": "1", "name": {"fullName": "Björk"}}).name.last == "Björk"
    assert read_profile({"id": "1"}).name.display() == ""
    assert read_member({"userId": "1"}).profile.name.display() == ""
    assert read_course({"id": "1"}) == Course(id=SectionId("1"))
    with pytest.raises(Misread, match="profile"):
        read_member({"userId": "1", "profile": {"id": "2"}})


def test_nothing_of_a_person_is_in_a_repr(
    classroom: GoogleClassroom, course: SectionId, domain: ClassroomDomain
) -> None:
    """Names and addresses are not; ids are."""
    snapshot = classroom.fetch_snapshot([course])
    mine = classroom.fetch_profile()
    shown = repr([snapshot, *snapshot.people.values(), mine, domain, classroom.api, *domain.users.values()])
    assert "@" not in shown
    assert not [user.last for user in domain.users.values() if len(user.last) > 4 and user.last in shown]
    assert classroom.api.token.reveal() not in shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "name",
                    "userId",
                    "profile",
                    "fullName",
                    "courses",
                    "nextPageToken",
                    "error",
                    "details",
                    "errors",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_google_says_is_a_record_or_a_named_misfit(value: object) -> None:
    """No other exception leaves a reader, and none leaves the reading of an error or of a page."""
    for read in (read_course, read_member, read_profile, read_alias):
        with suppress(Misread):
            read(value)
    body = json.dumps(value).encode()
    for status in (200, 400, 401, 403, 404, 429, 500):
        assert (refusal(Response(status, {}, body)) is None) is (status == 200)
    steps = read_list(Api(token=Secret("t"), tries=1), "v1/courses", "courses", read_course, key=lambda one: one.id)
    next(steps)
    with suppress(SourceError, StopIteration):
        steps.send(Response(200, {}, body))


# --- What goes wrong --------------------------------------------------------------------------------------------------


def error(status: int, word: str = "", message: str = "", *, reason: str = "", older: str = "") -> Response:
    body = {"code": status, "status": word, "message": message}
    body |= {"details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]} if reason else {}
    body |= {"errors": [{"reason": older}]} if older else {}
    return Response(status, {}, json.dumps({"error": body}).encode())


@pytest.mark.parametrize(
    ("response", "kind", "retryable"),
    [
        (error(401, "UNAUTHENTICATED"), ReauthRequired, False),
        (error(403, "PERMISSION_DENIED", "The caller does not have permission"), NotShared, False),
        (error(403, "PERMISSION_DENIED", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), ScopeMissing, False),
        (error(403, "PERMISSION_DENIED", older="insufficientPermissions"), ScopeMissing, False),
        (error(403, "PERMISSION_DENIED", "@ClassroomApiDisabled The user ..."), SwitchedOff, False),
        (error(403, "PERMISSION_DENIED", "@ClassroomDisabled The user ..."), SwitchedOff, False),
        (error(403, "PERMISSION_DENIED", reason="SERVICE_DISABLED"), SwitchedOff, False),
        (error(403, older="userRateLimitExceeded"), RateLimited, True),
        (error(404, "NOT_FOUND"), NotFound, False),
        (error(429, "RESOURCE_EXHAUSTED"), RateLimited, True),
        (Response(429, {}, b"<html>"), RateLimited, True),
        (error(500, "INTERNAL"), SourceUnavailable, True),
        (Response(503, {}, b"<html>"), SourceUnavailable, True),
        (error(400, "INVALID_ARGUMENT"), UnexpectedPayload, False),
        (error(501, "UNIMPLEMENTED"), UnexpectedPayload, False),
        (Response(403, {}, b'{"error": "x"}'), NotShared, False),
        (Response(403, {}, b'{"error": {"errors": ["x"], "details": {}}}'), NotShared, False),
    ],
)
def test_errors_are_told_apart_by_googles_own_words(
    response: Response, kind: type[SourceError], *, retryable: bool
) -> None:
    """Documented forms and recorded ones; what to do next is said in our words, Google's sentence is not echoed."""
    found = refusal(response)
    assert type(found) is kind
    assert found.retryable is retryable
    assert "Google" in str(found)
    assert "The user ..." not in found.diagnosis()


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda google, teacher: google.revoke(teacher), ReauthRequired),
        (lambda google, teacher: google.switch_classroom(on=False), SwitchedOff),
    ],
)
def test_a_token_with_which_nothing_can_be_read_raises_and_proves_nothing(  # noqa: PLR0917 - fixtures and cases
    classroom: GoogleClassroom, google: SimulatedGoogle, teacher: PersonId, course: SectionId, spoil, kind
) -> None:
    """A snapshot of nothing would look like a school that is empty."""
    spoil(google, teacher)
    with pytest.raises(kind):
        classroom.fetch_snapshot([course])


def test_a_scope_that_was_unticked_is_named_as_such(
    google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, course: SectionId
) -> None:
    """Courses were granted, rosters were not."""
    token = google.access_token(teacher, {GoogleScope.COURSES})
    with pytest.raises(ScopeMissing, match="scope"):
        GoogleClassroom(token, http=road).fetch_snapshot([course])


def test_an_access_token_ends_after_an_hour(classroom: GoogleClassroom, course: SectionId, clock) -> None:
    """The same as a revoked one: refresh, then ask again."""
    classroom.fetch_course(course)
    clock.forward(hours=1)
    with pytest.raises(ReauthRequired, match="access token"):
        classroom.fetch_course(course)


def test_what_may_pass_is_tried_again_with_longer_and_longer_waits(
    google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, course: SectionId, clock
) -> None:
    """Google recommends exponential backoff with jitter; `Retry-After` is obeyed where it is sent."""
    waits: list[float] = []
    seen: list[Exchange] = []
    client = GoogleClassroom(
        google.access_token(teacher), http=road, clock=clock, sleep=waits.append, watch=seen.append
    )
    client.api = attrs.evolve(client.api, chance=lambda: 1.0)
    google.fail("/v1/courses", 429, times=2)
    google.fail("/v1/courses", 503, times=2)
    assert client.fetch_course(course).id == course
    assert waits == [1, 2, 4, 8]
    assert [one.status for one in seen] == [429, 429, 503, 503, 200]
    assert {one.route for one in seen} == {"/v1/courses/{id}"}
    google.fail("/v1/courses", 503, times=None)
    with pytest.raises(SourceUnavailable):
        client.fetch_course(course)


def test_no_answer_is_told_as_such(google: SimulatedGoogle, road: httpx.Client, teacher: PersonId, clock) -> None:
    """Whose host it was is said, and nothing of the token."""
    client = GoogleClassroom(google.access_token(teacher), http=road, clock=clock, sleep=lambda _: None)
    google.fail("/v1/", Breakage.NO_ANSWER, times=None)
    with pytest.raises(SourceUnreachable, match=r"classroom\.googleapis\.com"):
        client.fetch_profile()


def test_a_quota_lets_so_many_requests_pass_in_any_minute(clock) -> None:
    """A moving minute, as Google counts (documented: "60-second moving average"); not fixed windows."""
    quota = Quota(per_minute=2)
    assert [quota.claim(at) for at in (0.0, 30.0)] == [0.0, 0.0]
    assert quota.claim(59.0) == 1.0
    assert quota.claim(60.0) == 0.0
    assert quota.claim(60.5) == 29.5
    quota.learn({"x-ratelimit-remaining": "0"})
    assert quota.claim(121.0) == 0.0


def test_two_clients_with_one_quota_never_meet_a_429(
    domain: ClassroomDomain, teacher: PersonId, course: SectionId, clock
) -> None:
    """The shared budget is counted along, and waited for, before Google has to say no."""
    google = SimulatedGoogle(domain, clock=clock, requests_per_minute=6)
    seen: list[Exchange] = []
    quota = Quota(per_minute=6)
    with httpx.Client(transport=transport(google)) as road:
        clients = [
            GoogleClassroom(
                google.access_token(teacher),
                http=road,
                quota=quota,
                page_size=5,
                clock=clock,
                sleep=lambda seconds: clock.forward(seconds=seconds),
                watch=seen.append,
            )
            for _ in range(2)
        ]
        for client in clients * 2:
            client.fetch_snapshot([course])
    assert len(seen) > 12
    assert {one.status for one in seen} == {200}


MOMENTS = st.integers(0, 300 * 64).map(lambda ticks: ticks / 64)
"""Seconds whose differences a float holds exactly."""


@given(st.lists(MOMENTS, max_size=60).map(sorted), st.integers(1, 10))
def test_no_minute_ever_holds_more_than_its_quota(times: list[float], most: int) -> None:
    """For every moment: of the claims that were let pass, at most so many lie within the minute before it."""
    quota = Quota(per_minute=most)
    passed = [at for at in times if quota.claim(at) == 0.0]
    assert all(sum(at - 60 < one <= at for one in passed) <= most for at in passed)
