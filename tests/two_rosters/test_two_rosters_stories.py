"""A class that two rosters list: chosen twice, seen in time or mended afterwards, and nobody's work is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from double_host import NOW, TwoRosters, as_listed
from one_school import School

from clever_roster import crossing, duplicates, linking, roster
from clever_roster.crossing import Deed, Moved, Query
from clever_roster.errors import IdentityTaken, Overtaken, StalePlan
from clever_roster.linking import Consent
from clever_roster.model import (
    CLEVER,
    GOOGLE_ACCOUNTS,
    GOOGLE_CLASSROOM,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostSectionId,
    IdentityKey,
    PersonId,
    PersonName,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.ports import Ports
from clever_roster.roster import Rule
from clever_roster.storage.sqlalchemy import SqlStore
from clever_roster.testing import sample_district, showcase


def nobody_lost_work(host: TwoRosters, section: HostSectionId, progress: dict[AccountId, int]) -> None:
    """Every row of progress is still there, its account is open, and its child is in class with it."""
    assert progress.items() <= host.progress.items()
    with host.store.transaction() as ports:
        accounts = ports.accounts.find([*progress])
        assert accounts.keys() == progress.keys()
        assert all(one.active and ports.links.of(one.id) for one in accounts.values())
    assert {account for account, _ in host.inside(section)} >= progress.keys()


def imported(school: School, snapshot: Snapshot, key: SectionKey, owner: AccountId) -> HostSectionId:
    """The class, chosen from its first source, with a year of work in it."""
    plan = school.host.choose(snapshot, key.section, owner)
    assert {step.hold and step.hold.rule for step in plan.steps} <= {None, Rule.NOT_A_TEACHER}
    school.host.apply(plan)
    section = school.host.attached(key).id
    assert section is not None
    school.host.work(section)
    return section


def truth_of(school: School, section: HostSectionId) -> dict[AccountId, set[PersonId]]:
    """Who each account of a class is, by all ids."""
    found: dict[AccountId, set[PersonId]] = {}
    for row in school.host.rows(section).values():
        if row.person is not None:
            clever = school.domain.origin.get(row.person, row.person)
            found.setdefault(row.account, set()).update({row.person, clever})
    return found


def knows(school: School, section: HostSectionId) -> object:
    """Somebody who knows the children, and answers what is asked."""
    people = truth_of(school, section)

    def right(query: Query) -> bool:
        return school.domain.origin.get(query.person, query.person) in people[query.account]

    return right


def warned(school: School, snapshot: Snapshot, key: SectionKey, owner: AccountId) -> None:
    """Choosing the class from the other source does nothing, and says what it would do."""
    before = school.host.everything()
    plan = school.host.choose(snapshot, key.section, owner)
    assert plan.ready == ()
    assert {step.hold.rule for step in plan.held if step.hold} == {Rule.SECOND_PROVIDER}
    sentence = next(step.hold.sentence for step in plan.held if step.hold)
    assert "one class seen twice" in sentence
    assert "second accounts" in sentence
    assert "can be moved to this source instead" in sentence
    school.host.apply(plan)
    assert school.host.everything() == before


def moved(school: School, section: HostSectionId, snapshot: Snapshot, key: SectionKey) -> Moved:
    host = school.host
    inside, accounts, rows = host.inside(section), host.accounts(), host.rows(section)
    known = {one for ids in truth_of(school, section).values() for one in ids}
    outcome = host.moved(section, snapshot, key.section, knows(school, section))  # type: ignore[arg-type]
    listed = snapshot.sections[key.section].enrollments()
    new = {one.person for one in listed if school.domain.origin.get(one.person, one.person) not in known}
    assert host.inside(section) >= inside, "nobody leaves by it"
    assert host.rows(section).keys() >= rows.keys(), "every row stays"
    assert host.accounts() <= accounts + len(new), "no second account was made"
    assert host.section(section).source == key
    assert host.section(section).id == section
    return outcome


def alike(school: School, section: HostSectionId, snapshot: Snapshot, key: SectionKey) -> None:
    """Every child whom both rosters list is reached by both identities, and they lead to one account."""
    for child in school.children():
        assert school.host.of(school.clever(child)) == school.host.of(school.google(child))
    again = school.host.sync(snapshot)
    assert again.done == (), "an ordinary sync of the new source finds nothing to do"


def test_story_a_google_first_then_clever_is_warned_matched_and_moved(school: School) -> None:
    """A class imported from Google, then chosen from Clever: warned, matched, moved; no duplicate, no lost work."""
    host = school.host
    teacher = school.teacher(school.google(school.show.teacher))
    section = imported(school, school.from_google, school.in_google, teacher)
    host.connect(teacher, school.clever(school.show.teacher))
    progress = dict(host.progress)
    warned(school, school.from_clever, school.in_clever, teacher)
    moved(school, section, school.from_clever, school.in_clever)
    alike(school, section, school.from_clever, school.in_clever)
    nobody_lost_work(host, section, progress)


def test_story_b_clever_first_then_google_is_warned_matched_and_moved(school: School) -> None:
    """The reverse: a class imported from Clever, then chosen from Google."""
    host = school.host
    teacher = school.teacher(school.clever(school.show.teacher))
    section = imported(school, school.from_clever, school.in_clever, teacher)
    host.connect(teacher, school.google(school.show.teacher))
    progress = dict(host.progress)
    warned(school, school.from_google, school.in_google, teacher)
    outcome = moved(school, section, school.from_google, school.in_google)
    alike(school, section, school.from_google, school.in_google)
    nobody_lost_work(host, section, progress)
    # Children without a Google account are not in the new list: they stay all the same.
    without = {
        host.of(school.clever(one))
        for one in school.from_clever.sections[school.section].students
        if one not in school.children()
    }
    assert without <= {*outcome.kept}


def test_story_c_both_done_by_an_impatient_teacher_then_mended(school: School) -> None:
    """Two sections and two accounts of each child; the detector finds them, merges join them, one section remains."""
    host = school.host
    teacher = school.teacher(school.google(school.show.teacher))
    first = imported(school, school.from_google, school.in_google, teacher)
    host.connect(teacher, school.clever(school.show.teacher))
    host.apply(host.choose(school.from_clever, school.section, teacher), against=True)
    second = host.attached(school.in_clever).id
    assert second is not None
    host.work(second)
    worked = dict(host.progress)
    twice = {one for one in school.children() if host.of(school.clever(one)) != host.of(school.google(one))}
    assert twice == {*school.children()}, "a duplicate of every child was made"

    # The detector finds them; whatever it is not sure of is looked at by somebody who knows.
    people = {**truth_of(school, first)}
    for account, ids in truth_of(school, second).items():
        people.setdefault(account, set()).update(ids)
    with host.store.transaction() as ports:
        profiles = duplicates.gather(ports)
    findings = duplicates.find(profiles)
    pairs = [pair for pair in findings.pairs if not people[pair.accounts[0]].isdisjoint(people[pair.accounts[1]])]
    sure = findings.of(duplicates.Zone.SURE)
    assert {pair.accounts for pair in sure} <= {pair.accounts for pair in pairs}, "nobody is merged who is another"
    left = {(host.of(school.google(one)), host.of(school.clever(one))) for one in twice}
    joined = {tuple(sorted(pair.accounts)) for pair in pairs}
    for pair in left:
        assert tuple(sorted(pair)) in joined or _seen_by_the_class(school, first, second, pair)
    for into, source in sorted(left):
        with host.store.transaction() as ports:
            plan = linking.plan_merge(ports, source=source, into=into)
            assert isinstance(plan, linking.MergePlan)
            outcome = linking.merge(
                ports, plan, consent=Consent.STAFF, actor="admin", now=NOW, move_work=_moving(host.progress)
            )
            assert isinstance(outcome, linking.Merged)
    assert sum(host.progress.values()) == sum(worked.values()), "no lesson was lost"

    # Now the two sections are one class of the same accounts; one of them goes on.
    with host.store.transaction() as ports:
        (double,) = crossing.find_double(ports, teacher, tenant=host.tenant)
    assert double.verdict is crossing.Verdict.SAME
    inside = host.inside(first) | host.inside(second)
    move = host.migration(first, school.from_clever, school.section)
    same = [query.pair for query in move.queries]
    assert all(query.role is EnrollmentRole.TEACHER for query in move.queries)
    move = host.migration(first, school.from_clever, school.section, same=same)
    if any(hold.rule is crossing.Rule.MERGE_FIRST for hold in move.holds):
        for query in move.queries:
            _merge(host, source=query.holder or query.account, into=query.account)
        inside = host.inside(first) | host.inside(second)
        move = host.migration(first, school.from_clever, school.section)
    assert {hold.rule for hold in move.holds} == {crossing.Rule.PUTS_AWAY}
    assert isinstance(host.move(move), crossing.Held), "a section is put away on somebody's word only"
    assert isinstance(host.move(move, approved=True), Moved)
    assert host.inside(first) >= inside
    assert host.section(second).archived
    assert host.section(first).source == school.in_clever
    assert host.attached(school.in_clever).id == first
    nobody_lost_work(host, first, dict(host.progress))
    assert host.sync(school.from_clever).done == ()


def _seen_by_the_class(
    school: School, first: HostSectionId, second: HostSectionId, pair: tuple[AccountId, AccountId]
) -> bool:
    """The detector knows a pair by its names; two lists of one class tell it where the names alone do not."""
    with school.host.store.transaction() as ports:
        seen = crossing.overlap(
            crossing.side_here(ports, first), crossing.side_here(ports, second), tenant=school.host.tenant
        )
    return pair in {(match.left.account, match.right.account) for match in seen.matches}


def _moving(progress: dict[AccountId, int]) -> linking.MoveWork:
    def move(_: Ports, source: AccountId, into: AccountId) -> None:
        progress[into] = progress.get(into, 0) + progress.pop(source, 0)

    return move


def _merge(host: TwoRosters, *, source: AccountId, into: AccountId) -> None:
    with host.store.transaction() as ports:
        plan = linking.plan_merge(ports, source=source, into=into)
        assert isinstance(plan, linking.MergePlan)
        linking.merge(ports, plan, consent=Consent.STAFF, actor="admin", now=NOW, move_work=_moving(host.progress))


def test_login_26_google_and_clever_both_active_are_seen_per_student_and_per_class(school: School) -> None:
    """Per student: who is who, with reasons. Per class: a verdict. A host chooses: exclusive, warn or allow."""
    host = school.host
    teacher = school.teacher(school.google(school.show.teacher), school.clever(school.show.teacher))
    imported(school, school.from_google, school.in_google, teacher)
    wish = {school.section: roster.Attachment(owner=teacher)}
    with host.store.transaction() as ports:
        plan = roster.plan(ports, school.from_clever, attach=wish, actor=teacher)
        (seen,) = crossing.find_second(ports, plan, school.section, host.tenant)
        strict, warned_, lax = (
            crossing.guard(ports, plan, tenant=host.tenant, policy=policy) for policy in crossing.Policy
        )
    assert seen.verdict is crossing.Verdict.SAME
    for match in seen.matches:
        assert match.reasons
        assert match.left.person is not None
        assert school.domain.origin[match.left.person] == match.right.person
    assert all(step.hold is not None and step.hold.final for step in strict)
    assert all(step.hold is not None and not step.hold.final for step in warned_)
    assert lax == plan


def test_diagnosis_05_lost_progress_is_prevented_where_it_would_begin(school: School) -> None:
    """A child whose work is under Google finds it behind Clever's button, once the class has moved."""
    host = school.host
    teacher = school.teacher(school.google(school.show.teacher), school.clever(school.show.teacher))
    section = imported(school, school.from_google, school.in_google, teacher)
    moved(school, section, school.from_clever, school.in_clever)
    for child in school.children():
        assert host.progress[host.of(school.clever(child))] > 0


