"""Alembic's entry: runs the revisions on the connection it is handed (store.migrate), within that connection's transaction."""

from alembic import context

from fleet.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
