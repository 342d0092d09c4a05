"""A pretend Clever: one object that answers requests as clever.com and api.clever.com do.

    simulator = Simulator([district])
    http = httpx.Client(transport=transport(simulator))

It serves values of `District`; `replace` puts tomorrow's in today's place. Who may see what, what the answers look like
and what goes wrong on purpose is in the rooms beside this one: `oauth_host`, `api_host`, `data_api`, `wire`, `faults`.
How it is worn (httpx, ASGI, a socket) is `wear` and `server`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from random import Random
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

import attrs

from clever_roster.model import DistrictId, PersonId, Role, Secret
from clever_roster.steps import Request, Response
from clever_roster.testing import api_host, oauth_host
from clever_roster.testing.district import District
from clever_roster.testing.exchange import Asked
from clever_roster.testing.faults import Breakage, Fault, Faults, Trouble, broken, refused
from clever_roster.testing.ledger import Ledger, Login
from clever_roster.testing.portal import Portal
from clever_roster.testing.world import SESSION_COOKIE, SimulatedApp, World

if TYPE_CHECKING:
    from clever_roster.testing.openid import Signer

__all__ = ["Simulator"]

REQUESTS_PER_MINUTE = 1200


def _now() -> datetime:
    return datetime.now(UTC)


def _signer(app: SimulatedApp) -> Signer | None:
    if not app.oidc:
        return None
    from clever_roster.testing.openid import Signer  # noqa: PLC0415 - an extra, for who has OpenID on

    return Signer()


class Simulator:
    """A pretend Clever for one application and the districts that are connected to it. Thread safe.

    Args:
        districts: what is served; all are connected to the application.
        app: the application as registered at Clever.
        clock: gives the present, aware; codes live a minute by it, tokens a day, budgets a minute.
        random: makes codes, cookies and tokens; with a seeded one they repeat.
        portal: what its pages offer a person who clicks through a demonstration.
        requests_per_minute: the budget of one token.
    """

    def __init__(
        self,
        districts: Iterable[District],
        *,
        app: SimulatedApp | None = None,
        clock: Callable[[], datetime] = _now,
        random: Random | None = None,
        portal: Portal | None = None,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
    ) -> None:
        self.app = app or SimulatedApp()
        self._ledger = Ledger(clock=clock, random=random or Random())
        self._world = World(
            districts, app=self.app, ledger=self._ledger, signer=_signer(self.app), portal=portal or Portal()
        )
        self._budgets = api_host.Budgets(requests_per_minute, clock)
        self._faults = Faults()
        self._lock = Lock()

    def respond(self, request: Request) -> Response:
        """Answer one request to either address; they are told apart by path.

        Raises:
            ConnectionResetError: a fault says that no answer comes.
        """
        asked = Asked.of(request)
        with self._lock:
            trouble = self._faults.strike(asked.path)
            response = refused(trouble) if isinstance(trouble, int) else self._answer(asked)
            request_id = str(UUID(int=int(self._ledger.hexadecimal(32), 16), version=4))
            if trouble == 429 and api_host.is_api(asked.path):
                response = attrs.evolve(response, headers={**response.headers, **self._budgets.headers(0)})
        if isinstance(trouble, Breakage):
            response = broken(response, trouble)
        return attrs.evolve(response, headers={**response.headers, "x-request-id": request_id})

    def _answer(self, asked: Asked) -> Response:
        if api_host.is_api(asked.path):
            return api_host.respond(self._world, self._budgets, asked)
        return oauth_host.respond(self._world, asked)

    # --- What the districts do ---

    @property
    def districts(self) -> tuple[District, ...]:
        """The districts as they are now, also what they do not share."""
        with self._lock:
            return tuple(self._world.districts.values())

    def replace(self, district: District) -> None:
        """Put a new day of a district in the old one's place, or add and connect a new district."""
        with self._lock:
            self._world.place(district)

    def unshare(self, *people: PersonId) -> None:
        """Stop sharing people with the application: it no longer sees them, and they cannot open it."""
        with self._lock, self._world.told():
            self._world.unshared.update(people)

    def share(self, *people: PersonId) -> None:
        """Share people again; their ids are the old ones."""
        with self._lock, self._world.told():
            self._world.unshared.difference_update(people)

    def disconnect(self, district: DistrictId) -> None:
        """The district disconnects the application: its token dies and is no longer listed."""
        with self._lock:
            self._ledger.disconnect(district)

    # --- Short ways for tests ---

    def district_token(self, district: DistrictId) -> Secret:
        """The application's token for a district.

        Raises:
            LookupError: the district is not connected.
        """
        with self._lock:
            for held in self._ledger.district_tokens():
                if held.district == district:
                    return Secret(held.token)
        raise LookupError(f"District {district} is not connected.")

    def user_token(self, person: PersonId, role: Role | None = None) -> Secret:
        """The token of a finished login of this person.

        Raises:
            LookupError: there is no such person, or none who can log in (in that role).
        """
        with self._lock:
            return Secret(self._ledger.issue_token(self._login(person, role)))

    def sign_in(self, person: PersonId, role: Role | None = None) -> str:
        """Log a browser in to Clever; the answer is its `Cookie` header. Raises as `user_token` does."""
        with self._lock:
            return f"{SESSION_COOKIE}={self._ledger.open_session(self._login(person, role))}"

    def launch(self, person: PersonId, role: Role | None = None) -> str:
        """Click the application's tile: the address at which the portal calls it. Raises as `user_token` does."""
        with self._lock:
            primary = self.app.redirect_uris[0]
            return f"{primary}?code={self._ledger.issue_code(self._login(person, role), primary)}"

    def _login(self, person: PersonId, role: Role | None) -> Login:
        login = self._world.login(person, role)
        if login is None:
            raise LookupError(f"Nobody with id {person} can log in{f' as {role}' if role else ''}.")
        return login

    def rotate_keys(self) -> None:
        """Sign id_tokens with a new key; the one before it stays published.

        Raises:
            LookupError: the application has no OpenID Connect.
        """
        with self._lock:
            if self._world.signer is None:
                raise LookupError("The application has no OpenID Connect: SimulatedApp(oidc=True).")
            self._world.signer.rotate()

    # --- What goes wrong ---

    def fail(self, path_prefix: str, trouble: Trouble = 503, *, after: int = 0, times: int | None = 1) -> None:
        """Let requests below a path go wrong.

        Args:
            path_prefix: "/v3.1/sections", "/oauth/tokens", "/" for everything.
            trouble: a status, or a `Breakage`.
            after: so many requests pass first: `after=2` spoils the third page.
            times: so many fail; None for all until `heal`.
        """
        with self._lock:
            self._faults.add(Fault(path_prefix=path_prefix, trouble=trouble, after=after, times=times))

    def heal(self) -> None:
        """Take back all that goes wrong."""
        with self._lock:
            self._faults.clear()
