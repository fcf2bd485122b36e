"""Flashing writes what differs, in an order that a pulled cable does not harm, and leaves the node's own files alone."""

import hashlib
from collections.abc import Callable

import pytest

from technician.errors import BoardError
from technician.flash import flash
from technician.flash_plan import plan
from technician.rom_image import rom_image

WANTED = {
    "/boot.py": b"boot",
    "/main.py": b"main",
    "/a/node/app.mpy": b"app",
    "/a/node/drivers/sps.mpy": b"driver",
    "/a/contract/crc.mpy": b"crc",
}


class FakeBoard:
    """A flash in a dictionary; `pull_after` writes the cable is pulled. `room`: of its partition that code runs from in place."""

    def __init__(self, files: dict[str, bytes], family: str = "linux", pull_after: int = 1000, room: int = 0):
        self.room = room
        self.rom = b""
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

    def drop_empty_folders(self, path: str) -> None:
        if not any(file.startswith(f"{path}/") for file in self.files):
            self.folders = {folder for folder in self.folders if not f"{folder}/".startswith(f"{path}/")}

    def rom_bytes(self) -> int:
        return self.room

    def rom_hash(self, count: int) -> str:
        return hashlib.sha256(self.rom[:count]).hexdigest()

    def write_rom(self, image: bytes, written: Callable[[int], None]) -> None:
        if not self.pull_after:
            self.rom = image[: len(image) // 2]
            raise BoardError(self.port, "gone")
        self.pull_after -= 1
        self.rom = image
        written(len(image))

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


STARTERS = {path: WANTED[path] for path in ("/boot.py", "/main.py")}
IMAGE = rom_image({"/node/app.mpy": b"app", "/node/drivers/sps.mpy": b"driver", "/contract/crc.mpy": b"crc"})


def test_where_there_is_room_the_application_is_an_image_and_its_files_go() -> None:
    board = FakeBoard(WANTED, room=4096)
    board.folders |= {"/a", "/a/node", "/a/node/drivers", "/a/contract"}
    flashed = flash(board, "virtual", WANTED, quiet)
    assert (board.rom, board.files, board.folders) == (IMAGE, STARTERS, {"/"})
    assert (flashed.written, flashed.in_place, flashed.bytes_written) == (["/rom"], True, len(IMAGE))
    again = flash(board, "virtual", WANTED, quiet)
    assert (again.written, again.same) == ([], 3)


def test_an_image_that_does_not_fit_is_files() -> None:
    board = FakeBoard({}, room=len(IMAGE) - 1)
    assert flash(board, "virtual", WANTED, quiet).in_place is False
    assert (board.rom, board.files) == (b"", WANTED)


@pytest.mark.parametrize("pulled_after", range(3))
def test_a_cable_pulled_while_an_image_is_written_is_mended_by_flashing_again(pulled_after: int) -> None:
    board = FakeBoard({}, pull_after=pulled_after, room=4096)
    with pytest.raises(BoardError, match="gone"):
        flash(board, "virtual", WANTED, quiet)
    board.pull_after = 1000
    flash(board, "virtual", WANTED, quiet)
    assert (board.rom, board.files) == (IMAGE, STARTERS)


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
