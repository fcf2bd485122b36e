"""The record that a command works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from fleet import state_folder
from fleet.clock import Clock
from fleet.command.configured import configured
from fleet.configuration.signing import load_signing_key
from fleet.errors import FormError
from fleet.store.dialect import new_reading_engine
from fleet.store.engine import check_form, open_store
from host.rights import as_owner_of


@contextmanager
def opened_store(state: Path | None, db: str | None, config: Path | None) -> Iterator[Engine]:
    """With every migration applied. Raises ConfigurationError, StateFolderError and what says that it cannot be used."""
    configuration = configured(state, db, config)
    state_folder.check(configuration.state)
    load_signing_key(configuration.state)  # where there is none yet, no record is begun: `init` makes both
    engine = open_store(configuration.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading_store(state: Path | None, db: str | None, config: Path | None) -> Iterator[Connection]:
    """As it is, beside a service of whatever version: makes and changes nothing, and needs no signing key. However long it takes.

    Raises ConfigurationError, StateFolderError, FormError and what says that it cannot be used.
    """
    configuration = configured(state, db, config)
    state_folder.check_as_owner(configuration.state)
    with as_owner_of(configuration.state):
        file = configuration.database_file
        if file is not None and file.parent.is_dir() and not file.exists():  # SQLite would make it
            raise FormError(f"{file}: there is none yet -> make it: airgrid-fleet init")
        engine = new_reading_engine(configuration.database_url, 1, None, Clock().monotonic_ms)
        try:
            with engine.connect() as connection:
                check_form(connection)
                yield connection
        finally:
            engine.dispose()
