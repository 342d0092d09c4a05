"""The laws that only show when several threads meet: each is run for some rounds, since a race may be won by luck."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from threading import Barrier
from typing import TypeVar

from clever_roster.model import AccountId
from clever_roster.ports import Ports, Store, transact
from clever_roster.testing.contracts.samples import NOW, Law, identity, link, login, newcomer

__all__ = ["LAWS"]

T = TypeVar("T")

CALLERS = 6
ROUNDS = 5


def _in_rounds(one_round: Callable[[Store, int], None]) -> Law:
    @wraps(one_round)
    def law(store: Store) -> None:
        for number in range(ROUNDS):
            one_round(store, number)

    return law


def _at_once(work: Callable[[int], T], callers: int = CALLERS) -> list[T]:
    """Let that many threads do it from the same moment on."""
    barrier = Barrier(callers)

    def one(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(callers) as threads:
        return list(threads.map(one, range(callers)))


@_in_rounds
def one_of_many_consumes_the_attempt(store: Store, number: int) -> None:
    """Of N concurrent callers exactly one receives the attempt."""
    attempt = login(f"{number}")
    with store.transaction() as ports:
        ports.attempts.save(attempt)

    def consume(_: int) -> bool:
        with store.transaction() as ports:
            found = ports.attempts.consume(
                state_digest=attempt.state_digest, browser_digest=attempt.browser_digest, now=NOW
            )
            return found is not None

    assert sum(_at_once(consume)) == 1


@_in_rounds
def one_of_many_claims_the_code(store: Store, number: int) -> None:
    """Of N concurrent callers exactly one gets True."""

    def claim(_: int) -> bool:
        with store.transaction() as ports:
            return ports.attempts.claim_code(code_digest=f"{number}", now=NOW, expires_at=login().expires_at)

    assert sum(_at_once(claim)) == 1


@_in_rounds
def first_logins_at_once_make_one_account(store: Store, number: int) -> None:
    """N first logins of one person, each looking before it creates, end in one account and one link."""
    key = identity(f"p{number}")

    def arrive(ports: Ports) -> AccountId:
        known = ports.links.find([key]).get(key)
        if known is not None:
            return known.account
        (account,) = ports.accounts.create([newcomer(email=f"{key.subject}@school.example")])
        ports.links.add([link(key, account)])
        return account

    before = _count(store)
    arrived = set(_at_once(lambda _: transact(store, arrive)))
    assert len(arrived) == 1
    assert _count(store) == before + 1, "an account without a link was left behind"


def _count(store: Store) -> int:
    with store.transaction() as ports:
        return len(tuple(ports.accounts.all()))


@_in_rounds
def the_last_link_stays(store: Store, number: int) -> None:
    """Two links of an account are removed at once, each if it is not the last: one remains, because of `lock`."""
    keys = (identity(f"a{number}"), identity(f"b{number}"))
    with store.transaction() as ports:
        (account,) = ports.accounts.create([newcomer()])
        ports.links.add([link(key, account) for key in keys])

    def disconnect(place: int) -> None:
        with store.transaction() as ports:
            ports.accounts.lock(account)
            if len(ports.links.of(account)) > 1:
                ports.links.remove(keys[place])

    _at_once(disconnect, callers=2)
    with store.transaction() as ports:
        assert len(ports.links.of(account)) == 1


LAWS: tuple[Law, ...] = (
    one_of_many_consumes_the_attempt,
    one_of_many_claims_the_code,
    first_logins_at_once_make_one_account,
    the_last_link_stays,
)
