"""A real program of the bench: started, killed and started again by pid. Knows nothing of what the program does."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# From util-linux: the program dies with the bench, however that ends. (A preexec_fn would run Python in a fork of a process with threads.)
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


def free_port() -> int:
    """A port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], *, within_s: float, what: str, every_s: float = 0.05) -> None:
    """Returns as soon as the condition holds; raises TimeoutError naming what did not happen."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s} s: {what}")
        time.sleep(every_s)


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """One program with its command, environment and log file. `starts` counts how often it was started."""

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: Callable[[], dict[str, str]] | None = None) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.environment = environment
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        variables = {**os.environ, **(self.environment() if self.environment else {})}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_DIES_WITH_US, *self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables
            )
        self.starts += 1

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    def end(self) -> str:
        """How it ended: "SIGKILL", or "exit code 1"; "" while it runs."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return ""
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def kill(self) -> None:
        """kill -9: no chance to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as systemd does; SIGKILL for a program that is still there ten seconds later."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def wait_for(self, port: int, within_s: float = 30) -> None:
        """Returns when the program accepts connections; raises with the end of its log when it stops or stays silent."""

        def ready() -> bool:
            if not self.running:
                raise RuntimeError(f"{self.name} ended by itself:\n{self.tail()}")
            return accepts_connections(port)

        wait_until(ready, within_s=within_s, what=f"{self.name} accepting connections on port {port}\n{self.tail()}")
