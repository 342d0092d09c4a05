"""Random histories: whatever is done to a store, it ends as `MemoryStore` ends.

Every step is one transaction, done to both stores; some of them fail on purpose after the work. What the ports answered
is compared at once, and everything that is kept after each step. Ids differ from store to store, so people and sections
go by the place in which they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, TypeAlias
from unittest import TestCase

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clever_roster.errors import StoreError
from clever_roster.model import (
    CLEVER,
    Account,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Link,
    NewAccount,
    Origin,
    Person,
    PersonId,
    PersonName,
    ProfileUpdate,
    Section,
    SectionId,
)
from clever_roster.ports import JournalEntry, Memo, Ports, Store
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing.contracts.samples import NOW, identity, link, login, source

__all__ = ["machine_for"]

DISTRICTS = (DistrictId("d"), DistrictId("D"))
IDS = ("a", "A", "é", "e\u0301", "b ")
KEYS = tuple(identity(subject, district) for subject in IDS for district in DISTRICTS)
SOURCES = tuple(source(section, district) for section in IDS for district in DISTRICTS)

# NUL and lone surrogates are no text that a database could keep.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
names = st.builds(PersonName, texts, texts, texts)
places = st.integers(0, 5)
ids = st.sampled_from(IDS)
keys = st.sampled_from(KEYS)
sources = st.none() | st.sampled_from(SOURCES)
moments = st.integers(0, 3).map(lambda minutes: NOW + timedelta(minutes=minutes))


@attrs.frozen
class _Side:
    """One of the two stores, and its own ids for the people and sections that both have."""

    store: Store
    people: list[AccountId] = attrs.field(factory=list[AccountId])
    classes: list[HostSectionId] = attrs.field(factory=list[HostSectionId])

    def person(self, place: int) -> AccountId:
        return self.people[place % len(self.people)]

    def section(self, place: int) -> HostSectionId:
        return self.classes[place % len(self.classes)]

    def place_of(self, account: AccountId) -> AccountId:
        return AccountId(f"person {self.people.index(account)}")

    def place_of_class(self, section: HostSectionId) -> HostSectionId:
        return HostSectionId(f"class {self.classes.index(section)}")

    def named(self, value: Any) -> Any:
        """The value with this store's ids replaced by places."""
        match value:
            case Link(account=account):
                return attrs.evolve(value, account=self.place_of(account))
            case Account(id=account):
                return self.place_of(account), value.name, value.email, value.active, value.has_password
            case HostSection(id=section, owner=owner):
                return attrs.evolve(value, id=section and self.place_of_class(section), owner=self.place_of(owner))
            case HostEnrollment(section=section, account=account):
                return attrs.evolve(value, section=self.place_of_class(section), account=self.place_of(account))
            case _:
                return value

    def all_named(self, values: Collection[Any]) -> Sequence[Any]:
        return [self.named(value) for value in values]


Work: TypeAlias = Callable[[Ports, _Side], object]


class _Undone(Exception):
    """Raised after the work, to see it undone."""


