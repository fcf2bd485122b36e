"""The real mpremote against the port of a virtual board."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.tests.board_program import board_with

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
