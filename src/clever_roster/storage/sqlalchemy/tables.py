"""Our own tables, all named `clever_roster_...`; the only file that says which columns there are.

Identities and digests are compared byte for byte. Accounts are named by the host's own type of id. What the source said
last is kept as one JSON text per section and per person: it is only ever read whole, by key, and a section's lists are
replaced together, so rows per member would cost a delete and an insert for each child and be asked nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    true,
)
from sqlalchemy.schema import SchemaItem

from clever_roster.model import SyncMode
from clever_roster.storage.sqlalchemy.accounts import AccountTable
from clever_roster.storage.sqlalchemy.columns import EXACT, SERIAL, Instant

__all__ = ["PREFIX", "Tables"]

PREFIX = "clever_roster_"
DIGEST = String(64)


@attrs.frozen
class _Place:
    """Where our tables are made, what their names begin with, and which were made there."""

    metadata: MetaData
    schema: str | None
    prefix: str
    made: list[Table] = attrs.field(factory=list[Table])

    def table(self, name: str, *parts: SchemaItem) -> Table:
        self.made.append(Table(f"{self.prefix}{name}", self.metadata, *parts, schema=self.schema))
        return self.made[-1]


@attrs.frozen(kw_only=True)
class Tables:
    """The tables of one store.

    Attributes:
        metadata: holds those that are ours, for a host's migrations to look at.
        ours: those that are ours, without the host's own user table.
        schema, prefix: where they lie, and what their names begin with.
    """

    metadata: MetaData
    ours: Sequence[Table]
    schema: str | None
    prefix: str
    accounts: AccountTable
    attempts: Table
    codes: Table
    links: Table
    sections: Table
    enrollments: Table
    mirror_sections: Table
    mirror_people: Table
    journal: Table
    memos: Table

    @classmethod
    def beside(
        cls,
        accounts: AccountTable | None,
        *,
        metadata: MetaData | None = None,
        schema: str | None = None,
        prefix: str = PREFIX,
    ) -> Tables:
        """Our tables beside the host's user table, or with one of our own when it has none."""
        metadata = MetaData() if metadata is None else metadata
        place = _Place(metadata, schema, prefix)
        accounts = _own_accounts(place) if accounts is None else accounts
        sections = _sections(place, accounts)
        return cls(
            metadata=metadata,
            ours=place.made,
            schema=schema,
            prefix=prefix,
            accounts=accounts,
            attempts=_attempts(place),
            codes=place.table(
                "codes",
                Column("code_digest", DIGEST, primary_key=True),
                Column("expires_at", Instant, nullable=False, index=True),
            ),
            links=_links(place, accounts),
            sections=sections,
            enrollments=_enrollments(place, accounts, sections),
            mirror_sections=_mirror(place, "sections"),
            mirror_people=_mirror(place, "people"),
            journal=_journal(place),
            memos=place.table(
                "memos",
                Column("key", EXACT, primary_key=True),
                Column("text", Text, nullable=False),
                Column("version", Integer, nullable=False),
            ),
        )


def _own_accounts(place: _Place) -> AccountTable:
    table = place.table(
        "accounts",
        Column("id", SERIAL, primary_key=True),
        Column("given_name", Text, nullable=False),
        Column("middle_name", Text, nullable=False),
        Column("family_name", Text, nullable=False),
        Column("email", Text),
        Column("has_password", Boolean, nullable=False, server_default=false()),
        Column("active", Boolean, nullable=False, server_default=true()),
        Column("created_at", Instant, server_default=func.now()),
        Column("last_active_at", Instant),
        Column("activity", Integer, nullable=False, server_default="0"),
    )
    return AccountTable(
        table=table,
        id=table.c.id,
        first_name=table.c.given_name,
        middle_name=table.c.middle_name,
        last_name=table.c.family_name,
        email=table.c.email,
        has_password=table.c.has_password,
        active=table.c.active,
        created_at=table.c.created_at,
        last_active_at=table.c.last_active_at,
        activity=table.c.activity,
    )


def _attempts(place: _Place) -> Table:
    return place.table(
        "attempts",
        Column("state_digest", DIGEST, primary_key=True),
        Column("browser_digest", DIGEST, nullable=False, index=True),
        Column("redirect_uri", Text, nullable=False),
        Column("return_to", Text, nullable=False),
        Column("expires_at", Instant, nullable=False, index=True),
        Column("account", EXACT),
        Column("district", EXACT),
        Column("restarts", Integer, nullable=False),
        Column("purpose", EXACT, nullable=False),
        Column("identity", Text),
    )


def _links(place: _Place, accounts: AccountTable) -> Table:
    return place.table(
        "links",
        Column("provider", EXACT, primary_key=True),
        Column("district", EXACT, primary_key=True),
        Column("subject", EXACT, primary_key=True),
        Column("account", accounts.id.type, ForeignKey(accounts.id), nullable=False, index=True),
        Column("linked_at", Instant, nullable=False),
        Column("roles", EXACT, nullable=False, server_default=""),
    )


def _sections(place: _Place, accounts: AccountTable) -> Table:
    return place.table(
        "sections",
        Column("id", SERIAL, primary_key=True),
        Column("name", Text, nullable=False),
        Column("owner", accounts.id.type, ForeignKey(accounts.id), nullable=False, index=True),
        Column("provider", EXACT),
        Column("district", EXACT),
        Column("section", EXACT),
        Column("archived", Boolean, nullable=False),
        Column("gone", Boolean, nullable=False, server_default=false()),
        Column("mode", EXACT, nullable=False, server_default=SyncMode.MIRROR.value),
        Column("pins", Text, nullable=False, server_default=""),
        UniqueConstraint("provider", "district", "section"),
    )


def _enrollments(place: _Place, accounts: AccountTable, sections: Table) -> Table:
    return place.table(
        "enrollments",
        Column("section", SERIAL, ForeignKey(sections.c.id), primary_key=True, autoincrement=False),
        Column("role", EXACT, primary_key=True),
        Column("account", accounts.id.type, ForeignKey(accounts.id), primary_key=True, autoincrement=False, index=True),
        Column("origin", EXACT, nullable=False),
        Column("status", EXACT, nullable=False),
        Column("since", Instant, nullable=False),
        Column("changed_at", Instant, nullable=False),
        Column("person", EXACT),
    )


def _mirror(place: _Place, what: str) -> Table:
    return place.table(
        f"mirror_{what}",
        Column("provider", EXACT, primary_key=True),
        Column("district", EXACT, primary_key=True),
        Column("id", EXACT, primary_key=True),
        Column("record", Text, nullable=False),
    )


def _journal(place: _Place) -> Table:
    # No foreign keys: what was done stays on record, whatever the host does to the rows it was done to.
    table = place.table(
        "journal",
        Column("id", SERIAL, primary_key=True),
        Column("at", Instant, nullable=False),
        Column("plan", EXACT, nullable=False),
        Column("actor", EXACT, nullable=False),
        Column("verb", EXACT, nullable=False),
        Column("section", EXACT, nullable=False),
        Column("account", EXACT),
    )
    Index(f"ix_{place.prefix}journal_section", table.c.section, table.c.id)
    return table
