"""The Data API: envelopes, links, routes, roles, versions, the odd forms of records, and the budget of requests."""

from __future__ import annotations

import json

import attrs
import pytest
from village import (
    ADMIN,
    ALGEBRA,
    ANNEX,
    AUTUMN,
    COLLEAGUE,
    DEAN,
    EMPTY,
    GUARDIAN,
    MAIN,
    MATHS,
    NEXT_VILLAGE,
    PUPIL,
    VILLAGE,
    WANDERER,
    village,
)

from clever_roster.steps import Request
from clever_roster.testing import Simulator


def user(ask, person, version="v3.1"):
    return ask.json(f"/{version}/users/{person}")["data"]


# --- Envelopes and links ----------------------------------------------------------------------------------------------


def test_a_list_holds_records_in_envelopes_with_their_address(ask):
    body = ask.json("/v3.0/sections", limit="1")
    assert body["data"][0].keys() == {"data", "uri"}
    assert body["data"][0]["uri"] == f"/v3.0/sections/{ALGEBRA}"
    assert body["links"] == [
        {"rel": "self", "uri": "/v3.0/sections?limit=1"},
        {"rel": "next", "uri": f"/v3.0/sections?limit=1&starting_after={ALGEBRA}"},
    ]


@pytest.mark.parametrize(
    ("path", "rels"),
    [
        (f"users/{PUPIL}", "self district sections myContacts myTeachers schools"),
        (f"users/{COLLEAGUE}", "self district sections myStudents schools"),
        (f"schools/{MAIN}", "self district sections users terms courses"),
        (f"sections/{ALGEBRA}", "self district school term course users"),
        (f"courses/{MATHS}", "self district sections schools"),
        (f"terms/{AUTUMN}", "self district sections schools"),
        (f"districts/{VILLAGE}", "self"),
        (f"users/{ADMIN}", "self district"),
    ],
)
def test_a_single_record_links_to_what_stands_below_it_and_every_link_leads_somewhere(ask, path, rels):
    links = ask.json(f"/v3.1/{path}")["links"]
    assert [link["rel"] for link in links] == rels.split()
    for link in links:
        assert ask.json(link["uri"]), link


def test_resources_break_the_envelope(ask):
    """Recorded in 2023: `{"resources": []}`, no `data`, no `links`."""
    for path in ("resources", f"users/{DEAN}/resources", f"sections/{ALGEBRA}/resources", f"courses/{MATHS}/resources"):
        assert ask.json(f"/v3.1/{path}") == {"resources": []}
    assert ask.api("/v3.1/resources/65aa00000000000000000fff").status == 404


def test_a_to_one_path_answers_with_the_target_and_the_targets_own_address(ask):
    body = ask.json(f"/v3.1/users/{PUPIL}/district")
    assert body["data"]["id"] == VILLAGE
    assert body["links"][0] == {"rel": "self", "uri": f"/v3.1/districts/{VILLAGE}"}


# --- Routes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("districts", [VILLAGE]),
        ("schools", [MAIN, ANNEX]),
        ("terms", [AUTUMN]),
        ("courses", [MATHS]),
        ("sections", [ALGEBRA, EMPTY]),
        ("users", [DEAN, COLLEAGUE, ADMIN, PUPIL, WANDERER, GUARDIAN]),
        (f"schools/{MAIN}/users", [DEAN, COLLEAGUE, PUPIL, WANDERER]),
        (f"schools/{MAIN}/users?primary=true", [DEAN, COLLEAGUE, PUPIL]),
        (f"schools/{MAIN}/users?role=staff", [DEAN]),
        (f"schools/{MAIN}/sections", [ALGEBRA]),
        (f"schools/{MAIN}/courses", [MATHS]),
        (f"schools/{ANNEX}/terms", []),
        (f"sections/{ALGEBRA}/users", [DEAN, COLLEAGUE, PUPIL, WANDERER]),
        (f"sections/{ALGEBRA}/users?role=student", [PUPIL, WANDERER]),
        (f"sections/{EMPTY}/users", []),
        (f"terms/{AUTUMN}/sections", [ALGEBRA]),
        (f"terms/{AUTUMN}/schools", [MAIN]),
        (f"courses/{MATHS}/sections", [ALGEBRA]),
        (f"courses/{MATHS}/schools", [MAIN]),
        (f"users/{WANDERER}/schools", [MAIN, ANNEX]),
        (f"users/{WANDERER}/schools?primary=true", [ANNEX]),
        (f"users/{COLLEAGUE}/sections", [ALGEBRA]),
        (f"users/{PUPIL}/sections", [ALGEBRA]),
        (f"users/{DEAN}/mystudents", [PUPIL, WANDERER]),
        (f"users/{GUARDIAN}/mystudents", [PUPIL]),
        (f"users/{PUPIL}/myteachers", [DEAN, COLLEAGUE]),
        (f"users/{PUPIL}/mycontacts", [GUARDIAN]),
        (f"users/{WANDERER}/myContacts", []),
    ],
)
def test_a_path_lists_these_records(ask, path, ids):
    """Paths of documentation are lower case, links are camelCase; both lead there."""
    assert ask.ids(f"/v3.1/{path}") == ids


