"""Carrying out a plan inside one transaction, and saying what was done.

Nobody is deleted: an enrollment ends by its status and comes back as the same row. A plan is applied to the state that
it was made from, or not at all. `carry_out` is the same for a whole plan and for a chunk of one (`run`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import assert_never

import attrs

from clever_roster.display.views import Shown, View
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
from clever_roster.roster.diff import same
from clever_roster.roster.draft import follows
from clever_roster.roster.host import HostRoster, HostRows
from clever_roster.roster.keep import keep_memory, keep_mirror
from clever_roster.roster.lease import check_free
from clever_roster.roster.past import keep_past
from clever_roster.roster.plan import Plan, Step, Verb
from clever_roster.roster.survey import survey
from clever_roster.roster.trace import LAST, Trace, keep_trace, latest_round

__all__ = [
    "Approval",
    "Ending",
    "Missed",
    "Report",
    "allowed",
    "apply",
    "attached_to",
    "carry_out",
    "kept_back",
]


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


class Ending(StrEnum):
    """How a sync ended. HELD is neither success nor failure, and stays loud: see `Report.oldest`."""

    DONE = "done"
    HELD = "held"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class Missed:
    """A step that was not carried out, and why: the host's row was edited meanwhile, or the host refused it."""

    step: Step
    why: str


@attrs.frozen(kw_only=True)
class Report(Shown):
    """What apply did. `held` is its own state, neither success nor failure.

    Attributes:
        sections: the host sections by source section.
        created: how many accounts were made for people who had none.
        done: the steps that were carried out.
        held: the steps that still wait.
        stale: steps that no longer fit what the host has; the next plan sees it as it is.
        failed: steps that the host refused; the others went on.
    """

    plan: str
    sections: Mapping[SectionId, HostSectionId]
    created: int
    done: tuple[Step, ...]
    held: tuple[Step, ...]
    stale: tuple[Missed, ...] = ()
    failed: tuple[Missed, ...] = ()

    def view(self, *, names: bool = False) -> View:
        """Tables `done`, `held` and `steps`, each step with what became of it."""
        from clever_roster.roster.show import view_of_report  # noqa: PLC0415 - it knows reports

        return view_of_report(self, names=names)

    def count(self, verb: Verb) -> int:
        """How many steps of a kind were carried out."""
        return sum(step.verb is verb for step in self.done)

    @property
    def ending(self) -> Ending:
        """How it ended, the worst first."""
        return Ending.FAILED if self.failed else Ending.HELD if self.held else Ending.DONE

    @property
    def settled(self) -> bool:
        """Whether all of it was done or waits; else the same classes are to be read once more, news of them or not."""
        return not self.failed and not self.stale

    @property
    def oldest(self) -> datetime | None:
        """Since when the step that waits longest has waited; None when none was held before."""
        return min((step.hold.since for step in self.held if step.hold and step.hold.since), default=None)

    @property
    def nights(self) -> int:
        """In how many runs before this one the step that waits longest was held."""
        return max((step.hold.nights for step in self.held if step.hold), default=0)


def apply(ports: Ports, plan: Plan, *, actor: str, now: datetime, approval: Approval | None = None) -> Report:
    """Carry out what is ready, and what was approved.

    Args:
        actor: who did it, for the journal: an account id, or the host's word for a nightly job.

    Raises:
        StalePlan: the host's roster is no longer what the plan was made from; nothing was written.
        ConfigurationError: the approval names another plan.
        ScopeBusy: another sync of some of these sections is at work.
        Overtaken: another sync of one of these sections ended at the same moment; plan once more.
    """
    done = allowed(plan, approval)
    if plan.idle:
        return Report(plan=plan.digest, sections=plan.attached, created=0, done=(), held=())
    host = survey(ports, plan.snapshot, attach=plan.attach, actor=plan.actor, roles=plan.roles)
    if host.basis != plan.basis:
        raise StalePlan(
            f"The roster has changed since plan {plan.digest[:12]} was made.",
            next_step="Make the plan again, show it, and apply the new one.",
        )
    held = kept_back(plan, approval)
    if done:
        check_free(ports, plan.snapshot, now=now)
    result = carry_out(ports, plan, _rows_of(ports, host, done), done, actor=actor, now=now, approval=approval)
    people, listed = keep_mirror(ports, plan, host.mirror, done, result.sections)
    sizes = {key: host.seats_in(key).size(EnrollmentRole.STUDENT) for step in held for key in step.sections}
    approved = approval is not None
    keep_memory(ports, plan, done, held, memory=host.memory, sizes=sizes, now=now, approved=approved)
    trace = attrs.evolve(result.trace, people=people, listed=listed)
    if trace != attrs.evolve(Trace(), source=trace.source):
        one = latest_round(ports, plan.digest, approved=approval is not None)
        one = one.following() if one.behind > 0 or one.ended else one
        keep_trace(ports, one, LAST, attrs.evolve(trace, steps=len(done)))
        keep_past(ports, plan, one, at=now, actor=actor, done=len(done), held=len(held), ended=True)
    return Report(plan=plan.digest, sections=result.sections, created=result.created, done=done, held=held)


