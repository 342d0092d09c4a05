"""Every file of OneRoster 1.1 and 1.2 as a record class: a field is a column, in the order of the standard.

Sources of the columns: 1EdTech, "OneRoster 1.1 Final Specification", CSV tables (imsglobal.org/oneroster-v11-final-csv-
tables), and "OneRoster: CSV Binding 1.2.1" (imsglobal.org/spec/oneroster/v1p2/bind/csv). Columns that one version has
and the other has not say so. Password columns are in the files and in no record.

Reprs show ids only. `metadata` holds a district's own columns (`metadata.*`), by what stands after the dot.
"""

# ruff: noqa: RUF009 - a column is an attrs field with a reader and a writer; nothing is shared between records

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final, TypeAlias, TypeVar

import attrs

from clever_roster.sources.oneroster.columns import (
    Version,
    boolean,
    day,
    listing,
    moment,
    number,
    pairs,
    secret,
    text,
    word,
)

__all__ = [
    "KINDS",
    "AcademicSession",
    "Category",
    "Class",
    "ClassResource",
    "Course",
    "CourseResource",
    "Demographics",
    "Enrollment",
    "LineItem",
    "LineItemLearningObjective",
    "LineItemScoreScale",
    "Org",
    "Record",
    "Resource",
    "Result",
    "ResultLearningObjective",
    "ResultScoreScale",
    "Role",
    "ScoreScale",
    "User",
    "UserProfile",
    "UserResource",
    "kinds_of",
]

V1_1, V1_2 = Version.V1_1, Version.V1_2

Own = TypeVar("Own", bound="Record")


@attrs.frozen(kw_only=True, repr=False)
class Record:
    """What all rows have.

    Attributes:
        sourced_id: the id by which other rows name this one.
        status: blank in bulk files; in delta files "active" or "tobedeleted".
    """

    FILE: ClassVar[str] = ""
    SINCE: ClassVar[Version] = V1_1

    sourced_id: str = text(required=True)
    status: str = word("active", "tobedeleted", "inactive")
    date_last_modified: str = moment()
    metadata: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.sourced_id}>"

    @property
    def gone(self) -> bool:
        """Whether the row says that what it names is no more."""
        return self.status in ("tobedeleted", "inactive")


# --- Rostering --------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Org(Record):
    """A row of `orgs.csv`: a school, a district, or what is above, below or between."""

    FILE: ClassVar[str] = "orgs"

    name: str = text(required=True)
    type: str = word("department", "school", "district", "local", "state", "national", required=True)
    identifier: str = text()
    parent_sourced_id: str = text(refers="orgs")


@attrs.frozen(kw_only=True, repr=False)
class AcademicSession(Record):
    """A row of `academicSessions.csv`. The end date is the first day that is no longer part of it."""

    FILE: ClassVar[str] = "academicSessions"

    title: str = text(required=True)
    type: str = word("gradingPeriod", "semester", "schoolYear", "term", required=True)
    start_date: date = day(required=True)
    end_date: date = day(required=True)
    parent_sourced_id: str = text(refers="academicSessions")
    school_year: str = text(required=True)


@attrs.frozen(kw_only=True, repr=False)
class Course(Record):
    """A row of `courses.csv`."""

    FILE: ClassVar[str] = "courses"

    school_year_sourced_id: str = text(refers="academicSessions")
    title: str = text(required=True)
    course_code: str = text()
    grades: tuple[str, ...] = listing()
    org_sourced_id: str = text(required=True, refers="orgs")
    subjects: tuple[str, ...] = listing()
    subject_codes: tuple[str, ...] = listing()


@attrs.frozen(kw_only=True, repr=False)
class Class(Record):
    """A row of `classes.csv`: what Clever calls a section."""

    FILE: ClassVar[str] = "classes"

    title: str = text(required=True)
    grades: tuple[str, ...] = listing()
    course_sourced_id: str = text(required=True, refers="courses")
    class_code: str = text()
    class_type: str = word("homeroom", "scheduled", required=True)
    location: str = text()
    school_sourced_id: str = text(required=True, refers="orgs")
    term_sourced_ids: tuple[str, ...] = listing(required=True, refers="academicSessions")
    subjects: tuple[str, ...] = listing()
    subject_codes: tuple[str, ...] = listing()
    periods: tuple[str, ...] = listing()


