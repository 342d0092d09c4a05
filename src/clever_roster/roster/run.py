"""Carrying out a large plan in chunks: each is a transaction that notes itself, so that it is done once.

Killed at any moment, a run begun again goes on where it stopped. An answer that was lost is no second write: the
chunk's note says that it is done. A row that the host refuses is found by halving its chunk, reported, and the others
go on. A row that was edited meanwhile is left as it is. What the source said is remembered with the last chunk, so that
a run which never comes back leaves nothing that a new plan would not see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import attrs

from clever_roster.errors import IdentityTaken, Overtaken, StoreError
from clever_roster.model import (
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSectionId,
    Origin,
    SectionId,
    SectionKey,
)
from clever_roster.ports import Ports, Store
from clever_roster.roster.apply import (
    Approval,
    Missed,
    Report,
    allowed,
    attached_to,
    carry_out,
    kept_back,
)
from clever_roster.roster.draft import verb_for_listed, verb_for_unlisted
from clever_roster.roster.host import HostRoster, HostRows
from clever_roster.roster.keep import keep_memory, keep_mirror
from clever_roster.roster.lease import Lease, release, renew, take
from clever_roster.roster.past import keep_past
from clever_roster.roster.plan import Plan, Step, Verb
from clever_roster.roster.remembered import recall
from clever_roster.roster.survey import said_last, survey, survey_steps
from clever_roster.roster.trace import LAST, Round, Trace, keep_trace, latest_round

__all__ = ["Progress", "run"]

LASTS: Final = timedelta(minutes=5)
TRIES: Final = 5


class Progress(Protocol):
    """What a run tells as it goes: how many steps are behind it, of how many."""

    def __call__(self, done: int, total: int, /) -> None:
        """Called after each chunk, resumed ones included."""
        ...


@attrs.frozen(kw_only=True)
class _Run:
    """What all chunks of a run share."""

    store: Store
    plan: Plan
    round: Round
    steps: tuple[Step, ...]
    held: tuple[Step, ...]
    actor: str
    now: datetime
    approval: Approval | None
    most_failures: int
    clock: Callable[[], datetime]


@attrs.define(kw_only=True)
class _Tally:
    """What has come of a run so far."""

    created: int = 0
    done: list[Step] = attrs.field(factory=list[Step])
    stale: list[Missed] = attrs.field(factory=list[Missed])
    failed: list[Missed] = attrs.field(factory=list[Missed])
    sections: dict[SectionId, HostSectionId] = attrs.field(factory=dict[SectionId, HostSectionId])


def run(
    store: Store,
    plan: Plan,
    *,
    actor: str,
    now: datetime,
    approval: Approval | None = None,
    chunk: int = 500,
    holder: str = "",
    most_failures: int = 100,
    progress: Progress | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Report:
    """Carry out what is ready, and what was approved, chunk by chunk. Call it again with the same plan to resume.

    Args:
        chunk: how many steps are one transaction.
        holder: who works; the same word may resume at once what it had begun, another waits for the lease to run out.
        most_failures: so many refused rows end the run, for then it is not the rows that are wrong.
        clock: for the lease; `now` stands still without one.

    Raises:
        ConfigurationError: the approval names another plan.
        ScopeBusy: another sync of some of these sections is at work; nothing was written.
        Overtaken: another sync took over in the middle; what was done before is done.
        StoreError: more than `most_failures` rows were refused, or the store failed as a whole.
    """
    steps, held = allowed(plan, approval), kept_back(plan, approval)
    if plan.idle:
        return Report(plan=plan.digest, sections=plan.attached, created=0, done=(), held=())
    clock = clock or (lambda: now)
    begun = _begin(store, plan, holder=holder or actor, approved=approval is not None, clock=clock)
    if isinstance(begun, HostRoster):
        return _as_before(plan, steps, held, begun)
    lease, one = begun
    work = _Run(
        store=store,
        plan=plan,
        round=one,
        steps=steps,
        held=held,
        actor=actor,
        now=now,
        approval=approval,
        most_failures=most_failures,
        clock=clock,
    )
    tally = _Tally(done=list(steps[: one.behind]))
    # A run that was killed before its end may have no steps left: then its last chunk is one of none.
    for place in range(one.behind, len(steps), chunk) or (one.behind,):
        lease = _chunk(work, place, steps[place : place + chunk], lease, tally)
        if progress is not None and steps:
            progress(min(place + chunk, len(steps)), len(steps))
    return Report(
        plan=plan.digest,
        sections=tally.sections,
        created=tally.created,
        done=tuple(tally.done),
        held=held,
        stale=tuple(tally.stale),
        failed=tuple(tally.failed),
    )


def _begin(
    store: Store, plan: Plan, *, holder: str, approved: bool, clock: Callable[[], datetime]
) -> tuple[Lease, Round] | HostRoster:
    """A lease on the plan's scope, and how far it was carried out; the host's side when it is not due any more.

    Whoever takes a lease on another scope at the same moment is only let pass.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with store.transaction() as ports:
                lease = take(ports, plan.snapshot, holder=holder, now=clock(), lasts=LASTS)
                one = latest_round(ports, plan.digest, approved=approved)
                if not one.ended:
                    return lease, one
                host = survey(ports, plan.snapshot, attach=plan.attach, actor=plan.actor, roles=plan.roles)
                if host.basis == plan.basis:  # the roster is again as it was then, and the plan is due once more
                    return lease, one.following()
                release(ports, lease)
                return host
        except Overtaken:
            if not tries_left:
                raise
    raise AssertionError("a try ends in a lease or in an error")


