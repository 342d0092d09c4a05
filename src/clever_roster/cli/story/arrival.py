"""Who arrived, and whose account: a portal launch, a connection, and what must not happen on a shared laptop."""

from __future__ import annotations

from clever_roster import linking
from clever_roster.cli.browser import Browser
from clever_roster.cli.story.stage import Chapter, Fact, Stage
from clever_roster.linking import Conflict, ConflictKind, Created, Linked, NeedsConfirmation, SignedIn
from clever_roster.model import CLEVER, AccountId, IdentityKey
from clever_roster.oauth import Arrival, Arrived, BeginAgain, Refused
from clever_roster.ports import transact

__all__ = ["connect", "log_in"]


def log_in(stage: Stage) -> tuple[AccountId | None, Chapter]:
    """A teacher comes from the portal; the answer is the account, and the chapter."""
    browser, shortname, before = stage.browser(), stage.district.shortname, stage.visits.exchanges
    browser.log_in_to_clever(shortname, stage.show.teacher)
    launched = stage.login.finish(browser.launch_from_portal(shortname), browser=None)
    unused = stage.visits.exchanges == before
    arrived = _carry_on(stage, browser, launched)
    browser.close()
    outcome = None
    if isinstance(arrived, Arrived):
        welcome = arrived
        outcome = transact(
            stage.host.store,
            lambda ports: linking.settle(ports, welcome, signed_in=None, now=stage.now, create=True),
        )
    known = outcome.account.id if isinstance(outcome, SignedIn | Created) else None
    roles = sorted(outcome.identity.roles) if isinstance(outcome, SignedIn | Created) else []
    right = isinstance(arrived, Arrived) and arrived.identity.key.subject == stage.show.teacher
    ok = isinstance(launched, BeginAgain) and unused and right and known is not None
    facts: dict[str, Fact] = {
        "portal_launch": _kind(launched),
        "portal_code_used": not unused,
        "codes_exchanged": stage.visits.exchanges - before,
        "outcome": _kind(outcome),
        "account": known,
        "roles": [role.value for role in roles],
    }
    told = (
        f"A teacher clicks the app's tile in the portal of {stage.district.name}: a code arrives, without a state.",
        "Its code is not used: the login begins again from here, bound to this browser.",
        (
            f"Clever sends the teacher back at once; one code is exchanged. Outcome: {_kind(outcome)}, "
            f"account {known}, roles {', '.join(roles) or 'none'}."
        ),
    )
    return known, Chapter(name="login", title="A teacher arrives from Clever's portal", ok=ok, facts=facts, told=told)


def _carry_on(stage: Stage, browser: Browser, outcome: Arrival) -> Arrival:
    """Do what the outcome says: a login that begins again is followed to its end."""
    if not isinstance(outcome, BeginAgain):
        return outcome
    query = browser.follow(outcome.redirect_to, outcome.cookie.value)
    return stage.login.finish(query, browser=browser.login_cookie)


def _kind(outcome: object) -> str:
    """The outcome's name as a host would log it."""
    name = type(outcome).__name__
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    return f"refused: {outcome.reason}" if isinstance(outcome, Refused) else words


def connect(stage: Stage, teacher: AccountId) -> Chapter:
    """A student connects Clever, and a classmate at the same laptop gets nothing out of it."""
    pupil = stage.district.people[stage.show.student]
    own = stage.host.sign_up(
        pupil.first, pupil.last, email="pupil@home.test", lessons=37, when=stage.now, password=True
    )
    classmate = stage.host.sign_up(
        "Robin", "Example", email="robin@home.test", lessons=5, when=stage.now, password=True
    )
    laptop = stage.browser()
    laptop.log_in_to_clever(stage.district.shortname, stage.show.student)
    connected = _connect(stage, laptop, own, signed_in=own)
    inherited = _connect(stage, laptop, classmate, signed_in=own)
    stolen = _connect(stage, laptop, classmate, signed_in=classmate)
    laptop.close()
    key = IdentityKey(CLEVER, stage.district.id, stage.show.teacher)
    with stage.host.store.transaction() as ports:
        locked_out = linking.disconnect(ports, teacher, key)
        held = len(ports.links.of(own))
    ok = (
        isinstance(connected, Linked)
        and isinstance(inherited, Refused)
        and isinstance(stolen, Conflict)
        and locked_out == Conflict(ConflictKind.LAST_WAY_IN)
        and held == 1
    )
    facts: dict[str, Fact] = {
        "connected": _kind(connected),
        "already": isinstance(connected, Linked) and connected.already,
        "account": own,
        "inherited_by_next_pupil": _kind(inherited),
        "taken_by_classmate": stolen.kind.value if isinstance(stolen, Conflict) else _kind(stolen),
        "disconnect_last_way_in": locked_out.kind.value if isinstance(locked_out, Conflict) else _kind(locked_out),
    }
    told = (
        f"A student with an email-and-password account ({own}, 37 lessons done) connects Clever: {_kind(connected)}.",
        f"The next pupil on the laptop cannot finish what another one began: {_kind(inherited)}.",
        f"Nor take the first one's Clever login: {_kind(stolen)}. "
        + (stolen.sentence if isinstance(stolen, Conflict) else ""),
        f"The teacher, who has no password, asks to disconnect Clever: {_kind(locked_out)}. "
        + (locked_out.sentence if isinstance(locked_out, Conflict) else ""),
    )
    return Chapter(name="linking", title="A student's account is connected", ok=ok, facts=facts, told=told)


def _connect(
    stage: Stage, laptop: Browser, asking: AccountId, *, signed_in: AccountId
) -> linking.Outcome | linking.Answer | Arrival:
    """Begin a connection for one account, come back while another may be signed in, and say yes when asked."""
    started = stage.login.begin(connect=asking, browser=laptop.login_cookie)
    query = laptop.follow(started.redirect_to, started.cookie.value)
    arrived = stage.login.finish(query, browser=laptop.login_cookie)
    if not isinstance(arrived, Arrived):
        return arrived
    store, now, browser = stage.host.store, stage.now, laptop.login_cookie
    asked = transact(store, lambda ports: linking.settle(ports, arrived, signed_in=signed_in, now=now))
    if not isinstance(asked, NeedsConfirmation):
        return asked
    yes = asked.ticket  # the page names person, district and roles; this is its button
    return transact(
        store,
        lambda ports: linking.confirm(ports, yes, browser=browser, signed_in=signed_in, authenticated_at=now, now=now),
    )
