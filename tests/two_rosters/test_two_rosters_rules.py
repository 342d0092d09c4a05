"""Moving a class from one source to another: what it must never do, and what it asks before it does anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import attrs
import pytest
from double_host import NOW, ONEROSTER, PROVEN, TwoRosters
from hypothesis import given
from hypothesis import strategies as st

from clever_roster import crossing, duplicates, roster
from clever_roster.crossing import Deed, Held, Likeness, Moved, Rule, Verdict
from clever_roster.errors import ConfigurationError, StalePlan
from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostSection,
    HostSectionId,
    IdentityKey,
    Origin,
    Person,
    PersonId,
    PersonName,
    Proof,
    Provider,
    Role,
    Section,
    SectionId,
    SectionKey,
    Snapshot,
)

HERE, THERE = DistrictId("district"), DistrictId("org-1")
TENANT = {(CLEVER, HERE), (ONEROSTER, THERE)}
CLASS = SectionId("class")
NAMES = [
    *(("Ada", "Nguyen"), ("Ben", "Okafor"), ("Chloé", "Martin"), ("Dmitri", "Sokolov"), ("Emma", "Garcia")),
    *(("Farid", "Haddad"), ("Grace", "O'Neil"), ("Hiro", "Tanaka"), ("Ines", "Pereira"), ("Jonas", "Weber")),
]
CHILDREN = list(range(len(NAMES)))


def listed(
    provider: Provider,
    district: DistrictId,
    children: Iterable[int],
    *,
    teachers: Iterable[str] = ("teach",),
    name: str = "Algebra 1",
    proof: Proof = PROVEN,
    born: bool = True,
    more: Iterable[Person] = (),
) -> Snapshot:
    """One class as one provider lists it; the same child has the same number everywhere, and other ids."""
    mark = provider[0]
    people = [
        Person(
            id=PersonId(f"{mark}{one}"),
            district=district,
            name=PersonName(*NAMES[one]),
            roles=frozenset({Role.STUDENT}),
            birth_date=date(2012, 1 + one, 3 + one) if born else None,
        )
        for one in sorted(children)
    ]
    staff = [
        Person(
            id=PersonId(f"{mark}-{one}"),
            district=district,
            name=PersonName("Tess", "Tutor"),
            roles={Role.TEACHER},  # type: ignore[arg-type]
        )
        for one in teachers
    ]
    staff = [attrs.evolve(one, roles=frozenset(one.roles)) for one in staff]
    section = Section(
        id=CLASS,
        district=district,
        name=name,
        teachers=tuple(one.id for one in staff),
        students=tuple(sorted(one.id for one in (*people, *more))),
    )
    return Snapshot.of(
        provider=provider,
        district=district,
        taken_at=NOW,
        people=[*staff, *people, *more],
        sections=[section],
        proof=proof,
    )


def clever(children: Iterable[int], **facts: object) -> Snapshot:
    return listed(CLEVER, HERE, children, **facts)  # type: ignore[arg-type]


def oneroster(children: Iterable[int], **facts: object) -> Snapshot:
    return listed(ONEROSTER, THERE, children, **facts)  # type: ignore[arg-type]


def host_with(first: Snapshot) -> tuple[TwoRosters, AccountId, HostSectionId]:
    """A teacher who signs in both ways, and the class imported from its first source, with work in it."""
    host = TwoRosters(TENANT)
    teacher = host.account(
        PersonName("Tess", "Tutor"),
        IdentityKey(CLEVER, HERE, PersonId("c-teach")),
        IdentityKey(ONEROSTER, THERE, PersonId("o-teach")),
    )
    host.apply(host.choose(first, CLASS, teacher))
    section = host.attached(SectionKey(first.provider, first.district, CLASS)).id
    assert section is not None
    host.work(section)
    return host, teacher, section


def rules(move: crossing.Migration) -> set[Rule]:
    return {hold.rule for hold in move.holds}


def answered(host: TwoRosters, section: HostSectionId, snapshot: Snapshot) -> Moved:
    """Everything that is asked is true: the numbers in the ids say so."""
    return host.moved(section, snapshot, CLASS, lambda query: True)


lists = st.lists(st.sampled_from(CHILDREN), unique=True, max_size=len(CHILDREN))


# --- What it never does -----------------------------------------------------------------------------------------------


@given(lists, lists, st.sets(st.sampled_from(CHILDREN), max_size=2), st.sets(st.sampled_from(CHILDREN), max_size=2))
def test_a_move_takes_nobody_out_of_a_class_and_keeps_every_row_and_all_work(
    first: list[int], second: list[int], by_hand: set[int], out: set[int]
) -> None:
    """Whatever the two lists are: who is in class stays in class, no row and no account is lost, work is reachable."""
    host, _, section = host_with(clever(first))
    for child in by_hand:
        guest = host.account(PersonName(*NAMES[child]))
        with host.store.transaction() as ports:
            roster.add_by_hand(ports, section, guest, actor="teacher", now=NOW)
    removed: set[AccountId] = set()
    for child in out & {*first}:
        removed.add(host.of(IdentityKey(CLEVER, HERE, PersonId(f"c{child}"))))
        with host.store.transaction() as ports:
            roster.remove_by_hand(ports, section, [*removed][-1], actor="teacher", now=NOW)
    host.work(section)
    inside, rows, progress = host.inside(section), host.rows(section), dict(host.progress)
    answered(host, section, oneroster(second))
    assert host.inside(section) >= inside
    assert host.rows(section).keys() >= rows.keys()
    assert host.progress == progress
    with host.store.transaction() as ports:
        assert ports.accounts.find([*progress]).keys() == progress.keys()
    # Whom a teacher took out is not brought back by another source.
    assert {account for account, _ in host.inside(section)}.isdisjoint(removed - {a for a, _ in inside})
    # And the sync of the next night, of the same list, has nothing to end.
    assert host.sync(oneroster(second)).done == ()
    assert host.inside(section) >= inside


@given(lists, lists)
def test_there_and_back_restores(first: list[int], second: list[int]) -> None:
    """The section follows its first source again, everybody's seat is told by the first id, nobody was lost."""
    host, _, section = host_with(clever(first))
    before = host.rows(section)
    answered(host, section, oneroster(second))
    answered(host, section, clever(first))
    after = host.rows(section)
    assert host.section(section).source == SectionKey(CLEVER, HERE, CLASS)
    assert {key: (row.person, row.status, row.since) for key, row in after.items() if key in before} == {
        key: (row.person, row.status, row.since) for key, row in before.items()
    }
    both = {host.of(IdentityKey(CLEVER, HERE, PersonId(f"c{one}"))) for one in {*first} & {*second}}
    assert all(after[key] == row for key, row in before.items() if key[0] in both)
    assert host.sync(clever(first)).done == ()


