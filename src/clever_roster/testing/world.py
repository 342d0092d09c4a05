"""The world that the simulator pretends: one application, the districts as they are today, and what they share with it.

Asked by the OAuth host and the identity endpoints. Everything a district does not share is invisible to the
application and still there for Clever itself: a person who is not shared can log in to Clever, but not to the
application.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from clever_roster.model import DistrictId, PersonId, Role, Secret
from clever_roster.testing.district import District, SamplePerson
from clever_roster.testing.exchange import Asked
from clever_roster.testing.feed import Feed
from clever_roster.testing.ledger import Ledger, Login
from clever_roster.testing.portal import Portal

if TYPE_CHECKING:
    from clever_roster.testing.openid import Signer  # an extra, which a simulator without OpenID does without

__all__ = ["LOGIN_ROLES", "SESSION_COOKIE", "SimulatedApp", "World", "legacy_id", "login_roles"]

SESSION_COOKIE = "clever_session"

LOGIN_ROLES = (Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN, Role.STUDENT)
"""Roles that log in; who has several logs in as the first of these unless the login page is told another one."""


@attrs.frozen(kw_only=True)
class SimulatedApp:
    """The application as registered at Clever.

    Attributes:
        client_id: 20 hex digits.
        redirect_uris: the first one is the primary one, at which logins from Clever's portal arrive.
        oidc: whether Clever has turned OpenID Connect on: tokens then come with an id_token (`clever-roster[oidc]`).
    """

    name: str = "Example Classroom"
    client_id: str = "c1e4e0a5b2d7f3968c04"
    client_secret: Secret = attrs.field(factory=lambda: Secret("5ec4e7" * 6 + "0000"))
    redirect_uris: tuple[str, ...] = ("https://app.test/clever/callback",)
    scopes: tuple[str, ...] = (
        "read:district_admins_limited",
        "read:sections_limited",
        "read:student_contacts",
        "read:students_limited",
        "read:teachers_limited",
        "read:user_id",
    )
    oidc: bool = False

    def knows(self, credentials: tuple[str, str] | None) -> bool:
        """Whether these are the application's client id and secret."""
        return credentials == (self.client_id, self.client_secret.reveal())


class World:
    """The application, the districts and what is shared; a signer where OpenID Connect is on."""

    def __init__(
        self,
        districts: Iterable[District],
        *,
        app: SimulatedApp,
        ledger: Ledger,
        portal: Portal,
        signer: Signer | None = None,
    ) -> None:
        self.app = app
        self.portal = portal
        self.ledger = ledger
        self.signer = signer
        self.districts: dict[DistrictId, District] = {}
        self.unshared: set[PersonId] = set()
        self.feeds: dict[DistrictId, Feed] = {}
        for district in districts:
            self.place(district)

    def place(self, district: District) -> None:
        """Add a district, connected to the application, or put a new day of it in the old one's place."""
        if district.id not in self.districts:
            self.ledger.connect(district.id)
            self.feeds[district.id] = Feed(self.ledger.now)
            self.districts[district.id] = district
        else:
            with self.told():
                self.districts[district.id] = district

    @contextmanager
    def told(self) -> Generator[None]:
        """What the application sees differently after the block becomes events, as people who are not shared do."""
        before = {id_: self.shared(id_) for id_ in self.districts}
        yield
        for id_, was in before.items():
            now = self.shared(id_)
            if now is not was:
                self.feeds[id_].record(was, now)

    def named(self, shortname: str) -> District | None:
        """The district of a portal's address."""
        return next((held for held in self.districts.values() if held.shortname == shortname), None)

    def district(self, id_: str | None) -> District | None:
        """The district of an id."""
        return self.districts.get(DistrictId(id_ or ""))

    def shared(self, id_: DistrictId) -> District:
        """A district as the application may see it: people who are not shared are in no list."""
        whole = self.districts[id_]
        if self.unshared.isdisjoint(whole.people):
            return whole
        return attrs.evolve(
            whole,
            people={id_: person for id_, person in whole.people.items() if id_ not in self.unshared},
            sections={
                id_: attrs.evolve(section, teachers=self._only(section.teachers), students=self._only(section.students))
                for id_, section in whole.sections.items()
            },
        )

    def login(self, person: PersonId, role: Role | None = None) -> Login | None:
        """A login of this person; None when nobody of that id, or with that role, can log in."""
        for district in self.districts.values():
            held = district.people.get(person)
            for possible in login_roles(held) if held else ():
                if role in {None, possible}:
                    return Login(person, district.id, possible)
        return None

    def person(self, login: Login | None) -> SamplePerson | None:
        """Who a login is, if they still are in their district."""
        return self.districts[login.district].people.get(login.person) if login else None

    def visitor(self, asked: Asked) -> Login | None:
        """Whose Clever session the browser has."""
        login = self.ledger.session(asked.cookie(SESSION_COOKIE))
        return login if self.person(login) else None

    def shares(self, login: Login) -> bool:
        """Whether the district shares this person with the application."""
        connected = any(token.district == login.district for token in self.ledger.district_tokens())
        return connected and login.person not in self.unshared

    def _only(self, people: tuple[PersonId, ...]) -> tuple[PersonId, ...]:
        return tuple(id_ for id_ in people if id_ not in self.unshared)


def login_roles(person: SamplePerson) -> tuple[Role, ...]:
    """The roles in which somebody can log in; none for contacts."""
    return tuple(role for role in LOGIN_ROLES if role in person.roles)


def legacy_id(person: SamplePerson, role: Role) -> str:
    """The id that somebody had before v3 in a role; students kept theirs."""
    return person.id if role is Role.STUDENT else person.legacy_ids.get(role, "")
