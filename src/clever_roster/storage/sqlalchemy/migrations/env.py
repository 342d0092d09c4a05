"""What Alembic runs around the steps: the connection and the tables are those that `upgrade` was given."""

from alembic import context

tables = context.config.attributes["tables"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    version_table=f"{tables.prefix}version",
    version_table_schema=tables.schema,
)
context.run_migrations()
