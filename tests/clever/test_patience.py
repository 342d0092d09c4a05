"""Patience has an end: whatever Clever answers and however the clock goes, a request is sent so often, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clever_roster.clever import CleverClient
from clever_roster.clever.pacing import Budget
from clever_roster.clever.reading import Api, fetch
from clever_roster.errors import RateLimited, SourceError, SourceUnavailable, SourceUnreachable
from clever_roster.model import Secret
from clever_roster.steps import Pause, Response, Send
from clever_roster.testing import District, Simulator, transport

URL = "https://api.clever.com/v3.1/terms"
NOW = datetime(2026, 9, 14, 8, 0, 30, tzinfo=UTC)
RESET = int(NOW.timestamp()) + 30

numbers = st.sampled_from(["0", "1", "1200", str(RESET), str(RESET + 60), str(RESET - 600), "999999999999999", "soon"])
answers = st.none() | st.builds(
    Response,
    st.sampled_from([200, 401, 404, 429, 500, 503]),
    st.dictionaries(
        st.sampled_from(["x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset", "retry-after"]), numbers
    ),
)


def empty_budget() -> Budget:
    budget = Budget()
    budget.learn({"x-ratelimit-remaining": "0", "x-ratelimit-limit": "3", "x-ratelimit-reset": str(RESET)})
    return budget


@given(st.lists(answers, min_size=4, max_size=4), st.floats(0, 90))
def test_a_request_ends_whatever_is_answered_and_however_the_clock_goes(
    said: list[Response | None], forward: float
) -> None:
    """Also when it stands: four requests at most, two waits at most before each, none longer than the longest."""
    now = [NOW]
    api = Api(token=Secret("t"), clock=lambda: now[0], budget=empty_budget())
    steps, coming, waits, sent = fetch(api, URL), iter(said), 0, 0
    try:
        question = next(steps)
        while True:
            if isinstance(question, Pause):
                assert 0 <= question.seconds <= api.longest_wait
                waits += 1
                now[0] += timedelta(seconds=forward)
                question = steps.send(None)
                continue
            assert isinstance(question, Send)
            sent += 1
            answer = next(coming)
            if answer is None:
                question = steps.throw(SourceUnreachable("No answer.", next_step="Try again."))
            else:
                question = steps.send(answer)
    except (StopIteration, SourceError):
        pass
    assert 1 <= sent <= api.tries
    assert waits <= 2 * api.tries


def test_a_wait_that_did_not_help_is_not_repeated_for_ever() -> None:
    """The clock stands and the budget stays empty: waited for once, then asked; Clever has the last word."""
    api = Api(token=Secret("t"), clock=lambda: NOW, chance=lambda: 0.0, budget=empty_budget())
    steps = fetch(api, URL)
    assert next(steps) == Pause(30.0)
    assert isinstance(steps.send(None), Send)


def test_who_waited_for_the_minute_is_counted_in_it() -> None:
    """Of the three of the new minute one is taken: two are left for whoever shares the budget."""
    now, budget = [NOW], empty_budget()
    steps = fetch(Api(token=Secret("t"), clock=lambda: now[0], budget=budget), URL)
    assert isinstance(next(steps), Pause)
    now[0] += timedelta(seconds=31)
    assert isinstance(steps.send(None), Send)
    later = now[0].timestamp()
    assert [budget.claim(later) > 0 for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(("status", "kind"), [(503, SourceUnavailable), (429, RateLimited)])
def test_a_client_whose_clock_stands_and_whose_sleep_does_nothing_comes_to_an_end(
    simulator: Simulator, clever: CleverClient, district: District, *, status: int, kind: type[SourceError]
) -> None:
    """After one trouble all is read; of one that stays comes its error."""
    simulator.fail("/v3.1/users", status)
    assert len(clever.list_users()) == len(district.people)
    simulator.fail("/v3.1/users", status, times=None)
    with pytest.raises(kind):
        clever.list_users()


def test_a_read_that_uses_its_budget_up_under_a_clock_that_stands_comes_to_an_end(district: District, clock) -> None:
    """Three requests a minute, and the minute never ends: 429 in the end."""
    poor = Simulator([district], clock=clock, requests_per_minute=3)
    token = poor.district_token(district.id)
    with httpx.Client(transport=transport(poor)) as http:
        clever = CleverClient(token, http=http, clock=clock, sleep=lambda _: None, page_size=5)
        with pytest.raises(RateLimited):
            clever.list_users()
