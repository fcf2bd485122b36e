"""The SQLite file of the buffer: opened so that a commit survives a power cut, or set aside when it is not one of ours.

A damaged or foreign file never keeps the gateway from starting: it is renamed, with its log, and a fresh one takes its place.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

from gateway.store.lanes import APPLICATION_ID, VERSION
from gateway.store.migrate_items import move_items
from gateway.store.packing import unpacked

FILE_NAME = "buffer.sqlite"
# Small ones: a commit writes few bytes, and SQLite whole pages (ADR 0017). An existing file keeps its size.
_PAGE_BYTES = 1024
_MOST_LOG_BYTES = 4 << 20
_CACHE_KIB = 2000
_RESERVE_BYTES = 65_536
_BUSY_S = 5.0
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class ForeignFileError(sqlite3.DatabaseError):
    """A good SQLite file that this program did not make."""


def open_database(path: Path, budget_bytes: int) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError; `is_damage` says whether setting the file aside is the answer."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False, cached_statements=64)
    _add_functions(connection)
    try:
        _refuse_foreign(connection)
        _set_up(connection, budget_bytes)
    except BaseException:
        connection.close()
        raise
    return connection


def make_if_missing(path: Path, budget_bytes: int) -> None:
    """An empty one, by a process that ends soon: the one that runs for months need not make it (`_schema`). It reports faults itself."""
    if not path.exists():
        with suppress(sqlite3.Error):
            open_database(path, budget_bytes).close()


def open_for_reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)
    _add_functions(connection)
    connection.execute("PRAGMA query_only = ON")
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is bad, as opposed to a full disk or a busy moment."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, ForeignFileError) or (code is not None and code & 0xFF in _DAMAGED)


def advice(error: sqlite3.Error | OSError, path: Path) -> str:
    """What to do about a buffer that cannot be opened or written."""
    if isinstance(error, sqlite3.Error) and is_damage(error):
        return "nothing: the gateway sets it aside and starts a fresh one; keep the file that it renames"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "end the other program that has it open"
    return f"free space on the disk of {path.parent}, see that it is mounted writable, and run as its owner"


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; also when the commit itself fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class Reserve:
    """Some pages beyond the limit of the file: one that is full of items must still be able to record which of them the fleet has."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._limit_pages: int = connection.execute("PRAGMA max_page_count").fetchone()[0]
        self._reserved_pages: int = _RESERVE_BYTES // connection.execute("PRAGMA page_size").fetchone()[0]

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Within, transactions may use it too."""
        self._connection.execute(f"PRAGMA max_page_count = {self._limit_pages + self._reserved_pages}")
        try:
            yield
        finally:
            self._connection.execute(f"PRAGMA max_page_count = {self._limit_pages}")


@contextmanager
def soft_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One that a power cut may undo, whole, and a killed process does not: for what would then only be done again.

    It spares the disk a flush. The next transaction that is flushed flushes it too.
    """
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def _add_functions(connection: sqlite3.Connection) -> None:
    """What the views use."""
    connection.create_function("unpacked", 1, unpacked, deterministic=True)


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and connection.execute("PRAGMA application_id").fetchone()[0] not in (APPLICATION_ID, 0):
        raise ForeignFileError("a SQLite file of another program")
    ours = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()[0]
    if tables and not ours:
        raise ForeignFileError("a SQLite file of another program")
    if ours and not _is_up_to_date(connection) and (newer := _schema().unknown_migrations(connection)):
        raise ForeignFileError(f"made by a newer version of this program: {', '.join(newer)}")


def form_of(connection: sqlite3.Connection) -> str | None:
    """How many migrations it has had; None: it is no buffer."""
    if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()[0]:
        return None
    return str(connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0])


def _is_up_to_date(connection: sqlite3.Connection) -> bool:
    return form_of(connection) == str(VERSION)


def _schema() -> ModuleType:
    """Only for a file that is new or old: with it comes sqlite-utils, 5 MB that a process which runs for months need not carry."""
    return import_module("gateway.store.schema")


def _set_up(connection: sqlite3.Connection, budget_bytes: int) -> None:
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a slice that a power cut undoes is moved again
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")  # set explicitly: the default is meant for larger pages
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    most_bytes = min(_MOST_LOG_BYTES, budget_bytes // 16)
    connection.execute(f"PRAGMA wal_autocheckpoint = {most_bytes // page_bytes}")
    connection.execute(f"PRAGMA journal_size_limit = {most_bytes}")
    if not _is_up_to_date(connection):
        _schema().bring_up_to_date(connection)
    move_items(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA max_page_count = {(budget_bytes - budget_bytes // 8) // page_bytes}")
