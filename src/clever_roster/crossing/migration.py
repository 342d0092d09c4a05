"""What a move from one source to another would do, as a value to read, answer, approve, keep as JSON, and carry out.

Only the values stand here. `draft` makes a migration, `carry` carries it out and undoes it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Final

import attrs

from clever_roster.crossing.overlap import Pairing, Verdict
from clever_roster.crossing.sides import Roster
from clever_roster.display.views import Shown, View
from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    AccountId,
    EnrollmentRole,
    HostSectionId,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    Section,
    SectionKey,
    Snapshot,
    Term,
)
from clever_roster.model.digests import digest_of
from clever_roster.roster.written import Codec

__all__ = [
    "Deed",
    "Hold",
    "Migration",
    "MoveStep",
    "Query",
    "Rule",
    "explain",
    "migration_from_json",
    "migration_to_json",
]


class Deed(StrEnum):
    """What a step does, in the order in which steps are carried out.

    RELEASE: the section that the new source feeds today is put away and cut from it. FOLLOW: the section follows the
    new source. LINK: the new identity belongs to the account. KNOW: it does already, and the seat is told by it. JOIN:
    a newcomer is enrolled. BRING: somebody who is only in the section that is put away comes along, as if by hand.
    KEEP: the new source does not list them; they stay, as if added by hand.
    """

    RELEASE = "release"
    FOLLOW = "follow"
    LINK = "link"
    KNOW = "know"
    JOIN = "join"
    BRING = "bring"
    KEEP = "keep"


@attrs.frozen(kw_only=True)
class MoveStep:
    """One row of a migration.

    Attributes:
        account: whose; None for a section, and for a newcomer who has no account yet.
        person: the id at the new source.
        reasons: why a LINK is right.
    """

    deed: Deed
    account: AccountId | None = None
    person: PersonId | None = None
    role: EnrollmentRole | None = None
    reasons: tuple[str, ...] = ()


class Rule(StrEnum):
    """Why a migration waits.

    UNPROVEN: the new source was not read to its end. NOT_THEIR_CLASS: whoever asks does not teach it there. ASKED:
    pairs are to be looked at. MERGE_FIRST: somebody may have two accounts. TWO_CLASSES, PERHAPS: it may not be the same
    class. MANY_KEPT: much of the class is not listed by the new source. PUTS_AWAY: another section of the host is put
    away for it.
    """

    UNPROVEN = "unproven"
    NOT_THEIR_CLASS = "not_their_class"
    ASKED = "asked"
    MERGE_FIRST = "merge_first"
    TWO_CLASSES = "two_classes"
    PERHAPS = "perhaps"
    MANY_KEPT = "many_kept"
    PUTS_AWAY = "puts_away"


@attrs.frozen(kw_only=True)
class Hold:
    """The whole migration waits, and says why. A `final` hold is not released by approval: another plan is needed."""

    rule: Rule
    sentence: str
    final: bool = False


@attrs.frozen(kw_only=True)
class Query:
    """Are these one person? To be answered by planning again, with the pair under `same` or under `apart`.

    Attributes:
        account: of somebody in the section.
        person: somebody whom the new source lists.
        holder: another account that has this identity already: these two would have to be merged first.
        reasons: what speaks for and against, in plain words and without names.
    """

    account: AccountId
    person: PersonId
    role: EnrollmentRole
    reasons: tuple[str, ...] = ()
    holder: AccountId | None = None

    @property
    def pair(self) -> Pairing:
        """As it is answered."""
        return self.account, self.person


@attrs.frozen(kw_only=True, repr=False)
class Migration(Shown):
    """A host section's move from the source it has to another one. Good for the state that it was made from.

    Attributes:
        origin, to: the source it has (None: made by hand), and the one it is to have.
        snapshot: what was read of the new section, and of nobody else.
        replaces: the host section that `to` feeds today; it is put away.
        sentence, share, verdict: how the two lists compare (`Overlap`).
        queries: pairs to look at; nothing is done while there are any.
        basis: digest of the host's state.
    """

    section: HostSectionId
    origin: SectionKey | None
    to: SectionKey
    snapshot: Snapshot
    tenant: tuple[Roster, ...]
    sentence: str
    share: float
    verdict: Verdict
    steps: tuple[MoveStep, ...]
    basis: str
    queries: tuple[Query, ...] = ()
    holds: tuple[Hold, ...] = ()
    replaces: HostSectionId | None = None
    actor: AccountId | None = None
    same: tuple[Pairing, ...] = ()
    apart: tuple[Pairing, ...] = ()

    def __repr__(self) -> str:
        return f"<Migration {self.digest[:12]}: {len(self.steps)} steps, {len(self.queries)} questions>"

    def view(self, *, names: bool = False) -> View:
        """Tables `steps`, `queries`, `holds`: for a notebook, for `records` and `to_frame`."""
        from clever_roster.crossing.show import view_of_migration  # noqa: PLC0415 - it knows migrations

        return view_of_migration(self, names=names)

    @cached_property
    def digest(self) -> str:
        """What an approval names: what is to be done, what it waits for, and from which state (32 hex digits)."""
        steps = [(one.deed, one.account, one.person, one.role) for one in self.steps]
        asked = [(one.account, one.person, one.holder) for one in self.queries]
        held = [(one.rule, one.sentence, one.final) for one in self.holds]
        return digest_of(["migration", self.section, self.to, self.replaces, steps, asked, held, self.basis])

    def count(self, deed: Deed) -> int:
        """How many steps do this."""
        return sum(step.deed is deed for step in self.steps)

    def waiting(self, *, approved: bool = False) -> tuple[Hold, ...]:
        """The holds that stand against it; with a person's word only those that are final."""
        return tuple(hold for hold in self.holds if hold.final or not approved)


