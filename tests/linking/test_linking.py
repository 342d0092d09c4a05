"""Whose account: sign in, sign up, connect and disconnect, and every way in which it must not go wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clever_roster import linking
from clever_roster.errors import StoreError
from clever_roster.linking import (
    Conflict,
    ConflictKind,
    Created,
    Linked,
    NewAccountNeeded,
    Reason,
    Refused,
    Session,
    SignedIn,
    Unlinked,
)
from clever_roster.linking.decide import Holder, decide_connect, decide_disconnect
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    Account,
    AccountId,
    DistrictId,
    Identity,
    IdentityKey,
    Link,
    NewAccount,
    PersonId,
    PersonName,
    Role,
)
from clever_roster.oauth import Arrived, Label, digest
from clever_roster.ports import Ports
from clever_roster.storage.memory import MemoryStore

NOW = datetime(2026, 9, 14, tzinfo=UTC)
KEY = IdentityKey(CLEVER, DistrictId("d1"), PersonId("p1"))


def arrived(
    key: IdentityKey = KEY, *, role: Role = Role.STUDENT, connect: AccountId | None = None, email: str | None = None
) -> Arrived:
    identity = Identity(key=key, roles=frozenset({role}), name=PersonName("Ana", "Li"), email=email)
    binding = digest(Label.BROWSER, "b")
    return Arrived(identity=identity, return_to="/", connect=connect, browser_digest=binding, ticket=f"t/{key.subject}")


def account(ports: Ports, name: str = "Own", email: str | None = None) -> AccountId:
    (made,) = ports.accounts.create([NewAccount(name=PersonName(name, "X"), email=email)])
    return made


def connected(ports: Ports, wish: Arrived, own: AccountId) -> linking.Connection | linking.Answer:
    """Settle a wish to connect, and say yes when asked."""
    asked = linking.settle(ports, wish, signed_in=own, now=NOW)
    if not isinstance(asked, linking.NeedsConfirmation):
        return asked
    return linking.confirm(ports, asked.ticket, browser="b", signed_in=own, authenticated_at=NOW, now=NOW)


def test_nobody_known_needs_an_account_and_nothing_is_written(store: MemoryStore) -> None:
    """Nothing written before consent; then one account, and the next login finds it."""
    with store.transaction() as ports:
        assert isinstance(linking.settle(ports, arrived(), signed_in=None, now=NOW), NewAccountNeeded)
        assert list(ports.accounts.all()) == []
        created = linking.sign_up(ports, arrived(), signed_in=None, now=NOW)
        assert isinstance(created, Created)
    with store.transaction() as ports:
        found = linking.settle(ports, arrived(), signed_in=None, now=NOW, create=True)
        assert isinstance(found, SignedIn)
        assert found.account.id == created.account.id
        assert len(list(ports.accounts.all())) == 1


def test_c01_c02_whoever_was_signed_in_is_replaced(store: MemoryStore) -> None:
    """Shared laptop: same person rotates the session, another person replaces all of it."""
    with store.transaction() as ports:
        made = linking.sign_up(ports, arrived(), signed_in=None, now=NOW)
        assert isinstance(made, Created)
        assert made.session is Session.ROTATE
        other = account(ports)
        for signed_in, session in ((None, Session.ROTATE), (made.account.id, Session.ROTATE), (other, Session.REPLACE)):
            outcome = linking.sign_in(ports, arrived(), signed_in=signed_in)
            assert isinstance(outcome, SignedIn)
            assert outcome.session is session


def test_a02_an_equal_email_opens_nothing(store: MemoryStore) -> None:
    """nOAuth, classic-federated merge: the account with the same email is neither signed in to nor linked."""
    with store.transaction() as ports:
        squatter = account(ports, email="ana@school.test")
        outcome = linking.settle(ports, arrived(email="ana@school.test"), signed_in=None, now=NOW, create=True)
        assert isinstance(outcome, Created)
        assert outcome.account.id != squatter
        assert ports.links.of(squatter) == ()


def test_a_closed_account_is_neither_opened_nor_replaced(store: MemoryStore) -> None:
    """No evasion, and no surprise duplicate."""
    with store.transaction() as ports:
        own = account(ports)
        ports.links.add([Link(key=KEY, account=own, linked_at=NOW)])
        closed = attrs.evolve(ports.accounts.find([own])[own], active=False)
    holder = Holder(account=closed, link=Link(key=KEY, account=own, linked_at=NOW))
    outcome = linking.decide.decide_sign_in(arrived(), holder=holder, signed_in=None)
    assert outcome == Refused(Reason.ACCOUNT_CLOSED)


def test_a03_a_directory_that_hands_out_an_existing_account_is_caught(store: MemoryStore) -> None:
    """get-or-create by email (social-app-django 220): the adapter broke its law, and nothing is linked."""
    with store.transaction() as ports:
        own = account(ports)
        ports.links.add([Link(key=KEY, account=own, linked_at=NOW)])

        class Matching:
            def create(self, accounts: object) -> tuple[AccountId, ...]:
                return (own,)

        broken = Broken(ports, Matching())
        other = IdentityKey(CLEVER, DistrictId("d1"), PersonId("p2"))
        with pytest.raises(StoreError, match="must insert a new row"):
            linking.sign_up(broken, arrived(other), signed_in=None, now=NOW)  # type: ignore[arg-type]


class Broken:
    """The ports, with another account directory."""

    def __init__(self, ports: Ports, accounts: object) -> None:
        self.links, self.accounts, self.sections = ports.links, accounts, ports.sections


def test_login_4_connect_free_already_and_held(store: MemoryStore) -> None:
    """Connect: free, self (no-op), empty holder, holder with work; and who asked must still be who is signed in."""
    with store.transaction() as ports:
        mine, other = account(ports), account(ports)
        wish = arrived(connect=mine)
        assert linking.settle(ports, wish, signed_in=other, now=NOW) == Refused(Reason.ANOTHER_PERSON)
        assert linking.settle(ports, wish, signed_in=None, now=NOW) == Refused(Reason.ANOTHER_PERSON)
        for already in (False, True):
            linked = connected(ports, wish, mine)
            assert isinstance(linked, Linked)
            assert (linked.account, linked.already) == (mine, already)
        conflict = linking.settle(ports, arrived(connect=other), signed_in=other, now=NOW)
        assert conflict == Conflict(ConflictKind.HELD_BY_EMPTY_ACCOUNT)
        assert ports.links.find([KEY])[KEY].account == mine


def test_a07_a_conflict_says_nothing_about_the_other_account(store: MemoryStore) -> None:
    """Takeover, enumeration: the identity is not moved, and no id, name or email of its holder is told."""
    holder = Account(id=AccountId("secret-77"), name=PersonName("Hidden", "Name"), email="h@x.test", activity=12)
    asking = Account(id=AccountId("mine"), name=PersonName("Ana", "Li"), has_password=True)
    link = Link(key=KEY, account=holder.id, linked_at=NOW, roles=frozenset({Role.STUDENT}))
    outcome = decide_connect(
        arrived().identity, asking=asking, holder=Holder(account=holder, link=link), links=(), return_to="/"
    )
    assert outcome == Conflict(ConflictKind.HELD_BY_ACTIVE_ACCOUNT)
    shown = repr(outcome) + outcome.sentence
    assert not any(secret in shown for secret in ("secret-77", "Hidden", "h@x.test"))


def test_a_student_account_takes_no_second_students_identity(store: MemoryStore) -> None:
    """Wrong child: held for a person's word; a teacher of two districts may have both."""
    second = IdentityKey(CLEVER, DistrictId("d2"), PersonId("p9"))
    with store.transaction() as ports:
        pupil, teacher = account(ports), account(ports)
        connected(ports, arrived(connect=pupil), pupil)
        conflict = linking.connect(ports, arrived(second, connect=pupil), signed_in=pupil, now=NOW)
        assert conflict == Conflict(ConflictKind.SECOND_STUDENT_IDENTITY)
        for number in ("t1", "t2"):
            key = IdentityKey(CLEVER, DistrictId(f"d-{number}"), PersonId(number))
            assert isinstance(connected(ports, arrived(key, connect=teacher, role=Role.TEACHER), teacher), Linked)


