"""What people decided is remembered and learnt from; rows, frames, notebooks and other tools."""

from __future__ import annotations

import json
from datetime import date, datetime
from xml.etree import ElementTree as ET

import pytest
from school_population import FAMILY, GIVEN, Mix, district

from clever_roster.duplicates import (
    Decision,
    Profile,
    ReviewQueue,
    Zone,
    find,
    from_frame,
    from_rows,
    splink_settings,
    to_frame,
    to_rows,
)
from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId, PersonName, SchoolId

SCHOOL = district(600, seed=6, mix=Mix(duplicates=0.1))
FINDINGS = find(SCHOOL.profiles)


def test_a_queue_remembers_not_the_same_and_keeps_the_pair_apart() -> None:
    """What was parted waits no longer, and the next search never joins it."""
    pair = FINDINGS.of(Zone.SURE)[0]
    queue = ReviewQueue().decide(pair, same=False)
    assert queue.apart == {pair.accounts}
    assert pair.accounts not in {waiting.accounts for waiting in queue.waiting(FINDINGS)}
    again = find(SCHOOL.profiles, apart=queue.apart)
    assert {found.accounts: found.zone for found in again.pairs}[pair.accounts] is Zone.NEVER


def test_namesakes_whom_somebody_joined_are_sure_however_little_else_speaks_for_it() -> None:
    """Without the word of a human two Garcias of two schools are not even a hint."""
    there = [Profile(account=AccountId(f"c{n}"), name=PersonName(GIVEN[n % 40], FAMILY[n % 20])) for n in range(1500)]
    name = PersonName(GIVEN[0], FAMILY[0])
    one, other = (Profile(account=AccountId(key), name=name, schools=(SchoolId(key),)) for key in ("x1", "x2"))
    pair = ("x1", "x2")
    assert pair not in {found.accounts for found in find([*there, one, other]).pairs}
    said = ReviewQueue((Decision(accounts=(one.account, other.account), weight=-9.0, same=True),))
    zones = {found.accounts: found.zone for found in find([*there, one, other], decided=said).pairs}
    assert zones[pair] is Zone.SURE


def test_what_somebody_decided_is_not_asked_again_and_holds_in_groups() -> None:
    """What was joined is sure, whatever the rules say; what was parted is never one, in groups either."""
    joined, parted = FINDINGS.of(Zone.REVIEW)[0], FINDINGS.of(Zone.SURE)[0]
    refused = next(iter(FINDINGS.of(Zone.NEVER)))
    queue = ReviewQueue().decide(joined, same=True).decide(parted, same=False).decide(refused, same=True)
    again = find(SCHOOL.profiles, decided=queue)
    zones = {pair.accounts: pair.zone for pair in again.pairs}
    assert (zones[joined.accounts], zones[parted.accounts], zones[refused.accounts]) == (
        Zone.SURE,
        Zone.NEVER,
        Zone.SURE,
    )
    assert (
        "somebody said that they are the same"
        in next(p for p in again.pairs if p.accounts == joined.accounts).explain()
    )
    groups = [set(cluster.accounts) for cluster in again.clusters]
    assert any(set(joined.accounts) <= group for group in groups)
    assert not any(set(parted.accounts) <= group for group in groups)
    assert not {pair.accounts for pair in queue.waiting(again)} & {joined.accounts, parted.accounts, refused.accounts}


def test_the_last_word_about_a_pair_counts() -> None:
    """A decision can be taken back; the queue before it is unchanged."""
    pair = FINDINGS.pairs[0]
    first = ReviewQueue().decide(pair, same=False)
    second = first.decide(pair, same=True)
    assert (len(first.apart), len(second.apart), len(second.decisions)) == (1, 0, 1)


def test_many_decisions_move_the_threshold_and_one_hardly_does() -> None:
    """Where people refuse what the model proposes, it proposes less; where they accept, more."""
    pairs = FINDINGS.of(Zone.REVIEW)[-20:]
    refused, accepted = ReviewQueue(), ReviewQueue()
    for pair in pairs:
        refused, accepted = refused.decide(pair, same=False), accepted.decide(pair, same=True)
    assert refused.correction < -1
    assert accepted.correction > 0.5
    assert ReviewQueue().correction == 0
    assert abs(ReviewQueue().decide(pairs[-1], same=True).correction) < 1.5
    assert len(accepted.waiting(FINDINGS)) + len(pairs) >= len(ReviewQueue().waiting(FINDINGS))


def test_sure_pairs_wait_first() -> None:
    """Sure is a suggestion, too."""
    zones = [pair.zone for pair in ReviewQueue().waiting(FINDINGS)]
    assert zones == sorted(zones, key=[Zone.SURE, Zone.REVIEW, Zone.HINT].index)


