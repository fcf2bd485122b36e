"""Puts a copy in the place of a state folder: a cut at any point leaves the old state, or the new one as soon as `finish` has run.

    <state>/restoring/files/...   the copy, extracted and checked
    <state>/restoring/commit      from here on it is the new state: what is to be moved, and where the old goes
    <state>/replaced-<time>/      what was there before, moved aside, never deleted

Each move is one rename, and is not done twice: `finish` may be cut and run again. The folder itself stays, as it may be a mount point.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from host.atomic_file import replace_file, sync_folder
from host.copies.archive import ArchiveReader
from host.copies.manifest import CONFIGURATION, STATE, Manifest
from host.copies.progress import Progress
from host.copies.room import check_room, explained_when_full
from host.errors import RestoreError
from host.rights import as_owner_of
from host.state_lock import FILE_NAME as LOCK_FILE

RESTORING = "restoring"
# What stays in its place: it is no part of a state. The last is made by mkfs where the state has a disk of its own, and is root's.
_NO_STATE = (LOCK_FILE, RESTORING, "lost+found")
_FILES, _COMMIT = "files", "commit"
_ASIDE = "replaced-"
_SQLITE = ".sqlite"
_ADVICE = "free some; folders replaced-* beside it are states that earlier restores moved aside"


@dataclass(frozen=True)
class Target:
    """`configuration`: where its files belong, by their names in the copy. `adapt`: changes the extracted state before it counts."""

    state: Path
    configuration: Mapping[str, Path]
    adapt: Callable[[Path], None] = lambda state: None


class _Commit(msgspec.Struct, frozen=True):
    """`aside`: a folder in the state; `old`: what moves there. All of them are names, not paths."""

    aside: str
    old: list[str]


def put_back(reader: ArchiveReader, target: Target, now_ms: int, progress: Progress, *, replace: bool) -> None:
    """The caller holds the lock of the state. Raises CopyError and RestoreError before anything has been changed; OSError."""
    reader.check(progress)
    finish(target)
    old = _old_names(target.state)
    if old and not replace:
        held = ", ".join(name if name.isprintable() else repr(name) for name in old[:5])
        reason = f"holds a state already ({held}) -> --replace puts the copy in its place; what is there is moved aside"
        raise RestoreError(str(target.state), reason)
    needed = _needed_bytes(reader.manifest)
    check_room(target.state, needed, _ADVICE)
    with as_owner_of(target.state), explained_when_full(target.state, needed, _ADVICE):
        _stage(reader, target, progress)
        commit = _Commit(f"{_ASIDE}{now_ms}", old)
        replace_file(target.state / RESTORING / _COMMIT, _encode(commit), 0o600)
    finish(target)


def is_unfinished(state: Path) -> bool:
    """Whether a restore was cut after it had been decided for."""
    return (state / RESTORING / _COMMIT).exists()


def finish(target: Target) -> bool:
    """Completes a restore that was cut; whether there was one. Raises RestoreError when this user may not."""
    state, files = target.state, target.state / RESTORING / _FILES
    try:
        with as_owner_of(state):
            commit = _read_commit(state)
            if commit is None:
                return False
            aside = state / commit.aside
            _copy_configuration(target, files / CONFIGURATION, aside)
            found = {path: files / CONFIGURATION / name for name, path in target.configuration.items()}
            contents = {path: new.read_bytes() for path, new in found.items() if new.exists()}
        for path, content in contents.items():
            _replace_configuration(path, content)
        with as_owner_of(state):
            _move(commit, state, files / STATE)
    except PermissionError as error:
        reason = f"a restore was cut, and this user may not finish it ({error}) -> run the same restore again as root"
        raise RestoreError(str(state), reason) from error
    return True


def _read_commit(state: Path) -> _Commit | None:
    try:
        commit = msgspec.convert(json.loads((state / RESTORING / _COMMIT).read_bytes()), _Commit)
    except FileNotFoundError:
        return None
    except (ValueError, msgspec.ValidationError) as error:
        raise RestoreError(str(state), f"{RESTORING}/{_COMMIT} is damaged: {error} -> move {RESTORING} away") from error
    if not (_is_aside(commit.aside) and all(map(_is_part_of_state, commit.old))):
        raise RestoreError(str(state), f"{RESTORING}/{_COMMIT} names another place -> move {RESTORING} away")
    return commit


def _encode(commit: _Commit) -> bytes:
    # In ASCII, by the one encoder that has a form for names that are no UTF-8, which Python reads as lone surrogates.
    return json.dumps(msgspec.to_builtins(commit)).encode()


def _is_aside(name: str) -> bool:
    number = name.removeprefix(_ASIDE)
    return name != number and number.isascii() and number.isdecimal()


def _is_part_of_state(name: str) -> bool:
    """By the name of an entry of its folder. The rule of what is moved aside, and so of what a commit may name: an entry can have any
    characters but `/` and NUL."""
    return name not in ("", *_NO_STATE) and not name.startswith((_ASIDE, ".")) and not set("/\0") & set(name)


def _stage(reader: ArchiveReader, target: Target, progress: Progress) -> None:
    """All of the copy, extracted, adapted and forced to the disk; nothing of it counts yet. Where that fails nothing of it is left."""
    staged = target.state / RESTORING
    shutil.rmtree(staged, ignore_errors=True)
    files = staged / _FILES
    staged.mkdir(mode=0o700)
    try:
        files.mkdir(mode=0o700)
        reader.extract(files, progress)
        target.adapt(files / STATE)
        for folder in (files / STATE, files / CONFIGURATION, files, staged, target.state):
            sync_folder(folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _old_names(state: Path) -> list[str]:
    return sorted(entry.name for entry in state.iterdir() if _is_part_of_state(entry.name))


def _move(commit: _Commit, state: Path, new: Path) -> None:
    aside = state / commit.aside
    if commit.old:
        _make_aside(aside)
    for name in commit.old:
        # What lies aside already was moved before the cut; what has the name now is the new one.
        if os.path.lexists(state / name) and not os.path.lexists(aside / name):
            (state / name).rename(aside / name)
    if aside.exists():
        sync_folder(aside)
    sync_folder(state)
    for file in sorted(new.iterdir()):
        file.rename(state / file.name)
    sync_folder(state)
    sync_folder(new)
    # What it is moved from may be gone only when it is moved no more.
    (state / RESTORING / _COMMIT).unlink()
    sync_folder(state / RESTORING)
    shutil.rmtree(state / RESTORING)


def _make_aside(aside: Path) -> None:
    # Forced to the disk before the last of what it is for can go from its place.
    aside.mkdir(mode=0o700, exist_ok=True)
    sync_folder(aside.parent)


def _copy_configuration(target: Target, new: Path, aside: Path) -> None:
    """What people wrote is kept beside the old state, as far as the owner of the state may read it."""
    for name, path in target.configuration.items():
        if not (new / name).exists() or not path.exists() or not os.access(path, os.R_OK, effective_ids=True):
            continue
        content = path.read_bytes()
        # The new one stands there already when the restore was cut after that.
        if content != (new / name).read_bytes():
            _make_aside(aside)
            replace_file(aside / name, content, 0o600)


def _replace_configuration(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    mode, owner = 0o640, None
    if path.exists():
        about = path.stat()
        mode, owner = about.st_mode & 0o777, (about.st_uid, about.st_gid)
    replace_file(path, content, mode, owner)


def _needed_bytes(manifest: Manifest) -> int:
    # A database of an older version is written anew before it counts: through a log that may become as large as itself.
    return manifest.total_bytes + sum(file.bytes for file in manifest.files if file.path.endswith(_SQLITE))
