"""Outgrowing one machine: the same questions asked of an engine that you operate already, with the same answers.

    write("nights/2026-11-25", snapshots)                                    rosters as Parquet      (parquet, tables)
    before, after = scan(yesterday, "duckdb"), scan(today, "duckdb")         Polars, DuckDB, Spark   (frames)
    for part in differing(before, after).collect():                          where two nights differ
        changes = roster.diff(part.before, part.after)                       the library's own rules
    outcome = sync_district(store, Task(CLEVER, district, night), ...)       one district, one task  (fleet)

The engines find *where* two nights differ; what that means is said by `roster` alone, so there is one set of rules.

How to read this room: `tables` is the schema, `parquet` writes it, `frames` asks the engines, `fleet` gives each
district its turn. `fleet` needs nothing but the core and is exported here; for the others import their modules, which
need the extra `scale` (and Spark, where you use it, the extra `spark`).
"""

from clever_roster.scale.fleet import AlreadySynced, AtWork, Later, Outcome, Stuck, Synced, Task, due, sync_district

__all__ = ["AlreadySynced", "AtWork", "Later", "Outcome", "Stuck", "Synced", "Task", "due", "sync_district"]


def __dir__() -> list[str]:
    return __all__
