"""A test that has a figure to tell says it in a line of the summary."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from summary import DOCUMENTATION


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    return partial(record_property, DOCUMENTATION)
