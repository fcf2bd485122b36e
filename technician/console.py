"""The node's own console at the end of a serial line: one command and its answer, or a terminal. Knows no command; the node does."""

import json
import os
import selectors
import sys
from typing import Any

import serial

from technician.errors import BoardError, reason_of

BAUD = 115200
# `raw` may listen for 30 s before it answers.
ANSWER_LIMIT_S = 40


def ask(port: str, command: str) -> dict[str, Any]:
    """The node's answer to one command. Raises BoardError: no such port, or nobody answers there."""
    try:
        with _opened(port, ANSWER_LIMIT_S) as line:
            line.write(f"\r\n{command} json\r\n".encode())
            while text := line.readline():
                answer = _answer(text)
                if answer is not None:
                    return answer
    except (serial.SerialException, OSError) as error:
        raise BoardError(port, reason_of(error)) from error
    raise BoardError(port, "no answer; is the node running? A board at its prompt needs a reset")


def talk(port: str) -> None:
    """Until the end of the input: what is typed here goes there a line at a time, and what comes from there is shown."""
    try:
        with _opened(port, 0) as line, selectors.DefaultSelector() as ready:
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
    except (serial.SerialException, OSError) as error:
        raise BoardError(port, reason_of(error)) from error


def _opened(port: str, limit_s: float) -> serial.Serial:
    line = serial.Serial(baudrate=BAUD, timeout=limit_s)
    line.port = port
    # On boards with the usual two transistors these lines are reset and boot; as they are, the node goes on running.
    line.dtr = line.rts = False
    line.open()
    return line


def _answer(text: bytes) -> dict[str, Any] | None:
    # The node may print other things in between.
    if not text.startswith(b"{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
