"""The files of a run are in memory only where there is room for them."""

import tempfile
from pathlib import Path

import pytest

from tools import suite_folder
from tools.suite_folder import has_room, use_folder_in_memory


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)
    monkeypatch.setattr(suite_folder, "LEAST_FREE_BYTES", 1)


def test_a_folder_with_room_is_taken(tmp_path: Path) -> None:
    use_folder_in_memory(tmp_path)
    assert tempfile.gettempdir() == str(tmp_path)


def test_what_somebody_has_chosen_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "other").mkdir()
    use_folder_in_memory(tmp_path / "other")
    assert tempfile.gettempdir() == str(tmp_path)


def test_a_folder_without_room_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite_folder, "LEAST_FREE_BYTES", 1 << 60)
    assert not has_room(tmp_path)


def test_a_folder_that_is_not_there_is_not_taken(tmp_path: Path) -> None:
    assert not has_room(tmp_path / "missing")
