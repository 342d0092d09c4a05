"""Planning a move: what a host section would keep, gain and be asked about, if it followed another source. No writing.

The rules: who is surely one person gets the new identity beside the old one; who may be is asked; whoever the new
source does not list stays; nobody gets a second account while it is not known that they are somebody else. A teacher's
account is opened by a new identity only when a person says so, or when it is theirs already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import attrs

from clever_roster.crossing.migration import Deed, Hold, Migration, MoveStep, Query, Rule
from clever_roster.crossing.overlap import Likeness, Match, Overlap, Pairing, Verdict, overlap
from clever_roster.crossing.sides import Roster, roster_of, side_here, side_of
from clever_roster.duplicates import Profile
from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    PersonId,
    Role,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.model.digests import digest_of
from clever_roster.ports import Ports

__all__ = ["State", "migrate", "state_of"]

MANY: Final = 0.4
"""More than this share of a class that the new source does not list is more often another class than the same one."""


@attrs.frozen(kw_only=True, repr=False)
class State:
    """The host's state that a migration is made from.

    Attributes:
        links: the accounts of the people whom the new source lists.
        own: the ids at the new source that people of the section have already.
    """

    section: HostSection
    rows: tuple[HostEnrollment, ...]
    replaced: HostSection | None
    replaced_rows: tuple[HostEnrollment, ...]
    links: Mapping[PersonId, AccountId]
    own: Mapping[AccountId, tuple[PersonId, ...]]

    @property
    def basis(self) -> str:
        """Digest of it: applied to another state, it would not be the migration that was read."""
        rows = [(row.section, row.account, row.role, row.origin, row.status, row.person) for row in self._all()]
        return digest_of([self.section, self.replaced, rows, sorted(self.links.items()), sorted(self.own.items())])

    def _all(self) -> Iterator[HostEnrollment]:
        yield from self.rows
        yield from self.replaced_rows


def state_of(ports: Ports, section: HostSectionId, snapshot: Snapshot, to: SectionKey) -> State:
    """Read the host's side of a move.

    Raises:
        SectionNotFound: there is no such section.
    """
    host = ports.sections.get(section)
    rows = ports.sections.enrollments([section])
    replaced = ports.sections.attached([to]).get(to)
    there = None if replaced is None or replaced.id == section else replaced
    found = ports.links.find([IdentityKey(to.provider, to.district, one) for one in sorted(snapshot.people)])
    own = {account: _ids(ports.links.of(account), to) for account in sorted({row.account for row in rows})}
    return State(
        section=host,
        rows=rows,
        replaced=there,
        replaced_rows=() if there is None or there.id is None else ports.sections.enrollments([there.id]),
        links={key.subject: link.account for key, link in found.items()},
        own={account: ids for account, ids in own.items() if ids},
    )


def _ids(links: Iterable[Link], to: SectionKey) -> tuple[PersonId, ...]:
    return tuple(
        link.key.subject for link in links if (link.key.provider, link.key.district) == (to.provider, to.district)
    )


def migrate(
    ports: Ports,
    section: HostSectionId,
    snapshot: Snapshot,
    to: SectionId,
    *,
    tenant: Collection[Roster],
    actor: AccountId | None = None,
    roles: Collection[Role] = (),
    same: Collection[Pairing] = (),
    apart: Collection[Pairing] = (),
    among: Iterable[Profile] = (),
) -> Migration:
    """Say what moving a host section to another source would do, and what has to be asked first. Writes nothing.

    Args:
        section: the host section; it may have been made by hand, too.
        snapshot, to: the section that it is to follow, as read from its source.
        tenant: the rosters (provider and district) that the host knows to be of one school district.
        actor: the account that asks; it must teach the new section at the source. None when the host itself asks.
        roles: the roles in which the actor logged in; a district admin may move every section of their district.
        same, apart: answers to the queries of an earlier migration: pairs of account and person.
        among: other profiles of the school, so that it is known how rare a name is (`duplicates.gather`).

    Raises:
        ConfigurationError: the two rosters are not of one tenant; or the section follows that source section already.
        SectionNotFound: there is no such host section, or the snapshot does not have the other one.
    """
    target = SectionKey(snapshot.provider, snapshot.district, to)
    narrow = snapshot.only([to])
    state = state_of(ports, section, narrow, target)
    _check_tenant(state.section, target, frozenset(tenant), ports.links.of(state.section.owner))
    there = side_of(narrow, to, accounts=state.links)
    # Whoever has an id of their own at the new source is not somebody else there.
    settled = {(account, one) for account in state.own for one in narrow.people}
    seen = overlap(side_here(ports, section), there, tenant=tenant, among=among, same=same, apart={*apart, *settled})
    steps, queries = _steps(state, seen)
    migration = Migration(
        section=section,
        origin=state.section.source,
        to=target,
        snapshot=narrow,
        tenant=tuple(sorted({*tenant})),
        sentence=seen.sentence,
        share=seen.share,
        verdict=seen.verdict,
        steps=steps,
        queries=queries,
        basis=state.basis,
        replaces=None if state.replaced is None else state.replaced.id,
        actor=actor,
        same=tuple(sorted(same)),
        apart=tuple(sorted(apart)),
    )
    may = actor is None or Role.DISTRICT_ADMIN in roles or _teaches(ports, actor, narrow, target)
    return attrs.evolve(migration, holds=tuple(_holds(migration, seen, may=may)))


def _check_tenant(section: HostSection, target: SectionKey, tenant: frozenset[Roster], owner: Iterable[Link]) -> None:
    """See that a class does not leave its district: by what the host says, and by who runs it at the new source."""
    if section.source == target:
        raise ConfigurationError(
            f"Section {section.id} follows section {target.section} of {target.provider} already.",
            next_step="Sync it, or name another section.",
        )
    rosters = {roster_of(one) for one in (target, section.source) if one is not None}
    for provider, district in sorted(rosters - tenant):
        raise ConfigurationError(
            f"Roster {district} of {provider} is not of this tenant; a section does not cross from one to another.",
            next_step="Name the rosters of one school district, if both belong to it.",
        )
    known = {(link.key.provider, link.key.district) for link in owner if link.key.provider == target.provider}
    if known and known.isdisjoint(tenant):
        raise ConfigurationError(
            f"Whoever runs section {section.id} is of another district of {target.provider} than {target.district}.",
            next_step="Name a section of their own district.",
        )


# --- What would be done -----------------------------------------------------------------------------------------------


def _steps(state: State, seen: Overlap) -> tuple[tuple[MoveStep, ...], tuple[Query, ...]]:
    queries = tuple(query for match in seen.matches if (query := _query(match, state)) is not None)
    asked = {one for query in queries for one in (query.account, query.person)}
    steps = [
        *([MoveStep(deed=Deed.RELEASE)] if state.replaced is not None else []),
        MoveStep(deed=Deed.FOLLOW),
        *(_met(match) for match in seen.matches if match.left.who not in asked),
        *(
            MoveStep(deed=Deed.JOIN, account=seat.account, person=seat.person, role=seat.role)
            for seat in seen.right_only
        ),
        *_brought(state, seen),
        *(
            MoveStep(deed=Deed.KEEP, account=seat.account, role=seat.role)
            for seat in seen.left_only
            if seat.active and seat.person is not None
        ),
    ]
    return tuple(steps), queries


def _query(match: Match, state: State) -> Query | None:
    """What is to be asked before the two are one: who is unsure, who would open a teacher's account, who has two."""
    account, person = match.left.account, match.right.person
    if match.likeness is Likeness.KNOWN or account is None or person is None:
        return None
    holder = state.links.get(person)
    teaches = match.left.role is EnrollmentRole.TEACHER and match.likeness is not Likeness.SAID
    if holder is None and match.likeness is not Likeness.UNSURE and not teaches:
        return None
    return Query(account=account, person=person, role=match.left.role, reasons=match.reasons, holder=holder)


