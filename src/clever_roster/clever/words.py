"""The values that Clever describes for its enumerations. Fields are text, and these compare equal to the text.

`user.roles.student.gender == Gender.X`. A value that is not here is kept as it came: Clever adds values without notice
(its own Python client broke on one). Blank, which every enumeration has, is not listed. Languages are not repeated:
`home_language_code` is ISO 639-3. Source: the `enum` lists of Clever's v3.1 descriptions.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "AssigneeMode",
    "AssignmentState",
    "AttendanceStatus",
    "AttendanceType",
    "DisabilityCode",
    "DisabilityType",
    "DistrictState",
    "FrlStatus",
    "Gender",
    "Grade",
    "GradingType",
    "LmsState",
    "LmsType",
    "PhoneType",
    "Race",
    "RelationshipType",
    "RelationshipWord",
    "Subject",
    "SubmissionFlag",
    "SubmissionState",
    "SubmissionType",
    "YesNo",
]


class Grade(StrEnum):
    """Of a school, a section or a student. "13" is a grade."""

    INFANT_TODDLER = "InfantToddler"
    PRESCHOOL = "Preschool"
    PRE_KINDERGARTEN = "PreKindergarten"
    TRANSITIONAL_KINDERGARTEN = "TransitionalKindergarten"
    KINDERGARTEN = "Kindergarten"
    FIRST = "1"
    SECOND = "2"
    THIRD = "3"
    FOURTH = "4"
    FIFTH = "5"
    SIXTH = "6"
    SEVENTH = "7"
    EIGHTH = "8"
    NINTH = "9"
    TENTH = "10"
    ELEVENTH = "11"
    TWELFTH = "12"
    THIRTEENTH = "13"
    POST_GRADUATE = "PostGraduate"
    UNGRADED = "Ungraded"
    OTHER = "Other"


class Gender(StrEnum):
    """Of a student."""

    M = "M"
    F = "F"
    X = "X"


class Race(StrEnum):
    """Of a student."""

    CAUCASIAN = "Caucasian"
    ASIAN = "Asian"
    BLACK_OR_AFRICAN_AMERICAN = "Black or African American"
    AMERICAN_INDIAN = "American Indian"
    HAWAIIAN_OR_OTHER_PACIFIC_ISLANDER = "Hawaiian or Other Pacific Islander"
    TWO_OR_MORE_RACES = "Two or More Races"
    UNKNOWN = "Unknown"


class YesNo(StrEnum):
    """Of `hispanic_ethnicity`, `ell_status`, `gifted_status`, `section_504_status`, `disability_status`."""

    Y = "Y"
    N = "N"


class FrlStatus(StrEnum):
    """Free or reduced lunch."""

    FREE = "Free"
    REDUCED = "Reduced"
    PAID = "Paid"
    OTHER = "Other"


class DisabilityCode(StrEnum):
    """Of a student (v3.1)."""

    AUT = "aut"
    DB = "db"
    DD = "dd"
    EMN = "emn"
    HI = "hi"
    ID = "id"
    MD = "md"
    OI = "oi"
    OTHER = "other"
    OHI = "ohi"
    SLD = "sld"
    SLI = "sli"
    TBI = "tbi"
    VI = "vi"


class DisabilityType(StrEnum):
    """Of a student (v3.1)."""

    AUTISM = "Autism"
    DEAF_BLINDNESS = "Deaf-blindness"
    DEVELOPMENTAL_DELAY = "Developmental delay"
    EMOTIONAL_DISTURBANCE = "Emotional disturbance"
    HEARING_IMPAIRMENT = "Hearing impairment"
    INTELLECTUAL_DISABILITY = "Intellectual Disability"
    MULTIPLE_DISABILITIES = "Multiple disabilities"
    ORTHOPEDIC_IMPAIRMENT = "Orthopedic impairment"
    OTHER = "Other"
    OTHER_HEALTH_IMPAIRMENT = "Other health impairment"
    SPECIFIC_LEARNING_DISABILITY = "Specific learning disability"
    SPEECH_OR_LANGUAGE_IMPAIRMENT = "Speech or language impairment"
    TRAUMATIC_BRAIN_INJURY = "Traumatic brain injury"
    VISUAL_IMPAIRMENT = "Visual impairment"


class PhoneType(StrEnum):
    """Of a contact."""

    CELL = "Cell"
    HOME = "Home"
    WORK = "Work"
    OTHER = "Other"


class RelationshipWord(StrEnum):
    """What a contact is to a student."""

    PARENT = "Parent"
    GRANDPARENT = "Grandparent"
    SELF = "Self"
    AUNT_UNCLE = "Aunt/Uncle"
    SIBLING = "Sibling"
    OTHER = "Other"


class RelationshipType(StrEnum):
    """What a contact is listed for."""

    PARENT_GUARDIAN = "Parent/Guardian"
    EMERGENCY = "Emergency"
    PRIMARY = "Primary"
    SECONDARY = "Secondary"
    FAMILY = "Family"
    OTHER = "Other"


class Subject(StrEnum):
    """Of a section."""

    ENGLISH_LANGUAGE_ARTS = "english/language arts"
    MATH = "math"
    SCIENCE = "science"
    SOCIAL_STUDIES = "social studies"
    LANGUAGE = "language"
    HOMEROOM_ADVISORY = "homeroom/advisory"
    INTERVENTIONS_ONLINE_LEARNING = "interventions/online learning"
    TECHNOLOGY_AND_ENGINEERING = "technology and engineering"
    PE_AND_HEALTH = "PE and health"
    ARTS_AND_MUSIC = "arts and music"
    OTHER = "other"


class DistrictState(StrEnum):
    """Of a district: of its sync."""

    RUNNING = "running"
    PENDING = "pending"
    ERROR = "error"
    PAUSED = "paused"
    SUCCESS = "success"


class LmsType(StrEnum):
    """Of a district (v3.1)."""

    CANVAS = "canvas"
    SCHOOLOGY = "schoology"
    GOOGLE_CLASSROOM = "google_classroom"


class LmsState(StrEnum):
    """Of a district (v3.1)."""

    INITIAL_SYNC_PROCESSING = "initial_sync_processing"
    PENDING_AUTHORIZATION = "pending_authorization"
    MATCHING_IN_PROGRESS = "matching_in_progress"
    ERROR = "error"
    DISCONNECTED = "disconnected"
    SUCCESS = "success"


class AttendanceStatus(StrEnum):
    """Of a day or a lesson."""

    PRESENT = "present"
    ABSENT = "absent"
    TARDY = "tardy"


class AttendanceType(StrEnum):
    """Whether a day or a lesson is meant."""

    DAILY = "daily"
    SECTION = "section"


class AssigneeMode(StrEnum):
    """Whom an assignment is for."""

    ALL = "all"
    INDIVIDUALS = "individuals"


class AssignmentState(StrEnum):
    """Of an assignment."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    LOCKED = "locked"


class GradingType(StrEnum):
    """How an assignment is graded."""

    POINTS = "points"
    PERCENT = "percent"
    PASS_FAIL = "pass_fail"  # noqa: S105 - a way to grade
    LETTER_GRADE = "letter_grade"


class SubmissionType(StrEnum):
    """What may be handed in."""

    LINK = "link"
    FILE = "file"
    TEXT = "text"
    DISCUSSION = "discussion"


class SubmissionState(StrEnum):
    """Of a submission."""

    CREATED = "created"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    RECLAIMED = "reclaimed"


class SubmissionFlag(StrEnum):
    """Of a submission."""

    EXCUSED = "excused"
    LATE = "late"
    MISSING = "missing"
