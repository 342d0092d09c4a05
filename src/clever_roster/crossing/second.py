"""The one-source rule before it is broken: a class that is here already is seen when it is chosen from a second source.

`roster.guard` sees it when the children's accounts have both identities. Most often they do not: then a second class of
second accounts would be made. So whoever imports asks here, too, with the plan in hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from itertools import combinations

import attrs

from clever_roster.crossing.newcomers import hold_known, hold_newcomers
from clever_roster.crossing.overlap import Likeness, Overlap, Verdict, overlap
from clever_roster.crossing.sides import Roster, Side, side_here, side_of
from clever_roster.duplicates import Index
from clever_roster.model import AccountId, EnrollmentRole, HostSection, IdentityKey, PersonId, SectionId
from clever_roster.ports import Ports
from clever_roster.roster import Hold, Plan, Rule, Step, StepKey

__all__ = ["Policy", "find_double", "find_second", "guard"]


class Policy(StrEnum):
    """What a host makes of a class that another source feeds already.

    EXCLUSIVE: it is not imported a second time. WARN: it is when somebody approves. ALLOW: nobody is asked.
    """

    EXCLUSIVE = "exclusive"
    WARN = "warn"
    ALLOW = "allow"


def guard(
    ports: Ports,
    plan: Plan,
    *,
    tenant: Collection[Roster] = (),
    also: Collection[AccountId] = (),
    policy: Policy = Policy.WARN,
    among: Index | None = None,
) -> Plan:
    """The same plan, in which a second class of the same people, or a second account of one of them, waits.

    Held are, with what they would do: importing a class that another source feeds already, as the policy wants it; and
    enrolling somebody new who may be in the class with another account (`recognise`).

    Args:
        also: accounts whose sections are looked at besides those of who will run the class: a teacher's other account.
        among: the host's accounts (`duplicates.Index(duplicates.gather(ports))`), where those who are nowhere in the
            class are to be recognised, too: a child who signed in before their teacher came.
    """
    newcomers = {**({} if among is None else hold_known(plan, among)), **hold_newcomers(ports, plan, tenant)}
    held: Mapping[SectionId, Hold] = {}
    if policy is not Policy.ALLOW:
        held = _seconds(ports, plan, tenant, also, final=policy is Policy.EXCLUSIVE)
    if not newcomers and not held:
        return plan
    return attrs.evolve(plan, steps=tuple(_holding(step, held, newcomers) for step in plan.steps))


def _seconds(
    ports: Ports, plan: Plan, tenant: Collection[Roster], also: Collection[AccountId], *, final: bool
) -> Mapping[SectionId, Hold]:
    seen = {key: found for key in sorted(plan.attach) if (found := find_second(ports, plan, key, tenant, also))}
    return {key: Hold(rule=Rule.SECOND_PROVIDER, sentence=_would(found[0]), final=final) for key, found in seen.items()}


def _holding(step: Step, held: Mapping[SectionId, Hold], newcomers: Mapping[StepKey, Hold]) -> Step:
    hold = held.get(step.section) if step.section is not None else None
    hold = hold or newcomers.get(step.key)
    final = step.hold is not None and step.hold.final
    return step if hold is None or final else attrs.evolve(step, hold=hold)


def _would(seen: Overlap) -> str:
    pupils = EnrollmentRole.STUDENT
    met = [match for match in seen.matches if match.left.role is pupils and match.left.active]
    second = sum(match.likeness is not Likeness.KNOWN and match.right.account is None for match in met)
    new = sum(seat.role is pupils for seat in seen.right_only)
    instead = (
        f"{seen.left.called} can be moved to this source instead"
        if seen.verdict is Verdict.SAME
        else "if it is another class of the same people, say first who they are"
    )
    return (
        f"{seen.sentence[:-1]}. Importing it would make a second class of the same people, {second} second accounts, "
        f"and {new} new ones; {instead}."
    )


def find_second(
    ports: Ports,
    plan: Plan,
    section: SectionId,
    tenant: Collection[Roster] = (),
    also: Collection[AccountId] = (),
) -> tuple[Overlap, ...]:
    """The host sections of another source that are, or may be, the class that a plan would import; the likeliest first.

    A section that is to follow an existing one of the host (`Attachment.into`) is not asked about: that is a migration.
    """
    wish, snapshot = plan.attach.get(section), plan.snapshot
    if wish is None or wish.into is not None or section not in snapshot.sections:
        return ()
    listed = snapshot.sections[section].enrollments()
    keys = [IdentityKey(snapshot.provider, snapshot.district, one.person) for one in listed]
    accounts: dict[PersonId, AccountId] = {key.subject: link.account for key, link in ports.links.find(keys).items()}
    there = side_of(snapshot, section, accounts=accounts)
    ours = [
        side_here(ports, one.id)
        for owner in sorted({wish.owner, *also})
        for one in ports.sections.owned(owner)
        if one.id is not None and _elsewhere(one, there)
    ]
    return _likeliest(overlap(side, there, tenant=tenant) for side in ours)


def _elsewhere(section: HostSection, there: Side) -> bool:
    """Whether a section is at work, and fed by another roster."""
    if section.archived or section.source is None:
        return False
    return (section.source.provider, section.source.district) != there.roster


def find_double(ports: Ports, owner: AccountId, *, tenant: Collection[Roster] = ()) -> tuple[Overlap, ...]:
    """Pairs of sections that one account runs and that are one class, from two sources; the likeliest first."""
    sides = [
        side_here(ports, one.id)
        for one in ports.sections.owned(owner)
        if one.id is not None and not one.archived and one.source is not None
    ]
    return _likeliest(
        overlap(left, right, tenant=tenant) for left, right in combinations(sides, 2) if left.roster != right.roster
    )


def _likeliest(seen: Iterable[Overlap]) -> tuple[Overlap, ...]:
    found = [one for one in seen if one.verdict is not Verdict.TWO]
    return tuple(sorted(found, key=lambda one: (one.verdict is not Verdict.SAME, -one.share)))
