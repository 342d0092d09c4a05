"""Questions between an arrival and a link: who may answer them, how long, how often; and what roles do meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from clever_roster import linking
from clever_roster.linking import (
    Conflict,
    ConflictKind,
    Created,
    Linked,
    NeedsConfirmation,
    NewAccountNeeded,
    Offer,
    Policy,
    ProofNeeded,
    Reason,
    ReauthRequired,
    Refused,
    Session,
    SignedIn,
    Unlinked,
    What,
)
from clever_roster.model import (
    CLEVER,
    GOOGLE_CLASSROOM,
    Account,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    Identity,
    IdentityKey,
    Link,
    Origin,
    Person,
    PersonId,
    PersonName,
    Role,
    SectionId,
    SectionKey,
)
from clever_roster.oauth import Arrived, BeginAgain, BrowserCookie, Label, Started, digest
from clever_roster.storage.memory import MemoryStore

NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BROWSER = "this browser's cookie"
PUPIL = IdentityKey(CLEVER, DistrictId("d1"), PersonId("p1"))


def arrival(
    key: IdentityKey = PUPIL,
    *roles: Role,
    connect: AccountId | None = None,
    browser: str = BROWSER,
    ticket: str = "ticket",
    email: str | None = "ana@school.test",
) -> Arrived:
    identity = Identity(
        key=key,
        roles=frozenset(roles or {Role.STUDENT}),
        name=PersonName("Ana", "Li"),
        email=email,
        district_name="Sample District",
    )
    return Arrived(
        identity=identity,
        return_to="/lessons",
        connect=connect,
        browser_digest=digest(Label.BROWSER, browser),
        ticket=ticket,
    )


def host(*accounts: Account) -> MemoryStore:
    return MemoryStore(accounts=accounts)


def person(number: str, **fields: object) -> Account:
    return Account(id=AccountId(number), name=PersonName("Hidden", "Name"), **{"has_password": True, **fields})  # type: ignore[arg-type]


def do(store: MemoryStore, work, **arguments):
    with store.transaction() as ports:
        return work(ports, **arguments)


def ask_to_connect(store: MemoryStore, own: str, arrived: Arrived, policy: Policy | None = None):
    return do(
        store,
        lambda ports: linking.settle(ports, arrived, signed_in=AccountId(own), now=NOW, policy=policy or Policy()),
    )


def say_yes(store: MemoryStore, ticket: str, **changed):
    arguments = {"browser": BROWSER, "signed_in": AccountId("7"), "authenticated_at": NOW, "now": NOW} | changed
    return do(store, lambda ports: linking.confirm(ports, ticket, **arguments))


MINE = AccountId("7")


# --- Before something is connected ------------------------------------------------------------------------------------


def test_c04_nothing_is_connected_before_the_person_on_the_page_says_yes() -> None:
    """Wrong person: the Clever session in this browser may be the previous child's: it is named."""
    store = host(person("7"))
    asked = ask_to_connect(store, "7", arrival(connect=MINE))
    assert isinstance(asked, NeedsConfirmation)
    assert (asked.person, asked.district, asked.roles) == ("Ana Li", "Sample District", ("student",))
    assert store._tables.links == {}
    linked = say_yes(store, asked.ticket)
    assert isinstance(linked, Linked)
    assert (linked.account, linked.already, linked.return_to) == ("7", False, "/lessons")
    assert store._tables.links[PUPIL].account == "7"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"browser": "another browser"}, Reason.EXPIRED),
        ({"browser": None}, Reason.EXPIRED),
        ({"signed_in": AccountId("8")}, Reason.ANOTHER_PERSON),
        ({"signed_in": None}, Reason.ANOTHER_PERSON),
        ({"now": NOW + 10 * MINUTE, "authenticated_at": NOW + 10 * MINUTE}, Reason.EXPIRED),
    ],
)
def test_c03_a_ticket_is_bound_to_browser_account_and_time(changed: dict[str, object], reason: Reason) -> None:
    """The next child finishes the previous child's link: refused, and nothing is written."""
    store = host(person("7"), person("8"))
    asked = ask_to_connect(store, "7", arrival(connect=MINE))
    assert isinstance(asked, NeedsConfirmation)
    refused = say_yes(store, asked.ticket, **changed)
    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert store._tables.links == {}


