"""Runs the commands of set-up, quietly: their output is shown when they fail."""

import subprocess
from pathlib import Path

from tools.setup.errors import SetupError

LIMIT_S = 1800
SHOWN_LINES = 25


def run(command: list[str], cwd: Path | None = None) -> str:
    """Standard output. Raises SetupError with the end of what the command said."""
    try:
        finished = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
            text=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{' '.join(command)}\n{error}") from error
    if finished.returncode:
        said = "\n".join(finished.stdout.splitlines()[-SHOWN_LINES:])
        raise SetupError(f"{' '.join(command)}\nended with {finished.returncode}:\n{said}")
    return finished.stdout


def say(text: str) -> None:
    print(text, flush=True)
