"""A pretend Google: accounts, consent, tokens and Classroom, for one application and one domain.

    google = SimulatedGoogle(sample_classroom_domain(district))
    http = httpx.Client(transport=transport(google))

It serves a value of `ClassroomDomain`; `replace` puts tomorrow's in today's place. What the answers look like is in the
rooms beside this one. Signing id_tokens needs the extra `clever-roster[oidc]`; nothing else does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from random import Random
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import attrs

from clever_roster.model import PersonId, Secret
from clever_roster.steps import Request, Response
from clever_roster.testing.exchange import Asked
from clever_roster.testing.faults import Breakage, Fault, Faults, Trouble, broken
from clever_roster.testing.google import accounts_host, classroom_host
from clever_roster.testing.google.accounts import Accounts, Grant
from clever_roster.testing.google.accounts_host import SESSION_COOKIE, SIGN_IN, GoogleWorld, SimulatedGoogleApp
from clever_roster.testing.google.classroom_host import COURSES, EMAILS, ROSTERS, fault
from clever_roster.testing.google.domain import ClassroomDomain

if TYPE_CHECKING:
    from clever_roster.testing.openid import Signer

__all__ = ["SimulatedGoogle"]

ALL_SCOPES = SIGN_IN | {COURSES, ROSTERS, EMAILS}

_WORDS = {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}


def _now() -> datetime:
    return datetime.now(UTC)


class SimulatedGoogle:
    """A pretend Google. Thread safe.

    Args:
        domain: what is served.
        app: the application as registered in Google's console.
        clock: gives the present, aware.
        random: makes codes, cookies and tokens; with a seeded one they repeat.
        requests_per_minute: the quota of one person, in any minute.
        signer: signs id_tokens; one is made at the first login when none is given. Making its key takes a while, so
            many simulators of one test run may share one.
        featured: who stands first where a person who clicks through a demonstration chooses whom to be, each with the
            part they play.
    """

    def __init__(
        self,
        domain: ClassroomDomain,
        *,
        app: SimulatedGoogleApp | None = None,
        clock: Callable[[], datetime] = _now,
        random: Random | None = None,
        requests_per_minute: int = 1200,
        signer: Signer | None = None,
        featured: Mapping[PersonId, str] | None = None,
    ) -> None:
        self.app = app or SimulatedGoogleApp()
        accounts = Accounts(clock=clock, random=random or Random())
        self._world = GoogleWorld(
            app=self.app, domain=domain, accounts=accounts, signer=signer, featured=dict(featured or {})
        )
        self._clock = clock
        self._quota = requests_per_minute
        self._sent: dict[PersonId, list[datetime]] = {}
        self._faults = Faults()
        self._off = False
        self._lock = Lock()

    def respond(self, request: Request) -> Response:
        """Answer one request to any of Google's addresses; they are told apart by path.

        Raises:
            ConnectionResetError: a fault says that no answer comes.
        """
        asked = Asked.of(request)
        with self._lock:
            trouble = self._faults.strike(asked.path)
            if isinstance(trouble, int):
                return fault(trouble, _WORDS.get(trouble, "UNKNOWN"), "The simulator was told to refuse.")
            response = self._answer(asked)
        match trouble:
            case None:
                return response
            case Breakage.EARLY_END:
                return _ended(response)
            case _:
                return broken(response, trouble)

    def _answer(self, asked: Asked) -> Response:
        if not asked.path.startswith("/v1/"):
            return accounts_host.respond(self._world, asked)
        grant = self._world.accounts.grant_of(asked.bearer())
        if grant is None:
            return fault(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if self._off:
            return fault(
                403, "PERMISSION_DENIED", "@ClassroomApiDisabled The user is not permitted to access the Classroom API."
            )
        if not self._within_quota(grant.person):
            return fault(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric.", "RATE_LIMIT_EXCEEDED")
        return classroom_host.respond(self._world.domain, grant, asked)

    def _within_quota(self, person: PersonId) -> bool:
        now = self._clock()
        sent = [one for one in self._sent.get(person, []) if (now - one).total_seconds() < 60]
        self._sent[person] = [*sent, now]
        return len(sent) < self._quota

    # --- What happens in the domain ---

    @property
    def domain(self) -> ClassroomDomain:
        """The domain as it is now."""
        with self._lock:
            return self._world.domain

    def replace(self, domain: ClassroomDomain) -> None:
        """Put a new day of the domain in the old one's place."""
        with self._lock:
            self._world.domain = domain

    def revoke(self, person: PersonId) -> None:
        """A person takes back all that they granted: their tokens of both kinds die."""
        with self._lock:
            self._world.accounts.revoke(person)

    def untick(self, person: PersonId, *scopes: str) -> None:
        """A person takes back some scopes; tokens that are made from now on lack them."""
        with self._lock:
            held = self._world.accounts.granted.get(person, frozenset())
            self._world.accounts.granted[person] = held - {*scopes}

    def switch_classroom(self, *, on: bool) -> None:
        """The school's administrator switches access to Classroom data off, or on again."""
        with self._lock:
            self._off = not on

    # --- Short ways for tests ---

    def access_token(self, person: PersonId, scopes: Collection[str] = ALL_SCOPES) -> Secret:
        """An access token of a person who granted this.

        Raises:
            LookupError: there is no such account.
        """
        with self._lock:
            self._known(person)
            granted = self._world.accounts.granted
            granted[person] = granted.get(person, frozenset()) | {*scopes}
            return Secret(self._world.accounts.issue_access(Grant(person=person, scopes=frozenset(scopes))))

    def sign_in(self, person: PersonId) -> str:
        """Log a browser in to Google; the answer is its `Cookie` header. Raises as `access_token` does."""
        with self._lock:
            self._known(person)
            return f"{SESSION_COOKIE}={self._world.accounts.open_session(person)}"

    def visit(self, address: str, person: PersonId, *, untick: Collection[str] = (), cancel: bool = False) -> str:
        """Go to an authorization address as this person, and through the consent page if there is one.

        Args:
            untick: scopes that the person does not grant.
            cancel: whether they say no to everything.

        Returns:
            The address at which the browser comes back to the application.

        Raises:
            LookupError: there is no such account, or the address leads nowhere.
        """
        cookie = {"cookie": self.sign_in(person)}
        response = self.respond(Request("GET", address, cookie))
        if "location" not in response.headers:
            parts = urlsplit(address)
            wanted = dict(Asked.of(Request("GET", address)).query).get("scope", "").split()
            fields = {scope: "on" for scope in wanted if scope not in untick}
            fields |= {"continue": f"{parts.path}?{parts.query}"} | ({"cancel": "1"} if cancel else {})
            headers = {**cookie, "content-type": "application/x-www-form-urlencoded"}
            consent = Request("POST", f"{parts.scheme}://{parts.netloc}/consent", headers, urlencode(fields).encode())
            response = self.respond(consent)
        if "location" not in response.headers:
            raise LookupError(f"Google stopped the login ({response.status}).")
        return response.headers["location"]

    def _known(self, person: PersonId) -> None:
        if person not in self._world.domain.users:
            raise LookupError(f"Nobody has the Google account {person}.")

    # --- What goes wrong ---

    def fail(self, path_prefix: str, trouble: Trouble = 503, *, after: int = 0, times: int | None = 1) -> None:
        """Let requests below a path go wrong; as `Simulator.fail`.

        Args:
            path_prefix: "/v1/courses", "/token", "/" for everything.
            trouble: a status, or a `Breakage`; `EARLY_END` leaves out `nextPageToken`.
            after: so many requests pass first.
            times: so many fail; None for all until `heal`.
        """
        with self._lock:
            self._faults.add(Fault(path_prefix=path_prefix, trouble=trouble, after=after, times=times))

    def heal(self) -> None:
        """Take back all that goes wrong."""
        with self._lock:
            self._faults.clear()


def _ended(response: Response) -> Response:
    """A page without its `nextPageToken`: the list looks whole and is not."""
    body = json.loads(response.body)
    body.pop("nextPageToken", None)
    return attrs.evolve(response, body=json.dumps(body, ensure_ascii=False).encode())