def test_login_3_a_ticket_is_good_once_and_dies_with_cancel_sign_in_and_sign_out() -> None:
    """Pending link: single use; cleared on success, on cancel, and when anybody signs in or out in this browser."""
    store = host(person("7"))
    for end in ("success", "cancel", "sign-out"):
        asked = ask_to_connect(
            store,
            "7",
            arrival(IdentityKey(CLEVER, DistrictId("d1"), PersonId(end)), Role.TEACHER, connect=MINE, ticket=end),
        )
        assert isinstance(asked, NeedsConfirmation)
        match end:
            case "success":
                assert isinstance(say_yes(store, end), Linked)
            case "cancel":
                assert do(store, lambda ports, end=end: linking.decline(ports, end, browser=BROWSER, now=NOW))
            case _:  # what `forget` and every sign-in do
                do(store, lambda ports: ports.attempts.discard(browser_digest=digest(Label.BROWSER, BROWSER)))
        again = say_yes(store, end)
        assert isinstance(again, Refused)
        assert again.reason is Reason.EXPIRED
    assert store._tables.attempts == {}


def test_a06_connecting_needs_a_recent_proof_and_goes_on_after_it() -> None:
    """Unattended device, stolen session: 600 s are recent, 601 s are not, nor unknown; the ticket waits."""
    store = host(person("7"))
    asked = ask_to_connect(store, "7", arrival(connect=MINE))
    assert isinstance(asked, NeedsConfirmation)
    for stale in (NOW - timedelta(seconds=601), None, NOW + MINUTE):
        assert say_yes(store, asked.ticket, authenticated_at=stale) == ReauthRequired(account=MINE)
    assert store._tables.links == {}
    assert isinstance(say_yes(store, asked.ticket, authenticated_at=NOW - timedelta(seconds=600)), Linked)


def test_a06_disconnecting_needs_a_recent_proof() -> None:
    """The same for the way out."""
    store = host(person("7"))
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=MINE, linked_at=NOW)]))
    for arguments in ({}, {"now": NOW}, {"now": NOW, "authenticated_at": NOW - timedelta(seconds=601)}):
        outcome = do(store, lambda ports, arguments=arguments: linking.disconnect(ports, MINE, PUPIL, **arguments))
        assert outcome == ReauthRequired(account=MINE)
    fresh = do(store, lambda ports: linking.disconnect(ports, MINE, PUPIL, now=NOW, authenticated_at=NOW))
    assert isinstance(fresh, Unlinked)


def test_a08_a_new_link_ends_the_accounts_other_sessions() -> None:
    """Pre-hijacking: whoever made the account with somebody's address before them does not stay inside."""
    store = host(person("7"))
    asked = ask_to_connect(store, "7", arrival(connect=MINE))
    assert isinstance(asked, NeedsConfirmation)
    linked = say_yes(store, asked.ticket)
    again = ask_to_connect(store, "7", arrival(connect=MINE))
    assert isinstance(linked, Linked)
    assert isinstance(again, Linked)
    assert (linked.end_other_sessions, again.end_other_sessions) == (True, False)


# --- An account may exist already -------------------------------------------------------------------------------------


def newly(store: MemoryStore, *candidates: str, arrived: Arrived | None = None, create: bool = False):
    return do(
        store,
        lambda ports: linking.settle(
            ports,
            arrived or arrival(),
            signed_in=None,
            now=NOW,
            create=create,
            candidates=[AccountId(one) for one in candidates],
        ),
    )


def prove(store: MemoryStore, ticket: str = "ticket", **changed):
    arguments = {"browser": BROWSER, "account": MINE, "authenticated_at": NOW + MINUTE, "now": NOW + MINUTE} | changed
    return do(store, lambda ports: linking.prove(ports, ticket, **arguments))


def test_a04_a_look_alike_account_is_opened_by_its_own_login_only() -> None:
    """Pre-hijack, roster email edits: the candidate is not shown; its login, freshly, links in one step."""
    store = host(person("7", email="ana@school.test"))
    asked = newly(store, "7", create=True)
    assert isinstance(asked, ProofNeeded)
    assert "7" not in repr(asked)
    assert store._tables.links == {}
    stale = prove(store, authenticated_at=NOW - timedelta(seconds=1))
    assert stale == ReauthRequired(account=MINE)
    linked = prove(store)
    assert isinstance(linked, Linked)
    assert store._tables.links[PUPIL].account == "7"


def test_a05_a_proof_is_for_one_identity_one_browser_and_one_purpose() -> None:
    """Keycloak CVE-2026-9087: a proof made for one identity is not used with another."""
    other = IdentityKey(CLEVER, DistrictId("d1"), PersonId("p2"))
    store = host(person("7"))
    newly(store, "7", arrived=arrival(ticket="one"))
    newly(store, "7", arrived=arrival(other, ticket="two", browser="another browser"))
    for ticket, browser in (("two", BROWSER), ("one", "another browser"), ("", BROWSER)):
        assert isinstance(prove(store, ticket, browser=browser), Refused)
    assert isinstance(say_yes(store, "one"), Refused), "a sign-up's ticket confirms no connection"
    assert isinstance(prove(store, "one"), Linked)
    assert list(store._tables.links) == [PUPIL]


