"""The console of a board: what it printed (bounded, and whole in a file), and the pseudo-terminal on which people and mpremote
type. Between the two sits a relay, because Ctrl-C is a signal to the interpreter and an ordinary byte to everybody else.
Does not start, stop or watch the interpreter."""

import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from pathlib import Path

KEPT_BYTES = 256 * 1024
_PENDING_BYTES = 64 * 1024
_CHUNK = 65536
_CTRL_C = b"\x03"


class Transcript:
    """The last KEPT_BYTES that the board printed; `dropped_bytes` counts what the buffer let go, the file has it all."""

    def __init__(self, file: Path, changed: threading.Condition) -> None:
        self._file = file.open("ab", buffering=0)
        self._changed = changed
        self._kept = bytearray()
        self.dropped_bytes = 0

    def add(self, data: bytes) -> None:
        self._file.write(data)
        with self._changed:
            self._kept += data
            excess = len(self._kept) - KEPT_BYTES
            if excess > 0:
                del self._kept[:excess]
                self.dropped_bytes += excess
            self._changed.notify_all()

    def text(self) -> str:
        with self._changed:
            return self._kept.decode(errors="replace")

    def close(self) -> None:
        self._file.close()


class Relay:
    """Moves bytes between the interpreter's standard streams and the port. Called by one thread, when a descriptor is ready.

    Nobody at the port: output only goes to the transcript. A slow reader: the interpreter waits, as on USB. Input that the
    interpreter does not take (64 KiB) is dropped and counted.
    """

    def __init__(self, transcript: Transcript, interrupt: Callable[[], bool]) -> None:
        self._transcript = transcript
        self._interrupt = interrupt
        self._pending = bytearray()
        self.dropped_input_bytes = 0
        self.stdin_fd, self._input_fd = os.pipe()
        self.output_fd, self.stdout_fd = os.pipe()
        self.port_fd, terminal = pty.openpty()
        self.port = os.ttyname(terminal)
        tty.setraw(terminal)
        os.close(terminal)
        for fd in (self._input_fd, self.output_fd, self.port_fd):
            os.set_blocking(fd, False)

    @property
    def reader_is_slow(self) -> bool:
        return len(self._pending) >= _PENDING_BYTES

    def take_output(self) -> None:
        while not self.reader_is_slow:
            try:
                data = os.read(self.output_fd, _CHUNK)
            except BlockingIOError:
                return
            self._transcript.add(data)
            if self._somebody_is_there():
                self._pending += data
                self._send()

    def take_rest(self) -> None:
        """Everything that an interpreter which has ended left in its pipe."""
        if self.reader_is_slow:
            self._pending.clear()
        self.take_output()

    def serve_port(self) -> None:
        """Edge-triggered: to be called at every change of the port, reads all there is."""
        try:
            while data := os.read(self.port_fd, _CHUNK):
                self._type(data)
        except BlockingIOError:
            pass
        except OSError:  # EIO: the last one there has left
            self._pending.clear()
        self._send()

    def forget_input(self) -> None:
        """What was typed to a board without power."""
        self.serve_port()
        os.set_blocking(self.stdin_fd, False)
        try:
            while os.read(self.stdin_fd, _CHUNK):
                pass
        except BlockingIOError:
            pass
        os.set_blocking(self.stdin_fd, True)

    def close(self) -> None:
        for fd in (self.stdin_fd, self._input_fd, self.output_fd, self.stdout_fd, self.port_fd):
            os.close(fd)

    def _type(self, data: bytes) -> None:
        if _CTRL_C in data and self._interrupt():
            data = data.replace(_CTRL_C, b"")
        try:
            taken = os.write(self._input_fd, data) if data else 0
        except BlockingIOError:
            taken = 0
        self.dropped_input_bytes += len(data) - taken

    def _send(self) -> None:
        while self._pending:
            try:
                sent = os.write(self.port_fd, self._pending)
            except OSError:  # full: the port tells when it is not
                return
            del self._pending[:sent]

    def _somebody_is_there(self) -> bool:
        poll = select.poll()
        poll.register(self.port_fd, 0)
        return not poll.poll(0)
