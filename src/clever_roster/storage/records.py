"""A section or a person of the mirror, or an identity that waits, as JSON text, and back. Knows no SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, Final

import attrs

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
    return f'{{"digest":"{record.digest}",{_told(record)[1:]}'


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
    return _told(nameless)


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


def _told(record: Section | Person | Identity | PersonName | IdentityKey) -> str:
    """The facts that are said, as JSON. The standard encoder takes twice as long for as many small records."""
    facts_of, labels = _FIELDS[type(record)]
    facts = zip(labels, facts_of(record), strict=True)
    told = [label + _WORDS.get(type(fact), _encoded)(fact) for label, fact in facts if fact is not None]
    return "{" + ",".join(told) + "}"


def _listed(several: Collection[str]) -> str:
    return "[" + ",".join(map(encode_basestring, several)) + "]" if several else "[]"


_FIELDS: Mapping[type, tuple[Callable[[object], tuple[object, ...]], tuple[str, ...]]] = {
    kind: (attrgetter(*names), tuple(f'"{name}":' for name in names))
    for kind in (Section, Person, Identity, PersonName, IdentityKey)
    if (names := [field.name for field in attrs.fields(kind)])
}
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_WORDS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    tuple: _listed,
    frozenset: lambda several: _listed(sorted(several) if several else ()),
    date: lambda day: f'"{day.isoformat()}"',
    PersonName: _told,
    IdentityKey: _told,
}
