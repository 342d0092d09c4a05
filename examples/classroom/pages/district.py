"""The district administrator's view: which classes are here, what waits for somebody's word, and for how long."""

from sqlalchemy import select

from classroom import people, tables
from classroom.pages.asking import page
from clever_roster import roster
from clever_roster.model import CLEVER, EnrollmentRole, EnrollmentStatus


def overview(asked):
    with asked.school.opened() as (ports, connection):
        district = asked.school.own_district(ports, asked.me.id)
        if district is None:
            return asked.stop("Connect Clever first", "Your account is not connected with a district.", 403)
        name = asked.school.districts(connection).get(district, district)
        sections = asked.school.synced(ports, district)
        rows = ports.sections.enrollments([one.id for one in sections.values()]) if sections else ()
        owners = ports.accounts.find({one.owner for one in sections.values()})
        open_plans = select(tables.plans).where(
            tables.plans.c.district == district, tables.plans.c.state == "open", tables.plans.c.held > 0
        )
        waiting = connection.execute(open_plans).all()
    now = asked.school.now()
    held = sorted((_since(one), one) for one in waiting)
    active = [row for row in rows if row.status is EnrollmentStatus.ACTIVE and row.role is EnrollmentRole.STUDENT]
    return asked.show(
        "district.html",
        name=name,
        held=[{"plan": one, "since": since, "days": (now - since).days} for since, one in held],
        sections=[
            {
                "section": one,
                "owner": owners[one.owner].name.display(),
                "students": sum(row.section == one.id for row in active),
            }
            for one in sorted(sections.values(), key=lambda one: one.name)
        ],
    )


def _since(kept):
    return people.aware(kept.waiting_since or kept.made_at)


def night(asked):
    """What a nightly job does: every class of the district in one read, what is ready is done, the rest waits."""
    with asked.school.opened() as (ports, connection):
        district = asked.school.own_district(ports, asked.me.id)
        sections = asked.school.synced(ports, district) if district else {}
    if not sections:
        return asked.go("/district", "No class of the district is here yet.", wrong=True)
    snapshot = asked.school.rosters.read(CLEVER, district, list(sections), asked.me.id)
    with asked.school.opened() as (ports, connection):
        plan = asked.school.plan(ports, snapshot)
        digest = None if plan.empty else asked.school.keep_plan(connection, plan, "Nightly sync", "nightly")
        report = roster.apply(ports, plan, actor="nightly", now=asked.school.now())
        if digest:
            asked.school.mark_plan(connection, digest, "done")
        if report.held:
            rest = asked.school.plan(ports, snapshot)
            asked.school.keep_plan(connection, rest, "Nightly sync: what is held", "nightly")
    words = f"{len(sections)} classes were read; {len(report.done)} steps done, {len(report.held)} held."
    return asked.go("/district", words)


ROUTES = [
    page("/district", overview, needs=people.DISTRICT),
    page("/district/sync", night, "POST", needs=people.DISTRICT),
]
