"""Reading the host's side of a scope: a number of calls that does not grow with the class, and no row that need not be.

On most nights most sections are as they were: the source says what it said last, and those are in class whom it lists.
Digests tell the one, a roll (`ports.Roll`) the other; of such a section nothing else is read. Which sections are so is
a fact of what is stored: a survey of every row finds no step in them, and the same plan is made from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    PersonId,
    Provider,
    Role,
    Section,
    SectionId,
    SectionKey,
    Snapshot,
    SyncMode,
)
from clever_roster.ports import Ports, Roll
from clever_roster.roster.host import Attachment, HostRoster, HostRows
from clever_roster.roster.night import tonight
from clever_roster.roster.plan import Step, Verb
from clever_roster.roster.remembered import NOTHING, Remembered, recall
from clever_roster.roster.seats import NO_LINES, Lines, Seats, is_plain, seats_by_roll, seats_by_rows

__all__ = ["said_last", "survey", "survey_steps"]


def survey(
    ports: Ports,
    snapshot: Snapshot,
    *,
    attach: Mapping[SectionId, Attachment],
    actor: AccountId | None,
    roles: Collection[Role] = (),
    whole: bool = False,
) -> HostRoster:
    """Read the host's side of a snapshot's scope.

    Args:
        whole: let nothing rest: look at every row, also where all is as the source says; slower, and the same plan
            comes of it.

    Raises:
        SectionNotFound: a section is to be attached to a host section that does not exist.
    """
    provider, district, scope = snapshot.provider, snapshot.district, sorted(snapshot.scope)
    keys = [SectionKey(provider, district, section) for section in scope]
    sections = {key.section: section for key, section in ports.sections.attached(keys).items()}
    wished = {key: ports.sections.get(wish.into) for key, wish in attach.items() if wish.into is not None}
    memory = recall(ports, keys)
    _, listed = ports.roster.digests(provider, district, sections=scope)
    same = frozenset(key for key, one in snapshot.sections.items() if listed.get(key) == one.digest)
    mirrored = _listed(ports, snapshot, listed.keys() if whole else listed.keys() - same)
    lists = (*snapshot.sections.values(), *mirrored.values())
    named = {*chain.from_iterable(chain(one.teachers, one.students) for one in lists)}
    mirrored |= {key: snapshot.sections[key] for key in same if key not in mirrored}
    people = sorted(named)
    accounts = dict(ports.links.accounts(provider, district, people))
    said = dict(ports.roster.digests(provider, district, people=people)[0])
    calm = _calm(snapshot, said)
    rolls = _rolls(ports, sections, wished)
    unclear = _unclear(ports, sections, wished, rolls)
    teachers = {*chain.from_iterable(one.teachers for one in snapshot.sections.values())}
    lines = Lines.of(calm, accounts, teachers=teachers)
    seats = _seats(snapshot, rolls, unclear, lines)
    quiet = frozenset(key for key in same if _is_quiet(key, snapshot, sections.get(key), seats, memory))
    if whole:
        seats = _seats(snapshot, rolls, unclear, NO_LINES)
    others = {seat.person for one in seats.values() for seat in one.rows.values() if seat.person is not None} - named
    if others:
        accounts |= ports.links.accounts(provider, district, sorted(others))
        more = ports.roster.digests(provider, district, people=sorted(others))[0]
        said |= more
        calm |= _calm(snapshot, more)
    to_tell = sorted(said if whole else said.keys() - calm)
    told = dict(ports.roster.people(provider, district, to_tell)) if to_tell else {}
    known = frozenset(named | others)
    altered = {accounts[key] for key in (known - calm) & snapshot.people.keys() if key in accounts}
    host_ids = {host.id for host in (*sections.values(), *wished.values()) if host.id is not None}
    return HostRoster(
        mirror=Snapshot(
            provider=provider,
            district=district,
            taken_at=snapshot.taken_at,
            scope=frozenset(mirrored),
            people={key: one for key, one in snapshot.people.items() if key in calm and key not in told} | told,
            sections=mirrored,
        ),
        sections=sections,
        wished=wished,
        rolls=rolls,
        seats=seats,
        accounts=accounts,
        people=ports.accounts.find(sorted(altered)) if altered else {},
        actor=None if actor is None else _people_of(ports, actor, snapshot, roles),
        elsewhere=_elsewhere(ports, provider, {attach[key].owner for key in attach.keys() - sections.keys()}, host_ids),
        memory=memory,
        known=known,
        night=tonight(ports, snapshot),
        said=said,
        quiet=quiet,
        resting=frozenset() if whole else quiet,
    )


def survey_steps(
    ports: Ports, snapshot: Snapshot, steps: Iterable[Step], *, attach: Mapping[SectionId, Attachment]
) -> HostRows:
    """As much of the host's side as some steps of a plan are about: their sections, accounts and rows."""
    provider, district = snapshot.provider, snapshot.district
    steps = tuple(steps)
    touched = {key for step in steps for key in step.sections}
    keys = [SectionKey(provider, district, key) for key in sorted(touched)]
    sections = {key.section: section for key, section in ports.sections.attached(keys).items()} if keys else {}
    wished = {
        key: ports.sections.get(wish.into)
        for key, wish in attach.items()
        if wish.into is not None and key in touched and key not in sections
    }
    people = sorted({step.person for step in steps if step.person is not None})
    accounts: dict[PersonId, AccountId] = {}
    if people:
        accounts.update(ports.links.accounts(provider, district, people))
    named = {step.account for step in steps if step.account is not None}
    altered = {step.account for step in steps if step.verb is Verb.ALTER_PERSON and step.account is not None}
    host_ids = {host.id for host in (*sections.values(), *wished.values()) if host.id is not None}
    who = named.union(accounts.values())
    return HostRows(
        sections=sections,
        wished=wished,
        enrollments=ports.sections.enrollments(host_ids, of=who) if host_ids and who else (),
        accounts=accounts,
        people=ports.accounts.find(sorted(altered)) if altered else {},
    )


