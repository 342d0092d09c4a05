"""The laws of `AttemptStore`, `LinkStore` and `AccountDirectory`; each docstring is what the port promised."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs

from clever_roster.errors import AccountNotFound, IdentityTaken
from clever_roster.model import (
    CLEVER,
    Account,
    AccountId,
    Identity,
    PersonId,
    PersonName,
    ProfileUpdate,
    Role,
)
from clever_roster.ports import MOST_PENDING, Ports, Purpose, Store
from clever_roster.testing.contracts.samples import (
    DISTRICT,
    ELSEWHERE,
    MINUTE,
    NOW,
    Law,
    identity,
    link,
    login,
    newcomer,
    refuses,
    sign_up,
    take,
    undo,
)

__all__ = ["LAWS"]


# --- Who arrived ------------------------------------------------------------------------------------------------------


def an_attempt_comes_back_as_it_was_saved(store: Store) -> None:
    """Every field of an attempt survives, those that may be absent both ways."""
    (account,) = sign_up(store, 1)
    plain = login("plain")
    waiting = Identity(
        key=identity("p1"),
        roles=frozenset({Role.STUDENT}),
        unknown_roles=frozenset({"wizard 🧙"}),
        login_role="student",
        unsaid=frozenset({Role.STAFF, Role.CONTACT}),
    )
    full = attrs.evolve(
        login("full"),
        account=account,
        district=DISTRICT,
        restarts=2,
        purpose=Purpose.CONNECT,
        identity=attrs.evolve(waiting, district_name="École 🏫"),
    )
    with store.transaction() as ports:
        ports.attempts.save(plain)
        ports.attempts.save(full)
    with store.transaction() as ports:
        assert take(ports, plain) == plain
        assert take(ports, full) == full


def an_attempt_is_consumed_once(store: Store) -> None:
    """Consuming removes: the second caller finds nothing."""
    with store.transaction() as ports:
        ports.attempts.save(login())
    with store.transaction() as ports:
        assert take(ports, login()) is not None
        assert take(ports, login()) is None
    with store.transaction() as ports:
        assert take(ports, login()) is None


def the_wrong_browser_finds_nothing_and_leaves_the_attempt(store: Store) -> None:
    """A right state with a wrong browser finds nothing, and the row survives for the right one."""
    with store.transaction() as ports:
        ports.attempts.save(login())
    with store.transaction() as ports:
        assert take(ports, login(), browser="f" * 64) is None
    with store.transaction() as ports:
        assert take(ports, login()) == login()


def expiry_is_judged_on_reading(store: Store) -> None:
    """An attempt is good until the last moment before `expires_at`, whatever a cleaner does."""
    end = login().expires_at
    with store.transaction() as ports:
        ports.attempts.save(login("early"))
        ports.attempts.save(login("late"))
    with store.transaction() as ports:
        assert take(ports, login("early"), now=end - timedelta(microseconds=1)) is not None
        assert take(ports, login("late"), now=end) is None


def tabs_live_side_by_side(store: Store) -> None:
    """Several attempts of one browser finish in any order."""
    tabs = [login(state) for state in "abc"]
    with store.transaction() as ports:
        for tab in tabs:
            ports.attempts.save(tab)
    for tab in reversed(tabs):
        with store.transaction() as ports:
            assert take(ports, tab) == tab


def a_browser_keeps_its_newest_attempts(store: Store) -> None:
    """Of one browser `MOST_PENDING` attempts wait, those that end last and the one just saved; others keep theirs."""
    other = login("other", browser="other")
    tabs = [login(f"tab {number}", lasts=(number + 1) * MINUTE) for number in range(MOST_PENDING + 2)]
    short = login("short", lasts=MINUTE / 2)
    for each in (other, *tabs, short):
        with store.transaction() as ports:
            ports.attempts.save(each)
    with store.transaction() as ports:
        found = [take(ports, each) is not None for each in tabs]
        assert found == [False] * 3 + [True] * (MOST_PENDING - 1)
        assert take(ports, short) == short
        assert take(ports, other) == other


def discard_drops_what_one_browser_was_to_connect(store: Store) -> None:
    """Every connection and every question of this browser goes; its sign-ins, and what another browser began, stay."""
    own = AccountId("1")
    somebody = Identity(key=identity("p1"), roles=frozenset())
    mine, mine_too = login("a", connect=own), attrs.evolve(login("b"), identity=somebody, purpose=Purpose.SIGN_UP)
    stays = (login("c"), login("d", browser="other", connect=own))
    with store.transaction() as ports:
        for each in (mine, mine_too, *stays):
            ports.attempts.save(each)
    with store.transaction() as ports:
        ports.attempts.discard(browser_digest=mine.browser_digest)
    with store.transaction() as ports:
        assert [take(ports, each) for each in (mine, mine_too)] == [None, None]
        assert tuple(take(ports, each) for each in stays) == stays


def attempts_of_the_forgotten_go(store: Store) -> None:
    """What these accounts began, or waits for one of these identities, is removed and counted; all else stays."""
    own, other = AccountId("1"), AccountId("11")
    about = [
        attrs.evolve(login(state), identity=Identity(key=key, roles=frozenset()), purpose=Purpose.SIGN_UP)
        for state, key in (("a", identity("p1")), ("b", identity("p1", ELSEWHERE)), ("c", identity("p11")))
    ]
    goes = (about[0], login("d", browser="e", connect=own))
    stays = (*about[1:], login("f"), login("g", browser="h", connect=other))
    with store.transaction() as ports:
        for each in (*goes, *stays):
            ports.attempts.save(each)
    with store.transaction() as ports:
        assert ports.attempts.forget(accounts=[], identities=[]) == 0
        assert ports.attempts.forget(accounts=[own], identities=[identity("p1")]) == len(goes)
    with store.transaction() as ports:
        assert [take(ports, each) for each in goes] == [None, None]
        assert tuple(take(ports, each) for each in stays) == stays


def a_code_is_claimed_once(store: Store) -> None:
    """True for the first caller, False for every later one until the note has expired."""
    end = NOW + 10 * MINUTE

    def claim(code: str) -> bool:
        with store.transaction() as ports:
            return ports.attempts.claim_code(code_digest=code * 64, now=NOW, expires_at=end)

    assert [claim("a"), claim("a"), claim("b"), claim("a"), claim("b")] == [True, False, True, False, False]


# --- Whose account ----------------------------------------------------------------------------------------------------


def an_identity_belongs_to_one_account(store: Store) -> None:
    """A second insert raises IdentityTaken, for another account and for the same; the first link stays."""
    one, two = sign_up(store, 2)
    first = link(identity("p1"), one)
    with store.transaction() as ports:
        ports.links.add([first])
    refuses(IdentityTaken, store, lambda ports: ports.links.add([link(identity("p2"), two), link(identity("p1"), two)]))
    refuses(IdentityTaken, store, lambda ports: ports.links.add([first]))
    refuses(IdentityTaken, store, lambda ports: ports.links.add([link(identity("p3"), one), link(identity("p3"), two)]))
    with store.transaction() as ports:
        assert tuple(ports.links.all()) == (first,), "the refused ones are undone together with their transaction"


def identities_are_compared_byte_for_byte(store: Store) -> None:
    """Ids that differ by case, accent, spelling in Unicode or a blank are different identities."""
    subjects = ("abc", "ABC", "Abc", "abc ", " abc", "caf\u00e9", "cafe\u0301", "cafe", "ß", "ss", "\u0131", "i")
    (account,) = sign_up(store, 1)
    for subject in subjects:
        with store.transaction() as ports:
            assert not ports.links.find([identity(subject)]), f"{subject!r} was taken for another"
            ports.links.add([link(identity(subject), account)])
    with store.transaction() as ports:
        found = ports.links.find([identity(subject) for subject in subjects])
        assert {key.subject for key in found} == set(subjects)
        assert all(key == found[key].key for key in found)
        ports.links.remove(identity("ABC"))
        left = ports.links.accounts(CLEVER, DISTRICT, [identity(subject).subject for subject in subjects])
        assert left == dict.fromkeys({*subjects} - {"ABC"}, account)


def districts_do_not_share_identities(store: Store) -> None:
    """The district is part of the key: one subject in two districts is two identities."""
    here, there = sign_up(store, 2)
    with store.transaction() as ports:
        ports.links.add([link(identity(*key), there) for key in (("p1", ELSEWHERE), ("p2", ELSEWHERE))])
        ports.links.add([link(identity("p1"), here)])
    with store.transaction() as ports:
        found = ports.links.find([identity("p1"), identity("p2"), identity("p1", ELSEWHERE)])
        assert {key: row.account for key, row in found.items()} == {
            identity("p1"): here,
            identity("p1", ELSEWHERE): there,
        }
        assert ports.links.of(here) == (link(identity("p1"), here),)
        asked = [PersonId(one) for one in ("p1", "p2", "p9")]
        assert ports.links.accounts(CLEVER, DISTRICT, asked) == {PersonId("p1"): here}
        assert ports.links.accounts(CLEVER, ELSEWHERE, asked) == {PersonId("p1"): there, PersonId("p2"): there}
        assert ports.links.accounts(CLEVER, ELSEWHERE, []) == {}


def links_come_in_the_order_of_their_keys(store: Store) -> None:
    """`of` and `all` are ordered by key; `find` leaves out what is missing."""
    one, two = sign_up(store, 2)
    subjects = ("b", "B", "a", "é", "z", "Z", "10", "9", "_", "-")
    links = [link(identity(subject), (one, two)[place % 2]) for place, subject in enumerate(subjects)]
    with store.transaction() as ports:
        ports.links.add(links)
    with store.transaction() as ports:
        ordered = sorted(links, key=lambda each: each.key)
        assert list(ports.links.all()) == ordered
        assert list(ports.links.of(one)) == [each for each in ordered if each.account == one]
        assert set(ports.links.find([identity("a"), identity("nobody")])) == {identity("a")}
        assert ports.links.find([]) == {}


def replacing_a_link_overwrites_and_never_inserts(store: Store) -> None:
    """Account, roles and time of a link are written anew; an identity without a link gets none; no other is touched."""
    one, two = sign_up(store, 2)
    moved, kept = link(identity("p1"), one), link(identity("p2"), one)
    with store.transaction() as ports:
        ports.links.add([moved, attrs.evolve(kept, roles=frozenset({Role.STUDENT}))])
    roles = frozenset({Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN, Role.CONTACT, Role.STUDENT})
    anew = attrs.evolve(moved, account=two, roles=roles, linked_at=NOW + MINUTE)
    with store.transaction() as ports:
        ports.links.replace([])
        ports.links.replace([anew, link(identity("P1"), two), link(identity("p1", ELSEWHERE), two)])
    with store.transaction() as ports:
        assert tuple(ports.links.all()) == (anew, attrs.evolve(kept, roles=frozenset({Role.STUDENT})))
        assert ports.links.of(two) == (anew,)


def removing_a_link_removes_that_one(store: Store) -> None:
    """One link goes; one that does not exist is no error; the identity may be linked anew."""
    one, two = sign_up(store, 2)
    with store.transaction() as ports:
        ports.links.add([link(identity("p1"), one), link(identity("p2"), one)])
    with store.transaction() as ports:
        ports.links.remove(identity("p1"))
        ports.links.remove(identity("p1"))
        ports.links.remove(identity("P2"))
    with store.transaction() as ports:
        assert ports.links.of(one) == (link(identity("p2"), one),)
        ports.links.add([link(identity("p1"), two)])


def creating_inserts_and_never_finds(store: Store) -> None:
    """Each new account has an id of its own, although email and name are those of an existing one."""
    with store.transaction() as ports:
        (first,) = ports.accounts.create([newcomer(email="same@school.example")])
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(email="same@school.example"), newcomer(email="same@school.example")])
    assert len({first, *ids}) == 3


def new_ids_come_in_the_order_given(store: Store) -> None:
    """The first id is the first newcomer's, and so on; nothing is returned for nothing."""
    newcomers = [newcomer(number, email=f"n{number}@school.example") for number in range(50)]
    with store.transaction() as ports:
        assert ports.accounts.create([]) == ()
        ids = ports.accounts.create(newcomers)
    with store.transaction() as ports:
        found = ports.accounts.find([*ids, AccountId("no-such-account")])
    assert [found[each].email for each in ids] == [each.email for each in newcomers]
    assert len(found) == len(newcomers)
    assert all(account.active and not account.has_password for account in found.values())


