"""Who arrived, and what the *host* has: accounts, links, sections, enrollments."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from clever_roster.model.source import (
    AccountId,
    DistrictId,
    EnrollmentRole,
    HostSectionId,
    PersonId,
    PersonName,
    Provider,
    Role,
    SectionId,
)

__all__ = [
    "Account",
    "EnrollmentStatus",
    "HostEnrollment",
    "HostSection",
    "Identity",
    "IdentityKey",
    "Link",
    "NewAccount",
    "Origin",
    "ProfileUpdate",
    "SectionKey",
    "SyncMode",
]

# --- Who arrived ------------------------------------------------------------------------------------------------------


@attrs.frozen(order=True)
class IdentityKey:
    """What an identity is known by: provider, district and the provider's user id, byte for byte.

    Email, `sis_id` and names are never part of it (dev.clever.com, "Best practices": match on the Clever id).
    """

    provider: Provider
    district: DistrictId
    subject: PersonId


@attrs.frozen(kw_only=True)
class Identity:
    """Proof from a finished login: this person of this district is who stands at the browser.

    Attributes:
        roles: all roles, not only that of this login.
        login_role: the role this login was made in, as the provider said it.
        unsaid: roles about which this login says nothing, because the provider does not know them or was not asked:
            what was known of them stays. None at Clever, nearly all at Google, which knows teachers only.
        email: as the district wrote it; unverified, possibly not even an address; a hint and never a key.
        district_name: what the district calls itself, to be shown before something is connected; None if not readable.
    """

    key: IdentityKey
    roles: frozenset[Role]
    unknown_roles: frozenset[str] = frozenset()
    login_role: str | None = None
    unsaid: frozenset[Role] = frozenset()
    name: PersonName | None = None
    email: str | None = attrs.field(default=None, repr=False)
    district_name: str | None = None


# --- What the host has ------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Account:
    """A row in the host's user table, as far as this library needs it.

    Attributes:
        has_password: whether the person can sign in with email and password; an email alone is no way in.
        active: False when closed or locked: it neither signs in nor is replaced by a new one.
        activity: how much work is in it, in the host's own unit (lessons, submissions); 0 when none.
    """

    id: AccountId
    name: PersonName
    email: str | None = attrs.field(default=None, repr=False)
    has_password: bool = False
    active: bool = True
    created_at: datetime | None = None
    last_active_at: datetime | None = None
    activity: int = 0


@attrs.frozen(kw_only=True)
class NewAccount:
    """What an account is made from when a person signs up, or is imported with a roster."""

    name: PersonName
    email: str | None = attrs.field(default=None, repr=False)
    roles: frozenset[Role] = frozenset()


@attrs.frozen(kw_only=True)
class ProfileUpdate:
    """Fields that the roster owns, as they are now; None leaves a field as it is."""

    account: AccountId
    name: PersonName | None = None
    email: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Link:
    """The stored fact that an identity belongs to an account; an identity has one account at most.

    Attributes:
        roles: the roles that the source gave this identity when somebody last looked; empty when nobody did.
    """

    key: IdentityKey
    account: AccountId
    linked_at: datetime
    roles: frozenset[Role] = frozenset()


@attrs.frozen(order=True)
class SectionKey:
    """Which section at which source; the district is always part of it."""

    provider: Provider
    district: DistrictId
    section: SectionId


class SyncMode(StrEnum):
    """How far a sync of one host section goes.

    MIRROR: as the source has it. ADDITIVE: who joins is added, nobody is withdrawn. MANUAL: nobody joins or leaves by a
    sync; facts follow. PAUSED: nothing is done at all.
    """

    MIRROR = "mirror"
    ADDITIVE = "additive"
    MANUAL = "manual"
    PAUSED = "paused"


@attrs.frozen(kw_only=True)
class HostSection:
    """A section in the host: one roster source at most.

    Attributes:
        id: None until the store has saved it for the first time.
        owner: the account that runs it.
        source: the section it is synced from; None for one made by hand.
        archived: soft end; its enrollments and work stay.
        gone: archived because the source no longer had it, and not by a teacher; it comes back with the source.
        mode: how far a sync goes.
        pins: fields of the section ("name") that people own here: the source's value is shown, and not written.
    """

    name: str
    owner: AccountId
    id: HostSectionId | None = None
    source: SectionKey | None = None
    archived: bool = False
    gone: bool = False
    mode: SyncMode = SyncMode.MIRROR
    pins: frozenset[str] = frozenset()


class Origin(StrEnum):
    """Why somebody is in a host section. Sync ends only what is `SOURCE`; `BOTH` falls back to `MANUAL`."""

    SOURCE = "source"
    MANUAL = "manual"
    BOTH = "both"


class EnrollmentStatus(StrEnum):
    """Active, or ended softly; `REMOVED_BY_HAND` is remembered, so that a sync does not bring the person back."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    REMOVED_BY_HAND = "removed_by_hand"


@attrs.frozen(kw_only=True)
class HostEnrollment:
    """An account in a host section. Never deleted: it ends by status, and comes back as the same row.

    Attributes:
        person: the source's id of the person when the source lists, or listed, them; None when added by hand only.
        since: when the row was first made.
        changed_at: when status or origin last changed.
    """

    section: HostSectionId
    account: AccountId
    role: EnrollmentRole
    origin: Origin
    status: EnrollmentStatus
    since: datetime
    changed_at: datetime
    person: PersonId | None = None
