"""The laws that only show when several threads meet: each is run for some rounds, since a race may be won by luck."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from threading import Barrier
from typing import TypeVar

from clever_roster.errors import Overtaken, StoreError
from clever_roster.model import AccountId, HostSection
from clever_roster.ports import Memo, Ports, Store, transact
from clever_roster.testing.contracts.samples import NOW, Law, identity, link, login, newcomer, sign_up, source

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


@_in_rounds
def one_of_many_keeps_the_memo(store: Store, number: int) -> None:
    """Of N concurrent callers that saw the same version exactly one succeeds, when it is new and when it is not."""
    key = f"memo {number}"
    for version in (0, 1):

        def keep(caller: int, version: int = version) -> bool:
            return _succeeds(
                store,
                Overtaken,
                lambda ports: ports.roster.keep_memos([Memo(key=key, text=f"{caller}", version=version)]),
            )

        assert sum(_at_once(keep)) == 1
    with store.transaction() as ports:
        assert ports.roster.memos([key])[key].version == 2


@_in_rounds
def one_of_many_attaches_the_section(store: Store, number: int) -> None:
    """Of N concurrent callers that import the same source section exactly one gets a host section for it."""
    key = source(f"s{number}")
    (owner,) = sign_up(store, 1)
    one = HostSection(name="Maths", owner=owner, source=key)
    assert sum(_at_once(lambda _: _succeeds(store, StoreError, lambda ports: ports.sections.save([one])))) == 1
    with store.transaction() as ports:
        assert len(ports.sections.owned(owner)) == len(ports.sections.attached([key])) == 1


def _succeeds(store: Store, refusal: type[StoreError], work: Callable[[Ports], object]) -> bool:
    try:
        with store.transaction() as ports:
            work(ports)
    except refusal:
        return False
    return True


LAWS: tuple[Law, ...] = (
    one_of_many_consumes_the_attempt,
    one_of_many_claims_the_code,
    first_logins_at_once_make_one_account,
    the_last_link_stays,
    one_of_many_keeps_the_memo,
    one_of_many_attaches_the_section,
)
