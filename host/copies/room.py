"""Room on a disk: checked before anything is written, and what is reported when it runs out all the same, because others write too."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host.errors import CopyError, HostError
from host.faults_in_words import FULL

SPARE_BYTES = 16 << 20
# SQLite takes a file that may not grow (EFBIG) for a write that failed.
_SQLITE_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


def check_room(folder: Path, needed: int, advice: str) -> None:
    """Raises CopyError."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise CopyError(str(folder), f"{_mb(needed + SPARE_BYTES)} are needed for a moment, and {_mb(free)} are free -> {advice}")


@contextmanager
def explained_when_full(folder: Path, needed: int, advice: str) -> Iterator[None]:
    """Around what writes there. Raises CopyError for any fault behind which a full disk stands."""
    try:
        yield
    except (OSError, sqlite3.Error, HostError) as error:
        if not _is_full(error):
            raise
        raise CopyError(str(folder), f"the disk became full, of {_mb(needed)} that are needed; nothing was changed -> {advice}") from error


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) in _SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