ROWS = [
    {
        "account": "1",
        "first": "Zuri",
        "last": "Wentiski",
        "birth_date": "2015-03-09",
        "street": "7 Elm St",
        "grade": "",
    },
    {"account": "2", "first": "Zuri", "last": "Wentisky", "birth_date": date(2015, 3, 9), "street": "7 Elm St"},
    {"account": 3, "first": "Oskar", "last": "Marsh", "birth_date": datetime(2014, 1, 2), "street": None},  # noqa: DTZ001
    {"account": "4", "first": "Ada", "last": "Olsen", "birth_date": "unknown", "email": float("nan")},
]


def test_rows_become_profiles_and_pairs_become_rows() -> None:
    """Columns that are not known by name are further fields; empty is missing."""
    profiles = list(from_rows(ROWS))
    assert [profile.birth_date for profile in profiles] == [date(2015, 3, 9)] * 2 + [date(2014, 1, 2), None]
    assert profiles[0].further == {"street": "7 Elm St"}
    assert (profiles[0].grade, profiles[3].emails, profiles[2].account) == (None, (), "3")
    (row,) = to_rows(find(profiles))
    assert (row["first"], row["second"]) == ("1", "2")
    assert "the same street" in str(row["reasons"])


def test_a_row_without_an_account_says_which() -> None:
    """By its number, without its content."""
    with pytest.raises(ConfigurationError, match="Row 2 has no account"):
        list(from_rows([ROWS[0], {"first": "Zuri"}]))


def test_a_frame_goes_in_and_a_frame_of_its_kind_comes_out() -> None:
    """Through narwhals, of whatever library."""
    polars = pytest.importorskip("polars", reason="needs a DataFrame library")
    pytest.importorskip("narwhals", reason="needs narwhals")
    frame = polars.DataFrame(
        [{**row, "account": str(row["account"]), "birth_date": None, "email": None} for row in ROWS[:2]]
    )
    out = to_frame(find(from_frame(frame)), like=frame)
    assert isinstance(out, polars.DataFrame)
    assert out.columns == ["first", "second", "zone", "weight", "probability", "reasons"]


def test_further_fields_speak_for_and_against_and_forgive_one_wrong_birthday() -> None:
    """Same street and phone, another birthday: for a human to look at, where it would be two people otherwise."""
    known = {"street": "7 Elm St", "phone": "555 0199", "town": "Oslo"}
    other = {**known, "town": "Oslp", "born": "x"}
    crowd = [{"account": f"c{n}", "first": GIVEN[n], "last": FAMILY[n], "town": f"t{n}"} for n in range(50)]
    pair = [
        {"account": "x1", "first": "Zuri", "last": "Wentiski", "birth_date": "2015-03-09", **known},
        {"account": "x2", "first": "Zuri", "last": "Wentiski", "birth_date": "2011-11-21", **other},
    ]
    (found,) = find(from_rows([*crowd, *pair])).pairs
    assert found.zone is Zone.REVIEW
    said = found.explain()
    assert "the same street" in said
    assert "nearly the same town" in said
    moved = {**pair[1], "street": "1 Far Rd", "phone": "555 0100"}
    assert all(p.zone is Zone.NEVER for p in find(from_rows([*crowd, pair[0], moved])).pairs)


def test_where_no_siblings_can_be_a_birthday_and_surname_outweigh_a_given_name() -> None:
    """`siblings=False` is for populations of adults, such as staff; in a school the two are twins."""
    pair = [
        {
            "account": f"x{n}",
            "first": first,
            "last": "Wentiski",
            "birth_date": "2015-03-09",
            "street": "7 Elm",
            "phone": "1",
        }
        for n, first in enumerate(("Zuri", "Ada"))
    ]
    assert not find(from_rows(pair)).clusters
    assert find(from_rows(pair), siblings=False).clusters


def test_a_pair_draws_itself_in_a_notebook_without_names() -> None:
    """Well-formed, one row for each reason and one for their sum, no script."""
    pair = FINDINGS.of(Zone.SURE)[0]
    drawn = pair._repr_html_()
    table = ET.fromstring(drawn)  # noqa: S314 - our own text
    assert len(table.findall(".//tbody/tr")) == len(pair.evidence) + 1
    assert pair.first.name.last not in drawn
    assert "<script" not in drawn


def test_the_model_is_written_as_splink_settings() -> None:
    """Plain JSON; m and u are shares that add up to one at most for each comparison."""
    settings = json.loads(json.dumps(splink_settings(10_000)))
    for comparison in settings["comparisons"]:
        for share in ("m_probability", "u_probability"):
            total = sum(level.get(share, 0) for level in comparison["comparison_levels"])
            assert 0.99 < total < 1.02
    assert settings["link_type"] == "dedupe_only"
