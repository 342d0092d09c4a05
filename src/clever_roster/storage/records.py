"""A section or a person of the mirror, or an identity that waits, as JSON text, and back. Knows no SQL."""

from __future__ import annotations

import json
from datetime import date
from typing import cast

import attrs

from clever_roster.model import Identity, IdentityKey, Person, PersonName, Role, Section

__all__ = ["identity_from_json", "identity_to_json", "person_from_json", "section_from_json", "to_json"]


def to_json(record: Section | Person) -> str:
    """The record as JSON, absent fields left out."""
    fields = attrs.asdict(record, filter=lambda _, value: value is not None)
    return json.dumps(fields, default=_plain, ensure_ascii=False, separators=(",", ":"))


def section_from_json(text: str) -> Section:
    """The section that `to_json` wrote."""
    fields = json.loads(text)
    fields |= {"teachers": tuple(fields["teachers"]), "students": tuple(fields["students"])}
    return Section(**fields)


def person_from_json(text: str) -> Person:
    """The person that `to_json` wrote."""
    fields = json.loads(text)
    born = fields.get("birth_date")
    fields |= {
        "name": PersonName(**fields["name"]),
        "roles": frozenset(map(Role, fields["roles"])),
        "unknown_roles": frozenset(fields["unknown_roles"]),
        "birth_date": None if born is None else date.fromisoformat(born),
        "schools": tuple(fields["schools"]),
    }
    return Person(**fields)


def identity_to_json(identity: Identity) -> str:
    """The identity as JSON, without the person's name and email."""
    nameless = attrs.evolve(identity, name=None, email=None)
    fields = attrs.asdict(nameless, filter=lambda _, value: value is not None)
    return json.dumps(fields, default=_plain, ensure_ascii=False, separators=(",", ":"))


def identity_from_json(text: str) -> Identity:
    """The identity that `identity_to_json` wrote."""
    fields = json.loads(text)
    fields |= {
        "key": IdentityKey(**fields["key"]),
        "roles": frozenset(map(Role, fields["roles"])),
        "unknown_roles": frozenset(fields["unknown_roles"]),
    }
    return Identity(**fields)


def _plain(value: object) -> object:
    match value:
        case date():
            return value.isoformat()
        case frozenset():
            return sorted(cast("frozenset[str]", value))
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a record.")
