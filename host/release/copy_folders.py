"""Folders beside a database that a trial makes there. Their names are how a service knows that it runs on trial with a copy behind it.

before-<release>/       the database from before that release, while a return may put it back: whole, or not there
before-<release>.new/   the same while it is made
kept-before-<release>/  the same when no return will use it any more
made-by-<release>/      what that release had stored, after it has returned

Where one of the last two is there already, the older one has a number at its end.
"""

import re
from itertools import count
from pathlib import Path

from host.atomic_file import sync_folder

BEFORE, KEPT_BEFORE, MADE_BY = "before-", "kept-before-", "made-by-"
_UNFINISHED = ".new"
# A release: its version and eight digits of the hash of its bundle (bundle.py).
_RELEASE = re.compile(r"\d[\w.+]*-[0-9a-f]{8}")
_NOT_NEEDED = re.compile(_RELEASE.pattern + r"(\.new|\.\d+)?")


def before_folder(database: Path, release: str) -> Path:
    return database.with_name(BEFORE + release)


def unfinished_folder(database: Path, release: str) -> Path:
    return database.with_name(BEFORE + release + _UNFINISHED)


def kept_folder(database: Path, release: str) -> Path:
    return database.with_name(KEPT_BEFORE + release)


def made_by_folder(database: Path, release: str) -> Path:
    return database.with_name(MADE_BY + release)


def copies_in_wait(beside: Path) -> list[Path]:
    """In this folder, those that a return may put back: the sign of a trial."""
    return _matching(beside, BEFORE, _RELEASE)


def folders_of_trials(beside: Path, prefix: str) -> list[Path]:
    """In this folder, all of that prefix, whole or not; nothing that people have named otherwise."""
    return _matching(beside, prefix, _NOT_NEEDED)


def make_room_for(folder: Path) -> None:
    """What has that name gets a number. Raises OSError."""
    if folder.exists():
        folder.rename(next(path for n in count(1) if not (path := folder.with_name(f"{folder.name}.{n}")).exists()))


def end_return(copy: Path) -> Path:
    """Of a before_folder: from here on no return puts it back. Where it is now. Raises OSError: it may be put back still."""
    kept = copy.with_name(KEPT_BEFORE + copy.name.removeprefix(BEFORE))
    make_room_for(kept)
    copy.rename(kept)
    sync_folder(copy.parent)
    return kept


def _matching(beside: Path, prefix: str, pattern: re.Pattern[str]) -> list[Path]:
    found = beside.glob(f"{prefix}*")
    return sorted(path for path in found if pattern.fullmatch(path.name.removeprefix(prefix)) and path.is_dir() and not path.is_symlink())
