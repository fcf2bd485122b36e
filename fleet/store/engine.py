"""Opening the store and bringing its tables up to date. Knows Alembic; does not depend on what is in the tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from fleet.errors import FormError, MigrationError
from fleet.store.dialect import for_writing, migration_lock, new_engine

MIGRATIONS = Path(__file__).parent / "migrations"


# Alembic names a revision that is in none of its files.
UNKNOWN_FORM = "install the version that made it, or put back a copy of this one: airgrid-fleet restore COPY --replace"


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def open_store(url: str) -> Engine:
    """The store of this URL with every migration applied. Raises MigrationError, SQLAlchemyError."""
    engine = new_engine(url)
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def newest_revision() -> str:
    """Of the migrations of this version: names the form in which it keeps its tables."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def rewritten_revision(connection: Connection) -> str:
    """The form in which the tables are kept, which is also written as it is: so it is known that the store can be written, down to the
    disk. Another one after a later version took the store over."""
    connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def check_form(connection: Connection) -> None:
    """For who reads and must change nothing. Raises FormError where the tables are not as this version keeps them."""
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is None:
        raise FormError("it has no tables yet -> make them: airgrid-fleet init")
    if found not in known:
        raise FormError(f"this version does not know its form, {found} -> {UNKNOWN_FORM}")
    if found != newest_revision():
        advice = "ask with the version that keeps it, or start this one as its service: that brings it up to date"
        raise FormError(f"it has an older form, {found}, than this version reads, {newest_revision()} -> {advice}")


def migrate(engine: Engine) -> None:
    config = _config()
    with for_writing(engine).begin() as connection, migration_lock(connection):
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise MigrationError(f"this version does not know its form -> {UNKNOWN_FORM}") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
