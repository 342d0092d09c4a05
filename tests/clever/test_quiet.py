"""Nothing of a person and no secret is told: not in a log at its most talkative, and not in the text of a traceback.

The HTTP client below us logs every exchange at DEBUG, so what is tested is also what we hand to it: no token and no
name is ever part of an address. People are named so that a name cannot occur in a text by chance.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest
import respx

from clever_roster.clever import AsyncCleverClient, CleverClient
from clever_roster.errors import SourceError
from clever_roster.model import PersonId, Role, Secret
from clever_roster.oauth import Arrived, BeginAgain, CleverApp, CleverLogin, Refused
from clever_roster.steps import Request
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Breakage, District, Simulator, serve
from clever_roster.testing.generate import sample_district

API = "https://api.clever.com/v3.1"


def no_wait(_: float) -> None:
    """Waiting, for tests."""


@pytest.fixture(scope="module")
def people() -> District:
    """A district whose people have names and addresses that nothing else in the world has."""
    district = sample_district(11, students=30)
    return attrs.evolve(
        district,
        people={
            key: attrs.evolve(one, first=f"Zyfirst{n}", last=f"Zylast{n}", middle="Zymid", email=f"zymail{n}@zy.test")
            for n, (key, one) in enumerate(district.people.items())
        },
    )


@pytest.fixture
def pretend(people: District) -> Simulator:
    return Simulator([people])


@pytest.fixture
def address(pretend: Simulator) -> Iterator[str]:
    with serve(pretend) as address:
        yield address


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that was logged, by anybody, at any level: the message, what it was made of, and its traceback."""
    caplog.set_level(logging.DEBUG)

    def text() -> str:
        return "\n".join(
            f"{record.getMessage()} {record.args!r} {record.exc_text or ''}{record.stack_info or ''}"
            for record in caplog.records
        )

    return text


def personal(people: District) -> set[str]:
    """What must not be told: how names and addresses begin, and each birth date as it is written and sent."""
    days = {one.birth_date for one in people.people.values() if one.birth_date is not None}
    assert days
    return {"zyfirst", "zylast", "zymid", "zymail"} | {
        form for day in days for form in (day.isoformat(), f"{day.month}/{day.day}/{day.year}", repr(day))
    }


def leaks(text: str, people: District, *secrets: str) -> list[str]:
    folded = text.casefold()
    return [word for word in sorted(personal(people) | {*secrets}) if word.casefold() in folded]


def test_reads_retries_and_streams_log_nothing_of_a_person_and_no_token(
    pretend: Simulator, address: str, people: District, told: Callable[[], str]
) -> None:
    """A whole district, pages that failed and were asked again, streams, a person, a teacher's classes; real HTTP."""
    token = pretend.district_token(people.id)
    pretend.fail("/v3.1/users", 503, times=2)
    with CleverClient(token, url=address, oauth_url=address, page_size=10, sleep=no_wait) as clever:
        assert len(clever.fetch_district(people.id).people) == len(people.people)
        pretend.fail("/v3.1/users", Breakage.CUT_BODY, after=1)
        with pytest.raises(SourceError):
            list(clever.iter_users())
        pretend.heal()
        assert len(list(clever.iter_users())) == len(people.people)
        clever.get_user(next(iter(people.people)))
        clever.fetch_classrooms(people.people_with(Role.TEACHER)[0].id)
        clever.fetch_events(None)
    assert "503" in told()
    assert leaks(told(), people, token.reveal()) == []


def test_an_awaiting_stream_logs_as_little(
    pretend: Simulator, address: str, people: District, told: Callable[[], str]
) -> None:
    """Fetching ahead is a task there, and tasks that end badly are logged by asyncio: none does."""
    token = pretend.district_token(people.id)

    async def read() -> int:
        async with AsyncCleverClient(token, url=address, page_size=10) as clever:
            pretend.fail("/v3.1/users", Breakage.CUT_BODY, after=1)
            with pytest.raises(SourceError):
                [one async for one in clever.iter_users()]
            pretend.heal()
            return len([one async for one in clever.iter_users()])

    assert asyncio.run(read(), debug=True) == len(people.people)
    assert leaks(told(), people, token.reveal()) == []


