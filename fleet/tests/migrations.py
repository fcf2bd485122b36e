"""Stores at an older revision, for the tests of migrations."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from fleet.store.dialect import POSTGRESQL, for_writing, migration_lock
from fleet.store.engine import MIGRATIONS


def without_tables(engine: Engine) -> None:
    """PostgreSQL databases of the tests come with all tables."""
    if engine.dialect.name == POSTGRESQL:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")


def migrate_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with for_writing(engine).begin() as connection, migration_lock(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
