"""Short texts that stand for longer ones: equal for equal values, in every process.

A roster of a million people is compared with what was said last by these, and only who differs is read; a plan is named
by one. They are kept in databases, so how they are made stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from hashlib import blake2b
from typing import Final, cast

import attrs

__all__ = ["digest_of", "digest_of_facts"]

BETWEEN: Final = "\x1f"


def digest_of_facts(facts: list[str], *lists: Collection[str]) -> str:
    """A digest (32 hex digits) of facts and lists; "" is a fact that is not said, "=" one that is said to be empty."""
    for several in lists:
        facts.append(str(len(several)))
        facts += several
    text = BETWEEN.join(facts)
    if text.count(BETWEEN) != len(facts) - 1:  # a fact holds the mark itself
        text = json.dumps(facts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def digest_of(value: object) -> str:
    """A digest of plain values (32 hex digits), the same in every process."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    """Sets have no order of their own, records are tuples of facts; what else JSON does not know is dates and such."""
    if isinstance(value, frozenset):
        return sorted(map(str, cast("frozenset[object]", value)))
    return attrs.astuple(value, recurse=False) if attrs.has(type(value)) else str(value)  # type: ignore[arg-type]
