"""What goes wrong on purpose, and only where, when and as often as it was said."""

from __future__ import annotations

import json

import pytest
from village import ALGEBRA, EMPTY

from clever_roster.testing import Breakage


def statuses(ask, path, times):
    return [ask.api(path).status for _ in range(times)]


def test_a_status_is_answered_as_often_as_was_said_and_only_below_its_path(ask, simulator):
    simulator.fail("/v3.1/sections", 500, times=2)
    assert ask.api("/v3.1/schools").status == 200
    assert statuses(ask, "/v3.1/sections", 3) == [500, 500, 200]


def test_a_fault_may_let_some_pass_and_stand_until_healed(ask, simulator):
    simulator.fail("/v3.1/sections", 503, after=1, times=None)
    assert statuses(ask, "/v3.1/sections", 4) == [200, 503, 503, 503]
    simulator.heal()
    assert ask.api("/v3.1/sections").status == 200


def test_faults_may_stand_side_by_side(ask, simulator):
    simulator.fail("/v3.1/users", 500)
    simulator.fail("/", 502, after=1)
    assert statuses(ask, "/v3.1/users", 3) == [500, 200, 502]


def test_too_many_requests_come_with_the_headers_that_say_when_to_come_back(ask, simulator, clock):
    simulator.fail("/v3.1/", 429)
    response = ask.api("/v3.1/users")
    assert response.status == 429
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert 0 < int(response.headers["x-ratelimit-reset"]) - clock().timestamp() <= 60


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
def test_another_trouble_than_too_many_requests_says_nothing_of_the_budget(ask, simulator, status):
    """A client that counts along must not wait for the next minute because of a 503."""
    simulator.fail("/v3.1/", status)
    response = ask.api("/v3.1/users")
    assert response.status == status
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


def test_a_gateways_error_is_html_and_clevers_is_json(ask, simulator):
    simulator.fail("/v3.1/", 502)
    simulator.fail("/v3.1/", 500)
    assert ask.api("/v3.1/users").headers["content-type"].startswith("text/html")
    assert "message" in json.loads(ask.api("/v3.1/users").body)


def test_html_may_come_where_json_was_expected(ask, simulator):
    simulator.fail("/v3.1/sections", Breakage.HTML)
    response = ask.api("/v3.1/sections")
    assert (response.status, response.body[:2]) == (200, b"<!")


def test_a_body_may_end_in_its_middle(ask, simulator):
    simulator.fail("/v3.1/sections", Breakage.CUT_BODY)
    response = ask.api("/v3.1/sections")
    assert response.status == 200
    with pytest.raises(ValueError, match=r"."):
        json.loads(response.body)


def test_a_list_may_end_too_early_without_a_sign(ask, simulator):
    """A half-read roster: what is there is right, and `next` is missing."""
    simulator.fail("/v3.1/sections", Breakage.EARLY_END)
    body = ask.json("/v3.1/sections", limit="1")
    assert [item["data"]["id"] for item in body["data"]] == [ALGEBRA]
    assert [link["rel"] for link in body["links"]] == ["self"]
    assert ask.ids("/v3.1/sections", limit="1", starting_after=ALGEBRA) == [EMPTY]


def test_there_may_be_no_answer_at_all(ask, simulator):
    simulator.fail("/v3.1/users", Breakage.NO_ANSWER)
    with pytest.raises(ConnectionResetError):
        ask.api("/v3.1/users")
    assert ask.api("/v3.1/users").status == 200


def test_the_oauth_side_fails_as_well(ask, simulator):
    simulator.fail("/oauth/tokens", 500)
    response = ask.exchange({})
    assert response.status == 500
    assert "x-ratelimit-limit" not in response.headers
