"""Reading sections into a snapshot that proves itself.

Two reads must agree before anyone may be removed: the section's own lists of ids, and the pages of its people. A page
that was cut short, a lost record or a change between the two reads leaves them apart, and the section unproven. What
was read is kept all the same: an unproven section can still add and alter, it can only not remove.
"""

from __future__ import annotations

from collections.abc import Collection

import attrs

from clever_roster.clever import records
from clever_roster.clever.reading import Api, read_list, read_one
from clever_roster.clever.translate import person_of, section_of
from clever_roster.errors import CleverError, NotShared, ReauthRequired, UnexpectedPayload
from clever_roster.model import (
    CLEVER,
    DistrictId,
    EnrollmentRole,
    Person,
    PersonId,
    Proof,
    Section,
    SectionId,
    Snapshot,
)
from clever_roster.steps import Steps

__all__ = ["read_snapshot"]


@attrs.frozen(kw_only=True)
class _Read:
    """What came of reading one section."""

    section: Section
    people: tuple[Person, ...] = attrs.field(repr=False)
    doubt: str | None
    pages: int


def read_snapshot(api: Api, district: DistrictId, sections: Collection[SectionId]) -> Steps[Snapshot]:
    """Read these sections and everyone in them.

    A section that Clever does not have, or does not share, is in the scope but not among the snapshot's sections.
    A section that could not be read, or not in full, is a gap in the proof.

    Raises:
        ReauthRequired: the token is not good; nothing can be read.
        UnexpectedPayload: a section belongs to another district than the one named.
    """
    found: dict[SectionId, Section] = {}
    people: dict[PersonId, Person] = {}
    gaps: dict[SectionId, str] = {}
    pages = 0
    for wanted in sorted({*sections}):
        try:
            read = yield from _read_section(api, wanted)
        except ReauthRequired:
            raise
        except NotShared:
            continue
        except CleverError as error:
            gaps[wanted] = error.args[0]
            continue
        _belongs(read, district)
        found[wanted] = read.section
        people.update((person.id, person) for person in read.people)
        pages += read.pages
        if read.doubt is not None:
            gaps[wanted] = read.doubt
    return Snapshot(
        provider=CLEVER,
        district=district,
        taken_at=api.clock(),
        scope=frozenset(sections),
        people=people,
        sections=found,
        proof=Proof(gaps=gaps, pages=pages, rows=len(people)),
    )


def _read_section(api: Api, wanted: SectionId) -> Steps[_Read]:
    section = section_of((yield from read_one(api, f"/sections/{wanted}", records.Section)))
    people: dict[PersonId, Person] = {}
    doubts: list[str] = []
    kept: dict[EnrollmentRole, tuple[PersonId, ...]] = {}
    pages = 0
    for role, named in ((EnrollmentRole.TEACHER, section.teachers), (EnrollmentRole.STUDENT, section.students)):
        seen: set[PersonId] = set()
        try:
            listed = yield from read_list(api, f"/sections/{wanted}/users", records.User, {"role": role.value})
        except ReauthRequired:
            raise
        except CleverError as error:
            doubts.append(f"its {role.value}s could not be read: {error.args[0]}")
        else:
            pages += listed.pages
            people.update((user.id, person_of(user)) for user in listed.records)
            seen = {user.id for user in listed.records}
            if seen != {*named}:
                doubts.append(f"it names {len(named)} {role.value}s, its pages hold {len(seen)}")
        kept[role] = tuple(person for person in named if person in seen)
    readable = attrs.evolve(section, teachers=kept[EnrollmentRole.TEACHER], students=kept[EnrollmentRole.STUDENT])
    return _Read(section=readable, people=tuple(people.values()), doubt="; ".join(doubts) or None, pages=pages)


def _belongs(read: _Read, district: DistrictId) -> None:
    """A token that now answers for another district voids the read: ids of two districts must never mix."""
    for belongs in (read.section.district, *(person.district for person in read.people)):
        if belongs != district:
            raise UnexpectedPayload(
                f"Section {read.section.id} was read for district {district}, but a record is of district {belongs}.",
                next_step="Use the token of the district that the section was imported from.",
            )
