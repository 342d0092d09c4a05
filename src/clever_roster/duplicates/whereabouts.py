"""How near each other two accounts are: class, teacher, school, grade and roster, as the one fact they are.

Children of one class are of one school and one grade, and most are listed by the same source, which makes them two
people. So only the nearest thing that two accounts share counts, and u counts those who are not so excluded. What it
says that one is in a class where the other is not, `absences` tells.
"""

from __future__ import annotations

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.population import Population
from clever_roster.duplicates.traits import Traits
from clever_roster.duplicates.weights import Observation
from clever_roster.model import SchoolId

__all__ = ["CLOSE", "whereabouts"]

CLOSE = (w.TOGETHER, w.SAME_TEACHER, w.SAME_GRADE)
"""Levels that two children of one grade show."""


def whereabouts(people: Population, left: Traits, right: Traits) -> Observation:
    """The nearest thing that two accounts share."""
    if left.classes and right.classes:
        classes = {*left.classes}.intersection(right.classes)
        if classes:
            return w.TOGETHER, people.company(classes, left, right)
        teachers = {*left.teachers}.intersection(right.teachers)
        if teachers:
            return w.SAME_TEACHER, people.share(min(people.pupils(teacher, left, right) for teacher in teachers))
    if not left.schools.isdisjoint(right.schools):
        smallest = min(left.schools & right.schools, key=lambda school: (people.schools[school], school))
        return _at_school(people, smallest, left, right)
    return (w.OTHER_SCHOOL if left.schools and right.schools else w.ANYWHERE), people.anybody(left, right)


def _at_school(people: Population, school: SchoolId, left: Traits, right: Traits) -> Observation:
    everybody = people.free(("school", school), left, right)
    if left.grade is None or right.grade is None:
        return w.SAME_SCHOOL, people.share(everybody)
    grade = max(people.free(("grade", (school, one.grade)), left, right) for one in (left, right))
    match abs(left.grade - right.grade):
        case 0:
            return w.SAME_GRADE, people.share(grade)
        case 1:
            return w.NEXT_GRADE, people.share(min(2 * grade, everybody))
        case _:
            return w.FAR_GRADE, people.share(everybody)