@attrs.frozen(kw_only=True, repr=False)
class User(Record):
    """A row of `users.csv`. In 1.2 its roles and schools are rows of `roles.csv`.

    The standard requires a user name and both parts of the name; children without are children all the same.
    """

    FILE: ClassVar[str] = "users"

    enabled_user: bool = boolean(required=True)
    org_sourced_ids: tuple[str, ...] = listing(until=V1_1, required=True, refers="orgs")
    role: str = text(until=V1_1, required=True)
    username: str = text(personal=True)
    user_ids: tuple[tuple[str, str], ...] = pairs(personal=True)
    given_name: str = text(personal=True)
    family_name: str = text(personal=True)
    middle_name: str = text(personal=True)
    identifier: str = text(personal=True)
    email: str = text(personal=True)
    sms: str = text(personal=True)
    phone: str = text(personal=True)
    agent_sourced_ids: tuple[str, ...] = listing(refers="users")
    grades: tuple[str, ...] = listing()
    password: str = secret()
    user_master_identifier: str = text(since=V1_2, personal=True)
    resource_sourced_ids: tuple[str, ...] = listing(since=V1_2, refers="resources")
    preferred_given_name: str = text(since=V1_2, personal=True)
    preferred_middle_name: str = text(since=V1_2, personal=True)
    preferred_family_name: str = text(since=V1_2, personal=True)
    primary_org_sourced_id: str = text(since=V1_2, refers="orgs")
    pronouns: str = text(since=V1_2, personal=True)


@attrs.frozen(kw_only=True, repr=False)
class Role(Record):
    """A row of `roles.csv` (1.2): what somebody is, where."""

    FILE: ClassVar[str] = "roles"
    SINCE: ClassVar[Version] = V1_2

    user_sourced_id: str = text(required=True, refers="users")
    role_type: str = word("primary", "secondary", required=True)
    role: str = text(required=True)
    begin_date: date | None = day()
    end_date: date | None = day()
    org_sourced_id: str = text(required=True, refers="orgs")
    user_profile_sourced_id: str = text(refers="userProfiles")


@attrs.frozen(kw_only=True, repr=False)
class UserProfile(Record):
    """A row of `userProfiles.csv` (1.2): how somebody signs in to one product."""

    FILE: ClassVar[str] = "userProfiles"
    SINCE: ClassVar[Version] = V1_2

    user_sourced_id: str = text(required=True, refers="users")
    profile_type: str = text(required=True)
    vendor_id: str = text(required=True)
    application_id: str = text()
    description: str = text()
    credential_type: str = text(required=True)
    username: str = text(required=True, personal=True)
    password: str = secret()


@attrs.frozen(kw_only=True, repr=False)
class Enrollment(Record):
    """A row of `enrollments.csv`. The end date is the first day that is no longer part of it."""

    FILE: ClassVar[str] = "enrollments"

    class_sourced_id: str = text(required=True, refers="classes")
    school_sourced_id: str = text(required=True, refers="orgs")
    user_sourced_id: str = text(required=True, refers="users")
    role: str = text(required=True)
    primary: bool | None = boolean()
    begin_date: date | None = day()
    end_date: date | None = day()


@attrs.frozen(kw_only=True, repr=False)
class Demographics(Record):
    """A row of `demographics.csv`; its `sourcedId` is the user's."""

    FILE: ClassVar[str] = "demographics"

    birth_date: date | None = day(personal=True)
    sex: str = text(personal=True)
    american_indian_or_alaska_native: bool | None = boolean(personal=True)
    asian: bool | None = boolean(personal=True)
    black_or_african_american: bool | None = boolean(personal=True)
    native_hawaiian_or_other_pacific_islander: bool | None = boolean(personal=True)
    white: bool | None = boolean(personal=True)
    demographic_race_two_or_more_races: bool | None = boolean(personal=True)
    hispanic_or_latino_ethnicity: bool | None = boolean(personal=True)
    country_of_birth_code: str = text(personal=True)
    state_of_birth_abbreviation: str = text(personal=True)
    city_of_birth: str = text(personal=True)
    public_school_residence_status: str = text(personal=True)


# --- Resources --------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Resource(Record):
    """A row of `resources.csv`."""

    FILE: ClassVar[str] = "resources"

    vendor_resource_id: str = text(required=True)
    title: str = text()
    roles: tuple[str, ...] = listing()
    importance: str = word("primary", "secondary")
    vendor_id: str = text()
    application_id: str = text()


@attrs.frozen(kw_only=True, repr=False)
class ClassResource(Record):
    """A row of `classResources.csv`."""

    FILE: ClassVar[str] = "classResources"

    title: str = text()
    class_sourced_id: str = text(required=True, refers="classes")
    resource_sourced_id: str = text(required=True, refers="resources")


@attrs.frozen(kw_only=True, repr=False)
class CourseResource(Record):
    """A row of `courseResources.csv`."""

    FILE: ClassVar[str] = "courseResources"

    title: str = text()
    course_sourced_id: str = text(required=True, refers="courses")
    resource_sourced_id: str = text(required=True, refers="resources")


@attrs.frozen(kw_only=True, repr=False)
class UserResource(Record):
    """A row of `userResources.csv` (1.2)."""

    FILE: ClassVar[str] = "userResources"
    SINCE: ClassVar[Version] = V1_2

    user_sourced_id: str = text(required=True, refers="users")
    org_sourced_id: str = text(refers="orgs")
    class_sourced_id: str = text(refers="classes")
    resource_sourced_id: str = text(required=True, refers="resources")


