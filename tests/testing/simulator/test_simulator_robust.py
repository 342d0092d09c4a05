"""Whatever is asked, there is an answer that HTTP can carry."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st
from village import DEAN, VILLAGE, village

from clever_roster.steps import Request
from clever_roster.testing import Simulator

SIMULATOR = Simulator([village()], requests_per_minute=10**9)
COOKIE = SIMULATOR.sign_in(DEAN)
TOKENS = (SIMULATOR.district_token(VILLAGE).reveal(), SIMULATOR.user_token(DEAN).reveal(), "il0", "é")

PIECES = st.sampled_from([
    "oauth", "authorize", "instant-login", "tokens", "in", "village", "logout", "v3.0", "v3.1", "users", "sections",
    "me", "mystudents", "resources", VILLAGE, DEAN, "", "..",
])  # fmt: skip
TEXT = st.text(max_size=12)
PATHS = st.lists(PIECES | TEXT, max_size=5)
NAMES = st.sampled_from([
    "client_id", "redirect_uri", "response_type", "state", "district_id", "return_unshared", "limit", "starting_after",
    "role", "count", "primary", "person", "continue", "code", "grant_type",
])  # fmt: skip
VALUES = st.sampled_from(
    [SIMULATOR.app.client_id, *SIMULATOR.app.redirect_uris, "code", "true", "1", VILLAGE, DEAN, "student"]
)
QUERIES = st.dictionaries(NAMES, VALUES | TEXT, max_size=5)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "authorization": st.sampled_from([f"Bearer {token}" for token in TOKENS]) | TEXT | TEXT.map("Basic {}".format),
        "cookie": st.just(COOKIE) | TEXT,
        "content-type": st.sampled_from(["application/json", "application/x-www-form-urlencoded"]) | TEXT,
    },
)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
    body=st.binary(max_size=20) | QUERIES.map(lambda query: urlencode(query).encode()),
)
def test_no_request_breaks_the_simulator_or_puts_a_line_break_into_a_header(method, path, query, headers, body):
    address = "https://clever.com/" + "/".join(quote(piece, safe="") for piece in path)
    response = SIMULATOR.respond(Request(method, f"{address}?{urlencode(query)}", headers, body))
    assert response.status in {200, 302, 303, 400, 401, 403, 404, 413}
    for value in response.headers.values():
        assert value.isascii()
        assert value.isprintable()