def test_a_sign_up_ticket_makes_one_account_and_keeps_no_name() -> None:
    """Nothing is written before consent but the ticket, which has neither name nor email; the page brings them back."""
    store = host()
    asked = newly(store)
    assert isinstance(asked, NewAccountNeeded)
    assert store._tables.accounts == store._tables.links == {}
    (waiting,) = store._tables.attempts.values()
    assert waiting.identity is not None
    assert (waiting.identity.name, waiting.identity.email) == (None, None)
    arguments = {"browser": BROWSER, "signed_in": None, "now": NOW, "name": PersonName("Ana", "Li")}
    created = do(store, lambda ports: linking.accept(ports, asked.ticket, **arguments))
    assert isinstance(created, Created)
    assert created.account.name == PersonName("Ana", "Li")
    assert isinstance(do(store, lambda ports: linking.accept(ports, asked.ticket, **arguments)), Refused)
    assert len(store._tables.accounts) == 1


def test_a16_what_a_stranger_sees_does_not_depend_on_whose_address_it_is() -> None:
    """Enumeration: the outcome of a first login is the same with and without an account of that address."""
    seen = [newly(store) for store in (host(), host(person("7", email="ana@school.test")))]
    assert seen[0] == seen[1]
    assert repr(seen[0]) == repr(seen[1])


@pytest.mark.parametrize("email", ["", None, "not an address", "ANA@SCHOOL.TEST ", "ana@school.test", "null"])
def test_login_9_an_email_decides_nothing(email: str | None) -> None:
    """Unverified, missing, malformed, in other letters: an account is made, the known one is not touched, no crash."""
    store = host(person("7", email="ana@school.test"), person("8", email=None), person("9", email=""))
    created = newly(store, arrived=arrival(email=email), create=True)
    assert isinstance(created, Created)
    assert created.account.id not in {"7", "8", "9"}
    assert created.account.email == email


def test_a25_a_verified_email_changes_nothing() -> None:
    """nOAuth-like trust switch: an identity does not even say whether its email was verified."""
    assert "email_verified" not in {field.name for field in attrs.fields(Identity)}


# --- Held by somebody else --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holder", "own_link", "roles", "kind"),
    [
        ({"has_password": False}, None, (), ConflictKind.HELD_BY_EMPTY_ACCOUNT),
        ({"has_password": False, "activity": 3}, None, (), ConflictKind.HELD_BY_ACTIVE_ACCOUNT),
        ({}, None, (), ConflictKind.HELD_BY_ACTIVE_ACCOUNT),
        ({"has_password": False}, ("d1", Role.TEACHER), (Role.STUDENT,), ConflictKind.HELD_BY_OTHER_ROLE),
        ({"has_password": False}, ("d1", Role.STUDENT), (Role.TEACHER,), ConflictKind.HELD_BY_OTHER_ROLE),
        ({"has_password": False}, ("d2", Role.STUDENT), (Role.STUDENT,), ConflictKind.HELD_IN_OTHER_DISTRICT),
        ({"has_password": False}, ("d2", Role.TEACHER), (Role.STUDENT,), ConflictKind.HELD_IN_OTHER_DISTRICT),
    ],
)
def test_login_4_who_holds_an_identity_decides_what_may_be_offered(
    holder: dict[str, object], own_link: tuple[str, Role] | None, roles: tuple[Role, ...], kind: ConflictKind
) -> None:
    """Empty stub, active holder, holder of another role, in another district: nothing moves; a way is offered."""
    store = host(person("7"), person("8", **holder))
    key = IdentityKey(CLEVER, DistrictId("d1"), PersonId("held"))
    links = [Link(key=key, account=AccountId("8"), linked_at=NOW, roles=frozenset(roles or {Role.STUDENT}))]
    if own_link is not None:
        mine = IdentityKey(CLEVER, DistrictId(own_link[0]), PersonId("mine"))
        links.append(Link(key=mine, account=MINE, linked_at=NOW, roles=frozenset({own_link[1]})))
    do(store, lambda ports: ports.links.add(links))
    outcome = ask_to_connect(store, "7", arrival(key, *roles, connect=MINE))
    assert outcome == Conflict(kind)
    assert isinstance(outcome, Conflict)
    assert outcome.offers
    assert Offer.ABSORB not in outcome.offers
    assert store._tables.links[key].account == "8"


