"""Flashing writes what differs, in an order that a pulled cable does not harm, and leaves the node's own files alone."""

import hashlib
from collections.abc import Callable

import pytest

from technician.board_kinds import BoardFacts, chip_for
from technician.errors import BoardError, BoardGoneError
from technician.flash import flash
from technician.flash_plan import plan
from technician.rom_image import rom_image

BUILDS = ["esp32", "esp32s3", "pico2_w", "pico_w", "virtual"]
WANTED = {
    "/boot.py": b"boot",
    "/main.py": b"main",
    "/a/node/app.mpy": b"app",
    "/a/node/drivers/sps.mpy": b"driver",
    "/a/contract/crc.mpy": b"crc",
}


class FakeBoard:
    """A flash in a dictionary; `pull_after` writes the cable is pulled. `room`: of its partition that code runs from in place."""

    def __init__(self, files: dict[str, bytes], machine: str = "", pull_after: int = 1000, room: int = 0):
        self.room = room
        self.rom = b""
        self.port = "fake"
        self.files = dict(files)
        self.folders = {"/"}
        self.facts = BoardFacts("esp32" if machine else "linux", machine, (1, 25, 0), 6, True, [])
        self.pull_after = pull_after
        self.resets = 0

    def hashes(self) -> dict[str, str]:
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}

    def make_folder(self, path: str) -> None:
        assert (path.rpartition("/")[0] or "/") in self.folders, "parents come before children"
        self.folders.add(path)

    def remove(self, path: str) -> None:
        del self.files[path]

    def write(self, path: str, content: bytes, written: Callable[[int], None]) -> None:
        if not self.pull_after:
            raise BoardGoneError(self.port)
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
            raise BoardGoneError(self.port)
        self.pull_after -= 1
        self.rom = image
        written(len(image))

    def reset(self) -> None:
        self.resets += 1


def quiet(done: int, total: int) -> None:
    pass


def test_a_blank_board_gets_every_file_and_a_reset() -> None:
    board = FakeBoard({})
    flashed = flash(board, "virtual", BUILDS, WANTED, quiet)
    assert (board.files, board.resets, flashed.same) == (WANTED, 1, 0)


def test_only_files_that_differ_are_written() -> None:
    board = FakeBoard({**WANTED, "/a/node/app.mpy": b"older"})
    board.folders |= {"/a", "/a/node"}
    flashed = flash(board, "virtual", BUILDS, WANTED, quiet)
    assert (flashed.written, flashed.same, flashed.bytes_written) == (["/a/node/app.mpy"], 4, 3)


def test_files_of_an_older_application_are_removed_and_the_nodes_own_stay() -> None:
    own = {"/identity.json": b"{}", "/settings-a": b"s", "/b/node/app.mpy": b"other slot"}
    board = FakeBoard({**own, "/a/node/gone.mpy": b"old", "/main.py.new": b"torn"})
    flashed = flash(board, "virtual", BUILDS, WANTED, quiet)
    assert flashed.removed == ["/a/node/gone.mpy", "/main.py.new"]
    assert board.files == {**own, **WANTED}


STARTERS = {path: WANTED[path] for path in ("/boot.py", "/main.py")}
IMAGE = rom_image({"/node/app.mpy": b"app", "/node/drivers/sps.mpy": b"driver", "/contract/crc.mpy": b"crc"})


def test_where_there_is_room_the_application_is_an_image_and_its_files_go() -> None:
    board = FakeBoard(WANTED, room=4096)
    board.folders |= {"/a", "/a/node", "/a/node/drivers", "/a/contract"}
    flashed = flash(board, "virtual", BUILDS, WANTED, quiet)
    assert (board.rom, board.files, board.folders) == (IMAGE, STARTERS, {"/"})
    assert (flashed.written, flashed.in_place, flashed.bytes_written) == (["/rom"], True, len(IMAGE))
    again = flash(board, "virtual", BUILDS, WANTED, quiet)
    assert (again.written, again.same) == ([], 3)


