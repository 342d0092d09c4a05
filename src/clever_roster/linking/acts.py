"""What a host calls, inside a transaction of its own: read the facts, ask `decide`, write what was decided.

Each act locks the accounts it decides about, so that two requests at the same moment are decided one after the other.
An outcome that is not Created, Linked or Unlinked wrote nothing.
"""

from __future__ import annotations

from datetime import datetime

from clever_roster.errors import StoreError
from clever_roster.linking.decide import decide_connect, decide_disconnect, decide_sign_in
from clever_roster.linking.outcomes import (
    Conflict,
    Created,
    Disconnection,
    Linked,
    NewAccountNeeded,
    Outcome,
    SignedIn,
    Unlinked,
)
from clever_roster.model import Account, AccountId, IdentityKey, Link, NewAccount, PersonName
from clever_roster.oauth import Arrived, Refused
from clever_roster.ports import Ports

__all__ = ["connect", "disconnect", "settle", "sign_in", "sign_up"]


def settle(
    ports: Ports, arrived: Arrived, *, signed_in: AccountId | None, now: datetime, create: bool = False
) -> Outcome:
    """Answer whose account it is: connect if that is what the login was for, else sign in, or up.

    Args:
        signed_in: the account that is signed in on this browser at this moment.
        create: make an account at once when nobody has the identity; else the outcome is NewAccountNeeded, and the
            host calls `sign_up` when the person agreed.
    """
    if arrived.connect is not None:
        return connect(ports, arrived, signed_in=signed_in, now=now)
    if create:
        return sign_up(ports, arrived, signed_in=signed_in, now=now)
    return sign_in(ports, arrived, signed_in=signed_in)


def sign_in(ports: Ports, arrived: Arrived, *, signed_in: AccountId | None) -> SignedIn | NewAccountNeeded | Refused:
    """Find the account of an identity. Writes nothing."""
    return decide_sign_in(arrived, holder=_holder(ports, arrived.identity.key), signed_in=signed_in)


def sign_up(
    ports: Ports, arrived: Arrived, *, signed_in: AccountId | None, now: datetime
) -> SignedIn | Created | Refused:
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
    ports.links.add([Link(key=identity.key, account=account, linked_at=now)])
    return Created(
        account=_existing(ports, account), identity=identity, session=found.session, return_to=found.return_to
    )


def connect(
    ports: Ports, arrived: Arrived, *, signed_in: AccountId | None, now: datetime
) -> Linked | Conflict | Refused:
    """Connect an identity to the account that asked for it.

    Raises:
        AccountNotFound: the account that asked is gone.
        IdentityTaken: another request linked the identity at the same moment; `ports.transact` runs the work again.
    """
    asking = None if arrived.connect is None else ports.accounts.lock(arrived.connect)
    outcome = decide_connect(
        arrived,
        asking=asking,
        holder=_holder(ports, arrived.identity.key),
        links=() if asking is None else ports.links.of(asking.id),
        signed_in=signed_in,
    )
    if isinstance(outcome, Linked) and not outcome.already:
        ports.links.add([Link(key=arrived.identity.key, account=outcome.account, linked_at=now)])
    return outcome


def disconnect(ports: Ports, account: AccountId, key: IdentityKey) -> Disconnection:
    """Disconnect an identity, unless it is the last way into the account. Enrollments and work stay.

    Raises:
        AccountNotFound: there is no such account.
    """
    held = ports.accounts.lock(account)
    outcome = decide_disconnect(held, key, ports.links.of(account))
    if isinstance(outcome, Unlinked):
        ports.links.remove(key)
    return outcome


def _holder(ports: Ports, key: IdentityKey) -> Account | None:
    link = ports.links.find([key]).get(key)
    return None if link is None else _existing(ports, link.account)


def _existing(ports: Ports, account: AccountId) -> Account:
    found = ports.accounts.find([account]).get(account)
    if found is None:
        raise StoreError(
            f"Account {account} is linked, but the account directory does not find it.",
            next_step="Keep closed accounts findable (active=False), or remove their links with them.",
        )
    return found