@given(lists, lists)
def test_undone_is_as_before(first: list[int], second: list[int]) -> None:
    """Undo gives back source, seats and identities; who had joined is withdrawn, and their account stays."""
    host, _, section = host_with(clever(first))
    before = host.rows(section)
    outcome = answered(host, section, oneroster(second))
    with host.store.transaction() as ports:
        crossing.undo_migration(ports, outcome.migration, actor="teacher", now=NOW)
    after = host.rows(section)
    assert host.section(section).source == SectionKey(CLEVER, HERE, CLASS)
    assert {key: after[key] for key in before} == before
    assert {after[key].status for key in after.keys() - before.keys()} <= {EnrollmentStatus.WITHDRAWN}
    assert host.sync(clever(first)).done == ()


@given(lists, lists, st.data())
def test_a_list_in_any_order_gives_the_same_move(first: list[int], second: list[int], data: st.DataObject) -> None:
    """Same lists, same migration: what was approved is what is done."""
    host, _, section = host_with(clever(first))
    shuffled = data.draw(st.permutations(second))
    one, other = (host.migration(section, oneroster(some), CLASS) for some in (second, shuffled))
    assert one.digest == other.digest


@pytest.mark.parametrize("gone", [False, True])
def test_login_31_what_a_teacher_put_away_stays_away_and_what_the_source_lost_is_back(gone: bool) -> None:  # noqa: FBT001
    """A move brings back no class that somebody hid; one that only the old source lost lives on with the new one."""
    host, _, section = host_with(clever([0, 1, 2, 3]))
    with host.store.transaction() as ports:
        ports.sections.save([attrs.evolve(ports.sections.get(section), archived=True, gone=gone)])
    answered(host, section, oneroster([0, 1, 2, 3]))
    assert host.section(section).archived is not gone
    assert host.section(section).source == SectionKey(ONEROSTER, THERE, CLASS)


