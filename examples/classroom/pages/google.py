"""Ask a teacher to let us read their classes at Google, where classes are wanted and not before.

Google says who teaches only to those who were let read classes; so whoever came by Google alone is asked likewise.
"""

from classroom import people
from classroom.pages.asking import own_path, page
from clever_roster.linking import Policy
from clever_roster.oauth import CLASSROOM


def ask(asked):
    """To Google's consent page, for this account; it connects the login on the way, if it is not connected yet."""
    if not Policy().is_recent(asked.me.since, now=asked.school.now()):
        return asked.show("again.html", 403)
    return _off(asked, own_path(asked.form.get("return_to")), connect=asked.me.id)


def teach(asked):
    """A sign-in that lets Google say whether somebody teaches; their rights are those of their roles from then on."""
    return _off(asked, "/")


def _off(asked, return_to, **wish):
    google = asked.school.google
    browser = asked.request.cookies.get(google.cookie_name)
    started = google.ask_for(CLASSROOM, return_to=return_to, browser=browser, **wish)
    answer = asked.go(started.redirect_to)
    answer.headers.append("set-cookie", started.cookie.header())
    return answer


ROUTES = [
    page("/google/classes", ask, "POST", needs=people.TEACH),
    page("/google/teach", teach, "POST", needs="account"),
]
