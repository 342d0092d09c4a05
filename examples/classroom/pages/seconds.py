"""A class that is chosen from one roster and here already from another: said with names, and where the way out is."""

from classroom import people
from classroom.rosters import NAMES
from clever_roster import crossing
from clever_roster.crossing import Likeness, Verdict
from clever_roster.model import EnrollmentRole, IdentityKey
from clever_roster.roster import Rule


def seconds(asked, ports, plan):
    """What is here of each class that a plan would import a second time, by the class's id at its roster."""
    held = {step.section for step in plan.held if step.hold.rule is Rule.SECOND_PROVIDER}
    found = {key: crossing.find_second(ports, plan, key, asked.school.tenant) for key in sorted(held)}
    return {key: seen[0] for key, seen in found.items() if seen}


def sentence(seen):
    """Why the import waits."""
    seems = "seems to be" if seen.verdict is Verdict.SAME else "has mostly the students of"
    return (
        f"{seen.right.name} {seems} {seen.left.name}, which follows {NAMES[seen.left.source.provider]}. "
        "A class follows one roster, and a child has one account."
    )


def told(asked, connection, seen):
    """The two classes for a page."""
    here, there = seen.left, seen.right
    both = [one for one in _pupils(seen) if one.left.active]
    second = [one.left.account for one in both if one.right.account is None]
    return {
        "section": here.key,
        "name": here.name,
        "roster": NAMES[here.source.provider],
        "size": len(here.pupils()),
        "to": there.key,
        "to_name": there.name,
        "to_roster": NAMES[there.source.provider],
        "same": seen.verdict is Verdict.SAME,
        "both": len(both),
        "unsure": sum(one.likeness is Likeness.UNSURE for one in both),
        "second": len(second),
        "sure": len(_sure(seen)),
        "stars": sum(people.star_counts(connection, second).values()),
        "may_move": {here.roster, there.roster} <= asked.school.tenant,
    }


def _pupils(seen):
    return [one for one in seen.matches if one.left.role is EnrollmentRole.STUDENT]


def _sure(seen):
    """Who is surely one, and is not known to be by their account yet."""
    return [one for one in _pupils(seen) if one.likeness is Likeness.SURE and one.right.account is None]


def recognise(asked, ports, seen):
    """Let the students who are surely one be known by both rosters; their classes stay two. How many they were."""
    key, sure = seen.right.key, _sure(seen)
    for one in sure:
        identity = IdentityKey(key.provider, key.district, one.right.person)
        now = asked.school.now()
        crossing.recognise(ports, one.left.account, identity, actor=asked.me.id, now=now, section=seen.left.key)
    return len(sure)
