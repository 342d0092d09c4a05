"""The application's side of clever.com, and what the token of a login can see at api.clever.com."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from village import ADMIN, COLLEAGUE, DEAN, NEXT_VILLAGE, PUPIL, VILLAGE, village

from clever_roster.model import Role, Secret
from clever_roster.steps import Request

PRIMARY, SECOND = "https://app.test/clever/callback", "https://app.test/other?kept=1"


def code_of(simulator, person=DEAN) -> str:
    return parse_qs(urlsplit(simulator.launch(person)).query)["code"][0]


def body_for(code: str, **changed: str) -> dict[str, str]:
    return {"code": code, "grant_type": "authorization_code", "redirect_uri": PRIMARY, **changed}


def error_of(response) -> tuple[int, str]:
    return response.status, json.loads(response.body)["error"]


def test_a_code_becomes_a_token_and_the_answer_has_two_fields(ask, simulator):
    """Recorded: no `expires_in`, no `refresh_token`, no `scope`."""
    response = ask.exchange(body_for(code_of(simulator)))
    answer = json.loads(response.body)
    assert response.status == 200
    assert answer.keys() == {"access_token", "token_type"}
    assert answer["token_type"] == "bearer"
    assert answer["access_token"].startswith("il")
    assert not any(name.startswith("x-ratelimit") for name in response.headers)


def test_a_form_does_as_well_as_json(ask, simulator):
    headers = {"authorization": ask.basic(), "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode(body_for(code_of(simulator))).encode()
    assert simulator.respond(Request("POST", "/oauth/tokens", headers, body)).status == 200


def test_a_code_works_once(ask, simulator):
    code = code_of(simulator)
    assert ask.exchange(body_for(code)).status == 200
    second = ask.exchange(body_for(code))
    assert error_of(second) == (400, "invalid_grant")
    assert json.loads(second.body)["error_description"] == "invalid code"


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400)])
def test_a_code_lives_one_minute(ask, simulator, clock, seconds, status):
    code = code_of(simulator)
    clock.forward(seconds=seconds)
    assert ask.exchange(body_for(code)).status == status


def test_the_redirect_uri_must_be_the_one_of_the_code(ask, simulator):
    assert error_of(ask.exchange(body_for(code_of(simulator), redirect_uri=SECOND))) == (400, "invalid_grant")


def test_a_code_that_was_never_given_is_invalid(ask):
    assert error_of(ask.exchange(body_for("0" * 40))) == (400, "invalid_grant")


def test_the_applications_credentials_must_be_right_and_stand_in_the_header(ask, simulator):
    """Credentials in the body are refused, and a refusal does not use up the code."""
    code = code_of(simulator)
    assert error_of(ask.exchange(body_for(code), authorization=ask.basic("wrong"))) == (401, "invalid_client")
    assert error_of(ask.exchange(body_for(code), authorization="Basic %%%")) == (401, "invalid_client")
    secret = simulator.app.client_secret.reveal()
    in_the_body = body_for(code, client_id=simulator.app.client_id, client_secret=secret)
    assert error_of(ask.exchange(in_the_body, authorization="none")) == (401, "invalid_client")
    assert error_of(ask.exchange(in_the_body)) == (400, "invalid_request")
    assert ask.exchange(body_for(code)).status == 200


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"grant_type": "password", "code": "c", "redirect_uri": PRIMARY}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "c"}, "invalid_request"),
        ({"code": "c", "redirect_uri": PRIMARY}, "invalid_request"),
        ({"grant_type": 1, "code": "c", "redirect_uri": PRIMARY}, "invalid_request"),
        (["not an object"], "invalid_request"),
    ],
)
def test_a_request_that_lacks_something_says_so(ask, body, error):
    assert error_of(ask.exchange(body)) == (400, error)


@pytest.mark.parametrize(("kind", "body"), [("text/plain", b"{}"), ("application/json", b"{"), ("", b"")])
def test_a_body_of_another_kind_is_refused(ask, simulator, kind, body):
    """A wrong content type is a documented cause of failure."""
    headers = {"authorization": ask.basic(), "content-type": kind}
    assert error_of(simulator.respond(Request("POST", "/oauth/tokens", headers, body))) == (400, "invalid_request")


def test_district_tokens_are_listed_for_the_applications_credentials(ask, simulator):
    simulator.replace(village(id_=NEXT_VILLAGE, shortname="next"))
    response = ask.get("/oauth/tokens", {"owner_type": "district"}, authorization=ask.basic())
    answer = json.loads(response.body)
    assert answer["links"] == [{"rel": "self", "uri": "/oauth/tokens?owner_type=district"}]
    first = answer["data"][0]
    assert first.keys() == {"id", "created", "owner", "access_token", "scopes"}
    assert first["owner"] == {"type": "district", "id": VILLAGE}
    assert re.fullmatch(r"[0-9a-f]{40}", first["access_token"])
    assert first["access_token"] == simulator.district_token(VILLAGE).reveal()
    assert [token["owner"]["id"] for token in answer["data"]] == [VILLAGE, NEXT_VILLAGE]
    one = ask.get("/oauth/tokens", {"owner_type": "district", "district": NEXT_VILLAGE}, authorization=ask.basic())
    assert [token["owner"]["id"] for token in json.loads(one.body)["data"]] == [NEXT_VILLAGE]


def test_district_tokens_need_credentials_and_an_owner_type(ask):
    assert ask.get("/oauth/tokens", {"owner_type": "district"}).status == 401
    assert ask.get("/oauth/tokens", authorization=ask.basic()).status == 400


def test_a_district_that_disconnects_is_no_longer_listed_and_its_token_is_dead(ask, simulator):
    token = simulator.district_token(VILLAGE)
    simulator.disconnect(VILLAGE)
    response = ask.get("/oauth/tokens", {"owner_type": "district"}, authorization=ask.basic())
    assert json.loads(response.body)["data"] == []
    assert ask.api("/v3.1/users", token).status == 401
    with pytest.raises(LookupError, match="not connected"):
        simulator.district_token(VILLAGE)


def test_token_info_names_the_application_of_a_token(ask, simulator):
    for token in (simulator.user_token(DEAN), simulator.district_token(VILLAGE)):
        answer = json.loads(ask.api("/oauth/tokeninfo", token).body)
        assert answer["client_id"] == simulator.app.client_id
        assert "read:user_id" in answer["scopes"]
    assert ask.api("/oauth/tokeninfo", Secret("unknown")).status == 401


def test_discovery_names_the_address_it_was_found_at(ask):
    at_clever = json.loads(ask.get("https://clever.com/.well-known/openid-configuration").body)
    assert at_clever["issuer"] == "https://clever.com"
    assert at_clever["userinfo_endpoint"] == "https://api.clever.com/userinfo"
    at_home = json.loads(ask.get("http://127.0.0.1:9/.well-known/openid-configuration").body)
    assert at_home["token_endpoint"] == "http://127.0.0.1:9/oauth/tokens"


# --- Who am I ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v3.0", "v3.1"])
def test_me_is_as_recorded(ask, simulator, version):
    """The `self` link has no version; there is no name and no email."""
    assert ask.json(f"/{version}/me", simulator.user_token(DEAN)) == {
        "type": "user",
        "data": {"id": DEAN, "district": VILLAGE, "type": "teacher", "authorized_by": "district"},
        "links": [
            {"rel": "self", "uri": "/me"},
            {"rel": "canonical", "uri": f"/{version}/users/{DEAN}"},
            {"rel": "district", "uri": f"/{version}/districts/{VILLAGE}"},
        ],
    }


def test_userinfo_tells_the_old_id_of_the_role_of_this_login(ask, simulator):
    answer = ask.json("/userinfo", simulator.user_token(DEAN, Role.STAFF))
    assert answer["sub"] == answer["multi_role_user_id"] == DEAN
    assert answer["user_id"] == "55aa00000000000000000002"
    assert (answer["user_type"], answer["district"], answer["email"]) == ("staff", VILLAGE, "pat@village.test")
    assert answer["email_verified"] is False


def test_userinfo_of_a_student_without_email_has_no_email_and_the_id_of_always(ask, simulator):
    answer = ask.json("/userinfo", simulator.user_token(PUPIL))
    assert "email" not in answer
    assert answer["user_id"] == PUPIL


def test_userinfo_may_be_posted(simulator):
    headers = {"authorization": f"Bearer {simulator.user_token(ADMIN).reveal()}"}
    assert simulator.respond(Request("POST", "/userinfo", headers)).status == 200


def test_a_login_reads_its_own_user_without_links_and_its_own_district(ask, simulator):
    token = simulator.user_token(DEAN)
    assert ask.json(f"/v3.1/users/{DEAN}", token).keys() == {"data"}
    assert ask.json(f"/v3.1/districts/{VILLAGE}", token)["data"]["id"] == VILLAGE


@pytest.mark.parametrize(
    "path", ["users", f"users/{COLLEAGUE}", "sections", "resources", "districts", f"users/{DEAN}/sections", "schools"]
)
def test_a_login_reads_nothing_else_and_is_told_so_in_html(ask, simulator, path):
    """Recorded: `GET /v3.0/resources` with a user token answers 404 and an Express page."""
    response = ask.api(f"/v3.0/{path}", simulator.user_token(DEAN))
    assert response.status == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert f"Cannot GET /v3.0/{path}" in response.body.decode()


def test_a_login_lives_a_day_and_ends_with_sharing(ask, simulator, clock):
    token = simulator.user_token(DEAN)
    clock.forward(hours=23, minutes=59)
    assert ask.api("/v3.1/me", token).status == 200
    clock.forward(minutes=1)
    assert ask.api("/v3.1/me", token).status == 401
    token = simulator.user_token(DEAN)
    simulator.unshare(DEAN)
    assert ask.api("/v3.1/me", token).status == 401


@pytest.mark.parametrize("path", ["/v3.1/me", "/userinfo"])
def test_a_districts_token_is_nobody(ask, path):
    response = ask.api(path)
    assert response.status == 404
    assert json.loads(response.body) == {"message": "Resource not in token's scopes"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic eA=="}])
def test_without_a_token_there_is_no_answer_but_401(ask, headers):
    for path in ("/v3.1/me", "/v3.1/users", "/userinfo"):
        response = ask.get(path, **headers)
        assert response.status == 401
        assert "message" in json.loads(response.body)


def test_no_repr_shows_a_secret(simulator):
    assert simulator.app.client_secret.reveal() not in repr(simulator.app)
    assert simulator.district_token(VILLAGE).reveal() not in repr(simulator.district_token(VILLAGE))
