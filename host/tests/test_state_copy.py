"""The copy of a database from before a version that keeps it in another form, and its way back."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from host.errors import ReleaseError
from host.release.copy_folders import BEFORE, folders_of_trials
from host.release.state_copy import copy_state, forget_copy, place_of_copy, restore_state
from host.release.trial import COPIED, JUDGING, NOTHING, Signs, Trial

NEW, EARLIER = "0.2.0-0123abcd", "0.1.9-0123abcd"


def as_it_is(copy: Path) -> None:
    """Nothing has to be prepared."""


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return trial_in(tmp_path)


def trial_in(folder: Path) -> Trial:
    """Of a service whose power was cut, in a folder that somebody chose: the newest rows stand in the log beside the database."""
    state = folder / "a place of ours"
    state.mkdir(mode=0o700)
    made = folder / "made.sqlite"
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE items (x)")
        connection.execute("INSERT INTO items VALUES (1)")
        for suffix in ("", "-wal"):
            (state / f"record.db{suffix}").write_bytes(Path(f"{made}{suffix}").read_bytes())
    return Trial("fleet", NEW, "0.1.0-0123abcd", JUDGING, Signs(), str(state / "record.db"), COPIED)


def add(trial: Trial, number: int) -> None:
    with closing(sqlite3.connect(trial.database, isolation_level=None)) as connection:
        connection.execute("INSERT INTO items VALUES (?)", (number,))


def rows(path: Path | str) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [x for (x,) in connection.execute("SELECT x FROM items ORDER BY x")]


def test_what_stood_in_the_log_is_in_the_copy_and_comes_back(trial: Trial) -> None:
    copy_state(trial)
    assert [path.name for path in place_of_copy(trial).iterdir()] == ["record.db"]
    add(trial, 2)
    aside = restore_state(trial, as_it_is)
    assert (rows(trial.database), rows(aside / "record.db")) == ([1], [1, 2])
    assert not place_of_copy(trial).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("owner_of_the_folder", [65534, 0])
def test_the_copy_belongs_to_the_service(owner_of_the_folder: int) -> None:
    service = 65534
    # Another user may not look into the folders of pytest.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        trial = trial_in(Path(folder))
        state = Path(trial.database).parent
        os.chown(state, owner_of_the_folder, owner_of_the_folder)
        for path in state.iterdir():
            os.chown(path, service, service)
        copy_state(trial)
        assert {path.stat().st_uid for path in state.rglob("*")} == {service}


def test_a_damaged_database_is_told_before_the_version_changes(trial: Trial) -> None:
    Path(trial.database + "-wal").unlink()
    Path(trial.database).write_bytes(b"no database" * 500)
    with pytest.raises(ReleaseError, match=r"record\.db"):
        copy_state(trial)


def test_a_copy_is_not_begun_without_room_for_it_and_for_what_the_new_version_writes(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = 2 * sum(Path(trial.database + suffix).stat().st_size for suffix in ("", "-wal"))
    room = SimpleNamespace(free=needed - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: room)
    with pytest.raises(ReleaseError, match="make room"):
        copy_state(trial)
    assert not place_of_copy(trial).exists()
    room.free = needed
    copy_state(trial)
    assert rows(place_of_copy(trial) / "record.db") == [1]


def test_the_folder_of_a_copy_is_forced_to_the_disk(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", seen)
    copy_state(trial)
    assert place_of_copy(trial).stat().st_ino in synced


def test_a_service_that_had_no_database_has_none_again(trial: Trial) -> None:
    for suffix in ("", "-wal"):
        Path(trial.database + suffix).rename(trial.database + suffix + ".later")
    nothing = replace(trial, copy=NOTHING)
    copy_state(nothing)
    assert folders_of_trials(Path(trial.database).parent, BEFORE) == [place_of_copy(nothing)]
    for suffix in ("", "-wal"):
        Path(trial.database + suffix + ".later").rename(trial.database + suffix)
    aside = restore_state(nothing, as_it_is)
    assert not Path(trial.database).exists() and rows(aside / "record.db") == [1]


def test_without_the_copy_nothing_is_moved(trial: Trial) -> None:
    copy_state(trial)
    forget_copy(trial)
    with pytest.raises(ReleaseError, match="is gone"):
        restore_state(trial, as_it_is)
    assert rows(trial.database) == [1] and [path.name for path in Path(trial.database).parent.iterdir()] == ["record.db"]


class Cut(Exception):
    """Power."""


@pytest.mark.parametrize("cut_after", range(6))
def test_a_return_that_was_cut_anywhere_is_done_again_whole(trial: Trial, cut_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_state(trial)
    add(trial, 2)
    rename, left = Path.rename, [cut_after]

    def until_cut(path: Path, target: Path) -> Path:
        if not left[0]:
            raise Cut
        left[0] -= 1
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", until_cut)
        with suppress(Cut):
            restore_state(trial, as_it_is)
    aside = restore_state(trial, as_it_is)
    assert (rows(trial.database), rows(aside / "record.db")) == ([1], [1, 2])


def test_the_copy_is_prepared_before_it_counts(trial: Trial) -> None:
    copy_state(trial)
    prepared: list[Path] = []

    def fails(copy: Path) -> None:
        prepared.append(copy)
        raise Cut

    with pytest.raises(Cut):
        restore_state(trial, fails)
    assert prepared == [place_of_copy(trial)] and rows(trial.database) == [1]
    prepare: Callable[[Path], None] = prepared.append
    restore_state(trial, prepare)
    assert len(prepared) == 2


def test_what_earlier_trials_left_goes_with_the_next_and_nothing_of_people(trial: Trial) -> None:
    state = Path(trial.database).parent
    left = [state / f"before-{EARLIER}", state / f"made-by-{EARLIER}", state / f"made-by-{NEW}"]
    kept = [state / "before-the-move", state / "before-0.1.8-0123abcd"]
    for folder in (*left, *kept):
        folder.mkdir()
        (folder / "record.db").touch()
    (kept[1] / "notes of anna").touch()
    copy_state(trial)
    assert [path.exists() for path in left] == [False] * 3 and all((path / "record.db").exists() for path in kept)
