"""Somebody whom a source lists anew may have an account already.

They may be in the class, added by hand or kept when it moved; or anywhere else, by a login of their own. A sync would
make a second account for them. So their step waits, with the account that they may have; and somebody who knows them
says that they are one (`recognise`), or approves the step as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from clever_roster.crossing.overlap import Likeness, overlap
from clever_roster.crossing.sides import Roster, Seat, side_here, side_of
from clever_roster.duplicates import Index, Kind, Zone
from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId, HostSectionId, IdentityKey, Link, PersonId, SectionId, SectionKey
from clever_roster.ports import JournalEntry, Ports
from clever_roster.roster import Hold, Plan, Rule, StepKey, Verb

__all__ = ["hold_known", "hold_newcomers", "recognise"]


def hold_newcomers(ports: Ports, plan: Plan, tenant: Collection[Roster] = ()) -> dict[StepKey, Hold]:
    """The holds on steps that would make an account for somebody who may be in the class with another one."""
    joining: dict[SectionId, dict[PersonId, StepKey]] = {}
    for step in plan.steps:
        if step.verb is Verb.ENROLL and step.account is None and step.section and step.person:
            joining.setdefault(step.section, {})[step.person] = step.key
    provider, district = plan.snapshot.provider, plan.snapshot.district
    attached = ports.sections.attached([SectionKey(provider, district, key) for key in sorted(joining)])
    here = {key.section: host.id for key, host in attached.items() if host.id is not None}
    here |= {key: wish.into for key, wish in plan.attach.items() if wish.into is not None and key in joining}
    held: dict[StepKey, Hold] = {}
    for section, host in sorted(here.items()):
        for person, account, reasons in _met(ports, plan, section, host, tenant):
            key = joining[section].get(person)
            if key is not None:
                held[key] = Hold(
                    rule=Rule.REKEY,
                    sentence=f"Account {account}, who is in section {host} already, may be this person: {reasons}.",
                )
    return held


def hold_known(plan: Plan, index: Index) -> dict[StepKey, Hold]:
    """The holds on steps that would make an account for somebody who may have one, wherever it is."""
    held: dict[StepKey, Hold] = {}
    seats: dict[tuple[SectionId, str], Seat] = {}
    for step in plan.steps:
        if step.verb is not Verb.ENROLL or step.account is not None or step.section is None or step.person is None:
            continue
        if (step.section, step.person) not in seats:
            seats.update(((step.section, seat.who), seat) for seat in side_of(plan.snapshot, step.section).seats)
        seat = seats.get((step.section, step.person))
        pairs = () if seat is None else index.candidates(seat.profile)
        likely = next((pair for pair in pairs if pair.zone in (Zone.SURE, Zone.REVIEW)), None)
        if likely is not None and seat is not None:
            (account,) = {*likely.accounts} - {seat.profile.account}
            reasons = "; ".join(one.sentence for one in likely.evidence if one.kind is not Kind.PRIOR)
            held[step.key] = Hold(rule=Rule.REKEY, sentence=f"Account {account} may be this person's: {reasons}.")
    return held


def _met(
    ports: Ports, plan: Plan, section: SectionId, host: HostSectionId, tenant: Collection[Roster]
) -> Iterator[tuple[PersonId, AccountId, str]]:
    """Who is listed and may be in the class by an account that this source does not list."""
    ours = side_here(ports, host)
    if all(seat.person is not None for seat in ours.seats):
        return
    snapshot = plan.snapshot
    keys = [
        IdentityKey(snapshot.provider, snapshot.district, one.person)
        for one in snapshot.sections[section].enrollments()
    ]
    accounts = {key.subject: link.account for key, link in ports.links.find(keys).items()}
    for match in overlap(ours, side_of(snapshot, section, accounts=accounts), tenant=tenant).matches:
        left, right = match.left, match.right
        new = match.likeness is not Likeness.KNOWN and left.person is None and right.account is None
        if new and left.account is not None and right.person is not None:
            yield right.person, left.account, "; ".join(match.reasons)


def recognise(
    ports: Ports,
    account: AccountId,
    key: IdentityKey,
    *,
    actor: str,
    now: datetime,
    section: HostSectionId | None = None,
) -> Link:
    """Let a source's id belong to the account of somebody who has one; the next sync finds them by it.

    Args:
        section: the class that they are in already; then it is journaled there.

    Raises:
        ConfigurationError: nobody with this account is, or was, in the section.
        IdentityTaken: the id belongs to an account already; joining two is `linking.merge`.
    """
    if section is not None and all(row.account != account for row in ports.sections.enrollments([section])):
        raise ConfigurationError(
            f"Account {account} is not in section {section}.", next_step="Name somebody who is in the class."
        )
    link = Link(key=key, account=account, linked_at=now)
    ports.links.add([link])
    if section is not None:
        told = JournalEntry(at=now, plan="", actor=actor, verb="recognise", section=section, account=account)
        ports.roster.record([told])
    return link
