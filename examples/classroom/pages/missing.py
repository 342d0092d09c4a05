"""Why is this student missing? Why is my class not listed? The likeliest reason first, and who can do what about it."""

import re

from classroom import people
from classroom.pages.asking import page
from classroom.pages.students import not_yours, own_section
from clever_roster import roster
from clever_roster.errors import SourceError
from clever_roster.model import CLEVER, EnrollmentStatus, Role

MOST = 8


def missing_student(asked):
    """The teacher's other students, and those who were here once: why is the chosen one not in this class?"""
    with asked.school.opened() as (ports, _):
        section = own_section(asked, ports)
        ids = asked.school.ids(ports, asked.me.id, role=Role.TEACHER)
    if section is None or section.source is None or section.source.provider != CLEVER:
        return not_yours(asked)
    source, person = section.source, asked.request.query_params.get("person")
    with asked.school.rosters.clever(source.district) as clever:
        here = [key.subject for key in ids if key.district == source.district]
        taught = {one.section.id for subject in here for one in clever.fetch_classrooms(subject)}
        snapshot = clever.fetch_snapshot(source.district, taught | {source.section})
    with asked.school.opened() as (ports, _):
        known = {**ports.roster.people(source.provider, source.district), **snapshot.people}
        rows = ports.sections.enrollments([section.id])
        inside = {row.person for row in rows if row.status is EnrollmentStatus.ACTIVE}
        reasons = roster.why_person(ports, snapshot, source.section, person) if person in known else ()
    names = {one.id: one.name.display() for one in known.values()} | {source.section: section.name, section.id: "here"}
    choices = sorted(
        (one.name.last, one.name.display(), one.id)
        for one in known.values()
        if one.id not in inside and Role.STUDENT in one.roles
    )
    return asked.show(
        "missing_student.html",
        section=section,
        choices=choices,
        person=person,
        who=names.get(person, ""),
        reasons=[_named(reason, names) for reason in reasons],
    )


def missing_class(asked):
    """Classes of the teacher's districts by a part of their name, and why each is not in the teacher's list."""
    wish = asked.request.query_params.get("name", "").strip()
    with asked.school.opened() as (ports, _):
        ids = asked.school.ids(ports, asked.me.id)
    found = [one for key in ids for one in _named_like(asked, key.district, wish)] if wish else []
    return asked.show("missing_class.html", wish=wish, found=found, connected=bool(ids))


def _named_like(asked, district, wish):
    with asked.school.rosters.clever(district) as clever:
        alike = [one for one in clever.iter_sections() if wish.casefold() in one.name.casefold()][:MOST]
        for listed in alike:
            snapshot, failure = None, None
            try:
                snapshot = clever.fetch_snapshot(district, [listed.id])
            except SourceError as error:
                failure = error
            with asked.school.opened() as (ports, _):
                reasons = roster.why_section(ports, snapshot, listed.id, actor=asked.me.id, failure=failure)
            names = {listed.id: listed.name, asked.me.id: "yours"}
            yield {"name": listed.name, "period": listed.period, "reasons": [_named(one, names) for one in reasons]}


def _named(reason, names):
    """The library's sentences hold ids, which may go into a log; a teacher reads names."""
    words = re.sub(r"\b[0-9a-f]{24}\b|\b\d+\b", lambda found: names.get(found[0], found[0]), reason.sentence)
    return {"sentence": words, "next_step": reason.next_step, "cause": reason.cause.value}


ROUTES = [
    page("/sections/{section}/missing", missing_student, needs=people.TEACH),
    page("/missing-class", missing_class, needs=people.TEACH),
]