def test_an_image_that_does_not_fit_is_files() -> None:
    board = FakeBoard({}, room=len(IMAGE) - 1)
    assert flash(board, "virtual", BUILDS, WANTED, quiet).in_place is False
    assert (board.rom, board.files) == (b"", WANTED)


@pytest.mark.parametrize("pulled_after", range(3))
def test_a_cable_pulled_while_an_image_is_written_is_mended_by_flashing_again(pulled_after: int) -> None:
    board = FakeBoard({}, pull_after=pulled_after, room=4096)
    with pytest.raises(BoardError, match="went away"):
        flash(board, "virtual", BUILDS, WANTED, quiet)
    board.pull_after = 1000
    flash(board, "virtual", BUILDS, WANTED, quiet)
    assert (board.rom, board.files) == (IMAGE, STARTERS)


def test_what_starts_the_application_is_written_last() -> None:
    assert plan(WANTED, {}).write[-2:] == ["/boot.py", "/main.py"]


@pytest.mark.parametrize("pulled_after", range(len(WANTED)))
def test_flashing_again_after_a_pulled_cable_completes_the_board(pulled_after: int) -> None:
    board = FakeBoard({}, pull_after=pulled_after)
    with pytest.raises(BoardError, match="went away"):
        flash(board, "virtual", BUILDS, WANTED, quiet)
    board.pull_after = 1000
    flash(board, "virtual", BUILDS, WANTED, quiet)
    assert board.files == WANTED


@pytest.mark.parametrize(
    ("machine", "build", "told"),
    [
        ("Generic ESP32S3 module with ESP32S3", "esp32", "--board esp32s3 is for this one"),
        ("Generic ESP32 module with SPIRAM with ESP32", "esp32s3", "--board esp32 is for this one"),
        ("ESP32C3 module with ESP32C3", "esp32", "no build is for this one"),
        ("Raspberry Pi Pico W with RP2040", "pico2_w", "--board pico_w is for this one"),
        ("Raspberry Pi Pico 2 W with RP2350", "esp32", "--board pico2_w is for this one"),
        ("", "esp32", "--board virtual is for this one"),
    ],
    ids=["s3", "plain", "c3", "pico", "pico 2", "virtual"],
)
def test_a_build_for_another_chip_is_refused_before_anything_is_written(machine: str, build: str, told: str) -> None:
    board = FakeBoard({}, machine)
    with pytest.raises(BoardError) as refused:
        flash(board, build, BUILDS, WANTED, quiet)
    assert told in str(refused.value) and "Nothing was written" in str(refused.value)
    assert (board.files, board.resets) == ({}, 0)


@pytest.mark.parametrize(("version", "bytecode"), [((1, 19, 1), 6), ((1, 22), 6), ((1, 30), 7)])
def test_an_interpreter_that_the_firmware_does_not_run_on_is_named(version: tuple[int, ...], bytecode: int) -> None:
    board = FakeBoard({})
    board.facts = board.facts._replace(version=version, bytecode=bytecode)
    with pytest.raises(BoardError, match="or newer on it"):
        flash(board, "virtual", BUILDS, WANTED, quiet)
    assert board.files == {}


def test_each_build_is_for_a_chip_of_its_own() -> None:
    assert sorted(map(chip_for, BUILDS)) == sorted({"ESP32", "ESP32S3", "RP2350", "RP2040", "linux"})


def test_a_board_that_goes_away_is_told_with_how_far_it_came_and_what_to_do() -> None:
    board = FakeBoard({}, pull_after=3)
    with pytest.raises(BoardGoneError) as gone:
        flash(board, "virtual", BUILDS, WANTED, quiet)
    assert (gone.value.reason, gone.value.next_step) == ("fake: the board went away", "plug it in, and run the same command again")
    assert gone.value.state.startswith("3 of 5 files were written")


def test_progress_ends_at_the_whole() -> None:
    heard: list[tuple[int, int]] = []
    flash(FakeBoard({}), "virtual", BUILDS, WANTED, lambda done, total: heard.append((done, total)))
    assert heard[-1] == (sum(map(len, WANTED.values())),) * 2
