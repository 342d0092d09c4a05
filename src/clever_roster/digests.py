"""Short texts that stand for what a source says of a person or a section: equal for equal records, in every process.

A roster of a million people is compared with what was said last by these, and only who differs is read. It knows no
store and no rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Final

from clever_roster.model import Person, Section

__all__ = ["digest_of_record"]

BETWEEN: Final = "\x1f"

_PERSON: Final = attrgetter(
    *("id", "district", "name.first", "name.last", "name.middle", "email", "username", "sis_id"),
    *("student_number", "state_id", "birth_date", "grade", "legacy_id"),
)
_SECTION: Final = attrgetter(
    *("id", "district", "name", "school", "course", "term", "subject", "grade", "period", "section_number", "sis_id"),
)


def digest_of_record(record: Person | Section) -> str:
    """A digest (32 hex digits) of every fact in a record; a fact that is not said (None) is not one that is empty."""
    facts: tuple[object, ...]
    lists: tuple[Sequence[str], ...]
    if isinstance(record, Person):
        facts = _PERSON(record)
        lists = (sorted(record.roles), sorted(record.unknown_roles), record.schools)
    else:
        facts = _SECTION(record)
        lists = (record.teachers, record.students)
    parts = ["" if fact is None else f"={fact}" for fact in facts]
    for several in lists:
        parts.append(str(len(several)))
        parts += several
    text = BETWEEN.join(parts)
    if text.count(BETWEEN) != len(parts) - 1:  # a fact holds the mark itself
        text = json.dumps(parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
