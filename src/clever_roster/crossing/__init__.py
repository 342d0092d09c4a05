"""One class in two rosters: see it, before or after; match its people; move it from one source to the other.

    plan = crossing.guard(ports, roster.plan(ports, snapshot, attach=...), tenant=tenant)   # warned before
    move = crossing.migrate(ports, section, snapshot, chosen, tenant=tenant, actor=teacher)
    for sentence in crossing.explain(move): print(sentence)
    outcome = crossing.apply_migration(ports, move, actor=teacher, now=now)                 # Moved, or Held
    crossing.undo_migration(ports, move.digest, actor=teacher, now=now)

A section has one roster source. The way from one source to another is a plan like any other: it is read, its unsure
pairs are asked about, it is approved where it should be, carried out in one transaction, and can be undone. Accounts,
enrollments, and whatever a host has tied to them stay; nobody leaves a class by it, and nobody gets a second account.

How to read this room: `sides` is a class as a source or the host has it, `overlap` compares two, `second` warns of a
second class, `newcomers` of a second account, `migration` are the values, `draft` plans, `carry` carries out, `show`
shows. It stands above the rooms of questions, because it asks several of them at once: who is who (`duplicates`), what
changes in class (`roster`), and whose account an identity leads to (`linking`'s rule that it is one).
"""

from __future__ import annotations

from clever_roster.crossing.carry import Held, Moved, MoveUndone, apply_migration, undo_migration
from clever_roster.crossing.draft import migrate
from clever_roster.crossing.migration import (
    Deed,
    Hold,
    Migration,
    MoveStep,
    Query,
    Rule,
    explain,
    migration_from_json,
    migration_to_json,
)
from clever_roster.crossing.newcomers import recognise
from clever_roster.crossing.overlap import Likeness, Match, Overlap, Verdict, overlap
from clever_roster.crossing.second import Policy, find_double, find_second, guard
from clever_roster.crossing.sides import Roster, Seat, Side, side_here, side_of

__all__ = [
    "Deed",
    "Held",
    "Hold",
    "Likeness",
    "Match",
    "Migration",
    "MoveStep",
    "MoveUndone",
    "Moved",
    "Overlap",
    "Policy",
    "Query",
    "Roster",
    "Rule",
    "Seat",
    "Side",
    "Verdict",
    "apply_migration",
    "explain",
    "find_double",
    "find_second",
    "guard",
    "migrate",
    "migration_from_json",
    "migration_to_json",
    "overlap",
    "recognise",
    "side_here",
    "side_of",
    "undo_migration",
]


def __dir__() -> list[str]:
    return __all__
