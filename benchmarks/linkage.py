"""The duplicates of one population, found by the core, by Splink on DuckDB and by Splink on Spark: do they agree?

    python benchmarks/linkage.py [--accounts 10000] [--engines duckdb spark] [--seed 5]

Splink runs the model that `clever_roster.duplicates.linkage` gives it. Told are the pairs in the zones "sure" and
"look at it", how many of them both know (of all that either knows), wall time, and what one knows alone, by reason.
Needs splink 5, duckdb and pyarrow; Spark needs pyspark and Java.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "duplicates"))

import pyarrow as pa
import school_population

from clever_roster.duplicates import Pair, Profile, Zone, find
from clever_roster.duplicates.linkage import FUNCTION, Linkage
from clever_roster.duplicates.saved import Kept, Picture, dump, load
from clever_roster.model import AccountId

SCHEMA = pa.schema(
    [
        ("account", pa.string()),
        ("place", pa.int64()),
        ("telling", pa.list_(pa.int64())),
        ("blocks", pa.list_(pa.int64())),
        ("rosters", pa.list_(pa.int64())),
    ]
)

Accounts = tuple[AccountId, AccountId]


def on_duckdb(model: Linkage) -> list[Accounts]:
    import duckdb
    from splink import DuckDBAPI, Linker

    connection = duckdb.connect()

    def bits(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.Array:
        both = zip(left.to_pylist(), right.to_pylist(), strict=True)
        return pa.array([model.bits(one, other) for one, other in both], pa.float64())

    connection.create_function(FUNCTION, bits, ["BIGINT", "BIGINT"], "DOUBLE", type="arrow")
    frame = connection.from_arrow(pa.Table.from_pylist(list(model.rows()), schema=SCHEMA))
    linker = Linker(DuckDBAPI(connection).register(frame), model.settings("duckdb"))
    found = linker.inference.predict(threshold_match_probability=model.threshold)
    rows = found.as_duckdbpyrelation().select("account_l, account_r").fetchall()
    return [(AccountId(left), AccountId(right)) for left, right in rows]


class Bits:
    """`Linkage.bits` for Spark's workers: each makes the population once, from its written form."""

    def __init__(self, profiles: Collection[Profile]) -> None:
        nobody = Kept(pairs=(), missed=())
        self.written = dump(Picture(profiles=tuple(profiles), apart=(), decisions=(), siblings=True, kept=nobody))
        self.model: Linkage | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"written": self.written, "model": None}

    def __call__(self, left: int, right: int) -> float:
        if self.model is None:
            self.model = Linkage(load(self.written).profiles)
        return self.model.bits(left, right)


def on_spark(model: Linkage, profiles: Collection[Profile], session: Any) -> list[Accounts]:
    from pyspark.sql.types import DoubleType
    from splink import Linker
    from splink.backends.spark import SparkAPI

    with tempfile.TemporaryDirectory() as folder:
        session.sparkContext.setCheckpointDir(folder)
        for file in (__file__, school_population.__file__):  # what the workers unpickle `Bits` with
            session.sparkContext.addPyFile(file)
        session.udf.register(FUNCTION, Bits(profiles), DoubleType())
        frame = session.createDataFrame(pa.Table.from_pylist(list(model.rows()), schema=SCHEMA))
        database = SparkAPI(spark_session=session, num_partitions_on_repartition=2)
        linker = Linker(database.register(frame), model.settings("spark"))
        found = linker.inference.predict(threshold_match_probability=model.threshold)
        rows = found.as_spark_dataframe().select("account_l", "account_r").collect()
        return [(AccountId(row.account_l), AccountId(row.account_r)) for row in rows]


def spark() -> Any:
    from pyspark.sql import SparkSession

    building = SparkSession.builder.master("local[2]").appName("clever_roster linkage")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.sql.shuffle.partitions": "2",
        "spark.log.level": "ERROR",
    }
    for name, value in options.items():
        building = building.config(name, value)
    return building.getOrCreate()


def told(pairs: Iterable[Pair]) -> dict[Accounts, Zone]:
    """The pairs at the shipped threshold."""
    return {pair.accounts: pair.zone for pair in pairs if pair.zone in (Zone.SURE, Zone.REVIEW)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--accounts", type=int, default=10_000)
    asked.add_argument("--engines", nargs="*", default=["duckdb", "spark"])
    asked.add_argument("--seed", type=int, default=5)
    wanted = asked.parse_args()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    profiles = list(school_population.district(wanted.accounts, seed=wanted.seed).profiles)
    begun = time.perf_counter()
    core = told(find(profiles).pairs)
    print(f"{len(profiles):,} accounts")
    print(f"core    {len(core):7,} pairs {time.perf_counter() - begun:8.1f} s")
    for engine in wanted.engines:
        begun = time.perf_counter()
        model = Linkage(profiles)
        met = on_duckdb(model) if engine == "duckdb" else on_spark(model, profiles, spark())
        theirs = told(model.judge(met))
        spent = time.perf_counter() - begun
        both, either = core.keys() & theirs.keys(), core.keys() | theirs.keys()
        same = sum(core[pair] is theirs[pair] for pair in both)
        print(
            f"{engine:8}{len(theirs):6,} pairs {spent:8.1f} s   agreement {len(both) / max(len(either), 1):.2%}, "
            f"the same zone in {same / max(len(both), 1):.2%}; alone: core {len(core.keys() - both)}, "
            f"{engine} {len(theirs.keys() - both)}"
        )


if __name__ == "__main__":
    main()
