"""A copy of a service's database from before a version that keeps it in another form. When that version is taken back, its own file is set
aside, whole, and the copy takes its place. Every step is one rename, so that it may be cut anywhere and done again.

Nothing that others have let go of is in the file set aside: under a copy a gateway acknowledges nothing to its nodes, and a fleet service
is not taken back from its first delivery on.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from host.atomic_file import sync_folder
from host.copies.sqlite_copy import copy_database
from host.errors import CopyError, ReleaseError
from host.release.copy_folders import BEFORE, MADE_BY, before_folder, folders_of_trials, made_by_folder
from host.release.trial import COPIED, Trial
from host.rights import as_owner_of

# What a person adds who has made a copy where this cannot.
DATABASE_COPIED = "--database-copied"
_SUFFIXES = ("", "-wal", "-shm")


def copy_state(trial: Trial) -> None:
    """Of a service that is stopped. Raises ReleaseError where there is no room, or the file is damaged; OSError."""
    database = Path(trial.database)
    folder = before_folder(database, trial.release)
    _remove(database, BEFORE)
    _remove(database, MADE_BY)
    _check_room(database)
    try:
        with as_owner_of(database.parent):
            folder.mkdir(mode=0o700)
            if trial.copy == COPIED:
                copy_database(database, folder / database.name, lambda what, done, whole: None)
            sync_folder(folder)
    except CopyError as error:
        raise ReleaseError(error.path, error.reason) from error
    if trial.copy == COPIED:
        _give(folder, database)
        _give(folder / database.name, database)


def restore_state(trial: Trial, prepare: Callable[[Path], None]) -> Path:
    """Where the newer file is now. `prepare`: makes the copy, in its folder, fit to be used again; it may be called more than once.

    Raises ReleaseError when there is no copy; then nothing was moved.
    """
    database = Path(trial.database)
    copy, aside = before_folder(database, trial.release), made_by_folder(database, trial.release)
    if trial.copy == COPIED:
        if not (copy / database.name).exists():
            if (aside / database.name).exists():
                return aside  # an earlier attempt was cut after it
            raise ReleaseError(str(copy), "the copy of the database from before is gone")
        prepare(copy)
    with as_owner_of(database.parent):
        aside.mkdir(mode=0o700, exist_ok=True)
        _move(database, aside)
        _move(copy / database.name, database.parent)
        sync_folder(database.parent)
    forget_copy(trial)
    return aside


def place_of_copy(trial: Trial) -> Path:
    return before_folder(Path(trial.database), trial.release)


def forget_copy(trial: Trial) -> None:
    """Raises OSError: it is there still."""
    if trial.database:
        _remove(Path(trial.database), BEFORE)


def _check_room(database: Path) -> None:
    files = [database.with_name(database.name + suffix) for suffix in _SUFFIXES]
    needed, free = sum(path.stat().st_size for path in files if path.exists()), shutil.disk_usage(database.parent).free
    if free < 2 * needed:
        raise ReleaseError(
            str(database.parent), f"{2 * needed >> 20} MB are needed for a copy of the database, {free >> 20} MB are free: please make room"
        )


def _move(database: Path, folder: Path) -> None:
    for suffix in _SUFFIXES:
        path, target = database.with_name(database.name + suffix), folder / (database.name + suffix)
        if path.exists() and not target.exists():
            path.rename(target)
    sync_folder(folder)


def _remove(database: Path, prefix: str) -> None:
    """What trials have left beside it: only what they put there."""
    ours = {database.name + suffix for suffix in _SUFFIXES}
    for folder in folders_of_trials(database.parent, prefix):
        with as_owner_of(database.parent):
            if {path.name for path in folder.iterdir()} <= ours:
                shutil.rmtree(folder)


def _give(path: Path, like: Path) -> None:
    about = like.stat()
    if os.geteuid() == 0:
        os.chown(path, about.st_uid, about.st_gid, follow_symlinks=False)
