"""The streaming engine against a dict walk and against SQL: one plan, whoever computes it."""

from __future__ import annotations

import sqlite3
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clever_roster.roster.merge import Difference, Members, OutOfOrder, digest_of_row, merge, merge_members

keys = st.tuples(st.sampled_from("abcé"), st.sampled_from("12345"))
facts = st.tuples(st.none() | st.sampled_from(["", "x", "y"]), st.none() | st.sampled_from(["", "z"]))
tables = st.dictionaries(keys, facts)


members = st.dictionaries(
    st.sampled_from("abcdef"), st.sets(st.sampled_from("123456")).map(lambda some: tuple(sorted(some)))
)


def by_walk(before, after):
    keys = before.keys() | after.keys()
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def by_sql(before, after):
    """Anti-joins and IS NOT: `!=` would lose what was NULL."""
    database = sqlite3.connect(":memory:")
    for name, rows in (("a", before), ("b", after)):
        database.execute(f"CREATE TABLE {name} (s, p, f, g, PRIMARY KEY (s, p)) WITHOUT ROWID")
        database.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", [(*key, *row) for key, row in rows.items()])  # noqa: S608
    found = database.execute(
        "SELECT a.s, a.p, a.f, a.g, b.f, b.g, b.s IS NULL, 0 FROM a LEFT JOIN b USING (s, p)"
        " WHERE b.s IS NULL OR a.f IS NOT b.f OR a.g IS NOT b.g"
        " UNION ALL SELECT b.s, b.p, NULL, NULL, b.f, b.g, 0, 1 FROM b LEFT JOIN a USING (s, p) WHERE a.s IS NULL"
    ).fetchall()
    database.close()
    return {(s, p): (None if new else (f, g), None if gone else (h, i)) for s, p, f, g, h, i, gone, new in found}


@given(tables, tables)
def test_the_stream_the_walk_and_sql_find_the_same(before, after) -> None:
    """Engine equivalence: NULL to text, text to NULL and "" included."""
    found = list(merge(sorted(before.items()), sorted(after.items())))
    assert [one.key for one in found] == sorted(one.key for one in found)
    told = {one.key: (one.before, one.after) for one in found}
    assert told == by_walk(before, after) == by_sql(before, after)


@given(members, members)
def test_lists_of_members_differ_by_who_joined_and_who_left(before, after) -> None:
    """Per section, set differences; a section that is not there is one without members."""
    found = {one.key: one for one in merge_members(sorted(before.items()), sorted(after.items()))}
    for key in before.keys() | after.keys():
        had, has = {*before.get(key, ())}, {*after.get(key, ())}
        expected = Members(key, tuple(sorted(has - had)), tuple(sorted(had - has)))
        assert found.get(key) == (expected if had != has else None)


@given(tables.filter(lambda t: len(t) > 1), st.randoms(), st.booleans())
def test_a_side_that_steps_back_is_not_believed(table, chance, first) -> None:
    """Ids ascend strictly, or nothing after them is taken for new or gone."""
    shuffled = list(table.items())
    chance.shuffle(shuffled)
    sides = (shuffled, sorted(table.items())) if first else (sorted(table.items()), shuffled)
    if shuffled == sorted(table.items()):
        assert list(merge(*sides)) == []
    else:
        with pytest.raises(OutOfOrder):
            list(merge(*sides))


def test_roster_46_the_streams_are_read_side_by_side_and_neither_is_held() -> None:
    """Constant memory: the answer to the first difference is there after two rows of endless streams."""
    read = [0]

    def endless(facts):
        for n in count():
            read[0] += 1
            yield n, facts if n % 1000 == 999 else "same"

    differences = merge(endless("old"), endless("new"))
    for n in range(3):
        assert next(differences) == Difference(n * 1000 + 999, "old", "new")
    assert read[0] <= 2 * 3000


def test_a_row_digest_is_stable_and_tells_null_from_empty() -> None:
    """Stable across processes, which the builtin hash is not."""
    assert digest_of_row(("a", None)).hex() == digest_of_row(("a", None)).hex()
    assert len({digest_of_row(row) for row in (("a", None), ("a", ""), ("a", "None"), ("aNone",))}) == 4
    assert digest_of_row(("é", 1)).hex() == "b53b5e49c78479f05ca616aecc8649a0"