def _as_before(plan: Plan, steps: tuple[Step, ...], held: tuple[Step, ...], host: HostRoster) -> Report:
    """The report of a run that was over before it was begun again."""
    sections = {key: section.id for key, section in host.sections.items() if section.id is not None}
    return Report(plan=plan.digest, sections=sections, created=0, done=steps, held=held)


def _chunk(work: _Run, place: int, steps: tuple[Step, ...], lease: Lease, tally: _Tally) -> Lease:
    """One chunk; when the host refuses some of its rows, the others."""
    try:
        return _write(work, place, steps, lease, tally)
    except (Overtaken, IdentityTaken):
        raise
    except StoreError as refused:
        bad = _refused_of(work, steps, refused)
        tally.failed.extend(bad)
        if len(tally.failed) > work.most_failures:
            raise
        keys = {missed.step.key for missed in bad}
        good = tuple(step for step in steps if step.key not in keys)
        return _write(work, place, good, lease, tally, length=len(steps))


def _write(
    work: _Run, place: int, steps: tuple[Step, ...], lease: Lease, tally: _Tally, *, length: int | None = None
) -> Lease:
    """One chunk in one transaction. The last one ends the run: it remembers, and gives the lease back."""
    length = len(steps) if length is None else length
    last = place + length >= len(work.steps)
    with work.store.transaction() as ports:
        if last:
            release(ports, lease)
        else:
            lease = renew(ports, lease, now=work.clock(), lasts=LASTS)
        host = survey_steps(ports, work.plan.snapshot, steps, attach=work.plan.attach)
        fitting = _fitting(steps, host)
        carried = carry_out(ports, work.plan, host, fitting, actor=work.actor, now=work.now, approval=work.approval)
        trace = attrs.evolve(carried.trace, steps=length)
        if last:
            sections = attached_to(ports, work.plan, known=carried.sections)
            _end(ports, work, trace, sections, failed=tally.failed)
        else:
            sections = carried.sections
            keep_trace(ports, work.round, place, trace)
            _note(ports, work, done=place + length, ended=False)
    tally.created += carried.created
    tally.done.extend(fitting)
    tally.sections.update(sections)
    if len(fitting) < len(steps):
        kept = {step.key for step in fitting}
        why = "The host's row was edited since the plan was made."
        tally.stale.extend(Missed(step=step, why=why) for step in steps if step.key not in kept)
    return lease


class _Tried(Exception):
    """Undoes a trial."""


def _refused_of(work: _Run, steps: tuple[Step, ...], why: StoreError) -> list[Missed]:
    """The steps that the host refuses: first among those that open sections, which the others need, then the others."""
    opening = tuple(step for step in steps if step.verb is Verb.ATTACH)
    others = tuple(step for step in steps if step.verb is not Verb.ATTACH)
    bad = _refused(work, (), opening, error) if (error := _trial(work, opening)) is not None else []
    keys = {missed.step.key for missed in bad}
    opened = tuple(step for step in opening if step.key not in keys)
    error = _trial(work, (*opened, *others))
    if error is not None:
        bad += _refused(work, opened, others, error)
    if not bad:  # refused a moment ago, and not any more: the store failed, not a row
        raise why
    return bad


def _refused(work: _Run, opened: tuple[Step, ...], steps: tuple[Step, ...], why: StoreError) -> list[Missed]:
    """Found by halving; what is tried is undone."""
    if len(steps) == 1:
        return [Missed(step=steps[0], why=f"{type(why).__name__}: {why.args[0]}")]
    middle = len(steps) // 2
    halves = (steps[:middle], steps[middle:])
    return [
        missed
        for half in halves
        if (error := _trial(work, (*opened, *half))) is not None
        for missed in _refused(work, opened, half, error)
    ]


