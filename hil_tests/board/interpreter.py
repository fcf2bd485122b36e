"""One process of the interpreter, from its start to its exit code. Does not know why it is started or ended."""

import os
import signal
import subprocess
from collections.abc import Sequence


class Interpreter:
    """`fd` is readable when it has ended. To be closed after `wait`."""

    def __init__(self, command: Sequence[str], *, stdin_fd: int, stdout_fd: int, inherited: Sequence[int]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=stdin_fd,
            stdout=stdout_fd,
            stderr=stdout_fd,
            pass_fds=inherited,
            env={**os.environ, "TZ": "UTC"},  # device/time.py relies on it
            start_new_session=True,
        )
        self.pid = self._process.pid
        self.fd = os.pidfd_open(self.pid)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        """Its exit code; the number of the signal that ended it, below zero."""
        code = self._process.wait()
        os.close(self.fd)
        return code
