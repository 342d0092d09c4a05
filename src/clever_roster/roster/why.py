"""Why is this class not listed? Why is this child missing? A code, a sentence, and what to do next.

Answered from what is known: the last read of the source (with its proof), the error that a read ended in, and what the
host has. The most likely reason comes first; a reason rests on a fact, so where nothing is wrong, that is said too.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import attrs

from clever_roster.errors import (
    NotShared,
    RateLimited,
    ReauthRequired,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
)
from clever_roster.model import (
    AccountId,
    EnrollmentStatus,
    HostSection,
    IdentityKey,
    PersonId,
    Role,
    SectionId,
    SectionKey,
    Snapshot,
    SyncMode,
)
from clever_roster.ports import Ports
from clever_roster.roster.remembered import recall

__all__ = ["Cause", "Reason", "why_person", "why_section"]


class Cause(StrEnum):
    """What is the matter; the same word in every release."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    CLEVER_DOWN = "clever_down"
    NOT_SHARED = "not_shared"
    WRONG_ACCOUNT = "wrong_account"
    NO_ROLE = "no_role"
    NOT_THEIR_CLASS = "not_their_class"
    NOT_ASKED = "not_asked"
    NOT_READ = "not_read"
    NOT_ON_SOURCE = "not_on_source"
    TERM_OVER = "term_over"
    NOT_IMPORTED = "not_imported"
    PUT_AWAY = "put_away"
    GONE = "gone"
    MODE = "mode"
    HELD = "held"
    NO_ACCOUNT = "no_account"
    REMOVED_BY_HAND = "removed_by_hand"
    WITHDRAWN = "withdrawn"
    NOT_SYNCED_YET = "not_synced_yet"
    FINE = "fine"


@attrs.frozen(kw_only=True)
class Reason:
    """Why something is as it is.

    Attributes:
        sentence: for the person who asks; ids only.
        next_step: who can do what about it.
    """

    cause: Cause
    sentence: str
    next_step: str


def why_section(
    ports: Ports,
    snapshot: Snapshot | None,
    section: SectionId,
    *,
    actor: AccountId | None = None,
    failure: SourceError | None = None,
) -> tuple[Reason, ...]:
    """Why a class is not listed, or not in step; the likeliest reason first, never empty.

    Args:
        snapshot: what was read last; None when nothing could be read.
        actor: who asks; None when the host itself does.
        failure: what the read ended in.
    """
    reasons = [*_of_failure(failure)]
    if snapshot is not None:
        reasons += _of_actor(ports, snapshot, section, actor)
        reasons += _of_source(snapshot, section)
        reasons += _of_host(ports, snapshot, section)
    return tuple(reasons) or (_fine("section"),)


def why_person(
    ports: Ports, snapshot: Snapshot, section: SectionId, person: PersonId, *, failure: SourceError | None = None
) -> tuple[Reason, ...]:
    """Why somebody is missing from a class; the likeliest reason first, never empty."""
    host = _attached(ports, snapshot, section)
    reasons = [*_of_failure(failure), *_of_row(ports, snapshot, host, person)]
    listed = snapshot.sections.get(section)
    if listed is None or host is None or host.archived or host.mode is not SyncMode.MIRROR:
        reasons += why_section(ports, snapshot, section)
    elif person not in {*listed.students, *listed.teachers}:
        doubt = snapshot.proof.doubt(section)
        reasons.append(
            Reason(
                cause=Cause.NOT_ON_SOURCE,
                sentence=f"The source does not list {person} in section {section}.",
                next_step="Ask the school office to put them into the section, and sync again.",
            )
            if doubt is None
            else Reason(
                cause=Cause.NOT_READ,
                sentence=f"Section {section} was not read to its end ({doubt}).",
                next_step="Sync again.",
            )
        )
    elif not reasons:
        active = _row_status(ports, snapshot, host, person) is EnrollmentStatus.ACTIVE
        reasons += [_fine("person")] if active else [*_waiting(ports, snapshot, section)] or [_not_yet(person)]
    return tuple(one for one in reasons if one.cause is not Cause.FINE or len(reasons) == 1)


def _of_failure(failure: SourceError | None) -> Iterator[Reason]:
    match failure:
        case None:
            return
        case ReauthRequired():
            yield Reason(cause=Cause.TOKEN, sentence="The token is no longer good.", next_step=failure.next_step)
        case NotShared():
            yield Reason(
                cause=Cause.NOT_SHARED,
                sentence="The source does not have it, or does not share it with this application.",
                next_step="Ask the district's admin to share the section with this application in Clever.",
            )
        case SourceUnreachable() | SourceUnavailable() | RateLimited():
            yield Reason(
                cause=Cause.CLEVER_DOWN,
                sentence="Clever did not answer as it should.",
                next_step="Try again in some minutes.",
            )
        case _:
            yield Reason(cause=Cause.NOT_READ, sentence=str(failure.args[0]), next_step=failure.next_step)


def _of_actor(ports: Ports, snapshot: Snapshot, section: SectionId, actor: AccountId | None) -> Iterator[Reason]:
    if actor is None:
        return
    here = {
        link.key.subject
        for link in ports.links.of(actor)
        if (link.key.provider, link.key.district) == (snapshot.provider, snapshot.district)
    }
    listed = snapshot.sections.get(section)
    if not here:
        yield Reason(
            cause=Cause.WRONG_ACCOUNT,
            sentence=f"Account {actor} has no identity at {snapshot.provider} in this district.",
            next_step="Connect it in the settings, or sign in with the account that is connected.",
        )
    elif listed is not None and here.isdisjoint(listed.teachers):
        known = [snapshot.people[one] for one in here if one in snapshot.people]
        if known and not any(one.roles & {Role.TEACHER, Role.STAFF, Role.DISTRICT_ADMIN} for one in known):
            yield Reason(
                cause=Cause.NO_ROLE,
                sentence="The source knows this person, and not as a teacher.",
                next_step="Ask the school office to correct the role.",
            )
        yield Reason(
            cause=Cause.NOT_THEIR_CLASS,
            sentence=f"The source does not list them as a teacher of section {section}.",
            next_step="Ask the school office to add them as a co-teacher.",
        )


