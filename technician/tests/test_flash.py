"""Flashing writes what differs, in an order that a pulled cable does not harm, and leaves the node's own files alone."""

import hashlib
from collections.abc import Callable

import pytest

from technician.errors import BoardError
from technician.flash import flash
from technician.flash_plan import plan

WANTED = {
    "/boot.py": b"boot",
    "/main.py": b"main",
    "/a/node/app.mpy": b"app",
    "/a/node/drivers/sps.mpy": b"driver",
    "/a/contract/crc.mpy": b"crc",
}


class FakeBoard:
    """A flash in a dictionary; `pull_after` writes the cable is pulled."""

    def __init__(self, files: dict[str, bytes], family: str = "linux", pull_after: int = 1000):
        self.port = "fake"
        self.files = dict(files)
        self.folders = {"/"}
        self.family = family
        self.pull_after = pull_after
        self.resets = 0

    def platform(self) -> str:
        return self.family

    def hashes(self) -> dict[str, str]:
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}

    def make_folder(self, path: str) -> None:
        assert (path.rpartition("/")[0] or "/") in self.folders, "parents come before children"
        self.folders.add(path)

    def remove(self, path: str) -> None:
        del self.files[path]

    def write(self, path: str, content: bytes, written: Callable[[int], None]) -> None:
        if not self.pull_after:
            raise BoardError(self.port, "gone")
        self.pull_after -= 1
        assert (path.rpartition("/")[0] or "/") in self.folders
        self.files[path] = content
        written(len(content))

    def reset(self) -> None:
        self.resets += 1


def quiet(done: int, total: int) -> None:
    pass


def test_a_blank_board_gets_every_file_and_a_reset() -> None:
    board = FakeBoard({})
    flashed = flash(board, "virtual", WANTED, quiet)
    assert (board.files, board.resets, flashed.same) == (WANTED, 1, 0)


def test_only_files_that_differ_are_written() -> None:
    board = FakeBoard({**WANTED, "/a/node/app.mpy": b"older"})
    board.folders |= {"/a", "/a/node"}
    flashed = flash(board, "virtual", WANTED, quiet)
    assert (flashed.written, flashed.same, flashed.bytes_written) == (["/a/node/app.mpy"], 4, 3)


def test_files_of_an_older_application_are_removed_and_the_nodes_own_stay() -> None:
    own = {"/identity.json": b"{}", "/settings-a": b"s", "/b/node/app.mpy": b"other slot"}
    board = FakeBoard({**own, "/a/node/gone.mpy": b"old", "/main.py.new": b"torn"})
    flashed = flash(board, "virtual", WANTED, quiet)
    assert flashed.removed == ["/a/node/gone.mpy", "/main.py.new"]
    assert board.files == {**own, **WANTED}


def test_what_starts_the_application_is_written_last() -> None:
    assert plan(WANTED, {}).write[-2:] == ["/boot.py", "/main.py"]


@pytest.mark.parametrize("pulled_after", range(len(WANTED)))
def test_flashing_again_after_a_pulled_cable_completes_the_board(pulled_after: int) -> None:
    board = FakeBoard({}, pull_after=pulled_after)
    with pytest.raises(BoardError, match="gone"):
        flash(board, "virtual", WANTED, quiet)
    board.pull_after = 1000
    flash(board, "virtual", WANTED, quiet)
    assert board.files == WANTED


def test_a_build_for_another_chip_family_is_refused_before_anything_is_written() -> None:
    board = FakeBoard({}, family="rp2")
    with pytest.raises(BoardError, match="rp2"):
        flash(board, "esp32s3", WANTED, quiet)
    assert board.files == {}


def test_progress_ends_at_the_whole() -> None:
    heard: list[tuple[int, int]] = []
    flash(FakeBoard({}), "virtual", WANTED, lambda done, total: heard.append((done, total)))
    assert heard[-1] == (sum(map(len, WANTED.values())),) * 2
