"""Folders beside a database that a trial makes there. Their names are how a gateway knows that it runs on trial with a copy behind it.

before-<release>/     the database from before that release, while it is on trial
made-by-<release>/    what that release had stored, after it has returned
"""

import re
from pathlib import Path

BEFORE, MADE_BY = "before-", "made-by-"
# A release: its version and eight digits of the hash of its bundle (bundle.py).
_RELEASE = re.compile(r"\d[\w.+]*-[0-9a-f]{8}")


def before_folder(database: Path, release: str) -> Path:
    return database.with_name(BEFORE + release)


def made_by_folder(database: Path, release: str) -> Path:
    return database.with_name(MADE_BY + release)


def folders_of_trials(beside: Path, prefix: str) -> list[Path]:
    """In this folder, those of that prefix; nothing that people have named otherwise."""
    found = beside.glob(f"{prefix}*")
    return sorted(path for path in found if _RELEASE.fullmatch(path.name.removeprefix(prefix)) and path.is_dir() and not path.is_symlink())
