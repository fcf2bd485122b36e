"""Makes a copy of a service: its state and its configuration, in one file, while it runs.

SQLite files are copied as of one moment, all others as they are: they are replaced whole or not at all (atomic_file.py).

Beside the target stands meanwhile a folder of one name, which only its owner can enter: it holds keys. What a kill leaves of it goes when
the next copy is made there.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from host.atomic_file import sync_folder
from host.copies import archive
from host.copies.archive import ArchiveReader
from host.copies.manifest import CONFIGURATION, FORMAT, STATE, Manifest, is_place
from host.copies.progress import Progress
from host.copies.room import check_room, explained_when_full
from host.copies.sqlite_copy import copy_database, database_bytes
from host.errors import CopyError
from host.faults_in_words import of_system

_SQLITE = ".sqlite"
_LOGS = ("-wal", "-shm", "-journal")
_ADVICE = "name another disk, or free some"


@dataclass(frozen=True)
class Origin:
    """What is copied. `name`: whose it is; `left_out`: names in the state folder that are not; `configuration`: files by their name."""

    service: str
    name: str
    version: str
    state: Path
    left_out: frozenset[str]
    configuration: Mapping[str, Path]


def make_copy(origin: Origin, target: Path, now_ms: int, progress: Progress) -> Manifest:
    """Written beside and renamed when it has been read back. Raises CopyError, OSError; then nothing is left behind."""
    _check_place(target)
    names = list(_names(origin))
    _check_names(names)
    with _working_folder(target.parent, origin.service) as folder, _explained(origin):
        # Once what is copied, once the archive of it.
        needed = 2 * sum(_bytes(origin.state / name) for name in names)
        check_room(folder, needed, _ADVICE)
        with explained_when_full(target.parent, needed, _ADVICE):
            manifest = _write(origin, names, target, folder, now_ms, progress)
    sync_folder(target.parent)
    return manifest


def _check_place(target: Path) -> None:
    if target.is_dir():
        raise CopyError(str(target), "is a folder -> name a file in it")
    if target.exists():
        raise CopyError(str(target), "is there already -> name another file, or move it away")
    if not target.parent.is_dir():
        raise CopyError(str(target.parent), "no such folder; nothing was written -> make it, mount its disk, or name another")


@contextmanager
def _explained(origin: Origin) -> Iterator[None]:
    """What cannot be copied is for the doctor of the service; faults that have an advice keep it."""
    try:
        yield
    except CopyError as error:
        if " -> " in error.reason:
            raise
        advice = f"keep the copies that you have; what to do: {origin.service} doctor"
        raise CopyError(error.path, f"{error.reason}; nothing was written -> {advice}") from error


def _write(origin: Origin, names: list[str], target: Path, folder: Path, now_ms: int, progress: Progress) -> Manifest:
    sources = _sources(origin, names, folder, progress)
    described = [archive.describe(path, source) for path, source in sources.items()]
    manifest = Manifest(FORMAT, origin.service, origin.name, origin.version, now_ms, described)
    beside = folder / "copy.tar"
    archive.write(beside, manifest, sources, progress)
    reader = ArchiveReader(beside, origin.service)
    reader.check(progress)
    reader.close()
    beside.rename(target)
    return manifest


@contextmanager
def _working_folder(parent: Path, service: str) -> Iterator[Path]:
    """Locked, so that one that nobody works in is known. Raises CopyError, OSError."""
    folder = parent / f".{service}-copy"
    if os.path.lexists(folder):
        os.close(_lock(folder))
        shutil.rmtree(folder)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        words = of_system(error)
        raise CopyError(str(parent), f"a copy cannot be written there: {words.text} -> {words.advice}; or name another folder") from error
    lock = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def _lock(folder: Path) -> int:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise CopyError(str(folder), f"{error.strerror}; it is left of a copy that was cut -> remove it") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise CopyError(str(folder), "a copy is being made here -> wait until it is done, or name another folder") from error
    return descriptor


def _bytes(file: Path) -> int:
    return database_bytes(file) if file.name.endswith(_SQLITE) else file.stat().st_size


def _names(origin: Origin) -> Iterator[str]:
    for entry in sorted(os.scandir(origin.state), key=lambda entry: entry.name):
        unfinished = entry.name.endswith((".new", *_LOGS))
        # A hidden one is no part of a state: a restore leaves it in its place.
        left_out = unfinished or entry.name in origin.left_out or entry.name.startswith(".")
        if entry.is_file(follow_symlinks=False) and not left_out:
            yield entry.name


def _check_names(names: list[str]) -> None:
    for name in names:
        if not is_place(STATE + name):
            shown = name if name.isprintable() else repr(name)
            raise CopyError(shown, "a copy cannot have a file of this name; nothing was written -> move it out of the state folder")


def _sources(origin: Origin, names: list[str], folder: Path, progress: Progress) -> dict[str, Path]:
    found = {}
    for name in names:
        source = origin.state / name
        if name.endswith(_SQLITE):
            found[STATE + name] = folder / name
            copy_database(source, folder / name, progress)
        else:
            found[STATE + name] = _still(source, folder)
    for name, source in origin.configuration.items():
        if source.exists():
            found[CONFIGURATION + name] = _still(source, folder, "configuration-")
    return found


def _still(source: Path, folder: Path, prefix: str = "") -> Path:
    """A copy that does not change while it is described and written."""
    still = folder / (prefix + source.name)
    shutil.copyfile(source, still, follow_symlinks=False)
    return still
