"""The copy of a database from before a version that keeps it in another form, and its way back."""

import multiprocessing
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
from host.release.copy_folders import before_folder, copies_in_wait, end_return, unfinished_folder
from host.release.state_copy import copy_state, forget_copy, forget_earlier, keep_copy, place_of_kept, restore_state
from host.release.trial import COPIED, JUDGING, NOTHING, Signs, Trial
from host.tests.another_user import AS_ANOTHER_USER

NEW, EARLIER = "0.2.0-0123abcd", "0.1.9-0123abcd"


def as_it_is(copy: Path) -> None:
    """Nothing has to be prepared."""


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return trial_in(tmp_path)


def place_of_copy(trial: Trial) -> Path:
    return before_folder(Path(trial.database), trial.release)


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
    copy_state(trial, as_it_is)
    assert [path.name for path in place_of_copy(trial).iterdir()] == ["record.db"]
    add(trial, 2)
    aside = restore_state(trial)
    assert (rows(trial.database), rows(aside / "record.db")) == ([1], [1, 2])
    assert not place_of_copy(trial).exists()


@AS_ANOTHER_USER
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
        copy_state(trial, as_it_is)
        assert {path.stat().st_uid for path in state.rglob("*")} == {service}


def test_a_damaged_database_is_told_before_the_version_changes(trial: Trial) -> None:
    Path(trial.database + "-wal").unlink()
    Path(trial.database).write_bytes(b"no database" * 500)
    with pytest.raises(ReleaseError, match=r"record\.db"):
        copy_state(trial, as_it_is)


