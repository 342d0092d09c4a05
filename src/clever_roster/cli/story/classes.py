"""What changed in class: choose, import, sync, and a roster that was only half read."""

from __future__ import annotations

from clever_roster import roster
from clever_roster.cli.story.stage import Chapter, Fact, Grid, Stage
from clever_roster.model import AccountId, Classroom, EnrollmentStatus, Snapshot
from clever_roster.roster import Attachment, Plan, Report, Verb
from clever_roster.testing import Breakage
from clever_roster.testing.evolution import next_day, withdraw

__all__ = ["choose", "guard", "import_classes", "sync"]


def choose(stage: Stage) -> Chapter:
    """The teacher sees every class that Clever lists for them."""
    classrooms = stage.client().fetch_classrooms(stage.show.teacher)
    chosen = [one for one in classrooms if one.section.id in stage.sections]
    taught = {section.id for section in stage.district.sections_of(stage.show.teacher)}
    ok = {one.section.id for one in classrooms} == taught and len(chosen) == len(stage.sections)
    facts: dict[str, Fact] = {
        "listed": len(classrooms),
        "look_alikes": sum(one.look_alike for one in classrooms),
        "chosen": [one.section.id for one in chosen],
    }
    told = (
        "Every class that Clever lists for the teacher, with what tells two alike apart:",
        Grid(
            headers=("", "Class", "Period", "Grade", "Subject", "Course", "Term", "School", "With", "Students", ""),
            rows=tuple(_classroom_row(one, chosen=one in chosen) for one in classrooms),
        ),
    )
    return Chapter(name="classrooms", title="The teacher chooses among look-alikes", ok=ok, facts=facts, told=told)


def _classroom_row(one: Classroom, *, chosen: bool) -> tuple[str, ...]:
    section = one.section
    return (
        "->" if chosen else "",
        section.name,
        section.period or "",
        section.grade or "",
        section.subject or "",
        (one.course and one.course.name) or "",
        (one.term and one.term.name) or "",
        one.school.name if one.school else "",
        ", ".join(name.display() for name in one.co_teachers),
        str(one.student_count),
        "look-alike" if one.look_alike else "",
    )


def import_classes(stage: Stage, teacher: AccountId) -> Chapter:
    """Two of them are imported: the plan first, then the deed, and a second plan that is empty."""
    own = stage.account_of(stage.show.student)
    plan, report = _plan_and_apply(stage, stage.snapshot(), teacher, attach=True)
    again = _planned(stage, stage.snapshot(), teacher, attach=True)
    kept = own is not None and any(row.account == own for row in stage.rows())
    ok = stage.matches_source() and again.empty and kept and not report.held
    facts: dict[str, Fact] = {
        "sections": report.count(Verb.ATTACH),
        "enrolled": report.count(Verb.ENROLL),
        "accounts_created": report.created,
        "accounts_found": report.count(Verb.ENROLL) - report.created,
        "steps": len(report.done),
        "second_plan_steps": len(again.steps),
    }
    told = (
        f"The plan, before anything is written: {_counted(plan)}.",
        *_some(roster.explain(plan, names=True)),
        (
            f"Applied: {report.count(Verb.ENROLL)} people enrolled, {report.created} accounts made, "
            f"{report.count(Verb.ENROLL) - report.created} found; the connected student keeps account {own}."
        ),
        f"Planned once more: {_counted(again)}.",
    )
    return Chapter(name="import", title="The two classes are imported", ok=ok, facts=facts, told=told)


