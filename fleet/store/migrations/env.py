"""Alembic's entry: runs the revisions on the connection it is handed (store.engine.migrate), within that connection's transaction.

The revisions are complete in themselves, so no declared table is needed; a test compares what they lead to with what is declared.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
