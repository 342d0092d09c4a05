"""What is written from the code: public names, and the tables of outcomes and exit statuses. A test compares both.

    python tests/docs/written.py

writes them anew. `docs/reference/public-api.txt` is what a caller may rely on: a line that changes there is a change
for somebody who upgrades, and wants a fragment in `changes/`.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

import clever_roster
from clever_roster.cli.endings import MEANING
from clever_roster.linking import ConflictKind, outcomes
from clever_roster.oauth import Reason, Refused

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from flows import is_flow, nearness, signature_of  # noqa: E402 - what the site shows

__all__ = ["COMMAND", "PUBLIC_API", "ROOT", "TABLES", "public_api", "rooms", "tables", "written"]

PUBLIC_API = ROOT / "docs/reference/public-api.txt"
TABLES = (ROOT / "docs/reference/cli.md", ROOT / "docs/reference/outcomes.md")
COMMAND = "python tests/docs/written.py"

DEEPER = (
    "clever_roster.clever.records",
    "clever_roster.oauth.id_token",
    "clever_roster.oauth.sealing",
    "clever_roster.scale.frames",
    "clever_roster.scale.parquet",
    "clever_roster.scale.tables",
    "clever_roster.sources.google",
    "clever_roster.sources.oneroster",
    "clever_roster.storage.django",
    "clever_roster.storage.sqlalchemy",
    "clever_roster.testing.contracts",
    "clever_roster.testing.evolution",
    "clever_roster.testing.google",
    "clever_roster.testing.oneroster",
    "clever_roster.web.django",
    "clever_roster.web.flask",
    "clever_roster.web.starlette",
)
"""Rooms inside rooms that callers import by their own names."""


def rooms() -> tuple[str, ...]:
    """Every room that a caller may open, in the order of names."""
    tops = (one.name for one in pkgutil.iter_modules(clever_roster.__path__, "clever_roster."))
    inner = [name for name in DEEPER if importlib.util.find_spec(name) is not None]
    return tuple(sorted({name for name in tops if not name.endswith((".__main__", ".cli"))} | {*inner}))


def public_api() -> str:
    """Names, signatures, fields and members of every room, one line each."""
    _ready_for_django()
    lines = ["# What a caller may rely on. Written by:", f"#     {COMMAND}", ""]
    for name in ("clever_roster", *rooms()):
        room = importlib.import_module(name)
        lines.append(name)
        for public in sorted(room.__all__):
            lines += [f"    {line}" for line in _described(public, getattr(room, public), room.__name__)]
        lines.append("")
    return "\n".join(lines)


def _described(name: str, value: Any, room: str) -> Iterator[str]:
    home = getattr(value, "__module__", room)
    ours = home.startswith("clever_roster.")
    if ours and (room == "clever_roster" or not f"{home}.".startswith(f"{room}.")):
        yield f"{name} = {_shown_by(name, value)}.{name}"
    elif inspect.isclass(value):
        yield from _class(name, value)
    elif inspect.isfunction(value):
        yield f"def {name}{_signature(value)}"
    else:
        yield f"{name} = {value!r}" if isinstance(value, str | int) else f"{name}: {type(value).__name__}"


def _shown_by(name: str, value: Any) -> str:
    """The room that a caller finds it in, wherever it is written; the nearest one to where that is."""
    home = value.__module__
    showing = [room for room in rooms() if getattr(importlib.import_module(room), name, None) is value]
    return max(showing, key=lambda room: nearness(room, home), default=home)


def _class(name: str, kind: type) -> Iterator[str]:
    bases = ", ".join(
        base.__name__ for base in kind.__bases__ if base is not object and not base.__name__.startswith("_")
    )
    yield f"class {name}({bases})" if bases else f"class {name}"
    if issubclass(kind, enum.Enum):
        yield from (f"    {member.name} = {member.value!r}" for member in kind)
    elif attrs.has(kind):
        yield from (f"    {line}" for line in _fields(kind))
    elif "__init__" in vars(kind) and not getattr(kind, "_is_protocol", False):
        yield f"    def __init__{_signature(kind.__init__)}"
    for member, value in sorted(_members(kind).items()):
        if isinstance(value, property):
            yield f"    {member} -> {_clean(str(inspect.signature(value.fget).return_annotation))}"
        elif is_flow(value):
            yield f"    def {member}{_written(signature_of(member, value))}"
        elif isinstance(value, classmethod | staticmethod):
            yield f"    {type(value).__name__} {member}{_signature(value.__func__)}"
        elif inspect.isfunction(value):
            word = "async def" if inspect.iscoroutinefunction(value) else "def"
            yield f"    {word} {member}{_signature(value)}"
        elif hasattr(value, "func") and hasattr(value, "attrname"):
            yield f"    {member} -> {_clean(str(inspect.signature(value.func).return_annotation))}"


def _fields(kind: type) -> Iterator[str]:
    for field in attrs.fields(kind):
        if not field.name.startswith("_"):
            how = "" if field.default is attrs.NOTHING else f" = {_default(field.default)}"
            yield f"{field.name}: {_clean(field.type if isinstance(field.type, str) else _name_of(field.type))}{how}"


def _members(kind: type) -> dict[str, Any]:
    """Public members, those of our own bases included."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("clever_roster"):
            found.update({name: value for name, value in vars(base).items() if not name.startswith("_")})
    return found


