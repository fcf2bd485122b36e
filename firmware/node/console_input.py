# Lines that a technician types at the board's own serial port. What they mean is in console.py, which is loaded for one line and
# forgotten after it. Ctrl-C never comes here: the interpreter ends the program, and a tool such as mpremote finds the prompt.

import gc
import select
import sys

from node import transient_import
from node.portable import const, sleep_ms

_STEP_MS = const(100)
_LONGEST = const(2048)


class Line:
    """Bytes in, lines out. What is no printable character is passed over; a line that is too long is, too."""

    def __init__(self):
        self._line = bytearray()
        self._too_long = False

    def feed(self, byte: int) -> "str | None":
        """The line that this byte ends, or None."""
        if byte in b"\r\n":
            line, self._line = self._line, bytearray()
            too_long, self._too_long = self._too_long, False
            return None if too_long or not line else line.decode()
        if len(self._line) >= _LONGEST:
            self._too_long = True
        elif 32 <= byte < 127:
            self._line.append(byte)
        return None


async def listen(access) -> None:
    """For ever. access: of console.py."""
    if "node.usb_port" in sys.modules:  # the same wires carry the link to the gateway
        return
    line = Line()
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    while True:
        while poll.poll(0):
            byte = sys.stdin.buffer.read(1)
            if not byte:  # nobody will ever type here
                return
            typed = line.feed(byte[0])
            if typed is not None:
                await _run(typed, access)
        await sleep_ms(_STEP_MS)


async def _run(typed: str, access) -> None:
    try:
        from node import console

        await console.run(typed, access)
    except Exception as error:  # noqa: BLE001 what a person typed must not end the node
        print("error:", error)
    finally:
        transient_import.forget("node.console")
        gc.collect()