def _met(match: Match) -> MoveStep:
    known = match.likeness is Likeness.KNOWN
    return MoveStep(
        deed=Deed.KNOW if known else Deed.LINK,
        account=match.left.account,
        person=match.right.person,
        role=match.left.role,
        reasons=match.reasons,
    )


def _brought(state: State, seen: Overlap) -> Iterator[MoveStep]:
    """Who is active only in the section that is put away, and is not listed: they must not lose their class."""
    here = {(row.account, row.role) for row in state.rows if row.status is EnrollmentStatus.ACTIVE}
    listed = {(seat.account, seat.role) for seat in seen.right.seats}
    for row in state.replaced_rows:
        if row.status is EnrollmentStatus.ACTIVE and (row.account, row.role) not in here | listed:
            yield MoveStep(deed=Deed.BRING, account=row.account, role=row.role)


# --- What holds it ----------------------------------------------------------------------------------------------------


def _teaches(ports: Ports, actor: AccountId, snapshot: Snapshot, to: SectionKey) -> bool:
    ids = _ids(ports.links.of(actor), to)
    return any(one in snapshot.sections[to.section].teachers for one in ids)


def _holds(migration: Migration, seen: Overlap, *, may: bool) -> Iterator[Hold]:
    doubt = migration.snapshot.proof.doubt(migration.to.section)
    if doubt is not None:
        yield Hold(rule=Rule.UNPROVEN, sentence=f"The new list was not read to its end ({doubt}).", final=True)
    if not may:
        yield Hold(
            rule=Rule.NOT_THEIR_CLASS, sentence="Whoever asks does not teach this section at the source.", final=True
        )
    held = [query for query in migration.queries if query.holder is not None]
    if held:
        pairs = ", ".join(f"{query.holder} and {query.account}" for query in held)
        yield Hold(
            rule=Rule.MERGE_FIRST,
            sentence=f"Somebody may have two accounts: {pairs}. Merge them, or say that they are two people.",
            final=True,
        )
    if len(migration.queries) > len(held):
        yield Hold(
            rule=Rule.ASKED, sentence=f"{len(migration.queries) - len(held)} pairs are to be looked at.", final=True
        )
    if migration.verdict is Verdict.TWO:
        yield Hold(rule=Rule.TWO_CLASSES, sentence="The two lists do not look like one class.")
    if migration.verdict is Verdict.PERHAPS:
        yield Hold(rule=Rule.PERHAPS, sentence="The people or the title say that it is one class, and not both.")
    kept = sum(step.deed is Deed.KEEP and step.role is EnrollmentRole.STUDENT for step in migration.steps)
    size = len(seen.left.pupils())
    if migration.verdict is not Verdict.TWO and kept > MANY * size:
        yield Hold(rule=Rule.MANY_KEPT, sentence=f"The new list does not have {kept} of {size} students; they stay.")
    if migration.replaces is not None:
        yield Hold(
            rule=Rule.PUTS_AWAY,
            sentence=f"Section {migration.replaces} follows that source section today; it is put away.",
        )
