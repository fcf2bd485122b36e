"""The prompt of a board's interpreter, at which a program on this machine runs code. A thin rim over mpremote: whatever goes wrong with
the port, the board or the code leaves here as a BoardError that says what it was. It knows no file and no node.
"""

import contextlib
import io
import re
import struct
import termios
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from technician import ports
from technician.errors import BoardError, BoardGoneError, NoPythonError

BAUD = 115200
READ_LIMIT_S = 10
# A running node is interrupted between two steps of its interpreter. One that starts does not listen yet, and loses what it is sent: it is
# sent again.
ATTEMPTS = 8
ATTEMPT_S = 1.0
_PROMPT = b">>> "
_NO_SPACE = re.compile(r"^OSError: (28\b|\[Errno 28\])")
# Ctrl-C ends a program, twice for one that catches the first; Ctrl-B leaves a raw prompt.
_TO_PROMPT = b"\r\x03\x03\x02"


class RawRepl:
    """Use as a context: `with RawRepl(port) as repl`. What runs on the board is interrupted. Every method raises BoardError."""

    def __init__(self, port: str):
        self.port = port
        self._transport: SerialTransport | None = None

    def __enter__(self) -> Self:
        try:
            with self._errors():
                self._transport = _opened(self.port)
                _find_prompt(self._transport, self.port)
                # mpremote prints what it did not understand; that is no part of our output.
                with contextlib.redirect_stdout(io.StringIO()):
                    self._transport.enter_raw_repl()
        except BoardError:
            self._close()  # no other process can open the port while this process has it
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def exec(self, command: str) -> bytes:
        """What the command prints."""
        with self._errors():
            answer: bytes = self._open().exec(command)
            return answer

    def exec_and_leave(self, command: str) -> None:
        """Of a command from which the board does not come back to this line."""
        with self._errors():
            self._open().exec_raw_no_follow(command)

    def leave(self) -> None:
        """The board waits at its friendly prompt again."""
        with self._errors():
            self._open().exit_raw_repl()

    def _close(self) -> None:
        if self._transport is not None:
            with contextlib.suppress(OSError):
                ports.unlock(self._transport.serial.fileno())
            # mpremote sets two lines first, which a port that is gone has not.
            with contextlib.suppress(OSError, termios.error):
                self._transport.close()
            self._transport.serial.close()
            self._transport = None

    def _open(self) -> SerialTransport:
        if self._transport is None:
            raise BoardError(self.port, "not open", "run the same command again")
        return self._transport

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except TransportExecError as error:
            raise refusal(self.port, error.error_output) from error
        except TransportError as error:
            raise BoardGoneError(self.port, "the board answers no more") from error
        except OSError as error:  # of pyserial too, whose errors often have no number
            raise BoardGoneError(self.port) if error.errno is None else ports.port_error(self.port, error) from error
        except termios.error as error:
            raise ports.port_error(self.port, error) from error
        except (struct.error, ValueError) as error:  # mpremote unpacks and decodes what came, also when it is half
            raise BoardGoneError(self.port, "the board answers what nobody can read") from error


def refusal(port: str, trace: str) -> BoardError:
    """An exception on the board, by the last line of its trace."""
    lines = trace.strip().splitlines()
    last = lines[-1] if lines else "an unknown error"
    if _NO_SPACE.search(last):
        return BoardError(port, "its flash is full", "make room on it, or erase it, and run the same command again")
    if last.startswith("MemoryError"):
        return BoardError(port, "it has not enough memory for this", "reset it, and run the same command again")
    return BoardError(port, f"the board answers: {last}", "run the same command again; if that does not help, erase the board and flash it")


def _opened(port: str) -> SerialTransport:
    ports.appear(port)
    ports.require_usable(port)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            transport = SerialTransport(port, baudrate=BAUD, timeout=READ_LIMIT_S)
    except TransportError as error:  # without the reason
        raise ports.why_not(port) from error
    ports.lock(port, transport.serial.fileno())
    return transport


def _find_prompt(transport: SerialTransport, port: str) -> None:
    # mpremote alone takes half a minute to notice that nobody is there.
    transport.serial.timeout = ATTEMPT_S
    heard = b""
    for _ in range(ATTEMPTS):
        transport.serial.write(_TO_PROMPT)
        heard += transport.read_until(1, _PROMPT, timeout=ATTEMPT_S, timeout_overall=ATTEMPT_S)
        if heard.endswith(_PROMPT):
            transport.serial.timeout = READ_LIMIT_S
            return
    if heard:
        raise NoPythonError(port, "what answers there is not MicroPython", "put MicroPython on the board (docs/handbook/technician.md)")
    found = "nothing answers there"
    raise NoPythonError(port, found, "is this the board's port, and MicroPython on it? Press its reset button, and run it again")
