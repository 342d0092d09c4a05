"""A rest for the collector of garbage, where thousands of values are made and none of them is garbage yet."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["collector_at_rest"]


@contextmanager
def collector_at_rest() -> Generator[None]:
    """Look for no cycles meanwhile: to walk all young values again and again would cost a third to half of the time."""
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()
