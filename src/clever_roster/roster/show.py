"""What is shown of a plan, of a report and of an undo: the same rows in a notebook, at a terminal and in a DataFrame.

The columns are stable. Ids only, unless names are asked for; then people and sections are named beside their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from clever_roster.display import Row, Table, Tone, View
from clever_roster.display.views import counted
from clever_roster.model import SectionId
from clever_roster.roster.apply import Report
from clever_roster.roster.plan import Plan, Step, Verb
from clever_roster.roster.undo import Undone

__all__ = ["STEP_COLUMNS", "view_of_plan", "view_of_report", "view_of_undone"]

STEP_COLUMNS = (
    *("step", "section", "origin", "person", "role", "account", "fields"),
    *("state", "rule", "why", "since", "nights"),
)
NAMES = ("person_name", "section_name")
DRAWN = ("step", "person", "account", "role", "section", "origin", "fields", "state", "rule")
NAMED = ("step", "person_name", "account", "role", "section_name", "origin", "fields", "state", "rule")
_STATE = STEP_COLUMNS.index("state")
_TONES = {"held": Tone.WARN, "final": Tone.BAD, "failed": Tone.BAD, "edited": Tone.WARN, "done": Tone.GOOD}


def view_of_plan(plan: Plan, *, names: bool = False) -> View:
    """Tables `steps`, `sections` (counts), `held` (by rule and section), `proposals` and `notes`."""
    ready, held = len(plan.ready), plan.held
    waiting = f"{counted(len(held), 'step')} waiting for a person's word: approve this plan by its digest."
    return View(
        title=f"Plan {plan.digest}",
        main="steps",
        lead=waiting if held else "Nothing is held." if ready else "Nothing to do.",
        tone=Tone.WARN if held else Tone.GOOD,
        facts=(
            ("district", plan.snapshot.district),
            ("in one sentence", plan.summary()),
            ("ready", ready),
            ("held", len(held)),
            ("proposals", len(plan.proposals)),
        ),
        parts=(
            _held(held),
            _by_section(plan, names=names),
            Table(
                name="steps",
                caption="Steps, in the order in which they are carried out",
                columns=(*STEP_COLUMNS, *(NAMES if names else ())),
                rows=lambda: (_row(step, plan if names else None) for step in plan.steps),
                count=len(plan.steps),
                tone=_tone,
                drawn=NAMED if names else DRAWN,
            ),
            _proposals(plan),
            Table(
                name="notes",
                caption="Seen, and left alone",
                columns=("section", "account", "sentence"),
                rows=lambda: ((note.section, note.account, note.sentence) for note in plan.notes),
                count=len(plan.notes),
            ),
        ),
    )


def view_of_report(report: Report, *, names: bool = False) -> View:  # noqa: ARG001 - a report knows no names
    """Tables `steps` (each with what became of it), `done` (counts by step) and `held`."""
    missed = [*((one, "failed") for one in report.failed), *((one, "edited") for one in report.stale)]
    counts = Counter(step.verb for step in report.done)

    def steps() -> Iterator[Row]:
        yield from ((*_said(one.step), state, None, one.why, None, None) for one, state in missed)
        yield from (_row(step) for step in report.held)
        yield from ((*_said(step), "done", None, None, None, None) for step in report.done)

    return View(
        title=f"Report on plan {report.plan}",
        main="steps",
        lead={
            "done": "Done.",
            "held": f"{counted(len(report.held), 'step')} still waiting for a person's word.",
            "failed": f"{counted(len(report.failed), 'step')} refused by the host; the others went on.",
        }[report.ending.value],
        tone={"done": Tone.GOOD, "held": Tone.WARN, "failed": Tone.BAD}[report.ending.value],
        facts=(
            ("done", len(report.done)),
            ("accounts made", report.created),
            ("held", len(report.held)),
            ("waiting since", report.oldest),
            ("edited meanwhile", len(report.stale)),
            ("refused", len(report.failed)),
        ),
        parts=(
            Table(
                name="done",
                caption="What was done",
                columns=("step", "count"),
                rows=lambda: ((verb.value, counts[verb]) for verb in sorted(counts)),
                count=len(counts),
            ),
            _held(report.held),
            Table(
                name="steps",
                caption="Every step, and what became of it",
                columns=STEP_COLUMNS,
                rows=steps,
                count=len(missed) + len(report.held) + len(report.done),
                tone=_tone,
                drawn=("step", "person", "account", "role", "section", "origin", "fields", "state", "why"),
            ),
        ),
    )


def view_of_undone(undone: Undone, *, names: bool = False) -> View:  # noqa: ARG001 - it knows no names
    """The counts, and a table `kept` of what was edited since."""
    any_undone = undone.rows or undone.sections or undone.profiles
    return View(
        title=f"Undo of plan {undone.plan}",
        lead="Taken back." if any_undone else "Nothing of this plan is left to take back.",
        tone=Tone.GOOD,
        facts=(("enrollments", undone.rows), ("sections", undone.sections), ("profiles", undone.profiles)),
        parts=(
            Table(
                name="kept",
                caption="Edited since, and left as it is",
                columns=("what",),
                rows=lambda: ((one,) for one in undone.kept),
                count=len(undone.kept),
                tone=lambda _: Tone.WARN,
            ),
        ),
    )


def _said(step: Step) -> Row:
    fields = " ".join(change.field for change in step.fields)
    role = None if step.role is None else step.role.value
    return step.verb.value, step.section, step.origin, step.person, role, step.account, fields


def _row(step: Step, named_by: Plan | None = None) -> Row:
    hold = step.hold
    waits = (
        ("ready", None, None, None, None)
        if hold is None
        else ("final" if hold.final else "held", hold.rule.value, hold.sentence, hold.since, hold.nights)
    )
    return (*_said(step), *waits, *(() if named_by is None else _named(step, named_by)))


def _named(step: Step, plan: Plan) -> Row:
    person = None if step.person is None else plan.people.get(step.person)
    key = step.section
    section = None if key is None else plan.snapshot.sections.get(key) or plan.mirror.sections.get(key)
    return None if person is None else person.name.display(), None if section is None else section.name


def _tone(row: Row) -> Tone:
    return _TONES.get(str(row[_STATE]), Tone.PLAIN)


def _held(held: Iterable[Step]) -> Table:
    """What waits, as a person would ask about it: for which reason, where, how many, since when."""
    groups: dict[Row, list[Step]] = {}
    for step in held:
        if step.hold is not None:
            groups.setdefault((step.hold.rule.value, step.section, step.hold.sentence, step.hold.final), []).append(
                step
            )

    def rows() -> Iterator[Row]:
        for (rule, section, sentence, final), steps in groups.items():
            holds = [step.hold for step in steps if step.hold is not None]
            since = min((hold.since for hold in holds if hold.since is not None), default=None)
            nights = max(hold.nights for hold in holds)
            yield rule, section, len(steps), "another plan" if final else "a person's word", since, nights, sentence

    return Table(
        name="held",
        caption="What waits, and why",
        columns=("rule", "section", "steps", "needs", "since", "nights", "why"),
        rows=rows,
        count=len(groups),
        tone=lambda row: Tone.BAD if row[3] == "another plan" else Tone.WARN,
    )


def _by_section(plan: Plan, *, names: bool) -> Table:
    """What a plan comes to in each section; a move joins one and leaves another."""
    counts: dict[SectionId, Counter[str]] = {}
    for step in plan.steps:
        for section, what in ((step.section, _KINDS.get(step.verb, "changes")), (step.origin, "leaves")):
            if section is not None:
                counts.setdefault(section, Counter()).update([what] if step.hold is None else [what, "held"])

    def rows() -> Iterator[Row]:
        for section, found in counts.items():
            listed = plan.snapshot.sections.get(section) or plan.mirror.sections.get(section)
            named = (None if listed is None else listed.name,) if names else ()
            yield (section, *named, *(found[what] for what in ("joins", "leaves", "changes", "held")))

    columns = ("section", *(("section_name",) if names else ()), "joins", "leaves", "changes", "held")
    return Table(
        name="sections",
        caption="By section",
        columns=columns,
        rows=rows,
        count=len(counts),
        tone=lambda row: Tone.WARN if row[-1] else Tone.PLAIN,
        drawn=None if len(counts) > 1 else (),
    )


_KINDS = {
    **dict.fromkeys((Verb.ENROLL, Verb.RESTORE, Verb.ADOPT, Verb.MOVE), "joins"),
    **dict.fromkeys((Verb.WITHDRAW, Verb.RELEASE), "leaves"),
}


def _proposals(plan: Plan) -> Table:
    return Table(
        name="proposals",
        caption="To look into: a person may accept it, a sync never does",
        columns=("kind", "section", "other_section", "person", "other_person", "sentence", "evidence"),
        rows=lambda: (
            (
                one.kind.value,
                one.section,
                one.other_section,
                one.person,
                one.other_person,
                one.sentence,
                "; ".join(one.evidence),
            )
            for one in plan.proposals
        ),
        count=len(plan.proposals),
        tone=lambda _: Tone.WARN,
    )
