"""The contract has teeth: stores that break a law in a way people really do are caught, each by the law it breaks."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from threading import Barrier

import attrs
import pytest
from hypothesis import Phase, settings

from clever_roster.errors import ConfigurationError, IdentityTaken
from clever_roster.model import IdentityKey, Origin
from clever_roster.ports import rolls_of
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing.contracts import UNSKIPPABLE, StoreContract, cases, machine_for


@attrs.define
class Broken:
    """A port that is as sound as the one within, but for what a subclass breaks."""

    within: object

    def __getattr__(self, name):
        return getattr(self.within, name)


def broken_store(*, attempts=Broken, links=Broken, accounts=Broken, sections=Broken, roster=Broken):
    """A `MemoryStore` whose ports are wrapped."""

    class BrokenStore(MemoryStore):
        @contextmanager
        def transaction(self):
            with super().transaction() as ports:
                yield attrs.evolve(
                    ports,
                    attempts=attempts(ports.attempts),
                    links=links(ports.links),
                    accounts=accounts(ports.accounts),
                    sections=sections(ports.sections),
                    roster=roster(ports.roster),
                )

    broken = (attempts, links, accounts, sections, roster)
    BrokenStore.__name__ = " ".join(port.__name__ for port in broken if port is not Broken)
    return BrokenStore


# --- The mutants ------------------------------------------------------------------------------------------------------


class ForgetsTheBrowser(Broken):
    def consume(self, *, state_digest, browser_digest, now):
        kept = self.within._tables.attempts.get(state_digest)
        browser = browser_digest if kept is None else kept.browser_digest
        return self.within.consume(state_digest=state_digest, browser_digest=browser, now=now)


class BurnsTheAttempt(Broken):
    def consume(self, *, state_digest, browser_digest, now):
        found = self.within.consume(state_digest=state_digest, browser_digest=browser_digest, now=now)
        self.within._tables.attempts.pop(state_digest, None)
        return found


class LeavesTheAttempt(Broken):
    def consume(self, *, state_digest, browser_digest, now):
        found = self.within.consume(state_digest=state_digest, browser_digest=browser_digest, now=now)
        if found is not None:
            self.within.save(found)
        return found


class LeavesExpiryToTheCleaner(Broken):
    def consume(self, *, state_digest, browser_digest, now):
        long_ago = now.replace(year=2000)
        return self.within.consume(state_digest=state_digest, browser_digest=browser_digest, now=long_ago)


class OneAttemptPerBrowser(Broken):
    def save(self, attempt):
        for state, other in tuple(self.within._tables.attempts.items()):
            if other.browser_digest == attempt.browser_digest:
                del self.within._tables.attempts[state]
        self.within.save(attempt)


class ClaimsAlways(Broken):
    def claim_code(self, *, code_digest, now, expires_at):
        self.within.claim_code(code_digest=code_digest, now=now, expires_at=expires_at)
        return True


def folded(key):
    return IdentityKey(key.provider, key.district, key.subject.casefold())


class FoldsCase(Broken):
    def find(self, keys):
        kept = {folded(each.key): each for each in self.within.all()}
        return {key: kept[folded(key)] for key in keys if folded(key) in kept}


class MovesTheIdentity(Broken):
    def add(self, links):
        for each in links:
            self.within.remove(each.key)
            self.within.add([each])


class SwallowsTheConflict(Broken):
    def add(self, links):
        with suppress(IdentityTaken):
            self.within.add(links)


class ForgetsTheDistrict(Broken):
    def find(self, keys):
        kept = {each.key.subject: each for each in self.within.all()}
        return {key: kept[key.subject] for key in keys if key.subject in kept}


class FindsByEmail(Broken):
    def create(self, accounts):
        known = {account.email: account.id for account in self.within.all() if account.email}
        return tuple(known.get(new.email) or self.within.create([new])[0] for new in accounts)


class LosesTheOrder(Broken):
    def create(self, accounts):
        return self.within.create(accounts)[::-1]


class WritesBlanks(Broken):
    def update(self, profiles):
        self.within.update([attrs.evolve(each, email=each.email or "") for each in profiles])


class KeepsEveryAttempt(Broken):
    def save(self, attempt):
        kept = dict(self.within._tables.attempts)
        self.within.save(attempt)
        self.within._tables.attempts.update(kept)


class InsertsWhatItShouldReplace(Broken):
    def replace(self, links):
        for each in links:
            self.within.remove(each.key)
            self.within.add([each])


class ForgetsAccountsOnly(Broken):
    def forget(self, *, accounts, identities):
        return self.within.forget(accounts=accounts, identities=[])


class LosesTheOrderOfSections(Broken):
    def save(self, sections):
        return self.within.save(sorted(sections, key=lambda section: section.id is None))


class SavesSectionsOneByOne(Broken):
    def save(self, sections):
        return tuple(self.within.save([section])[0] for section in sections)


class MovesTheSource(Broken):
    def save(self, sections):
        mine = {section.id for section in sections}
        held = self.within.attached([section.source for section in sections if section.source is not None])
        self.within.save([attrs.evolve(each, source=None) for each in held.values() if each.id not in mine])
        return self.within.save(sections)


class TellsOnlyWhoIsAtWork(Broken):
    def attached_in(self, provider, district):
        every = self.within.attached_in(provider, district)
        return {key: section for key, section in every.items() if not section.archived}


class MixesProviders(Broken):
    def attached_in(self, provider, district):
        held = [section for section in self.within._tables.sections.values() if section.source is not None]
        return {section.source: section for section in held if section.source.district == district}


class CopiesInsteadOfHandingOver(Broken):
    def hand_over(self, enrollments, *, to):
        self.within.save_enrollments([attrs.evolve(row, account=to) for row in enrollments])


class ReplacesTheClass(Broken):
    def save_enrollments(self, enrollments):
        sections = {row.section for row in enrollments}
        rows = self.within._tables.enrollments
        for key in [key for key in rows if key[0] in sections]:
            del rows[key]
        self.within.save_enrollments(enrollments)


class CallsTheRollOfTheSource(Broken):
    def rolls(self, sections):
        rows = self.within.enrollments(sections)
        rows = [attrs.evolve(row, origin=Origin.SOURCE) for row in rows]
        return rolls_of(rows)


class NoticesNoEnding(Broken):
    def rolls(self, sections):
        return rolls_of([row for row in self.within.enrollments(sections) if row.status != "withdrawn"])


class CallsTheRollBackwards(Broken):
    def rolls(self, sections):
        return rolls_of(self.within.enrollments(sections)[::-1])


class FindsEverybody(Broken):
    def enrollments(self, sections=None, *, of=None):
        return self.within.enrollments(sections)


class RemembersTheFirstDigest(Broken):
    def save(self, provider, district, *, people, sections, gone=()):
        for person in people:
            self.within._tables.memos.setdefault(person.id, person.digest)
        self.within.save(provider, district, people=people, sections=sections, gone=gone)

    def digests(self, provider, district, *, people=(), sections=()):
        of_people, of_sections = self.within.digests(provider, district, people=people, sections=sections)
        return {person: self.within._tables.memos[person] for person in of_people}, of_sections


class ForgetsTheGoneEverywhere(Broken):
    def save(self, provider, district, *, people, sections, gone=()):
        rows = self.within._tables.mirror_sections
        for key in [key for key in rows if key.section in gone]:
            del rows[key]
        self.within.save(provider, district, people=people, sections=sections)


class ForgetsEveryDistrict(Broken):
    def forget(self, provider, district, people=None):
        return sum(self.within.forget(*key, people) for key in {key[:2] for key in self.within._tables.mirror_people})


class OverwritesUnseen(Broken):
    def keep_memos(self, memos):
        current = self.within.memos([memo.key for memo in memos])
        now = [attrs.evolve(memo, version=current[memo.key].version if memo.key in current else 0) for memo in memos]
        self.within.keep_memos(now)


class TakesKeysForPatterns(Broken):
    def memos_starting(self, prefix):
        every = self.within.memos_starting("")
        return tuple(memo for memo in every if fnmatchcase(memo.key, prefix.replace("_", "?") + "*"))


class DropsByPrefix(Broken):
    def drop_memos(self, keys):
        return self.within.drop_memos([memo.key for key in keys for memo in self.within.memos_starting(key)])


class SwallowsTheRollback(MemoryStore):
    """Commits what was done before the exception, and lets the exception through."""

    @contextmanager
    def transaction(self):
        failure = None
        with super().transaction() as ports:
            try:
                yield ports
            except Exception as raised:  # noqa: BLE001
                failure = raised
        if failure is not None:
            raise failure


class ReadsThenWrites(MemoryStore):
    """Holds no lock: a second reader gets to read before the first one writes."""

    def __init__(self):
        super().__init__()
        self._meeting = Barrier(2)

    @contextmanager
    def transaction(self):
        yield Unlocked(self._tables.attempts, self._meeting)


@attrs.frozen
class Unlocked:
    """Attempts read and then written, with nothing held in between; the only port that the race asks for."""

    rows: dict
    meeting: Barrier

    @property
    def attempts(self):
        return self

    def save(self, attempt):
        self.rows[attempt.state_digest] = attempt

    def consume(self, *, state_digest, browser_digest, now):
        found = self.rows.get(state_digest)
        self.meeting.wait(5)
        self.rows.pop(state_digest, None)
        return found


MUTANTS = [
    (broken_store(attempts=ForgetsTheBrowser), "the_wrong_browser_finds_nothing_and_leaves_the_attempt"),
    (broken_store(attempts=BurnsTheAttempt), "the_wrong_browser_finds_nothing_and_leaves_the_attempt"),
    (broken_store(attempts=LeavesTheAttempt), "an_attempt_is_consumed_once"),
    (broken_store(attempts=LeavesExpiryToTheCleaner), "expiry_is_judged_on_reading"),
    (broken_store(attempts=OneAttemptPerBrowser), "tabs_live_side_by_side"),
    (broken_store(attempts=ClaimsAlways), "a_code_is_claimed_once"),
    (broken_store(attempts=ClaimsAlways), "one_of_many_claims_the_code"),
    (broken_store(links=FoldsCase), "identities_are_compared_byte_for_byte"),
    (broken_store(links=MovesTheIdentity), "an_identity_belongs_to_one_account"),
    (broken_store(links=SwallowsTheConflict), "an_identity_belongs_to_one_account"),
    (broken_store(links=ForgetsTheDistrict), "districts_do_not_share_identities"),
    (broken_store(accounts=FindsByEmail), "creating_inserts_and_never_finds"),
    (broken_store(accounts=LosesTheOrder), "new_ids_come_in_the_order_given"),
    (broken_store(accounts=WritesBlanks), "an_update_leaves_absent_fields_alone"),
    (broken_store(attempts=KeepsEveryAttempt), "a_browser_keeps_its_newest_attempts"),
    (broken_store(links=InsertsWhatItShouldReplace), "replacing_a_link_overwrites_and_never_inserts"),
    (broken_store(attempts=ForgetsAccountsOnly), "attempts_of_the_forgotten_go"),
    (broken_store(sections=LosesTheOrderOfSections), "sections_come_back_in_the_order_given"),
    (broken_store(sections=SavesSectionsOneByOne), "many_sections_are_saved_or_none"),
    (broken_store(sections=MovesTheSource), "a_source_section_is_attached_once"),
    (broken_store(sections=MovesTheSource), "one_of_many_attaches_the_section"),
    (broken_store(sections=TellsOnlyWhoIsAtWork), "a_district_tells_its_sections"),
    (broken_store(sections=MixesProviders), "a_district_tells_its_sections"),
    (broken_store(sections=CopiesInsteadOfHandingOver), "rows_are_handed_over_and_none_is_lost"),
    (broken_store(sections=ReplacesTheClass), "enrollments_are_overwritten_one_by_one"),
    (broken_store(sections=CallsTheRollOfTheSource), "a_roll_tells_the_rows_in_brief"),
    (broken_store(sections=NoticesNoEnding), "a_roll_tells_the_rows_in_brief"),
    (broken_store(sections=CallsTheRollBackwards), "a_roll_tells_the_rows_in_brief"),
    (broken_store(sections=FindsEverybody), "enrollments_are_found_by_account"),
    (broken_store(roster=RemembersTheFirstDigest), "digests_tell_what_was_said"),
    (broken_store(roster=ForgetsTheGoneEverywhere), "the_mirror_forgets_sections_that_are_gone"),
    (broken_store(roster=ForgetsEveryDistrict), "what_a_source_said_is_forgotten"),
    (broken_store(roster=OverwritesUnseen), "a_memo_is_not_overwritten_unseen"),
    (broken_store(roster=OverwritesUnseen), "one_of_many_keeps_the_memo"),
    (broken_store(roster=TakesKeysForPatterns), "memos_are_found_by_the_beginning_of_their_keys"),
    (broken_store(roster=DropsByPrefix), "dropped_memos_are_gone"),
    (SwallowsTheRollback, "an_exception_undoes_everything"),
    (ReadsThenWrites, "one_of_many_consumes_the_attempt"),
]


@pytest.mark.parametrize(("store", "law"), MUTANTS, ids=[f"{store.__name__} breaks {law}" for store, law in MUTANTS])
def test_a_broken_store_is_caught_by_the_law_it_breaks(store, law):
    """The suite fails where it should, so passing it means something."""
    (case,) = [case for case in cases() if case.id == law]
    with pytest.raises(AssertionError):
        case.run(store())


@pytest.mark.parametrize(
    "store",
    [broken_store(links=FoldsCase), broken_store(accounts=WritesBlanks), SwallowsTheRollback],
    ids=["folds case", "writes blanks", "swallows the rollback"],
)
def test_random_histories_find_broken_stores_too(store):
    """The state machine knows nothing of the mutants, and still tells them from the model."""
    machine = machine_for(store, examples=600)
    machine.settings = settings(machine.settings, phases=[Phase.generate])  # found is enough; shrinking takes long
    with pytest.raises(AssertionError):
        machine("runTest").runTest()


def test_ids_of_cases_are_unique_and_each_says_its_law():
    """A case's id is what CI reports; its law is what the failing test shows."""
    ids = [case.id for case in cases()]
    assert len(set(ids)) == len(ids)
    assert all(case.law.endswith(".") for case in cases())
    assert set(ids) >= UNSKIPPABLE


def test_the_laws_that_logins_rest_on_cannot_be_skipped():
    """Declaring one of them as skipped fails the whole suite, whatever the reason."""

    class Lax(StoreContract):
        skipped = {"an_identity_belongs_to_one_account": "we are nearly unique"}  # noqa: RUF012

        def make_store(self):
            return MemoryStore()

    with pytest.raises(ConfigurationError, match="an_identity_belongs_to_one_account"):
        Lax().test_law(cases()[0])


def test_a_failing_law_is_told_with_its_promise():
    """Whoever reads the failure reads what the port promised."""

    class Folding(StoreContract):
        def make_store(self):
            return broken_store(links=FoldsCase)()

    (case,) = [case for case in cases() if case.id == "identities_are_compared_byte_for_byte"]
    with pytest.raises(AssertionError) as failed:
        Folding().test_law(case)
    assert failed.value.__notes__ == [f"The law: {case.law}"]
