"""How long importing takes, against the peer that it stands on: `import httpx`, in one run, as a ratio.

    python benchmarks/import_time.py

Each statement is run in fresh interpreters, in turn, and the median is taken; what an empty interpreter costs is
subtracted. The goal is `import clever_roster` at most 1.3 times `import httpx`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

ROUNDS = 11
STATEMENTS = {
    "nothing": "pass",
    "httpx": "import httpx",
    "clever_roster": "import clever_roster",
    "all four rooms and the client": (
        "import clever_roster.oauth, clever_roster.linking, clever_roster.roster, clever_roster.duplicates"
    ),
}


def seconds(statement: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - begun


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    empty = median(times["nothing"])
    cost = {name: median(taken) - empty for name, taken in times.items() if name != "nothing"}
    print(f"median of {ROUNDS} runs, an empty interpreter ({empty * 1000:.0f} ms) subtracted")
    for name, taken in cost.items():
        print(f"{name:32} {taken * 1000:7.1f} ms   {taken / cost['httpx']:5.2f} x httpx")


if __name__ == "__main__":
    main()
