"""Opening the store and bringing its tables up to date. Knows Alembic; does not depend on what is in the tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from fleet.store.dialect import for_writing, migration_lock, new_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def open_store(url: str) -> Engine:
    """The store of this URL with every migration applied."""
    engine = new_engine(url)
    migrate(engine)
    return engine


def newest_revision() -> str:
    """Of the migrations of this version: names the form in which it keeps its tables."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def migrate(engine: Engine) -> None:
    config = _config()
    with for_writing(engine).begin() as connection, migration_lock(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
