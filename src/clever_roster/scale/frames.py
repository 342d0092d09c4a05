"""Where two nights differ, asked of whatever engine holds them: Polars, DuckDB, Spark.

    before, after = scan("nights/2026-11-24", "duckdb"), scan("nights/2026-11-25", "duckdb")
    for part in parts(before, after):
        changes = roster.diff(part.before, part.after)

The engine finds the *part* of both nights in which they differ, by joins over keys and digests; every rule about what
the difference means stays where it is, in `roster`. So there is one meaning and not one for each engine: the changes of
the part are the changes of the whole, whoever found it.

The keys of what differs are asked for in steps and handed back to the engine each time. That is a few small answers
instead of one question that an engine would work out anew in each of its twelve places.

The only file that knows narwhals here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, assert_never

import attrs
import narwhals as nw

from clever_roster.model import DistrictId, Provider, Snapshot
from clever_roster.scale.tables import TABLES, DistrictKey, snapshots_of

__all__ = ["Engine", "Night", "Part", "doubtful", "from_native", "parts", "scan", "snapshots"]

Frame: TypeAlias = "nw.LazyFrame[Any]"

Engine: TypeAlias = Literal["polars", "duckdb", "pyspark"]

WHERE: Final = ["provider", "district"]
SECTION: Final = [*WHERE, "section"]
PERSON: Final = [*WHERE, "person"]
MEMBER: Final = [*SECTION, "role", "person"]


@attrs.frozen(kw_only=True)
class Night:
    """What was read in one night, as lazy frames: the tables of `clever_roster.scale.tables`.

    Attributes:
        bring: takes an Arrow table into the engine, as its own kind of frame.
    """

    reads: Frame
    scope: Frame
    sections: Frame
    members: Frame
    people: Frame
    terms: Frame
    bring: Callable[[Any], Any]


def scan(folder: str | Path, engine: Engine, *, session: Any = None) -> Night:
    """A night from its Parquet files, which are read when something is asked.

    Args:
        engine: who reads them.
        session: a SparkSession, for Spark; a connection, or the default one, for DuckDB.
    """
    read, bring = _reading(engine, session)
    return from_native({name: read(str(Path(folder) / f"{name}.parquet")) for name in TABLES}, bring=bring)


def _reading(engine: Engine, session: Any) -> tuple[Callable[[str], Any], Callable[[Any], Any]]:
    """How an engine reads a Parquet file, and takes an Arrow table."""
    match engine:
        case "polars":
            polars: Any = import_module("polars")
            return polars.scan_parquet, polars.from_arrow
        case "duckdb":
            duckdb: Any = session or import_module("duckdb")
            return duckdb.read_parquet, duckdb.from_arrow
        case "pyspark":
            return session.read.parquet, session.createDataFrame
        case _:
            assert_never(engine)


def from_native(tables: Mapping[str, Any], *, bring: Callable[[Any], Any]) -> Night:
    """A night from frames of any engine that narwhals knows, by the names of the tables.

    Args:
        bring: takes an Arrow table into the same engine: `polars.from_arrow`, `connection.from_arrow`,
            `session.createDataFrame`.
    """
    return Night(**{name: nw.from_native(tables[name]).lazy() for name in TABLES}, bring=bring)


@attrs.frozen(kw_only=True)
class Part:
    """The part of one district in which two nights differ, as two snapshots."""

    before: Snapshot
    after: Snapshot


def parts(before: Night, after: Night) -> Iterator[Part]:
    """The parts in which two nights differ, district by district; a district in which nothing differs has none.

    Only districts that were read in the later night are compared.
    """
    sections = _changed_sections(before, after)
    people = _people_of_interest(before, after, sections)
    gone = people.join(after.people, on=PERSON, how="anti")
    # A person whom a section outside the scope still names is not gone, so those sections belong to the part.
    naming = before.members.join(gone, on=PERSON, how="semi").select(SECTION)
    sections = _kept(after, [sections, naming])
    named = (night.members.join(sections, on=SECTION, how="semi").select(PERSON) for night in (before, after))
    people = _kept(after, [people, *named])
    where = _kept(after, [sections.select(WHERE), people.select(WHERE)])
    olds = {(one.provider, one.district): one for one in _collected(_narrowed(before, sections, people, where))}
    for one in _collected(_narrowed(after, sections, people, where)):
        yield Part(before=olds.get((one.provider, one.district)) or _nothing_before(one), after=one)


def doubtful(night: Night) -> frozenset[DistrictKey]:
    """The districts of a night whose read did not prove everything that it was asked for."""
    broken = night.reads.filter(~nw.col("broken").is_null()).select(WHERE)
    gaps = night.scope.filter(~nw.col("gap").is_null()).select(WHERE)
    rows = nw.concat([broken, gaps], how="vertical").unique().collect("pyarrow").iter_rows()
    return frozenset((Provider(str(provider)), DistrictId(str(district))) for provider, district in rows)


def snapshots(night: Night, districts: Collection[DistrictKey]) -> Iterator[Snapshot]:
    """These districts as they were read in a night, whole, one at a time; one that was not read is left out."""
    for provider, district in sorted(districts):
        here = (nw.col("provider") == provider) & (nw.col("district") == district)
        yield from _collected({name: getattr(night, name).filter(here) for name in TABLES})


def _changed_sections(before: Night, after: Night) -> Frame:
    known = before.sections.join(after.scope, on=SECTION, how="semi")
    changed = [
        after.sections.join(known, on=[*SECTION, "digest"], how="anti").select(SECTION),
        known.join(after.sections, on=SECTION, how="anti").select(SECTION),
    ]
    return _kept(after, changed)


def _people_of_interest(before: Night, after: Night, sections: Frame) -> Frame:
    """Who changed, came or left, at the source or in a section that changed."""
    had, has = (night.members.join(sections, on=SECTION, how="semi") for night in (before, after))
    here = before.people.join(after.reads, on=WHERE, how="semi")
    return _kept(
        after,
        [
            after.people.join(here, on=[*PERSON, "digest"], how="anti").select(PERSON),
            here.join(after.people, on=PERSON, how="anti").select(PERSON),
            had.join(has, on=MEMBER, how="anti").select(PERSON),
            has.join(had, on=MEMBER, how="anti").select(PERSON),
        ],
    )


def _kept(night: Night, frames: Iterable[Frame]) -> Frame:
    """All keys of some frames, each once, worked out now and taken back into the engine."""
    keys = nw.concat(list(frames), how="vertical").unique().collect("pyarrow").to_arrow()
    frame: Frame = nw.from_native(night.bring(keys)).lazy()
    return frame


def _collected(frames: Mapping[str, Frame]) -> Iterator[Snapshot]:
    return snapshots_of({name: frame.collect("pyarrow").iter_rows(named=True) for name, frame in frames.items()})


def _narrowed(night: Night, sections: Frame, people: Frame, where: Frame) -> Mapping[str, Frame]:
    """The tables of a night, as far as they speak of these; doubtful sections stay in the scope, as doubts."""
    scope = night.scope.join(where, on=WHERE, how="semi")
    doubtful = scope.filter(~nw.col("gap").is_null())
    wanted = scope.join(sections, on=SECTION, how="semi")
    return {
        "reads": night.reads.join(where, on=WHERE, how="semi"),
        "scope": nw.concat([wanted, doubtful], how="vertical"),
        "sections": night.sections.join(sections, on=SECTION, how="semi"),
        "members": night.members.join(sections, on=SECTION, how="semi"),
        "people": night.people.join(people, on=PERSON, how="semi"),
        "terms": night.terms.join(where, on=WHERE, how="semi"),
    }


def _nothing_before(after: Snapshot) -> Snapshot:
    """A district that was never read before had nothing."""
    return attrs.evolve(after, people={}, sections={}, scope=frozenset(), terms={}, unshared=frozenset())
