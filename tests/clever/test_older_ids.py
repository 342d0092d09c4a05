"""Accounts that were linked under ids of v1 and v2 are found again, and nobody's link goes to somebody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clever_roster.clever import Aliases, records
from clever_roster.clever.older_ids import older_ids_of, plan_rekeying
from clever_roster.model import CLEVER, AccountId, DistrictId, IdentityKey, Link, NewAccount, PersonId, PersonName
from clever_roster.ports import transact
from clever_roster.storage import MemoryStore

D = DistrictId("d")
THEN = datetime(2019, 9, 1, tzinfo=UTC)


def user(id_: str, *, teacher: str | None = None, staff: str | None = None, district: str = "d") -> records.User:
    return records.User(
        id=PersonId(id_),
        district=DistrictId(district),
        roles=records.Roles(
            teacher=records.TeacherRole(legacy_id=teacher) if teacher is not None else None,
            staff=records.StaffRole(legacy_id=staff) if staff is not None else None,
        ),
    )


def key(subject: str, district: str = "d") -> IdentityKey:
    return IdentityKey(CLEVER, DistrictId(district), PersonId(subject))


def link(subject: str, account: str, district: str = "d") -> Link:
    return Link(key=key(subject, district), account=AccountId(account), linked_at=THEN)


USERS = [
    user("n1", teacher="o1", staff="o2"),
    user("n2", teacher="o3"),
    user("n3", teacher=""),
    user("s1", teacher="s1"),
]


def test_every_role_has_its_older_id() -> None:
    """Blank is none, and a student's old id is the present one."""
    assert [older_ids_of(one) for one in USERS] == [{"o1", "o2"}, {"o3"}, set(), set()]


def test_a_person_is_found_by_any_id_that_they_had() -> None:
    """Present or older; an id that two people claim is nobody's; another district's people are not looked at."""
    aliases = Aliases.of(D, [*USERS, user("n4", teacher="o3"), user("n9", teacher="o9", district="other")])
    assert [aliases.find(PersonId(one)) for one in ("n1", "o1", "o2", "s1")] == ["n1", "n1", "n1", "s1"]
    assert aliases.find(PersonId("o3")) is None
    assert aliases.find(PersonId("o9")) is None
    assert aliases.ambiguous == {"o3"}


def test_a_plan_says_what_moves_what_stays_and_what_a_human_decides() -> None:
    """Two old users of one account become one link; of two accounts they are a conflict."""
    links = [
        link("o1", "A"), link("o2", "A"), link("s1", "B"), link("gone", "C"), link("o1", "Z", "other"),
        link("o3", "D"), link("n2", "E"),
    ]  # fmt: skip
    plan = plan_rekeying(links, Aliases.of(D, USERS))
    assert [(move.to, move.older, move.account) for move in plan.moves] == [(key("n1"), (key("o1"), key("o2")), "A")]
    assert plan.current == (key("n2"), key("s1"))
    assert plan.conflicts == {key("n2"): ("D", "E")}
    assert plan.unknown == (key("gone"),)


def test_applying_moves_links_once_and_leaves_what_has_changed_since() -> None:
    """The plan is the dry run; the act holds it against the links as they are then."""
    store = MemoryStore()
    with store.transaction() as ports:
        one, two = ports.accounts.create([NewAccount(name=PersonName("A", "B")), NewAccount(name=PersonName("C", "D"))])
        ports.links.add([link("o1", one), link("o3", two)])
        ports.links.add([Link(key=key("o2"), account=one, linked_at=THEN - timedelta(days=9))])
        plan = plan_rekeying(ports.links.all(), Aliases.of(D, USERS))
        assert {found.key for found in ports.links.all()} == {key("o1"), key("o2"), key("o3")}
    with store.transaction() as ports:
        ports.links.remove(key("o3"))
        ports.links.add([link("o3", one)])
    done = transact(store, plan.apply)
    assert [move.to for move in done.done] == [key("n1")]
    assert [move.to for move in done.skipped] == [key("n2")]
    with store.transaction() as ports:
        assert {(found.key.subject, found.account, found.linked_at) for found in ports.links.all()} == {
            ("n1", one, THEN - timedelta(days=9)), ("o3", one, THEN),
        }  # fmt: skip
    assert transact(store, plan.apply).done == ()


@given(
    st.lists(st.tuples(st.sampled_from(["o1", "o2", "o3", "n1", "n2", "s1", "x"]), st.sampled_from("AB")), max_size=8)
)
def test_no_plan_gives_a_link_to_another_account(held: list[tuple[str, str]]) -> None:
    """Whatever the links are: a move's account is the one that every link in it had, and no link is in two places."""
    links = [link(subject, account) for subject, account in dict(held).items()]
    by_key = {one.key: one.account for one in links}
    plan = plan_rekeying(links, Aliases.of(D, USERS))
    for move in plan.moves:
        assert {by_key[one] for one in move.older} == {move.account}
        assert by_key.get(move.to, move.account) == move.account
    told = [*plan.unknown, *plan.current, *(one for move in plan.moves for one in move.older)]
    assert len(told) == len({*told})
    assert {*told} <= by_key.keys()