# --- What it asks -----------------------------------------------------------------------------------------------------


def test_children_of_like_names_are_asked_about_and_nobody_is_linked_meanwhile() -> None:
    """Two in one class under one name: no guess is made, nothing is done until somebody has said who is who."""
    twin = Person(id=PersonId("c0b"), district=HERE, name=PersonName(*NAMES[0]), roles=frozenset({Role.STUDENT}))
    host, _, section = host_with(clever([0, 1, 2, 3], born=False, more=[twin]))
    move = host.migration(section, oneroster([0, 1, 2, 3], born=False), CLASS)
    assert Rule.ASKED in rules(move)
    assert {query.person for query in move.queries} == {"o0"}
    before = host.everything()
    assert isinstance(host.move(move), Held)
    assert isinstance(host.move(move, approved=True), Held), "a question is not answered by approval"
    assert host.everything() == before
    (query,) = move.queries
    told = host.migration(section, oneroster([0, 1, 2, 3], born=False), CLASS, same=[query.pair])
    assert told.queries == ()
    assert isinstance(host.move(told), Moved)
    assert host.of(IdentityKey(ONEROSTER, THERE, PersonId("o0"))) == query.account


def test_children_of_one_name_and_two_birth_dates_stay_two() -> None:
    """What is known to differ outweighs a name, even in one class."""
    host, _, section = host_with(clever([0, 1, 2, 3, 4]))
    other = oneroster([1, 2, 3, 4])
    namesake = Person(
        id=PersonId("o-new"),
        district=THERE,
        name=PersonName(*NAMES[0]),
        roles=frozenset({Role.STUDENT}),
        birth_date=date(2011, 11, 30),
    )
    snapshot = oneroster([1, 2, 3, 4], more=[namesake])
    assert other.people.keys() < snapshot.people.keys()
    move = host.migration(section, snapshot, CLASS)
    linked = {step.person for step in move.steps if step.deed is Deed.LINK}
    assert linked == {"o1", "o2", "o3", "o4"}


def test_a_teachers_account_is_opened_by_a_new_identity_only_on_somebodys_word() -> None:
    """However alike: whoever runs or teaches a class is asked about."""
    host = TwoRosters(TENANT)
    teacher = host.account(PersonName("Tess", "Tutor"), IdentityKey(CLEVER, HERE, PersonId("c-teach")))
    host.apply(host.choose(clever([0, 1, 2, 3]), CLASS, teacher))
    section = host.attached(SectionKey(CLEVER, HERE, CLASS)).id
    assert section is not None
    move = host.migration(section, oneroster([0, 1, 2, 3]), CLASS)
    assert [(query.account, query.role) for query in move.queries] == [(teacher, EnrollmentRole.TEACHER)]
    assert move.verdict is Verdict.SAME


