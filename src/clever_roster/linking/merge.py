"""Two accounts of one human become one, wholly or not at all, and can be taken apart again.

    plan = linking.plan_merge(ports, source=stub, into=survivor)   # show it; nothing is written
    outcome = linking.merge(ports, plan, consent=Consent.STAFF, actor="admin 7", now=now, move_work=move)
    linking.unmerge(ports, stub, actor="admin 7", now=now, return_work=give_back)

What moves: the identities, every enrollment, every section that is run, and the host's own work through `move_work`, in
the transaction that the host opened. The source is not deleted: it keeps its row, has nothing left that opens it, and
`survivor` names the account that stands in for it. What an undo needs is kept as a memo beside it.

A merge is decided by people: a plan says what consent it takes, and is good for the state that it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TypeAlias

import attrs

from clever_roster.linking.outcomes import Conflict, ConflictKind
from clever_roster.linking.roles import STAFF_ROLES
from clever_roster.linking.tombstones import Meeting, Tombstone, alias_of, bury, find_tombstone, lift, survivor
from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Link,
    Origin,
    Role,
)
from clever_roster.oauth import Reason, Refused
from clever_roster.ports import Ports

__all__ = [
    "Consent",
    "MergePlan",
    "Merged",
    "MoveWork",
    "Unmerged",
    "alias_of",
    "merge",
    "plan_merge",
    "survivor",
    "unmerge",
]

MoveWork: TypeAlias = Callable[[Ports, AccountId, AccountId], None]
"""The host's part: move work (progress, submissions, settings) from the first account to the second. What it raises
undoes the whole merge."""

UNDO_WINDOW = timedelta(days=30)


class Consent(StrEnum):
    """On whose word two accounts are joined; each counts for more than the one before.

    STUB: the person asked, and the source is empty. PROVED: the person signed in to both, freshly, and chose it. STAFF:
    somebody of the host looked at both and decided; the audit names them.
    """

    STUB = "stub"
    PROVED = "proved"
    STAFF = "staff"


@attrs.frozen(kw_only=True)
class MergePlan:
    """What a merge would do, for people to look at; nothing was written.

    Attributes:
        links, owned, enrollments: what would move.
        meeting: rows of `into` in the same section and role as a row of the source: the two become one.
        takes: the least consent that is enough.
        because: why more than an empty account is at stake; None for a stub.
        digest: names the state of both accounts that the plan was made from.
    """

    source: AccountId
    into: AccountId
    links: tuple[Link, ...]
    owned: tuple[HostSection, ...]
    enrollments: tuple[HostEnrollment, ...]
    meeting: tuple[HostEnrollment, ...]
    takes: Consent
    because: ConflictKind | None
    digest: str


@attrs.frozen(kw_only=True)
class Merged:
    """The source's references are all `into`'s now."""

    source: AccountId
    into: AccountId
    links: int
    owned: int
    enrollments: int


@attrs.frozen(kw_only=True)
class Unmerged:
    """Both accounts stand as before, each with what it has gained since.

    Attributes:
        missing: how many identities did not come back, because they were disconnected or moved on since.
    """

    source: AccountId
    into: AccountId
    missing: int


# --- Join -------------------------------------------------------------------------------------------------------------


def plan_merge(ports: Ports, *, source: AccountId, into: AccountId) -> MergePlan | Refused:
    """Say what a merge would move and what consent it takes. Writes nothing; locks both accounts.

    Raises:
        AccountNotFound: one of the two does not exist.
    """
    if source == into:
        return Refused(Reason.SAME_ACCOUNT)
    held = {account: ports.accounts.lock(account) for account in sorted((source, into))}
    if not all(account.active and alias_of(ports, account.id) is None for account in held.values()):
        return Refused(Reason.ACCOUNT_CLOSED)
    links, kept = ports.links.of(source), ports.links.of(into)
    owned, enrollments = ports.sections.owned(source), ports.sections.enrolled(source)
    places = {(row.section, row.role) for row in enrollments}
    others = ports.sections.enrolled(into)
    takes, because = _at_stake(held[source], links, kept, owns=bool(owned))
    return MergePlan(
        source=source,
        into=into,
        links=links,
        owned=owned,
        enrollments=enrollments,
        meeting=tuple(row for row in others if (row.section, row.role) in places),
        takes=takes,
        because=because,
        digest=_digest(held[source], held[into], links, kept, owned, enrollments, others),
    )


def merge(
    ports: Ports,
    plan: MergePlan,
    *,
    consent: Consent,
    actor: str,
    now: datetime,
    move_work: MoveWork | None = None,
) -> Merged | Conflict | Refused:
    """Carry out a plan that is still true, on enough consent.

    Args:
        consent: on whose word; less than `plan.takes` is a Conflict.
        actor: who asked for it, for the audit and the undo: an account id, or the host's word.
        move_work: the host's part, in this transaction.

    Raises:
        AccountNotFound: one of the two is gone.
    """
    now_true = plan_merge(ports, source=plan.source, into=plan.into)
    if isinstance(now_true, Refused):
        return now_true
    if now_true.digest != plan.digest:
        return Refused(Reason.CHANGED_MEANWHILE)
    if now_true.because is not None and not _enough(consent, now_true.takes):
        return Conflict(now_true.because)
    there = {(row.section, row.role): row for row in plan.meeting}
    met = tuple(
        Meeting(source=row, before=there[row.section, row.role], after=_as_one(row, there[row.section, row.role], now))
        for row in plan.enrollments
        if (row.section, row.role) in there
    )
    rest = [row for row in plan.enrollments if (row.section, row.role) not in there]
    into_had_login = bool(ports.links.of(plan.into))
    ports.links.replace([attrs.evolve(link, account=plan.into) for link in plan.links])
    ports.sections.save([attrs.evolve(section, owner=plan.into) for section in plan.owned])
    # The row that speaks for both is written for the source, and handed over in place of the other's.
    ports.sections.hand_over([*rest, *(attrs.evolve(one.after, account=plan.source) for one in met)], to=plan.into)
    bury(
        ports,
        Tombstone(
            source=plan.source,
            into=plan.into,
            at=now,
            by=actor,
            links=tuple(link.key for link in plan.links),
            owned=_ids(plan.owned),
            moved=tuple((row.section, row.role) for row in rest),
            met=met,
            into_had_login=into_had_login,
        ),
    )
    if move_work is not None:
        move_work(ports, plan.source, plan.into)
    return Merged(
        source=plan.source,
        into=plan.into,
        links=len(plan.links),
        owned=len(plan.owned),
        enrollments=len(plan.enrollments),
    )


def _at_stake(
    source: Account, links: Sequence[Link], kept: Sequence[Link], *, owns: bool
) -> tuple[Consent, ConflictKind | None]:
    """What consent it takes. A stub may be absorbed; what Clever knows as two people takes a look by a person."""
    if _two_people(links, kept):
        return Consent.STAFF, ConflictKind.TWO_PEOPLE
    if _districts_apart(links, kept):
        return Consent.STAFF, ConflictKind.HELD_IN_OTHER_DISTRICT
    if _pupil(links) ^ _pupil(kept) and _roles(links) and _roles(kept):
        return Consent.STAFF, ConflictKind.HELD_BY_OTHER_ROLE
    empty = source.activity == 0 and not source.has_password and not owns
    return (Consent.STUB, None) if empty else (Consent.PROVED, ConflictKind.BOTH_ACTIVE)


def _two_people(links: Iterable[Link], kept: Iterable[Link]) -> bool:
    """One provider vouches for a student in each, by different ids of one district."""
    mine = {(link.key.provider, link.key.district) for link in links if _may_be_pupil(link)}
    return any((link.key.provider, link.key.district) in mine for link in kept if _may_be_pupil(link))


def _districts_apart(links: Iterable[Link], kept: Iterable[Link]) -> bool:
    """Whether a provider that vouches for both knows them in different districts.

    Districts of two providers are nothing to compare: a school's Clever district and its Google accounts are one.
    """
    mine, theirs = ({(link.key.provider, link.key.district) for link in some} for some in (links, kept))
    shared = {provider for provider, _ in mine} & {provider for provider, _ in theirs}
    return bool(shared) and mine.isdisjoint(theirs)


def _may_be_pupil(link: Link) -> bool:
    return STAFF_ROLES.isdisjoint(link.roles)


def _pupil(links: Iterable[Link]) -> bool:
    roles = _roles(links)
    return Role.STUDENT in roles and STAFF_ROLES.isdisjoint(roles)


def _roles(links: Iterable[Link]) -> frozenset[Role]:
    """What anybody said of their roles; empty when nobody did, which is no role of its own."""
    return frozenset[Role]().union(*(link.roles for link in links))


def _enough(given: Consent, needed: Consent) -> bool:
    order = list(Consent)
    return order.index(given) >= order.index(needed)


def _as_one(source: HostEnrollment, into: HostEnrollment, now: datetime) -> HostEnrollment:
    """One row for two: in the class if either is, since the earlier day, and the source's claim beside a teacher's."""
    active = EnrollmentStatus.ACTIVE in {source.status, into.status}
    listed = source if source.person is not None and source.origin is not Origin.MANUAL else into
    return attrs.evolve(
        into,
        status=EnrollmentStatus.ACTIVE if active else into.status,
        origin=into.origin if into.origin is source.origin else Origin.BOTH,
        since=min(source.since, into.since),
        changed_at=now,
        person=listed.person or into.person or source.person,
    )


# --- Take apart -------------------------------------------------------------------------------------------------------


def unmerge(
    ports: Ports,
    source: AccountId,
    *,
    actor: str,
    now: datetime,
    return_work: MoveWork | None = None,
    within: timedelta = UNDO_WINDOW,
) -> Unmerged | Conflict | Refused:
    """Undo a merge: everything that moved goes back, as it is today. What came since stays where it is.

    Args:
        return_work: the host's part: give back, from the second account to the first, what `move_work` moved; called
            with the same two accounts in the same order.
        within: how long after the merge.

    Raises:
        AccountNotFound: one of the two is gone.
    """
    grave = find_tombstone(ports, source)
    if grave is None or now - grave.at > within:
        return Refused(Reason.NOT_MERGED)
    into = grave.into
    held = {account: ports.accounts.lock(account) for account in sorted((source, into))}
    # Another request may have undone it, or merged onward, while we waited for the locks.
    if find_tombstone(ports, source) != grave:
        return Refused(Reason.CHANGED_MEANWHILE)
    if alias_of(ports, into) is not None:
        return Conflict(ConflictKind.MERGED_ONWARD)
    links = ports.links.of(into)
    back = [link for link in links if link.key in grave.links]
    kept = [link for link in links if link not in back]
    if _locks_out(held[source], back, had_login=bool(grave.links)):
        return Conflict(ConflictKind.LAST_WAY_IN)
    if _locks_out(held[into], kept, had_login=grave.into_had_login):
        return Conflict(ConflictKind.LAST_WAY_IN)
    ports.links.replace([attrs.evolve(link, account=source) for link in back])
    given_back = [section for section in ports.sections.owned(into) if section.id in grave.owned]
    ports.sections.save([attrs.evolve(section, owner=source) for section in given_back])
    _give_back_enrollments(ports, grave)
    lift(ports, grave, by=actor, now=now)
    if return_work is not None:
        return_work(ports, source, into)
    return Unmerged(source=source, into=into, missing=len(grave.links) - len(back))


def _locks_out(account: Account, links: Sequence[Link], *, had_login: bool) -> bool:
    """Whether an account that had logins before the merge would be left without a way in."""
    return had_login and not links and not account.has_password


def _give_back_enrollments(ports: Ports, grave: Tombstone) -> None:
    rows = {(row.section, row.role): row for row in ports.sections.enrolled(grave.into)}
    ports.sections.hand_over([rows[place] for place in grave.moved if place in rows], to=grave.source)
    kept: list[HostEnrollment] = []
    for one in grave.met:
        today = rows.get((one.after.section, one.after.role))
        # Untouched since: as it was. Changed since (a sync, a teacher): that stands.
        kept += [one.before] if today == one.after else []
        kept.append(one.source)
    ports.sections.save_enrollments(kept)


# --- Small facts ------------------------------------------------------------------------------------------------------


def _ids(sections: Iterable[HostSection]) -> tuple[HostSectionId, ...]:
    return tuple(section.id for section in sections if section.id is not None)


def _digest(
    source: Account,
    into: Account,
    links: Sequence[Link],
    kept: Sequence[Link],
    owned: Sequence[HostSection],
    *enrollments: Sequence[HostEnrollment],
) -> str:
    """What the plan rests on, without names: ids, work, links, classes, seats."""
    facts = (
        [(one.id, one.active, one.has_password, one.activity) for one in (source, into)],
        [[(link.key, link.account, sorted(link.roles)) for link in some] for some in (links, kept)],
        _ids(owned),
        [[(row.section, row.role, row.status, row.origin, row.changed_at) for row in some] for some in enrollments],
    )
    return sha256(repr(facts).encode()).hexdigest()
