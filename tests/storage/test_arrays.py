"""What is sent to PostgreSQL as one text for each column comes out as the values that went in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from clever_roster.errors import StoreError
from clever_roster.storage.arrays import array_of
from databases import HOW, POSTGRES

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))  # PostgreSQL knows neither
HARD = st.sampled_from(["", "NULL", "null", "{}", ",", '"', "\\", '\\"', " ", "\n", "{a,b}", "'"])
needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")


@pytest.fixture(scope="module")
def connection():
    engine = create_engine(POSTGRES)
    with engine.connect() as made:
        yield made
    engine.dispose()


def back(connection, values, kind):
    return list(connection.scalars(text(f"SELECT unnest(CAST(:given AS {kind}[]))"), {"given": array_of(values)}))


@needs_postgres
@given(values=st.lists(st.none() | HARD | TEXTS))
def test_texts_come_back_byte_for_byte(values, connection):
    """PostgreSQL 8.15.6: quotes and backslashes are escaped, and a text is never taken for NULL."""
    assert back(connection, values, "text") == values


@needs_postgres
@given(values=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_numbers_come_back(values, connection):
    """The whole range of a bigint."""
    assert back(connection, values, "bigint") == values


@needs_postgres
def test_other_kinds_come_back(connection):
    """Booleans, ids and instants; one moment in two zones is one instant."""
    noon = datetime(2026, 9, 1, 12, 0, 0, 123456, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert back(connection, [True, None, False], "boolean") == [True, None, False]
    assert back(connection, [noon, None, there], "timestamptz") == [noon, None, noon]
    assert back(connection, [UUID(int=1), None, UUID(int=2**128 - 1)], "uuid") == [
        UUID(int=1),
        None,
        UUID(int=2**128 - 1),
    ]


def test_a_moment_without_a_zone_is_refused():
    """It names no instant."""
    with pytest.raises(StoreError, match="no time zone"):
        array_of([datetime(2026, 9, 1)])  # noqa: DTZ001


def test_a_kind_that_no_column_holds_is_refused():
    """Nothing is written by its repr."""
    with pytest.raises(TypeError, match="frozenset has no place"):
        array_of([frozenset()])