def said_last(ports: Ports, after: Snapshot, sections: Collection[SectionId], people: Collection[PersonId]) -> Snapshot:
    """What the source said last of these; where that is what it says in `after`, the very records of `after`."""
    provider, district = after.provider, after.district
    said, listed = ports.roster.digests(provider, district, people=sorted(people), sections=sorted(sections))
    calm = _calm(after, said)
    same = {key for key, digest in listed.items() if key in after.sections and after.sections[key].digest == digest}
    known = {key: after.people[key] for key in calm}
    if said.keys() - calm:
        known |= ports.roster.people(provider, district, sorted(said.keys() - calm))
    mirrored = {key: after.sections[key] for key in same} | _listed(ports, after, listed.keys() - same)
    return Snapshot(
        provider=provider,
        district=district,
        taken_at=after.taken_at,
        scope=frozenset(mirrored),
        people=known,
        sections=mirrored,
    )


def _calm(snapshot: Snapshot, said: Mapping[PersonId, str]) -> frozenset[PersonId]:
    """The people of whom the source says what it said last."""
    described = snapshot.people
    return frozenset(key for key, digest in said.items() if key in described and described[key].digest == digest)


def _listed(ports: Ports, snapshot: Snapshot, keys: Collection[SectionId]) -> dict[SectionId, Section]:
    where = (snapshot.provider, snapshot.district)
    if not keys:
        return {}
    found = ports.roster.sections([SectionKey(*where, key) for key in sorted(keys)])
    return {key.section: section for key, section in found.items()}


# --- What rests -------------------------------------------------------------------------------------------------------


