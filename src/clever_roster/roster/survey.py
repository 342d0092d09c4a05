"""Reading the host's side of a scope: a number of calls that does not grow with the class, and no row that need not be.

On most nights most sections are as they were: the source says what it said last, and those are in class whom it lists.
Digests tell the one, a roll (`ports.Roll`) the other; of such a section nothing else is read. Which sections are so is
a fact of what is stored: a survey of every row finds no step in them, and the same plan is made from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from clever_roster.digests import digest_of_record
from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
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
from clever_roster.roster.host import Attachment, HostRoster
from clever_roster.roster.night import tonight
from clever_roster.roster.plan import Step, Verb
from clever_roster.roster.remembered import NOTHING, Remembered, recall

__all__ = ["said_last", "survey", "survey_steps"]

EMPTY = Roll()


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
        whole: read every row, also where all is as the source says; slower, and the same plan comes of it.

    Raises:
        SectionNotFound: a section is to be attached to a host section that does not exist.
    """
    provider, district = snapshot.provider, snapshot.district
    keys = [SectionKey(provider, district, section) for section in sorted(snapshot.scope)]
    sections = {key.section: section for key, section in ports.sections.attached(keys).items()}
    wished = {key: ports.sections.get(wish.into) for key, wish in attach.items() if wish.into is not None}
    memory = recall(ports, keys)
    _, listed = ports.roster.digests(provider, district, sections=sorted(snapshot.scope))
    same = frozenset(key for key, one in snapshot.sections.items() if listed.get(key) == digest_of_record(one))
    mirrored = _listed(ports, snapshot, listed.keys() if whole else listed.keys() - same)
    mirrored |= {key: snapshot.sections[key] for key in same if key not in mirrored}
    lists = chain(snapshot.sections.values(), mirrored.values())
    named = {*chain.from_iterable((*one.teachers, *one.students) for one in lists)}
    accounts = dict(ports.links.accounts(provider, district, sorted(named)))
    said = dict(ports.roster.digests(provider, district, people=sorted(named))[0])
    calm = _calm(snapshot, said)
    quiet = _quiet(ports, snapshot, sections, wished, memory=memory, accounts=accounts, same=same, calm=calm)
    unread = {} if whole else quiet
    host_ids = {host.id for host in (*sections.values(), *wished.values()) if host.id is not None}
    to_read = host_ids - {sections[key].id for key in unread}
    rows = ports.sections.enrollments(to_read) if to_read else ()
    others = {row.person for row in rows if row.person is not None}.union(*map(_gone_from, unread.values())) - named
    if others:
        accounts |= ports.links.accounts(provider, district, sorted(others))
        more = ports.roster.digests(provider, district, people=sorted(others))[0]
        said |= more
        calm |= _calm(snapshot, more)
    to_tell = sorted(said if whole else said.keys() - calm)
    people = dict(ports.roster.people(provider, district, to_tell)) if to_tell else {}
    known = frozenset(named | others)
    altered = {accounts[key] for key in (snapshot.people.keys() & known) - calm if key in accounts}
    return HostRoster(
        mirror=Snapshot(
            provider=provider,
            district=district,
            taken_at=snapshot.taken_at,
            scope=frozenset(mirrored),
            people={key: snapshot.people[key] for key in calm if key not in people} | people,
            sections=mirrored,
        ),
        sections=sections,
        wished=wished,
        enrollments=rows,
        accounts=accounts,
        people=ports.accounts.find(sorted(altered)) if altered else {},
        actor=None if actor is None else _people_of(ports, actor, snapshot, roles),
        elsewhere=_elsewhere(ports, provider, {attach[key].owner for key in attach.keys() - sections.keys()}, host_ids),
        memory=memory,
        known=known,
        night=tonight(ports, snapshot),
        said=said,
        quiet=frozenset(quiet),
        rolls=unread,
    )


