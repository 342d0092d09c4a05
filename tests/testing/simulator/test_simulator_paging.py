"""Paging by range of ids: whatever the limit, walking either way meets every id once, in order."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from village import ALGEBRA, COLLEAGUE, DEAN, VILLAGE, person, village

from clever_roster.model import PersonId, Role
from clever_roster.steps import Request
from clever_roster.testing import Simulator

END = "f" * 24


def crowd(size: int) -> Simulator:
    ids = [PersonId(f"{7 * n:024x}") for n in range(1, size + 1)]
    people = {id_: person(id_, "A", "B", Role.STUDENT if n % 2 else Role.TEACHER) for n, id_ in enumerate(ids)}
    return Simulator([attrs.evolve(village(), people=people)])


def get(simulator: Simulator, uri: str):
    headers = {"authorization": f"Bearer {simulator.district_token(VILLAGE).reveal()}"}
    response = simulator.respond(Request("GET", uri, headers))
    return response.status, json.loads(response.body)


def link_of(body, rel: str) -> str | None:
    return next((link["uri"] for link in body["links"] if link["rel"] == rel), None)


def walk(simulator: Simulator, uri: str | None, rel: str) -> list[list[str]]:
    pages = []
    while uri is not None:
        assert uri.startswith("/v3.1/users?"), "links have no host"
        status, body = get(simulator, uri)
        assert status == 200
        assert link_of(body, "self") == uri
        pages.append([item["data"]["id"] for item in body["data"]])
        uri = link_of(body, rel)
        assert len(pages) < 100
    return pages


@given(size=st.integers(0, 40), limit=st.integers(1, 50))
def test_walking_forwards_gives_every_id_once_ascending(size, limit):
    """dev.clever.com, "Paging and limits": `next` is there only if there is more."""
    simulator = crowd(size)
    pages = walk(simulator, f"/v3.1/users?limit={limit}", "next")
    ids = [id_ for page in pages for id_ in page]
    assert ids == [f"{7 * n:024x}" for n in range(1, size + 1)]
    assert all(len(page) == limit for page in pages[:-1])
    assert size == 0 or pages[-1]


@given(size=st.integers(0, 40), limit=st.integers(1, 50))
def test_walking_backwards_gives_every_id_once_each_page_ascending(size, limit):
    simulator = crowd(size)
    pages = walk(simulator, f"/v3.1/users?limit={limit}&ending_before={END}", "prev")
    assert [id_ for page in reversed(pages) for id_ in page] == [f"{7 * n:024x}" for n in range(1, size + 1)]


@given(size=st.integers(1, 30), limit=st.integers(1, 9), bound=st.integers(0, 250))
def test_starting_after_is_compared_and_not_looked_up_and_always_links_back(size, limit, bound):
    """`starting_after` need not exist; a page reached by it links back even when nothing precedes it."""
    simulator = crowd(size)
    _, body = get(simulator, f"/v3.1/users?starting_after={bound:024x}&limit={limit}&role=teacher")
    ids = [item["data"]["id"] for item in body["data"]]
    assert all(id_ > f"{bound:024x}" for id_ in ids)
    assert (link_of(body, "prev") is not None) == bool(ids)
    for link in body["links"]:
        assert f"limit={limit}" in link["uri"]
        assert "role=teacher" in link["uri"]


def test_a_page_reached_from_behind_links_on_even_to_an_empty_page():
    """Recorded: a `next` may lead to an empty `data: []`; an empty page is a normal end."""
    simulator = crowd(3)
    _, last = get(simulator, f"/v3.1/users?limit=2&ending_before={END}")
    _, empty = get(simulator, link_of(last, "next"))
    assert empty["data"] == []
    assert link_of(empty, "next") is None


def test_the_default_page_has_a_hundred_records():
    _, body = get(crowd(101), "/v3.1/users")
    assert len(body["data"]) == 100
    assert link_of(body, "self") == "/v3.1/users"
    assert link_of(body, "next") == f"/v3.1/users?starting_after={700:024x}"


@pytest.mark.parametrize(
    ("limit", "status"),
    [("10000", 200), ("10001", 413), ("0", 400), ("-1", 400), ("many", 400), ("9" * 5000, 413), ("²", 400), ("", 200)],
)
def test_a_limit_is_a_number_up_to_ten_thousand(simulator, limit, status):
    answered, body = get(simulator, f"/v3.1/users?limit={limit}")
    assert answered == status
    assert ("data" if status == 200 else "message") in body


def test_lists_below_a_record_are_paged_too(ask):
    assert ask.ids(f"/v3.1/sections/{ALGEBRA}/users", limit="1", starting_after=DEAN) == [COLLEAGUE]
