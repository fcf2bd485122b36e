"""Whether the state folder may be used: what is wrong is said with the path and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import StateFolderError
from gateway.identity_file import FILE_NAME
from gateway.process import state_folder


def open_to_others(state: Path) -> None:
    state.mkdir()
    state.chmod(0o777)


def not_a_folder(state: Path) -> None:
    state.write_text("")


def identity_for_all(state: Path) -> None:
    state.mkdir(mode=0o700)
    (state / FILE_NAME).write_text("{}")
    (state / FILE_NAME).chmod(0o644)


@pytest.mark.parametrize(
    ("make", "reason", "advice"),
    [
        (lambda state: None, "no such folder", "enrol"),
        (not_a_folder, "not a folder", "[gateway] state"),
        (open_to_others, "open to others (mode 0777)", "chmod 700"),
        (identity_for_all, "open to others (mode 0644)", "chmod 600"),
    ],
)
def test_a_folder_that_cannot_be_used_safely_is_refused_with_advice(
    tmp_path: Path, make: Callable[[Path], None], reason: str, advice: str
) -> None:
    state = tmp_path / "state"
    make(state)
    with pytest.raises(StateFolderError) as caught:
        state_folder.check(state)
    assert caught.value.reason == reason
    assert advice in caught.value.advice


def test_a_folder_of_its_owner_alone_is_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / FILE_NAME).write_text("{}")
    (tmp_path / FILE_NAME).chmod(0o600)
    state_folder.check(tmp_path)