def test_a_move_is_journaled_and_can_be_undone(school: School) -> None:
    """What was done is told by step; undone, source, seats and identities are as before."""
    host = school.host
    teacher = school.teacher(school.google(school.show.teacher), school.clever(school.show.teacher))
    section = imported(school, school.from_google, school.in_google, teacher)
    before, rows = host.everything(), host.rows(section)
    outcome = moved(school, section, school.from_clever, school.in_clever)
    with host.store.transaction() as ports:
        told = [entry.verb for entry in ports.roster.journal(section) if entry.plan == outcome.migration]
    assert "migrate follow" in told
    assert told.count("migrate link") >= outcome.linked - 1
    with host.store.transaction() as ports:
        undone = crossing.undo_migration(ports, outcome.migration, actor="teacher", now=NOW)
    assert undone.unlinked == outcome.linked
    assert host.section(section).source == school.in_google
    joined = {key for key in host.rows(section) if key not in rows}
    assert {host.rows(section)[key].status for key in joined} <= {EnrollmentStatus.WITHDRAWN}
    assert {key: host.rows(section)[key].person for key in rows} == {key: row.person for key, row in rows.items()}
    if not joined:
        assert host.everything() == before
    with host.store.transaction() as ports:
        again = crossing.undo_migration(ports, outcome.migration, actor="teacher", now=NOW)
    assert (again.unlinked, again.kept) == (0, ())


