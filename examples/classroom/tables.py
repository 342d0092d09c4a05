"""What the product keeps: accounts and stars, as before it met clever_roster; and what it notes about syncs and merges.

Links, sections and enrollments are the library's own tables (`clever_roster_...`) beside these.
"""

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("email", Text),
    Column("password_hash", Text),
    Column("picture", Text),  # what a small child signs in with
    Column("granted", Text, nullable=False, server_default=""),  # rights that the product gave, whatever Clever says
    Column("round", Integer, nullable=False, server_default="0"),  # moves on when every session of theirs must end
    Column("created_at", DateTime(timezone=True), server_default=func.now()),
    Column("last_seen_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
)

stars = Table(  # the work: one row for each finished lesson
    "stars",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("came_from", Integer),  # the account that earned it, when a merge has moved it
    Column("lesson", Text, nullable=False),
)

star_count = (
    select(func.count(stars.c.id)).where(stars.c.account == accounts.c.id).correlate(accounts).scalar_subquery()
)

classes = Table(  # what a section has here beside a name
    "classes",
    metadata,
    Column("section", Text, primary_key=True),
    Column("login_type", Text, nullable=False),
    Column("code", Text, nullable=False, unique=True),
)

districts = Table("districts", metadata, Column("id", Text, primary_key=True), Column("name", Text, nullable=False))

plans = Table(  # a plan that somebody looks at waits here until it is carried out, or a newer one takes its place
    "plans",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("district", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("letter", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("held", Integer, nullable=False),
    Column("waiting_since", DateTime(timezone=True)),
    Column("state", Text, nullable=False),  # open, done, undone, replaced
)

moves = Table(  # a class that may come to follow another roster waits here, likewise
    "moves",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("letter", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, done, undone, replaced
)

decisions = Table(  # what somebody said about two accounts
    "decisions",
    metadata,
    Column("first", Text, nullable=False),
    Column("second", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("same", Integer, nullable=False),
    Column("said_by", Text, nullable=False),
    UniqueConstraint("first", "second"),
)

merges = Table(
    "merges",
    metadata,
    Column("source", Text, primary_key=True),
    Column("into", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
