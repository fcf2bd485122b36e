"""What the system and SQLite report, in words of ours: what is wrong and what to do. Does not depend on what was being done.

The numbers are those of errno(3) and of https://sqlite.org/rescode.html.
"""

import errno
import sqlite3
from typing import NamedTuple

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_RIGHTS = "run it as root, or as the user of the service"


class Words(NamedTuple):
    """`advice` may be empty."""

    text: str
    advice: str


# EFBIG: a limit of this process on the size of a file, or a file system that has no larger ones, as many memory sticks.
_OF_SYSTEM: dict[int, Words] = {
    errno.EACCES: Words("this user may not use it", _RIGHTS),
    errno.EPERM: Words("this user may not use it", _RIGHTS),
    **dict.fromkeys(FULL, Words("the disk is full", "free some space there, or use another disk")),
    errno.EROFS: Words("its disk is read-only", "see in the kernel's log why (dmesg), and mount it writable"),
    errno.EIO: Words("its disk fails", "look at the kernel's log (dmesg), and replace the disk"),
    errno.ENOENT: Words("no such file or folder", "mount its disk, make it, or name another"),
    errno.ENOTDIR: Words("not a folder", "name another, or move away what is in its place"),
    errno.EISDIR: Words("a folder, where a file is expected", "name a file"),
    errno.ENAMETOOLONG: Words("its name is too long", "name another"),
    errno.ELOOP: Words("its links lead in a circle", "name another, or remove the links"),
    errno.EMFILE: Words("this process has too many files open", "raise its limit: ulimit -n 4096"),
    errno.EADDRINUSE: Words("in use by another program", "end it, or take another port"),
}
_OF_SQLITE: dict[int, str] = {
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is damaged, from its first bytes on",
    sqlite3.SQLITE_BUSY: "another process has locked it",
    sqlite3.SQLITE_LOCKED: "another process has locked it",
    sqlite3.SQLITE_PROTOCOL: "another process has locked it",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_PERM: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_FULL: "its disk is full",
    sqlite3.SQLITE_IOERR: "its disk fails, or is full",
}
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def of_system(error: OSError) -> Words:
    unknown = Words(error.strerror or str(error), "see that its disk is mounted and sound (dmesg)")
    return _OF_SYSTEM.get(error.errno or 0, unknown)


def sqlite_code(error: BaseException) -> int:
    """The primary one. A text that is no UTF-8 is reported without a code: what writes here writes UTF-8, so that is damage."""
    if "decode to UTF-8" in str(error):
        return sqlite3.SQLITE_CORRUPT
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def of_sqlite(error: BaseException) -> str:
    """What is wrong only: what to do depends on whose database it is."""
    return _OF_SQLITE.get(sqlite_code(error), f"it is not as expected ({error})")
