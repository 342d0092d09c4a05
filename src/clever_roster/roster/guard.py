"""Which steps wait for a person's word, and why. The rest of the plan goes on.

A removal that a read does not prove never reaches this file: it is not in the plan. What is judged here are plans that
are proven and still unlikely: a class that loses half its students overnight is more often a mistake at the source than
the truth. The numbers are generous to small classes and to ordinary days, and they remember the days before.

Read `guard`; then what holds a whole section, what holds its endings, and what holds one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import attrs

from clever_roster.model import AccountId, EnrollmentRole, PersonId, Role, SectionId
from clever_roster.roster.host import HostRoster
from clever_roster.roster.limits import Limits
from clever_roster.roster.plan import Hold, Plan, ProposalKind, Rule, Step, Verb
from clever_roster.roster.remembered import Night

__all__ = ["guard"]

AT_REST: Final = frozenset({"paused", "requires review", "requires_review", "error", "pending"})
"""States of a district (Clever, "Districts": `state`) in which what is shared may be old, or about to change."""

SECOND_FROM: Final = 0.6


@attrs.frozen(kw_only=True)
class _Case:
    """A plan being judged."""

    plan: Plan
    host: HostRoster
    limits: Limits
    leaving: Counter[tuple[SectionId, EnrollmentRole | None]]
    sizes: Mapping[tuple[SectionId, EnrollmentRole], int]
    endings: Hold | None
    sections: Mapping[SectionId, Hold]
    people: Mapping[PersonId, Hold]


def guard(plan: Plan, host: HostRoster, limits: Limits) -> Plan:
    """The same plan, with holds."""
    leaving = Counter((step.leaves, step.role) for step in plan if step.leaves is not None)
    ending = bool(leaving) or any(step.verb is Verb.ARCHIVE for step in plan)
    # Who is in class is asked only where somebody would leave: of a district that is counting everybody.
    asked = host.sections if ending else ()
    sizes = {(key, role): host.seats_in(key).size(role) for key in asked for role in EnrollmentRole}
    replaced = {one.section for one in plan.proposals if one.kind is ProposalKind.REPLACED}
    endings = _hold_on_all_endings(plan, host, leaving, sizes, limits)
    sections = {
        key: hold
        for key in plan.snapshot.scope - host.resting
        if (
            hold := _hold_on_section(plan, host, key, replaced)
            or _hold_on_removals(plan, host, key, leaving=leaving, sizes=sizes, limits=limits)
        )
    }
    case = _Case(
        plan=plan,
        host=host,
        limits=limits,
        leaving=leaving,
        sizes=sizes,
        endings=endings,
        sections=sections,
        people=_suspects(plan, host),
    )
    return attrs.evolve(plan, steps=tuple(_held(step, _aged(_hold(step, case), step, host)) for step in plan))


def _held(step: Step, hold: Hold | None) -> Step:
    return step if step.hold == hold else attrs.evolve(step, hold=hold)


def _hold(step: Step, case: _Case) -> Hold | None:
    of_section = case.sections.get(step.section) if step.section else None
    if of_section is not None and (
        of_section.final or of_section.rule in {Rule.IDENTITY_SUSPECT, Rule.SECOND_PROVIDER}
    ):
        return of_section
    suspected = None if step.person is None else case.people.get(step.person)
    match step.verb:
        case Verb.ARCHIVE:
            return case.endings or _gone(step, case)
        case Verb.WITHDRAW | Verb.MOVE:
            return suspected or case.endings or _hold_on_leaving(step, case)
        case Verb.ENROLL | Verb.RESTORE | Verb.ADOPT:
            return suspected or (_hold_on_teacher(step, case.plan) if step.role is EnrollmentRole.TEACHER else None)
        case Verb.ALTER_PERSON:
            return suspected if suspected is not None and suspected.rule is Rule.IDENTITY_SUSPECT else None
        case _:
            return None


def _aged(hold: Hold | None, step: Step, host: HostRoster) -> Hold | None:
    """The hold with its age: a plan that waits every night is not new every night."""
    if hold is None:
        return None
    waited = [old for key in step.sections if (old := host.remembered(key).held.get(hold.rule)) is not None]
    if not waited:
        return hold
    since, nights = min(waited)
    return attrs.evolve(hold, since=since, nights=nights)


# --- A whole section --------------------------------------------------------------------------------------------------


def _hold_on_section(
    plan: Plan, host: HostRoster, key: SectionId, replaced: Collection[SectionId | None]
) -> Hold | None:
    """What stands against every step about a section."""
    section = plan.snapshot.sections.get(key)
    if host.actor is not None and section is not None and host.actor.isdisjoint(section.teachers):
        return Hold(
            rule=Rule.NOT_THEIR_CLASS,
            sentence="Whoever asks is not a teacher of this section at the source.",
            final=True,
        )
    wished = host.wished.get(key)
    if wished is not None and wished.source is not None:
        here = (wished.source.provider, wished.source.district, wished.source.section)
        if here != (plan.snapshot.provider, plan.snapshot.district, key):
            come = sum(step.section == key and step.verb is Verb.ENROLL for step in plan)
            return Hold(
                rule=Rule.OTHER_SOURCE,
                sentence=f"Section {wished.id} is synced from section {wished.source.section} of "
                f"{wished.source.provider}; a section has one source. This one would add {come} people to it.",
                final=True,
            )
    if key in plan.attach and key not in host.sections and wished is None:
        return _second_provider(plan, host, key)
    if key in replaced:
        return Hold(rule=Rule.IDENTITY_SUSPECT, sentence="This section id now names another class, with other people.")
    return None


def _second_provider(plan: Plan, host: HostRoster, key: SectionId) -> Hold | None:
    """The class is here already, fed by another provider: importing it once more would make everybody be in two."""
    students = {host.accounts[one] for one in plan.snapshot.sections[key].students if one in host.accounts}
    for section, there in sorted(host.elsewhere.items(), key=lambda item: item[0].id or ""):
        other = section.source is not None and section.source.provider != plan.snapshot.provider
        if other and section.source is not None and len(students & there) >= SECOND_FROM * max(len(there), 1):
            new = len(plan.snapshot.sections[key].students) - len(students & there)
            return Hold(
                rule=Rule.SECOND_PROVIDER,
                sentence=f"{len(students & there)} of its students are in section {section.id} already, which is "
                f"synced from {section.source.provider}; a second class of the same people would be made, "
                f"with {new} more.",
            )
    return None


# --- Endings ----------------------------------------------------------------------------------------------------------


def _hold_on_all_endings(
    plan: Plan,
    host: HostRoster,
    leaving: Counter[tuple[SectionId, EnrollmentRole | None]],
    sizes: Mapping[tuple[SectionId, EnrollmentRole], int],
    limits: Limits,
) -> Hold | None:
    """What stands against every ending in the scope: a district at rest, an empty source, too many at once."""
    snapshot = plan.snapshot
    if (snapshot.district_state or "").strip().lower() in AT_REST:
        return Hold(
            rule=Rule.DISTRICT_PAUSED, sentence=f"The district's sync is in the state {snapshot.district_state}."
        )
    if len(host.sections) > 1 and not snapshot.sections:
        return Hold(rule=Rule.EMPTY_SOURCE, sentence=f"The source has none of {len(host.sections)} sections.")
    before = sum(host.remembered(key).left_within(limits.window, snapshot.taken_at) for key in host.sections)
    going: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for (_, role), count in leaving.items():
        if role is not None:
            going[role] += count
    for step in plan:
        going["move"] += step.verb is Verb.MOVE and step.role is EnrollmentRole.STUDENT
        going["section"] += step.verb is Verb.ARCHIVE
        if step.verb is Verb.ARCHIVE and step.section is not None:
            going["inside"] += sizes.get((step.section, EnrollmentRole.STUDENT), 0)
    for (_, role), count in sizes.items():
        total[role] += count
    students = going[EnrollmentRole.STUDENT] - going["move"] + before
    kinds = {
        "students": (students, total[EnrollmentRole.STUDENT] + before),
        "teachers": (going[EnrollmentRole.TEACHER], total[EnrollmentRole.TEACHER]),
        "sections": (going["section"], len(host.sections)),
    }
    ending = students + going[EnrollmentRole.TEACHER] + going["inside"]
    everybody = sum(total.values()) + before
    return _over_the_brakes(kinds, (ending, everybody), limits, "within days") or _with_the_night(
        kinds, (ending, everybody), host.night, limits
    )


def _with_the_night(
    kinds: Mapping[str, tuple[int, int]], everybody: tuple[int, int], night: Night, limits: Limits
) -> Hold | None:
    """The same brakes over what other plans of this night ended too: asked second, it only ever holds more."""
    if not night.plans:
        return None
    added = {
        kind: (count + night.ended.get(kind[:-1], 0), of + night.of.get(kind[:-1], 0))
        for kind, (count, of) in kinds.items()
    }
    more = [night.ended.get(role, 0) for role in EnrollmentRole]
    size = [night.of.get(role, 0) for role in EnrollmentRole]
    together = (everybody[0] + sum(more), everybody[1] + sum(size))
    return _over_the_brakes(added, together, limits, f"in {night.plans + 1} plans of this night")


def _over_the_brakes(
    kinds: Mapping[str, tuple[int, int]], everybody: tuple[int, int], limits: Limits, when: str
) -> Hold | None:
    for kind, (count, of) in kinds.items():
        if count > limits.type_floor and count > limits.type_share * of:
            return Hold(rule=Rule.TYPE_BRAKE, sentence=f"{count} of {of} {kind} would have ended {when}.")
    ending, of_all = everybody
    if ending > limits.district_floor and ending > limits.district_share * of_all:
        return Hold(rule=Rule.DISTRICT_BRAKE, sentence=f"{ending} of {of_all} enrollments would have ended {when}.")
    return None


def _hold_on_removals(
    plan: Plan,
    host: HostRoster,
    key: SectionId,
    *,
    leaving: Counter[tuple[SectionId, EnrollmentRole | None]],
    sizes: Mapping[tuple[SectionId, EnrollmentRole], int],
    limits: Limits,
) -> Hold | None:
    going, size = leaving[key, EnrollmentRole.STUDENT], sizes.get((key, EnrollmentRole.STUDENT), 0)
    # What waits since yesterday does not slip through today because somebody joined.
    size = min(size, host.remembered(key).size or size)
    if not going and not leaving[key, EnrollmentRole.TEACHER]:
        return None
    if host.lags(key):
        return Hold(rule=Rule.STALE_READ, sentence="The host's rows are older than what was written to them.")
    section = plan.snapshot.sections.get(key)
    term = None if section is None or section.term is None else plan.snapshot.terms.get(section.term)
    if term is not None and term.ends is not None and term.ends < plan.snapshot.taken_at.date():
        return Hold(rule=Rule.TERM_ENDED, sentence=f"Its term ended on {term.ends.isoformat()}.")
    if going and going >= size:
        return Hold(rule=Rule.EMPTIED, sentence=f"All {size} students would leave.")
    if going > limits.most or (going > limits.free and going > limits.share * size):
        return Hold(
            rule=Rule.MASS_REMOVAL,
            sentence=f"{going} of {size} students would leave at once, more than {limits.share:.0%}.",
        )
    before = host.remembered(key).left_within(limits.window, plan.snapshot.taken_at)
    if going and before and going + before > max(limits.free, limits.share * (size + before)):
        return Hold(
            rule=Rule.OVER_BUDGET,
            sentence=f"{going + before} of {size + before} students would have left within {limits.window.days} days.",
        )
    return None


def _hold_on_leaving(step: Step, case: _Case) -> Hold | None:
    left, role = step.leaves, step.role
    if left is None:
        return None
    of_section = case.sections.get(left)
    if of_section is not None and (
        role is EnrollmentRole.STUDENT or of_section.rule in {Rule.STALE_READ, Rule.TERM_ENDED}
    ):
        return of_section
    if role is EnrollmentRole.STUDENT:
        return _unconfirmed(step, left, case)
    # Who joins in the same plan does not count yet: the host may refuse them, and then nobody would be left.
    remaining = case.sizes.get((left, EnrollmentRole.TEACHER), 0) - case.leaving[left, EnrollmentRole.TEACHER]
    if remaining < 1 or _owns(case.host, left, step.account):
        return Hold(rule=Rule.LAST_TEACHER, sentence="The section would lose the teacher who runs it here.")
    return None


def _unconfirmed(step: Step, left: SectionId, case: _Case) -> Hold | None:
    """One read may be mistaken; the same absence in the next one is less often."""
    missed = case.host.remembered(left).absent.get(step.person or "", 0)
    if step.verb is Verb.MOVE or missed + 1 >= case.limits.confirm:
        return None
    return Hold(rule=Rule.UNCONFIRMED, sentence=f"Missing {missed + 1} time, and {case.limits.confirm} are asked for.")


def _owns(host: HostRoster, section: SectionId, account: AccountId | None) -> bool:
    attached = host.sections.get(section)
    return attached is not None and attached.owner == account


def _gone(step: Step, case: _Case) -> Hold:
    if step.section in case.plan.snapshot.unshared:
        return Hold(rule=Rule.NOT_SHARED, sentence="The district no longer shares this section; it still exists.")
    return Hold(rule=Rule.SECTION_GONE, sentence="The source no longer has this section, or no longer shares it.")


# --- One step ---------------------------------------------------------------------------------------------------------


def _suspects(plan: Plan, host: HostRoster) -> Mapping[PersonId, Hold]:
    """Whose steps wait until somebody has looked: who may be somebody known, and who may be somebody else."""
    holds: dict[PersonId, Hold] = {}
    cut_off = host.cut_off
    for step in plan if cut_off else ():
        if step.verb is Verb.ENROLL and step.account is None and step.person is not None and step.person in cut_off:
            sentence = (
                f"Account {cut_off[step.person]} was in class as this person, and is not connected with them any more: "
                "a second account would be made. Connect it again, if it is theirs."
            )
            holds[step.person] = Hold(rule=Rule.REKEY, sentence=sentence)
    for one in plan.proposals:
        match one.kind:
            case ProposalKind.REKEY:
                sentence = f"{one.person} and {one.other_person} may be one person ({', '.join(one.evidence)})."
                holds |= _for((one.person, one.other_person), Hold(rule=Rule.REKEY, sentence=sentence))
            case ProposalKind.RECYCLED:
                holds |= _for((one.person,), Hold(rule=Rule.IDENTITY_SUSPECT, sentence=one.sentence))
            case _:
                continue
    return holds


def _for(people: Iterable[PersonId | None], hold: Hold) -> dict[PersonId, Hold]:
    return {person: hold for person in people if person is not None}


def _hold_on_teacher(step: Step, plan: Plan) -> Hold | None:
    """A roster row alone makes nobody a teacher."""
    person = plan.snapshot.people.get(step.person) if step.person else None
    if person is not None and person.roles & {Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN}:
        return None
    return Hold(
        rule=Rule.NOT_A_TEACHER,
        sentence="The source lists this person as teacher of the section, but not as a teacher.",
    )