def test_who_has_a_second_account_already_is_merged_first_or_is_another_person() -> None:
    """The new identity belongs to another account: no row is moved behind anybody's back."""
    host, _, section = host_with(clever([0, 1, 2, 3]))
    stub = host.account(PersonName(*NAMES[0]), IdentityKey(ONEROSTER, THERE, PersonId("o0")))
    move = host.migration(section, oneroster([0, 1, 2, 3]), CLASS)
    assert Rule.MERGE_FIRST in rules(move)
    (query,) = move.queries
    assert query.holder == stub
    assert isinstance(host.move(move, approved=True), Held)
    said = host.migration(section, oneroster([0, 1, 2, 3]), CLASS, apart=[query.pair])
    assert isinstance(host.move(said), Moved)
    assert host.of(IdentityKey(ONEROSTER, THERE, PersonId("o0"))) == stub
    assert (stub, EnrollmentRole.STUDENT) in host.inside(section)


def test_who_has_an_id_of_their_own_at_the_new_source_is_nobody_else_there() -> None:
    """The source lists two people; an account that is one of them is not given the other's identity."""
    host, _, section = host_with(clever([0, 1, 2, 3]))
    account = host.of(IdentityKey(CLEVER, HERE, PersonId("c0")))
    host.connect(account, IdentityKey(ONEROSTER, THERE, PersonId("o-elsewhere")))
    move = host.migration(section, oneroster([0, 1, 2, 3]), CLASS)
    assert all(step.account != account or step.deed is Deed.KEEP for step in move.steps)


# --- What holds it ----------------------------------------------------------------------------------------------------


def test_a_half_read_list_moves_nothing() -> None:
    """Knowing less can only shrink what is done: here, to nothing."""
    host, _, section = host_with(clever([0, 1, 2, 3]))
    move = host.migration(section, oneroster([0, 1], proof=Proof(broken="page 2 was cut short")), CLASS)
    assert Rule.UNPROVEN in rules(move)
    assert isinstance(host.move(move, approved=True), Held)


def test_another_class_is_held_and_its_people_are_not_taken_for_others() -> None:
    """Two classes: it can be approved (a teacher may know why), and then adds people and takes none out."""
    host, _, section = host_with(clever([0, 1, 2, 3, 4], teachers=["teach"]))
    move = host.migration(section, oneroster([5, 6, 7, 8, 9], name="Chemistry"), CLASS)
    assert Rule.TWO_CLASSES in rules(move)
    assert move.count(Deed.LINK) == 0
    assert isinstance(host.move(move), Held)


def test_much_of_a_class_missing_from_the_new_list_is_shown_first() -> None:
    """Half of the class is not in the new list: they stay, and somebody is told before."""
    host, _, section = host_with(clever(CHILDREN))
    move = host.migration(section, oneroster([0, 1, 2, 3, 4]), CLASS)
    assert rules(move) == {Rule.MANY_KEPT, Rule.PERHAPS}
    assert isinstance(host.move(move), Held)
    assert isinstance(host.move(move, approved=True), Moved)


def test_whoever_does_not_teach_the_new_section_may_not_move_to_it() -> None:
    """A forged section id gives nobody a foreign class list; a district admin may move any."""
    host, teacher, section = host_with(clever([0, 1, 2, 3]))
    foreign = oneroster([0, 1, 2, 3], teachers=["somebody"])
    assert Rule.NOT_THEIR_CLASS in rules(host.migration(section, foreign, CLASS, teacher))
    with host.store.transaction() as ports:
        by_admin = crossing.migrate(
            ports, section, foreign, CLASS, tenant=TENANT, actor=teacher, roles=[Role.DISTRICT_ADMIN]
        )
    assert Rule.NOT_THEIR_CLASS not in rules(by_admin)


def test_a_class_does_not_cross_from_one_tenant_to_another() -> None:
    """Rosters that the host has not named as one district's; or a teacher who is of another one there."""
    host, _, section = host_with(clever([0, 1, 2, 3]))
    foreign = listed(ONEROSTER, DistrictId("elsewhere"), [0, 1, 2, 3])
    with pytest.raises(ConfigurationError, match="not of this tenant"):
        host.migration(section, foreign, CLASS)
    host.tenant = frozenset({(CLEVER, HERE), (ONEROSTER, DistrictId("elsewhere"))})
    with pytest.raises(ConfigurationError, match="of another district"):
        host.migration(section, foreign, CLASS)


