"""Reading sections into a snapshot that proves itself.

Two reads must agree before anyone may be removed: the section's own lists of ids, and the pages of its people. A page
that was cut short, a lost record or a change between the two reads leaves them apart, and the section unproven. What
was read is kept all the same: an unproven section can still add and alter, it can only not remove.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import attrs

from clever_roster.clever import endpoints, records
from clever_roster.clever.eventing import readable
from clever_roster.clever.reading import Api, Listed, Many, read_count, read_list, read_one
from clever_roster.clever.translate import person_of, section_of, term_of
from clever_roster.errors import NotFound, NotShared, ReauthRequired, SourceError, UnexpectedPayload
from clever_roster.model import (
    CLEVER,
    DistrictId,
    EnrollmentRole,
    Person,
    PersonId,
    Proof,
    Role,
    Section,
    SectionId,
    Snapshot,
    Term,
    TermId,
)
from clever_roster.steps import Steps

__all__ = ["read_district", "read_snapshot"]

Record = TypeVar("Record")


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
    A section that could not be read, or not in full, is a gap in the proof. Refused (403), it is there and not shared;
    of one that is not found (404), Clever does not tell whether it is gone (dev.clever.com, "Errors").

    Raises:
        ReauthRequired: the token is not good; nothing can be read.
        UnexpectedPayload: a section belongs to another district than the one named.
    """
    found: dict[SectionId, Section] = {}
    people: dict[PersonId, Person] = {}
    gaps: dict[SectionId, str] = {}
    unshared: set[SectionId] = set()
    pages = 0
    for wanted in sorted({*sections}):
        try:
            read = yield from _read_section(api, wanted)
        except ReauthRequired:
            raise
        except NotFound:
            continue
        except NotShared:
            unshared.add(wanted)
            continue
        except SourceError as error:
            gaps[wanted] = error.args[0]
            continue
        _belongs(read, district)
        found[wanted] = read.section
        people.update((person.id, person) for person in read.people)
        pages += read.pages
        if read.doubt is not None:
            gaps[wanted] = read.doubt
    terms = yield from _terms(api, {section.term for section in found.values()})
    state = yield from _state(api, district)
    return Snapshot(
        provider=CLEVER,
        district=district,
        taken_at=api.clock(),
        scope=frozenset(sections),
        people=people,
        sections=found,
        proof=Proof(gaps=gaps, pages=pages, rows=len(people)),
        terms=terms,
        unshared=frozenset(unshared),
        district_state=state,
    )


def read_district(api: Api, district: DistrictId, known: Collection[SectionId] = ()) -> Steps[Snapshot]:
    """Read a whole district: every section and everybody, whether in a section or not.

    Two lists are read to their end, held against Clever's own counts (where it gives them) and against each other: a
    section that names somebody who was not read is a gap in the proof.

    Args:
        known: sections that the host has; they are in the scope too, so that a diff sees those that are gone.

    Raises:
        SourceError: a list could not be read to its end, or its number is another than was counted.
        UnexpectedPayload: a record belongs to another district than the one named.
    """
    taken_at = api.clock()
    listed = yield from _counted(api, endpoints.sections())
    users = yield from _counted(api, endpoints.users())
    people = {user.id: person_of(user) for user in users.records}
    gaps: dict[SectionId, str] = {}
    sections: dict[SectionId, Section] = {}
    for record in listed.records:
        sections[record.id], doubt = readable(section_of(record), people)
        if doubt is not None:
            gaps[record.id] = doubt
    terms = yield from _all_terms(api)
    state = yield from _state(api, district)
    districts = {one.district for one in sections.values()} | {one.district for one in people.values()}
    for belongs in districts - {district}:
        raise UnexpectedPayload(
            f"District {district} was read, but a record is of district {belongs}.",
            next_step="Use the token of the district that was named.",
        )
    return Snapshot(
        provider=CLEVER,
        district=district,
        taken_at=taken_at,
        scope=frozenset({*sections, *known}),
        people=people,
        sections=sections,
        proof=Proof(gaps=gaps, pages=listed.pages + users.pages, rows=len(sections) + len(people)),
        terms=terms,
        district_state=state,
    )


# --- What a guard asks about ------------------------------------------------------------------------------------------
#
# None of this proves anything: what cannot be read is left out, and the rows that were read stand all the same.


def _state(api: Api, district: DistrictId) -> Steps[str | None]:
    """Clever's word for how the district's sync stands; None when it does not say."""
    try:
        record = yield from read_one(api, f"/districts/{district}", records.District)
    except ReauthRequired:
        raise
    except SourceError:
        return None
    return record.state or None


def _terms(api: Api, wanted: Collection[TermId | None]) -> Steps[dict[TermId, Term]]:
    """These terms, one by one: the sections of a teacher are of one or two."""
    terms: dict[TermId, Term] = {}
    for term in sorted(term for term in wanted if term):
        try:
            terms[term] = term_of((yield from read_one(api, f"/terms/{term}", records.Term)))
        except ReauthRequired:
            raise
        except SourceError:
            continue
    return terms


def _all_terms(api: Api) -> Steps[dict[TermId, Term]]:
    """All terms of the district, as a list."""
    try:
        listed = yield from read_list(api, endpoints.terms())
    except ReauthRequired:
        raise
    except SourceError:
        return {}
    return {record.id: term_of(record) for record in listed.records}


def _counted(api: Api, many: Many[Record]) -> Steps[Listed[Record]]:
    """A list, and as many as Clever counts. How a count is answered is not documented: without one, no comparison."""
    try:
        expected = yield from read_count(api, many)
    except (UnexpectedPayload, NotShared):
        expected = None
    return (yield from read_list(api, attrs.evolve(many, expected=expected)))


def _read_section(api: Api, wanted: SectionId) -> Steps[_Read]:
    section = section_of((yield from read_one(api, f"/sections/{wanted}", records.Section)))
    people: dict[PersonId, Person] = {}
    doubts: list[str] = []
    kept: dict[EnrollmentRole, tuple[PersonId, ...]] = {}
    pages = 0
    for role, named in ((EnrollmentRole.TEACHER, section.teachers), (EnrollmentRole.STUDENT, section.students)):
        seen: set[PersonId] = set()
        try:
            listed = yield from read_list(api, endpoints.users_of_section(wanted, role=Role(role.value)))
        except ReauthRequired:
            raise
        except SourceError as error:
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
