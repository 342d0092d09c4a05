"""What a plan is: ordered steps that a person can read, each ready or held, and what somebody should look into.

Only the values stand here. `draft` makes a plan, `guard` holds its steps, `apply` and `run` carry it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

import attrs

from clever_roster.display.views import Shown, View
from clever_roster.model import AccountId, EnrollmentRole, HostSectionId, Person, PersonId, Role, SectionId, Snapshot
from clever_roster.model.digests import digest_of
from clever_roster.roster.diff import FieldChange
from clever_roster.roster.host import Attachment
from clever_roster.roster.limits import Limits

__all__ = ["Hold", "Note", "Plan", "Proposal", "ProposalKind", "Rule", "Step", "StepKey", "Verb"]


class Verb(StrEnum):
    """What a step does, in the order in which steps are carried out: what is needed first, and endings last.

    REOPEN: a section that the source had lost is back. ADOPT: the source now lists somebody whom a teacher added by
    hand. RELEASE: it no longer does, and they stay.
    """

    ATTACH = "attach"
    REOPEN = "reopen"
    ALTER_SECTION = "alter_section"
    ALTER_PERSON = "alter_person"
    ENROLL = "enroll"
    RESTORE = "restore"
    ADOPT = "adopt"
    MOVE = "move"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"


ORDINARY: Final = Limits()

ORDER: Final = {verb: place for place, verb in enumerate(Verb)}


class Rule(StrEnum):
    """Why a step is held."""

    MASS_REMOVAL = "mass_removal"
    OVER_BUDGET = "over_budget"
    TYPE_BRAKE = "type_brake"
    DISTRICT_BRAKE = "district_brake"
    UNCONFIRMED = "unconfirmed"
    EMPTIED = "emptied"
    EMPTY_SOURCE = "empty_source"
    SECTION_GONE = "section_gone"
    NOT_SHARED = "not_shared"
    DISTRICT_PAUSED = "district_paused"
    TERM_ENDED = "term_ended"
    STALE_READ = "stale_read"
    LAST_TEACHER = "last_teacher"
    NOT_THEIR_CLASS = "not_their_class"
    NOT_A_TEACHER = "not_a_teacher"
    OTHER_SOURCE = "other_source"
    SECOND_PROVIDER = "second_provider"
    REKEY = "rekey"
    IDENTITY_SUSPECT = "identity_suspect"
    NOT_APPROVED = "not_approved"


@attrs.frozen(kw_only=True)
class Hold:
    """A step waits, and says why. A `final` hold is not released by approval: another plan has to be made.

    Attributes:
        since: when it was held first, if an earlier run held it already.
        nights: in how many earlier runs it was held.
    """

    rule: Rule
    sentence: str
    final: bool = False
    since: datetime | None = None
    nights: int = 0


@attrs.frozen
class StepKey:
    """What a step is about, whatever holds it and whatever else is planned: the same in the plans of two days."""

    verb: Verb
    section: SectionId | None
    origin: SectionId | None
    role: EnrollmentRole | None
    who: str


@attrs.frozen(kw_only=True)
class Step:
    """One row of a plan.

    Attributes:
        section: the source section it is about; of a MOVE the one that is joined.
        origin: of a MOVE: the section that is left.
        account: whose account it is; None when there is none yet, and one will be made.
        fields: of an ALTER: what differs.
        hold: why it waits; None when it is ready.
    """

    verb: Verb
    section: SectionId | None = None
    person: PersonId | None = None
    role: EnrollmentRole | None = None
    origin: SectionId | None = None
    account: AccountId | None = None
    fields: tuple[FieldChange, ...] = ()
    hold: Hold | None = None

    @property
    def key(self) -> StepKey:
        """What it is about."""
        return StepKey(self.verb, self.section, self.origin, self.role, self.person or self.account or "")

    @property
    def sections(self) -> tuple[SectionId, ...]:
        """The sections it changes: of a MOVE both, of an ALTER_PERSON none."""
        return tuple(key for key in (self.section, self.origin) if key is not None)

    @property
    def leaves(self) -> SectionId | None:
        """The section that it takes somebody out of: of a MOVE the origin, which shrinks all the same."""
        match self.verb:
            case Verb.WITHDRAW:
                return self.section
            case Verb.MOVE:
                return self.origin
            case _:
                return None


@attrs.frozen(kw_only=True)
class Note:
    """Something seen, and deliberately left alone."""

    sentence: str
    section: SectionId | None = None
    account: AccountId | None = None


class ProposalKind(StrEnum):
    """What may have happened, and only a person can say.

    REATTACH: a section ended and another holds the same people (rollover). REKEY: one person under a new id.
    MERGED, SPLIT: two people became one at the source, or one two. RECYCLED: an id now names somebody else.
    REPLACED: a section's id now names another class. TRANSFER: whoever runs the section no longer teaches it.
    """

    REATTACH = "reattach"
    REKEY = "rekey"
    MERGED = "merged"
    SPLIT = "split"
    RECYCLED = "recycled"
    REPLACED = "replaced"
    TRANSFER = "transfer"


@attrs.frozen(kw_only=True)
class Proposal:
    """Something that a person may accept by an act of its own; a sync never does it.

    Attributes:
        section, person: what the host knows; `other_section`, `other_person`: what would take its place.
        evidence: why it is thought so; field names and counts, never the values.
    """

    kind: ProposalKind
    sentence: str
    section: SectionId | None = None
    other_section: SectionId | None = None
    person: PersonId | None = None
    other_person: PersonId | None = None
    evidence: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, repr=False)
class Plan(Shown):
    """Ordered steps, made from one snapshot and one state of the host, and applied to that state only.

    Attributes:
        mirror: what the source will have said last, once the plan is applied.
        people: everyone whom the steps are about, those who leave included.
        forgotten: sections that the source no longer has.
        synced: sections whose facts follow the source; those that rest (paused, put away) are not among them.
        roles: the roles in which the actor logged in.
        basis: digest of the host's state.
        touched: the sections in which something is to be done or remembered; of the others nothing is read again.
        news: the people of whom the source says what it did not say last.
        attached: the host sections of the scope, as they were.
    """

    snapshot: Snapshot
    mirror: Snapshot
    people: Mapping[PersonId, Person]
    forgotten: tuple[SectionId, ...]
    attach: Mapping[SectionId, Attachment]
    actor: AccountId | None
    basis: str
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    proposals: tuple[Proposal, ...] = ()
    synced: frozenset[SectionId] = frozenset()
    roles: frozenset[Role] = frozenset()
    limits: Limits = ORDINARY
    touched: frozenset[SectionId] = frozenset()
    news: frozenset[PersonId] = frozenset()
    attached: Mapping[SectionId, HostSectionId] = attrs.field(factory=dict[SectionId, HostSectionId])

    def __repr__(self) -> str:
        return f"<Plan {self.digest[:12]}: {len(self.ready)} steps ready, {len(self.held)} held>"

    def view(self, *, names: bool = False) -> View:
        """Tables `steps`, `sections`, `held`, `proposals`, `notes`: for a notebook, for `records` and `to_frame`."""
        from clever_roster.roster.show import view_of_plan  # noqa: PLC0415 - it knows plans

        return view_of_plan(self, names=names)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def ready(self) -> tuple[Step, ...]:
        """The steps that nothing holds."""
        return tuple(step for step in self.steps if step.hold is None)

    @property
    def held(self) -> tuple[Step, ...]:
        """The steps that wait for a person's word."""
        return tuple(step for step in self.steps if step.hold is not None)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do, and nothing held."""
        return not self.steps

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done, and there is nothing new to remember."""
        return not self.steps and not self.touched

    @cached_property
    def digest(self) -> str:
        """What an approval names: the steps, their holds and the state they were made from (32 hex digits).

        How long a hold has lasted is no part of it.
        """
        return digest_of([self.basis, *map(_essence, self.steps)])

    def count(self, verb: Verb) -> int:
        """How many steps do this."""
        return sum(step.verb is verb for step in self.steps)

    def summary(self) -> str:
        """The plan in one sentence, shaped like what happened: a rollover reads as one, not as a thousand rows."""
        counts = [f"{self.count(verb)} {verb.value.replace('_', ' ')}" for verb in Verb if self.count(verb)]
        told = ", ".join(counts) or "nothing to do"
        again = sum(one.kind is ProposalKind.REATTACH for one in self.proposals)
        ended = self.count(Verb.ARCHIVE)
        if again:
            told = f"Rollover: {ended} sections end, {again} new ones hold mostly the same people. {told}"
        return f"{told}; {len(self.held)} held" if self.held else told


def _essence(step: Step) -> object:
    fields = [(change.field, _plain(change.old), _plain(change.new)) for change in step.fields]
    hold = None if step.hold is None else (step.hold.rule, step.hold.sentence, step.hold.final)
    return [step.verb, step.section, step.person, step.role, step.origin, step.account, fields, hold]


def _plain(value: object) -> object:
    return attrs.astuple(value) if attrs.has(type(value)) else value  # type: ignore[arg-type]
