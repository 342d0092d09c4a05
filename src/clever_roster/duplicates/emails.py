"""What an email address says beyond itself: its sameness, its local part, and the surname it may spell.

An address is never proof: it is unverified, it may be a parent's, and districts send text that is no address at all
(docs: Clever, "Data model quirks"). Text without an "@" (a hash, for one) is compared for equality only.
"""

from __future__ import annotations

import re
from collections.abc import Container

__all__ = ["formed_of", "local_part", "normal", "surname_spelt"]

_PARTS = re.compile(r"[^a-z]+")
_SHORTEST_TELLING = 5
_SHORTEST_SURNAME = 3
_FORMED_ALIKE = 0.3
"""Share of those of one name whose addresses are formed of it in the same way."""


def normal(address: str) -> str:
    """Write an address one way: case, spaces and a plus tag do not matter."""
    plain = address.strip().casefold()
    if "+" not in plain:
        return address if plain == address else plain
    local, at, domain = plain.rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}" if at else domain


def local_part(address: str) -> str | None:
    """Give the part before "@" of a normal address without dots, if it is long enough to tell people apart."""
    local, at, _ = address.rpartition("@")
    plain = local.replace(".", "").replace("_", "").replace("-", "")
    return plain if at and len(plain) >= _SHORTEST_TELLING else None


def formed_of(local: str, given: str, family: str) -> float:
    """Chance that somebody of this very name has this local part: what is formed of a name says little beyond it.

    0 when it is not formed so; with digits behind the name each of them makes it rarer.
    """
    stem = local.rstrip("0123456789")
    if len(stem) < _SHORTEST_SURNAME or stem not in {given, family, given + family, family + given, given[:1] + family}:
        return 0.0
    return _FORMED_ALIKE * 0.1 ** (len(local) - len(stem))


def surname_spelt(address: str, *, given: str, initial: str, surnames: Container[str]) -> str | None:
    """Find the surname in an address such as "gabriella.martin" or "gmartin07", when only its initial is known.

    Args:
        address: a normal address.
        given: the folded given name; the address must spell it or start with its initial.
        initial: the surname's initial; "" when nothing is known of it.
        surnames: folded surnames of the population; an address without separators is cut by these only.
    """
    local, at, _ = address.rpartition("@")
    if not at or not given:
        return None
    parts = [part for part in _PARTS.split(local) if part]
    if len(parts) > 1:
        if not any(part == given or part == given[0] for part in parts):
            return None
        candidates = [part for part in parts if part != given and len(part) >= _SHORTEST_SURNAME]
    else:
        whole = "".join(parts)
        cut = [whole.removeprefix(start) for start in (given, given[0]) if whole.startswith(start)]
        candidates = [part for part in cut if part in surnames]
    return next((part for part in candidates if part.startswith(initial)), None)
