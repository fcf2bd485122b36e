"""What a technician is told at a port where something is wrong: rights, other programs, silence, another device, a board that goes away."""

import fcntl
import grp
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hil_tests.board.board import VirtualBoard
from host.tests.another_user import AS_ANOTHER_USER
from technician.board import Board
from technician.build import flash_files
from technician.cli import app
from technician.errors import BoardGoneError

pytestmark = pytest.mark.hil

COMMAND = str(Path(sys.executable).with_name("airgrid-node"))
# What is loaded when it is needed is loaded before: the interpreter may be where nobody may read.
AS_NOBODY = """
import os, sys
from typer.testing import CliRunner
from technician.cli import app
CliRunner().invoke(app, ["console", "/dev/nowhere", "status"])
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
app()
"""
OPEN_AS_NOBODY = "import os, sys; os.setgroups([]); os.setresuid(65534, 65534, 65534); open(sys.argv[1])"
HOLDER = (
    "import serial, sys; line = serial.Serial(sys.argv[1], exclusive=sys.argv[2] == 'locked'); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(tmp_path, unique_id="0102030405060708") as made:
        made.start()
        yield made


class Line:
    """A port at whose other end is no board: `answers` with the same to whatever comes, after it has lost so much of it."""

    def __init__(self, answers: bytes = b"", lost: int = 0) -> None:
        self.answers = answers
        self._lost = lost
        self.far, terminal = pty.openpty()
        tty.setraw(terminal)
        self.port = os.ttyname(terminal)
        self._terminal = terminal  # open: reading the far end waits, also while nobody is there
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while data := os.read(self.far, 4096):
            if b"END OF THE TEST" in data:
                return
            self._lost -= 1
            if self._lost < 0:
                os.write(self.far, self.answers)

    def close(self) -> None:
        os.write(self._terminal, b"END OF THE TEST")
        self._thread.join()
        os.close(self._terminal)
        os.close(self.far)


@pytest.fixture
def line() -> Iterator[Callable[[bytes], str]]:
    made: list[Line] = []

    def make(answers: bytes, lost: int = 0) -> str:
        made.append(Line(answers, lost))
        return made[-1].port

    yield make
    for one in made:
        one.close()


def told(*arguments: str) -> str:
    """What a person reads of a command that fails."""
    ended = CliRunner().invoke(app, list(arguments))
    assert ended.exit_code == 1, ended.output
    assert "Traceback" not in ended.output and "Errno" not in ended.output
    assert "Next: " in ended.output
    return ended.output


def commands(port: str) -> list[list[str]]:
    provision = ["provision", port, "--node", "n-1", "--gateway", "g-1", "--site", "s-1", "--broker", "10.0.0.2", "--record", os.devnull]
    return [["flash", port, "--board", "virtual"], provision, ["console", port, "status"], ["console", port]]


@AS_ANOTHER_USER
def test_a_user_without_rights_is_told_which_group_to_join(board: VirtualBoard) -> None:
    os.chown(board.port, -1, grp.getgrnam("tty").gr_gid)
    Path(board.port).chmod(0o620)
    for command in commands(board.port):
        ended = subprocess.run([sys.executable, "-c", AS_NOBODY, *command], capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 1 and "you have no permission to use it" in ended.stderr, ended.stderr
        assert "join the group tty (sudo usermod -aG tty" in ended.stderr and "log in again" in ended.stderr


@pytest.mark.parametrize("how", ["locked", "not locked"])
def test_a_port_that_another_program_has_is_told_with_its_name(board: VirtualBoard, how: str) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, board.port, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        for command in commands(board.port):
            assert f"it is in use by python3 (process {holder.pid})" in told(*command).replace("python3.11", "python3").replace(
                "python ", "python3 "
            )
        found = json.loads(CliRunner().invoke(app, ["list", board.port, "--json"]).stdout)["ports"][0]
        assert f"(process {holder.pid})" in found["what"]
        holder.stdin.close()


def test_two_of_our_tools_at_one_port_name_each_other(board: VirtualBoard) -> None:
    with subprocess.Popen([COMMAND, "console", board.port], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as terminal:
        assert terminal.stdin is not None
        board.wait_for(lambda: not _lockable(board.port), "the terminal has the port")
        assert f"in use by airgrid-node (process {terminal.pid})" in told("flash", board.port, "--board", "virtual")
        terminal.stdin.close()
    assert terminal.returncode == 0
    assert CliRunner().invoke(app, ["flash", board.port, "--board", "virtual"]).exit_code == 0


def _lockable(port: str) -> bool:
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@AS_ANOTHER_USER
def test_a_port_in_use_is_closed_to_programs_that_ask_for_no_lock(board: VirtualBoard) -> None:
    Path(board.port).chmod(0o666)
    opening = [sys.executable, "-c", OPEN_AS_NOBODY, board.port]
    with Board(board.port):
        opened = subprocess.run(opening, capture_output=True, text=True, check=False)
        assert "Device or resource busy" in opened.stderr
    assert subprocess.run(opening, check=False).returncode == 0


@pytest.mark.parametrize("port", ["/dev/null", "/", __file__, "/dev/nowhere", "not a port"])
def test_what_is_no_port_is_told(port: str) -> None:
    for command in commands(port):
        assert "no serial port" in told(*command) or "no such port" in told(*command)


def test_a_board_that_lost_what_it_was_sent_while_it_started_is_asked_again(line: Callable[..., str]) -> None:
    # Its prompt is found; more this line cannot.
    assert "the board answers no more" in told("flash", line(b">>> ", lost=5), "--board", "virtual")


def test_a_silent_device_is_told_from_one_that_is_not_micropython(line: Callable[[bytes], str]) -> None:
    assert "nothing answers there" in told("flash", line(b""), "--board", "virtual")
    assert "is not MicroPython" in told("flash", line(b"login: \xff\x00"), "--board", "virtual")
    assert "nobody answers there" in told("console", line(b"ERROR\r\n"), "status")


def test_a_board_at_its_prompt_is_told_as_what_it_is(board: VirtualBoard) -> None:
    assert "without firmware of airgrid" in told("console", board.port, "status")
    assert CliRunner().invoke(app, ["flash", board.port, "--board", "virtual"]).exit_code == 0
    board.wait_for_console("identity.json: cannot be read")
    output = told("console", board.port, "status")
    assert "flashed and not provisioned" in output and "airgrid-node provision" in output
    found = json.loads(CliRunner().invoke(app, ["list", board.port, "--json"]).stdout)["ports"][0]
    assert (found["what"].partition(",")[0], found["board"], found["node"]) == ("flashed and not provisioned", "virtual", "")


def test_a_build_for_another_board_is_refused_and_nothing_is_written(board: VirtualBoard) -> None:
    output = told("flash", board.port, "--board", "esp32s3")
    assert "esp32s3 is for ESP32S3" in output and "--board virtual is for this one" in output and "Nothing was written" in output
    board.cut_power()
    assert board.files() == {}


def test_a_power_cut_while_flashing_is_told_with_how_far_it_came_and_the_same_command_mends_it(board: VirtualBoard) -> None:
    board.cut_power_at(40)
    output = told("flash", board.port, "--board", "virtual")
    assert " files were written" in output and "run the same command again" in output
    board.start()
    assert CliRunner().invoke(app, ["flash", board.port, "--board", "virtual"]).exit_code == 0
    board.cut_power()
    assert {path: board.read(path) for path in flash_files("virtual")} == flash_files("virtual")


def test_a_tool_that_is_killed_while_it_writes_leaves_what_the_same_command_completes(board: VirtualBoard) -> None:
    with subprocess.Popen([COMMAND, "flash", board.port, "--board", "virtual", "--json"], stdout=subprocess.DEVNULL) as tool:
        # The first files are on the board.
        start = board.block_operations
        while board.block_operations < start + 30 and tool.poll() is None:
            os.sched_yield()
        tool.kill()
    assert tool.returncode == -signal.SIGKILL
    assert CliRunner().invoke(app, ["flash", board.port, "--board", "virtual"]).exit_code == 0
    board.cut_power()
    assert {path: board.read(path) for path in flash_files("virtual")} == flash_files("virtual")


def test_a_terminal_takes_its_lines_from_a_file_too(board: VirtualBoard, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("print(6 * 7)\n")
    with (tmp_path / "lines").open() as lines:
        ended = subprocess.run([COMMAND, "console", board.port], stdin=lines, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_full_flash_is_told_as_such(tmp_path: Path) -> None:
    with VirtualBoard(tmp_path, unique_id="0102030405060708", flash_bytes=1 << 16) as small:
        small.start()
        assert "its flash is full" in told("flash", small.port, "--board", "virtual")


def test_a_board_that_is_pulled_is_gone_at_once() -> None:
    far, terminal = pty.openpty()
    tty.setraw(terminal)
    port = os.ttyname(terminal)

    def pull() -> None:
        os.read(far, 4096)
        os.close(far)

    pulling = threading.Thread(target=pull)
    pulling.start()
    with pytest.raises(BoardGoneError, match="went away"), Board(port):
        pass
    pulling.join()
    os.close(terminal)


def test_nothing_of_a_port_stays_locked_after_an_error(board: VirtualBoard) -> None:
    with pytest.raises(RuntimeError), Board(board.port):
        raise RuntimeError
    descriptor = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(descriptor, termios.TIOCEXCL)
    os.close(descriptor)