def _of_source(snapshot: Snapshot, section: SectionId) -> Iterator[Reason]:
    listed, doubt = snapshot.sections.get(section), snapshot.proof.doubt(section)
    if section not in snapshot.scope:
        yield Reason(
            cause=Cause.NOT_ASKED, sentence=f"Section {section} was not asked for.", next_step="Include it in the sync."
        )
    elif doubt is not None:
        yield Reason(
            cause=Cause.NOT_READ, sentence=f"It was not read to its end ({doubt}).", next_step="Read it again."
        )
    elif section in snapshot.unshared:
        yield Reason(
            cause=Cause.NOT_SHARED,
            sentence="The district no longer shares this section with this application.",
            next_step="Ask the district's admin to share it in Clever.",
        )
    elif listed is None:
        yield Reason(
            cause=Cause.NOT_ON_SOURCE,
            sentence=f"The source has no section {section}, or does not share it.",
            next_step="See in Clever whether the section exists and is shared; after the summer it may have a new id.",
        )
    if listed is not None and listed.term in snapshot.terms:
        ends = snapshot.terms[listed.term].ends  # type: ignore[index]
        if ends is not None and ends < snapshot.taken_at.date():
            yield Reason(
                cause=Cause.TERM_OVER,
                sentence=f"Its term ended on {ends.isoformat()}.",
                next_step="Import the section of the new term.",
            )


def _of_host(ports: Ports, snapshot: Snapshot, section: SectionId) -> Iterator[Reason]:
    host = _attached(ports, snapshot, section)
    if host is None:
        yield Reason(
            cause=Cause.NOT_IMPORTED, sentence="It was never imported here.", next_step="Let its teacher import it."
        )
        return
    if host.archived:
        cause = Cause.GONE if host.gone else Cause.PUT_AWAY
        why = "the source no longer had it" if host.gone else "somebody put it away here"
        yield Reason(
            cause=cause, sentence=f"Section {host.id} is archived: {why}.", next_step="Restore it in the class list."
        )
    if host.mode is not SyncMode.MIRROR:
        yield Reason(
            cause=Cause.MODE,
            sentence=f"Section {host.id} is synced as {host.mode.value}.",
            next_step="Set it to mirror to follow the source in everything.",
        )
    yield from _waiting(ports, snapshot, section)


def _of_row(ports: Ports, snapshot: Snapshot, host: HostSection | None, person: PersonId) -> Iterator[Reason]:
    if host is None or host.id is None:
        return
    match _row_status(ports, snapshot, host, person):
        case EnrollmentStatus.REMOVED_BY_HAND:
            yield Reason(
                cause=Cause.REMOVED_BY_HAND,
                sentence=f"{person} was removed from section {host.id} by hand, and no sync brings them back.",
                next_step="Add them by hand.",
            )
        case EnrollmentStatus.WITHDRAWN:
            yield Reason(
                cause=Cause.WITHDRAWN,
                sentence=f"{person} was withdrawn from section {host.id} when the source stopped listing them.",
                next_step="They come back with their work as soon as the source lists them again.",
            )
        case EnrollmentStatus.ACTIVE:
            return
        case None:
            if _account(ports, snapshot, person) is None:
                yield Reason(
                    cause=Cause.NO_ACCOUNT,
                    sentence=f"{person} has no account here yet.",
                    next_step="A sync makes one, or their first sign-in does.",
                )


def _account(ports: Ports, snapshot: Snapshot, person: PersonId) -> AccountId | None:
    key = IdentityKey(snapshot.provider, snapshot.district, person)
    link = ports.links.find([key]).get(key)
    return None if link is None else link.account


def _row_status(
    ports: Ports, snapshot: Snapshot, host: HostSection | None, person: PersonId
) -> EnrollmentStatus | None:
    if host is None or host.id is None:
        return None
    account = _account(ports, snapshot, person)
    rows = [row for row in ports.sections.enrollments([host.id]) if row.account == account or row.person == person]
    return min((row.status for row in rows), default=None)


def _waiting(ports: Ports, snapshot: Snapshot, section: SectionId) -> Iterator[Reason]:
    key = SectionKey(snapshot.provider, snapshot.district, section)
    for memory in recall(ports, [key]).values():
        for rule, (since, nights) in sorted(memory.held.items()):
            yield Reason(
                cause=Cause.HELD,
                sentence=f"Changes have waited since {since.date().isoformat()}, in {nights} runs ({rule}).",
                next_step="Look at the plan, and approve it or have the source mended.",
            )


def _attached(ports: Ports, snapshot: Snapshot, section: SectionId) -> HostSection | None:
    key = SectionKey(snapshot.provider, snapshot.district, section)
    return ports.sections.attached([key]).get(key)


def _not_yet(person: PersonId) -> Reason:
    return Reason(
        cause=Cause.NOT_SYNCED_YET,
        sentence=f"The source lists {person}, and no sync has brought them here yet.",
        next_step="Sync the class.",
    )


def _fine(what: str) -> Reason:
    return Reason(
        cause=Cause.FINE, sentence=f"Nothing is wrong: the {what} is listed and in step.", next_step="Nothing to do."
    )