def test_a_holder_that_runs_a_class_is_not_empty() -> None:
    """A teacher who only imported classes has something to lose."""
    store = host(person("7"), person("8", has_password=False))
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=AccountId("8"), linked_at=NOW)]))
    do(store, lambda ports: ports.sections.save([HostSection(name="Maths", owner=AccountId("8"))]))
    assert ask_to_connect(store, "7", arrival(connect=MINE)) == Conflict(ConflictKind.HELD_BY_ACTIVE_ACCOUNT)


def test_an_empty_stub_is_taken_over_when_the_host_allows_it_and_the_person_says_yes() -> None:
    """The login just made proves control of the other side: all of it moves, a tombstone stays."""
    store = host(person("7"), person("8", has_password=False))
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=AccountId("8"), linked_at=NOW)]))
    conflict = ask_to_connect(store, "7", arrival(connect=MINE), Policy(absorb_empty=True))
    assert isinstance(conflict, Conflict)
    assert Offer.ABSORB in conflict.offers
    assert store._tables.links[PUPIL].account == "8"
    linked = say_yes(store, conflict.ticket)
    assert isinstance(linked, Linked)
    assert (linked.account, linked.absorbed) == ("7", "8")
    assert do(store, lambda ports: linking.survivor(ports, AccountId("8"))) == "7"


def test_a_stub_that_came_to_life_meanwhile_is_not_taken_over() -> None:
    """Between question and answer somebody worked in it."""
    store = host(person("7"), person("8", has_password=False))
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=AccountId("8"), linked_at=NOW)]))
    conflict = ask_to_connect(store, "7", arrival(connect=MINE), Policy(absorb_empty=True))
    assert isinstance(conflict, Conflict)
    store.put_accounts([person("8", has_password=False, activity=1)])
    assert say_yes(store, conflict.ticket) == Conflict(ConflictKind.BOTH_ACTIVE)
    assert store._tables.links[PUPIL].account == "8"


def test_a_stub_that_let_go_meanwhile_is_left_in_peace() -> None:
    """Between question and answer its login was taken from it: what was asked for is connected, nothing is absorbed."""
    store = host(person("7"), person("8", has_password=False))
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=AccountId("8"), linked_at=NOW)]))
    conflict = ask_to_connect(store, "7", arrival(connect=MINE), Policy(absorb_empty=True))
    assert isinstance(conflict, Conflict)
    do(store, lambda ports: ports.links.remove(PUPIL))
    linked = say_yes(store, conflict.ticket)
    assert isinstance(linked, Linked)
    assert (linked.account, linked.absorbed) == ("7", None)
    assert store._tables.links[PUPIL].account == "7"


def test_a_login_that_knows_no_roles_is_not_taken_for_another_role() -> None:
    """Google says nothing of pupils: whoever meets an account in use is told of that, and of no other role."""
    store = host(person("7"), person("8"))
    google = IdentityKey(GOOGLE_CLASSROOM, DistrictId("d1"), PersonId("g1"))
    mine = Link(key=PUPIL, account=MINE, linked_at=NOW, roles=frozenset({Role.STUDENT}))
    do(store, lambda ports: ports.links.add([mine, Link(key=google, account=AccountId("8"), linked_at=NOW)]))
    silent = attrs.evolve(arrival(google), connect=MINE)
    silent = attrs.evolve(silent, identity=attrs.evolve(silent.identity, roles=frozenset(), unsaid=frozenset(Role)))
    told = ask_to_connect(store, "7", silent)
    assert isinstance(told, Conflict)
    assert told.kind is ConflictKind.HELD_BY_ACTIVE_ACCOUNT
    half = attrs.evolve(silent, identity=attrs.evolve(silent.identity, roles=frozenset({Role.TEACHER})))
    told = ask_to_connect(store, "7", half)
    assert isinstance(told, Conflict)
    assert told.kind is ConflictKind.HELD_BY_OTHER_ROLE


# --- Roles ------------------------------------------------------------------------------------------------------------


def again(store: MemoryStore, *roles: Role):
    return do(store, lambda ports: linking.settle(ports, arrival(PUPIL, *roles), signed_in=None, now=NOW))


RIGHTS = {Role.TEACHER: {"classes"}, Role.STUDENT: {"lessons"}}