def _rows_of(ports: Ports, host: HostRoster, steps: Collection[Step]) -> HostRows:
    """The rows that these steps write, whole: a survey knows of them what a plan has to know."""
    keys = {key for step in steps if step.role is not None for key in step.sections}
    ids = {one.id for key in keys if (one := host.sections.get(key) or host.wished.get(key)) is not None and one.id}
    people = {step.person for step in steps}
    who = {account for person, account in host.accounts.items() if person in people}
    who |= {step.account for step in steps if step.account is not None}
    return HostRows(
        sections=host.sections,
        wished=host.wished,
        accounts=host.accounts,
        enrollments=ports.sections.enrollments(ids, of=who) if ids and who else (),
        people=host.people,
    )


def allowed(plan: Plan, approval: Approval | None) -> tuple[Step, ...]:
    """The steps that may be carried out.

    Raises:
        ConfigurationError: the approval names another plan.
    """
    if approval is not None and approval.digest != plan.digest:
        raise ConfigurationError(
            f"The approval names plan {approval.digest[:12]}, but this is plan {plan.digest[:12]}.",
            next_step="Show this plan and ask again: an approval is for the plan that was read.",
        )
    return tuple(step for step in plan if _may(step, approval))


def kept_back(plan: Plan, approval: Approval | None) -> tuple[Step, ...]:
    """The steps that wait, all the same."""
    return tuple(step for step in plan if not _may(step, approval))


def _may(step: Step, approval: Approval | None) -> bool:
    return step.hold is None or (approval is not None and not step.hold.final)


def attached_to(
    ports: Ports, plan: Plan, *, known: Mapping[SectionId, HostSectionId]
) -> Mapping[SectionId, HostSectionId]:
    """The host sections of a plan's scope: those that it touches as they are now.

    Args:
        known: those that were looked up, or made, in this transaction.
    """
    provider, district = plan.snapshot.provider, plan.snapshot.district
    attached = {key: section for key, section in plan.attached.items() if key not in plan.touched} | {**known}
    unknown = [SectionKey(provider, district, key) for key in sorted(plan.touched - known.keys())]
    if unknown:
        found = ports.sections.attached(unknown)
        attached |= {key.section: section.id for key, section in found.items() if section.id is not None}
    return attached


# --- The deed ---------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Carried:
    """What came of carrying out some steps."""

    sections: Mapping[SectionId, HostSectionId]
    created: int
    trace: Trace


@attrs.frozen(kw_only=True)
class _Result:
    """What is known once sections and accounts exist: where every step's section and person live in the host."""

    host: HostRows
    done: tuple[Step, ...]
    sections: Mapping[SectionId, HostSectionId]
    accounts: Mapping[PersonId, AccountId]
    now: datetime

    def account(self, step: Step) -> AccountId | None:
        return step.account or (self.accounts.get(step.person) if step.person else None)


def carry_out(
    ports: Ports,
    plan: Plan,
    host: HostRows,
    done: tuple[Step, ...],
    *,
    actor: str,
    now: datetime,
    approval: Approval | None,
) -> Carried:
    """Write these steps of a plan: sections, accounts, enrollments, profiles and the journal."""
    sections, changed = _save_sections(ports, plan, host, done)
    accounts, created = _save_accounts(ports, plan, host, done, now=now)
    result = _Result(host=host, done=done, sections=sections, accounts=accounts, now=now)
    rows = _enrollments(result)
    if rows:
        ports.sections.save_enrollments([after for _, after in rows])
    profiles = _profiles(plan, host, done)
    if profiles:
        ports.accounts.update([after for _, after in profiles])
    journal = _journal(result, plan.digest, actor=actor, approval=approval)
    if journal:
        ports.roster.record(journal)
    source = SectionKey(plan.snapshot.provider, plan.snapshot.district, SectionId(""))
    trace = Trace(rows=rows, sections=changed, profiles=profiles, source=source)
    return Carried(sections=sections, created=created, trace=trace)


