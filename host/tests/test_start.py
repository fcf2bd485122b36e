"""Ctrl-C while a program is still being loaded: the end, by the signal, without a trace."""

import signal
import subprocess
import sys
from pathlib import Path

WITHIN_S = 60
# What a shell has put into the background ignores interrupts, and so does all that it starts.
HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
BEGIN = "import sys; sys.path.insert(0, sys.argv[1]); from host.start import start; start('slow')"
LOADS = "import sys\nprint('loading', flush=True)\nsys.stdin.read()\n"
RUNS = """
import sys
def main():
    try:
        print('running', flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        sys.exit(7)
"""


def interrupted(folder: Path, module: str) -> tuple[int, bytes]:
    (folder / "slow.py").write_text(module)
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HEARS + BEGIN, str(folder)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=WITHIN_S)
    return program.returncode, said


def test_an_interrupt_while_it_loads_is_the_end_without_a_trace(tmp_path: Path) -> None:
    assert interrupted(tmp_path, LOADS) == (-signal.SIGINT, b"")


def test_a_program_that_runs_hears_of_an_interrupt_itself(tmp_path: Path) -> None:
    assert interrupted(tmp_path, RUNS) == (7, b"")
