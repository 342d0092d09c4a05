"""A plan to look at: what is ready, what is held and why; do it, override it with a name and a reason, undo it."""

from itertools import groupby

import attrs

from classroom.pages import newcomers, seconds
from classroom.pages.asking import page
from clever_roster import roster
from clever_roster.errors import Overtaken, ScopeBusy, StalePlan
from clever_roster.model import SectionKey
from clever_roster.roster import Approval, Rule, Verb

HEADINGS = {
    Verb.ATTACH: "Classes to import",
    Verb.REOPEN: "Classes that are back",
    Verb.ALTER_SECTION: "Classes that changed",
    Verb.ALTER_PERSON: "People whose name or email changed",
    Verb.ENROLL: "Joining",
    Verb.RESTORE: "Coming back, with their work",
    Verb.ADOPT: "Added by you, and on the school's list now",
    Verb.MOVE: "Moving between classes",
    Verb.RELEASE: "No longer on the school's list, staying because you added them",
    Verb.WITHDRAW: "Leaving (account and work stay)",
    Verb.ARCHIVE: "Classes that end (the work stays)",
}


def _visible(asked, ports, plan):
    """Whoever asked for it, and the administrator of its district."""
    return plan.actor == asked.me.id or asked.school.own_district(ports, asked.me.id) == plan.snapshot.district


def _found(asked, ports, connection):
    found = asked.school.find_plan(connection, asked.request.path_params["digest"])
    return found if found and _visible(asked, ports, found[1]) else None


def _not_there(asked):
    return asked.stop("No such plan", "It may have been replaced by a newer one.")


def look(asked):
    with asked.school.opened() as (ports, connection):
        found = _found(asked, ports, connection)
        if found is None:
            return _not_there(asked)
        kept, plan = found
        attached = _attached(ports, plan)
        twice = seconds.seconds(asked, ports, plan) if kept.state == "open" else {}
        classes = [seconds.told(asked, connection, seen) for seen in twice.values()]
        known = newcomers.newcomers(asked, ports, plan) if kept.state == "open" else {}
    return asked.show(
        "plan.html",
        kept=kept,
        plan=plan,
        importing=bool(plan.attach) and not attached,
        ready=_grouped(plan, plan.ready),
        held=list(_held(plan, twice, known)),
        twice=classes,
        final=[step for step in plan.held if step.hold.final],
        notes=plan.notes,
        proposals=plan.proposals,
        back=_back(attached),
    )


def _grouped(plan, steps):
    """Steps by what they do, each as a sentence with names."""
    for verb, some in groupby(steps, key=lambda step: step.verb):
        yield HEADINGS[verb], [roster.explain_step(step, plan, names=True) for step in some]


def _held(plan, twice, known):
    """Held steps by the reason, with how long they have waited."""
    by_reason = {}
    for step in plan.held:
        because = step.hold.sentence
        if step.hold.rule is Rule.SECOND_PROVIDER and step.section in twice:
            because = seconds.sentence(twice[step.section])
        if step.key in known:
            because = f"{known[step.key][1]} is in the class already, as if added by hand, and may be this person."
        by_reason.setdefault((step.hold.rule, because), []).append(step)
    for (_, because), steps in by_reason.items():
        lines = [roster.explain_step(attrs.evolve(step, hold=None), plan, names=True) for step in steps]
        since = min((step.hold.since for step in steps if step.hold.since), default=None)
        person = steps[0].person if steps[0].key in known else None
        nights = max(step.hold.nights for step in steps)
        yield {"because": because, "lines": lines, "since": since, "nights": nights, "person": person}


def _attached(ports, plan):
    """The sections here that a plan is about."""
    read = plan.snapshot
    return ports.sections.attached([SectionKey(read.provider, read.district, one) for one in read.scope])


def _back(attached):
    sections = [one.id for one in attached.values()]
    return f"/sections/{sections[0]}" if len(sections) == 1 else "/"


