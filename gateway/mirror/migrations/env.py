"""Runs revisions on the connection it is handed: see :func:`gateway.mirror.engine.migrate`."""

from alembic import context

from gateway.mirror.columns import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
# The caller's transaction is the one to commit.
context.run_migrations()
