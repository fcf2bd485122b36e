"""The real mpremote against the port of a virtual board."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.tests.board_program import UNIQUE_ID, board_with
from technician.build import bytecode
from technician.rom_image import rom_image

pytestmark = pytest.mark.hil

MAIN = """
    import asyncio
    async def main():
        print("running")
        await asyncio.sleep(1000)
    asyncio.run(main())
    """


def mpremote(board: VirtualBoard, *arguments: str) -> str:
    command = [sys.executable, "-m", "mpremote", "connect", board.port, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_mpremote_interrupts_main_py_executes_and_sees_a_soft_reset(tmp_path: Path) -> None:
    with board_with(tmp_path, MAIN) as board:
        board.start()
        board.wait_for_console("running")
        assert mpremote(board, "exec", "import machine; print(6 * 7, machine.reset_cause())") == "42 5\n"
        assert board.boots == [(1, "soft_reset"), (5, None)]


@pytest.mark.parametrize("size", [0, 1, 5000, 10_000])
def test_mpremote_copies_and_hashes_files(tmp_path: Path, size: int) -> None:
    content = bytes(n * n % 251 for n in range(size))
    (tmp_path / "source").write_bytes(content)
    with board_with(tmp_path / "board", MAIN) as board:
        board.start()
        mpremote(board, "fs", "mkdir", ":d", "+", "fs", "cp", str(tmp_path / "source"), ":d/target")
        assert f"{size} target" in mpremote(board, "fs", "ls", ":d")
        assert hashlib.sha256(content).hexdigest() in mpremote(board, "fs", "sha256sum", ":d/target")
        mpremote(board, "fs", "cp", ":d/target", str(tmp_path / "back"))
        assert (tmp_path / "back").read_bytes() == content
        board.cut_power()
        assert board.read("d/target") == content


def test_mpremote_resets_and_main_py_runs_again(tmp_path: Path) -> None:
    with board_with(tmp_path, MAIN) as board:
        board.start()
        board.wait_for_console("running")
        mpremote(board, "reset")
        board.wait_for_console("running", count=2)
        assert board.boots[-1] == (2, None)


def test_a_traceback_comes_back_through_mpremote(tmp_path: Path) -> None:
    with board_with(tmp_path, "") as board:
        board.start()
        with pytest.raises(subprocess.CalledProcessError) as failure:
            mpremote(board, "exec", "1 / 0")
        assert "ZeroDivisionError" in failure.value.stdout + failure.value.stderr


# A module of this size as bytecode, and what its import leaves on the heap.
LARGE = "".join(f"def f{n}(a, b):\n    return a + b * {n} + a // {n + 1} - (b & {n}) | (a ^ {n}) + len(str(a)) * {n}\n" for n in range(200))
WEIGH = "import gc; gc.collect(); a = gc.mem_alloc(); import large; gc.collect(); print(gc.mem_alloc() - a)"


def test_mpremote_finds_the_partition_deploys_an_image_and_its_code_runs_in_place(tmp_path: Path) -> None:
    module = bytecode("large.py", LARGE.encode())
    (tmp_path / "app.romfs").write_bytes(rom_image({"/large.mpy": module}))
    with VirtualBoard(tmp_path, unique_id=UNIQUE_ID, rom_bytes=64 * 1024) as board:
        board.start()
        assert "size 65536 bytes (16 blocks of 4096 bytes each)" in mpremote(board, "romfs", "query")
        mpremote(board, "romfs", "deploy", str(tmp_path / "app.romfs"))
        in_place = int(mpremote(board, "exec", WEIGH))
        board.cut_power()
        board.flash({"/large.mpy": module})
        board.power_on()
        copied = int(mpremote(board, "exec", WEIGH))  # files of the file system come first
    assert len(module) / 2 < copied - in_place
    assert (tmp_path / "rom.img").read_bytes().startswith(rom_image({"/large.mpy": module}))


def test_a_board_without_a_partition_says_so(tmp_path: Path) -> None:
    with VirtualBoard(tmp_path, unique_id=UNIQUE_ID) as board:
        board.start()
        assert "ROMFS is not enabled on this device" in mpremote(board, "romfs", "query")