def test_a12_rights_follow_the_source_at_once_and_what_the_host_granted_stays() -> None:
    """Privilege retention: a teacher who is a student now loses the teacher's rights with the next login."""
    store = host()
    newly(store, arrived=arrival(PUPIL, Role.TEACHER), create=True)
    demoted = again(store, Role.STUDENT)
    assert isinstance(demoted, SignedIn)
    assert (demoted.roles.gained, demoted.roles.lost) == ({Role.STUDENT}, {Role.TEACHER})
    assert linking.hold(RIGHTS, demoted.identity.roles, by_hand={"newsletter"}) == {"lessons", "newsletter"}
    unchanged = again(store, Role.STUDENT)
    assert isinstance(unchanged, SignedIn)
    assert not unchanged.roles.gained | unchanged.roles.lost


def listed(*roles: Role, key: IdentityKey = PUPIL) -> Person:
    return Person(id=key.subject, district=key.district, name=PersonName("Ana", "Li"), roles=frozenset(roles))


def test_a12_a_sync_takes_a_lost_role_away_without_waiting_for_a_login() -> None:
    """Role staleness: who changed is named, so that their sessions end; an unread person changes nothing."""
    store = host()
    newly(store, arrived=arrival(PUPIL, Role.TEACHER, Role.STAFF), create=True)
    assert do(store, lambda ports: linking.follow_roster(ports, CLEVER, [])) == ()
    (one,) = do(store, lambda ports: linking.follow_roster(ports, CLEVER, [listed(Role.TEACHER)]))
    assert (one.change.lost, one.change.gained, one.held) == ({Role.STAFF}, set(), False)
    assert do(store, lambda ports: linking.follow_roster(ports, CLEVER, [listed(Role.TEACHER)])) == ()
    for _ in range(2):  # nobody any more: named for as long as that lasts, and what was known is not forgotten
        (gone,) = do(store, lambda ports: linking.follow_roster(ports, CLEVER, [listed()]))
        assert gone.change.lost == {Role.TEACHER}
    assert linking.event(gone, at=NOW, actor="nightly").roles == ("-teacher",)


def test_a13_a_sync_makes_no_pupil_a_teacher() -> None:
    """A slip in a roster: held for a person's look, at the sync as at the login."""
    store = host()
    newly(store, create=True)
    stranger = IdentityKey(CLEVER, PUPIL.district, PersonId("nobody here"))
    people = [listed(Role.STUDENT, Role.TEACHER), listed(Role.TEACHER, key=stranger)]
    (held,) = do(store, lambda ports: linking.follow_roster(ports, CLEVER, people))
    assert held.held
    assert linking.event(held, at=NOW, actor="nightly").why == "held"
    assert again(store, Role.STUDENT, Role.TEACHER) == Conflict(ConflictKind.ROLE_ESCALATION)


def test_login_12_a_new_id_of_the_same_person_is_joined_by_a_persons_word() -> None:
    """300 days away, or another `sis_id`: proposed elsewhere, decided by people, done here; the history stays."""
    store = host(person("7"), person("8"))
    new = IdentityKey(CLEVER, PUPIL.district, PersonId("p1-new"))
    abroad = IdentityKey(CLEVER, DistrictId("d2"), PersonId("p1-new"))
    assert do(store, lambda ports: linking.rekey(ports, PUPIL, new)) == Refused(Reason.NOT_LINKED)
    roles = frozenset({Role.STUDENT})
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=MINE, linked_at=NOW, roles=roles)]))
    assert do(store, lambda ports: linking.rekey(ports, PUPIL, abroad)) == Conflict(ConflictKind.HELD_IN_OTHER_DISTRICT)
    rekeyed = do(store, lambda ports: linking.rekey(ports, PUPIL, new))
    assert rekeyed == linking.Rekeyed(account=MINE, old=PUPIL, new=new)
    assert store._tables.links == {new: Link(key=new, account=MINE, linked_at=NOW, roles=roles)}
    assert linking.event(rekeyed, at=NOW, actor="admin").identity == new
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=AccountId("8"), linked_at=NOW)]))
    assert do(store, lambda ports: linking.rekey(ports, PUPIL, new)) == Conflict(ConflictKind.HELD_BY_ACTIVE_ACCOUNT)
    assert do(store, lambda ports: linking.rekey(ports, new, new)) == Refused(Reason.SAME_ACCOUNT)


@pytest.mark.parametrize("roles", [{Role.CONTACT}, {Role.STAFF}, set()])
def test_login_10_an_unknown_or_missing_role_is_never_a_teacher(roles: set[Role]) -> None:
    """Roles are a set; what is not named grants nothing."""
    assert linking.hold(RIGHTS, roles, by_hand=()) == frozenset()


