"""A plan in plain words, one sentence a step. Ids only, unless names are asked for."""

from __future__ import annotations

from typing import assert_never

from clever_roster.model import EnrollmentRole, SectionId
from clever_roster.roster.plan import Note, Plan, Proposal, Step, Verb

__all__ = ["explain", "explain_step"]


def explain(plan: Plan, *, names: bool = False) -> tuple[str, ...]:
    """Every step as a sentence, in the order in which they are carried out, then what was deliberately left alone.

    Args:
        names: name people and sections; else their ids are shown, which may go into a log.
    """
    steps = (explain_step(step, plan, names=names) for step in plan.steps)
    notes = (f"{_about(note, plan, names=names)} {note.sentence}." for note in plan.notes)
    proposals = (_proposed(one) for one in plan.proposals)
    return (*steps, *notes, *proposals)


def explain_step(step: Step, plan: Plan, *, names: bool = False) -> str:
    """One step as a sentence; a held one ends with why it waits."""
    text = _what(step, plan, names=names)
    return text if step.hold is None else f"{text} HELD: {step.hold.sentence}"


def _about(note: Note, plan: Plan, *, names: bool) -> str:
    where = _section(note.section, plan, names=names)
    if note.account is None:
        return f"Section {where}"
    return f"Account {note.account}" if note.section is None else f"Account {note.account} in {where}"


def _proposed(one: Proposal) -> str:
    """Ids and evidence; whom they name is for the steps to say."""
    first, second = one.section or one.person, one.other_section or one.other_person
    ids = f"{first} -> {second}" if second else f"{first}"
    return f"To look into ({one.kind}, {ids}): {one.sentence} {'; '.join(one.evidence)}".rstrip()


def _what(step: Step, plan: Plan, *, names: bool) -> str:
    who = _person(step, plan, names=names)
    where = _section(step.section, plan, names=names)
    match step.verb:
        case Verb.ATTACH:
            return f"Section {where} is imported."
        case Verb.REOPEN:
            return f"Section {where} is back at the source, and opens again with its people."
        case Verb.ALTER_SECTION:
            return f"Section {where} changes: {_fields(step, names=names)}."
        case Verb.ALTER_PERSON:
            return f"{who} changes: {_fields(step, names=names)}."
        case Verb.ENROLL:
            account = "a new account is made" if step.account is None else "with the account they have"
            return f"{who} joins {where} ({account})."
        case Verb.RESTORE:
            return f"{who} is back in {where}, with the work of before."
        case Verb.ADOPT:
            return f"{who}, added to {where} by hand, is now on the roster too."
        case Verb.MOVE:
            return f"{who} moves from {_section(step.origin, plan, names=names)} to {where}."
        case Verb.RELEASE:
            return f"{who} is no longer on the roster of {where}, and stays because a teacher added them."
        case Verb.WITHDRAW:
            return f"{who} leaves {where}; account and work stay."
        case Verb.ARCHIVE:
            return f"Section {where} is archived; its people's work stays."
        case _:
            assert_never(step.verb)


def _person(step: Step, plan: Plan, *, names: bool) -> str:
    kind = "Teacher" if step.role is EnrollmentRole.TEACHER else "Student" if step.role else "Person"
    person = None if step.person is None else plan.people.get(step.person)
    if names and person is not None:
        return f"{kind} {person.name.display()}"
    return f"{kind} {step.person or step.account}"


def _section(key: SectionId | None, plan: Plan, *, names: bool) -> str:
    section = None if key is None else plan.snapshot.sections.get(key) or plan.mirror.sections.get(key)
    return f'"{section.name}"' if names and section is not None else str(key)


def _fields(step: Step, *, names: bool) -> str:
    if not names:
        return ", ".join(field.field for field in step.fields)
    return ", ".join(f"{field.field} was {_value(field.old)}, is {_value(field.new)}" for field in step.fields)


def _value(value: object) -> str:
    display = getattr(value, "display", None)
    return "nothing" if value in {None, "", ()} else f'"{display() if callable(display) else value}"'
