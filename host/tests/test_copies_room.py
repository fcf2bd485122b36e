"""What a copy leaves behind when it is cut, how much room it asks for, and what is said when the room runs out."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from host.copies import making
from host.copies.archive import ArchiveReader
from host.copies.making import Origin, make_copy
from host.copies.putting_back import Target, put_back
from host.copies.sqlite_copy import database_bytes
from host.errors import CopyError
from host.tests.killed_restore import contents, quiet

SERVICE = "airgrid-x"
WORKING = f".{SERVICE}-copy"


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """With a database of a megabyte and a secret."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    with closing(sqlite3.connect(state / "x.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE t (content BLOB)")
        connection.executemany("INSERT INTO t VALUES (?)", [(bytes(1 << 18),)] * 4)
    (state / "token").write_bytes(b"secret")
    return Origin(SERVICE, "x", "1.0", state, frozenset(), {})


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@contextmanager
def no_file_beyond(bytes_: int) -> Iterator[None]:
    """What the kernel then answers is taken as what a full disk answers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


_CUT = """
import os, signal, sys
from pathlib import Path
from host.copies.making import Origin, make_copy
def cut(what, done, total):
    if what == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
make_copy(Origin(sys.argv[4], "x", "1.0", Path(sys.argv[1]), frozenset(), {}), Path(sys.argv[2]), 5, cut)
"""


@pytest.mark.parametrize("stage", ["copy", "write", "check"])
def test_what_a_kill_leaves_is_its_owners_only_and_goes_with_the_next_copy(origin: Origin, stick: Path, stage: str) -> None:
    program = [sys.executable, "-c", _CUT, str(origin.state), str(stick / "a.tar"), stage, SERVICE]
    killed = subprocess.run(program, cwd=Path(making.__file__).parents[2], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = stick.iterdir()
    assert (left.name, left.stat().st_mode & 0o777) == (WORKING, 0o700), "one name, whatever the copy is called"
    make_copy(origin, stick / "b.tar", 5, quiet)
    assert [(path.name, path.stat().st_mode & 0o777) for path in stick.iterdir()] == [("b.tar", 0o600)]


def test_a_copy_that_is_being_made_is_left_alone(origin: Origin, stick: Path) -> None:
    seen: list[str] = []

    def second(what: str, done: int, total: int) -> None:
        if what == "write" and not seen:
            with pytest.raises(CopyError, match="a copy is being made here"):
                make_copy(origin, stick / "b.tar", 5, quiet)
            seen.append(what)

    make_copy(origin, stick / "a.tar", 5, second)
    assert seen and [path.name for path in stick.iterdir()] == ["a.tar"]


@pytest.mark.parametrize("kind", ["a link", "a file"])
def test_what_is_no_folder_of_a_copy_is_not_followed_and_not_removed(origin: Origin, stick: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_bytes(b"")
    if kind == "a link":
        (stick / WORKING).symlink_to(tmp_path / "elsewhere")
    else:
        (stick / WORKING).write_bytes(b"")
    with pytest.raises(CopyError, match="remove it"):
        make_copy(origin, stick / "a.tar", 5, quiet)
    assert (tmp_path / "elsewhere" / "kept").exists() and os.path.lexists(stick / WORKING)


def test_what_stands_in_the_log_of_a_database_counts(origin: Origin) -> None:
    path = origin.state / "x.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("PRAGMA wal_autocheckpoint = 0")
        before = path.stat().st_size
        writing.executemany("INSERT INTO t VALUES (?)", [(bytes(1 << 20),)] * 3)
        assert path.stat().st_size == before
        assert database_bytes(path) >= before + 3 * (1 << 20)


def test_a_copy_for_which_there_is_no_room_is_not_begun(origin: Origin, stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = 2 * (database_bytes(origin.state / "x.sqlite") + len(b"secret")) + (16 << 20)
    room = SimpleNamespace(free=needed - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: room)
    with pytest.raises(CopyError, match=r"needed for a moment.* -> name another disk"):
        make_copy(origin, stick / "a.tar", 5, quiet)
    assert not list(stick.iterdir())
    room.free = needed
    make_copy(origin, stick / "a.tar", 5, quiet)


def test_what_counts_has_been_forced_to_the_disk(origin: Origin, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", seen)
    make_copy(origin, stick / "a.tar", 5, quiet)
    assert {(stick / "a.tar").stat().st_ino, stick.stat().st_ino} <= synced
    state = tmp_path / "new"
    state.mkdir(mode=0o700)
    put_back(ArchiveReader(stick / "a.tar", SERVICE), Target(state, {}), 7, quiet, replace=False)
    assert {path.stat().st_ino for path in (state, *state.iterdir())} <= synced


def test_an_archive_with_something_between_its_files_is_refused(origin: Origin, stick: Path) -> None:
    make_copy(origin, stick / "a.tar", 5, quiet)
    content = bytearray((stick / "a.tar").read_bytes())
    padding = content.index(b"\0", content.index(b"{"))
    assert padding % 512 and not any(content[padding : -(-padding // 512) * 512])
    content[padding] = 1
    (stick / "a.tar").write_bytes(content)
    with pytest.raises(CopyError, match="stands between its files"):
        ArchiveReader(stick / "a.tar", SERVICE)


def test_a_database_needs_its_room_twice_to_be_put_back(
    origin: Origin, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_copy(origin, stick / "a.tar", 5, quiet)
    database = next(file.bytes for file in made.files if file.path.endswith(".sqlite"))
    needed = made.total_bytes + database + (16 << 20)
    room = SimpleNamespace(free=needed - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: room)
    state = tmp_path / "new"
    state.mkdir(mode=0o700)
    with pytest.raises(CopyError, match="-> free some"):
        put_back(ArchiveReader(stick / "a.tar", SERVICE), Target(state, {}), 7, quiet, replace=False)
    assert not list(state.iterdir())
    room.free = needed
    put_back(ArchiveReader(stick / "a.tar", SERVICE), Target(state, {}), 7, quiet, replace=False)


@pytest.mark.parametrize("most", [300_000, 1_500_000], ids=["while the database is copied", "while the archive is written"])
def test_a_disk_that_becomes_full_says_so_and_what_to_do(origin: Origin, stick: Path, most: int) -> None:
    (origin.state / "large").write_bytes(bytes(1_000_000))
    with no_file_beyond(most), pytest.raises(CopyError, match=r"became full.* -> name another disk"):
        make_copy(origin, stick / "a.tar", 5, quiet)
    assert not list(stick.iterdir())


def test_a_disk_that_becomes_full_while_a_copy_is_adapted_leaves_the_old_state_and_nothing_else(
    origin: Origin, stick: Path, tmp_path: Path
) -> None:
    make_copy(origin, stick / "a.tar", 5, quiet)
    state = tmp_path / "old"
    state.mkdir(mode=0o700)
    (state / "token").write_bytes(b"old")

    def adapt(staged: Path) -> None:
        try:
            with closing(sqlite3.connect(staged / "x.sqlite")) as connection, connection:
                connection.execute("PRAGMA max_page_count = 300")  # SQLite's own way of being out of room
                connection.execute("CREATE TABLE written_anew AS SELECT * FROM t")
        except sqlite3.Error as error:
            raise CopyError("copy", "cannot be used") from error

    with pytest.raises(CopyError, match=r"became full.* nothing was changed -> free some"):
        put_back(ArchiveReader(stick / "a.tar", SERVICE), Target(state, {}, adapt), 7, quiet, replace=True)
    assert contents(state) == {"token": b"old"} and [path.name for path in state.iterdir()] == ["token"]