@pytest.mark.parametrize(
    ("path", "id_"), [("course", MATHS), ("term", AUTUMN), ("school", MAIN), ("district", VILLAGE)]
)
def test_a_section_leads_to_its_one_course_term_school_and_district(ask, path, id_):
    assert ask.json(f"/v3.1/sections/{ALGEBRA}/{path}")["data"]["id"] == id_


def test_the_role_parameter_narrows_users_to_a_role(ask):
    expected = {
        "student": [PUPIL, WANDERER],
        "teacher": [DEAN, COLLEAGUE],
        "staff": [DEAN],
        "district_admin": [ADMIN],
        "contact": [GUARDIAN],
    }
    assert {role: ask.ids("/v3.1/users", role=role) for role in expected} == expected
    assert ask.api("/v3.1/users", role="janitor").status == 400
    assert ask.api(f"/v3.1/sections/{ALGEBRA}/users", role="contact").status == 400


def test_count_answers_with_the_number_and_ignores_values_it_does_not_know(ask):
    assert ask.json("/v3.1/users", count="true") == {"count": 6}
    assert ask.json("/v3.1/users", role="student", count="true") == {"count": 2}
    assert "data" in ask.json("/v3.1/users", count="5")
    assert "data" in ask.json(f"/v3.1/sections/{ALGEBRA}/users", count="true")


@pytest.mark.parametrize(
    "path", [f"users/{NEXT_VILLAGE}", f"districts/{NEXT_VILLAGE}", f"sections/{EMPTY}/course", f"terms/{MATHS}/schools"]
)
def test_what_is_not_this_districts_is_404_in_json(ask, simulator, path):
    simulator.replace(village(id_=NEXT_VILLAGE, shortname="next"))
    response = ask.api(f"/v3.1/{path}")
    assert response.status == 404
    assert "message" in json.loads(response.body)


@pytest.mark.parametrize("path", ["students", "teachers", f"sections/{ALGEBRA}/students", f"users/{DEAN}/x/y", ""])
def test_paths_that_never_were_are_404_in_html(ask, path):
    """There is no `/students` in v3 (dev.clever.com, "Migrating to v3.0")."""
    response = ask.api(f"/v3.1/{path}")
    assert response.status == 404
    assert b"Cannot GET" in response.body


def test_the_roster_is_read_only(simulator):
    headers = {"authorization": f"Bearer {simulator.district_token(VILLAGE).reveal()}"}
    assert b"Cannot POST" in simulator.respond(Request("POST", "/v3.1/sections", headers)).body


# --- Records ----------------------------------------------------------------------------------------------------------


def test_a_student_is_written_with_all_the_oddities_of_the_wire(ask):
    """Recorded: "" for null, `dob` unpadded, no `legacy_id`, the email twice, no enrollments, no graduation year."""
    pupil = user(ask, PUPIL)
    role = pupil["roles"]["student"]
    assert pupil["email"] == role["email"] == ""
    assert role["dob"] == "1/6/2011"
    assert "legacy_id" not in role
    assert (role["enrollments"], role["graduation_year"], role["race"]) == ([], "", "")
    assert role["location"] == {"address": "", "city": "Elm", "state": "", "zip": "", "lat": "", "lon": ""}
    assert pupil["created"] == "2025-08-01T05:00:00.123Z"


def test_an_email_that_is_none_passes_as_it_is(ask):
    assert user(ask, WANDERER)["email"] == "noa_reed.village.test"


def test_the_first_school_is_the_primary_one(ask):
    role = user(ask, WANDERER)["roles"]["student"]
    assert (role["school"], role["schools"]) == (ANNEX, [ANNEX, MAIN])


def test_a_contacts_whole_name_stands_in_last(ask):
    contact = user(ask, GUARDIAN)
    assert contact["name"] == {"last": "Robin Vale"}
    relationship = {"student": PUPIL, "relationship": "Parent", "type": ""}
    assert contact["roles"]["contact"]["student_relationships"] == [relationship]


