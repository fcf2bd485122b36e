# The interpreter's own console as a serial port: USB on a board. Frames stand between zeros, so that the text of the console passes
# beside them. Does not depend on what the bytes mean.

import select
import sys

from node.portable import const, sleep_ms

_STEP_MS = const(5)


class UsbPort:
    def __init__(self, uptime_ms):
        import micropython

        micropython.kbd_intr(-1)  # a frame may hold a 3, which is Ctrl-C; until a reset the console cannot stop us
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._uptime_ms = uptime_ms

    async def readinto(self, view: memoryview, timeout_ms: int) -> int:
        """Bytes that are there, up to the length of the view; 0 when none came in time. Yields at least once."""
        end = self._uptime_ms() + timeout_ms
        await sleep_ms(0)
        while not self._poll.poll(0):
            if self._uptime_ms() >= end:
                return 0
            await sleep_ms(_STEP_MS)
        count = 0
        while count < len(view) and self._poll.poll(0):
            byte = sys.stdin.buffer.read(1)
            if not byte:
                break
            view[count] = byte[0]
            count += 1
        return count

    async def write(self, data: bytes) -> bool:
        sys.stdout.buffer.write(data)
        return True