def _save_sections(
    ports: Ports, plan: Plan, host: HostRows, done: Iterable[Step]
) -> tuple[Mapping[SectionId, HostSectionId], tuple[tuple[HostSection | None, HostSection], ...]]:
    """Attach, reopen, rename and archive. A name that a teacher changed by hand is left as it is."""
    current = dict(host.sections)
    wanted: dict[SectionId, HostSection] = {}
    for step in done:
        key = step.section
        changed = None if key is None else _changed_section(plan, host, step, key, current.get(key))
        if changed is not None and key is not None:
            wanted[key] = current[key] = changed
    if not wanted:
        return {key: _id_of(section) for key, section in current.items()}, ()
    saved = dict(zip(wanted, ports.sections.save([*wanted.values()]), strict=True))
    changes = tuple((host.sections.get(key) or host.wished.get(key), section) for key, section in saved.items())
    return {key: _id_of(section) for key, section in {**current, **saved}.items()}, changes


def _changed_section(
    plan: Plan, host: HostRows, step: Step, key: SectionId, attached: HostSection | None
) -> HostSection | None:
    if step.verb is Verb.ATTACH and attached is None:
        source = SectionKey(plan.snapshot.provider, plan.snapshot.district, key)
        existing = host.wished.get(key)
        if existing is not None:
            return attrs.evolve(existing, source=source)
        return HostSection(name=plan.snapshot.sections[key].name, owner=plan.attach[key].owner, source=source)
    if attached is None:
        return None
    if step.verb is Verb.ARCHIVE:
        return attrs.evolve(attached, archived=True, gone=True)
    if step.verb is Verb.REOPEN:
        return attrs.evolve(attached, archived=False, gone=False)
    if step.verb is Verb.ALTER_SECTION:
        renamed = [field for field in step.fields if field.field == "name" and follows(attached, str(field.old))]
        return attrs.evolve(attached, name=str(renamed[0].new)) if renamed else None
    return None


def _id_of(section: HostSection) -> HostSectionId:
    if section.id is None:
        raise StoreError("The store saved a section without giving it an id.", next_step="Return it with its id.")
    return section.id


def _save_accounts(
    ports: Ports, plan: Plan, host: HostRows, done: Iterable[Step], *, now: datetime
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
            Link(
                key=IdentityKey(provider, district, person),
                account=account,
                linked_at=now,
                roles=plan.snapshot.people[person].roles,
            )
            for person, account in newly.items()
        ]
    )
    return {**host.accounts, **newly}, len(made)


def _new_account(person: Person) -> NewAccount:
    return NewAccount(name=person.name, email=person.email or None, roles=person.roles)


def _enrollments(result: _Result) -> tuple[tuple[HostEnrollment | None, HostEnrollment], ...]:
    """The rows as they were and are to be: each once, though two identities of one account may both be listed."""
    rows: dict[tuple[HostSectionId, AccountId, EnrollmentRole], tuple[HostEnrollment | None, HostEnrollment]] = {}
    for step in result.done:
        for key, status, origin in _placements(step):
            account, role = result.account(step), step.role
            if account is None or role is None:
                raise AssertionError(f"a {step.verb} step names no account or no role")
            # The row that is there, whatever its status: who returns gets their history back.
            before = result.host.rows(key).get((account, role))
            after = HostEnrollment(
                section=result.sections[key] if before is None else before.section,
                account=account,
                role=role,
                origin=origin,
                status=status,
                since=result.now if before is None else before.since,
                changed_at=result.now,
                person=step.person or (None if before is None else before.person),
            )
            rows[after.section, account, role] = (before, after)
    return tuple(rows.values())


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
        case Verb.ATTACH | Verb.REOPEN | Verb.ALTER_SECTION | Verb.ALTER_PERSON | Verb.ARCHIVE:
            return
        case _:
            assert_never(step.verb)


def _profiles(plan: Plan, host: HostRows, done: Iterable[Step]) -> tuple[tuple[ProfileUpdate, ProfileUpdate], ...]:
    """What the roster owns of an account: name and email, as long as they are what the source said last."""
    updates: list[tuple[ProfileUpdate, ProfileUpdate]] = []
    for step in done:
        account = host.people.get(step.account) if step.verb is Verb.ALTER_PERSON and step.account else None
        if account is None or step.person is None:
            continue
        person, was = plan.snapshot.people[step.person], {field.field: field.old for field in step.fields}
        name = person.name if "name" in was and same(account.name, was["name"]) else None
        email = person.email if "email" in was and (account.email or "") == (was["email"] or "") else None
        if name is not None or email is not None:
            before = ProfileUpdate(
                account=account.id,
                name=None if name is None else account.name,
                email=None if email is None else account.email or "",
            )
            updates.append((before, ProfileUpdate(account=account.id, name=name, email=email)))
    return tuple(updates)


def _journal(result: _Result, digest: str, *, actor: str, approval: Approval | None) -> list[JournalEntry]:
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
