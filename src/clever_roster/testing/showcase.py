"""Whom to demonstrate with: the teacher whose classes show most, in a sample district or in one read from files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from unicodedata import normalize

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import PersonId, SectionId
from clever_roster.testing.district import District, SampleSection

__all__ = ["Showcase", "showcase"]

FILLED = 8
"""A class of so many students is well filled, for a demonstration."""


@attrs.frozen(kw_only=True)
class Showcase:
    """A teacher to demonstrate with.

    Attributes:
        sections: the teacher's sections that have students, two look-alikes first if there are any.
        student: somebody in the first of them, with an email where possible.
    """

    teacher: PersonId
    sections: tuple[SectionId, ...]
    student: PersonId


def showcase(district: District) -> Showcase:
    """Find the teacher whose classes show most: two look-alike, well filled, shared sections, and a third one.

    Raises:
        ConfigurationError: no section has both a teacher and students.
    """
    taught: defaultdict[PersonId, list[SampleSection]] = defaultdict(list)
    for section in district.sections.values():
        if section.teachers and section.students:
            taught[section.teachers[0]].append(section)
    if not taught:
        raise ConfigurationError(
            "No section of this district has both a teacher and students.",
            next_step="Choose another district, or fill a section.",
        )
    ranked = {teacher: _ranked(sections) for teacher, sections in taught.items()}
    teacher = min(ranked, key=lambda one: (ranked[one][0], one))
    sections = ranked[teacher][1]
    pupils = [district.people[student] for student in sections[0].students]
    student = min(pupils, key=lambda one: ("@" not in one.email, one.id))
    return Showcase(teacher=teacher, sections=tuple(section.id for section in sections), student=student.id)


def _ranked(sections: Sequence[SampleSection]) -> tuple[tuple[bool | int, ...], list[SampleSection]]:
    """How well a teacher's sections show (less is better), and the sections with the best pair first."""
    alike: defaultdict[str, list[SampleSection]] = defaultdict(list)
    for section in sections:
        alike[normalize("NFC", section.name.removesuffix(section.period)).casefold()].append(section)
    pair = min(alike.values(), key=lambda group: (_shows(group), group[0].id))[:2]
    return (
        (*_shows(pair), len(sections) < 3, -sum(len(section.students) for section in pair)),
        [*pair, *(section for section in sections if section not in pair)],
    )


def _shows(pair: Sequence[SampleSection]) -> tuple[bool, ...]:
    """What a group of sections with like names lacks for a demonstration: False sorts first."""
    pair = pair[:2]
    return (
        len(pair) < 2,
        len({section.name for section in pair}) < 2,
        len({section.period for section in pair}) < 2,
        any(len(section.students) < FILLED for section in pair),
        len(set[PersonId].intersection(*(set(section.teachers) for section in pair))) < 2,
    )