def test_a_move_is_for_the_state_that_it_was_planned_for() -> None:
    """A child was added meanwhile: the plan that was read is not carried out. An approval is for one plan."""
    host, _, section = host_with(clever([0, 1, 2, 3]))
    move = host.migration(section, oneroster([0, 1, 2, 3]), CLASS)
    guest = host.account(PersonName("Guest", "Own"))
    with host.store.transaction() as ports:
        roster.add_by_hand(ports, section, guest, actor="teacher", now=NOW)
    with pytest.raises(StalePlan):
        host.move(move)
    again = host.migration(section, oneroster([0, 1, 2, 3]), CLASS)
    approval = roster.Approval(digest=move.digest, by=AccountId("teacher"), why="the other one")
    with host.store.transaction() as ports, pytest.raises(ConfigurationError, match="names"):
        crossing.apply_migration(ports, again, actor="teacher", now=NOW, approval=approval)
    assert isinstance(host.move(again), Moved)
    with pytest.raises(ConfigurationError, match="already"):
        host.migration(section, oneroster([0, 1, 2, 3]), CLASS)
    with pytest.raises(StalePlan):
        host.move(again)


def test_roster_29_a_kept_child_is_the_teachers_to_remove_and_no_sources() -> None:
    """Who is not in the new list stays as if added by hand; no later sync of any source ends it."""
    host, _, section = host_with(clever([0, 1, 2, 3, 4]))
    outcome = answered(host, section, oneroster([0, 1, 2, 3]))
    kept = host.of(IdentityKey(CLEVER, HERE, PersonId("c4")))
    assert outcome.kept == (kept,)
    assert host.rows(section)[kept, EnrollmentRole.STUDENT].origin is Origin.MANUAL
    host.sync(oneroster([0, 1, 2, 3]))
    host.sync(clever([0]))
    assert (kept, EnrollmentRole.STUDENT) in host.inside(section)
    # Once the new source lists them too, nobody is doubled: it waits until somebody has said that they are one.
    back = oneroster([0, 1, 2, 3, 4])
    with host.store.transaction() as ports:
        plan = crossing.guard(ports, roster.plan(ports, back), tenant=TENANT)
    (step,) = plan.held
    assert (step.person, step.hold and step.hold.rule) == ("o4", roster.Rule.REKEY)
    assert f"Account {kept}" in (step.hold.sentence if step.hold else "")
    key = IdentityKey(ONEROSTER, THERE, PersonId("o4"))
    with host.store.transaction() as ports:
        crossing.recognise(ports, kept, key, section=section, actor="teacher", now=NOW)
        with pytest.raises(ConfigurationError, match="not in section"):
            crossing.recognise(ports, AccountId("no one"), key, section=section, actor="teacher", now=NOW)
    assert host.sync(back).count(roster.Verb.ADOPT) == 1
    assert host.rows(section)[kept, EnrollmentRole.STUDENT].origin is Origin.BOTH


def test_login_28_a_child_who_signed_in_first_is_recognised_before_a_second_account_is_made() -> None:
    """Student first, then teacher, by two providers: held, with the account that they have; both orders give one."""
    host = TwoRosters(TENANT)
    teacher = host.account(PersonName("Tess", "Tutor"), IdentityKey(ONEROSTER, THERE, PersonId("o-teach")))
    first = host.account(PersonName(*NAMES[0]), IdentityKey(CLEVER, HERE, PersonId("c0")), email="ada.nguyen@x.test")
    host.progress[first] = 7
    listed_ = oneroster([0, 1, 2, 3])
    people = {
        key: attrs.evolve(one, email="ada.nguyen@x.test") if key == "o0" else one for key, one in listed_.people.items()
    }
    snapshot = attrs.evolve(listed_, people=people)
    wish = {CLASS: roster.Attachment(owner=teacher)}
    with host.store.transaction() as ports:
        index = duplicates.Index(duplicates.gather(ports))
        plan = crossing.guard(ports, roster.plan(ports, snapshot, attach=wish), tenant=TENANT, among=index)
    (step,) = plan.held
    assert (step.person, step.hold and step.hold.rule) == ("o0", roster.Rule.REKEY)
    assert f"Account {first}" in (step.hold.sentence if step.hold else "")
    with host.store.transaction() as ports:
        crossing.recognise(ports, first, IdentityKey(ONEROSTER, THERE, PersonId("o0")), actor="teacher", now=NOW)
    before = host.accounts()
    host.apply(host.choose(snapshot, CLASS, teacher))
    section = host.attached(SectionKey(ONEROSTER, THERE, CLASS)).id
    assert section is not None
    assert (first, EnrollmentRole.STUDENT) in host.inside(section)
    assert host.accounts() == before + 3


