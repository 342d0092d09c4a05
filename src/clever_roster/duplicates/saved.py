"""An index written down and read back: compressed lines of JSON, with a version, and without pickle.

The first line says what it is; then come the profiles, one a line, in the order of their population, and last the pairs
by their places. A line of a profile leaves out what is missing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import attrs

from clever_roster.duplicates.block import Missed
from clever_roster.duplicates.profile import ClassMembership, LinkedIdentity, Profile
from clever_roster.duplicates.review import Decision
from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    AccountId,
    DistrictId,
    EnrollmentRole,
    HostSectionId,
    IdentityKey,
    PersonId,
    PersonName,
    Provider,
    SchoolId,
    SectionId,
    SectionKey,
)

__all__ = ["Kept", "Picture", "dump", "load"]

_FORMAT = "clever_roster duplicates index 2"
_Json = Any


@attrs.frozen(kw_only=True)
class Kept:
    """What a search found worth keeping: pairs by the places of their accounts, and the blocks that were too large."""

    pairs: tuple[tuple[int, int], ...]
    missed: tuple[Missed, ...]


@attrs.frozen(kw_only=True, repr=False)
class Picture:
    """What an index is made from again; weights are not part of it, they follow from the profiles."""

    profiles: tuple[Profile, ...]
    apart: tuple[tuple[AccountId, AccountId], ...]
    decisions: tuple[Decision, ...]
    siblings: bool
    kept: Kept


def dump(picture: Picture) -> bytes:
    """Write a picture down."""
    head = {
        "format": _FORMAT,
        "profiles": len(picture.profiles),
        "apart": picture.apart,
        "decisions": [[*one.accounts, one.weight, one.same] for one in picture.decisions],
        "siblings": picture.siblings,
        "missed": [[block.kind, block.accounts, block.left_out] for block in picture.kept.missed],
    }
    packing = zlib.compressobj(6)
    lines = (head, *map(_row, picture.profiles), picture.kept.pairs)
    packed = [packing.compress(json.dumps(line, separators=(",", ":")).encode() + b"\n") for line in lines]
    return b"".join([*packed, packing.flush()])


def load(written: bytes) -> Picture:
    """Read a picture.

    Raises:
        ConfigurationError: it is not a picture of this version, or is damaged.
    """
    try:
        lines = zlib.decompress(written).splitlines()
        head: _Json = json.loads(lines[0])
        whole = head["format"] == _FORMAT and head["profiles"] == len(lines) - 2
    except (zlib.error, ValueError, LookupError, TypeError) as damage:
        raise _not_an_index() from damage
    if not whole:
        raise _not_an_index()
    return Picture(
        profiles=tuple(_profile(json.loads(line)) for line in lines[1:-1]),
        apart=tuple((one, other) for one, other in head["apart"]),
        decisions=tuple(
            Decision(accounts=(one, other), weight=weight, same=same) for one, other, weight, same in head["decisions"]
        ),
        siblings=head["siblings"],
        kept=Kept(
            pairs=tuple((one, other) for one, other in json.loads(lines[-1])),
            missed=tuple(Missed(kind=kind, accounts=count, left_out=left) for kind, count, left in head["missed"]),
        ),
    )


def _not_an_index() -> ConfigurationError:
    return ConfigurationError(
        "This is no index of this version, or only a part of one.", next_step="Build the index anew from profiles."
    )


def _filled(row: Mapping[str, _Json]) -> dict[str, _Json]:
    return {key: value for key, value in row.items() if value not in (None, "", (), [], {}, False, 0)}


def _row(profile: Profile) -> dict[str, _Json]:
    keys = {one.key: place for place, one in enumerate(profile.identities)}
    return _filled(
        {
            "account": profile.account,
            "name": _name(profile.name),
            "emails": profile.emails,
            "identities": [_identity_row(one) for one in profile.identities],
            "born": _text(profile.birth_date),
            "grade": profile.grade,
            "schools": profile.schools,
            "classes": [_membership_row(one, keys) for one in profile.memberships],
            "created": _text(profile.created_at),
            "active": _text(profile.last_active_at),
            "activity": profile.activity,
            "password": profile.has_password,
            "further": dict(profile.further),
        }
    )


def _profile(row: Mapping[str, _Json]) -> Profile:
    keys = [_identity_key(one["key"]) for one in row.get("identities", ())]
    return Profile(
        account=AccountId(row["account"]),
        name=PersonName(*row["name"]),
        emails=tuple(row.get("emails", ())),
        identities=tuple(map(_identity, row.get("identities", ()), keys)),
        birth_date=None if "born" not in row else date.fromisoformat(row["born"]),
        grade=row.get("grade"),
        schools=tuple(map(SchoolId, row.get("schools", ()))),
        memberships=tuple(_membership(one, keys) for one in row.get("classes", ())),
        created_at=_moment(row, "created"),
        last_active_at=_moment(row, "active"),
        activity=row.get("activity", 0),
        has_password=row.get("password", False),
        further=row.get("further", {}),
    )


def _identity_row(one: LinkedIdentity) -> dict[str, _Json]:
    return _filled(
        {
            "key": _key(one.key),
            "ended": not one.listed,
            "sis_id": one.sis_id,
            "student_number": one.student_number,
            "state_id": one.state_id,
            "legacy_id": one.legacy_id,
        }
    )


def _identity(row: Mapping[str, _Json], key: IdentityKey) -> LinkedIdentity:
    return LinkedIdentity(
        key=key,
        listed=not row.get("ended", False),
        sis_id=row.get("sis_id"),
        student_number=row.get("student_number"),
        state_id=row.get("state_id"),
        legacy_id=row.get("legacy_id"),
    )


def _membership_row(one: ClassMembership, keys: Mapping[IdentityKey, int]) -> dict[str, _Json]:
    """A membership; who is listed is one of the account's identities as a rule, and named by its place among them."""
    section: _Json = one.section
    if isinstance(section, SectionKey):
        section = [section.provider, section.district, section.section]
    row = _filled(
        {
            "section": section,
            "teaches": one.role is EnrollmentRole.TEACHER,
            "name": one.name,
            "teachers": [_name(teacher) for teacher in one.teachers],
            "since": _text(one.since),
            "until": _text(one.until),
        }
    )
    if one.listed_as is not None:
        row["as"] = keys.get(one.listed_as, _key(one.listed_as))
    return row


def _membership(row: Mapping[str, _Json], keys: Sequence[IdentityKey]) -> ClassMembership:
    section, listed_as = row["section"], row.get("as")
    return ClassMembership(
        section=HostSectionId(section)
        if isinstance(section, str)
        else SectionKey(Provider(section[0]), DistrictId(section[1]), SectionId(section[2])),
        role=EnrollmentRole.TEACHER if "teaches" in row else EnrollmentRole.STUDENT,
        listed_as=keys[listed_as] if isinstance(listed_as, int) else _identity_key(listed_as) if listed_as else None,
        name=row.get("name", ""),
        teachers=tuple(PersonName(*teacher) for teacher in row.get("teachers", ())),
        since=_moment(row, "since"),
        until=_moment(row, "until"),
    )


def _name(name: PersonName) -> list[str]:
    return [name.first, name.last, name.middle]


def _key(key: IdentityKey) -> list[str]:
    return [key.provider, key.district, key.subject]


def _identity_key(row: Iterable[str]) -> IdentityKey:
    provider, district, subject = row
    return IdentityKey(Provider(provider), DistrictId(district), PersonId(subject))


def _text(moment: date | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(row: Mapping[str, _Json], key: str) -> datetime | None:
    return None if key not in row else datetime.fromisoformat(row[key])
