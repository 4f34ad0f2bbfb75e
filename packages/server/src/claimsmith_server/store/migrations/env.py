"""Alembic's entry: runs the migrations on the connection that `store.migration` hands it."""

from alembic import context

from claimsmith_server.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
