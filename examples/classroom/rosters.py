"""The two rosters that classes come from, read alike: Clever's with the district's token, Google's with a teacher's."""

from contextlib import contextmanager

from clever_roster import CleverClient
from clever_roster.errors import ReauthRequired, ScopeMissing
from clever_roster.model import CLEVER, GOOGLE_CLASSROOM, SectionKey
from clever_roster.oauth import CLASSROOM
from clever_roster.sources.google import GoogleClassroom

NAMES = {CLEVER: "Clever", GOOGLE_CLASSROOM: "Google Classroom"}
LOGINS = {CLEVER: "Clever", GOOGLE_CLASSROOM: "Google"}
"""What people call the list of a class, and what they call the login."""


class AskGoogle(Exception):
    """Google shows us nothing of this person's classes: they have to be asked, for the first time or once more."""


class Rosters:
    """Reads classes.

    `opened` gives a transaction as `School.opened` does.
    """

    def __init__(self, login, google, grants, *, opened, now):
        self._login, self._google, self._grants = login, google, grants
        self._opened, self._now = opened, now

    def clever(self, district):
        """A client with the district's token; close it, or use it in a `with` block."""
        app = self._login.app
        return CleverClient(self._login.fetch_district_token(district), url=app.api_url, oauth_url=app.oauth_url)

    @contextmanager
    def google(self, account):
        """A client with what somebody let us read.

        Raises:
            AskGoogle: nothing is kept of them, they unticked a part of it, or have taken it back.
        """
        try:
            with GoogleClassroom(self._token(account), url=self._google.app.hosts.classroom) as client:
                yield client
        except (ReauthRequired, ScopeMissing) as error:
            raise AskGoogle from error

    def _token(self, account):
        with self._opened() as (ports, _):
            keys = [link.key for link in ports.links.of(account) if link.key.provider == GOOGLE_CLASSROOM]
        granted = ((key, grant) for key in keys if (grant := self._grants.find(key)) is not None)
        key, grant = next(((key, grant) for key, grant in granted if grant.scopes >= CLASSROOM), (None, None))
        if key is None:
            raise AskGoogle
        if grant.expires_at <= self._now():
            if grant.refresh_token is None:
                raise AskGoogle
            grant = self._google.refresh(grant.refresh_token)
            self._grants.keep(key, grant, now=self._now())
        return grant.access_token

    # --- Alike ---

    def offered(self, key, account):
        """What a teacher may choose from, by their identity at a roster: the classes, and a snapshot of them."""
        if key.provider == CLEVER:
            with self.clever(key.district) as clever:
                classrooms = clever.fetch_classrooms(key.subject)
                return classrooms, clever.fetch_snapshot(key.district, [one.section.id for one in classrooms])
        with self.google(account) as google:
            classrooms = google.fetch_classrooms()
            return classrooms, google.fetch_snapshot([one.section.id for one in classrooms])

    def read(self, provider, district, sections, account):
        """Sections of a roster and everybody in them, as this account may read them."""
        if provider == CLEVER:
            with self.clever(district) as clever:
                return clever.fetch_snapshot(district, sections)
        with self._opened() as (ports, _):
            # Google has no counts: whoever was there and is not listed now is asked for by name.
            known = ports.roster.sections([SectionKey(provider, district, one) for one in sections]).values()
        with self.google(account) as google:
            return google.fetch_snapshot(sections, known=known)
