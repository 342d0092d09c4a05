"""Rows as columns: put in the order of their keys, cut in portions, and looked at for what is said once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from clever_roster.storage.arrays import MANY, said_once
from clever_roster.storage.many import columns_of, in_order, portions, row_count

NAMES = ("section", "role", "value")
ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.integers()))


def rows_of(columns):
    return [*zip(*columns.values(), strict=True)]


@given(ROWS)
def test_rows_go_by_ascending_key_and_the_last_of_two_alike_stays(rows):
    """As a mapping by key would have it, sorted."""
    by_key = {row[:2]: row for row in rows}
    ordered = in_order(columns_of(NAMES, rows), NAMES[:2])
    assert rows_of(ordered) == [by_key[key] for key in sorted(by_key)]


def test_rows_that_are_in_order_are_not_copied():
    """A first import comes in the order in which the database has just counted."""
    columns = columns_of(NAMES, [(1, "a", 9), (1, "b", 8), (2, "a", 7)])
    assert in_order(columns, NAMES[:2]) is columns


@given(ROWS, st.integers(1, 5))
def test_portions_hold_every_row_once(rows, size):
    """In their order, none longer than asked."""
    cut = [*portions(columns_of(NAMES, rows), size)]
    assert [row for some in cut for row in rows_of(some)] == rows
    assert all(0 < row_count(some) <= size for some in cut)


def test_what_is_said_once_is_told_from_what_differs():
    """A moment in another zone is the same; one value that differs is enough."""
    noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=5)))
    columns = [[None] * MANY, [noon, *[there] * (MANY - 1)], ["a"] * (MANY - 1) + ["b"], [*range(MANY)]]
    assert said_once(columns) == (True, True, False, False)


def test_one_column_is_always_sent_whole_because_it_counts_the_rows():
    """All entries of a journal may be alike."""
    assert said_once([["a"] * MANY, ["b"] * MANY]) == (True, False)


def test_few_rows_are_sent_whole():
    """A statement for a class has one shape, whatever the class is like."""
    assert said_once([["a"] * (MANY - 1)]) == (False,)