def test_login_25_a_class_attached_to_an_existing_one_shows_who_may_be_there_already() -> None:
    """A class made by hand follows a source from now on: its guests are matched, and nobody gets a second account."""
    host = TwoRosters(TENANT)
    teacher = host.account(PersonName("Tess", "Tutor"), IdentityKey(CLEVER, HERE, PersonId("c-teach")))
    with host.store.transaction() as ports:
        (made,) = ports.sections.save([HostSection(name="My algebra", owner=teacher)])
    assert made.id is not None
    guests = [host.account(PersonName(*NAMES[child])) for child in (0, 1, 2, 3)]
    for guest in guests:
        with host.store.transaction() as ports:
            roster.add_by_hand(ports, made.id, guest, actor="teacher", now=NOW)
    host.work(made.id)
    wish = {CLASS: roster.Attachment(owner=teacher, into=made.id)}
    with host.store.transaction() as ports:
        plan = crossing.guard(ports, roster.plan(ports, clever([0, 1, 2, 3, 4]), attach=wish), tenant=TENANT)
    assert {step.person for step in plan.held} == {"c0", "c1", "c2", "c3"}
    assert {step.person for step in plan.ready if step.verb is roster.Verb.ENROLL} == {"c4", "c-teach"}
    # Or in one go: the same as a move, from no source to this one.
    outcome = answered(host, made.id, clever([0, 1, 2, 3, 4]))
    assert outcome.linked == 4
    assert host.section(made.id).name == "My algebra"
    assert host.accounts() == 6
    assert {account for account, _ in host.inside(made.id)} >= {*guests}


# --- Overlap by itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (CHILDREN, CHILDREN, Verdict.SAME),
        (CHILDREN, CHILDREN[:6], Verdict.SAME),
        (CHILDREN[:5], CHILDREN[5:], Verdict.PERHAPS),
        (CHILDREN, CHILDREN[:5], Verdict.PERHAPS),
        (CHILDREN, CHILDREN[:2], Verdict.PERHAPS),
        ([], [], Verdict.PERHAPS),
    ],
)
def test_two_lists_of_two_snapshots_are_held_side_by_side(
    first: Collection[int], second: Collection[int], verdict: Verdict
) -> None:
    """Share, verdict, who is who with reasons, and who is in one list only; without any host."""
    seen = crossing.overlap(
        crossing.side_of(clever(first), CLASS), crossing.side_of(oneroster(second), CLASS), tenant=TENANT
    )
    both = {*first} & {*second}
    assert seen.verdict is verdict
    pupils = [match for match in seen.matches if match.left.role is EnrollmentRole.STUDENT]
    assert {(match.left.who, match.right.who) for match in pupils} == {(f"c{one}", f"o{one}") for one in both}
    assert all(match.reasons and match.likeness is not Likeness.KNOWN for match in seen.matches)
    assert {seat.who for seat in seen.left_only} == {f"c{one}" for one in {*first} - both}
    assert {seat.who for seat in seen.right_only} == {f"o{one}" for one in {*second} - both}
    assert seen.share == len(both) / max(min(len(first), len(second)), 1)
    assert "Nguyen" not in repr(seen) + seen.sentence