_TOLD: Final = {
    Deed.RELEASE: "section {replaces} is put away; its rows and its people's work stay",
    Deed.FOLLOW: "section {section} follows section {to.section} of {to.provider} from now on",
    Deed.LINK: "account {account} also has the identity {person}: {reasons}",
    Deed.KNOW: "account {account} has the identity {person} already; the seat stays",
    Deed.JOIN: "{person} joins as {role}, {joins}",
    Deed.BRING: "account {account} comes along from section {replaces}, as {role}",
    Deed.KEEP: "account {account} is not in the new list, and stays as {role}",
}


def explain(migration: Migration) -> tuple[str, ...]:
    """The migration in sentences: what was found, what would be done, what is asked, and why it waits. Ids only."""
    done = (
        _TOLD[step.deed].format(
            section=migration.section,
            to=migration.to,
            replaces=migration.replaces,
            account=step.account,
            person=step.person,
            role=step.role,
            reasons="; ".join(step.reasons),
            joins="with a new account" if step.account is None else f"with account {step.account}",
        )
        for step in migration.steps
    )
    asked = (
        f"are account {one.account} and {one.person} one person? {'; '.join(one.reasons)}"
        + (f" (account {one.holder} has this identity)" if one.holder else "")
        for one in migration.queries
    )
    return (migration.sentence, *done, *asked, *(f"held: {hold.sentence}" for hold in migration.holds))


# --- As JSON ----------------------------------------------------------------------------------------------------------

CODEC: Final = Codec(
    (
        Deed,
        EnrollmentRole,
        Hold,
        Migration,
        MoveStep,
        Person,
        PersonName,
        Proof,
        Query,
        Role,
        Rule,
        Section,
        SectionKey,
        Snapshot,
        Term,
        Verdict,
    )
)


def migration_to_json(migration: Migration) -> str:
    """The migration as JSON, which holds names, as a roster does; equal ones give equal texts."""
    return CODEC.dumps(migration)


def migration_from_json(text: str) -> Migration:
    """The migration that `migration_to_json` wrote: equal to it, with the same digest.

    Raises:
        ConfigurationError: the text is no migration of this version.
    """
    migration = CODEC.loads(text)
    if not isinstance(migration, Migration):
        raise ConfigurationError("This is no migration.", next_step="Read a text that migration_to_json wrote.")
    return migration
