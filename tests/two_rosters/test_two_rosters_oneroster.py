"""Clever and OneRoster side by side: the same children by the district's own ids, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import httpx
import pytest
from double_host import NOW, TwoRosters

from clever_roster import crossing
from clever_roster.clever import CleverClient
from clever_roster.crossing import Deed, Likeness, Moved, Verdict
from clever_roster.model import (
    CLEVER,
    ONEROSTER,
    EnrollmentRole,
    IdentityKey,
    PersonId,
    PersonName,
    Role,
    SectionId,
    SectionKey,
    Snapshot,
)
from clever_roster.roster import Rule
from clever_roster.sources.oneroster import OneRosterClient, Version
from clever_roster.testing import District, Showcase, Simulator, sample_district, showcase, transport
from clever_roster.testing.oneroster import SimulatedOneRoster, class_id, sample_bundle


@attrs.frozen(kw_only=True)
class Both:
    """One class in Clever and in the student information system."""

    district: District
    show: Showcase
    from_clever: Snapshot
    from_sis: Snapshot

    @property
    def section(self) -> SectionId:
        return self.show.sections[0]

    @property
    def class_(self) -> SectionId:
        return class_id(self.district.sections[self.section])

    def sis_id(self, person: PersonId) -> PersonId:
        one = self.district.people[person]
        return PersonId(one.sis_ids.get(Role.STUDENT) or one.sis_ids.get(Role.TEACHER) or one.id)


@pytest.fixture(params=Version)
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    district = sample_district(11, students=80)
    show = showcase(district)
    clever = Simulator([district], clock=lambda: NOW)
    service = SimulatedOneRoster(sample_bundle(district, version=request.param), clock=lambda: NOW)
    with httpx.Client(transport=transport(clever)) as one, httpx.Client(transport=transport(service)) as other:
        client = CleverClient(clever.district_token(district.id), http=one, clock=lambda: NOW)
        sis = OneRosterClient(
            f"https://sis.example{service.root}",
            token_url="https://sis.example/oauth/token",
            client_id=service.client_id,
            client_secret=service.client_secret,
            http=other,
            clock=lambda: NOW,
        )
        wanted = class_id(district.sections[show.sections[0]])
        yield Both(
            district=district,
            show=show,
            from_clever=client.fetch_snapshot(district.id, [show.sections[0]]),
            from_sis=sis.fetch_snapshot([wanted]),
        )


def test_the_districts_own_ids_say_who_is_who(both: Both) -> None:
    """Clever's `sis_id` is OneRoster's `sourcedId`: in one tenant that leaves no doubt, whatever the names."""
    tenant = {(CLEVER, both.district.id), (ONEROSTER, both.from_sis.district)}
    sides = crossing.side_of(both.from_clever, both.section), crossing.side_of(both.from_sis, both.class_)
    seen = crossing.overlap(*sides, tenant=tenant)
    assert seen.verdict is Verdict.SAME
    assert seen.share == 1
    pupils = [match for match in seen.matches if match.left.role is EnrollmentRole.STUDENT]
    assert {(match.left.who, match.right.who) for match in pupils} == {
        (one, both.sis_id(one)) for one in both.from_clever.sections[both.section].students
    }
    assert {match.likeness for match in pupils} == {Likeness.SURE}


def test_a_class_moves_from_clever_to_the_information_system_and_back(both: Both) -> None:
    """Warned before, matched, moved, moved back: the seats are as they were, and all work is reachable."""
    host = TwoRosters({(CLEVER, both.district.id), (ONEROSTER, both.from_sis.district)})
    sample = both.district.people[both.show.teacher]
    teacher = host.account(
        PersonName(sample.first, sample.last),
        IdentityKey(CLEVER, both.district.id, both.show.teacher),
        IdentityKey(ONEROSTER, both.from_sis.district, both.sis_id(both.show.teacher)),
    )
    host.apply(host.choose(both.from_clever, both.section, teacher))
    section = host.attached(SectionKey(CLEVER, both.district.id, both.section)).id
    assert section is not None
    host.work(section)
    before, progress, accounts = host.rows(section), dict(host.progress), host.accounts()
    plan = host.choose(both.from_sis, both.class_, teacher)
    assert {step.hold and step.hold.rule for step in plan} == {Rule.SECOND_PROVIDER}
    there = host.moved(section, both.from_sis, both.class_, lambda query: True)
    assert (there.kept, host.accounts()) == ((), accounts)
    for one in both.from_clever.sections[both.section].students:
        own = host.of(IdentityKey(CLEVER, both.district.id, one))
        assert host.of(IdentityKey(ONEROSTER, both.from_sis.district, both.sis_id(one))) == own
        assert progress[own] > 0
    assert host.sync(both.from_sis).done == ()
    back = host.migration(section, both.from_clever, both.section, teacher)
    assert (back.queries, back.holds, back.count(Deed.LINK)) == ((), (), 0)
    assert isinstance(host.move(back), Moved)
    assert host.rows(section) == before
    assert host.sync(both.from_clever).done == ()
