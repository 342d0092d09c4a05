"""What undoing a run would do, as a plan of its own: read before it is done, approved where it takes many out.

A run left its trace: each record before and after. Going back from the newest change to the oldest, a record returns as
far as it is still what the run left; what people or later runs changed since stays as it is, and is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

import attrs

from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    Account,
    AccountId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    HostSectionId,
    Origin,
    Person,
    PersonId,
    PersonName,
    ProfileUpdate,
    Role,
    Section,
    SectionId,
    SectionKey,
    SyncMode,
)
from clever_roster.model.digests import digest_of
from clever_roster.ports import Ports
from clever_roster.roster.limits import Limits
from clever_roster.roster.plan import Hold, Rule
from clever_roster.roster.trace import Trace, traces
from clever_roster.roster.written import Codec

__all__ = ["Reversal", "plan_undo", "reversal_from_json", "reversal_to_json"]

Key = TypeVar("Key")
Record = TypeVar("Record")

ORDINARY: Final = Limits()


@attrs.frozen(kw_only=True, repr=False)
class Reversal:
    """What would go back: each record as it is now, and as it would be.

    Attributes:
        plan: digest of the plan whose run is undone.
        rows: enrollments; who was enrolled by the run would be withdrawn, nobody is deleted.
        sections: a section that the run made would be put away and cut from its source.
        profiles: names and emails.
        people, listed: what the source had said before; a None means that it had said nothing.
        kept: what was edited after the run, and stays as it is: ids only.
        holds: the sections whose rows wait for a person's word, and why.
    """

    plan: str
    rows: tuple[tuple[HostEnrollment, HostEnrollment], ...] = ()
    sections: tuple[tuple[HostSection, HostSection], ...] = ()
    profiles: tuple[tuple[ProfileUpdate, ProfileUpdate], ...] = ()
    people: tuple[tuple[Person, Person], ...] = ()
    listed: tuple[tuple[SectionId, Section | None], ...] = ()
    source: SectionKey | None = None
    kept: tuple[str, ...] = ()
    holds: Mapping[HostSectionId, Hold] = attrs.field(factory=dict[HostSectionId, Hold])
    limits: Limits = ORDINARY

    def __repr__(self) -> str:
        waiting = sum(now.section in self.holds for now, _ in self.rows)
        return f"<Reversal {self.digest[:12]} of {self.plan[:12]}: {len(self.rows)} rows go back, {waiting} held>"

    @property
    def empty(self) -> bool:
        """Whether nothing is left to go back."""
        return not (self.rows or self.sections or self.profiles or self.people or self.listed)

    @cached_property
    def digest(self) -> str:
        """What an approval names (32 hex digits)."""
        return digest_of(reversal_to_json(self))

    def explain(self) -> Iterator[str]:
        """What would happen, in sentences: ids, no names."""
        for now, then in self.rows:
            hold = self.holds.get(now.section)
            wait = "" if hold is None else f" Held: {hold.sentence}"
            yield f"Account {now.account} in section {now.section}: {now.status} becomes {then.status}.{wait}"
        for before, after in self.sections:
            put_away = after.archived and not before.archived
            yield f"Section {before.id}: {'is put away' if put_away else 'is again as it was'}."
        for one, _ in self.profiles:
            yield f"Account {one.account}: its name or email is again as it was."
        for one_kept in self.kept:
            yield f"What was edited since stays: {one_kept}."


def plan_undo(ports: Ports, plan: str, *, limits: Limits = ORDINARY) -> Reversal:
    """Say what undoing a run would do. Of an unknown plan, or one undone before, nothing goes back. Writes nothing."""
    newest_first = tuple(reversed(traces(ports, plan)))
    touched = {after.section for trace in newest_first for _, after in trace.rows}
    current = ports.sections.enrollments(touched) if touched else ()
    by_seat = {(row.section, row.account, row.role): row for row in current}
    kept: list[str] = []
    rows = _back(
        by_seat,
        [((after.section, after.account, after.role), before, after) for t in newest_first for before, after in t.rows],
        lambda key: kept.append(f"account {key[1]} in section {key[0]}"),
    )
    open_now = _sections(ports, [after for trace in newest_first for _, after in trace.sections])
    sections = _back(
        open_now,
        [(after.id, before, after) for t in newest_first for before, after in t.sections if after.id is not None],
        lambda key: kept.append(f"section {key}"),
    )
    profiles = _profiles(ports, newest_first, kept)
    source = next((trace.source for trace in newest_first if trace.source is not None), None)
    people, listed = ({}, {}) if source is None else _said(ports, source, newest_first)
    then_rows = tuple((by_seat[key], _ended(by_seat[key]) if row is None else row) for key, row in rows.items())
    then_sections = tuple(
        (open_now[key], _put_away(open_now[key]) if was is None else was) for key, was in sections.items()
    )
    closing = {now.id for now, then in then_sections if then.archived and not now.archived}
    return Reversal(
        plan=plan,
        rows=then_rows,
        sections=then_sections,
        profiles=profiles,
        people=tuple((now, then) for now, then in people.values() if then is not None),
        listed=tuple((key, then) for key, (_, then) in sorted(listed.items())),
        source=source,
        kept=tuple(kept),
        holds=_holds(then_rows, current, closing, limits),
        limits=limits,
    )


def _sections(ports: Ports, left: Collection[HostSection]) -> dict[HostSectionId, HostSection]:
    """Sections as they are now: all that are still attached at once, and one by one only those that were cut off."""
    found = ports.sections.attached(sorted({one.source for one in left if one.source is not None}))
    attached = {one.id: one for one in found.values()}
    ids = sorted({one.id for one in left if one.id is not None})
    return {key: attached[key] if key in attached else ports.sections.get(key) for key in ids}


def _back(
    now: Mapping[Key, Record], changes: Sequence[tuple[Key, Record | None, Record]], edited: Callable[[Key], None]
) -> dict[Key, Record | None]:
    """What each record goes back to, change by change from the newest on, as far as it is what a change left."""
    then: dict[Key, Record | None] = {}
    lost: set[Key] = set()
    for key, before, after in changes:
        if key in lost:
            continue
        if then.get(key, now.get(key)) == after:
            then[key] = before
            continue
        lost.add(key)
        if key not in then:
            edited(key)
    return then


def _ended(row: HostEnrollment) -> HostEnrollment:
    return attrs.evolve(row, status=EnrollmentStatus.WITHDRAWN)


def _put_away(section: HostSection) -> HostSection:
    return attrs.evolve(section, source=None, archived=True)


def _profiles(
    ports: Ports, newest_first: tuple[Trace, ...], kept: list[str]
) -> tuple[tuple[ProfileUpdate, ProfileUpdate], ...]:
    """Names and emails: a field goes back where it still is what the run wrote."""
    changes = [pair for trace in newest_first for pair in trace.profiles]
    now: dict[AccountId, Account] = {}
    if changes:
        now.update(ports.accounts.find(sorted({after.account for _, after in changes})))
    then: dict[AccountId, Account] = {}
    lost: set[AccountId] = set()
    for before, after in changes:
        account = then.get(after.account, now.get(after.account))
        if account is not None and after.account not in lost and _is_as_left(account, after):
            name = account.name if before.name is None else before.name
            email = account.email if before.email is None else before.email
            then[account.id] = attrs.evolve(account, name=name, email=email)
        elif after.account not in then:
            lost.add(after.account)
            kept.append(f"account {after.account}")
    return tuple((_profile(now[key], account), _profile(account, now[key])) for key, account in sorted(then.items()))


def _is_as_left(account: Account, after: ProfileUpdate) -> bool:
    same_email = after.email is None or after.email == (account.email or "")
    return after.name in (None, account.name) and same_email


def _profile(one: Account, other: Account) -> ProfileUpdate:
    """The fields of an account in which it differs from another."""
    return ProfileUpdate(
        account=one.id,
        name=None if one.name == other.name else one.name,
        email=None if (one.email or "") == (other.email or "") else one.email or "",
    )


def _said(
    ports: Ports, source: SectionKey, newest_first: tuple[Trace, ...]
) -> tuple[
    dict[PersonId, tuple[Person, Person | None]],
    dict[SectionId, tuple[Section | None, Section | None]],
]:
    """What the source had said before, as long as nothing newer was heard."""
    provider, district = source.provider, source.district
    of_people = [(after.id, before, after) for trace in newest_first for before, after in trace.people]
    known = ports.roster.people(provider, district, sorted({key for key, _, _ in of_people}))
    people = _back(known, of_people, lambda _: None)
    changes = [change for trace in newest_first for change in trace.listed]
    found = ports.roster.sections(
        [SectionKey(provider, district, key) for key in sorted({key for key, _, _ in changes})]
    )
    said: dict[SectionId, Section | None] = {key.section: section for key, section in found.items()}
    then: dict[SectionId, Section | None] = {}
    for key, before, after in changes:
        now = then.get(key, said.get(key))
        if (None if now is None else now.digest) == after:
            then[key] = before
    return (
        {key: (known[key], before) for key, before in people.items()},
        {key: (said.get(key), before) for key, before in then.items()},
    )


def _holds(
    rows: tuple[tuple[HostEnrollment, HostEnrollment], ...],
    current: tuple[HostEnrollment, ...],
    closing: Collection[HostSectionId | None],
    limits: Limits,
) -> dict[HostSectionId, Hold]:
    """An undo takes out too, and more than a night may: it waits like one. A section that is put away keeps nobody."""
    ends = EnrollmentStatus.ACTIVE
    going = Counter(
        now.section
        for now, then in rows
        if now.role is EnrollmentRole.STUDENT and now.status is ends and then.status is not ends
    )
    sizes = Counter(
        row.section
        for row in current
        if row.role is EnrollmentRole.STUDENT and row.status is ends and row.origin is not Origin.MANUAL
    )
    return {
        section: Hold(rule=Rule.MASS_REMOVAL, sentence=f"{count} of {sizes[section]} students would leave at once.")
        for section, count in sorted(going.items())
        if section not in closing
        and (count > limits.most or (count > limits.free and count > limits.share * sizes[section]))
    }


CODEC: Final = Codec(
    (
        *(Reversal, Hold, Rule, Limits),
        *(HostEnrollment, EnrollmentRole, EnrollmentStatus, Origin),
        *(HostSection, SectionKey, SyncMode, ProfileUpdate, PersonName, Person, Role, Section),
    )
)


def reversal_to_json(reversal: Reversal) -> str:
    """The reversal as JSON; equal ones give equal texts. It holds names, as the roster does."""
    return CODEC.dumps(reversal)


def reversal_from_json(text: str) -> Reversal:
    """The reversal that `reversal_to_json` wrote: equal to it, with the same digest.

    Raises:
        ConfigurationError: the text is no reversal of this version.
    """
    reversal = CODEC.loads(text)
    if not isinstance(reversal, Reversal):
        raise ConfigurationError("This is no reversal.", next_step="Read a text that reversal_to_json wrote.")
    return reversal
