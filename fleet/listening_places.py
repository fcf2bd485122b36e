"""Where the services of a state folder listen: each writes it down for `status` and `doctor`, who were not given its options.

    <state>/.listening/<process id>   {"host": "127.0.0.1", "port": 8080, "tls": false}

A service holds a lock on its file while it runs, which the kernel releases however it ends: what nobody holds counts for nothing.
Several services may share a state whose record is in PostgreSQL.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

FOLDER = ".listening"
_UNFINISHED = ".new"


class Place(msgspec.Struct, frozen=True):
    """host, port: what the socket is bound to."""

    host: str
    port: int
    tls: bool


def write_down(state: Path, place: Place) -> int:
    """The descriptor that holds the lock: open as long as the place is true. Raises OSError."""
    folder = state / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    remove_left(state)
    beside = folder / f"{os.getpid()}{_UNFINISHED}"
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, msgspec.json.encode(place))
    beside.rename(folder / str(os.getpid()))
    return descriptor


def read_places(state: Path) -> list[Place]:
    """Of the services that listen now."""
    found = []
    for file in _files(state):
        try:
            if _is_held(file):
                found.append(msgspec.json.decode(file.read_bytes(), type=Place))
        except (OSError, msgspec.DecodeError):  # it has just ended, or is not of ours
            continue
    return found


def remove_left(state: Path) -> None:
    """What services wrote down that run no longer. Raises OSError."""
    for file in _files(state):
        if not _is_held(file):
            file.unlink(missing_ok=True)


def _files(state: Path) -> Iterator[Path]:
    folder = state / FOLDER
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.name.isdigit())


def _is_held(file: Path) -> bool:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