def accounts_come_in_one_order(store: Store) -> None:
    """`all` gives every account once, in the same order each time."""
    ids = sign_up(store, 12)
    with store.transaction() as ports:
        listed = [account.id for account in ports.accounts.all()]
        assert listed == [account.id for account in ports.accounts.all()]
    assert set(ids) <= set(listed)
    assert len(set(listed)) == len(listed)


def locking_an_unknown_account_raises(store: Store) -> None:
    """`lock` returns the account, or raises AccountNotFound, also for an id that no row could have."""
    (known,) = sign_up(store, 1)
    unknown: list[AccountId] = []
    undo(store, lambda ports: unknown.extend(ports.accounts.create([newcomer()])))
    with store.transaction() as ports:
        assert ports.accounts.lock(known) == ports.accounts.find([known])[known]

    def lock(account: AccountId) -> Callable[[Ports], Account]:
        return lambda ports: ports.accounts.lock(account)

    for account in (*unknown, AccountId("no-such-account"), AccountId("9" * 40)):
        refuses(AccountNotFound, store, lock(account))


def an_update_leaves_absent_fields_alone(store: Store) -> None:
    """A field that is None is not written, and no other account is touched."""
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number, email=f"{number}@school.example") for number in range(4)])
        before = ports.accounts.find(ids)
    renamed, moved, both, neither = ids
    name = PersonName("Ana", "Nova", "Б.")
    with store.transaction() as ports:
        ports.accounts.update(
            [
                ProfileUpdate(account=renamed, name=name),
                ProfileUpdate(account=moved, email="new@school.example"),
                ProfileUpdate(account=both, name=name, email="both@school.example"),
            ]
        )
    with store.transaction() as ports:
        assert ports.accounts.find(ids) == {
            renamed: attrs.evolve(before[renamed], name=name),
            moved: attrs.evolve(before[moved], email="new@school.example"),
            both: attrs.evolve(before[both], name=name, email="both@school.example"),
            neither: before[neither],
        }


LAWS: tuple[Law, ...] = (
    an_attempt_comes_back_as_it_was_saved,
    an_attempt_is_consumed_once,
    the_wrong_browser_finds_nothing_and_leaves_the_attempt,
    expiry_is_judged_on_reading,
    tabs_live_side_by_side,
    a_browser_keeps_its_newest_attempts,
    discard_drops_what_one_browser_was_to_connect,
    attempts_of_the_forgotten_go,
    a_code_is_claimed_once,
    an_identity_belongs_to_one_account,
    identities_are_compared_byte_for_byte,
    districts_do_not_share_identities,
    links_come_in_the_order_of_their_keys,
    replacing_a_link_overwrites_and_never_inserts,
    removing_a_link_removes_that_one,
    creating_inserts_and_never_finds,
    new_ids_come_in_the_order_given,
    accounts_come_in_one_order,
    locking_an_unknown_account_raises,
    an_update_leaves_absent_fields_alone,
)