def test_login_10_several_roles_are_held_at_once() -> None:
    """A district administrator who teaches has both."""
    rights = RIGHTS | {Role.DISTRICT_ADMIN: {"reports"}}
    assert linking.hold(rights, {Role.DISTRICT_ADMIN, Role.TEACHER}, by_hand=()) == {"classes", "reports"}


@pytest.mark.parametrize("gained", [Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN])
def test_a13_a_pupil_who_becomes_staff_is_reviewed_first(gained: Role) -> None:
    """Escalation by a slip in a roster: no sign-in until somebody looked, then it goes on."""
    store = host()
    newly(store, create=True)
    for roles in ((gained,), (Role.STUDENT, gained)):
        assert again(store, *roles) == Conflict(ConflictKind.ROLE_ESCALATION)
    assert isinstance(again(store, Role.STUDENT), SignedIn)
    change = do(store, lambda ports: linking.approve_roles(ports, PUPIL, {Role.STUDENT, gained}))
    assert change == linking.RoleChange(gained=frozenset({gained}))
    assert isinstance(again(store, Role.STUDENT, gained), SignedIn)


def test_a13_a_pupils_account_takes_no_staff_login_by_itself() -> None:
    """The teacher's Clever session is still open on the shared computer."""
    store = host(person("7"))
    link = Link(key=PUPIL, account=MINE, linked_at=NOW, roles=frozenset({Role.STUDENT}))
    do(store, lambda ports: ports.links.add([link]))
    teacher = IdentityKey(CLEVER, DistrictId("d1"), PersonId("t1"))
    outcome = ask_to_connect(store, "7", arrival(teacher, Role.TEACHER, connect=MINE))
    assert outcome == Conflict(ConflictKind.ROLE_ESCALATION)


def test_a13_who_was_imported_as_a_pupil_is_a_pupil_before_any_login() -> None:
    """A link that the roster made knows no role; the seat in the class does."""
    store, _ = rostered()
    assert again(store, Role.TEACHER) == Conflict(ConflictKind.ROLE_ESCALATION)
    assert isinstance(again(store, Role.STUDENT), SignedIn)


# --- What the district decides ----------------------------------------------------------------------------------------


def rostered(status: EnrollmentStatus = EnrollmentStatus.ACTIVE) -> tuple[MemoryStore, Account]:
    """A pupil with a password, whom a synced class lists."""
    own = person("7")
    store = host(own, person("1"))
    with store.transaction() as ports:
        ports.links.add([Link(key=PUPIL, account=MINE, linked_at=NOW)])
        source = SectionKey(CLEVER, PUPIL.district, SectionId("s1"))
        section = ports.sections.save([HostSection(name="Maths", owner=AccountId("1"), source=source)])[0]
        assert section.id is not None
        seat = HostEnrollment(
            section=section.id,
            account=MINE,
            role=EnrollmentRole.STUDENT,
            origin=Origin.SOURCE,
            status=status,
            since=NOW,
            changed_at=NOW,
            person=PUPIL.subject,
        )
        ports.sections.save_enrollments([seat])
    return store, own


@pytest.mark.parametrize(
    ("status", "policy", "outcome"),
    [
        (EnrollmentStatus.ACTIVE, Policy(), Conflict(ConflictKind.BOUND_TO_ROSTER)),
        (
            EnrollmentStatus.ACTIVE,
            Policy(may_leave_roster=lambda link: link.key.district == "d2"),
            Conflict(ConflictKind.BOUND_TO_ROSTER),
        ),
        (
            EnrollmentStatus.ACTIVE,
            Policy(may_leave_roster=lambda link: link.key.district == "d1"),
            Unlinked(account=MINE, key=PUPIL),
        ),
        (EnrollmentStatus.WITHDRAWN, Policy(), Unlinked(account=MINE, key=PUPIL)),
    ],
)
def test_a10_a_rostered_login_stays_unless_the_district_lets_it_go(
    status: EnrollmentStatus, policy: Policy, outcome: object
) -> None:
    """Evading school control: a synced class lists the pupil by this login, which is said in plain words."""
    store, _ = rostered(status)
    found = do(
        store, lambda ports: linking.disconnect(ports, MINE, PUPIL, now=NOW, authenticated_at=NOW, policy=policy)
    )
    assert found == outcome


@pytest.mark.parametrize("reason", [Reason.DISTRICT_NOT_ALLOWED, Reason.NOT_ROSTERED])
def test_a11_the_hosts_rule_comes_before_any_lookup_and_writes_nothing(reason: Reason) -> None:
    """A paused district, somebody whom the roster no longer has: zero rows, whatever the login was for."""
    store = host(person("7"))
    policy = Policy(admits=lambda identity: reason if identity.key.district == "d1" else None)
    before = store._tables
    for connect in (None, MINE):
        assert ask_to_connect(store, "7", arrival(connect=connect), policy) == Refused(reason)
    assert store._tables == before
    assert Refused(reason).sentence


