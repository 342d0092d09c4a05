"""Flows as callers meet them: shared by the site (`conf.py`) and by the list of public names.

Inside, a method that asks Clever is a generator that yields questions; a caller sees a plain method, to be called on a
blocking class and awaited on an awaiting one.
"""
# ruff: noqa: INP001 - beside conf.py, which is loaded by its path

from __future__ import annotations

import inspect
import re
from itertools import takewhile
from typing import Any

from clever_roster.clever.streams import streaming
from clever_roster.steps import flow

__all__ = ["is_flow", "nearness", "signature_of"]


def is_flow(value: object) -> bool:
    """Whether this is written as a flow."""
    return isinstance(value, flow | streaming)


def signature_of(name: str, worn: Any) -> inspect.Signature:
    """What a caller gives and gets."""
    described = worn.describe if isinstance(worn, streaming) else worn.steps
    signature = inspect.signature(described)
    kept = [one for one in signature.parameters.values() if one.name not in {"client", "self"}]
    itself = inspect.Parameter(
        "self", kept[0].kind if kept and kept[0].kind < 1 else inspect.Parameter.POSITIONAL_OR_KEYWORD
    )
    return inspect.Signature([itself, *kept], return_annotation=_answer(name, str(signature.return_annotation)))


def _answer(name: str, written: str) -> str:
    """`Steps[X]`, `One[X]` and `Many[X]` are how an answer is described inside."""
    inner = re.fullmatch(r"(?:Steps|One|Many)\[(.*)\]", written)
    if inner is None:
        return written
    if not written.startswith("Many"):
        return inner[1]
    verb = name.partition("_")[0]
    return {"count": "int", "iter": f"Stream[{inner[1]}]"}.get(verb, f"tuple[{inner[1]}, ...]")


def nearness(one: str, other: str) -> int:
    """In how many rooms, from the outermost on, two dotted names agree."""
    both = zip(one.split("."), other.split("."), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))
