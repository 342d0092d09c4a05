"""Manage students: who is in a class and why, sync with its roster, guests by hand, the history with its undo."""

from itertools import groupby

from classroom import people
from classroom.pages.asking import page
from classroom.rosters import LOGINS, NAMES
from clever_roster import roster
from clever_roster.model import CLEVER, EnrollmentRole, EnrollmentStatus, Origin, SyncMode

MODES = {
    SyncMode.MIRROR: "Follow the school's list in everything",
    SyncMode.ADDITIVE: "Add who joins, withdraw nobody",
    SyncMode.MANUAL: "Only names and facts; I manage who is in it",
    SyncMode.PAUSED: "Do not sync",
}
ENDED = {EnrollmentStatus.WITHDRAWN: "left the class", EnrollmentStatus.REMOVED_BY_HAND: "removed by hand"}
DONE = {
    "add_by_hand": "added by hand",
    "adopt": "is on the school's list too now",
    "alter_person": "changed at school",
    "attach": "imported",
    "enroll": "joined",
    "migrate bring": "came along from the other class",
    "migrate follow": "follows another roster",
    "migrate keep": "is not on the new list, and stays",
    "migrate know": "is known on both lists",
    "migrate link": "may sign in with the new login too",
    "migrate release": "is put away for the other one",
    "move": "moved",
    "recognise": "is known to be one with somebody on the list",
    "release": "is no longer on the school's list, and stays",
    "remove_by_hand": "removed by hand",
    "restore": "came back",
    "undo": "put back",
    "withdraw": "left",
}


def own_section(asked, ports):
    """The section of the path if the person runs it; the library says SectionNotFound for what is not there."""
    section = ports.sections.get(asked.request.path_params["section"])
    return section if section.owner == asked.me.id else None


def not_yours(asked):
    return asked.stop("Not your class", "Only the teacher who runs a class manages its students.", 403)


def manage(asked):
    with asked.school.opened() as (ports, connection):
        section = own_section(asked, ports)
        if section is None:
            return not_yours(asked)
        rows = ports.sections.enrollments([section.id])
        accounts = ports.accounts.find({row.account for row in rows})
        counts = people.star_counts(connection, accounts)
        pictures = {one: people.row(connection, one).picture for one in accounts}
        kept = asked.school.class_of(connection, section.id)
    listed = [
        {
            "id": row.account,
            "name": accounts[row.account].name.display(),
            "last": accounts[row.account].name.last,
            "how": _how(section, row.origin),
            "stars": counts[row.account],
            "picture": pictures[row.account],
            "status": row.status,
            "ended": ENDED.get(row.status),
            "teacher": row.role is EnrollmentRole.TEACHER,
        }
        for row in rows
    ]
    listed.sort(key=lambda one: (one["last"], one["name"]))
    return asked.show(
        "students.html",
        section=section,
        kept=kept,
        **_followed(section),
        teachers=[one for one in listed if one["teacher"] and not one["ended"]],
        students=[one for one in listed if not one["teacher"] and not one["ended"]],
        former=[one for one in listed if one["ended"]],
        modes=MODES,
    )


def _followed(section):
    """The roster that a class follows; a class of another year follows none any longer."""
    provider = section.source.provider if section.source and not section.archived else None
    return {
        "roster": NAMES.get(provider),
        "login": LOGINS.get(provider),
        "explains": provider == CLEVER,
    }


def _how(section, origin):
    """Why somebody is in the class."""
    roster_of = NAMES.get(section.source.provider, section.source.provider) if section.source else ""
    return {Origin.SOURCE: roster_of, Origin.MANUAL: "by hand", Origin.BOTH: f"{roster_of} and by hand"}[origin]


def sync(asked):
    """Read the class at its roster and show what would change; nothing is done yet."""
    with asked.school.opened() as (ports, _):
        section = own_section(asked, ports)
    if section is None or _followed(section)["roster"] is None:
        return not_yours(asked)
    source = section.source
    snapshot = asked.school.rosters.read(source.provider, source.district, [source.section], asked.me.id)
    with asked.school.opened() as (ports, connection):
        plan = asked.school.plan(ports, snapshot, actor=asked.me.id)
        if plan.empty:
            roster.apply(ports, plan, actor=asked.me.id, now=asked.school.now())
            return asked.go(f"/sections/{section.id}", f"In step with {NAMES[source.provider]}. Nothing changed.")
        digest = asked.school.keep_plan(connection, plan, f"Sync {section.name}", asked.me.id)
    return asked.go(f"/plans/{digest}")


