"""Spark in local mode, where it and Java are: one session for all tests of this folder."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("Spark was not met: it needs the extra `spark`, and Java")
    from pyspark.sql import SparkSession

    work: Path = tmp_path_factory.mktemp("spark")
    building = SparkSession.builder.master("local[2]").appName("clever_roster tests")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.local.dir": str(work),
        "spark.log.level": "ERROR",
    }
    for name, value in options.items():
        building = building.config(name, value)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYSPARK_PYTHON", sys.executable)  # Spark's workers are this Python too
        session = building.getOrCreate()
        yield session
        session.stop()
