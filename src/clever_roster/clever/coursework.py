"""Records of LMS Connect (assignments, submissions) and of attendance, as on the wire (v3.1 only); nothing is decided.

Read like `records`. What is *sent* tells three things apart: a field that is UNSET is not sent and stays as it is,
None is sent as null and clears it, anything else replaces it. Sources: Clever's v3.1 descriptions of LMS Connect and
of attendance; no recording of either was at hand.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Literal, NewType, TypeAlias

import attrs

from clever_roster.clever.kept import NOT_SENT, Day, Kept
from clever_roster.model import DistrictId, PersonId, SchoolId, SectionId, TermId

__all__ = [
    "UNSET",
    "Assignment",
    "AssignmentId",
    "AssignmentRequest",
    "Attachment",
    "AttachmentRequest",
    "Attendance",
    "GradingScale",
    "GradingScaleEntry",
    "Submission",
    "SubmissionId",
    "SubmissionRequest",
    "Unset",
    "body_of",
]

AssignmentId = NewType("AssignmentId", str)
SubmissionId = NewType("SubmissionId", str)


class _Unset(Enum):
    UNSET = "unset"


Unset: TypeAlias = Literal[_Unset.UNSET]

UNSET: Final = _Unset.UNSET
"""Leave the field as it is."""


# --- What is read -----------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Attendance(Kept):
    """One pupil on one day, or in one lesson (v3.1 description of attendance). Has no id of its own.

    Attributes:
        section_id: the lesson's, when `attendance_type` is "section".
        attendance_status, attendance_type: values: `AttendanceStatus`, `AttendanceType`.
        excuse_code: the district's own word.
    """

    district_id: DistrictId | None = None
    school_id: SchoolId | None = None
    student_id: PersonId | None = None
    section_id: SectionId | None = None
    sis_id: str | None = None
    attendance_date: Day = None
    attendance_status: str | None = None
    attendance_type: str | None = None
    excuse_code: str | None = None
    created: datetime | None = None
    last_modified: datetime | None = None


@attrs.frozen(kw_only=True)
class Attachment:
    """Of an assignment or a submission."""

    title: str | None = None
    type: str | None = None
    url: str | None = None
    description: str | None = None
    thumbnail_url: str | None = None
    file_external_id: str | None = None
    size: float | None = None


@attrs.frozen(kw_only=True)
class GradingScaleEntry:
    """A step of a scale."""

    name: str | None = None
    value: str | None = None


@attrs.frozen(kw_only=True)
class GradingScale:
    """A scale by letters or words."""

    name: str | None = None
    entries: tuple[GradingScaleEntry, ...] = NOT_SENT


@attrs.frozen(kw_only=True)
class Assignment(Kept):
    """An assignment of a section (v3.1 description of LMS Connect).

    Attributes:
        state, assignee_mode, grading_type, submission_types: values: `AssignmentState`, `AssigneeMode`, `GradingType`,
            `SubmissionType`.
        assignee_ids: ids of people.
    """

    id: AssignmentId
    title: str | None = None
    state: str | None = None
    description: str | None = None
    description_plaintext: str | None = None
    assignee_mode: str | None = None
    assignee_ids: tuple[PersonId, ...] = NOT_SENT
    attachments: tuple[Attachment, ...] = NOT_SENT
    category_id: str | None = None
    term_id: TermId | None = None
    display_date: datetime | None = None
    start_date: datetime | None = None
    due_date: datetime | None = None
    end_date: datetime | None = None
    grading_type: str | None = None
    grading_scale: tuple[GradingScale, ...] = NOT_SENT
    points_possible: float | None = None
    max_attempts: int | None = None
    submission_types: tuple[str, ...] = NOT_SENT
    created: datetime | None = None
    last_modified: datetime | None = None


@attrs.frozen(kw_only=True)
class Submission(Kept):
    """What one pupil handed in, and its grade (v3.1 description of LMS Connect); no grade is shown in a repr.

    Attributes:
        state, flags: values: `SubmissionState`, `SubmissionFlag`.
        grade: text; `grade_points` is a number.
        user_id, grader_id: ids of people: whose it is, and who gave the grade.
    """

    id: SubmissionId
    assignment_id: AssignmentId | None = None
    user_id: PersonId | None = None
    state: str | None = None
    flags: tuple[str, ...] = NOT_SENT
    attachments: tuple[Attachment, ...] = NOT_SENT
    extra_attempts: int | None = None
    override_due_date: datetime | None = None
    grade: str | None = attrs.field(default=None, repr=False)
    grade_points: float | None = attrs.field(default=None, repr=False)
    grade_comment: str | None = attrs.field(default=None, repr=False)
    grader_id: PersonId | None = None
    created: datetime | None = None
    last_modified: datetime | None = None


# --- What is sent -----------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class AttachmentRequest:
    """A file by its address; Clever describes no other type."""

    url: str
    title: str | Unset | None = UNSET
    description: str | Unset | None = UNSET
    type: str = "file"


@attrs.frozen(kw_only=True)
class AssignmentRequest:
    """An assignment to create, or the changes to one."""

    title: str | Unset | None = UNSET
    description: str | Unset | None = UNSET
    description_plaintext: str | Unset | None = UNSET
    assignee_mode: str | Unset | None = UNSET
    assignee_ids: tuple[PersonId, ...] | Unset | None = UNSET
    attachments: tuple[AttachmentRequest, ...] | Unset | None = UNSET
    term_id: TermId | Unset | None = UNSET
    display_date: datetime | Unset | None = UNSET
    start_date: datetime | Unset | None = UNSET
    due_date: datetime | Unset | None = UNSET
    end_date: datetime | Unset | None = UNSET
    grading_type: str | Unset | None = UNSET
    points_possible: float | Unset | None = UNSET
    max_attempts: int | Unset | None = UNSET
    submission_types: tuple[str, ...] | Unset | None = UNSET


@attrs.frozen(kw_only=True)
class SubmissionRequest:
    """The changes to a submission: its state, its grade."""

    state: str | Unset | None = UNSET
    flags: tuple[str, ...] | Unset | None = UNSET
    attachments: tuple[AttachmentRequest, ...] | Unset | None = UNSET
    extra_attempts: int | Unset | None = UNSET
    override_due_date: datetime | Unset | None = UNSET
    grade: str | Unset | None = attrs.field(default=UNSET, repr=False)
    grade_points: float | Unset | None = attrs.field(default=UNSET, repr=False)
    grade_comment: str | Unset | None = attrs.field(default=UNSET, repr=False)
    grader_id: PersonId | Unset | None = UNSET


def body_of(request: AssignmentRequest | SubmissionRequest) -> bytes:
    """The JSON body: fields that are UNSET are left out; instants in UTC to the millisecond, as Clever writes them.

    Raises:
        ValueError: an instant has no offset.
    """
    sent = attrs.asdict(request, filter=lambda _, value: value is not UNSET, value_serializer=_written)
    return json.dumps(sent, ensure_ascii=False).encode()


def _written(_request: object, _field: object, value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("An instant needs an offset: give an aware datetime.")
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