def sync(stage: Stage, teacher: AccountId) -> Chapter:
    """A guest is added by hand, the district moves on a day, and the classes follow."""
    guest = stage.host.sign_up("Kim", "Guest", email="kim@home.test", lessons=2, when=stage.now, password=True)
    section = stage.imported()[stage.sections[0]]
    with stage.host.store.transaction() as ports:
        roster.add_by_hand(ports, section, guest, actor=teacher, now=stage.now)
    before = {(row.section, row.account, row.role): row for row in stage.rows()}
    if not stage.returning:
        stage.district = next_day(stage.district, seed=stage.seed)
        stage.simulator.replace(stage.district)
    plan, report = _plan_and_apply(stage, stage.snapshot(), teacher)
    again = _planned(stage, stage.snapshot(), teacher)
    after = {(row.section, row.account, row.role): row for row in stage.rows()}
    guest_stays = any(r.account == guest and r.status is EnrollmentStatus.ACTIVE for r in after.values())
    ok = stage.matches_source() and again.empty and guest_stays and before.keys() <= after.keys() and not report.held
    facts: dict[str, Fact] = {
        "added": report.count(Verb.ENROLL),
        "withdrawn": report.count(Verb.WITHDRAW),
        "moved": report.count(Verb.MOVE),
        "renamed": report.count(Verb.ALTER_PERSON),
        "restored": report.count(Verb.RESTORE),
        "steps": len(report.done),
        "hand_added_kept": guest_stays,
        "rows_deleted": len(before.keys() - after.keys()),
        "second_plan_steps": len(again.steps),
    }
    told = (
        "The teacher adds a guest by hand, and a day passes in the district.",
        f"The plan, before anything is written: {_counted(plan)}.",
        *_some(roster.explain(plan, names=True), most=16),
        f"Applied: {len(report.done)} steps. No row was deleted; who left is withdrawn and can come back.",
        f"Planned once more: {_counted(again)}.",
    )
    return Chapter(name="sync", title="A day passes, and the classes are synced", ok=ok, facts=facts, told=told)


def guard(stage: Stage, teacher: AccountId) -> Chapter:
    """A page ends too early, and then a class loses nearly everybody: neither changes the host."""
    first = stage.sections[0]
    before = stage.rows()
    stage.simulator.fail(f"/v3.1/sections/{first}/users", Breakage.EARLY_END, after=1, times=1)
    half = stage.snapshot(page_size=max(1, len(stage.district.sections[first].students) // 2))
    stage.simulator.heal()
    unproven, nothing_done = _plan_and_apply(stage, half, teacher)
    emptied = stage.district
    leaving = emptied.sections[first].students[1:]
    for person in leaving:
        emptied = withdraw(emptied, person, first)
    stage.simulator.replace(emptied)
    held_plan, held_report = _plan_and_apply(stage, stage.snapshot(), teacher)
    stage.simulator.replace(stage.district)
    ok = (
        half.proof.doubt(first) is not None
        and unproven.count(Verb.WITHDRAW) + unproven.count(Verb.MOVE) == 0
        and not nothing_done.done
        and len(held_report.held) == len(leaving)
        and not held_report.done
        and stage.rows() == before
    )
    facts: dict[str, Fact] = {
        "half_read_proven": half.proof.complete,
        "half_read_removals": unproven.count(Verb.WITHDRAW) + unproven.count(Verb.MOVE),
        "mass_removal_held": len(held_report.held),
        "mass_removal_applied": len(held_report.done),
        "rows_changed": sum(one != other for one, other in zip(before, stage.rows(), strict=False)),
    }
    told = (
        f"A page of the roster ends too early: {half.proof.doubt(first)}.",
        f"Without proof nobody can be removed; the plan: {_counted(unproven)}.",
        (
            f"Then the district's lists, fully read, lose {len(leaving)} of the first class: "
            f"{len(held_plan.held)} steps are held, {len(held_plan.ready)} are ready."
        ),
        *(f"  {roster.explain_step(step, held_plan, names=True)}" for step in held_plan.held[:2]),
        "Nothing was changed in either case.",
    )
    return Chapter(name="guard", title="A half-read roster is held", ok=ok, facts=facts, told=told)


def _planned(stage: Stage, snapshot: Snapshot, teacher: AccountId, *, attach: bool = False) -> Plan:
    wishes = {key: Attachment(owner=teacher) for key in stage.sections} if attach else {}
    with stage.host.store.transaction() as ports:
        return roster.plan(ports, snapshot, attach=wishes, actor=teacher)


def _plan_and_apply(
    stage: Stage, snapshot: Snapshot, teacher: AccountId, *, attach: bool = False
) -> tuple[Plan, Report]:
    plan = _planned(stage, snapshot, teacher, attach=attach)
    with stage.host.store.transaction() as ports:
        return plan, roster.apply(ports, plan, actor=teacher, now=stage.now)


def _counted(plan: Plan) -> str:
    counts = [f"{plan.count(verb)} {verb.value.replace('_', ' ')}" for verb in Verb if plan.count(verb)]
    return ", ".join(counts) or "nothing to do"


def _some(sentences: tuple[str, ...], most: int = 6) -> list[str]:
    """The first few, and how many more."""
    shown = [f"  {sentence}" for sentence in sentences[:most]]
    return [*shown, f"  ... and {len(sentences) - most} more"] if len(sentences) > most else shown
