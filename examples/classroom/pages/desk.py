"""The desk: a teacher's classes, or a child's lessons and stars."""

from classroom import people
from classroom.pages.asking import page
from clever_roster import roster
from clever_roster.model import EnrollmentRole, EnrollmentStatus

LESSONS = ("The story so far", "A map of the island", "Counting shells", "Letters to a lighthouse", "The long way home")


def desk(asked):
    if asked.me is None:
        return asked.show("welcome.html")
    with asked.school.opened() as (ports, connection):
        if asked.me.teaches or asked.me.runs_district:
            return asked.show("desk.html", **_teachers(asked, ports, connection))
        return asked.show("lessons.html", **_childs(asked, ports, connection))


def _teachers(asked, ports, connection):
    owned = ports.sections.owned(asked.me.id)
    cards = []
    for section in (one for one in owned if not one.archived):
        rows = ports.sections.enrollments([section.id])
        students = [row for row in rows if row.role is EnrollmentRole.STUDENT and row.status is EnrollmentStatus.ACTIVE]
        kept = asked.school.class_of(connection, section.id)
        kind = kept.login_type if kept else section.source.provider if section.source else "email"
        cards.append({"section": section, "count": len(students), "kind": kind})
    away = [one for one in owned if one.archived]
    return {"cards": cards, "away": away, "has_clever": bool(asked.school.ids(ports, asked.me.id))}


def _childs(asked, ports, connection):
    classes = [
        ports.sections.get(row.section)
        for row in ports.sections.enrolled(asked.me.id)
        if row.status is EnrollmentStatus.ACTIVE
    ]
    count = people.star_counts(connection, [asked.me.id])[asked.me.id]
    return {"classes": classes, "stars": count, "lesson": LESSONS[count % len(LESSONS)]}


def finish(asked):
    with asked.school.opened() as (_, connection):
        people.finish_lesson(connection, asked.me.id, asked.form.get("lesson", ""))
    return asked.go("/", "Well done! One more star.")


def join(asked):
    """A child joins a class by its code: added by hand, so no sync takes them out again."""
    with asked.school.opened() as (ports, connection):
        found = asked.school.section_by_code(connection, asked.form.get("code", ""))
        if found is None:
            return asked.go("/", "No class has that code.", wrong=True)
        roster.add_by_hand(ports, found.section, asked.me.id, actor=asked.me.id, now=asked.school.now())
    return asked.go("/", "You are in the class now.")


ROUTES = [
    page("/", desk),
    page("/lessons", finish, "POST", needs="account"),
    page("/join", join, "POST", needs="account"),
]
