"""Carrying out a plan inside one transaction, and saying what was done.

Nobody is deleted: an enrollment ends by its status and comes back as the same row. A plan is applied to the state that
it was made from, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import assert_never

import attrs

from clever_roster.errors import ConfigurationError, StalePlan, StoreError
from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    Person,
    PersonId,
    ProfileUpdate,
    SectionId,
    SectionKey,
)
from clever_roster.ports import JournalEntry, Ports
from clever_roster.roster.host import HostRoster, survey
from clever_roster.roster.plan import Plan, Step, Verb

__all__ = ["Approval", "Report", "apply"]


@attrs.frozen(kw_only=True)
class Approval:
    """A person's word that held steps may go on: for one plan, named by its digest, and for no other.

    Attributes:
        by: the account that gives it.
        why: in the person's own words; kept in the journal.
    """

    digest: str
    by: AccountId
    why: str


@attrs.frozen(kw_only=True)
class Report:
    """What apply did. `held` is its own state, neither success nor failure.

    Attributes:
        sections: the host sections by source section.
        created: how many accounts were made for people who had none.
        done: the steps that were carried out.
        held: the steps that still wait.
    """

    plan: str
    sections: Mapping[SectionId, HostSectionId]
    created: int
    done: tuple[Step, ...]
    held: tuple[Step, ...]

    def count(self, verb: Verb) -> int:
        """How many steps of a kind were carried out."""
        return sum(step.verb is verb for step in self.done)


def apply(ports: Ports, plan: Plan, *, actor: str, now: datetime, approval: Approval | None = None) -> Report:
    """Carry out what is ready, and what was approved.

    Args:
        actor: who did it, for the journal: an account id, or the host's word for a nightly job.

    Raises:
        StalePlan: the host's roster is no longer what the plan was made from; nothing was written.
        ConfigurationError: the approval names another plan.
    """
    host = survey(ports, plan.snapshot, attach=plan.attach, actor=plan.actor)
    _check(plan, host, approval)
    done = tuple(step for step in plan.steps if _may(step, approval))
    held = tuple(step for step in plan.steps if not _may(step, approval))
    sections = _save_sections(ports, plan, host, done)
    accounts, created = _save_accounts(ports, plan, host, done, now=now)
    result = _Result(plan=plan, host=host, done=done, sections=sections, accounts=accounts, now=now)
    ports.sections.save_enrollments(_enrollments(result))
    ports.accounts.update(_profiles(plan, done))
    _save_mirror(ports, result)
    ports.mirror.record(_journal(result, actor=actor, approval=approval))
    return Report(plan=plan.digest, sections=sections, created=created, done=done, held=held)


@attrs.frozen(kw_only=True)
class _Result:
    """What is known once sections and accounts exist: where every step's section and person live in the host."""

    plan: Plan
    host: HostRoster
    done: tuple[Step, ...]
    sections: Mapping[SectionId, HostSectionId]
    accounts: Mapping[PersonId, AccountId]
    now: datetime

    def account(self, step: Step) -> AccountId | None:
        return step.account or (self.accounts.get(step.person) if step.person else None)


def _check(plan: Plan, host: HostRoster, approval: Approval | None) -> None:
    if host.basis != plan.basis:
        raise StalePlan(
            f"The roster has changed since plan {plan.digest[:12]} was made.",
            next_step="Make the plan again, show it, and apply the new one.",
        )
    if approval is not None and approval.digest != plan.digest:
        raise ConfigurationError(
            f"The approval names plan {approval.digest[:12]}, but this is plan {plan.digest[:12]}.",
            next_step="Show this plan and ask again: an approval is for the plan that was read.",
        )


def _may(step: Step, approval: Approval | None) -> bool:
    return step.hold is None or (approval is not None and not step.hold.final)


def _save_sections(
    ports: Ports, plan: Plan, host: HostRoster, done: Iterable[Step]
) -> Mapping[SectionId, HostSectionId]:
    """Attach, rename and archive. A name that a teacher changed by hand is left as it is."""
    ids = {key: section.id for key, section in host.sections.items() if section.id is not None}
    for step in done:
        changed = None if step.section is None else _changed_section(plan, host, step, step.section)
        if changed is not None and step.section is not None:
            saved = ports.sections.save(changed)
            ids[step.section] = _id_of(saved)
    return ids


def _changed_section(plan: Plan, host: HostRoster, step: Step, key: SectionId) -> HostSection | None:
    attached = host.sections.get(key)
    if step.verb is Verb.ATTACH:
        source = SectionKey(plan.snapshot.provider, plan.snapshot.district, key)
        existing = host.wished.get(key)
        if existing is not None:
            return attrs.evolve(existing, source=source)
        return HostSection(name=plan.snapshot.sections[key].name, owner=plan.attach[key].owner, source=source)
    if attached is None:
        return None
    if step.verb is Verb.ARCHIVE:
        return attrs.evolve(attached, archived=True)
    if step.verb is Verb.ALTER_SECTION:
        renamed = [field for field in step.fields if field.field == "name" and field.old == attached.name]
        return attrs.evolve(attached, name=str(renamed[0].new)) if renamed else None
    return None


