"""The part that an engine finds is enough: from it the library's own rules say what they say of the whole.

Polars, DuckDB and Spark are asked about the same arbitrary rosters, many districts at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import duckdb
import httpx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosters import NOW, SECTIONS, arbitrary_snapshots, person, section, snapshot

from clever_roster import CleverClient, roster
from clever_roster.model import (
    DistrictId,
    PersonId,
    PersonName,
    Proof,
    Snapshot,
    Term,
    TermId,
)
from clever_roster.scale.frames import Night, from_native, parts, scan
from clever_roster.scale.parquet import SCHEMAS, arrow_of, write
from clever_roster.scale.tables import COLUMNS, snapshots_of
from clever_roster.testing import District, Simulator, next_day, sample_district, transport

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


def of_district(one: Snapshot, name: str) -> Snapshot:
    """The same roster, told of another district."""
    here = DistrictId(name)
    return attrs.evolve(
        one,
        district=here,
        people={key: attrs.evolve(value, district=here) for key, value in one.people.items()},
        sections={key: attrs.evolve(value, district=here) for key, value in one.sections.items()},
    )


@st.composite
def doubtful_snapshots(draw: st.DrawFn) -> Snapshot:
    """Of any completeness: a part of the scope, with gaps, or broken off."""
    whole = draw(arbitrary_snapshots())
    gaps = draw(st.lists(st.sampled_from(SECTIONS), unique=True, max_size=2))
    broken = draw(st.sampled_from([None, None, "page 2 was lost"]))
    scope = whole.scope if draw(st.booleans()) else frozenset(whole.sections)
    proof = Proof(broken=broken, gaps={key: "its students were not read" for key in gaps if key in scope})
    return attrs.evolve(whole, scope=scope, proof=proof)


nights = st.lists(st.tuples(arbitrary_snapshots(), doubtful_snapshots()), min_size=1, max_size=8).map(
    lambda pairs: [
        (of_district(before, f"d{place}"), of_district(after, f"d{place}"))
        for place, (before, after) in enumerate(pairs)
    ]
)

Pairs = list[tuple[Snapshot, Snapshot]]


def night_of(snapshots: Iterable[Snapshot], bring: Any) -> Night:
    """A night in the engine that `bring` takes Arrow tables into."""
    return from_native({name: bring(table) for name, table in arrow_of(snapshots).items()}, bring=bring)


def found_by(bring: Any, pairs: Pairs) -> dict[str, tuple[roster.Change, ...]]:
    """The changes of the parts that an engine found, by district; a district without a part has none."""
    found = parts(*(night_of(night, bring) for night in zip(*pairs, strict=True)))
    return {str(part.after.district): roster.diff(part.before, part.after) for part in found}


def told_by_the_core(pairs: Pairs) -> dict[str, tuple[roster.Change, ...]]:
    return {str(after.district): roster.diff(before, after) for before, after in pairs}


def without_the_empty(changes: Mapping[str, tuple[roster.Change, ...]]) -> dict[str, tuple[roster.Change, ...]]:
    return {district: told for district, told in changes.items() if told}


@given(pairs=nights)
@settings(max_examples=40, deadline=None)
def test_polars_finds_what_the_core_finds(pairs: Pairs) -> None:
    told = found_by(pl.from_arrow, pairs)
    assert without_the_empty(told) == without_the_empty(told_by_the_core(pairs))


@given(pairs=nights)
@settings(max_examples=12, deadline=None)
def test_duckdb_finds_what_the_core_finds(pairs: Pairs) -> None:
    told = found_by(duckdb.from_arrow, pairs)
    assert without_the_empty(told) == without_the_empty(told_by_the_core(pairs))


def test_spark_finds_what_the_core_finds(spark: Any) -> None:
    @given(st.lists(st.tuples(arbitrary_snapshots(), doubtful_snapshots()), min_size=40, max_size=40))
    @settings(max_examples=2, deadline=None)
    def holds(drawn: Pairs) -> None:
        pairs = [(of_district(a, f"d{n}"), of_district(b, f"d{n}")) for n, (a, b) in enumerate(drawn)]
        told = found_by(spark.createDataFrame, pairs)
        assert without_the_empty(told) == without_the_empty(told_by_the_core(pairs))

    holds()


@given(doubtful_snapshots())
def test_a_snapshot_becomes_rows_and_is_the_same_again(one: Snapshot) -> None:
    """Every field that a record has, the proof and its gaps, and the order of teachers."""
    terms = {TermId("t"): Term(id=TermId("t"), name="Autumn", starts=NOW.date(), ends=None)}
    told = attrs.evolve(one, terms=terms, district_state="success", unshared=frozenset(list(one.scope)[:1]))
    tables = {name: table.to_pylist() for name, table in arrow_of([told]).items()}
    assert list(snapshots_of(tables)) == [told]


def test_the_schema_in_the_files_is_the_schema_in_the_documentation() -> None:
    assert {name: schema.names[2:] for name, schema in SCHEMAS.items()} == {
        name: list(columns) for name, columns in COLUMNS.items()
    }


def test_two_spellings_of_one_name_are_no_difference() -> None:
    """The digests differ, so the part has the child; the core's rules, which know Unicode, find no change in it."""
    composed, decomposed = "Chlo\u00e9", "Chloe\u0301"
    before, after = (
        snapshot(section("c0", students=["s00"]), people=[person(PersonId("s00"), name=PersonName(name, "Ng"))])
        for name in (composed, decomposed)
    )
    (part,) = parts(night_of([before], pl.from_arrow), night_of([after], pl.from_arrow))
    assert roster.diff(part.before, part.after) == ()


@pytest.mark.parametrize("engine", ["polars", "duckdb", "pyspark"])
def test_nights_in_parquet_are_read_by_each_engine(engine: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Two districts from the sample generator, one of which changed overnight."""
    options = {"session": request.getfixturevalue("spark")} if engine == "pyspark" else {}
    first, second = (snapshots_of_sample(seed) for seed in (1, 2))
    write(tmp_path / "before", [first[0], second[0]], together=1)
    write(tmp_path / "after", [first[1], second[0]])
    before, after = (scan(tmp_path / night, engine, **options) for night in ("before", "after"))
    (part,) = parts(before, after)
    assert roster.diff(part.before, part.after) == roster.diff(*first)
    assert len(part.after.people) < len(first[1].people)


def snapshots_of_sample(seed: int) -> tuple[Snapshot, Snapshot]:
    district = sample_district(seed=seed)
    return read(district), read(next_day(district, seed=seed))


def read(district: District) -> Snapshot:
    clever = Simulator([district])
    with httpx.Client(transport=transport(clever)) as http:
        client = CleverClient(clever.district_token(district.id), http=http, clock=lambda: NOW)
        return client.fetch_district(district.id)
