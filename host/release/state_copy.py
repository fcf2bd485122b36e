"""A copy of a service's database from before a version that keeps it in another form. When that version is taken back, its own
file is set aside, whole, and the copy takes its place.

What was acknowledged meanwhile is then in the file that is set aside only, and the outcome names that file: of a gateway the reports that
it could not forward; of a fleet service, whose part is returned with a gateway's on the same machine, or when it ends five times, what it
committed under the new version.
"""

import shutil
import subprocess
from pathlib import Path

from host.atomic_file import replace_file, sync_folder
from host.copies.sqlite_copy import copy_database
from host.errors import CopyError, ReleaseError
from host.release.places import Places
from host.release.signs import fleet_options
from host.rights import as_owner_of

# What a person adds who has made a copy where this cannot.
DATABASE_COPIED = "--database-copied"
_DATABASES = {"gateway": "buffer.sqlite", "fleet": "fleet.sqlite"}
# How a release names the form in which it keeps its database.
_FORMS = {
    "gateway": "from gateway.store.lanes import VERSION as form",
    "fleet": "from fleet.store.engine import newest_revision; form = newest_revision()",
}
_SUFFIXES = ("", "-wal", "-shm")
_MOVED = "moved"
_LIMIT_S = 60


def form_of(part: str, release: Path) -> str:
    """ "" of a release that cannot name it: then it is taken for another one."""
    command = [str(release / "bin" / "python"), "-I", "-c", f"{_FORMS[part]}; print(form)"]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def refuse_without_copy(part: str, places: Places) -> None:
    """Raises ReleaseError where the database is no file that could be copied here."""
    if part == "fleet" and fleet_options(places).get("DB", "").startswith("postgresql"):
        raise ReleaseError(
            "fleet",
            "this version changes its tables in PostgreSQL, which no return can undo. Please make a copy (pg_dump), and run the same "
            f"with {DATABASE_COPIED}",
        )


def copy_state(part: str, release: str, places: Places) -> bool:
    """Of a service that is stopped. False: it has no file here. Raises ReleaseError where there is no room, or the file is damaged."""
    state, folder = places.state(part), before_folder(part, release, places)
    database, *logs = _files(part, state)
    if not database.exists():
        return False
    shutil.rmtree(folder, ignore_errors=True)
    _keep_earlier(aside_folder(part, release, places))
    needed, free = sum(path.stat().st_size for path in (database, *logs) if path.exists()), shutil.disk_usage(state).free
    if free < 2 * needed:
        raise ReleaseError(
            str(state), f"{2 * needed >> 20} MB are needed for a copy of the database, {free >> 20} MB are free: please make room"
        )
    _make_folder(folder, state)
    try:
        with as_owner_of(state):
            copy_database(database, folder / database.name, lambda what, done, whole: None)
    except CopyError as error:
        raise ReleaseError(error.path, error.reason) from error
    sync_folder(folder)
    return True


def restore_state(part: str, release: str, places: Places) -> Path:
    """Where the newer file is now. May be cut anywhere, and is then done again."""
    state, copy, aside = places.state(part), before_folder(part, release, places), aside_folder(part, release, places)
    _make_folder(aside, state)
    if not (aside / _MOVED).exists():
        for path in _files(part, state):
            if path.exists():
                path.rename(aside / path.name)
        sync_folder(state)
        replace_file(aside / _MOVED, b"")
    for path in _files(part, copy):
        if path.exists():
            path.rename(state / path.name)
    sync_folder(state)
    shutil.rmtree(copy, ignore_errors=True)
    return aside


def forget_copy(part: str, release: str, places: Places) -> None:
    shutil.rmtree(before_folder(part, release, places), ignore_errors=True)


def before_folder(part: str, release: str, places: Places) -> Path:
    return places.state(part) / f"before-{release}"


def aside_folder(part: str, release: str, places: Places) -> Path:
    return places.state(part) / f"made-by-{release}"


def _files(part: str, folder: Path) -> list[Path]:
    return [folder / f"{_DATABASES[part]}{suffix}" for suffix in _SUFFIXES]


def _keep_earlier(aside: Path) -> None:
    """What an earlier trial of the same release has set aside keeps its place, under another name."""
    if aside.exists():
        number = next(number for number in range(1, 1000) if not aside.with_name(f"{aside.name}-{number}").exists())
        aside.rename(aside.with_name(f"{aside.name}-{number}"))


def _make_folder(folder: Path, like: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    _give(folder, like)


def _give(path: Path, like: Path) -> None:
    about = like.stat()
    shutil.chown(path, about.st_uid, about.st_gid)