def test_somebody_with_two_roles_is_one_user_with_an_object_of_roles(ask):
    roles = user(ask, DEAN)["roles"]
    assert roles.keys() == {"teacher", "staff"}
    assert roles["teacher"]["legacy_id"] != roles["staff"]["legacy_id"]
    assert roles["teacher"]["credentials"] == {"district_username": "plee"}
    assert (roles["staff"]["staff_id"], roles["staff"]["roles"]) == ("S77", [])
    assert "school" not in roles["staff"]


def test_a_district_admin_has_no_schools(ask):
    assert user(ask, ADMIN)["roles"] == {"district_admin": {"legacy_id": "", "title": "Superintendent"}}


def test_fields_of_v31_are_hidden_on_v30(ask):
    newer = {"frl_status", "iep_status", "home_language", "home_language_code", "gifted_status", "section_504_status"}
    newer |= {"disability", "preferred_name"}
    old, new = (user(ask, PUPIL, version)["roles"]["student"] for version in ("v3.0", "v3.1"))
    assert new.keys() - old.keys() == newer
    assert new["gifted_status"] == "Y"
    old, new = (ask.json(f"/{version}/districts/{VILLAGE}")["data"] for version in ("v3.0", "v3.1"))
    assert new.keys() - old.keys() == {"lms_type", "lms_state", "last_attendance_sync"}


def test_a_section_names_its_term_oddly_and_leaves_out_the_ids_it_has_not(ask):
    full = ask.json(f"/v3.1/sections/{ALGEBRA}")["data"]
    assert (full["term_id"], full["teacher"], full["teachers"]) == (AUTUMN, DEAN, [DEAN, COLLEAGUE])
    bare = ask.json(f"/v3.1/sections/{EMPTY}")["data"]
    assert bare.keys().isdisjoint({"term_id", "course", "teacher"})
    assert (bare["students"], bare["subject"]) == ([], "")


def test_terms_have_plain_dates(ask):
    assert ask.json(f"/v3.1/terms/{AUTUMN}")["data"]["start_date"] == "2026-08-25"


# --- Days and sharing -------------------------------------------------------------------------------------------------


def test_a_day_passes_and_the_token_stays(ask, simulator, district):
    token = simulator.district_token(VILLAGE)
    moved = attrs.evolve(district.sections[ALGEBRA], students=(PUPIL,))
    simulator.replace(attrs.evolve(district, sections={**district.sections, ALGEBRA: moved}))
    assert ask.json(f"/v3.1/sections/{ALGEBRA}", token)["data"]["students"] == [PUPIL]


def test_who_is_not_shared_is_in_no_list_and_comes_back_as_they_were(ask, simulator):
    before = user(ask, WANDERER)
    simulator.unshare(WANDERER)
    assert WANDERER not in ask.ids("/v3.1/users")
    assert ask.json(f"/v3.1/sections/{ALGEBRA}")["data"]["students"] == [PUPIL]
    assert ask.api(f"/v3.1/users/{WANDERER}").status == 404
    simulator.share(WANDERER)
    assert user(ask, WANDERER) == before


def test_one_token_reads_one_district(ask, simulator):
    other = village(id_=NEXT_VILLAGE, shortname="next")
    simulator.replace(other)
    assert ask.json("/v3.1/districts", simulator.district_token(NEXT_VILLAGE))["data"][0]["data"]["id"] == NEXT_VILLAGE


# --- Headers and the budget -------------------------------------------------------------------------------------------


def test_every_answer_of_the_api_says_what_is_left_of_the_budget(ask, clock):
    """1200 requests a minute and token, in fixed windows; recorded: four headers on every answer."""
    first, second = ask.api("/v3.1/schools"), ask.api("/v3.1/schools/nothing")
    assert first.headers["x-ratelimit-bucket"] == "bearer"
    assert first.headers["x-ratelimit-limit"] == "1200"
    assert [response.headers["x-ratelimit-remaining"] for response in (first, second)] == ["1199", "1198"]
    assert int(first.headers["x-ratelimit-reset"]) == clock().timestamp() + 60
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_the_budget_runs_out_and_is_full_again_after_the_minute(district, clock, ask):
    tight = type(ask)(Simulator([district], clock=clock, requests_per_minute=2))
    assert [tight.api("/v3.1/schools").status for _ in range(3)] == [200, 200, 429]
    refused = tight.api("/v3.1/schools")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert tight.api("/v3.1/me", tight.simulator.user_token(DEAN)).status == 200
    clock.forward(seconds=60)
    assert tight.api("/v3.1/schools").status == 200
