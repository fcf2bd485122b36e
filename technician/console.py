"""The node's own console at the end of a serial line: one command and its answer, or a terminal. Knows no command; the node does."""

import json
import os
import selectors
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import serial

from technician import ports
from technician.errors import BoardError, BoardGoneError, NoPythonError

BAUD = 115200
# A node looks at its console ten times a second; while it starts, it does not.
ANSWER_LIMIT_S = 10.0
_PROMPT = b">>> "
# A read takes this long, unless so much has come: no device is so fast.
_READ_S = 0.2
_READ_BYTES = 4096
# Ctrl-B leaves a raw prompt; a node passes over it.
_WAKE = b"\r\x02\r\n"


class AtPromptError(BoardError):
    """The board runs no node: it waits at the prompt of its interpreter."""


def ask(port: str, command: str, limit_s: float = ANSWER_LIMIT_S) -> dict[str, Any]:
    """The node's answer to one command. limit_s: beyond what the command itself takes.

    Raises BoardError: a port that cannot be used; AtPromptError; NoPythonError when nobody answers.
    """
    seen = b""
    with _opened(port, _READ_S) as line:
        line.write(_WAKE + f"{command} json\r\n".encode())
        for _ in range(round(limit_s / _READ_S)):
            seen += line.read(_READ_BYTES)
            *whole, rest = seen.split(b"\n")
            for text in whole:
                if (answer := _answer(text)) is not None:
                    return answer
            seen = rest
            if rest.endswith(_PROMPT):
                raise AtPromptError(port, "the board is at its prompt: no node runs on it", "flash it, or press its reset button")
    raise NoPythonError(
        port, "nobody answers there", "is this the right port, and does a node run? Press its reset button, wait ten seconds, run it again"
    )


def talk(port: str) -> None:
    """Until the end of the input: what is typed here goes there a line at a time, and what comes from there is shown."""
    # select, because epoll refuses input that is a file.
    with _opened(port, 0) as line, selectors.SelectSelector() as ready:
        ready.register(line.fileno(), selectors.EVENT_READ)
        ready.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd != sys.stdin.fileno():
                    sys.stdout.write(line.read(4096).decode(errors="replace"))
                    sys.stdout.flush()
                elif typed := os.read(sys.stdin.fileno(), 4096):
                    line.write(typed)
                else:
                    return


@contextmanager
def _opened(port: str, limit_s: float) -> Iterator[serial.Serial]:
    ports.appear(port)
    ports.require_usable(port)
    line = serial.Serial(baudrate=BAUD, timeout=limit_s, exclusive=True)
    line.port = port
    # On boards with the usual two transistors these lines are reset and boot; as they are, the node goes on running.
    line.dtr = line.rts = False
    try:
        line.open()
    except (OSError, termios.error) as error:  # of pyserial too, whose errors often have no number
        raise ports.why_not(port) from error
    try:
        with line:
            ports.lock(port, line.fileno())
            try:
                yield line
            finally:
                ports.unlock(line.fileno())
    except (OSError, termios.error) as error:
        if isinstance(error, OSError) and error.errno is None:
            raise BoardGoneError(port) from error
        raise ports.port_error(port, error) from error


def _answer(text: bytes) -> dict[str, Any] | None:
    # The node may print other things in between.
    if not text.startswith(b"{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