def carry_out(asked):
    """Do what is ready; with a reason in the person's own words, also what is held."""
    why = asked.form.get("why", "").strip()
    override = asked.form.get("do") == "everything"
    here = asked.request.url.path.removesuffix("/apply")
    if override and not why:
        return asked.go(here, "Please say why, in your own words. It is kept with your name.", wrong=True)
    with asked.school.opened() as (ports, connection):
        found = _found(asked, ports, connection)
        if found is None:
            return _not_there(asked)
        kept, plan = found
        approval = Approval(digest=plan.digest, by=asked.me.id, why=why) if override else None
    try:
        # A transaction of its own: when it raises, nothing of it is kept.
        with asked.school.opened() as (ports, connection):
            report = roster.apply(ports, plan, actor=asked.me.id, now=asked.school.now(), approval=approval)
            asked.school.mark_plan(connection, plan.digest, "done")
            for section in report.sections.values():
                asked.school.open_class(connection, section, plan.snapshot.provider)
            rest = _rest(asked, ports, connection, plan, kept.title) if report.held else None
    except (StalePlan, Overtaken):
        return _made_anew(asked, plan, kept.title)
    except ScopeBusy:
        return asked.go(here, "Another sync of this class is at work. Try again in a moment.", wrong=True)
    done = f"Done: {len(report.done)} {'step' if len(report.done) == 1 else 'steps'}."
    if rest:
        return asked.go(f"/plans/{rest}", f"{done} {len(report.held)} wait for your word.")
    sections = list(report.sections.values())
    return asked.go(f"/sections/{sections[0]}" if len(sections) == 1 else "/", done)


def _rest(asked, ports, connection, plan, title):
    """What is left of a plan, as one of its own."""
    rest = asked.school.plan(ports, plan.snapshot, attach=plan.attach, actor=plan.actor, roles=plan.roles)
    return asked.school.keep_plan(connection, rest, title, asked.me.id) if not rest.empty else None


def _made_anew(asked, plan, title):
    with asked.school.opened() as (ports, connection):
        fresh = _rest(asked, ports, connection, plan, title)
    words = "Somebody changed the class since this plan was made. Nothing was done."
    return asked.go(f"/plans/{fresh}" if fresh else "/", f"{words} This is the plan as it is now.", wrong=True)


def undo(asked):
    with asked.school.opened() as (ports, connection):
        found = _found(asked, ports, connection)
        if found is None:
            return _not_there(asked)
        _, plan = found
        undone = roster.undo(ports, plan.digest, actor=asked.me.id, now=asked.school.now())
        asked.school.mark_plan(connection, plan.digest, "undone")
        attached = _attached(ports, plan)
    kept = f" {len(undone.kept)} were changed since, and stay." if undone.kept else ""
    return asked.go(_back(attached), f"Undone: {undone.rows} people are as they were before.{kept}")


def know(asked):
    """Another class of the same students: who is surely one keeps the account they have; the import is made anew."""
    with asked.school.opened() as (ports, connection):
        found = _found(asked, ports, connection)
        if found is None:
            return _not_there(asked)
        kept, plan = found
        counts = [seconds.recognise(asked, ports, seen) for seen in seconds.seconds(asked, ports, plan).values()]
        fresh = _rest(asked, ports, connection, plan, kept.title)
    return asked.go(f"/plans/{fresh}" if fresh else "/", f"{sum(counts)} students will use the account they have.")


def recognise(asked):
    """Somebody listed anew is in the class already: they keep the account they have, and the plan is made anew."""
    with asked.school.opened() as (ports, connection):
        found = _found(asked, ports, connection)
        if found is None:
            return _not_there(asked)
        kept, plan = found
        name = newcomers.recognise(asked, ports, plan, asked.form.get("person"))
        fresh = _rest(asked, ports, connection, plan, kept.title)
        attached = _attached(ports, plan)
    words = f"{name} keeps the account they have." if name else "Nobody waits by that name any longer."
    return asked.go(f"/plans/{fresh}" if fresh else _back(attached), words, wrong=name is None)


ROUTES = [
    page("/plans/{digest}", look, needs="account"),
    page("/plans/{digest}/apply", carry_out, "POST", needs="account"),
    page("/plans/{digest}/undo", undo, "POST", needs="account"),
    page("/plans/{digest}/know", know, "POST", needs="account"),
    page("/plans/{digest}/recognise", recognise, "POST", needs="account"),
]
