"""Bytes to records: the wire as it is, three readers that agree, and nothing that is ever lost without a word."""

from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clever_roster.clever import coursework, records
from clever_roster.clever.compiled import reader
from clever_roster.clever.decode import BadRecord, OpenPage, Shape, decode
from clever_roster.clever.eventing import KINDS, WireEvent
from clever_roster.clever.kept import NOT_SENT, Form, Presence, fields_of
from clever_roster.errors import ConfigurationError, UnexpectedPayload
from clever_roster.steps import Response

READ = [
    *KINDS.values(),
    records.Me,
    records.UserInfo,
    records.TokenInfo,
    coursework.Attendance,
    coursework.Assignment,
    coursework.Submission,
    WireEvent,
]


@pytest.fixture(params=[False, True], ids=["no extra", "msgspec"])
def fast(request) -> bool:
    if request.param:
        pytest.importorskip("msgspec", reason="the extra `fast` is not installed")
    return request.param


def page_of(*rows: object, links: object = ()) -> bytes:
    return json.dumps({"data": [{"data": row, "uri": "/x"} for row in rows], "links": list(links)}).encode()


def read(body: bytes, kind: type[Any] = records.User, *, fast: bool) -> tuple[list[Any], list[BadRecord]]:
    bad: list[BadRecord] = []
    return OpenPage(Response(200, {"x-request-id": "r-1"}, body), Shape(kind), fast=fast).records(bad.append), bad


def user(**fields: object) -> dict[str, object]:
    return {"id": "a", "district": "d", **fields}


