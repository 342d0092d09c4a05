"""The typing tests leave no operation out; what they assert is checked by mypy and pyright."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clever_roster.clever import AsyncCleverClient, CleverClient

TYPED = Path(__file__).parents[2] / "typing_tests" / "clever_client.py"


@pytest.mark.parametrize("client", [CleverClient, AsyncCleverClient])
def test_every_operation_has_its_type_asserted(client: type) -> None:
    """Of both classes; and a method that is gone is not asserted any more."""
    _, blocking, awaiting = re.split(r"^(?:async )?def .*$", TYPED.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = set(re.findall(r"clever\.(\w+)", blocking if client is CleverClient else awaiting))
    assert named == {name for name in dir(client) if not name.startswith("_")} - {"answer", "api"}
