"""What a host calls, inside a transaction of its own: read the facts, ask `decide`, write what was decided.

`settle` comes first, with the arrival. Where it asks a question, a ticket goes into the page and comes back with the
answer: `accept` (make me an account), `prove` (I have one, and just signed in to it), `confirm` (yes, that is me,
connect it), `decline`. Each act locks the accounts it decides about, so that two requests at the same moment are
decided one after the other. Only Created, Linked and Unlinked change accounts or links; a sign-in notes the roles of
today.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import attrs

from clever_roster.errors import StoreError
from clever_roster.linking.decide import Holder, decide_connect, decide_disconnect, decide_sign_in
from clever_roster.linking.merge import Consent, MoveWork, alias_of, merge, plan_merge
from clever_roster.linking.outcomes import (
    Answer,
    Conflict,
    ConflictKind,
    Connection,
    Created,
    Disconnection,
    Linked,
    NeedsConfirmation,
    NewAccountNeeded,
    Outcome,
    ProofNeeded,
    ReauthRequired,
    SignedIn,
    Unlinked,
)
from clever_roster.linking.policy import STANDARD, Policy
from clever_roster.linking.roles import RoleChange
from clever_roster.linking.tickets import ask_by_ticket, asked_at, put_back, redeem
from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    Identity,
    IdentityKey,
    Link,
    NewAccount,
    Origin,
    PersonName,
    Role,
)
from clever_roster.oauth import Arrived, Reason, Refused
from clever_roster.ports import Attempt, Ports, Purpose

__all__ = [
    "accept",
    "approve_roles",
    "confirm",
    "connect",
    "decline",
    "disconnect",
    "prove",
    "settle",
    "sign_in",
    "sign_up",
]


# --- Somebody arrived -------------------------------------------------------------------------------------------------


def settle(
    ports: Ports,
    arrived: Arrived,
    *,
    signed_in: AccountId | None,
    now: datetime,
    create: bool = False,
    candidates: Collection[AccountId] = (),
    policy: Policy = STANDARD,
) -> Outcome:
    """Answer whose account it is: connect if that is what the login was for, else sign in, or up.

    Args:
        signed_in: the account that is signed in on this browser at this moment.
        create: make an account at once when nobody has the identity; else the outcome is NewAccountNeeded, and the
            host calls `accept` (or `sign_up`) when the person agreed.
        candidates: accounts that look like the same person to the host (a verified address, a roster, what the
            `duplicates` room found). They only decide whether to ask for proof; none of them is opened or shown.
        policy: the host's rules.
    """
    refusal = policy.admits(arrived.identity)
    if refusal is not None:
        return Refused(refusal)
    if arrived.connect is not None:
        return connect(ports, arrived, signed_in=signed_in, now=now, policy=policy)
    found = sign_in(ports, arrived, signed_in=signed_in)
    if not isinstance(found, NewAccountNeeded):
        return found
    if candidates:
        ticket = ask_by_ticket(ports, arrived, Purpose.SIGN_UP, now=now)
        return ProofNeeded(identity=found.identity, session=found.session, return_to=found.return_to, ticket=ticket)
    if create:
        return sign_up(ports, arrived, signed_in=signed_in, now=now)
    return attrs.evolve(found, ticket=ask_by_ticket(ports, arrived, Purpose.SIGN_UP, now=now))


def sign_in(
    ports: Ports, arrived: Arrived, *, signed_in: AccountId | None
) -> SignedIn | NewAccountNeeded | Conflict | Refused:
    """Find the account of an identity, and note its roles of today. Writes nothing else."""
    holder = _holder(ports, arrived.identity)
    outcome = decide_sign_in(arrived, holder=holder, signed_in=signed_in)
    if isinstance(outcome, SignedIn) and holder is not None and holder.link.roles != outcome.identity.roles:
        ports.links.replace([attrs.evolve(holder.link, roles=outcome.identity.roles)])
    return outcome


def sign_up(
    ports: Ports, arrived: Arrived, *, signed_in: AccountId | None, now: datetime
) -> SignedIn | Created | Conflict | Refused:
    """Make an account for an identity that nobody has; sign in when somebody has it by now.

    The email may be missing, malformed or another account's; it is passed on for the host to show, and matched with
    nothing.

    Raises:
        IdentityTaken: another request made the account at the same moment; `ports.transact` runs the work once more.
    """
    found = sign_in(ports, arrived, signed_in=signed_in)
    if not isinstance(found, NewAccountNeeded):
        return found
    identity = arrived.identity
    wanted = NewAccount(name=identity.name or PersonName("", ""), email=identity.email, roles=identity.roles)
    (account,) = ports.accounts.create([wanted])
    if ports.links.of(account):
        raise StoreError(
            f"create() returned account {account}, which is linked already.",
            next_step="An account directory must insert a new row, never look one up by email.",
        )
    ports.links.add([_link(identity, account, now)])
    return Created(
        account=_existing(ports, account),
        identity=identity,
        session=found.session,
        return_to=found.return_to,
        replaced=signed_in,
    )


def connect(
    ports: Ports, arrived: Arrived, *, signed_in: AccountId | None, now: datetime, policy: Policy = STANDARD
) -> Connection:
    """Ask whether the identity is to be connected with the account that began this; nothing is connected yet.

    Raises:
        AccountNotFound: the account that asked is gone.
    """
    if arrived.connect is None or signed_in != arrived.connect:
        return Refused(Reason.ANOTHER_PERSON)
    outcome = _decide_connect(ports, arrived.connect, arrived.identity, arrived.return_to)
    match outcome:
        case Linked(already=False):
            ticket = ask_by_ticket(ports, arrived, Purpose.CONNECT, now=now, account=arrived.connect)
            return NeedsConfirmation(
                account=arrived.connect, identity=arrived.identity, return_to=arrived.return_to, ticket=ticket
            )
        case Conflict(kind=ConflictKind.HELD_BY_EMPTY_ACCOUNT) if policy.absorb_empty:
            ticket = ask_by_ticket(ports, arrived, Purpose.ABSORB, now=now, account=arrived.connect)
            return attrs.evolve(outcome, ticket=ticket)
        case _:
            return outcome


# --- Somebody answers -------------------------------------------------------------------------------------------------


def confirm(
    ports: Ports,
    ticket: str,
    *,
    browser: str | None,
    signed_in: AccountId | None,
    authenticated_at: datetime | None,
    now: datetime,
    policy: Policy = STANDARD,
    move_work: MoveWork | None = None,
) -> Answer:
    """The person said yes: connect the identity, or take over the empty account that holds it.

    Args:
        ticket: of NeedsConfirmation, or of a Conflict that offers `ABSORB`.
        browser: value of the login cookie, as it was given to `finish`.
        signed_in: the account that is signed in on this browser at this moment.
        authenticated_at: when that person last proved who they are; None if the host does not know.
        move_work: the host's own part of a merge, see `linking.merge`.

    Raises:
        IdentityTaken: another request linked the identity at the same moment; `ports.transact` runs the work again.
    """
    question = _question(ports, ticket, Purpose.CONNECT, Purpose.ABSORB, browser=browser, now=now, policy=policy)
    if isinstance(question, Refused):
        return question
    waiting, identity = question
    if signed_in is None or signed_in != waiting.account:
        return Refused(Reason.ANOTHER_PERSON)
    if not policy.is_recent(authenticated_at, now=now):
        put_back(ports, waiting)
        return ReauthRequired(account=signed_in, ticket=ticket)
    if waiting.purpose is Purpose.ABSORB:
        absorbed = _absorb(ports, signed_in, identity, waiting.return_to, now=now, move_work=move_work)
        if absorbed is not None:
            return absorbed
    return _connect_now(ports, signed_in, identity, waiting.return_to, now)


def prove(
    ports: Ports,
    ticket: str,
    *,
    browser: str | None,
    account: AccountId,
    authenticated_at: datetime,
    now: datetime,
    policy: Policy = STANDARD,
) -> Answer:
    """The person signed in to an account of theirs, after being asked to: connect the identity in the same step.

    Call it where the host's own login succeeds, *before* `forget`. The proof is bound to the account that was signed
    in to, to the identity and the browser of the ticket, and must be younger than the question.

    Args:
        ticket: of ProofNeeded or NewAccountNeeded.
        account: the account that the person just signed in to.
        authenticated_at: when they did.
    """
    question = _question(ports, ticket, Purpose.SIGN_UP, browser=browser, now=now, policy=policy)
    if isinstance(question, Refused):
        return question
    waiting, identity = question
    if authenticated_at < asked_at(waiting) or not policy.is_recent(authenticated_at, now=now):
        put_back(ports, waiting)
        return ReauthRequired(account=account, ticket=ticket)
    return _connect_now(ports, account, identity, waiting.return_to, now)


def accept(
    ports: Ports,
    ticket: str,
    *,
    browser: str | None,
    signed_in: AccountId | None,
    now: datetime,
    name: PersonName,
    email: str | None = None,
    policy: Policy = STANDARD,
) -> SignedIn | Created | Conflict | Refused:
    """The person agreed to an account of their own: make it.

    Args:
        ticket: of NewAccountNeeded or ProofNeeded.
        name, email: as the sign-up page showed them and the person left them; they are not kept with the ticket.

    Raises:
        IdentityTaken: as `sign_up`.
    """
    question = _question(ports, ticket, Purpose.SIGN_UP, browser=browser, now=now, policy=policy)
    if isinstance(question, Refused):
        return question
    waiting, identity = question
    arrived = Arrived(identity=attrs.evolve(identity, name=name, email=email), return_to=waiting.return_to)
    return sign_up(ports, arrived, signed_in=signed_in, now=now)


def decline(ports: Ports, ticket: str, *, browser: str | None, now: datetime) -> Attempt | None:
    """The person said no, or went away: the ticket is spent."""
    return redeem(ports, ticket, Purpose.SIGN_UP, Purpose.CONNECT, Purpose.ABSORB, browser=browser, now=now)


# --- From the settings page, and from the host's own people -----------------------------------------------------------


def disconnect(
    ports: Ports,
    account: AccountId,
    key: IdentityKey,
    *,
    now: datetime | None = None,
    authenticated_at: datetime | None = None,
    policy: Policy = STANDARD,
) -> Disconnection:
    """Disconnect an identity, unless it is the last way in or a synced class needs it. Enrollments and work stay.

    Args:
        now, authenticated_at: the time, and when the person last proved who they are; without them nothing that could
            be disconnected is, and the outcome is ReauthRequired.

    Raises:
        AccountNotFound: there is no such account.
    """
    held = ports.accounts.lock(account)
    links = ports.links.of(account)
    mine = next((link for link in links if link.key == key), None)
    listed = mine is not None and _is_listed(ports, mine) and not policy.may_leave_roster(mine)
    outcome = decide_disconnect(held, key, links, listed=listed)
    if not isinstance(outcome, Unlinked):
        return outcome
    if now is None or not policy.is_recent(authenticated_at, now=now):
        return ReauthRequired(account=account)
    ports.links.remove(key)
    return outcome


def approve_roles(ports: Ports, key: IdentityKey, roles: Collection[Role]) -> RoleChange | Refused:
    """Somebody of the host looked at a role that was gained (`ROLE_ESCALATION`), and it is right: the login goes on.

    Ask who they are, and write it down (`linking.event`): this makes a pupil's account a staff member's.
    """
    link = ports.links.find([key]).get(key)
    if link is None:
        return Refused(Reason.NOT_LINKED)
    ports.links.replace([attrs.evolve(link, roles=frozenset(roles))])
    return RoleChange.between(link.roles, roles)


def _question(
    ports: Ports, ticket: str, *purposes: Purpose, browser: str | None, now: datetime, policy: Policy
) -> tuple[Attempt, Identity] | Refused:
    """The question that this ticket answers, and about whom; the host's rule is asked again, for time has passed."""
    waiting = redeem(ports, ticket, *purposes, browser=browser, now=now)
    if waiting is None or waiting.identity is None:
        return Refused(Reason.EXPIRED, "no question of this browser waits for this ticket")
    refusal = policy.admits(waiting.identity)
    return (waiting, waiting.identity) if refusal is None else Refused(refusal)


