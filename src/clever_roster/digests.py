"""Short texts that stand for what a source says of a person or a section: equal for equal records, in every process.

A roster of a million people is compared with what was said last by these, and only who differs is read. It knows no
store and no rule.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from hashlib import blake2b
from typing import Final

from clever_roster.model import Person, Section

__all__ = ["digest_of_record"]

BETWEEN: Final = "\x1f"


def digest_of_record(record: Person | Section) -> str:
    """A digest (32 hex digits) of every fact in a record; a fact that is not said (None) is not one that is empty."""
    parts, lists = _of_person(record) if isinstance(record, Person) else _of_section(record)
    for several in lists:
        parts.append(str(len(several)))
        parts += several
    text = BETWEEN.join(parts)
    if text.count(BETWEEN) != len(parts) - 1:  # a fact holds the mark itself
        text = json.dumps(parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _of_person(one: Person) -> tuple[list[str], tuple[Collection[str], ...]]:
    # Written out: it is made of every person every night, and a loop over names of fields takes twice as long.
    name, born = one.name, one.birth_date
    parts = [
        "=" + one.id,
        "=" + one.district,
        "=" + name.first,
        "=" + name.last,
        "=" + name.middle,
        "" if (fact := one.email) is None else "=" + fact,
        "" if (fact := one.username) is None else "=" + fact,
        "" if (fact := one.sis_id) is None else "=" + fact,
        "" if (fact := one.student_number) is None else "=" + fact,
        "" if (fact := one.state_id) is None else "=" + fact,
        "" if born is None else "=" + born.isoformat(),
        "" if (fact := one.grade) is None else "=" + fact,
        "" if (fact := one.legacy_id) is None else "=" + fact,
    ]
    roles = one.roles if len(one.roles) < 2 else sorted(one.roles)  # noqa: PLR2004
    return parts, (roles, sorted(one.unknown_roles) if one.unknown_roles else (), one.schools)


def _of_section(one: Section) -> tuple[list[str], tuple[Collection[str], ...]]:
    several = (one.school, one.course, one.term, one.subject, one.grade, one.period, one.section_number, one.sis_id)
    facts = ["" if fact is None else "=" + fact for fact in several]
    return ["=" + one.id, "=" + one.district, "=" + one.name, *facts], (one.teachers, one.students)
