"""Runs the commands of set-up, quietly: dots while they take long, and their output when they fail."""

import subprocess
import time
from pathlib import Path

from tools.setup.errors import SetupError

LIMIT_S = 1800
SHOWN_LINES = 25
# How often a command that takes long shows that it still runs.
SIGN_S = 2.0


def run(command: list[str], cwd: Path | None = None) -> str:
    """Standard output; meanwhile a dot now and then. Raises SetupError with the end of what the command said."""
    try:
        with subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            output = _output(process)
    except OSError as error:
        raise SetupError(f"{' '.join(command)}\n{error}") from error
    if process.returncode:
        said = "\n".join(output.splitlines()[-SHOWN_LINES:])
        raise SetupError(f"{' '.join(command)}\nended with {process.returncode}:\n{said}")
    return output


def _output(process: "subprocess.Popen[str]") -> str:
    deadline_s = time.monotonic() + LIMIT_S
    while True:
        try:
            return process.communicate(timeout=SIGN_S)[0]
        except subprocess.TimeoutExpired:
            print(".", end="", flush=True)
        if time.monotonic() > deadline_s:
            process.kill()
            raise SetupError(f"{process.args!r}\nnot done after {LIMIT_S} s")


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)