# --- Facts ------------------------------------------------------------------------------------------------------------


def _connect_now(
    ports: Ports, account: AccountId, identity: Identity, return_to: str, now: datetime
) -> Linked | Conflict | Refused:
    outcome = _decide_connect(ports, account, identity, return_to)
    if isinstance(outcome, Linked) and not outcome.already:
        ports.links.add([_link(identity, account, now)])
    return outcome


def _decide_connect(
    ports: Ports, account: AccountId, identity: Identity, return_to: str
) -> Linked | Conflict | Refused:
    asking = ports.accounts.lock(account)
    if alias_of(ports, account) is not None:
        return Refused(Reason.ACCOUNT_CLOSED)
    return decide_connect(
        identity,
        asking=asking,
        links=ports.links.of(account),
        holder=_holder(ports, identity),
        return_to=return_to,
    )


def _absorb(
    ports: Ports,
    account: AccountId,
    identity: Identity,
    return_to: str,
    *,
    now: datetime,
    move_work: MoveWork | None,
) -> Linked | Conflict | Refused | None:
    """Merge the empty account that holds the identity; None when nobody else holds it any more."""
    link = ports.links.find([identity.key]).get(identity.key)
    if link is None or link.account == account:
        return None
    plan = plan_merge(ports, source=link.account, into=account)
    if isinstance(plan, Refused):
        return plan
    merged = merge(ports, plan, consent=Consent.STUB, actor=account, now=now, move_work=move_work)
    if isinstance(merged, Conflict | Refused):
        return merged
    return Linked(account=account, identity=identity, already=False, return_to=return_to, absorbed=merged.source)


