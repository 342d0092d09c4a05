"""A login as a browser meets it, written once: six places, each a flow from a `Visit` to a `Turn`.

    start      send the browser to the provider: Clever, or Google
    callback   take it back, find out whose account it is; sign in, or ask
    connect    as start, for an account that is signed in and wants this login connected: from its settings, or because
               somebody arrived without an account and has just signed in to the one they had
    accept     "make my account"                      (POST, with the ticket of the page that asked)
    confirm    "yes, that is me, connect it"          (POST, likewise)
    sign out   drop everything, and do not begin again by itself

A `Turn` says what is to be done; an adapter (`starlette`, `django`, `flask`) reads the visit, carries out the turn, and
lets the host answer instead. Flows are answered by the login object, so they block or await as it does.
Several logins may be mounted side by side: each has places of its own, and they share the browser's cookie and session.
This file knows no framework.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TypeAlias, TypedDict
from urllib.parse import quote

import attrs

from clever_roster import linking
from clever_roster.errors import TooManyAttempts
from clever_roster.linking import (
    Answer,
    Conflict,
    Created,
    Linked,
    MoveWork,
    NeedsConfirmation,
    NewAccountNeeded,
    Outcome,
    Policy,
    ProofNeeded,
    ReauthRequired,
    Session,
    SignedIn,
)
from clever_roster.model import AccountId, DistrictId, Identity, PersonName, Role
from clever_roster.oauth import (
    Arrived,
    AsyncCleverLogin,
    AsyncGoogleLogin,
    BeginAgain,
    BrowserCookie,
    CleverLogin,
    GoogleLogin,
    Login,
    Reason,
    Refused,
    Started,
)
from clever_roster.ports import Ports, Transact
from clever_roster.steps import Steps, ask
from clever_roster.web import pages
from clever_roster.web.kept import Kept
from clever_roster.web.pages import PAGE_HEADERS, SAFE_HEADERS
from clever_roster.web.visit import Places, Visit, turned_away

__all__ = ["AwaitingLogin", "BlockingLogin", "ClickNeeded", "Ending", "Exchange", "Rules", "SignedOut", "Turn"]

BlockingLogin: TypeAlias = CleverLogin | GoogleLogin
AwaitingLogin: TypeAlias = AsyncCleverLogin | AsyncGoogleLogin

_LEFT_FOR = 60  # seconds after a sign-out in which no login begins by itself
_LONGEST = 254  # characters of a name or an email; RFC 5321, 4.5.3.1.3 allows no longer address
_STATUS = {Reason.UNAVAILABLE: 503, Reason.RATE_LIMITED: 429}


@attrs.frozen
class SignedOut:
    """Nobody is signed in any longer, and nothing of the session is left."""

    account: AccountId | None


@attrs.frozen
class ClickNeeded:
    """Somebody signed out in this browser a moment ago, so no login begins by itself: offer a POST to `Places.start`.

    Attributes:
        return_to: where they wanted to go; a field of that name takes it along. "" for nowhere in particular.
    """

    return_to: str


Ending: TypeAlias = Outcome | Answer | SignedOut | ClickNeeded
"""What a host is told; it answers with a response of its own, or leaves it to the default page."""


@attrs.frozen(kw_only=True)
class Turn:
    """What is to be done: with the session first, then the host is asked, then the answer is sent.

    Attributes:
        ending: what the host is told; None where nothing ended.
        session: ROTATE gives the session a new id, REPLACE empties it first; None leaves it.
        kept: our part of the session from now on; None leaves it.
        brief: the session ends when the browser is closed (a student, on a shared computer).
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=lambda: SAFE_HEADERS, repr=False)
    body: str = attrs.field(default="", repr=False)
    cookies: tuple[BrowserCookie, ...] = ()
    ending: Ending | None = None
    session: Session | None = None
    kept: Kept | None = None
    brief: bool = False


class Rules(TypedDict, total=False):
    """What every `mount` takes beside what is its framework's own; all may be left out.

    create: make an account at once for whoever has none; else a page asks.
    own_login: path of the host's own login page, for people who have an account already. It sends them on to
        `Places.connect` when they are signed in; the provider is asked once more who stands there, and a page names
        them. Where several logins are mounted it is the page that offers them all.
    candidates: accounts that look like the same person to the host; they only decide whether to ask for proof.
    policy: the host's rules about logins and links.
    move_work: moves work from an empty account that is taken over (`linking.merge`).
    at: public path of the login's own places, another one for each login; left out, "/clever" or "/google". The
        callback is where the application is registered.
    root_path: the part of public paths that a server strips before the application sees them.
    clock: gives the present, aware.
    """

    create: bool
    own_login: str | None
    candidates: Callable[[Ports, Identity], Collection[AccountId]]
    policy: Policy
    move_work: MoveWork
    at: str
    root_path: str
    clock: Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def _no_candidates(_: Ports, __: Identity) -> Collection[AccountId]:
    return ()