def test_a_class_that_no_roster_feeds_and_one_that_was_put_away_are_no_second_class() -> None:
    """A teacher's own club, with the same name and the same children; and last year's class."""
    host, teacher, section = host_with(clever([0, 1, 2, 3]))
    with host.store.transaction() as ports:
        children = [row.account for row in ports.sections.enrollments([section]) if row.role is EnrollmentRole.STUDENT]
        (club,) = ports.sections.save([HostSection(name="Algebra 1", owner=teacher)])
        assert club.id is not None
        for child in children:
            roster.add_by_hand(ports, club.id, child, actor="teacher", now=NOW)
        assert crossing.find_double(ports, teacher, tenant=TENANT) == ()
    plan = host.choose(oneroster([0, 1, 2, 3]), CLASS, teacher)
    with host.store.transaction() as ports:
        (found,) = crossing.find_second(ports, plan, CLASS, TENANT)
        assert found.verdict is Verdict.SAME
        ports.sections.save([attrs.evolve(ports.sections.get(section), archived=True)])
        assert crossing.find_second(ports, plan, CLASS, TENANT) == ()


def test_reasons_are_about_the_two_and_not_about_how_rare_pairs_are() -> None:
    """What the detector thinks of any two accounts, before it has seen these, is no reason to show a teacher."""
    host, _, section = host_with(clever([0, 1, 2, 3], born=False))
    with host.store.transaction() as ports:
        ours, theirs = crossing.side_here(ports, section), crossing.side_of(oneroster([0, 1, 2, 3], born=False), CLASS)
    found = [match for match in crossing.overlap(ours, theirs, tenant=TENANT).matches if match.reasons]
    assert found
    for match in found:
        assert any("name" in reason for reason in match.reasons)
        assert not any("taken blindly" in reason for reason in match.reasons)


def test_two_lessons_of_one_group_are_not_one_class() -> None:
    """The same children, the same teacher, another title: perhaps; and in part other children: two."""
    algebra = crossing.side_of(clever(CHILDREN), CLASS)
    same_people = crossing.side_of(oneroster(CHILDREN, name="English 1"), CLASS)
    others_too = crossing.side_of(oneroster(CHILDREN[:4], name="English 1"), CLASS)
    seen = crossing.overlap(algebra, same_people)
    assert seen.verdict is Verdict.PERHAPS
    # Who is who is known all the same.
    assert {match.likeness for match in seen.matches if match.left.role is EnrollmentRole.STUDENT} == {Likeness.SURE}
    apart = crossing.overlap(algebra, others_too)
    assert apart.verdict is Verdict.TWO
    # Two classes have namesakes; in them nobody is surely somebody else.
    assert {match.likeness for match in apart.matches} <= {Likeness.UNSURE}


def test_the_districts_own_numbers_mean_the_same_child_in_one_tenant_only() -> None:
    """A `sis_id` of one district says who is who in its other rosters, and nothing anywhere else."""

    def numbered(snapshot: Snapshot, first: str) -> Snapshot:
        people = {
            key: attrs.evolve(one, sis_id=key[1:], name=PersonName(first[: 3 + int(key[1:])], one.name.last))
            if one.roles == {Role.STUDENT}
            else one
            for key, one in snapshot.people.items()
        }
        return attrs.evolve(snapshot, people=people)

    sides = (
        crossing.side_of(numbered(clever([0, 1, 2, 3], born=False), "Alexandra"), CLASS),
        crossing.side_of(numbered(oneroster([0, 1, 2, 3], born=False), "Xandralotte"), CLASS),
    )
    one, other = crossing.overlap(*sides, tenant=TENANT), crossing.overlap(*sides)
    assert len([m for m in one.matches if m.left.role is EnrollmentRole.STUDENT]) == 4
    assert len([m for m in other.matches if m.left.role is EnrollmentRole.STUDENT]) < 4