def add(asked):
    """A guest by hand: no sync takes them out again."""
    first, last, email = (asked.form.get(field, "").strip() for field in ("first", "last", "email"))
    with asked.school.opened() as (ports, connection):
        section = own_section(asked, ports)
        if section is None:
            return not_yours(asked)
        if not first or not last:
            return asked.go(f"/sections/{section.id}", "A student needs a first and a last name.", wrong=True)
        kept = asked.school.class_of(connection, section.id)
        picture, password = None, people.first_password() if email else None
        if kept and kept.login_type == "picture":
            taken = len(ports.sections.enrollments([section.id]))
            picture = people.PICTURES[taken % len(people.PICTURES)]
        account = people.sign_up(connection, first, last, email, password, picture=picture)
        if account is None:
            words = "Somebody signs in with that email already. Give them the class's code instead."
            return asked.go(f"/sections/{section.id}", words, wrong=True)
        roster.add_by_hand(ports, section.id, account, actor=asked.me.id, now=asked.school.now())
    how = f" First password: {password}" if password else f" Their picture: {picture}" if picture else ""
    return asked.go(f"/sections/{section.id}", f"{first} {last} was added.{how}")


def remove(asked):
    with asked.school.opened() as (ports, _):
        section = own_section(asked, ports)
        if section is None:
            return not_yours(asked)
        account, now = asked.form.get("account", ""), asked.school.now()
        ended = roster.remove_by_hand(ports, section.id, account, actor=asked.me.id, now=now)
    words = "Removed. Their work stays, and no sync brings them back." if ended else "They were not in the class."
    return asked.go(f"/sections/{section.id}", words)


def set_mode(asked):
    with asked.school.opened() as (ports, _):
        section = own_section(asked, ports)
        if section is None or section.source is None:
            return not_yours(asked)
        mode = next((one for one in MODES if one.value == asked.form.get("mode")), section.mode)
        roster.set_mode(ports, section.source, mode, actor=asked.me.id, now=asked.school.now())
    return asked.go(f"/sections/{section.id}", f"From now on: {MODES[mode].lower()}.")


# --- History ----------------------------------------------------------------------------------------------------------


def history(asked):
    """Every run, newest first, with who asked for it; a run may be undone."""
    with asked.school.opened() as (ports, connection):
        section = own_section(asked, ports)
        if section is None:
            return not_yours(asked)
        entries = ports.roster.journal(section.id)
        named = ports.accounts.find({one.account for one in entries if one.account} | _accounts(entries))
        runs = [
            _run(asked, connection, plan, list(lines), named)
            for (_, plan), lines in groupby(entries, key=lambda one: (one.at, one.plan))
        ]
    return asked.show("history.html", section=section, runs=runs[::-1])


def _accounts(entries):
    """Actors are account ids, or a word for the nightly job; an override has its reason after a colon."""
    actors = {one.actor.partition(": ")[0] for one in entries}
    return {actor for actor in actors if actor.isdigit()}


def _run(asked, connection, plan, lines, named):
    def name(account):
        return named[account].name.display() if account in named else account

    what, kept = "plans", asked.school.find_plan(connection, plan)
    if kept is None:
        what, kept = "moves", asked.school.find_move(connection, plan)
    actor, _, why = lines[0].actor.partition(": ")
    undone = all(line.verb == "undo" for line in lines)
    return {
        "at": lines[0].at,
        "by": name(actor),
        "why": why,
        "lines": [
            f"{name(line.account)} {DONE.get(line.verb, line.verb)}"
            if line.account
            else f"The class: {DONE.get(line.verb, line.verb)}"
            for line in lines
        ],
        "title": kept[0].title if kept else "",
        "undo": f"/{what}/{plan}/undo" if kept and kept[0].state == "done" and not undone else None,
    }


ROUTES = [
    page("/sections/{section}", manage, needs=people.TEACH),
    page("/sections/{section}/sync", sync, "POST", needs=people.TEACH),
    page("/sections/{section}/students", add, "POST", needs=people.TEACH),
    page("/sections/{section}/remove", remove, "POST", needs=people.TEACH),
    page("/sections/{section}/mode", set_mode, "POST", needs=people.TEACH),
    page("/sections/{section}/history", history, needs=people.TEACH),
]