# --- Gradebook --------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Category(Record):
    """A row of `categories.csv`."""

    FILE: ClassVar[str] = "categories"

    title: str = text(required=True)
    weight: str = number(since=V1_2)


@attrs.frozen(kw_only=True, repr=False)
class LineItem(Record):
    """A row of `lineItems.csv`."""

    FILE: ClassVar[str] = "lineItems"

    title: str = text(required=True)
    description: str = text()
    assign_date: str = moment(required=True)
    due_date: str = moment(required=True)
    class_sourced_id: str = text(required=True, refers="classes")
    category_sourced_id: str = text(required=True, refers="categories")
    grading_period_sourced_id: str = text(until=V1_1, refers="academicSessions")
    academic_session_sourced_id: str = text(since=V1_2, refers="academicSessions")
    result_value_min: str = number()
    result_value_max: str = number()
    school_sourced_id: str = text(since=V1_2, required=True, refers="orgs")


@attrs.frozen(kw_only=True, repr=False)
class Result(Record):
    """A row of `results.csv`."""

    FILE: ClassVar[str] = "results"

    line_item_sourced_id: str = text(required=True, refers="lineItems")
    student_sourced_id: str = text(required=True, refers="users")
    score_status: str = text(required=True)
    score: str = number(personal=True)
    score_date: str = moment(required=True)
    comment: str = text(personal=True)
    text_score: str = text(since=V1_2, personal=True)
    class_sourced_id: str = text(since=V1_2, refers="classes")
    in_progress: bool | None = boolean(since=V1_2)
    incomplete: bool | None = boolean(since=V1_2)
    late: bool | None = boolean(since=V1_2)
    missing: bool | None = boolean(since=V1_2)


@attrs.frozen(kw_only=True, repr=False)
class ScoreScale(Record):
    """A row of `scoreScales.csv` (1.2)."""

    FILE: ClassVar[str] = "scoreScales"
    SINCE: ClassVar[Version] = V1_2

    title: str = text(required=True)
    type: str = text(required=True)
    org_sourced_id: str = text(refers="orgs")
    course_sourced_id: str = text(refers="courses")
    class_sourced_id: str = text(refers="classes")
    score_scale_value: tuple[tuple[str, str], ...] = pairs(required=True)


@attrs.frozen(kw_only=True, repr=False)
class LineItemLearningObjective(Record):
    """A row of `lineItemLearningObjectiveIds.csv` (1.2)."""

    FILE: ClassVar[str] = "lineItemLearningObjectiveIds"
    SINCE: ClassVar[Version] = V1_2

    line_item_sourced_id: str = text(required=True, refers="lineItems")
    source: str = word("case", "unknown", required=True)
    learning_objective_id: str = text(required=True)


@attrs.frozen(kw_only=True, repr=False)
class LineItemScoreScale(Record):
    """A row of `lineItemScoreScales.csv` (1.2)."""

    FILE: ClassVar[str] = "lineItemScoreScales"
    SINCE: ClassVar[Version] = V1_2

    title: str = text()
    line_item_sourced_id: str = text(required=True, refers="lineItems")
    score_scale_sourced_id: str = text(required=True, refers="scoreScales")


@attrs.frozen(kw_only=True, repr=False)
class ResultLearningObjective(Record):
    """A row of `resultLearningObjectiveIds.csv` (1.2)."""

    FILE: ClassVar[str] = "resultLearningObjectiveIds"
    SINCE: ClassVar[Version] = V1_2

    result_sourced_id: str = text(required=True, refers="results")
    source: str = word("case", "unknown", required=True)
    learning_objective_id: str = text(required=True)
    score: str = number(personal=True)
    text_score: str = text(personal=True)


@attrs.frozen(kw_only=True, repr=False)
class ResultScoreScale(Record):
    """A row of `resultScoreScales.csv` (1.2)."""

    FILE: ClassVar[str] = "resultScoreScales"
    SINCE: ClassVar[Version] = V1_2

    title: str = text()
    result_sourced_id: str = text(required=True, refers="results")
    score_scale_sourced_id: str = text(required=True, refers="scoreScales")


AnyKind: TypeAlias = type[Record]

KINDS: Final[tuple[AnyKind, ...]] = (
    *(Org, AcademicSession, Course, Class, User, UserProfile, Role, Enrollment, Demographics),
    *(Resource, ClassResource, CourseResource, UserResource),
    *(Category, LineItem, Result, ScoreScale),
    *(LineItemLearningObjective, LineItemScoreScale, ResultLearningObjective, ResultScoreScale),
)
"""Every kind of file, those first that others refer to."""


def kinds_of(version: Version) -> Mapping[str, AnyKind]:
    """The files of a version of the standard, by name without `.csv`."""
    return {kind.FILE: kind for kind in KINDS if version >= kind.SINCE}