class _StoreMachine(RuleBasedStateMachine):
    """Does everything to a store and to the model, and compares."""

    def make_store(self) -> Store:
        raise NotImplementedError

    def end_store(self, store: Store) -> None:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.sides = (_Side(MemoryStore()), _Side(self.make_store()))

    def teardown(self) -> None:
        self.end_store(self.sides[1].store)

    def both(self, work: Work, *, undone: bool = False) -> None:
        """Do the work in a transaction of each store; the answers, or the errors, must be alike."""
        model, real = (self._answer(side, work, undone=undone) for side in self.sides)
        assert real == model

    @staticmethod
    def _answer(side: _Side, work: Work, *, undone: bool) -> object:
        try:
            with side.store.transaction() as ports:
                answer = work(ports, side)
                if undone:
                    raise _Undone  # noqa: TRY301 - raised here to be caught outside of the transaction
        except _Undone:
            return None
        except StoreError as error:
            return type(error)
        return answer

    # --- Who arrived --------------------------------------------------------------------------------------------------

    @rule(state=ids, browser=ids, minutes=st.integers(0, 3), connects=st.booleans(), undone=st.booleans())
    def save_attempt(self, state: str, browser: str, minutes: int, *, connects: bool, undone: bool) -> None:
        attempt = login(state, browser, lasts=timedelta(minutes=minutes), connect=AccountId("1") if connects else None)
        self.both(lambda ports, _: ports.attempts.save(attempt), undone=undone)

    @rule(state=ids, browser=ids, now=moments, undone=st.booleans())
    def consume_attempt(self, state: str, browser: str, now: Any, *, undone: bool) -> None:
        wanted = login(state, browser)
        self.both(
            lambda ports, _: ports.attempts.consume(
                state_digest=wanted.state_digest, browser_digest=wanted.browser_digest, now=now
            ),
            undone=undone,
        )

    @rule(browser=ids)
    def discard_attempts(self, browser: str) -> None:
        self.both(lambda ports, _: ports.attempts.discard(browser_digest=login("", browser).browser_digest))

    @rule(code=ids, undone=st.booleans())
    def claim_code(self, code: str, *, undone: bool) -> None:
        end = NOW + timedelta(minutes=10)
        # The note's own clock stands still, so that no store has a reason to drop an attempt or a note.
        self.both(
            lambda ports, _: ports.attempts.claim_code(code_digest=code, now=NOW - timedelta(1), expires_at=end),
            undone=undone,
        )

    # --- Whose account ------------------------------------------------------------------------------------------------

    @rule(people=st.lists(st.tuples(names, st.none() | texts), max_size=4))
    def create_accounts(self, people: list[tuple[PersonName, str | None]]) -> None:
        new = [NewAccount(name=name, email=email) for name, email in people]
        self.both(lambda ports, side: side.people.extend(ports.accounts.create(new)))

    @precondition(lambda self: self.sides[0].people)
    @rule(changes=st.lists(st.tuples(places, st.none() | names, st.none() | texts), max_size=3), undone=st.booleans())
    def update_accounts(self, changes: list[tuple[int, PersonName | None, str | None]], *, undone: bool) -> None:
        def work(ports: Ports, side: _Side) -> None:
            by_person = {side.person(place): (name, email) for place, name, email in changes}
            ports.accounts.update(
                [ProfileUpdate(account=person, name=name, email=email) for person, (name, email) in by_person.items()]
            )

        self.both(work, undone=undone)

    @precondition(lambda self: self.sides[0].people)
    @rule(pairs=st.lists(st.tuples(keys, places), max_size=3), undone=st.booleans())
    def add_links(self, pairs: list[tuple[Any, int]], *, undone: bool) -> None:
        self.both(
            lambda ports, side: ports.links.add([link(key, side.person(place)) for key, place in pairs]), undone=undone
        )

    @rule(key=keys, undone=st.booleans())
    def remove_link(self, key: Any, *, undone: bool) -> None:
        self.both(lambda ports, _: ports.links.remove(key), undone=undone)

    @precondition(lambda self: self.sides[0].people)
    @rule(place=places)
    def look_up(self, place: int) -> None:
        self.both(
            lambda ports, side: (
                side.all_named(ports.links.of(side.person(place))),
                side.named(ports.accounts.lock(side.person(place))),
            )
        )

    # --- What changed in class ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.sides[0].people)
    @rule(sections=st.lists(st.tuples(texts, places, sources), max_size=3))
    def new_sections(self, sections: list[tuple[str, int, Any]]) -> None:
        def work(ports: Ports, side: _Side) -> object:
            saved = ports.sections.save(
                [HostSection(name=name, owner=side.person(owner), source=key) for name, owner, key in sections]
            )
            side.classes.extend(section.id for section in saved if section.id is not None)
            return side.all_named(saved)

        self.both(work)

    @precondition(lambda self: self.sides[0].classes)
    @rule(changes=st.lists(st.tuples(places, texts, sources, st.booleans()), max_size=3), undone=st.booleans())
    def change_sections(self, changes: list[tuple[int, str, Any, bool]], *, undone: bool) -> None:
        def work(ports: Ports, side: _Side) -> object:
            changed = [
                attrs.evolve(ports.sections.get(side.section(place)), name=name, source=key, archived=archived)
                for place, name, key, archived in changes
            ]
            return side.all_named(ports.sections.save(changed))

        self.both(work, undone=undone)

    @precondition(lambda self: self.sides[0].classes)
    @rule(
        rows=st.lists(
            st.tuples(
                places,
                places,
                st.sampled_from(EnrollmentRole),
                st.sampled_from(Origin),
                st.sampled_from(EnrollmentStatus),
                moments,
                st.none() | ids,
            ),
            max_size=4,
        ),
        undone=st.booleans(),
    )
    def save_enrollments(self, rows: list[tuple[Any, ...]], *, undone: bool) -> None:
        def work(ports: Ports, side: _Side) -> None:
            ports.sections.save_enrollments(
                [
                    HostEnrollment(
                        section=side.section(section),
                        account=side.person(account),
                        role=role,
                        origin=origin,
                        status=status,
                        since=NOW,
                        changed_at=moment,
                        person=person,
                    )
                    for section, account, role, origin, status, moment, person in rows
                ]
            )

        self.both(work, undone=undone)

    @rule(
        district=st.sampled_from(DISTRICTS),
        people=st.lists(st.tuples(ids, names, st.none() | st.dates()), max_size=3),
        sections=st.lists(st.tuples(ids, texts, st.lists(ids, max_size=3)), max_size=3),
        gone=st.sets(ids, max_size=2),
        undone=st.booleans(),
    )
    def save_mirror(
        self, district: DistrictId, people: list[Any], sections: list[Any], gone: set[str], *, undone: bool
    ) -> None:
        described = [
            Person(id=PersonId(person), district=district, name=name, birth_date=born) for person, name, born in people
        ]
        listed = [
            Section(id=SectionId(section), district=district, name=name, students=tuple(map(PersonId, students)))
            for section, name, students in sections
            if section not in gone
        ]
        self.both(
            lambda ports, _: ports.roster.save(
                CLEVER, district, people=described, sections=listed, gone=[SectionId(section) for section in gone]
            ),
            undone=undone,
        )

    @rule(section=ids, verbs=st.lists(texts, max_size=3), undone=st.booleans())
    def record(self, section: str, verbs: list[str], *, undone: bool) -> None:
        entry = JournalEntry(at=NOW, plan="plan", actor="nightly", verb="", section=HostSectionId(section))
        entries = [attrs.evolve(entry, verb=verb) for verb in verbs]
        self.both(lambda ports, _: ports.roster.record(entries), undone=undone)

    @rule(district=st.sampled_from(DISTRICTS), people=st.none() | st.sets(ids, max_size=2), undone=st.booleans())
    def forget_mirror(self, district: DistrictId, people: set[str] | None, *, undone: bool) -> None:
        named = None if people is None else [PersonId(person) for person in people]
        self.both(lambda ports, _: ports.roster.forget(CLEVER, district, named), undone=undone)

    @rule(key=ids, text=texts, version=st.integers(0, 2), undone=st.booleans())
    def keep_memo(self, key: str, text: str, version: int, *, undone: bool) -> None:
        memo = Memo(key=key, text=text, version=version)
        self.both(lambda ports, _: ports.roster.keep_memos([memo]), undone=undone)

    @rule(keys=st.sets(ids, max_size=2), undone=st.booleans())
    def drop_memos(self, keys: set[str], *, undone: bool) -> None:
        self.both(lambda ports, _: ports.roster.drop_memos(keys), undone=undone)

    # --- What is kept -------------------------------------------------------------------------------------------------

    @invariant()
    def both_keep_the_same(self) -> None:
        self.both(
            lambda ports, side: (
                side.all_named(tuple(ports.links.all())),
                {key: side.named(found) for key, found in ports.links.find(KEYS).items()},
                {side.named(account) for account in ports.accounts.all()},
                {key: side.named(found) for key, found in ports.sections.attached(SOURCES).items()},
                [
                    {key: side.named(found) for key, found in ports.sections.attached_in(CLEVER, district).items()}
                    for district in DISTRICTS
                ],
                {side.named(row) for row in ports.sections.enrollments()},
                dict(ports.roster.sections(SOURCES)),
                [ports.roster.sections_in(CLEVER, district) for district in DISTRICTS],
                [dict(ports.roster.people(CLEVER, district)) for district in DISTRICTS],
                [ports.roster.journal(HostSectionId(section)) for section in IDS],
                ports.roster.memos_starting(""),
            )
        )


def machine_for(
    make_store: Callable[[], Store], *, end_store: Callable[[Any], None] = lambda _: None, examples: int = 20
) -> type[TestCase]:
    """A test case that compares fresh stores with `MemoryStore` over so many random histories.

    Args:
        make_store: makes a fresh store with nothing in it, for every history.
        end_store: lets go of what `make_store` opened.
        examples: how many histories.
    """

    class StoreMachine(_StoreMachine):
        def make_store(self) -> Store:
            return make_store()

        def end_store(self, store: Store) -> None:
            end_store(store)

    case: type[TestCase] = StoreMachine.TestCase
    case.settings = settings(  # type: ignore[attr-defined]
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    return case