def _id_of(section: HostSection) -> HostSectionId:
    if section.id is None:
        raise StoreError("The store saved a section without giving it an id.", next_step="Return it with its id.")
    return section.id


def _save_accounts(
    ports: Ports, plan: Plan, host: HostRoster, done: Iterable[Step], *, now: datetime
) -> tuple[Mapping[PersonId, AccountId], int]:
    """The account of everyone who joins; made and linked for those who have none, so that a later login finds it."""
    joining = {step.person for step in done if step.verb in {Verb.ENROLL, Verb.MOVE} and step.person is not None}
    missing = sorted(joining - host.accounts.keys())
    if not missing:
        return host.accounts, 0
    made = ports.accounts.create([_new_account(plan.snapshot.people[person]) for person in missing])
    newly = dict(zip(missing, made, strict=True))
    provider, district = plan.snapshot.provider, plan.snapshot.district
    ports.links.add(
        [
            Link(key=IdentityKey(provider, district, person), account=account, linked_at=now)
            for person, account in newly.items()
        ]
    )
    return {**host.accounts, **newly}, len(made)


def _new_account(person: Person) -> NewAccount:
    return NewAccount(name=person.name, email=person.email or None, roles=person.roles)


def _enrollments(result: _Result) -> list[HostEnrollment]:
    """The rows as they are to be: each once, though two identities of one account may both be listed."""
    rows: dict[tuple[HostSectionId, AccountId, EnrollmentRole], HostEnrollment] = {}
    for step in result.done:
        for key, status, origin in _placements(step):
            row = _row(result, step, key)
            rows[row.section, row.account, row.role] = attrs.evolve(
                row, status=status, origin=origin, changed_at=result.now, person=step.person or row.person
            )
    return list(rows.values())


def _placements(step: Step) -> Iterator[tuple[SectionId, EnrollmentStatus, Origin]]:
    """Where a step leaves its person, and as what."""
    if step.section is None:
        return
    match step.verb:
        case Verb.ENROLL | Verb.RESTORE:
            yield step.section, EnrollmentStatus.ACTIVE, Origin.SOURCE
        case Verb.MOVE:
            yield step.section, EnrollmentStatus.ACTIVE, Origin.SOURCE
            if step.origin is not None:
                yield step.origin, EnrollmentStatus.WITHDRAWN, Origin.SOURCE
        case Verb.ADOPT:
            yield step.section, EnrollmentStatus.ACTIVE, Origin.BOTH
        case Verb.RELEASE:
            yield step.section, EnrollmentStatus.ACTIVE, Origin.MANUAL
        case Verb.WITHDRAW:
            yield step.section, EnrollmentStatus.WITHDRAWN, Origin.SOURCE
        case Verb.ATTACH | Verb.ALTER_SECTION | Verb.ALTER_PERSON | Verb.ARCHIVE:
            return
        case _:
            assert_never(step.verb)


def _row(result: _Result, step: Step, key: SectionId) -> HostEnrollment:
    """The row that is there, whatever its status, so that who returns gets their history back; else a new one."""
    account, role = result.account(step), step.role
    if account is None or role is None:
        raise AssertionError(f"a {step.verb} step names no account or no role")
    return result.host.rows(key).get((account, role)) or HostEnrollment(
        section=result.sections[key],
        account=account,
        role=role,
        origin=Origin.SOURCE,
        status=EnrollmentStatus.ACTIVE,
        since=result.now,
        changed_at=result.now,
    )


def _profiles(plan: Plan, done: Iterable[Step]) -> list[ProfileUpdate]:
    """What the roster owns of an account: the name, and the email when the source says one."""
    updates: list[ProfileUpdate] = []
    for step in done:
        if step.verb is Verb.ALTER_PERSON and step.account is not None and step.person is not None:
            person, changed = plan.snapshot.people[step.person], {field.field for field in step.fields}
            name = person.name if "name" in changed else None
            email = person.email if "email" in changed else None
            if name is not None or email is not None:
                updates.append(ProfileUpdate(account=step.account, name=name, email=email))
    return updates


def _save_mirror(ports: Ports, result: _Result) -> None:
    """Remember what is new, of synced sections only; an unchanged roster writes nothing."""
    before, after = result.host.mirror, result.plan.mirror
    synced = {key: section for key, section in after.sections.items() if key in result.sections}
    sections = [section for key, section in sorted(synced.items()) if before.sections.get(key) != section]
    named = {one.person for section in synced.values() for one in section.enrollments()}
    people = [
        person for key, person in sorted(after.people.items()) if key in named and before.people.get(key) != person
    ]
    if people or sections or result.plan.forgotten:
        ports.mirror.save(after.provider, after.district, people=people, sections=sections, gone=result.plan.forgotten)


def _journal(result: _Result, *, actor: str, approval: Approval | None) -> list[JournalEntry]:
    digest = result.plan.digest
    return [
        JournalEntry(
            at=result.now,
            plan=digest,
            actor=actor if step.hold is None or approval is None else f"{approval.by}: {approval.why}",
            verb=verb,
            section=result.sections[key],
            account=result.account(step),
        )
        for step in result.done
        for key, verb in ((step.section, step.verb.value), (step.origin, "leave"))
        if key is not None and key in result.sections
    ]