def test_a_login_logs_no_secret(pretend: Simulator, address: str, people: District, told: Callable[[], str]) -> None:
    """From the button, from the portal, and refused: no code, state, cookie, client secret, token or name."""
    app = CleverApp(
        client_id=pretend.app.client_id,
        client_secret=pretend.app.client_secret,
        redirect_uri=pretend.app.redirect_uris[0],
        oauth_url=address,
        api_url=address,
    )
    student = people.people_with(Role.STUDENT)[0].id
    secrets = {pretend.app.client_secret.reveal(), pretend.district_token(people.id).reveal()}

    def visit(step: BeginAgain | object) -> str:
        """Follow a redirect as the student, without a client that logs."""
        there = getattr(step, "redirect_to")  # noqa: B009 - two kinds of step have it
        back = pretend.respond(Request("GET", there, {"cookie": pretend.sign_in(student)})).headers["location"]
        query = urlsplit(back).query
        secrets.update(value for name in ("code", "state") for value in parse_qs(query).get(name, ()))
        return query

    with httpx.Client() as http:
        login = CleverLogin(app, store=MemoryStore(), http=http, sleep=no_wait)
        started = login.begin()
        secrets.add(started.cookie.value)
        arrived = login.finish(visit(started), browser=started.cookie.value)
        assert isinstance(arrived, Arrived)
        again = login.finish(urlsplit(pretend.launch(student)).query, browser=None)
        assert isinstance(again, BeginAgain)
        secrets.add(again.cookie.value)
        assert isinstance(login.finish(visit(again), browser="another browser"), Refused)
        pretend.fail("/oauth/tokens", 500, times=None)
        later = login.begin()
        secrets.add(later.cookie.value)
        login.finish(visit(later), browser=later.cookie.value)
        pretend.heal()
        login.fetch_district_token(people.id)
    assert "/oauth/tokens" in told()
    assert leaks(told(), people, *secrets) == []


@pytest.mark.parametrize("trouble", [401, 403, 404, 429, 503, *Breakage])
def test_a_traceback_of_a_failed_read_shows_nothing(
    pretend: Simulator, address: str, people: District, trouble: int | Breakage
) -> None:
    """Whatever went wrong: the text of the error, of its causes and of its contexts."""
    token = pretend.district_token(people.id)
    pretend.fail("/v3.1/users", trouble, after=1, times=None)
    with (
        CleverClient(token, url=address, page_size=10, sleep=no_wait) as clever,
        pytest.raises(SourceError) as caught,
    ):
        clever.fetch_district(people.id)
    assert leaks("".join(traceback.format_exception(caught.value)), people, token.reveal()) == []


@respx.mock
@pytest.mark.parametrize("fast", [False, None])
@pytest.mark.parametrize(
    "spoilt",
    [
        {"email": ["zymail0@zy.test"]},
        {"name": "Zyfirst0 Zylast0"},
        {"name": {"first": {"Zyfirst0": 1}}},
        {"roles": {"student": {"dob": {"Zyfirst0": "1/2/2011"}}}},
        {"created": ["Zylast0"]},
    ],
)
def test_a_traceback_of_a_record_that_cannot_be_read_shows_its_path_and_not_its_value(
    people: District, spoilt: dict[str, object], *, fast: bool | None
) -> None:
    """Of a list and of one record, by both readers: nor do the decoders' own errors hang on ours."""
    row = {"id": "a" * 24, "district": people.id, "name": {"first": "Zyfirst0", "last": "Zylast0"}, **spoilt}
    respx.get(url__startswith=f"{API}/users/").respond(json={"data": row})
    respx.get(url__startswith=f"{API}/users").respond(json={"data": [{"data": row}]})
    with CleverClient(Secret("zytoken"), sleep=no_wait, fast=fast) as clever:
        for act in (clever.list_users, lambda: clever.get_user(PersonId("a" * 24)), lambda: list(clever.iter_users())):
            with pytest.raises(SourceError) as caught:
                act()
            text = "".join(traceback.format_exception(caught.value))
            assert "data" in str(caught.value)
            assert leaks(text, people, "zytoken") == []


@respx.mock
def test_a_traceback_of_a_road_that_is_closed_shows_no_token(people: District) -> None:
    """The HTTP client's error holds the request, and the request the token: it is not in the chain."""
    respx.get(url__startswith=API).mock(side_effect=httpx.ConnectError("refused"))
    with CleverClient(Secret("zytoken"), sleep=no_wait) as clever, pytest.raises(SourceError) as caught:
        clever.list_users()
    assert leaks("".join(traceback.format_exception(caught.value)), people, "zytoken") == []
    assert caught.value.__cause__ is caught.value.__context__ is None
