"""Questions that wait for a person's word: kept as attempts, bound to browser and account, good once and not for long.

A ticket is the random value that the arrival carries; only its digest is kept, under a label of its own, so that it
passes for nothing else. Any sign-in, and any sign-out, in the same browser drops it (`AttemptStore.discard`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from clever_roster.model import AccountId
from clever_roster.oauth import Arrived, Label, digest
from clever_roster.ports import Attempt, Ports, Purpose

__all__ = ["TICKET_LIFETIME", "ask_by_ticket", "asked_at", "put_back", "redeem"]

TICKET_LIFETIME = timedelta(minutes=10)


def ask_by_ticket(
    ports: Ports, arrived: Arrived, purpose: Purpose, *, now: datetime, account: AccountId | None = None
) -> str:
    """Keep the arrival until the person answers; the ticket to be put into the page. Name and email are not kept."""
    if not arrived.ticket:
        return ""
    waiting = Attempt(
        state_digest=digest(Label.TICKET, arrived.ticket),
        browser_digest=arrived.browser_digest,
        redirect_uri="",
        return_to=arrived.return_to,
        expires_at=now + TICKET_LIFETIME,
        account=account,
        purpose=purpose,
        identity=attrs.evolve(arrived.identity, name=None, email=None),
    )
    # The same arrival may be asked about twice (a transaction done again, a page shown again).
    ports.attempts.consume(state_digest=waiting.state_digest, browser_digest=waiting.browser_digest, now=now)
    ports.attempts.save(waiting)
    return arrived.ticket


def redeem(ports: Ports, ticket: str, *purposes: Purpose, browser: str | None, now: datetime) -> Attempt | None:
    """Take what this ticket of this browser was given for; None, and nothing is taken, if it was for something else."""
    found = ports.attempts.consume(
        state_digest=digest(Label.TICKET, ticket), browser_digest=digest(Label.BROWSER, browser or ""), now=now
    )
    if found is not None and found.purpose not in purposes:
        put_back(ports, found)
        return None
    return found


def put_back(ports: Ports, waiting: Attempt) -> None:
    """Let it wait on: the person has to do something else first."""
    ports.attempts.save(waiting)


def asked_at(waiting: Attempt) -> datetime:
    """When the question was put."""
    return waiting.expires_at - TICKET_LIFETIME