def _signature(function: Any) -> str:
    return _written(inspect.signature(function))


def _written(parameters: inspect.Signature) -> str:
    kept = [
        one.replace(default=_Said(_default(one.default))) if one.default is not one.empty else one
        for one in parameters.parameters.values()
        if one.name not in {"self", "cls", "client"}
    ]
    return _clean(str(parameters.replace(parameters=kept)))


class _Said:
    """A default as it should read."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


def _default(value: Any) -> str:
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        return "..."
    if isinstance(value, frozenset) and value:  # whose own order differs from run to run
        return f"{{{', '.join(sorted(map(_default, value)))}}}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if attrs.has(type(value)):
        return f"{type(value).__name__}({'' if value == type(value)() else '...'})"
    if callable(value):
        return value.__name__ if getattr(value, "__name__", "<").isidentifier() else "..."
    said = repr(value)
    return "..." if said.startswith("<") else said


def _name_of(kind: Any) -> str:
    return kind.__name__ if inspect.isclass(kind) else str(kind)


def _clean(text: str) -> str:
    return text.replace("'", "").replace("clever_roster.", "").replace("collections.abc.", "").replace("typing.", "")


def _ready_for_django() -> None:
    import django
    from django.conf import settings

    if not settings.configured:
        apps = ["django.contrib.auth", "django.contrib.contenttypes", "clever_roster.storage.django"]
        settings.configure(INSTALLED_APPS=apps, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
        django.setup()


def tables() -> dict[str, str]:
    """The tables of outcomes and of exit statuses, by the name of their place in a page."""
    refused = [f"| `{one.value}` | {Refused(one).retry.value} | {Refused(one).sentence} |" for one in Reason]
    conflicts = []
    for kind in ConflictKind:
        offers = outcomes.Conflict(kind, ticket="a ticket").offers
        offered = ", ".join(f"`{offer.value}`" for offer in offers)
        conflicts.append(f"| `{kind.value}` | {outcomes.Conflict(kind).sentence} | {offered} |")
    endings = [f"| {ending.value} | {means} |" for ending, means in MEANING.items()]
    return {
        "endings": "\n".join(["| status | means |", "|---|---|", *endings]),
        "refused": "\n".join(["| reason | try again | what the person is told |", "|---|---|---|", *refused]),
        "conflicts": "\n".join(["| kind | what the person is told | offers |", "|---|---|---|", *conflicts]),
    }


def written(page: str) -> str:
    """A page with its tables as the code has them."""
    for name, table in tables().items():
        page = re.sub(
            rf"(?s)(<!-- written from the code: {name} -->\n).*?(<!-- end -->)",
            lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}",
            page,
        )
    return page


if __name__ == "__main__":
    PUBLIC_API.write_text(public_api(), encoding="utf-8")
    for page in TABLES:
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
