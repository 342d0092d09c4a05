"""The house keeps its shape: what may be imported, what importing loads, and what each door shows."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import clever_roster

HEAVY = {"sqlalchemy", "rich", "pytest", "hypothesis", "respx", "django", "flask", "starlette", "fastapi", "yaml"}
ROOMS = ["oauth", "linking", "roster", "duplicates", "checks", "privacy", "clever", "ports", "model"]
ROOMS += ["crossing", "display", "scale", "storage", "sources", "sources.google", "sources.oneroster", "web", "testing"]


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_but_the_package() -> None:
    """No framework, no ORM, no pytest, no rich; not even httpx before it is needed."""
    assert loaded_by("import clever_roster").isdisjoint(HEAVY | {"httpx", "cattrs", "oauthlib"})


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_loads_the_core_alone(room: str) -> None:
    """Everything heavier lives behind an extra."""
    by_httpx = loaded_by("import httpx")  # its own command line takes rich along where that is installed
    assert (loaded_by(f"import clever_roster.{room}") - by_httpx).isdisjoint(HEAVY)


@pytest.mark.parametrize("room", ["", *(f".{room}" for room in ROOMS)])
def test_a_door_shows_exactly_what_it_exports(room: str) -> None:
    """Every name of `__all__` is there, each once; tab completion is the API."""
    door = importlib.import_module(f"clever_roster{room}")
    assert len({*door.__all__}) == len(door.__all__)
    assert dir(door) == sorted(door.__all__) or room in {".model", ".ports"}
    assert all(getattr(door, name) is not None for name in door.__all__)


def test_the_face_is_what_the_rooms_export() -> None:
    """No second copy of a name."""
    assert clever_roster.CleverClient is importlib.import_module("clever_roster.clever").CleverClient
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        clever_roster.Nonsense  # noqa: B018