class Exchange:
    """The six places."""

    def __init__(self, login: BlockingLogin | AwaitingLogin, rules: Rules) -> None:
        """Put a login behind its places.

        Raises:
            ConfigurationError: the callback is one of the login's own places.
        """
        at = rules.get("at", f"/{login.by.lower()}")
        self.places = Places.of(login.app, at)
        self.routes = self.places.routes(rules.get("root_path", ""))
        self.names = {place: f"clever_roster_{at.strip('/')}_{place}" for place in self.routes}
        self._login = login
        self._create = rules.get("create", False)
        self._own_login = rules.get("own_login")
        self._candidates = rules.get("candidates", _no_candidates)
        self._policy = rules.get("policy") or Policy()
        self._move_work = rules.get("move_work")
        self._clock = rules.get("clock", _now)

    def at(self, place: str, visit: Visit) -> Steps[Turn]:
        """Answer a visit to one of the `Places`, by its field's name."""
        flows = {
            "start": (self._start, {"GET", "POST"}),
            "callback": (self._callback, {"GET"}),
            "connect": (self._connect, {"GET", "POST"}),
            "accept": (self._accept, {"POST"}),
            "confirm": (self._confirm, {"POST"}),
            "sign_out": (self._sign_out, {"POST"}),
        }
        steps, methods = flows[place]
        turned = turned_away(visit, methods, scripts=place == "sign_out")
        if turned is not None:
            allow = {"Allow": turned.allow} if turned.allow else {}
            return Turn(status=turned.status, headers={**SAFE_HEADERS, **allow})
        try:
            return (yield from steps(visit))
        except TooManyAttempts:
            return self._ended(visit, Refused(Reason.RATE_LIMITED, by=self._login.by))

    # --- To the provider and back ---

    def _start(self, visit: Visit) -> Steps[Turn]:
        return_to, district = visit.wish("return_to"), visit.wish("district")
        left = self._left(visit)
        if left and visit.method == "GET":
            return self._ended(visit, ClickNeeded(return_to or ""))
        started = yield from Login.begin.steps(
            self._login,
            return_to=return_to,
            browser=self._binding(visit),
            district=DistrictId(district) if district else None,
            ask_who=left,  # whoever signed out here may still be logged in there
            address=visit.address,
        )
        return _off(started, self._mark_left(0))

    def _connect(self, visit: Visit) -> Steps[Turn]:
        if visit.visitor is None:
            return self._ended(
                visit, Refused(Reason.EXPIRED, "nobody is signed in who could be connected", by=self._login.by)
            )
        if not self._policy.is_recent(visit.visitor.authenticated_at, now=self._clock()):
            return self._ended(visit, ReauthRequired(account=visit.visitor.account))
        started = yield from Login.begin.steps(
            self._login,
            return_to=visit.wish("return_to") or visit.kept.return_to,
            browser=self._binding(visit),
            connect=visit.visitor.account,
            address=visit.address,
        )
        return _off(started)

    def _callback(self, visit: Visit) -> Steps[Turn]:
        arrival = yield from Login.finish.steps(
            self._login, visit.query, browser=self._binding(visit), address=visit.address
        )
        match arrival:
            case BeginAgain() if self._left(visit):  # an old address in the history logs nobody in again by itself
                return self._ended(visit, ClickNeeded(""))
            case BeginAgain():
                return _off(arrival)
            case Arrived():
                ending = yield from ask(Transact[Ending](lambda ports: self._settle(ports, visit, arrival)))
                turn = self._ended(visit, ending)
                if arrival.connect is None and isinstance(ending, Conflict | Refused):
                    # Somebody else is proven to sit here, who must not go on in the session of whoever was.
                    return attrs.evolve(turn, session=Session.REPLACE, kept=Kept())
                return turn
            case _:
                return self._ended(visit, arrival)

    def _settle(self, ports: Ports, visit: Visit, arrived: Arrived) -> Ending:
        return linking.settle(
            ports,
            arrived,
            signed_in=visit.signed_in,
            now=self._clock(),
            create=self._create,
            candidates=self._candidates(ports, arrived.identity),
            policy=self._policy,
        )

    # --- A person answers ---

    def _accept(self, visit: Visit) -> Steps[Turn]:
        first, middle, last, email = (
            visit.form.get(field, "")[:_LONGEST] for field in ("first", "middle", "last", "email")
        )

        def work(ports: Ports) -> Ending:
            return linking.accept(
                ports,
                visit.form.get("ticket", ""),
                browser=self._binding(visit),
                signed_in=visit.signed_in,
                now=self._clock(),
                name=PersonName(first, last, middle),
                email=email or None,
            )

        return self._ended(visit, (yield from ask(Transact(work))))

    def _confirm(self, visit: Visit) -> Steps[Turn]:
        def work(ports: Ports) -> Ending:
            return linking.confirm(
                ports,
                visit.form.get("ticket", ""),
                browser=self._binding(visit),
                signed_in=visit.signed_in,
                authenticated_at=visit.visitor.authenticated_at if visit.visitor else None,
                now=self._clock(),
                policy=self._policy,
                move_work=self._move_work,
            )

        return self._ended(visit, (yield from ask(Transact(work))))

    def _sign_out(self, visit: Visit) -> Steps[Turn]:
        yield from Login.forget.steps(self._login, browser=self._binding(visit))
        return attrs.evolve(
            _shown(pages.signed_out_page(self.places, self._login.app.oauth_url, self._login.by)),
            cookies=(self._cookie(self._login.cookie_name, 0), self._mark_left(_LEFT_FOR)),
            ending=SignedOut(visit.signed_in or visit.kept.account),
            session=Session.REPLACE,
            kept=Kept(),
        )

    # --- How it ended ---

    def _ended(self, visit: Visit, ending: Ending) -> Turn:
        match ending:
            case SignedIn() | Created():
                return self._proven(visit, ending, ending.account.id, ending.session)
            case Linked():
                return self._proven(visit, ending, ending.account, Session.ROTATE)
            case NewAccountNeeded() | ProofNeeded():
                return attrs.evolve(
                    _shown(pages.new_account_page(ending, self.places, self._own_login, self._login.by)),
                    cookies=(self._mark_left(0),),
                    ending=ending,
                    session=_session(visit, None, ending.session),
                    kept=Kept(return_to=ending.return_to),
                )
            case ClickNeeded():
                return attrs.evolve(
                    _shown(pages.continue_page(self.places, ending.return_to, self._login.by)), ending=ending
                )
            case NeedsConfirmation():
                return attrs.evolve(_shown(pages.confirm_page(ending, self.places, self._login.by)), ending=ending)
            case ReauthRequired():
                body = pages.reauth_page(ending, self.places, self._own_login, self._login.by)
                return attrs.evolve(_shown(body, 403), ending=ending)
            case _:
                no_cookie = visit.has_state and self._binding(visit) is None
                body = pages.stopped_page(ending, self.places, self._login.app.landing, no_cookie=no_cookie)
                status = _STATUS.get(ending.reason, 403) if isinstance(ending, Refused) else 409
                return attrs.evolve(_shown(body, status), ending=ending)

    def _proven(self, visit: Visit, ending: SignedIn | Created | Linked, account: AccountId, session: Session) -> Turn:
        """An account is open, and an identity proven for it: nothing that waited for an answer outlives that."""
        return attrs.evolve(
            _redirect(ending.return_to, self._mark_left(0)),
            ending=ending,
            session=_session(visit, account, session),
            kept=Kept(
                account=account, identity=ending.identity, sign_in=secrets.token_urlsafe(16), since=self._clock()
            ),
            brief=Role.STUDENT in ending.identity.roles,
        )

    # --- Cookies ---

    def _binding(self, visit: Visit) -> str | None:
        return visit.cookies.get(self._login.cookie_name) or None

    def _mark_left(self, seconds: int) -> BrowserCookie:
        """Remember for a while that somebody signed out in this browser; for no second, forget it."""
        return self._cookie(f"{self._login.cookie_name}_left", seconds)

    def _left(self, visit: Visit) -> bool:
        return bool(visit.cookies.get(f"{self._login.cookie_name}_left"))

    def _cookie(self, name: str, seconds: int) -> BrowserCookie:
        secure = self._login.app.redirect_uri.startswith("https:")
        return BrowserCookie(name=name, value="1" if seconds else "", max_age=seconds, secure=secure)


def _session(visit: Visit, account: AccountId | None, decided: Session) -> Session:
    """Replace also when the host's own sign-out left the session of somebody else behind."""
    return Session.REPLACE if visit.kept.account not in {None, account} else decided


def _shown(body: str, status: int = 200) -> Turn:
    return Turn(status=status, headers=PAGE_HEADERS, body=body)


def _redirect(address: str, *cookies: BrowserCookie) -> Turn:
    where = quote(address, safe="%/:=&?~#+!$,;'@()*[]")
    return Turn(status=303, headers={**SAFE_HEADERS, "Location": where}, cookies=cookies)


def _off(started: Started | BeginAgain, *marks: BrowserCookie) -> Turn:
    return _redirect(started.redirect_to, started.cookie, *marks)