@pytest.mark.parametrize(
    ("has_password", "others", "outcome"),
    [
        (True, [], Unlinked),
        (False, [], Conflict),
        (False, [IdentityKey(GOOGLE_CLASSROOM, DistrictId("d1"), PersonId("g1"))], Unlinked),
        (False, [IdentityKey(CLEVER, DistrictId("d1"), PersonId("p1-legacy"))], Conflict),
        (False, [IdentityKey(CLEVER, DistrictId("d2"), PersonId("p1"))], Unlinked),
    ],
)
def test_login_8_the_last_way_in_is_never_disconnected(
    *,
    has_password: bool,
    others: list[IdentityKey],
    outcome: type,
) -> None:
    """Last credential; an email without password is none; two versions of one provider id count as one."""
    own = Account(id=AccountId("a"), name=PersonName("A", "B"), email="a@x.test", has_password=has_password)
    links = [Link(key=key, account=own.id, linked_at=NOW) for key in (KEY, *others)]
    assert type(decide_disconnect(own, KEY, links)) is outcome


def test_disconnecting_what_is_not_connected_changes_nothing(store: MemoryStore) -> None:
    """A forged or stale form."""
    with store.transaction() as ports:
        assert linking.disconnect(ports, account(ports), KEY) == Refused(Reason.NOT_LINKED)


keys = st.builds(
    IdentityKey,
    st.sampled_from([CLEVER, GOOGLE_CLASSROOM]),
    st.sampled_from([DistrictId("d1"), DistrictId("d2")]),
    st.sampled_from([PersonId(p) for p in ("p1", "p2", "P1")]),
)


@given(st.lists(st.tuples(st.sampled_from(["sign up", "connect", "disconnect"]), keys, st.integers(0, 3))))
def test_no_identity_on_two_accounts_and_no_account_without_a_way_in(acts: list[tuple[str, IdentityKey, int]]) -> None:
    """Whatever people do in whatever order: one identity, one account; and nobody locks themselves out."""
    store = MemoryStore()
    people: list[AccountId] = []
    for act, key, who in acts:
        with store.transaction() as ports:
            if act == "sign up":
                outcome = linking.sign_up(ports, arrived(key), signed_in=None, now=NOW)
                people += [outcome.account.id] if isinstance(outcome, Created) else []
            elif people:
                own = people[who % len(people)]
                if act == "connect":
                    connected(ports, arrived(key, connect=own, role=Role.TEACHER), own)
                else:
                    linking.disconnect(ports, own, key, now=NOW, authenticated_at=NOW)
        with store.transaction() as ports:
            links = list(ports.links.all())
            assert len({link.key for link in links}) == len(links)
            assert {link.account for link in links} == set(people)
