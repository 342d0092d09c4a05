"""What is shown of an overlap and of a migration: in a notebook, at a terminal, as rows.

Ids, counts and reasons; names of people only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from clever_roster.crossing.migration import Migration
from clever_roster.crossing.overlap import Match, Overlap, Verdict
from clever_roster.crossing.sides import Seat
from clever_roster.display import Row, Table, Tone, View
from clever_roster.model import PersonId

__all__ = ["view_of_migration", "view_of_overlap"]

_TONES = {Verdict.SAME: Tone.GOOD, Verdict.PERHAPS: Tone.WARN, Verdict.TWO: Tone.PLAIN}


def view_of_overlap(seen: Overlap, *, names: bool = False) -> View:
    """Tables `matches` (who is who, and why) and `only` (who is in one list only)."""
    called = ("left_name", "right_name") if names else ()

    def matches() -> Iterator[Row]:
        yield from ((*_match(one), *(_name(seat) for seat in (one.left, one.right) if names)) for one in seen.matches)

    def only() -> Iterator[Row]:
        for side, seats in (("left", seen.left_only), ("right", seen.right_only)):
            yield from ((seat.who, side, seat.role, *((_name(seat),) if names else ())) for seat in seats)

    return View(
        title="Overlap",
        lead=seen.sentence,
        tone=_TONES[seen.verdict],
        facts=(("left", seen.left.called), ("right", seen.right.called), ("share", round(seen.share, 3))),
        main="matches",
        parts=(
            Table(
                name="matches",
                caption="Who is in both",
                columns=("left", "right", "role", "likeness", "weight", "reasons", *called),
                rows=matches,
                count=len(seen.matches),
                tone=lambda row: Tone.WARN if row[3] == "unsure" else Tone.PLAIN,
            ),
            Table(
                name="only",
                caption="Who is in one only",
                columns=("who", "side", "role", *(("name",) if names else ())),
                rows=only,
                count=len(seen.left_only) + len(seen.right_only),
            ),
        ),
    )


def _match(one: Match) -> Row:
    weight = None if one.weight is None else round(one.weight, 1)
    return one.left.who, one.right.who, one.left.role, one.likeness, weight, "; ".join(one.reasons)


def _name(seat: Seat) -> str:
    return seat.profile.name.display()


def view_of_migration(move: Migration, *, names: bool = False) -> View:
    """Tables `steps`, `queries` (what is asked) and `holds` (why it waits)."""
    named = ("person_name",) if names else ()

    def called(person: PersonId | None) -> tuple[str | None, ...]:
        found = None if person is None else move.snapshot.people.get(person)
        return (None if found is None else found.name.display(),) if names else ()

    waiting = move.waiting()
    return View(
        title=f"Migration {move.digest}",
        lead=" ".join(hold.sentence for hold in waiting) or "Nothing is held.",
        tone=Tone.WARN if waiting else Tone.GOOD,
        facts=(
            ("section", move.section),
            ("from", None if move.origin is None else f"{move.origin.provider} {move.origin.section}"),
            ("to", f"{move.to.provider} {move.to.section}"),
            ("compared", move.sentence),
        ),
        main="steps",
        parts=(
            Table(
                name="holds",
                caption="Why it waits",
                columns=("rule", "sentence", "final"),
                rows=lambda: ((one.rule, one.sentence, "final" if one.final else None) for one in move.holds),
                count=len(move.holds),
                tone=lambda row: Tone.BAD if row[2] else Tone.WARN,
            ),
            Table(
                name="queries",
                caption="Are these one person?",
                columns=("account", "person", "role", "holder", "reasons", *named),
                rows=lambda: (
                    (one.account, one.person, one.role, one.holder, "; ".join(one.reasons), *called(one.person))
                    for one in move.queries
                ),
                count=len(move.queries),
            ),
            Table(
                name="steps",
                caption="What would be done, in order",
                columns=("step", "account", "person", "role", "reasons", *named),
                rows=lambda: (
                    (one.deed, one.account, one.person, one.role, "; ".join(one.reasons), *called(one.person))
                    for one in move.steps
                ),
                count=len(move.steps),
            ),
        ),
    )