def _holder(ports: Ports, identity: Identity) -> Holder | None:
    link = ports.links.find([identity.key]).get(identity.key)
    if link is None:
        return None
    seats = () if link.roles else ports.sections.enrolled(link.account)
    return Holder(
        account=_existing(ports, link.account),
        link=link,
        was_pupil=any(seat.role is EnrollmentRole.STUDENT and seat.person == link.key.subject for seat in seats),
        owns_sections=bool(ports.sections.owned(link.account)),
    )


def _is_listed(ports: Ports, link: Link) -> bool:
    """Whether a synced class lists the owner by this very identity."""
    seats = [
        seat
        for seat in ports.sections.enrolled(link.account)
        if seat.person == link.key.subject
        and seat.status is EnrollmentStatus.ACTIVE
        and seat.origin is not Origin.MANUAL
    ]
    sources = [ports.sections.get(seat.section).source for seat in seats]
    return any(
        source is not None and (source.provider, source.district) == (link.key.provider, link.key.district)
        for source in sources
    )


def _link(identity: Identity, account: AccountId, now: datetime) -> Link:
    return Link(key=identity.key, account=account, linked_at=now, roles=identity.roles)


def _existing(ports: Ports, account: AccountId) -> Account:
    found = ports.accounts.find([account]).get(account)
    if found is None:
        raise StoreError(
            f"Account {account} is linked, but the account directory does not find it.",
            next_step="Keep closed accounts findable (active=False), or remove their links with them.",
        )
    return found