def test_two_who_move_one_class_at_the_same_moment_move_it_once(tmp_path: Path) -> None:
    """A double click, two co-teachers: one of them moves it, the other is told that the roster has moved on."""
    store = SqlStore(f"sqlite:///{tmp_path / 'school.db'}")
    store.create_tables()
    district = sample_district(5, students=60)
    show = showcase(district)
    clever = as_listed(district, show.sections[:1])
    google = as_listed(district, show.sections[:1], provider=GOOGLE_CLASSROOM, under=GOOGLE_ACCOUNTS, mark="g")
    host = TwoRosters({(CLEVER, district.id), (GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS)}, store)
    teacher = host.account(PersonName("Tess", "Tutor"), IdentityKey(CLEVER, district.id, show.teacher))
    host.apply(host.choose(clever, show.sections[0], teacher))
    section = host.attached(SectionKey(CLEVER, district.id, show.sections[0])).id
    assert section is not None
    target = SectionId(f"g{show.sections[0]}")
    same = [query.pair for query in host.migration(section, google, target).queries]
    move = host.migration(section, google, target, same=same)
    together = Barrier(2)

    def one(_: int) -> object:
        together.wait()
        try:
            return host.move(move, approved=True)
        except (StalePlan, Overtaken, IdentityTaken) as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        ended = [*pool.map(one, range(2))]
    assert sorted(type(outcome) is Moved for outcome in ended) == [False, True]
    assert host.section(section).source == SectionKey(GOOGLE_CLASSROOM, GOOGLE_ACCOUNTS, target)
    store.close()


