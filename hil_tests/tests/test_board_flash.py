"""The flash of a virtual board under power cuts at every operation, and how the host reads and writes it."""

from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.board.errors import BoardIsOnError, FlashToolError
from hil_tests.tests.board_program import UNIQUE_ID, board_with

pytestmark = pytest.mark.hil

OLD = b"old " * 1500
NEW = b"new!" * 1600
REPLACE = b"""
import os
with open("/state.tmp", "wb") as file:
    file.write(b"new!" * 1600)
os.rename("/state.tmp", "/state")
print("replaced")
"""
GREATEST_OPERATIONS = 400


def test_what_is_flashed_can_be_read_listed_and_wiped(tmp_path: Path) -> None:
    board = VirtualBoard(tmp_path, unique_id=UNIQUE_ID)
    board.flash({"a/b/c.txt": b"deep", "/top": bytes(range(256)) * 40})
    board.flash({"a/b/d.txt": b""})
    assert board.files() == {"/a/b/c.txt": 4, "/a/b/d.txt": 0, "/top": 10240}
    assert board.read("top") == bytes(range(256)) * 40
    board.wipe()
    assert board.files() == {}
    with pytest.raises(FlashToolError, match="ENOENT"):
        board.read("/top")


def test_the_flash_is_as_large_as_asked_and_then_full(tmp_path: Path) -> None:
    board = VirtualBoard(tmp_path, unique_id=UNIQUE_ID, flash_bytes=64 * 1024)
    with pytest.raises(FlashToolError, match="OSError: 28"):
        board.flash({"large": bytes(100_000)})
    assert (tmp_path / "flash.img").stat().st_size == 64 * 1024


def test_the_flash_of_a_running_board_is_not_touched(tmp_path: Path) -> None:
    with board_with(tmp_path, "") as board:
        board.start()
        with pytest.raises(BoardIsOnError):
            board.read("main.py")
        board.cut_power()
        assert board.read("main.py") == b""


def test_files_survive_kills_while_others_are_written(tmp_path: Path) -> None:
    main = """
        n = 0
        while True:
            n += 1
            with open("/f%d" % (n % 5), "w") as file:
                file.write("x" * 3000)
            if n == 1:
                print("wrote")
        """
    with board_with(tmp_path, main) as board:
        board.flash({"/kept": OLD})
        board.start()
        for boot in range(1, 11):
            board.wait_for_console("wrote", count=boot)
            board.kill()
        board.cut_power()
        assert board.read("/kept") == OLD
        assert board.block_operations > 0
        assert 0 < board.block_erases < board.block_operations


@pytest.mark.parametrize("torn", [True, False])
def test_a_file_replaced_by_rename_is_old_or_new_after_a_cut_at_any_block_operation(tmp_path: Path, torn: bool) -> None:
    seen = []
    with VirtualBoard(tmp_path, unique_id=UNIQUE_ID, flash_bytes=128 * 1024) as board:
        board.flash({"main.py": REPLACE, "state": OLD})
        image = (tmp_path / "flash.img").read_bytes()
        for nth in range(1, GREATEST_OPERATIONS):
            (tmp_path / "flash.img").write_bytes(image)
            board.cut_power_at(nth, torn=torn)
            finished = _replace(board, nth)
            seen.append(board.read("state"))
            assert seen[-1] in (OLD, NEW), f"a third state after a cut at operation {nth}"
            if finished:
                break
            assert _replace(board, nth), "the file system does not work after the cut"
            assert board.read("state") == NEW
    assert finished
    assert len(seen) > 40
    assert seen[0] == OLD
    assert seen[-1] == NEW


def _replace(board: VirtualBoard, nth: int) -> bool:
    # Whether the program came to its end; the board is off afterwards.
    count = board.console().count("replaced")
    board.power_on()
    board.wait_for(lambda: not board.running or board.console().count("replaced") > count, f"an end, cut {nth}")
    finished = board.running
    board.cut_power()
    return finished


def test_a_torn_write_leaves_half_of_it_and_another_cut_leaves_nothing(tmp_path: Path) -> None:
    # littlefs programs 128 bytes at once: four units of 32.
    unit = b"\xa5" * 32
    main = "with open('/data', 'wb') as file:\n    for _ in range(64):\n        file.write(b'\\xa5' * 64)\nprint('replaced')"
    remainders: dict[bool, set[int]] = {True: set(), False: set()}
    with VirtualBoard(tmp_path, unique_id=UNIQUE_ID, flash_bytes=128 * 1024) as board:
        board.flash({"main.py": main.encode()})
        image = (tmp_path / "flash.img").read_bytes()
        for torn, found in remainders.items():
            for nth in range(1, 12):
                (tmp_path / "flash.img").write_bytes(image)
                board.cut_power_at(nth, torn=torn)
                assert not _replace(board, nth)
                found.add((tmp_path / "flash.img").read_bytes().count(unit) % 4)
    assert remainders == {True: {0, 2}, False: {0}}
