"""The record that a command works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from fleet import state_folder
from fleet.command.configured import configured
from fleet.configuration.signing import load_signing_key
from fleet.store.engine import open_store


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
