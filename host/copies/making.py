"""Makes a copy of a service: its state and its configuration, in one file, while it runs.

SQLite files are copied as of one moment, all others as they are: they are replaced whole or not at all (atomic_file.py).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from host.atomic_file import sync_folder
from host.copies import archive
from host.copies.archive import ArchiveReader
from host.copies.manifest import CONFIGURATION, FORMAT, STATE, Manifest
from host.copies.progress import Progress
from host.copies.sqlite_copy import copy_database
from host.errors import CopyError

_SQLITE = ".sqlite"
_LOGS = ("-wal", "-shm", "-journal")
_SPARE_BYTES = 16 << 20


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
    if target.exists():
        raise CopyError(str(target), "is there already -> name another file, or move it away")
    names = list(_names(origin))
    _check_room(target.parent, sum((origin.state / name).stat().st_size for name in names))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".airgrid-copy-") as folder:
        sources = _sources(origin, names, Path(folder), progress)
        described = [archive.describe(path, source) for path, source in sources.items()]
        manifest = Manifest(FORMAT, origin.service, origin.name, origin.version, now_ms, described)
        beside = Path(folder) / "copy.tar"
        archive.write(beside, manifest, sources, progress)
        reader = ArchiveReader(beside, origin.service)
        reader.check(progress)
        reader.close()
        beside.rename(target)
    sync_folder(target.parent)
    return manifest


def _names(origin: Origin) -> Iterator[str]:
    for entry in sorted(os.scandir(origin.state), key=lambda entry: entry.name):
        unfinished = entry.name.endswith((".new", *_LOGS))
        if entry.is_file(follow_symlinks=False) and entry.name not in origin.left_out and not unfinished:
            yield entry.name


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


def _check_room(folder: Path, state_bytes: int) -> None:
    needed = 2 * state_bytes + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CopyError(
            str(folder), f"{needed / 1e6:.0f} MB are needed for a moment, and {free / 1e6:.0f} MB are free -> name another disk"
        )
