"""Google Classroom as a source of rosters: the same snapshots as Clever's, read with a teacher's own token.

How to read this room: `records` is the wire, `reading` fetches (errors, pages, quota), `snapshots` says what a course's
state and lists mean, `client` is the face. It refuses to know how the token was got (that is `oauth.GoogleLogin`), and
guardians, coursework and grades.
"""

from clever_roster.sources.google.client import AsyncGoogleClassroom, GoogleClassroom
from clever_roster.sources.google.reading import API_URL, Quota
from clever_roster.sources.google.records import Course, CourseState, Profile

__all__ = ["API_URL", "AsyncGoogleClassroom", "Course", "CourseState", "GoogleClassroom", "Profile", "Quota"]


def __dir__() -> list[str]:
    return __all__
