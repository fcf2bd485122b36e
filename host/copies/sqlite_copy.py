"""A copy of a SQLite file as it was at one moment, made while other processes write it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from host.copies.progress import Progress
from host.errors import CopyError
from host.faults_in_words import of_sqlite

_PAGES = 4000
_BUSY_S = 30.0


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """`progress`: pages done, pages in all. The target must not be there. Raises CopyError; also when the source is damaged.

    The read transaction that stands open meanwhile keeps the moment: the copying does not begin again when others write.
    """
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None)) as original:
            original.execute("BEGIN")
            original.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(sqlite3.connect(target, isolation_level=None)) as copy:
                original.backup(copy, pages=_PAGES, progress=lambda status, left, total: progress("copy", total - left, total))
                # One file without a log beside it, forced to the disk.
                copy.execute("PRAGMA journal_mode = DELETE")
                verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise CopyError(str(source), f"{of_sqlite(error)}: it cannot be copied") from error
    if verdict != "ok":
        raise CopyError(str(source), "it is damaged: it cannot be copied")


def database_bytes(path: Path) -> int:
    """Of a copy of it: also what stands in its log only. Raises CopyError."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None)) as connection:
            pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
            size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    except sqlite3.Error as error:
        raise CopyError(str(path), f"{of_sqlite(error)}: it cannot be copied") from error
    return pages * size
