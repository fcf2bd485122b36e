"""A fleet service as its own process, on a free port, that a test may kill at any moment."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

START_S = 60
_ROOT = Path(__file__).parents[2]


class LiveFleet:
    """`url` is known once it serves. A port is kept over restarts, so that a client may go on where it was."""

    def __init__(self, state: Path, db: str | None = None) -> None:
        self._arguments = ["--state", str(state), *(["--db", db] if db else [])]
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.url = ""

    def command(self, *arguments: str) -> str:
        """What another command of airgrid-fleet prints."""
        done = subprocess.run(
            fleet_command(*arguments, *self._arguments), check=True, capture_output=True, text=True, timeout=START_S, cwd=_ROOT
        )
        return done.stdout.strip()

    def start(self) -> None:
        served = threading.Event()
        command = fleet_command("run", "--port", str(self._port), *self._arguments)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=_ROOT)
        threading.Thread(target=self._watch, args=(self._process, served), daemon=True).start()
        assert served.wait(START_S), "the service did not start"

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> int:
        """The exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def _watch(self, process: subprocess.Popen[str], served: threading.Event) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            match = re.search(r"running on (http://[\d.]+:(\d+))", line)
            if match:
                self.url, self._port = match[1], int(match[2])
                served.set()


def fleet_command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from fleet.cli import main; main()", *arguments]
