"""Somebody whom the roster lists anew, and who may be in the class already: added by hand, or kept when it moved."""

from clever_roster import crossing
from clever_roster.model import IdentityKey, SectionKey
from clever_roster.roster import Rule


def newcomers(asked, ports, plan):
    """Who each of them may be here: the account and its name, by the step that waits."""
    steps = [step for step in plan.held if step.hold.rule is Rule.REKEY]
    found = {section: _matches(asked, ports, plan, section) for section in {step.section for step in steps}}
    accounts = {step.key: found[step.section].get(step.person) for step in steps}
    names = ports.accounts.find({one for one in accounts.values() if one})
    return {key: (one, names[one].name.display()) for key, one in accounts.items() if one}


def _matches(asked, ports, plan, section):
    """By the ids of the roster: accounts of the class that may be these people."""
    read = plan.snapshot
    key = SectionKey(read.provider, read.district, section)
    here = ports.sections.attached([key]).get(key)
    if here is None:
        return {}
    keys = [IdentityKey(read.provider, read.district, one.person) for one in read.sections[section].enrollments()]
    known = {one.subject: link.account for one, link in ports.links.find(keys).items()}
    there = crossing.side_of(read, section, accounts=known)
    seen = crossing.overlap(crossing.side_here(ports, here.id), there, tenant=asked.school.tenant)
    return {one.right.person: one.left.account for one in seen.matches}


def recognise(asked, ports, plan, person):
    """They are one: the account of the class is known by the roster's id, too. The name, or None if nobody waits."""
    waiting = newcomers(asked, ports, plan)
    step = next((step for step in plan.held if step.key in waiting and step.person == person), None)
    if step is None:
        return None
    read, (account, name) = plan.snapshot, waiting[step.key]
    here = ports.sections.attached([SectionKey(read.provider, read.district, step.section)])
    crossing.recognise(
        ports,
        account,
        IdentityKey(read.provider, read.district, person),
        actor=asked.me.id,
        now=asked.school.now(),
        section=next(iter(here.values())).id,
    )
    return name