# --- The wire as it is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "meant"),
    [
        ("2011-01-16", date(2011, 1, 16)),
        ("1/16/2011", date(2011, 1, 16)),
        ("01/16/2011", date(2011, 1, 16)),
        ("2011-01-16T00:00:00.000Z", date(2011, 1, 16)),
        ("2011-01-16 00:00:00.000000", date(2011, 1, 16)),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_read_in_every_form_that_was_seen(wire: str | None, meant: date | None, *, fast: bool) -> None:
    """Recorded: M/D/YYYY without zeros; older pages of Clever: with a time behind it."""
    ((found,), _) = read(page_of(user(roles={"student": {"dob": wire}})), fast=fast)
    assert found.roles.student.dob == meant


@pytest.mark.parametrize(
    ("wire", "meant"),
    [
        ("2026-09-01T05:00:00.120Z", datetime(2026, 9, 1, 5, 0, 0, 120_000, UTC)),
        ("2026-09-01T05:00:00", datetime(2026, 9, 1, 5, tzinfo=UTC)),
        ("2026-09-01T07:00:00+02:00", datetime(2026, 9, 1, 5, tzinfo=UTC)),
        ("2026-09-01t05:00:00.1234567z", datetime(2026, 9, 1, 5, 0, 0, 123_457, UTC)),
        ("2026-09-01", datetime(2026, 9, 1, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_an_instant_is_aware_in_every_form(wire: str | None, meant: datetime | None, *, fast: bool) -> None:
    """Without an offset it is UTC; "" and null are None."""
    ((found,), _) = read(page_of(user(created=wire)), fast=fast)
    assert found.created == meant
    assert meant is None or found.created.tzinfo is not None


def test_null_missing_and_blank_are_told_apart(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """Text keeps "" itself; for the rest, `presence` says it. A list that was not sent equals an empty one."""
    wire = user(email=None, created="", roles={"student": {"grade": "", "dob": "", "schools": [], "sis_id": "7"}})
    ((found,), _) = read(page_of(wire), fast=fast)
    assert {
        path: found.presence(path)
        for path in (
            "email",
            "created",
            "last_modified",
            "roles.teacher",
            "roles.student.grade",
            "roles.student.dob",
            "roles.student.schools",
            "roles.student.enrollments",
            "roles.student.sis_id",
            "roles.teacher.title",
        )
    } == {
        "email": Presence.NULL,
        "created": Presence.BLANK,
        "last_modified": Presence.MISSING,
        "roles.teacher": Presence.MISSING,
        "roles.student.grade": Presence.BLANK,
        "roles.student.dob": Presence.BLANK,
        "roles.student.schools": Presence.GIVEN,
        "roles.student.enrollments": Presence.MISSING,
        "roles.student.sis_id": Presence.GIVEN,
        "roles.teacher.title": Presence.MISSING,
    }
    assert found.roles.student.enrollments == ()
    assert found.roles.student.enrollments is NOT_SENT
    with pytest.raises(AttributeError):
        found.presence("roles.studnet")


def test_unknown_fields_and_roles_are_kept_and_reachable(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """Additive changes are not breaking; they are no difference between two records either."""
    wire = user(mood="fine", roles={"student": {"house": {"name": "Owls"}}, "janitor": {"keys": 3}, "ghost": None})
    ((found,), bad) = read(page_of(wire), fast=fast)
    assert bad == []
    assert found.rest == {
        "mood": "fine",
        "roles": {"student": {"house": {"name": "Owls"}}, "janitor": {"keys": 3}, "ghost": None},
    }
    assert found.unknown_roles == {"janitor"}
    ((plain,), _) = read(page_of(user(roles={"student": {}})), fast=fast)
    assert found == plain
    assert plain.rest == {}


def test_values_that_were_not_seen_before_survive(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """Clever's own client raised on them."""
    ((found,), _) = read(page_of(user(roles={"student": {"grade": "Quidditch"}})), fast=fast)
    assert found.roles.student.grade == "Quidditch"


def test_resources_come_in_either_envelope() -> None:
    """Described: `data`; recorded: `resources`, and no links."""
    shape = Shape(records.Resource, names=("data", "resources"))
    for body in (b'{"resources": []}', b'{"data": [], "links": []}'):
        page = OpenPage(Response(200, {}, body), shape)
        assert (page.records(), page.next) == ([], None)


def test_a_list_that_was_not_sent_is_that_also_after_a_pickle(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """Records travel between processes; what is left of the JSON does not."""
    ((found,), _) = read(page_of(user(roles={"student": {}})), fast=fast)
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own bytes
    assert again == found
    assert again.roles.student.schools is NOT_SENT


# --- One bad record ---------------------------------------------------------------------------------------------------


def test_a_next_link_without_an_address_is_not_the_end(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """Blanks come as "": the list is not taken for whole by either reader (found by fuzzing)."""
    body = page_of(user(), links=[{"rel": "next", "uri": ""}])
    assert OpenPage(Response(200, {}, body), Shape(records.User), fast=fast).next == ""


@pytest.mark.parametrize("pad", [0, 32_760, 70_000])
def test_bytes_that_are_no_text_are_no_page_wherever_they_are(fast: bool, pad: int) -> None:  # noqa: FBT001 - a fixture
    """Also in fields that nobody reads (found by fuzzing); what is text in several bytes is fine at any place."""
    body = page_of(user(unheard_of="x" * pad + "MARK"))
    with pytest.raises(UnexpectedPayload, match="not JSON"):
        read(body.replace(b"MARK", b"\x89"), fast=fast)
    (whole,), _ = read(body.replace(b"MARK", "é字🦊".encode()), fast=fast)
    assert whole.rest["unheard_of"] == "x" * pad + "é字🦊"


def test_one_bad_record_costs_itself_and_not_its_page(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """It is told with its path, and the others are there, in their order."""
    rows = [user(id=f"u{n:02}", roles={"student": {"dob": "1/2/2010"}}) for n in range(20)]
    rows[17]["roles"] = {"student": {"dob": "13/45/2011"}}
    rows[3] = {"id": "u03", "district": None}
    found, bad = read(page_of(*rows), fast=fast)
    assert [one.id for one in found] == [f"u{n:02}" for n in range(20) if n not in {3, 17}]
    assert [(one.path, one.id, one.request_id) for one in bad] == [
        ("data[3].data.district", "u03", "r-1"),
        ("data[17].data.roles.student.dob", "u17", "r-1"),
    ]


def test_an_error_shows_nothing_of_the_record(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """Not in the message, not in the traceback, not in a chained exception."""
    wire = user(name={"first": "Zebedee"}, email="zeb@example.test", roles={"student": {"dob": "31/12/2011"}})
    page = OpenPage(Response(200, {}, page_of(wire)), Shape(records.User), fast=fast)
    cut = OpenPage(Response(200, {}, page_of(wire)[:90]), Shape(records.User), fast=fast)
    with pytest.raises(UnexpectedPayload) as caught:
        page.records()
    with pytest.raises(UnexpectedPayload) as whole:
        cut.records()
    for error in (caught.value, whole.value):
        assert error.__context__ is None
        shown = "".join(traceback.format_exception(error)) + error.diagnosis()
        assert not any(secret in shown for secret in ("Zebedee", "zeb@", "31/12"))


def test_a_record_shows_no_name_email_or_birth_date(fast: bool) -> None:  # noqa: FBT001 - a fixture
    """In its repr; ids are fine."""
    wire = user(
        name={"first": "Zebedee"},
        email="zeb@example.test",
        roles={
            "student": {"dob": "1/2/2011", "credentials": {"district_username": "zebby"}},
            "contact": {"phone": "555-0100"},
        },
    )
    ((found,), _) = read(page_of(wire), fast=fast)
    assert "'a'" in repr(found)
    assert not any(secret in repr(found) for secret in ("Zebedee", "zeb", "2011", "555"))


def test_fast_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for and not there: the host's fault, said before anything is read."""
    monkeypatch.setattr("clever_roster.clever.decode._fast_engines", lambda: None)
    with pytest.raises(ConfigurationError, match="clever-roster\\[fast\\]"):
        OpenPage(Response(200), Shape(records.User), fast=True)
    assert OpenPage(Response(200, {}, page_of()), Shape(records.User)).records() == []


# --- Three readers that agree -----------------------------------------------------------------------------------------

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
dates = st.sampled_from(["1/16/1998", "2026-09-01", "2026-09-01T00:00:00.000Z", "", "13/45/2011", "soon", "1/1/1"])
instants = st.sampled_from([
    "2026-09-01T05:00:00.000Z", "2026-09-01T05:00:00", "2026-09-01 05:00:00Z", "2026-09-01T05:00:00.1234565Z",
    "2026-09-01t05:00:00z", "2026-09-01T05:00:00+02:00", "2026-09-01T25:00:00Z", "", "2026-09-01",
    "0001-01-01T00:00:00Z",
    "2026-09-01T05:00Z", "2026-09-01T05:00:00-00:00", "9999-12-31T23:59:59.9999999Z",
])  # fmt: skip


def plausible(kind: type[Any]) -> st.SearchStrategy[object]:
    """What may stand on the wire for a record, mostly in order: fields left out, null, of another form, or unknown."""
    by_form: dict[Form, Callable[[type[Any] | None], st.SearchStrategy[object]]] = {
        Form.TEXT: lambda _: st.text(max_size=5),
        Form.TEXTS: lambda _: st.lists(st.text(max_size=3), max_size=2),
        Form.DAY: lambda _: dates,
        Form.INSTANT: lambda _: instants,
        Form.RECORD: plausible,
        Form.RECORDS: lambda inner: st.lists(plausible(inner), max_size=2),
        Form.MAPPING: lambda _: st.dictionaries(st.text(max_size=3), junk, max_size=2),
        Form.TRUTH: lambda _: st.booleans(),
        Form.WHOLE: lambda _: st.integers() | st.sampled_from([3.0, 2.5, 1e300]),
        Form.NUMBER: lambda _: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20),
    }
    required, optional = {}, {}
    for name, field in fields_of(kind).items():
        usual = by_form[field.form](field.inner)
        mostly = st.one_of(usual, usual, usual, usual, usual, usual, st.none(), junk)
        (required if field.required else optional)[name] = mostly
    optional |= {"unheard_of": junk}
    return st.fixed_dictionaries(required, optional=optional)


USERS = plausible(records.User)


@settings(max_examples=150)
@given(st.lists(USERS | junk, max_size=4))
@example([user(), None])
@example([user(created="2026-09-01T05:00:00.1234565Z")])
@example([{"id": "a", "district": "d", "roles": {"student": {"schools": ["s", None]}}}])
def test_the_readers_make_equal_records_and_equal_errors(rows: list[Any]) -> None:
    """Of arbitrary pages: the same records, the same rest, the same faults at the same paths."""
    pytest.importorskip("msgspec", reason="the extra `fast` is not installed")
    body = page_of(*rows)
    slow, slow_bad = read(body, fast=False)
    quick, quick_bad = read(body, fast=True)
    assert quick == slow
    assert quick_bad == slow_bad
    ids = [row.get("id") for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
    if len({*ids}) == len(ids):
        assert [one.rest for one in quick] == [one.rest for one in slow]


@settings(max_examples=60)
@given(st.data(), st.sampled_from(READ))
def test_the_judge_and_the_compiled_reader_agree(draw: st.DataObject, kind: type[Any]) -> None:
    """What the one refuses the other refuses too, and names the fault; what it takes, both make equal."""
    from clever_roster.clever.decode import _judge

    wire = draw.draw(plausible(kind) | junk)
    try:
        judged: object = _judge().structure(wire, kind)
    except Exception:  # noqa: BLE001 - whatever cattrs raises
        judged = None
    try:
        compiled: object = reader(kind)(wire, [])
    except ValueError:
        compiled = None
    assert compiled == judged


@given(st.sampled_from(READ), st.binary(max_size=40) | junk.map(lambda value: json.dumps(value).encode()))
@example(records.User, b"[" * 100_000)
@example(records.User, b'{"data": ' + b"[" * 100_000)
@example(records.User, b'{"data": [{"data": {"id": "a", "district": "d", "roles": ' + b'{"student":' * 50_000)
@example(records.User, b'{"data": [{"data": {"id": "\xff"}}]}')
@example(records.User, b'{"data": [{"data": {"id": "\\ud800", "district": "d"}}]}')
@example(records.User, "{}".encode("utf-16"))
def test_whatever_the_bytes_are_only_our_own_errors_come_out(kind: type[Any], body: bytes) -> None:
    """Of pages and of single records, with the extra and without."""
    for fast in (False, None):
        page = OpenPage(Response(200, {}, body), Shape(kind), fast=fast)
        for act in (lambda page=page: page.next, page.records):
            with suppress(UnexpectedPayload):
                act()


@given(st.data())
def test_a_record_with_one_spoilt_field_names_that_field(draw: st.DataObject) -> None:
    """Wherever it is: the path is the field's, and nothing else of the record is in the message."""
    kind, wire, path = records.User, user(), "data"
    at: Any = wire
    while True:
        name, field = draw.draw(st.sampled_from(sorted(fields_of(kind).items())))
        if field.form is Form.RECORD and field.inner is not None:
            at[name] = {}
            kind, at, path = field.inner, at[name], f"{path}.{name}"
            continue
        at[name] = object if draw.draw(st.booleans()) else -1.5
        at[name] = {"unexpected": 1} if at[name] is object and field.form is not Form.MAPPING else [-1.5]
        break
    if field.form in {Form.TEXTS, Form.RECORDS} and isinstance(at[name], list):
        name = f"{name}[0]"
    with pytest.raises(UnexpectedPayload, match=f": {path}.{name}".replace("[", "\\[").replace("]", "\\]")):
        decode(wire, records.User, Response(200), path="data")


def test_every_record_has_only_forms_that_are_on_the_wire() -> None:
    """And its defaults are shared: nothing that is read is built twice."""
    for kind in READ:
        assert fields_of(kind).keys() == attrs.fields_dict(kind).keys()
