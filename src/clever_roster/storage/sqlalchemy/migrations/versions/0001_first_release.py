"""The tables of release 0.1.0."""

from alembic import context, op
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
    false,
    func,
    true,
)
from sqlalchemy.schema import SchemaItem

from clever_roster.storage.sqlalchemy.columns import EXACT, SERIAL, Instant
from clever_roster.storage.sqlalchemy.tables import DIGEST

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    tables = context.config.attributes["tables"]
    accounts, prefix, schema = tables.accounts, tables.prefix, tables.schema
    person = accounts.id.type

    def table(name: str, *parts: SchemaItem) -> None:
        op.create_table(f"{prefix}{name}", *parts, schema=schema)

    if accounts.table in tables.ours:
        table(
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
    table(
        "attempts",
        Column("state_digest", DIGEST, primary_key=True),
        Column("browser_digest", DIGEST, nullable=False, index=True),
        Column("redirect_uri", Text, nullable=False),
        Column("return_to", Text, nullable=False),
        Column("expires_at", Instant, nullable=False, index=True),
        Column("account", EXACT),
        Column("district", EXACT),
        Column("restarts", Integer, nullable=False),
    )
    table(
        "codes",
        Column("code_digest", DIGEST, primary_key=True),
        Column("expires_at", Instant, nullable=False, index=True),
    )
    table(
        "links",
        Column("provider", EXACT, primary_key=True),
        Column("district", EXACT, primary_key=True),
        Column("subject", EXACT, primary_key=True),
        Column("account", person, ForeignKey(accounts.id), nullable=False, index=True),
        Column("linked_at", Instant, nullable=False),
    )
    table(
        "sections",
        Column("id", SERIAL, primary_key=True),
        Column("name", Text, nullable=False),
        Column("owner", person, ForeignKey(accounts.id), nullable=False, index=True),
        Column("provider", EXACT),
        Column("district", EXACT),
        Column("section", EXACT),
        Column("archived", Boolean, nullable=False),
        UniqueConstraint("provider", "district", "section"),
    )
    table(
        "enrollments",
        Column("section", SERIAL, ForeignKey(tables.sections.c.id), primary_key=True, autoincrement=False),
        Column("role", EXACT, primary_key=True),
        Column("account", person, ForeignKey(accounts.id), primary_key=True, autoincrement=False, index=True),
        Column("origin", EXACT, nullable=False),
        Column("status", EXACT, nullable=False),
        Column("since", Instant, nullable=False),
        Column("changed_at", Instant, nullable=False),
        Column("person", EXACT),
    )
    for what in ("mirror_sections", "mirror_people"):
        table(
            what,
            Column("provider", EXACT, primary_key=True),
            Column("district", EXACT, primary_key=True),
            Column("id", EXACT, primary_key=True),
            Column("record", Text, nullable=False),
        )
    table(
        "journal",
        Column("id", SERIAL, primary_key=True),
        Column("at", Instant, nullable=False),
        Column("plan", EXACT, nullable=False),
        Column("actor", EXACT, nullable=False),
        Column("verb", EXACT, nullable=False),
        Column("section", EXACT, nullable=False),
        Column("account", EXACT),
    )
    op.create_index(f"ix_{prefix}journal_section", f"{prefix}journal", ["section", "id"], schema=schema)