def survey_steps(
    ports: Ports, snapshot: Snapshot, steps: Iterable[Step], *, attach: Mapping[SectionId, Attachment]
) -> HostRoster:
    """As much of the host's side as some steps of a plan are about: their sections, accounts and rows."""
    provider, district = snapshot.provider, snapshot.district
    steps = tuple(steps)
    touched = {key for step in steps for key in (step.section, step.origin) if key is not None}
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
    return HostRoster(
        mirror=Snapshot.of(provider=provider, district=district, taken_at=snapshot.taken_at, people=(), sections=()),
        sections=sections,
        wished=wished,
        enrollments=ports.sections.enrollments(host_ids, of=who) if host_ids and who else (),
        accounts=accounts,
        people=ports.accounts.find(sorted(altered)) if altered else {},
        actor=None,
    )


def said_last(ports: Ports, after: Snapshot, sections: Collection[SectionId], people: Collection[PersonId]) -> Snapshot:
    """What the source said last of these; where that is what it says in `after`, the very records of `after`."""
    provider, district = after.provider, after.district
    said, listed = ports.roster.digests(provider, district, people=sorted(people), sections=sorted(sections))
    calm = _calm(after, said)
    same = {
        key
        for key, digest in listed.items()
        if key in after.sections and digest_of_record(after.sections[key]) == digest
    }
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
    return frozenset(
        key for key, digest in said.items() if key in described and digest_of_record(described[key]) == digest
    )


def _listed(ports: Ports, snapshot: Snapshot, keys: Collection[SectionId]) -> dict[SectionId, Section]:
    where = (snapshot.provider, snapshot.district)
    if not keys:
        return {}
    found = ports.roster.sections([SectionKey(*where, key) for key in sorted(keys)])
    return {key.section: section for key, section in found.items()}


# --- What rests -------------------------------------------------------------------------------------------------------


def _quiet(
    ports: Ports,
    snapshot: Snapshot,
    sections: Mapping[SectionId, HostSection],
    wished: Mapping[SectionId, HostSection],
    *,
    memory: Mapping[SectionId, Remembered],
    accounts: Mapping[PersonId, AccountId],
    same: Collection[SectionId],
    calm: frozenset[PersonId],
) -> dict[SectionId, Roll]:
    """The sections that stand as the source says, now as last time, with their rolls: nothing is to be done in them."""
    into = {host.id for host in wished.values()}
    candidates: dict[SectionId, HostSectionId] = {
        key: host.id
        for key in same
        if (host := sections.get(key)) is not None
        and host.id is not None
        and host.id not in into
        and not host.archived
        and host.mode is SyncMode.MIRROR
        and snapshot.proof.doubt(key) is None
        and not memory.get(key, NOTHING).busy
        and calm.issuperset(snapshot.sections[key].students)
        and calm.issuperset(snapshot.sections[key].teachers)
    }
    if not candidates:
        return {}
    rolls = ports.sections.rolls([*candidates.values()])
    lists = [snapshot.sections[key] for key in candidates]
    named = {
        EnrollmentRole.STUDENT: {*chain.from_iterable(one.students for one in lists)},
        EnrollmentRole.TEACHER: {*chain.from_iterable(one.teachers for one in lists)},
    }
    lines = {
        role: {person: f"{role}\t{person}\t{accounts[person]}" for person in people if person in accounts}
        for role, people in named.items()
    }
    return {
        key: roll
        for key, host_id in sorted(candidates.items())
        if _stands(roll := rolls.get(host_id, EMPTY), snapshot.sections[key], lines)
    }


def _stands(roll: Roll, section: Section, lines: Mapping[EnrollmentRole, Mapping[PersonId, str]]) -> bool:
    """Whether those are in class whom the source lists, and nobody's hand was in it."""
    students, teachers = lines[EnrollmentRole.STUDENT], lines[EnrollmentRole.TEACHER]
    size = len(section.students) + len(section.teachers)
    # An id that holds a mark of the roll's own could be read as something else: such a section is read in full.
    if roll.others or roll.present.count("\t") != 2 * size:
        return False
    present = {*roll.present.split("\n")} if size else set[str]()
    if len(present) != size:
        return False
    return present.issuperset(map(students.get, section.students)) and present.issuperset(
        map(teachers.get, section.teachers)
    )


def _gone_from(roll: Roll) -> Iterator[PersonId]:
    """The people of withdrawn rows."""
    return (PersonId(line.split("\t")[1]) for line in roll.ended.split("\n") if line)


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
