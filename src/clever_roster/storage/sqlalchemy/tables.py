"""Our own tables, all named `clever_roster_...`; the only file that says which columns there are.

Identities and digests are compared byte for byte. Accounts are named by the host's own type of id. What the source said
last is kept as one JSON text per section and per person: it is only ever read whole, by key, and a section's lists are
replaced together, so rows per member would cost a delete and an insert for each child and be asked nothing.
"""

from __future__ import annotations

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

from clever_roster.storage.sqlalchemy.accounts import AccountTable
from clever_roster.storage.sqlalchemy.columns import EXACT, SERIAL, Instant

__all__ = ["Tables"]

PREFIX = "clever_roster_"
DIGEST = String(64)


@attrs.frozen(kw_only=True)
class Tables:
    """The tables of one store; `metadata` holds those that are ours, for a host's migrations to look at."""

    metadata: MetaData
    accounts: AccountTable
    attempts: Table
    codes: Table
    links: Table
    sections: Table
    enrollments: Table
    mirror_sections: Table
    mirror_people: Table
    journal: Table

    @classmethod
    def beside(cls, accounts: AccountTable | None) -> Tables:
        """Our tables beside the host's user table, or with one of our own when it has none."""
        metadata = MetaData()
        accounts = _own_accounts(metadata) if accounts is None else accounts
        sections = _sections(metadata, accounts)
        return cls(
            metadata=metadata,
            accounts=accounts,
            attempts=_attempts(metadata),
            codes=Table(
                f"{PREFIX}codes",
                metadata,
                Column("code_digest", DIGEST, primary_key=True),
                Column("expires_at", Instant, nullable=False, index=True),
            ),
            links=_links(metadata, accounts),
            sections=sections,
            enrollments=_enrollments(metadata, accounts, sections),
            mirror_sections=_mirror(metadata, "sections"),
            mirror_people=_mirror(metadata, "people"),
            journal=_journal(metadata),
        )


def _own_accounts(metadata: MetaData) -> AccountTable:
    table = Table(
        f"{PREFIX}accounts",
        metadata,
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


def _attempts(metadata: MetaData) -> Table:
    return Table(
        f"{PREFIX}attempts",
        metadata,
        Column("state_digest", DIGEST, primary_key=True),
        Column("browser_digest", DIGEST, nullable=False, index=True),
        Column("redirect_uri", Text, nullable=False),
        Column("return_to", Text, nullable=False),
        Column("expires_at", Instant, nullable=False, index=True),
        Column("account", EXACT),
        Column("district", EXACT),
        Column("restarts", Integer, nullable=False),
    )


def _links(metadata: MetaData, accounts: AccountTable) -> Table:
    return Table(
        f"{PREFIX}links",
        metadata,
        Column("provider", EXACT, primary_key=True),
        Column("district", EXACT, primary_key=True),
        Column("subject", EXACT, primary_key=True),
        Column("account", accounts.id.type, ForeignKey(accounts.id), nullable=False, index=True),
        Column("linked_at", Instant, nullable=False),
    )


def _sections(metadata: MetaData, accounts: AccountTable) -> Table:
    return Table(
        f"{PREFIX}sections",
        metadata,
        Column("id", SERIAL, primary_key=True),
        Column("name", Text, nullable=False),
        Column("owner", accounts.id.type, ForeignKey(accounts.id), nullable=False, index=True),
        Column("provider", EXACT),
        Column("district", EXACT),
        Column("section", EXACT),
        Column("archived", Boolean, nullable=False),
        UniqueConstraint("provider", "district", "section"),
    )


def _enrollments(metadata: MetaData, accounts: AccountTable, sections: Table) -> Table:
    return Table(
        f"{PREFIX}enrollments",
        metadata,
        Column("section", SERIAL, ForeignKey(sections.c.id), primary_key=True, autoincrement=False),
        Column("role", EXACT, primary_key=True),
        Column("account", accounts.id.type, ForeignKey(accounts.id), primary_key=True, autoincrement=False, index=True),
        Column("origin", EXACT, nullable=False),
        Column("status", EXACT, nullable=False),
        Column("since", Instant, nullable=False),
        Column("changed_at", Instant, nullable=False),
        Column("person", EXACT),
    )


def _mirror(metadata: MetaData, what: str) -> Table:
    return Table(
        f"{PREFIX}mirror_{what}",
        metadata,
        Column("provider", EXACT, primary_key=True),
        Column("district", EXACT, primary_key=True),
        Column("id", EXACT, primary_key=True),
        Column("record", Text, nullable=False),
    )


def _journal(metadata: MetaData) -> Table:
    # No foreign keys: what was done stays on record, whatever the host does to the rows it was done to.
    table = Table(
        f"{PREFIX}journal",
        metadata,
        Column("id", SERIAL, primary_key=True),
        Column("at", Instant, nullable=False),
        Column("plan", EXACT, nullable=False),
        Column("actor", EXACT, nullable=False),
        Column("verb", EXACT, nullable=False),
        Column("section", EXACT, nullable=False),
        Column("account", EXACT),
    )
    Index(f"ix_{PREFIX}journal_section", table.c.section, table.c.id)
    return table
