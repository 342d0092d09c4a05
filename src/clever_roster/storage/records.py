"""A section or a person of the mirror, or an identity that waits, as JSON text, and back. Knows no SQL."""

from __future__ import annotations

import json
from datetime import date
from typing import Final, cast

import attrs

from clever_roster.digests import digest_of_record
from clever_roster.model import Identity, IdentityKey, Person, PersonName, Role, Section

__all__ = [
    "DIGEST_BEGINS",
    "DIGEST_LENGTH",
    "identity_from_json",
    "identity_to_json",
    "person_from_json",
    "section_from_json",
    "to_json",
]

DIGEST_BEGINS: Final = len('{"digest":"') + 1
DIGEST_LENGTH: Final = 32
"""Where `to_json` writes the record's digest, so that a database can read it without reading the record."""


def to_json(record: Section | Person) -> str:
    """The record as JSON, absent fields left out; its digest comes first."""
    return _encoded({"digest": digest_of_record(record)} | _given(record))


def section_from_json(text: str) -> Section:
    """The section that `to_json` wrote."""
    fields = json.loads(text)
    fields.pop("digest", None)
    fields |= {"teachers": tuple(fields["teachers"]), "students": tuple(fields["students"])}
    return Section(**fields)


def person_from_json(text: str) -> Person:
    """The person that `to_json` wrote."""
    fields = json.loads(text)
    fields.pop("digest", None)
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
    return _encoded(_given(nameless))


def identity_from_json(text: str) -> Identity:
    """The identity that `identity_to_json` wrote."""
    fields = json.loads(text)
    fields |= {
        "key": IdentityKey(**fields["key"]),
        "roles": frozenset(map(Role, fields["roles"])),
        "unknown_roles": frozenset(fields["unknown_roles"]),
        "unsaid": frozenset(map(Role, fields.get("unsaid", ()))),
    }
    return Identity(**fields)


def _given(record: Section | Person | Identity | PersonName | IdentityKey) -> dict[str, object]:
    """The fields that say something. A district has a hundred thousand records, and `attrs.asdict` looks for more."""
    names = _FIELDS[type(record)]
    return {name: value for name in names if (value := getattr(record, name)) is not None}


def _plain(value: object) -> object:
    match value:
        case PersonName() | IdentityKey():
            return _given(value)
        case date():
            return value.isoformat()
        case frozenset():
            return sorted(cast("frozenset[str]", value))
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a record.")


_FIELDS = {
    kind: tuple(field.name for field in attrs.fields(kind))
    for kind in (Section, Person, Identity, PersonName, IdentityKey)
}
_encoded = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":")).encode
