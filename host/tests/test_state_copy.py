"""The copy of a database from before a version that keeps it in another form, and its way back."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from host.errors import ReleaseError
from host.release.places import Places
from host.release.state_copy import before_folder, copy_state, restore_state

NEW = "0.2.0-b"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return database_in(tmp_path)


def database_in(tmp_path: Path) -> Path:
    """Of a gateway whose power was cut: its newest rows stand in the log beside it."""
    state = Places(tmp_path).state("gateway")
    state.mkdir(parents=True, mode=0o700)
    made = tmp_path / "made.sqlite"
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE items (x)")
        connection.execute("INSERT INTO items VALUES (1)")
        for suffix in ("", "-wal"):
            (state / f"buffer.sqlite{suffix}").write_bytes(Path(f"{made}{suffix}").read_bytes())
    return state / "buffer.sqlite"


def rows(path: Path) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT x FROM items ORDER BY x").fetchall()


def test_what_stood_in_the_log_is_in_the_copy_and_comes_back(database: Path, tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert copy_state("gateway", NEW, places)
    assert [path.name for path in before_folder("gateway", NEW, places).iterdir()] == ["buffer.sqlite"]
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("INSERT INTO items VALUES (2)")
    aside = restore_state("gateway", NEW, places)
    assert (rows(database), rows(aside / "buffer.sqlite")) == ([(1,)], [(1,), (2,)])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_copy_belongs_to_the_service() -> None:
    service = 65534
    # Another user may not look into the folders of pytest.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        database = database_in(Path(folder))
        for path in (database.parent, *database.parent.iterdir()):
            os.chown(path, service, service)
        copy_state("gateway", NEW, Places(Path(folder)))
        assert {path.stat().st_uid for path in (database.parent, *database.parent.rglob("*"))} == {service}


def test_a_damaged_database_is_told_before_the_version_changes(database: Path, tmp_path: Path) -> None:
    database.with_name("buffer.sqlite-wal").unlink()
    database.write_bytes(b"no database" * 500)
    with pytest.raises(ReleaseError, match=r"buffer\.sqlite"):
        copy_state("gateway", NEW, Places(tmp_path))


def test_a_service_without_a_file_has_nothing_to_copy(tmp_path: Path) -> None:
    assert not copy_state("gateway", NEW, Places(tmp_path))
