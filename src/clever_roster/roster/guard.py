"""Which steps wait for a person's word, and why. The rest of the plan goes on.

A removal that a read does not prove never reaches this file: it is not in the plan. What is judged here are plans that
are proven and still unlikely: a class that loses half its students overnight is more often a mistake at the source than
the truth. The numbers are generous to small classes and to ordinary days.
"""

from __future__ import annotations

from collections import Counter

import attrs

from clever_roster.model import AccountId, EnrollmentRole, Role, SectionId
from clever_roster.roster.host import HostRoster
from clever_roster.roster.plan import Hold, Plan, Rule, Step, Verb

__all__ = ["Limits", "guard"]


@attrs.frozen(kw_only=True)
class Limits:
    """How much may end at once in one section without anybody being asked.

    Attributes:
        free: so many students may always leave, as long as somebody stays.
        share: beyond that, so great a part of the class (0 to 1).
    """

    free: int = 2
    share: float = 0.2


def guard(plan: Plan, host: HostRoster, limits: Limits) -> Plan:
    """The same plan, with holds."""
    leaving = Counter(_left(step) for step in plan.steps)
    sections = {
        key: hold
        for key in plan.snapshot.scope
        if (hold := _hold_on_section(plan, host, key) or _hold_on_removals(host, key, leaving, limits))
    }
    return attrs.evolve(
        plan, steps=tuple(attrs.evolve(step, hold=_hold_on_step(step, plan, host, sections)) for step in plan.steps)
    )


def _left(step: Step) -> tuple[SectionId | None, EnrollmentRole | None]:
    """The section that a step takes somebody out of. A move counts as leaving: its origin shrinks all the same."""
    match step.verb:
        case Verb.WITHDRAW:
            return step.section, step.role
        case Verb.MOVE:
            return step.origin, step.role
        case _:
            return None, None


def _hold_on_step(step: Step, plan: Plan, host: HostRoster, sections: dict[SectionId, Hold]) -> Hold | None:
    section_hold = sections.get(step.section) if step.section else None
    if section_hold is not None and section_hold.final:
        return section_hold
    match step.verb:
        case Verb.ARCHIVE:
            return Hold(
                rule=Rule.SECTION_GONE, sentence="The source no longer has this section, or no longer shares it."
            )
        case Verb.WITHDRAW | Verb.MOVE:
            return _hold_on_leaving(step, host, sections)
        case Verb.ENROLL | Verb.RESTORE | Verb.ADOPT if step.role is EnrollmentRole.TEACHER:
            return _hold_on_teacher(step, plan)
        case _:
            return None


def _hold_on_section(plan: Plan, host: HostRoster, key: SectionId) -> Hold | None:
    """What makes every step about a section impossible."""
    section = plan.snapshot.sections.get(key)
    if host.actor is not None and section is not None and host.actor.isdisjoint(section.teachers):
        return Hold(
            rule=Rule.NOT_THEIR_CLASS,
            sentence="Whoever asks is not a teacher of this section at the source.",
            final=True,
        )
    wished = host.wished.get(key)
    if wished is not None and wished.source is not None and wished.source.section != key:
        return Hold(
            rule=Rule.OTHER_SOURCE,
            sentence=f"Section {wished.id} is synced from another source section; a section has one source.",
            final=True,
        )
    return None


def _hold_on_removals(
    host: HostRoster,
    key: SectionId,
    leaving: Counter[tuple[SectionId | None, EnrollmentRole | None]],
    limits: Limits,
) -> Hold | None:
    going, size = leaving[key, EnrollmentRole.STUDENT], host.size(key, EnrollmentRole.STUDENT)
    if going and going == size:
        return Hold(rule=Rule.EMPTIED, sentence=f"All {size} students would leave.")
    if going > limits.free and going > limits.share * size:
        return Hold(
            rule=Rule.MASS_REMOVAL,
            sentence=f"{going} of {size} students would leave at once, more than {limits.share:.0%}.",
        )
    return None


def _hold_on_leaving(step: Step, host: HostRoster, sections: dict[SectionId, Hold]) -> Hold | None:
    left, role = _left(step)
    if left is None:
        return None
    if role is EnrollmentRole.STUDENT:
        return sections.get(left)
    if host.size(left, EnrollmentRole.TEACHER) <= 1 or _owns(host, left, step.account):
        return Hold(rule=Rule.LAST_TEACHER, sentence="The section would lose the teacher who runs it here.")
    return None


def _owns(host: HostRoster, section: SectionId, account: AccountId | None) -> bool:
    attached = host.sections.get(section)
    return attached is not None and attached.owner == account


def _hold_on_teacher(step: Step, plan: Plan) -> Hold | None:
    """A roster row alone makes nobody a teacher."""
    person = plan.snapshot.people.get(step.person) if step.person else None
    if person is not None and person.roles & {Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN}:
        return None
    return Hold(
        rule=Rule.NOT_A_TEACHER,
        sentence="The source lists this person as teacher of the section, but not as a teacher.",
    )