def _rolls(
    ports: Ports, sections: Mapping[SectionId, HostSection], wished: Mapping[SectionId, HostSection]
) -> Mapping[SectionId, Roll]:
    """The rolls of the host sections that sections of the source are, or are to be, attached to."""
    host_ids = {key: host.id for key, host in {**wished, **sections}.items() if host.id is not None}
    if not host_ids:
        return {}
    rolls = ports.sections.rolls(sorted({*host_ids.values()}))
    return {key: rolls[host_id] for key, host_id in host_ids.items() if host_id in rolls}


def _unclear(
    ports: Ports,
    sections: Mapping[SectionId, HostSection],
    wished: Mapping[SectionId, HostSection],
    rolls: Mapping[SectionId, Roll],
) -> Mapping[SectionId, tuple[HostEnrollment, ...]]:
    """The rows of sections whose rolls cannot be told line by line."""
    ids = {key: (sections.get(key) or wished[key]).id for key, roll in rolls.items() if not is_plain(roll)}
    rows = ports.sections.enrollments({one for one in ids.values() if one is not None}) if ids else ()
    return {key: tuple(row for row in rows if row.section == host_id) for key, host_id in ids.items()}


def _seats(
    snapshot: Snapshot,
    rolls: Mapping[SectionId, Roll],
    unclear: Mapping[SectionId, tuple[HostEnrollment, ...]],
    lines: Lines,
) -> Mapping[SectionId, Seats]:
    """Everybody who is, or was, in a section, or is listed in it."""
    listed = snapshot.sections
    seats = {key: seats_by_roll(roll, listed.get(key), lines) for key, roll in rolls.items() if key not in unclear}
    for key, rows in unclear.items():
        seats[key] = seats_by_rows(rows, listed.get(key))
    for key in listed.keys() - seats.keys():
        seats[key] = seats_by_rows((), listed[key])
    return seats


def _is_quiet(
    key: SectionId,
    snapshot: Snapshot,
    host: HostSection | None,
    seats: Mapping[SectionId, Seats],
    memory: Mapping[SectionId, Remembered],
) -> bool:
    """Whether a section of which the source says what it said last stands so in the host: nothing is to be done in it.

    Where its owner was withdrawn from teaching it, somebody is to look into it.
    """
    return (
        host is not None
        and not host.archived
        and host.mode is SyncMode.MIRROR
        and snapshot.proof.doubt(key) is None
        and not memory.get(key, NOTHING).busy
        and seats[key].stand
        and (host.owner, EnrollmentRole.TEACHER) not in seats[key].rows
    )


# --- Who asks, and what they have elsewhere ---------------------------------------------------------------------------


def _people_of(
    ports: Ports, account: AccountId, snapshot: Snapshot, roles: Collection[Role]
) -> frozenset[PersonId] | None:
    """The account's ids at this source and district; None for one that may sync all of the district."""
    keys = (link.key for link in ports.links.of(account))
    here = frozenset(
        key.subject for key in keys if (key.provider, key.district) == (snapshot.provider, snapshot.district)
    )
    return None if here and Role.DISTRICT_ADMIN in roles else here


def _elsewhere(
    ports: Ports, provider: Provider, owners: Collection[AccountId], known: Collection[HostSectionId]
) -> Mapping[HostSection, frozenset[AccountId]]:
    """The students of what these owners run already and another provider feeds: a second class would show itself."""
    theirs = {
        section.id: section
        for owner in sorted(owners)
        for section in ports.sections.owned(owner)
        if section.id is not None and not section.archived and section.id not in known
        if section.source is not None and section.source.provider != provider
    }
    students: dict[HostSectionId, set[AccountId]] = {}
    for row in ports.sections.enrollments(theirs.keys()) if theirs else ():
        if row.role is EnrollmentRole.STUDENT and row.status is EnrollmentStatus.ACTIVE:
            students.setdefault(row.section, set()).add(row.account)
    return {theirs[key]: frozenset(accounts) for key, accounts in students.items()}
