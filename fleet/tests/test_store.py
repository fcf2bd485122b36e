"""The tables as migrated are the tables as declared, on both databases; SQLite is as durable as it claims."""

from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from fleet.errors import MalformedError
from fleet.store.columns import metadata
from fleet.store.dialect import new_engine
from fleet.store.engine import migrate, open_store, sqlite_url

_FLEET = Path(__file__).parents[1]


def test_migrations_lead_to_the_declared_tables(tmp_path: Path, db: str | None) -> None:
    for path in _FLEET.glob("*/tables.py"):
        import_module(f"fleet.{path.parent.name}.tables")
    assert len(metadata.tables) > 20
    engine = open_store(db or sqlite_url(tmp_path / "x.sqlite"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path / "x.sqlite"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
    engine.dispose()


def test_sqlite_writes_ahead_and_syncs_in_full(tmp_path: Path) -> None:
    engine = open_store(sqlite_url(tmp_path / "x.sqlite"))
    with engine.connect() as connection:
        modes = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert modes == ["wal", 2, 1]
    engine.dispose()


def test_another_database_is_refused() -> None:
    with pytest.raises(MalformedError):
        new_engine("mysql://x")
