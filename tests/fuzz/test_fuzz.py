"""The fuzzer runs, a little, with every run of the tests: at random everywhere, and guided where atheris installs."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FUZZER = Path(__file__).with_name("fuzz_decode.py")


def fuzzed(folder: Path, *options: str) -> str:
    run = subprocess.run(
        [sys.executable, str(FUZZER), *options], capture_output=True, text=True, check=False, cwd=folder, timeout=120
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout + run.stderr


def test_mutated_pages_bring_out_only_our_own_errors(tmp_path: Path) -> None:
    """Pages of every list, read as every kind of record, spoilt at random; by both readers alike."""
    assert "600 mutated pages, only errors of this library" in fuzzed(tmp_path, "--plain", "-runs=600")


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: no coverage-guided fuzzing")
def test_pages_that_find_new_paths_bring_out_only_our_own_errors(tmp_path: Path) -> None:
    """The same law, searched for by coverage; a longer run is one command."""
    assert "Done 3000 runs" in fuzzed(tmp_path, "-runs=3000", "-seed=1")