def test_a11_the_hosts_rule_is_asked_again_when_the_person_answers() -> None:
    """The district was paused while the page was open: nothing is made or connected, and the ticket is spent."""
    closed = Policy(admits=lambda _: Reason.DISTRICT_NOT_ALLOWED)
    store, refused = host(person("7")), Refused(Reason.DISTRICT_NOT_ALLOWED)
    ask_to_connect(store, "7", arrival(connect=MINE))
    assert say_yes(store, "ticket", policy=closed) == refused
    newly(store)
    assert prove(store, policy=closed) == refused
    newly(store)
    arguments = {"browser": BROWSER, "signed_in": None, "now": NOW, "name": PersonName("Ana", "Li"), "policy": closed}
    assert do(store, lambda ports: linking.accept(ports, "ticket", **arguments)) == refused
    assert store._tables.links == store._tables.attempts == {}
    assert list(store._tables.accounts) == ["7"]


def test_a14_a_new_id_claims_no_old_account() -> None:
    """Takeover by a recycled `sis_id`: the same child under a new Clever id is new; a person may say who it was."""
    store = host(person("7"))
    do(store, lambda ports: ports.links.add([Link(key=PUPIL, account=MINE, linked_at=NOW)]))
    returned = IdentityKey(CLEVER, PUPIL.district, PersonId("p1-new"))
    assert isinstance(newly(store, arrived=arrival(returned)), NewAccountNeeded)
    assert "sis_id" not in {field.name for field in attrs.fields(Identity)}


# --- Keys, races, sessions --------------------------------------------------------------------------------------------


def test_a01_ids_are_compared_byte_for_byte() -> None:
    """Collision under a case-insensitive collation: three ids, three accounts."""
    store = host()
    for subject in ("p1", "P1", "p1 "):
        key = IdentityKey(CLEVER, DistrictId("d1"), PersonId(subject))
        assert isinstance(newly(store, arrived=arrival(key, ticket=subject), create=True), Created)
    assert len(store._tables.accounts) == 3


def test_a09_of_two_disconnections_at_once_one_is_refused() -> None:
    """Lock-out by a race: the last way in is decided in one transaction with the removal."""
    google = IdentityKey(GOOGLE_CLASSROOM, DistrictId("d1"), PersonId("g1"))
    store = host(person("7", has_password=False))
    do(store, lambda ports: ports.links.add([Link(key=key, account=MINE, linked_at=NOW) for key in (PUPIL, google)]))
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(
            threads.map(
                lambda key: do(
                    store, lambda ports: linking.disconnect(ports, MINE, key, now=NOW, authenticated_at=NOW)
                ),
                (PUPIL, google),
            )
        )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Unlinked"]
    assert len(store._tables.links) == 1


def test_c02_the_replaced_person_is_named_in_the_outcome_and_the_event() -> None:
    """Wrong-child work: a login overrides whoever was signed in on this browser, and the log says so."""
    store = host(person("8"))
    newly(store, create=True)
    outcome = do(store, lambda ports: linking.settle(ports, arrival(), signed_in=AccountId("8"), now=NOW))
    assert isinstance(outcome, SignedIn)
    assert (outcome.session, outcome.replaced) == (Session.REPLACE, "8")
    one = linking.event(outcome, at=NOW, actor="browser")
    assert (one.what, one.why, one.other) == (What.SIGNED_IN, "override", "8")


def test_a22_a_failure_at_any_port_call_leaves_the_store_as_it_was() -> None:
    """Half-made accounts after a crash: every call of every port is made to fail once."""
    for work in (
        lambda ports: linking.settle(ports, arrival(), signed_in=None, now=NOW, create=True),
        lambda ports: linking.settle(ports, arrival(connect=MINE), signed_in=MINE, now=NOW),
        lambda ports: linking.confirm(ports, "asked", browser=BROWSER, signed_in=MINE, authenticated_at=NOW, now=NOW),
    ):
        failed_at = 0
        while True:
            store = host(person("7"))
            ask_to_connect(store, "7", arrival(connect=MINE, ticket="asked"))
            before = store._tables
            crash = Crash(failed_at)
            try:
                with store.transaction() as ports:
                    work(crash.over(ports))
            except Crashed:
                assert store._tables is before
                failed_at += 1
            else:
                break
        assert failed_at >= 3


