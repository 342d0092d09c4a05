"""What a sample district's schools are like: levels, grades, courses, and what is known of their students."""

from __future__ import annotations

__all__ = ["BACKGROUNDS", "COURSES", "ELEMENTARY", "GRADES", "HIGH", "LEVELS", "MIDDLE", "RELATIONSHIPS"]

GRADES = ("Kindergarten", *(str(grade) for grade in range(1, 13)))
ELEMENTARY, MIDDLE, HIGH = range(3)
LEVELS = (("Elementary", 0, 5, 450), ("Middle", 6, 8, 700), ("High", 9, 12, 1500))
"""Of each level: name, lowest and highest index in GRADES, and how many students one school holds."""

COURSES = (
    (
        ("homeroom/advisory", ("Homeroom K", "Homeroom 1", "Homeroom 2", "Homeroom 3", "Homeroom 4", "Homeroom 5")),
        ("arts and music", ("Music",)),
    ),
    (
        ("math", ("Math 6", "Math 7", "Pre-Algebra")),
        ("english/language arts", ("ELA 6", "ELA 7", "ELA 8")),
        ("science", ("Earth Science", "Life Science", "Physical Science")),
        ("social studies", ("Geography", "Ancient History", "US History 8")),
        ("PE and health", ("PE",)),
    ),
    (
        ("math", ("Algebra 1", "Geometry", "Algebra 2", "Precalculus")),
        ("english/language arts", ("English 9", "English 10", "English 11", "English 12")),
        ("science", ("Biology", "Chemistry", "Physics", "Environmental Science")),
        ("social studies", ("World History", "US History", "Government", "Economics")),
        ("language", ("Español 1", "Español 2", "Français 1", "中文 1")),
    ),
)
"""Of each level: subject, and the course of the first, second, ... grade."""

BACKGROUNDS = tuple(
    {"gender": gender, "race": race, "hispanic_ethnicity": hispanic, "ell_status": ell, "home_language": language}
    for gender in ("F", "M", "F", "M", "X", "")
    for race, hispanic, ell, language in (
        ("Caucasian", "N", "N", "English"),
        ("Black or African American", "N", "N", "English"),
        ("Caucasian", "Y", "Y", "Spanish"),
        ("Asian", "N", "Y", "Vietnamese"),
        ("Two or More Races", "Y", "N", ""),
        ("Unknown", "", "", ""),
    )
)
RELATIONSHIPS = (("Parent", "Parent/Guardian"), ("Parent", "Primary"), ("Grandparent", "Emergency"), ("Other", ""))
