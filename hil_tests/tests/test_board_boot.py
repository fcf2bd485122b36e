"""What runs on a virtual board, in which order, and what is left when it ends."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.board.console import KEPT_BYTES
from hil_tests.board.errors import NotReachedError, SupervisorEndedError
from hil_tests.tests.board_program import UNIQUE_ID, board_with

pytestmark = pytest.mark.hil

FOREVER = "import time\nprint('running')\ntime.sleep(1000)\n"
PROMPT = ">>> "


def test_boot_py_runs_before_main_py_and_shares_its_names(tmp_path: Path) -> None:
    with board_with(tmp_path, "print('main', told)", boot="told = 42\nprint('boot')") as board:
        board.start()
        board.wait_for_console(PROMPT)
        assert board.console().startswith("boot\nmain 42\n")


def test_an_exception_in_boot_py_does_not_keep_main_py_from_running(tmp_path: Path) -> None:
    with board_with(tmp_path, "print('main')", boot="1 / 0") as board:
        board.start()
        board.wait_for_console(PROMPT)
        assert "ZeroDivisionError" in board.console()
        assert "\nmain\n" in board.console()


def test_an_exception_in_main_py_ends_in_the_prompt(tmp_path: Path) -> None:
    with board_with(tmp_path, "raise ValueError('of main')") as board:
        board.start()
        board.wait_for_console(PROMPT)
        assert "ValueError: of main" in board.console()
        assert board.boots == [(1, None)]


def test_a_program_sees_its_flash_and_nothing_of_the_host(tmp_path: Path) -> None:
    main = "import os, sys, machine\nprint(os.listdir('/'), sys.path, sys.argv, os.getcwd(), machine.unique_id().hex())"
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console(PROMPT)
        assert f"['boot.py', 'main.py'] ['', '.frozen', '/lib'] [] / {UNIQUE_ID}\n" in board.console()


def test_modules_are_imported_from_the_flash(tmp_path: Path) -> None:
    with board_with(tmp_path, "import sys\nsys.path.insert(0, '/a')\nfrom node import told\nprint(told.VALUE)") as board:
        board.flash({"/a/node/__init__.py": b"", "/a/node/told.py": b"VALUE = 'from the flash'"})
        board.start()
        board.wait_for_console("from the flash")


def test_ctrl_c_on_the_port_stops_main_py_and_the_prompt_evaluates_lines(tmp_path: Path) -> None:
    with board_with(tmp_path, FOREVER) as board:
        board.start()
        board.wait_for_console("running")
        terminal = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
        os.write(terminal, b"\x03")
        board.wait_for_console("KeyboardInterrupt")
        board.wait_for_console(PROMPT)
        os.write(terminal, b"6 * 7\r")
        board.wait_for_console("\n42\n")
        os.close(terminal)
        assert len(board.boots) == 1


def test_what_was_typed_to_a_board_without_power_is_lost(tmp_path: Path) -> None:
    with board_with(tmp_path, "print('ready')") as board:
        board.start()
        board.wait_for_console(PROMPT)
        board.cut_power()
        terminal = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
        os.write(terminal, b"6 * 7\r")
        board.power_on()
        board.wait_for_console(PROMPT, count=2)
        os.write(terminal, b"6 * 8\r")
        board.wait_for_console("48\n")
        os.close(terminal)
        assert "42" not in board.console()


def test_a_killed_interpreter_comes_back_by_itself(tmp_path: Path) -> None:
    with board_with(tmp_path, FOREVER) as board:
        board.start()
        board.wait_for_console("running")
        assert board.pid is not None
        os.kill(board.pid, signal.SIGKILL)
        board.wait_for_console("running", count=2)
        board.kill()
        board.wait_for_console("running", count=3)
        assert board.boots == [(1, "killed"), (2, "killed"), (2, None)]


@pytest.mark.parametrize(("heap", "answer"), [("128k", "MemoryError"), ("512k", "enough")])
def test_the_heap_is_limited(tmp_path: Path, heap: str, answer: str) -> None:
    with board_with(tmp_path, "bytearray(200_000)\nprint('enough')", heap=heap) as board:
        board.start()
        board.wait_for_console(PROMPT)
        assert answer in board.console()


def test_the_shims_take_less_than_32_kib_of_the_heap_and_say_how_much(tmp_path: Path) -> None:
    with board_with(tmp_path, "import gc\ngc.collect()\nprint('used', gc.mem_alloc())") as board:
        board.start()
        board.wait_for_console(PROMPT)
        used = int(board.console().split("used ")[1].split()[0])
        assert 16_000 < board.shim_heap_bytes < 32 * 1024
        assert abs(used - board.shim_heap_bytes) < 2_000


def test_the_heap_probe_sees_what_a_program_holds(tmp_path: Path) -> None:
    main = """
        import asyncio
        async def main():
            await asyncio.sleep_ms(50)
            held = bytearray(100_000)
            await asyncio.sleep_ms(50)
            held = None
            await asyncio.sleep_ms(50)
            print('over')
        asyncio.run(main())
        """
    board_with(tmp_path, main).stop()
    with VirtualBoard(tmp_path, unique_id=UNIQUE_ID, heap_probe_ms=10) as board:
        board.start()
        board.wait_for_console("over")
        assert 100_000 < board.heap_peak_bytes - board.shim_heap_bytes < 110_000


def test_the_transcript_is_bounded_and_the_file_is_whole(tmp_path: Path) -> None:
    with board_with(tmp_path, "for n in range(8000):\n    print('%064d' % n)\nprint('end')") as board:
        board.start()
        board.wait_for_console(PROMPT)
        assert len(board.console()) == KEPT_BYTES
        assert len((tmp_path / "console.log").read_bytes()) > 8000 * 65


def test_a_slow_reader_at_the_port_loses_nothing_and_one_who_left_stops_nothing(tmp_path: Path) -> None:
    main = "import sys\nsys.stdin.read(1)\nfor n in range(8000):\n    print('%063d' % n)\nprint('end')\nsys.stdin.read(1)\nprint('over')"
    with board_with(tmp_path, main) as board:
        terminal = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
        board.start()
        os.write(terminal, b"g")
        seen = b""
        while not seen.endswith(b"end\n") and select.select([terminal], [], [], 20)[0]:
            seen += os.read(terminal, 1000)
        assert seen == b"".join(b"%063d\n" % n for n in range(8000)) + b"end\n"
        os.write(terminal, b"g")
        os.close(terminal)
        board.wait_for_console("over")


def test_a_board_at_rest_takes_nothing_of_the_host(tmp_path: Path) -> None:
    with board_with(tmp_path, FOREVER) as board:
        board.start()
        board.wait_for_console("running")
        os.close(os.open(board.port, os.O_RDWR | os.O_NOCTTY))  # the hang-up that then stands must not keep the thread awake
        assert board.pid is not None
        process = os.pidfd_open(board.pid)
        before = time.process_time()
        assert not select.select([process], [], [], 1.0)[0]
        assert time.process_time() - before < 0.1
        os.close(process)


def test_waiting_for_what_does_not_come_shows_the_console(tmp_path: Path) -> None:
    with board_with(tmp_path, "print('something else')") as board:
        board.start()
        board.wait_for_console(PROMPT)
        with pytest.raises(NotReachedError, match="something else"):
            board.wait_for_console("never", within_s=0.01)


def test_stop_leaves_no_process_and_no_descriptor(tmp_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names, not paths
    with board_with(tmp_path, FOREVER) as board:
        for _ in range(20):
            board.power_on()
            board.cut_power()
        board.power_on()
        board.wait_for_console("running")
        pid = board.pid
        board.stop()
        board.stop()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(SupervisorEndedError):
        board.cut_power()
    assert board.boots == [(1, "power_cut")] * 20 + [(1, "stopped")]
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_the_board_dies_with_its_host(tmp_path: Path) -> None:
    board_with(tmp_path, FOREVER).stop()
    code = f"""if True:
        import pathlib, sys
        from hil_tests.board.board import VirtualBoard
        board = VirtualBoard(pathlib.Path({str(tmp_path)!r}), unique_id="00")
        board.start()
        board.wait_for_console("running\\n")
        print(board.pid, flush=True)
        sys.stdin.read()
    """
    root = Path(__file__).parents[2]
    host = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with host:
        assert host.stdout
        board = os.pidfd_open(int(host.stdout.readline()))
        host.kill()
        ended, _, _ = select.select([board], [], [], 20)
        os.close(board)
    assert ended, "the interpreter outlived its host"