def _trial(work: _Run, steps: tuple[Step, ...]) -> StoreError | None:
    """What the host says to these steps; nothing stays written."""
    try:
        with work.store.transaction() as ports:
            host = survey_steps(ports, work.plan.snapshot, steps, attach=work.plan.attach)
            fitting = _fitting(steps, host)
            carry_out(ports, work.plan, host, fitting, actor=work.actor, now=work.now, approval=work.approval)
            raise _Tried  # noqa: TRY301 - raised here to undo the trial
    except _Tried:
        return None
    except StoreError as error:
        return error


def _fitting(steps: tuple[Step, ...], host: HostRows) -> tuple[Step, ...]:
    """The steps whose rows are as they were planned for: what was not seen is not overwritten."""
    opening = {step.section for step in steps if step.verb is Verb.ATTACH}
    return tuple(step for step in steps if _fits(step, host, opening))


def _fits(step: Step, host: HostRows, opening: Collection[SectionId | None]) -> bool:
    if step.role is None:
        return step.verb is not Verb.ATTACH or step.section not in host.sections
    account = step.account or (host.accounts.get(step.person) if step.person else None)
    if step.section is None or (step.section not in host.sections and step.section not in opening):
        return False
    row = None if account is None else host.rows(step.section).get((account, step.role))
    match step.verb:
        case Verb.ENROLL:
            return row is None
        case Verb.RESTORE | Verb.ADOPT:
            return row is not None and verb_for_listed(row.status, row.origin) is step.verb
        case Verb.WITHDRAW | Verb.RELEASE:
            return row is not None and verb_for_unlisted(row.status, row.origin) is step.verb
        case Verb.MOVE:
            left = _left(step, host)
            joins = row is None or verb_for_listed(row.status, row.origin) is Verb.RESTORE
            return joins and left is not None and verb_for_unlisted(left.status, left.origin) is Verb.WITHDRAW
        case _:
            return True


def _left(step: Step, host: HostRows) -> HostEnrollment | None:
    if step.origin is None or step.account is None or step.role is None:
        return None
    return host.rows(step.origin).get((step.account, step.role))


def _end(
    ports: Ports, work: _Run, trace: Trace, attached: Mapping[SectionId, HostSectionId], *, failed: Iterable[Missed]
) -> None:
    """Remember what the source said, what waits, and that the run has ended."""
    plan, refused = work.plan, {missed.step.key for missed in failed}
    done = tuple(step for step in work.steps if step.key not in refused)
    before = said_last(ports, plan.mirror, plan.touched, plan.news)
    people, listed = keep_mirror(ports, plan, before, done, attached)
    keys = [SectionKey(plan.snapshot.provider, plan.snapshot.district, key) for key in sorted(plan.touched)]
    sizes = _sizes_before(ports, attached, done, work.held)
    approved = work.approval is not None
    memory = recall(ports, keys)
    keep_memory(ports, plan, done, work.held, memory=memory, sizes=sizes, now=work.now, approved=approved)
    if work.steps or people or listed:
        keep_trace(ports, work.round, LAST, attrs.evolve(trace, people=people, listed=listed))
        _note(ports, work, done=len(done), ended=True)


def _note(ports: Ports, work: _Run, *, done: int, ended: bool) -> None:
    keep_past(ports, work.plan, work.round, at=work.now, actor=work.actor, done=done, held=len(work.held), ended=ended)


def _sizes_before(
    ports: Ports, attached: Mapping[SectionId, HostSectionId], done: tuple[Step, ...], held: tuple[Step, ...]
) -> Mapping[SectionId, int]:
    """How many students the sections in which steps wait had, before the others were carried out."""
    waiting = {key for step in held for key in step.sections}
    keys = {attached[key]: key for key in waiting & attached.keys()}
    sizes = dict.fromkeys(waiting, 0)
    for row in ports.sections.enrollments(keys.keys()) if keys else ():
        active = row.status is EnrollmentStatus.ACTIVE and row.origin is not Origin.MANUAL
        sizes[keys[row.section]] += active and row.role is EnrollmentRole.STUDENT
    for step in done:
        if step.role is EnrollmentRole.STUDENT:
            if step.section is not None and step.section in waiting:
                came = step.verb in {Verb.ENROLL, Verb.RESTORE, Verb.ADOPT, Verb.MOVE}
                went = step.verb in {Verb.WITHDRAW, Verb.RELEASE}
                sizes[step.section] += went - came
            if step.origin is not None and step.origin in waiting:
                sizes[step.origin] += 1
    return sizes
