"""What alembic runs: migrations on the connection that `storage.upgrade` hands over, in its transaction."""

from alembic import context

from storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
