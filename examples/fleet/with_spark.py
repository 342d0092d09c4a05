"""The fleet on Spark: a frame of districts in, a frame of endings out; each task of the job syncs its share of them.

spark-submit --py-files nightly.py with_spark.py 2026-11-25 districts.txt

Give a job that was broken off again with the same night: districts that have ended are passed over. `later` comes back
with a reason; run the job once more for those.
"""

import os
import sys
from pathlib import Path

import pyarrow as pa
from nightly import sync
from pyspark.sql import SparkSession

from clever_roster.scale import AlreadySynced, AtWork, Later, Stuck, Synced

ENDINGS = "district string, ending string, why string"


def work(batches, night):
    for batch in batches:
        rows = []
        for district in batch.column("district").to_pylist():
            match sync(district, night, holder=f"spark-{os.getpid()}"):
                case Synced(report=report):
                    rows.append((district, str(report.ending), ""))
                case AlreadySynced(ending=ending):
                    rows.append((district, str(ending), "ended before"))
                case AtWork(until=at):
                    rows.append((district, "later", f"another worker is at it, until {at.isoformat()}"))
                case Later(why=why):
                    rows.append((district, "later", why))
                case Stuck(why=why):
                    rows.append((district, "stuck", why))
        yield pa.RecordBatch.from_pylist([dict(zip(("district", "ending", "why"), row, strict=True)) for row in rows])


def run(spark, districts, night, *, workers):
    """Sync these districts; the rows of what came of each."""
    asked = spark.createDataFrame([(one,) for one in districts], "district string").repartition(workers)
    return asked.mapInArrow(lambda batches: work(batches, night), ENDINGS).collect()


if __name__ == "__main__":
    session = SparkSession.builder.appName("clever_roster nightly").getOrCreate()
    named = Path(sys.argv[2]).read_text().split()
    for row in run(session, named, sys.argv[1], workers=session.sparkContext.defaultParallelism):
        print(row.district, row.ending, row.why)
