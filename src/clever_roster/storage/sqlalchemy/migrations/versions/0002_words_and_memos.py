"""Attempts that wait for a person's word, roles of links, how far a section is synced, and memos."""

from alembic import context, op
from sqlalchemy import Boolean, Column, Integer, Text, false

from clever_roster.storage.sqlalchemy.columns import EXACT

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns with what they mean for rows that are there already, and a table."""
    tables = context.config.attributes["tables"]
    prefix, schema = tables.prefix, tables.schema
    for table, column in (
        ("attempts", Column("purpose", EXACT, nullable=False, server_default="login")),
        ("attempts", Column("identity", Text)),
        ("links", Column("roles", EXACT, nullable=False, server_default="")),
        ("sections", Column("gone", Boolean, nullable=False, server_default=false())),
        ("sections", Column("mode", EXACT, nullable=False, server_default="mirror")),
        ("sections", Column("pins", Text, nullable=False, server_default="")),
    ):
        op.add_column(f"{prefix}{table}", column, schema=schema)
    op.create_table(
        f"{prefix}memos",
        Column("key", EXACT, primary_key=True),
        Column("text", Text, nullable=False),
        Column("version", Integer, nullable=False),
        schema=schema,
    )