def test_a_copy_is_not_begun_without_room_for_it_and_for_what_the_new_version_writes(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = 2 * sum(Path(trial.database + suffix).stat().st_size for suffix in ("", "-wal"))
    room = SimpleNamespace(free=needed - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: room)
    with pytest.raises(ReleaseError, match="make room"):
        copy_state(trial, as_it_is)
    assert not place_of_copy(trial).exists()
    room.free = needed
    copy_state(trial, as_it_is)
    assert rows(place_of_copy(trial) / "record.db") == [1]


def test_the_folder_of_a_copy_is_forced_to_the_disk(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", seen)
    copy_state(trial, as_it_is)
    assert place_of_copy(trial).stat().st_ino in synced


def test_a_service_that_had_no_database_has_none_again(trial: Trial) -> None:
    for suffix in ("", "-wal"):
        Path(trial.database + suffix).rename(trial.database + suffix + ".later")
    nothing = replace(trial, copy=NOTHING)
    copy_state(nothing, as_it_is)
    assert copies_in_wait(Path(trial.database).parent) == [place_of_copy(nothing)]
    for suffix in ("", "-wal"):
        Path(trial.database + suffix + ".later").rename(trial.database + suffix)
    aside = restore_state(nothing)
    assert not Path(trial.database).exists() and rows(aside / "record.db") == [1]


def test_without_the_copy_nothing_is_moved(trial: Trial) -> None:
    copy_state(trial, as_it_is)
    forget_copy(trial)
    with pytest.raises(ReleaseError, match="is gone"):
        restore_state(trial)
    assert rows(trial.database) == [1] and [path.name for path in Path(trial.database).parent.iterdir()] == ["record.db"]


class Cut(Exception):
    """Power."""


def cut_after(renames: int, monkeypatch: pytest.MonkeyPatch, step: Callable[[], object]) -> None:
    rename, left = Path.rename, [renames]

    def until_cut(path: Path, target: Path) -> Path:
        if not left[0]:
            raise Cut
        left[0] -= 1
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", until_cut)
        with suppress(Cut):
            step()


@pytest.mark.parametrize("renames", range(6))
@pytest.mark.parametrize("newer", [COPIED, NOTHING])
def test_a_return_that_was_cut_anywhere_is_done_again_whole(
    trial: Trial, renames: int, newer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = replace(trial, copy=newer)
    copy_state(trial, as_it_is)
    with closing(sqlite3.connect(trial.database, isolation_level=None)) as connection:
        connection.execute("INSERT INTO items VALUES (2)")
        log = Path(trial.database + "-wal").read_bytes()
    # A version that was killed leaves its log beside it.
    Path(trial.database + "-wal").write_bytes(log)
    cut_after(renames, monkeypatch, lambda: restore_state(trial))
    aside = restore_state(trial)
    assert rows(aside / "record.db") == [1, 2]
    if newer == COPIED:
        assert rows(trial.database) == [1]
    else:
        assert not Path(trial.database).exists()
    assert not list(Path(trial.database).parent.glob("before-*"))


def test_a_return_that_was_cut_after_its_last_rename_leaves_no_sign_of_a_trial(trial: Trial) -> None:
    copy_state(trial, as_it_is)
    copied = place_of_copy(trial)
    restore_state(trial)
    copied.mkdir()
    restore_state(trial)
    assert copies_in_wait(copied.parent) == []


def test_a_copy_counts_when_it_is_prepared(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished = unfinished_folder(Path(trial.database), trial.release)

    def fails(copy: Path) -> None:
        assert copy == unfinished and rows(copy / "record.db") == [1]
        raise Cut

    with pytest.raises(Cut):
        copy_state(trial, fails)
    assert unfinished.exists() and copies_in_wait(unfinished.parent) == []
    cut_after(0, monkeypatch, lambda: copy_state(trial, as_it_is))
    assert copies_in_wait(unfinished.parent) == []
    copy_state(trial, as_it_is)
    assert copies_in_wait(unfinished.parent) == [place_of_copy(trial)] and not unfinished.exists()


def test_a_copy_with_a_log_beside_it_does_not_count(trial: Trial) -> None:
    with pytest.raises(ReleaseError, match="more than one file"):
        copy_state(trial, lambda copy: (copy / "record.db-wal").touch())
    assert copies_in_wait(Path(trial.database).parent) == []


def test_a_copy_that_was_killed_in_the_middle_leaves_nothing_for_good(trial: Trial) -> None:
    with closing(sqlite3.connect(trial.database)) as connection, connection:
        connection.executemany("INSERT INTO items VALUES (?)", ((number,) for number in range(2, 2_000_000)))
    state = Path(trial.database).parent
    copying = multiprocessing.get_context("spawn").Process(target=copy_state, args=(trial, as_it_is))
    copying.start()
    while not list(state.glob("before-*/record.db-journal")):
        assert copying.is_alive()
    copying.kill()
    copying.join()
    left = [path.name for path in state.glob("before-*/*")]
    assert "record.db-journal" in left and copies_in_wait(state) == []
    copy_state(trial, as_it_is)
    assert len(rows(place_of_copy(trial) / "record.db")) == 1_999_999
    forget_copy(trial)
    assert [path.name for path in state.iterdir() if path.is_dir()] == []


def test_a_copy_that_no_return_will_use_stays_for_people_until_a_version_is_kept(trial: Trial) -> None:
    copy_state(trial, as_it_is)
    keep_copy(trial)
    assert copies_in_wait(Path(trial.database).parent) == [] and rows(place_of_kept(trial) / "record.db") == [1]
    keep_copy(trial)
    add(trial, 2)
    copy_state(trial, as_it_is)
    end_return(place_of_copy(trial))
    assert rows(place_of_kept(trial) / "record.db") == [1, 2]
    assert rows(place_of_kept(trial).with_name(f"kept-before-{NEW}.1") / "record.db") == [1]
    with pytest.raises(ReleaseError, match="is gone"):
        restore_state(trial)
    forget_earlier(trial)
    assert [path for path in Path(trial.database).parent.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("newer", [COPIED, NOTHING])
def test_where_the_possibility_of_a_return_has_ended_nothing_is_moved(trial: Trial, newer: str) -> None:
    trial = replace(trial, copy=newer)
    copy_state(trial, as_it_is)
    end_return(place_of_copy(trial))
    add(trial, 2)
    with pytest.raises(ReleaseError, match="is gone"):
        restore_state(trial)
    assert rows(trial.database) == [1, 2]


def test_what_a_version_had_stored_outlives_its_next_try(trial: Trial) -> None:
    for number in (2, 3, 4):
        copy_state(trial, as_it_is)
        add(trial, number)
        restore_state(trial)
        assert rows(trial.database) == [1]
    state = Path(trial.database).parent
    assert sorted(rows(folder / "record.db") for folder in state.glob("made-by-*")) == [[1, 2], [1, 3], [1, 4]]
    forget_earlier(trial)
    assert not list(state.glob("made-by-*"))


def test_what_earlier_trials_left_goes_and_nothing_that_people_have_named(trial: Trial) -> None:
    state = Path(trial.database).parent
    left, kept = [state / f"before-{EARLIER}", state / f"before-{EARLIER}.new"], state / "before-the-move"
    for folder in (*left, kept):
        folder.mkdir()
        (folder / "record.db").touch()
        (folder / "anything else").touch()
    copy_state(trial, as_it_is)
    assert [path.exists() for path in left] == [False] * 2 and (kept / "record.db").exists()
