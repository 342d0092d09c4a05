"""A full read of a 200,000-user district over HTTP: how much of the time is waiting, and what it holds in memory.

    python benchmarks/client.py [--students 106000] [--page-size 1000]

The pretend Clever of `clever_roster.testing` serves on this machine's loopback address in a process of its own, as
`clever-roster simulate` does; it makes each page from its records when it is asked, as a server would. The reader
streams every user in this process. Waiting is wall time less this process's own CPU time, in per cent: on loopback the
network costs nothing, so the rest of a real Clever's latency would only add to it. Memory is the process's peak when a
quarter of the users was read, and at the end: a stream holds pages, so the two must not differ by the district's size.
Then the same with plain httpx and json, which makes no records and proves nothing: the floor.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import httpx

from clever_roster.clever import CleverClient
from clever_roster.model import Secret

PEOPLE_PER_STUDENT = 1.9


def serve(students: int) -> None:
    """The other process: one line of JSON, and then serving until its input ends."""
    from clever_roster.testing import Simulator, sample_district
    from clever_roster.testing import serve as serving

    district = sample_district(1, students=students)
    simulator = Simulator([district], requests_per_minute=10**9)
    with serving(simulator) as address:
        token = simulator.district_token(district.id).reveal()
        print(json.dumps({"url": address, "token": token, "users": len(district.people)}), flush=True)
        sys.stdin.read()


@contextmanager
def served(students: int) -> Iterator[dict[str, Any]]:
    command = [sys.executable, __file__, "--serve", "--students", str(students)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdin
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def peak() -> float:
    """Peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stream(card: dict[str, Any], page_size: int, *, fast: bool) -> Iterator[object]:
    with CleverClient(Secret(card["token"]), url=card["url"], page_size=page_size, fast=fast) as clever:
        yield from clever.iter_users()


def plain(card: dict[str, Any], page_size: int) -> Iterator[object]:
    url: str | None = f"{card['url']}/v3.1/users?limit={page_size}"
    with httpx.Client(headers={"authorization": f"Bearer {card['token']}"}, timeout=120) as http:
        while url is not None:
            body = json.loads(http.get(url).content)
            yield from body["data"]
            links = {link["rel"]: link["uri"] for link in body["links"]}
            url = urljoin(url, links["next"]) if "next" in links else None


def measure(name: str, users: Iterator[object], card: dict[str, Any]) -> None:
    began, cpu, quarter, count = time.perf_counter(), time.process_time(), 0.0, 0
    for count, _ in enumerate(users, 1):
        if count == card["users"] // 4:
            quarter = peak()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert count == card["users"], (count, card)
    print(
        f"{name:28} {count:,} users in {wall:6.1f} s; waiting {(1 - cpu / wall) * 100:4.1f} %; own CPU "
        f"{cpu / count * 1e6:5.1f} µs per user; peak memory {quarter:.0f} MB at a quarter, {peak():.0f} MB at the end"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--students", type=int, default=106_000)
    parser.add_argument("--page-size", type=int, default=1000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.students)
        return
    with served(options.students) as card:
        print(f"a district of {card['users']:,} users, pages of {options.page_size}")
        try:
            measure("clever_roster, extra fast", stream(card, options.page_size, fast=True), card)
        except ImportError:
            print("left out: extra fast; not installed: msgspec")
        measure("clever_roster, no extra", stream(card, options.page_size, fast=False), card)
        measure("plain httpx and json", plain(card, options.page_size), card)


if __name__ == "__main__":
    main()