class Crashed(Exception):
    pass


class Crash:
    """Ports of which call number `at` fails after it was done."""

    def __init__(self, at: int) -> None:
        self.left = at

    def over(self, ports):
        crash = self

        class Port:
            def __init__(self, within):
                self.within = within

            def __getattr__(self, name):
                method = getattr(self.within, name)

                def call(*args, **kwargs):
                    answer = method(*args, **kwargs)
                    crash.left -= 1
                    if crash.left < 0:
                        raise Crashed
                    return answer

                return call

        class All:
            def __getattr__(self, name):
                return Port(getattr(ports, name))

        return All()


def test_a26_a_right_ticket_with_a_wrong_secret_finds_nothing_and_stays() -> None:
    """Auth.js CVE-2022-39263: looked up by identifier only. All parts of the key count, and the row survives."""
    store = host(person("7"))
    ask_to_connect(store, "7", arrival(connect=MINE))
    assert isinstance(say_yes(store, "ticket", browser="another browser"), Refused)
    assert isinstance(say_yes(store, "another ticket"), Refused)
    assert isinstance(say_yes(store, "ticket"), Linked)


# --- What is told -----------------------------------------------------------------------------------------------------


def every_outcome() -> list[object]:
    own, identity = person("7", email="hidden@x.test"), arrival().identity
    cookie = BrowserCookie(name="c", value="secret-cookie", max_age=1, secure=True)
    return [
        Started(redirect_to="https://clever.com/?state=secret-state", cookie=cookie),
        BeginAgain(redirect_to="https://clever.com/?state=secret-state", cookie=cookie),
        arrival(ticket="secret-ticket"),
        SignedIn(account=own, identity=identity, session=Session.ROTATE, return_to="/"),
        Created(account=own, identity=identity, session=Session.REPLACE, return_to="/", replaced=AccountId("8")),
        NewAccountNeeded(identity=identity, session=Session.ROTATE, return_to="/", ticket="secret-ticket"),
        ProofNeeded(identity=identity, session=Session.ROTATE, return_to="/", ticket="secret-ticket"),
        NeedsConfirmation(account=MINE, identity=identity, return_to="/", ticket="secret-ticket"),
        ReauthRequired(account=MINE, ticket="secret-ticket"),
        Linked(account=MINE, identity=identity, already=False, return_to="/"),
        Unlinked(account=MINE, key=PUPIL),
        linking.Merged(source=AccountId("8"), into=MINE, links=1, owned=0, enrollments=2),
        linking.Unmerged(source=AccountId("8"), into=MINE, missing=0),
        linking.Followed(account=MINE, key=PUPIL, change=linking.RoleChange(lost=frozenset({Role.STAFF}))),
        linking.Rekeyed(account=MINE, old=PUPIL, new=PUPIL),
        *(Conflict(kind, ticket="secret-ticket") for kind in ConflictKind),
        *(Refused(reason, "diagnosis") for reason in Reason),
    ]


def test_a17_every_outcome_is_an_event_without_names_or_secrets() -> None:
    """Repudiation, child-data leak: who, what, why, when; ids only, in the event and in the outcome's repr."""
    assert not {"name", "email", "ticket", "token", "cookie"} & {field.name for field in attrs.fields(linking.Event)}
    for outcome in every_outcome():
        one = linking.event(outcome, at=NOW, actor="browser", about=arrival())  # type: ignore[arg-type]
        assert (one.at, one.actor) == (NOW, "browser")
        for secret in ("secret", "Hidden", "Ana", "@"):
            assert secret not in repr(one) + repr(outcome)
    assert linking.event(Refused(Reason.EXPIRED), at=NOW, actor="b").why == "expired"


def test_a18_a_person_is_told_of_a_link_and_its_end_once() -> None:
    """Silent takeover: one notice for what changed, none for what did not."""
    told = [linking.notice(outcome) for outcome in every_outcome()]  # type: ignore[arg-type]
    assert [(notice.account, notice.what) for notice in told if notice] == [
        (MINE, What.LINKED),
        (MINE, What.UNLINKED),
        (MINE, What.MERGED),
    ]
    same = Linked(account=MINE, identity=arrival().identity, already=True, return_to="/")
    assert linking.notice(same) is None


@pytest.mark.parametrize("kind", list(ConflictKind))
def test_every_conflict_says_in_plain_words_what_stands_in_the_way_and_what_may_be_done(kind: ConflictKind) -> None:
    """No dead ends."""
    conflict = Conflict(kind)
    assert conflict.sentence.endswith(".")
    assert conflict.offers
