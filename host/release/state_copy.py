"""A copy of a service's database from before a version that keeps it in another form. When that version is taken back, its own file is set
aside, whole, and the copy takes its place. Every step is one rename, so that it may be cut anywhere and done again. The copy is one file,
made and prepared in a folder of another name, and there when that is whole.

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
from host.release.copy_folders import (
    BEFORE,
    KEPT_BEFORE,
    MADE_BY,
    before_folder,
    end_return,
    folders_of_trials,
    kept_folder,
    made_by_folder,
    make_room_for,
    unfinished_folder,
)
from host.release.trial import COPIED, Trial
from host.rights import as_owner_of

# What a person adds who has made a copy where this cannot.
DATABASE_COPIED = "--database-copied"
_SUFFIXES = ("", "-wal", "-shm")


def copy_state(trial: Trial, prepare: Callable[[Path], None]) -> None:
    """Of a service that is stopped. `prepare`: makes the copy, in its folder, fit to take its place again.

    Raises ReleaseError where there is no room, the file is damaged, or cannot be prepared; OSError.
    """
    database = Path(trial.database)
    folder = unfinished_folder(database, trial.release)
    _remove(database, BEFORE)
    _check_room(database)
    with as_owner_of(database.parent):
        make_room_for(made_by_folder(database, trial.release))
        folder.mkdir(mode=0o700)
        if trial.copy == COPIED:
            _copy(database, folder)
    if trial.copy == COPIED:
        _give(folder, database)
        _give(folder / database.name, database)
        prepare(folder)
    with as_owner_of(database.parent):
        _count_as_whole(folder, before_folder(database, trial.release), database.name)


def restore_state(trial: Trial) -> Path:
    """Where the newer file is now. Raises ReleaseError when the copy is gone, so that no return is possible; then nothing was moved."""
    database = Path(trial.database)
    copy, aside = before_folder(database, trial.release), made_by_folder(database, trial.release)
    with as_owner_of(database.parent):
        if not _is_done(trial):
            aside.mkdir(mode=0o700, exist_ok=True)
            _move(database, aside)
            if trial.copy == COPIED:
                (copy / database.name).rename(database)
            sync_folder(database.parent)
    forget_copy(trial)
    return aside


def place_of_kept(trial: Trial) -> Path:
    return kept_folder(Path(trial.database), trial.release)


def keep_copy(trial: Trial) -> None:
    """For people; no return uses it any more. Raises OSError: one still may."""
    copy = before_folder(Path(trial.database), trial.release)
    if trial.database and copy.exists():
        with as_owner_of(copy.parent):
            end_return(copy)


def forget_copy(trial: Trial) -> None:
    """Raises OSError: it is there still."""
    if trial.database:
        _remove(Path(trial.database), BEFORE)


def forget_earlier(trial: Trial) -> None:
    """What trials have left for people, when a version is kept. Raises OSError."""
    for prefix in (KEPT_BEFORE, MADE_BY) if trial.database else ():
        _remove(Path(trial.database), prefix)


def _copy(database: Path, folder: Path) -> None:
    try:
        copy_database(database, folder / database.name, lambda what, done, whole: None)
    except CopyError as error:
        raise ReleaseError(error.path, error.reason) from error


def _count_as_whole(made: Path, copy: Path, name: str) -> None:
    logs = {path.name for path in made.iterdir()} - {name}
    if logs:
        raise ReleaseError(str(made), f"the copy is more than one file: {', '.join(sorted(logs))}")
    sync_folder(made)
    made.rename(copy)
    sync_folder(copy.parent)


def _is_done(trial: Trial) -> bool:
    """An earlier attempt has been cut after its last rename."""
    database = Path(trial.database)
    copy, aside = before_folder(database, trial.release), made_by_folder(database, trial.release)
    if (copy / database.name if trial.copy == COPIED else copy).exists():
        return False
    if (aside / database.name).exists() if trial.copy == COPIED else not database.exists():
        return True
    raise ReleaseError(str(copy), "the copy of the database from before is gone")


def _check_room(database: Path) -> None:
    files = [database.with_name(database.name + suffix) for suffix in _SUFFIXES]
    needed, free = sum(path.stat().st_size for path in files if path.exists()), shutil.disk_usage(database.parent).free
    if free < 2 * needed:
        raise ReleaseError(
            str(database.parent),
            f"{2 * needed >> 20} MB are needed for a copy of the database, {free >> 20} MB are free: please make room, also by what "
            f"earlier updates have left there ({MADE_BY}*)",
        )


def _move(database: Path, folder: Path) -> None:
    for suffix in _SUFFIXES:
        path, target = database.with_name(database.name + suffix), folder / (database.name + suffix)
        if path.exists() and not target.exists():
            path.rename(target)
    sync_folder(folder)


def _remove(database: Path, prefix: str) -> None:
    """What trials have left beside it. A folder that bears a release in its name is of a trial, with all that lies in it."""
    for folder in folders_of_trials(database.parent, prefix):
        with as_owner_of(database.parent):
            shutil.rmtree(folder)


def _give(path: Path, like: Path) -> None:
    about = like.stat()
    if os.geteuid() == 0:
        os.chown(path, about.st_uid, about.st_gid, follow_symlinks=False)