def test_a_plan_is_kept_as_json_and_is_good_for_one_state(school: School) -> None:
    """Written and read back it is the same; once anything moved on, it is refused."""
    host = school.host
    teacher = school.teacher(school.google(school.show.teacher), school.clever(school.show.teacher))
    section = imported(school, school.from_google, school.in_google, teacher)
    move = host.migration(section, school.from_clever, school.section, teacher)
    again = crossing.migration_from_json(crossing.migration_to_json(move))
    assert again == move
    assert again.digest == move.digest
    assert move.count(Deed.FOLLOW) == 1
    told = "\n".join(crossing.explain(move))
    names = [one.name.last for one in school.from_google.people.values() if len(one.name.last) > 3]
    assert not any(name in told or name in repr(move) for name in names)
    for shown in (move, _overlap(school, section)):
        assert not any(name in shown._repr_html_() for name in names)
        assert shown.records()
    asked = move.view(names=True).table("steps").columns
    assert "person_name" in asked
    assert len(move.records("steps")) == len(move.steps)


def _overlap(school: School, section: HostSectionId) -> crossing.Overlap:
    with school.host.store.transaction() as ports:
        here = crossing.side_here(ports, section)
    return crossing.overlap(here, crossing.side_of(school.from_clever, school.section), tenant=school.host.tenant)
